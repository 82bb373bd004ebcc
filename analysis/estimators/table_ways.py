"""Which tables share given row and column totals, and in how many ways does each arise?

The weight of a table is minus the sum of the log factorials of its cells; given the margins, its
chance is proportional to the exponential of that.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

Whole = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_MOST_STATES = 200_000  # half-filled tables held at once; about a tenth of a second
_SAME_WEIGHT = 1e-9  # weights closer than this belong to equally likely half-filled tables


class TooManyTablesError(Exception):
    """The tables with these margins are too many to list."""


def table_weight(table: npt.ArrayLike) -> float:
    """Give the weight of one table."""
    return float(-gammaln(np.asarray(table) + 1.0).sum())


def count_tables(rows: Whole, columns: Whole) -> tuple[Floats, Floats]:
    """List the distinct weights of all tables with these margins, and how many tables have each.

    Parameters
    ----------
    rows, columns
        Totals of the rows (best the shorter side) and of the columns, with equal sums.

    Returns
    -------
    tuple of arrays
        Weights, and the number of tables of each weight.

    Raises
    ------
    TooManyTablesError
        If more than 200,000 half-filled tables would have to be held at once.

    Notes
    -----
    Columns are filled one after the other. Half-filled tables that leave the same row totals, in any
    order, and have the same weight so far are merged (the network idea of Mehta and Patel, J Am Stat
    Assoc 1983;78:427-34, without its bounds).
    """
    left, weight, ways = np.sort(rows)[None, :], np.zeros(1), np.ones(1)
    for total in np.sort(columns)[::-1][:-1]:
        left, weight, ways = _merge(*_fill_column(left, weight, ways, int(total)))
    weight = weight - gammaln(left + 1.0).sum(axis=1)  # what is left is the last column
    return weight, ways


def simulate_tables(rows: Whole, columns: Whole, *, size: int, seed: int) -> Floats:
    """Draw random tables with these margins, as if patients were dealt to groups by chance; give their weights."""
    draw = np.random.default_rng(seed)
    left = np.tile(rows, (size, 1))
    weight = np.zeros(size)
    for total in columns[:-1]:
        wanted = np.full(size, total)
        for row in range(len(rows) - 1):
            others = left[:, row + 1 :].sum(axis=1)
            cell = draw.hypergeometric(left[:, row], others, wanted)
            left[:, row] -= cell
            wanted -= cell
            weight -= gammaln(cell + 1.0)
        left[:, -1] -= wanted
        weight -= gammaln(wanted + 1.0)
    return weight - gammaln(left + 1.0).sum(axis=1)


def _fill_column(left: Whole, weight: Floats, ways: Floats, total: int) -> tuple[Whole, Floats, Floats]:
    """Fill one column in every way that the row totals still allow."""
    wanted = np.full(len(left), total)
    for row in range(left.shape[1] - 1):
        lowest = np.maximum(0, wanted - left[:, row + 1 :].sum(axis=1))
        choices = np.minimum(left[:, row], wanted) - lowest + 1
        if choices.sum() > _MOST_STATES:
            raise TooManyTablesError
        source = np.repeat(np.arange(len(left)), choices)
        cell = np.arange(source.size) - np.repeat(choices.cumsum() - choices, choices) + lowest[source]
        left, wanted = left[source], wanted[source] - cell
        weight, ways = weight[source] - gammaln(cell + 1.0), ways[source]
        left[:, row] -= cell
    left[:, -1] -= wanted
    return left, weight - gammaln(wanted + 1.0), ways


def _merge(left: Whole, weight: Floats, ways: Floats) -> tuple[Whole, Floats, Floats]:
    """Bring together half-filled tables with the same row totals left and the same weight."""
    left = np.sort(left, axis=1)
    keys = np.column_stack([left, np.rint(weight / _SAME_WEIGHT).astype(np.int64)])
    order = np.lexsort(keys.T)
    first = np.append(True, (np.diff(keys[order], axis=0) != 0).any(axis=1))
    starts = np.flatnonzero(first)
    kept = order[starts]
    return left[kept], weight[kept], np.add.reduceat(ways[order], starts)
