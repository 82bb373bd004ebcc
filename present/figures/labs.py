"""How does one laboratory value of each group look over time, with the patients behind every point?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from analysis.cohort.dictionary import Variable, variable
from analysis.cohort.visits import DAYS_PER_MONTH
from analysis.labs import THIN_BELOW_N, THIN_BELOW_SHARE, TrajectoryResult
from present.figures.labs_axes import TrajectoryLayout, add_thresholds, name_groups, set_axes
from present.figures.labs_marks import dodge, has_bars, patient_trace, summary_traces
from present.figures.labs_rows import add_rows_beneath, add_treatment_rows
from present.figures.sketch import Sketch
from present.figures.theme import Sizes, Theme, base_layout, group_styles, sizes
from present.tables.format import format_count, format_months, format_percent
from present.tables.labs import KIND_WORDS, value_text

FEW_PATIENTS = 100  # domain.md 3.3: individual lines up to this total
SMALL_GROUP = 15  # domain.md 3.3: ... or whenever a group is smaller than this
MOST_LINES = 400  # ... unless the lines would only blacken the figure
LINE_OPACITY = {True: 0.15, False: 0.28}  # fainter when there are many patients
MANY_PATIENTS = 40
MARK_SHARE = 0.10  # a drug begun by fewer of a group than this is no event of the group
NOTHING = "No value at a visit in any group."
NOTHING_POSITIVE = "No value above 0: a logarithmic axis cannot show it."
_READING = {
    "median": ("median", "quartiles"),
    "mean": ("mean", "95 % interval"),
    "geometric_mean": ("geometric mean", "95 % interval"),
}


def trajectory_figure(result: TrajectoryResult, name: str, *, theme: Theme, presentation: bool = False) -> go.Figure:
    """Draw one laboratory variable: patients faint, groups bold, thresholds, and the counts beneath."""
    return _course_figure(result, variable(name), theme=theme, presentation=presentation)


def change_figure(result: TrajectoryResult, name: str, *, theme: Theme, presentation: bool = False) -> go.Figure:
    """Draw the changes of one laboratory variable from baseline; nothing is drawn at baseline itself."""
    return _course_figure(result, change_entry(name), theme=theme, presentation=presentation)


def change_entry(name: str) -> Variable:
    """Name the change of a variable: a ratio for one on a log axis, else a difference in its unit."""
    known = variable(name)
    if known.log_scale:
        return replace(known, label=f"{known.label}, ratio to baseline", unit="", decimals=2)
    return replace(known, label=f"{known.label}, change from baseline")


def figure_alt(result: TrajectoryResult, name: str, *, change: bool = False) -> str:
    """Describe the figure in words, from the data."""
    summary, entry = _of(result.summary, name), change_entry(name) if change else variable(name)
    kind = KIND_WORDS[summary["kind"].iloc[0]] if len(summary) else "no summary"
    visits: dict[str, list[str]] = {}
    for row in summary.itertuples():
        words = (
            f"month {format_months(row.month)} {value_text(row, decimals=entry.decimals)}, "
            f"{format_count(row.n_measured)} measured of {format_count(row.n_followed)} followed"
        )
        visits.setdefault(row.group, []).append(words)
    groups = (f"{group}: {'; '.join(words)}." for group, words in visits.items())
    return " ".join([f"{entry.label_with_unit()} by visit, {kind}.", *groups])


def shows_individuals(result: TrajectoryResult) -> bool:
    """Say whether each patient gets a faint line: few patients in all, or a small group in no huge study."""
    counts = list(result.group_sizes.values())
    return sum(counts) <= FEW_PATIENTS or (min(counts) < SMALL_GROUP and sum(counts) <= MOST_LINES)


def lines_of(result: TrajectoryResult, name: str) -> pd.DataFrame:
    """Cut out the values of one variable; they stand together, so that millions need no comparison."""
    first, last = (np.searchsorted(result.lines["variable"], name, side=side) for side in ("left", "right"))
    return result.lines.iloc[first:last]


def placed_lines(result: TrajectoryResult, lines: pd.DataFrame) -> pd.DataFrame:
    """Give each value its place ``x`` on the time axis: its planned visit if it has one, or its actual day."""
    if result.time == "actual":
        return lines.assign(x=lines["shown_month"])
    return lines.assign(x=lines["month"].fillna(lines["shown_month"])).sort_values(["patient_id", "x"], kind="stable")


def _course_figure(result: TrajectoryResult, entry: Variable, *, theme: Theme, presentation: bool) -> go.Figure:
    lines, summary = _drawn_lines(result, entry.name), _drawable(result, entry)
    marks = _drawn_marks(result)
    layout = _measure(result, marks, sizes(presentation=presentation), entry)
    styles = group_styles(result.groups, theme=theme)
    sketch = Sketch(layout=base_layout(theme, presentation=presentation))
    opacity = LINE_OPACITY[sum(result.group_sizes.values()) > MANY_PATIENTS]
    if shows_individuals(result):
        for group, style in styles.items():
            own = lines[lines["group"] == group]
            sketch.add_traces(patient_trace(own, entry, style, layout.size, opacity=opacity))
    sketch.add_traces(*summary_traces(result, summary, entry, styles, layout.size))
    thresholds = _of(result.thresholds, entry.name)
    set_axes(sketch, layout, entry, _drawn_values(lines, summary, thresholds))
    add_thresholds(sketch, layout, thresholds, theme)
    name_groups(sketch, layout, _last_points(result, summary), styles)
    add_treatment_rows(sketch, layout, marks, styles, theme)
    add_rows_beneath(sketch, layout, summary, styles=styles, theme=theme)
    _say_how_to_read(sketch, result, summary, layout, theme)
    return sketch.figure()


def _of(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    return frame[frame["variable"] == name]


def _drawn_lines(result: TrajectoryResult, name: str) -> pd.DataFrame:
    """Take the values drawn patient by patient: none in a large study."""
    lines = lines_of(result, name)
    shown = lines[lines["shown_month"].between(*result.span_months)] if shows_individuals(result) else lines.iloc[:0]
    return placed_lines(result, shown)


def _drawable(result: TrajectoryResult, entry: Variable) -> pd.DataFrame:
    """Take the summary of one variable with its place ``x``; on a log axis zero stands at the lowest drawn value."""
    summary = _of(result.summary, entry.name)
    place = summary["actual_month"].fillna(summary["month"]) if result.time == "actual" else summary["month"]
    summary = summary.assign(x=place)
    if not entry.log_scale:
        return summary
    floor = lines_of(result, entry.name)["shown_value"].min()
    limits = ["estimate", "conf_low", "conf_high"]
    return summary.assign(**{limit: summary[limit].clip(lower=floor).where(summary[limit].notna() & (floor > 0))
                             for limit in limits})  # fmt: skip


def _drawn_marks(result: TrajectoryResult) -> pd.DataFrame:
    """Take the starts of treatment that are more than one or two patients' own."""
    marks = result.marks.assign(month=result.marks["day"] / DAYS_PER_MONTH)
    common = marks["n"] >= MARK_SHARE * marks["group"].astype(object).map(result.group_sizes)
    return marks[marks["month"].between(*result.span_months) & common]


def _measure(result: TrajectoryResult, marks: pd.DataFrame, size: Sizes, entry: Variable) -> TrajectoryLayout:
    """Lay out the figure; all variables of a result share one time axis."""
    first, last = min(result.schedule), max(result.schedule)
    if shows_individuals(result):
        drawn = result.lines[result.lines["shown_month"].between(*result.span_months)]
        place = drawn["shown_month"] if result.time == "actual" else drawn["month"].fillna(drawn["shown_month"])
        first, last = min(first, place.min(skipna=True)), max(last, place.max(skipna=True))
    outermost = abs(dodge(result, 0))
    return TrajectoryLayout(
        size=size,
        groups=result.groups,
        drugs=tuple(dict.fromkeys(marks.sort_values("month", kind="stable")["drug"])),
        schedule=result.schedule,
        first_month=min(float(first), min(result.schedule) - outermost),
        last_month=max(float(last), max(result.schedule) + outermost),
        log_scale=entry.log_scale,
    )


def _drawn_values(lines: pd.DataFrame, summary: pd.DataFrame, thresholds: pd.DataFrame) -> np.ndarray:
    limits = [summary[limit] for limit in ("estimate", "conf_low", "conf_high")]
    return np.concatenate([part.to_numpy(dtype=float) for part in (lines["shown_value"], *limits, thresholds["value"])])


def _last_points(result: TrajectoryResult, summary: pd.DataFrame) -> dict[str, tuple[float, float]]:
    known = summary[summary["estimate"].notna()]
    last = dict(zip(known["group"], zip(known["x"], known["estimate"], strict=True), strict=True))
    return {
        group: (last[group][0] + dodge(result, place), last[group][1])
        for place, group in enumerate(result.groups)
        if group in last
    }


def _say_how_to_read(
    sketch: Sketch, result: TrajectoryResult, summary: pd.DataFrame, layout: TrajectoryLayout, theme: Theme
) -> None:
    """Name the summary above the curves, or say that there is nothing to draw."""
    sketch.add_text(
        text="<br>".join(_reading_lines(result, summary)),
        x=0,
        xref="paper",
        y=1,
        yref="paper",
        yshift=4 + 1.5 * layout.size.small,  # above the mark of synthetic data
        xanchor="left",
        yanchor="bottom",
        align="left",
        font={"size": layout.size.small, "color": theme.muted},
    )


def _reading_lines(result: TrajectoryResult, summary: pd.DataFrame) -> list[str]:
    known = summary[summary["estimate"].notna()]
    if known.empty:
        return [NOTHING_POSITIVE if summary["n_measured"].sum() else NOTHING]
    middle, spread = _READING[known["kind"].iloc[0]]
    lines = [f"Bold: {middle}; {'bars' if has_bars(result) else 'ribbon'}: {spread}."]
    if shows_individuals(result):
        lines[0] += " Faint: each patient" + (", on actual days." if result.time == "actual" else ".")
    if known["thin"].any():
        share = format_percent(THIN_BELOW_SHARE)
        lines.append(f"Dotted, open: fewer than {THIN_BELOW_N} values or {share} of the group.")
    n_limit, n = int(known["n_limit"].sum()), int(known["n_measured"].sum())
    if n_limit:
        words = "All values are limits" if n_limit == n else f"{format_count(n_limit)} of {format_count(n)} are limits"
        lines[-1] += f" {words} of detection (at half, small and open)."
    return lines
