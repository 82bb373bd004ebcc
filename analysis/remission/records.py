"""Who is at risk of the endpoint, until when, and what became of the wait?"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pandas as pd

from analysis.outcomes.derive import Outcomes
from analysis.outcomes.endpoints import endpoint_records
from analysis.outcomes.records import COMPETING_EVENTS
from analysis.remission.notes import NO_RECORD
from analysis.study import View

Rescue = Literal["competing", "censored", "ignored"]
STARTS = {"relapse": "remission"}
FIRST_INFUSION = "first rituximab"


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
        One row per patient of the cohort, as ``analysis.outcomes.endpoints.endpoint_records``.
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
        horizon_months=spec.horizon_months,
    )
    if handling == "censored":
        rescued = records["reason"].str.startswith(COMPETING_EVENTS["rescue"])
        records = records.assign(competing_event=records["competing_event"] & ~rescued)
    return records


def start_of_clock(view: View) -> str:
    """Name where time 0 is: the first infusion, or the remission a relapse follows."""
    return STARTS.get(view.spec.endpoint, FIRST_INFUSION)


def member_records(view: View, records: pd.DataFrame) -> pd.DataFrame:
    """Give each member their record; a member without one is not at risk, and says so."""
    members = view.members.reset_index(drop=True)
    found = records.set_index("patient_id").reindex(members["patient_id"]).reset_index(drop=True)
    flags = {name: found[name].eq(True) for name in ("event", "competing_event", "at_risk")}
    times = {name: found[name].astype(float) for name in ("time", "interval_low", "interval_high")}
    return members.assign(**times, **flags, reason=found["reason"].fillna(NO_RECORD))


def of_group(table: pd.DataFrame, group: str) -> pd.DataFrame:
    """Give the patients of one group who are at risk at time 0."""
    return table[table["at_risk"] & (table["group"] == group)]


def too_small(table: pd.DataFrame, groups: tuple[str, ...]) -> str:
    """Say which groups are too small for a P value or a ratio; "" where none is."""
    sizes = {group: of_group(table, group) for group in groups}
    small = [name for name, rows in sizes.items() if len(rows) < TEST_PATIENTS or rows["event"].sum() < TEST_EVENTS]
    return f"fewer than {TEST_PATIENTS} patients or {TEST_EVENTS} events in {', '.join(small)}" if small else ""


TEST_PATIENTS, TEST_EVENTS = 5, 3  # display.md, remission: fewer in any group and there is no test
