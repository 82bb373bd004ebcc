"""How far did each patient's values move from their own baseline?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from analysis.cohort.dictionary import variable
from analysis.estimators.comparisons import SMALLEST_TESTED
from analysis.estimators.paired import estimate_change_ratio, estimate_mean_change, estimate_median_change
from analysis.labs.course import TrajectoryResult, describe_trajectories, with_texts
from analysis.labs.limits import limit_notes
from analysis.labs.values import lab_lines, planned_visits, scale_of, with_baseline
from analysis.labs.visit_cells import summarise_visits
from analysis.labs.visit_tests import multiplicity_notes
from analysis.results import Estimate, Method, Note
from analysis.study import View

MOST_RANKED = 5000  # pairs; ranking all averages of pairs takes seconds above it
TOO_MANY = f"not ranked: more than {MOST_RANKED} pairs; the mean change stands beside"
WITHIN_COLUMNS = [
    "variable", "group", "month", "n", "median_kind", "median_change", "median_low", "median_high", "p_value", "kind",
    "estimate",
    "conf_low", "conf_high", "method", "reason", "patient_ids",
]  # fmt: skip
W03 = Note(
    code="W-03",
    text=(
        "Groups usually improve from baseline whatever is given: treatment, natural course and regression to the mean "
        "all do it. A fall in both groups is no evidence for either; compare the groups, not before and after."
    ),
)
W03_ALONE = Note(
    code="W-03",
    text=(
        "Patients usually improve from baseline whatever is given: treatment, natural course and regression to the "
        "mean all do it. A change within a single group does not show that the treatment caused it."
    ),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class ChangeResult:
    """Changes from baseline: ``course`` to draw, ``within`` to read; ``describe_changes`` documents both."""

    course: TrajectoryResult
    within: pd.DataFrame
    method: Method
    notes: tuple[Note, ...]


def describe_changes(view: View, variables: tuple[str, ...]) -> ChangeResult:
    """Relate each value after baseline to the same patient's baseline, and sum up each group and visit.

    Parameters
    ----------
    view
        The selected patients; ``lab_summary`` and ``quantile_type`` of its spec choose the summary.
    variables
        Laboratory variables by canonical name.

    Returns
    -------
    ChangeResult
        ``course``: as ``describe_trajectories``, its values ratios to baseline for variables on a log
        scale and differences in their unit for others; nothing at baseline, and no patient without a
        baseline value. ``within``: one row per variable, group and visit after baseline. ``n`` pairs;
        ``median_change`` with its interval and ``p_value`` by signed ranks, in the unit of the
        variable (``median_kind`` "pseudo"); ``estimate`` with its interval is the ratio of geometric means
        (``kind`` "ratio") or the mean change ("difference"). Of fewer than 8 pairs only the plain median
        of the changes, smallest and largest ("range"), with the reason. NaN and a reason where a group has no
        pair; not ranked above 5,000 pairs.

    Notes
    -----
    Values below detection at half their limit. Zero counts as measured in differences and signed
    ranks; in ratios at half the smallest positive value. Tests as R ``wilcox.test(paired = TRUE)``
    and ``t.test(paired = TRUE)``.
    """
    whole = describe_trajectories(view, variables)
    pairs = with_baseline(lab_lines(view, variables))
    pairs = pairs[pairs["baseline"].notna() & (pairs["month"] != 0) & (pairs["shown_month"] > 0)]
    changed = _relative(pairs)
    summary = summarise_visits(view, variables, changed)
    course = replace(
        whole,
        lines=with_texts(changed),
        summary=summary[summary["month"] > 0].reset_index(drop=True),
        thresholds=_no_change(variables),
        published=whole.published.iloc[:0],
        method=_method(view),
    )
    later = pairs[pairs["month"] > 0]
    within = _within(view, variables, later)
    n_visits = sum(month > 0 for month in view.spec.schedule)
    sizes = ((len(variables), "lab"), (len(view.groups), "group"), (n_visits, "visit"))
    shown = int(within["p_value"].notna().sum()) if len(view.groups) > 1 else 0  # one group is described only
    made = multiplicity_notes(shown, *sizes)
    general = tuple(note for note in whole.notes if note.code not in ("R-LIMIT", "R-ZERO"))
    notes = (*general, *limit_notes(later), within_caution(view), *made)
    return ChangeResult(course=course, within=within, method=course.method, notes=notes)


def within_caution(view: View) -> Note:
    """Say why a change from baseline is no evidence, of one group or of several."""
    return W03 if len(view.groups) > 1 else W03_ALONE


def _relative(pairs: pd.DataFrame) -> pd.DataFrame:
    """Replace values by their ratio to baseline or their difference from it; a limit in either counts as one."""
    on_log = pairs["variable"].isin(_on_log(pairs["variable"]))
    now, first = pairs["model_value"], pairs["baseline"]
    with np.errstate(divide="ignore", invalid="ignore"):
        change = (now / first.where(first > 0)).where(on_log, now - first)
    limited = pairs["limited"].astype(bool) | pairs["baseline_limited"].astype(bool)
    known = change.notna()
    columns = {"value": change, "analysed": change, "shown_value": change, "limited": limited, "lifted": False}
    return pairs.assign(**columns, qualifier=pd.Categorical([""] * len(pairs)))[known].reset_index(drop=True)


def _on_log(names: pd.Series) -> list[str]:
    return [name for name in names.unique() if scale_of(variable(name)) == "log"]


def _no_change(variables: tuple[str, ...]) -> pd.DataFrame:
    rows = [(name, 1.0 if scale_of(variable(name)) == "log" else 0.0, "no change") for name in variables]
    return pd.DataFrame(rows, columns=["variable", "value", "label"])


def _within(view: View, variables: tuple[str, ...], pairs: pd.DataFrame) -> pd.DataFrame:
    places = pairs.groupby(["variable", "group", "month"], observed=True).indices
    later = [month for month in view.spec.schedule if month > 0]
    rows = []
    for name, group, month in product(variables, view.groups, later):
        cell = pairs.iloc[places.get((name, group, month), [])]
        rows.append({"variable": name, "group": group, "month": month, **_within_cell(name, cell)})
    return pd.DataFrame(rows, columns=WITHIN_COLUMNS)


def _within_cell(name: str, cell: pd.DataFrame) -> dict[str, Any]:
    """Estimate the change of one group at one visit in both ways; of very few pairs only the range."""
    after, before, n = cell["analysed"], cell["baseline_analysed"], len(cell)
    by_ratio = scale_of(variable(name)) == "log"
    if 0 < n < SMALLEST_TESTED:
        ranks = _range_of(after - before)
        mean = Estimate(reason=ranks.reason)
    else:
        ranks = Estimate(reason=TOO_MANY) if n > MOST_RANKED else estimate_median_change(after, before)
        by_log = (cell["model_value"], cell["baseline"])  # zero has no logarithm
        mean = estimate_change_ratio(*by_log) if by_ratio else estimate_mean_change(after, before)
    return {
        "n": n,
        "median_kind": "range" if 0 < n < SMALLEST_TESTED else "pseudo",
        "median_change": ranks.estimate,
        "median_low": ranks.conf_low,
        "median_high": ranks.conf_high,
        "p_value": ranks.p_value,
        "kind": "ratio" if by_ratio else "difference",
        "estimate": mean.estimate,
        "conf_low": mean.conf_low,
        "conf_high": mean.conf_high,
        "method": ranks.method,
        "reason": ranks.reason or mean.reason,
        "patient_ids": tuple(cell["patient_id"].astype(str)),
    }


def _range_of(changes: pd.Series) -> Estimate:
    """Describe very few changes: the middle one, the smallest and the largest."""
    reason = f"no test: {len(changes)} {'pair' if len(changes) == 1 else 'pairs'}, fewer than {SMALLEST_TESTED}"
    low, middle, high = (float(value) for value in (changes.min(), changes.median(), changes.max()))
    return Estimate(estimate=middle, conf_low=low, conf_high=high, n=len(changes), method="no test", reason=reason)


def _method(view: View) -> Method:
    summed = {
        "median_iqr": f"median and quartiles (type {view.spec.quantile_type})",
        "mean_ci": "mean or geometric mean ratio with 95 % t interval",
    }[view.spec.lab_summary]
    tested = " and P" if len(view.groups) > 1 else ""
    return Method(
        name="Change from baseline",
        sentence=(
            "Each value over (for variables on a log axis) or minus the same patient's baseline; patients without a "
            f"baseline value are left out and nothing is carried forward; figures show the {summed}. Within groups: "
            f"pseudo-median of the changes with the interval{tested} of the Wilcoxon signed-rank test, and the ratio "
            "of geometric means or the mean change with paired t intervals; of fewer than 8 pairs the median, smallest "
            f"and largest change only. Values below detection at half their limit; zero as measured in differences. "
            f"{planned_visits(view.spec)}"
        ),
    )
