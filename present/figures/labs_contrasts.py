"""How far apart are the groups at each visit, by the model of all visits?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from analysis.cohort.dictionary import variable
from analysis.labs import CourseModel
from present.figures.labs_axes import X_TITLE, value_scale
from present.figures.sketch import Sketch, Trace, scatter
from present.figures.theme import GroupStyle, Sizes, Theme, base_layout, group_styles, plain_label
from present.tables.format import format_months
from present.tables.labs_words import contrast_text

HEIGHT = 27  # in letters of the axis
STEP = 0.35  # months between the intervals of two groups at one visit


def contrast_figure(result: CourseModel, *, theme: Theme) -> go.Figure:
    """Draw the modelled difference or ratio of each group and the reference at each visit, with its interval."""
    size, on_log = theme.sizes, result.scale == "log"
    known = result.contrasts[result.contrasts["estimate"].notna()]
    sketch = Sketch(layout=base_layout(theme))
    nothing = 1.0 if on_log else 0.0
    values = np.append(known[["estimate", "conf_low", "conf_high"]].to_numpy(dtype=float).ravel(), nothing)
    months = sorted(result.contrasts["month"].unique())
    sketch.set_layout(
        height=HEIGHT * size.axis,
        margin={"l": int(7.4 * size.axis), "r": 2 * size.axis, "t": 5 * size.axis, "b": int(4.6 * size.axis)},
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1.06, "yanchor": "bottom", "font": {"size": size.label}},
        xaxis={"title": {"text": X_TITLE}, "tickvals": months, "ticktext": [format_months(m) for m in months]},
        yaxis={"title": {"text": _axis_title(result)}, **value_scale(values, log_scale=on_log)},
    )
    sketch.add_line(x0=0, x1=1, xref="paper", y0=nothing, y1=nothing, line={"color": theme.axis, "width": 1.5})
    groups, styles = list(known["group"].astype(str).unique()), group_styles(result.groups, theme=theme)
    for place, group in enumerate(groups):
        shift = STEP * (place - (len(groups) - 1) / 2)
        sketch.add_traces(_intervals(result, known[known["group"] == group], styles[group], size, shift=shift))
    if known.empty:
        sketch.add_text(
            text=plain_label(result.reason or "no contrast could be estimated"), x=0.5, xref="paper", y=0.5,
            yref="paper", font={"color": theme.muted},
        )  # fmt: skip
    return sketch.figure()


def contrast_alt(result: CourseModel) -> str:
    """Describe the figure in words, from the data."""
    parts = [
        f"{row.group} against {row.reference_group} at month {format_months(row.month)}: {_text(result, row)}."
        for row in result.contrasts.itertuples()
    ]
    return " ".join([f"{variable(result.variable).label_with_unit()}, modelled contrasts by visit.", *parts])


def _text(result: CourseModel, row: Any) -> str:
    decimals, by_ratio = variable(result.variable).decimals, result.scale == "log"
    numbers = (row.estimate, row.conf_low, row.conf_high)
    return contrast_text(*numbers, by_ratio=by_ratio, decimals=2 if by_ratio else decimals, reason=row.reason)


def _axis_title(result: CourseModel) -> str:
    entry = variable(result.variable)
    if result.scale == "log":
        return f"{plain_label(entry.label)}:<br>ratio of geometric means (95 % CI)"
    return f"{plain_label(entry.label)}:<br>difference, {plain_label(entry.unit)} (95 % CI)"


def _intervals(result: CourseModel, part: pd.DataFrame, style: GroupStyle, size: Sizes, *, shift: float) -> Trace:
    estimate = part["estimate"].to_numpy(dtype=float)
    texts = [f"month {format_months(row.month)}: {_text(result, row)}, 95 % CI" for row in part.itertuples()]
    name = f"{part['group'].iloc[0]} against {part['reference_group'].iloc[0]}"
    return scatter(
        x=(part["month"].to_numpy(dtype=float) + shift).tolist(),
        y=estimate.tolist(),
        mode="markers",
        marker={"color": style.color, "size": size.marker, "symbol": style.symbol},
        error_y={
            "array": (part["conf_high"].to_numpy(dtype=float) - estimate).tolist(),
            "arrayminus": (estimate - part["conf_low"].to_numpy(dtype=float)).tolist(),
            "color": style.color,
            "thickness": size.line,
            "width": 0,
        },
        hovertext=texts,
        hoverinfo="text",
        name=plain_label(name),
        meta="contrasts",
    )
