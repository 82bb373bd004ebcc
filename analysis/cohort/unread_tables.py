"""Which tables and columns of an upload does a mapping not read, and what is missing because of it?"""

from __future__ import annotations

import pandas as pd

from analysis.cohort.columns import Source, column_problem
from analysis.cohort.mapping import Mapping
from analysis.cohort.model import Problem
from analysis.cohort.raw import RawTable
from analysis.cohort.table_shapes import Tables


def not_read(table: RawTable, mapping: Mapping, name: str) -> Problem:
    """Say why a whole table was not read, with its rows."""
    source = Source(file=table.file, sheet=table.sheet, patients=pd.Series(dtype=object))
    known = any(item.table == name for item in mapping.tables)
    why = "has no column of patient ids, or the mapping leaves it out" if known else "is unknown to the mapping"
    message = f"This table {why}. Its {len(table.cells)} rows were not read."
    return column_problem("", source, severity="warning", message=message, remedy="Nothing to do if it holds no data.")


def missing_columns(mapping: Mapping, tables: Tables) -> list[Problem]:
    """List what the mapping expects and what the file brings beside it."""
    problems = []
    for name, table in tables.items():
        source = Source(file=table.file, sheet=table.sheet, patients=pd.Series(dtype=object))
        expected = {item.column for item in mapping.columns_of(name)}
        for header in sorted(expected - set(table.cells)):
            message, remedy = f"The mapping expects the column “{header}”; it is not in the file.", "Map it again."
            problems.append(column_problem(header, source, severity="warning", message=message, remedy=remedy))
        for header in [header for header in table.cells if header not in expected]:
            filled = int(table.cells[header].str.strip().ne("").sum())
            message = f"The mapping does not know the column “{header}”. Its {filled} cells were not read."
            problems.append(column_problem(str(header), source, severity="warning", message=message, remedy="Map it."))
    return problems


def without_denominator(mapping: Mapping, tables: Tables) -> list[Problem]:
    """Say that patients without any event are missing where only events, doses or the like were loaded."""
    if not {mapping.table_role(name) for name in tables} <= {"adverse_events", "events", "doses"}:
        return []
    table = next(iter(tables.values()))
    source = Source(file=table.file, sheet=table.sheet, patients=pd.Series(dtype=object))
    message = (
        "A proportion needs all patients; no table lists them, and who has no row here is missing. "
        "Every proportion of patients with an event is too high."
    )
    remedy = "Load the table of patients together with this one."
    return [column_problem("", source, severity="error", message=message, remedy=remedy)]
