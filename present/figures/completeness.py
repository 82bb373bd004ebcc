"""At how many of the visits that were reached was each value measured? A map of variable and visit per group."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from analysis.cohort.dictionary import variable
from present.figures.labels import wrapped_label
from present.figures.theme import (
    ShareStyle,
    Sizes,
    Theme,
    axis_style,
    base_layout,
    group_styles,
    plain_label,
    share_styles,
)
from present.tables.format import format_count, format_months, format_percent

if TYPE_CHECKING:
    from analysis.cohort.completeness import CompletenessResult

COMPLETENESS_WIDTH = 760  # the narrowest figure that must hold the numbers
_LABEL_CHARACTERS = 26
_CHARACTER = 0.58  # width of a digit, in letter heights
_BETWEEN = 0.03
_TOP = 24  # pixels, room for the SYNTHETIC mark
_IDS_ON_HOVER = 12


@dataclass(frozen=True, kw_only=True)
class _Panels:
    """Where the panel of each group goes: how many beside each other, and how high in pixels."""

    columns: int
    rows: int
    height: float
    head: float
    labels: int
    titles: tuple[str, ...]

    def domain(self, place: int) -> tuple[list[float], list[float]]:
        """Give the stretch across and up of one panel, as shares of the figure inside its margins."""
        row, column = divmod(place, self.columns)
        width = (1 - _BETWEEN * (self.columns - 1)) / self.columns
        left = column * (width + _BETWEEN)
        each = self.height + self.head
        total = self.rows * each
        top = 1 - (row * each + self.head) / total
        return [left, left + width], [max(0.0, top - self.height / total), top]


def completeness_figure(result: CompletenessResult, *, theme: Theme) -> go.Figure:
    """Fill a cell per variable, visit and group by its share measured, and write measured / followed into it."""
    size = theme.sizes
    names = tuple(dict.fromkeys(result.visits["variable"]))
    panels = _measure(result, len(names), size, width=int(COMPLETENESS_WIDTH * size.scale))
    fills = share_styles(theme)
    layout = base_layout(theme) | _frame(panels, size)
    traces, annotations = [], []
    for place, group in enumerate(result.groups):
        cells = result.visits[result.visits["group"] == group]
        layout |= _axes_of(result, names, place, panels, axis_style(theme))
        traces += _panel(cells, result, place, fills, size)
        annotations += _heads(result, place, panels, theme, size)
    traces += [_swatch(fill, size) for fill in reversed(fills)]
    return go.Figure(data=traces, layout=layout | {"annotations": annotations})


def completeness_alt(result: CompletenessResult) -> str:
    """Tell the map in words: for each group and variable measured of followed at each visit."""
    sentences = []
    for (group, name), rows in result.visits.groupby(["group", "variable"], sort=False):
        values = ", ".join(
            f"month {format_months(row.month)} {_counts(row, ' of ')}" for row in rows.itertuples() if row.n_followed
        )
        sentences.append(f"{group}, {variable(str(name)).label}: {values}.")
    return " ".join(["Values measured of patients followed.", *sentences])


# ---------------------------------------------------------------- layout


def _measure(result: CompletenessResult, n_variables: int, size: Sizes, *, width: int) -> _Panels:
    """Put as many panels beside each other as leave room for the longest number in a cell."""
    labels = int(_LABEL_CHARACTERS * _CHARACTER * size.axis)
    longest = max((len(_counts(row)) for row in result.visits.itertuples()), default=3)
    needed = (longest * _CHARACTER * size.small + 8) * len(result.schedule)
    fitting = max(1, min(len(result.groups), int((width - labels) / needed)))
    rows = math.ceil(len(result.groups) / fitting)
    columns = math.ceil(len(result.groups) / rows)
    letters = int((width - labels) / columns / (_CHARACTER * size.label)) - 2
    titles = tuple(
        wrapped_label(f"{group}, N = {format_count(result.group_sizes[group])}", width=max(letters, 10))
        for group in result.groups
    )
    lines = max(title.count("<br>") + 1 for title in titles)
    return _Panels(
        columns=columns,
        rows=rows,
        height=1.9 * size.axis * max(1, n_variables),
        head=1.4 * size.label * lines + 2.6 * size.axis,
        labels=labels,
        titles=titles,
    )


def _frame(panels: _Panels, size: Sizes) -> dict[str, Any]:
    """Give the size of the figure and the place of the legend below it."""
    below = int(5.2 * size.axis)
    return {
        "height": int(panels.rows * (panels.height + panels.head)) + _TOP + below,
        "margin": {"l": panels.labels, "r": 10, "t": _TOP, "b": below, "autoexpand": False},
        "showlegend": True,
        "legend": {
            "orientation": "h", "x": 0, "xref": "container", "y": 0, "yref": "container", "yanchor": "bottom",
            "itemclick": False, "itemdoubleclick": False, "font": {"size": size.small},
        },
    }  # fmt: skip


def _axes(place: int) -> tuple[str, str]:
    return (f"x{place + 1}", f"y{place + 1}") if place else ("x", "y")


def _axes_of(
    result: CompletenessResult, names: tuple[str, ...], place: int, panels: _Panels, look: dict[str, Any]
) -> dict[str, Any]:
    """Lay the axes of one panel; only the first panel of a row names the variables."""
    across, up = panels.domain(place)
    quiet = {**look, "showline": False, "showgrid": False, "ticks": "", "automargin": False, "fixedrange": True}
    months = [format_months(month) for month in result.schedule]
    number = str(place + 1) if place else ""
    across_axis = {
        **quiet, "domain": across, "anchor": _axes(place)[1], "side": "top", "range": [-0.5, len(months) - 0.5],
        "tickvals": list(range(len(months))), "ticktext": months, "title": {},
    }  # fmt: skip
    down_axis = {
        **quiet, "domain": up, "anchor": _axes(place)[0], "range": [len(names) - 0.5, -0.5], "title": {},
        "showticklabels": place % panels.columns == 0, "tickvals": list(range(len(names))),
        "ticktext": [f"{_shortened(variable(name).label)} " for name in names],
    }  # fmt: skip
    return {f"xaxis{number}": across_axis, f"yaxis{number}": down_axis}


def _shortened(label: str) -> str:
    """Keep a label on one line, first without its bracket; the hover and the table give it in full."""
    short = label if len(label) <= _LABEL_CHARACTERS else label.partition(" (")[0]
    lines = wrapped_label(short, width=_LABEL_CHARACTERS).split("<br>")
    return lines[0] if len(lines) == 1 else f"{lines[0]} …"


def _heads(result: CompletenessResult, place: int, panels: _Panels, theme: Theme, size: Sizes) -> list[dict[str, Any]]:
    """Write the group above its panel, and once per row what its columns are."""
    across, up = panels.domain(place)
    color = group_styles(result.groups, theme=theme)[result.groups[place]].color
    shared = {"xref": "paper", "yref": "paper", "y": up[1], "yanchor": "bottom", "showarrow": False}
    title = {
        **shared, "text": f"<b>{panels.titles[place]}</b>", "x": across[0], "xanchor": "left", "align": "left",
        "yshift": 1.8 * size.axis, "font": {"size": size.label, "color": color},
    }  # fmt: skip
    if place % panels.columns:
        return [title]
    month = {
        "text": "Month",
        "x": 0,
        "xanchor": "right",
        "xshift": -6,
        "font": {"size": size.axis, "color": theme.muted},
    }
    return [title, {**shared, **month}]


# ---------------------------------------------------------------- cells


def _panel(
    cells: pd.DataFrame, result: CompletenessResult, place: int, fills: tuple[ShareStyle, ...], size: Sizes
) -> list[dict[str, Any]]:
    """Draw one group: the fills, and the numbers over them in an ink that reads on each."""
    shape = (-1, len(result.schedule))
    share = np.where(cells["n_followed"] > 0, cells["n_measured"] / cells["n_followed"].clip(lower=1), -1.0)
    filled = np.searchsorted([fill.least for fill in fills], share, side="right") - 1
    row, column = np.divmod(np.arange(len(cells)), len(result.schedule))
    x_axis, y_axis = _axes(place)
    shared = {"xaxis": x_axis, "yaxis": y_axis, "name": plain_label(result.groups[place])}
    hover = np.array([_hover(cell) for cell in cells.itertuples()], dtype=object)
    heat = {
        "type": "heatmap", "z": filled.reshape(shape), "zmin": -0.5, "zmax": len(fills) - 0.5, "showscale": False,
        "colorscale": _steps(fills), "xgap": 2, "ygap": 2, "hovertext": hover.reshape(shape), "hoverinfo": "text",
        "meta": "cells",
    }  # fmt: skip
    numbers = {
        "type": "scatter", "x": column, "y": row, "mode": "text", "hoverinfo": "skip", "showlegend": False,
        "text": [_counts(cell) for cell in cells.itertuples()], "meta": "numbers",
        "textfont": {"size": size.small, "color": [fills[number].ink for number in filled]},
        "customdata": cells["patient_ids_missing"].map(list).tolist(),
    }  # fmt: skip
    return [{**heat, **shared}, {**numbers, **shared}]


def _steps(fills: tuple[ShareStyle, ...]) -> list[tuple[float, str]]:
    """Make a colour scale of steps, one for each fill."""
    return [(edge / len(fills), fill.color) for number, fill in enumerate(fills) for edge in (number, number + 1)]


def _counts(row: Any, between: str = "/") -> str:
    return f"{format_count(row.n_measured)}{between}{format_count(row.n_followed)}" if row.n_followed else "–"


def _hover(row: Any) -> str:
    """Tell one cell in full, with the first patients who lack the value."""
    name, group = plain_label(variable(row.variable).label), plain_label(row.group)
    head = f"<b>{name}</b>, month {format_months(row.month)}, {group}"
    if not row.n_followed:
        return f"{head}<br>nobody was followed to this visit"
    share = format_percent(row.n_measured / row.n_followed)
    lines = [head, f"{_counts(row, ' of ')} followed were measured ({share})"]
    if row.n_limit:
        lines.append(f"{format_count(row.n_limit)} below or above detection")
    if row.n_missing:
        lines.append(f"missing: {_ids(row.patient_ids_missing)}")
    return "<br>".join(lines)


def _ids(patients: tuple[str, ...]) -> str:
    """Name the first patients, a few to a line, and count the others."""
    shown = [plain_label(patient) for patient in patients[:_IDS_ON_HOVER]]
    lines = [", ".join(shown[start : start + 4]) for start in range(0, len(shown), 4)]
    more = len(patients) - len(shown)
    return "<br>".join(lines) + (f" and {format_count(more)} more" if more else "")


def _swatch(fill: ShareStyle, size: Sizes) -> dict[str, Any]:
    line = {"width": 1, "color": fill.ink}
    marker = {"symbol": "square", "size": size.marker + 4, "color": fill.color, "line": line}
    return {"type": "scatter", "x": [None], "y": [None], "mode": "markers", "marker": marker} | {
        "name": fill.label,
        "meta": "swatch",
    }
