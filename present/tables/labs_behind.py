"""Who is behind one point of the laboratory values, and with which value?"""

from __future__ import annotations

import math

import pandas as pd

from analysis.cohort.dictionary import variable
from present.tables.document import TableColumn, TableDocument, TableRow
from present.tables.format import MISSING, format_count, format_measured, format_months

MOST_LISTED = 500  # a longer list is no longer read, and slows the page


def behind_table(patients: pd.DataFrame, name: str, *, group: str, month: float, measured: bool) -> TableDocument:
    """List patients with the day and the value that counts for the visit."""
    entry, n = variable(name), len(patients)
    columns = (patients[column].tolist()[:MOST_LISTED] for column in ("patient_id", "day", "value", "qualifier"))
    rows = tuple(
        TableRow(
            cells=(
                str(patient),
                MISSING if math.isnan(day) else format_count(day),
                format_measured(value, qualifier, decimals=entry.decimals),
            ),
            key=str(patient),
        )
        for patient, day, value, qualifier in zip(*columns, strict=True)
    )
    words = "with a value" if measured else "without a value"
    return TableDocument(
        title=f"{entry.label}, {group}, month {format_months(month)}, {words}: n = {format_count(n)}",
        columns=(
            TableColumn(id="patient_id", label="Patient"),
            TableColumn(id="day", label="Day", align="right"),
            TableColumn(id="value", label=entry.label_with_unit(), align="right"),
        ),
        rows=rows,
        footnotes=() if n <= MOST_LISTED else (f"The first {MOST_LISTED} of {format_count(n)}.",),
    )
