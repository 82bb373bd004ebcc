"""How much room does each row and label of the adverse-events figure need, on a telephone as on a wall?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from present.figures.labels import wrapped_label
from present.figures.theme import Sizes

if TYPE_CHECKING:
    from analysis.safety import SafetyResult

KEYS = ["level", "category", "term"]
MOST_ROWS = 60  # rows drawn; the table has all
_INDENT = "&nbsp;&nbsp;&nbsp;"
_LABEL_CHARACTERS = 32
_COUNTS_BESIDE = 2  # up to so many groups the counts stand beside the label, else on a line of their own
_DIRECTION_CHARACTERS = 14


@dataclass(frozen=True, kw_only=True)
class SafetyLayout:
    """The measures of the figure: each row has its label and counts above its markers, over the whole width.

    Widths are shares of the figure, so that it can shrink to a telephone: nothing stands beside the panels.
    """

    size: Sizes
    groups: tuple[str, ...]
    keys: tuple[tuple[str, ...], ...]
    labels: tuple[str, ...]
    left_out: int
    compared: tuple[str, ...]
    reference: str | None

    @property
    def words(self) -> int:
        """Give the height of the lines above the markers of a row."""
        lines = max([label.count("<br>") + 1 for label in self.labels], default=1)
        return int(1.35 * self.size.axis * (lines + (len(self.groups) > _COUNTS_BESIDE)))

    @property
    def markers(self) -> int:
        """Give the height of the markers of a row."""
        return int(1.1 * self.size.marker * (len(self.groups) + 0.8))

    @property
    def row(self) -> int:
        """Give the height of a row."""
        return self.words + self.markers

    @property
    def inside(self) -> int:
        """Give the height of all rows."""
        return self.row * len(self.keys)

    @property
    def domains(self) -> tuple[list[float], list[float]]:
        """Give the panels as shares of the width: shares, and differences if there are any."""
        return ([0, 0.475], [0.525, 1]) if self.compared else ([0, 1], [1, 1])

    @property
    def directions(self) -> tuple[str, ...]:
        """Give the words under the two halves of the difference axis: who has more events there."""
        if not self.compared:
            return ()
        other = self.compared[0] if len(self.compared) == 1 else "the compared group"
        sides = (f"← more in {self.reference}", f"more in {other} →")
        return tuple(wrapped_label(side, width=_DIRECTION_CHARACTERS) for side in sides)

    @property
    def direction_lines(self) -> int:
        """Count the lines of the longer direction."""
        return max([side.count("<br>") + 1 for side in self.directions], default=0)

    @property
    def counts_below(self) -> bool:
        """Tell whether the counts stand on a line of their own."""
        return len(self.groups) > _COUNTS_BESIDE

    def offset(self, group: str) -> float:
        """Give the place of a group within its row, as a share of the row, below the words."""
        share = (self.groups.index(group) + 0.9) / (len(self.groups) + 0.8)
        return (self.words + share * self.markers) / self.row

    def numbers(self, rows: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Give the top of each row on the axis that all panels share."""
        places = {key: place for place, key in enumerate(self.keys)}
        return np.array([places[key] for key in rows[KEYS].itertuples(index=False, name=None)], dtype=float)

    def drawn(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Keep what belongs to the rows that are drawn."""
        if not self.left_out:
            return rows
        wanted = set(self.keys)
        return rows[[key in wanted for key in rows[KEYS].itertuples(index=False, name=None)]]


def measure_layout(result: SafetyResult, size: Sizes) -> SafetyLayout:
    """Measure the figure from its rows, in their order, and the groups that have a contrast."""
    rows = result.rows.drop_duplicates(KEYS)
    compared = tuple(group for group in result.groups if group in set(result.contrasts["group"]))
    shown = rows.head(MOST_ROWS)
    return SafetyLayout(
        size=size,
        groups=result.groups,
        keys=tuple(shown[KEYS].itertuples(index=False, name=None)),
        labels=tuple(_row_label(row) for row in shown.itertuples()),
        left_out=len(rows) - len(shown),
        compared=compared,
        reference=result.reference_group,
    )


def _row_label(row: Any) -> str:
    depth = {"total": 0, "category": 0, "term": 1}[row.level] + bool(row.parent)
    text = wrapped_label(row.label, width=_LABEL_CHARACTERS - 3 * depth).replace("<br>", f"<br>{_INDENT * depth}")
    return f"<b>{text}</b>" if row.level == "total" else _INDENT * depth + text
