"""What did each group have at one visit (the papers' Table 2), and given where each patient started?"""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from analysis.cohort.dictionary import Variable, variable
from analysis.labs import AdjustedResult, OneVisit
from present.tables.document import TableColumn, TableDocument, TableRow
from present.tables.format import (
    MISSING,
    format_count,
    format_estimate,
    format_mean_sd,
    format_median_quartiles,
    format_months,
    format_number,
    format_p,
    format_points,
    format_share,
)

KIND_NAMES = {"mean": "mean ± SD", "median": "median (Q1, Q3)", "range": "median [smallest to largest]", "share": "n"}


def visit_table(result: OneVisit) -> TableDocument:
    """Lay out the visit: a row per variable, a column per group, the difference and its test where there are groups."""
    compares = len(result.groups) > 1
    tests = result.tests.set_index("variable")
    rows, marks = [], _test_marks(result.tests)
    for name, block in result.rows.groupby("variable", sort=False):
        cells = [_row_name(str(name), month=result.month, kind=block["kind"].iloc[0])]
        cells += [_group_cell(row) for row in block.itertuples()]
        rows.append(TableRow(cells=(*cells, *(_test_cells(tests.loc[name], marks) if compares else ())), key=str(name)))
    return TableDocument(
        title=f"Values at {_visit(result.month)}",
        columns=(
            TableColumn(id="variable", label="Variable"),
            *_group_columns(result),
            *(_TEST_COLUMNS if compares else ()),
        ),
        rows=tuple(rows),
        footnotes=_footnotes(result, marks if compares else {}),
    )


def pairs_table(result: OneVisit) -> TableDocument:
    """Lay out every pair of more than two groups: the difference, P as computed and adjusted by Holm."""
    rows = []
    for row in result.pairs.itertuples():
        decimals = variable(row.variable).decimals
        cells = (
            variable(row.variable).label_with_unit(),
            f"{row.group} − {row.reference_group}",
            format_estimate(row.estimate, row.conf_low, row.conf_high, decimals=decimals, reason=row.reason),
            format_p(row.p_value),
            format_p(row.p_holm),
        )
        rows.append(TableRow(cells=cells))
    labels = ("Variable", "Groups", "Difference (95 % CI)", "P", "P, Holm")
    return TableDocument(
        title=f"Pairs of groups at {_visit(result.month)}",
        columns=_columns(labels),
        rows=tuple(rows),
        footnotes=("Intervals are not adjusted; Holm over the pairs of one variable.",),
    )


def adjusted_table(result: AdjustedResult) -> TableDocument:
    """Lay out the comparison adjusted for baseline: the estimate with its interval, then n and P."""
    rows = [
        TableRow(
            cells=(
                variable(row.variable).label_with_unit(),
                f"{row.group} {'over' if row.scale == 'log' else 'minus'} {row.reference_group}",
                "ratio of geometric means" if row.scale == "log" else "difference of means",
                format_estimate(
                    row.estimate, row.conf_low, row.conf_high, decimals=contrast_decimals(row), reason=row.reason
                ),
                format_count(row.n),
                format_p(row.p_value),
            ),
            key=f"{row.variable}={row.group}",
        )
        for row in result.rows.itertuples()
    ]
    labels = ("Variable", "Groups", "Measure", "Estimate (95 % CI)", "n", "P")
    return TableDocument(
        title=f"Adjusted for baseline, {_visit(result.month)}",
        columns=_columns(labels),
        rows=tuple(rows),
        footnotes=(*(note.text for note in result.notes if note.code == "W-02"), result.method.sentence),
    )


def contrast_decimals(row: Any) -> int:
    """Give a ratio two decimals and a difference one more than its variable is measured with."""
    return 2 if row.scale == "log" else variable(row.variable).decimals + 1


def _visit(month: float) -> str:
    return f"month {format_months(month)}"


def _columns(labels: tuple[str, ...]) -> tuple[TableColumn, ...]:
    return tuple(
        TableColumn(id=f"column_{place}", label=label, align="left" if place < 2 else "right")
        for place, label in enumerate(labels)
    )


_TEST_COLUMNS = (
    TableColumn(id="difference", label="Difference (95 % CI)", align="right"),
    TableColumn(id="p_value", label="P", align="right"),
)


def _group_columns(result: OneVisit) -> list[TableColumn]:
    return [
        TableColumn(
            id=f"group_{place}", label=f"{group}, N = {format_count(result.group_sizes[group])}", align="right",
            group=group,
        )
        for place, group in enumerate(result.groups)
    ]  # fmt: skip


def _row_name(name: str, *, month: float, kind: str) -> str:
    entry: Variable = variable(name)
    label = f"Rituximab by {_visit(month)} (g)" if name == "rtx_cumulative_dose_g" else entry.label_with_unit()
    return f"{label}, {KIND_NAMES[kind]}"


def _group_cell(row: Any) -> str:
    """Write the summary of one group, with n where not everybody was measured."""
    if not row.n:
        return "no value"
    if row.kind == "share":
        return format_share(row.count, row.n)
    decimals = variable(row.variable).decimals
    if row.kind == "range":
        text = format_number(row.median, decimals=decimals)
        if row.n > 1:
            low, high = (format_number(end, decimals=decimals) for end in (row.minimum, row.maximum))
            text += f" [{low} to {high}]"
    elif row.kind == "mean":
        text = format_mean_sd(row.mean, row.sd, decimals=decimals)
    else:
        text = format_median_quartiles(row.median, row.q1, row.q3, decimals=decimals)
    return text if row.n == row.n_total else f"{text}; n = {format_count(row.n)}"


def _test_cells(row: pd.Series, marks: dict[str, str]) -> tuple[str, str]:
    estimate, low, high = row["estimate"], row["conf_low"], row["conf_high"]
    if row["kind"] == "share":
        difference = f"{format_points(estimate, low, high)} points" if math.isfinite(estimate) else MISSING
    else:
        difference = format_estimate(estimate, low, high, decimals=variable(str(row.name)).decimals)
    if not math.isfinite(row["p_value"]):
        return difference, row["reason"] or MISSING
    return difference, f"{format_p(row['p_value'])} {marks[row['method']]}"


def _test_marks(tests: pd.DataFrame) -> dict[str, str]:
    """Give each test that was made a letter for the footnotes."""
    made = tests.loc[tests["p_value"].notna(), "method"].unique()
    return {method: chr(ord("a") + place) for place, method in enumerate(made)}


def _footnotes(result: OneVisit, marks: dict[str, str]) -> tuple[str, ...]:
    limited = result.rows.groupby("variable", sort=False)["n_limit"].sum()
    followed = result.rows.drop_duplicates("group")
    counts = ", ".join(
        f"{row.group} {format_count(row.n_followed)} of {format_count(row.n_total)}" for row in followed.itertuples()
    )
    return (
        *(f"{letter} {method}" for method, letter in marks.items()),
        *((f"Still followed when the window of the visit opened: {counts}.",) if counts else ()),
        *(
            f"{variable(str(name)).label}: {format_count(n)} below or above detection, at half the lower limit."
            for name, n in limited[limited > 0].items()
        ),
        result.method.sentence,
    )
