"""Does a sketch hand over every piece, in order, and leave alone what it was given?"""

from __future__ import annotations

import plotly.graph_objects as go
import pytest

from present.figures.sketch import Sketch, scatter
from present.figures.theme import LIGHT, base_layout


def test_the_pieces_arrive_in_the_order_they_were_drawn() -> None:
    sketch = Sketch(layout={"height": 300})
    sketch.add_traces(scatter(x=[1], y=[2], meta="first"), scatter(x=[3], y=[4], meta="second"))
    sketch.add_line(x0=0, x1=1, y0=5, y1=5)
    sketch.add_text(text="here", x=0, y=5)
    figure = sketch.figure()
    assert [(trace.type, trace.meta, trace.x[0]) for trace in figure.data] == [
        ("scatter", "first", 1),
        ("scatter", "second", 3),
    ]
    assert [(shape.type, shape.y0) for shape in figure.layout.shapes] == [("line", 5)]
    assert [(note.text, note.showarrow) for note in figure.layout.annotations] == [("here", False)]
    assert figure.layout.height == 300


def test_the_layout_changes_part_by_part() -> None:
    sketch = Sketch(layout={"xaxis": {"ticklen": 5, "title": {"text": "Months", "standoff": 10}}, "height": 300})
    sketch.set_layout(xaxis={"title": {"standoff": 6}, "range": [0, 12]}, width=500)
    sketch.set_layout(xaxis={"range": [0, 24]})
    assert sketch.layout == {
        "xaxis": {"ticklen": 5, "title": {"text": "Months", "standoff": 6}, "range": [0, 24]},
        "height": 300,
        "width": 500,
    }


def test_one_axis_changes_without_the_other_and_the_theme_stays() -> None:
    base = base_layout(LIGHT)
    sketch = Sketch(layout=base)
    sketch.set_layout(yaxis={"ticklen": 9, "title": {"standoff": 6}})
    assert (sketch.layout["yaxis"]["ticklen"], sketch.layout["xaxis"]["ticklen"]) == (9, 5)
    assert base["yaxis"]["title"]["standoff"] == 10
    assert base == base_layout(LIGHT)


def test_a_figure_brings_no_template_of_plotly() -> None:
    template = Sketch(layout=base_layout(LIGHT)).figure().layout.template
    assert template.layout.to_plotly_json() == {}


def test_it_is_the_figure_plotly_makes_piece_by_piece() -> None:
    sketch = Sketch(layout=base_layout(LIGHT))
    sketch.set_layout(xaxis={"range": [0, 1]}, yaxis2={"visible": False})
    sketch.add_traces(scatter(x=[0, 1], y=[1, 0], mode="lines", yaxis="y2"))
    sketch.add_line(x0=0, x1=1, y0=0, y1=0)
    sketch.add_text(text="end", x=1, y=0)
    grown = go.Figure(layout=base_layout(LIGHT))
    grown.update_xaxes(range=[0, 1])
    grown.update_layout(yaxis2={"visible": False})
    grown.add_scatter(x=[0, 1], y=[1, 0], mode="lines", yaxis="y2")
    grown.add_shape(type="line", x0=0, x1=1, y0=0, y1=0)
    grown.add_annotation(text="end", x=1, y=0, showarrow=False)
    assert sketch.figure().to_plotly_json() == grown.to_plotly_json()


def test_a_name_plotly_does_not_know_is_refused() -> None:
    sketch = Sketch(layout={})
    sketch.add_traces(scatter(x=[0], y=[0], colour="red"))
    with pytest.raises(ValueError, match="colour"):
        sketch.figure()
