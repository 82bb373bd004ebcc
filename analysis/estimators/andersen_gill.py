"""How do rates of repeated events compare when the rate may change with time? Andersen and Gill's model."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from analysis.results import Estimate

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.intp]
NO_EVENTS = "not estimable: no events in one group"
NO_OVERLAP = "not estimable: the groups were never observed at the same time"
_STEPS, _CLOSE = 60, 1e-12


@dataclass(frozen=True, kw_only=True, eq=False)
class Stretches:
    """When each patient was observed: ``first`` and ``last`` day of each stretch, both observed."""

    patient: Whole
    first: Floats
    last: Floats


def compare_intensities(
    patient: npt.ArrayLike,
    day: npt.ArrayLike,
    observed: Stretches,
    in_group: npt.ArrayLike,
    *,
    conf_level: float = 0.95,
) -> Estimate:
    """Estimate the ratio of two intensities of recurrent events with a variance that is robust to repeats.

    Parameters
    ----------
    patient, day
        Number (0 to n - 1) of the patient and day of each event, on a day that patient was observed.
        Several events of one patient on one day count once.
    observed
        Stretches of observation, days; a patient may have several, not overlapping.
    in_group
        True for each of the n patients of the group, False for those of the reference.
    conf_level
        Two-sided confidence level between 0 and 1.

    Returns
    -------
    Estimate
        Intensity ratio, group over reference; ``std_error`` is the robust one of the log ratio, the
        interval is Wald's on the log scale. NaN and a reason where a group has no event, or where no
        event happened while both groups were observed.

    Notes
    -----
    The partial likelihood of Cox over all events, Efron's ties, a patient at risk again after each
    event; the variance is the sandwich of Lin and Wei over patients, without a small-sample factor.
    Agrees with R ``coxph(Surv(first - 1, last, event) ~ group, cluster = patient)``. Andersen and Gill,
    Ann Stat 1982;10:1100-20; Lin and Wei, J Am Stat Assoc 1989;84:1074-8.
    """
    member = np.asarray(in_group, dtype=bool)
    blank = Estimate(n=member.size, conf_level=conf_level, method="Andersen–Gill model")
    events = np.unique(np.column_stack([np.asarray(day, dtype=float), np.asarray(patient, dtype=float)]), axis=0)
    who = events[:, 1].astype(np.intp)
    if not member[who].any() or member[who].all():
        return replace(blank, reason=NO_EVENTS)
    risk = _Risk(events[:, 0], who, observed, member)
    if not risk.both.any():
        return replace(blank, reason=NO_OVERLAP)
    beta = _solve(risk)
    if not math.isfinite(beta):
        return replace(blank, reason=NO_OVERLAP)
    residual = risk.residuals(beta)
    std_error = math.sqrt(float((residual**2).sum())) / risk.information(beta)
    reach = float(ndtri((1 + conf_level) / 2)) * std_error
    low, high = math.exp(beta - reach), math.exp(beta + reach)
    return replace(blank, estimate=math.exp(beta), std_error=std_error, conf_low=low, conf_high=high)


def _solve(risk: _Risk) -> float:
    """Find where the score is zero by Newton's method, each step at most 2."""
    beta = 0.0
    for _ in range(_STEPS):
        information = risk.information(beta)
        if not information > 0:
            return math.nan
        step = float(np.clip(risk.score(beta) / information, -2, 2))
        beta += step
        if abs(step) < _CLOSE * (1 + abs(beta)):
            return beta
    return math.nan


class _Risk:
    """Who is at risk at each distinct event day, by group, and each event's place among the ties of its day."""

    def __init__(self, day: Floats, who: Whole, observed: Stretches, member: npt.NDArray[np.bool_]) -> None:
        self.days, self.at, ties = np.unique(day, return_inverse=True, return_counts=True)
        starts = np.append(0, ties.cumsum()[:-1])
        self.share = (np.arange(day.size) - starts[self.at]) / ties[self.at]
        self.x, self.who, self.member, self.observed = member[who], who, member, observed
        self.first = np.searchsorted(self.days, observed.first, side="left")
        self.end = np.searchsorted(self.days, observed.last, side="right")
        n_days = self.days.size
        inside = member[observed.patient]
        self.one, self.zero = (self._at_risk(inside == side, n_days)[self.at] for side in (True, False))
        tied = np.bincount(self.at, weights=self.x, minlength=n_days)
        self.one_tied, self.zero_tied = tied[self.at], (ties - tied)[self.at]
        self.both = (self.one > 0) & (self.zero > 0)

    def _at_risk(self, which: npt.NDArray[np.bool_], n_days: int) -> Floats:
        steps = np.bincount(self.first[which], minlength=n_days + 1).astype(float)
        return (steps - np.bincount(self.end[which], minlength=n_days + 1)).cumsum()[:n_days]

    def _weights(self, beta: float) -> tuple[Floats, Floats]:
        """Give Efron's denominator at each event, and the share of the group in it."""
        one = math.exp(beta) * (self.one - self.share * self.one_tied)
        total = one + self.zero - self.share * self.zero_tied
        return total, one / total

    def score(self, beta: float) -> float:
        return float((self.x - self._weights(beta)[1]).sum())

    def information(self, beta: float) -> float:
        mean = self._weights(beta)[1]
        return float((mean * (1 - mean)).sum())

    def residuals(self, beta: float) -> Floats:
        """Sum the score residuals of each patient, as ``residuals(fit, type = "score")`` does."""
        total, mean = self._weights(beta)
        n_days = self.days.size
        found = np.zeros(self.member.size)
        ties = np.bincount(self.at, minlength=n_days)
        np.add.at(found, self.who, self.x - (np.bincount(self.at, weights=mean, minlength=n_days) / ties)[self.at])
        for side in (True, False):
            weight = (math.exp(beta) if side else 1.0) * (side - mean) / total
            whole = np.bincount(self.at, weights=weight, minlength=n_days)
            given_back = np.bincount(self.at, weights=weight * self.share, minlength=n_days)
            running = np.append(0.0, whole.cumsum())
            mine = self.member[self.observed.patient] == side
            patient = self.observed.patient[mine]
            np.subtract.at(found, patient, running[self.end[mine]] - running[self.first[mine]])
            own = self.x == side
            np.add.at(found, self.who[own], given_back[self.at[own]])
        return found
