"""How many times as often does an event happen in one group as in another? Many pairs at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, ndtri

Floats = npt.NDArray[np.float64]
NO_EVENT = "not estimable: no events in one group"
ALL_EVENT = "not estimable: everyone in one group had the event"
_LOG_LIMIT, _HALVINGS = 30.0, 60


def risk_ratios(
    k1: npt.ArrayLike, n1: npt.ArrayLike, k0: npt.ArrayLike, n0: npt.ArrayLike, *, conf_level: float = 0.95
) -> tuple[Floats, Floats, Floats]:
    """Estimate risk ratios, group over reference, with the score interval of Miettinen and Nurminen.

    Parameters
    ----------
    k1, n1, k0, n0
        Patients with the event and patients in all, of the group and of the reference; arrays of
        equal shape.
    conf_level
        Two-sided confidence level between 0 and 1.

    Returns
    -------
    tuple of arrays
        Ratio, lower and upper limit; NaN where a group is empty or has no event (nothing is added to
        a zero).

    Notes
    -----
    The score statistic with its variance times N / (N - 1); without that factor it is Koopman's, as in
    ``PropCIs::riskscoreci``. Agrees with the statistic evaluated in R with the likelihood maximised
    numerically. Miettinen and Nurminen, Stat Med 1985;4:213-26.
    """
    k1, n1, k0, n0 = _counts(k1, n1, k0, n0)
    ratio = (k1 / n1) / (k0 / n0)
    z = ndtri((1 + conf_level) / 2)

    def outside(log_ratio: Floats) -> npt.NDArray[np.bool_]:
        return _squared_score(np.exp(log_ratio), k1, n1, k0, n0) > z**2

    start = np.log(ratio)
    low, high = (_halve(outside, start, np.full_like(start, end)) for end in (-_LOG_LIMIT, _LOG_LIMIT))
    return ratio, np.exp(low), np.exp(high)


def odds_ratios(
    k1: npt.ArrayLike, n1: npt.ArrayLike, k0: npt.ArrayLike, n0: npt.ArrayLike, *, conf_level: float = 0.95
) -> tuple[Floats, Floats, Floats]:
    """Estimate odds ratios, group over reference, conditional on the margins, with the exact interval.

    Parameters as in ``risk_ratios``.

    Returns
    -------
    tuple of arrays
        Conditional maximum-likelihood ratio, lower and upper limit; NaN where a group is empty or a
        cell of the table is zero (nothing is added to a zero).

    Notes
    -----
    Agrees with R ``fisher.test``. Fisher, J R Stat Soc 1935;98:39-82.
    """
    k1, n1, k0, n0 = _counts(k1, n1, k0, n0)
    usable = ~np.isnan(k1) & (k1 < n1) & (k0 < n0)
    found = np.full((3, k1.size), np.nan)
    if usable.any():
        table = _Conditional(*(count[usable] for count in (k1, n1, k0, n0)))
        tail = (1 - conf_level) / 2
        ends = np.full(int(usable.sum()), _LOG_LIMIT)
        tests = (
            lambda log_odds: table.mean(log_odds) > table.k,
            lambda log_odds: table.at_least(log_odds) > tail,
            lambda log_odds: table.at_most(log_odds) < tail,
        )
        found[:, usable] = [np.exp(_halve(test, -ends, ends)) for test in tests]
    return found[0], found[1], found[2]


def why_no_ratio(k1: npt.ArrayLike, n1: npt.ArrayLike, k0: npt.ArrayLike, n0: npt.ArrayLike) -> npt.NDArray[np.object_]:
    """Say for each pair why there is no ratio of odds, or nothing: a zero cell or an empty group."""
    k1, n1, k0, n0 = (np.atleast_1d(np.asarray(count, dtype=float)) for count in (k1, n1, k0, n0))
    none, everyone = (k1 == 0) | (k0 == 0), (k1 == n1) | (k0 == n0)
    words = np.where(none, NO_EVENT, np.where(everyone, ALL_EVENT, "")).astype(object)
    return np.where((n1 == 0) | (n0 == 0), "not estimable: no patients", words).astype(object)


def _counts(*counts: npt.ArrayLike) -> tuple[Floats, ...]:
    """Turn counts into floats, NaN where a ratio cannot be estimated."""
    k1, n1, k0, n0 = (np.atleast_1d(np.asarray(count, dtype=float)) for count in counts)
    blank = (n1 == 0) | (n0 == 0) | (k1 == 0) | (k0 == 0)
    return tuple(np.where(blank, np.nan, count) for count in (k1, n1, k0, n0))


def _squared_score(ratio: Floats, k1: Floats, n1: Floats, k0: Floats, n0: Floats) -> Floats:
    """Give the squared score statistic at a ratio; the reference proportion most likely under it is a quadratic's."""
    a, b, c = (n1 + n0) * ratio, -(n1 * ratio + k1 + n0 + k0 * ratio), k1 + k0
    p0 = 2 * c / (-b + np.sqrt(np.maximum(b**2 - 4 * a * c, 0)))
    p1 = ratio * p0
    variance = (p1 * (1 - p1) / n1 + ratio**2 * p0 * (1 - p0) / n0) * (n1 + n0) / (n1 + n0 - 1)
    distance = (k1 / n1 - ratio * k0 / n0) ** 2
    return np.divide(distance, variance, out=np.where(distance > 0, np.inf, 0.0), where=variance > 0)


def _halve(past: Callable[[Floats], npt.NDArray[np.bool_]], near: Floats, far: Floats) -> Floats:
    """Find where a condition begins to hold between two ends, by halving."""
    near, far = near.copy(), far.copy()
    for _ in range(_HALVINGS):
        middle = (near + far) / 2
        beyond = past(middle)
        near, far = np.where(beyond, near, middle), np.where(beyond, middle, far)
    return (near + far) / 2


class _Conditional:
    """The noncentral hypergeometric distributions of many tables, their supports one behind the other."""

    def __init__(self, k1: Floats, n1: Floats, k0: Floats, n0: Floats) -> None:
        total = k1 + k0
        first = np.maximum(0, total - n0)
        lengths = (np.minimum(total, n1) - first + 1).astype(int)
        self.k, self._starts = k1, np.concatenate([[0], lengths.cumsum()[:-1]])
        self._table = np.repeat(np.arange(k1.size), lengths)
        self._x = np.arange(lengths.sum()) - self._starts[self._table] + first[self._table]
        at = self._table
        self._log_ways = _log_choose(n1[at], self._x) + _log_choose(n0[at], total[at] - self._x)

    def mean(self, log_odds: Floats) -> Floats:
        return self._expect(log_odds, self._x)

    def at_least(self, log_odds: Floats) -> Floats:
        return self._expect(log_odds, self._x >= self.k[self._table])

    def at_most(self, log_odds: Floats) -> Floats:
        return self._expect(log_odds, self._x <= self.k[self._table])

    def _expect(self, log_odds: Floats, values: npt.NDArray) -> Floats:
        log_chance = self._log_ways + self._x * log_odds[self._table]
        largest = np.maximum.reduceat(log_chance, self._starts)
        chance = np.exp(log_chance - largest[self._table])
        return np.add.reduceat(chance * values, self._starts) / np.add.reduceat(chance, self._starts)


def _log_choose(n: Floats, k: Floats) -> Floats:
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
