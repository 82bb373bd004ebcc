"""How likely is the order of the events under a Cox model, with Efron's handling of ties?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.estimators.incidence import Flags, Floats

_CLOSE = 1e-12  # relative change of the log-likelihood at which the search stops
_STEPS = 60


@dataclass(frozen=True, kw_only=True, eq=False)
class RiskSets:
    """Patients from the longest time to the shortest, and who is at risk at each event time.

    ``design`` is centred and scaled by ``scale``; ``end`` counts the patients at risk at each event
    time (falling), ``moment`` and ``share`` give each event its event time and its place among the
    ties there, as a share of the ties gone before it.
    """

    design: Floats
    scale: Floats
    order: npt.NDArray[np.intp]
    event: Flags
    end: npt.NDArray[np.intp]
    first: npt.NDArray[np.intp]
    moment: npt.NDArray[np.intp]
    share: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Likelihood:
    """Log partial likelihood at one point, its slope, and what its curvature is made of."""

    value: float
    score: Floats
    means: Floats  # expected covariates at each event
    patient_weight: Floats  # how much each patient adds to the second moments
    risk: Floats
    per_event: Floats  # 1 / the Efron denominator of each event


@dataclass(frozen=True, kw_only=True, eq=False)
class Maximum:
    """Where the log partial likelihood is largest, on the scaled covariates."""

    beta: Floats
    information: Floats
    value: float
    null_value: float
    converged: bool


def arrange(time: Floats, event: Flags, design: Floats) -> RiskSets:
    """Sort patients and find the risk set of each event; needs one event at least."""
    order = np.lexsort((~event, -time))  # at one time, events first
    late, flags = -time[order], event[order]
    moments, moment, ties = np.unique(late[flags], return_inverse=True, return_counts=True)
    end = np.searchsorted(late, moments, side="right")
    starts = np.append(0, ties.cumsum()[:-1])
    share = (np.arange(moment.size) - starts[moment]) / ties[moment]
    centred = design[order] - design.mean(axis=0)
    scale = np.sqrt((centred**2).mean(axis=0))
    scale = np.where(scale > 0, scale, 1.0)
    first = np.searchsorted(end, np.arange(time.size), side="right")  # first event time each patient is at risk for
    scaled = np.asfortranarray(centred / scale)  # columns are summed along: keep each in one piece
    places = {"end": end, "first": first, "moment": moment, "share": share}
    return RiskSets(design=scaled, scale=scale, order=order, event=flags, **places)


def evaluate(sets: RiskSets, beta: Floats) -> Likelihood:
    """Evaluate the log partial likelihood and its slope."""
    eta = sets.design @ beta
    eta = eta - eta.max(initial=0.0)
    risk = np.exp(eta)
    weighted = sets.design * risk[:, None]
    denominator = _at_moments(sets, risk)[sets.moment]
    sums = _at_moments(sets, weighted)[sets.moment]
    if sets.share.any():
        starts = np.flatnonzero(np.diff(sets.moment, prepend=-1))
        denominator -= sets.share * np.add.reduceat(risk[sets.event], starts)[sets.moment]
        sums -= sets.share[:, None] * np.add.reduceat(weighted[sets.event], starts, axis=0)[sets.moment]
    means = sums / denominator[:, None]
    return Likelihood(
        value=float(eta[sets.event].sum() - np.log(denominator).sum()),
        score=sets.event.astype(float) @ sets.design - means.sum(axis=0),
        means=means,
        patient_weight=spread_back(sets, 1 / denominator) * risk,
        risk=risk,
        per_event=1 / denominator,
    )


def information(sets: RiskSets, found: Likelihood, weights: Floats | None = None) -> Floats:
    """Sum the covariance of the covariates over the events, each event weighted (by 1 unless given)."""
    patient = found.patient_weight if weights is None else spread_back(sets, found.per_event * weights) * found.risk
    means = found.means if weights is None else found.means * weights[:, None]
    return (sets.design * patient[:, None]).T @ sets.design - means.T @ found.means


def spread_back(sets: RiskSets, per_event: Floats) -> Floats:
    """Give each patient the sum of a value over the events at which the patient is at risk.

    A patient who is one of d tied events counts there with 1 less the share of the ties gone before.
    Columns of a two-dimensional value are summed apart.
    """
    starts = np.flatnonzero(np.diff(sets.moment, prepend=-1))
    share = sets.share if per_event.ndim == 1 else sets.share[:, None]
    whole = np.add.reduceat(per_event, starts, axis=0)
    later = np.concatenate([whole[::-1].cumsum(axis=0)[::-1], np.zeros_like(whole[:1])])
    patients = later[sets.first]
    if sets.share.any():
        patients[sets.event] -= np.add.reduceat(per_event * share, starts, axis=0)[sets.moment]
    return patients


def maximise(sets: RiskSets) -> Maximum:
    """Find the maximum by Newton's method with step halving, from 0."""
    beta = np.zeros(sets.design.shape[1])
    found = evaluate(sets, beta)
    null_value, converged = found.value, False
    for _ in range(_STEPS):
        step = np.linalg.lstsq(information(sets, found), found.score, rcond=None)[0]
        nearer = evaluate(sets, beta + step)
        while not nearer.value >= found.value - _CLOSE * abs(found.value) and np.abs(step).max() > _CLOSE:
            step = step / 2
            nearer = evaluate(sets, beta + step)
        converged = abs(nearer.value - found.value) <= _CLOSE * (1 + abs(found.value))
        beta, found = beta + step, nearer
        if converged:
            break
    return Maximum(
        beta=beta, information=information(sets, found), value=found.value, null_value=null_value, converged=converged
    )


def _at_moments(sets: RiskSets, values: Floats) -> Floats:
    """Sum values over everyone at risk at each event time."""
    if values.ndim == 1:
        return np.cumsum(values)[sets.end - 1]
    return np.stack([np.cumsum(column)[sets.end - 1] for column in values.T]).T
