"""How much would the curve move if other patients of the same kind had been seen?"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.estimators.incidence import Flags, Floats, check_times

SEED = 20230712  # domain.md 5
BAND_COLUMNS = ["time", "conf_low", "conf_high", "conf_level", "n_replicates", "reason"]

_CELLS_AT_ONCE = 4_000_000  # numbers held at once while resampling


def bootstrap_curves(
    time: npt.ArrayLike,
    event: npt.ArrayLike,
    competing: npt.ArrayLike | None = None,
    *,
    times: npt.ArrayLike,
    replicates: int = 1_000,
    seed: int = SEED,
) -> Floats:
    """Draw curves of cumulative incidence from patients sampled with replacement.

    Parameters
    ----------
    time, event, competing
        As for ``estimate_curve``.
    times
        Times in months at which to read each curve.
    replicates, seed
        Number of curves, and the seed that makes them again.

    Returns
    -------
    array, shape (replicates, times)
        Cumulative incidence 0-1, NaN beyond the last observed time of a sample that ends in censoring.
        Without patients all NaN.

    Raises
    ------
    CohortError
        If a time is negative or missing.

    Notes
    -----
    Patients are resampled as counts over time and way of leaving, so patients alike cost nothing. Each
    curve is the one ``estimate_curve`` gives for that sample.
    """
    last, event, competing = check_times(time, event, competing)
    wanted = np.atleast_1d(np.asarray(times, dtype=float))
    if not last.size:
        return np.full((replicates, wanted.size), math.nan)
    moments, chances = _leaving(last, event, competing)
    rng, block = np.random.default_rng(seed), max(1, _CELLS_AT_ONCE // chances.size)
    sizes = [min(block, replicates - start) for start in range(0, replicates, block)]
    drawn = (rng.multinomial(last.size, chances.ravel(), size=size).reshape(size, *chances.shape) for size in sizes)
    return np.vstack([_read_curves(moments, counts, wanted) for counts in drawn])


def bootstrap_band(
    time: npt.ArrayLike,
    event: npt.ArrayLike,
    competing: npt.ArrayLike | None = None,
    *,
    times: npt.ArrayLike,
    conf_level: float = 0.95,
    replicates: int = 1_000,
) -> pd.DataFrame:
    """Give the pointwise percentile bootstrap band of a curve (seed 20230712).

    Returns
    -------
    DataFrame
        One row per time: ``time``, ``conf_low``, ``conf_high``, ``conf_level``, ``n_replicates`` (samples
        with a curve there), ``reason``. NaN and a reason where fewer than 9 of 10 samples have one.
    """
    curves = bootstrap_curves(time, event, competing, times=times, replicates=replicates)
    known = (~np.isnan(curves)).sum(axis=0)
    enough = known >= 0.9 * replicates
    tail = (1 - conf_level) / 2
    limits = np.full((2, curves.shape[1]), math.nan)
    limits[:, enough] = np.nanquantile(curves[:, enough], [tail, 1 - tail], axis=0)
    band = {"time": np.atleast_1d(np.asarray(times, dtype=float)), "conf_low": limits[0], "conf_high": limits[1]}
    reason = np.where(enough, "", "not estimable: too few samples reach this time")
    return pd.DataFrame(band | {"conf_level": conf_level, "n_replicates": known, "reason": reason})[BAND_COLUMNS]


def _leaving(last: Floats, event: Flags, competing: Flags) -> tuple[Floats, Floats]:
    """Give the distinct times and the share of patients leaving at each in each way: event, competing, censored."""
    moments, position = np.unique(last, return_inverse=True)
    way = np.where(event, 0, np.where(competing, 1, 2))
    counts = np.bincount(position * 3 + way, minlength=moments.size * 3).reshape(-1, 3)
    return moments, counts / last.size


def _read_curves(moments: Floats, counts: npt.NDArray[np.intp], wanted: Floats) -> Floats:
    """Estimate one curve per sample of counts (sample, time, way) and read it."""
    leaving = counts.sum(axis=2)
    at_risk = leaving[:, ::-1].cumsum(axis=1)[:, ::-1]
    n = np.maximum(at_risk, 1)
    alive = np.cumprod(1 - (counts[:, :, 0] + counts[:, :, 1]) / n, axis=1)
    before = np.column_stack([np.ones(len(alive)), alive[:, :-1]])
    incidence = np.cumsum(before * counts[:, :, 0] / n, axis=1)
    whole = np.column_stack([np.zeros(len(incidence)), incidence])
    values = whole[:, np.searchsorted(moments, wanted, side="right")]
    end = moments.size - 1 - (leaving[:, ::-1] > 0).argmax(axis=1)
    censored = counts[np.arange(len(counts)), end, 2] > 0
    beyond = censored[:, None] & (wanted > moments[end][:, None])
    return np.where(beyond, math.nan, values)
