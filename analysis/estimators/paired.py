"""How far did the values of the same patients change between two visits?"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from analysis.estimators.means import Floats, with_t_interval
from analysis.estimators.pairwise import (
    interval_of,
    median_of,
    position_by_counts,
    position_by_normal,
    rank_averages,
)
from analysis.estimators.ranks import midranks, normal_p, tail_p
from analysis.results import Estimate

NO_PAIRS = "not estimable: no patient has both values"
ONE_PAIR = "not estimable: a single patient has both values"
NO_CHANGE = "not estimable: no patient changed"
ALIKE = "not estimable: every patient changed by the same amount"

_EXACT_BELOW = 50  # R wilcox.test: exact below 50 pairs without ties or zeros


def estimate_median_change(after: npt.ArrayLike, before: npt.ArrayLike, *, conf_level: float = 0.95) -> Estimate:
    """Estimate the typical change within patients, after minus before, by signed ranks.

    Parameters
    ----------
    after, before
        Values of the same patients in the same order and unit; pairs with a NaN are left out.
    conf_level
        Two-sided confidence level between 0 and 1.

    Returns
    -------
    Estimate
        Pseudo-median of the changes (median of the averages of all pairs of changes) with its
        interval; ``statistic`` V (rank sum of the rises), ``p_value`` of the Wilcoxon signed-rank
        test, ``n`` pairs. NaN and a reason where there are no pairs or nobody changed; NaN limits
        and a reason where so few pairs cannot give an interval of this level.

    Notes
    -----
    Patients who did not change are left out of test and estimate, as R does, but stay in ``n``.
    Exact below 50 pairs without ties or zeros, else normal approximation with tie and continuity
    correction; the interval turns the same test round. Agrees with R ``wilcox.test(paired = TRUE,
    conf.int = TRUE)``, except that R's approximate estimate is a root found between two averages
    where ours is their median.
    """
    change = _changes(after, before)
    moved = change[change != 0]
    places, ties = midranks(np.abs(moved))
    exact = change.size < _EXACT_BELOW and ties.size == change.size
    words = "exact" if exact else "normal approximation with tie and continuity correction"
    blank = Estimate(n=change.size, conf_level=conf_level, method=f"Wilcoxon signed-rank test ({words})")
    if not moved.size:
        return replace(blank, reason=NO_CHANGE if change.size else NO_PAIRS)
    v, size = float(places[moved > 0].sum()), moved.size * (moved.size + 1) // 2
    p_value = tail_p(_ways_of_v(moved.size), v) if exact else normal_p(v, size / 2, _sigma_of_v(moved.size, ties))
    ranks = rank_averages(moved)
    if exact:
        position = position_by_counts(_ways_of_v(moved.size), conf_level)
    else:
        position = position_by_normal(size, _sigma_of_v(moved.size, midranks(moved)[1]), conf_level)
    low, high = interval_of(ranks, size, position)
    reason = f"no {conf_level:.0%} interval: too few pairs" if math.isnan(low) else ""
    middle = median_of(ranks, size)
    return replace(blank, estimate=middle, conf_low=low, conf_high=high, statistic=v, p_value=p_value, reason=reason)


def estimate_mean_change(after: npt.ArrayLike, before: npt.ArrayLike, *, conf_level: float = 0.95) -> Estimate:
    """Estimate the mean change within patients, after minus before, with its t interval.

    Parameters as in ``estimate_median_change``; ``n`` counts pairs. NaN and a reason with fewer
    than two pairs or equal changes. Agrees with R ``t.test(paired = TRUE)``.
    """
    change = _changes(after, before)
    return _t_of_mean(change, Estimate(n=change.size, conf_level=conf_level, method="paired t-test"))


def estimate_change_ratio(after: npt.ArrayLike, before: npt.ArrayLike, *, conf_level: float = 0.95) -> Estimate:
    """Estimate the ratio of geometric means, after over before, within patients.

    Parameters
    ----------
    after, before
        Values above 0 of the same patients in the same order and unit; pairs with a NaN are left
        out. Values below detection must have been replaced (limit/2).
    conf_level
        Two-sided confidence level between 0 and 1.

    Returns
    -------
    Estimate
        Ratio with its t interval on the log scale turned back; ``std_error`` is that of the log
        ratio. NaN and a reason where a value is 0 or below, with fewer than two pairs, or with
        equal ratios. Agrees with R ``exp(t.test(log(after / before))$conf.int)``.
    """
    pairs = _pairs(after, before)
    blank = Estimate(n=len(pairs), conf_level=conf_level, method="paired t-test of logarithms")
    if reason := why_no_logarithm(pairs):
        return replace(blank, reason=reason)
    logs = np.log(pairs)
    return on_ratio_scale(_t_of_mean(logs[:, 0] - logs[:, 1], blank))


def why_no_logarithm(values: npt.ArrayLike) -> str:
    """Say how many values have no logarithm, or nothing."""
    unfit = int((np.asarray(values, dtype=float) <= 0).sum())
    plural = "1 value of 0 or below has" if unfit == 1 else f"{unfit} values of 0 or below have"
    return f"not estimable: {plural} no logarithm" if unfit else ""


def on_ratio_scale(result: Estimate) -> Estimate:
    """Turn a difference of logarithms and its limits into a ratio; the standard error stays on the log scale."""
    low, high = math.exp(result.conf_low), math.exp(result.conf_high)
    return replace(result, estimate=math.exp(result.estimate), conf_low=low, conf_high=high)


def _t_of_mean(change: Floats, blank: Estimate) -> Estimate:
    if change.size < 2:
        return replace(blank, reason=ONE_PAIR if change.size else NO_PAIRS)
    std_error = change.std(ddof=1) / math.sqrt(change.size)
    if std_error <= 10 * np.finfo(float).eps * abs(change.mean()):
        return replace(blank, reason=ALIKE if change.any() else NO_CHANGE)
    return with_t_interval(blank, change.mean(), std_error, change.size - 1)


def _pairs(after: npt.ArrayLike, before: npt.ArrayLike) -> Floats:
    pairs = np.column_stack([np.asarray(after, dtype=float), np.asarray(before, dtype=float)])
    return pairs[~np.isnan(pairs).any(axis=1)]


def _changes(after: npt.ArrayLike, before: npt.ArrayLike) -> Floats:
    pairs = _pairs(after, before)
    return pairs[:, 0] - pairs[:, 1]


def _sigma_of_v(n: int, ties: Floats) -> float:
    return math.sqrt(n * (n + 1) * (2 * n + 1) / 24 - (ties**3 - ties).sum() / 48)


@lru_cache(maxsize=64)
def _ways_of_v(n: int) -> Floats:
    """Count the sign patterns of n ranks that give each sum of positive ranks."""
    ways = np.ones(1)
    for rank in range(1, n + 1):
        ways = np.append(ways, np.zeros(rank)) + np.append(np.zeros(rank), ways)
    ways.flags.writeable = False
    return ways
