"""How far apart are two proportions, with which interval? Many pairs at once."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from analysis.estimators.proportions import wilson_interval

DifferenceInterval = Literal["newcombe", "miettinen_nurminen", "agresti_caffo"]
Floats = npt.NDArray[np.float64]
_HALVINGS = 60  # of a stretch of length 2: beyond double precision


def risk_differences(
    k1: npt.ArrayLike,
    n1: npt.ArrayLike,
    k0: npt.ArrayLike,
    n0: npt.ArrayLike,
    *,
    interval: DifferenceInterval = "newcombe",
    conf_level: float = 0.95,
) -> tuple[Floats, Floats, Floats]:
    """Estimate risk differences, group minus reference, with an interval that keeps its width at zero.

    Parameters
    ----------
    k1, n1, k0, n0
        Patients with the event and patients in all, of the group and of the reference; arrays of
        equal shape.
    interval
        "newcombe" (hybrid score), "miettinen_nurminen" (score, variance times N / (N - 1)) or
        "agresti_caffo" (one event and one non-event added to each group, for the limits only).
    conf_level
        Two-sided confidence level between 0 and 1.

    Returns
    -------
    tuple of arrays
        Difference on the scale -1 to 1, lower and upper limit; NaN where a group is empty.

    Notes
    -----
    Agree with the formulas evaluated in R: Newcombe, Stat Med 1998;17:873-90 on ``prop.test`` limits;
    Miettinen and Nurminen, Stat Med 1985;4:213-26 with the likelihood maximised numerically; Agresti
    and Caffo, Am Stat 2000;54:280-8 as ``PropCIs::wald2ci(adjust = "AC")``, cut at -1 and 1.
    """
    counts = [np.atleast_1d(np.asarray(count, dtype=float)) for count in (k1, n1, k0, n0)]
    empty = (counts[1] == 0) | (counts[3] == 0)
    k1, n1, k0, n0 = (np.where(empty, np.nan, count) for count in counts)
    estimate = k1 / n1 - k0 / n0
    limits = {"miettinen_nurminen": _miettinen_nurminen, "agresti_caffo": _agresti_caffo}.get(interval, _newcombe)
    low, high = limits((k1, n1, k0, n0), conf_level)
    return estimate, low, high


def _newcombe(counts: tuple[Floats, ...], conf_level: float) -> tuple[Floats, Floats]:
    k1, n1, k0, n0 = counts
    low1, high1 = wilson_interval(k1, n1, conf_level=conf_level)
    low0, high0 = wilson_interval(k0, n0, conf_level=conf_level)
    p1, p0 = k1 / n1, k0 / n0
    return p1 - p0 - np.hypot(p1 - low1, high0 - p0), p1 - p0 + np.hypot(high1 - p1, p0 - low0)


def _agresti_caffo(counts: tuple[Floats, ...], conf_level: float) -> tuple[Floats, Floats]:
    k1, n1, k0, n0 = counts
    p1, p0 = (k1 + 1) / (n1 + 2), (k0 + 1) / (n0 + 2)
    half = ndtri((1 + conf_level) / 2) * np.sqrt(p1 * (1 - p1) / (n1 + 2) + p0 * (1 - p0) / (n0 + 2))
    return np.maximum(p1 - p0 - half, -1.0), np.minimum(p1 - p0 + half, 1.0)


def _miettinen_nurminen(counts: tuple[Floats, ...], conf_level: float) -> tuple[Floats, Floats]:
    """Halve the stretch from the estimate to -1 and to 1 until the score statistic is the normal quantile."""
    k1, n1, k0, n0 = counts
    z, estimate = ndtri((1 + conf_level) / 2), k1 / n1 - k0 / n0
    limits = []
    for sign in (-1.0, 1.0):
        near, far = estimate.copy(), np.full_like(estimate, sign)
        for _ in range(_HALVINGS):
            middle = (near + far) / 2
            inside = _squared_score(counts, middle) <= z**2
            near, far = np.where(inside, middle, near), np.where(inside, far, middle)
        limits.append(np.where(np.isnan(estimate), np.nan, near))
    return limits[0], limits[1]


def _squared_score(counts: tuple[Floats, ...], difference: Floats) -> Floats:
    """Give the squared score statistic at a difference, the proportions most likely under it in its variance."""
    k1, n1, k0, n0 = counts
    p1 = _most_likely(counts, difference)
    p0 = p1 - difference
    n = n1 + n0
    variance = (p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0) * n / (n - 1)
    distance = (k1 / n1 - k0 / n0 - difference) ** 2
    return np.divide(distance, variance, out=np.where(distance > 0, np.inf, 0.0), where=variance > 1e-15)


def _most_likely(counts: tuple[Floats, ...], difference: Floats) -> Floats:
    """Solve the cubic for the group's proportion (Farrington and Manning, Stat Med 1990;9:1447-54)."""
    k1, n1, k0, n0 = counts
    p1, p0, ratio, d = k1 / n1, k0 / n0, n0 / n1, difference
    a, b = 1 + ratio, -(1 + ratio + p1 + ratio * p0 + d * (ratio + 2))
    c, e = d**2 + d * (2 * p1 + ratio + 1) + p1 + ratio * p0, -p1 * d * (1 + d)
    v = (b / (3 * a)) ** 3 - b * c / (6 * a**2) + e / (2 * a)
    u = np.where(v < 0, -1.0, 1.0) * np.sqrt(np.maximum((b / (3 * a)) ** 2 - c / (3 * a), 0))
    cosine = np.divide(v, u**3, out=np.ones_like(v), where=np.abs(u) > 1e-12)
    angle = (np.pi + np.arccos(np.clip(cosine, -1, 1))) / 3
    found = 2 * u * np.cos(angle) - b / (3 * a)
    return np.clip(found, np.maximum(0, d), np.minimum(1, 1 + d))
