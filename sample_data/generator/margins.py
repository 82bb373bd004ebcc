"""How do drawn values get exactly the mean and SD, or the quartiles, that were printed?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

_ROUNDS = 400


@dataclass(frozen=True, kw_only=True)
class Target:
    """Mean and sample SD (n - 1) to reach, and the decimals values are stored with."""

    mean: float
    sd: float
    decimals: int


def draw_normal(rng: np.random.Generator, n: int, target: Target, limits: tuple[float, float]) -> Numbers:
    """Draw ``n`` values within ``limits`` that have the target's mean and SD, in random order."""
    scores = rng.standard_normal(n)
    return fit_mean_sd(scores, target, low=limits[0], high=limits[1])


def fit_mean_sd(scores: Numbers, target: Target, *, low: npt.ArrayLike, high: npt.ArrayLike) -> Numbers:
    """Move scores, keeping their order within equal limits, to a mean and SD; round.

    Each value stays strictly inside its own (low, high): the line through the scores is bent at
    the limits, and its height and slope are adjusted until mean and SD are met.
    """
    centred = scores - mean_of(scores)
    slope, height = target.sd / sd_of(centred), target.mean
    values = centred
    for _ in range(_ROUNDS):
        values = squash(height + slope * centred, low, high)
        height += 0.7 * (target.mean - mean_of(values))
        slope *= (target.sd / max(sd_of(values), 1e-9)) ** 0.5
    return np.round(values, target.decimals)


def squash(values: Numbers, low: npt.ArrayLike, high: npt.ArrayLike) -> Numbers:
    """Bend values smoothly into (low, high); near the middle they hardly change."""
    bottom, top = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    half = (top - bottom) / 2
    middle = bottom + half
    bent = np.tanh(np.clip((values - middle) / half, -4, 4))
    return middle + half * bent * 0.999


def spread_quartiles(n: int, knots: tuple[float, float, float, float, float], *, decimals: int) -> Numbers:
    """Spread ``n`` sorted values log-linearly through minimum, quartiles and maximum.

    The order statistics beside a quartile are placed so that the type 6 quantile is the knot.
    """
    rank = np.arange(1, n + 1) / (n + 1)
    at = np.array([rank[0], 0.25, 0.5, 0.75, rank[-1]])
    values = np.exp(np.interp(rank, at, np.log(knots)))
    for probability, knot in zip((0.25, 0.5, 0.75), knots[1:4], strict=True):
        position = probability * (n + 1)
        below, share = int(position), position - int(position)
        if share == 0:
            values[below - 1] = knot
        elif probability == 0.5:
            values[below - 1 : below + 1] = knot
        else:
            values[below] = (knot - (1 - share) * values[below - 1]) / share
    return np.round(values, decimals)


def spread_positions(positions: list[list[float]], *, decimals: int) -> Numbers:
    """Spread sorted values between [position, value] pairs, the first position being 1."""
    at = np.array([pair[0] for pair in positions], dtype=float)
    values = np.log([pair[1] for pair in positions])
    return np.round(np.exp(np.interp(np.arange(1, at[-1] + 1), at, values)), decimals)


def mean_of(values: Numbers) -> float:
    """Average with exact summation, so that every machine gives the same number."""
    return math.fsum(values.tolist()) / len(values)


def sd_of(values: Numbers) -> float:
    """Sample standard deviation (n - 1) with exact summation."""
    centre = mean_of(values)
    return math.sqrt(math.fsum((value - centre) ** 2 for value in values.tolist()) / (len(values) - 1))
