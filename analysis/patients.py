"""What happened to this patient, and why does each visit have its status?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.cohort.visits import assign_visits, planned_day
from analysis.outcomes.derive import LAB_NAMES, VALUES, Outcomes, measures_of
from analysis.outcomes.rules import rule_in_use
from analysis.results import Method
from analysis.study import View


@dataclass(frozen=True, kw_only=True, eq=False)
class PatientResult:
    """One patient of the view.

    visits
        One row per classified visit, baseline first: ``time`` (months on the chosen axis), ``month``,
        ``day``, the values used (``prot``, ``alb``, ``scr``, ``egfr``) with their ``_qualifier`` ("", "lt",
        "gt") and ``_day`` (where it is not the day of the visit), ``status``, ``at_least``, ``reason``.
    records
        One row per laboratory record the rule could read, by day: ``day``, ``variable``, ``value``,
        ``qualifier`` and ``used``, in words: the visit it decided, or why it decided none.
    course
        One row per dose, adverse event and hard event with its ``day``, ``kind`` and ``text``, in
        order of day.
    """

    patient_id: str
    group: str
    baseline: pd.Series
    visits: pd.DataFrame
    records: pd.DataFrame
    course: pd.DataFrame
    method: Method


NEARER = "not used: another record of this visit is nearer to the planned day, or as near and later"
VISIT_COLUMNS = [
    "time", "month", "day", "prot", "prot_qualifier", "alb", "alb_qualifier", "scr", "scr_qualifier", "egfr",
    "egfr_qualifier", "status", "at_least", "reason", *(f"{name}_day" for name in VALUES),
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
        visits=_with_other_days(visits[VISIT_COLUMNS].reset_index(drop=True)),
        records=_records(view, outcomes, patient_id, visits),
        course=_course(view, patient_id),
        method=Method(
            name="Status of one patient",
            sentence=(
                f"Each visit is classified by the rule {rule_in_use(outcomes.rule)}; "
                "the values shown are those the rule used; kidney function not measured at a visit comes from the "
                "nearest record within 45 days after treatment began, nothing else from another visit. "
                "On planned visits the record nearest to the planned day counts, on a tie the later."
            ),
            references=(outcomes.rule.reference,),
        ),
    )


def _with_other_days(visits: pd.DataFrame) -> pd.DataFrame:
    """Keep the day of a value only where it is not that of its visit."""
    other = {f"{name}_day": visits[f"{name}_day"].mask(visits[f"{name}_day"] == visits["day"]) for name in VALUES}
    return visits.assign(**other)


def _records(view: View, outcomes: Outcomes, patient_id: str, visits: pd.DataFrame) -> pd.DataFrame:
    """List the patient's records of what the rule reads, and which visit each decided."""
    columns = {**dict.fromkeys(measures_of(outcomes.rule), "prot"), **LAB_NAMES}
    own = view.cohort.visits
    own = own[(own["patient_id"] == patient_id) & own["variable"].isin(columns)]
    kept = assign_visits(own, view.spec.schedule)["nominal_month"]
    planned = planned_day(own, view.spec.schedule)
    baseline = (kept == 0).reindex(own.index, fill_value=False).to_numpy()
    on_day = np.full(len(own), outcomes.time_axis == "actual") & (own["day"] > 0).to_numpy()
    used = [
        _use_words(kept.get(index), planned[place], by_day=bool(on_day[place] and not baseline[place]))
        for place, index in enumerate(own.index)
    ]
    records = own[["day", "month", "variable", "value", "qualifier"]].assign(used=used)
    borrowed = [_borrowed(visits, columns[row.variable], row.day) for row in records.itertuples()]
    words = [f"{use}; {more}" if more else use for use, more in zip(records["used"], borrowed, strict=True)]
    return records.assign(used=words).sort_values(["day", "variable"], kind="stable", ignore_index=True)


def _use_words(month: float | None, planned: float, *, by_day: bool) -> str:
    """Say which visit a record decided, or why none."""
    if by_day:
        return "the visit of that day"
    if month is not None:
        return "baseline" if month == 0 else f"month {month:g}"
    return "not used: outside the window of every planned visit" if np.isnan(planned) else NEARER


def _borrowed(visits: pd.DataFrame, name: str, day: float) -> str:
    """Name the visits of another day that took kidney function from this record."""
    if name not in ("scr", "egfr"):
        return ""
    taken = visits[(visits[f"{name}_day"] == day) & (visits["day"] != day) & (visits["time"] > 0)]
    return ", ".join(f"lent to day {visit:g}" for visit in taken["day"])


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
