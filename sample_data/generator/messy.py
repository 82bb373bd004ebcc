"""How would the same membranous study look as one untidy spreadsheet? For trying the upload checks."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sample_data.generator.designs import COMBINED, IMN_SEED, VISIT_MONTHS
from sample_data.generator.tables import DECIMALS, StudyTables

DAYS_PER_MONTH = 30.4375
METRE_PATIENT, DUPLICATED_PATIENT, DATE_PATIENT = "SYN-R20", "SYN-R31", "SYN-T09"
MILLIGRAM_VALUE, DETECTION_LIMIT = 7.25, 0.15
HAEMOGLOBIN_UNIT = "mmol/l"  # as printed in the paper's Table 1; the values are g/L

_PATIENT_HEADERS = {
    "patient_id": "编号",
    "regimen_group": "组别",
    "age_years": "年龄(岁)",
    "sex": "性别",
    "weight_kg": "体重(kg)",
    "height_cm": "身高(cm)",
    "biopsy_date": "活检日期",
    "first_rtx_date": "首次利妥昔单抗日期",
    "hypertension": "高血压",
    "diabetes": "糖尿病",
    "coronary_heart_disease": "冠心病",
    "stroke": "脑卒中",
    "mn_stage": "病理分期",
    "prior_gc_ctx": "激素+环磷酰胺",
    "prior_gc_csa": "激素+环孢素",
}
LAB_HEADERS = {
    "proteinuria_g_24h": ("24小时尿蛋白", "g/24h"),
    "albumin_g_l": ("白蛋白", "g/L"),
    "scr_umol_l": ("血肌酐", "umol/L"),
    "egfr": ("估算肾小球滤过率", "mL/min/1.73m2"),
    "cholesterol_mmol_l": ("总胆固醇", "mmol/L"),
    "triglycerides_mmol_l": ("甘油三酯", "mmol/L"),
    "uric_acid_umol_l": ("尿酸", "umol/L"),
    "hemoglobin_g_l": ("血红蛋白", HAEMOGLOBIN_UNIT),
    "sbp_mmhg": ("收缩压", "mmHg"),
    "dbp_mmhg": ("舒张压", "mmHg"),
    "pla2r_ru_ml": ("抗PLA2R抗体", "RU/mL"),
}
_WORDS = {"yes": "是", "no": "否", "male": "男", "female": "女", COMBINED: "联合组", "RTX": "单药组"}


def messy_sheet(study: StudyTables) -> pd.DataFrame:
    """Give one row per analysed patient as text, Chinese headers, with the documented defects and no others."""
    analysed = study.patients[study.patients["patient_id"].str.match(r"SYN-[TR]")].reset_index(drop=True)
    sheet = _patient_part(analysed)
    labs = _lab_part(study.visits, analysed["patient_id"])
    sheet = sheet.join(labs, on=_PATIENT_HEADERS["patient_id"]).assign(synthetic="true")
    return _spoil(sheet)


def lab_header(name: str, month: int) -> str:
    """Name the column of a lab at a month, unit in brackets."""
    words, unit = LAB_HEADERS[name]
    return f"{words}_{month}({unit})"


def _patient_part(patients: pd.DataFrame) -> pd.DataFrame:
    rng = np.random.default_rng([IMN_SEED, 11])
    start = pd.to_datetime(patients["year_of_treatment"].astype(int).astype(str) + "-01-01")
    first = start + pd.to_timedelta(rng.integers(0, 150, len(patients)), unit="D")
    before = np.round(patients["biopsy_to_rtx_months"] * DAYS_PER_MONTH).astype(int)
    dated = patients.assign(
        first_rtx_date=first.dt.strftime("%Y-%m-%d"),
        biopsy_date=(first - pd.to_timedelta(before, unit="D")).dt.strftime("%Y-%m-%d"),
    )
    return pd.DataFrame({header: _text(dated[name], name) for name, header in _PATIENT_HEADERS.items()})


def _lab_part(visits: pd.DataFrame, ids: pd.Series) -> pd.DataFrame:
    """Spread the visits over columns, one per lab and month."""
    scheduled = visits[visits["patient_id"].isin(ids)].set_index("patient_id")
    columns = {
        lab_header(name, month): _text(scheduled.loc[scheduled["month"] == month, name], name)
        for name in LAB_HEADERS
        for month in VISIT_MONTHS
    }
    return pd.DataFrame(columns)


def _text(values: pd.Series, name: str) -> pd.Series:
    """Write values as a spreadsheet would show them, codes in Chinese."""
    if name in DECIMALS:
        return values.map(lambda value: "" if pd.isna(value) else f"{value:.{DECIMALS[name]}f}")
    return values.astype(str).replace(_WORDS)


def _spoil(sheet: pd.DataFrame) -> pd.DataFrame:
    """Plant the defects: a height in metres, a protein in mg, a detection limit, a date, a repeated patient."""
    ids, spoiled = sheet[_PATIENT_HEADERS["patient_id"]], sheet.copy()
    height, biopsy, first = (_PATIENT_HEADERS[name] for name in ("height_cm", "biopsy_date", "first_rtx_date"))
    spoiled.loc[ids == METRE_PATIENT, height] = f"{float(sheet.loc[ids == METRE_PATIENT, height].iloc[0]) / 100:.2f}"
    protein, last = lab_header("proteinuria_g_24h", 0), lab_header("proteinuria_g_24h", 12)
    heavy = sheet.index[sheet[protein] == f"{MILLIGRAM_VALUE:.2f}"][0]
    spoiled.loc[heavy, protein] = f"{MILLIGRAM_VALUE * 1000:.0f}"
    low = sheet.index[pd.to_numeric(sheet[last]) < DETECTION_LIMIT][0]
    spoiled.loc[low, last] = f"<{DETECTION_LIMIT}"
    dated = ids == DATE_PATIENT
    spoiled.loc[dated, [biopsy, first]] = sheet.loc[dated, [first, biopsy]].to_numpy()
    return pd.concat([spoiled, spoiled[ids == DUPLICATED_PATIENT]], ignore_index=True)
