"""When did adverse events begin, how long until the first, and how severe were they? Three small figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from present.figures.labels import wrapped_label
from present.figures.sketch import Sketch, Trace, scatter
from present.figures.theme import Theme, base_layout, group_styles, plain_label, sizes, with_alpha
from present.tables.format import format_count, format_months, format_number, format_percent

if TYPE_CHECKING:
    from analysis.safety import GradeResult, TimingResult

NO_DATES = "No event that counts has a day of onset."
_LEGEND = {"orientation": "h", "x": 0, "y": 1, "yref": "container", "yanchor": "top", "itemclick": False,
           "itemdoubleclick": False, "traceorder": "normal"}  # fmt: skip
_GRADE_SHADES = (0.25, 0.4, 0.6, 0.8, 1.0)


def onset_figure(result: TimingResult, *, theme: Theme, presentation: bool = False) -> go.Figure:
    """Draw every dated event at its month, one line per category, a marker per group."""
    size, sketch = sizes(presentation=presentation), Sketch(layout=base_layout(theme, presentation=presentation))
    onsets = result.onsets
    labels = list(onsets["label"].value_counts().index)
    styles = group_styles(result.groups, theme=theme)
    for number, group in enumerate(result.groups):
        rows = onsets[onsets["group"] == group]
        shift = 0.5 * ((number + 0.5) / len(result.groups) - 0.5)
        sketch.add_traces(
            scatter(
                x=rows["month"], y=[labels.index(label) + shift for label in rows["label"]], mode="markers",
                name=plain_label(group), meta="onset", cliponaxis=False,
                marker={"symbol": styles[group].symbol, "size": size.marker, "color": styles[group].color},
                hovertext=[f"{plain_label(row.patient_id)}, {plain_label(group)}<br>"
                           f"{plain_label(row.term or row.label)}, "
                           f"day {format_number(row.day, decimals=0)}" for row in rows.itertuples()],
                hoverinfo="text", customdata=rows["patient_id"].tolist(),
            )
        )  # fmt: skip
    sketch.set_layout(
        height=110 + int(2.6 * size.axis) * max(len(labels), 1), showlegend=True, legend=_LEGEND, margin={"t": 50},
        xaxis={"title": {"text": "Months since first rituximab"}, "rangemode": "tozero"},
        yaxis={"tickvals": list(range(len(labels))), "range": [len(labels) - 0.4, -0.6],
               "ticktext": [wrapped_label(label, width=16) for label in labels]},
    )  # fmt: skip
    return sketch.figure()


def first_event_figure(result: TimingResult, *, theme: Theme, presentation: bool = False) -> go.Figure:
    """Draw the cumulative incidence of the first event per group, with its band."""
    size, sketch = sizes(presentation=presentation), Sketch(layout=base_layout(theme, presentation=presentation))
    styles = group_styles(result.groups, theme=theme)
    for group in result.groups:
        curve = result.curves[(result.curves["group"] == group) & result.curves["estimate"].notna()]
        look = {"color": styles[group].color, "dash": styles[group].dash, "width": size.line, "shape": "hv"}
        band = {"mode": "lines", "line": {"width": 0, "shape": "hv"}, "hoverinfo": "skip", "showlegend": False}
        sketch.add_traces(
            scatter(x=curve["time"], y=curve["conf_low"], meta="band", **band),
            scatter(x=curve["time"], y=curve["conf_high"], meta="band", fill="tonexty",
                    fillcolor=with_alpha(styles[group].color, 0.15), **band),
            scatter(x=curve["time"], y=curve["estimate"], mode="lines", name=plain_label(group), line=look,
                    meta="first event"),
        )  # fmt: skip
    ticks = np.linspace(0, 1, 6)
    sketch.set_layout(
        height=380, showlegend=True, legend=_LEGEND, margin={"t": 50},
        xaxis={"title": {"text": "Months since first rituximab"}, "range": [0, result.horizon_months]},
        yaxis={"title": {"text": f"First event:<br>{wrapped_label(result.focus_label, width=28)}"}, "range": [0, 1.0],
               "tickvals": ticks, "ticktext": [format_percent(tick) for tick in ticks]},
    )  # fmt: skip
    return sketch.figure()


def grade_figure(result: GradeResult, *, theme: Theme, presentation: bool = False) -> go.Figure:
    """Draw a butterfly: patients by worst grade, the reference to the left, the first other group to the right."""
    size, sketch = sizes(presentation=presentation), Sketch(layout=base_layout(theme, presentation=presentation))
    styles = group_styles(result.groups, theme=theme)
    labels = list(dict.fromkeys(result.rows["label"]))
    sides = _sides(result)
    rows = result.rows[result.rows["group"].isin(sides)]
    share = rows["n_patients"] / rows["n_total"].where(rows["n_total"] > 0)
    for group, sign in sides.items():
        for grade in range(6):
            part = rows[(rows["group"] == group) & (rows["grade"] == grade)]
            shade = with_alpha(styles[group].color, _GRADE_SHADES[grade - 1]) if grade else theme.muted
            heights = [labels.index(label) for label in part["label"]]
            sketch.add_traces(_bars(part, sign * share[part.index].fillna(0.0), heights, shade, theme))
    end = max(0.1, float(rows.assign(share=share).groupby(["label", "group"])["share"].sum().max()))
    ticks = np.linspace(-end if len(sides) > 1 else 0, end, 5 if len(sides) > 1 else 3)
    words = " · ".join(f"{'←' if sign < 0 else '→'} {plain_label(group)}" for group, sign in sides.items())
    sketch.set_layout(
        height=130 + int(2.4 * size.axis) * len(labels), barmode="relative", bargap=0.25,
        xaxis={"title": {"text": f"{words}<br>patients by worst grade, darker is worse"}, "tickvals": ticks,
               "ticktext": [format_percent(abs(tick)) for tick in ticks], "range": [1.05 * ticks[0], 1.05 * end]},
        yaxis={"tickvals": list(range(len(labels))), "range": [len(labels) - 0.4, -0.6],
               "ticktext": [wrapped_label(label, width=16) for label in labels]},
    )  # fmt: skip
    return sketch.figure()


def _bars(part: pd.DataFrame, length: pd.Series, heights: list[int], shade: str, theme: Theme) -> Trace:
    """Describe the bars of one group and grade."""
    grade = part["grade"].iloc[0] if len(part) else 0
    name = f"grade {grade}" if grade else "grade unknown"
    return {
        "type": "bar", "orientation": "h", "x": length, "y": heights, "meta": "grade", "showlegend": False,
        "marker": {"color": shade, "line": {"color": theme.axis, "width": 0.5}},
        "hovertext": [
            f"{plain_label(row.label)}, {name}<br>{plain_label(row.group)}: "
            f"{format_count(row.n_patients)}/{format_count(row.n_total)}"
            for row in part.itertuples()
        ],
        "hoverinfo": "text", "customdata": part["patient_ids"].map(list).tolist(),
        "text": [format_count(row.n_patients) if row.n_patients else "" for row in part.itertuples()],
        "textposition": "inside", "insidetextanchor": "middle", "textangle": 0,
    }  # fmt: skip


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


def grade_alt(result: GradeResult) -> str:
    """Tell the worst grades of all events in words."""
    total = result.rows[(result.rows["level"] == "total") & (result.rows["n_patients"] > 0)]
    parts = [f"{row.group}, grade {row.grade or 'unknown'}: {row.n_patients} patients." for row in total.itertuples()]
    return " ".join(["Patients by worst grade.", *parts])


def _sides(result: GradeResult) -> dict[str, int]:
    others = [group for group in result.groups if group != result.reference_group]
    if result.reference_group is None:
        return {result.groups[0]: 1}
    return {result.reference_group: -1, others[0]: 1} if others else {result.reference_group: 1}
