"""How is one baseline variable distributed in each group? Every patient as a point beside a box, or bars of levels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from present.figures.labels import wrapped_label
from present.figures.sketch import Sketch, Trace, scatter
from present.figures.theme import GroupStyle, Sizes, Theme, base_layout, group_styles, plain_label, with_alpha
from present.tables.format import (
    format_count,
    format_limit,
    format_median_quartiles,
    format_number,
    format_range,
    format_share,
)

if TYPE_CHECKING:
    from analysis.baseline import RowResult

MOST_POINTS = 400  # per group; beyond, an even choice of them in the order of their values
RANGE_BELOW = 8  # values; below, no box
WHISKERS = "Box: quartiles and median;<br>lines reach the smallest and the largest value"
_LABEL_CHARACTERS = 18
_HALF = 0.17  # half the width of a box and of a strip
_PERCENT = (0, 20, 40, 60, 80, 100)
_PATTERNS = ("", "/", "x", ".", "-", "\\", "+", "|")  # with the colour, so that it is never colour alone
_BOX_AT, _STRIP_AT = -0.21, 0.21


def row_figure(result: RowResult, *, theme: Theme) -> go.Figure:
    """Draw one row of the baseline table: strip and box by group, or bars by level and group."""
    sketch = Sketch(layout=base_layout(theme))
    styles, size = group_styles(result.groups, theme=theme), theme.sizes
    if result.kind == "continuous":
        _draw_numbers(sketch, result, styles, size)
    else:
        _draw_levels(sketch, result, styles, size)
    return sketch.figure()


def figure_alt(result: RowResult) -> str:
    """Tell the figure in words: n and the middle, or the counts of each level, of each group."""
    parts = [f"{result.variable.label_with_unit()} by group."]
    for group in result.groups:
        rows = result.table.rows[result.table.rows["group"] == group]
        if result.kind == "continuous":
            parts.append(f"{group}: n = {format_count(rows.iloc[0]['n'])}, {_middle_words(result, rows.iloc[0])}.")
        else:
            levels = (f"{row.level_label or 'no value'} {format_share(row.count, row.n)}" for row in _level_rows(rows))
            parts.append(f"{group}: {', '.join(levels)}.")
    return " ".join(parts)


def _middle_words(result: RowResult, row: pd.Series) -> str:
    decimals = result.variable.decimals
    if not row["n"]:
        return "no value"
    if row["n"] < RANGE_BELOW:
        return f"values from {format_range(row['minimum'], row['maximum'], decimals=decimals)}"
    middle = format_median_quartiles(row["median"], row["q1"], row["q3"], decimals=decimals)
    return f"median and quartiles {middle}"


def uses_log_axis(result: RowResult) -> bool:
    """Tell whether the values stand on a log axis."""
    return result.kind == "continuous" and result.variable.log_scale and bool((result.values["value"] > 0).any())


def spread_sideways(values: npt.NDArray[np.float64], *, half: float) -> npt.NDArray[np.float64]:
    """Place points side by side without chance: the n-th in order of value goes to the n-th of an even sequence."""
    order = np.argsort(values, kind="stable")
    places = np.empty(len(values))
    golden = 0.6180339887498949  # the golden ratio less one: its multiples fill 0 to 1 evenly
    places[order] = (np.arange(1, len(values) + 1) * golden) % 1.0
    return half * (2 * places - 1)


def _draw_numbers(sketch: Sketch, result: RowResult, styles: dict[str, GroupStyle], size: Sizes) -> None:
    log_axis = uses_log_axis(result)
    known = result.values[result.values["value"].notna()]
    floor = known.loc[known["value"] > 0, "value"].min() / 2 if log_axis else -np.inf
    rows = result.table.rows.set_index("group")
    for place, group in enumerate(result.groups):
        part = known[known["group"] == group]
        if len(part) >= RANGE_BELOW:
            sketch.add_traces(_box(rows.loc[group], place, styles[group], size, floor=floor))
        if len(part):
            sketch.add_traces(_strip(part, place, styles[group], size, floor=floor))
    sketch.set_layout(
        height=420 if size.axis < 20 else 640,
        margin={"l": 80, "r": 24, "t": 24, "b": 110},
        boxmode="overlay",
        xaxis=_group_axis(result, rows["n"]),
        yaxis={"title": {"text": wrapped_label(result.variable.label_with_unit(), width=44)},
               **(_log_ticks(known["value"], floor) if log_axis else {})},
    )  # fmt: skip
    if known.empty:
        _say_empty(sketch)
    elif known["group"].value_counts().max() >= RANGE_BELOW:
        sketch.set_layout(xaxis={"title": {"text": WHISKERS, "font": {"size": size.small}}})


def _log_ticks(values: pd.Series, floor: float) -> dict[str, Any]:
    """Label a log axis at 1, 2 and 5 times each power of ten; at the powers alone where it spans four or more."""
    low, high = (int(np.floor(np.log10(max(value, floor)))) for value in (values.min(), values.max()))
    steps = (1, 2, 5) if high - low < 4 else (1,)
    ticks = [step * 10.0**power for power in range(low, high + 2) for step in steps]
    return {"type": "log", "tickvals": ticks, "ticktext": [format_limit(tick) for tick in ticks]}


def _group_axis(result: RowResult, counts: pd.Series) -> dict[str, Any]:
    labels = [
        f"{wrapped_label(group, width=_LABEL_CHARACTERS)}<br>n = {format_count(counts[group])}"
        for group in result.groups
    ]
    last = len(result.groups) - 0.5
    return {"tickvals": list(range(len(labels))), "ticktext": labels, "range": [-0.5, last], "showgrid": False}


def _box(row: pd.Series, place: int, style: GroupStyle, size: Sizes, *, floor: float) -> Trace:
    """Draw the quartiles of the table itself; whiskers reach the smallest and the largest value."""
    ends = {name: [max(row[column], floor)] for name, column in _BOX_PARTS.items()}
    return {
        "type": "box",
        "x": [place + _BOX_AT],
        **ends,
        "width": 2 * _HALF,
        "line": {"color": style.color, "width": size.thin_line * 1.6},
        "fillcolor": with_alpha(style.color, 0.18),
        "name": plain_label(str(row.name)),
        "hoverinfo": "skip",
        "meta": "box",
    }


_BOX_PARTS = {"lowerfence": "minimum", "q1": "q1", "median": "median", "q3": "q3", "upperfence": "maximum"}


def _strip(part: pd.DataFrame, place: int, style: GroupStyle, size: Sizes, *, floor: float) -> Trace:
    shown = _evenly(part)
    values = shown["value"].to_numpy(dtype=float)
    return scatter(
        x=place + _STRIP_AT + spread_sideways(values, half=_HALF),
        y=np.maximum(values, floor),
        mode="markers",
        marker={"color": with_alpha(style.color, 0.75), "symbol": style.symbol, "size": 0.7 * size.marker},
        customdata=shown["patient_id"].to_numpy(dtype=object),
        hovertext=[
            f"{plain_label(str(row.patient_id))}: {format_number(row.value)}{_limit_words(row)}"
            for row in shown.itertuples()
        ],
        hoverinfo="text",
        name=plain_label(str(part["group"].iloc[0])),
        meta="strip",
        unselected={"marker": {"opacity": 1}},  # a click on one point leaves the others as they were
    )


def _limit_words(row: Any) -> str:
    if not row.limited:
        return ""
    return ", above detection, at the limit" if row.above else ", below detection, at half the limit"


def _evenly(part: pd.DataFrame) -> pd.DataFrame:
    if len(part) <= MOST_POINTS:
        return part
    ordered = part.sort_values("value", kind="stable")
    return ordered.iloc[np.linspace(0, len(ordered) - 1, MOST_POINTS).astype(int)]


def _level_rows(rows: pd.DataFrame) -> list[Any]:
    return list(rows.itertuples())


def _draw_levels(sketch: Sketch, result: RowResult, styles: dict[str, GroupStyle], size: Sizes) -> None:
    """Draw a block per level and in it a bar per group, from the share of patients with a value."""
    known = result.values[result.values["level"] != ""]
    totals = {group: int((known["group"] == group).sum()) for group in result.groups}
    levels, step = list(result.levels), 1 / (len(result.groups) + 1)
    for place, group in enumerate(result.groups):
        counts = [int(((known["group"] == group) & (known["level"] == level)).sum()) for level in levels]
        heights = [number + (place - (len(result.groups) - 1) / 2) * step for number in range(len(levels))]
        bars = _bars(counts, heights, totals[group], styles[group], width=0.9 * step)
        name = f"{plain_label(group)}, n = {format_count(totals[group])}"
        fill = {**bars["marker"], "pattern": {"shape": _PATTERNS[place % len(_PATTERNS)], "solidity": 0.2}}
        sketch.add_traces({**bars, "name": name, "marker": fill, "textfont": {"size": size.small}})
    names = [wrapped_label(result.variable.level_label(level), width=_LABEL_CHARACTERS) for level in levels]
    bar = 1.9 * size.small
    sketch.set_layout(
        height=int(130 + max(1, len(levels)) * bar * (len(result.groups) + 1)),
        margin={"l": 120, "r": 110, "t": 40 + 22 * ((len(result.groups) - 1) // 3), "b": 60},
        bargap=0,
        showlegend=True,
        legend={"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        xaxis={"range": [0, 112], "tickvals": list(_PERCENT), "ticktext": [f"{tick} %" for tick in _PERCENT],
               "title": {"text": "Patients with a value"}},
        yaxis={"tickvals": list(range(len(levels))), "ticktext": names, "autorange": "reversed", "showgrid": False},
    )  # fmt: skip
    if known.empty:
        _say_empty(sketch)


def _bars(counts: list[int], heights: list[float], total: int, style: GroupStyle, *, width: float) -> Trace:
    return {
        "type": "bar",
        "orientation": "h",
        "x": [100 * count / total if total else 0 for count in counts],
        "y": heights,
        "width": width,
        "base": 0,
        "marker": {"color": style.color},
        "text": [format_share(count, total) for count in counts],
        "textposition": "outside",
        "cliponaxis": False,
        "hoverinfo": "skip",
        "meta": "bars",
    }


def _say_empty(sketch: Sketch) -> None:
    sketch.add_text(text="No patient of these groups has a value.", xref="paper", yref="paper", x=0.5, y=0.5)
