"""Who is at risk of the endpoint, until when, and what became of the wait?"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.clock import (
    censoring_in_use,
    follow_to_contact,
    from_start,
    horizon_of_records,
    start_words,
)
from analysis.outcomes.derive import Outcomes
from analysis.outcomes.endpoints import endpoint_records, met_before_treatment
from analysis.outcomes.records import COMPETING_EVENTS
from analysis.remission.notes import NO_RECORD
from analysis.results import CohortError
from analysis.study import View

Rescue = Literal["competing", "censored", "ignored"]
_NAMED = 8  # patients named in one sentence


def study_records(view: View, outcomes: Outcomes, *, endpoint: str = "", rescue: Rescue | None = None) -> pd.DataFrame:
    """Build the time-to-event table of the study's endpoint, with rescue therapy taken as chosen.

    Parameters
    ----------
    view, outcomes
        The selected patients with their choices, and the classified visits.
    endpoint, rescue
        Instead of those of the study. Rescue therapy "competing": the event can no longer come;
        "censored": the wait ends there (the hypothetical course without rescue); "ignored": followed
        through, whatever was given (treatment policy).

    Returns
    -------
    DataFrame
        One row per patient of the cohort, as ``analysis.outcomes.endpoints.endpoint_records``, the clock set
        and stopped as chosen (``analysis.clock``); with ``entry`` where patients come under observation late.
        ``met_before``: whether the status before treatment met the endpoint already, counted or not.
    """
    spec = view.spec
    handling, cohort = rescue or spec.remission.rescue, view.cohort
    if handling == "ignored":
        cohort = replace(cohort, events=cohort.events[cohort.events["event_type"] != "rescue"])
    records = endpoint_records(
        outcomes,
        cohort,
        endpoint=endpoint or spec.endpoint,
        schedule=spec.schedule,
        horizon_months=horizon_of_records(view),
        positive_from=spec.remission.pla2r_positive_from,
    )
    rescued = records["reason"].str.startswith(COMPETING_EVENTS["rescue"]) & (handling == "censored")
    records = records.assign(competing_event=records["competing_event"] & ~rescued)
    if censoring_in_use(view) == "last_contact":
        records = follow_to_contact(view, records, ended=rescued)
    already = records["patient_id"].isin(met_before_treatment(outcomes, endpoint or spec.endpoint))
    return from_start(view, records).assign(met_before=already)


def start_of_clock(view: View) -> str:
    """Name where time 0 is: the first rituximab, another start, or the remission a relapse follows."""
    return start_words(view)


def member_records(view: View, records: pd.DataFrame) -> pd.DataFrame:
    """Give each member their record; a member without one is not at risk, and says so."""
    members = view.members.reset_index(drop=True)
    found = records.set_index("patient_id").reindex(members["patient_id"]).reset_index(drop=True)
    flagged = [name for name in ("event", "competing_event", "at_risk", "met_before") if name in found]
    flags = {name: found[name].eq(True) for name in flagged}
    timed = [name for name in ("time", "interval_low", "interval_high", "entry") if name in found]
    times = {name: found[name].astype(float) for name in timed}
    _require_times(members["patient_id"], flags["at_risk"] & ~(times["time"] >= 0), int(flags["at_risk"].sum()))
    return members.assign(**times, **flags, reason=found["reason"].fillna(NO_RECORD))


def _require_times(patient: pd.Series, wrong: pd.Series, n: int) -> None:
    """Name the patients whose time no follow-up can have."""
    if wrong.any():
        ids = patient[wrong].astype(str).tolist()
        named = ", ".join(ids[:_NAMED]) + (" …" if len(ids) > _NAMED else "")
        raise CohortError(
            "The curves need a follow-up time of 0 or more for every patient at risk.",
            f"{len(ids)} of {n} have a negative or missing time ({named}).",
            "Check the days of the first infusion and of the visits of these patients.",
        )


def of_group(table: pd.DataFrame, group: str) -> pd.DataFrame:
    """Give the patients of one group who are at risk at time 0."""
    return table[_at_risk_of(table, group)]


def too_small(table: pd.DataFrame, groups: tuple[str, ...], *, takes_entry: bool = False) -> str:
    """Say which groups are too small for a P value or a ratio, or that patients come late; "" where neither is.

    ``takes_entry``: the method takes patients who come under observation after month 0.
    """
    if "entry" in table and not takes_entry:
        return LATE
    event = table["event"].to_numpy(dtype=bool)
    inside = {group: _at_risk_of(table, group) for group in groups}
    small = [name for name, rows in inside.items() if rows.sum() < TEST_PATIENTS or (rows & event).sum() < TEST_EVENTS]
    return f"fewer than {TEST_PATIENTS} patients or {TEST_EVENTS} events in {', '.join(small)}" if small else ""


def _at_risk_of(table: pd.DataFrame, group: str) -> npt.NDArray[np.bool_]:
    return table["at_risk"].to_numpy(dtype=bool) & (table["group"].to_numpy(dtype=object) == group)


LATE = "patients come under observation after month 0 (time from the biopsy), which this method leaves aside"
TEST_PATIENTS, TEST_EVENTS = 5, 3  # display.md, remission: fewer in any group and there is no test
