"""Which value did each group have at each visit, and of how many patients?"""

from __future__ import annotations

import math
from collections.abc import Iterable

from analysis.cohort.dictionary import variable
from analysis.estimators.comparisons import SMALLEST_TESTED
from analysis.labs import TrajectoryResult, VisitSummary, summaries_of
from present.tables.document import TableColumn, TableDocument, TableRow, section_row
from present.tables.format import (
    format_count,
    format_difference,
    format_estimate,
    format_limit,
    format_months,
    format_number,
)
from present.tables.labs_words import median_text

MOST_WITH_COUNT_COLUMNS = 2  # groups; beyond, a column each for the counts would not fit on a screen
KIND_WORDS = {
    "median": "median (Q1, Q3)",
    "range": "median [smallest to largest]",
    "mean": "mean (95 % CI)",
    "geometric_mean": "geometric mean (95 % CI)",
}


def trajectory_table(result: TrajectoryResult) -> TableDocument:
    """Lay out the laboratory values: a block per variable, a row per visit, two columns per group."""
    rows: list[TableRow] = []
    for name in dict.fromkeys(result.summary["variable"].tolist()):
        visits = summaries_of(result.summary, name)
        rows.append(section_row(f"{variable(name).label_with_unit()}, {KIND_WORDS[leading_kind(visits)]}"))
        cells: dict[float, list[VisitSummary]] = {}
        for visit in visits:
            cells.setdefault(visit.month, []).append(visit)
        rows.extend(_visit_row(name, month, groups, wide=_is_wide(result)) for month, groups in cells.items())
    return TableDocument(
        title="Laboratory values over time",
        columns=(TableColumn(id="visit", label="Visit"), *_group_columns(result)),
        rows=tuple(rows),
        footnotes=_footnotes(result),
    )


def leading_kind(visits: Iterable[VisitSummary]) -> str:
    """Name the summary of most visits: a few small cells with a range do not name a course of medians."""
    kinds = [visit.kind for visit in visits if visit.n_measured]
    return next((kind for kind in kinds if kind != "range"), kinds[0] if kinds else "median")


def value_text(row: VisitSummary, *, decimals: int | None = None, signed: bool = False) -> str:
    """Write the summary of one group at one visit, changes with their sign, or that there is no value."""
    if not row.n_measured:
        return "no value"
    decimals = variable(row.variable).decimals if decimals is None else decimals
    if row.n_limit == row.n_measured > 1 and math.isfinite(row.limit):
        return f"all <{format_limit(row.limit)}"
    if row.kind in ("median", "range"):
        return median_text(
            row.estimate, row.conf_low, row.conf_high, n=row.n_measured, by_range=row.kind == "range",
            decimals=decimals, limit=row.limit, signed=signed,
        )  # fmt: skip
    if signed:
        return format_difference(row.estimate, row.conf_low, row.conf_high, decimals=decimals)
    if row.n_measured == 1:
        return format_number(row.estimate, decimals=decimals)
    return format_estimate(row.estimate, row.conf_low, row.conf_high, decimals=decimals)


def _is_wide(result: TrajectoryResult) -> bool:
    """Say whether the counts need columns of their own no more: with three groups they stand behind the value."""
    return len(result.groups) > MOST_WITH_COUNT_COLUMNS


def _group_columns(result: TrajectoryResult) -> list[TableColumn]:
    columns = []
    for place, group in enumerate(result.groups):
        label = f"{group}, N = {format_count(result.group_sizes[group])}"
        if not _is_wide(result):
            counts = f"{group}: measured / followed"
            columns.append(TableColumn(id=f"n_{place}", label=counts, align="right", group=group))
        columns.append(TableColumn(id=f"value_{place}", label=label, align="right", group=group))
    return columns


def _visit_row(name: str, month: float, groups: list[VisitSummary], *, wide: bool) -> TableRow:
    cells = ["Baseline" if month == 0 else f"Month {format_months(month)}"]
    for row in groups:
        measured, followed = format_count(row.n_measured), format_count(row.n_followed)
        pair = [f"{measured} / {followed}", value_text(row)]
        cells += [f"{value_text(row)}; {measured}/{followed}"] if wide else pair
    return TableRow(cells=tuple(cells), indent=1, key=f"{name}={month:g}")


def _footnotes(result: TrajectoryResult) -> tuple[str, ...]:
    low, high = (format_number(month, decimals=1) for month in result.span_months)
    ranges = "range" in set(result.summary["kind"])
    return (
        *(("After the semicolon: measured / followed.",) if _is_wide(result) else ()),
        *((f"a [b to c]: median, smallest and largest, of fewer than {SMALLEST_TESTED} values.",) if ranges else ()),
        result.method.sentence,
        f"Visits take their values from windows between month {low} and month {high}; "
        "early and unscheduled values belong to none.",
        *_counted(result, "n_limit", "below or above detection, at half the lower limit"),
        *_counted(result, "n_zero", "of zero or below; on logarithms as the notes say"),
    )


def _counted(result: TrajectoryResult, column: str, words: str) -> list[str]:
    counts = result.summary.groupby("variable", sort=False)[column].sum()
    return [f"{variable(str(name)).label}: {format_count(n)} {words}." for name, n in counts.items() if n]
