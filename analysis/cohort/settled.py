"""What is settled about a column by its header, its values and the answers given?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import pandas as pd

from analysis.cohort.cells import read_numbers
from analysis.cohort.dictionary import Variable, data_dictionary
from analysis.cohort.mapping import ColumnMapping, Mapping
from analysis.cohort.table_shapes import Tables
from analysis.cohort.units import (
    UnitEvidence,
    contradicts,
    known_unit,
    needs_no_question,
    points_are_ambiguous,
    settle_commas,
)
from analysis.cohort.value_words import variable_of

NumericGroup = tuple[str, str, str]  # table, variable, unit of the header


def numeric_groups(mapping: Mapping) -> dict[NumericGroup, list[ColumnMapping]]:
    """Group the measured columns that share table, variable and stated unit: one unit, one question."""
    groups: dict[NumericGroup, list[ColumnMapping]] = {}
    for column in mapping.columns:
        variable = dictionary_variable(column)
        if variable is not None and variable.kind == "continuous" and is_read(mapping, column):
            groups.setdefault((column.table, column.variable, column.header_unit), []).append(column)
    return groups


def dictionary_variable(column: ColumnMapping) -> Variable | None:
    """Look up the dictionary variable of a column; yes/no columns of adverse events count as one."""
    return variable_of(column) if column.role in ("variable", "keep") else None


def is_read(mapping: Mapping, column: ColumnMapping) -> bool:
    """Tell whether a column takes part: its table is read and its meaning is no open guess."""
    return mapping.table_role(column.table) != "leave out" and (column.how != "guess" or column.confirmed)


def numbers_of(columns: list[ColumnMapping], tables: Tables) -> pd.Series:
    """Read the numbers of several columns of one table, one below the other, index = spreadsheet row."""
    read = [_numbers(item, tables) for item in columns]
    return pd.concat(read) if read else pd.Series(dtype=float)


def points_are_open(column: ColumnMapping, tables: Tables) -> bool:
    """Tell whether it must still be asked if the points of a column are decimal points or separate thousands."""
    return not column.decimal and points_are_ambiguous(text_of(column, tables), tables[column.table].cells)


def _numbers(column: ColumnMapping, tables: Tables) -> pd.Series:
    """Read the numbers of a column; none while it is open what its points mean."""
    text = text_of(column, tables)
    if points_are_open(column, tables):
        return pd.Series(np.nan, index=text.index)
    return read_numbers(settle_commas(text, column.decimal)).value.astype(float)


def text_of(column: ColumnMapping, tables: Tables) -> pd.Series:
    """Take the cells of one column."""
    return tables[column.table].cells[column.column]


def unit_in_use(column: ColumnMapping, evidence: UnitEvidence) -> str:
    """Name the unit a column is read in: the one confirmed, else the header's where the values agree, else "?"."""
    variable = data_dictionary()[column.variable]
    if column.unit or not variable.unit:
        return column.unit
    if column.header_unit:
        stated = known_unit(variable, column.header_unit)
        return stated if stated and not contradicts(variable, stated, evidence) else "?"
    return variable.unit if needs_no_question(variable, evidence) else "?"


def zero_columns(mapping: Mapping) -> list[ColumnMapping]:
    """List the columns of dates that are day 0: the chosen one, then those of the same meaning in other tables."""
    chosen = mapping.column(*mapping.time_zero) if mapping.time_zero else None
    if chosen is None:
        return []
    role = mapping.table_role(chosen.table)
    others = [
        item
        for item in mapping.columns
        if item.role == "date" and item.variable and item.variable == chosen.variable and item.table != chosen.table
        and is_read(mapping, item) and (item.variable == "first_rtx" or mapping.table_role(item.table) == role)
    ]  # fmt: skip
    return [chosen, *others]


def listed_some(items: Iterable[object], most: int = 6) -> str:
    """Name the first items and count the others."""
    shown = [str(item)[:60] for item in items]
    return ", ".join(shown[:most]) + (f" and {len(shown) - most} more" if len(shown) > most else "")


def patient_tag(mapping: Mapping, identifier: str) -> str:
    """Name a patient in a mapping: by the id of the file, or by its digest where ids say who a patient is."""
    return digest([identifier]) if mapping.pseudonyms else identifier


def digest(items: Iterable[object]) -> str:
    """Shorten what a question depends on, so that it is asked again when that changes."""
    return hashlib.sha256("\x1f".join(sorted(map(str, items))).encode()).hexdigest()[:8]
