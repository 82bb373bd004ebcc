"""Which adverse events does the file record, and of whom does it not say?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.cohort.cells import squash
from analysis.cohort.model import Cohort
from analysis.cohort.patient_columns import NO_VALUE
from analysis.cohort.value_words import propose_wide_event
from analysis.cohort.vocabulary import words
from analysis.options import SafetyOptions
from analysis.results import Note
from analysis.safety.terms import INFECTION, RELAPSE, distinct_pairs, place_terms

FIELDS = ["patient_id", "day", "term", "category", "grade", "serious", "related", "led_to_stop"]
WIDE = "ae_"  # a yes/no column of the patients table: ae_<category>
ANY = "any"  # ae_any: whether there was any event at all
_DETAILS = {"date", "day", "grade", "serious", "related", "outcome", "term", "category", "seq", "text"}
_LISTED = 12


@dataclass(frozen=True, kw_only=True, eq=False)
class Recorded:
    """What the file says about adverse events.

    events
        One row per event in ``FIELDS``, ``number``, its place in the table of events (NaN for a yes
        in a yes/no column), and ``pair``, the place of its kind in ``pairs``. Texts are "" where
        missing; ``category`` is settled.
    unknown
        One row per ``patient_id`` and ``category`` of which the file does not say whether it happened;
        ``term`` is "", ``pair`` as in ``events``.
    pairs
        The kinds of events: each category and term of the file once, also of yes/no columns where
        nobody had the event.
    asked
        The categories of yes/no columns: rows of the table even where nobody had the event.
    looked_for
        Whether events were looked for: without this nothing is zero.
    """

    events: pd.DataFrame
    unknown: pd.DataFrame
    pairs: tuple[tuple[str, str], ...]
    asked: tuple[str, ...]
    looked_for: bool
    notes: tuple[Note, ...]


def recorded_events(cohort: Cohort, options: SafetyOptions) -> Recorded:
    """Gather the events of the long table and of the yes/no columns ``ae_<category>``.

    Parameters
    ----------
    cohort
        A cohort; ``adverse_events`` may have a column ``led_to_stop`` besides the canonical ones.
    options
        ``blank`` says what an empty yes/no cell means, ``empty_table`` what an empty table means,
        ``recoded`` which terms were moved to another category.
    """
    every = _table(cohort.adverse_events, options)
    relapse = every["category"].eq(RELAPSE)
    table = every[~relapse].reset_index(drop=True)
    answers = _every_answer(cohort)
    answered = _answered(answers, cohort.patients["patient_id"], options)
    columns, unknown = _of_columns(answered, cohort.patients["patient_id"])
    twice = _told_twice(columns, table)
    told, columns = columns.loc[twice, "patient_id"], columns[~twice]
    events = pd.concat([table, columns], ignore_index=True) if len(columns) else table
    stray = ~events["patient_id"].isin(cohort.patients["patient_id"])
    kept = events[~stray].reset_index(drop=True)
    asked = tuple(name for name in answers if name != ANY)
    pairs, place = _distinct_pairs(kept, unknown, (*asked, *_kinds_beside_loose(kept)))
    return Recorded(
        events=kept.assign(pair=place[: len(kept)]),
        unknown=unknown.assign(pair=place[len(kept) : len(kept) + len(unknown)]),
        pairs=pairs,
        asked=asked,
        looked_for=bool(len(events)) or bool(answers) or options.empty_table == "none",
        notes=(
            *unread_notes(cohort),
            *_table_notes(table, stray[: len(table)]),
            *_column_notes(answers, answered, cohort),
            *([_listed("S-18", every.loc[relapse, "patient_id"], _RELAPSES)] if relapse.any() else []),
            *([_listed("S-19", told, _TWICE)] if len(told) else []),
        ),
    )


def _table(events: pd.DataFrame, options: SafetyOptions) -> pd.DataFrame:
    found = events.reindex(columns=FIELDS).reset_index(drop=True)
    texts = {name: _text(found[name]) for name in ("term", "category", "serious", "related", "led_to_stop")}
    numbers = {name: pd.to_numeric(found[name]).astype(float) for name in ("day", "grade")}
    texts["category"] = place_terms(texts["category"], texts["term"], options.recoded)
    return found.assign(**texts, **numbers, number=np.arange(1.0, len(found) + 1))


def _text(column: pd.Series) -> npt.NDArray[np.object_]:
    """Trim each distinct text once; "" where there is none."""
    code, found = pd.factorize(column)
    return np.array([*(str(text).strip() for text in found), ""], dtype=object)[code]


def _distinct_pairs(
    events: pd.DataFrame, unknown: pd.DataFrame, asked: tuple[str, ...]
) -> tuple[tuple[tuple[str, str], ...], npt.NDArray[np.intp]]:
    """Find the distinct pairs of category and term, and which of them each event is, then each unknown one."""
    category = np.array([*events["category"], *unknown["category"], *asked], dtype=object)
    term = np.array([*events["term"], *unknown["term"], *[""] * len(asked)], dtype=object)
    place, pairs = distinct_pairs(category, term)
    return tuple(pairs), place


def _kinds_beside_loose(events: pd.DataFrame) -> tuple[str, ...]:
    """Name the kinds of infection in the file where an infection names none: it may have been each of them."""
    found = events["category"].unique()
    return tuple(name for name in found if name.startswith(f"{INFECTION}_")) if INFECTION in found else ()


def _told_twice(columns: pd.DataFrame, table: pd.DataFrame) -> pd.Series:
    """Tell which yes of a column the table of events tells too; for infection a kind of it is enough."""
    kinds = table.loc[table["category"].str.startswith(f"{INFECTION}_"), "patient_id"]
    pairs = {*zip(table["patient_id"], table["category"], strict=True), *((name, INFECTION) for name in kinds)}
    some = {*((name, "unspecified") for name in table["patient_id"])}
    found = [pair in pairs or pair in some for pair in zip(columns["patient_id"], columns["category"], strict=True)]
    return pd.Series(found, index=columns.index, dtype=bool)


def _answers(patients: pd.DataFrame) -> dict[str, pd.Series]:
    """Read every column ``ae_<category>`` that only holds yes, no and blanks: True, False or None per patient."""
    found = {}
    for header, name in _headers(patients):
        text = _texts(patients[header])
        yes, no = text.isin(_folded(words().yes)), text.isin(_folded(words().no))
        if (yes | no | _is_blank(text)).all():
            answer = np.where(yes, 1.0, np.where(no, 0.0, np.nan))
            found[name.casefold() if name.casefold() == ANY else name] = pd.Series(answer, index=patients.index)
    return found


def unread_notes(cohort: Cohort) -> list[Note]:
    """Name the columns ``ae_<category>`` that say anything but yes, no and nothing, with their words."""
    read = _answers(cohort.patients)
    notes = [
        Note(code="S-17", text=_UNANSWERED.format(column=problem.column))
        for problem in cohort.provenance.problems
        if problem.severity == "error" and not problem.row and propose_wide_event(problem.column)
    ]
    for header, name in _headers(cohort.patients):
        if name not in read and name.casefold() not in read:
            text = _texts(cohort.patients[header])
            shown = ", ".join(sorted(text[~_is_blank(text)].unique())[:_WORDS])
            notes.append(Note(code="S-17", text=_UNREAD.format(column=header, words=shown)))
    return notes


def _every_answer(cohort: Cohort) -> dict[str, pd.Series]:
    """Add the columns in which nobody has an answer; reading the file left them out and said so."""
    ids = cohort.patients.index
    left_out = [name for problem in cohort.provenance.problems if problem.message.startswith(NO_VALUE)
                for name in problem.column.split(", ")]  # fmt: skip
    empty = [kind.removeprefix(WIDE) for name in left_out if (kind := propose_wide_event(name))]
    return {**{kind: pd.Series(np.nan, index=ids) for kind in empty}, **_answers(cohort.patients)}


def _headers(patients: pd.DataFrame) -> list[tuple[str, str]]:
    """List the columns of adverse events with the kind each names."""
    names = [(str(header), str(header)[len(WIDE) :]) for header in patients.columns]
    return [(header, name) for header, name in names
            if header.casefold().startswith(WIDE) and name and name.casefold() not in _DETAILS]  # fmt: skip


def _texts(cells: pd.Series) -> pd.Series:
    return cells.map(lambda cell: "" if pd.isna(cell) else squash(_plain(cell))).astype(object)


def _is_blank(text: pd.Series) -> pd.Series:
    return text.eq("") | text.isin(_folded(words().missing))


def wide_columns(cohort: Cohort) -> tuple[str, ...]:
    """Name the kinds of adverse events that have a yes/no column ``ae_<category>``."""
    return tuple(_every_answer(cohort))


def _plain(cell: object) -> str:
    return f"{cell:g}" if isinstance(cell, (int, float)) and not isinstance(cell, bool) else str(cell)


def _folded(group: frozenset[str]) -> set[str]:
    return {squash(word) for word in group}


def _answered(answers: dict[str, pd.Series], ids: pd.Series, options: SafetyOptions) -> dict[str, pd.Series]:
    """Fill blanks where they can be known: no event at all means none of any kind."""
    if not answers:
        return {}
    none_at_all = answers.get(ANY, pd.Series(np.nan, index=ids.index)).eq(0)
    filled = {name: answer.mask(answer.isna() & none_at_all, 0.0) for name, answer in answers.items()}
    return {name: answer.fillna(0.0) for name, answer in filled.items()} if options.blank == "no" else filled


def _of_columns(answered: dict[str, pd.Series], ids: pd.Series) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Turn answers into events without a day, and into patients of whom nothing is known."""
    kinds = {name: answer for name, answer in answered.items() if name != ANY}
    events = [pd.DataFrame({"patient_id": ids[answer.eq(1)], "category": name}) for name, answer in kinds.items()]
    unknown = [pd.DataFrame({"patient_id": ids[answer.isna()], "category": name}) for name, answer in kinds.items()]
    if ANY in answered:
        named = pd.concat(events)["patient_id"] if events else pd.Series(dtype=object)
        only = answered[ANY].eq(1) & ~ids.isin(named)
        events.append(pd.DataFrame({"patient_id": ids[only], "category": "unspecified"}))
        unknown.append(pd.DataFrame({"patient_id": ids[answered[ANY].isna()], "category": "unspecified"}))
    frames = [pd.concat(parts, ignore_index=True) if parts else _NOBODY for parts in (events, unknown)]
    texts = dict.fromkeys(["term", "serious", "related", "led_to_stop"], "")
    numbers = dict.fromkeys(["day", "grade", "number"], np.nan)
    return frames[0].assign(**texts, **numbers), frames[1].assign(term="")


_NOBODY = pd.DataFrame({"patient_id": pd.Series(dtype=object), "category": pd.Series(dtype=object)})


def _table_notes(table: pd.DataFrame, stray: pd.Series) -> list[Note]:
    early, undated = table["day"] < 0, table["day"].isna()
    named = table["term"].ne("")
    typed_parent = table["category"].eq(INFECTION)
    facts = (
        ("S-01", stray, "{events} of patients who are not in the cohort: not counted"),
        ("S-02", early & ~stray, "{events} before the first rituximab: counted only with an earlier window"),
        ("S-03", undated & ~stray, "{events} without day of onset: counted, but not in a time window"),
        ("S-04", table["grade"].isna() & ~stray, "{events} without known grade: counted, but not by grade"),
        ("S-05", ~named & ~stray, "{events} without a term: counted under the category only"),
        ("S-06", typed_parent & ~stray, "{events} of infection without its kind: counted in the union only"),
    )
    return [_listed(code, table.loc[which, "patient_id"], text) for code, which, text in facts if which.any()]


def _listed(code: str, patients: pd.Series, text: str) -> Note:
    ids = tuple(dict.fromkeys(patients.astype(str)))
    shown = ", ".join(ids[:_LISTED]) + (f" and {len(ids) - _LISTED} more" if len(ids) > _LISTED else "")
    n = len(patients)
    said = text.format(n=n, events="1 event" if n == 1 else f"{n} events")
    return Note(code=code, text=f"{said} ({shown}).", patient_ids=ids)


def _column_notes(answers: dict[str, pd.Series], answered: dict[str, pd.Series], cohort: Cohort) -> list[Note]:
    """Say what yes/no columns cannot tell, and where a parent contradicts its children."""
    if not answers:
        return []
    text = "Yes/no columns record patients, not events: each yes counts as one event without day and grade."
    notes = [Note(code="S-07", text=text)]
    ids = cohort.patients["patient_id"]
    kinds = {name: answer for name, answer in answers.items() if name.startswith(f"{INFECTION}_")}
    for parent, children in ((INFECTION, kinds), (ANY, {n: a for n, a in answers.items() if n != ANY})):
        if parent in answers and children:
            part = pd.DataFrame(children).eq(1).any(axis=1)
            denied, alone = ids[answers[parent].eq(0) & part], ids[answers[parent].eq(1) & ~part]
            notes += [_listed("S-08", denied, _DENIED.format(parent=parent))] if len(denied) else []
            notes += [_listed("S-14", alone, _ALONE.format(parent=parent))] if len(alone) else []
    return notes


_WORDS = 5
_UNREAD = (
    "The column {column} is not read and its events are missing here: it says {words}, not yes and no. "
    "Say on the Study page which of these mean yes, or change them in the file."
)
_UNANSWERED = (
    "The column {column} is not read and its events are missing here: what its words mean was not answered. "
    "Answer it on the Columns page."
)
_RELAPSES = "{n} entries are relapses of the disease: an outcome, not an adverse event, and not counted here"
_TWICE = "{n} yes in yes/no columns are also in the table of adverse events and count once"
_DENIED = f"{WIDE}{{parent}} says no in {{{{n}}}} patients of whom a part of it says yes; the yes counts"
_ALONE = (
    f"{WIDE}{{parent}} says yes in {{{{n}}}} patients of whom no part of it says yes: which event it was is not known; "
    "the yes counts in the rows above the parts"
)
