"""How does the baseline table read, with one column per group?"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.baseline import BaselineResult
from analysis.cohort.dictionary import variable
from present.tables.baseline_notes import LEVELS_MARK, LOG_MARK, NOT_ESTIMABLE, POINTS, TestMarks, footnotes
from present.tables.document import TableColumn, TableDocument, TableRow, section_row
from present.tables.format import MISSING, format_count, format_number, format_signed
from present.tables.looks import LOOKS, PLAIN, Look

MOST_NAMED = 8  # columns without a summary that have a row of their own
_YEARS = frozenset({"year_of_treatment"})  # a year is a name: no thousands separator


@dataclass(frozen=True, kw_only=True, eq=False)
class _Writing:
    """What every cell of the table needs to know."""

    result: BaselineResult
    look: Look
    marks: TestMarks
    contrasts: dict[str, list[Any]]
    largest: dict[str, Any]
    tests: dict[str, Any]


def baseline_table(result: BaselineResult) -> TableDocument:
    """Lay out the baseline table: characteristic, everyone, each group, SMD, on request P, missing."""
    marks = TestMarks.of(result.tests)
    writing = _Writing(
        result=result,
        look=LOOKS.get(result.options.look, PLAIN),
        marks=marks,
        contrasts=_by_variable(result.contrasts),
        largest={row.variable: row for row in result.largest.itertuples()},
        tests={row.variable: row for row in result.tests.itertuples()},
    )
    rows: list[TableRow] = []
    section = None
    for name, parts in _by_variable(result.rows).items():
        if parts[0].row_group != section:
            section = parts[0].row_group
            rows.append(section_row(section))
        rows.extend(_variable_rows(writing, name, parts))
    columns = _columns(writing)
    rows.extend(_not_summarised(result, columns))
    compared = len(result.groups) > (2 if result.overall else 1)
    return TableDocument(
        title="Baseline characteristics by group" if compared else "Baseline characteristics",
        columns=columns,
        rows=tuple(rows),
        footnotes=footnotes(result, marks),
    )


def _not_summarised(result: BaselineResult, columns: tuple[TableColumn, ...]) -> list[TableRow]:
    """Write a row, with its reason, for each column of the file that can be no row; many are counted in one."""
    if not result.not_summarised:
        return []
    shown, rest = result.not_summarised[:MOST_NAMED], len(result.not_summarised[MOST_NAMED:])
    labels = [f"{variable(name).label}: {reason}" for name, reason in shown]
    labels += [f"{format_count(rest)} more columns of the file, named in the remarks"] if rest else []
    blank = tuple(MISSING if column.group else "" for column in columns[1:])
    return [section_row("Not summarised"), *(TableRow(cells=(label, *blank)) for label in labels)]


def _by_variable(frame: pd.DataFrame) -> dict[str, list[Any]]:
    """Gather the rows of each variable; once through the frame, which is many times faster than a group-by."""
    found: dict[str, list[Any]] = {}
    for row in frame.itertuples():
        found.setdefault(row.variable, []).append(row)
    return found


def _columns(writing: _Writing) -> tuple[TableColumn, ...]:
    result = writing.result
    columns = [TableColumn(id="characteristic", label="Characteristic")]
    for place, group in enumerate(result.groups):
        label = group + writing.look.size.format(format_count(result.group_sizes[group]))
        columns.append(TableColumn(id=f"group_{place}", label=label, align="right", group=group))
    for place, group in enumerate(_compared(result)):
        columns.append(TableColumn(id=f"smd_{place}", label=_contrast_label(result, group), align="right"))
    if len(result.largest):
        columns.append(TableColumn(id="smd_largest", label="Largest SMD", align="right"))
    if len(result.tests):
        if result.tests["estimate_kind"].ne("").any():
            columns.append(TableColumn(id="difference", label="Difference (95 % CI)", align="right"))
        columns.append(TableColumn(id="p_value", label="P", align="right"))
    if result.options.missing == "column":
        columns.append(TableColumn(id="missing", label="Missing", align="right"))
    return tuple(columns)


def _compared(result: BaselineResult) -> list[str]:
    return list(result.contrasts["group"].unique())


def _contrast_label(result: BaselineResult, group: str) -> str:
    return "SMD" if len(_compared(result)) == 1 else f"SMD, {group} vs {result.reference_group}"


def _variable_rows(writing: _Writing, name: str, parts: list[Any]) -> list[TableRow]:
    """Write one variable: a single row, or a heading row and one indented row per level; then what is missing."""
    kinds = {row.kind for row in parts}
    by_group = {row.group: row.n_missing for row in parts}
    comparison = _comparison_cells(writing, name, by_group)
    label = _label(writing.look, parts[0], kinds)
    if kinds != {"categorical"}:
        written = [_value_cell(writing, row, of_means="mean" in kinds) for row in parts]
        rows = [TableRow(cells=(label, *written, *comparison), key=name)]
    else:
        blank = [""] * len(writing.result.groups)
        rows = [TableRow(cells=(label, *blank, *comparison), key=name)]
        for level, place in ((row.level, at) for at, row in enumerate(parts) if row.group == writing.result.groups[0]):
            of_level = parts[place : place + len(writing.result.groups)]
            values = (_value_cell(writing, row) for row in of_level)
            cells = (of_level[0].level_label or "no value", *values, *[""] * len(comparison))
            rows.append(TableRow(cells=cells, indent=1, key=f"{name}={level}"))
    if writing.result.options.missing == "row" and any(by_group.values()):
        cells = ("Missing", *map(format_count, by_group.values()), *[""] * len(comparison))
        rows.append(TableRow(cells=cells, indent=1, key=f"{name}=missing"))
    return rows


def _label(look: Look, first: Any, kinds: set[str]) -> str:
    words = {
        "mean": look.mean, "median": look.median, "range": "median [minimum to maximum]", "binary": look.count,
        "categorical": look.count,
    }  # fmt: skip
    named = first.kind == "binary" and first.level != "yes"
    shown = first.label if not named else first.level_label if first.variable == "sex" else (
        f"{first.label}: {first.level_label}"
    )  # fmt: skip
    unit = f" ({first.unit})" if first.unit else ""
    kind = next((kind for kind in ("mean", "median") if kind in kinds), first.kind)
    return f"{shown}{unit}, {words[kind]}"


def _value_cell(writing: _Writing, row: Any, *, of_means: bool = False) -> str:
    """Write one number; a median in a row of means says that it is one."""
    if not row.n:
        return MISSING
    with_n = row.n_missing > 0 or writing.result.options.missing == "denominators"
    if row.kind in ("binary", "categorical"):
        return writing.look.share(row.count, row.n, with_n=with_n)
    text = _number_text(writing.look, row, variable(row.variable).decimals)
    if of_means and row.kind == "range" and row.n > 1:
        text = f"median {text}"
    if row.variable in _YEARS:
        text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    return f"{text}; n = {format_count(row.n)}" if with_n else text


def _number_text(look: Look, row: Any, decimals: int) -> str:
    if row.kind == "mean":
        return look.mean_sd(row.mean, row.sd, decimals=decimals)
    if row.kind == "median":
        return look.median_quartiles(row.median, row.q1, row.q3, decimals=decimals, beyond=row.beyond)
    text = look.median_range(row.median, row.minimum, row.maximum, decimals=decimals, beyond=row.beyond)
    return text.partition(" [")[0] if row.n == 1 else text


def _comparison_cells(writing: _Writing, name: str, missing: dict[str, int]) -> list[str]:
    """Write what stands right of the groups: differences, P, and how many values are missing."""
    result, look = writing.result, writing.look
    cells = [look.dress(_smd_text(row)) for row in writing.contrasts.get(name, [])]
    if writing.largest:
        row = writing.largest[name]
        cells.append(look.dress(_smd_text(row, signed=False)))
    if writing.tests:
        row = writing.tests[name]
        if result.tests["estimate_kind"].ne("").any():
            cells.append(look.dress(_difference_text(row)))
        cells.append(look.p_value(row.p_value) + writing.marks.mark(row))
    if result.options.missing == "column":
        cells.append(format_count(missing[result.overall] if result.overall else sum(missing.values())))
    return cells


def _smd_text(row: Any, *, signed: bool = True) -> str:
    if math.isnan(row.smd):
        return NOT_ESTIMABLE
    if row.scale == "levels":
        return format_number(row.smd, decimals=2) + LEVELS_MARK
    text = format_signed(row.smd, decimals=2) if signed else format_number(abs(row.smd), decimals=2)
    return text + (LOG_MARK if row.scale == "log" else "")


def _difference_text(row: Any) -> str:
    """Write the difference with its interval, in the unit of the row; of proportions in percentage points."""
    if math.isnan(row.estimate):
        return MISSING if row.estimate_kind else ""
    points = row.estimate_kind == "proportion"
    factor, decimals = (100, 0) if points else (1, variable(row.variable).decimals)
    middle = format_signed(factor * row.estimate, decimals=decimals) + POINTS * points
    if math.isnan(row.conf_low):
        return middle
    low, high = (format_signed(factor * end, decimals=decimals) for end in (row.conf_low, row.conf_high))
    return f"{middle} ({low} to {high})"
