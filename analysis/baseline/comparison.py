"""Which test goes with a row of the baseline table, and what does it say? Only where P values were asked for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.baseline.summaries import Members
from analysis.cohort.baseline_columns import BaselineColumn
from analysis.estimators.comparisons import ContinuousOption, choose_continuous_test, compare_pairs
from analysis.estimators.contingency import choose_categorical_test
from analysis.estimators.means import compare_spread
from analysis.estimators.multiplicity import adjust_holm
from analysis.estimators.normality import SummaryKind
from analysis.estimators.proportions import newcombe_difference
from analysis.options import BaselineOptions
from analysis.results import Estimate

TEST_COLUMNS = [
    "variable", "method", "statistic", "df", "p_value", "n", "estimate", "conf_low", "conf_high", "estimate_kind",
    "spread_p", "reason",
]  # fmt: skip
SMALLEST_GROUP = 5  # patients with a value; below, no P (display.md, tiny groups)
FEWEST_EVENTS = 3  # patients with the rarer level; below, no P (display.md, tiny groups)
SHIFT_UP_TO = 5000  # values; beyond, the Hodges-Lehmann shift takes longer than it tells
PAIR_COLUMNS = ["group", "reference_group", "estimate", "conf_low", "conf_high", "p_value", "p_holm", "method",
                "reason"]  # fmt: skip


def compare_row(
    column: BaselineColumn, members: Members, groups: Sequence[str], *, kind: str, options: BaselineOptions
) -> list:
    """Test one row between all ``groups`` (for two, the group before the reference); one row of ``TEST_COLUMNS``."""
    if column.kind == "continuous":
        test, estimate_kind, spread = _compare_numbers(column, members, groups, kind, options)
    else:
        test, spread = compare_levels([column.counts(members[group]) for group in groups], options), math.nan
        estimate_kind = "proportion" if column.kind == "binary" and len(groups) == 2 else ""
        if estimate_kind:
            test = _with_difference(test, column, members, groups)
    return [
        column.variable.name, test.method, test.statistic, test.df, test.p_value, test.n, test.estimate,
        test.conf_low, test.conf_high, estimate_kind, spread, test.reason,
    ]  # fmt: skip


def compare_levels(counts: Sequence[np.ndarray], options: BaselineOptions) -> Estimate:
    """Test a category between groups from the counts of each level; none in tiny groups or with hardly any event."""
    table = np.column_stack(counts)
    blank = Estimate(n=int(table.sum()), method="no test")
    smallest = int(table.sum(axis=0).min()) if table.size else 0
    if smallest < SMALLEST_GROUP:
        return replace(blank, reason=f"no test: a group has fewer than {SMALLEST_GROUP} known values")
    used = table.sum(axis=1)
    if (used > 0).sum() == 2 and used[used > 0].min() < FEWEST_EVENTS:
        return replace(blank, reason=f"no test: fewer than {FEWEST_EVENTS} patients have the rarer level")
    return choose_categorical_test(table, option=options.categorical_test)


def compare_row_pairs(
    column: BaselineColumn, members: Members, groups: Sequence[str], *, kind: str, options: BaselineOptions
) -> pd.DataFrame:
    """Test every pair of groups with Holm's correction; one row of ``PAIR_COLUMNS`` per pair."""
    if column.kind == "continuous":
        values = {group: column.values[members[group]] for group in groups}
        by: SummaryKind = "mean" if kind == "mean" else "median"
        return compare_pairs(values, kind=by, option=_variances(options))[PAIR_COLUMNS]
    counts = {group: column.counts(members[group]) for group in groups}
    rows = [
        [group, reference, test.estimate, test.conf_low, test.conf_high, test.p_value, math.nan, test.method,
         test.reason]
        for place, reference in enumerate(groups)
        for group in groups[place + 1 :]
        for test in [compare_levels([counts[group], counts[reference]], options)]
    ]  # fmt: skip
    pairs = pd.DataFrame(rows, columns=PAIR_COLUMNS)
    return pairs.assign(p_holm=adjust_holm(pairs["p_value"]))


def _compare_numbers(
    column: BaselineColumn, members: Members, groups: Sequence[str], kind: str, options: BaselineOptions
) -> tuple[Estimate, str, float]:
    values = [column.values[members[group]] for group in groups]
    by_means = kind == "mean"
    test = choose_continuous_test(
        values,
        kind="mean" if by_means else "median",
        option=_variances(options),
        shift=sum(map(len, values)) <= SHIFT_UP_TO,
    )
    estimate_kind = ("mean" if by_means else "shift") if len(groups) == 2 else ""
    tested = by_means and not math.isnan(test.p_value)
    return test, estimate_kind, compare_spread(values, centre="mean").p_value if tested else math.nan


def _variances(options: BaselineOptions) -> ContinuousOption:
    return "equal_variances" if options.equal_variances else "default"


def _with_difference(test: Estimate, column: BaselineColumn, members: Members, groups: Sequence[str]) -> Estimate:
    """Add the difference of proportions, group minus reference, with Newcombe's interval."""
    shown = column.having(column.levels()[0])
    (k1, n1), (k0, n0) = (
        (int((members[group] & shown).sum()), int((members[group] & column.present).sum())) for group in groups
    )
    if min(n1, n0) < SMALLEST_GROUP:
        return test
    gap = newcombe_difference(k1, n1, k0, n0)
    return replace(test, estimate=gap.estimate, conf_low=gap.conf_low, conf_high=gap.conf_high)
