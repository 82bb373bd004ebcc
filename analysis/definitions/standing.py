"""Whom does the chosen rule leave without a status, out of reach of complete remission, or on an edge?"""

from __future__ import annotations

import pandas as pd

from analysis.outcomes.classify import NOT_EVALUABLE
from analysis.outcomes.derive import Outcomes
from analysis.outcomes.reasons import RANGE_BEFORE
from analysis.outcomes.visit_states import GONE
from analysis.study import View

MG_PER_MMOL = 113.118  # 1 g/g creatinine in mg/mmol (domain.md 1.5)
GUIDELINE_EDGES = ((30.0, 0.3), (350.0, 3.5))  # mg/mmol as guidelines round 0.3 and 3.5 g/g (domain.md 1.5)


def without_status(view: View, states: pd.DataFrame) -> pd.DataFrame:
    """Count who is not evaluable or gone at each planned visit up to the horizon, and why.

    ``states``: from ``states_at_visit``. One row per ``month``, ``status`` (NE, gone) and ``reason``
    with ``n``, ``n_total`` (selected patients) and ``patient_ids``.
    """
    mine = states["patient_id"].isin(view.members["patient_id"]) & (states["month"] <= view.spec.horizon_months)
    open_rows = states[mine & states["status"].isin([NOT_EVALUABLE, GONE])]
    found = open_rows.groupby(["month", "status", "reason"])["patient_id"].agg(tuple).reset_index(name="patient_ids")
    return found.assign(n=found["patient_ids"].map(len).astype(int), n_total=view.n)


def never_complete(view: View) -> tuple[str, ...]:
    """Name whose eGFR before treatment is below what complete remission needs (A4)."""
    rule, patients = view.spec.rule, view.patients()
    if rule.cr_function != "normal" or rule.normal_function != "egfr" or "egfr" not in patients:
        return ()
    return tuple(patients.loc[patients["egfr"] < rule.normal_egfr, "patient_id"])


def range_only(view: View, outcomes: Outcomes) -> pd.DataFrame:
    """List the visits in partial remission by a range that urine protein met before treatment (R-BASE).

    One row per visit up to the horizon: ``patient_id``, ``month``.
    """
    visits = outcomes.visits
    mine = visits["patient_id"].isin(view.members["patient_id"]) & (visits["month"] <= view.spec.horizon_months)
    flagged = visits["reason"].str.contains(RANGE_BEFORE, regex=False)
    return visits.loc[mine & flagged, ["patient_id", "month"]].reset_index(drop=True)


def rounding_cases(view: View) -> pd.DataFrame:
    """Count the values of protein/creatinine whose class hangs on rounding 113.118 mg/mmol to 100.

    One row per limit of the guidelines: ``limit_mg_mmol``, ``limit_g_g``, ``n_visits``, and of those values
    ``patient_ids`` and ``visits`` in words (the day or, where it is unknown, the month).
    """
    visits = view.cohort.visits
    own = visits[visits["patient_id"].isin(view.members["patient_id"]) & (visits["variable"] == "upcr_g_g")]
    rows = []
    for limit, edge in GUIDELINE_EDGES:
        here = own[(own["value"] >= limit / MG_PER_MMOL) & (own["value"] < edge)]
        days, months = here["day"].astype(float), here["month"].astype(float)
        when = [f"day {day:g}" if day == day else f"month {month:g}" for day, month in zip(days, months, strict=True)]
        rows.append([limit, edge, len(here), tuple(here["patient_id"]), tuple(when)])
    return pd.DataFrame(rows, columns=["limit_mg_mmol", "limit_g_g", "n_visits", "patient_ids", "visits"])
