"""Does a variable have two humps, or values far from all others?"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from analysis.estimators.summaries import quantiles, standard_deviation

FEWEST = 20  # values; below, a hump is a handful of patients
FEWEST_QUARTILES = 8  # values; below, the table shows minimum and maximum themselves
FAR_OUT = 3.0  # Tukey, Exploratory Data Analysis 1977: "far out" beyond 3 quartile distances
_BINS = 256
_VALLEY, _LESSER = 0.75, 0.25  # ours: how deep the valley, how high the lesser hump must be


def find_far_out(values: np.ndarray) -> np.ndarray:
    """Mark the values more than three quartile distances beyond the quartiles; none where these coincide.

    NaN is never marked, nothing among fewer than eight values. Quartiles of type 7, whatever the table
    prints: the rule is a convention.
    """
    known = values[~np.isnan(values)]
    if known.size < FEWEST_QUARTILES:
        return np.zeros(values.shape, dtype=bool)
    q1, q3 = quantiles(known, (0.25, 0.75), quantile_type=7)
    reach = FAR_OUT * (q3 - q1)
    return ((values < q1 - reach) | (values > q3 + reach)) & (reach > 0)


def has_two_humps(values: np.ndarray) -> bool:
    """Tell whether the smoothed distribution has two humps with a clear valley between them.

    Gaussian kernel, Silverman's bandwidth 0.9 min(SD, IQR / 1.34) n^(-1/5); the lesser hump at least a
    quarter as high as the greater, the valley at most three quarters of the lesser. At least 20 values
    and six different ones. A look, not a test.
    """
    known = values[~np.isnan(values)]
    if known.size < FEWEST or len(set(known[:1000].tolist())) < 6:
        return False
    q1, q3 = quantiles(known, (0.25, 0.75), quantile_type=7)
    width = 0.9 * min(standard_deviation(known), (q3 - q1) / 1.34 or np.inf) * known.size**-0.2
    density = _density(known, width)
    peaks = np.flatnonzero((density[1:-1] > density[:-2]) & (density[1:-1] >= density[2:])) + 1
    peaks = peaks[density[peaks] >= _LESSER * density.max()]
    return any(_parted(density, left, right) for left, right in pairwise(peaks))


def _density(known: np.ndarray, width: float) -> np.ndarray:
    low, high = known.min() - 3 * width, known.max() + 3 * width
    step = (high - low) / _BINS
    heights = np.bincount(np.minimum(((known - low) / step).astype(np.intp), _BINS - 1), minlength=_BINS)
    away = np.arange(-_BINS, _BINS + 1) * step / width
    return np.convolve(heights, np.exp(-0.5 * away**2), mode="same")[_BINS // 2 : _BINS // 2 + _BINS]


def _parted(density: np.ndarray, left: int, right: int) -> bool:
    return bool(density[left : right + 1].min() <= _VALLEY * min(density[left], density[right]))
