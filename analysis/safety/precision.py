"""What could groups of this size have missed?"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from analysis.study import View

POWER = 0.8
SMALLEST_GROUP = 5  # display.md: below, nothing is tested
_STEPS = np.linspace(0.0, 1.0, 2001)


def power_of_difference(p1: float, n1: int, p0: float, n0: int) -> float:
    """Give the chance that a two-sided 5 % comparison of two proportions finds a true difference.

    Parameters
    ----------
    p1, n1, p0, n0
        True proportion (0-1) and patients, of the group and of the reference.

    Notes
    -----
    Normal approximation, unpooled variance at the true and pooled at no difference, the
    tail on the side of the truth. Agrees with R ``power.prop.test`` for equal groups. Fleiss, Statistical Methods for
    Rates and Proportions, 1981, chapter 3.
    """
    return float(_power(np.asarray([p1]), n1, p0, n0)[0])


def smallest_detectable(p0: float, n1: int, n0: int) -> float:
    """Give the smallest proportion above ``p0`` that the group would need for 80 % power; NaN where none is enough."""
    higher = _STEPS[np.greater(_STEPS, p0)]
    enough = higher[_power(higher, n1, p0, n0) >= POWER] if higher.size else higher
    return float(enough[0]) if enough.size else float("nan")


def precision_sentence(view: View, rows: pd.DataFrame) -> str:
    """Say what the first comparison could have missed; for one group, what it rules out."""
    total = rows[rows["level"] == "total"].set_index("group")
    compared = [group for group in view.compared_groups() if view.spec.group_column]
    if total.empty:
        return ""
    if not compared:
        n = int(total["n_total"].iloc[0])
        bound = 100 * (1 - 0.05 ** (1 / n)) if n else float("nan")
        text = f"With {n} patients, an event that nobody had could still occur in up to {bound:.0f} %"
        return f"{text} (one-sided 95 % limit)." if n else ""
    group, reference = total.loc[compared[0]], total.loc[view.reference_group]
    n1, n0 = int(group["n_total"]), int(reference["n_total"])
    if not min(n1, n0):
        return ""
    p1, p0 = float(group["proportion"]), float(reference["proportion"])
    if min(n1, n0) < SMALLEST_GROUP:
        return f"With {n1} and {n0} patients this comparison can neither find a difference nor rule one out."
    needed = _needed(compared[0], str(view.reference_group), n1, p0, n0)
    return (
        f"With {n1} and {n0} patients this comparison has {_seen(p1, n1, p0, n0)} and {needed}. "
        "A difference that was not found is not equal safety."
    )


def _seen(p1: float, n1: int, p0: float, n0: int) -> str:
    shares = f"({100 * p1:.0f} % and {100 * p0:.0f} %)"
    if p1 == p0:
        return f"seen no difference {shares}"
    power = power_of_difference(p1, n1, p0, n0)
    size = "more than 99" if power > 0.99 else f"{100 * power:.0f}"
    return f"{size} % power to detect the difference seen {shares}"


def _needed(group: str, reference: str, n1: int, p0: float, n0: int) -> str:
    if p0 == 1:
        return f"no power for more events than in {reference}, where everyone had one"
    detectable = smallest_detectable(p0, n1, n0)
    if not math.isnan(detectable):
        return f"80 % power only if {group} had about {100 * detectable:.0f} % instead of {100 * p0:.0f} %"
    return f"less than 80 % power even if everyone in {group} had an event"


def _power(p1: np.ndarray, n1: int, p0: float, n0: int) -> np.ndarray:
    z, pooled = ndtri(0.975), (n1 * p1 + n0 * p0) / (n1 + n0)
    under_null = np.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n0))
    under_truth = np.sqrt(p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0)
    distance = np.abs(p1 - p0)
    with np.errstate(divide="ignore", invalid="ignore"):
        power = ndtr((distance - z * under_null) / under_truth)
    return np.where(under_truth > 0, power, (distance > 0).astype(float))
