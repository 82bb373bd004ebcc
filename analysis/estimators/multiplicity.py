"""What becomes of P values when several are looked at together?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def adjust_holm(p_values: npt.ArrayLike) -> Floats:
    """Adjust P values so that the chance of any false alarm among them stays at its level (Holm).

    Parameters
    ----------
    p_values
        P values of one family; NaN stays NaN and does not count as a test.

    Returns
    -------
    array
        Adjusted P values in the order given, at most 1. Agrees with R ``p.adjust("holm")``. Holm,
        Scand J Stat 1979;6:65-70.
    """
    p = np.asarray(p_values, dtype=float)
    order, known = _order(p)
    factors = known - np.arange(known)
    return _put_back(p, order, np.maximum.accumulate(factors * p[order]))


def adjust_benjamini_hochberg(p_values: npt.ArrayLike) -> Floats:
    """Adjust P values so that the expected share of false alarms among those called stays at its level.

    Parameters and result as in ``adjust_holm``. Agrees with R ``p.adjust("BH")``. Benjamini and
    Hochberg, J R Stat Soc B 1995;57:289-300.
    """
    p = np.asarray(p_values, dtype=float)
    order, known = _order(p)
    factors = known / np.arange(1, known + 1)
    return _put_back(p, order, np.minimum.accumulate((factors * p[order])[::-1])[::-1])


def _order(p: Floats) -> tuple[npt.NDArray[np.intp], int]:
    known = int((~np.isnan(p)).sum())
    return np.argsort(p, kind="stable")[:known], known


def _put_back(p: Floats, order: npt.NDArray[np.intp], adjusted: Floats) -> Floats:
    result = np.full(p.shape, np.nan)
    result[order] = np.minimum(adjusted, 1.0)
    return result
