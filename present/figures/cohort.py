"""How did the patients of the file become the patients analysed? A flow diagram."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pandas as pd
import plotly.graph_objects as go

from present.figures.cohort_boxes import GAP, PADDING, Box, Flow, place_boxes
from present.figures.theme import CLEAR, GroupStyle, Theme, base_layout, group_styles, plain_label
from present.tables.cohort import TITLES, reason_words
from present.tables.format import format_count

if TYPE_CHECKING:
    from analysis.cohort.flow import FlowResult

_TOP, _EDGE = 24, 4  # pixels: room for the SYNTHETIC mark, and round the outermost lines
_SIDE = 0.006  # the same at the sides, as a share of the width
FLOW_WIDTH = 680  # the narrowest figure the lines are broken for
_IDS_ON_HOVER = 12


def flow_figure(result: FlowResult, *, theme: Theme) -> go.Figure:
    """Draw the boxes from screening to analysis, with arrows; every reason keeps its line, also with 0 patients."""
    size = theme.sizes
    flow = place_boxes(result, size, theme, width=int(FLOW_WIDTH * size.scale))
    styles = group_styles(result.groups, theme=theme)
    height = int(flow.height) + 2 * _EDGE  # inside the axes, so that the outer half of a line is not cut
    layout = {
        "height": height + _TOP + _EDGE,
        "margin": {"l": 0, "r": 0, "t": _TOP, "b": _EDGE, "autoexpand": False},
        "xaxis": {"range": [-_SIDE, 1 + _SIDE], "visible": False, "fixedrange": True},
        "yaxis": {"range": [height - _EDGE, -_EDGE], "visible": False, "fixedrange": True},
        "shapes": [*_lines(flow, theme), *(_outline(box, styles.get(box.group), theme) for box in flow.boxes())],
        "annotations": [*_arrows(flow, theme), *(_words(box, flow, theme) for box in flow.boxes())],
    }
    return go.Figure(data=[_patients(flow)], layout={**base_layout(theme), **layout})


def flow_alt(result: FlowResult) -> str:
    """Tell the diagram in words, every count with its reason."""
    counts = result.counts
    where = "screened" if result.screening_known else "in the file"
    n = _total(counts, "screened", "")
    first = f"{n} patient{'' if n == '1' else 's'} {where}."
    sentences = [first, *_told(counts, "excluded", ""), *_told(counts, "outside", "")]
    for group in result.groups:
        sentences.append(f"{group}: {_total(counts, 'entered', group)}.")
        for stage in ("withdrawn", "filtered"):
            sentences += _told(counts, stage, group)
        sentences.append(f"Analysed: {_total(counts, 'analysed', group)}.")
    return " ".join(sentences)


def _total(counts: pd.DataFrame, stage: str, group: str) -> str:
    return format_count(counts.loc[(counts["stage"] == stage) & (counts["group"] == group), "n"].sum())


def _told(counts: pd.DataFrame, stage: str, group: str) -> list[str]:
    rows = counts[(counts["stage"] == stage) & (counts["group"] == group)]
    if rows.empty:
        return []
    why = ", ".join(f"{format_count(row.n)} {reason_words(stage, row.reason)}" for row in rows.itertuples() if row.n)
    return [f"{TITLES[stage]}: {format_count(rows['n'].sum())}{f' ({why})' if why else ''}."]


# ---------------------------------------------------------------- boxes


def _outline(box: Box, style: GroupStyle | None, theme: Theme) -> dict[str, Any]:
    line: dict[str, Any] = {"color": theme.axis, "width": 1.2}
    if style and box.stage in ("entered", "analysed"):
        line = {"color": style.color, "width": 2.6, "dash": style.dash}
    elif box.stage in ("screened", "included"):
        line = {"color": theme.ink, "width": 1.6}
    return {
        "type": "rect", "x0": box.left, "x1": box.right, "y0": box.top, "y1": box.bottom,
        "line": line, "fillcolor": CLEAR, "name": f"{box.stage} {box.group}".strip(),
    }  # fmt: skip


def _words(box: Box, flow: Flow, theme: Theme) -> dict[str, Any]:
    return {
        "text": "<br>".join(box.lines), "x": box.left, "y": box.top, "xanchor": "left", "yanchor": "top",
        "xshift": PADDING, "yshift": -PADDING, "align": "left", "showarrow": False, "borderpad": 0,
        "font": {"size": flow.letter, "color": theme.ink}, "name": f"{box.stage} {box.group}".strip(),
    }  # fmt: skip


def _patients(flow: Flow) -> go.Scatter:
    """Lay a clear point on each box that tells its patients and carries their ids."""
    boxes = flow.boxes()
    return go.Scatter(
        x=[box.centre for box in boxes],
        y=[(box.top + box.bottom) / 2 for box in boxes],
        mode="markers",
        marker={"size": 40, "color": CLEAR},
        hovertext=[_hover(box) for box in boxes],
        hoverinfo="text",
        customdata=[list(box.patient_ids) for box in boxes],
        text=[f"{box.stage} {box.group}".strip() for box in boxes],
        meta="boxes",
    )


def _hover(box: Box) -> str:
    shown = [plain_label(patient) for patient in box.patient_ids[:_IDS_ON_HOVER]]
    lines = [", ".join(shown[start : start + 4]) for start in range(0, len(shown), 4)]
    more = box.n - len(shown)
    return "<br>".join([box.lines[0], *lines, *([f"and {format_count(more)} more"] if more > 0 else [])])


# ---------------------------------------------------------------- lines and arrows


def _lines(flow: Flow, theme: Theme) -> list[dict[str, Any]]:
    """Draw the lines that carry no arrow: the bar from which the groups hang, and the trunk down to it."""
    lines = []
    for columns in flow.banks:
        if len(columns) > 1 or len(flow.banks) > 1:
            height = _bar(columns)
            lines.append(_line(columns[0][0].centre, columns[-1][0].centre, height, height, theme))
            lines.append(_line(0.5, 0.5, flow.trunk[-1].bottom, height, theme))
    return lines


def _bar(columns: tuple[tuple[Box, ...], ...]) -> float:
    return columns[0][0].top - GAP


def _line(x0: float, x1: float, y0: float, y1: float, theme: Theme) -> dict[str, Any]:
    line = {"color": theme.muted, "width": 1.6}
    return {"type": "line", "x0": x0, "x1": x1, "y0": y0, "y1": y1, "line": line}


def _arrows(flow: Flow, theme: Theme) -> list[dict[str, Any]]:
    arrows = [_arrow((0.5, above.bottom), (0.5, below.top), theme) for above, below in pairwise(flow.trunk)]
    for box in flow.sides:
        middle = (box.top + box.bottom) / 2
        arrows.append(_arrow((0.5, middle), (box.left, middle), theme))
    for columns in flow.banks:
        for column in columns:
            start = _bar(columns) if len(columns) > 1 or len(flow.banks) > 1 else flow.trunk[-1].bottom
            arrows.append(_arrow((column[0].centre, start), (column[0].centre, column[0].top), theme))
            arrows += [
                _arrow((above.centre, above.bottom), (below.centre, below.top), theme)
                for above, below in pairwise(column)
            ]
    return arrows


def _arrow(start: tuple[float, float], end: tuple[float, float], theme: Theme) -> dict[str, Any]:
    return {
        "ax": start[0], "ay": start[1], "x": end[0], "y": end[1], "axref": "x", "ayref": "y", "xref": "x", "yref": "y",
        "showarrow": True, "arrowhead": 2, "arrowsize": 1.1, "arrowwidth": 1.6, "arrowcolor": theme.muted, "text": "",
    }  # fmt: skip
