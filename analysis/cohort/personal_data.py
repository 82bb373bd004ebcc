"""What could still tell who a patient is in tables about to be read, whatever the mapping says, or without one?

Two backstops: columns of a file in our own layout that nobody was asked about, and single cells that
name someone among the words that are kept. What is taken away is counted, never quoted.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

import pandas as pd

from analysis.cohort.columns import Source, column_problem
from analysis.cohort.dictionary import data_dictionary
from analysis.cohort.identity import header_and_content_identify
from analysis.cohort.layout import RoleTable, plain_header, split_wide_header
from analysis.cohort.mapping import Mapping
from analysis.cohort.model import Problem
from analysis.cohort.person_words import HIDDEN, names_someone
from analysis.cohort.vocabulary import map_distinct

_RULE = "Patients must not be identifiable;"
_PLACING = frozenset({"month", "day", "unscheduled"})
_DAY, _MONTH = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])"
_NAMED = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|ene|abr|ago|dic)[a-z]{0,8}"  # English and Spanish
_YEAR = r"(?:19|20)\d{2}"
_DATE = re.compile(
    rf"(?<![\w./-])(?:{_YEAR}[-/.年]{_MONTH}[-/.月]{_DAY}日?"
    rf"|(?:{_DAY}[-/.]{_MONTH}|{_MONTH}[-/.]{_DAY})[-/.]{_YEAR}|(?:{_DAY}[/.]{_MONTH}|{_MONTH}[/.]{_DAY})[/.]\d{{2}}"
    rf"|{_DAY}[-/. ]+(?:de )?{_NAMED}[-/., ]+(?:de )?{_YEAR}|{_NAMED} {_DAY},? {_YEAR})(?![\w/-]|\.\d)",
    re.IGNORECASE,
)


def without_personal_columns(tables: list[RoleTable]) -> tuple[list[RoleTable], list[Problem]]:
    """Drop the columns of patients that the dictionary does not know and whose cells point to a person."""
    clean, problems = [], []
    for table in tables:
        unknown = [name for name in table.cells if table.role == "patients" and not _is_ours(str(name))]
        evidence = {name: header_and_content_identify(str(name), table.cells[name]) for name in unknown}
        personal = [name for name in unknown if evidence[name]]
        problems += [_column_dropped(table, str(name), evidence[name]) for name in personal]
        clean.append(replace(table, cells=table.cells.drop(columns=personal)) if personal else table)
    return clean, problems


def without_personal_words(
    frames: dict[str, pd.DataFrame], mapping: Mapping | None
) -> tuple[dict[str, pd.DataFrame], list[Problem]]:
    """Blank words of the canonical tables that hold a telephone, an e-mail address, or a name in a sentence.

    Patient ids are not touched (they are pseudonyms, or made ones), nor columns somebody chose to keep;
    but a calendar date is taken out of every word ("yes 12/03/2020" becomes "yes").
    """
    chosen = {"patient_id", *_kept_by_choice(mapping)}
    clean, problems = {}, []
    for table, frame in frames.items():
        clean[table] = frame
        worded = [str(name) for name in frame if frame[name].dtype == object] if table != "visits" else []  # numbers
        for name in [name for name in worded if name != "patient_id"]:
            undated = map_distinct(frame[name].where(frame[name].notna(), ""), without_dates)
            dated = frame[name].notna() & undated.ne(frame[name])
            if dated.any():
                frame = frame.assign(**{name: frame[name].mask(dated, undated.where(undated.ne(""), None))})
                clean[table] = frame
                problems.append(_dates_taken_out(table, name, int(dated.sum())))
        for name in [name for name in worded if name not in chosen]:
            personal = _personal(frame[name])
            if personal.any():
                clean[table] = clean[table].assign(**{name: frame[name].mask(personal, None)})
                problems.append(_words_blanked(table, name, int(personal.sum())))
    return clean, problems


def without_dates(cell: object) -> object:
    """Write a text without the calendar dates in it; what is no text, or holds no date, stays as it is."""
    if not isinstance(cell, str):
        return cell
    undated = _DATE.sub(" ", unicodedata.normalize("NFKC", cell))
    return re.sub(r"\s+", " ", undated).strip(" ,;:()-") if _DATE.search(unicodedata.normalize("NFKC", cell)) else cell


def without_personal_values(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Hide the values of problems that name someone; the place of the cell stays."""
    return tuple(_hidden(item) if item.value and names_someone(item.value) else item for item in problems)


def _kept_by_choice(mapping: Mapping | None) -> set[str]:
    if mapping is None:
        return set()
    return {item.variable or item.column for item in mapping.columns if item.role == "keep" and item.confirmed}


def _personal(cells: pd.Series) -> pd.Series:
    return map_distinct(cells.where(cells.notna(), ""), names_someone).astype(bool)


def _is_ours(header: str) -> bool:
    plain = plain_header(header)
    return plain in data_dictionary() or plain in _PLACING or split_wide_header(plain) is not None


def _column_dropped(table: RoleTable, header: str, evidence: str) -> Problem:
    n_cells = int(table.cells[header].str.strip().ne("").sum())
    return column_problem(
        header,
        Source(file=table.file, sheet=table.sheet, patients=pd.Series(dtype=object)),
        severity="warning",
        message=f"{_RULE} “{header}” looks like {evidence}. Its {n_cells} cells were not read.",
        remedy="Take the column for something else on the page Columns if it names nobody.",
    )


def _words_blanked(table: str, column: str, n_cells: int) -> Problem:
    return Problem(
        severity="warning",
        file="",
        sheet=table,
        column=column,
        message=f"{_RULE} cells of “{column}” that name someone were left blank ({n_cells}).",
        remedy="Write what they say without names and telephones.",
    )


def _dates_taken_out(table: str, column: str, n_cells: int) -> Problem:
    return Problem(
        severity="warning",
        file="",
        sheet=table,
        column=column,
        message=f"Calendar dates can identify a patient; they were taken out of {n_cells} cells of “{column}”.",
        remedy="Give the days from the first rituximab infusion in a column of their own if they matter.",
    )


def _hidden(problem: Problem) -> Problem:
    message = problem.message.replace(problem.value, HIDDEN)
    return replace(problem, value=HIDDEN, message=message, remedy=problem.remedy.replace(problem.value, HIDDEN))
