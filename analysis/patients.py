"""What happened to this patient, and why does each visit have its status?"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.outcomes.derive import Outcomes
from analysis.outcomes.rules import rule_in_use
from analysis.results import Method
from analysis.study import View


@dataclass(frozen=True, kw_only=True, eq=False)
class PatientResult:
    """One patient of the view.

    visits
        One row per classified visit, baseline first: ``time`` (months on the chosen axis), ``month``,
        ``day``, the values used (``prot``, ``alb``, ``scr``, ``egfr``) with their ``_qualifier`` ("", "lt",
        "gt"), ``status``, ``at_least``, ``reason``.
    course
        One row per dose, adverse event and hard event with its ``day``, ``kind`` and ``text``, in
        order of day.
    """

    patient_id: str
    group: str
    baseline: pd.Series
    visits: pd.DataFrame
    course: pd.DataFrame
    method: Method


VISIT_COLUMNS = [
    "time", "month", "day", "prot", "prot_qualifier", "alb", "alb_qualifier", "scr", "scr_qualifier", "egfr",
    "egfr_qualifier", "status", "at_least", "reason",
]  # fmt: skip


def describe_patient(view: View, outcomes: Outcomes, patient_id: str) -> PatientResult:
    """Gather what the cohort knows of one selected patient.

    Raises
    ------
    KeyError
        If the patient is not in the view.
    """
    own = view.members[view.members["patient_id"] == patient_id]
    if own.empty:
        raise KeyError(patient_id)
    patients = view.patients()
    visits = pd.concat([outcomes.baseline, outcomes.visits], ignore_index=True)
    visits = visits[visits["patient_id"] == patient_id].sort_values("time", kind="stable")
    return PatientResult(
        patient_id=patient_id,
        group=str(own["group"].iloc[0]),
        baseline=patients[patients["patient_id"] == patient_id].iloc[0],
        visits=visits[VISIT_COLUMNS].reset_index(drop=True),
        course=_course(view, patient_id),
        method=Method(
            name="Status of one patient",
            sentence=(
                f"Each visit is classified by the rule {rule_in_use(outcomes.rule)}; "
                "the values shown are those the rule used; kidney function not measured at a visit comes from the "
                "nearest record within 45 days after treatment began, nothing else from another visit."
            ),
            references=(outcomes.rule.reference,),
        ),
    )


def _course(view: View, patient_id: str) -> pd.DataFrame:
    cohort = view.cohort
    doses = cohort.doses[cohort.doses["patient_id"] == patient_id]
    adverse = cohort.adverse_events[cohort.adverse_events["patient_id"] == patient_id]
    events = cohort.events[cohort.events["patient_id"] == patient_id]
    rows = pd.concat(
        [
            pd.DataFrame({"day": doses["start_day"], "kind": "dose", "text": doses["drug"]}),
            pd.DataFrame({"day": adverse["day"], "kind": "adverse event", "text": adverse["term"]}),
            pd.DataFrame({"day": events["day"], "kind": "event", "text": events["event_type"]}),
        ],
        ignore_index=True,
    )
    return rows.astype({"day": float}).sort_values("day", kind="stable", ignore_index=True)
