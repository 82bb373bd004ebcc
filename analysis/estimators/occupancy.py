"""What share of patients is in each state at each visit, and how many months do they spend there?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.estimators.incidence import Floats
from analysis.estimators.restricted_mean import NO_SPREAD
from analysis.results import CohortError, Estimate

SEED = 20230712  # domain.md 5
OCCUPANCY_COLUMNS = ["time", "state", "estimate", "n_observed", "n_followed", "reason"]
NO_PATIENTS = "not estimable: no patients"

_SURE = 1e-12  # probability below which a state counts as empty


@dataclass(frozen=True, kw_only=True, eq=False)
class StateTable:
    """States of patients at visits: ``codes`` (patient, visit) numbers ``states``, -1 where not seen."""

    codes: npt.NDArray[np.intp]
    times: Floats
    states: tuple[str, ...]


def tabulate_states(table: pd.DataFrame, *, states: Sequence[str], times: Sequence[float]) -> StateTable:
    """Lay out states by patient and visit.

    Parameters
    ----------
    table
        One row per patient and visit: ``patient_id``, ``time`` (nominal month), ``state``. Rows at other
        times or with another or no state are not seen; of two rows the last counts.
    states
        States in display order.
    times
        Visits in months, rising, the first where everyone's state is known (usually 0).

    Returns
    -------
    StateTable
        Every patient of the table, in order of first appearance.

    Raises
    ------
    CohortError
        If a time is negative or missing.
    """
    months = table["time"].to_numpy(dtype=float)
    missing, negative = int(np.isnan(months).sum()), int((months < 0).sum())
    if missing or negative:
        raise CohortError(
            "States need a visit time of 0 or more.",
            f"Of {months.size} times {negative} are negative and {missing} missing.",
            "Check the visit dates.",
        )
    visits, names = np.asarray(times, dtype=float), tuple(states)
    patients, ids = pd.factorize(table["patient_id"])
    place = pd.Index(visits).get_indexer(months)
    state = pd.Index(names).get_indexer(table["state"].astype(object))
    codes = np.full((len(ids), visits.size), -1, dtype=np.intp)
    kept = (place >= 0) & (state >= 0)
    codes[patients[kept], place[kept]] = state[kept]
    return StateTable(codes=codes, times=visits, states=names)


def estimate_occupancy(table: StateTable) -> pd.DataFrame:
    """Estimate the probability of being in each state at each visit.

    Parameters
    ----------
    table
        Result of ``tabulate_states``.

    Returns
    -------
    DataFrame
        One row per visit and state: ``time``, ``state``, ``estimate`` (0-1), ``n_observed`` (patients
        seen in the state), ``n_followed`` (patients seen at this and the visit before), ``reason``. NaN
        from the visit on at which nobody from an occupied state was seen; the reason names that state.

    Notes
    -----
    Product of the observed transition shares from visit to visit (Aalen-Johansen on a grid), which
    stays valid for occupancy without the Markov property if patients leave independently of their
    state to come (Datta and Satten, Stat Probab Lett 2001;55:403-11). Where everybody is seen at every
    visit it is the plain share. A patient who skips a visit counts in neither step beside it. Agrees
    with R survival 3.5-3 multi-state ``survfit`` on visit times without skipped visits.
    """
    occupied = _occupy(table, np.ones((1, len(table.codes))))[0]
    seen = table.codes >= 0
    followed = np.append(seen[:, :1].sum(axis=0), (seen[:, 1:] & seen[:, :-1]).sum(axis=0))
    observed = (table.codes[:, :, None] == np.arange(len(table.states))).sum(axis=0)
    rows = pd.MultiIndex.from_product([table.times, table.states], names=["time", "state"]).to_frame(index=False)
    reason = np.where(np.isnan(occupied), _lost_words(table, occupied, observed), "")
    k = len(table.states)
    return rows.assign(
        estimate=occupied.ravel(), n_observed=observed.ravel(), n_followed=np.repeat(followed, k), reason=reason.ravel()
    )[OCCUPANCY_COLUMNS]


def _lost_words(table: StateTable, occupied: Floats, observed: npt.NDArray[np.intp]) -> str:
    """Say which states of the last visit with known shares nobody left who was seen at the next."""
    unknown = np.asarray(np.isnan(occupied).any(axis=1), dtype=bool)
    if not len(table.codes) or not unknown.any():
        return NO_PATIENTS
    if unknown[0]:
        return f"not estimable: nobody has a known state at month {table.times[0]:g}"
    visit = int(unknown.argmax())
    before, seen = table.codes[:, visit - 1], table.codes[:, visit] >= 0
    lost = [
        f"nobody in {state} at month {table.times[visit - 1]:g} ({observed[visit - 1, code]})"
        for code, state in enumerate(table.states)
        if occupied[visit - 1, code] > _SURE and not (seen & (before == code)).any()
    ]
    return f"not estimable: {' and '.join(lost)} was seen again at month {table.times[visit]:g}"


def mean_months(
    table: StateTable,
    within: Sequence[str],
    horizon: float,
    *,
    replicates: int = 1_000,
    seed: int = SEED,
    conf_level: float = 0.95,
) -> Estimate:
    """Estimate the mean months spent in some states from the first visit to a horizon.

    Parameters
    ----------
    table
        Result of ``tabulate_states``.
    within
        The states that count, for example complete and partial remission.
    horizon
        Months; a state lasts from the visit that shows it until the next.
    replicates, seed
        Number of samples of patients drawn with replacement, and the seed that makes them again.
    conf_level
        Two-sided confidence level; percentile limits.

    Returns
    -------
    Estimate
        Months with bootstrap standard error and interval; NaN and a reason where the occupancy is not
        known up to the horizon. For a state that is never left: the horizon less the restricted mean.
    """
    blank, months, samples = _months(table, within, horizon, replicates, seed)
    blank = replace(blank, conf_level=conf_level)
    return blank if blank.reason else _summarise(blank, months, samples)


def compare_mean_months(
    table1: StateTable,
    table0: StateTable,
    within: Sequence[str],
    horizon: float,
    *,
    replicates: int = 1_000,
    seed: int = SEED,
) -> Estimate:
    """Estimate the difference in mean months spent in some states, group minus reference.

    Parameters
    ----------
    table1, table0
        Results of ``tabulate_states`` for the group and the reference.
    within, horizon, replicates, seed
        As for ``mean_months``; the groups are resampled apart, 95 % percentile limits.

    Returns
    -------
    Estimate
        Difference in months; NaN and a reason where one of the means is not estimable.
    """
    blank1, months1, samples1 = _months(table1, within, horizon, replicates, seed)
    blank0, months0, samples0 = _months(table0, within, horizon, replicates, seed + 1)
    blank = Estimate(n=blank1.n + blank0.n, method=f"difference of {blank1.method}")
    if blank1.reason or blank0.reason:
        return replace(blank, reason=blank1.reason or blank0.reason)
    found = _summarise(blank, months1 - months0, samples1 - samples0)
    if _flat(samples1) or _flat(samples0):
        return replace(found, conf_low=math.nan, conf_high=math.nan, reason=NO_SPREAD)
    return found


def _months(
    table: StateTable, within: Sequence[str], horizon: float, replicates: int, seed: int
) -> tuple[Estimate, float, Floats]:
    """Give the mean months of the patients and of each sample of them."""
    n = len(table.codes)
    method = f"mean months in state to month {horizon:g}, {replicates:,} bootstrap samples, seed {seed}"
    blank = Estimate(n=n, method=method)
    if n == 0:
        return replace(blank, reason=NO_PATIENTS), math.nan, np.empty(0)
    lasting = np.diff(np.append(np.minimum(table.times, horizon), horizon))
    chosen = np.isin(np.array(table.states, dtype=object), list(within))
    known = lasting > 0
    courses, counts = np.unique(table.codes, axis=0, return_counts=True)  # patients alike are drawn together
    drawn = np.random.default_rng(seed).multinomial(n, counts / n, size=replicates)
    occupied = _occupy(replace(table, codes=courses), np.vstack([counts, drawn]).astype(float))
    months = occupied[:, known][:, :, chosen].sum(axis=2) @ lasting[known]
    if math.isnan(months[0]):
        return replace(blank, reason=f"not estimable: states are not known up to month {horizon:g}"), math.nan, months
    return blank, float(months[0]), months[1:]


def _occupy(table: StateTable, weights: Floats) -> Floats:
    """Estimate the occupancy (sample, visit, state) for each row of patient weights."""
    k, (_, visits) = len(table.states), table.codes.shape
    occupied = np.full((len(weights), visits, k), math.nan)
    start = table.codes[:, 0] >= 0
    counts = weights[:, start] @ np.eye(k)[table.codes[start, 0]]
    total = counts.sum(axis=1, keepdims=True)
    occupied[:, 0] = np.divide(counts, total, out=np.full_like(counts, math.nan), where=total > 0)
    for visit in range(1, visits):
        before, after = table.codes[:, visit - 1], table.codes[:, visit]
        both = (before >= 0) & (after >= 0)
        step = np.eye(k * k)[before[both] * k + after[both]]
        moves = (weights[:, both] @ step).reshape(-1, k, k)
        leaving = moves.sum(axis=2, keepdims=True)
        shares = np.divide(moves, leaving, out=np.zeros_like(moves), where=leaving > 0)
        last = occupied[:, visit - 1]
        lost = ((last > _SURE) & (leaving[:, :, 0] == 0)).any(axis=1) | np.isnan(last).any(axis=1)
        reached = np.einsum("bs,bst->bt", last, shares)
        occupied[:, visit] = np.where(lost[:, None], math.nan, reached)
    return occupied


def _flat(samples: Floats) -> bool:
    """Say whether every sample of the patients gives the same, so that the spread is not known rather than 0."""
    known = samples[~np.isnan(samples)]
    return bool(known.size and np.ptp(known) <= _SURE * max(1.0, float(np.abs(known).max())))


def _summarise(blank: Estimate, estimate: float, samples: Floats) -> Estimate:
    """Give the estimate its bootstrap interval, from the samples that could be estimated."""
    known = samples[~np.isnan(samples)]
    if known.size < max(0.9 * samples.size, 2):
        return replace(blank, estimate=estimate, reason="no interval: too many bootstrap samples lose a state")
    if _flat(known):
        return replace(blank, estimate=estimate, std_error=0.0, reason=NO_SPREAD)
    tail = (1 - blank.conf_level) / 2
    low, high = np.quantile(known, [tail, 1 - tail])
    spread = float(known.std(ddof=1))
    return replace(blank, estimate=estimate, std_error=spread, conf_low=float(low), conf_high=float(high))
