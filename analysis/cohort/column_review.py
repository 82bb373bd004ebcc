"""Which columns has the file, what stands in them, and what are they taken for? One row per column, for review."""

from __future__ import annotations

from itertools import islice

import pandas as pd

from analysis.cohort.dictionary import data_dictionary
from analysis.cohort.mapping import ColumnMapping, Mapping
from analysis.cohort.person_words import hidden_person
from analysis.cohort.raw import RawTables
from analysis.cohort.table_shapes import prepare_tables

REVIEW_COLUMNS = ["column", "first_values", "meaning", "unit", "month", "how"]
FIRST_VALUES = 3
PLACE_MEANINGS = {
    "patient_id": "Patient id",
    "centre": "Centre",
    "visit": "Visit (month)",
    "day": "Day from time zero",
    "date": "Date",
    "birth_date": "Date of birth",
    "event_time": "Time to event",
    "event_status": "Event status",
}
KEEP, LEAVE_OUT, IDENTIFYING = "Keep as it is", "Leave out", "Points to a person: leave out"
HOW_WORDS = {
    "exact": "same name",
    "normalised": "same name",
    "synonym": "known name",
    "label": "label in the file",
    "content": "content",
    "guess": "guess",
    "chosen": "chosen by you",
    "none": "",
}


def meanings_on_offer() -> dict[str, tuple[str, str]]:
    """List what a column can be taken for: wording -> (role, canonical name)."""
    places = {words: (role, "") for role, words in PLACE_MEANINGS.items() if role != "date"}
    variables = {entry.label: ("variable", name) for name, entry in data_dictionary().items() if not entry.derived}
    return {**places, **variables, KEEP: ("keep", ""), LEAVE_OUT: ("drop", ""), IDENTIFYING: ("identifying", "")}


def review_columns(mapping: Mapping, raw: RawTables, table: str) -> pd.DataFrame:
    """Lay one table's columns out for review.

    Returns one row per column in the order of the file: ``column``, ``first_values`` (three that are
    not blank; hidden where the column is left out), ``meaning`` in words, ``unit``,
    ``month`` (NaN where it belongs to no visit), ``how`` it was recognised.
    """
    cells = prepare_tables(raw)[table].cells
    rows = [
        [
            column.column,
            _first_values(cells, column, mapping),
            meaning_words(column),
            column.unit or column.header_unit,
            float("nan") if column.month is None else column.month,
            HOW_WORDS[column.how],
        ]
        for column in mapping.columns_of(table)
    ]
    return pd.DataFrame(rows, columns=REVIEW_COLUMNS)


def meaning_words(column: ColumnMapping) -> str:
    """Say what a column is taken for."""
    if column.role == "variable":
        known = data_dictionary().get(column.variable)
        return known.label if known else column.variable
    if column.role == "date":
        return f"Date: {column.variable.replace('_', ' ')}" if column.variable else "Date"
    words = {"keep": KEEP, "drop": LEAVE_OUT, "identifying": IDENTIFYING}
    return words.get(column.role) or PLACE_MEANINGS[column.role]


def change_meaning(mapping: Mapping, table: str, column: str, words: str) -> Mapping:
    """Take a column for something else; its unit and the rest are asked again."""
    role, name = meanings_on_offer()[words]
    changes = {"role": role, "variable": name, "unit": "", "value_map": (), "how": "chosen", "confirmed": True}
    return mapping.with_column(table, column, **changes, **({"keep_as": "covariate"} if role == "keep" else {}))


def _first_values(cells: pd.DataFrame, column: ColumnMapping, mapping: Mapping) -> str:
    """Show the first cells; of what is left out or points to a person only how many are filled."""
    if column.column not in cells:
        return ""
    filled = (cell for cell in map(str.strip, map(str, cells[column.column])) if cell)
    personal = column.role in ("identifying", "drop", "birth_date") or column.keep_as == "leave out"
    if personal or (column.role == "patient_id" and mapping.pseudonyms):
        n_filled = sum(1 for _ in filled)
        return f"hidden ({n_filled} filled)" if n_filled else ""
    return " · ".join(hidden_person(cell[:30]) for cell in islice(filled, FIRST_VALUES))
