"""Small cohorts for tests, written as a table of visits."""

from __future__ import annotations

import pandas as pd

from analysis.cohort.model import ADVERSE_EVENT_COLUMNS, DOSE_COLUMNS, EVENT_COLUMNS, VISIT_COLUMNS, Cohort, Provenance


def make_cohort(
    patients: dict[str, dict[str, object]],
    visits: list[tuple[str, float, dict[str, float]]],
    *,
    events: list[tuple[str, str, float]] = (),  # type: ignore[assignment]
    unscheduled: bool = False,
) -> Cohort:
    """Build a cohort from patients, (patient, day, values) and (patient, event, day)."""
    rows = [
        [patient, float(day), float("nan"), unscheduled and day > 0, name, float(value), ""]
        for patient, day, values in visits
        for name, value in values.items()
    ]
    return Cohort(
        name="test",
        patients=pd.DataFrame([{"patient_id": patient, **values} for patient, values in patients.items()]),
        visits=pd.DataFrame(rows, columns=VISIT_COLUMNS),
        doses=pd.DataFrame(columns=DOSE_COLUMNS),
        adverse_events=pd.DataFrame(columns=ADVERSE_EVENT_COLUMNS),
        events=pd.DataFrame(list(events), columns=EVENT_COLUMNS),
        provenance=Provenance(source="test", sha256="0" * 64),
        token="test",
    )


def labs(proteinuria: float | None, albumin: float = 40.0, scr: float = 80.0, egfr: float = 100.0) -> dict[str, float]:
    """Give one visit's values; None leaves the urine out."""
    values = {"albumin_g_l": albumin, "scr_umol_l": scr, "egfr": egfr}
    return values if proteinuria is None else {"proteinuria_g_24h": proteinuria, **values}
