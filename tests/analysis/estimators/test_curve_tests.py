"""Do the weighted, stratified, exact, fixed-time and Gray tests agree with R and keep their laws?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.estimators.curve_tests import CurveTest, compare_at, compare_curves, compare_pairs, compare_trend
from analysis.estimators.exact_logrank import compare_logrank_exact, logrank_scores
from analysis.estimators.gray import compare_incidences
from analysis.estimators.logrank import compare_logrank
from analysis.estimators.survival import estimate_curve
from analysis.results import CohortError

ORACLES = Path(__file__).parents[2] / "oracles"
INPUT = pd.read_csv(ORACLES / "survival_input.csv")
FACTORS = pd.read_csv(ORACLES / "factors_input.csv")
ORACLE = pd.read_csv(ORACLES / "curve_tests.csv")
VETERAN = FACTORS[FACTORS["dataset"] == "veteran"]
WEIGHTED = {
    "log-rank": CurveTest(),
    "wilcoxon": CurveTest(weighting="wilcoxon"),
    "tarone-ware": CurveTest(weighting="tarone-ware"),
    "peto-peto": CurveTest(weighting="peto-peto"),
    "fh 0.5 0": CurveTest(weighting="fleming-harrington", rho=0.5),
    "fh 0 1": CurveTest(weighting="fleming-harrington", gamma=1),
    "fh 1 1": CurveTest(weighting="fleming-harrington", rho=1, gamma=1),
    "fh 0.5 0.5": CurveTest(weighting="fleming-harrington", rho=0.5, gamma=0.5),
}
NAMES = sorted(set(ORACLE["dataset"]) & set(INPUT["dataset"]))


def patients(dataset: str) -> pd.DataFrame:
    return INPUT[INPUT["dataset"] == dataset]


def expected(dataset: str, test: str) -> list[float]:
    row = ORACLE[(ORACLE["dataset"] == dataset) & (ORACLE["test"] == test)]
    assert len(row) == 1
    return row[["statistic", "df", "p_value"]].iloc[0].tolist()


def curves_of(dataset: str) -> dict[str, pd.DataFrame]:
    return {name: estimate_curve(part["time"], part["event"]) for name, part in patients(dataset).groupby("group")}


# ---------------------------------------------------------------- against R


def test_oracle_covers_every_test_and_data_set():
    assert NAMES == ["competing", "competing_ties", "imn_e1", "imn_e2", "no_ties", "three_groups", "ties"]
    assert len(ORACLE) == 83


@pytest.mark.parametrize("dataset", NAMES)
@pytest.mark.parametrize("test", list(WEIGHTED))
def test_weighted_tests_agree_with_r(dataset: str, test: str):
    part = patients(dataset)
    found = compare_curves(part["time"], part["event"], part["group"], test=WEIGHTED[test])
    np.testing.assert_allclose([found.statistic, found.df, found.p_value], expected(dataset, test), rtol=1e-8)


@pytest.mark.parametrize("dataset", NAMES)
def test_gray_agrees_with_cmprsk(dataset: str):
    part = patients(dataset)
    found = compare_incidences(part["time"], part["event"], part["competing"], part["group"])
    np.testing.assert_allclose([found.statistic, found.df, found.p_value], expected(dataset, "gray"), rtol=1e-8)


@pytest.mark.parametrize("dataset", [name for name in NAMES if name != "three_groups"])
def test_fixed_time_agrees_with_its_formula_in_r(dataset: str):
    found = compare_at(curves_of(dataset), 6 if dataset == "no_ties" else 9)
    np.testing.assert_allclose([found.statistic, found.df, found.p_value], expected(dataset, "fixed time"), rtol=1e-8)


@pytest.mark.parametrize(("rho", "test"), [(0, CurveTest()), (1, CurveTest(weighting="peto-peto"))])
def test_stratified_agrees_with_r(rho: int, test: CurveTest):
    found = compare_curves(VETERAN["time"], VETERAN["event"], VETERAN["group"], test=test, strata=VETERAN["kind"])
    wanted = expected("veteran", f"stratified rho {rho}")
    np.testing.assert_allclose([found.statistic, found.df, found.p_value], wanted, rtol=1e-8)
    assert found.method.startswith("stratified ")


def test_trend_agrees_with_its_formula_in_r():
    scores = {"adeno": 1, "large": 3, "smallcell": 2, "squamous": 5}
    found = compare_trend(VETERAN["time"], VETERAN["event"], VETERAN["kind"], scores=scores)
    np.testing.assert_allclose([found.statistic, found.df, found.p_value], expected("veteran", "trend"), rtol=1e-8)


def test_pairs_with_holm_agree_with_r():
    groups = ["squamous", "smallcell", "adeno", "large"]
    pairs = compare_pairs(VETERAN["time"], VETERAN["event"], VETERAN["kind"], groups=groups)
    assert len(pairs) == 6
    for row in pairs.itertuples():
        wanted = expected("veteran", f"pair {row.group} {row.reference_group}")
        np.testing.assert_allclose([row.statistic, row.df, row.p_adjusted], wanted, rtol=1e-8)


@pytest.mark.parametrize(
    ("name", "part", "deals"),
    [("first9", patients("ties")[:11], 462), ("loose", patients("no_ties")[:12], 924),
     ("three", patients("three_groups")[:8], 560)],
)  # fmt: skip
def test_exact_logrank_agrees_with_full_enumeration_in_r(name: str, part: pd.DataFrame, deals: int):
    found = compare_logrank_exact(part["time"], part["event"], part["group"])
    assert found.p_value == pytest.approx(expected(name, "exact")[2], rel=1e-8)
    assert found.method.startswith("permutation log-rank test, all ")
    assert deals >= int(found.method.split()[-2].replace(",", "")) > 1


# ---------------------------------------------------------------- the published sample design, domain.md 5.1


@pytest.mark.parametrize(
    ("dataset", "log_rank", "wilcoxon", "fixed"),
    [("imn_e1", 0.274, 0.267, 0.297), ("imn_e2", 0.040, 0.064, 0.023)],
)
def test_published_p_values(dataset: str, log_rank: float, wilcoxon: float, fixed: float):
    part = patients(dataset)
    columns = part["time"], part["event"], part["group"]
    assert round(compare_curves(*columns).p_value, 3) == log_rank
    assert round(compare_curves(*columns, test=WEIGHTED["wilcoxon"]).p_value, 3) == wilcoxon
    assert round(compare_at(curves_of(dataset), 12).p_value, 3) == fixed
    oracle = expected(dataset, "fixed time 12")[2]
    np.testing.assert_allclose(compare_at(curves_of(dataset), 12).p_value, oracle, rtol=1e-8)


def test_exact_test_of_the_sample_design_is_full():
    part = patients("imn_e1")
    found = compare_logrank_exact(part["time"], part["event"], part["group"])
    assert found.method == "permutation log-rank test, all 32,760 tables"
    assert found.p_value == pytest.approx(0.2744, abs=0.03)  # near the chi-square P at n = 91


# ---------------------------------------------------------------- laws and odd input


def test_log_rank_is_the_one_of_the_curves():
    part = patients("three_groups")
    columns = part["time"], part["event"], part["group"]
    assert compare_curves(*columns).statistic == pytest.approx(compare_logrank(*columns).statistic, rel=1e-12)


def test_random_deals_are_near_the_exact_value_and_come_again():
    part = patients("no_ties")
    columns = part["time"], part["event"], part["group"]
    found, again = compare_logrank_exact(*columns), compare_logrank_exact(*columns)
    assert found.method == "permutation log-rank test, 20,000 random deals, seed 20230712"
    assert found.p_value == again.p_value
    assert found.p_value == pytest.approx(compare_curves(*columns).p_value, abs=0.05)


def test_groups_with_the_same_times_are_as_near_as_any_deal():
    time = np.tile([3.0, 3, 6, 6, 9, 9, *[12] * 6], 2)
    event = np.tile([True] * 6 + [False] * 6, 2)
    group = np.repeat(["a", "b"], 12)
    exact = compare_logrank_exact(time, event, group)
    assert (exact.statistic, exact.p_value) == (pytest.approx(0, abs=1e-12), 1)
    drawn = compare_logrank_exact(np.append(time, np.linspace(1, 11, 40)), np.ones(64, bool), [*group, *"ab" * 20])
    assert 0 < drawn.p_value <= 1
    assert compare_incidences(time, event, ~event & (time < 12), group).p_value == pytest.approx(1)


def test_scores_of_a_group_sum_to_observed_minus_expected():
    part = patients("imn_e1")
    scores = logrank_scores(part["time"].to_numpy(), part["event"].to_numpy(dtype=bool))
    member, excess = part["group"] == "RTX+TAC", 0.0
    for month in (6, 9, 12):
        at_risk, now = part["time"] >= month, (part["time"] == month) & (part["event"] == 1)
        excess += (now & member).sum() - now.sum() * (at_risk & member).sum() / at_risk.sum()
    assert scores.sum() == pytest.approx(0, abs=1e-10)
    assert scores[member.to_numpy()].sum() == pytest.approx(excess, rel=1e-10)


def test_strata_of_one_patient_each_leave_nothing_to_compare():
    found = compare_curves([1, 2, 3], [True] * 3, ["a", "b", "a"], strata=[1, 2, 3])
    assert found.reason == "not computable: the groups were never at risk together at an event"


def test_trend_of_two_groups_is_the_test_itself():
    part = patients("imn_e2")
    columns = part["time"], part["event"], part["group"]
    trend = compare_trend(*columns, scores={"RTX": 7, "RTX+TAC": 2})
    assert trend.statistic == pytest.approx(compare_curves(*columns).statistic, rel=1e-10)
    flat = compare_trend(*columns, scores={"RTX": 1, "RTX+TAC": 1})
    assert flat.reason == "not computable: the groups at risk together all have the same score"


@pytest.mark.parametrize(
    "compare",
    [compare_curves, compare_logrank_exact, lambda t, e, g: compare_incidences(t, e, [False] * len(t), g)],
)
@pytest.mark.parametrize(
    ("time", "event", "group", "reason"),
    [
        ([], [], [], "fewer than two groups with patients"),
        ([3.0], [True], ["a"], "fewer than two groups with patients"),
        ([3, 6], [False, False], ["a", "b"], "no events"),
        ([3, 6], [True, True], ["a", None], "1 patients have no group or stratum"),
    ],
)
def test_what_cannot_be_compared_has_a_reason(compare, time: list, event: list, group: list, reason: str):
    found = compare(time, event, np.array(group, dtype=object))
    assert np.isnan([found.statistic, found.p_value]).all()
    assert found.reason == f"not computable: {reason}"


def test_everyone_with_the_event_at_one_visit():
    columns = [6, 6, 6, 6], [True] * 4, ["a", "a", "b", "b"]
    assert compare_curves(*columns).reason == "not computable: the groups were never at risk together at an event"
    exact = compare_logrank_exact(*columns)
    assert exact.reason == "not computable: all patients left at the same time in the same way"
    gray = compare_incidences(*columns[:2], [False] * 4, columns[2])
    assert gray.reason == "not computable: the groups were never at risk together at an event"
    assert np.isnan(gray.p_value)


def test_a_test_without_weight_at_the_only_visit_with_events_says_so():
    time, event, group = [6.0] * 4 + [12.0] * 8, [True] * 4 + [False] * 8, list("aaabaabbbbbb")
    late = CurveTest(weighting="fleming-harrington", gamma=1)
    assert compare_curves(time, event, group, test=late).reason == (
        "not computable: this test gives no weight to the only visit with events"
    )
    assert compare_curves(time, event, group).reason == ""
    apart = compare_curves([1.0, 2.0], [True, True], ["a", "a"], test=late)
    assert apart.reason != compare_curves(time, event, group, test=late).reason


def test_events_in_one_group_only_can_be_compared():
    columns = [3, 6, 9, 12, 12, 12], [True, True, True, False, False, False], ["a", "a", "a", "b", "b", "b"]
    assert compare_curves(*columns).p_value == pytest.approx(0.0246, abs=5e-4)  # R survdiff: chi-square 5.05
    assert compare_logrank_exact(*columns).p_value == pytest.approx(2 / 20)  # the two extreme of 20 deals
    fixed = compare_at({"a": estimate_curve([3, 6], [True, False]), "b": estimate_curve([12], [False])}, 6)
    assert fixed.reason == "not computable: b: no event yet"


def test_fixed_time_beyond_follow_up_says_where_it_ends():
    fixed = compare_at({"a": estimate_curve([3, 6], [True, False]), "b": estimate_curve([3, 9], [True, False])}, 9)
    assert fixed.reason == "not computable: a: follow-up ends at month 6"


def test_large_cohorts_are_sent_to_the_log_rank_test():
    found = compare_logrank_exact(np.arange(2_001.0), np.ones(2_001), np.arange(2_001) % 2)
    assert found.reason.startswith("not computed: made for small groups")


def test_negative_and_missing_times_are_refused():
    for compare in (compare_curves, compare_logrank_exact):
        with pytest.raises(CohortError, match="1 are negative and 1 missing"):
            compare([-1, np.nan], [True, True], ["a", "b"])
