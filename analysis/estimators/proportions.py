"""How certain is a proportion, and a difference of two proportions, when the groups are small?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv, ndtri

from analysis.results import Estimate

EMPTY_GROUP = "not estimable: no patients"


def wilson_interval(
    k: npt.ArrayLike, n: npt.ArrayLike, *, conf_level: float = 0.95
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Give the Wilson score interval of a proportion, without continuity correction.

    Parameters
    ----------
    k, n
        Patients with the event and patients in all; scalars or arrays of equal shape.
    conf_level
        Two-sided confidence level between 0 and 1.

    Returns
    -------
    tuple of arrays
        Lower and upper limit (0-1), shape of the input; NaN where ``n`` is 0.

    Notes
    -----
    Agrees with R ``prop.test(k, n, correct = FALSE)``. Wilson, J Am Stat Assoc 1927;22:209-12.
    """
    k, n = _counts(k, n)
    z2 = ndtri((1 + conf_level) / 2) ** 2
    centre = (k + z2 / 2) / (n + z2)
    half = np.sqrt(z2) / (n + z2) * np.sqrt(k * (n - k) / n + z2 / 4)
    low, high = np.where(k == 0, 0.0, centre - half), np.where(k == n, 1.0, centre + half)
    return np.where(np.isnan(n), np.nan, low)[()], np.where(np.isnan(n), np.nan, high)[()]


def clopper_pearson_interval(
    k: npt.ArrayLike, n: npt.ArrayLike, *, conf_level: float = 0.95
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Give the exact binomial interval of a proportion; 0/n keeps an upper bound above 0.

    Parameters
    ----------
    k, n
        Patients with the event and patients in all; scalars or arrays of equal shape.
    conf_level
        Two-sided confidence level between 0 and 1; each tail holds half, also at 0/n and n/n.

    Returns
    -------
    tuple of arrays
        Lower and upper limit (0-1), shape of the input; NaN where ``n`` is 0.

    Notes
    -----
    Agrees with R ``binom.test``. Clopper and Pearson, Biometrika 1934;26:404-13.
    """
    k, n = _counts(k, n)
    tail = (1 - conf_level) / 2
    low = np.where(k == 0, 0.0, betaincinv(np.maximum(k, 1), n - k + 1, tail))
    high = np.where(k == n, 1.0, betaincinv(k + 1, np.maximum(n - k, 1), 1 - tail))
    return np.where(np.isnan(n), np.nan, low)[()], np.where(np.isnan(n), np.nan, high)[()]


def newcombe_difference(k1: int, n1: int, k0: int, n0: int, *, conf_level: float = 0.95) -> Estimate:
    """Estimate the risk difference, group minus reference, with Newcombe's hybrid score interval.

    Parameters
    ----------
    k1, n1
        Patients with the event and patients in all of the group.
    k0, n0
        The same of the reference group.
    conf_level
        Two-sided confidence level between 0 and 1.

    Returns
    -------
    Estimate
        Difference on the scale -1 to 1; NaN and a reason where a group is empty. No standard
        error: the interval is not symmetric. With no event in either group it keeps its width.

    Notes
    -----
    Method 10 of Newcombe, Stat Med 1998;17:873-90: each limit takes the Wilson limits of both
    proportions. Agrees with the formula evaluated in R on ``prop.test(correct = FALSE)`` limits
    and with ``statsmodels`` ``confint_proportions_2indep(method="newcomb")``.
    """
    blank = Estimate(conf_level=conf_level, n=int(n1 + n0), method="Newcombe hybrid score interval")
    if min(n1, n0) == 0:
        return replace(blank, reason=EMPTY_GROUP)
    p1, p0 = k1 / n1, k0 / n0
    lows, highs = wilson_interval([k1, k0], [n1, n0], conf_level=conf_level)
    low, high = combine_limits(p1, (lows[0], highs[0]), p0, (lows[1], highs[1]))
    return replace(blank, estimate=p1 - p0, conf_low=float(low), conf_high=float(high))


def combine_limits(
    p1: npt.ArrayLike,
    limits1: tuple[npt.ArrayLike, npt.ArrayLike],
    p0: npt.ArrayLike,
    limits0: tuple[npt.ArrayLike, npt.ArrayLike],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Build the intervals of ``p1 - p0`` from the limits of each (MOVER).

    Each limit of the difference recovers the variance of both estimates from the limit on the
    side it leans to. Zou and Donner, Stat Med 2008;27:1693-702; with Wilson limits it is
    Newcombe's method 10.
    """
    one, low1, high1, other, low0, high0 = (np.asarray(x, dtype=float) for x in (p1, *limits1, p0, *limits0))
    low = one - other - np.hypot(one - low1, high0 - other)
    high = one - other + np.hypot(high1 - one, other - low0)
    return low, high


def _counts(k: npt.ArrayLike, n: npt.ArrayLike) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Turn counts into floats with NaN for an empty group, so that nothing divides by zero."""
    total = np.asarray(n, dtype=float)
    total = np.where(total == 0, np.nan, total)
    return np.where(np.isnan(total), np.nan, np.asarray(k, dtype=float)), total
