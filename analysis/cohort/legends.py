"""Which sheets explain codes although one of their columns is headed as an id? Those make no patients."""

from __future__ import annotations

import re
from functools import partial

from analysis.cohort.mapping import Mapping, Question
from analysis.cohort.settled import listed_some
from analysis.cohort.sheet_layouts import same_layout
from analysis.cohort.table_shapes import Tables
from analysis.cohort.value_words import clean_word
from analysis.cohort.vocabulary import fold, map_distinct

PATIENTS, LEGEND = "patients", "legend"  # answers
MOST_COLUMNS = 3  # of a sheet that is taken for a legend by the form of its ids
MOST_OF_THE_LARGEST = 0.5  # such a sheet has at most this share of the ids of another one
_SAYS_NOTHING = frozenset({"patient_id", "centre", "keep", "drop", "identifying"})  # roles without a known meaning
HEADERS_AMONG_IDS = 0.5  # share of the ids that are headers of the file, from which they explain these columns


def suspected_legends(mapping: Mapping, tables: Tables) -> dict[str, tuple[str, ...]]:
    """Find tables of patients whose ids are in no other table and look like no id: names of columns, or codes.

    Returns the ids of each such table of which nobody said yet that it lists patients.
    """
    ids = {name: _ids(name, mapping, tables) for name in tables if mapping.patient_column(name) in tables[name].cells}
    ids = {name: found for name, found in ids.items() if mapping.table_role(name) != "leave out"}
    homes = [name for name in ids if mapping.table_role(name) == "patients" and tells(name, mapping)]
    suspect = partial(_is_suspect, ids=ids, tables=tables)
    found = {name: tuple(sorted(ids[name])) for name in homes if suspect(name)}
    return {name: of for name, of in found.items() if mapping.answer_to(question_id(name)) != PATIENTS}


def legend_questions(mapping: Mapping, tables: Tables) -> list[Question]:
    """Ask whether such a table explains codes or lists patients."""
    return [
        Question(
            id=question_id(name),
            kind="legend",
            table=name,
            columns=(mapping.patient_column(name) or "",),
            text=f"Does {name} list patients, or does it explain codes?",
            found=f"Its ids stand in no other table: {listed_some(ids)}. Until answered its rows are not read.",
            choices=((LEGEND, "It explains codes: do not read it"), (PATIENTS, "It lists patients")),
            proposal=LEGEND,
            blocking=False,
        )
        for name, ids in suspected_legends(mapping, tables).items()
    ]


def tells(name: str, mapping: Mapping) -> bool:
    """Tell whether a table has a column with a known meaning beside the ids."""
    return any(item.role not in _SAYS_NOTHING for item in mapping.columns_of(name))


def question_id(table: str) -> str:
    """Name the question about one table."""
    return f"legend|{table}"


def _ids(name: str, mapping: Mapping, tables: Tables) -> set[str]:
    return set(map_distinct(tables[name].cells[mapping.patient_column(name)], clean_word)) - {""}


def _is_suspect(name: str, ids: dict[str, set[str]], tables: Tables) -> bool:
    mine, others = ids[name], {other: found for other, found in ids.items() if other != name}
    theirs = set().union(*others.values())
    if not mine or not theirs or mine & theirs or any(same_layout(tables[name], tables[other]) for other in others):
        return False
    headers = {fold(str(header)) for table in tables.values() for header in table.cells}
    if sum(fold(item) in headers for item in mine) >= HEADERS_AMONG_IDS * len(mine):
        return True
    small = len(tables[name].cells.columns) <= MOST_COLUMNS
    few = len(mine) <= MOST_OF_THE_LARGEST * max(map(len, others.values()))
    return small and few and not {_shape(item) for item in mine} & {_shape(item) for item in theirs}


def _shape(identifier: str) -> str:
    """Write an id as its form: P-012 is a-0."""
    letters = re.sub(r"[^\W\d_]+", "a", identifier)
    return re.sub(r"\d+", "0", letters)
