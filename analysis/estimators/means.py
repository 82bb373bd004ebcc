"""Do the means, or the spreads, of two or more groups differ?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import fdtrc, stdtr, stdtrit

from analysis.estimators.proportions import EMPTY_GROUP
from analysis.results import Estimate

ONE_VALUE = "not estimable: a group has a single value"
CONSTANT = "not estimable: the values do not vary"
ONE_GROUP = "not estimable: fewer than two groups"

Floats = npt.NDArray[np.float64]

_AS_GOOD_AS_ZERO = 10 * float(np.finfo(float).eps)  # R t.test: "data are essentially constant"


def compare_welch_t(values1: npt.ArrayLike, values0: npt.ArrayLike, *, conf_level: float = 0.95) -> Estimate:
    """Estimate a difference of means, group minus reference, each group with its own variance.

    Parameters
    ----------
    values1, values0
        One value per patient of the group and of the reference, in one unit; NaN is left out.
    conf_level
        Two-sided confidence level between 0 and 1.

    Returns
    -------
    Estimate
        Difference in the unit of the values with its t interval, ``statistic`` t, ``df`` (Welch),
        ``p_value``, ``n`` of both; NaN and a reason where a group has fewer than two values or
        nothing varies.

    Notes
    -----
    Agrees with R ``t.test(x, y)``. Welch, Biometrika 1947;34:28-35.
    """
    first, second = known_values(values1), known_values(values0)
    blank = Estimate(n=first.size + second.size, conf_level=conf_level, method="Welch t-test")
    if reason := why_no_spread([first, second]):
        return replace(blank, reason=reason)
    variances = [group.var(ddof=1) / group.size for group in (first, second)]
    total = sum(variances)
    if total == 0:
        return replace(blank, reason=CONSTANT)
    df = total**2 / sum(v**2 / (g.size - 1) for v, g in zip(variances, (first, second), strict=True))
    return with_t_interval(blank, first.mean() - second.mean(), math.sqrt(total), df)


def compare_student_t(values1: npt.ArrayLike, values0: npt.ArrayLike, *, conf_level: float = 0.95) -> Estimate:
    """Estimate a difference of means, group minus reference, with one pooled variance.

    Parameters and result as in ``compare_welch_t``; ``df`` is the number of values less 2. Agrees
    with R ``t.test(x, y, var.equal = TRUE)`` and the line "equal variances assumed" of SPSS.
    """
    first, second = known_values(values1), known_values(values0)
    blank = Estimate(n=first.size + second.size, conf_level=conf_level, method="Student t-test (equal variances)")
    if reason := why_no_spread([first, second]):
        return replace(blank, reason=reason)
    df = first.size + second.size - 2
    pooled = sum(group.var(ddof=1) * (group.size - 1) for group in (first, second)) / df
    std_error = math.sqrt(pooled * (1 / first.size + 1 / second.size))
    return with_t_interval(blank, first.mean() - second.mean(), std_error, df)


def compare_spread(
    groups: Sequence[npt.ArrayLike], *, centre: Literal["median", "mean"] = "median", conf_level: float = 0.95
) -> Estimate:
    """Test whether groups vary equally: Levene's test on the distances from each group's centre.

    Parameters
    ----------
    groups
        The values of each group; NaN is left out.
    centre
        "mean" is Levene's own test, which SPSS prints beside its t-test; "median" the
        Brown-Forsythe variant, the default of R ``car::leveneTest``, steadier for skewed values.
    conf_level
        Passed through; the test has no interval.

    Returns
    -------
    Estimate
        ``statistic`` F, ``df`` of the numerator, ``p_value``; NaN and a reason where a group has
        fewer than two values or no distance varies. Agrees with R ``car::leveneTest``.
    """
    known = [known_values(group) for group in groups]
    words = "Levene test (mean-centred)" if centre == "mean" else "Brown-Forsythe test (median-centred Levene test)"
    blank = Estimate(n=_total(known), conf_level=conf_level, method=words)
    if reason := why_no_spread(known):
        return replace(blank, reason=reason)
    middle = np.mean if centre == "mean" else np.median
    return replace(compare_anova([np.abs(group - middle(group)) for group in known]), method=words)


def compare_anova(groups: Sequence[npt.ArrayLike]) -> Estimate:
    """Test whether the means of two or more groups differ, assuming equal variances (one-way ANOVA).

    Parameters
    ----------
    groups
        The values of each group; NaN is left out.

    Returns
    -------
    Estimate
        ``statistic`` F, ``df`` of the numerator (groups less 1; the denominator has ``n`` less the
        groups), ``p_value``; NaN and a reason where a group is empty or nothing varies. Agrees with
        R ``oneway.test(var.equal = TRUE)``.
    """
    known = [known_values(group) for group in groups]
    blank = Estimate(n=_total(known), method="one-way analysis of variance")
    if reason := _why_no_groups(known):
        return replace(blank, reason=reason)
    df, rest = len(known) - 1, blank.n - len(known)
    within = sum(((group - group.mean()) ** 2).sum() for group in known)
    values = np.concatenate(known)
    if rest < 1 or within <= rest * (_AS_GOOD_AS_ZERO * np.abs(values).max()) ** 2:
        return replace(blank, reason=CONSTANT)
    between = sum(group.size * (group.mean() - values.mean()) ** 2 for group in known)
    statistic = float(between / df / (within / rest))
    return replace(blank, statistic=statistic, df=df, p_value=float(fdtrc(df, rest, statistic)))


def compare_welch_anova(groups: Sequence[npt.ArrayLike]) -> Estimate:
    """Test whether the means of two or more groups differ, each with its own variance (Welch ANOVA).

    Parameters and result as in ``compare_anova``; here every group must have two values that
    differ. Agrees with R ``oneway.test``. Welch, Biometrika 1951;38:330-6.
    """
    known = [known_values(group) for group in groups]
    blank = Estimate(n=_total(known), method="Welch analysis of variance")
    if reason := why_no_spread(known):
        return replace(blank, reason=reason)
    if any(_is_constant(group) for group in known):
        return replace(blank, reason="not estimable: the values of a group do not vary")
    count, k = np.array([group.size for group in known]), len(known)
    weight = count / np.array([group.var(ddof=1) for group in known])
    means = np.array([group.mean() for group in known])
    share = weight / weight.sum()
    lack = ((1 - share) ** 2 / (count - 1)).sum() / (k**2 - 1)
    excess = (weight * (means - share @ means) ** 2).sum() / (k - 1)
    statistic = float(excess / (1 + 2 * (k - 2) * lack))
    return replace(blank, statistic=statistic, df=k - 1, p_value=float(fdtrc(k - 1, 1 / (3 * lack), statistic)))


def known_values(values: npt.ArrayLike) -> Floats:
    """Keep the values that are known."""
    numbers = np.asarray(values, dtype=float)
    return numbers[~np.isnan(numbers)]


def why_no_spread(known: Sequence[Floats]) -> str:
    """Say why a spread within groups cannot be had, or nothing."""
    if reason := _why_no_groups(known):
        return reason
    if min(group.size for group in known) < 2:
        return ONE_VALUE
    return CONSTANT if all(_is_constant(group) for group in known) else ""


def with_t_interval(blank: Estimate, estimate: float, std_error: float, df: float) -> Estimate:
    """Fill in an estimate with the interval and the two-sided P value of a t distribution."""
    half = stdtrit(df, (1 + blank.conf_level) / 2) * std_error
    return replace(
        blank,
        estimate=float(estimate),
        std_error=float(std_error),
        conf_low=float(estimate - half),
        conf_high=float(estimate + half),
        statistic=float(estimate / std_error),
        df=float(df),
        p_value=float(2 * stdtr(df, -abs(estimate / std_error))),
    )


def _why_no_groups(known: Sequence[Floats]) -> str:
    if len(known) < 2:
        return ONE_GROUP
    return EMPTY_GROUP if min(group.size for group in known) == 0 else ""


def _is_constant(group: Floats) -> bool:
    return bool(group.std() <= _AS_GOOD_AS_ZERO * np.abs(group).max())


def _total(known: Sequence[Floats]) -> int:
    return sum(group.size for group in known)
