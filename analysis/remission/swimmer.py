"""What happened to each patient, and when: doses, visits with their status, events, and the end of follow-up?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from analysis.cohort.visits import DAYS_PER_MONTH
from analysis.outcomes.classify import NOT_EVALUABLE
from analysis.outcomes.derive import Outcomes, derive_outcomes
from analysis.outcomes.endpoints import best_response
from analysis.outcomes.reasons import BELOW_RANGE
from analysis.results import Method, Note
from analysis.study import View

LaneOrder = Literal["duration", "first_remission", "group", "best_response"]
ENDS = {"death": "death", "kidney_failure": "kidney failure", "withdrawal": "withdrawn", "lost": "lost to follow-up"}
_COURSES = {"TAC", "CSA", "MMF", "GC"}  # taken daily; all else is given on a day
_BEST = ("CR", "PR", "NR", NOT_EVALUABLE)


@dataclass(frozen=True, kw_only=True, eq=False)
class LanesResult:
    """One lane per selected patient; ``describe_lanes`` documents the frames."""

    lanes: pd.DataFrame
    spans: pd.DataFrame
    marks: pd.DataFrame
    visits: pd.DataFrame
    groups: tuple[str, ...]
    method: Method
    notes: tuple[Note, ...]


def describe_lanes(view: View, outcomes: Outcomes) -> LanesResult:
    """Lay out the course of every selected patient on actual days.

    Parameters
    ----------
    view
        The selected patients and their groups.
    outcomes
        Gives the rule; outcomes on nominal visits are derived again on every day with a measurement.

    Returns
    -------
    LanesResult
        ``lanes``: one row per member: ``patient_id``, ``group``, ``end`` (last month anything is known of
        the patient, at least 0), ``end_reason`` ("" while followed on; the file's reason where it gives one),
        ``best`` (CR, PR, NR, NE), ``first_remission`` and ``complete_remission`` (months of the visit, NaN if
        never). ``spans``: one row per course of a drug taken daily: ``patient_id``, ``drug``, ``start``,
        ``stop``, ``open_end`` (no stop recorded, drawn to the end). ``marks``: one row per infusion, adverse
        event and hard event with a day: ``patient_id``, ``time``, ``kind`` (infusion, adverse, serious, or the
        event type), ``label``. ``visits``: one row per classified visit: ``patient_id``, ``time``, ``status``,
        ``reason``. All times are months since time zero, day / 30.4375.

    Notes
    -----
    Nothing is carried forward: a status belongs to its visit. What has no day cannot be drawn; it is counted
    in ``notes``.
    """
    if outcomes.time_axis != "actual":
        outcomes = derive_outcomes(view.cohort, outcomes.rule, schedule=view.spec.schedule, time_axis="actual")
    visits = _visits(outcomes, view)
    doses, adverse, events = (_own(getattr(view.cohort, name), view) for name in ("doses", "adverse_events", "events"))
    marks = _marks(doses, adverse, events)
    lanes = _lanes(view, outcomes, visits, pd.concat([marks[["patient_id", "time"]], _contacts(view, events, doses)]))
    return LanesResult(
        lanes=lanes,
        spans=_spans(doses, lanes),
        marks=marks[marks["kind"] != "last_contact"].reset_index(drop=True),
        visits=visits,
        groups=view.groups,
        method=_method(outcomes),
        notes=_notes({"dose": doses["start_day"], "adverse event": adverse["day"], "event": events["day"]}),
    )


def order_lanes(lanes: pd.DataFrame, order: LaneOrder) -> pd.DataFrame:
    """Sort lanes for display: longest, earliest remission or best response first, or group by group.

    Ties keep the order of groups, then the longer follow-up first; never in remission comes last.
    """
    rank = {status: place for place, status in enumerate(_BEST)}
    keyed = lanes.assign(_long=-lanes["end"], _best=lanes["best"].map(rank), _group=lanes["group"].cat.codes)
    keys = {
        "duration": ["_long", "_group"],
        "first_remission": ["first_remission", "_group", "_long"],
        "group": ["_group", "_long"],
        "best_response": ["_best", "first_remission", "_group", "_long"],
    }[order]
    return lanes.loc[keyed.sort_values([*keys, "patient_id"], na_position="last").index].reset_index(drop=True)


def _own(table: pd.DataFrame, view: View) -> pd.DataFrame:
    return table[table["patient_id"].isin(view.members["patient_id"])]


def _visits(outcomes: Outcomes, view: View) -> pd.DataFrame:
    visits = _own(outcomes.visits, view)
    time = visits["day"].astype(float) / DAYS_PER_MONTH
    reason = visits["reason"].str.replace(BELOW_RANGE, "below the partial range, counts as in range", regex=False)
    found = visits[["patient_id", "status"]].assign(reason=reason, time=time.fillna(visits["time"]))
    return found.sort_values(["patient_id", "time"], kind="stable", ignore_index=True)


def _marks(doses: pd.DataFrame, adverse: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Put infusions, adverse events and hard events below each other."""
    given = doses[~_is_course(doses)]
    amount = [f" {mg:g} mg" if mg > 0 else "" for mg in pd.to_numeric(given["dose_mg"], errors="coerce")]
    worst = np.where(adverse["serious"].eq("yes"), "serious", "adverse")
    marks = pd.concat(
        [
            _mark_rows(
                given, "start_day", kind="infusion", label=given["drug"].astype(str) + np.array(amount, dtype=object)
            ),
            _mark_rows(adverse, "day", kind=worst, label=adverse["term"]),
            _mark_rows(
                events, "day", kind=events["event_type"], label=events["event_type"].astype(str).str.replace("_", " ")
            ),
        ],
        ignore_index=True,
    )
    return marks[marks["time"].notna()].sort_values(["patient_id", "time"], kind="stable", ignore_index=True)


def _mark_rows(table: pd.DataFrame, day: str, *, kind: object, label: pd.Series) -> pd.DataFrame:
    marks = table[["patient_id"]].assign(time=table[day].astype(float) / DAYS_PER_MONTH, kind=kind, label=label)
    return marks.astype({"patient_id": object, "kind": object, "label": object})


def _is_course(doses: pd.DataFrame) -> pd.Series:
    """Tell drugs taken over days from those given on one day."""
    lasting = doses["stop_day"].astype(float) > doses["start_day"].astype(float)
    return lasting | doses["drug"].isin(_COURSES)


def _contacts(view: View, events: pd.DataFrame, doses: pd.DataFrame) -> pd.DataFrame:
    """Give every other time anything is known of a patient: measurements, stops of drugs, the stated follow-up."""
    measured = _own(view.cohort.visits, view)
    patients = _own(view.cohort.patients, view)
    stated = pd.to_numeric(patients.get("followup_months", pd.Series(np.nan, index=patients.index)), errors="coerce")
    days = [
        pd.DataFrame({"patient_id": table["patient_id"], "time": table[name].astype(float) / DAYS_PER_MONTH})
        for table, name in ((measured, "day"), (doses, "start_day"), (doses, "stop_day"), (events, "day"))
    ]
    ends = pd.DataFrame({"patient_id": patients["patient_id"], "time": stated.astype(float)})
    return pd.concat([part for part in (*days, ends) if len(part)] or [ends])


def _lanes(view: View, outcomes: Outcomes, visits: pd.DataFrame, contacts: pd.DataFrame) -> pd.DataFrame:
    members = view.members.reset_index(drop=True)
    patient = members["patient_id"]
    reached = visits[visits["status"].isin(["CR", "PR"])]
    best = best_response(outcomes).set_index("patient_id")["status"]
    return members.assign(
        end=patient.map(contacts.groupby("patient_id")["time"].max()).astype(float).fillna(0.0).clip(lower=0.0),
        end_reason=_end_reason(view),
        best=patient.map(best).fillna(NOT_EVALUABLE),
        first_remission=patient.map(reached.groupby("patient_id")["time"].min()).astype(float),
        complete_remission=patient.map(reached[reached["status"] == "CR"].groupby("patient_id")["time"].min()).astype(
            float
        ),
    )


def _end_reason(view: View) -> list[str]:
    """Say why each member is no longer followed: a hard event, or the reason the file states."""
    events, patients = view.cohort.events, view.cohort.patients
    kinds = events[events["event_type"].isin(list(ENDS))].assign(
        rank=events["event_type"].map({kind: place for place, kind in enumerate(ENDS)})
    )
    first = kinds.sort_values("rank", kind="stable").drop_duplicates("patient_id").set_index("patient_id")["event_type"]
    given = patients.get("withdrawal_reason", pd.Series(np.nan, index=patients.index, dtype=object))
    left = given.notna() & given.ne("none")
    stated = pd.Series(
        given[left].astype(str).str.replace("_", " ").to_numpy(dtype=object),
        index=pd.Index(patients.loc[left, "patient_id"]),
        dtype=object,
    )
    found, words = (view.members["patient_id"].map(part).astype(object) for part in (first.map(ENDS), stated))
    both = found.eq("withdrawn") & words.notna()
    return [
        f"withdrawn: {why}" if joined else event if isinstance(event, str) else f"left: {why}" if known else ""
        for event, why, joined, known in zip(found, words, both, words.notna(), strict=True)
    ]


def _spans(doses: pd.DataFrame, lanes: pd.DataFrame) -> pd.DataFrame:
    courses = doses[_is_course(doses) & doses["start_day"].notna()]
    end = courses["patient_id"].map(lanes.set_index("patient_id")["end"]).astype(float)
    stop = courses["stop_day"].astype(float) / DAYS_PER_MONTH
    start = courses["start_day"].astype(float) / DAYS_PER_MONTH
    return pd.DataFrame(
        {
            "patient_id": courses["patient_id"],
            "drug": courses["drug"],
            "start": start,
            "stop": np.maximum(stop.fillna(end), start),
            "open_end": stop.isna(),
        }
    ).reset_index(drop=True)


def _method(outcomes: Outcomes) -> Method:
    return Method(
        name="Courses of the patients",
        sentence=(
            "One lane per patient from the first rituximab infusion to the last day anything is known, on actual "
            f"days. Each visit has the status of the rule {outcomes.rule.label}; nothing is carried forward."
        ),
        references=(outcomes.rule.reference,),
    )


def _notes(days: dict[str, pd.Series]) -> tuple[Note, ...]:
    """Count what has no day."""
    missing = {name: int(day.isna().sum()) for name, day in days.items()}
    parts = [f"{n} {name}{'' if n == 1 else 's'}" for name, n in missing.items() if n]
    if not parts:
        return ()
    return (Note(code="W-08", text=f"Not drawn, because the file gives no day: {', '.join(parts)}."),)
