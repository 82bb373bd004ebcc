"""How many months, up to the horizon, does a patient spend on average before the event?"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.special import chdtrc, ndtri

from analysis.estimators.survival import NO_PATIENTS
from analysis.results import Estimate

NO_SPREAD = "no interval: all patients are alike in this"


def restricted_mean(curve: pd.DataFrame, horizon: float) -> Estimate:
    """Estimate the mean time without the event up to a horizon (restricted mean survival time).

    Parameters
    ----------
    curve
        Result of ``estimate_curve``.
    horizon
        Months, above 0.

    Returns
    -------
    Estimate
        Mean months without the event; the months spent after it are the horizon less this. NaN and a
        reason where the last patient was censored before the horizon; no interval, with a reason, where
        the variance is 0 (R prints an interval of no width).

    Notes
    -----
    Area under 1 - incidence. Variance by the delta method on the hazards: without competing events the
    Greenwood-type sum of d / (n (n - d)) times the squared remaining area, equal to R survival 3.5-3
    ``summary(survfit, rmean = horizon)`` and to survRM2; with competing events (after which the event
    can no longer come, so those patients stay without it) equal to the infinitesimal jackknife of R's
    multi-state ``survfit``. Normal interval. lifelines reports the spread of the times instead.
    """
    blank = _blank(curve, f"mean months without the event to month {horizon:g}")
    if not horizon > 0:
        return replace(blank, reason="not estimable: the horizon must lie after month 0")
    if blank.n == 0:
        return replace(blank, reason=NO_PATIENTS)
    last = float(curve["time"].iloc[-1])
    if horizon > last and curve["n_censor"].iloc[-1] > 0:
        return replace(blank, reason=f"not estimable: follow-up ends at month {last:.3g}")
    lost, std_error = _time_after_event(curve, horizon)
    return _with_interval(blank, horizon - lost, std_error)


def compare_restricted_means(curve1: pd.DataFrame, curve0: pd.DataFrame, horizon: float) -> Estimate:
    """Estimate the difference of two restricted means, group minus reference.

    Parameters
    ----------
    curve1, curve0
        Results of ``estimate_curve`` for the group and the reference, at one confidence level.
    horizon
        Months, above 0.

    Returns
    -------
    Estimate
        Difference in months with its normal interval, ``statistic`` (chi-square, 1 df) and
        ``p_value``; below 0 where the group reaches the event sooner. NaN and a reason where a mean is
        not estimable; no interval and no test where one has none.
    """
    one, other = restricted_mean(curve1, horizon), restricted_mean(curve0, horizon)
    method = f"difference of {one.method}"
    reason = one.reason or other.reason
    found = Estimate(n=one.n + other.n, conf_level=one.conf_level, method=method, reason=reason)
    if math.isfinite(one.estimate) and math.isfinite(other.estimate):
        found = _with_interval(found, one.estimate - other.estimate, math.hypot(one.std_error, other.std_error))
    if reason:
        return replace(found, reason=reason, conf_low=math.nan, conf_high=math.nan)
    statistic = (found.estimate / found.std_error) ** 2
    return replace(found, statistic=statistic, df=1, p_value=float(chdtrc(1, statistic)))


def _time_after_event(curve: pd.DataFrame, horizon: float) -> tuple[float, float]:
    """Give the area under the incidence up to the horizon and its standard error."""
    part = curve[curve["time"] < horizon]
    n, d, c = (part[name].to_numpy(dtype=float) for name in ("n_risk", "n_event", "n_competing"))
    own, other = d / n, c / n
    left = 1 - own - other
    before = np.append(1.0, np.cumprod(left)[:-1])
    remaining = horizon - part["time"].to_numpy(dtype=float)
    gained = before * own * remaining
    later = np.divide(gained.sum() - gained.cumsum(), left, out=np.zeros_like(n), where=left > 0)
    by_own, by_other = before * remaining - later, -later  # derivatives by the two hazards
    variance = by_own**2 * own * (1 - own) + by_other**2 * other * (1 - other) - 2 * by_own * by_other * own * other
    return float(gained.sum()), math.sqrt(max(float((variance / n).sum()), 0.0))


def _blank(curve: pd.DataFrame, method: str) -> Estimate:
    return Estimate(n=int(curve["n_risk"].iloc[0]), conf_level=float(curve["conf_level"].iloc[0]), method=method)


def _with_interval(blank: Estimate, estimate: float, std_error: float) -> Estimate:
    if not std_error > 0:
        return replace(blank, estimate=estimate, std_error=std_error, reason=NO_SPREAD)
    width = float(ndtri((1 + blank.conf_level) / 2)) * std_error
    low, high = estimate - width, estimate + width
    return replace(blank, estimate=estimate, std_error=std_error, conf_low=low, conf_high=high)
