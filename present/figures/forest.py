"""Which factors go with reaching remission sooner? Hazard ratios with their intervals on a log axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from present.figures.labels import wrapped_label
from present.figures.legends import LINE, set_legends
from present.figures.sketch import Sketch, Trace, scatter
from present.figures.theme import Sizes, Theme, base_layout, plain_label
from present.tables.factors import ratio_words
from present.tables.format import format_count, format_limit, format_p_words

if TYPE_CHECKING:
    from analysis.factors import FactorsResult

X_TITLE = "Hazard ratio, log scale"
HEAD = "<b>Hazard ratio (95 % CI)</b>"
DIRECTIONS = ("← later", "sooner →")
MODELS = {"univariable": "On its own", "multivariable": "With the others"}
NO_ROWS = "No factor is chosen."
_SYMBOLS = {"univariable": "circle-open", "multivariable": "square"}
_MOST_TICKS = 5  # for a narrow screen
_CHARACTERS = 20  # of a label in one line
_RATIO = 19  # characters of a ratio with its interval, at least
_FOOTNOTE = 54  # characters of a line below, on a narrow screen
_TICKS = np.array([0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100])
_NARROWEST, _WIDEST = 0.5, (0.02, 50.0)  # the axis reaches from 0.5 to 2 at least, and never beyond 0.02 to 50
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, kw_only=True)
class _Forest:
    """The rows in place: one block of lines per factor level, one line per model."""

    rows: pd.DataFrame
    labels: tuple[tuple[float, str], ...]
    height: float
    low: float
    high: float
    reasons: tuple[str, ...]
    models: tuple[str, ...]


def forest_figure(result: FactorsResult, *, theme: Theme) -> go.Figure:
    """Draw a line per factor and model; what could not be estimated says so and why."""
    size = theme.sizes
    forest = _arrange(result.rows)
    sketch = Sketch(layout=base_layout(theme))
    for model in forest.models:
        sketch.add_traces(_points(forest, model, theme, size))
    sketch.add_traces(_numbers(forest, theme, size), *_beyond(forest, theme, size))
    _set_axes(sketch, forest, theme, size)
    _add_labels(sketch, forest, theme, size)
    _add_head(sketch, theme, size)
    _add_below(sketch, forest, theme, size)
    return sketch.figure()


def forest_alt(result: FactorsResult) -> str:
    """Tell the forest in words: each factor with its hazard ratio in each model, or why there is none."""
    sentences = []
    for model, words in MODELS.items():
        rows = result.rows[result.rows["model"] == model]
        facts = [f"{_label(row)} {_ratio(row, row.reason)}" for row in rows.itertuples()]
        if facts:
            sentences.append(f"{words}: {'; '.join(facts)}.")
    return " ".join(["Hazard ratios with 95 % intervals; above 1 remission comes sooner.", *(sentences or [NO_ROWS])])


def _label(row: object) -> str:
    level, reference = str(row.level or ""), str(row.reference_level or "")
    if not level or level == "nan":
        return str(row.label)
    against = f"\N{NO-BREAK SPACE}v\N{NO-BREAK SPACE}{reference}" if reference and reference != "nan" else ""
    return f"{row.label}: {level}{against}"


def _ratio(row: Any, reason: str) -> str:
    return ratio_words(row.hazard_ratio, row.conf_low, row.conf_high, reason)


def _arrange(rows: pd.DataFrame) -> _Forest:
    """Give each factor level a block as high as its label or its models need."""
    models = tuple(model for model in MODELS if (rows["model"] == model).any())
    keys = [_label(row) for row in rows.itertuples()]
    reasons = tuple(dict.fromkeys(rows.loc[rows["hazard_ratio"].isna(), "reason"].astype(str)))
    top, labels, place = 0.0, [], {}
    for key in dict.fromkeys(keys):
        text = wrapped_label(key, width=_CHARACTERS)
        lines = max(text.count("<br>") + 1, len(models))
        labels.append((top + lines / 2, text))
        place |= {(key, model): top + lines / 2 + number - (len(models) - 1) / 2 for number, model in enumerate(models)}
        top += lines + 0.7
    low, high = _span(rows)
    y = [place[(key, model)] for key, model in zip(keys, rows["model"], strict=True)]
    return _Forest(
        rows=rows.assign(y=y),
        labels=tuple(labels),
        height=max(top, 2.0),
        low=low,
        high=high,
        reasons=reasons,
        models=models,
    )


def _span(rows: pd.DataFrame) -> tuple[float, float]:
    """Reach to the ticks round all intervals, within limits, and to both sides of 1."""
    ends = np.append(rows[["conf_low", "conf_high"]].to_numpy(dtype=float).ravel(), [_NARROWEST, 1 / _NARROWEST])
    ends = ends[np.isfinite(ends) & (ends > 0)]
    low, high = max(ends.min(), _WIDEST[0]), min(ends.max(), _WIDEST[1])
    return float(_TICKS[low * 1.0001 >= _TICKS].max()), float(_TICKS[high * 0.9999 <= _TICKS].min())


def _points(forest: _Forest, model: str, theme: Theme, size: Sizes) -> Trace:
    rows = forest.rows[forest.rows["model"] == model]
    shown = rows["hazard_ratio"].clip(forest.low, forest.high)
    color = theme.groups[0] if model == "multivariable" else theme.muted
    line = {"width": size.thin_line, "color": color}
    return scatter(
        x=shown,
        y=rows["y"],
        mode="markers",
        name=MODELS[model],
        marker={"symbol": _SYMBOLS[model], "size": size.marker, "color": color, "line": line},
        error_x={
            "type": "data",
            "array": rows["conf_high"].clip(upper=forest.high) - shown,
            "arrayminus": shown - rows["conf_low"].clip(lower=forest.low),
            "color": color,
            "thickness": size.thin_line * 1.4,
            "width": 0,
        },
        hovertext=[_hover(row) for row in rows.itertuples()],
        hoverinfo="text",
        showlegend=True,
        meta=model,
    )


def _hover(row: object) -> str:
    return (
        f"<b>{plain_label(_label(row))}</b><br>{MODELS[row.model]}: {_ratio(row, plain_label(str(row.reason)))}<br>"
        f"{format_p_words(row.p_value)}, {format_count(row.n_event)} events in {format_count(row.n)} patients"
    )


def _beyond(forest: _Forest, theme: Theme, size: Sizes) -> list[Trace]:
    """Mark with an arrow an interval that runs beyond the axis."""
    sides = [("conf_low", forest.low, "triangle-left", -1), ("conf_high", forest.high, "triangle-right", 1)]
    traces = []
    for name, edge, symbol, sign in sides:
        rows = forest.rows[(sign * (forest.rows[name] - edge) > 0) & forest.rows["hazard_ratio"].notna()]
        marker = {"symbol": symbol, "size": size.marker * 0.8, "color": theme.muted}
        traces.append(
            scatter(x=[edge] * len(rows), y=rows["y"], mode="markers", marker=marker, hoverinfo="skip", meta="beyond")
        )
    return [trace for trace in traces if len(trace["x"])]


def _numbers(forest: _Forest, theme: Theme, size: Sizes) -> Trace:
    """Write each ratio right of the axis, or the letter of the reason there is none."""
    texts = _ratio_texts(forest)
    return scatter(
        x=[0.0] * len(texts),
        y=forest.rows["y"],
        xaxis="x2",
        mode="text",
        text=texts,
        textposition="middle right",
        textfont={"size": size.small, "color": theme.ink},
        hoverinfo="skip",
        cliponaxis=False,
        meta="ratio",
    )


def _ratio_texts(forest: _Forest) -> list[str]:
    marks = {reason: _LETTERS[number % len(_LETTERS)] for number, reason in enumerate(forest.reasons)}
    return [
        _ratio(row, f"not estimable ({marks.get(str(row.reason), '')})") + (" *" if row.penalised else "")
        for row in forest.rows.itertuples()
    ]


def _set_axes(sketch: Sketch, forest: _Forest, theme: Theme, size: Sizes) -> None:
    lines = _below(forest)
    below = int(5.4 * size.axis + 1.45 * size.small * len(lines))
    legend = int(LINE * 4 * size.small)
    inside = 1.45 * size.small * forest.height
    inner = _TICKS[(forest.low * 0.9999 <= _TICKS) & (forest.high * 1.0001 >= _TICKS)]
    ticks = inner if len(inner) <= _MOST_TICKS else inner[np.isin(inner, [0.1, 1, 10])]
    longest = max([_RATIO, *(len(text) for text in _ratio_texts(forest))])
    left, right = int((_CHARACTERS * 0.56 + 1) * size.small), int(longest * 0.56 * size.small)
    sketch.set_layout(
        height=int(legend + inside + below),
        margin={"l": left, "r": right, "t": legend, "b": below, "autoexpand": False},
        xaxis={
            "type": "log",
            "range": [np.log10(forest.low) - 0.02, np.log10(forest.high) + 0.02],
            "tickvals": ticks,
            "ticktext": [format_limit(float(tick)) for tick in ticks],
            "tickangle": 0,
            "title": {"text": X_TITLE, "standoff": 1.9 * size.small},
            "automargin": False,
            "fixedrange": True,
        },
        xaxis2={"range": [0, 1], "domain": [0.999, 1], "visible": False, "fixedrange": True},
        yaxis={"range": [forest.height, -0.4], "visible": False, "fixedrange": True},
    )
    sketch.add_line(x0=1, x1=1, y0=0, y1=1, yref="paper", line={"color": theme.ink, "width": 1})
    set_legends(sketch, y=1 + 2.9 * size.small / inside, yanchor="bottom", letters=size.small)


def _add_labels(sketch: Sketch, forest: _Forest, theme: Theme, size: Sizes) -> None:
    for y, text in forest.labels:
        sketch.add_text(
            text=text,
            x=0,
            xref="paper",
            xanchor="left",
            xshift=8 - sketch.layout["margin"]["l"],
            y=y,
            yref="y",
            yanchor="middle",
            align="left",
            font={"size": size.small, "color": theme.ink},
        )


def _add_head(sketch: Sketch, theme: Theme, size: Sizes) -> None:
    right = {"x": 1, "xref": "paper", "xanchor": "left", "xshift": 4, "y": 1, "yref": "paper", "yanchor": "bottom"}
    sketch.add_text(
        text=HEAD.replace(" (", "<br>("), align="left", font={"size": size.small, "color": theme.ink}, **right
    )


def _below(forest: _Forest) -> list[str]:
    """Write the reasons behind "not estimable", and what the star means."""
    notes = [f"({_LETTERS[number % len(_LETTERS)]}) {reason}" for number, reason in enumerate(forest.reasons)]
    if forest.rows["penalised"].eq(True).any():
        notes.append("* penalised likelihood (Firth)")
    if forest.rows.empty:
        notes.append(NO_ROWS)
    return [line for note in notes for line in wrapped_label(note, width=_FOOTNOTE).split("<br>")]


def _add_below(sketch: Sketch, forest: _Forest, theme: Theme, size: Sizes) -> None:
    """Name the direction on each side of 1, and add the notes."""
    font = {"size": size.small * 0.9, "color": theme.muted}
    shared = {"yref": "paper", "y": 0, "yanchor": "top"}
    sides = ((DIRECTIONS[0], "right", -6), (DIRECTIONS[1], "left", 6))
    for text, anchor, shift in sides:
        sketch.add_text(
            text=text, x=0, xref="x", xanchor=anchor, xshift=shift, yshift=-1.8 * size.axis,
            align=anchor, font=font, **shared,
        )  # fmt: skip
    text = "<br>".join(_below(forest))
    left = {"x": 0, "xref": "paper", "xanchor": "left", "xshift": 8 - sketch.layout["margin"]["l"], "align": "left"}
    if text:
        sketch.add_text(text=text, yshift=-5.4 * size.axis, font={**font, "size": size.small}, **left, **shared)
