"""Which sheets of one workbook have the same layout, and what does the name of the sheet say then?

One sheet per arm or per centre is common; the arm then stands nowhere but in the name of the sheet.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from analysis.cohort.meanings import fold_name, read_meaning, read_visit_word
from analysis.cohort.raw import RawTable
from analysis.cohort.value_words import read_regimen

SHEET_COLUMN = "name of the sheet"
GROUP_COLUMN = f"group ({SHEET_COLUMN})"
VISIT_COLUMN = f"visit ({SHEET_COLUMN})"
SAME_LAYOUT = 0.8  # share of headers in common


def same_layout(one: RawTable, two: RawTable) -> bool:
    """Tell whether two tables have nearly the same headers."""
    first, second = _headers(one), _headers(two)
    return min(len(first), len(second)) > 1 and len(first & second) >= SAME_LAYOUT * len(first | second)


def with_sheet_names(tables: list[RawTable]) -> list[RawTable]:
    """Put the name of the sheet into a column where several sheets of a workbook list patients in the same layout.

    Where every name is a regimen and no other column is one, the column is the group. Sheets that are named
    after visits (Month 0, M3, 6个月) get the visit instead: their rows are those of one visit.
    """
    visits = [table for table in tables if _is_of_a_visit(table)]
    return [
        _of_visit(table) if any(map(partial(_same_visits, table), visits)) else
        _named(table, [other for other in tables if _alike(table, other)])
        for table in tables
    ]  # fmt: skip


def sheets_are_visits(tables: list[RawTable]) -> bool:
    """Tell whether the names of sheets are those of visits (baseline, month 3): the same patients come again."""
    return all(read_visit_word(table.sheet)[1] is not None for table in tables)


def _is_of_a_visit(table: RawTable) -> bool:
    """Tell whether a sheet is named after a visit and lists patients without saying the visit itself."""
    if table.format != "excel" or table.dataset or read_visit_word(table.sheet)[1] is None:
        return False
    found = [meaning for header in table.cells if (meaning := read_meaning(str(header))) is not None]
    placed = any((item.part, item.name) == ("place", "visit") or item.visit for item in found)
    return not placed and any(item.name == "patient_id" for item in found)


def _same_visits(one: RawTable, two: RawTable) -> bool:
    """Tell whether two sheets of a workbook are visits of the same patients: they measure the same things."""
    both = one.file == two.file and one.sheet != two.sheet and _is_of_a_visit(one)
    return both and len(_headers(one) & _headers(two)) > 1


def _of_visit(table: RawTable) -> RawTable:
    return replace(table, cells=table.cells.assign(**{VISIT_COLUMN: table.sheet}))


def _alike(one: RawTable, two: RawTable) -> bool:
    return bool(one.sheet) and one.file == two.file and same_layout(one, two)


def _named(table: RawTable, alike: list[RawTable]) -> RawTable:
    if len(alike) < 2 or sheets_are_visits(alike):
        return table
    meanings = [found for header in table.cells if (found := read_meaning(str(header))) is not None]
    ids = [header for header in table.cells if (found := read_meaning(str(header))) and found.name == "patient_id"]
    if not ids:
        return table
    grouped = any(found.name == "regimen_group" and found.how != "guess" for found in meanings)
    regimens = {read_regimen(other.sheet) for other in alike}
    if not grouped and "" not in regimens and len(regimens) == len(alike):
        return replace(table, cells=table.cells.assign(**{GROUP_COLUMN: table.sheet}))
    if table.cells[ids[0]].duplicated().any() or SHEET_COLUMN in table.cells:
        return table
    return replace(table, cells=table.cells.assign(**{SHEET_COLUMN: table.sheet}))


def _headers(table: RawTable) -> set[str]:
    ours = (SHEET_COLUMN, GROUP_COLUMN, VISIT_COLUMN)
    return {fold_name(str(header)) for header in table.cells if header not in ours}
