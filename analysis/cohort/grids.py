"""How are rows of text held column by column, so that a million of them stay small?

Equal cells of a column are one string object: 1.2 million rows of seven columns take 70 MB.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice, zip_longest

import numpy as np

from analysis.cohort.raw import CELL_LIMIT, require_area

CHUNK = 4096  # rows turned into columns at a time

Merge = tuple[tuple[int, int], tuple[int, int]]  # first and last (row, column) of a merged range, from 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Grid:
    """A rectangle of text, row 0 first.

    columns
        One object array of strings per column, all of the same length, "" where the row is shorter.
    lengths
        Cells written in each row, before it was filled up.
    distinct
        Per column, every string that occurs in it.
    overlong
        (row, column, characters) of cells cut to ``CELL_LIMIT`` characters.
    """

    columns: list[np.ndarray]
    lengths: np.ndarray
    distinct: list[set[str]]
    overlong: list[tuple[int, int, int]] = field(default_factory=list)
    merges: tuple[Merge, ...] = ()

    @property
    def n_rows(self) -> int:
        """Count the rows, blank ones included."""
        return len(self.lengths)

    def row(self, i: int) -> list[str]:
        """Give one row, filled up to the width of the grid."""
        return [column[i] for column in self.columns]


def grid_of_rows(name: str, rows: Iterable[list[str]], *, merges: tuple[Merge, ...] = ()) -> Grid:
    """Build a grid from rows of any length; refuse it as soon as it grows beyond ``AREA_LIMIT``."""
    caches: list[dict[str, str]] = []
    chunks: list[list[np.ndarray]] = []
    lengths: list[np.ndarray] = []
    n_rows = 0
    for block in _blocks(rows):
        lengths.append(np.fromiter(map(len, block), dtype=np.int64, count=len(block)))
        n_rows += len(block)
        require_area(name, n_rows, max(len(caches), int(lengths[-1].max())))
        transposed = list(zip_longest(*block, fillvalue=""))
        caches.extend({} for _ in range(len(transposed) - len(caches)))
        chunks.append([_shared(cells, cache) for cells, cache in zip(transposed, caches, strict=False)])
    columns = [_joined(chunks, lengths, j) for j in range(len(caches))]
    distinct = [set(cache) | {""} for cache in caches]
    overlong = _cut(columns, distinct)
    joined = np.concatenate(lengths) if lengths else np.zeros(0, dtype=np.int64)
    return Grid(columns=columns, lengths=joined, distinct=distinct, overlong=overlong, merges=merges)


def stacked(name: str, first: list[list[str]], grid: Grid) -> Grid:
    """Put a few rows on top of a grid."""
    if not first:
        return grid
    top = grid_of_rows(name, first)
    width = max(len(top.columns), len(grid.columns))
    require_area(name, top.n_rows + grid.n_rows, width)
    parts = [[_column(part, j) for part in (top, grid)] for j in range(width)]
    return Grid(
        columns=[np.concatenate(part) for part in parts],
        lengths=np.concatenate([top.lengths, grid.lengths]),
        distinct=[set().union(*(part.distinct[j] for part in (top, grid) if j < len(part.distinct)), {""})
                  for j in range(width)],
        overlong=top.overlong + [(row + top.n_rows, column, size) for row, column, size in grid.overlong],
    )  # fmt: skip


def _blocks(rows: Iterable[list[str]]) -> Iterator[list[list[str]]]:
    source = iter(rows)
    while block := list(islice(source, CHUNK)):
        yield block


def _shared(cells: tuple[str, ...], cache: dict[str, str]) -> np.ndarray:
    """Replace equal strings by one object."""
    return np.array(list(map(cache.setdefault, cells, cells)), dtype=object)


def _joined(chunks: list[list[np.ndarray]], lengths: list[np.ndarray], j: int) -> np.ndarray:
    parts = [chunk[j] if j < len(chunk) else _blank(len(n)) for chunk, n in zip(chunks, lengths, strict=True)]
    return np.concatenate(parts)


def _column(grid: Grid, j: int) -> np.ndarray:
    return grid.columns[j] if j < len(grid.columns) else _blank(grid.n_rows)


def _blank(n: int) -> np.ndarray:
    return np.full(n, "", dtype=object)


def _cut(columns: list[np.ndarray], distinct: list[set[str]]) -> list[tuple[int, int, int]]:
    """Cut overlong cells in place and say where they stood."""
    found: list[tuple[int, int, int]] = []
    for j, strings in enumerate(distinct):
        for long in [string for string in strings if len(string) > CELL_LIMIT]:
            rows = np.flatnonzero(columns[j] == long)
            columns[j][rows] = long[:CELL_LIMIT]
            strings.add(long[:CELL_LIMIT])
            strings.remove(long)
            found.extend((int(row), j, len(long)) for row in rows)
    return sorted(found)
