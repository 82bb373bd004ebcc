"""What happened to each patient, and when? One lane per patient: doses, visits with their status, events, the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from analysis.outcomes.classify import STATUS_WORDS
from analysis.remission.swimmer import LaneOrder, order_lanes
from present.figures.labels import wrapped_label
from present.figures.legends import LINE, legend_lines, set_legends
from present.figures.sketch import Sketch, Trace, scatter
from present.figures.theme import (
    GroupStyle,
    Sizes,
    Theme,
    base_layout,
    group_styles,
    plain_label,
    status_styles,
    with_alpha,
)
from present.tables.format import format_count, format_months

if TYPE_CHECKING:
    from analysis.remission.swimmer import LanesResult

X_TITLE = "Months since first rituximab"
MOST_LANES = 1_000  # more lanes are told apart no more, and slow the browser
ORDERS: dict[LaneOrder, str] = {
    "duration": "Longest follow-up",
    "first_remission": "Earliest remission",
    "group": "Group",
    "best_response": "Best response",
}
_SHAPES = {"CR": "circle", "PR": "diamond", "NR": "square", "NE": "circle-open"}
_RAISED = "triangle-down"  # stands on the lane, so that a visit on the same day is not hidden
_MARKS = {  # kind: symbol, words; leaving the study is the end of the lane, with its reason behind it
    "infusion": (_RAISED, "Infusion"),
    "adverse": ("cross-thin", "Adverse event"),
    "serious": ("x", "Serious event"),
    "relapse": ("star", "Relapse"),
    "rescue": ("hourglass", "Rescue treatment"),
    "kidney_failure": ("triangle-up", "Kidney failure"),
    "death": ("x-thin", "Death"),
}
_DRUGS = {  # domain.md 1.6; other names stand as the file has them
    "RTX": "Rituximab", "TAC": "Tacrolimus", "CSA": "Ciclosporin", "CTX": "Cyclophosphamide", "MMF": "Mycophenolate",
    "GC": "Glucocorticoids", "OBI": "Obinutuzumab",
}  # fmt: skip
_GRAVE = {"serious", "relapse", "rescue", "kidney_failure", "death"}
_LANE = 1.45  # in letter heights
_LABEL = 9  # characters of a patient's id
_REASON = 28  # characters of the reason behind a lane
_LETTER = 0.012  # width of one of its letters as a share of the time axis
_KEY = 17  # characters of a line of the legend: two stand beside each other on a narrow screen


def swimmer_figure(result: LanesResult, *, order: LaneOrder = "group", theme: Theme) -> go.Figure:
    """Draw the lanes in an order; the figure is as tall as they need."""
    size = theme.sizes
    lanes = order_lanes(result.lanes, order)[:MOST_LANES]
    place = pd.Series(np.arange(1, len(lanes) + 1), index=pd.Index(lanes["patient_id"]))
    sketch = Sketch(layout=base_layout(theme))
    styles = group_styles(result.groups, theme=theme)
    sketch.add_traces(*_follow_up(lanes, place, theme, size))
    sketch.add_traces(*_courses(result.spans, place, theme, size))
    sketch.add_traces(*_statuses(result.visits, place, theme, size))
    sketch.add_traces(*_events(result.marks, place, theme, size))
    sketch.add_traces(*_names(lanes, place, styles, size))
    _set_axes(sketch, lanes, size)
    if lanes.empty:
        _say(sketch, "No patient is left to follow.", theme, size)
    elif len(result.lanes) > MOST_LANES:
        shown = f"The first {format_count(MOST_LANES)} of {format_count(len(result.lanes))} patients."
        _say(sketch, shown, theme, size)
    return sketch.figure()


def swimmer_alt(result: LanesResult, *, order: LaneOrder = "group") -> str:
    """Tell the lanes in words: how many, how long, how many reached remission, and why patients left."""
    sentences = [f"One lane per patient, sorted by: {ORDERS[order].lower()}."]
    for group in result.groups:
        lanes = result.lanes[result.lanes["group"].astype(str) == group]
        reached, total = format_count(lanes["first_remission"].notna().sum()), format_count(len(lanes))
        longest = format_months(lanes["end"].max()) if len(lanes) else "0"
        left = lanes.loc[lanes["end_reason"] != "", "end_reason"].value_counts(sort=False)
        why = "; ".join(f"{reason} {format_count(n)}" for reason, n in left.items())
        sentences.append(
            f"{group}: {total} patients followed up to {longest} months, {reached} in remission at a visit"
            + (f"; left: {why}." if why else ".")
        )
    return " ".join(sentences)


def _set_axes(sketch: Sketch, lanes: pd.DataFrame, size: Sizes) -> None:
    """Give every lane the same height, and the time axis above and below the lanes."""
    last = max([float(lanes["end"].max()) if len(lanes) else 0.0, 1.0])
    ticks = np.arange(0, last + 0.01, _step(last))
    entries = [trace["name"].count("<br>") + 1 for trace in sketch.traces if trace.get("showlegend")]
    axis, legend = int(4.2 * size.axis), int(LINE * legend_lines(sum(entries)) * size.small)
    inside = _LANE * size.small * (max(len(lanes), 3) + 1)
    words = {"tickvals": ticks, "ticktext": [format_months(tick) for tick in ticks]}
    shared = {"range": [-0.02 * last, _room_for_reasons(lanes, last)], "automargin": False, "fixedrange": True, **words}
    above = {"overlaying": "x", "side": "top", "matches": "x", "showgrid": False}
    sides = {"l": int((_LABEL + 3) * 0.6 * size.small), "r": size.axis, "autoexpand": False}
    sketch.set_layout(
        height=int(inside + 2 * axis + legend),
        margin={"t": axis + legend, "b": axis, **sides},
        hovermode="closest",
        xaxis={**shared, "title": {"text": X_TITLE}},
        xaxis2={**sketch.layout["xaxis"], **shared, **above},
        yaxis={"range": [max(len(lanes), 3) + 0.5, 0.5], "visible": False, "fixedrange": True},
    )
    set_legends(sketch, y=1 + axis / inside, yanchor="bottom", letters=0.9 * size.small)


def _step(last: float) -> float:
    """Choose the months between two ticks so that there are at most ten."""
    return next((step for step in (1.0, 2.0, 3.0, 6.0, 12.0, 24.0, 60.0) if last / step <= 10), 120.0)


def _follow_up(lanes: pd.DataFrame, place: pd.Series, theme: Theme, size: Sizes) -> list[Trace]:
    """Draw a thin line as long as the patient was followed; an arrow where the follow-up was not ended."""
    x, y = _joined(lanes.assign(start=0.0, stop=lanes["end"]), place)
    line = {"color": theme.axis, "width": size.thin_line}
    on, gone = lanes[lanes["end_reason"] == ""], lanes[lanes["end_reason"] != ""]
    beside = on["end"] + _LETTER * max(float(lanes["end"].max()) if len(lanes) else 0.0, 1.0)  # clear of the last visit
    on_words = [f"last contact at month {format_months(end)}" for end in on["end"]]
    gone_words = [
        f"ended at month {format_months(end)}: {plain_label(why)}"
        for end, why in zip(gone["end"], gone["end_reason"], strict=True)
    ]
    return [
        scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip", name="Followed", showlegend=True, meta="followed"),
        _points(on.assign(time=beside), place, ("triangle-right", theme.axis), "Last contact", size, on_words),
        _points(gone.assign(time=gone["end"]), place, ("line-ns", theme.ink), "Left, and why", size, gone_words),
        _reasons(gone, place, theme, size),
    ]


def _reasons(gone: pd.DataFrame, place: pd.Series, theme: Theme, size: Sizes) -> Trace:
    """Write why a patient left behind the end of the lane: what is on hover only is lost in print."""
    return scatter(
        x=gone["end"],
        y=place.reindex(gone["patient_id"]).to_numpy(dtype=float),
        mode="text",
        text=[f"   {plain_label(_short(why, _REASON))}" for why in gone["end_reason"]],
        textposition="middle right",
        textfont={"size": size.small * 0.8, "color": theme.ink},
        hoverinfo="skip",
        cliponaxis=False,
        showlegend=False,
        meta="reason",
    )


def _room_for_reasons(lanes: pd.DataFrame, last: float) -> float:
    """Give the right end of the axis that leaves room for the reasons behind the lanes."""
    gone = lanes[lanes["end_reason"] != ""]
    letters = 3 + gone["end_reason"].astype(str).str.len().clip(upper=_REASON)
    return max([1.12 * last, *(gone["end"] + letters * _LETTER * last)])


def _joined(spans: pd.DataFrame, place: pd.Series) -> tuple[Any, Any]:
    """Lay stretches end to end in one line with gaps: thousands of lanes stay one trace."""
    x = np.column_stack([spans["start"], spans["stop"], np.full(len(spans), np.nan)]).astype(float).ravel()
    return x, np.repeat(place.reindex(spans["patient_id"]).to_numpy(dtype=float), 3)


def _courses(spans: pd.DataFrame, place: pd.Series, theme: Theme, size: Sizes) -> list[Trace]:
    """Draw drugs taken daily as broad bands beneath the lane."""
    spans = spans[spans["patient_id"].isin(place.index)]
    drawn = []
    for number, (drug, rows) in enumerate(spans.groupby("drug", sort=True)):
        x, y = _joined(rows, place)
        color = with_alpha(theme.groups[(number + 3) % len(theme.groups)], 0.35)
        line = {"color": color, "width": size.small * 0.85}
        name = f"{plain_label(_DRUGS.get(str(drug), str(drug)))} taken"
        drawn.append(
            scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip", name=name, showlegend=True, meta="course")
        )
    return drawn


def _statuses(visits: pd.DataFrame, place: pd.Series, theme: Theme, size: Sizes) -> list[Trace]:
    styles = status_styles(theme)
    visits = visits[visits["patient_id"].isin(place.index)]
    traces = []
    for status, shape in _SHAPES.items():
        rows = visits[visits["status"] == status]
        color = theme.muted if status == "NE" else styles[status].color
        hover = [
            f"month {format_months(row.time)}: {STATUS_WORDS[status]}"
            + (f"<br>{'missing: ' if status == 'NE' else ''}{plain_label(row.reason)}" if row.reason else "")
            for row in rows.itertuples()
        ]
        trace = _points(rows, place, (shape, color), styles[status].label, size, hover)
        rim = theme.ink if theme.name == "dark" else color
        traces.append({**trace, "marker": {**trace["marker"], "line": {"width": 0.8 * size.thin_line, "color": rim}}})
    return traces


def _events(marks: pd.DataFrame, place: pd.Series, theme: Theme, size: Sizes) -> list[Trace]:
    marks = marks[marks["patient_id"].isin(place.index)]
    traces = []
    for kind, (shape, words) in _MARKS.items():
        rows = marks[marks["kind"] == kind]
        color = theme.caution if kind in _GRAVE else theme.ink
        hover = [f"month {format_months(row.time)}: {plain_label(_named(row.label))}" for row in rows.itertuples()]
        traces.append(_points(rows, place, (shape, color), words, size, hover))
    return [trace for trace in traces if len(trace["x"])]


def _named(label: object) -> str:
    """Write the name of a drug for its code, with the dose behind it; another label stays."""
    drug, space, dose = str(label).partition(" ")
    return f"{_DRUGS.get(drug, drug)}{space}{dose}"


def _points(
    rows: pd.DataFrame, place: pd.Series, look: tuple[str, str], name: str, size: Sizes, hover: list[str]
) -> Trace:
    """Draw one kind of mark on all lanes; the patient behind each is on hover."""
    symbol, color = look
    raised = symbol == _RAISED
    lines = {"width": size.thin_line * 1.5, "color": color}
    return scatter(
        x=rows["time"],
        y=place.reindex(rows["patient_id"]).to_numpy(dtype=float) - (0.32 if raised else 0.0),
        mode="markers",
        marker={"symbol": symbol, "size": size.marker * (0.7 if raised else 0.9), "color": color, "line": lines},
        name=name,
        hovertext=[f"<b>{plain_label(str(p))}</b>, {text}" for p, text in zip(rows["patient_id"], hover, strict=True)],
        hoverinfo="text",
        customdata=rows["patient_id"].tolist(),
        cliponaxis=False,
        showlegend=True,
        meta=name,
    )


def _names(lanes: pd.DataFrame, place: pd.Series, styles: dict[str, GroupStyle], size: Sizes) -> list[Trace]:
    """Write the patient left of the lane in the colour of the group, with its marker."""
    traces = []
    for group, style in styles.items():
        rows = lanes[lanes["group"].astype(str) == group]
        traces.append(
            scatter(
                x=[0.0] * len(rows),
                y=place.reindex(rows["patient_id"]).to_numpy(dtype=float),
                mode="text",
                text=[f"{plain_label(_short(patient))}   " for patient in rows["patient_id"]],
                textposition="middle left",
                textfont={"size": size.small * 0.9, "color": style.color},
                xaxis="x2",
                name=plain_label(group),
                hoverinfo="skip",
                cliponaxis=False,
                showlegend=False,
                meta="patient",
            )
        )
        traces.append(_key(group, style, size))
    return traces


def _key(group: str, style: GroupStyle, size: Sizes) -> Trace:
    """Name a group in the legend by the colour of its patients' names."""
    marker = {"symbol": "line-ew", "size": size.marker, "color": style.color, "opacity": 0}
    text = f'<span style="color:{style.color}"><b>Name</b></span> {wrapped_label(group, width=_KEY)}'
    return scatter(x=[None], y=[None], mode="markers", marker=marker, name=text, showlegend=True, meta="group key")


def _short(text: object, most: int = _LABEL) -> str:
    words = str(text)
    return words if len(words) <= most else f"{words[: most - 1]}…"


def _say(sketch: Sketch, text: str, theme: Theme, size: Sizes) -> None:
    font = {"size": size.small, "color": theme.muted}
    sketch.add_text(text=text, x=1, xref="paper", xanchor="right", y=0, yref="paper", yanchor="bottom", font=font)
