"""What has been drawn so far? Plain dictionaries, handed to plotly once, when the figure is finished.

plotly checks and copies its figure each time a piece is added: thirty pieces one by one take several
times as long as the same pieces handed over together. The check of every name and value takes most of what is
left; it is for the tests, which switch it on, not for each redraw on a clinician's screen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import plotly.graph_objects as go

Trace = dict[str, Any]
_checked = False


def check_every_figure() -> None:
    """Let plotly refuse unknown names and values from now on; the tests do."""
    global _checked
    _checked = True


def scatter(**parts: Any) -> Trace:
    """Describe points, lines or texts by the names and values of ``go.Scatter``."""
    return {"type": "scatter", **parts}


@dataclass(kw_only=True, eq=False)
class Sketch:
    """The pieces of one figure in the order they are drawn; names and values are those of plotly."""

    layout: dict[str, Any]
    traces: list[Trace] = field(default_factory=list)
    shapes: list[dict[str, Any]] = field(default_factory=list)
    annotations: list[dict[str, Any]] = field(default_factory=list)

    def set_layout(self, **parts: Any) -> None:
        """Change parts of the layout and keep what they do not name."""
        self.layout = _merged(self.layout, parts)

    def add_traces(self, *traces: Trace) -> None:
        """Draw traces over those before."""
        self.traces.extend(traces)

    def add_line(self, **shape: Any) -> None:
        """Draw a straight line that is no data."""
        self.shapes.append({"type": "line", **shape})

    def add_text(self, **annotation: Any) -> None:
        """Write a text at a place, without an arrow."""
        self.annotations.append({"showarrow": False, **annotation})

    def figure(self) -> go.Figure:
        """Hand everything to plotly."""
        layout = {**self.layout, "shapes": self.shapes, "annotations": self.annotations}
        return go.Figure(data=self.traces, layout=layout, _validate=_checked)


def _merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Lay ``new`` over ``old``, dictionaries within them part by part; neither is altered."""
    return {**old, **{name: _merged_value(old.get(name), value) for name, value in new.items()}}


def _merged_value(old: Any, new: Any) -> Any:
    return _merged(old, new) if isinstance(old, dict) and isinstance(new, dict) else new
