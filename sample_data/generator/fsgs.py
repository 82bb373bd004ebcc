"""How is the synthetic FSGS cohort SYN-FSGS-14 put together?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sample_data.generator.designs import FSGS_SEED, fsgs_skeleton
from sample_data.generator.fsgs_visits import draw_visits
from sample_data.generator.tables import StudyTables, yes_no

DAYS_PER_MONTH = 30.4375
LAST_DEPLETED_PATIENT = "F13"  # depleted by month 3, day unknown
LATE_RECONSTITUTION = "F01"  # between months 6 and 12, day unknown
INFUSION_DAYS = (0, 1, 14, 15)  # 500 mg each: two courses two weeks apart

_STEROID_CLASS = {"SDNS": "SDNS", "FRNS": "FRNS", "SRNS": "SRNS", "new": "new_onset"}
_AE_COLUMNS = ["patient_id", "day", "term", "category", "grade", "serious", "related"]


def generate_fsgs() -> StudyTables:
    """Generate the whole study: fourteen patients, one arm, no adverse event."""
    rng = np.random.default_rng(FSGS_SEED)
    rows = fsgs_skeleton()
    return StudyTables(
        patients=_patients(rows),
        visits=draw_visits(rng, rows),
        doses=_doses(rng, rows),
        adverse_events=pd.DataFrame(columns=_AE_COLUMNS),
        events=_events(rows),
    )


def _patients(rows: pd.DataFrame) -> pd.DataFrame:
    """Write one row per patient; the days of depletion and reconstitution only where they are known."""
    depleted = rows["bdep_day"].notna() | rows["id"].eq(LAST_DEPLETED_PATIENT)
    returned = rows["brec_day"].notna() | rows["id"].eq(LATE_RECONSTITUTION)
    return pd.DataFrame(
        {
            "patient_id": rows["patient_id"],
            "cohort": "FSGS",
            "regimen_group": "RTX",
            "age_years": rows["age"],
            "sex": rows["sex"].map({"M": "male", "F": "female"}),
            "steroid_class": rows["class"].map(_STEROID_CLASS),
            "fsgs_variant": rows["histology"],
            "glomerulosclerosis_pct": rows["sclerosis_pct"],
            "prior_tac": yes_no(rows["prior_cni"].eq("TAC")),
            "prior_csa": yes_no(rows["prior_cni"].eq("CSA")),
            "atn_on_biopsy": yes_no(rows["esrd_month"].notna()),
            "bcell_depleted": np.where(depleted, "yes", ""),
            "bcell_depletion_day": rows["bdep_day"],
            "bcell_reconstituted": yes_no(returned),
            "bcell_reconstitution_day": rows["brec_day"],
            "followup_months": rows["fu_months"].astype(float),
        }
    )


def _doses(rng: np.random.Generator, rows: pd.DataFrame) -> pd.DataFrame:
    """List infusions of 500 mg up to the recorded total; one row without a dose where none is recorded."""
    lines: list[list[object]] = []
    for patient, total in zip(rows["patient_id"], rows["rtx_total_mg"], strict=True):
        if np.isnan(total):
            lines.append([patient, "RTX", 0, 0, np.nan, "not_recorded"])
            continue
        protocol = "375mgm2_x2" if total > 1000 else "375mgm2_x1"
        lines.extend([patient, "RTX", day, day, 500.0, protocol] for day in INFUSION_DAYS[: int(total // 500)])
    lines.extend(
        [patient, "CSA", int(rng.integers(0, 15)), round(months * DAYS_PER_MONTH), np.nan, "trough 100-200 ug/L"]
        for patient, months in rows.loc[rows["prior_cni"] == "CSA", ["patient_id", "fu_months"]].to_numpy().tolist()
    )
    table = pd.DataFrame(lines, columns=["patient_id", "drug", "start_day", "stop_day", "dose_mg", "dose_protocol"])
    return table.sort_values(["patient_id", "start_day"], kind="stable", ignore_index=True)


def _events(rows: pd.DataFrame) -> pd.DataFrame:
    """List kidney failure, relapse and the last contact."""
    days = {
        "kidney_failure": rows["esrd_month"] * DAYS_PER_MONTH,
        "relapse": rows["relapse_day"],
        "last_contact": rows["fu_months"] * DAYS_PER_MONTH,
    }
    tables = [
        pd.DataFrame({"patient_id": rows["patient_id"], "event_type": kind, "day": np.round(day.astype(float))})
        for kind, day in days.items()
    ]
    events = pd.concat(tables).dropna(subset="day")
    return events.sort_values(["patient_id", "day"], kind="stable", ignore_index=True)
