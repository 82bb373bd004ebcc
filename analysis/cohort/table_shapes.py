"""Which tables does an upload hold once tests listed one per row stand side by side?

CDISC BDS tables (PARAMCD, AVAL) and hospital lists (test, result, unit) become one column per
test; a table with several times to an event becomes one table per event; REDCap arms that exist
only in the event name become a column. Every row keeps the number a spreadsheet shows.
"""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd

from analysis.cohort.cell_shapes import with_pressures_apart
from analysis.cohort.cell_units import with_units_apart
from analysis.cohort.meanings import fold_name, read_meaning, word_lists
from analysis.cohort.raw import RawTable, RawTables
from analysis.cohort.sheet_layouts import with_sheet_names
from analysis.cohort.vocabulary import map_distinct

ARM_COLUMN = "arm (redcap_event_name)"
Tables = dict[str, RawTable]


def prepare_tables(raw: RawTables) -> Tables:
    """Give the tables of an upload by key, with one column per measured quantity.

    Returns
    -------
    dict
        The key is ``file`` or ``file › sheet``. Codes with value labels are replaced by their
        labels. The index of ``cells`` stays the spreadsheet row; where several rows became one,
        the first of them.
    """
    tables: Tables = {}
    for table in with_sheet_names([_shaped(table) for table in raw.tables]):
        for part in _split(table):
            tables[table_key(part)] = with_units_apart(part)
    return tables


def _shaped(table: RawTable) -> RawTable:
    return with_pressures_apart(_with_arm(_labelled(table)))


def table_key(table: RawTable) -> str:
    """Name a table as the wizard does."""
    return f"{table.file} › {table.sheet}" if table.sheet else table.file


def _labelled(table: RawTable) -> RawTable:
    """Replace the codes of a statistics file by their value labels."""
    labels = {
        column: {str(code): str(label) for code, label in codes.items()}
        for column, codes in table.value_labels.items()
        if column in table.cells
    }
    if not labels:
        return table
    worded = {column: _worded(table.cells[column], of) for column, of in labels.items()}
    return replace(table, cells=table.cells.assign(**worded))


def _worded(text: pd.Series, labels: dict[str, str]) -> pd.Series:
    return map_distinct(text, lambda cell: labels.get(cell, cell))


def _with_arm(table: RawTable) -> RawTable:
    """Take the arm out of REDCap event names such as ``visit_1_arm_2``."""
    name = next((header for header in table.cells if str(header).casefold() == "redcap_event_name"), None)
    if name is None or ARM_COLUMN in table.cells:
        return table
    parts = table.cells[name].str.extract(r"^(?P<event>.*?)_?(?P<arm>arm_\d+)$", flags=re.IGNORECASE)
    if parts["arm"].nunique() < 2:
        return table
    return replace(table, cells=table.cells.assign(**{ARM_COLUMN: parts["arm"].fillna("")}))


def _split(table: RawTable) -> list[RawTable]:
    """Turn a table with one test per row into one with a column per test."""
    found = _parameter_columns(table)
    if "value" not in found or not {"code", "name"} & set(found):
        return [table]
    status = next((header for header in table.cells if fold_name(str(header)) == "cnsr"), None)
    if status is not None:
        return _per_event(table, found)
    return [_side_by_side(table, found)]


def _parameter_columns(table: RawTable) -> dict[str, str]:
    """Find the columns for the test, its code, the result and the unit."""
    wanted = {part: set(map(fold_name, words)) for part, words in word_lists("parameters").items()}
    folded = {str(header): fold_name(str(header)) for header in table.cells}
    found: dict[str, str] = {}
    for part, words in wanted.items():
        header = next((header for header, name in folded.items() if name in words), None)
        found |= {part: header} if header is not None else {}
    return found


def _per_event(table: RawTable, found: dict[str, str]) -> list[RawTable]:
    """Give each time to an event a table of its own; one event needs no splitting."""
    code = found.get("code", found.get("name", ""))
    events = table.cells[code].unique()
    if len(events) < 2:
        return [table]
    sheets = {event: f"{table.sheet} › {event}" if table.sheet else str(event) for event in events}
    return [replace(table, sheet=sheets[event], cells=table.cells[table.cells[code] == event]) for event in events]


def _side_by_side(table: RawTable, found: dict[str, str]) -> RawTable:
    """Spread the results over one column per test and unit; a second result of a visit gets its own row."""
    cells = table.cells
    tests = cells[found.get("name", found.get("code", ""))].str.strip()
    if "unit" in found:
        unit = cells[found["unit"]].str.strip()
        tests = tests.where(unit.eq(""), tests + " (" + unit + ")")
    others = _columns_of_the_visit(cells, set(found.values()))
    place = cells[others].groupby(others, sort=False).ngroup() if others else pd.Series(0, index=cells.index)
    nth = cells.groupby([place, tests], sort=False).cumcount()
    keys = pd.DataFrame({"place": place, "nth": nth, "test": tests, "value": cells[found["value"]]})
    wide = keys.pivot(index=["place", "nth"], columns="test", values="value").fillna("")
    first = keys.reset_index(names="row").drop_duplicates(["place", "nth"]).set_index(["place", "nth"])["row"]
    rows = first.reindex(wide.index).to_numpy()
    spread = wide[[test for test in tests.unique() if test]].set_axis(rows, axis=0)
    return replace(table, cells=pd.concat([cells.loc[rows, others], spread], axis=1).sort_index())


def _columns_of_the_visit(cells: pd.DataFrame, taken: set[str]) -> list[str]:
    """Keep the columns that place a row and those that do not change between the tests of one visit."""
    free = [header for header in cells if header not in taken]
    places = [header for header in free if _places_a_row(str(header))]
    if not places:
        return free
    groups = cells.groupby(places, sort=False)
    return [header for header in free if header in places or groups[header].nunique().max() == 1]


def _places_a_row(header: str) -> bool:
    meaning = read_meaning(header)
    return meaning is not None and (meaning.part in ("place", "date") or meaning.name == "patient_id")
