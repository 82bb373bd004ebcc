"""What did each group have at one visit, and do the groups differ there (the papers' Table 2)?"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.baseline.comparison import FEWEST_EVENTS, SMALLEST_GROUP, compare_levels
from analysis.baseline.remarks import WIDE
from analysis.cautions import cautions_about
from analysis.cohort.derived import PLA2R_POSITIVE_RU_ML
from analysis.cohort.dictionary import variable
from analysis.cohort.followup import reached_visits
from analysis.cohort.visits import nominal_day
from analysis.estimators.comparisons import SMALLEST_TESTED, compare_pairs
from analysis.estimators.normality import SummaryKind
from analysis.estimators.proportions import newcombe_difference
from analysis.estimators.summaries import quantiles
from analysis.labs.values import lab_lines, planned_visits, visit_on_view
from analysis.labs.visit_tests import Cells, compare_row, multiplicity_notes, summary_kind
from analysis.options import BaselineOptions
from analysis.results import Estimate, Method, Note
from analysis.study import View

DOSE, POSITIVE = "rtx_cumulative_dose_g", "pla2r_positive"
ROW_COLUMNS = [
    "variable", "group", "kind", "n", "n_followed", "n_total", "n_limit", "mean", "sd", "median", "q1", "q3",
    "minimum", "maximum", "count", "limit", "reason", "patient_ids",
]  # fmt: skip
TEST_COLUMNS = ["variable", "kind", "group", "reference_group", *Estimate.__dataclass_fields__]
PAIR_COLUMNS = ["variable", "group", "reference_group", *Estimate.__dataclass_fields__, "p_holm"]


@dataclass(frozen=True, kw_only=True, eq=False)
class OneVisit:
    """Everything measured at one visit; ``describe_visit`` documents the frames."""

    rows: pd.DataFrame
    tests: pd.DataFrame
    pairs: pd.DataFrame
    month: float
    groups: tuple[str, ...]
    group_sizes: dict[str, int]
    method: Method
    notes: tuple[Note, ...]


def describe_visit(view: View, variables: tuple[str, ...]) -> OneVisit:
    """Sum up and test every variable at the visit ``labs.visit_month`` (0: the last by the horizon).

    Parameters
    ----------
    view
        The selected patients; ``labs`` of its spec chooses the visit, the summaries and the tests.
    variables
        Laboratory variables by canonical name.

    Returns
    -------
    OneVisit
        ``rows``: one per variable and group. The rituximab given by the nominal day of the visit (g)
        comes first where doses are known, anti-PLA2R positivity (20 RU/mL or more) after its level.
        ``kind`` is "mean", "median", "range" (a group of fewer than 8 values) or "share"; ``n``
        values of ``n_followed`` members still followed, of ``n_total``; ``count`` positive ones;
        ``limit`` the lower limit that all values below detection share, else NaN.
        ``tests``: one row per variable, as ``compare_visits``; for shares the difference of proportions
        (Newcombe), without either where a group has fewer than 5 values or fewer than 3 patients have
        the rarer result. ``pairs``: with more than two groups every pair, with Holm's correction over the
        pairs of the variable.

    Notes
    -----
    Standard deviation with n - 1; quantile type of the spec. Nothing is carried forward.
    """
    month = visit_on_view(view.spec)
    cells, limited = _cells(view, variables, month)
    followed = reached_visits(view)[month].to_numpy()
    of_group = {group: int(followed[(view.members["group"] == group).to_numpy()].sum()) for group in view.groups}
    rows: list[dict[str, Any]] = []
    tests, pairs = [], []
    for name, groups in cells.items():
        share = name == POSITIVE
        kind = "mean" if share else summary_kind(view, name, list(groups.values()))
        tests.append(_test_shares(view, groups) if share else compare_row(view, name, month, kind, _bare(groups)))
        pairs += [] if share or len(groups) < 3 else _pairs_of(view, name, kind, groups)
        for group, values in groups.items():
            counts: dict[str, float] = {"n_followed": of_group[group], "n_total": view.group_sizes()[group]}
            counts |= limited.get((name, group), {"n_limit": 0, "limit": math.nan})
            shown = "share" if share else _shown_kind(kind, len(values))
            rows.append({"variable": name, "group": group, **counts, **_summary(view, values, shown, group, month)})
    tested = pd.DataFrame(tests, columns=TEST_COLUMNS)
    return OneVisit(
        rows=pd.DataFrame(rows, columns=ROW_COLUMNS), tests=tested, pairs=pd.DataFrame(pairs, columns=PAIR_COLUMNS),
        month=month, groups=view.groups, group_sizes=view.group_sizes(), method=_method(view),
        notes=_notes(view, tested, rows, pairs),
    )  # fmt: skip


def label_at(name: str, month: float) -> str:
    """Name a variable of this visit; the cumulative dose counts up to it."""
    return f"Rituximab by month {month:g}" if name == DOSE else variable(name).label


Groups = dict[str, pd.Series]  # values of each group, indexed by patient


def _cells(
    view: View, variables: tuple[str, ...], month: float
) -> tuple[dict[str, Groups], dict[tuple[str, str], dict[str, float]]]:
    """Collect the values of the visit by variable and group, and how many of them are limits of detection."""
    lines = lab_lines(view, variables)
    lines = lines[lines["month"] == month]
    values = pd.Series(lines["analysed"].to_numpy(dtype=float), index=lines["patient_id"].astype(str))
    places = lines.groupby(["variable", "group"], observed=True).indices
    cells: dict[str, Groups] = _doses(view, month)
    for name in variables:
        cells[name] = {group: values.iloc[places.get((name, group), [])] for group in view.groups}
        if name == "pla2r_ru_ml":
            cells[POSITIVE] = _positive(view, lines[lines["variable"] == name])
    limited = lines[lines["limited"]].groupby(["variable", "group"], observed=True)
    return cells, {(str(name), str(group)): _limits(own) for (name, group), own in limited}


def _limits(own: pd.DataFrame) -> dict[str, float]:
    """Count limits, and give the lower one where all values below detection share it."""
    below = own.loc[own["qualifier"] == "lt", "value"].unique()
    return {"n_limit": len(own), "limit": float(below[0]) if len(below) == 1 else math.nan}


def _doses(view: View, month: float) -> dict[str, Groups]:
    """Add up the rituximab of each patient by the visit, in g; nothing where no dose is known."""
    doses = view.cohort.doses
    if "dose_mg" not in doses:
        return {}
    given = doses[(doses["drug"] == "RTX") & (doses["start_day"].astype(float) <= nominal_day(month))]
    total = pd.to_numeric(given["dose_mg"]).groupby(given["patient_id"]).sum(min_count=1).dropna() / 1000
    groups = {group: total[total.index.isin(_members(view, group))] for group in view.groups}
    return {DOSE: groups} if any(map(len, groups.values())) else {}


def _members(view: View, group: str) -> pd.Series:
    return view.members.loc[view.members["group"] == group, "patient_id"]


def _positive(view: View, lines: pd.DataFrame) -> Groups:
    """Call a level positive (1) from 20 RU/mL, also where only a limit is known that decides (domain.md 1.5)."""
    above = (lines["value"] >= PLA2R_POSITIVE_RU_ML).astype(float)
    below_limit, above_limit = lines["qualifier"] == "lt", lines["qualifier"] == "gt"
    above = above.mask(below_limit, 0.0).mask(below_limit & (lines["value"] > PLA2R_POSITIVE_RU_ML))
    above = above.mask(above_limit & (lines["value"] < PLA2R_POSITIVE_RU_ML)).dropna()
    known = lines.loc[above.index]
    values = pd.Series(above.to_numpy(), index=known["patient_id"].astype(str))
    return {group: values[(known["group"] == group).to_numpy()] for group in view.groups}


def _bare(groups: Groups) -> Cells:
    return {group: values.to_numpy(dtype=float) for group, values in groups.items()}


def _shown_kind(kind: SummaryKind, n: int) -> str:
    """Show smallest, median and largest of a group too small for a standard deviation; others keep their summary."""
    return "range" if 0 < n < SMALLEST_TESTED else kind


def _summary(view: View, values: pd.Series, kind: str, group: str, month: float) -> dict[str, Any]:
    known = values.to_numpy(dtype=float)
    q1, median, q3 = quantiles(known, (0.25, 0.5, 0.75), quantile_type=view.spec.quantile_type)
    return {
        "kind": kind,
        "n": len(known),
        "mean": known.mean() if len(known) else math.nan,
        "sd": known.std(ddof=1) if len(known) > 1 else math.nan,
        "median": median,
        "q1": q1,
        "q3": q3,
        "minimum": known.min() if len(known) else math.nan,
        "maximum": known.max() if len(known) else math.nan,
        "count": int(known.sum()) if kind == "share" else 0,
        "reason": "" if len(known) else f"no value in {group} at month {month:g}",
        "patient_ids": tuple(values.index),
    }


def _test_shares(view: View, groups: Groups) -> dict[str, object]:
    """Compare the share of positive patients, by the rules of the baseline table; of two groups with the difference."""
    counts = [np.array([int(values.sum()), len(values) - int(values.sum())]) for values in groups.values()]
    group, reference = (view.compared_groups()[0], view.reference_group) if len(groups) == 2 else ("", "")
    test = compare_levels(counts, BaselineOptions())
    if reference and math.isfinite(test.p_value):
        k1, n1, k0, n0 = (int(f(groups[name])) for name in (group, str(reference)) for f in (np.sum, len))
        gap = newcombe_difference(k1, n1, k0, n0)
        test = replace(test, estimate=gap.estimate, conf_low=gap.conf_low, conf_high=gap.conf_high)
    start = {"variable": POSITIVE, "kind": "share", "group": group, "reference_group": reference}
    return {**start, **asdict(test)}


def _pairs_of(view: View, name: str, kind: SummaryKind, groups: Groups) -> list[dict[str, Any]]:
    table = compare_pairs(_bare(groups), kind=kind, option=view.spec.labs.variances)
    return [{"variable": name, **row} for row in table.to_dict("records")]


def _notes(view: View, tests: pd.DataFrame, rows: list[dict], pairs: list[dict]) -> tuple[Note, ...]:
    made = int(tests["p_value"].notna().sum())
    paired = {row["variable"] for row in pairs if math.isfinite(row["p_value"])}
    n_pairs = sum(math.isfinite(row["p_value"]) for row in pairs)
    each = len(pairs) // max(len({row["variable"] for row in pairs}), 1)
    names = dict.fromkeys(row["variable"] for row in rows if _is_skewed(row))
    skewed = [label_at(name, visit_on_view(view.spec)) for name in names]
    text = (
        "The SD is more than half the mean of values that cannot be negative: skewed, better as medians, and a few "
        f"large values decide the difference adjusted for baseline: {', '.join(skewed)}."
    )
    return (
        *cautions_about(view),
        *multiplicity_notes(made, (len(tests), "variable"), (1, "visit")),
        *multiplicity_notes(n_pairs, (len(paired), "variable"), (each, "pair")),
        *((Note(code="R-SKEW", text=text),) if skewed else ()),
    )


def _is_skewed(row: dict[str, Any]) -> bool:
    """Say whether a mean ± SD reaches below zero where no value can (Altman and Bland 1996)."""
    return row["kind"] == "mean" and row["minimum"] >= 0 and row["sd"] > WIDE * row["mean"]


def _method(view: View) -> Method:
    how = {
        "dictionary": "Means ± SD, or medians for variables that are skewed in this disease",
        "shape": "Means ± SD, or medians where Shapiro–Wilk P < 0.05 or skewness beyond 1 in a group",
        "medians": "Medians",
    }[view.spec.labs.kinds]
    return Method(
        name="Values at one visit",
        sentence=(
            f"{how} (quartiles type {view.spec.quantile_type}) of the values in the window of the visit, one per "
            "patient, nothing carried forward; smallest, median and largest where a group has fewer than "
            f"{SMALLEST_TESTED} values. {_tests_sentence(view)}Values below detection at half their limit. "
            f"{planned_visits(view.spec)}"
        ),
    )


def _tests_sentence(view: View) -> str:
    if len(view.groups) < 2:
        return ""
    equal = view.spec.labs.variances == "equal_variances"
    means = "Student's t-test or one-way analysis of variance" if equal else "Welch's t-test or analysis of variance"
    return (
        f"Tests: {means} for means, Mann–Whitney (Hodges–Lehmann shift) or Kruskal–Wallis for medians, none where a "
        f"group has fewer than {SMALLEST_TESTED} values; chi-square or an exact test for shares, none where a group "
        f"has fewer than {SMALLEST_GROUP} or fewer than {FEWEST_EVENTS} patients have the rarer result. Not adjusted "
        "for baseline or for the number of tests. "
    )
