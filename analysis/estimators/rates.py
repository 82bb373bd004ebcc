"""How many events per time of observation, and how do two such rates compare, when events are few?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincinv

from analysis.estimators.proportions import clopper_pearson_interval

Floats = npt.NDArray[np.float64]


def event_rates(
    events: npt.ArrayLike, time: npt.ArrayLike, *, conf_level: float = 0.95
) -> tuple[Floats, Floats, Floats]:
    """Estimate rates of events per unit of time with the exact Poisson interval.

    Parameters
    ----------
    events, time
        Events and the time in which they were counted; arrays of equal shape.
    conf_level
        Two-sided confidence level between 0 and 1; each tail holds half, also at zero events.

    Returns
    -------
    tuple of arrays
        Rate, lower and upper limit; NaN where there is no time.

    Notes
    -----
    Agrees with R ``poisson.test(x, T)``. Garwood, Biometrika 1936;28:437-42.
    """
    x, time = np.atleast_1d(np.asarray(events, dtype=float)), np.atleast_1d(np.asarray(time, dtype=float))
    time = np.where(time > 0, time, np.nan)
    tail = (1 - conf_level) / 2
    low = np.where(x > 0, gammaincinv(np.maximum(x, 1), tail), 0.0)
    return x / time, low / time, gammaincinv(x + 1, 1 - tail) / time


def rate_ratios(
    x1: npt.ArrayLike, time1: npt.ArrayLike, x0: npt.ArrayLike, time0: npt.ArrayLike, *, conf_level: float = 0.95
) -> tuple[Floats, Floats, Floats]:
    """Estimate ratios of two rates, group over reference, with the exact conditional interval.

    Parameters
    ----------
    x1, time1, x0, time0
        Events and time of the group and of the reference; arrays of equal shape.
    conf_level
        Two-sided confidence level between 0 and 1.

    Returns
    -------
    tuple of arrays
        Ratio, lower and upper limit; NaN where a group has no time or neither group an event. With
        no event in the group only, the ratio is 0 and keeps its upper limit; with none in the reference
        only, ratio and upper limit are infinite and the lower limit stays.

    Notes
    -----
    Given the events of both groups, those of the group are binomial; its Clopper-Pearson limits are
    turned into limits of the ratio. Agrees with R ``poisson.test(c(x1, x0), c(T1, T0))``.
    """
    x1, t1, x0, t0 = (np.atleast_1d(np.asarray(value, dtype=float)) for value in (x1, time1, x0, time0))
    usable = (t1 > 0) & (t0 > 0) & (x1 + x0 > 0)
    low, high = (np.atleast_1d(end) for end in clopper_pearson_interval(x1, x1 + x0, conf_level=conf_level))
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = t0 / t1
        found = (x1 / x0 * scale, low / (1 - low) * scale, high / (1 - high) * scale)
    return tuple(np.where(usable, value, np.nan) for value in found)  # type: ignore[return-value]
