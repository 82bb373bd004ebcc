"""What is the cumulative incidence when each event is only known to lie between two visits?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.estimators.incidence import Floats
from analysis.results import CohortError

SEED = 20230712  # domain.md 5
CURVE_COLUMNS = ["low", "high", "mass", "estimate", "n", "conf_level", "reason"]
VALUE_COLUMNS = ["time", "estimate", "conf_low", "conf_high", "conf_level", "reason"]
NO_PATIENTS = "not estimable: no patients"

_CLOSE, _STEPS = 1e-12, 10_000
_CLOSE_RESAMPLED, _STEPS_RESAMPLED = 1e-5, 300


@dataclass(frozen=True, kw_only=True, eq=False)
class _Cells:
    """Distinct intervals of patients with their counts, and the cells of time that can hold mass."""

    low: Floats
    high: Floats
    covers: Floats
    counts: npt.NDArray[np.intp]


def estimate_turnbull(low: npt.ArrayLike, high: npt.ArrayLike) -> pd.DataFrame:
    """Estimate the cumulative incidence from intervals by Turnbull's method.

    Parameters
    ----------
    low, high
        Last time without and first time with the event of each patient in months, the interval
        (low, high]: ``low`` 0 where no earlier visit, ``high`` infinite where the event was never seen,
        equal where the time is known exactly.

    Returns
    -------
    DataFrame
        One row per cell (low, high] that can hold an event: ``mass``, ``estimate`` (cumulative incidence
        0-1 at ``high``), ``n`` patients, ``conf_level`` (NaN: no band here), ``reason``. The curve does
        not say how the mass lies within a cell; mass in a last cell without end is not known to be an
        event.

    Raises
    ------
    CohortError
        If a bound is negative or missing, or an interval ends before it begins.

    Notes
    -----
    Nonparametric maximum likelihood (Turnbull, J R Stat Soc B 1976;38:290-5) by self-consistency to
    1e-12. Intervals are open below and closed above, so adjacent visits (3, 6], (6, 9] share no time;
    lifelines closes both ends. On a common grid without skipped visits equal to Kaplan-Meier at the
    visits. Agrees with the same likelihood maximised in R and, to its tolerance, with R
    ``survfit(Surv(type = "interval2"))``.
    """
    starts, ends = _check(low, high)
    if not starts.size:
        blank = dict.fromkeys(["low", "high", "mass", "estimate", "conf_level"], math.nan)
        return pd.DataFrame([blank | {"n": 0, "reason": NO_PATIENTS}], columns=CURVE_COLUMNS)
    cells = _find_cells(starts, ends)
    mass = _solve(cells, cells.counts[None, :].astype(float), _CLOSE, _STEPS)[0]
    curve = {"low": cells.low, "high": cells.high, "mass": mass, "estimate": np.minimum(mass.cumsum(), 1.0)}
    return pd.DataFrame(curve | {"n": starts.size, "conf_level": math.nan, "reason": ""})[CURVE_COLUMNS]


def turnbull_at(
    low: npt.ArrayLike,
    high: npt.ArrayLike,
    times: npt.ArrayLike,
    *,
    replicates: int = 1_000,
    seed: int = SEED,
    conf_level: float = 0.95,
) -> pd.DataFrame:
    """Read Turnbull's curve at given times, with a pointwise bootstrap band.

    Parameters
    ----------
    low, high
        As for ``estimate_turnbull``.
    times
        Times in months, usually the visits.
    replicates, seed
        Number of samples of patients drawn with replacement, and the seed that makes them again.
    conf_level
        Two-sided confidence level; percentile limits.

    Returns
    -------
    DataFrame
        One row per time: ``time``, ``estimate``, ``conf_low``, ``conf_high``, ``conf_level``,
        ``reason``. NaN and a reason inside a cell that holds mass and beyond the last visit. The band
        has no width where no sample can differ, for example before the first event.
    """
    wanted = np.atleast_1d(np.asarray(times, dtype=float))
    rows = pd.DataFrame({"time": wanted, "conf_level": conf_level})
    starts, ends = _check(low, high)
    if not starts.size:
        return rows.assign(estimate=math.nan, conf_low=math.nan, conf_high=math.nan, reason=NO_PATIENTS)[VALUE_COLUMNS]
    cells = _find_cells(starts, ends)
    drawn = np.random.default_rng(seed).multinomial(starts.size, cells.counts / starts.size, size=replicates)
    mass = _solve(cells, cells.counts[None, :].astype(float), _CLOSE, _STEPS)
    samples = _solve(cells, drawn.astype(float), _CLOSE_RESAMPLED, _STEPS_RESAMPLED)
    before = (cells.high[:, None] <= wanted).astype(float)
    tail = (1 - conf_level) / 2
    limits = np.quantile(samples @ before, [tail, 1 - tail], axis=0)
    inside = (cells.low[:, None] < wanted) & (wanted < cells.high[:, None]) & (mass[0][:, None] > 1e-9)
    reason = [_why(cells, place) for place in inside.T]
    known = np.array([not text for text in reason])
    columns = {"estimate": (mass @ before)[0], "conf_low": limits[0], "conf_high": limits[1]}
    columns = {name: np.where(known, values, math.nan) for name, values in columns.items()}
    return rows.assign(**columns, reason=reason)[VALUE_COLUMNS]


def _check(low: npt.ArrayLike, high: npt.ArrayLike) -> tuple[Floats, Floats]:
    starts, ends = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    missing, negative = int((np.isnan(starts) | np.isnan(ends)).sum()), int((starts < 0).sum())
    backward = int((ends < starts).sum())
    if missing or negative or backward:
        raise CohortError(
            "The curve needs an interval from 0 or later to a later time for every patient.",
            f"Of {starts.size} intervals {negative} begin before 0, {backward} end too early, {missing} are missing.",
            "Check the dates of the first infusion and of the visits.",
        )
    return starts, ends


def _find_cells(starts: Floats, ends: Floats) -> _Cells:
    """Find the innermost intervals: a beginning followed at once by an end."""
    exact = starts == ends
    pairs, counts = np.unique(np.column_stack([starts, ends]), axis=0, return_counts=True)
    # At one time come: the beginning of an exact time, the ends, the beginnings open just after it.
    points = np.concatenate(
        [
            np.column_stack([starts, np.where(exact, 0, 2)]),
            np.column_stack([ends, np.ones_like(ends)]),
        ]
    )
    points = np.unique(points, axis=0)
    first = np.flatnonzero((points[:-1, 1] != 1) & (points[1:, 1] == 1))
    opening, low, high = points[first, 1], points[first, 0], points[first + 1, 0]
    opens_after = np.where(pairs[:, 0] == pairs[:, 1], 0, 2)
    begins = (low > pairs[:, :1]) | ((low == pairs[:, :1]) & (opening >= opens_after[:, None]))
    covers = (begins & (high <= pairs[:, 1:])).astype(float)
    return _Cells(low=low, high=high, covers=covers, counts=counts)


def _solve(cells: _Cells, counts: Floats, close: float, steps: int) -> Floats:
    """Give the mass of each cell for each row of counts, all rows at once.

    Self-consistency steps, two at a time, with a leap along them where it raises the likelihood
    (SQUAREM: Varadhan and Roland, Scand J Stat 2008;35:335-53).
    """
    mass = np.full((len(counts), cells.low.size), 1 / cells.low.size)
    going = np.arange(len(counts))
    for _ in range(steps):
        start, rows = mass[going], counts[going]
        once = _improve(cells, rows, start)
        twice = _improve(cells, rows, once)
        moved, bend = once - start, twice - 2 * once + start
        length, curve = np.sqrt((moved**2).sum(axis=1)), np.sqrt((bend**2).sum(axis=1))
        stride = np.maximum(np.divide(length, curve, out=np.ones_like(length), where=curve > 0), 1)[:, None]
        leap = np.maximum(start + 2 * stride * moved + stride**2 * bend, 0.01 * twice)
        leap = leap / leap.sum(axis=1, keepdims=True)
        higher = _log_likelihood(cells, rows, leap) > _log_likelihood(cells, rows, twice)
        mass[going] = _improve(cells, rows, np.where(higher[:, None], leap, twice))
        going = going[np.abs(moved).max(axis=1) > close]
        if not going.size:
            break
    return mass


def _improve(cells: _Cells, counts: Floats, mass: Floats) -> Floats:
    """Take one step of self-consistency."""
    ratio = np.divide(counts, mass @ cells.covers.T, out=np.zeros_like(counts), where=counts > 0)
    return mass * (ratio @ cells.covers) / counts.sum(axis=1, keepdims=True)


def _log_likelihood(cells: _Cells, counts: Floats, mass: Floats) -> Floats:
    seen = np.where(counts > 0, mass @ cells.covers.T, 1.0)
    return (counts * np.log(np.maximum(seen, 1e-300))).sum(axis=1)


def _why(cells: _Cells, inside: npt.NDArray[np.bool_]) -> str:
    if not inside.any():
        return ""
    low, high = cells.low[inside.argmax()], cells.high[inside.argmax()]
    if math.isinf(high):
        return f"not estimable: follow-up ends at month {low:.3g}"
    return f"not estimable: not known how the events lie between month {low:.3g} and month {high:.3g}"
