"""How are values of one group summed up, and how far apart are two groups on a common scale?"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

_NULL_Z = 1.96  # display.md: null range of an SMD
_SINGULAR = 1e-12  # eigenvalue of a covariance of proportions below which it counts as zero


def quantiles(
    values: npt.ArrayLike, probabilities: npt.ArrayLike, *, quantile_type: Literal[6, 7]
) -> npt.NDArray[np.float64]:
    """Compute sample quantiles of the known values.

    Parameters
    ----------
    values
        One value per patient, any unit; NaN is left out.
    probabilities
        Probabilities between 0 and 1.
    quantile_type
        6 places the i-th of n sorted values at i/(n+1), as SPSS, Minitab and R ``type = 6`` do;
        7 at (i-1)/(n-1), the default of R, numpy and pandas (Hyndman and Fan, Am Stat
        1996;50:361-5).

    Returns
    -------
    array
        One quantile per probability, in the unit of the values; NaN where no value is known.
    """
    known = _known(values)
    wanted = np.atleast_1d(np.asarray(probabilities, dtype=float))
    if not known.size:
        return np.full(wanted.shape, np.nan)
    ordered, last = np.sort(known), known.size - 1
    places = last * wanted if quantile_type == 7 else (last + 2) * wanted - 1
    return np.array([_between(ordered, min(max(place, 0.0), last)) for place in places.tolist()])


def quantiles_of_runs(
    ordered: npt.ArrayLike,
    bounds: npt.ArrayLike,
    probabilities: npt.ArrayLike,
    *,
    quantile_type: Literal[6, 7] = 7,
) -> npt.NDArray[np.float64]:
    """Compute sample quantiles of many groups of values at once.

    Parameters
    ----------
    ordered
        The values of one group after the other, any unit, ascending within each group; no NaN.
    bounds
        Where each group begins, and where the last one ends: one element more than groups.
    probabilities
        Probabilities between 0 and 1.
    quantile_type
        6 or 7, as in ``quantiles``; the same numbers.

    Returns
    -------
    array
        One row per group and one column per probability; NaN for a group without values.
    """
    values, ends = np.asarray(ordered, dtype=float), np.asarray(bounds, dtype=np.intp)
    n = np.diff(ends)[:, None]
    wanted = np.atleast_1d(np.asarray(probabilities, dtype=float))[None, :]
    if not values.size:
        return np.full((len(n), wanted.size), np.nan)
    place = np.clip((n - 1) * wanted if quantile_type == 7 else (n + 1) * wanted - 1, 0, np.maximum(n - 1, 0))
    below = np.floor(place).astype(np.intp)
    part = place - below
    first = np.minimum(ends[:-1, None] + below, values.size - 1)
    low, high = values[first], values[np.minimum(first + (part > 0), values.size - 1)]
    between = np.where(part < 0.5, low + (high - low) * part, high - (high - low) * (1 - part))  # exact at both ends
    return np.where(n > 0, between, np.nan)


def mean_interval(values: npt.ArrayLike, conf_level: float = 0.95) -> tuple[float, float]:
    """Give the t interval of a mean.

    Parameters
    ----------
    values
        One value per patient, any unit; NaN is left out.
    conf_level
        Two-sided confidence level between 0 and 1.

    Returns
    -------
    tuple of float
        Lower and upper limit in the unit of the values; NaN with fewer than two known values.

    Notes
    -----
    Standard deviation with n - 1, t quantile with n - 1 degrees of freedom. Agrees with R
    ``t.test(values)$conf.int``.
    """
    known = _known(values)
    if known.size < 2:
        return math.nan, math.nan
    half = stdtrit(known.size - 1, (1 + conf_level) / 2) * known.std(ddof=1) / math.sqrt(known.size)
    return float(known.mean() - half), float(known.mean() + half)


def standard_deviation(values: npt.NDArray[np.float64]) -> float:
    """Give the standard deviation with n - 1 of known values, NaN with fewer than two; as ``numpy.std``."""
    if values.size < 2:
        return math.nan
    if values.min() == values.max():
        return 0.0  # the mean of equal values need not equal them, and the rest would look like a spread
    away = values - values.mean()
    return math.sqrt(float(away @ away) / (values.size - 1))


def standardised_difference_continuous(mean1: float, sd1: float, mean0: float, sd0: float) -> float:
    """Divide a difference of means, group minus reference, by the root mean of both variances.

    Means and standard deviations in one unit (of the logarithm for a skewed variable). 0 where
    nothing varies and nothing differs, NaN where nothing varies but the means differ. Agrees with
    the formula evaluated in R; Austin, Stat Med 2009;28:3083-107.
    """
    return _over_spread(mean1 - mean0, math.sqrt((sd1**2 + sd0**2) / 2))


def standardised_difference_binary(p1: float, p0: float) -> float:
    """Divide a difference of proportions (0-1), group minus reference, by its pooled spread.

    0 where both proportions are 0 or both 1, NaN where one is 0 and the other 1. Agrees with the
    formula evaluated in R; Austin, Stat Med 2009;28:3083-107.
    """
    return _over_spread(p1 - p0, math.sqrt((p1 * (1 - p1) + p0 * (1 - p0)) / 2))


def standardised_difference_categorical(p1: npt.ArrayLike, p0: npt.ArrayLike) -> float:
    """Measure how far two distributions over the same levels lie apart (Mahalanobis distance).

    Parameters
    ----------
    p1, p0
        Proportion of each level in the group and in the reference, each summing to 1. Levels
        empty in both are left out.

    Returns
    -------
    float
        Never negative: with more than two levels there is no direction. 0 with a single level,
        NaN where a proportion is unknown or the groups share no level.

    Notes
    -----
    Yang and Dalton, SAS Global Forum 2012, paper 335; the level left out does not matter. Agrees
    with the formula evaluated in R.
    """
    first, second = np.asarray(p1, dtype=float), np.asarray(p0, dtype=float)
    if np.isnan(first).any() or np.isnan(second).any():
        return math.nan
    used = (first + second) > 0
    first, second = first[used][1:], second[used][1:]
    if not first.size:
        return 0.0
    spread = (_multinomial_covariance(first) + _multinomial_covariance(second)) / 2
    if np.linalg.eigvalsh(spread)[0] < _SINGULAR:
        return math.nan
    gap = first - second
    return float(math.sqrt(max(0.0, gap @ np.linalg.solve(spread, gap))))


def smd_null_range(n1: int, n0: int) -> tuple[float, float]:
    """Give the range in which 95 % of standardised differences fall when two groups differ only by chance.

    ``n1`` and ``n0`` are the patients with a known value; NaN where a group has none. Large-sample
    standard error of a standardised difference near zero: sqrt(1/n1 + 1/n0).
    """
    if min(n1, n0) < 1:
        return math.nan, math.nan
    half = _NULL_Z * math.sqrt(1 / n1 + 1 / n0)
    return -half, half


def _between(ordered: npt.NDArray[np.float64], place: float) -> float:
    """Read sorted values at a place between two of them; exact at both."""
    below = int(place)
    part, low = place - below, float(ordered[below])
    if not part:
        return low
    gap = float(ordered[below + 1]) - low
    return low + gap * part if part < 0.5 else float(ordered[below + 1]) - gap * (1 - part)


def _known(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    numbers = np.asarray(values, dtype=float)
    return numbers[~np.isnan(numbers)]


def _over_spread(difference: float, spread: float) -> float:
    if spread > 0:
        return difference / spread
    return 0.0 if difference == 0 else math.nan


def _multinomial_covariance(proportions: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.diag(proportions) - np.outer(proportions, proportions)
