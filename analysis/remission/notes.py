"""What must be said beside these curves?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.clock import enters_late
from analysis.clock_cautions import clock_notes, group_cautions
from analysis.outcomes.endpoints import ALREADY
from analysis.outcomes.markers import marker_notes
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
    groups = [note for group, (curve, at_visits) in curves.items() for note in _group_notes(group, curve, at_visits)]
    if enters_late(view):
        groups = [replace(note, text=_seen_words(note.text)) for note in groups]
    markers = marker_notes(view.cohort, view.members["patient_id"]) if view.spec.endpoint.startswith("bcell_") else ()
    return (
        *groups,
        *_patient_notes(view, table, responses),
        *markers,
        *clock_notes(view, table),
        *group_cautions(view),
    )


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
        until = "so the curve ends before" if not left else "read the curve from there with care"
        who = f"only {left}" if left else "none"
        text = f"{group}: {who} of {n} are still at risk at month {since:g}; {until}."
        notes.append(Note(code="W-04", text=text))
    return notes


def _patient_notes(view: View, table: pd.DataFrame, responses: pd.DataFrame) -> list[Note]:
    """Warn of who is outside the curves and of who cannot be classified."""
    notes = []
    outside = table[~table["at_risk"] & table["reason"].ne(NO_RECORD)]
    for reason, rows in outside.groupby("reason", sort=True):
        ids = tuple(rows["patient_id"])
        text = f"{len(ids)} patients were in this remission before treatment; they do not count as responses to it."
        if reason == ALREADY:
            notes.append(Note(code="W-10", text=text, patient_ids=ids))
        else:
            notes.append(Note(code="AT-RISK", text=f"{len(ids)} patients are not at risk: {reason}.", patient_ids=ids))
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
