"""How do rates of events that can happen again compare, when some patients have many and most have none?"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq, minimize_scalar
from scipy.special import gammaln, ndtri

from analysis.results import Estimate

Floats = npt.NDArray[np.float64]
NO_EVENTS = "not estimable: no events in one group"
NONE_REPEATED = "not estimable: no patient had more than one event"
_SMALLEST, _LARGEST = -12.0, 6.0  # log of the dispersion; below, the counts are Poisson


def compare_recurrent(
    events: npt.ArrayLike, time: npt.ArrayLike, in_group: npt.ArrayLike, *, conf_level: float = 0.95
) -> Estimate:
    """Estimate the ratio of two rates of recurrent events by a negative binomial model.

    Parameters
    ----------
    events, time
        Number of events and time of observation of each patient, time above 0.
    in_group
        True for the patients of the group, False for those of the reference.
    conf_level
        Two-sided confidence level between 0 and 1.

    Returns
    -------
    Estimate
        Rate ratio, group over reference, with a Wald interval on the log scale; ``std_error`` is that
        of the log ratio. NaN and a reason where a group has no event or nobody had two.

    Notes
    -----
    Log link, log time as offset, one dispersion for both groups, all by maximum likelihood; standard
    errors from the expected information with the dispersion as known. Agrees with R ``MASS::glm.nb``;
    where counts vary less than by chance it is the Poisson model. Venables and Ripley, Modern Applied
    Statistics with S, 2002, section 7.4.
    """
    events, time = np.asarray(events, dtype=float), np.asarray(time, dtype=float)
    member = np.asarray(in_group, dtype=bool)
    blank = Estimate(n=events.size, conf_level=conf_level, method="negative binomial regression")
    if events[member].sum() == 0 or events[~member].sum() == 0:
        return replace(blank, reason=NO_EVENTS)
    if events.max() < 2:
        return replace(blank, reason=NONE_REPEATED)
    groups = [(events[rows], time[rows]) for rows in (member, ~member)]
    best = minimize_scalar(lambda log_d: -_likelihood(groups, log_d), bounds=(_SMALLEST, _LARGEST), method="bounded",
                           options={"xatol": 1e-10})  # fmt: skip
    dispersion = math.exp(best.x)
    rates = [_rate(x, t, dispersion) for x, t in groups]
    information = [
        float((rate * t / (1 + dispersion * rate * t)).sum()) for rate, (_, t) in zip(rates, groups, strict=True)
    ]
    std_error, z = math.sqrt(sum(1 / value for value in information)), float(ndtri((1 + conf_level) / 2))
    centre = math.log(rates[0] / rates[1])
    low, high = math.exp(centre - z * std_error), math.exp(centre + z * std_error)
    return replace(blank, estimate=math.exp(centre), std_error=std_error, conf_low=low, conf_high=high)


def _likelihood(groups: list[tuple[Floats, Floats]], log_dispersion: float) -> float:
    """Give the log likelihood at a dispersion, each group at its best rate."""
    dispersion = math.exp(log_dispersion)
    size, total = 1 / dispersion, 0.0
    for x, t in groups:
        mean = _rate(x, t, dispersion) * t
        ways = gammaln(x + size) - gammaln(size) - gammaln(x + 1)
        chance = x * np.log(dispersion * mean) - (x + size) * np.log1p(dispersion * mean)
        total += float((ways + chance).sum())
    return total


def _rate(x: Floats, t: Floats, dispersion: float) -> float:
    """Solve the score equation of one group's rate."""

    def score(log_rate: float) -> float:
        mean = math.exp(log_rate) * t
        return float(((x - mean) / (1 + dispersion * mean)).sum())

    middle = math.log(x.sum() / t.sum())
    return math.exp(brentq(score, middle - 15, middle + 15, xtol=1e-13, rtol=1e-14))
