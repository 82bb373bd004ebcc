"""What did each group have at one visit (the papers' Table 2), and given where each patient started?"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pandas as pd

from analysis.cohort.dictionary import Variable, variable
from analysis.estimators.comparisons import SMALLEST_TESTED
from analysis.labs import AdjustedResult, OneVisit, label_at
from analysis.results import Note
from present.tables.document import TableColumn, TableDocument, TableRow
from present.tables.format import (
    MISSING,
    format_count,
    format_difference,
    format_limit,
    format_mean_sd,
    format_months,
    format_p,
    format_share,
)
from present.tables.labs_words import contrast_text, median_text

RAISED = "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿ"
COUNTING = ("W-02", "R-LIMIT", "R-ZERO")
SMALL_GROUPS = f"a [b to c]: median, smallest and largest, where a group has fewer than {SMALLEST_TESTED} values."
KIND_NAMES = {"mean": "mean ± SD", "median": "median (Q1, Q3)", "range": "median [smallest to largest]", "share": "n"}


def visit_table(result: OneVisit) -> TableDocument:
    """Lay out the visit: a row per variable, a column per group, the difference and its test where there are groups."""
    compares = len(result.groups) > 1
    tests = result.tests.set_index("variable")
    rows, marks = [], _test_marks(result.tests)
    for name, block in result.rows.groupby("variable", sort=False):
        cells = [_row_name(str(name), month=result.month, kind=_leading_kind(block))]
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
    """Lay out every pair of more than two groups that was tested: the difference, P as computed and by Holm."""
    rows = []
    for row in result.pairs[result.pairs["p_value"].notna()].itertuples():
        decimals = variable(row.variable).decimals
        cells = (
            _label_with_unit(row.variable, result.month),
            f"{row.group} − {row.reference_group}",
            contrast_text(row.estimate, row.conf_low, row.conf_high, by_ratio=False, decimals=decimals),
            format_p(row.p_value),
            format_p(row.p_holm),
        )
        rows.append(TableRow(cells=cells))
    labels = ("Variable", "Groups", "Difference (95 % CI)", "P", "P, Holm")
    return TableDocument(
        title=f"Pairs of groups at {_visit(result.month)}",
        columns=_columns(labels),
        rows=tuple(rows),
        footnotes=(
            *untested_pairs(result),
            "Intervals are not adjusted; Holm over the pairs of one variable.",
            *(note.text for note in result.notes if note.code == "W-02" and " pair" in note.text),
        ),
    )


def untested_pairs(result: OneVisit) -> tuple[str, ...]:
    """Say in one sentence how many pairs of groups have no test, of which variables, and why."""
    untested = result.pairs[result.pairs["p_value"].isna()]
    if untested.empty:
        return ()
    names = ", ".join(label_at(str(name), result.month) for name in untested["variable"].unique())
    small = untested["reason"].str.contains(f"fewer than {SMALLEST_TESTED}").all()
    why = f"a group has fewer than {SMALLEST_TESTED} values" if small else "a group is too small or nothing varies"
    return (f"{format_count(len(untested))} of {format_count(len(result.pairs))} pairs have no test ({why}): {names}.",)


def adjusted_table(result: AdjustedResult) -> TableDocument:
    """Lay out the comparison adjusted for baseline: the estimate with its interval, then n and P."""
    rows = [
        TableRow(
            cells=(
                variable(row.variable).label_with_unit(),
                f"{row.group} {'over' if row.scale == 'log' else 'minus'} {row.reference_group}",
                "ratio of geometric means" if row.scale == "log" else "difference of means",
                contrast_text(
                    row.estimate,
                    row.conf_low,
                    row.conf_high,
                    by_ratio=row.scale == "log",
                    decimals=contrast_decimals(row),
                    reason=row.reason,
                ),
                f"{format_count(row.n_group)} / {format_count(row.n_reference)}",
                format_p(row.p_value),
            ),
            key=f"{row.variable}={row.group}",
        )
        for row in result.rows.itertuples()
    ]
    labels = ("Variable", "Groups", "Measure", "Estimate (95 % CI)", "n (group / reference)", "P")
    return TableDocument(
        title=f"Adjusted for baseline, {_visit(result.month)}",
        columns=_columns(labels),
        rows=tuple(rows),
        footnotes=(*counting_notes(result.notes), result.method.sentence),
    )


def contrast_decimals(row: Any) -> int:
    """Give a ratio two decimals and a difference those of its variable."""
    return 2 if row.scale == "log" else variable(row.variable).decimals


def counting_notes(notes: Iterable[Note]) -> list[str]:
    """Take what says how many tests were made, and how many values are limits or zeros."""
    return [note.text for note in notes if note.code in COUNTING]


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
    return f"{_label_with_unit(name, month)}, {KIND_NAMES[kind]}"


def _label_with_unit(name: str, month: float) -> str:
    entry: Variable = variable(name)
    return replace(entry, label=label_at(name, month)).label_with_unit()


def _leading_kind(block: pd.DataFrame) -> str:
    """Name the summary of the groups that have one: a few small groups with a range do not name the row."""
    kinds = block.loc[block["n"] > 0, "kind"].tolist() or block["kind"].tolist()
    return next((kind for kind in kinds if kind != "range"), "range")


def _all_limits(row: Any) -> bool:
    return row.n_limit == row.n > 1 and math.isfinite(row.limit)


def _group_cell(row: Any) -> str:
    """Write the summary of one group, with n where not everybody was measured."""
    if not row.n:
        return "no value"
    if row.kind == "share":
        return format_share(row.count, row.n)
    decimals = variable(row.variable).decimals
    if _all_limits(row):
        text = f"all <{format_limit(row.limit)}"
    elif row.kind == "mean":
        text = format_mean_sd(row.mean, row.sd, decimals=decimals)
    else:
        ends = (row.minimum, row.maximum) if row.kind == "range" else (row.q1, row.q3)
        text = median_text(row.median, *ends, n=row.n, by_range=row.kind == "range", decimals=decimals, limit=row.limit)
    return text if row.n == row.n_total else f"{text}; n = {format_count(row.n)}"


def _test_cells(row: pd.Series, marks: dict[str, str]) -> tuple[str, str]:
    estimate, low, high = row["estimate"], row["conf_low"], row["conf_high"]
    if row["kind"] == "share":
        difference = format_difference(100 * estimate, 100 * low, 100 * high) + " points" * math.isfinite(estimate)
    else:
        decimals = variable(str(row.name)).decimals
        difference = contrast_text(estimate, low, high, by_ratio=False, decimals=decimals)
    if not math.isfinite(row["p_value"]):
        return difference, row["reason"] or MISSING
    return difference, f"{format_p(row['p_value'])}{marks[row['method']]}"


def _test_marks(tests: pd.DataFrame) -> dict[str, str]:
    """Give each test that was made a raised letter for the footnotes."""
    made = tests.loc[tests["p_value"].notna(), "method"].unique()
    return {method: RAISED[place % len(RAISED)] for place, method in enumerate(made)}


def _mixes_kinds(result: OneVisit) -> bool:
    """Tell whether a row has groups with a range beside groups with another summary."""
    known = result.rows[result.rows["n"] > 0]
    return bool((known.groupby("variable", sort=False)["kind"].nunique() > 1).any())


def _footnotes(result: OneVisit, marks: dict[str, str]) -> tuple[str, ...]:
    limited = result.rows.groupby("variable", sort=False)["n_limit"].sum()
    followed = result.rows.drop_duplicates("group")
    counts = ", ".join(
        f"{row.group} {format_count(row.n_followed)} of {format_count(row.n_total)}" for row in followed.itertuples()
    )
    return (
        *(f"{letter} {method}" for method, letter in marks.items()),
        *((SMALL_GROUPS,) if _mixes_kinds(result) else ()),
        *((f"Still followed when the window of the visit opened: {counts}.",) if counts else ()),
        *(
            f"{variable(str(name)).label}: {format_count(n)} below or above detection, at half the lower limit."
            for name, n in limited[limited > 0].items()
        ),
        result.method.sentence,
    )
