"""Do the event rates of the groups differ, and where in the follow-up do they differ most?

The log-rank family: one statistic, weighted along the follow-up. Competing events count as censoring
here (``analysis.estimators.gray`` compares cumulative incidences instead).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import chdtrc

from analysis.estimators.incidence import Flags, Floats, check_times
from analysis.estimators.multiplicity import adjust_holm
from analysis.estimators.survival import value_at
from analysis.results import Estimate

Weighting = Literal["log-rank", "wilcoxon", "tarone-ware", "peto-peto", "fleming-harrington"]
Weights = Callable[[Floats, Floats], Floats]

METHODS: dict[Weighting, str] = {
    "log-rank": "log-rank test",
    "wilcoxon": "Gehan-Wilcoxon test",
    "tarone-ware": "Tarone-Ware test",
    "peto-peto": "Peto-Peto test",
    "fleming-harrington": "Fleming-Harrington test",
}
PAIR_COLUMNS = ["group", "reference_group", "n", "statistic", "df", "p_value", "p_adjusted", "method", "reason"]
FEWER_THAN_TWO = "not computable: fewer than two groups with patients"
NO_EVENTS = "not computable: no events"
NEVER_TOGETHER = "not computable: the groups were never at risk together at an event"
NO_WEIGHT = "not computable: this test gives no weight to the only visit with events"

_SINGULAR = 1e-10  # share of the largest eigenvalue below which a variance counts as zero


@dataclass(frozen=True, kw_only=True)
class CurveTest:
    """Which test of the log-rank family: the weighting and, for Fleming-Harrington, its two powers."""

    weighting: Weighting = "log-rank"
    rho: float = 0.0
    gamma: float = 0.0

    def name(self) -> str:
        """Name the test, with the powers where they matter."""
        powers = f" (rho {self.rho:g}, gamma {self.gamma:g})" if self.weighting == "fleming-harrington" else ""
        return METHODS[self.weighting] + powers

    def weights(self, n: Floats, d: Floats) -> Floats:
        """Weigh each event time, in rising order, by those at risk or by the pooled curve just before it."""
        if self.weighting == "wilcoxon":
            return n
        if self.weighting == "tarone-ware":
            return np.sqrt(n)
        rho, gamma = {"peto-peto": (1.0, 0.0), "fleming-harrington": (self.rho, self.gamma)}.get(
            self.weighting, (0.0, 0.0)
        )
        free = np.append(1.0, np.cumprod(1 - d / n)[:-1])
        return free**rho * (1 - free) ** gamma


LOG_RANK = CurveTest()


def compare_curves(
    time: npt.ArrayLike,
    event: npt.ArrayLike,
    group: npt.ArrayLike,
    *,
    test: CurveTest = LOG_RANK,
    strata: npt.ArrayLike | None = None,
) -> Estimate:
    """Compare the event rates of two or more groups by a test of the log-rank family.

    Parameters
    ----------
    time, event
        Last time of each patient in months, 0 or later, and whether it is the event.
    group
        Group of each patient.
    test
        The weighting; log-rank unless another is asked for.
    strata
        Stratum of each patient; patients are compared within strata only.

    Returns
    -------
    Estimate
        ``statistic`` (chi-square), ``df``, ``p_value``, ``n``; NaN and a reason where nothing can be
        compared: fewer than two groups, no events, a patient without group or stratum.

    Raises
    ------
    CohortError
        If a time is negative or missing.

    Notes
    -----
    Weights at an event time with n at risk: 1; Gehan-Wilcoxon n; Tarone-Ware sqrt(n);
    Fleming-Harrington S(t-)^rho (1 - S(t-))^gamma with the pooled Kaplan-Meier curve of the stratum;
    Peto-Peto is Fleming-Harrington (1, 0), in the Peto and Peto modification that R has. Pooled
    hypergeometric variance. Agrees with R survival 3.5-3 ``survdiff`` (``rho``, ``strata``) and for
    the other weights with the formula evaluated in R.
    """
    found = _weighted_sums(time, event, group, test=test, strata=strata)
    if isinstance(found, Estimate):
        return found
    blank, excess, variance, _ = found
    values, vectors = np.linalg.eigh(variance)
    kept = values > _SINGULAR * values[-1]
    if values[-1] <= 0 or not kept.any():
        weightless = test != LOG_RANK and not compare_curves(time, event, group, strata=strata).reason
        return replace(blank, reason=NO_WEIGHT if weightless else NEVER_TOGETHER)
    statistic = float(((vectors.T @ excess)[kept] ** 2 / values[kept]).sum())
    df = int(kept.sum())
    return replace(blank, statistic=statistic, df=df, p_value=float(chdtrc(df, statistic)))


def compare_trend(
    time: npt.ArrayLike,
    event: npt.ArrayLike,
    group: npt.ArrayLike,
    *,
    scores: Mapping[object, float],
    test: CurveTest = LOG_RANK,
) -> Estimate:
    """Test whether the event rate rises or falls along ordered groups.

    Parameters
    ----------
    time, event, group, test
        As for ``compare_curves``.
    scores
        Number of each group, for example its dose or 1, 2, 3.

    Returns
    -------
    Estimate
        ``statistic`` (chi-square, 1 df) and ``p_value``; NaN and a reason as for ``compare_curves``.

    Notes
    -----
    (s'U)^2 / s'Vs with the excess U and covariance V of the k-sample test (Tarone, Biometrika
    1975;62:679-82). Agrees with the formula on R ``survdiff``. For two groups it is the test itself.
    """
    found = _weighted_sums(time, event, group, test=test, strata=None)
    if isinstance(found, Estimate):
        return replace(found, method=f"{test.name()} for trend")
    blank, excess, variance, names = found
    blank = replace(blank, method=f"{test.name()} for trend")
    score = np.array([scores[name] for name in names], dtype=float)
    spread = float(score @ variance @ score)
    if not spread > _SINGULAR * max(float(np.abs(variance).max()) * float(score @ score), np.finfo(float).tiny):
        return replace(blank, reason="not computable: the groups at risk together all have the same score")
    statistic = float(score @ excess) ** 2 / spread
    return replace(blank, statistic=statistic, df=1, p_value=float(chdtrc(1, statistic)))


def compare_pairs(
    time: npt.ArrayLike,
    event: npt.ArrayLike,
    group: npt.ArrayLike,
    *,
    groups: Sequence[object],
    test: CurveTest = LOG_RANK,
) -> pd.DataFrame:
    """Compare each pair of groups, with Holm's correction over the pairs.

    Parameters
    ----------
    time, event, group, test
        As for ``compare_curves``.
    groups
        Groups in display order; of a pair the later one is the reference.

    Returns
    -------
    DataFrame
        One row per pair: ``group``, ``reference_group``, ``n``, ``statistic``, ``df``, ``p_value``,
        ``p_adjusted`` (Holm, Scand J Stat 1979;6:65-70, over the pairs that have a P value),
        ``method``, ``reason``. Agrees with R ``survdiff`` per pair and ``p.adjust``.
    """
    times, event, _ = check_times(time, event, None)
    member, rows = np.asarray(group), []
    for one, other in combinations(groups, 2):
        chosen = (member == one) | (member == other)
        found = compare_curves(times[chosen], event[chosen], member[chosen], test=test)
        values = {name: getattr(found, name) for name in ("n", "statistic", "df", "p_value", "method", "reason")}
        rows.append({"group": one, "reference_group": other} | values)
    pairs = pd.DataFrame(rows, columns=[name for name in PAIR_COLUMNS if name != "p_adjusted"])
    return pairs.assign(p_adjusted=adjust_holm(pairs["p_value"]))[PAIR_COLUMNS]


def compare_at(curves: Mapping[str, pd.DataFrame], time: float) -> Estimate:
    """Compare two or more curves at one time, on the complementary log-log scale.

    Parameters
    ----------
    curves
        Result of ``estimate_curve`` by group name.
    time
        Time in months.

    Returns
    -------
    Estimate
        ``statistic`` (chi-square), ``df`` (groups less 1), ``p_value``; NaN and a reason where a curve
        is 0, 1 or not known there.

    Notes
    -----
    Inverse-variance heterogeneity of log(-log(1 - incidence)) (Klein, Logan, Harhoff and Andersen,
    Stat Med 2007;26:4505-19). For two groups equal to lifelines
    ``survival_difference_at_fixed_point_in_time_test``; agrees with the formula on R ``survfit``.
    """
    n = int(sum(curve["n_risk"].iloc[0] for curve in curves.values()))
    blank = Estimate(n=n, method=f"complementary log-log comparison at month {time:g}")
    if len(curves) < 2:
        return replace(blank, reason=FEWER_THAN_TWO)
    values = pd.concat([value_at(curve, time) for curve in curves.values()], keys=list(curves)).droplevel(1)
    incidence = values["estimate"]
    why = np.select(
        [incidence.isna(), incidence <= 0, incidence >= 1], [values["reason"], "no event yet", "nobody is left"], ""
    )
    for name, text in zip(curves, why, strict=True):
        if text:
            return replace(blank, reason=f"not computable: {name}: {text.removeprefix('not estimable: ')}")
    free = 1 - incidence.to_numpy()
    scale, weight = np.log(-np.log(free)), (free * np.log(free) / values["std_error"].to_numpy()) ** 2
    statistic = float((weight * (scale - np.average(scale, weights=weight)) ** 2).sum())
    df = len(curves) - 1
    return replace(blank, statistic=statistic, df=df, p_value=float(chdtrc(df, statistic)))


def _weighted_sums(
    time: npt.ArrayLike, event: npt.ArrayLike, group: npt.ArrayLike, *, test: CurveTest, strata: npt.ArrayLike | None
) -> Estimate | tuple[Estimate, Floats, Floats, list[object]]:
    """Sum weighted observed minus expected events per group and their covariance; or say why not."""
    times, event, _ = check_times(time, event, None)
    codes, names = pd.factorize(np.asarray(group), sort=True)
    layers = np.zeros(times.size, dtype=int) if strata is None else pd.factorize(np.asarray(strata))[0]
    blank = Estimate(n=int(times.size), method=test.name() if strata is None else f"stratified {test.name()}")
    unplaced = int(((codes < 0) | (layers < 0)).sum())
    if unplaced:
        return replace(blank, reason=f"not computable: {unplaced} patients have no group or stratum")
    if len(names) < 2:
        return replace(blank, reason=FEWER_THAN_TWO)
    if not event.any():
        return replace(blank, reason=NO_EVENTS)
    excess, variance = np.zeros(len(names)), np.zeros((len(names), len(names)))
    for layer in np.unique(layers[event]):
        within = layers == layer
        more = _sums_within(times[within], event[within], codes[within], len(names), test.weights)
        excess, variance = excess + more[0], variance + more[1]
    return blank, excess, variance, list(names)


def _sums_within(times: Floats, event: Flags, codes: npt.NDArray, k: int, weights: Weights) -> tuple[Floats, Floats]:
    """Sum over the event times of one stratum."""
    moments, position = np.unique(times[event], return_inverse=True)
    last = np.searchsorted(moments, times, side="right")  # how many event times each patient is at risk for
    size = moments.size
    leaving = np.bincount(last * k + codes, minlength=(size + 1) * k).reshape(size + 1, k)
    at_risk = leaving[::-1].cumsum(axis=0)[::-1][1:].astype(float)
    observed = np.bincount(position * k + codes[event], minlength=size * k).reshape(size, k)
    n, d = at_risk.sum(axis=1), observed.sum(axis=1).astype(float)
    weight, share = weights(n, d), at_risk / n[:, None]
    excess = weight @ (observed - share * d[:, None])
    chance = weight**2 * np.divide(d * (n - d), n - 1, out=np.zeros_like(n), where=n > 1)
    weighted = share * chance[:, None]
    return excess, np.diag(weighted.sum(axis=0)) - weighted.T @ share
