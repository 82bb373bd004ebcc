"""Which columns tell what happened after the start (death, kidney failure, censoring) and are no baseline values?"""

from __future__ import annotations

import re
from functools import cache

import pandas as pd

from analysis.cohort.columns import Source, column_problem
from analysis.cohort.mapping import ColumnMapping, Mapping, Question
from analysis.cohort.meanings import fold_name, word_lists
from analysis.cohort.model import Problem
from analysis.cohort.settled import digest, listed_some
from analysis.cohort.table_shapes import Tables

_CURE = (
    "Give an outcome as a date of its own (date of death, ESKD date), or in a table of events with patient, event and "
    "day; follow-up as followup_months."
)


def names_outcome(header: str) -> bool:
    """Tell whether a header names death, kidney failure, loss to follow-up or censoring, or a time until then."""
    if fold_name(re.sub(r"[(\[{].*?[)\]}]", " ", header)) in _whole_headers():
        return True
    words = {fold_name(word) for word in re.split(r"[^\w]|_|\d", header)} - {""}
    lists = word_lists("outcomes")
    if words & set(map(fold_name, lists["before"])):
        return False
    parts = tuple(map(fold_name, lists["parts"]))
    return bool(words & set(map(fold_name, lists["words"]))) or any(part in fold_name(header) for part in parts)


def outcome_questions(mapping: Mapping) -> list[Question]:
    """Say which columns were taken for outcomes; they are left out unless somebody objects."""
    questions = []
    for table in dict.fromkeys(item.table for item in mapping.columns):
        names = tuple(item.column for item in _left_out(mapping, table) if not item.confirmed)
        if names and mapping.table_role(table) != "leave out":
            questions.append(
                Question(
                    id=f"meaning|{table}|outcomes|{digest(names)}",
                    kind="meaning",
                    table=table,
                    columns=names,
                    text=f"{listed_some(names)}: outcomes after the start? They are no baseline values.",
                    found=f"The headers name what happened later. {_CURE}",
                    choices=(("yes", "Yes, leave them out"), ("keep", "No, keep them: known at the start")),
                    proposal="yes",
                    blocking=False,
                )
            )
    return questions


def outcomes_not_read(mapping: Mapping, tables: Tables) -> list[Problem]:
    """List the columns of outcomes that are left out, and how to give them."""
    problems = []
    for name, table in tables.items():
        source = Source(file=table.file, sheet=table.sheet, patients=pd.Series(dtype=object))
        for item in _left_out(mapping, name):
            filled = int(table.cells[item.column].str.strip().ne("").sum()) if item.column in table.cells else 0
            message = (
                f"An outcome needs an event and its day; “{item.column}” looks like one and was left out, because it "
                f"is no baseline value. Its {filled} cells were not read."
            )
            problems += (
                [column_problem(item.column, source, severity="warning", message=message, remedy=_CURE)]
                if filled
                else []
            )
    return problems


def _left_out(mapping: Mapping, table: str) -> list[ColumnMapping]:
    """Find the columns left out for their header; one somebody left out himself is not among them."""
    return [
        item
        for item in mapping.columns_of(table)
        if item.role == "drop" and item.how == "synonym" and names_outcome(item.column)
    ]


@cache
def _whole_headers() -> frozenset[str]:
    """Name the headers of a status or a time; beside each other they are read, alone they are neither."""
    places = word_lists("places")
    return frozenset(map(fold_name, (*places["event_time"], *places["event_status"])))
