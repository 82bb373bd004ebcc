"""Where does a label go so that it is never cut and never lies on another?"""

from __future__ import annotations

import textwrap

import numpy as np
import numpy.typing as npt

from present.figures.theme import plain_label


def wrapped_label(text: str, *, width: int) -> str:
    """Break outside text into lines of at most ``width`` characters, safe for plotly."""
    lines = textwrap.wrap(text, width) or [""]
    return "<br>".join(plain_label(line) for line in lines)


def spread_labels(heights: npt.NDArray[np.float64], *, gap: float, high: float) -> npt.NDArray[np.float64]:
    """Move label centres apart to at least ``gap``, in their order, from half a gap above 0 to below ``high``."""
    order = np.argsort(heights, kind="stable")
    steps = gap * np.arange(len(heights))
    ceiling = max(high - gap / 2, gap / 2 + steps.max(initial=0.0))
    raised = np.maximum.accumulate(np.maximum(heights[order], gap / 2) - steps) + steps
    limits = ceiling - steps[::-1]
    placed = np.empty(len(heights))
    placed[order] = np.minimum(raised, limits)
    return placed
