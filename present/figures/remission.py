"""How many have reached remission by each visit? The curves, and beneath them on the same axis who is still at risk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from analysis.outcomes.endpoints import ALL_ENDPOINT_LABELS
from present.figures.labels import spread_labels, wrapped_label
from present.figures.remission_marks import (
    censor_ticks,
    is_lone,
    is_tiny,
    landmark_points,
    lone_dots,
    patient_dots,
    step_targets,
)
from present.figures.remission_overlays import Overlay, add_box, add_overlays
from present.figures.risk_table import (
    LABEL_CHARACTERS,
    CurveLayout,
    add_risk_table,
    measure_layout,
    most_at_start,
)
from present.figures.sketch import Sketch, Trace, scatter
from present.figures.theme import GroupStyle, Sizes, Theme, base_layout, group_styles, plain_label, with_alpha
from present.tables.format import format_count, format_months, format_percent_estimate

if TYPE_CHECKING:
    from analysis.remission import RemissionResult

X_TITLE = "Months since {start}"
FEW_AT_RISK, FEW_SHARE = 5, 0.10  # display.md: thin once fewer than max(5, 10 %) are at risk
LONE_FROM, LONE_APART = 0.03, 0.12  # heights of the rows of dots of groups of fewer than 5 patients
BAND_OPACITY, CROWDED_OPACITY, CROWD = 0.2, 0.1, 4
_FIRST_WHISKER, _BETWEEN_WHISKERS, _BEFORE_LABEL = 0.016, 0.014, 0.022  # shares of the horizon


def remission_figure(
    result: RemissionResult,
    *,
    theme: Theme,
    overlays: tuple[Overlay, ...] = (),
    box: tuple[str, ...] = (),
) -> go.Figure:
    """Draw the cumulative incidence of remission with its at-risk rows in one figure on one time axis.

    ``box`` holds the lines of the comparison, at most four; nothing is boxed where a group is tiny.
    """
    size, last_time = theme.sizes, result.curves["time"].max()
    layout = measure_layout(result.risk_table, result.groups, size=size, last_time=last_time)
    styles = group_styles(layout.groups, theme=theme)
    sketch = Sketch(layout=base_layout(theme))
    _set_axes(sketch, layout, ALL_ENDPOINT_LABELS[result.endpoint], X_TITLE.format(start=result.start))
    curves = {group: _curve_of(result.curves, group) for group in layout.groups}
    drawn = _drawn(curves)
    opacity = BAND_OPACITY if len(drawn) < CROWD else CROWDED_OPACITY
    bands = [_band(curve, group, styles[group], opacity) for group, curve in drawn.items()]
    sketch.add_traces(*(band for band in bands if len(band["x"])))
    for group, curve in drawn.items():
        if is_lone(curve):
            sketch.add_traces(*lone_dots(curve, group, result.records, (styles[group], layout)))
            continue
        sketch.add_traces(*_lines(curve, group, styles[group], layout.size))
        sketch.add_traces(*censor_ticks(curve, group, result.records, (styles[group], layout)))
        sketch.add_traces(*patient_dots(curve, group, result.records, (styles[group], layout)))
        sketch.add_traces(*landmark_points(result.landmarks, group, curve["time"].max(), (styles[group], layout)))
        sketch.add_traces(*step_targets(curve, group, (styles[group], layout)))
    _label_curves(sketch, drawn, _reached(curves), (styles, layout))
    add_overlays(sketch, overlays, styles=styles, layout=layout, theme=theme)
    if not any(is_tiny(curve) for curve in curves.values()):
        add_box(sketch, box, layout=layout, theme=theme)
    add_risk_table(sketch, result.risk_table, styles=styles, layout=layout, theme=theme)
    if not drawn:
        _say_empty(sketch, layout, theme)
    return sketch.figure()


def figure_alt(result: RemissionResult) -> str:
    """Tell the figure in words: N, events and the estimate at the last visit of each group."""
    endpoint = ALL_ENDPOINT_LABELS[result.endpoint]
    sentences = [f"{endpoint}: cumulative incidence from {result.start}, on an axis from 0 to 100 percent."]
    for group in result.groups:
        rows = result.risk_table[result.risk_table["group"].astype(str) == group]
        events, total = format_count(rows["n_event_before"].max()), format_count(most_at_start(rows))
        sentences.append(f"{group}: {events} of {total} patients reached it{_last_estimate(result, group)}.")
    return " ".join(sentences)


def _last_estimate(result: RemissionResult, group: str) -> str:
    known = result.landmarks[(result.landmarks["group"].astype(str) == group) & result.landmarks["estimate"].notna()]
    if known.empty:
        curve = result.curves[result.curves["group"].astype(str) == group]
        return "; fewer than 5 patients, so no percentage" if is_lone(curve) else ", not estimable"
    last = known.sort_values("time").iloc[-1]
    share = format_percent_estimate(last["estimate"], last["conf_low"], last["conf_high"])
    return f", estimated {share} by month {format_months(last['time'])}"


def _set_axes(sketch: Sketch, layout: CurveLayout, label: str, x_title: str) -> None:
    xaxis = {
        "range": [-0.025 * layout.horizon, (layout.end_at + 0.05) * layout.horizon],
        "tickvals": layout.ticks,
        "ticktext": [format_months(tick) for tick in layout.ticks],
        "title": {"text": x_title},
        "anchor": "y",
        "showgrid": False,
        "automargin": False,
    }
    yaxis = {
        "range": [-1, 101],
        "tickvals": [0, 20, 40, 60, 80, 100],
        "ticktext": ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"],
        "domain": [1 - layout.curve / layout.inside, 1],
        "title": {"text": wrapped_label(label, width=36), "standoff": 6},
        "automargin": False,
    }
    sketch.set_layout(height=layout.height, margin=layout.margin, hovermode="closest", xaxis=xaxis, yaxis=yaxis)


def _curve_of(curves: pd.DataFrame, group: str) -> pd.DataFrame:
    rows = curves[(curves["group"].astype(str) == group) & curves["estimate"].notna()]
    return rows.sort_values("time", kind="stable", ignore_index=True)


def _drawn(curves: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Keep what is read of each curve; a group of fewer than 5 patients has a row of dots instead of a curve."""
    drawn, lone = {}, 0
    for group, curve in curves.items():
        if curve.empty:
            continue
        drawn[group] = curve[curve["is_read"]].reset_index(drop=True)
        if is_lone(curve):
            level = LONE_FROM + LONE_APART * lone
            drawn[group] = curve.assign(estimate=level, conf_low=np.nan, conf_high=np.nan)
            lone += 1
    return drawn


def _reached(curves: dict[str, pd.DataFrame]) -> dict[str, str]:
    """Count who reached it of each group, whether the curve is read to its end or not."""
    return {
        group: f"{format_count(curve['n_event'].sum())} of {format_count(curve['n_risk'].iloc[0])}"
        for group, curve in curves.items()
        if len(curve)
    }


def _band(curve: pd.DataFrame, group: str, style: GroupStyle, opacity: float) -> Trace:
    """Shade the interval from the first event on as one stepped outline; the bound before it is in the table."""
    began = curve["n_event"].cumsum() > 0
    part = curve[began & curve["conf_low"].notna() & curve["conf_high"].notna()]
    x = np.repeat(part["time"].to_numpy(), 2)
    if len(part):
        until = curve["time"].iloc[min(part.index[-1] + 1, len(curve) - 1)]
        x = np.append(x[1:], until)
    low, high = (100 * np.repeat(part[name].to_numpy(), 2) for name in ("conf_low", "conf_high"))
    return scatter(
        x=np.concatenate([x, x[::-1]]),
        y=np.concatenate([high, low[::-1]]),
        mode="lines",
        name=plain_label(group),
        line={"width": 0},
        fill="toself",
        fillcolor=with_alpha(style.color, opacity),
        hoverinfo="skip",
        meta="band",
    )


def _lines(curve: pd.DataFrame, group: str, style: GroupStyle, size: Sizes) -> list[Trace]:
    """Draw the steps, thin from where few are at risk."""
    few = curve["n_risk"].to_numpy() < max(FEW_AT_RISK, FEW_SHARE * curve["n_risk"].iloc[0])
    turn = int(np.argmax(few)) if few.any() else len(curve)
    parts = [(curve.iloc[:turn], size.line, "curve"), (curve.iloc[max(turn - 1, 0) :], size.thin_line, "thin curve")]
    return [
        scatter(
            x=part["time"],
            y=100 * part["estimate"],
            mode="lines",
            name=plain_label(group),
            line={"shape": "hv", "color": style.color, "width": width, "dash": style.dash},
            hovertext=_hover(part, group),
            hoverinfo="text",
            meta=meta,
        )
        for part, width, meta in parts
        if len(part) > 1
    ]


def _hover(part: pd.DataFrame, group: str) -> list[str]:
    return [
        f"<b>{plain_label(group)}</b>, month {format_months(row.time)}<br>"
        f"{format_percent_estimate(row.estimate, row.conf_low, row.conf_high)}<br>"
        f"{format_count(row.n_risk)} at risk just before"
        for row in part.itertuples()
    ]


def _label_curves(
    sketch: Sketch,
    drawn: dict[str, pd.DataFrame],
    reached: dict[str, str],
    look: tuple[dict[str, GroupStyle], CurveLayout],
) -> None:
    """End each curve in its interval, its name and events of N, moved apart where the ends are close."""
    styles, layout = look
    ends = np.array([100 * curve["estimate"].iloc[-1] for curve in drawn.values()])
    places = spread_labels(ends, gap=100 * 1.35 * layout.label_block / layout.curve, high=100)
    x_label = layout.horizon * (1 + _FIRST_WHISKER + _BETWEEN_WHISKERS * (len(drawn) - 1) + _BEFORE_LABEL)
    for number, (group, curve) in enumerate(drawn.items()):
        last = curve.iloc[-1]
        x_last = min(last["time"], layout.horizon) + layout.horizon * (_FIRST_WHISKER + _BETWEEN_WHISKERS * number)
        if not is_lone(curve):
            sketch.add_traces(_whisker(last, x_last, group, styles[group], layout.size))
        text = f"<b>{wrapped_label(group, width=LABEL_CHARACTERS)}</b><br>{reached[group]}"
        label = {"text": text, "font": {"size": layout.size.label, "color": styles[group].color}}
        _add_label(sketch, label, (x_last, ends[number]), (x_label, places[number]), layout)


def _whisker(last: pd.Series, x: float, group: str, style: GroupStyle, size: Sizes) -> Trace:
    """Show the last estimate with its interval; at the last visit the band has no width left to show it."""
    known = bool(np.isfinite(last["conf_low"]) and np.isfinite(last["conf_high"]))
    reach = {side: [100 * abs(last[name] - last["estimate"]) if known else 0.0] for side, name in _SIDES.items()}
    return scatter(
        x=[x],
        y=[100 * last["estimate"]],
        mode="markers",
        name=plain_label(group),
        marker={"symbol": style.symbol, "size": size.marker * 0.7, "color": style.color},
        error_y={"type": "data", "color": style.color, "thickness": size.thin_line, "width": 0, **reach},
        hovertext=_hover(last.to_frame().T, group),
        hoverinfo="text",
        cliponaxis=False,
        meta="last estimate",
    )


_SIDES = {"array": "conf_high", "arrayminus": "conf_low"}


def _add_label(
    sketch: Sketch,
    label: dict[str, Any],
    start: tuple[float, float],
    place: tuple[float, float],
    layout: CurveLayout,
) -> None:
    """Place a label and lead a thin line from the end of its curve to it."""
    sketch.add_line(
        x0=start[0] + 0.008 * layout.horizon,
        x1=place[0] - 0.002 * layout.horizon,
        y0=start[1],
        y1=place[1],
        line={"color": label["font"]["color"], "width": 1},
    )
    sketch.add_text(
        x=place[0],
        y=place[1],
        xanchor="left",
        yanchor="middle",
        align="left",
        **label,
    )


def _say_empty(sketch: Sketch, layout: CurveLayout, theme: Theme) -> None:
    sketch.add_traces(
        scatter(
            x=[layout.horizon / 2],
            y=[50],
            text=["No patient is left to follow."],
            mode="text",
            textfont={"size": layout.size.title, "color": theme.muted},
            hoverinfo="skip",
            meta="empty",
        )
    )
