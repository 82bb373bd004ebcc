"""Small cohorts with the columns of the flow, for the tests of the cohort page."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from analysis.cohort.model import DOSE_COLUMNS, Cohort
from analysis.study import Filter, StudySpec
from tests.cohorts import make_cohort

TWO = StudySpec(group_column="regimen_group", group_levels=("RTX+TAC", "RTX"), schedule=(0.0, 6.0, 12.0))
AGE = Filter(variable="age_years", low=50.0)


def patient(group: str | None = "RTX", **values: object) -> dict[str, object]:
    """Give a patient who is eligible and stayed, unless told otherwise."""
    plain = {"eligible": "yes", "exclusion_reason": None, "withdrawal_reason": None, "age_years": 60.0}
    return {"regimen_group": group, **plain, **values}


def with_doses(cohort: Cohort, doses: list[tuple[str, str, float, float]]) -> Cohort:
    """Add (patient, drug, start, stop) to a cohort."""
    frame = pd.DataFrame(doses, columns=["patient_id", "drug", "start_day", "stop_day"]).reindex(columns=DOSE_COLUMNS)
    return replace(cohort, doses=frame)


def mixed_cohort() -> Cohort:
    """Build twelve patients who leave at every stage there is."""
    return make_cohort(
        {
            "X1": patient(None, eligible="no", exclusion_reason="pregnancy"),
            "X2": patient(None, eligible="no", exclusion_reason="moved abroad"),
            "X3": patient(None, eligible="no"),
            "O1": patient("CTX"),
            "O2": patient(None),
            "A1": patient("RTX+TAC"),
            "A2": patient("RTX+TAC", withdrawal_reason="esrd"),
            "A3": patient("RTX+TAC", withdrawal_reason="lost", age_years=40.0),
            "B1": patient(),
            "B2": patient(age_years=40.0),
            "B3": patient(age_years=None),
            "B4": patient(withdrawal_reason="none"),
        },
        [("A1", 0, {"albumin_g_l": 25.0})],
    )
