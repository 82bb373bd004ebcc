"""Which adverse events are how frequent, and which group has more of them? Shares on the left, differences right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from analysis.safety import cell_token
from present.figures.labels import wrapped_label
from present.figures.safety_headings import add_directions, head_panels
from present.figures.safety_layout import SafetyLayout, counts_in_lines, measure_layout, without_tiny
from present.figures.sketch import Sketch, Trace, scatter
from present.figures.theme import GroupStyle, Sizes, Theme, axis_style, base_layout, group_styles, plain_label
from present.tables.format import (
    MISSING,
    format_count,
    format_number,
    format_percent,
    format_percent_interval,
    format_points,
    format_share,
)
from present.tables.frame_rows import event_blocks
from present.tables.safety_words import sentence_case

if TYPE_CHECKING:
    from analysis.safety import SafetyResult

SHARE_TITLE = "Patients with<br>at least one event"
DIFFERENCE_TITLE = "Difference,<br>percentage points"
_IDS_SHOWN = 6
_AXIS_ENDS = (0.1, 0.2, 0.25, 0.4, 0.5, 0.6, 0.8, 1.0)


def safety_figure(result: SafetyResult, *, theme: Theme) -> go.Figure:
    """Draw the share of patients per group and, with a reference, the risk differences; zero rows stay."""
    result = without_tiny(result)
    layout = measure_layout(result, theme.sizes)
    sketch = Sketch(layout=base_layout(theme))
    if not layout.places:
        return _say_empty(sketch, result.reason, layout, theme)
    styles = group_styles(layout.groups, theme=theme)
    end = next((edge for edge in _AXIS_ENDS if edge >= np.nanmax(np.append(result.rows["conf_high"], 0))), 1.0)
    _set_axes(sketch, layout, theme)
    _set_share_axis(sketch, end)
    rows = layout.drawn(result.rows)
    for group in layout.groups:
        sketch.add_traces(_shares(rows[group], group, styles[group], layout))
    if layout.compared:
        _add_differences(sketch, result, styles, layout, theme)
        add_directions(sketch, layout, theme)
    if layout.tall:
        head_panels(sketch, layout, theme)
    _add_labels(sketch, layout, theme)
    _add_counts(sketch, rows, styles, layout, theme.surface)
    if layout.remarks:
        _say_more(sketch, layout, theme)
    return sketch.figure()


def figure_alt(result: SafetyResult) -> str:
    """Tell the figure in words: for each row the counts of every group."""
    if result.rows.empty:
        return result.reason
    sentences = [
        f"{sentence_case(entries[0].label)}: "
        + ", ".join(f"{row.group} {format_share(row.n_patients, row.n_total)}" for row in entries)
        + "."
        for _, entries in event_blocks(result.rows)
    ]
    return " ".join(["Patients with at least one adverse event.", *sentences])


def _set_axes(sketch: Sketch, layout: SafetyLayout, theme: Theme) -> None:
    left, right = layout.domains
    axis = layout.size.axis
    top = layout.top
    below = int(5.5 * axis + 1.4 * layout.size.small * (layout.direction_lines + len(layout.remarks)))
    sketch.set_layout(
        height=top + layout.head + layout.inside + below,
        margin={"l": int(1.4 * axis), "r": int(1.8 * axis), "t": top, "b": below, "autoexpand": False},
        showlegend=True,
        legend={**_LEGEND, "font": {"size": layout.size.label}},
        xaxis={"domain": left, "automargin": False},
        yaxis={
            "range": [layout.inside, -layout.head],
            "tickvals": list(layout.tops[1:-1]),
            "showticklabels": False,
            "ticks": "",
            "showline": False,
            "automargin": False,
        },
    )
    if layout.compared:
        look = axis_style(theme)
        sketch.set_layout(xaxis2={**look, "domain": right, "automargin": False})


_LEGEND = {
    "orientation": "h",
    "x": 0,
    "y": 1,
    "yref": "container",
    "yanchor": "top",
    "itemclick": False,  # a click must not hide a group
    "itemdoubleclick": False,
}


def _set_share_axis(sketch: Sketch, end: float) -> None:
    """Run the axis to 100 %, or say where it ends; every other grid line is labelled."""
    ticks = np.linspace(0, end, 5)
    title = SHARE_TITLE if end == 1 else f"{SHARE_TITLE}<br>(axis ends at {format_percent(end)})"
    sketch.set_layout(
        xaxis={
            "range": [-0.03 * end, 1.03 * end],
            "tickvals": ticks,
            "ticktext": [format_percent(tick) if place % 2 == 0 else "" for place, tick in enumerate(ticks)],
            "title": {"text": title},
        }
    )


def _shares(rows: list[Any], group: str, style: GroupStyle, layout: SafetyLayout) -> Trace:
    shares = [row.proportion for row in rows]
    return scatter(
        x=shares,
        y=layout.heights(rows, group),
        mode="markers",
        name=plain_label(group),
        marker={"symbol": style.symbol, "size": layout.size.marker, "color": style.color},
        error_x=_reach(rows, shares, style, layout.size),
        hovertext=[
            f"<b>{plain_label(group)}</b>, {plain_label(sentence_case(row.label))}<br>"
            f"{format_share(row.n_patients, row.n_total)}, "
            f"95 % interval {format_percent_interval(row.conf_low, row.conf_high)}<br>"
            f"{format_count(row.n_events)} event{'s' * (row.n_events != 1)}<br>"
            f"{', '.join(map(plain_label, row.patient_ids[:_IDS_SHOWN]))}"
            + (" …" if len(row.patient_ids) > _IDS_SHOWN else "")
            for row in rows
        ],
        hoverinfo="text",
        cliponaxis=False,
        unselected={"marker": {"opacity": 0.6}},  # after a click on one, the others must stay readable
        customdata=[cell_token(row.level, row.category, row.term, row.group) for row in rows],
        meta="share",
    )


def _reach(
    rows: list[Any], estimates: list[float], style: GroupStyle, size: Sizes, scale: float = 1.0
) -> dict[str, Any]:
    pairs = list(zip(rows, estimates, strict=True))
    return {
        "type": "data",
        "array": [scale * row.conf_high - estimate for row, estimate in pairs],
        "arrayminus": [estimate - scale * row.conf_low for row, estimate in pairs],
        "color": style.color,
        "thickness": size.thin_line,
        "width": 0,
    }


def _add_counts(
    sketch: Sketch, rows: dict[str, list[Any]], styles: dict[str, GroupStyle], layout: SafetyLayout, surface: str
) -> None:
    """Write k/n of every group, in its colour and the legend's order, at the right end of the row's words.

    Without markers, which would look like points of the panel of differences beneath.
    """
    for place, entries in enumerate(zip(*rows.values(), strict=True)):
        counts = [
            f"{format_count(row.n_patients)}/{format_count(row.n_total)}" if row.n_total else MISSING for row in entries
        ]
        parts = [
            f'<span style="color:{styles[row.group].color}">{text}</span>'
            for row, text in zip(entries, counts, strict=True)
        ]
        shift = -int(1.35 * layout.size.axis * layout.label_lines(place)) if layout.counts_below else 0
        sketch.add_text(
            text="<br>".join("&nbsp;&nbsp; ".join(some) for some in counts_in_lines(parts)),
            name="counts",
            x=1,
            xref="paper",
            xanchor="right",
            xshift=layout.size.axis,
            y=layout.tops[place],
            yref="y",
            yanchor="top",
            yshift=shift,
            align="right",
            font={"size": layout.size.small},
            bgcolor=surface,  # the zero line must not run through a number
        )


def _say_more(sketch: Sketch, layout: SafetyLayout, theme: Theme) -> None:
    sketch.add_text(
        text="<br>".join(layout.remarks), name="remarks",
        x=0, xref="paper", xanchor="left", y=0, yref="paper", yanchor="top", align="left",
        yshift=-int(5.0 * layout.size.axis + 1.4 * layout.size.small * layout.direction_lines),
        font={"size": layout.size.small, "color": theme.muted},
    )  # fmt: skip


def _add_differences(
    sketch: Sketch, result: SafetyResult, styles: dict[str, GroupStyle], layout: SafetyLayout, theme: Theme
) -> None:
    contrasts = layout.drawn(result.contrasts)
    ends = [abs(limit) for rows in contrasts.values() for row in rows for limit in (row.conf_low, row.conf_high)]
    widest = np.nanmax([*ends, 0.1])
    end = next((edge for edge in _AXIS_ENDS if edge >= widest), 1.0)
    ticks = np.linspace(-end, end, 5)
    sketch.set_layout(
        xaxis2={
            "range": [-103 * end, 103 * end],
            "tickvals": 100 * ticks,
            "ticktext": [
                format_number(100 * tick, decimals=0) if place % 2 == 0 else "" for place, tick in enumerate(ticks)
            ],
            "title": {"text": DIFFERENCE_TITLE},
        }
    )
    for group in layout.compared:
        sketch.add_traces(_differences(contrasts[group], group, styles[group], layout))
    line = {"color": theme.ink, "width": 1}
    sketch.add_line(x0=0, x1=0, xref="x2", y0=0, y1=layout.inside, yref="y", line=line, layer="below")


def _differences(rows: list[Any], group: str, style: GroupStyle, layout: SafetyLayout) -> Trace:
    points = [100 * row.risk_difference for row in rows]
    return scatter(
        x=points,
        y=layout.heights(rows, group),
        mode="markers",
        name=plain_label(group),
        marker={"symbol": style.symbol, "size": layout.size.marker, "color": style.color},
        error_x=_reach(rows, points, style, layout.size, scale=100.0),
        hovertext=[
            f"{plain_label(sentence_case(row.label))}<br>"
            f"{plain_label(group)} minus {plain_label(row.reference_group)}: "
            f"{format_points(row.risk_difference, row.conf_low, row.conf_high, reason=row.reason)} points"
            for row in rows
        ],
        hoverinfo="text",
        xaxis="x2",
        showlegend=False,
        meta="difference",
    )


def _add_labels(sketch: Sketch, layout: SafetyLayout, theme: Theme) -> None:
    """Write each row's name above its markers, from the left edge."""
    for number, label in enumerate(layout.labels):
        sketch.add_text(
            text=label,
            name="label",
            x=0,
            xref="paper",
            xanchor="left",
            xshift=-layout.size.axis,
            y=layout.tops[number],
            yref="y",
            yanchor="top",
            align="left",
            font={"size": layout.size.axis, "color": theme.ink},
        )


def _say_empty(sketch: Sketch, reason: str, layout: SafetyLayout, theme: Theme) -> go.Figure:
    sketch.add_traces(
        scatter(
            x=[0],
            y=[0],
            text=[wrapped_label(reason, width=48)],
            mode="text",
            textfont={"size": layout.size.title, "color": theme.muted},
            hoverinfo="skip",
            meta="empty",
        )
    )
    sketch.set_layout(xaxis={"visible": False}, yaxis={"visible": False}, height=220)
    return sketch.figure()
