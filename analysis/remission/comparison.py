"""Do the curves of the groups differ, by the chosen test and by the others?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.choices import group_candidates
from analysis.cohort.dictionary import is_post_baseline, variable
from analysis.estimators.curve_tests import (
    METHODS,
    PAIR_COLUMNS,
    CurveTest,
    compare_at,
    compare_curves,
    compare_pairs,
    compare_trend,
)
from analysis.estimators.exact_logrank import compare_logrank_exact
from analysis.estimators.gray import compare_incidences
from analysis.remission.answers import ComparisonResult
from analysis.remission.curves import curves_of, ticks, times_of
from analysis.remission.records import too_small
from analysis.remission.thin_end import why_not_read
from analysis.results import Estimate, Method, Note
from analysis.study import View

if TYPE_CHECKING:
    from analysis.remission.description import RemissionResult

TEST_LABELS = {
    "log-rank": "Log-rank",
    "wilcoxon": "Gehan–Wilcoxon (early differences)",
    "tarone-ware": "Tarone–Ware",
    "peto-peto": "Peto–Peto",
    "fleming-harrington": "Fleming–Harrington",
    "permutation": "Log-rank, permutation (small groups)",
    "gray": "Gray (cumulative incidence)",
    "fixed-time": "At the horizon only (cloglog)",
}
ONE_GROUP = "one group: nothing is compared"
REFERENCES = (
    "Mantel, Cancer Chemother Rep 1966;50:163-70",
    "Gray, Ann Stat 1988;16:1141-54",
    "Klein et al, Stat Med 2007;26:4505-19",
    "Holm, Scand J Stat 1979;6:65-70",
)


def strata_on_offer(view: View) -> tuple[str, ...]:
    """Name the baseline categories a comparison can be stratified by."""
    return tuple(name for name in group_candidates(view.cohort) if name != view.spec.group_column)


def run_test(view: View, table: pd.DataFrame, curves: dict[str, pd.DataFrame], test: str = "") -> Estimate:
    """Run one test of the whole curves, the chosen one by default, where every group is large enough for it."""
    name = test or view.spec.remission.test
    if len(view.groups) < 2:
        return Estimate(method=_printable(view, name), reason=ONE_GROUP)
    small = too_small(table, view.groups, takes_entry=name == "fixed-time")
    if small:
        n = int(table["at_risk"].sum())
        return Estimate(n=n, method=_printable(view, name), reason=f"not tested: {small}")
    return _computed(view, table, curves, name)


def compare_groups(view: View, result: RemissionResult) -> ComparisonResult:
    """Compare the groups by every test at once, in pairs and along their order.

    Parameters
    ----------
    view
        The selected patients; ``spec.remission`` holds the chosen test and the stratum.
    result
        From ``describe_remission``: its records and curves are used.

    Returns
    -------
    ComparisonResult
        No P value where a group has fewer than 5 patients or 3 events. Gray's test compares
        cumulative incidences; all others take competing events as censoring (cause-specific).

    Notes
    -----
    Estimators and the software that agrees: ``analysis.estimators.curve_tests``, ``exact_logrank``,
    ``gray``. Source: domain.md 3.4.
    """
    table, curves = result.records, curves_of(result)
    found = {name: run_test(view, table, curves, name) for name in TEST_LABELS}
    rows = [
        [name, name == view.spec.remission.test, *(getattr(one, field) for field in _TEST_FIELDS)]
        for name, one in found.items()
    ]
    tests = pd.DataFrame(rows, columns=["test", "chosen", *_TEST_FIELDS])
    pairs, trend = _pairs(view, table), _trend(view, table)
    return ComparisonResult(
        tests=tests,
        pairs=pairs,
        trend=trend,
        endpoint=view.spec.endpoint,
        groups=view.groups,
        reference_group=view.reference_group,
        method=Method(name="Comparison of the curves", sentence=_sentence(view), references=REFERENCES),
        notes=_notes([*tests["p_value"], *pairs["p_value"], trend.p_value]),
    )


_TEST_FIELDS = ["method", "statistic", "df", "p_value", "n", "reason"]


def _curve_test(view: View, name: str) -> CurveTest:
    options = view.spec.remission
    weighting = name if name in METHODS else "log-rank"
    return CurveTest(weighting=weighting, rho=options.rho, gamma=options.gamma)


def _printable(view: View, name: str) -> str:
    special = {"gray": "Gray's test", "permutation": "permutation log-rank test"}
    if name == "fixed-time":
        return f"complementary log-log comparison at month {ticks(view)[-1]:g}"
    return special.get(name) or _curve_test(view, name).name()


def _computed(view: View, table: pd.DataFrame, curves: dict[str, pd.DataFrame], name: str) -> Estimate:
    rows = table[table["at_risk"]]
    columns = [rows["time"], rows["event"], rows["group"].astype(object)]
    if name == "gray":
        return compare_incidences(rows["time"], rows["event"], rows["competing_event"], columns[2])
    if name == "permutation":
        return compare_logrank_exact(*columns)
    if name == "fixed-time":
        return _at_last_visit(view, curves)
    why, strata = _strata(view, rows)
    if why:
        return Estimate(n=len(rows), method=f"stratified {_printable(view, name)}", reason=why)
    known = rows if strata is None else rows[strata.notna().to_numpy()]
    layers = None if strata is None else strata[strata.notna()].to_numpy()
    found = compare_curves(
        known["time"], known["event"], known["group"].astype(object), test=_curve_test(view, name), strata=layers
    )
    lost = len(rows) - len(known)
    return replace(found, method=f"{found.method}, {lost} without stratum left out") if lost else found


def _at_last_visit(view: View, curves: dict[str, pd.DataFrame]) -> Estimate:
    """Compare the curves at the last visit by the horizon, unless one of them is not read there."""
    last, method = times_of(view, ticks(view)[-1:])[0], _printable(view, "fixed-time")
    for group, curve in curves.items():
        if why := why_not_read(view, curve, [last])[0]:
            n = int(sum(each["n_risk"].iloc[0] for each in curves.values()))
            return Estimate(n=n, method=method, reason=f"{why} ({group})")
    return replace(compare_at(curves, last), method=method)


def _strata(view: View, rows: pd.DataFrame) -> tuple[str, pd.Series | None]:
    """Give each patient's stratum, or say why there is none."""
    name = view.spec.remission.strata
    if not name:
        return "", None
    if is_post_baseline(name):
        return f"refused: {variable(name).label} was produced after treatment began (W-07)", None
    if name not in view.cohort.patients:
        return f"not computable: the file has no {variable(name).label}", None
    values = view.cohort.patients.set_index("patient_id")[name]
    return "", rows["patient_id"].map(values).astype(object).reset_index(drop=True)


def _pairs(view: View, table: pd.DataFrame) -> pd.DataFrame:
    """Compare each two of more than two groups; a pair with a small group keeps its row and says why."""
    rows = table[table["at_risk"]]
    if len(view.groups) < 3:
        return pd.DataFrame(columns=PAIR_COLUMNS)
    test = _curve_test(view, view.spec.remission.test)
    small = {group: too_small(table, (group,)) for group in view.groups}
    large = [group for group in view.groups if not small[group]]
    inside = rows[rows["group"].isin(large)]
    found = compare_pairs(inside["time"], inside["event"], inside["group"].astype(object), groups=large, test=test)
    refused = [
        [one, other, int(rows["group"].isin([one, other]).sum()), *[np.nan] * 4, test.name(), f"not tested: {why}"]
        for place, one in enumerate(view.groups)
        for other in view.groups[place + 1 :]
        if (why := small[one] or small[other])
    ]
    return pd.concat([part for part in (found, pd.DataFrame(refused, columns=PAIR_COLUMNS)) if len(part)])


def _trend(view: View, table: pd.DataFrame) -> Estimate:
    test = _curve_test(view, view.spec.remission.test)
    blank = Estimate(method=f"{test.name()} for trend along the groups as shown")
    if len(view.groups) < 3:
        return replace(blank, reason="a trend needs three groups or more")
    small = too_small(table, view.groups)
    if small:
        return replace(blank, reason=f"not tested: {small}")
    rows = table[table["at_risk"]]
    scores: dict[object, float] = {group: float(place) for place, group in enumerate(view.groups)}
    found = compare_trend(rows["time"], rows["event"], rows["group"].astype(object), scores=scores, test=test)
    return replace(found, method=blank.method)


def _sentence(view: View) -> str:
    stratum = view.spec.remission.strata
    within = f" The log-rank family is stratified by {variable(stratum).label.lower()}." if stratum else ""
    return (
        "Log-rank family: equal weights (log-rank), weights by the number at risk (Gehan–Wilcoxon), its square root "
        "(Tarone–Ware), the pooled curve (Peto–Peto) or its powers (Fleming–Harrington); competing events count as "
        "censoring. Gray's test compares cumulative incidences. The permutation test deals the patients out anew and "
        "needs the same censoring pattern in the groups. The fixed-time comparison looks at the last visit only. "
        f"Pairs: Holm's correction.{within} Choose the test before looking at its P value."
    )


def _notes(p_values: list[float]) -> tuple[Note, ...]:
    shown = int(np.isfinite(np.array(p_values, dtype=float)).sum())
    if shown < 2:
        return ()
    text = f"{shown} tests in this panel; about {shown * 0.05:.1f} would fall below 0.05 by chance."
    return (Note(code="W-02", text=text),)
