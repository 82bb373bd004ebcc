"""Which model of group x visit can be fitted to these repeated values, and do differences change with time?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import chdtrc, fdtrc

from analysis.estimators.contrasts import indicators
from analysis.estimators.gee import fit_gee
from analysis.estimators.mixed import MeanFit, RepeatedData, fit_mixed, varies
from analysis.results import Estimate

MIXED = "linear mixed model, random intercept per patient, REML"
GEE = "generalised estimating equations, equal correlation within a patient, Mancl-DeRouen covariance"
NO_SPREAD = (
    "the mixed model with a random intercept finds no spread between patients beyond that within them, so estimating "
    "equations are used instead"
)
NO_FIT = "the mixed model could not be fitted, so estimating equations are used instead"
SAME_START = "not estimable: the baseline values do not vary within groups and visits"
NO_VARIATION = "not estimable: the values do not vary within groups and visits"
NO_COURSE = "not estimable: the values of a patient do not vary beyond what all of the group share"
NO_FREEDOM = "not estimable: too few patients for this model"

_NOTHING = 1e-20  # share of the sum of squares that is rounding

Cell = tuple[str, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class VisitModel:
    """A fitted mean: one coefficient per cell of ``cells`` (group, month), then the slope on baseline.

    ``fit`` is None where ``reason`` says why there is none; with a fit, ``reason`` says why it is not
    the mixed model, if it is not. ``df`` is for contrasts between groups.
    """

    cells: list[Cell]
    fit: MeanFit | None
    df: int
    method: str
    reason: str
    interaction: Estimate


def fit_visit_model(used: pd.DataFrame, cells: list[Cell]) -> VisitModel:
    """Fit the mixed model of group x visit with baseline, or estimating equations where it cannot be had.

    ``used`` is sorted by patient and holds only values of ``cells``, at least two in each.
    """
    data = _lay_out(used, cells)
    n_patients = int(data.patient[-1]) + 1
    df = n_patients - len({group for group, _ in cells}) - 1
    if why := _why_not(data, df):
        return refuse_visit_model(why, n=n_patients)
    fit, reason = fit_or_fall_back(data)
    if fit is None:
        return refuse_visit_model(reason, n=n_patients)
    if reason:
        test = _wald_test(fit, _interaction_contrasts(cells), df, n_patients)
        return VisitModel(cells=cells, fit=fit, df=df, method=GEE, reason=reason, interaction=test)
    test = _likelihood_ratio_test(data, cells, n_patients)
    return VisitModel(cells=cells, fit=fit, df=df, method=MIXED, reason="", interaction=test)


def refuse_visit_model(reason: str, *, n: int) -> VisitModel:
    """Say why there is no model."""
    test = Estimate(n=n, method="no test", reason=reason)
    return VisitModel(cells=[], fit=None, df=0, method="no model", reason=reason, interaction=test)


def fit_or_fall_back(data: RepeatedData) -> tuple[MeanFit | None, str]:
    """Fit the mixed model, or estimating equations with the reason why; neither where no patient has a course."""
    if not varies_within(data):
        return None, NO_COURSE
    try:
        fit = fit_mixed(data)
    except (np.linalg.LinAlgError, ValueError):  # no positive definite information, logarithm of a residual of 0
        return _fit_equations(data, NO_FIT)
    return _fit_equations(data, NO_SPREAD) if fit.singular else (fit, "")


def _fit_equations(data: RepeatedData, why: str) -> tuple[MeanFit | None, str]:
    """Fit estimating equations, or say that they have no solution either: all correlation within patients is 1."""
    try:
        return fit_gee(data), why
    except np.linalg.LinAlgError:
        return None, NO_COURSE


def varies_within(data: RepeatedData) -> bool:
    """Tell whether the values of a patient vary round the mean that the design allows and the patient's own level."""
    sizes = np.bincount(data.patient)[:, None]
    rows = np.column_stack([data.design, data.y])
    sums = np.add.reduceat(rows, np.flatnonzero(np.diff(data.patient, prepend=-1)), axis=0)
    within = rows - (sums / sizes)[data.patient]
    residual = within[:, -1] - within[:, :-1] @ np.linalg.lstsq(within[:, :-1], within[:, -1], rcond=None)[0]
    return bool((residual**2).sum() > _NOTHING * (data.y**2).sum())


def _lay_out(used: pd.DataFrame, cells: list[Cell]) -> RepeatedData:
    columns = [((used["group"] == group) & (used["month"] == month)).to_numpy(dtype=float) for group, month in cells]
    centred = (used["baseline"] - used["baseline"].mean()).to_numpy(dtype=float)
    return RepeatedData(
        y=used["value"].to_numpy(dtype=float),
        design=np.column_stack([*columns, centred]),
        random=np.ones((len(used), 1)),
        patient=pd.factorize(used["patient_id"])[0],
    )


def _why_not(data: RepeatedData, df: int) -> str:
    if df < 1:
        return NO_FREEDOM
    if np.linalg.matrix_rank(data.design) < data.design.shape[1]:
        return SAME_START
    return "" if varies(data) else NO_VARIATION


def _likelihood_ratio_test(data: RepeatedData, cells: list[Cell], n: int) -> Estimate:
    """Compare the likelihood with and without group x visit."""
    additive = data.design @ _additive_map(cells)
    df = data.design.shape[1] - additive.shape[1]
    words = "likelihood-ratio test of group x visit (maximum likelihood)"
    if df < 1:
        return Estimate(n=n, method=words, reason="not testable: no two groups were measured at two visits")
    without = RepeatedData(y=data.y, design=additive, random=data.random, patient=data.patient)
    statistic = 2 * sum(
        sign * fit_mixed(each, restricted=False).log_likelihood for sign, each in ((1, data), (-1, without))
    )
    return Estimate(n=n, method=words, statistic=statistic, df=df, p_value=float(chdtrc(df, max(statistic, 0.0))))


def _additive_map(cells: list[Cell]) -> npt.NDArray[np.float64]:
    """Give a basis of the cell means that are a group effect plus a visit effect, and keep the slope."""
    groups, months = (pd.Series(part, dtype=object) for part in zip(*cells, strict=True))
    columns = np.column_stack([indicators(groups, list(groups.unique())), indicators(months, list(months.unique()))])
    left, size, _ = np.linalg.svd(columns, full_matrices=False)
    basis = left[:, size > 1e-9 * size[0]]
    whole = np.zeros((len(cells) + 1, basis.shape[1] + 1))
    whole[:-1, :-1], whole[-1, -1] = basis, 1.0
    return whole


def _interaction_contrasts(cells: list[Cell]) -> npt.NDArray[np.float64]:
    """Give the contrasts of cell means that vanish when differences between groups do not change with time."""
    basis = _additive_map(cells)
    left, size, _ = np.linalg.svd(basis, full_matrices=True)
    return left[:, len(size) :].T


def _wald_test(fit: MeanFit, contrasts: npt.NDArray[np.float64], df: int, n: int) -> Estimate:
    words = "Wald F test of group x visit"
    if not len(contrasts):
        return Estimate(n=n, method=words, reason="not testable: no two groups were measured at two visits")
    away, spread = contrasts @ fit.coefficients, contrasts @ fit.covariance @ contrasts.T
    statistic = float(away @ np.linalg.solve(spread, away)) / len(contrasts)
    p_value = float(fdtrc(len(contrasts), df, statistic))
    return Estimate(n=n, method=words, statistic=statistic, df=len(contrasts), p_value=p_value)
