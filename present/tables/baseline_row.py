"""Who is behind a number of the baseline table, and how do its groups compare pair by pair?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from present.tables.document import TableColumn, TableDocument, TableRow
from present.tables.format import MISSING, format_count, format_difference, format_limit, format_number, format_p

if TYPE_CHECKING:
    from analysis.baseline import RowResult

MOST_LISTED = 500  # a longer list is no longer read, and slows the page


def patients_table(row: RowResult, group: str, level: str) -> TableDocument:
    """List the patients of one cell, of a group or of all: with a value ("all"), of one level, or without ("")."""
    part = row.values[(row.values["group"] == group) | (group == row.table.overall)]
    if row.kind == "continuous":
        known = part["value"].notna()
        part = part[known] if level else part[~known]
        part = part.sort_values("value", kind="stable")
    else:
        part = part[part["level"] == level]
    footnotes = () if len(part) <= MOST_LISTED else (f"The first {MOST_LISTED} of {format_count(len(part))}.",)
    words = "without a value" if not level else "with a value" if level == "all" else row.variable.level_label(level)
    return TableDocument(
        title=f"{row.variable.label}, {group}, {words}: n = {format_count(len(part))}",
        columns=(
            TableColumn(id="patient_id", label="Patient"),
            TableColumn(id="value", label=row.variable.label_with_unit(), align="right"),
        ),
        rows=tuple(TableRow(cells=(str(one.patient_id), _value(row, one)), key=str(one.patient_id))
                   for one in part.head(MOST_LISTED).itertuples()),
        footnotes=footnotes,
    )  # fmt: skip


def pairs_table(row: RowResult) -> TableDocument:
    """Write the test of each pair of groups, raw and adjusted."""
    labels = ("Pair", "Difference (95 % CI)", "P", "P (Holm)", "Test")
    aligns = ("left", "right", "right", "right", "left")
    return TableDocument(
        title=f"{row.variable.label}: pairs of groups",
        columns=tuple(TableColumn(id=label, label=label, align=align)  # type: ignore[arg-type]
                      for label, align in zip(labels, aligns, strict=True)),
        rows=tuple(TableRow(cells=_pair_cells(row, pair)) for pair in row.pairs.itertuples()),
        footnotes=(f"{row.pairs['p_value'].notna().sum()} of {len(row.pairs)} pairs tested; Holm's correction over "
                   "these, not over other rows; intervals are not adjusted.",),
    )  # fmt: skip


def _value(row: RowResult, one: Any) -> str:
    if row.kind != "continuous":
        return row.variable.level_label(one.level) if one.level else MISSING
    if one.limited:
        return f">{format_limit(one.value)}" if one.above else f"<{format_limit(2 * one.value)}"
    return format_number(one.value, decimals=row.variable.decimals)


def _pair_cells(row: RowResult, pair: Any) -> tuple[str, ...]:
    decimals = row.variable.decimals
    gap = format_difference(pair.estimate, pair.conf_low, pair.conf_high, decimals=decimals)
    ended = pair.reason or pair.method
    return (f"{pair.group} − {pair.reference_group}", gap, format_p(pair.p_value), format_p(pair.p_holm), ended)
