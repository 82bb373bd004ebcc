"""In which state were the patients at each visit? One bar per visit and group, everyone in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import plotly.graph_objects as go

from analysis.outcomes.visit_states import VISIT_STATUSES
from present.figures.labels import wrapped_label
from present.figures.legends import LINE, legend_lines, set_legends
from present.figures.sketch import Sketch, Trace, scatter
from present.figures.theme import (
    LIGHT,
    GroupStyle,
    Sizes,
    StatusStyle,
    Theme,
    base_layout,
    group_styles,
    plain_label,
    status_styles,
)
from present.tables.format import format_count, format_months, format_share

if TYPE_CHECKING:
    from analysis.remission.answers import StatesResult

X_TITLE = "Share of all patients of the group"
SHARE_TICKS = {"tickvals": [0, 25, 50, 75, 100], "ticktext": ["0 %", "25 %", "50 %", "75 %", "100 %"]}
_CHARACTERS = 17  # of a group's name and N in one line
_SHARE_FOR_BOTH, _SHARE_FOR_COUNT = 0.13, 0.035  # a bar this wide holds k/n; one this wide holds k
_IDS_ON_HOVER = 12


def states_figure(result: StatesResult, *, theme: Theme) -> go.Figure:
    """Stack the states of all patients, visit by visit, the groups next to each other."""
    size = theme.sizes
    sketch = Sketch(layout=base_layout(theme))
    months = [float(month) for month in sorted(result.shares["month"].unique())]
    places = _places(months, result.groups)
    styles = status_styles(theme)
    for status in VISIT_STATUSES:
        rows = result.shares[(result.shares["status"] == status) & (result.shares["n_total"] > 0)]
        sketch.add_traces(_bars(rows, places, styles[status], size))
    _set_axes(sketch, result, places, size)
    _add_names(sketch, result, places, group_styles(result.groups, theme=theme), theme, size)
    if not result.shares["n_total"].sum():
        _say_empty(sketch, theme, size)
    return sketch.figure()


def states_alt(result: StatesResult) -> str:
    """Tell the bars in words: for each visit and group how many are in each state."""
    words = {status: style.label.lower() for status, style in status_styles(LIGHT).items()}
    sentences = []
    for (month, group), rows in result.shares.groupby(["month", "group"], sort=False, observed=True):
        counts = ", ".join(f"{words[row.status]} {format_count(row.n)}" for row in rows.itertuples() if row.n)
        total = format_count(rows["n_total"].max())
        sentences.append(f"Month {format_months(month)}, {group}, {total} patients: {counts or 'nobody'}.")
    return " ".join(["State of all patients at each visit.", *sentences])


def _places(months: list[float], groups: tuple[str, ...]) -> dict[tuple[float, str], float]:
    """Number the bars from the top: the groups of one visit close together, half a bar between visits."""
    step = len(groups) + 1.1
    return {
        (month, group): 1 + visit * step + place
        for visit, month in enumerate(months)
        for place, group in enumerate(groups)
    }


def _set_axes(sketch: Sketch, result: StatesResult, places: dict[tuple[float, str], float], size: Sizes) -> None:
    last = max(places.values(), default=1.0) + 0.6
    lines = max((_name(result, group).count("<br>") + 1 for group in result.groups), default=1)
    inside = max(2.0 * size.axis, 1.25 * size.small * lines + 4) * (last + 0.1)
    below = int(4.2 * size.axis)
    sketch.set_layout(
        barmode="stack",
        height=int(2 * size.small + inside + below + LINE * legend_lines(len(VISIT_STATUSES)) * size.small),
        margin={
            "l": int(_CHARACTERS * 0.56 * size.small + 14),
            "r": 2 * size.axis,
            "t": 2 * size.small,
            "b": below + int(LINE * legend_lines(len(VISIT_STATUSES)) * size.small),
            "autoexpand": False,
        },
        xaxis={
            "range": [0, 100],
            **SHARE_TICKS,
            "tickangle": 0,
            "title": {"text": X_TITLE},
            "automargin": False,
            "fixedrange": True,
        },
        yaxis={"range": [last, -0.1], "visible": False, "fixedrange": True},
    )
    set_legends(sketch, y=-below / inside, yanchor="top", letters=size.small)


def _bars(rows: pd.DataFrame, places: dict[tuple[float, str], float], style: StatusStyle, size: Sizes) -> Trace:
    share = rows["n"] / rows["n_total"]
    keys = zip(rows["month"].astype(float), rows["group"].astype(str), strict=True)
    return {
        "type": "bar",
        "orientation": "h",
        "x": 100 * share,
        "y": [places[key] for key in keys],
        "width": 0.9,
        "name": style.label,
        "showlegend": True,
        "marker": {"color": style.color, "line": {"width": 0}, "pattern": hatching(style)},
        "text": [_text(row.n, row.n_total) for row in rows.itertuples()],
        "textposition": "inside",
        "insidetextanchor": "middle",
        "textangle": 0,
        "constraintext": "none",
        "textfont": {"size": size.small, "color": style.ink},
        "hovertext": [_hover(row, style) for row in rows.itertuples()],
        "hoverinfo": "text",
        "customdata": rows["patient_ids"].map(list).tolist(),
        "meta": "state",
    }


def hatching(style: StatusStyle) -> dict[str, Any]:
    """Give the pattern of a state, so that it is told apart without its colour."""
    return {
        "shape": style.pattern,
        "bgcolor": style.color,
        "fgcolor": style.ink,
        "fgopacity": 0.22,
        "size": 7,
        "solidity": 0.18,
    }


def _text(n: int, n_total: int) -> str:
    """Write k/n where the bar is wide enough, else k, else nothing: the table and the hover say it."""
    if n / n_total >= _SHARE_FOR_BOTH:
        return f"{format_count(n)}/{format_count(n_total)}"
    return format_count(n) if n / n_total >= _SHARE_FOR_COUNT else ""


def _hover(row: Any, style: StatusStyle) -> str:
    ids = [plain_label(str(patient)) for patient in row.patient_ids[:_IDS_ON_HOVER]]
    more = ["…"] if len(row.patient_ids) > _IDS_ON_HOVER else []
    listed = "<br>".join(", ".join([*ids, *more][start : start + 4]) for start in range(0, len(ids) + len(more), 4))
    return (
        f"<b>{plain_label(str(row.group))}</b>, month {format_months(row.month)}<br>"
        f"{style.label}: {format_share(row.n, row.n_total)}<br>{listed}"
    )


def _add_names(
    sketch: Sketch,
    result: StatesResult,
    places: dict[tuple[float, str], float],
    styles: dict[str, GroupStyle],
    theme: Theme,
    size: Sizes,
) -> None:
    """Head each visit, and write the group with its N left of each bar."""
    shared = {
        "x": 0,
        "xref": "paper",
        "yref": "y",
        "yanchor": "middle",
        "xshift": -6,
        "xanchor": "right",
        "align": "right",
    }
    for (month, group), place in places.items():
        if group == result.groups[0]:
            head = {"size": size.axis, "color": theme.ink}
            text = f"<b>Month {format_months(month)}</b>"
            sketch.add_text(text=text, font=head, **{**shared, "y": place - 0.85, "xanchor": "left", "xshift": 0})
        text = _name(result, group)
        sketch.add_text(text=text, font={"size": size.small, "color": styles[group].color}, **shared, y=place)


def _name(result: StatesResult, group: str) -> str:
    total = result.shares.loc[result.shares["group"].astype(str) == group, "n_total"].max()
    return wrapped_label(f"{group} ({format_count(total)})", width=_CHARACTERS)


def _say_empty(sketch: Sketch, theme: Theme, size: Sizes) -> None:
    sketch.add_traces(
        scatter(
            x=[50],
            y=[0.4],
            text=["No patient is left to follow."],
            mode="text",
            textfont={"size": size.title, "color": theme.muted},
            hoverinfo="skip",
            showlegend=False,
            meta="empty",
        )
    )
