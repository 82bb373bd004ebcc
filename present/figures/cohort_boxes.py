"""What stands in each box of the flow diagram, and where does the box go?"""

from __future__ import annotations

import textwrap
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from present.figures.theme import Sizes, Theme, plain_label
from present.tables.cohort import IN_FILE, TITLES, reason_words
from present.tables.format import format_count

if TYPE_CHECKING:
    from analysis.cohort.flow import FlowResult

PADDING = 9  # pixels between a box and its text
GAP = 30  # pixels between boxes, room for an arrow
LINE = 1.32  # line height in letters
MOST_IN_A_ROW = 5  # more groups go in rows of four, so that the trunk passes between the second and the third
_CHARACTER = 0.56  # width of a letter, in letter heights
_TRUNK, _SIDE = (0.28, 0.72), (0.56, 1.0)

Across = tuple[float, float]
_WIDEST, _BETWEEN = 0.44, 0.02


@dataclass(frozen=True, kw_only=True)
class Box:
    """One box: its place (0-1 across, pixels down), its finished lines, and the patients in it."""

    stage: str
    group: str
    n: int
    left: float
    right: float
    lines: tuple[str, ...]
    patient_ids: tuple[str, ...]
    top: float = 0.0
    height: float = 0.0

    @property
    def centre(self) -> float:
        """Give the middle across."""
        return (self.left + self.right) / 2

    @property
    def bottom(self) -> float:
        """Give the lower edge."""
        return self.top + self.height


Bank = tuple[tuple[Box, ...], ...]  # one column of boxes per group


@dataclass(frozen=True, kw_only=True)
class Flow:
    """The boxes in place: the trunk, what leaves it sideways, the rows of groups; ``height`` in pixels."""

    trunk: tuple[Box, ...]
    sides: tuple[Box, ...]
    banks: tuple[Bank, ...]
    height: float
    letter: int

    def boxes(self) -> tuple[Box, ...]:
        """Give every box, from the top."""
        return (*self.trunk, *self.sides, *(box for bank in self.banks for column in bank for box in column))


@dataclass(frozen=True, kw_only=True)
class Pen:
    """What decides how long a line can be: letter size and the narrowest figure that must hold it."""

    letter: int
    width: int
    muted: str

    def characters(self, left: float, right: float) -> int:
        """Count the letters that fit between two places across."""
        return max(8, int(((right - left) * self.width - 2 * PADDING) / (_CHARACTER * self.letter)))

    def height(self, lines: int) -> float:
        """Give the height of a box with so many lines."""
        return lines * LINE * self.letter + 2 * PADDING


def place_boxes(result: FlowResult, size: Sizes, theme: Theme, *, width: int) -> Flow:
    """Write every box and stack them; boxes of one step and row of groups are equally high."""
    crowded = len(result.groups) > 3
    pen = Pen(letter=size.small if crowded else size.axis, width=width, muted=theme.muted)
    trunk, sides, down = _trunk(result, pen)
    banks = []
    for groups in _banks(result.groups):
        columns, down = _bank(result, groups, pen, down + (2 * GAP if len(result.groups) > 1 else GAP))
        banks.append(columns)
    return Flow(trunk=trunk, sides=sides, banks=tuple(banks), height=down, letter=pen.letter)


def _banks(groups: tuple[str, ...]) -> list[tuple[str, ...]]:
    if len(groups) <= MOST_IN_A_ROW:
        return [groups]
    return [groups[start : start + 4] for start in range(0, len(groups), 4)]


# ---------------------------------------------------------------- the trunk


def _trunk(result: FlowResult, pen: Pen) -> tuple[tuple[Box, ...], tuple[Box, ...], float]:
    """Stack what comes before the groups: screened, who left there, and how many went on."""
    stages = dict(list(result.counts.groupby("stage")))
    first = TITLES["screened"] if result.screening_known else IN_FILE
    trunk, sides = [_at(_box(stages["screened"], first, pen, across=_TRUNK), 0.0, pen)], []
    down = trunk[0].bottom
    for stage in ("excluded", "outside"):
        if stage in stages:
            sides.append(_at(_box(stages[stage], TITLES[stage], pen, across=_SIDE), down + GAP, pen))
            down = sides[-1].bottom
    if len(result.groups) > 1:
        box = replace(_box(stages["entered"], TITLES["entered"], pen, across=_TRUNK), stage="included")
        trunk.append(_at(box, down + GAP, pen))
        down = trunk[-1].bottom
    return tuple(trunk), tuple(sides), down


# ---------------------------------------------------------------- the groups


def _bank(
    result: FlowResult, groups: tuple[str, ...], pen: Pen, top: float
) -> tuple[tuple[tuple[Box, ...], ...], float]:
    """Stack the boxes of a row of groups, step by step."""
    counts = result.counts
    stages = [name for name in ("entered", "withdrawn", "filtered") if (counts["stage"] == name).any()]
    if result.filters and "filtered" not in stages:
        stages.append("filtered")
    columns: list[list[Box]] = [[] for _ in groups]
    for stage in [*stages, "analysed"]:
        boxes = [
            _group_box(result, stage, group, pen, _across(place, len(groups))) for place, group in enumerate(groups)
        ]
        height = max(pen.height(len(box.lines)) for box in boxes)
        for column, box in zip(columns, boxes, strict=True):
            column.append(replace(box, top=top, height=height))
        top += height + GAP
    return tuple(tuple(column) for column in columns), top - GAP


def _across(place: int, n: int) -> Across:
    half = min(_WIDEST, (1 - _BETWEEN * (n - 1)) / n) / 2
    centre = (place + 0.5) / n
    return centre - half, centre + half


def _group_box(result: FlowResult, stage: str, group: str, pen: Pen, across: Across) -> Box:
    counts = result.counts
    mine = counts[counts["group"] == group]
    rows = mine[mine["stage"] == stage]
    remark = ""
    if stage == "withdrawn" and rows["n"].sum():
        remark = "analysed until they left" if result.withdrawn_analysed else "not analysed"
    early = int(mine.loc[mine["stage"] == "left_early", "n"].sum())
    if stage == "analysed" and early:
        remark = f"{format_count(early)} of them left early"
    box = _box(rows, group if stage == "entered" else TITLES[stage], pen, across=across, remark=remark)
    return replace(box, stage=stage, group=group)


# ---------------------------------------------------------------- one box


def _box(rows: pd.DataFrame, title: str, pen: Pen, *, across: Across, remark: str = "") -> Box:
    """Write one box: a heading with its number, a remark, then a number per reason."""
    n = int(rows["n"].sum())
    lines = [f"<b>{line}</b>" for line in _folded(f"{title}: {format_count(n)}", pen, across, indent=1)]
    lines += _folded(remark, pen, across) if remark else []
    for row in rows[rows["reason"] != ""].itertuples():
        lines += _reason_lines(row.n, reason_words(row.stage, row.reason), pen, across)
    return Box(
        stage=str(rows["stage"].iloc[0]) if len(rows) else "",
        group="",
        n=n,
        left=across[0],
        right=across[1],
        lines=tuple(lines),
        patient_ids=tuple(patient for ids in rows["patient_ids"] for patient in ids),
    )


def _at(box: Box, top: float, pen: Pen) -> Box:
    return replace(box, top=top, height=pen.height(len(box.lines)))


def _reason_lines(n: int, words: str, pen: Pen, across: Across) -> list[str]:
    """Write how many left for a reason, further lines under the words; nobody is written more quietly."""
    number = format_count(n)
    first, *more = _folded(words, pen, across, indent=len(number) + 2)
    lines = [f"{number}  {first}", *(f"{'&nbsp;' * 2 * len(number)}  {line}" for line in more)]
    return lines if n else [f'<span style="color:{pen.muted}">{line}</span>' for line in lines]


def _folded(text: str, pen: Pen, across: Across, *, indent: int = 0) -> list[str]:
    """Break outside text into lines that fit a box, safe for plotly; wide (East Asian) letters count double."""
    room = pen.characters(*across) - indent
    if any(unicodedata.east_asian_width(letter) in "WF" for letter in text):
        room //= 2
    kept = text.replace(" %", "\N{NO-BREAK SPACE}%")
    return [plain_label(line) for line in textwrap.wrap(kept, max(room, 4), break_on_hyphens=False) or [""]]
