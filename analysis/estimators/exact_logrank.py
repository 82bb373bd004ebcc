"""How surprising is the log-rank difference if the groups had been dealt out by chance alone?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import gammaln

from analysis.estimators.curve_tests import FEWER_THAN_TWO, NO_EVENTS
from analysis.estimators.incidence import Flags, Floats, check_times
from analysis.results import Estimate

SEED = 20230712  # domain.md 5
REPLICATES = 20_000
LARGEST_COHORT = 2_000
_TABLES = 2_000_000  # most partial tables enumerated at once: a second or two
_AS_FAR = 1e-9  # within this share of itself and of the variance two statistics are the same; 0 is never exactly 0


def compare_logrank_exact(
    time: npt.ArrayLike,
    event: npt.ArrayLike,
    group: npt.ArrayLike,
    *,
    replicates: int = REPLICATES,
    seed: int = SEED,
) -> Estimate:
    """Compare groups by the permutation log-rank test, for groups too small for chi-square.

    Parameters
    ----------
    time, event, group
        As for ``compare_curves``; at most 2,000 patients.
    replicates
        Number of random deals where all of them are too many to enumerate.
    seed
        Seed of the random deals.

    Returns
    -------
    Estimate
        ``p_value``, ``statistic`` (permutation chi-square), ``df`` and ``n``; ``method`` says whether
        all tables were enumerated or how many random deals were drawn. NaN and a reason where nothing
        can be compared.

    Raises
    ------
    CohortError
        If a time is negative or missing.

    Notes
    -----
    Each patient scores event minus pooled Nelson-Aalen hazard; a group's sum is its observed minus
    expected events. The deals are counted over tables of tied scores, so visit-grid data are exact at
    sizes where patient-by-patient enumeration is not. Two-sided: deals at least as far out. Random
    deals: (1 + as far) / (1 + replicates). Exact values agree with full enumeration in R by
    ``survdiff``. Exchangeability needs the same censoring pattern in the groups.
    """
    times, event, _ = check_times(time, event, None)
    codes, names = pd.factorize(np.asarray(group), sort=True)
    blank = Estimate(n=int(times.size), method="permutation log-rank test")
    why = _obstacle(times, event, codes, len(names))
    if why:
        return replace(blank, reason=why)
    scores = logrank_scores(times, event)
    sizes = np.bincount(codes, minlength=len(names))
    statistic = float(_distance(np.bincount(codes, weights=scores).astype(float)[None, :], sizes)[0])
    variance = float((scores**2).sum() / (times.size - 1))
    if variance <= 0:
        return replace(blank, reason="not computable: all patients left at the same time in the same way")
    beyond = statistic - _AS_FAR * (statistic + variance)
    exact = _enumerate(scores, sizes, beyond)
    if exact is None:
        p_value, how = _draw(scores, sizes, beyond, replicates, seed), f"{replicates:,} random deals, seed {seed}"
    else:
        p_value, how = exact[0], f"all {exact[1]:,} tables"
    method = f"permutation log-rank test, {how}"
    return replace(blank, statistic=statistic / variance, df=len(names) - 1, p_value=p_value, method=method)


def logrank_scores(times: Floats, event: Flags) -> Floats:
    """Score each patient: event minus the pooled Nelson-Aalen hazard at the last time; they add to 0."""
    position = np.unique(times, return_inverse=True)[1]
    leaving, events = np.bincount(position), np.bincount(position, weights=event)
    hazard = np.cumsum(events / leaving[::-1].cumsum()[::-1])
    return event - hazard[position]


def _obstacle(times: Floats, event: Flags, codes: npt.NDArray, k: int) -> str:
    if (codes < 0).any():
        return f"not computable: {int((codes < 0).sum())} patients have no group or stratum"
    if k < 2:
        return FEWER_THAN_TWO
    if not event.any():
        return NO_EVENTS
    if times.size > LARGEST_COHORT:
        return f"not computed: made for small groups, and {times.size:,} patients are not; use the log-rank test"
    return ""


def _distance(sums: Floats, sizes: npt.NDArray) -> Floats:
    """Measure how far group sums are from 0: proportional to the permutation chi-square."""
    return (sums**2 / sizes).sum(axis=1)


def _enumerate(scores: Floats, sizes: npt.NDArray, beyond: float) -> tuple[float, int] | None:
    """Give the exact P value and the number of tables; None where they are too many."""
    _, first, counts = np.unique(np.rint(scores * 1e9), return_index=True, return_counts=True)
    order = np.argsort(counts, kind="stable")
    values, counts = scores[first][order], counts[order]
    used, sums, log_ways = np.zeros((1, sizes.size), dtype=int), np.zeros((1, sizes.size)), np.zeros(1)
    for value, count in zip(values[:-1], counts[:-1], strict=True):
        parts = _compositions(int(count), sizes, _TABLES // len(used))
        if parts is None:
            return None
        used = (used[:, None] + parts).reshape(-1, sizes.size)
        sums = (sums[:, None] + parts * value).reshape(-1, sizes.size)
        log_ways = (log_ways[:, None] - gammaln(parts + 1).sum(axis=1)).ravel()
        possible = (used <= sizes).all(axis=1)
        used, sums, log_ways = used[possible], sums[possible], log_ways[possible]
    rest = sizes - used  # the largest class of equal scores fills what is left
    sums, log_ways = sums + rest * values[-1], log_ways - gammaln(rest + 1).sum(axis=1)
    ways = np.exp(log_ways - log_ways.max())
    return float(ways[_distance(sums, sizes) >= beyond].sum() / ways.sum()), len(ways)


def _compositions(total: int, sizes: npt.NDArray, most: int) -> npt.NDArray | None:
    """List the ways to split ``total`` equal patients over the groups; None where more than ``most``."""
    rows = np.zeros((1, 0), dtype=int)
    for size in sizes[:-1]:
        step = np.arange(min(total, int(size)) + 1)
        if len(rows) * len(step) > most:
            return None
        rows = np.column_stack([np.repeat(rows, len(step), axis=0), np.tile(step, len(rows))])
        rows = rows[rows.sum(axis=1) <= total]
    return np.column_stack([rows, total - rows.sum(axis=1)])


def _draw(scores: Floats, sizes: npt.NDArray, beyond: float, replicates: int, seed: int) -> float:
    """Estimate the P value from random deals, in blocks that fit in memory."""
    rng, far = np.random.default_rng(seed), 0
    ends = sizes.cumsum()[:-1]
    for start in range(0, replicates, 1_000):
        deals = rng.permuted(np.tile(scores, (min(1_000, replicates - start), 1)), axis=1)
        sums = np.stack([part.sum(axis=1) for part in np.split(deals, ends, axis=1)], axis=1)
        far += int((_distance(sums, sizes) >= beyond).sum())
    return (1 + far) / (1 + replicates)
