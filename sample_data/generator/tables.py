"""How is a synthetic study written, so that the same numbers always give the same bytes?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

BANNER = "# SYNTHETIC demonstration data. Not patients. Do not cite."
TABLE_NAMES = ("patients", "visits", "doses", "adverse_events", "events")

DECIMALS = {
    "age_years": 0,
    "weight_kg": 1,
    "height_cm": 0,
    "year_of_treatment": 0,
    "biopsy_to_rtx_months": 1,
    "tac_start_month": 0,
    "followup_months": 0,
    "glomerulosclerosis_pct": 1,
    "bcell_depletion_day": 0,
    "bcell_reconstitution_day": 0,
    "month": 0,
    "day": 0,
    "start_day": 0,
    "stop_day": 0,
    "dose_mg": 1,
    "grade": 0,
    "proteinuria_g_24h": 2,
    "upcr_g_g": 2,
    "albumin_g_l": 1,
    "scr_umol_l": 1,
    "egfr": 1,
    "cholesterol_mmol_l": 2,
    "triglycerides_mmol_l": 2,
    "uric_acid_umol_l": 0,
    "hemoglobin_g_l": 0,
    "sbp_mmhg": 0,
    "dbp_mmhg": 0,
    "pla2r_ru_ml": 2,
    "bcell_count_ul": 1,
    "igg_g_l": 2,
    "tac_trough_ng_ml": 1,
    "prednisone_eq_mg_d": 1,
}


@dataclass(frozen=True, kw_only=True, eq=False)
class StudyTables:
    """The five tables of one synthetic study, values rounded, missing as NaN or empty text."""

    patients: pd.DataFrame
    visits: pd.DataFrame
    doses: pd.DataFrame
    adverse_events: pd.DataFrame
    events: pd.DataFrame


def write_study(study: StudyTables, folder: Path) -> None:
    """Write the five files of a study into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in TABLE_NAMES:
        write_table(getattr(study, name).assign(synthetic="true"), folder / f"{name}.csv")


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write one table: banner, header, rows; UTF-8, line feed only, fixed decimals."""
    text = table.copy()
    for name in text.columns:
        if name in DECIMALS:
            text[name] = [_number(value, DECIMALS[name]) for value in text[name]]
    body = text.to_csv(index=False, lineterminator="\n", na_rep="")
    path.write_bytes(f"{BANNER}\n{body}".encode())


def read_study(folder: Path) -> StudyTables:
    """Read a written study back, as the generator's checks see it."""
    tables = {name: pd.read_csv(folder / f"{name}.csv", comment="#") for name in TABLE_NAMES}
    return StudyTables(**tables)


def yes_no(flags: pd.Series) -> pd.Series:
    """Write flags as the files spell them."""
    return pd.Series(["yes" if flag else "no" for flag in flags], index=flags.index)


def _number(value: float, decimals: int) -> str:
    return "" if pd.isna(value) else f"{float(value):.{decimals}f}"
