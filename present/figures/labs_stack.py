"""How do several laboratory values look as panels of one figure on one time axis?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from analysis.labs import TrajectoryResult
from present.figures.labs import Panel, trajectory_figure
from present.figures.sketch import Sketch
from present.figures.theme import Theme

_TOP = 24  # pixels, room for the mark of synthetic data
_AXES_EACH = 2  # value axes of a panel: the curves and the rows beneath


def stacked_figure(result: TrajectoryResult, names: Sequence[str], *, theme: Theme) -> go.Figure:
    """Draw the courses of several variables under each other; each keeps its value axis, thresholds and counts."""
    panels = [
        trajectory_figure(result, name, theme=theme, panel=panel)
        for name, panel in zip(names, _panels(len(names)), strict=True)
    ]
    parts: list[dict[str, Any]] = [panel.to_plotly_json() for panel in panels]
    heights = [part["layout"]["height"] for part in parts]
    sketch = Sketch(layout={**parts[0]["layout"], "shapes": [], "annotations": []})
    below = sum(heights)
    sketch.set_layout(height=below + _TOP, margin={"t": _TOP, "b": 0})
    for place, (part, height) in enumerate(zip(parts, heights, strict=True)):
        below -= height
        _add_panel(sketch, part, place, _Frame(part["layout"], below=below, whole=sum(heights)))
    return sketch.figure()


def _panels(n: int) -> list[Panel]:
    """Say what stands where: the first panel tells how to read them, the last has the time axis."""
    if n < 2:
        return ["alone"] * n
    return ["first", *(["middle"] * (n - 2)), "last"]


class _Frame:
    """Where a panel's own share of the paper lies in the whole figure, 0 to 1 from the bottom."""

    def __init__(self, layout: dict[str, Any], *, below: float, whole: float) -> None:
        inside = layout["height"] - layout["margin"]["t"] - layout["margin"]["b"]
        self._bottom, self._tall = (below + layout["margin"]["b"]) / whole, inside / whole

    def at(self, height: float) -> float:
        """Carry a height of the panel's paper over to the whole figure."""
        return self._bottom + height * self._tall


def _add_panel(sketch: Sketch, part: dict[str, Any], place: int, frame: _Frame) -> None:
    across, up = _numbered("x", place + 1), [_numbered("y", _AXES_EACH * place + number) for number in (1, 2)]
    names = {"x": across, "y": up[0], "y2": up[1]}
    layout = part["layout"]
    for own, name in names.items():
        axis = dict(layout[_axis(own)])
        if own == "x" and place:
            axis["matches"] = "x"
        axis["anchor"] = names[axis.get("anchor", "y" if own == "x" else "x")]
        if own != "x":
            axis["domain"] = [frame.at(end) for end in axis["domain"]]
        sketch.layout[_axis(name)] = axis
    for trace in part["data"]:
        sketch.add_traces({**trace, "xaxis": across, "yaxis": names[trace.get("yaxis") or "y"]})
    for piece in layout.get("shapes", ()):
        sketch.shapes.append(_moved(piece, names, frame, heights=("y0", "y1")))
    for piece in layout.get("annotations", ()):
        sketch.annotations.append(_moved(piece, names, frame, heights=("y",)))


def _moved(piece: dict[str, Any], names: dict[str, str], frame: _Frame, *, heights: tuple[str, ...]) -> dict[str, Any]:
    """Tie a line or text to the axes of its panel, or to the panel's part of the paper."""
    across, up = piece.get("xref", "x"), piece.get("yref", "y")
    moved = {**piece, "xref": names.get(across, across), "yref": names.get(up, up)}
    return {**moved, **{name: frame.at(piece[name]) for name in heights}} if up == "paper" else moved


def _numbered(letter: str, number: int) -> str:
    return letter if number == 1 else f"{letter}{number}"


def _axis(name: str) -> str:
    return f"{name[0]}axis{name[1:]}"
