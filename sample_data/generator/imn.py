"""How is the synthetic membranous cohort SYN-IMN-91 put together?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sample_data.generator.designs import COMBINED, GROUPS, IMN_SEED, LATER_MONTHS, VISIT_MONTHS, imn_skeleton
from sample_data.generator.imn_baseline import FLAGS, draw_baseline
from sample_data.generator.imn_blood import ROUTINE, draw_kidney, draw_routine
from sample_data.generator.imn_care import DAYS_PER_MONTH, followup_months, list_adverse_events, list_doses, visit_days
from sample_data.generator.imn_course import Group, draw_course
from sample_data.generator.imn_flow import draw_left_out
from sample_data.generator.imn_immunology import choose_repeats, draw_antibodies, draw_b_cells, draw_igg, draw_troughs
from sample_data.generator.imn_prognosis import assign_outcomes
from sample_data.generator.margins import Numbers
from sample_data.generator.tables import StudyTables, yes_no

URINE_AND_KIDNEY = ("proteinuria_g_24h", "albumin_g_l", "scr_umol_l", "egfr")
LABS = (*URINE_AND_KIDNEY, *ROUTINE, "pla2r_ru_ml", "bcell_count_ul", "igg_g_l", "tac_trough_ng_ml")
PATIENT_COLUMNS = [
    "patient_id", "cohort", "regimen_group", "eligible", "exclusion_reason", "withdrawal_reason", "age_years", "sex",
    "weight_kg", "height_cm", "year_of_treatment", "biopsy_to_rtx_months", "hypertension", "diabetes",
    "coronary_heart_disease", "stroke", "mn_stage", "prior_gc_ctx", "prior_gc_csa", "raas_blocker", "rtx_repeat_m6",
    "rtx_repeat_not_given_reason", "tac_start_month", "followup_months",
]  # fmt: skip
VISIT_COLUMNS = ["patient_id", "month", "day", "unscheduled", *LABS]

_FLAGS = (*FLAGS, "prior_gc_ctx", "prior_gc_csa", "raas_blocker")


def generate_imn() -> StudyTables:
    """Generate the whole study: 91 analysed patients, 7 withdrawn, 9 screened out."""
    rng = np.random.default_rng(IMN_SEED)
    followup = followup_months(rng)
    parts = [_generate_group(rng, name, followup[:34] if name == COMBINED else followup[34:]) for name in GROUPS]
    left_out = draw_left_out(rng)
    tables = [*parts, left_out]
    return StudyTables(
        patients=pd.concat([part.patients for part in tables], ignore_index=True)[PATIENT_COLUMNS],
        visits=pd.concat([part.visits for part in tables], ignore_index=True)[VISIT_COLUMNS],
        doses=pd.concat([part.doses for part in tables], ignore_index=True),
        adverse_events=pd.concat([part.adverse_events for part in parts], ignore_index=True),
        events=pd.concat([part.events for part in tables], ignore_index=True),
    )


def patient_rows(ids: pd.Series, regimen: str | float, values: dict[str, Numbers]) -> pd.DataFrame:
    """Write baseline values as rows of the patients table, codes spelled out."""
    table = pd.DataFrame(values).assign(patient_id=ids.to_numpy(), cohort="IMN", regimen_group=regimen)
    table["sex"] = table["male"].map({1.0: "male", 0.0: "female"})
    table["mn_stage"] = table["mn_stage"].map({1.0: "I", 2.0: "II", 3.0: "III"})
    for name in _FLAGS:
        table[name] = yes_no(table[name])
    return table


def _generate_group(rng: np.random.Generator, name: str, followup: Numbers) -> StudyTables:
    skeleton = imn_skeleton()
    rows = skeleton[skeleton["group"] == name].reset_index(drop=True)
    baseline = assign_outcomes(rng, draw_baseline(rng, name, len(rows)), rows)
    group = Group(name=name, rows=rows, baseline=baseline, rng=rng)
    repeats, days = choose_repeats(group), visit_days(group)
    labs = _labs(group, repeats)
    ids = rows["patient_id"]
    last_day = np.round(followup * DAYS_PER_MONTH)
    last_contact = pd.DataFrame({"patient_id": ids, "event_type": "last_contact", "day": last_day})
    return StudyTables(
        patients=_patients(group, repeats, followup),
        visits=_visits(ids, days, labs),
        doses=list_doses(group, repeats["repeat"], days),
        adverse_events=list_adverse_events(group),
        events=last_contact,
    )


def _labs(group: Group, repeats: dict[str, np.ndarray]) -> dict[int, dict[str, Numbers]]:
    """Collect every lab of every visit, month 0 included."""
    course = draw_course(group)
    kidney, routine = draw_kidney(group), draw_routine(group, course[12]["albumin_g_l"])
    antibodies, cells, troughs = draw_antibodies(group), draw_b_cells(group, repeats), draw_troughs(group)
    albumin = {0: group.baseline["albumin_g_l"]} | {month: course[month]["albumin_g_l"] for month in LATER_MONTHS}
    igg = draw_igg(group, albumin)
    labs = {0: {name: group.baseline[name] for name in LABS if name in group.baseline} | {"igg_g_l": igg[0]}}
    for month in LATER_MONTHS:
        labs[month] = course[month] | kidney[month] | routine[month]
        labs[month] |= {"pla2r_ru_ml": antibodies[month], "bcell_count_ul": cells[month], "igg_g_l": igg[month]}
        if month in troughs:
            labs[month]["tac_trough_ng_ml"] = troughs[month]
    return labs


def _patients(group: Group, repeats: dict[str, np.ndarray], followup: Numbers) -> pd.DataFrame:
    table = patient_rows(group.rows["patient_id"], group.name, group.baseline)
    return table.assign(
        eligible="yes",
        exclusion_reason="",
        withdrawal_reason="",
        rtx_repeat_m6=np.where(repeats["repeat"], "yes", "no"),
        rtx_repeat_not_given_reason=repeats["reason"],
        tac_start_month=2.0 if group.name == COMBINED else np.nan,
        followup_months=followup,
    )


def _visits(ids: pd.Series, days: dict[int, Numbers], labs: dict[int, dict[str, Numbers]]) -> pd.DataFrame:
    """Lay the visits out, patient by patient."""
    per_month = [
        pd.DataFrame({"patient_id": ids, "month": month, "day": days[month], "unscheduled": "no", **labs[month]})
        for month in VISIT_MONTHS
    ]
    # The index is the patient's position; a stable sort keeps the months in order.
    return pd.concat(per_month).sort_index(kind="stable").reindex(columns=VISIT_COLUMNS)
