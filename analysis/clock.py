"""Where does the clock of the endpoint start, and how long is a patient without the event followed (domain.md 2.9)?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from analysis.cohort.followup import last_contact_days
from analysis.cohort.model import Cohort
from analysis.cohort.visits import DAYS_PER_MONTH, visit_windows
from analysis.outcomes.markers import MIXED
from analysis.outcomes.records import end_time, horizon_time, month_words
from analysis.results import CohortError
from analysis.study import View

RITUXIMAB: Literal["rituximab"] = "rituximab"
TACROLIMUS, BIOPSY = "tac_start", "biopsy"
START_LABELS = {RITUXIMAB: "First rituximab", TACROLIMUS: "Start of tacrolimus", BIOPSY: "Kidney biopsy"}
START_WORDS = {RITUXIMAB: "first rituximab", TACROLIMUS: "start of tacrolimus", BIOPSY: "kidney biopsy"}
CENSORING_LABELS = {"last_evaluable": "Last evaluable visit", "last_contact": "Last contact (not recommended)"}
WHOLE_FOLLOW_UP = 1e6  # months: the horizon counts from the chosen start and is cut there
DRUG = "TAC"
_HAPPENED = {TACROLIMUS: "tacrolimus began", BIOPSY: "the biopsy was taken"}
_WITHOUT = {
    TACROLIMUS: "tacrolimus never begun, or on a day that is not recorded",
    BIOPSY: "time of the biopsy not known",
}
_REMISSIONS = ("complete_remission", "first_remission")


def refused_starts(view: View) -> dict[str, str]:
    """Say of each start of the clock that cannot be used why not; empty where all can.

    The reasons depend on the file and the choices, not on who is selected.
    """
    spec = view.spec
    why = ""
    if spec.endpoint == "relapse":
        why = "relapse is counted from the remission"
    elif spec.time_axis == "nominal":
        why = "planned visits are counted from the first rituximab; choose actual days"
    elif spec.rule.attainment == "at_horizon" and spec.endpoint in _REMISSIONS:
        why = "the rule looks at the last planned visit, which is counted from the first rituximab"
    refused = dict.fromkeys((TACROLIMUS, BIOPSY), why) if why else {}
    for start, found in ((TACROLIMUS, tacrolimus_begin(view.cohort)), (BIOPSY, _biopsy(view.cohort))):
        if not found.notna().any():
            refused[start] = f"the file has no {'start of tacrolimus' if start == TACROLIMUS else 'time of the biopsy'}"
    return refused


def start_in_use(view: View) -> str:
    """Give the start of the clock that is used: the chosen one, or the first rituximab where that cannot be used."""
    chosen = view.spec.remission.time_zero
    usual = chosen == RITUXIMAB  # never refused: nothing to look up, and this is asked many times
    return RITUXIMAB if usual or chosen in refused_starts(view) else chosen


def start_words(view: View) -> str:
    """Name month 0 in words: the first rituximab, another start that was chosen, or the remission a relapse follows."""
    return "remission" if view.spec.endpoint == "relapse" else START_WORDS[start_in_use(view)]


def from_rituximab(view: View) -> View:
    """Give the view with the usual clock: from the first rituximab to the last evaluable visit; itself if it has it."""
    chosen = view.spec.remission
    if (chosen.time_zero, chosen.censoring) == (RITUXIMAB, "last_evaluable"):
        return view
    options = replace(chosen, time_zero=RITUXIMAB, censoring="last_evaluable")
    return replace(view, spec=replace(view.spec, remission=options))


def enters_late(view: View) -> bool:
    """Tell whether patients come under observation after month 0 (the biopsy, with follow-up from rituximab on)."""
    return start_in_use(view) == BIOPSY


def require_one_entry(view: View, what: str) -> None:
    """Refuse a method that cannot take patients who come under observation late.

    Raises
    ------
    CohortError
        If time runs from the biopsy.
    """
    if enters_late(view):
        raise CohortError(
            f"{what} needs patients who are followed from month 0 on.",
            "Time runs from the biopsy, and patients are under observation only from their first rituximab on.",
            "Choose another start of the clock on the Remission page.",
        )


def censoring_in_use(view: View) -> str:
    """Give how long patients without the event are followed; relapse always to the last visit that could show it."""
    return "last_evaluable" if view.spec.endpoint == "relapse" else view.spec.remission.censoring


def horizon_of_records(view: View) -> float:
    """Give the horizon in months after the first rituximab to which records are built before the clock is set."""
    return view.spec.horizon_months if start_in_use(view) == RITUXIMAB else WHOLE_FOLLOW_UP


def tacrolimus_begin(cohort: Cohort) -> pd.Series:
    """Give the month after the first rituximab in which tacrolimus began, by patient: first dose, else as stated."""
    doses, patients = cohort.doses, cohort.patients
    given = doses[doses["drug"].eq(DRUG)].dropna(subset=["start_day"])
    dated = given.groupby("patient_id")["start_day"].min().astype(float) / DAYS_PER_MONTH
    return dated.combine_first(_stated(cohort, "tac_start_month").dropna()).reindex(patients["patient_id"])


def follow_to_contact(view: View, records: pd.DataFrame, *, ended: pd.Series) -> pd.DataFrame:
    """Follow everyone without an event to the last contact instead of the last evaluable visit.

    Parameters
    ----------
    view
        The choices and the cohort.
    records
        From ``endpoint_records``, times in months from the first rituximab.
    ended
        Of which rows the observation ended earlier all the same (rescue therapy taken as the end).

    Returns
    -------
    DataFrame
        The records with later ``time`` and another ``reason``; the interval stays as it was, as nothing was seen.
        On planned visits the last contact is that of the last visit whose nominal day it reached.
    """
    spec, horizon = view.spec, horizon_of_records(view)
    nominal = spec.time_axis == "nominal"
    days = last_contact_days(view.cohort, spec.schedule, records["patient_id"], planned=nominal)
    contact = days / DAYS_PER_MONTH
    if nominal:
        windows = visit_windows(spec.schedule)
        place = np.searchsorted(windows["nominal_day"].to_numpy(), np.nan_to_num(days, nan=-1.0), side="right") - 1
        contact = np.where(place >= 0, windows["month"].to_numpy()[np.maximum(place, 0)], np.nan)
    until = np.fmin(contact, end_time(spec.time_axis, horizon))
    undated = records["reason"].str.contains("on a day that is not recorded")
    longer = ~records["event"] & ~records["competing_event"] & ~ended & ~undated & (until > records["time"] + 1e-9)
    time = records["time"].mask(longer, until)
    words = "last contact at month " + month_words(time) + _suffix(records["reason"])
    return records.assign(time=time, reason=records["reason"].mask(longer, words))


def from_start(view: View, records: pd.DataFrame) -> pd.DataFrame:
    """Count the records from the chosen start of the clock instead of the first rituximab.

    Parameters
    ----------
    view
        The choices and the cohort; the time axis is that of actual days.
    records
        From ``endpoint_records`` over ``horizon_of_records``.

    Returns
    -------
    DataFrame
        The records with ``time`` and the interval in months from the start, cut at the horizon. Not at risk:
        without that start, with the event or a competing one by then, or with tacrolimus before the first
        rituximab. From the biopsy also ``entry``: the month in which the patient came under observation, the
        first rituximab; who was seen at no later visit, or came after the horizon, is not at risk.
    """
    start = start_in_use(view)
    if start == RITUXIMAB:
        return records
    begin = tacrolimus_begin(view.cohort) if start == TACROLIMUS else _biopsy(view.cohort)
    shift = records["patient_id"].map(begin).astype(float)
    outside = _outside(records, shift, start, view.spec.horizon_months)
    moved = records.assign(
        **{name: (records[name] - shift).clip(lower=0.0) for name in ("time", "interval_low", "interval_high")}
    )
    moved = moved.assign(reason=_moved_words(records, moved["time"], shift, start))
    moved = _cut(moved, view.spec.horizon_months)
    kept = outside.eq("")
    dropped = moved["at_risk"] & ~kept
    moved = moved.assign(at_risk=moved["at_risk"] & kept, reason=moved["reason"].mask(~kept, outside))
    moved = moved.assign(time=moved["time"].mask(dropped | shift.isna(), 0.0).fillna(0.0))
    for name in ("event", "competing_event"):
        moved[name] = moved[name] & kept
    return moved.assign(entry=(-shift).clip(lower=0.0).fillna(0.0)) if start == BIOPSY else moved


def clock_sentence(view: View) -> str:
    """Say where time starts and when it ends without the event, for the method line."""
    start = start_in_use(view)
    late = {
        RITUXIMAB: "",
        TACROLIMUS: " Patients in whom tacrolimus did not begin, or who had the event before, are not at risk.",
        BIOPSY: " Patients count as at risk from their first rituximab on (delayed entry).",
    }[start]
    if censoring_in_use(view) == "last_contact":
        end = " Without the event, patients are censored at their last contact, whether or not it could show the event,"
    else:
        end = " Without the event, patients are censored at their last visit evaluable for it,"
    return f"{late}{end} at most month {view.spec.horizon_months:g}."


def _stated(cohort: Cohort, name: str) -> pd.Series:
    """Give a number of the patients table by patient; NaN where the file does not have it."""
    patients = cohort.patients
    values = pd.to_numeric(patients.get(name, pd.Series(np.nan, index=patients.index)), errors="coerce")
    return pd.Series(values.to_numpy(dtype=float), index=pd.Index(patients["patient_id"]))


def _biopsy(cohort: Cohort) -> pd.Series:
    """Give the month of the biopsy, counted from the first rituximab: negative before it."""
    return -_stated(cohort, "biopsy_to_rtx_months")


def _outside(records: pd.DataFrame, shift: pd.Series, start: str, horizon_months: float) -> pd.Series:
    """Say why a patient is not at risk from this start on; "" where at risk."""
    before = (records["time"] <= shift) & (shift > 0)
    event = records["event"] & before
    competing = records["competing_event"] & before
    kind = records["reason"].str.partition(" by month")[0]
    happened = _HAPPENED[start]
    conditions: list[Any] = [shift.isna(), ~records["at_risk"], event, competing]
    words: list[Any] = [
        _WITHOUT[start],
        records["reason"],
        f"already reached when {happened}",
        kind + f" before {happened}",
    ]
    if start == TACROLIMUS:
        conditions.append(shift < 0)
        words.append("tacrolimus began before the first rituximab, before observation")
    else:
        conditions += [records["time"] - shift.clip(lower=0.0) <= 0, -shift >= end_time("actual", horizon_months)]
        words += ["not seen after treatment began", f"under observation only after month {horizon_months:g}"]
    return pd.Series(np.select(conditions, words, default=""), index=records.index, dtype=object)


def _moved_words(records: pd.DataFrame, time: pd.Series, shift: pd.Series, start: str) -> pd.Series:
    """Write the reasons again with the months of the new clock; other sentences keep theirs and say so."""
    words, when, end = records["reason"].astype(object), month_words(time), _suffix(records["reason"])
    dated = words.str.contains("month")
    moved = words.mask(dated, words + " after the first rituximab")
    moved = moved.mask(words.str.startswith("last evaluable visit"), "last evaluable visit at month " + when + end)
    moved = moved.mask(words.str.startswith("last contact"), "last contact at month " + when + end)
    unseen = ~records["event"] & ~records["competing_event"] & (records["time"] <= shift) & (shift > 0)
    moved = moved.mask(unseen, f"no evaluable visit after {_HAPPENED[start]}")
    kind = words.str.partition(" by month")[0]
    return moved.mask(records["event"] | records["competing_event"], kind + " by month " + when + end)


def _cut(records: pd.DataFrame, horizon_months: float) -> pd.DataFrame:
    """End every wait at the horizon, counted from the new start."""
    end = end_time("actual", horizon_months)
    found = records["event"] | records["competing_event"]
    beyond = (found & (records["time"] > horizon_time(horizon_months))) | (~found & (records["time"] > end + 1e-9))
    words = f"not by month {horizon_months:g}, followed longer" + _suffix(records["reason"])
    return records.assign(
        time=records["time"].mask(beyond, end),
        event=records["event"] & ~beyond,
        competing_event=records["competing_event"] & ~beyond,
        interval_low=records["interval_low"].where(~beyond, np.minimum(records["interval_low"], end)),
        interval_high=records["interval_high"].mask(beyond, np.inf),
        reason=records["reason"].mask(beyond, words),
    )


def _suffix(reason: pd.Series) -> pd.Series:
    """Keep what a reason says of the markers of B cells."""
    return pd.Series(np.where(reason.str.endswith(MIXED), f"; {MIXED}", ""), index=reason.index, dtype=object)
