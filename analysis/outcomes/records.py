"""What does every time-to-event table hold, and how does what was seen of a patient become its row?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.cohort.model import Cohort
from analysis.cohort.visits import DAYS_PER_MONTH, nominal_day, visit_windows

COMPETING_EVENTS = {"kidney_failure": "kidney failure", "death": "death", "rescue": "rescue therapy"}

RECORD_COLUMNS = [
    "patient_id", "time", "event", "competing_event", "at_risk", "interval_low", "interval_high", "reason",
]  # fmt: skip


def _no_words() -> pd.Series:
    return pd.Series({}, dtype=object)


@dataclass(frozen=True, kw_only=True, eq=False)
class Sighting:
    """What was seen of one endpoint in a cohort.

    Attributes
    ----------
    first
        One row per patient who reached it: ``patient_id``, ``time`` (months on the axis) and ``day``
        (NaN where unknown).
    evaluable
        One row per visit that could have shown it: ``patient_id``, ``time``.
    outside
        Why a patient was never at risk, in words, indexed by patient.
    unfinished
        What to say instead of "last evaluable visit" of a patient without event, indexed by patient.
    verb, start
        The words for the event, and for the start of the clock.
    """

    first: pd.DataFrame
    evaluable: pd.DataFrame
    outside: pd.Series = field(default_factory=_no_words)
    unfinished: pd.Series = field(default_factory=_no_words)
    verb: str = "reached"
    start: str = "treatment began"


def build_records(patient: pd.Series, seen: Sighting, competing: pd.DataFrame, *, end: float) -> pd.DataFrame:
    """Turn sightings into one record per patient.

    Parameters
    ----------
    patient
        The ids of the cohort, one each.
    seen
        First sighting by the horizon, all evaluable visits and who is outside. A visit after the
        horizon shows that the patient was followed to it.
    competing
        From ``competing_events``: indexed by patient, ``time``, ``day``, ``event_type``.
    end
        The horizon in months on the time axis, from ``end_time``; nobody is followed beyond it.

    Returns
    -------
    DataFrame
        One row per patient in ``RECORD_COLUMNS``, documented at ``endpoints.time_to_event``. An
        event and a competing event on the same day count as the event; where one day is unknown,
        the times decide.
    """
    patient = patient.reset_index(drop=True)
    table = pd.DataFrame({"patient_id": patient})
    first = seen.first.set_index("patient_id").reindex(patient).astype(float).reset_index(drop=True)
    rival = competing.reindex(patient).reset_index(drop=True)
    last_seen = patient.map(seen.evaluable.groupby("patient_id")["time"].max()).astype(float).fillna(0.0)
    last_time = last_seen.clip(upper=end)
    event = first["time"].notna() & ~_came_before(rival, first)
    competes = rival["time"].notna() & ~event
    table["time"] = last_time.mask(competes, rival["time"]).mask(event, first["time"]).astype(float)
    table["event"], table["competing_event"] = event, competes
    table["at_risk"] = ~patient.isin(seen.outside.index)
    table["interval_low"] = _last_before(seen.evaluable, table)
    table["interval_high"] = table["time"].where(event, np.inf)
    undated = rival["event_type"].notna() & rival["time"].isna()
    table["reason"] = _reasons(table, rival["event_type"], seen, past_end=last_seen > end + 1e-9, undated=undated)
    return table[RECORD_COLUMNS]


def competing_events(
    cohort: Cohort,
    *,
    time_axis: str,
    schedule: tuple[float, ...],
    horizon_months: float,
    kinds: Sequence[str] = tuple(COMPETING_EVENTS),
) -> pd.DataFrame:
    """Give the first competing event of each patient within the horizon, indexed by patient.

    Columns ``time`` (months on the chosen axis), ``day`` and ``event_type``. An event whose day the
    file does not give, of a patient without a dated one, has a row without ``time`` and ``day``: it
    cannot be placed on the curve, and the reason of the record says so. A negative day counts as 0.
    """
    events = cohort.events[cohort.events["event_type"].isin(kinds)]
    events = events.sort_values("day", kind="stable", na_position="last").drop_duplicates("patient_id")
    day = np.maximum(events["day"].to_numpy(dtype=float), 0.0)
    time = time_of_day(day, time_axis=time_axis, schedule=schedule)
    found = pd.DataFrame(
        {"time": time, "day": day, "event_type": events["event_type"].to_numpy()}, index=events["patient_id"]
    )
    return found[within_horizon(found, horizon_months) | found["day"].isna()]


def time_of_day(
    day: npt.NDArray[np.float64], *, time_axis: str, schedule: tuple[float, ...]
) -> npt.NDArray[np.float64]:
    """Put days on the time axis in months: on the nominal axis at the next nominal visit, where it would be found."""
    time = day / DAYS_PER_MONTH
    if time_axis != "nominal":
        return time
    windows = visit_windows(schedule)
    position = np.searchsorted(windows["nominal_day"].to_numpy(), day, side="left")
    months = np.append(windows["month"].to_numpy(), np.inf)
    return np.where(np.isinf(months[position]), time, months[position])


def within_horizon(dated: pd.DataFrame, horizon_months: float) -> pd.Series:
    """Tell which rows (``time``, ``day``) lie by the horizon or by its nominal day."""
    return (dated["time"] <= horizon_months + 1e-9) | (dated["day"] <= nominal_day(horizon_months))


def horizon_time(horizon_months: float) -> float:
    """Give the last time of a visit that is used: the horizon or, if later, its nominal day, in months."""
    return max(horizon_months, nominal_day(horizon_months) / DAYS_PER_MONTH) + 1e-9


def end_time(time_axis: str, horizon_months: float) -> float:
    """Give the horizon on the time axis in months: on actual days its nominal day (month 6: day 183)."""
    return horizon_months if time_axis == "nominal" else nominal_day(horizon_months) / DAYS_PER_MONTH


def month_words(time: pd.Series) -> pd.Series:
    """Write times in months for a sentence."""
    return time.map("{:.3g}".format).astype(object)


def _came_before(rival: pd.DataFrame, first: pd.DataFrame) -> pd.Series:
    """Tell where the competing event came first, by day where both days are known, else by time."""
    dated = rival["day"].notna() & first["day"].notna()
    return (rival["day"] < first["day"]).where(dated, rival["time"] < first["time"])


def _last_before(evaluable: pd.DataFrame, table: pd.DataFrame) -> pd.Series:
    """Find the last evaluable visit before each patient's event; their own time without event."""
    until = evaluable["patient_id"].map(table.set_index("patient_id")["time"])
    before = evaluable[evaluable["time"] < until].groupby("patient_id")["time"].max()
    return table["patient_id"].map(before).astype(float).fillna(0.0).where(table["event"], table["time"])


def _reasons(
    table: pd.DataFrame, competing_type: pd.Series, seen: Sighting, *, past_end: pd.Series, undated: pd.Series
) -> pd.Series:
    when = month_words(table["time"])
    words = "last evaluable visit at month " + when
    words = words.mask(table["time"].eq(0), f"no evaluable visit after {seen.start}")
    words = table["patient_id"].map(seen.unfinished).fillna(words).astype(object)
    words = words.mask(past_end, "not by month " + when + ", followed longer")
    rival = competing_type.map(COMPETING_EVENTS).astype(object).fillna("")
    words = words.mask(undated, words + "; " + rival + " on a day that is not recorded")
    words = words.mask(table["competing_event"], rival + " by month " + when)
    words = words.mask(table["event"], f"{seen.verb} by month " + when)
    outside = table["patient_id"].map(seen.outside)
    return outside.where(outside.notna(), words).astype(object)
