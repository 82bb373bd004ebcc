"""When did adverse events begin, and how long was it until the first?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from present.figures.labels import wrapped_label
from present.figures.sketch import Sketch, scatter
from present.figures.theme import Theme, base_layout, group_styles, plain_label, with_alpha
from present.tables.format import SMALLEST_N_FOR_PERCENT, format_count, format_months, format_number, format_percent
from present.tables.frame_rows import frame_rows
from present.tables.safety_words import sentence_case

if TYPE_CHECKING:
    import pandas as pd

    from analysis.safety import TimingResult

NO_DATES = "No event that counts has a day of onset."
_MOST_BANDS = 3  # more bands over one another cannot be told apart; the table has the intervals
_LEGEND = {"orientation": "h", "x": 0, "y": 1, "yref": "container", "yanchor": "top", "itemclick": False,
           "itemdoubleclick": False, "traceorder": "normal"}  # fmt: skip


def onset_figure(result: TimingResult, *, theme: Theme) -> go.Figure:
    """Draw every dated event at its month, one line per category, a marker per group."""
    size, sketch = theme.sizes, Sketch(layout=base_layout(theme))
    onsets = result.onsets
    labels = list(onsets["label"].value_counts().index)
    lines = max((wrapped_label(sentence_case(label), width=16).count("<br>") + 1 for label in labels), default=1)
    row = max(1.4 * size.axis * lines, 0.9 * size.marker * (len(result.groups) + 1))
    styles = group_styles(result.groups, theme=theme)
    for number, group in enumerate(result.groups):
        rows = onsets[onsets["group"] == group]
        shift = 0.66 * ((number + 0.5) / len(result.groups) - 0.5)
        sketch.add_traces(
            scatter(
                x=rows["month"].tolist(), y=[labels.index(label) + shift for label in rows["label"]],
                mode="markers+text", text=_same_day(rows),
                textposition="top center" if shift < 0 else "bottom center",
                textfont={"size": size.small, "color": theme.ink},
                name=plain_label(group), meta="onset", cliponaxis=False,
                marker={"symbol": styles[group].symbol, "size": size.marker, "color": styles[group].color},
                hovertext=[f"{plain_label(row.patient_id)}, {plain_label(group)}<br>"
                           f"{plain_label(sentence_case(row.term or row.label))}, "
                           f"day {format_number(row.day, decimals=0)}" for row in frame_rows(rows)],
                hoverinfo="text", customdata=rows["patient_id"].tolist(),
            )
        )  # fmt: skip
    sketch.set_layout(
        height=120 + int(row * max(len(labels), 1)), showlegend=True, legend=_LEGEND, margin={"t": 50},
        xaxis={"title": {"text": "Months since first rituximab"}, "rangemode": "tozero"},
        yaxis={"tickvals": list(range(len(labels))), "range": [len(labels) - 0.4, -0.6],
               "ticktext": [wrapped_label(sentence_case(label), width=16) for label in labels]},
    )  # fmt: skip
    return sketch.figure()


def _same_day(rows: pd.DataFrame) -> list[str]:
    """Count beside the first of several events of one kind and day, which lie on one another."""
    places = ["label", "day"]
    first = ~rows.duplicated(places) & rows.duplicated(places, keep=False)
    return [f"{format_count(n)}×" if here else ""
            for n, here in zip(rows.groupby(places)["day"].transform("size"), first, strict=True)]  # fmt: skip


def has_curve(result: TimingResult) -> bool:
    """Tell whether any group has a curve to draw."""
    known = set(result.curves.loc[result.curves["estimate"].notna(), "group"])
    return any(result.n_curve[group] >= SMALLEST_N_FOR_PERCENT for group in known)


def first_event_figure(result: TimingResult, *, theme: Theme) -> go.Figure:
    """Draw the cumulative incidence of the first event per group, with its band."""
    size, sketch = theme.sizes, Sketch(layout=base_layout(theme))
    styles = group_styles(result.groups, theme=theme)
    for group in result.groups:
        curve = result.curves[(result.curves["group"] == group) & result.curves["estimate"].notna()]
        n = result.n_curve[group]
        if n < SMALLEST_N_FOR_PERCENT:  # a share of so few says nothing; their onsets are drawn one by one
            curve = curve.iloc[:0]
        look = {"color": styles[group].color, "dash": styles[group].dash, "width": size.line, "shape": "hv"}
        band = {"mode": "lines", "line": {"width": 0, "shape": "hv"}, "hoverinfo": "skip", "showlegend": False}
        if len(result.groups) <= _MOST_BANDS:
            sketch.add_traces(
                scatter(x=curve["time"].tolist(), y=curve["conf_low"].tolist(), meta="band", **band),
                scatter(x=curve["time"].tolist(), y=curve["conf_high"].tolist(), meta="band", fill="tonexty",
                        fillcolor=with_alpha(styles[group].color, 0.15), **band),
            )  # fmt: skip
        name = f"{plain_label(group)}, n = {format_count(n)}"
        sketch.add_traces(scatter(x=curve["time"].tolist(), y=curve["estimate"].tolist(), mode="lines", line=look,
                                  name=name, meta="first event"))  # fmt: skip
    ticks = np.linspace(0, 1, 6)
    sketch.set_layout(
        height=380, showlegend=True, legend=_LEGEND, margin={"t": 50},
        xaxis={"title": {"text": "Months since first rituximab"}, "range": [0, result.horizon_months]},
        yaxis={"title": {"text": f"First event:<br>{wrapped_label(sentence_case(result.focus_label), width=28)}"},
               "range": [0, 1.0],
               "tickvals": ticks, "ticktext": [format_percent(tick) for tick in ticks]},
    )  # fmt: skip
    return sketch.figure()


def timing_alt(result: TimingResult) -> str:
    """Tell the onsets in words."""
    if result.onsets.empty:
        return NO_DATES
    parts = [
        f"{group}: {len(rows)} dated events, the first in month {format_months(rows['month'].min())}, "
        f"the last in month {format_months(rows['month'].max())}."
        for group, rows in result.onsets.groupby("group", sort=False)
    ]
    return " ".join(["Onset of adverse events.", *parts])
