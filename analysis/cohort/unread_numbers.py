"""Which column is headed as a measured value, and holds nothing but words?"""

from __future__ import annotations

from analysis.cohort.cells import read_numbers
from analysis.cohort.dictionary import data_dictionary
from analysis.cohort.mapped_columns import Ledger, Prepared, n_filled
from analysis.cohort.mapping import ColumnMapping
from analysis.cohort.meanings import read_meaning


def list_words_for_numbers(column: ColumnMapping, prepared: Prepared, ledger: Ledger) -> None:
    """List a column that was kept as words although its header is that of a number."""
    meaning = read_meaning(column.column)
    if meaning is None or meaning.how == "guess" or meaning.part != "variable":
        return
    variable, text = data_dictionary()[meaning.name], prepared.cells(column)
    n_cells = n_filled(text)
    if variable.kind != "continuous" or not n_cells or read_numbers(text).value.notna().any():
        return
    message = (
        f"{variable.label_with_unit()} needs numbers; none of the {n_cells} cells of “{column.column}” is one. "
        "They were kept as words."
    )
    remedy = "Write numbers, or take the column for something else."
    ledger.note(column, prepared.source(column.table), "warning", message, remedy)
