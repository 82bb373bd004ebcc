"""Where did each patient stand at baseline, and where at a later visit?"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from analysis.cohort.dictionary import Variable, variable
from analysis.labs import ShiftResult
from present.figures.labs_axes import axis_title, value_scale
from present.figures.sketch import Sketch, Trace, scatter
from present.figures.theme import GroupStyle, Sizes, Theme, base_layout, group_styles, plain_label, with_alpha
from present.tables.format import format_count, format_measured, format_months, format_number

LEAST_WIDTH = 360  # pixels below which the plot itself would vanish between its labels
HEIGHT = 33  # in letters of the axis
MOST_ACROSS = 6  # values named under the axis of a figure of half the page
NOTHING = "No patient has a value at both visits."


def shift_figure(result: ShiftResult, name: str, *, theme: Theme) -> go.Figure:
    """Draw one point per patient, baseline across and the visit up, with identity and threshold lines."""
    entry, size = variable(name), theme.sizes
    points = result.points[result.points["variable"] == name]
    thresholds = result.thresholds[result.thresholds["variable"] == name]
    sketch = Sketch(layout=base_layout(theme))
    drawable = points[(points[["before", "after"]] > 0).all(axis=1)] if entry.log_scale else points
    values = np.concatenate([drawable["before"], drawable["after"], thresholds["value"]]).astype(float)
    _set_axes(sketch, entry, value_scale(values, log_scale=entry.log_scale), size, result.month)
    _add_lines(sketch, thresholds, entry, theme, size)
    for group, style in group_styles(result.groups, theme=theme).items():
        sketch.add_traces(_points(drawable[drawable["group"] == group], result, entry, (group, style), size))
    if drawable.empty:
        sketch.add_text(text=NOTHING, x=0.5, xref="paper", y=0.5, yref="paper", font={"color": theme.muted})
    return sketch.figure()


def shift_alt(result: ShiftResult, name: str) -> str:
    """Describe the figure in words, from the data."""
    counts = result.counts[result.counts["variable"] == name]
    groups = (
        f"{row.group}: {format_count(row.n_pairs)} of {format_count(row.n_total)} patients with both values, "
        f"{format_count(row.n_lower)} lower, {format_count(row.n_same)} the same, {format_count(row.n_higher)} higher."
        for row in counts.itertuples()
    )
    head = f"{variable(name).label_with_unit()}, baseline against month {format_months(result.month)}."
    return " ".join([head, *groups])


def _set_axes(sketch: Sketch, entry: Variable, scale: dict, size: Sizes, month: float) -> None:
    """Give both axes the same scale, so that the identity line is the diagonal."""
    title = axis_title(entry)
    sketch.set_layout(
        height=HEIGHT * size.axis,
        margin={"l": int(7.4 * size.axis), "r": int(7.2 * size.axis), "t": 5 * size.axis, "b": int(5.6 * size.axis)},
        hovermode="closest",
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1.06, "yanchor": "bottom", "font": {"size": size.label}},
        xaxis={"title": {"text": f"At baseline: {title}"}, "tickangle": 0, **_thinned(scale)},
        yaxis={"title": {"text": f"At month {format_months(month)}"}, **scale},
    )


def _thinned(scale: dict) -> dict:
    """Name only the decades across, where all steps side by side would touch."""
    if len(scale.get("tickvals", ())) <= MOST_ACROSS:
        return scale
    pairs = zip(scale["tickvals"], scale["ticktext"], strict=True)
    kept = [(at, text) for at, text in pairs if text.strip("0,.") == "1"]
    return {**scale, "tickvals": [at for at, _ in kept], "ticktext": [text for _, text in kept]}


def _add_lines(sketch: Sketch, thresholds: pd.DataFrame, entry: Variable, theme: Theme, size: Sizes) -> None:
    """Draw identity, and each threshold across and up; names stand beside the plot, where no point is."""
    low, high = sketch.layout["xaxis"]["range"]
    ends = [10**end if entry.log_scale else end for end in (low, high)]
    sketch.add_line(x0=ends[0], y0=ends[0], x1=ends[1], y1=ends[1], line={"color": theme.axis, "width": 1.5})
    thin = {"color": theme.muted, "width": 1, "dash": "dot"}
    lowest = thresholds["value"].min() if len(thresholds) > 1 else math.nan
    for row in thresholds.itertuples():
        sketch.add_line(x0=row.value, x1=row.value, y0=0, y1=1, yref="paper", line=thin)
        place = math.log10(row.value) if entry.log_scale else row.value
        sketch.add_text(
            x=place, y=0, yref="paper", text=plain_label(row.label.split()[0]), yanchor="bottom", xshift=2,
            xanchor="right" if row.value == lowest else "left", font={"size": size.small, "color": theme.muted},
        )  # fmt: skip
        sketch.add_line(x0=0, x1=1, xref="paper", y0=row.value, y1=row.value, line=thin)
        sketch.add_text(
            x=1, xref="paper", y=place, text=plain_label(row.label),
            xshift=4, xanchor="left", yanchor="top" if row.value == lowest else "bottom",
            font={"size": size.small, "color": theme.muted},
        )  # fmt: skip


def _points(
    points: pd.DataFrame, result: ShiftResult, entry: Variable, named: tuple[str, GroupStyle], size: Sizes
) -> Trace:
    group, style = named
    month = format_months(result.month)
    texts = [
        f"{plain_label(str(row.patient_id))}: baseline {format_measured(row.before, decimals=entry.decimals)}, "
        f"month {month} {format_measured(row.after, decimals=entry.decimals)}"
        for row in points.itertuples()
    ]
    n_total = next((n for name, n in zip(result.counts["group"], result.counts["n_total"], strict=True)
                    if name == group), 0)  # fmt: skip
    return scatter(
        x=points["before"].astype(float).tolist(),
        y=points["after"].astype(float).tolist(),
        mode="markers",
        marker={
            "color": with_alpha(style.color, 0.75),
            "size": size.marker,
            "symbol": [f"{style.symbol}-open" if limited else style.symbol for limited in points["limited"]],
            "line": {"width": size.thin_line, "color": style.color},
        },
        hovertext=texts,
        hoverinfo="text",
        customdata=points["patient_id"].tolist(),
        name=f"{plain_label(group)}, {format_number(len(points), decimals=0)} of {format_count(n_total)}",
        meta="shift",
        unselected={"marker": {"opacity": 1}},
    )
