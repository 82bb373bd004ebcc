"""How likely is a table of counts as uneven as this one, counted exactly rather than approximated?"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from analysis.estimators.fisher import compare_fisher
from analysis.estimators.proportions import EMPTY_GROUP
from analysis.estimators.table_ways import TooManyTablesError, count_tables, simulate_tables, table_weight
from analysis.results import Estimate

SEED = 20230712  # domain.md 3: the seed of every random procedure
SIMULATED_TABLES = 19_999
LARGEST_BOSCHLOO = 2000  # patients; beyond, the chi-square test says the same

_AS_LIKELY = 1 + 1e-7  # R fisher.test, relErr: tables this close in probability count as equally likely
_NUISANCE_STEPS = 1000
_ZOOMS, _ZOOM_STEPS = 6, 21


def compare_mid_p(k1: int, n1: int, k0: int, n0: int) -> Estimate:
    """Compare two proportions by Fisher's exact test less half the chance of the very table seen (mid-P).

    Parameters
    ----------
    k1, n1
        Patients with the event and all patients of the group.
    k0, n0
        The same of the reference group.

    Returns
    -------
    Estimate
        ``p_value`` and ``n``; NaN and a reason where a group is empty. Less conservative than
        Fisher's test. Lydersen, Fagerland and Laake, Stat Med 2009;28:1159-75; agrees with the
        formula evaluated in R on ``fisher.test`` and ``dhyper``.
    """
    fisher = replace(compare_fisher(k1, n1, k0, n0), method="Fisher's exact test with mid-P")
    if fisher.reason:
        return fisher
    log_chance = _log_choose(n1, k1) + _log_choose(n0, k0) - _log_choose(n1 + n0, k1 + k0)
    return replace(fisher, p_value=fisher.p_value - 0.5 * math.exp(log_chance))


def compare_boschloo(k1: int, n1: int, k0: int, n0: int) -> Estimate:
    """Compare two proportions by Boschloo's unconditional exact test, two-sided.

    Parameters as in ``compare_mid_p``.

    Returns
    -------
    Estimate
        ``p_value`` and ``n``; NaN and a reason where a group is empty, or beyond 2000 patients.

    Notes
    -----
    Tables are ordered by their two-sided Fisher P value, and the largest chance over all common
    proportions is taken, as R ``Exact::exact.test(method = "boschloo")`` does; SciPy
    ``boschloo_exact`` doubles a one-sided test instead. Agrees with the sum over all tables
    evaluated in R. Boschloo, Stat Neerl 1970;24:1-35.
    """
    n = n1 + n0
    blank = Estimate(n=n, method="Boschloo's exact test")
    if min(n1, n0) == 0:
        return replace(blank, reason=EMPTY_GROUP)
    if n > LARGEST_BOSCHLOO:
        return replace(blank, reason=f"not computed: more than {LARGEST_BOSCHLOO} patients")
    seen = compare_fisher(k1, n1, k0, n0).p_value
    return replace(blank, p_value=min(1.0, _largest_chance(_rejected_share(min(n1, n0), max(n1, n0), seen))))


def compare_freeman_halton(counts: npt.ArrayLike) -> Estimate:
    """Compare groups in a table of any size by Fisher's exact test (Fisher-Freeman-Halton).

    Parameters
    ----------
    counts
        Patients, one row per level and one column per group; no empty level or group.

    Returns
    -------
    Estimate
        ``p_value`` and ``n``, and where tables were simulated ``std_error`` of the P value.

    Notes
    -----
    Sums all tables with the same margins that are at most as likely as the one seen; agrees with R
    ``fisher.test``. Where there are too many to list, 19,999 random tables with the same margins
    from the seed 20230712, and P is (1 + those at most as likely) / (1 + all), as R
    ``simulate.p.value`` does; ``method`` says so. Freeman and Halton, Biometrika 1951;38:141-9.
    """
    table = np.asarray(counts).astype(np.int64)
    table = table if table.shape[0] <= table.shape[1] else table.T
    blank = Estimate(n=int(table.sum()), method="Fisher-Freeman-Halton exact test")
    limit = table_weight(table) + math.log(_AS_LIKELY)
    try:
        weights, ways = count_tables(table.sum(axis=1), table.sum(axis=0))
    except TooManyTablesError:
        drawn = simulate_tables(table.sum(axis=1), table.sum(axis=0), size=SIMULATED_TABLES, seed=SEED)
        p_value = float((1 + (drawn <= limit).sum()) / (1 + SIMULATED_TABLES))
        words = f"Fisher-Freeman-Halton test, {SIMULATED_TABLES:,} simulated tables, seed {SEED}"
        spread = math.sqrt(p_value * (1 - p_value) / (1 + SIMULATED_TABLES))
        return replace(blank, method=words, p_value=p_value, std_error=spread)
    chance = ways * np.exp(weights - weights.max())
    return replace(blank, p_value=min(1.0, float(chance[weights <= limit].sum() / chance.sum())))


def _rejected_share(small: int, large: int, seen: float) -> npt.NDArray[np.float64]:
    """Give, for each total number of events, the chance of a Fisher P value at most as large as the one seen."""
    events = np.arange(small + large + 1)[:, None]
    k = np.arange(small + 1)[None, :]
    with np.errstate(invalid="ignore"):
        log_chance = _log_choose(small, k) + _log_choose(large, events - k) - _log_choose(small + large, events)
    possible = (events - k >= 0) & (events - k <= large)
    chance = np.sort(np.where(possible, np.exp(np.where(possible, log_chance, 0)), 0.0), axis=1)
    running = chance.cumsum(axis=1)
    last_alike = np.append(chance[:, 1:] > chance[:, :-1] * _AS_LIKELY, np.ones((chance.shape[0], 1), bool), axis=1)
    p_values = np.minimum.accumulate(np.where(last_alike, running, np.inf)[:, ::-1], axis=1)[:, ::-1]
    return np.where(p_values <= seen * _AS_LIKELY, chance, 0.0).sum(axis=1)


def _largest_chance(share: npt.NDArray[np.float64]) -> float:
    """Find the common proportion under which rejection is most likely, by a grid and closer grids."""
    best, step = 0.5, 0.5
    for steps in (_NUISANCE_STEPS + 1, *[_ZOOM_STEPS] * _ZOOMS):
        grid = np.linspace(max(best - step, 0), min(best + step, 1), steps)
        chances = _binomial(share.size - 1, grid) @ share
        best, step = float(grid[chances.argmax()]), float(grid[1] - grid[0])
    return float(chances.max())


def _binomial(n: int, grid: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Give the chance of each number of events among n, one row per proportion."""
    events = np.arange(n + 1)
    inside = np.clip(grid, 1e-300, 1 - 1e-16)[:, None]
    return np.exp(_log_choose(n, events) + events * np.log(inside) + (n - events) * np.log1p(-inside))


def _log_choose(n: int, k: npt.ArrayLike) -> npt.NDArray[np.float64]:
    k = np.asarray(k)
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
