"""Where does everything round the curves of a laboratory variable stand: axes, thresholds, names?"""

from __future__ import annotations

import math
import textwrap
from dataclasses import dataclass

import numpy as np

from analysis.cohort.dictionary import Variable
from present.figures.labs_drawn import Threshold
from present.figures.sketch import Sketch
from present.figures.theme import GroupStyle, Sizes, Theme, plain_label, with_alpha
from present.tables.format import format_months

X_TITLE = "Months since first rituximab"
_PAD = 0.08  # share of the value axis left free at both ends: a threshold's name fits there
_EDGE = 0.03  # share of the time axis left free before the first visit
_THRESHOLD_ZONE = 0.17  # share of the time axis after the last value, where thresholds are named
_CHARACTER = 0.58  # em, average of the font stack
_DECADES_FOR_STEPS = 3.2  # a longer log axis is ticked at 1, 10, 100 only
VALUE_LINES = 3  # rows a group takes with its summaries: its name, the middle, the limits
_MOST_WITH_VALUES = 4  # groups whose summary is also written beneath; of more the table tells
_MOST_TICKS = 16  # visits named under the time axis
_NAME_WIDTH = 20  # characters of a group name on one line
_MARGIN_NAME = 10  # characters of a group name beside its counts
_TITLE_WIDTH = 36  # characters of an axis title on one line


@dataclass(frozen=True, kw_only=True)
class TrajectoryLayout:
    """The measures of one figure in pixels; heights are fixed so that nothing can overlap.

    ``first_month`` and ``last_month`` bound the drawn points, ``drugs`` are the rows of treatment ticks,
    ``n_lines`` the lines above the curves; without ``has_time`` the panel below names the months.
    """

    size: Sizes
    groups: tuple[str, ...]
    drugs: tuple[str, ...]
    schedule: tuple[float, ...]
    first_month: float
    last_month: float
    log_scale: bool
    n_lines: int
    has_time: bool = True

    @property
    def top(self) -> int:
        """Leave room for the lines that say how to read the figure."""
        return int((2.2 + 1.4 * self.n_lines) * self.size.small)

    @property
    def plot(self) -> int:
        """Give the height of the curves, more when many names stand beside them."""
        return max(330, 18 * self.size.label, int(3.2 * self.size.label * len(self.groups)))

    @property
    def gap(self) -> int:
        """Give the height of tick labels and axis title, of which a panel above another has none."""
        return int((4.6 if self.has_time else 1.0) * self.size.axis)

    @property
    def lines_per_group(self) -> int:
        """Say how many rows a group takes beneath: one if every name fits in the left margin."""
        return 1 if max(map(len, self.groups), default=0) <= _MARGIN_NAME else 2

    @property
    def n_blocks(self) -> int:
        """Count the blocks beneath: the counts and, of few groups, the summaries."""
        return 2 if len(self.groups) <= _MOST_WITH_VALUES else 1

    @property
    def n_rows(self) -> int:
        """Count the rows beneath: treatment ticks, then of each block a heading and the groups."""
        counts, values = (1 + lines * len(self.groups) for lines in (self.lines_per_group, VALUE_LINES))
        return len(self.drugs) + counts + (values if self.n_blocks > 1 else 0)

    @property
    def block(self) -> int:
        """Give the height of the rows beneath."""
        return self.size.row * self.n_rows

    @property
    def left(self) -> int:
        """Give the width of tick labels and axis title; the names of the rows beneath start in it."""
        return int(7.4 * self.size.axis)

    @property
    def right(self) -> int:
        """Give the width of the names beside the curves."""
        longest = max([len(line) for group in self.groups for line in _wrapped(group)] + [8])
        return int(longest * self.size.label * _CHARACTER) + 28

    @property
    def span(self) -> float:
        """Give the drawn length of the time axis without its edges, in months."""
        return max(self.last_month - self.first_month, 1.0)

    @property
    def end(self) -> float:
        """Give the right end of the time axis."""
        return self.last_month + _THRESHOLD_ZONE * self.span


def set_axes(sketch: Sketch, layout: TrajectoryLayout, entry: Variable, values: np.ndarray) -> None:
    """Scale both axes to the drawn ``values`` and set the measures of the figure."""
    inside = layout.plot + layout.gap + layout.block
    months = _spaced(layout.schedule, layout.span / _MOST_TICKS)
    ticks = {"tickvals": months, "ticktext": [format_months(month) for month in months], "tickangle": 0}
    span = [layout.first_month - _EDGE * layout.span, layout.end]
    curves, rows = [1 - layout.plot / inside, 1], [0, layout.block / inside]
    title = {"text": axis_title(entry), "standoff": 6}
    scale = value_scale(values, log_scale=layout.log_scale)
    sketch.set_layout(
        height=layout.top + inside + layout.size.row,
        margin={
            "l": layout.left,
            "r": layout.right,
            "t": layout.top,
            "b": layout.size.row,
            "autoexpand": False,
        },
        hovermode="closest",
        xaxis={
            "range": span, "title": {"text": X_TITLE if layout.has_time else ""}, "anchor": "y", "showgrid": False,
            "showticklabels": layout.has_time, **ticks,
        },
        yaxis={"domain": curves, "title": title, **scale},
        yaxis2={"domain": rows, "range": [layout.n_rows - 0.5, -0.5], "anchor": "x", "visible": False},
    )  # fmt: skip
    sketch.set_layout(xaxis={"automargin": False}, yaxis={"automargin": False}, yaxis2={"fixedrange": True})


def add_thresholds(sketch: Sketch, layout: TrajectoryLayout, thresholds: list[Threshold], theme: Theme) -> None:
    """Draw the thresholds as thin lines named at their right end; the lowest is named below its line."""
    lowest = min(row.value for row in thresholds) if len(thresholds) > 1 else math.nan
    for row in thresholds:
        height = math.log10(row.value) if layout.log_scale else row.value
        sketch.add_line(
            xref="paper",
            x0=0,
            x1=1,
            y0=row.value,
            y1=row.value,
            line={"color": theme.muted, "width": 1, "dash": "dot"},
        )
        sketch.add_text(
            x=1,
            xref="paper",
            y=height,
            text=plain_label(row.label),
            xanchor="right",
            yanchor="top" if row.value == lowest else "bottom",
            font={"size": layout.size.small, "color": theme.muted},
        )


def name_groups(
    sketch: Sketch,
    layout: TrajectoryLayout,
    ends: dict[str, tuple[float, float]],
    styles: dict[str, GroupStyle],
    theme: Theme,
) -> None:
    """Name each group beside its last point, moved apart where points are close, with a thin grey leader.

    ``ends`` maps a group to month and value of its last point.
    """
    low, high = sketch.layout["yaxis"]["range"]
    heights = {group: math.log10(y) if layout.log_scale else y for group, (_, y) in ends.items()}
    tall = np.array([0.6 + 1.3 * len(_wrapped(group)) for group in ends]) * layout.size.label / layout.plot
    places = _spread(np.array(list(heights.values())), tall * (high - low), (low, high))
    for (group, (month, value)), place in zip(ends.items(), places, strict=True):
        sketch.add_text(
            x=1,
            xref="paper",
            xshift=8,
            y=place,
            text=f"<b>{_broken(group)}</b>",
            xanchor="left",
            yanchor="middle",
            align="left",
            font={"size": layout.size.label, "color": styles[group].color},
        )
        sketch.add_line(
            x0=month,
            x1=layout.end,
            y0=value,
            y1=10**place if layout.log_scale else place,
            line={"color": with_alpha(theme.muted, 0.55), "width": 1},
        )


def axis_title(entry: Variable) -> str:
    """Write label and unit, on two lines where they are long."""
    unit = plain_label(entry.unit)
    separator = "<br>" if len(entry.label) + len(entry.unit) > _TITLE_WIDTH else " "
    return f"{plain_label(entry.label)}{separator}({unit})" if unit else plain_label(entry.label)


def value_scale(values: np.ndarray, *, log_scale: bool) -> dict:
    """Choose range and ticks; on a log axis 1-2-5 steps, or decades when those would crowd."""
    values = values[np.isfinite(values) & ((values > 0) | (not log_scale))]
    if not len(values):
        return {"range": [0, 1], "showticklabels": False}
    low, high = np.log10([values.min(), values.max()]) if log_scale else (values.min(), values.max())
    pad = _PAD * (high - low) or max(abs(high), 1.0) * 0.1
    low, high = float(low - pad), float(high + pad)
    if not log_scale:
        return {"type": "linear", "range": [low, high]}
    powers = range(math.floor(low), math.ceil(high) + 1)
    steps = (1, 2, 5) if high - low < _DECADES_FOR_STEPS else (1,)
    ticks = [step * 10.0**power for power in powers for step in steps]
    ticks = [tick for tick in ticks if low <= math.log10(tick) <= high]
    return {"type": "log", "range": [low, high], "tickvals": ticks, "ticktext": [f"{tick:,.10g}" for tick in ticks]}


def _broken(group: str) -> str:
    """Break a long group name into lines, escaped for plotly."""
    return "<br>".join(plain_label(line) for line in _wrapped(group))


def _wrapped(group: str) -> list[str]:
    return textwrap.wrap(group, _NAME_WIDTH) or [group]


def _spaced(months: tuple[float, ...], gap: float) -> list[float]:
    """Keep the visits that are at least ``gap`` months after the last one kept."""
    kept: list[float] = []
    for month in months:
        if not kept or month - kept[-1] >= gap:
            kept.append(month)
    return kept


def _spread(heights: np.ndarray, tall: np.ndarray, ends: tuple[float, float]) -> np.ndarray:
    """Move labels apart until no two overlap, ``tall`` being their heights; keep their order, and stay within the ends.

    plotly leaves out a text whose place is beyond the axis.
    """
    if not len(heights):
        return heights
    order = np.argsort(heights, kind="stable")
    placed, gap = heights[order].astype(float), (tall[order][:-1] + tall[order][1:]) / 2
    lowest, highest = ends[0] + tall[order][0] / 2, ends[1] - tall[order][-1] / 2
    for _ in range(200 * len(placed)):
        placed[0], placed[-1] = max(placed[0], lowest), min(placed[-1], highest)
        push = np.maximum(gap - np.diff(placed), 0) / 2
        if not (push > 1e-6 * gap).any():
            break
        placed[:-1] -= push
        placed[1:] += push
    result = np.empty_like(placed)
    result[order] = placed
    return result
