"""Which recorded events meet the filters: grade, seriousness, relation, time window, drug on board?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.cohort.model import Cohort
from analysis.options import SafetyOptions
from analysis.results import Note
from analysis.safety.observation import LAST_DAY, Observed, observation_notes, observe, on_board
from analysis.safety.sources import Recorded
from analysis.safety.terms import INFECTION
from analysis.study import View

Trits = npt.NDArray[np.int8]  # 1 yes, 0 no, -1 not known
RELATED = ("related", "probable", "possible")  # domain.md 1.7; possible counts as related, as in CIOMS practice
_LISTED = 12


@dataclass(frozen=True, kw_only=True, eq=False)
class Selected:
    """The events that count, and of whom that cannot be said.

    ``events`` meet every filter; ``unknown`` holds ``patient_id``, ``category``, ``term``, ``pair`` where
    it is open whether the patient had such an event, because a cell is blank or a filter asks for what the
    file does not say; ``words`` names the filters, "" without one. Of members whom nobody observed in the
    time that counts, ``seen`` says so, and neither frame holds anything.
    """

    events: pd.DataFrame
    unknown: pd.DataFrame
    words: str
    seen: Observed
    notes: tuple[Note, ...]


def select_events(view: View, recorded: Recorded) -> Selected:
    """Apply the filters of the page; what a filter asks and the file does not say is unknown, never a no."""
    options, events = view.spec.safety, recorded.events
    criteria = _criteria(view, events, options)
    kept = np.ones(len(events), dtype=np.int8)
    notes = []
    for name, met in criteria.items():
        open_ones = (met == -1) & (kept == 1)
        kept = np.where((kept == 0) | (met == 0), 0, np.where((kept == -1) | (met == -1), -1, 1)).astype(np.int8)
        if open_ones.any():
            notes.append(_open_note(name, events.loc[open_ones, "patient_id"]))
    seen = observe(view, events)
    outside = view.members.loc[seen.inside != 1, "patient_id"]
    unsure = events.loc[kept == -1, _OPEN]
    unknown = pd.concat([recorded.unknown, unsure, _kinds_of_loose(events[kept != 0], recorded)], ignore_index=True)
    counted = events[kept == 1]
    notes += observation_notes(view, seen, counted)
    chosen = [name for name in criteria if name != _DEFAULT_WINDOW]
    return Selected(
        events=counted[~counted["patient_id"].isin(outside)],
        unknown=unknown[~unknown["patient_id"].isin(outside)].reset_index(drop=True),
        words=", ".join(chosen),
        seen=seen,
        notes=tuple(notes),
    )


def _kinds_of_loose(events: pd.DataFrame, recorded: Recorded) -> pd.DataFrame:
    """Leave open which kind an infection was that names none; a kind the patient had besides stays known."""
    ids = events.loc[events["category"] == INFECTION, "patient_id"].unique()
    kinds = [(number, name) for number, (name, term) in enumerate(recorded.pairs)
             if not term and name.startswith(f"{INFECTION}_")]  # fmt: skip
    rows = [(patient, name, "", number) for patient in ids for number, name in kinds]
    return pd.DataFrame(rows, columns=_OPEN).astype({"pair": np.intp})


_OPEN = ["patient_id", "category", "term", "pair"]


def flags_given(cohort: Cohort) -> tuple[str, ...]:
    """Name which of ``serious``, ``related`` and ``led_to_stop`` the file says of at least one event."""
    events = cohort.adverse_events
    known = {name: set(events[name].dropna().astype(str).str.strip().str.casefold()) for name in _FLAG_WORDS
             if name in events}  # fmt: skip
    return tuple(name for name, answers in known.items() if answers - {"", "unknown"})


_DEFAULT_WINDOW = "from the first rituximab on"


def _criteria(view: View, events: pd.DataFrame, options: SafetyOptions) -> dict[str, Trits]:
    grade, day = events["grade"].to_numpy(), events["day"].to_numpy()
    criteria: dict[str, Trits] = {}
    if options.least_grade > 1:
        criteria[f"grade {options.least_grade} or higher"] = _trits(grade >= options.least_grade, np.isnan(grade))
    flags = (
        ("serious", options.only_serious, ("yes",)),
        ("related", options.only_related, RELATED),
        ("led_to_stop", options.only_stopped, ("yes",)),
    )
    for name, asked, yes in flags:
        if asked:
            text = events[name].str.casefold()
            criteria[_FLAG_WORDS[name]] = _trits(text.isin(yes), text.isin(["", "unknown"]))
    whole = options.first_day == 0 and options.last_day >= LAST_DAY
    window = _DEFAULT_WINDOW if whole else f"day {options.first_day} to {options.last_day}"
    if options.last_day >= LAST_DAY and not whole:
        window = f"from day {options.first_day}"
    inside = (day >= options.first_day) & (day <= options.last_day)
    # without a chosen window an undated event counts; with one, nobody knows on which side it lies
    criteria[window] = _trits(inside | (np.isnan(day) & whole), np.isnan(day) & (not whole))
    if options.on_drug:
        criteria[f"{options.on_drug} on board"] = _trits(_covered(view, events, options), np.isnan(day))
    return criteria


_FLAG_WORDS = {"serious": "serious", "related": "related to treatment", "led_to_stop": "leading to stop"}


def _trits(met: npt.ArrayLike, unknown: npt.ArrayLike) -> Trits:
    return np.where(np.asarray(unknown, dtype=bool), -1, np.asarray(met, dtype=bool)).astype(np.int8)


def _covered(view: View, events: pd.DataFrame, options: SafetyOptions) -> npt.NDArray[np.bool_]:
    """Tell which events began while the drug was on board."""
    spans = on_board(view, options.on_drug, options.on_board_days)
    dated = events[["patient_id", "day"]].assign(place=np.arange(len(events))).merge(spans, on="patient_id")
    hit = dated.loc[dated["day"].between(dated["first"], dated["last"]), "place"]
    return np.isin(np.arange(len(events)), hit)


def _open_note(name: str, patients: pd.Series) -> Note:
    ids = tuple(dict.fromkeys(patients.astype(str)))
    shown = ", ".join(ids[:_LISTED]) + (f" and {len(ids) - _LISTED} more" if len(ids) > _LISTED else "")
    text = f"{len(patients)} events do not say whether they are: {name}. Their patients count as unknown ({shown})."
    return Note(code="S-09", text=text, patient_ids=ids)
