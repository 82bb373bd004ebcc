"""What could groups of this size have missed?"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from analysis.study import View

POWER = 0.8
SMALLEST_GROUP = 5  # display.md: below, nothing is tested
NOT_EQUAL = " A difference that was not found is not equal safety."
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


def precision_sentence(view: View, rows: pd.DataFrame, contrasts: pd.DataFrame) -> str:
    """Say what the comparison with each group could have missed; for one group, what it rules out.

    Parameters
    ----------
    view
        The groups; ``compared_groups`` are those named, each against the reference.
    rows, contrasts
        Of ``compare_adverse_events``; the "total" rows are read: shares 0-1, and whether the interval of
        the difference includes zero.
    """
    total = rows[rows["level"] == "total"].set_index("group")
    compared = view.compared_groups() if view.spec.group_column else ()
    if total.empty:
        return ""
    if not compared:
        return _ruled_out(int(total["n_total"].iloc[0]))
    found = contrasts[contrasts["level"] == "total"].set_index("group")
    reference = str(view.reference_group)
    return " ".join(_compared(group, reference, total, found.loc[group]) for group in compared)


def _ruled_out(n: int) -> str:
    if n < SMALLEST_GROUP:
        return f"{n} patients are too few to rule any event out." if n > 1 else ""
    bound = 100 * (1 - 0.05 ** (1 / n))
    return (
        f"With {n} patients, an event that nobody had could still occur in up to {bound:.0f} % (one-sided 95 % limit); "
        "the limits in the table are two-sided and therefore higher."
    )


def _compared(group: str, reference: str, total: pd.DataFrame, contrast: pd.Series) -> str:
    """Say of one group what its comparison with the reference could have missed."""
    n1, n0 = (int(total.loc[name, "n_total"]) for name in (group, reference))
    p1, p0 = (float(total.loc[name, "proportion"]) for name in (group, reference))
    start = f"{total.loc[group, 'label']}, {group} (n = {n1}) against {reference} (n = {n0}): this comparison"
    if not min(n1, n0):
        return f"{start} cannot be made."
    if min(n1, n0) < SMALLEST_GROUP:
        return f"{start} can neither find a difference nor rule one out."
    open_end = NOT_EQUAL if contrast["conf_low"] <= 0 <= contrast["conf_high"] else ""
    return f"{start} {_seen(p1, n1, p0, n0)} {_needed(group, reference, n1, p0, n0)}.{open_end}"


def _seen(p1: float, n1: int, p0: float, n0: int) -> str:
    shares = f"({100 * p1:.0f} % and {100 * p0:.0f} %)"
    if p1 == p0:
        return f"found no difference {shares}; it has"
    power = power_of_difference(p1, n1, p0, n0)
    size = "more than 99" if power > 0.99 else f"{100 * power:.0f}"
    return f"has {size} % power to detect the difference seen {shares} and"


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
