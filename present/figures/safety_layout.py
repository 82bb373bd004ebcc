"""How much room does each row and label of the adverse-events figure need, on a telephone as on a wall?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from math import nan
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from present.figures.labels import wrapped_label
from present.figures.theme import Sizes
from present.tables.format import SMALLEST_N_FOR_PERCENT, format_count
from present.tables.frame_rows import Key, event_blocks
from present.tables.safety_words import sentence_case

if TYPE_CHECKING:
    from analysis.safety import SafetyResult

_SCREEN = 600  # pixels of rows
MOST_ROWS = 40  # rows drawn; the table has all
_INDENT = "&nbsp;&nbsp;&nbsp;"
_LABEL_CHARACTERS = 32
_COUNTS_BESIDE = 2  # up to so many groups the counts stand beside the label, else on a line of their own
COUNTS_IN_LINE = 5
_DIRECTION_CHARACTERS = 12
_LEGEND_CHARACTERS = 36  # on one line of a telephone; a sign takes as much as five


@dataclass(frozen=True, kw_only=True)
class SafetyLayout:
    """The measures of the figure: each row has its label and counts above its markers, over the whole width.

    Widths are shares of the figure, so that it can shrink to a telephone: nothing stands beside the panels.
    """

    size: Sizes
    groups: tuple[str, ...]
    places: dict[Key, int]
    labels: tuple[str, ...]
    left_out: int
    tiny: bool
    compared: tuple[str, ...]
    reference: str | None

    def words(self, number: int) -> int:
        """Give the height of the lines above the markers of a row."""
        return int(1.35 * self.size.axis * (self.label_lines(number) + self.count_lines))

    def label_lines(self, number: int) -> int:
        """Count the lines of the label of a row."""
        return self.labels[number].count("<br>") + 1

    @property
    def markers(self) -> int:
        """Give the height of the markers of a row."""
        return int(1.1 * self.size.marker * (len(self.groups) + 0.8))

    @cached_property
    def tops(self) -> tuple[int, ...]:
        """Give the pixel where each row begins, and where the last ends: a long label makes only its row higher."""
        return (0, *accumulate(self.words(number) + self.markers for number in range(len(self.labels))))

    @property
    def inside(self) -> int:
        """Give the height of all rows."""
        return self.tops[-1]

    @property
    def tall(self) -> bool:
        """Tell whether the rows reach beyond a screen, so that the axes have to be named above them as well."""
        return self.inside > _SCREEN

    @property
    def title_height(self) -> float:
        """Give the height of the titles above the first row, on the axis of the rows: above ticks and directions."""
        return -1.5 * self.size.axis - 1.4 * self.size.small * self.direction_lines

    @property
    def head(self) -> int:
        """Give the height of what stands above the first row: titles of three lines, directions and ticks."""
        return int(4.2 * self.size.axis - self.title_height) if self.tall else 0

    @property
    def domains(self) -> tuple[list[float], list[float]]:
        """Give the panels as shares of the width: shares, and differences if there are any."""
        return ([0, 0.44], [0.56, 1]) if self.compared else ([0, 1], [1, 1])

    @property
    def directions(self) -> tuple[str, ...]:
        """Give the words under the two halves of the difference axis: who has more events there."""
        if not self.compared:
            return ()
        only = self.compared[0] if len(self.compared) == 1 else None
        sides = (f"← more in {self.reference}", f"more in {only} →" if only else f"fewer in {self.reference} →")
        return tuple(wrapped_label(side, width=_DIRECTION_CHARACTERS) for side in sides)

    @property
    def top(self) -> int:
        """Give the height of the legend: on a narrow screen its entries stand in columns as wide as the longest."""
        columns = max(_LEGEND_CHARACTERS // (max(map(len, self.groups), default=0) + 5), 1)
        return int(1.6 * self.size.label * (-(-len(self.groups) // columns)) + 0.6 * self.size.label)

    @property
    def direction_lines(self) -> int:
        """Count the lines of the longer direction."""
        return max([side.count("<br>") + 1 for side in self.directions], default=0)

    @property
    def count_lines(self) -> int:
        """Count the lines of counts beneath the label: none where they stand beside it."""
        return -(-len(self.groups) // COUNTS_IN_LINE) if self.counts_below else 0

    @property
    def remarks(self) -> tuple[str, ...]:
        """Say, in lines, what the figure leaves out: rows beyond the last, and shares of tiny groups."""
        rows = f"{format_count(self.left_out)} further rows are in the table; narrow the figure to categories."
        tiny = f"Groups of fewer than {SMALLEST_N_FOR_PERCENT} patients: counts only, no shares or differences."
        said = [text for text, holds in ((rows, self.left_out), (tiny, self.tiny)) if holds]
        return tuple(line for text in said for line in wrapped_label(text, width=48).split("<br>"))

    @property
    def counts_below(self) -> bool:
        """Tell whether the counts stand on a line of their own."""
        return len(self.groups) > _COUNTS_BESIDE

    def drawn(self, frame: pd.DataFrame) -> dict[str, list[Any]]:
        """Give the rows that are drawn, by group."""
        found: dict[str, list[Any]] = {group: [] for group in self.groups}
        for key, entries in event_blocks(frame):
            if key in self.places:
                for entry in entries:
                    found[entry.group].append(entry)
        return found

    def heights(self, rows: list[Any], group: str) -> list[float]:
        """Give the heights of the markers of a group, in pixels below the first row, on the axis all panels share."""
        within = self.markers * (self.groups.index(group) + 0.75) / (len(self.groups) + 0.8)
        numbers = [self.places[row.level, row.category, row.term] for row in rows]
        return [self.tops[number] + self.words(number) + within for number in numbers]


def counts_in_lines(parts: list[str]) -> list[list[str]]:
    """Break the counts of many groups into lines that fit a telephone."""
    return [parts[start : start + COUNTS_IN_LINE] for start in range(0, len(parts), COUNTS_IN_LINE)]


def without_tiny(result: SafetyResult) -> SafetyResult:
    """Withhold shares and differences of groups below five patients, as the table does; the counts stay."""
    keys = ["level", "category", "term", "group"]
    few = result.rows[result.rows["n_total"] < SMALLEST_N_FOR_PERCENT].set_index(keys).index
    if few.empty:
        return result
    rows, contrasts = result.rows.copy(), result.contrasts.copy()
    rows.loc[rows.set_index(keys).index.isin(few), ["proportion", "conf_low", "conf_high"]] = nan
    sides = (contrasts.set_index([*keys[:3], name]).index.isin(few) for name in ("group", "reference_group"))
    contrasts.loc[np.logical_or(*sides), ["risk_difference", "conf_low", "conf_high"]] = nan
    return replace(result, rows=rows, contrasts=contrasts)


def measure_layout(result: SafetyResult, size: Sizes) -> SafetyLayout:
    """Measure the figure from its rows, in their order, and the groups that have a contrast."""
    first = {key: entries[0] for key, entries in event_blocks(result.rows)}
    compared = set(result.contrasts["group"])
    shown = list(first)[:MOST_ROWS]
    return SafetyLayout(
        size=size,
        groups=result.groups,
        places={key: place for place, key in enumerate(shown)},
        labels=tuple(_row_label(first[key]) for key in shown),
        left_out=len(first) - len(shown),
        tiny=bool(result.rows["n_total"].between(1, SMALLEST_N_FOR_PERCENT - 1).any()),
        compared=tuple(group for group in result.groups if group in compared),
        reference=result.reference_group,
    )


def _row_label(row: Any) -> str:
    depth = {"total": 0, "category": 0, "term": 1}[row.level] + bool(row.parent)
    text = wrapped_label(sentence_case(row.label), width=_LABEL_CHARACTERS - 3 * depth)
    text = text.replace("<br>", f"<br>{_INDENT * depth}")
    return f"<b>{text}</b>" if row.level == "total" else _INDENT * depth + text
