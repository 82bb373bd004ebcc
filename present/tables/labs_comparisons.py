"""How do the changes and the differences at every visit read as tables?"""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.cohort.dictionary import variable
from analysis.labs import ChangeResult, CourseModel, SlopesOfGroups, VisitTests
from present.tables.document import TableColumn, TableDocument, TableRow, section_row
from present.tables.format import (
    format_count,
    format_months,
    format_number,
    format_p,
    format_p_words,
    format_signed,
)
from present.tables.labs_visit import contrast_decimals, counting_notes
from present.tables.labs_words import contrast_text


def within_table(result: ChangeResult) -> TableDocument:
    """Lay out the change within each group: a block per variable, a row per group and visit; P with groups only."""
    compares = len(result.course.groups) > 1
    rows: list[TableRow] = []
    for name, block in result.within.groupby("variable", sort=False):
        entry, by_ratio = variable(str(name)), block["kind"].iloc[0] == "ratio"
        what = "ratio of geometric means" if by_ratio else "mean change"
        rows.append(section_row(f"{entry.label_with_unit()}, {what} and median change"))
        for row in block.itertuples():
            mean = contrast_text(row.estimate, row.conf_low, row.conf_high, by_ratio=by_ratio, decimals=entry.decimals)
            visit, key = f"Month {format_months(row.month)}", f"{name}={row.group}={row.month:g}"
            cells = (row.group, visit, format_count(row.n), mean, _median_change(row, entry.decimals))
            tested = (format_p(row.p_value, reason=row.reason if row.n else ""),) if compares else ()
            rows.append(TableRow(cells=(*cells, *tested), indent=1, key=key))
    labels = ("Group", "Visit", "Pairs", "Ratio or mean change (95 % CI)", "Median change (95 % CI)")
    labels = (*labels, "P within group") if compares else labels
    w03 = tuple(note.text for note in result.notes if note.code == "W-03")
    small = "[smallest to largest]: fewer than 8 pairs, not tested."
    ranges = (small,) if "range" in set(result.within["median_kind"]) else ()
    return TableDocument(
        title="Change from baseline within groups", columns=_columns(labels), rows=tuple(rows),
        footnotes=(*w03, *ranges, *counting_notes(result.notes), result.method.sentence),
    )  # fmt: skip


def visit_tests_table(result: VisitTests) -> TableDocument:
    """Lay out the tests between groups: a block per variable, a row per visit, P as computed and by Holm."""
    rows: list[TableRow] = []
    for name, block in result.rows.groupby("variable", sort=False):
        entry = variable(str(name))
        compared = "means" if block["kind"].iloc[0] == "mean" else "medians"
        rows.append(section_row(f"{entry.label_with_unit()}, {compared}"))
        rows += [_test_row(row, entry.decimals) for row in block.itertuples()]
    pair = next(((r.group, r.reference_group) for r in result.rows.itertuples() if r.group), None)
    difference = f"{pair[0]} − {pair[1]} (95 % CI)" if pair else "Difference"
    labels = ("Visit", "n", difference, "P", "P, Holm", "Test, or why there is none")
    w02 = tuple(note.text for note in result.notes if note.code == "W-02")
    return TableDocument(
        title="Tests between groups at each visit", columns=_columns(labels, last="left"), rows=tuple(rows),
        footnotes=(*w02, result.method.sentence),
    )  # fmt: skip


def course_model_table(result: CourseModel) -> TableDocument:
    """Lay out the modelled contrast of each visit, and the test of whether it changes between visits."""
    what = "Ratio of geometric means" if result.scale == "log" else "Difference of means"
    scaled = result.contrasts.assign(scale=result.scale, variable=result.variable)
    rows = [_contrast_row(row) for row in scaled.itertuples()]
    test = result.interaction
    change = f"{test.method[0].upper()}{test.method[1:]}: {format_p_words(test.p_value, reason=test.reason)}."
    fitted = f"{format_count(result.n_values)} values of {format_count(result.n_patients)} patients after baseline."
    return TableDocument(
        title=f"Model of all visits: {variable(result.variable).label}",
        columns=_columns(("Groups", "Visit", "n", f"{what} (95 % CI)", "P")),
        rows=tuple(rows),
        footnotes=(change, fitted, *counting_notes(result.notes), result.method.sentence),
    )


def slopes_table(result: SlopesOfGroups) -> TableDocument:
    """Lay out the change of eGFR per year of each group, then the differences."""
    differences = result.differences.assign(group=_pairs(result.differences))
    rows = [
        TableRow(
            cells=(
                str(row.group),
                format_count(row.n),
                contrast_text(row.estimate, row.conf_low, row.conf_high, by_ratio=False, decimals=1, reason=row.reason),
                format_p(row.p_value) if compared else format_number(float("nan")),
            )
        )
        for frame, compared in ((result.slopes, False), (differences, True))
        for row in frame.itertuples()
    ]
    return TableDocument(
        title="eGFR slope",
        columns=_columns(("Group", "n", "mL/min/1.73 m² per year (95 % CI)", "P")),
        rows=tuple(rows),
        footnotes=(*(note.text for note in result.notes if note.code == "T-EGFR"), result.method.sentence),
    )


def _median_change(row: Any, decimals: int) -> str:
    """Write the change by signed ranks, or of very few pairs the median with smallest and largest."""
    if row.median_kind == "pseudo":
        return contrast_text(
            row.median_change, row.median_low, row.median_high, by_ratio=False, decimals=decimals, reason=row.reason
        )
    middle, low, high = (
        format_signed(value, decimals=decimals) for value in (row.median_change, row.median_low, row.median_high)
    )
    return middle if row.n == 1 else f"{middle} [{low} to {high}]"


def _test_row(row: Any, decimals: int) -> TableRow:
    cells = (
        f"Month {format_months(row.month)}",
        format_count(row.n),
        contrast_text(row.estimate, row.conf_low, row.conf_high, by_ratio=False, decimals=decimals),
        format_p(row.p_value),
        format_p(row.p_holm),
        row.reason or row.method,
    )
    return TableRow(cells=cells, indent=1, key=f"{row.variable}={row.month:g}")


def _contrast_row(row: Any) -> TableRow:
    estimate = contrast_text(
        row.estimate, row.conf_low, row.conf_high, by_ratio=row.scale == "log", decimals=contrast_decimals(row),
        reason=row.reason,
    )  # fmt: skip
    pair = f"{row.group} {'over' if row.scale == 'log' else 'minus'} {row.reference_group}"
    cells = (pair, f"Month {format_months(row.month)}", format_count(row.n), estimate, format_p(row.p_value))
    return TableRow(cells=cells, key=f"{row.group}={row.month:g}")


def _pairs(differences: pd.DataFrame) -> list[str]:
    pairs = zip(differences["group"], differences["reference_group"], strict=True)
    return [f"{group} − {reference}" for group, reference in pairs]


def _columns(labels: tuple[str, ...], *, last: str = "right") -> tuple[TableColumn, ...]:
    end = len(labels) - 1
    return tuple(
        TableColumn(
            id=f"column_{place}", label=label,
            align="left" if place == 0 or (place == end and last == "left") else "right",
        )
        for place, label in enumerate(labels)
    )  # fmt: skip
