"""Where does a legend of many entries go, so that it is whole on a narrow screen? In two columns of known height."""

from __future__ import annotations

from typing import Any, Literal

from present.figures.sketch import Sketch

LINE = 1.62  # height of an entry of one line, in letter heights


def legend_lines(entries: int) -> int:
    """Count the lines two columns need, and one to spare."""
    return (entries + 1) // 2 + 1


def set_legends(sketch: Sketch, *, y: float, yanchor: Literal["top", "bottom"], letters: float) -> None:
    """Spread the entries over two columns across the figure, in the order they were drawn."""
    sketch.traces = [{"showlegend": False, **trace} for trace in sketch.traces]
    named = [place for place, trace in enumerate(sketch.traces) if trace["showlegend"]]
    half = (len(named) + 1) // 2
    for number, place in enumerate(named):
        sketch.traces[place] = {**sketch.traces[place], "legend": "legend" if number < half else "legend2"}
    shared = {**_LEGEND, "y": y, "yanchor": yanchor, "font": {"size": letters}}
    sketch.set_layout(showlegend=True, legend={**shared, "x": 0.0}, legend2={**shared, "x": 0.5})


_LEGEND: dict[str, Any] = {
    "orientation": "v",
    "xref": "container",
    "xanchor": "left",
    "traceorder": "normal",
    "tracegroupgap": 0,
    "itemclick": False,  # a click must not hide what is drawn
    "itemdoubleclick": False,
}
