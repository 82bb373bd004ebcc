"""How severe was the worst event of each patient? Two groups back to back, more groups beneath each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from present.figures.labels import wrapped_label
from present.figures.sketch import Sketch, Trace
from present.figures.theme import Sizes, Theme, base_layout, blended, contrast, group_styles, plain_label
from present.tables.format import format_count, format_percent
from present.tables.frame_rows import frame_rows

if TYPE_CHECKING:
    from analysis.safety import GradeResult

_SHADES = (0.25, 0.4, 0.6, 0.8, 1.0)
_GRADES = range(6)
_BAR = 20  # height of a bar in pixels, at the desk
_ENDS = (0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0)


def grade_figure(result: GradeResult, *, theme: Theme) -> go.Figure:
    """Draw bars of patients by worst grade: a butterfly of two groups, else a bar per group in each row."""
    size, sketch = theme.sizes, Sketch(layout=base_layout(theme))
    styles = group_styles(result.groups, theme=theme)
    rows = frame_rows(result.rows)
    keys = list(dict.fromkeys((row.category, row.label) for row in rows))
    butterfly = len(result.groups) == 2
    places = _places(result, keys, butterfly=butterfly)
    for group in result.groups:
        sign = -1 if butterfly and group == result.reference_group else 1
        for grade in _GRADES:
            part = [row for row in rows if row.group == group and row.grade == grade]
            shade = blended(styles[group].color, theme.surface, _SHADES[grade - 1]) if grade else theme.muted
            heights = [places[row.category, group] for row in part]
            ink = max((theme.ink, theme.surface), key=lambda color, shade=shade: contrast(color, shade))
            font = {"size": size.small - 1, "color": ink}
            sketch.add_traces({**_bars(part, sign, heights, shade, theme), "textfont": font})
    _set_axes(sketch, result, keys, size)
    _add_key(sketch, result, size, theme)
    if not butterfly:
        _name_groups(sketch, result, {group: styles[group].color for group in result.groups}, size)
    return sketch.figure()


def grade_alt(result: GradeResult) -> str:
    """Tell the worst grades of all events in words."""
    total = [row for row in frame_rows(result.rows) if row.level == "total" and row.n_patients]
    parts = [
        f"{row.group}, grade {row.grade or 'unknown'}: {format_count(row.n_patients)} of {format_count(row.n_total)}."
        for row in total
    ]
    return " ".join(["Patients by worst grade.", *parts])


def _places(result: GradeResult, keys: list[tuple[str, str]], *, butterfly: bool) -> dict[tuple[str, str], float]:
    """Give each row and group its height: a line per row, or a line per group within each row."""
    lines = _lines(result)
    shift = {group: 0 if butterfly else number for number, group in enumerate(result.groups)}
    return {(category, group): number * lines + shift[group]
            for number, (category, _) in enumerate(keys) for group in result.groups}  # fmt: skip


def _lines(result: GradeResult) -> float:
    """Count the lines of one row, with the gap below it where a row has several."""
    return 1 if len(result.groups) <= 2 else len(result.groups) + 0.8


def _bars(part: list[Any], sign: int, heights: list[float], shade: str, theme: Theme) -> Trace:
    """Describe the bars of one group and grade."""
    grade = part[0].grade if part else 0
    name = f"grade {grade}" if grade else "grade unknown"
    return {
        "type": "bar", "orientation": "h", "y": heights, "meta": "grade", "showlegend": False,
        "x": [sign * row.n_patients / row.n_total if row.n_total else 0.0 for row in part],
        "marker": {"color": shade, "line": {"color": theme.axis, "width": 0.5}}, "width": 0.75,
        "hovertext": [
            f"{plain_label(row.label)}, {name}<br>{plain_label(row.group)}: "
            f"{format_count(row.n_patients)}/{format_count(row.n_total)}"
            for row in part
        ],
        "hoverinfo": "text", "customdata": [list(row.patient_ids) for row in part],
        "text": [format_count(row.n_patients) if row.n_patients else "" for row in part],
        "textposition": "inside", "insidetextanchor": "middle", "textangle": 0, "constraintext": "none",
    }  # fmt: skip


def _set_axes(sketch: Sketch, result: GradeResult, keys: list[tuple[str, str]], size: Sizes) -> None:
    two, lines, end = len(result.groups) == 2, _lines(result), _end(result)
    labels = [wrapped_label(label, width=16) for _, label in keys]
    ticks = [-end, -end / 2, 0.0, end / 2, end] if two else [0.0, end / 2, end]
    words = "patients by worst grade,<br>stronger colour is worse,<br>grey unknown"
    if two:
        left = result.reference_group or result.groups[0]
        right = next(group for group in result.groups if group != left)
        named = [f"{plain_label(group)}, n = {format_count(_size(result, group))}" for group in (left, right)]
        words = f"← {named[0]} · {named[1]} →<br>{words}"
    bar = _BAR * size.scale
    row = max(bar * lines, 1.4 * size.axis * max(label.count("<br>") + 1 for label in labels))
    entries = [*_key(result), *(() if two else (f"{group}, n = 000" for group in result.groups))]
    top = 24 + int(1.6 * size.label) * (1 + sum(len(entry) + 5 for entry in entries) // 40)
    middle = [number * lines + (max(len(result.groups), 1) - 1) / 2 * (not two) for number in range(len(keys))]
    sketch.set_layout(
        height=int(top + 130 + row * len(keys)), barmode="relative", margin={"t": top},
        xaxis={"title": {"text": words}, "tickvals": ticks, "range": [1.05 * ticks[0], 1.05 * end],
               "ticktext": [format_percent(abs(tick)) for tick in ticks]},
        yaxis={"tickvals": middle, "range": [len(keys) * lines - 0.4, -0.6], "ticktext": labels},
    )  # fmt: skip


def _end(result: GradeResult) -> float:
    """End the axis at a round share beyond the longest bar."""
    sums: dict[tuple[str, str], float] = {}
    for row in frame_rows(result.rows):
        share = row.n_patients / row.n_total if row.n_total else 0.0
        sums[row.category, row.group] = sums.get((row.category, row.group), 0.0) + share
    longest = max(sums.values(), default=0.0)
    return next((edge for edge in _ENDS if edge >= longest), 1.0)


def _name_groups(sketch: Sketch, result: GradeResult, colors: dict[str, str], size: Sizes) -> None:
    """Name the groups above the bars, in the order of the bars."""
    for group in result.groups:
        sketch.add_traces(
            {"type": "bar", "x": [None], "y": [None], "marker": {"color": colors[group]},
             "name": f"{plain_label(group)}, n = {format_count(_size(result, group))}",
             "orientation": "h", "meta": "group"}
        )  # fmt: skip


def _size(result: GradeResult, group: str) -> int:
    """Count the patients of a group of whom it is known whether there was any event."""
    total = result.rows[(result.rows["level"] == "total") & (result.rows["group"] == group)]
    return int(total["n_total"].max()) if len(total) else 0


def _key(result: GradeResult) -> list[str]:
    """List the grades that occur, as the key names them."""
    found = sorted({int(row.grade) for row in frame_rows(result.rows) if row.n_patients and row.grade})
    return [f"grade {grade}" for grade in found]


def _add_key(sketch: Sketch, result: GradeResult, size: Sizes, theme: Theme) -> None:
    """Show how strong the colour of each grade is, in a colour of no group."""
    for name in _key(result):
        shade = blended(theme.ink, theme.surface, _SHADES[int(name[-1]) - 1])
        sketch.add_traces({"type": "bar", "x": [None], "y": [None], "name": name, "marker": {"color": shade},
                           "orientation": "h", "meta": "key", "showlegend": True})  # fmt: skip
    legend = {"orientation": "h", "x": 0, "y": 1, "yref": "container", "yanchor": "top", "itemclick": False,
              "itemdoubleclick": False, "traceorder": "normal", "font": {"size": size.small}}  # fmt: skip
    sketch.set_layout(showlegend=True, legend=legend)
