"""What do repeated values say on average when a model of the spread between patients cannot be had?

Generalised estimating equations with equal correlation within a patient (Liang and Zeger, Biometrika
1986;73:13-22), estimates as R ``geepack::geeglm(corstr = "exchangeable")``; covariance corrected for
small samples (Mancl and DeRouen, Biometrics 2001;57:126-34).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analysis.estimators.mixed import MeanFit, RepeatedData

Floats = npt.NDArray[np.floating]

_ROUNDS, _CLOSE = 100, 1e-12
_LOWEST_SHARE = 0.95  # how near the correlation may come to the lowest possible, -1/(m - 1) for m visits


def fit_gee(data: RepeatedData) -> MeanFit:
    """Fit a linear mean by estimating equations; the random design of ``data`` is not used.

    Returns
    -------
    MeanFit
        Coefficients and their Mancl-DeRouen covariance, valid whatever the true correlation.
    """
    sizes = np.bincount(data.patient)
    correlation = 0.0
    coefficients: Floats = np.zeros(data.design.shape[1])
    for _ in range(_ROUNDS):
        before, weighted = coefficients, _weigh(data.design, data.patient, sizes, correlation)
        coefficients = np.linalg.solve(weighted.T @ data.design, weighted.T @ data.y)
        correlation = _correlation(data.y - data.design @ coefficients, data.patient, sizes)
        if np.abs(coefficients - before).max() <= _CLOSE * np.abs(coefficients).max():
            break
    bread = np.linalg.inv(_weigh(data.design, data.patient, sizes, correlation).T @ data.design)
    return MeanFit(coefficients=coefficients, covariance=_sandwich(data, coefficients, bread, correlation))


def _weigh(columns: Floats, patient: npt.NDArray[np.intp], sizes: npt.NDArray[np.intp], correlation: float) -> Floats:
    """Multiply each patient's rows by the inverse of the correlation matrix."""
    sums = np.add.reduceat(columns, np.flatnonzero(np.diff(patient, prepend=-1)), axis=0)
    shared = correlation / (1 + (sizes - 1) * correlation)
    return (columns - (shared[:, None] * sums)[patient]) / (1 - correlation)


def _correlation(residual: Floats, patient: npt.NDArray[np.intp], sizes: npt.NDArray[np.intp]) -> float:
    """Average the products of two residuals of one patient, over the mean squared residual."""
    squares = residual**2
    products = (np.bincount(patient, residual) ** 2 - np.bincount(patient, squares)).sum() / 2
    pairs = (sizes * (sizes - 1)).sum() / 2
    most = int(sizes.max())
    if not pairs or most < 2:
        return 0.0
    return float(max(products / pairs / squares.mean(), -_LOWEST_SHARE / (most - 1)))


def _sandwich(data: RepeatedData, coefficients: Floats, bread: Floats, correlation: float) -> Floats:
    """Sum the corrected scores of all patients, taking those with the same number of visits together."""
    sizes = np.bincount(data.patient)
    starts = sizes.cumsum() - sizes
    residual = data.y - data.design @ coefficients
    meat = np.zeros_like(bread)
    for size in np.unique(sizes):
        rows = starts[sizes == size][:, None] + np.arange(size)
        x, r = data.design[rows], residual[rows][:, :, None]
        working = (1 - correlation) * np.eye(size) + correlation
        weighted = np.linalg.solve(working, x)
        leverage = x @ bread @ np.swapaxes(weighted, 1, 2)
        score = (np.swapaxes(weighted, 1, 2) @ np.linalg.solve(np.eye(size) - leverage, r))[:, :, 0]
        meat += score.T @ score
    return bread @ meat @ bread
