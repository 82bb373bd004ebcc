"""Who relapsed after remission, when, and how often per month (domain.md 2.6, E5)?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.cohort.model import Cohort
from analysis.cohort.visits import DAYS_PER_MONTH
from analysis.outcomes.derive import Outcomes
from analysis.outcomes.records import (
    COMPETING_EVENTS,
    Sighting,
    build_records,
    competing_events,
    horizon_time,
    month_words,
)
from analysis.outcomes.states import derive_states, in_remission_before

REMITTED = ("partial_remission", "complete_remission")
NO_REMISSION = "no remission to relapse from"
WHOLE_MONTHS = 0.5  # months by which a follow-up recorded in whole months may fall short by rounding
RATE_COLUMNS = [
    "group", "n", "n_remitted", "n_relapsed", "n_relapses", "months_in_remission", "rate_in_remission",
    "months_followed", "n_followed", "rate_in_followup", "patient_ids", "reason",
]  # fmt: skip


def relapse_records(
    outcomes: Outcomes, cohort: Cohort, *, schedule: tuple[float, ...], horizon_months: float
) -> pd.DataFrame:
    """Build the time-to-event table of the first relapse, counted from the first remission (E5).

    Returns one row per patient of the cohort, columns as ``endpoints.time_to_event``, but ``time``
    and the interval are months since the visit of remission, and so is the horizon. A remission
    present before treatment counts from the first infusion. Kidney failure, death and rescue therapy
    after remission compete. Without relapse the time is that of the last visit that could show one;
    a remission that ended in resistance is followed to that visit. Not at risk: without remission,
    or with a competing event before it.
    """
    states = derive_states(outcomes)
    start, limit = _starts(outcomes, states), horizon_time(horizon_months)
    later = _first_remission(states, start)
    rivals, too_soon = _rivals(outcomes, cohort, start, schedule)
    never = cohort.patients.loc[~cohort.patients["patient_id"].isin(start.index), "patient_id"]
    outside = pd.Series(NO_REMISSION, index=pd.Index(never), dtype=object)
    resisting = later[later["transition"] == "resistance"].set_index("patient_id")["time"]
    seen = Sighting(
        first=later.loc[later["transition"].eq("relapse") & (later["time"] <= limit), ["patient_id", "time", "day"]],
        evaluable=later[["patient_id", "time"]],
        outside=pd.concat([outside, too_soon[~too_soon.index.isin(never)]]),
        unfinished="resistance by month " + month_words(resisting),
        verb="relapse",
        start="remission",
    )
    return build_records(cohort.patients["patient_id"], seen, rivals[~(rivals["time"] > limit)], end=limit)


def relapse_rates(outcomes: Outcomes, cohort: Cohort, members: pd.DataFrame) -> pd.DataFrame:
    """Count relapses per group over both denominators: months in remission and months of follow-up.

    Parameters
    ----------
    outcomes, cohort
        The classified visits, on actual days or nominal months, and the cohort they came from.
    members
        The patients to count: ``patient_id``, ``group`` (ordered category; empty groups have a row).

    Returns
    -------
    DataFrame
        One row per group: ``n``, ``n_remitted``, ``n_relapsed`` patients and ``n_relapses``,
        ``months_in_remission`` (from each remission to its relapse or to the last visit that could
        show one; the clock stands still during relapse) and ``rate_in_remission`` per month,
        ``months_followed`` (all members, from the first infusion to last contact or a later dated event;
        ``n_followed`` with known follow-up) and ``rate_in_followup``, ``patient_ids`` of those who relapsed, and
        ``reason`` where a rate is NaN. Source: domain.md 2.6.
    """
    states = derive_states(outcomes)
    patient = members["patient_id"].reset_index(drop=True)
    table = pd.DataFrame({"patient_id": patient, "group": members["group"].reset_index(drop=True)})
    relapses = states.loc[states["transition"] == "relapse", "patient_id"].value_counts()
    table["relapses"] = patient.map(relapses).fillna(0).astype(int)
    table["remitted"] = patient.isin(_starts(outcomes, states).index)
    table["in_remission"] = patient.map(_months_in_remission(outcomes, states)).fillna(0.0)
    table["followed"] = patient.map(_months_followed(cohort))
    groups = (
        list(members["group"].cat.categories) if hasattr(members["group"], "cat") else sorted(set(members["group"]))
    )
    rows = [_rate_row(group, table[table["group"] == group]) for group in groups]
    return pd.DataFrame(rows, columns=RATE_COLUMNS)


def _starts(outcomes: Outcomes, states: pd.DataFrame) -> pd.DataFrame:
    """Give when each patient's first remission began: ``time`` and ``day``, 0 if before treatment, by patient."""
    before = pd.DataFrame({"time": 0.0, "day": 0.0}, index=in_remission_before(outcomes).index)
    found = states[states["transition"] == "first_remission"].set_index("patient_id")[["time", "day"]]
    return pd.concat([before, found])


def _first_remission(states: pd.DataFrame, start: pd.DataFrame) -> pd.DataFrame:
    """Give the visits of the first remission that could show its end, that end included, in months since its start."""
    ends = states["transition"].isin(["relapse", "resistance"])
    lasting = states["state"].isin(REMITTED) & states["relapse_known"]
    rows = states[states["remission"].eq(1) & (lasting | ends)]
    rows = rows.assign(time=rows["time"] - rows["patient_id"].map(start["time"]))
    return rows[rows["time"] > 0]


def _rivals(
    outcomes: Outcomes, cohort: Cohort, start: pd.DataFrame, schedule: tuple[float, ...]
) -> tuple[pd.DataFrame, pd.Series]:
    """Give competing events in months since remission, and the words for those before it, by patient."""
    span: dict[str, Any] = {"time_axis": outcomes.time_axis, "schedule": schedule, "horizon_months": np.inf}
    rivals = competing_events(cohort, **span)
    begun = start.reindex(rivals.index)
    dated = rivals["day"].notna() & begun["day"].notna()
    before = (rivals["day"] < begun["day"]).where(dated, rivals["time"] < begun["time"])
    too_soon = rivals.loc[before, "event_type"].map(COMPETING_EVENTS).astype(object) + " before remission"
    return rivals.assign(time=(rivals["time"] - begun["time"]).clip(lower=0.0)), too_soon


def _months_in_remission(outcomes: Outcomes, states: pd.DataFrame) -> pd.Series:
    """Add up, per patient, the months between visits during which the patient was in remission."""
    rows = states[states["relapse_known"] | states["transition"].ne("")]
    before = in_remission_before(outcomes)
    previous = rows.groupby("patient_id")[["time", "state"]].shift()
    first = previous["state"].isna()
    in_remission = previous["state"].isin(REMITTED) | (first & rows["patient_id"].isin(before.index))
    months = (rows["time"] - previous["time"].fillna(0.0)).where(in_remission, 0.0)
    return months.groupby(rows["patient_id"]).sum()


def _months_followed(cohort: Cohort) -> pd.Series:
    """Give each patient's follow-up in months: as recorded, else to last contact, else to the last measurement.

    It reaches at least to the patient's last dated event; follow-up in whole months may end half a month before.
    """
    patient = cohort.patients["patient_id"]
    contact = cohort.events[cohort.events["event_type"] == "last_contact"].groupby("patient_id")["day"].max()
    measured = cohort.visits.groupby("patient_id")["day"].max()
    days = patient.map(contact).astype(float).fillna(patient.map(measured).astype(float))
    recorded = cohort.patients.get("followup_months", pd.Series(np.nan, index=patient.index))
    stated = pd.to_numeric(recorded, errors="coerce").astype(float)
    known = stated.fillna(days / DAYS_PER_MONTH).to_numpy(dtype=float)
    last = patient.map(cohort.events.groupby("patient_id")["day"].max()).to_numpy(dtype=float) / DAYS_PER_MONTH
    slack = np.where(stated.notna() & stated.mod(1).eq(0), WHOLE_MONTHS, 0.0)
    months = np.where(np.isnan(known) | (last > known + slack), last, known)
    return pd.Series(np.maximum(months, 0.0), index=pd.Index(patient))


def _rate_row(group: str, rows: pd.DataFrame) -> list[object]:
    n_relapses, in_remission, followed = rows["relapses"].sum(), rows["in_remission"].sum(), rows["followed"].sum()
    relapsed = rows[rows["relapses"] > 0]
    rates = [n_relapses / months if months > 0 else np.nan for months in (in_remission, followed)]
    missing = {"no time in remission was observed": rates[0], "follow-up is not known": rates[1]}
    return [
        group, len(rows), int(rows["remitted"].sum()), len(relapsed), int(n_relapses), float(in_remission), rates[0],
        float(followed), int(rows["followed"].notna().sum()), rates[1], tuple(relapsed["patient_id"]),
        "; ".join(words for words, rate in missing.items() if np.isnan(rate)),
    ]  # fmt: skip
