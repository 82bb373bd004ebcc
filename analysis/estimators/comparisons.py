"""Which test fits a continuous variable, and what does it say?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import combinations
from typing import Literal

import numpy.typing as npt
import pandas as pd

from analysis.estimators.means import (
    compare_anova,
    compare_student_t,
    compare_welch_anova,
    compare_welch_t,
    known_values,
)
from analysis.estimators.multiplicity import adjust_holm
from analysis.estimators.normality import SummaryKind
from analysis.estimators.ranks import compare_kruskal_wallis, compare_mann_whitney
from analysis.results import Estimate

ContinuousOption = Literal["default", "equal_variances"]

SMALLEST_TESTED = 8  # domain.md 3.2: no test where a group has fewer values

_TWO: dict[tuple[SummaryKind, ContinuousOption], Callable[..., Estimate]] = {
    ("mean", "default"): compare_welch_t,
    ("mean", "equal_variances"): compare_student_t,
}
_MORE: dict[tuple[SummaryKind, ContinuousOption], Callable[..., Estimate]] = {
    ("mean", "default"): compare_welch_anova,
    ("mean", "equal_variances"): compare_anova,
}


def choose_continuous_test(
    groups: Sequence[npt.ArrayLike],
    *,
    kind: SummaryKind,
    option: ContinuousOption = "default",
    conf_level: float = 0.95,
    shift: bool = True,
) -> Estimate:
    """Compare a continuous variable between two or more groups by the test that suits its summary.

    Parameters
    ----------
    groups
        The values of each group in one unit, for two groups the group before the reference; NaN is
        left out.
    kind
        "mean": Welch t-test, or Welch ANOVA for more than two groups. "median": Mann-Whitney with
        the Hodges-Lehmann shift, or Kruskal-Wallis.
    option
        "equal_variances" makes it Student's t-test or one-way ANOVA, as SPSS does; it does not
        touch medians.
    conf_level
        Two-sided confidence level between 0 and 1, for two groups.
    shift
        Whether Mann-Whitney also estimates the shift (slower for very large groups).

    Returns
    -------
    Estimate
        The test named in ``method``; for two groups with the difference or shift, group minus
        reference. NaN and a reason where a group has fewer than 8 known values or nothing varies.
    """
    known = [known_values(group) for group in groups]
    sizes = [group.size for group in known]
    blank = Estimate(n=sum(sizes), conf_level=conf_level, method="no test")
    if len(known) < 2:
        return replace(blank, reason="no test: there is a single group")
    if min(sizes) < SMALLEST_TESTED:
        held = "1 known value" if min(sizes) == 1 else f"{min(sizes)} known values"
        return replace(blank, reason=f"no test: a group has {held}, fewer than {SMALLEST_TESTED}")
    if len(known) == 2 and kind == "median":
        return compare_mann_whitney(*known, conf_level=conf_level, shift=shift)
    if len(known) == 2:
        return _TWO[kind, option](*known, conf_level=conf_level)
    return compare_kruskal_wallis(known) if kind == "median" else _MORE[kind, option](known)


def compare_pairs(
    groups: Mapping[str, npt.ArrayLike],
    *,
    kind: SummaryKind,
    option: ContinuousOption = "default",
    conf_level: float = 0.95,
) -> pd.DataFrame:
    """Compare every pair of groups, each by the two-group test, with Holm's correction.

    Parameters
    ----------
    groups
        Name of each group, in display order, and its values; NaN is left out.
    kind, option, conf_level
        As in ``choose_continuous_test``. Intervals are not adjusted.

    Returns
    -------
    DataFrame
        One row per pair: ``group`` (the later in order), ``reference_group``, the fields of
        ``Estimate`` and ``p_holm``, adjusted over the pairs that could be tested. Agrees with R
        ``pairwise.t.test(pool.sd = FALSE)`` and ``pairwise.wilcox.test``.
    """
    rows = [
        {"group": group, "reference_group": reference}
        | asdict(choose_continuous_test([groups[group], groups[reference]], kind=kind, option=option,
                                        conf_level=conf_level))
        for reference, group in combinations(groups, 2)
    ]  # fmt: skip
    columns = ["group", "reference_group", *Estimate.__dataclass_fields__]
    pairs = pd.DataFrame(rows, columns=columns)
    return pairs.assign(p_holm=adjust_holm(pairs["p_value"]))
