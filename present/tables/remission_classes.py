"""Response by class of the disease, and who was off steroids, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from present.tables.document import TableColumn, TableDocument, TableRow, section_row
from present.tables.format import format_count, format_months, format_p_words, format_percent_interval

if TYPE_CHECKING:
    from analysis.remission import ClassesResult


def classes_table(result: ClassesResult) -> TableDocument:
    """Show complete and any remission of each class as k/n with exact limits."""
    rows: list[TableRow] = []
    for (name, label), part in result.responses.groupby(["variable", "label"], sort=False):
        rows.append(section_row(str(label)))
        for level, both in part.groupby("level", sort=False):
            cells = [_share(row) for row in both.itertuples()]
            rows.append(TableRow(cells=(str(level), *cells), key=f"{name} {level}", indent=1))
    return TableDocument(
        title="Best response by class of the disease, k/n (exact 95 % CI)",
        columns=(
            TableColumn(id="class", label="Class"),
            TableColumn(id="complete", label="Complete remission", align="center"),
            TableColumn(id="remission", label="Complete or partial remission", align="center"),
        ),
        rows=tuple(rows),
        footnotes=(
            "Counts of the whole follow-up. Whoever was already there before treatment is named apart.",
            *(_test_words(row) for row in result.tests.itertuples()),
        ),
    )


def steroids_table(result: ClassesResult) -> TableDocument:
    """Show who took no steroid at the visit, with the denominators on the way."""
    names = ("Group", "Patients", "Seen at the visit", "Dose recorded", "Off steroids, k/n (exact 95 % CI)")
    return TableDocument(
        title=f"Off steroids at month {format_months(result.month)}",
        columns=tuple(
            TableColumn(id=name, label=name, align="left" if not i else "center") for i, name in enumerate(names)
        ),
        rows=tuple(_steroid_row(row) for row in result.steroids.itertuples()),
        footnotes=("Whoever was not seen at the visit is not counted as off steroids.",),
    )


def _test_words(row: Any) -> str:
    kind = {"complete": "complete remission", "remission": "complete or partial remission"}[row.kind]
    found = row.reason or f"{row.method}, {format_p_words(row.p_value)}"
    return f"{row.label}, {kind}, {format_count(row.n)} patients with a recorded class: {found}."


def _share(row: Any) -> str:
    before = f"; {format_count(row.n_before)} already before treatment" if row.n_before else ""
    return f"{_counted(row.k, row.n, row)}{before}"


def _steroid_row(row: Any) -> TableRow:
    counts = [format_count(n) for n in (row.n, row.n_visit, row.n_known)]
    value = row.reason or _counted(row.n_free, row.n_known, row)
    return TableRow(cells=(str(row.group), *counts, value), key=str(row.group))


def _counted(k: int, n: int, row: Any) -> str:
    return f"{format_count(k)}/{format_count(n)} ({format_percent_interval(row.conf_low, row.conf_high)} %)"
