"""What must be said beside these curves?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.clock import enters_late
from analysis.clock_cautions import clock_notes, group_cautions
from analysis.outcomes.endpoints import ALREADY
from analysis.outcomes.markers import marker_notes
from analysis.remission.thin_end import WITHHELD, withheld_notes
from analysis.results import Note
from analysis.study import View

NO_RECORD = "no outcome record"
SMALL_PATIENTS, SMALL_EVENTS = 10, 5  # domain.md W-01
FEW_AT_RISK, FEW_SHARE = 10, 0.20  # domain.md W-04
UNCLASSIFIED_SHARE = 0.10  # domain.md W-08


def remission_notes(
    view: View, table: pd.DataFrame, responses: pd.DataFrame, curves: dict[str, tuple[pd.DataFrame, pd.DataFrame]]
) -> tuple[Note, ...]:
    """Collect the cautions of domain.md 3.10 that these data call for.

    ``curves`` holds each group's curve and its values at the visits.
    """
    values = pd.concat([at_visits.assign(group=group) for group, (_, at_visits) in curves.items()], ignore_index=True)
    markers = marker_notes(view.cohort, view.members["patient_id"]) if view.spec.endpoint.startswith("bcell_") else ()
    return (
        *curve_notes(view, curves),
        *withheld_notes(values),
        *_patient_notes(view, table, responses),
        *markers,
        *clock_notes(view, table),
        *group_cautions(view),
    )


def curve_notes(
    view: View, curves: dict[str, tuple[pd.DataFrame, pd.DataFrame]], *, since: str = ""
) -> tuple[Note, ...]:
    """Warn of small numbers, no events and thin ends of each group's curve, given with its values at the visits.

    ``since`` says in the sentence from when on the curve counts, where that is not month 0.
    """
    found = [note for group, (curve, at) in curves.items() for note in _group_notes(f"{group}{since}", curve, at)]
    if enters_late(view):
        found = [replace(note, text=_seen_words(note.text)) for note in found]
    return tuple(found)


def _seen_words(text: str) -> str:
    """Say of few at risk what it means where patients come late: few under observation, not few left."""
    return text.replace("still at risk", "under observation").replace("curve from there", "curve there")


def _group_notes(group: str, curve: pd.DataFrame, at_risk: pd.DataFrame) -> list[Note]:
    """Warn of small numbers, of no events, and of a thin end of the curve."""
    n, events = int(curve["n_risk"].iloc[0]), int(curve["n_event"].sum())
    if n == 0:
        return [Note(code="W-01", text=f"{group}: nobody is at risk of this endpoint, so there is no curve.")]
    notes = []
    values = at_risk.dropna(subset="estimate")
    low, high, month = (values[name].iloc[-1] if len(values) else np.nan for name in ("conf_low", "conf_high", "time"))
    if n < SMALL_PATIENTS or events < SMALL_EVENTS:
        limits = f" At month {month:g} the 95 % interval of {100 * low:.0f}–{100 * high:.0f} % is the result, not the"
        interval = limits + " point estimate alone." if len(values) else ""
        notes.append(Note(code="W-01", text=f"{group}: very small numbers, {events} of {n} reached it.{interval}"))
    if events == 0 and len(values):
        text = (
            f"{group}: no event was observed; by month {month:g} the true rate could still be up to {100 * high:.0f} %."
        )
        notes.append(Note(code="W-14", text=text))
    few = (at_risk["n_risk"] < FEW_AT_RISK) | (at_risk["n_risk"] < FEW_SHARE * n)
    thin = at_risk[few & (at_risk["n_risk"] < n)]  # a group small from the start has W-01
    if len(thin):
        left, since = int(thin["n_risk"].iloc[0]), thin["time"].iloc[0]
        withheld = str(thin["reason"].iloc[0]).startswith(WITHHELD)
        until = "no value is given there" if withheld else "read the curve from there with care"
        text = f"{group}: only {left} of {n} {'is' if left == 1 else 'are'} still at risk at month {since:g}; {until}."
        if not left:
            text = f"{group}: none of {n} is still at risk at month {since:g}, so the curve ends before it."
        notes.append(Note(code="W-04", text=text))
    return notes


def counted_before(view: View, table: pd.DataFrame) -> list[Note]:
    """Say who met the endpoint before treatment and yet is at risk of it, as the rule has it (W-10)."""
    at_risk = table[table["at_risk"]]
    before = at_risk[at_risk["met_before"]] if "met_before" in at_risk else at_risk[:0]
    if before.empty:
        return []
    others = at_risk.drop(before.index)
    where = "complete remission" if view.spec.endpoint == "complete_remission" else "complete or partial remission"
    sizes = ", ".join(f"{group} {int((before['group'] == group).sum())}" for group in view.groups)
    apart = f" ({sizes})" if len(view.groups) > 1 else ""
    text = (
        f"{len(before)} of {len(at_risk)} patients{apart} were in {where} before treatment and count as reaching it "
        f"after it ({view.spec.rule.label} has it so): {int(at_risk['event'].sum())} of {len(at_risk)} reached it, "
        f"without them {int(others['event'].sum())} of {len(others)}."
    )
    return [Note(code="W-10", text=text, patient_ids=tuple(before["patient_id"]))]


def _patient_notes(view: View, table: pd.DataFrame, responses: pd.DataFrame) -> list[Note]:
    """Warn of who is outside the curves and of who cannot be classified."""
    notes = []
    outside = table[~table["at_risk"] & table["reason"].ne(NO_RECORD)]
    for reason, rows in outside.groupby("reason", sort=True):
        ids = tuple(rows["patient_id"])
        one = len(ids) == 1
        who = "1 patient was" if one else f"{len(ids)} patients were"
        counts = "this does not count as a response" if one else "they do not count as responses"
        text = f"{who} in this remission before treatment; {counts} to it."
        if reason == ALREADY:
            notes.append(Note(code="W-10", text=text, patient_ids=ids))
        else:
            who = "1 patient is" if one else f"{len(ids)} patients are"
            notes.append(Note(code="AT-RISK", text=f"{who} not at risk: {reason}.", patient_ids=ids))
    notes += counted_before(view, table)
    counted = responses[responses["n_before"] > 0]
    if len(counted):
        words = {"CR": "complete", "PR": "partial"}
        parts = [f"{row.n_before} of {row.n} in {words[row.status]} remission" for row in counted.itertuples()]
        text = f"Already as good before treatment: {'; '.join(parts)} ({view.spec.rule.label} counts them)."
        notes.append(Note(code="W-10", text=text))
    unknown = responses[responses["status"] == "NE"]
    k = int(unknown["n"].sum())
    if k > UNCLASSIFIED_SHARE * view.n:
        ids = tuple(patient for patients in unknown["patient_ids"] for patient in patients)
        text = f"{k} of {view.n} patients cannot be classified at any visit after treatment began."
        notes.append(Note(code="W-08", text=text, patient_ids=ids))
    return notes
