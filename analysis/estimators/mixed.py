"""Which mean structure and which spread between patients fit repeated values best (linear mixed model)?

A linear mixed model with a random intercept, or intercept and slope, per patient, by profiled
(restricted) likelihood: Bates et al., J Stat Softw 2015;67(1). Agrees with R ``nlme::lme``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]

_NOTHING = 1e-20  # squared residuals, relative to the squared values, below which nothing varies
_AT_BOUND = 1e-4  # lme4 isSingular: relative spread between patients below which it counts as zero


@dataclass(frozen=True, kw_only=True, eq=False)
class RepeatedData:
    """Values (n), mean design (n x p), random design (n x q) and patient number (n, sorted from 0)."""

    y: Floats
    design: Floats
    random: Floats
    patient: npt.NDArray[np.intp]


@dataclass(frozen=True, kw_only=True, eq=False)
class MeanFit:
    """Coefficients (p) with their covariance (p x p); ``singular`` if no spread between patients was found."""

    coefficients: Floats
    covariance: Floats
    log_likelihood: float = math.nan
    singular: bool = False


def fit_mixed(data: RepeatedData, *, restricted: bool = True) -> MeanFit:
    """Fit a linear mixed model.

    Parameters
    ----------
    data
        Sorted by patient; the mean design has full rank and fewer columns than there are values.
    restricted
        REML; else maximum likelihood, for comparing mean designs.

    Returns
    -------
    MeanFit
        ``singular`` where the spread between patients, or that of their slopes, is at its bound.
    """
    sums = _Sums.of(data)
    theta = _minimise(lambda theta: sums.deviance(theta, restricted=restricted), data.random.shape[1])
    fit = sums.solve(theta)
    n, p = data.design.shape
    scale = fit.residual / (n - p if restricted else n)
    return MeanFit(
        coefficients=fit.coefficients,
        covariance=scale * np.linalg.inv(fit.information),
        log_likelihood=-0.5 * sums.deviance(theta, restricted=restricted),
        singular=bool(np.abs(np.diag(_factor(theta))).min() < _AT_BOUND),
    )


def varies(data: RepeatedData) -> bool:
    """Tell whether the values vary at all round the mean that the design allows."""
    residual = data.y - data.design @ np.linalg.lstsq(data.design, data.y, rcond=None)[0]
    return bool((residual**2).sum() > _NOTHING * (data.y**2).sum())


@dataclass(frozen=True, kw_only=True, eq=False)
class _Solution:
    coefficients: Floats
    information: Floats
    residual: float
    log_det: float


@dataclass(frozen=True, kw_only=True, eq=False)
class _Sums:
    """Cross-products over all values, and per patient with the random design; the response is the last column."""

    whole: Floats
    random: Floats
    mixed: Floats
    n: int

    @classmethod
    def of(cls, data: RepeatedData) -> _Sums:
        both = np.column_stack([data.design, data.y])
        starts = np.flatnonzero(np.diff(data.patient, prepend=-1))
        per_patient = [
            np.add.reduceat(data.random[:, :, None] * other[:, None, :], starts, axis=0)
            for other in (data.random, both)
        ]
        return cls(whole=both.T @ both, random=per_patient[0], mixed=per_patient[1], n=len(data.y))

    def solve(self, theta: Floats) -> _Solution:
        factor = _factor(theta)
        inner = factor.T @ self.random @ factor + np.eye(len(factor))
        scaled = factor.T @ self.mixed
        explained = np.tensordot(scaled, np.linalg.solve(inner, scaled), axes=((0, 1), (0, 1)))
        left = self.whole - explained
        information, towards = left[:-1, :-1], left[:-1, -1]
        coefficients: Floats = np.linalg.solve(information, towards)
        log_det = float(np.linalg.slogdet(inner)[1].sum())
        residual = float(left[-1, -1] - towards @ coefficients)
        return _Solution(coefficients=coefficients, information=information, residual=residual, log_det=log_det)

    def deviance(self, theta: Floats, *, restricted: bool) -> float:
        """Give minus twice the log-likelihood at its best for this relative spread between patients."""
        fit = self.solve(theta)
        free = self.n - len(fit.coefficients) if restricted else self.n
        spread = free * (1 + math.log(2 * math.pi * fit.residual / free))
        return fit.log_det + spread + (float(np.linalg.slogdet(fit.information)[1]) if restricted else 0.0)


def _factor(theta: Floats) -> Floats:
    """Lay out the Cholesky factor of the covariance between patients, relative to the residual variance."""
    if len(theta) == 1:
        return theta.reshape(1, 1)
    return np.array([[theta[0], 0.0], [theta[1], theta[2]]])


def _minimise(deviance: Callable[[Floats], float], q: int) -> Floats:
    """Find the relative spread with the least deviance."""
    from scipy.optimize import minimize, minimize_scalar

    if q == 1:  # the range 0 to infinity is searched as share = theta / (1 + theta)
        best = minimize_scalar(
            lambda share: deviance(np.array([share / (1 - share)])), bounds=(0, 1 - 1e-9),
            method="bounded", options={"xatol": 1e-10},
        )  # fmt: skip
        theta = np.array([best.x / (1 - best.x)])
        return theta if best.fun < deviance(np.zeros(1)) else np.zeros(1)
    theta = np.array([1.0, 0.0, 1.0])
    for _ in range(2):  # a second start from the first answer guards against a collapsed simplex
        theta = minimize(deviance, theta, method="Nelder-Mead",
                         options={"xatol": 1e-7, "fatol": 1e-9, "maxiter": 2000}).x  # fmt: skip
    return theta
