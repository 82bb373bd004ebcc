"""Does the event come sooner once a treatment that began during follow-up has begun (time-varying Cox model)?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from analysis.estimators.factor_fit import judge_events
from analysis.estimators.incidence import Flags, Floats, check_times
from analysis.results import Estimate

_CLOSE, _STEPS = 1e-12, 100


@dataclass(frozen=True, kw_only=True, eq=False)
class _Moments:
    """At each event time: the number at risk and with the event, without and with the exposure."""

    at_risk: Floats
    events: Floats


def fit_exposure(time: npt.ArrayLike, event: npt.ArrayLike, begin: npt.ArrayLike) -> Estimate:
    """Estimate the hazard ratio after against before the beginning of an exposure.

    Parameters
    ----------
    time, event
        Last time of each patient in months and whether it is the event.
    begin
        When the exposure of each patient began, in months; NaN where it never did. It counts for the
        times after it, and from the start where it began at 0 or earlier.

    Returns
    -------
    Estimate
        Hazard ratio (above 1: the event comes sooner once exposed) with its Wald interval,
        ``std_error`` of its logarithm, ``p_value``, ``n``. NaN and a reason with fewer than 5 events,
        without exposure, where exposed and unexposed were never at risk together at an event, or where
        all events there were of one kind.

    Raises
    ------
    CohortError
        If a time is negative or missing.

    Notes
    -----
    A patient counts as unexposed until the exposure begins, so the wait for it is not credited to it
    (immortal time). Efron's handling of ties; equal to a Cox model on start-stop rows, R survival 3.5-3
    ``coxph(Surv(start, stop, event) ~ exposed)``.
    """
    times, event, _ = check_times(time, event, None)
    start = np.asarray(begin, dtype=float)
    start = np.where(start <= 0, -np.inf, start)
    blank = Estimate(n=int(times.size), method="Cox model with a time-varying exposure, Efron ties, Wald interval")
    reason = judge_events(int(event.sum()), 1)[0] or _obstacle(found := _count(times, event, start))
    if reason:
        return replace(blank, reason=reason)
    beta, spread = _maximise(found)
    width, z = float(ndtri(0.975)) * spread, beta / spread
    low, high = np.exp(beta - width), np.exp(beta + width)
    return replace(
        blank,
        estimate=float(np.exp(beta)),
        std_error=spread,
        conf_low=float(low),
        conf_high=float(high),
        statistic=z**2,
        df=1,
        p_value=float(2 * ndtr(-abs(z))),
    )


def _count(times: Floats, event: Flags, start: Floats) -> _Moments:
    """Count who is at risk and who has the event at each event time, by exposure."""
    moments, place = np.unique(times[event], return_inverse=True)
    begun = start < times  # false for NaN
    everyone = times.size - np.searchsorted(np.sort(times), moments, side="left")
    entered = np.searchsorted(np.sort(start[begun]), moments, side="left")
    left = np.searchsorted(np.sort(times[begun]), moments, side="left")
    exposed = entered - left
    with_event = np.bincount(place, weights=begun[event].astype(float), minlength=moments.size)
    all_events = np.bincount(place, minlength=moments.size)
    return _Moments(
        at_risk=np.column_stack([everyone - exposed, exposed]).astype(float),
        events=np.column_stack([all_events - with_event, with_event]).astype(float),
    )


def _obstacle(found: _Moments) -> str:
    """Say why no finite ratio exists."""
    telling = (found.at_risk > 0).all(axis=1)
    if not telling.any():
        return "not estimable: exposed and unexposed patients were never at risk together at an event"
    without, exposed = found.events[telling].sum(axis=0)
    if not exposed:
        return "not estimable: no event after the exposure began"
    return "" if without else "not estimable: every event came after the exposure began"


def _maximise(found: _Moments) -> tuple[float, float]:
    """Give the log hazard ratio and its standard error, by Newton's method with step halving."""
    count = found.events.sum(axis=1).astype(int)
    rows = np.repeat(np.arange(count.size), count)
    gone = np.arange(rows.size) - np.repeat(count.cumsum() - count, count)
    left = found.at_risk[rows] - (gone / count[rows])[:, None] * found.events[rows]
    happened = float(found.events[:, 1].sum())

    def at(beta: float) -> tuple[float, float, float]:
        exposed = left[:, 1] * np.exp(beta)
        share = exposed / (left[:, 0] + exposed)
        value = happened * beta - float(np.log(left[:, 0] + exposed).sum())
        return value, happened - float(share.sum()), float((share * (1 - share)).sum())

    beta, (value, slope, bend) = 0.0, at(0.0)
    for _ in range(_STEPS):
        step = slope / bend
        while not (nearer := at(beta + step))[0] >= value - _CLOSE * abs(value) and abs(step) > _CLOSE:
            step /= 2
        beta, (value, slope, bend) = beta + step, nearer
        if abs(step) <= _CLOSE:
            break
    return beta, float(bend**-0.5)
