"""How does one laboratory value of each group look over time, with the patients behind every point?"""

from __future__ import annotations

import textwrap
from dataclasses import replace
from typing import Literal

import numpy as np
import plotly.graph_objects as go

from analysis.cohort.dictionary import Variable, variable
from analysis.estimators.comparisons import SMALLEST_TESTED
from analysis.labs import THIN_BELOW_N, THIN_BELOW_SHARE, TrajectoryResult, summaries_of
from present.figures.labs_axes import TrajectoryLayout, add_thresholds, name_groups, set_axes
from present.figures.labs_drawn import (
    DrawnCourse,
    DrawnValues,
    Mark,
    Published,
    Threshold,
    dodge,
    drawn_courses,
    drawn_marks,
    drawn_published,
    drawn_span,
    drawn_thresholds,
    drawn_values,
    has_bars,
    shows_individuals,
)
from present.figures.labs_marks import course_styles, patient_trace, published_traces, summary_traces
from present.figures.labs_rows import add_rows_beneath, add_treatment_rows
from present.figures.sketch import Sketch
from present.figures.theme import Sizes, Theme, base_layout
from present.tables.format import format_count, format_months, format_percent
from present.tables.labs import KIND_WORDS, leading_kind, value_text
from present.tables.labs_words import CHANGE, is_change

Panel = Literal["alone", "first", "middle", "last"]
LINE_OPACITY = {True: 0.15, False: 0.28}  # fainter when there are many patients
MANY_PATIENTS = 40
LEAST_WIDTH = 770  # pixels below which the numbers under the axis would run into each other
READING_WIDTH = 56  # characters of the lines above the curves; more would be cut on a telephone
NOTHING = "No value at a visit in any group."
NOTHING_POSITIVE = "No value above 0: a logarithmic axis cannot show it."
_READING = {
    "median": ("median", "quartiles"),
    "range": ("median", "smallest to largest"),
    "mean": ("mean", "95 % interval"),
    "geometric_mean": ("geometric mean", "95 % interval"),
}


def trajectory_figure(result: TrajectoryResult, name: str, *, theme: Theme, panel: Panel = "alone") -> go.Figure:
    """Draw one laboratory variable: patients faint, groups bold, thresholds, and the counts beneath.

    As a ``panel`` of several it leaves the reading to the first and treatment and months to the last.
    """
    return _course_figure(result, variable(name), theme=theme, panel=panel)


def change_figure(result: TrajectoryResult, name: str, *, theme: Theme) -> go.Figure:
    """Draw the changes of one laboratory variable from baseline; nothing is drawn at baseline itself."""
    return _course_figure(result, change_entry(name), theme=theme)


def change_entry(name: str) -> Variable:
    """Name the change of a variable: a ratio for one on a log axis, else a difference in its unit."""
    known = variable(name)
    if known.log_scale:
        return replace(known, label=f"{known.label}, ratio to baseline", unit="", decimals=2)
    return replace(known, label=f"{known.label}{CHANGE}")


def figure_alt(result: TrajectoryResult, name: str, *, change: bool = False) -> str:
    """Describe the figure in words, from the data."""
    entry, rows = change_entry(name) if change else variable(name), summaries_of(result.summary, name)
    kind = KIND_WORDS[leading_kind(rows)] if rows else "no summary"
    if len({row.kind for row in rows if row.n_measured}) > 1:
        kind += f" ({KIND_WORDS['range']} of fewer than {SMALLEST_TESTED} values)"
    visits: dict[str, list[str]] = {}
    for row in rows:
        words = (
            f"month {format_months(row.month)} {value_text(row, decimals=entry.decimals, signed=is_change(entry))}, "
            f"{format_count(row.n_measured)} measured of {format_count(row.n_followed)} followed"
        )
        visits.setdefault(row.group, []).append(words)
    groups = (f"{group}: {'; '.join(words)}." for group, words in visits.items())
    return " ".join([f"{entry.label_with_unit()} by visit, {kind}.", *groups])


def _course_figure(result: TrajectoryResult, entry: Variable, *, theme: Theme, panel: Panel = "alone") -> go.Figure:
    values, courses = drawn_values(result, entry.name), drawn_courses(result, entry)
    ends = panel in ("alone", "last")
    marks = drawn_marks(result) if ends else []
    reading = _reading_lines(result, courses, drawn_published(result, entry.name), panel=panel)
    layout = _measure(result, marks, theme.sizes, entry, n_lines=len(reading))
    layout = replace(layout, has_time=ends)
    styles = course_styles(result, theme)
    sketch = Sketch(layout=base_layout(theme))
    opacity = LINE_OPACITY[sum(result.group_sizes.values()) > MANY_PATIENTS]
    if shows_individuals(result):
        for place, style in enumerate(styles.values()):
            sketch.add_traces(patient_trace(values.of_group(place), entry, style, layout.size, opacity=opacity))
    sketch.add_traces(*summary_traces(result, courses, entry, styles, layout.size))
    printed = drawn_published(result, entry.name)
    sketch.add_traces(*published_traces(result, printed, entry, styles, layout.size))
    thresholds = drawn_thresholds(result, entry.name)
    set_axes(sketch, layout, entry, _heights(values, courses, [*thresholds, *printed]))
    add_thresholds(sketch, layout, thresholds, theme)
    name_groups(sketch, layout, _last_points(result, courses), styles, theme)
    add_treatment_rows(sketch, layout, marks, styles, theme)
    add_rows_beneath(sketch, layout, courses, entry, styles=styles, theme=theme)
    _say_how_to_read(sketch, reading, layout, theme)
    return sketch.figure()


def _measure(
    result: TrajectoryResult, marks: list[Mark], size: Sizes, entry: Variable, *, n_lines: int
) -> TrajectoryLayout:
    """Lay out the figure; all variables of a result share one time axis."""
    first, last = drawn_span(result)
    return TrajectoryLayout(
        size=size,
        groups=result.groups,
        drugs=tuple(dict.fromkeys(mark.drug for mark in sorted(marks, key=lambda mark: mark.month))),
        schedule=result.schedule,
        first_month=first,
        last_month=last,
        log_scale=entry.log_scale,
        n_lines=n_lines,
    )


def _heights(values: DrawnValues, courses: tuple[DrawnCourse, ...], lines: list[Threshold | Published]) -> np.ndarray:
    limits = [limit for course in courses for limit in (course.estimate, course.low, course.high)]
    return np.concatenate([values.y, *limits, [line.value for line in lines]])


def _last_points(result: TrajectoryResult, courses: tuple[DrawnCourse, ...]) -> dict[str, tuple[float, float]]:
    ends = {}
    for course in courses:
        known, shift = np.flatnonzero(~np.isnan(course.estimate)), dodge(result, result.groups.index(course.group))
        if known.size:
            ends[course.group] = (float(course.x[known[-1]]) + shift, float(course.estimate[known[-1]]))
    return ends


def _say_how_to_read(sketch: Sketch, reading: list[str], layout: TrajectoryLayout, theme: Theme) -> None:
    """Name the summary above the curves, or say that there is nothing to draw."""
    sketch.add_text(
        text="<br>".join(reading),
        x=0,
        xref="paper",
        xshift=10 - layout.left,
        y=1,
        yref="paper",
        yshift=4 + 1.5 * layout.size.small,  # above the mark of synthetic data
        xanchor="left",
        yanchor="bottom",
        align="left",
        font={"size": layout.size.small, "color": theme.muted},
    )


def _reading_lines(
    result: TrajectoryResult, courses: tuple[DrawnCourse, ...], printed: list[Published], *, panel: Panel
) -> list[str]:
    known = [visit for course in courses for visit in course.known().visits]
    if not known:
        measured = any(visit.n_measured for course in courses for visit in course.visits)
        return [NOTHING_POSITIVE if measured else NOTHING]
    middle, spread = _READING[leading_kind(known)]
    lines = [f"Bold: {middle}; {'bars' if has_bars(result) else 'ribbon'}: {spread}."]
    if shows_individuals(result):
        lines[0] += " Faint: each patient" + (", on actual days." if result.time == "actual" else ".")
    if printed:
        sizes_printed = " and ".join(dict.fromkeys(format_count(one.n) for one in printed))
        kinds = " or ".join(dict.fromkeys(one.kind for one in printed))
        lines.append(f"Open diamonds: published {kinds} (n = {sizes_printed}).")
    measured_as = {visit.kind for visit in known}
    if len(measured_as) > 1 and "range" in measured_as:
        small = "smallest to largest" if "median" in measured_as else "median, smallest to largest"
        lines.append(f"Fewer than {SMALLEST_TESTED} values: {small}.")
    if any(visit.thin for visit in known):
        share = format_percent(THIN_BELOW_SHARE)
        lines.append(f"Dotted, open: fewer than {THIN_BELOW_N} values or {share} of the group.")
    n_limit, n = sum(visit.n_limit for visit in known), sum(visit.n_measured for visit in known)
    if n_limit:
        words = "All values are limits" if n_limit == n else f"{format_count(n_limit)} of {format_count(n)} are limits"
        lines.append(f"{words} of detection (at half, small and open).")
    n_zero = sum(visit.n_zero for visit in known)
    if n_zero:
        zeros = "value is" if n_zero == 1 else "values are"
        lines.append(f"{format_count(n_zero)} {zeros} zero (small and open, at the foot of the axis).")
    if panel in ("middle", "last") and leading_kind(known) == _kind_on_top(result):
        lines = lines[1:]
    return [part for line in lines for part in textwrap.wrap(line, READING_WIDTH)]


def _kind_on_top(result: TrajectoryResult) -> str:
    """Give the summary that the first of several panels names."""
    first = result.summary["variable"].iloc[0]
    return leading_kind(summaries_of(result.summary, first))
