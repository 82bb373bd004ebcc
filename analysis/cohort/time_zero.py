"""Which date is day 0 of each patient, where one date or several columns of the same meaning give it?"""

from __future__ import annotations

import pandas as pd

from analysis.cohort.columns import row_problems
from analysis.cohort.dates import read_dates
from analysis.cohort.mapped_columns import Ledger, Prepared
from analysis.cohort.mapping import ColumnMapping, Mapping
from analysis.cohort.settled import zero_columns
from analysis.cohort.table_shapes import Tables
from analysis.cohort.value_words import read_regimen, recode


def time_zero(mapping: Mapping, tables: Tables, ids: dict[str, pd.Series]) -> pd.Series:
    """Find the date of time zero of every patient: the first in the chosen column, of rituximab if it lists drugs.

    Other columns of the same meaning give it for patients the chosen one does not date.
    """
    found: pd.Series = pd.Series(dtype="datetime64[ns]")
    for column in zero_columns(mapping):
        if column.table in ids and column.column in tables[column.table].cells:
            found = found.combine_first(_first_dates(column, mapping, tables, ids[column.table]))
    return found


def list_other_zeros(prepared: Prepared, ledger: Ledger) -> None:
    """List every patient whom another column of the same meaning gives another day 0."""
    ids = prepared.ids
    for column in zero_columns(prepared.mapping)[1:]:
        if column.table not in ids or column.column not in prepared.tables[column.table].cells:
            continue
        dates = _first_dates(column, prepared.mapping, prepared.tables, ids[column.table])
        counted = prepared.zero.reindex(dates.index)
        off = (dates - counted).dt.days
        off = off[off.ne(0) & off.notna()]
        rows = ids[column.table].isin(off.index) & ~ids[column.table].duplicated()
        days = ids[column.table][rows].map(off).map("{:+.0f} days".format).astype(object)
        message = f"Day 0 is one day; for {{patient}} “{column.column}” lies {{value}} from that of another table."
        remedy = "Correct one of the dates. The day 0 of the other table counts."
        source = prepared.source(column.table)
        ledger.problems += row_problems(
            days.rename(column.column), source, severity="warning", message=message, remedy=remedy
        )


def _first_dates(column: ColumnMapping, mapping: Mapping, tables: Tables, ids: pd.Series) -> pd.Series:
    """Give the first date of every patient in one column; of rituximab where the rows are of drugs."""
    dates = read_dates(tables[column.table].cells[column.column], column.date_order).date
    drug = next((item for item in mapping.columns_of(column.table) if item.variable == "drug"), None)
    if drug is not None:
        given = recode(tables[drug.table].cells[drug.column], drug.value_map)
        dates = dates.where(given.map(read_regimen).eq("RTX"))
    dated = pd.DataFrame({"id": ids, "date": dates}).dropna()
    return dated[dated["id"].ne("")].groupby("id")["date"].min()
