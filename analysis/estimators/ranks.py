"""Do values of one group tend to be larger than those of another, and by how much?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc, ndtr

from analysis.estimators.means import CONSTANT, ONE_GROUP, Floats, known_values
from analysis.estimators.pairwise import (
    interval_of,
    median_of,
    position_by_counts,
    position_by_normal,
    rank_differences,
)
from analysis.estimators.proportions import EMPTY_GROUP
from analysis.results import Estimate

MANN_WHITNEY_EXACT = "Mann-Whitney U test (exact)"
MANN_WHITNEY_NORMAL = "Mann-Whitney U test (normal approximation with tie and continuity correction)"

_EXACT_UP_TO = 20  # domain.md 3.2: exact if neither group has more values and none are tied


def compare_mann_whitney(
    values1: npt.ArrayLike, values0: npt.ArrayLike, *, conf_level: float = 0.95, shift: bool = True
) -> Estimate:
    """Compare two groups by the ranks of their values, with the Hodges-Lehmann shift.

    Parameters
    ----------
    values1, values0
        One value per patient of the group and of the reference, in one unit; NaN is left out.
    conf_level
        Two-sided confidence level between 0 and 1.
    shift
        Whether to estimate the shift; at 100,000 values it takes about a second, the test does not.

    Returns
    -------
    Estimate
        Shift, group minus reference (the median of all pairwise differences, not the difference of
        medians), with its interval; ``statistic`` is the U of the group, ``p_value`` two-sided.
        NaN and a reason where a group is empty or all values are equal; NaN limits and a reason
        where so few values cannot give an interval of this level.

    Notes
    -----
    Exact if neither group has more than 20 values and none are tied, else the normal approximation
    with tie and continuity correction; the interval turns the same test round. Agrees with R
    ``wilcox.test(conf.int = TRUE)`` with ``exact`` set so, except that R's approximate estimate is a
    root found between two differences where ours is the median. Hodges and Lehmann, Ann Math Stat
    1963;34:598-611.
    """
    first, second = known_values(values1), known_values(values0)
    pooled = np.concatenate([first, second])
    places, ties = midranks(pooled)
    exact = max(first.size, second.size) <= _EXACT_UP_TO and ties.size == pooled.size
    method = MANN_WHITNEY_EXACT if exact else MANN_WHITNEY_NORMAL
    blank = Estimate(n=pooled.size, conf_level=conf_level, method=method)
    if min(first.size, second.size) == 0:
        return replace(blank, reason=EMPTY_GROUP)
    if ties.size == 1:
        return replace(blank, reason=CONSTANT)
    u = float(places[: first.size].sum() - first.size * (first.size + 1) / 2)
    p_value = _exact_p(u, first.size, second.size) if exact else normal_p(u, *_null_of_u(first.size, second.size, ties))
    blank = replace(blank, statistic=u, p_value=p_value)
    return _with_shift(blank, first, second, exact=exact) if shift else blank


def compare_kruskal_wallis(groups: Sequence[npt.ArrayLike]) -> Estimate:
    """Compare two or more groups by the ranks of their values.

    Parameters
    ----------
    groups
        The values of each group; NaN is left out.

    Returns
    -------
    Estimate
        ``statistic`` chi-square with tie correction, ``df``, ``p_value``, ``n``; NaN and a reason
        where a group is empty or all values are equal. Agrees with R ``kruskal.test``.
    """
    known = [known_values(group) for group in groups]
    n = sum(group.size for group in known)
    blank = Estimate(n=n, method="Kruskal-Wallis test")
    if len(known) < 2:
        return replace(blank, reason=ONE_GROUP)
    if min(group.size for group in known) == 0:
        return replace(blank, reason=EMPTY_GROUP)
    places, ties = midranks(np.concatenate(known))
    if ties.size == 1:
        return replace(blank, reason=CONSTANT)
    sizes = np.array([group.size for group in known])
    sums = np.add.reduceat(places, np.append(0, sizes.cumsum()[:-1]))
    raw = 12 * (sums**2 / sizes).sum() / (n * (n + 1)) - 3 * (n + 1)
    statistic = float(raw / (1 - _tie_sum(ties) / (float(n) ** 3 - n)))
    df = len(known) - 1
    return replace(blank, statistic=statistic, df=df, p_value=float(chdtrc(df, statistic)))


def midranks(values: Floats) -> tuple[Floats, Floats]:
    """Rank values from 1, equal values sharing their mean rank; also how often each distinct value occurs."""
    _, position, ties = np.unique(values, return_inverse=True, return_counts=True)
    return (ties.cumsum() - (ties - 1) / 2)[position], ties.astype(float)


def normal_p(statistic: float, mean: float, sigma: float) -> float:
    """Give the two-sided P value of a rank sum by the continuity-corrected normal approximation."""
    away = abs(statistic - mean)
    return float(min(1.0, 2 * ndtr(-(away - 0.5 * (away > 0)) / sigma)))


def tail_p(ways: Floats, statistic: float) -> float:
    """Give the two-sided P value, twice the smaller tail, from the ways to reach each sum."""
    observed = round(statistic)
    tail = ways[: min(observed, ways.size - 1 - observed) + 1].sum() / ways.sum()
    return float(min(1.0, 2 * tail))


def _with_shift(blank: Estimate, first: Floats, second: Floats, *, exact: bool) -> Estimate:
    size = first.size * second.size
    ranks = rank_differences(first, second)
    if exact:
        position = position_by_counts(_ways_of_u(first.size, second.size), blank.conf_level)
    else:
        within = np.concatenate([midranks(first)[1], midranks(second)[1]])
        position = position_by_normal(size, _null_of_u(first.size, second.size, within)[1], blank.conf_level)
    low, high = interval_of(ranks, size, position)
    reason = f"no {blank.conf_level:.0%} interval: too few values" if math.isnan(low) else ""
    return replace(blank, estimate=median_of(ranks, size), conf_low=low, conf_high=high, reason=reason)


def _exact_p(u: float, m: int, n: int) -> float:
    return tail_p(_ways_of_u(m, n), u)


def _null_of_u(m: int, n: int, ties: Floats) -> tuple[float, float]:
    """Give mean and standard deviation of U when the groups do not differ."""
    total = m + n
    variance = m * n / 12 * (total + 1 - _tie_sum(ties) / (total * (total - 1)))
    return m * n / 2, math.sqrt(variance)


def _tie_sum(ties: Floats) -> float:
    return float((ties**3 - ties).sum())


@lru_cache(maxsize=256)
def _ways_of_u(m: int, n: int) -> Floats:
    """Count the orders of ``m + n`` values that give each U from 0 to ``m n`` (Gaussian binomial)."""
    size = m * n + 1
    ways = np.zeros(size)
    ways[0] = 1
    for step in range(1, m + 1):
        times = np.copy(ways)
        if n + step < size:
            times[n + step :] -= ways[: size - n - step]
        padded = np.append(times, np.zeros(-size % step))
        ways = padded.reshape(-1, step).cumsum(axis=0).ravel()[:size]
    ways.flags.writeable = False
    return ways
