"""Do groups differ in how soon they reach the event, over the whole follow-up (log-rank test)?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import chdtrc

from analysis.estimators.incidence import Flags, Floats, check_times
from analysis.results import Estimate

_SINGULAR = 1e-10  # share of the largest eigenvalue below which a log-rank variance counts as zero


def compare_logrank(time: npt.ArrayLike, event: npt.ArrayLike, group: npt.ArrayLike) -> Estimate:
    """Compare the event rates of two or more groups over the whole follow-up (log-rank test).

    Parameters
    ----------
    time, event
        Last time of each patient in months and whether it is the event. A competing event is not
        the event: it counts as censoring, so with competing events this is the cause-specific test.
    group
        Group of each patient, none missing.

    Returns
    -------
    Estimate
        ``statistic`` (chi-square), ``df`` (groups with patients less 1; groups that are never at
        risk beside another at an event do not count), ``p_value``, ``n``; NaN and a reason where
        nothing can be compared. No estimate: it is a test.

    Raises
    ------
    CohortError
        If a time is negative or missing.

    Notes
    -----
    Pooled hypergeometric variance, equal weights. Agrees with R survival 3.5-3 ``survdiff(rho = 0)``.
    """
    times, event, _ = check_times(time, event, None)
    codes, names = pd.factorize(np.asarray(group), sort=True)
    blank = Estimate(n=int(times.size), method="log-rank test")
    if len(names) < 2:
        return replace(blank, reason="not computable: fewer than two groups with patients")
    if not event.any():
        return replace(blank, reason="not computable: no events")
    excess, variance = _logrank_sums(times, event, np.eye(len(names))[codes])
    values, vectors = np.linalg.eigh(variance)
    kept = values > _SINGULAR * max(values[-1], _SINGULAR)
    if not kept.any():
        return replace(blank, reason="not computable: the groups were never at risk together at an event")
    statistic = float(((vectors.T @ excess)[kept] ** 2 / values[kept]).sum())
    df = int(kept.sum())
    return replace(blank, statistic=statistic, df=df, p_value=float(chdtrc(df, statistic)))


def _logrank_sums(times: Floats, event: Flags, member: Floats) -> tuple[Floats, Floats]:
    """Sum observed minus expected events per group, and their covariance, over the event times."""
    moments, position = np.unique(times[event], return_inverse=True)
    last = np.searchsorted(moments, times, side="right")  # how many event times each patient is at risk for
    leaving = np.stack([np.bincount(last, weights=column, minlength=moments.size + 1) for column in member.T], axis=1)
    at_risk = leaving[::-1].cumsum(axis=0)[::-1][1:]
    n, d = at_risk.sum(axis=1), np.bincount(position, minlength=moments.size)
    share = at_risk / n[:, None]
    excess = member[event].sum(axis=0) - (share * d[:, None]).sum(axis=0)
    weight = np.divide(d * (n - d), n - 1, out=np.zeros_like(n), where=n > 1)
    weighted = share * weight[:, None]
    return excess, np.diag(weighted.sum(axis=0)) - weighted.T @ share
