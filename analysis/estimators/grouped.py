"""Which factors go with reaching the event sooner, when it is only seen at visits?

Grouped proportional hazards: a complementary log-log model of the event at each visit among those
still without it, whose coefficients are the log hazard ratios of the underlying continuous time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.estimators.coding import Coded, Covariate, code_covariates, find_redundant
from analysis.estimators.factor_fit import (
    NO_SPREAD,
    FactorFit,
    blank_terms,
    compare_nested,
    fill_terms,
    judge_events,
    name_separated,
    note_separation,
    ratio_test,
    wald_numbers,
    without_absurd,
)
from analysis.estimators.incidence import Flags, Floats, check_times
from analysis.estimators.separation import find_separation
from analysis.results import Estimate, Method

GROUPED = Method(
    name="Grouped proportional hazards regression",
    sentence="Grouped proportional hazards regression: complementary log-log model of the event at each visit "
    "among those still without it, one baseline per visit, Wald intervals.",
    references=("Prentice and Gloeckler, Biometrics 1978;34:57-67",),
)
UNSEEN = "not estimable: does not vary among those seen at a visit"

_CLOSE = 1e-11  # change of a scaled coefficient at which the search stops
_STEPS = 100


@dataclass(frozen=True, kw_only=True, eq=False)
class _Visits:
    """One row per patient and informative visit, visits numbered from 0; ``n_event`` counts all events."""

    patient: npt.NDArray[np.intp]
    visit: npt.NDArray[np.intp]
    event: Flags
    count: int
    n_event: int


def fit_grouped(
    table: pd.DataFrame,
    covariates: Sequence[Covariate],
    *,
    visits: Sequence[float],
    products: Sequence[tuple[str, str]] = (),
    conf_level: float = 0.95,
) -> FactorFit:
    """Fit a grouped proportional hazards model.

    Parameters
    ----------
    table
        One row per patient: ``time`` (months), ``event`` and a column per covariate.
    covariates
        Factors and their units; patients with a missing value are left out and counted.
    visits
        Nominal visits in months. An event counts at the first visit at or after its time, a censored
        patient is seen up to the last visit at or before it. Events after the last visit: censored.
    products
        Pairs of covariate names whose interaction is added.
    conf_level
        Two-sided confidence level.

    Returns
    -------
    FactorFit
        Terms and likelihood-ratio test against the visits alone; no concordance. NaN and a reason where
        nothing can be fitted: no events, fewer than 5 per coefficient, one level, separation.

    Raises
    ------
    CohortError
        If a time is negative or missing, or a covariate is not a usable column.

    Notes
    -----
    Visits at which nobody or everybody at risk has the event tell nothing and are left out. Fisher
    scoring. Agrees with R ``glm(binomial("cloglog"))`` with a factor of visits.
    """
    times, event, _ = check_times(table["time"], table["event"], None)
    coded = code_covariates(table, covariates, event=event, products=products)
    times, event = times[coded.kept], event[coded.kept]
    rows = _expand(times, event, np.sort(np.asarray(visits, dtype=float)))
    blank = _blank(coded, rows, conf_level)
    coded = _mark_unseen(coded, rows)
    reason, notes = judge_events(int(rows.event.sum()), int(coded.usable().sum()))
    reason = NO_SPREAD if blank.n_event and not rows.count else reason
    separated: tuple[str, ...] = ()
    if not reason:
        design = coded.design[:, coded.usable()][rows.patient]
        separated = _separated(coded, rows, design)
        reason = f"not estimable: events are separated by {', '.join(separated)}" if separated else ""
    if reason:
        notes = (note_separation(separated, "the penalised Cox model gives one"),) if separated else ()
        terms = blank_terms(coded, reason)
        return replace(blank, terms=terms, reason=reason, separated=separated, notes=notes)
    return replace(_fitted(blank, coded, rows, design), notes=notes)


def compare_interaction(
    table: pd.DataFrame,
    covariates: Sequence[Covariate],
    *,
    visits: Sequence[float],
    product: tuple[str, str],
) -> Estimate:
    """Test whether the effect of one factor depends on another (likelihood ratio, grouped model).

    Parameters
    ----------
    table, covariates, visits
        As for ``fit_grouped``; both factors of ``product`` are among the covariates.
    product
        Names of the two factors.

    Returns
    -------
    Estimate
        ``statistic`` (chi-square), ``df``, ``p_value``; NaN and a reason where a model cannot be fitted.
    """
    full = fit_grouped(table, covariates, visits=visits, products=[product])
    reduced = fit_grouped(table, covariates, visits=visits)
    return replace(compare_nested(full, reduced), method=f"likelihood-ratio test of {product[0]} × {product[1]}")


def _blank(coded: Coded, rows: _Visits, conf_level: float) -> FactorFit:
    n, missing = int(coded.kept.sum()), int((~coded.kept).sum())
    # every way out of the fit puts its own terms in place of these
    return FactorFit(
        terms=coded.terms, method=GROUPED, conf_level=conf_level, n=n, n_event=rows.n_event, n_missing=missing
    )


def _expand(times: Floats, event: Flags, visits: Floats) -> _Visits:
    """Give each patient a row per informative visit at which the event could be seen."""
    last = np.where(event, np.searchsorted(visits, times, side="left") + 1, np.searchsorted(visits, times, "right"))
    event, last = event & (last <= visits.size), np.minimum(last, visits.size)
    patient = np.repeat(np.arange(times.size), last)
    visit = np.arange(patient.size) - np.repeat(last.cumsum() - last, last)
    happened = event[patient] & (visit == last[patient] - 1)
    size, events = (np.bincount(visit, weights=w, minlength=visits.size) for w in (None, happened))
    telling = (events > 0) & (events < size)
    kept = telling[visit]
    number = np.cumsum(telling) - 1
    counts = {"count": int(telling.sum()), "n_event": int(event.sum())}
    return _Visits(patient=patient[kept], visit=number[visit[kept]], event=happened[kept], **counts)


def _mark_unseen(coded: Coded, rows: _Visits) -> Coded:
    """Give a reason to columns that do not vary within the informative visits."""
    usable = np.flatnonzero(coded.usable())
    if not rows.count or not usable.size:
        return coded
    design, size = coded.design[:, usable][rows.patient], np.bincount(rows.visit)
    means = np.stack([np.bincount(rows.visit, column) / size for column in design.T], axis=1)
    flat = usable[find_redundant(design - means[rows.visit])]
    reasons = coded.terms["reason"].where(~coded.terms.index.isin(flat), UNSEEN)
    return replace(coded, terms=coded.terms.assign(reason=reasons))


def _separated(coded: Coded, rows: _Visits, design: Floats) -> tuple[str, ...]:
    """Name the factors that separate; visits are compared within themselves, so each patient counts at the last."""
    last = np.append(rows.patient[1:] != rows.patient[:-1], True)
    marked = find_separation(rows.visit[last].astype(float), rows.event[last], design[last], ties_compete=False)
    return name_separated(coded, marked)


def _fitted(blank: FactorFit, coded: Coded, rows: _Visits, design: Floats) -> FactorFit:
    centre, scale = design.mean(axis=0), design.std(axis=0)
    beta, inverse, value = _score_fisher(rows, (design - centre) / scale)
    null_value = _score_fisher(rows, np.empty((rows.visit.size, 0)))[2]
    spread = np.sqrt(np.diag(inverse))[rows.count :]
    numbers = wald_numbers(beta[rows.count :] / scale, spread / scale, blank.conf_level)
    return replace(
        blank,
        terms=without_absurd(fill_terms(coded, numbers), coded, beta[rows.count :], "the effect"),
        log_likelihood=value,
        df=int(scale.size),
        overall=ratio_test(value, null_value, int(scale.size), blank.n),
    )


def _score_fisher(rows: _Visits, design: Floats) -> tuple[Floats, Floats, float]:
    """Maximise the likelihood: visit baselines and coefficients, their covariance, the log-likelihood."""
    whole = np.column_stack([np.eye(rows.count)[rows.visit], design])
    share = np.bincount(rows.visit, rows.event) / np.bincount(rows.visit)
    beta = np.append(np.log(-np.log1p(-share)), np.zeros(design.shape[1]))
    value, score, inside = _evaluate(whole, rows.event, beta)
    for _ in range(_STEPS):
        step = np.linalg.solve(inside, score)
        nearer = _evaluate(whole, rows.event, beta + step)
        while not nearer[0] >= value - 1e-12 * abs(value) and np.abs(step).max() > _CLOSE:
            step = step / 2
            nearer = _evaluate(whole, rows.event, beta + step)
        beta = beta + step
        value, score, inside = nearer
        if np.abs(step).max() <= _CLOSE:
            break
    return beta, np.asarray(np.linalg.inv(inside), dtype=float), value


def _evaluate(whole: Floats, event: Flags, beta: Floats) -> tuple[float, Floats, Floats]:
    """Give the log-likelihood, its slope and the expected information."""
    hazard = np.exp(np.clip(whole @ beta, -300.0, math.log(500)))
    chance = -np.expm1(-hazard)
    value = float(np.log(chance[event]).sum() - hazard[~event].sum())
    pull = np.where(event, hazard * np.exp(-hazard) / chance, -hazard)
    weight = hazard**2 * np.exp(-hazard) / chance
    return value, whole.T @ pull, (whole * weight[:, None]).T @ whole
