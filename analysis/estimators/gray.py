"""Do the cumulative incidences of one event differ between groups when another event can come first?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import chdtrc

from analysis.estimators.curve_tests import FEWER_THAN_TWO, NEVER_TOGETHER, NO_EVENTS
from analysis.estimators.incidence import Flags, Floats, check_times
from analysis.results import Estimate

_SINGULAR = 1e-10  # share of the largest eigenvalue below which a variance counts as zero


def compare_incidences(
    time: npt.ArrayLike, event: npt.ArrayLike, competing: npt.ArrayLike, group: npt.ArrayLike
) -> Estimate:
    """Compare cumulative incidences between groups by Gray's test.

    Parameters
    ----------
    time, event, competing
        Last time of each patient in months, and whether it is the event or a competing event. A row
        flagged both counts as the event.
    group
        Group of each patient.

    Returns
    -------
    Estimate
        ``statistic`` (chi-square), ``df``, ``p_value``, ``n``; NaN and a reason where nothing can be
        compared.

    Raises
    ------
    CohortError
        If a time is negative or missing.

    Notes
    -----
    Gray, Ann Stat 1988;16:1141-54, rho = 0. Agrees with R cmprsk 2.2-11 ``cuminc``. Without competing
    events it is close to the log-rank test but has another variance.
    """
    times, event, competing = check_times(time, event, competing)
    codes, names = pd.factorize(np.asarray(group), sort=True)
    blank = Estimate(n=int(times.size), method="Gray's test")
    if (codes < 0).any():
        return replace(blank, reason=f"not computable: {int((codes < 0).sum())} patients have no group or stratum")
    if len(names) < 2:
        return replace(blank, reason=FEWER_THAN_TWO)
    if not event.any():
        return replace(blank, reason=NO_EVENTS)
    score, variance = _gray_sums(*_count(times, event, competing, codes, len(names)))
    values, vectors = np.linalg.eigh(variance)
    kept = values > _SINGULAR * values[-1]
    if not values[-1] > 0:
        return replace(blank, reason=NEVER_TOGETHER)
    statistic = float(((vectors.T @ score)[kept] ** 2 / values[kept]).sum())
    df = int(kept.sum())
    return replace(blank, statistic=statistic, df=df, p_value=float(chdtrc(df, statistic)))


def _count(times: Floats, event: Flags, competing: Flags, codes: npt.NDArray, k: int) -> tuple[Floats, Floats, Floats]:
    """Count at each time with an event of either kind and in each group: at risk, event, competing event."""
    moments = np.unique(times[event | competing])
    last = np.searchsorted(moments, times, side="right")
    leaving = np.bincount(last * k + codes, minlength=(moments.size + 1) * k).reshape(-1, k)
    at_risk = leaving[::-1].cumsum(axis=0)[::-1][1:].astype(float)
    own, other = (
        np.bincount((last[how] - 1) * k + codes[how], minlength=moments.size * k).reshape(-1, k).astype(float)
        for how in (event, competing)
    )
    return at_risk, own, other


def _gray_sums(at_risk: Floats, own: Floats, other: Floats) -> tuple[Floats, Floats]:
    """Sum the scores of all groups but the last and their covariance (cmprsk crstm, without its loops)."""
    there = at_risk > 0
    n = np.where(there, at_risk, 1.0)
    alive: Floats = np.asarray(np.cumprod(1 - (own + other) / n, axis=0), dtype=float)
    before = _shifted(alive, 1.0)
    incidence = _shifted(np.asarray(np.cumsum(before * own / n, axis=0), dtype=float), 0.0)
    events = own.sum(axis=1)
    load = np.divide(at_risk, before, out=np.zeros_like(n), where=there)
    total = load.sum(axis=1)
    pooled = np.cumsum(events / total)
    free = load * (1 - incidence)
    whole = free.sum(axis=1, keepdims=True)
    share = np.divide(free, whole, out=np.zeros_like(free), where=whole > 0)
    score = (own - events[:, None] * share).sum(axis=0)
    weight = load[:, :, None] * (np.eye(n.shape[1]) - (load / total[:, None])[:, None, :])
    rate = events / (total * (1 - np.append(0.0, pooled[:-1])))
    summed = np.cumsum(weight * rate[:, None, None], axis=0)
    ratio = np.divide((1 - pooled)[:, None], alive, out=np.zeros_like(n), where=alive > 0)
    parts = [
        (weight - (1 - ratio)[:, None, :] * summed, 1 - ratio, _own_spread(load, total, before, events, n, there)),
        (-ratio[:, None, :] * summed, ratio, _other_spread(before, other, n, alive > 0)),
    ]
    pulls = [(term + pull[:, None, :] * summed[-1], spread) for term, pull, spread in parts]
    variance = sum(np.einsum("tik,tjk,tk->ij", pull, pull, spread) for pull, spread in pulls)
    return score[:-1], variance[:-1, :-1]


def _own_spread(load: Floats, total: Floats, before: Floats, events: Floats, n: Floats, there: Flags) -> Floats:
    """Give the variance that the events of interest bring, with the correction for ties."""
    room = total[:, None] * before - 1
    ties = 1 - np.divide((events - 1)[:, None], room, out=np.zeros_like(n), where=room > 0)
    return np.where(there & (events > 0)[:, None], ties * before * events[:, None] / (total[:, None] * n), 0.0)


def _other_spread(before: Floats, other: Floats, n: Floats, left: Flags) -> Floats:
    """Give the variance that the competing events bring, with the correction for ties."""
    ties = 1 - np.divide(other - 1, n - 1, out=np.zeros_like(n), where=n > 1)
    return np.where(left & (other > 0), ties * (before / n) ** 2 * other, 0.0)


def _shifted(values: Floats, first: float) -> Floats:
    """Give the values just before each time."""
    return np.vstack([np.full((1, values.shape[1]), first), values[:-1]])
