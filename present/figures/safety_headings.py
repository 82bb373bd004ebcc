"""What do the panels of the adverse-events figure measure? Said below the rows, and above them where these are many."""

from __future__ import annotations

import numpy as np

from present.figures.safety_layout import SafetyLayout
from present.figures.sketch import Sketch
from present.figures.theme import Theme


def add_directions(sketch: Sketch, layout: SafetyLayout, theme: Theme) -> None:
    """Name under each half of the axis who has more events there."""
    for text, anchor, shift in zip(layout.directions, ("right", "left"), (-8, 8), strict=True):
        sketch.add_text(
            text=text, x=np.mean(layout.domains[1]), xref="paper", xanchor=anchor, xshift=shift,
            y=0, yref="paper", yanchor="top", yshift=-5.0 * layout.size.axis, align=anchor,
            font={"size": layout.size.small, "color": theme.ink},
        )  # fmt: skip


def head_panels(sketch: Sketch, layout: SafetyLayout, theme: Theme) -> None:
    """Repeat titles and ticks of the axes above the first row, so that they are seen where reading begins."""
    small = {"size": layout.size.small, "color": theme.ink}
    for axis, place, domain in zip(("xaxis", "xaxis2"), ("x", "x2"), layout.domains, strict=True):
        look = sketch.layout.get(axis, {})
        if axis == "xaxis2" and not layout.compared:
            continue
        for value, text in zip(look["tickvals"], look["ticktext"], strict=True):
            if text:
                sketch.add_text(
                    text=text, name="head", x=value, xref=place, y=0, yref="y", yanchor="bottom", font=small
                )
        sketch.add_text(
            text=look["title"]["text"], name="head", x=np.mean(domain), xref="paper", y=layout.title_height, yref="y",
            xanchor="center", yanchor="bottom", font={"size": layout.size.axis, "color": theme.ink},
            bgcolor=theme.surface,
        )  # fmt: skip
    for text, anchor, shift in zip(layout.directions, ("right", "left"), (-8, 8), strict=True):
        sketch.add_text(
            text=text, name="head", x=np.mean(layout.domains[1]), xref="paper", xanchor=anchor, xshift=shift,
            y=-1.5 * layout.size.axis, yref="y", yanchor="bottom", align=anchor, font=small, bgcolor=theme.surface,
        )  # fmt: skip
