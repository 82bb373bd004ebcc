"""Which pairwise difference, or average, stands at a given place in the order?

The orders behind the Hodges-Lehmann estimates and their intervals.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

Floats = npt.NDArray[np.float64]
Ranks = Callable[[Sequence[int]], Floats]

_PAIRS_AT_HAND = 250_000  # up to here all pairs are laid out; beyond, they are counted, not stored


def rank_differences(values1: Floats, values0: Floats) -> Ranks:
    """Give a function that reads the i-th smallest (from 0) of all differences ``values1 - values0``."""
    if values1.size * values0.size <= _PAIRS_AT_HAND:
        return np.sort(np.subtract.outer(values1, values0), axis=None).take
    first, second = np.sort(values1), np.sort(values0)

    def count_up_to(limit: float) -> int:
        return int((second.size - np.searchsorted(second, first - limit, side="left")).sum())

    return _reader(count_up_to, first[0] - second[-1], first[-1] - second[0])


def rank_averages(values: Floats) -> Ranks:
    """Give a function that reads the i-th smallest (from 0) of the averages of all pairs, each with itself too."""
    if values.size**2 <= _PAIRS_AT_HAND:
        upper = np.triu_indices(values.size)
        return np.sort((values[upper[0]] + values[upper[1]]) / 2).take
    ordered = np.sort(values)

    def count_up_to(limit: float) -> int:
        both_ways = int(np.searchsorted(ordered, 2 * limit - ordered, side="right").sum())
        return (both_ways + int(np.searchsorted(ordered, limit, side="right"))) // 2

    return _reader(count_up_to, ordered[0], ordered[-1])


def median_of(ranks: Ranks, size: int) -> float:
    """Read the median of ``size`` ordered pairs."""
    return float(ranks([(size - 1) // 2, size // 2]).mean())


def interval_of(ranks: Ranks, size: int, position: int) -> tuple[float, float]:
    """Read the values at ``position`` (from 1) from below and from above; NaN where there is no such position."""
    if position < 1:
        return math.nan, math.nan
    low, high = ranks([position - 1, size - position])
    return float(low), float(high)


def position_by_normal(size: int, sigma: float, conf_level: float) -> int:
    """Find the place of the lower limit when the continuity-corrected normal test is turned round."""
    return math.floor(size / 2 - 0.5 - float(ndtri((1 + conf_level) / 2)) * sigma) + 1


def position_by_counts(ways: Floats, conf_level: float) -> int:
    """Find the place of the lower limit from the exact null distribution, given as ways of each sum."""
    below = np.cumsum(ways) / ways.sum()
    return int(np.searchsorted(below, (1 - conf_level) / 2, side="left"))


def _reader(count_up_to: Callable[[float], int], lowest: float, highest: float) -> Ranks:
    """Find an order statistic by halving the range until nothing lies between its ends."""

    def read(index: int) -> float:
        low, high = float(np.nextafter(lowest, -np.inf)), float(np.nextafter(highest, np.inf))
        close = 4 * float(np.finfo(float).eps) * max(abs(low), abs(high))
        while high - low > close:
            middle = (low + high) / 2
            low, high = (low, middle) if count_up_to(middle) > index else (middle, high)
        return high

    return lambda indices: np.array([read(index) for index in indices])
