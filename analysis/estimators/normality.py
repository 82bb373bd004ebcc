"""Are the values of each group close enough to normal to be summed up by mean and standard deviation?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from analysis.estimators.means import Floats, known_values

SummaryKind = Literal["mean", "median"]

_TESTABLE = (8, 5000)  # domain.md 3.2: Shapiro-Wilk per group with 8 to 5000 values
_LEVEL = 0.05  # domain.md 3.2
_SKEWED = 1.0  # domain.md 3.2: absolute skewness above which values do not count as normal


@dataclass(frozen=True, kw_only=True)
class SummaryChoice:
    """How to sum a variable up, and what decided it."""

    kind: SummaryKind
    reason: str
    smallest_p: float = math.nan
    largest_skewness: float = math.nan


def choose_summary(groups: Sequence[npt.ArrayLike]) -> SummaryChoice:
    """Choose mean or median for a variable from how its values look in each group.

    Parameters
    ----------
    groups
        The values of each group; NaN is left out.

    Returns
    -------
    SummaryChoice
        "median" if in any group the Shapiro-Wilk P is below 0.05 (groups of 8 to 5000 values) or the
        skewness is beyond 1 either way (groups of 8 or more); else "mean". With no group of 8 the
        choice is "median", as nothing can be judged.

    Notes
    -----
    Shapiro-Wilk as R ``shapiro.test`` (Royston 1995); a constant group has no P value.
    """
    judged = [group for group in map(known_values, groups) if group.size >= _TESTABLE[0]]
    if not judged:
        return SummaryChoice(kind="median", reason="no group has 8 or more values to judge by")
    p_values = [shapiro_wilk_p(group) for group in judged]
    skews = [abs(estimate_skewness(group)) for group in judged]
    p_value = min((p for p in p_values if not math.isnan(p)), default=math.nan)
    skewness = max((s for s in skews if not math.isnan(s)), default=math.nan)
    verdict: tuple[SummaryKind, str] = ("mean", "no departure from normal found")
    if p_value < _LEVEL:
        verdict = ("median", "Shapiro-Wilk P below 0.05 in a group")
    elif skewness > _SKEWED:
        verdict = ("median", "skewness beyond 1 in a group")
    return SummaryChoice(kind=verdict[0], reason=verdict[1], smallest_p=p_value, largest_skewness=skewness)


def shapiro_wilk_p(values: npt.ArrayLike) -> float:
    """Give the Shapiro-Wilk P value of the known values; NaN outside 8 to 5000 values or if all are equal."""
    known = known_values(values)
    if not _TESTABLE[0] <= known.size <= _TESTABLE[1] or np.ptp(known) == 0:
        return math.nan
    from scipy.stats import shapiro  # costs over a second to import, and few tables ask for it

    return float(shapiro(known).pvalue)


def estimate_skewness(values: npt.ArrayLike) -> float:
    """Give the skewness adjusted for sample size, as SPSS and SAS print it (G1).

    NaN with fewer than three known values or where all are equal. Agrees with R
    ``e1071::skewness(type = 2)``; Joanes and Gill, The Statistician 1998;47:183-9.
    """
    known: Floats = known_values(values)
    n = known.size
    if n < 3 or np.ptp(known) == 0:
        return math.nan
    away = known - known.mean()
    return float((away**3).mean() / (away**2).mean() ** 1.5 * math.sqrt(n * (n - 1)) / (n - 2))
