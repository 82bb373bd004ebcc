"""Who was observed in the time in which an event would count, and for how long?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.cohort.visits import DAYS_PER_MONTH
from analysis.options import SafetyOptions
from analysis.results import Note
from analysis.study import View

DAYS_PER_YEAR = 12 * DAYS_PER_MONTH
LAST_DAY = SafetyOptions().last_day
_LISTED = 12


@dataclass(frozen=True, kw_only=True, eq=False)
class Observed:
    """The time at risk of each member, in the order of ``view.members``.

    ``inside``: 1 if observed in some of the time that counts (window, drug on board), 0 if not, -1 if the
    file does not say. ``years`` in that time, from the first rituximab on; NaN where follow-up is unknown.
    ``last``: last contact in days, or the last dated event where that is later; NaN unknown.
    ``reason`` says what nobody was, where a group has nobody inside.
    """

    inside: npt.NDArray[np.int8]
    years: pd.Series
    last: pd.Series
    reason: str


def observe(view: View, events: pd.DataFrame) -> Observed:
    """Find who was observed in the window and, if asked, with the drug on board.

    Parameters
    ----------
    view
        The selected patients; ``followup_months`` of the patients table is the time observed.
    events
        Recorded events, ``patient_id`` and ``day``: one after the stated last contact moves that contact.

    Notes
    -----
    Without follow-up nobody knows whether a patient reached a window that opens after day 0; without a
    dated dose nobody knows whether a drug was on board. Such patients are -1, their events included:
    counting only those with an event would inflate the risk.
    """
    options, ids = view.spec.safety, view.members["patient_id"]
    last = _last_days(view, events)
    first, until = float(options.first_day), last.clip(upper=float(options.last_day)).set_axis(ids)
    if not options.on_drug:
        reached = np.where(last.isna(), -1 if first > 0 else 1, last >= first)
        days = (until - max(first, 0.0)).clip(lower=0.0)
        return Observed(inside=reached.astype(np.int8), years=_years(days), last=last, reason="not observed then")
    spans = on_board(view, options.on_drug, options.on_board_days)
    spans = spans[spans["patient_id"].isin(ids)]
    stop = np.fmin(spans["last"].clip(upper=float(options.last_day)), spans["patient_id"].map(until))
    hit = ids.isin(spans.loc[stop >= spans["first"].clip(lower=first), "patient_id"])
    unknown = (last.isna() & hit & (first > 0)) | (~hit & _without_dates(view, ids))
    covered = (stop - spans["first"].clip(lower=max(first, 0.0))).clip(lower=0.0)
    days = covered.groupby(spans["patient_id"]).sum().reindex(ids).fillna(0.0).where(until.notna())
    inside = np.where(unknown, -1, hit).astype(np.int8)
    return Observed(inside=inside, years=_years(days), last=last, reason=f"not on {options.on_drug}")


def on_board(view: View, drug: str, days: int) -> pd.DataFrame:
    """Give the stretches in which a drug was on board.

    Returns one row per stretch: ``patient_id``, ``first`` and ``last`` day, from each dose until
    ``days`` after it stopped (after it was given, where no stop is recorded); overlaps are joined.
    """
    doses = view.cohort.doses[(view.cohort.doses["drug"] == drug) & view.cohort.doses["start_day"].notna()]
    first = doses["start_day"].astype(float)
    last = doses["stop_day"].astype(float).fillna(first) + days
    spans = pd.DataFrame({"patient_id": doses["patient_id"], "first": first, "last": last})
    spans = spans.sort_values(["patient_id", "first"], ignore_index=True)
    reached = spans.groupby("patient_id")["last"].cummax().groupby(spans["patient_id"]).shift()
    spans["stretch"] = (reached.isna() | (spans["first"] > reached)).cumsum()
    joined = spans.groupby("stretch").agg({"patient_id": "first", "first": "first", "last": "max"})
    return joined.reset_index(drop=True)


def observation_notes(view: View, seen: Observed, events: pd.DataFrame) -> list[Note]:
    """Name who is not in the denominator because nobody could have seen an event, and late events."""
    members = view.members
    notes = []
    for group in view.groups:
        here = members["group"].eq(group).to_numpy()
        for code, words in ((0, seen.reason), (-1, f"of unknown {_asked(view)}")):
            ids = members.loc[here & (seen.inside == code), "patient_id"]
            text = f"{group}: {{n}} of {int(here.sum())} patients were {words} and are not in the denominator"
            notes += [note_of("S-15", ids, text)] if len(ids) else []
    stated = _stated(view).set_axis(members["patient_id"])
    late = events.loc[events["day"] > events["patient_id"].map(stated), "patient_id"]
    text = "events after the last contact in the file: {n}; their patients count as observed until the event"
    return [*notes, *([note_of("S-16", late, text)] if len(late) else [])]


def note_of(code: str, patients: pd.Series, text: str) -> Note:
    """Write a note about the rows of these patients: ``{n}`` rows, the first patients by name."""
    ids = tuple(dict.fromkeys(patients.astype(str)))
    shown = ", ".join(ids[:_LISTED]) + (f" and {len(ids) - _LISTED} more" if len(ids) > _LISTED else "")
    full = text.format(n=len(patients))
    return Note(code=code, text=f"{full[0].upper()}{full[1:]} ({shown}).", patient_ids=ids)


def _asked(view: View) -> str:
    return "follow-up or doses" if view.spec.safety.on_drug else "follow-up"


def _stated(view: View) -> pd.Series:
    """Give the stated last contact of each member in days; NaN unknown."""
    patients = view.cohort.patients.set_index("patient_id")
    months = patients.get("followup_months", pd.Series(np.nan, index=patients.index)).astype(float)
    return view.members["patient_id"].map(months.where(months >= 0) * DAYS_PER_MONTH)


def _last_days(view: View, events: pd.DataFrame) -> pd.Series:
    stated = _stated(view)
    latest = view.members["patient_id"].map(events.groupby("patient_id")["day"].max())
    return stated.where(~(latest > stated), latest)


def _without_dates(view: View, ids: pd.Series) -> pd.Series:
    """Tell of whom the doses cannot say whether the drug was on board: none at all, or one without a day."""
    doses = view.cohort.doses
    undated = doses.loc[(doses["drug"] == view.spec.safety.on_drug) & doses["start_day"].isna(), "patient_id"]
    return ~ids.isin(doses["patient_id"]) | ids.isin(undated)


def _years(days: pd.Series) -> pd.Series:
    return (days / DAYS_PER_YEAR).rename("years")
