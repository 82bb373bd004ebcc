"""Is one value below another where either may be known only as a limit, or not at all?

A measured value is a point, a value beyond detection an interval, a missing value the whole axis. The
answers are three-valued: 1 true, 0 false, -1 where the interval leaves it open.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

TOLERANCE = 1e-9  # domain.md 2: no other tolerance

Trits = npt.NDArray[np.int8]  # 1 true, 0 false, -1 unknown
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Bounds = tuple[Floats, Floats, Flags, Flags]  # low, high, low is open, high is open


def bounds_of(visits: pd.DataFrame, name: str) -> Bounds:
    """Give (low, high, low is open, high is open) of each value; a missing value is (-inf, inf)."""
    value = visits[name].to_numpy(dtype=float)
    qualifier = visits.get(f"{name}_qualifier", pd.Series("", index=visits.index)).to_numpy()
    missing, below, above = np.isnan(value), qualifier == "lt", qualifier == "gt"
    low = np.where(missing | below, -np.inf, value)
    high = np.where(missing | above, np.inf, value)
    return low, high, above & ~missing, below & ~missing


def point(values: float | Floats) -> Bounds:
    """Give the bounds of limits that are known; NaN is unknown."""
    edge = np.atleast_1d(np.asarray(values, dtype=float))
    closed = np.zeros(edge.shape, dtype=bool)
    return np.where(np.isnan(edge), -np.inf, edge), np.where(np.isnan(edge), np.inf, edge), closed, closed


def scaled(bounds: Bounds, factor: float) -> Bounds:
    """Multiply the bounds by a positive factor."""
    low, high, low_open, high_open = bounds
    return factor * low, factor * high, low_open, high_open


def less(value: Bounds, limit: Bounds | float, *, inclusive: bool) -> Trits:
    """Tell value < limit (or ≤ limit); unknown where value or limit is an interval that leaves it open."""
    low, high, low_open, high_open = value
    edge_low, edge_high, edge_low_open, edge_high_open = limit if isinstance(limit, tuple) else point(limit)
    if inclusive:
        certain = high <= edge_low + TOLERANCE
        open_end = low_open | edge_high_open
        excluded = (low > edge_high + TOLERANCE) | (open_end & (low >= edge_high - TOLERANCE))
    else:
        open_end = high_open | edge_low_open
        certain = (high < edge_low - TOLERANCE) | (open_end & (high <= edge_low + TOLERANCE))
        excluded = low >= edge_high - TOLERANCE
    return np.where(certain, 1, np.where(excluded, 0, -1)).astype(np.int8)


def negate(trits: Trits) -> Trits:
    """Turn true into false and back; unknown stays."""
    return np.where(trits == -1, -1, 1 - trits).astype(np.int8)


def both(first: Trits, second: Trits) -> Trits:
    """Tell first and second."""
    return np.where((first == 0) | (second == 0), 0, np.where((first == 1) & (second == 1), 1, -1)).astype(np.int8)


def either(first: Trits, second: Trits) -> Trits:
    """Tell first or second."""
    return negate(both(negate(first), negate(second)))
