"""When did each patient reach the endpoint, or why was the wait cut short?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.cohort.derived import PLA2R_POSITIVE_RU_ML
from analysis.cohort.model import Cohort
from analysis.outcomes.attainment import RANK, counting_visits, last_planned_month, status_rank, visits_of_month
from analysis.outcomes.classify import COMPLETE, NONE, NOT_EVALUABLE, PARTIAL
from analysis.outcomes.derive import Outcomes
from analysis.outcomes.immunology import (
    COMPLETE_REMISSION_RU_ML,
    depletion_records,
    immunologic_remission_records,
    reconstitution_records,
)
from analysis.outcomes.records import (
    COMPETING_EVENTS,
    RECORD_COLUMNS,
    Sighting,
    build_records,
    competing_events,
    end_time,
    horizon_time,
    month_words,
)
from analysis.outcomes.relapse import relapse_records
from analysis.outcomes.renal import kidney_failure_records, renal_rule
from analysis.outcomes.rules import RemissionRule
from analysis.outcomes.states import partial_by_range_before
from analysis.results import CohortError

__all__ = [
    "ALL_ENDPOINT_LABELS", "COMPETING_EVENTS", "ENDPOINT_LABELS", "RECORD_COLUMNS", "Endpoint",
    "best_response", "best_response_records", "endpoint_records", "met_before_treatment", "time_to_event",
]  # fmt: skip

Endpoint = Literal["complete_remission", "first_remission"]

ENDPOINT_LABELS: dict[str, str] = {
    "complete_remission": "Complete remission",
    "first_remission": "First remission (complete or partial)",
}
ALL_ENDPOINT_LABELS: dict[str, str] = {
    **ENDPOINT_LABELS,
    "relapse": "Relapse, from remission",
    "immunologic_remission": "Immunologic remission (anti-PLA2R < 14 RU/mL)",
    "complete_immunologic_remission": "Complete immunologic remission (anti-PLA2R < 2 RU/mL)",
    "bcell_depletion": "B-cell depletion (< 5/µL)",
    "bcell_reconstitution": "B-cell reconstitution (≥ 5/µL after depletion)",
    "kidney_failure": "Kidney failure or creatinine ≥ 1.5 × baseline",
}
ALREADY = "already in this remission before treatment"


def endpoint_records(
    outcomes: Outcomes,
    cohort: Cohort,
    *,
    endpoint: str,
    schedule: tuple[float, ...],
    horizon_months: float,
    positive_from: float = PLA2R_POSITIVE_RU_ML,
) -> pd.DataFrame:
    """Build the time-to-event table of any endpoint by its name.

    Parameters
    ----------
    outcomes, cohort, schedule, horizon_months
        As for ``time_to_event``; the time axis is that of ``outcomes``.
    endpoint
        A key of ``ALL_ENDPOINT_LABELS``. The rule says what counts for the kidney; other thresholds
        are the defaults of each endpoint.
    positive_from
        Baseline anti-PLA2R in RU/mL from which a patient is at risk of immunologic remission.

    Returns
    -------
    DataFrame
        One row per patient of the cohort in ``RECORD_COLUMNS``. Time runs from the first rituximab
        infusion; for relapse from remission.

    Raises
    ------
    CohortError
        If the endpoint is not known.
    """
    span: dict[str, Any] = {"schedule": schedule, "horizon_months": horizon_months}
    seen_from_labs: dict[str, tuple[Callable[..., pd.DataFrame], dict[str, Any]]] = {
        "immunologic_remission": (immunologic_remission_records, {"positive_from": positive_from}),
        "complete_immunologic_remission": (
            immunologic_remission_records,
            {"threshold": COMPLETE_REMISSION_RU_ML, "positive_from": positive_from},
        ),
        "bcell_depletion": (depletion_records, {}),
        "bcell_reconstitution": (reconstitution_records, {}),
        "kidney_failure": (kidney_failure_records, {"rule": renal_rule(outcomes.rule)}),
    }
    if endpoint in ENDPOINT_LABELS:
        return time_to_event(outcomes, cohort, endpoint=endpoint, **span)  # type: ignore[arg-type]
    if endpoint == "relapse":
        return relapse_records(outcomes, cohort, **span)
    if endpoint not in seen_from_labs:
        known = ", ".join(ALL_ENDPOINT_LABELS)
        raise CohortError(f"The endpoint must be one of {known}.", f"Found {endpoint}.", "Choose another endpoint.")
    build, options = seen_from_labs[endpoint]
    return build(cohort, time_axis=outcomes.time_axis, **span, **options)


def time_to_event(
    outcomes: Outcomes,
    cohort: Cohort,
    *,
    endpoint: Endpoint,
    schedule: tuple[float, ...],
    horizon_months: float,
) -> pd.DataFrame:
    """Build the time-to-event table of complete remission (E1) or first remission (E2).

    Parameters
    ----------
    outcomes, cohort
        The classified visits and the cohort they came from.
    endpoint
        ``complete_remission``: first complete remission; partial remissions stay at risk.
        ``first_remission``: first complete or partial remission; a visit that is certainly partial
        or better counts although it is otherwise not evaluable.
    schedule
        Nominal visits in months; on the nominal axis a competing event takes the time of the next
        visit, like a remission first seen there.
    horizon_months
        End of the curve. A later visit tells only that the patient was followed to the horizon, and
        confirms or refutes an earlier remission where the rule asks for it. On the actual-day axis
        the horizon is its nominal day (month 6: day 183).

    Returns
    -------
    DataFrame
        One row per patient of the cohort: ``time`` in months from the first rituximab infusion (end
        of the visit interval in which the event was found), ``event``, ``competing_event`` (kidney
        failure, death, rescue therapy before remission), ``at_risk`` (False: already in that
        remission before treatment), ``interval_low`` and ``interval_high`` (the event lies in
        (low, high]; high is infinite without event) and ``reason`` in words.

    Notes
    -----
    Without event the time is that of the last visit evaluable for this endpoint, not of the last
    contact, and at most the horizon; 0 where no visit was evaluable. An event and a competing event
    at the same time count as the event. A confirmed remission has the time of its first visit; a last
    visit that nothing confirms is no event. ``attainment`` "at_horizon": only the last planned visit
    by the horizon can be the event, so without competing events the curve ends at the share in
    remission among those evaluable there. ``baseline_remission`` "event_at_time_0": baseline is
    the first visit, at time 0. A rule with ``baseline_range`` "require_drop" keeps patients at risk
    whose baseline was partial remission by the range alone; their first remission is a complete one
    or one with the fall: to leave out those who never reach it would choose by what comes later.
    Source: domain.md 2.5, 2.7, 2.9 and A14-A17.
    """
    visits, reached = evaluable_visits(outcomes, endpoint)
    counts = counting_visits(visits, reached, outcomes.rule)
    month = last_planned_month(schedule, horizon_months)
    if outcomes.rule.attainment == "at_horizon":
        there = visits_of_month(visits, schedule, month)
        visits, counts = (
            visits.assign(time=visits["time"].mask(there, end_time(outcomes.time_axis, month))),
            counts & there,
        )
    inside = (visits["time"] <= horizon_time(horizon_months)).to_numpy()
    first = visits[counts & inside].sort_values("time", kind="stable").drop_duplicates("patient_id")
    already = _in_remission_before(outcomes, endpoint)
    seen = Sighting(
        first=first[["patient_id", "time", "day"]],
        evaluable=visits[["patient_id", "time"]],
        outside=pd.Series(ALREADY, index=pd.Index(already), dtype=object),
        unfinished=_refused(visits[inside], reached[inside] & ~counts[inside], outcomes.rule, month),
    )
    end = end_time(outcomes.time_axis, horizon_months)
    competing = competing_events(cohort, time_axis=outcomes.time_axis, schedule=schedule, horizon_months=horizon_months)
    records = build_records(cohort.patients["patient_id"], seen, competing, end=end)
    before = records["event"] & records["time"].eq(0) & records["at_risk"]
    return records.assign(reason=records["reason"].mask(before, "in remission before treatment, counted at time 0"))


def best_response_records(
    outcomes: Outcomes,
    cohort: Cohort,
    *,
    response: Literal["CR", "PR"],
    schedule: tuple[float, ...],
    horizon_months: float,
) -> pd.DataFrame:
    """Build the table of one type of best response by the horizon, the other type competing (E3).

    For "PR" the event is the first partial remission of a patient who is not in complete remission
    by the horizon, and complete remission competes, at its own time. The curve conditions on what
    comes later, so it describes and does not predict. Columns as ``time_to_event``; domain.md 2.5.
    """
    span: dict[str, Any] = {"schedule": schedule, "horizon_months": horizon_months}
    complete = time_to_event(outcomes, cohort, endpoint="complete_remission", **span)
    first = time_to_event(outcomes, cohort, endpoint="first_remission", **span)
    is_complete, only_partial = complete["event"], first["event"] & ~complete["event"]
    mixed = pd.concat([complete[is_complete], first[~is_complete]]).sort_index()
    event, other = (is_complete, only_partial) if response == COMPLETE else (only_partial, is_complete)
    competes = other | (first["competing_event"] & ~event)
    reason = mixed["reason"].mask(other, "best response of the other type, " + mixed["reason"])
    table = mixed.assign(event=event, competing_event=competes, at_risk=first["at_risk"], reason=reason)
    return table.assign(interval_high=mixed["interval_high"].where(event, np.inf))


def best_response(outcomes: Outcomes) -> pd.DataFrame:
    """Give each patient's best status after treatment began, over the whole follow-up.

    Returns one row per patient with a visit after baseline: ``patient_id``, ``status`` (CR, PR, NR,
    NE) and ``before``, the status before treatment (NE without a baseline visit). A visit that is
    certainly partial or better counts as partial. Outcomes on actual days see every visit; on
    nominal visits the early and unscheduled ones are missing.
    """
    visits = outcomes.visits
    best = pd.Series(status_rank(visits), index=visits.index).groupby(visits["patient_id"]).max()
    names = {RANK[name]: name for name in (COMPLETE, PARTIAL, NONE, NOT_EVALUABLE)}
    before = outcomes.baseline.set_index("patient_id")["status"]
    found = best.map(names).rename("status").rename_axis("patient_id").reset_index()
    return found.assign(before=found["patient_id"].map(before).fillna(NOT_EVALUABLE))


def evaluable_visits(outcomes: Outcomes, endpoint: Endpoint) -> tuple[pd.DataFrame, npt.NDArray[np.bool_]]:
    """Give the visits that can decide the endpoint, and whether each meets it."""
    visits = outcomes.visits
    if outcomes.rule.baseline_remission == "event_at_time_0":
        visits = pd.concat([outcomes.baseline, visits], ignore_index=True)
    rank = status_rank(visits)
    complete = visits["status"].eq(COMPLETE).to_numpy()
    if endpoint == "complete_remission":
        decided = visits["status"].ne(NOT_EVALUABLE).to_numpy()
        return visits[decided], complete[decided]
    needs_fall = visits["patient_id"].isin(partial_by_range_before(outcomes)).to_numpy() & ~complete
    fall = visits["drop"].to_numpy()
    reached = (rank >= RANK[PARTIAL]) & (~needs_fall | (fall == 1))
    decided = (rank > RANK[NOT_EVALUABLE]) & ~(needs_fall & (rank >= RANK[PARTIAL]) & (fall == -1))
    return visits[decided], reached[decided]


def met_before_treatment(outcomes: Outcomes, endpoint: str) -> pd.Series:
    """Name the patients whose status before treatment met the endpoint; nobody for endpoints other than remission.

    Returns the ``patient_id`` of complete remission before treatment, for first remission also of
    partial, but not of partial remission by a range the rule does not take before treatment.
    """
    before = outcomes.baseline
    if endpoint == "complete_remission":
        return before.loc[before["status"].eq(COMPLETE), "patient_id"]
    if endpoint != "first_remission":
        return before.loc[[], "patient_id"]
    already = before.loc[status_rank(before) >= RANK[PARTIAL], "patient_id"]
    return already[~already.isin(partial_by_range_before(outcomes))]


def _in_remission_before(outcomes: Outcomes, endpoint: Endpoint) -> pd.Series:
    """Name the patients who met the endpoint before treatment, where the rule does not count them."""
    already = met_before_treatment(outcomes, endpoint)
    return already if outcomes.rule.baseline_remission == "exclude" else already.iloc[:0]


def _refused(visits: pd.DataFrame, refused: npt.NDArray[np.bool_], rule: RemissionRule, month: float) -> pd.Series:
    """Say of patients whose last evaluable visit meets the endpoint, yet does not count, why it does not."""
    if not refused.any():
        return pd.Series({}, dtype=object)
    last = visits.assign(refused=refused).sort_values("time", kind="stable").drop_duplicates("patient_id", keep="last")
    last = last[last["refused"]]
    missed = (rule.attainment == "at_horizon") & (last["time"] < month - 0.5)
    why = np.where(missed, f", not evaluable at month {month:g}", " not confirmed by a later visit")
    words = "remission at month " + month_words(last["time"]) + why
    return pd.Series(words.to_numpy(dtype=object), index=pd.Index(last["patient_id"]), dtype=object)
