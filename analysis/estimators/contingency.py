"""Does a categorical variable differ between groups, and which test fits its counts?"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc

from analysis.estimators.exact_tables import LARGEST_BOSCHLOO, compare_boschloo, compare_freeman_halton, compare_mid_p
from analysis.estimators.fisher import compare_fisher
from analysis.estimators.proportions import EMPTY_GROUP
from analysis.results import Estimate

CategoricalOption = Literal["default", "pearson", "yates", "fisher", "mid_p", "boschloo"]

ONE_LEVEL = "not computable: every patient has the same level"
ONE_GROUP = "not computable: fewer than two groups"

_SMALL = 5  # domain.md 3.2: an expected count below which chi-square is not trusted
_FEW = 0.2  # domain.md 3.2 (Cochran): share of expected counts below 5 that is still allowed


def compare_pearson(counts: npt.ArrayLike, *, correct: bool = False) -> Estimate:
    """Compare groups in a table of counts by Pearson's chi-square test.

    Parameters
    ----------
    counts
        Patients, one row per level and one column per group. Levels nobody has are left out.
    correct
        Yates' continuity correction; only a 2 x 2 table has one, others are tested without.

    Returns
    -------
    Estimate
        ``statistic``, ``df``, ``p_value``, ``n``; NaN and a reason where a group is empty or all
        patients have one level. Agrees with R ``chisq.test(correct = ...)``.
    """
    table = used_levels(counts)
    correct = correct and table.shape == (2, 2)
    blank = Estimate(n=int(table.sum()), method=f"Pearson chi-square test {'with' if correct else 'without'} "
                     "continuity correction")  # fmt: skip
    if reason := why_no_test(table):
        return replace(blank, reason=reason)
    expected = expected_counts(table)
    gap = np.abs(table - expected)
    if correct:
        gap -= np.minimum(0.5, gap)
    statistic = float((gap**2 / expected).sum())
    df = (table.shape[0] - 1) * (table.shape[1] - 1)
    return replace(blank, statistic=statistic, df=df, p_value=float(chdtrc(df, statistic)))


def choose_categorical_test(counts: npt.ArrayLike, *, option: CategoricalOption = "default") -> Estimate:
    """Compare a categorical variable between groups by one overall test that suits the counts.

    Parameters
    ----------
    counts
        Patients with a known level, one row per level and one column per group, for two groups the
        group before the reference. Levels nobody has are left out.
    option
        "default": 2 x 2, Fisher's exact test if an expected count is below 5, else Pearson without
        Yates; larger, Pearson if at most 20 % of expected counts are below 5 and none below 1, else
        Fisher-Freeman-Halton. "pearson" and "fisher" whatever the counts. "yates", "mid_p" and
        "boschloo" exist for 2 x 2 tables (Boschloo up to 2000 patients); others are tested by the default rule.

    Returns
    -------
    Estimate
        The test named in ``method`` with ``p_value`` and ``n``; NaN and a reason where a group is
        empty or all patients have one level.
    """
    table = used_levels(counts)
    if reason := why_no_test(table):
        return Estimate(n=int(table.sum()), method="no test", reason=reason)
    small = table.shape == (2, 2)
    if option == "yates" and small:
        return compare_pearson(table, correct=True)
    if option == "mid_p" and small:
        return compare_mid_p(*_as_proportions(table))
    if option == "boschloo" and small and table.sum() <= LARGEST_BOSCHLOO:
        return compare_boschloo(*_as_proportions(table))
    if option == "pearson" or (option != "fisher" and _chi_square_holds(table)):
        return compare_pearson(table)
    return compare_fisher(*_as_proportions(table)) if small else compare_freeman_halton(table)


def expected_counts(table: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Give the counts expected if groups did not differ, shape of the table."""
    return np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()


def used_levels(counts: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Turn counts into whole numbers, leaving out the levels nobody has."""
    table = np.atleast_2d(np.asarray(counts)).astype(np.int64)
    return table[table.sum(axis=1) > 0]


def why_no_test(table: npt.NDArray[np.int64]) -> str:
    """Say why a table cannot be tested, or nothing."""
    if table.shape[1] < 2:
        return ONE_GROUP
    if (table.sum(axis=0) == 0).any():
        return EMPTY_GROUP
    return ONE_LEVEL if table.shape[0] < 2 else ""


def _chi_square_holds(table: npt.NDArray[np.int64]) -> bool:
    expected = expected_counts(table)
    if table.shape == (2, 2):
        return bool(expected.min() >= _SMALL)
    return bool((expected < _SMALL).mean() <= _FEW and expected.min() >= 1)


def _as_proportions(table: npt.NDArray[np.int64]) -> tuple[int, int, int, int]:
    """Read a 2 x 2 table as events and patients of the group, then of the reference."""
    (k1, k0), (n1, n0) = table[0], table.sum(axis=0)
    return int(k1), int(n1), int(k0), int(n0)
