"""Which column of a table says which patient a row belongs to?"""

from __future__ import annotations

from dataclasses import replace

from analysis.cohort.mapping import ColumnMapping
from analysis.cohort.raw import RawTable


def with_patient_id(columns: list[ColumnMapping], table: RawTable) -> list[ColumnMapping]:
    """Choose one column of patient ids; where none is headed as one, a record number serves, under pseudonyms."""
    named = [item for item in columns if item.role == "patient_id"]
    able = [item for item in named if len(table.cells) == 1 or table.cells[item.column].nunique() > 1]
    claimed = able or named or _record_numbers(columns, table)
    if not claimed:
        return columns
    chosen = max(claimed, key=lambda item: _id_preference(item, table))
    kept = [replace(item, role="patient_id") if item == chosen else item for item in columns]
    others = {item.column for item in named if item != chosen}
    return [replace(item, role="drop") if item.column in others else item for item in kept]


def _record_numbers(columns: list[ColumnMapping], table: RawTable) -> list[ColumnMapping]:
    """Find identifying columns with a digit in nearly every cell: record numbers, not names."""
    return [
        item
        for item in columns
        if item.role == "identifying"
        and item.how == "synonym"
        and table.cells[item.column].str.contains(r"\d").mean() > 0.9
    ]


def _id_preference(column: ColumnMapping, table: RawTable) -> tuple[int, int, bool]:
    """Prefer the exact name, then ids with letters or gaps over a running number."""
    text = table.cells[column.column].str.strip()
    running = text.tolist() == [str(number) for number in range(1, len(text) + 1)]
    order = ("exact", "normalised", "synonym", "label", "guess")
    return (0 if running else 1, len(order) - order.index(column.how) if column.how in order else 0, text.is_unique)
