"""How many have reached the event by each time, and how far apart are two groups there?

Time runs in months. A patient's last time is an event, a competing event or censoring; events come
before censoring at the same time, and whoever leaves at a time is still at risk just before it.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.estimators.incidence import (
    add_interval,
    check_entries,
    check_times,
    count_leavers,
    cumulative_incidence,
    stopped_early,
)
from analysis.estimators.proportions import combine_limits
from analysis.results import Estimate

CURVE_COLUMNS = [
    "time", "n_risk", "n_event", "n_competing", "n_censor",
    "estimate", "std_error", "conf_low", "conf_high", "conf_level", "reason",
]  # fmt: skip
VALUE_COLUMNS = ["time", "n_risk", "estimate", "std_error", "conf_low", "conf_high", "reason"]
NO_PATIENTS = "not estimable: no patients"
NOT_REACHED = "not reached"
NO_UPPER_LIMIT = "upper confidence limit not reached"

_HALF_TOLERANCE = math.sqrt(np.finfo(float).eps)  # R quantile.survfit: when a curve counts as exactly one half


def estimate_curve(
    time: npt.ArrayLike, event: npt.ArrayLike, competing: npt.ArrayLike | None = None, *,
    entry: npt.ArrayLike | None = None, conf_level: float = 0.95,
) -> pd.DataFrame:  # fmt: skip
    """Estimate the cumulative incidence: 1 - Kaplan-Meier, or Aalen-Johansen with competing events.

    Parameters
    ----------
    time
        Last time of each patient in months, 0 or later.
    event, competing
        Whether that time is the event, or a competing event after which it can no longer happen;
        neither means censored. A row flagged both counts as the event.
    entry
        Time at which each patient came under observation, before ``time``; by default 0 (left truncation).
    conf_level
        Two-sided confidence level between 0 and 1.

    Returns
    -------
    DataFrame
        One row per distinct time, always with time 0: ``n_risk`` (just before the time),
        ``n_event``, ``n_competing``, ``n_censor`` (at the time), ``estimate`` (0-1), ``std_error``,
        ``conf_low``, ``conf_high``, ``conf_level``, ``reason``. Without patients a single row of NaN.

    Raises
    ------
    CohortError
        If a time is negative or missing, or an entry is not before it.

    Notes
    -----
    With ``entry`` who entered before a time and has not left is at risk; times of entry have rows, that of
    time 0 counts everyone. Agrees with R ``survfit(Surv(entry, time, event))``. Where all under observation
    leave by events while others are still to come, R keeps the curve; here is one row with the reason.

    Kaplan-Meier: Greenwood variance, log-log interval; agrees with R survival 3.5-3
    ``survfit(conf.type = "log-log")``. Aalen-Johansen: delta-method variance (Marubini and Valsecchi
    1995, ch. 10), equal to Greenwood's without competing events and to the infinitesimal jackknife
    of R ``survfit`` on a multi-state ``Surv``; estimates agree with R ``cmprsk::cuminc`` too, whose
    variance (Aalen's) differs slightly. Its interval is log-log on 1 - incidence, so that both
    curves share one transform (multi-state ``survfit`` transforms the incidence itself).

    Where the curve is 0 or 1 there is no log-log interval (R prints NA). Our convention: while no
    event has happened, 0 to the exact binomial upper bound 1 - (alpha/2)^(1/n) of the n at risk
    or gone by a competing event; once the last at risk has had it, the lower limit from before that
    step (still valid, as the curve only rises), to 1; if it is the first, (alpha/2)^(1/n). ``reason`` says so.
    """
    times, event, competing = check_times(time, event, competing)
    if not times.size:
        empty = dict.fromkeys(CURVE_COLUMNS, math.nan) | {"time": 0.0, "conf_level": conf_level, "reason": NO_PATIENTS}
        counts = dict.fromkeys(["n_risk", "n_event", "n_competing", "n_censor"], 0)
        return pd.DataFrame([empty | counts], columns=CURVE_COLUMNS)
    curve = count_leavers(times, event, competing, None if entry is None else check_entries(entry, times))
    if entry is not None and (stopped := stopped_early(curve)):
        unknown = dict.fromkeys(CURVE_COLUMNS[5:9], math.nan) | curve[["n_event", "n_competing"]].sum().to_dict()
        return curve.iloc[:1].assign(**unknown, conf_level=conf_level, reason=stopped)[CURVE_COLUMNS]
    estimate, std_error = cumulative_incidence(curve)
    curve = curve.assign(estimate=estimate, std_error=std_error)
    return add_interval(curve, conf_level)[CURVE_COLUMNS]


def value_at(curve: pd.DataFrame, times: npt.ArrayLike) -> pd.DataFrame:
    """Read a curve at given times.

    Parameters
    ----------
    curve
        Result of ``estimate_curve``.
    times
        Times in months, 0 or later; need not be times of the curve.

    Returns
    -------
    DataFrame
        One row per time: ``time``, ``n_risk`` (just before the time), ``estimate``, ``std_error``,
        ``conf_low``, ``conf_high``, ``reason``. NaN and a reason beyond the last observed time if
        someone was censored there; if nobody was, the curve stays at its last value.
    """
    wanted = np.atleast_1d(np.asarray(times, dtype=float))
    known = curve["time"].to_numpy()
    at_risk = np.append(curve["n_risk"].to_numpy(), 0)[np.searchsorted(known, wanted, side="left")]
    place = np.searchsorted(known, wanted, side="right") - 1
    beyond = (wanted > known[-1]) & bool(curve["n_censor"].iloc[-1] > 0)
    numbers = {name: np.where(beyond, math.nan, curve[name].to_numpy()[place]) for name in VALUE_COLUMNS[2:-1]}
    reason = curve["reason"].to_numpy(dtype=object)[place]
    reason[beyond] = f"not estimable: follow-up ends at month {known[-1]:.3g}"
    return pd.DataFrame({"time": wanted, "n_risk": at_risk, **numbers, "reason": reason})


def difference_at(
    curve1: pd.DataFrame,
    curve0: pd.DataFrame,
    time: float,
    *,
    names: tuple[str, str] = ("the group", "the reference group"),
) -> Estimate:
    """Estimate the difference of two cumulative incidences at one time, group minus reference.

    Parameters
    ----------
    curve1, curve0
        Results of ``estimate_curve`` for the group and the reference, at one confidence level.
    time
        Time in months.
    names
        What the two are called in ``reason``.

    Returns
    -------
    Estimate
        Difference on the scale -1 to 1; ``n`` counts the patients of both. NaN and a reason beyond
        the follow-up of either group.

    Notes
    -----
    The interval combines the two intervals of the curves (MOVER: Zou and Donner, Stat Med
    2008;27:1693-702; for proportions Newcombe, Stat Med 1998;17:873-90), so it never leaves -1 to 1
    and keeps its width where a curve is 0 or 1. Agrees with the formula evaluated in R.
    """
    n = int(curve1["n_risk"].iloc[0] + curve0["n_risk"].iloc[0])
    blank = Estimate(n=n, conf_level=float(curve1["conf_level"].iloc[0]), method="MOVER of log-log intervals")
    found = differences_over(curve1, curve0, time, names=names).iloc[0].to_dict()
    return replace(
        blank, **{name: found[name] for name in ("estimate", "std_error", "conf_low", "conf_high", "reason")}
    )


def differences_over(
    curve1: pd.DataFrame, curve0: pd.DataFrame, times: npt.ArrayLike, *, names: tuple[str, str]
) -> pd.DataFrame:
    """Estimate the difference of two cumulative incidences at several times, as ``difference_at`` does at one.

    Returns
    -------
    DataFrame
        One row per time in months: ``time``, ``estimate`` (-1 to 1), ``std_error``, ``conf_low``,
        ``conf_high``, ``reason``.
    """
    one, other = value_at(curve1, times), value_at(curve0, times)
    p1, s1, low1, high1 = (one[name].to_numpy(dtype=float) for name in VALUE_COLUMNS[2:-1])
    p0, s0, low0, high0 = (other[name].to_numpy(dtype=float) for name in VALUE_COLUMNS[2:-1])
    reason = np.full(p1.size, "", dtype=object)
    for values, curve, name in ((p0, curve0, names[1]), (p1, curve1, names[0])):
        ends = f"follow-up in {name} ends at month {curve['time'].iloc[-1]:.3g}"
        why = f"not estimable: {ends if curve['n_risk'].iloc[0] else f'no patients in {name}'}"
        withheld = curve["n_risk"].iloc[0] > 0 and bool(curve["estimate"].isna().all())
        reason[np.isnan(values)] = f"{curve['reason'].iloc[0]} ({name})" if withheld else why
    known, (low, high) = reason == "", combine_limits(p1, (low1, high1), p0, (low0, high0))
    numbers = {
        "estimate": p1 - p0,
        "std_error": np.hypot(s1, s0),
        "conf_low": low,
        "conf_high": high,
    }
    limits = {name: np.where(known, column, math.nan) for name, column in numbers.items()}
    return pd.DataFrame({"time": one["time"], **limits, "reason": reason})


def median_time(curve: pd.DataFrame) -> Estimate:
    """Find the time by which half of all patients have reached the event.

    Parameters
    ----------
    curve
        Result of ``estimate_curve``.

    Returns
    -------
    Estimate
        Median in months; the interval holds the times at which the band crosses one half, NaN where
        it never does. ``reason`` is "not reached" where the curve stays below one half.

    Notes
    -----
    Where the curve is exactly one half, the midpoint between that time and the next step (or the
    last observed time). The exact bounds of a curve at 0 or 1 are not used, as R has none there.
    Agrees with R survival 3.5-3 ``quantile(survfit, 0.5)``.
    """
    level = float(curve["conf_level"].iloc[0])
    blank = Estimate(conf_level=level, n=int(curve["n_risk"].iloc[0]), method="inverted log-log band")
    if blank.n == 0 or curve["estimate"].isna().all():
        return replace(blank, reason=str(curve["reason"].iloc[0]))
    log_log = curve["reason"].eq("")
    middle = _crossing(curve["time"], curve["estimate"])
    low = _crossing(curve["time"], curve["conf_high"].where(log_log))
    high = _crossing(curve["time"], curve["conf_low"].where(log_log))
    reason = NOT_REACHED if math.isnan(middle) else NO_UPPER_LIMIT if math.isnan(high) else ""
    return replace(blank, estimate=middle, conf_low=low, conf_high=high, reason=reason)


def _crossing(time: pd.Series, level: pd.Series) -> float:
    """Find when a rising step curve crosses one half; the midpoint of the stretch where it equals it."""
    known = level.notna().to_numpy()
    times, heights = time.to_numpy()[known], level.to_numpy()[known]
    reached, passed = heights >= 0.5 - _HALF_TOLERANCE, heights > 0.5 + _HALF_TOLERANCE
    if not reached.any():
        return math.nan
    after = times[passed.argmax()] if passed.any() else time.iloc[-1]
    return float((times[reached.argmax()] + after) / 2)
