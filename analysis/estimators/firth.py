"""What are the effects in a Cox model when plain maximum likelihood would run off to infinity?

Firth's penalty adds half the log determinant of the information, which pulls effects towards 0 by
just enough to remove their first-order bias, and keeps them finite under separation.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, chdtri

from analysis.estimators.incidence import Floats
from analysis.estimators.partial_likelihood import Likelihood, RiskSets, evaluate, information, spread_back

_CLOSE = 1e-11  # change of a scaled coefficient at which the search stops
_STEPS = 200
_LONGEST = 2.0  # longest step of a scaled coefficient
_FARTHEST = 60.0  # scaled coefficient beyond which a limit counts as infinite


@dataclass(frozen=True, kw_only=True, eq=False)
class PenalisedMaximum:
    """The penalised maximum on the scaled covariates, with profile limits and tests per coefficient."""

    beta: Floats
    information: Floats
    value: float
    null_value: float
    converged: bool
    conf_low: Floats
    conf_high: Floats
    statistic: Floats
    p_value: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class _Point:
    beta: Floats
    value: float
    score: Floats
    information: Floats


def maximise_penalised(sets: RiskSets, *, conf_level: float = 0.95) -> PenalisedMaximum:
    """Fit a Cox model by Firth's penalised partial likelihood.

    Parameters
    ----------
    sets
        Patients arranged by ``partial_likelihood.arrange``.
    conf_level
        Two-sided confidence level.

    Returns
    -------
    PenalisedMaximum
        Coefficients per scaled covariate, their profile penalised likelihood limits (NaN where the
        profile never falls far enough) and penalised likelihood-ratio tests (chi-square, 1 df).

    Notes
    -----
    Heinze and Schemper, Biometrics 2001;57:114-9; Efron ties. Coefficients, limits and tests agree
    with maximisation of the penalised likelihood in R (``coxph`` at fixed coefficients and ``optim``).
    """
    size = sets.design.shape[1]
    best, converged = _climb(sets, np.zeros(size), np.ones(size, dtype=bool))
    drop = float(chdtri(1, 1 - conf_level)) / 2
    spread = np.sqrt(np.diag(np.linalg.inv(best.information)))
    low, high, statistic = (np.full(size, math.nan) for _ in range(3))
    for place in range(size):
        below = _profile_drop(sets, best, place)
        low[place], high[place] = (_edge(below, drop, best.beta[place], side * spread[place]) for side in (-1, 1))
        statistic[place] = max(2 * below(0.0), 0.0)
    return PenalisedMaximum(
        beta=best.beta, information=best.information, value=best.value, converged=converged,
        null_value=_point(sets, np.zeros(size)).value, conf_low=low, conf_high=high,
        statistic=statistic, p_value=np.asarray(chdtrc(1, statistic)),
    )  # fmt: skip


def _profile_drop(sets: RiskSets, best: _Point, place: int) -> Callable[[float], float]:
    """Give how far the penalised likelihood falls when one coefficient is held at a value."""
    free = np.arange(best.beta.size) != place

    def fall(value: float) -> float:
        start = best.beta.copy()
        start[place] = value
        return best.value - _climb(sets, start, free)[0].value

    return fall


def _edge(fall: Callable[[float], float], drop: float, centre: float, step: float) -> float:
    """Find where the profile has fallen far enough, walking out in growing steps."""
    from scipy.optimize import brentq

    inner, outer = centre, centre + 2 * step
    while fall(outer) < drop:
        inner, outer = outer, centre + 1.6 * (outer - centre)
        if abs(outer) > _FARTHEST:
            return math.nan
    return float(brentq(lambda value: fall(value) - drop, inner, outer, xtol=1e-11, rtol=1e-12))


def _climb(sets: RiskSets, start: Floats, free: np.ndarray) -> tuple[_Point, bool]:
    """Maximise over the free coefficients by Newton's method with step halving."""
    here = _point(sets, start)
    if not free.any():
        return here, True
    for _ in range(_STEPS):
        step = np.zeros(start.size)
        step[free] = np.linalg.solve(here.information[np.ix_(free, free)], here.score[free])
        step *= min(1.0, _LONGEST / max(float(np.abs(step).max()), _CLOSE))
        nearer = _point(sets, here.beta + step)
        while not nearer.value >= here.value - 1e-12 and np.abs(step).max() > _CLOSE:
            step = step / 2
            nearer = _point(sets, here.beta + step)
        here = nearer
        if np.abs(step).max() <= _CLOSE:
            return here, True
    return here, False


def _point(sets: RiskSets, beta: Floats) -> _Point:
    found = evaluate(sets, beta)
    inside = information(sets, found)
    sign, log_determinant = np.linalg.slogdet(inside)
    if sign <= 0 or not math.isfinite(log_determinant):
        blank = np.zeros(beta.size)
        return _Point(beta=beta, value=-math.inf, score=blank, information=np.eye(beta.size))
    inverse: Floats = np.asarray(np.linalg.inv(inside), dtype=float)
    score = found.score + _determinant_slope(sets, found, inverse) / 2
    return _Point(beta=beta, value=found.value + log_determinant / 2, score=score, information=inside)


def _determinant_slope(sets: RiskSets, found: Likelihood, inverse: Floats) -> Floats:
    """Give the slope of the log determinant of the information: third moments against its inverse."""
    x, means = sets.design, found.means
    size = ((x @ inverse) * x).sum(axis=1)
    pulled = spread_back(sets, means * found.per_event[:, None])
    cross = ((pulled @ inverse) * x).sum(axis=1)
    own = ((means @ inverse) * means).sum(axis=1)
    first = x.T @ (found.patient_weight * size) - pulled.T @ (found.risk * size)
    return first - 2 * x.T @ (found.risk * cross) + 2 * means.T @ own
