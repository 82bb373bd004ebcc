"""Do tests of continuous variables agree with R, and does the rule choose the right one?"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.estimators import means, ranks
from analysis.estimators.comparisons import choose_continuous_test, compare_pairs
from analysis.estimators.normality import choose_summary, estimate_skewness, shapiro_wilk_p
from analysis.estimators.pairwise import rank_averages, rank_differences
from analysis.results import Estimate

ORACLES = Path(__file__).parents[2] / "oracles"
INPUT = pd.read_csv(ORACLES / "comparisons_input.csv")
FIELDS = ["statistic", "df", "p_value", "estimate", "std_error", "conf_low", "conf_high"]


def values_of(dataset: str) -> dict[str, np.ndarray]:
    rows = INPUT[INPUT["dataset"] == dataset]
    return {group: part["value"].to_numpy() for group, part in rows.groupby("group")}


COMPUTE: dict[str, Callable[..., Estimate]] = {
    "welch": lambda groups, level: means.compare_welch_t(*groups, conf_level=level),
    "student": lambda groups, level: means.compare_student_t(*groups, conf_level=level),
    "mann_whitney_exact": lambda groups, level: ranks.compare_mann_whitney(*groups, conf_level=level),
    "mann_whitney_normal": lambda groups, level: ranks.compare_mann_whitney(*groups, conf_level=level),
    "levene_median": lambda groups, level: means.compare_spread(groups),
    "levene_mean": lambda groups, level: means.compare_spread(groups, centre="mean"),
    "anova": lambda groups, level: means.compare_anova(groups),
    "welch_anova": lambda groups, level: means.compare_welch_anova(groups),
    "kruskal": lambda groups, level: ranks.compare_kruskal_wallis(groups),
}


@pytest.mark.parametrize("row", pd.read_csv(ORACLES / "comparisons.csv").to_dict("records"),
                         ids=lambda row: f"{row['dataset']}-{row['test']}-{row['conf_level']}")  # fmt: skip
def test_every_test_agrees_with_r(row: dict) -> None:
    groups = list(values_of(row["dataset"]).values())
    result = COMPUTE[row["test"]](groups, row["conf_level"])
    got = [getattr(result, field) for field in FIELDS]
    np.testing.assert_allclose(got, [row[field] for field in FIELDS], rtol=1e-8, atol=1e-12)
    assert result.n == sum(map(len, groups))
    assert result.reason == ""
    if row["test"].startswith("mann_whitney"):
        assert result.method == (
            ranks.MANN_WHITNEY_EXACT if row["test"] == "mann_whitney_exact" else ranks.MANN_WHITNEY_NORMAL
        )


def test_spread_says_which_centre_it_used() -> None:
    groups = list(values_of("regimens").values())
    assert means.compare_spread(groups, centre="mean").method == "Levene test (mean-centred)"
    assert means.compare_spread(groups).method == "Brown-Forsythe test (median-centred Levene test)"


@pytest.mark.parametrize(("dataset", "kind", "option", "same_as", "method"), [
    ("regimens", "mean", "default", "welch", "Welch t-test"),
    ("regimens", "mean", "equal_variances", "student", "Student t-test (equal variances)"),
    ("regimens", "median", "equal_variances", "mann_whitney_normal", ranks.MANN_WHITNEY_NORMAL),
    ("untied_twenty", "median", "default", "mann_whitney_exact", ranks.MANN_WHITNEY_EXACT),
    ("five", "mean", "default", "welch_anova", "Welch analysis of variance"),
    ("five", "mean", "equal_variances", "anova", "one-way analysis of variance"),
    ("three_tied", "median", "default", "kruskal", "Kruskal-Wallis test"),
])  # fmt: skip
def test_the_default_table_of_tests(dataset: str, kind: str, option: str, same_as: str, method: str) -> None:
    groups = list(values_of(dataset).values())
    result = choose_continuous_test(groups, kind=kind, option=option)
    oracle = pd.read_csv(ORACLES / "comparisons.csv").query("dataset == @dataset and test == @same_as").iloc[0]
    assert result.method == method
    assert result.p_value == pytest.approx(oracle["p_value"], rel=1e-8)


@pytest.mark.parametrize(("groups", "reason"), [
    ([[1.0] * 7, range(20)], "no test: a group has 7 known values, fewer than 8"),
    ([[], range(20)], "no test: a group has 0 known values, fewer than 8"),
    ([[4.0, *[math.nan] * 9], range(20)], "no test: a group has 1 known value, fewer than 8"),
    ([range(20)], "no test: there is a single group"),
    ([[3.0] * 9, [3.0] * 9], means.CONSTANT),
])  # fmt: skip
@pytest.mark.parametrize("kind", ["mean", "median"])
def test_no_test_has_its_reason(groups: list, kind: str, reason: str) -> None:
    result = choose_continuous_test(groups, kind=kind)
    assert math.isnan(result.p_value)
    assert math.isnan(result.estimate)
    assert result.reason == reason


@pytest.mark.parametrize(("compute", "reason"), [
    (lambda: means.compare_welch_t([], [1, 2]), "not estimable: no patients"),
    (lambda: means.compare_student_t([4], [1, 2]), means.ONE_VALUE),
    (lambda: means.compare_welch_t([4, 4], [1, 1]), means.CONSTANT),
    (lambda: means.compare_student_t([0.1] * 3, [0.1] * 3), means.CONSTANT),
    (lambda: means.compare_welch_anova([[1, 2], [3, 3], [4, 6]]), "not estimable: the values of a group do not vary"),
    (lambda: means.compare_anova([[1], [2]]), means.CONSTANT),
    (lambda: means.compare_anova([[1, 2]]), means.ONE_GROUP),
    (lambda: means.compare_spread([[1, 2], []]), "not estimable: no patients"),
    (lambda: means.compare_spread([[1, 2], [5, 9]]), means.CONSTANT),
    (lambda: ranks.compare_mann_whitney([], []), "not estimable: no patients"),
    (lambda: ranks.compare_mann_whitney([2, 2], [2]), means.CONSTANT),
    (lambda: ranks.compare_kruskal_wallis([[1, 2]]), means.ONE_GROUP),
    (lambda: ranks.compare_kruskal_wallis([[1, 2], [math.nan]]), "not estimable: no patients"),
])  # fmt: skip
def test_degenerate_values_have_a_reason(compute: Callable[[], Estimate], reason: str) -> None:
    result = compute()
    assert math.isnan(result.p_value)
    assert result.reason == reason


def test_too_few_values_for_an_interval_keep_test_and_shift() -> None:
    result = ranks.compare_mann_whitney([5.0, 6.5, 9.0], [1.0, 2.0, 4.0])
    assert result.p_value == pytest.approx(2 / 20)  # one of the 20 orders of 3 + 3 values, both tails
    assert result.estimate == pytest.approx(4.5)  # fifth of the nine differences 1 2.5 3 4 4.5 5 5.5 7 8
    assert math.isnan(result.conf_low)
    assert result.reason == "no 95% interval: too few values"


def test_many_pairs_are_counted_to_the_same_order_statistics() -> None:
    draw = np.random.default_rng(20230712)
    first, second = draw.normal(size=700).round(2), draw.normal(size=500).round(2)
    wanted = [0, 7, 200_000, 349_999]
    laid_out = np.sort(np.subtract.outer(first, second), axis=None)[wanted]
    np.testing.assert_allclose(rank_differences(first, second)(wanted), laid_out, atol=1e-12)
    upper = np.triu_indices(700)
    averages = np.sort((first[upper[0]] + first[upper[1]]) / 2)
    wanted = [0, 5, 120_000, len(averages) - 1]
    np.testing.assert_allclose(rank_averages(first)(wanted), averages[wanted], atol=1e-12)


@pytest.mark.parametrize("kind", ["mean", "median"])
@pytest.mark.parametrize("dataset", ["three", "three_tied", "five"])
def test_pairs_agree_with_r(dataset: str, kind: str) -> None:
    pairs = compare_pairs(values_of(dataset), kind=kind)
    oracle = pd.read_csv(ORACLES / "comparisons_pairs.csv").query("dataset == @dataset and kind == @kind")
    both = oracle.merge(pairs, on=["group", "reference_group"], suffixes=("_r", ""))
    assert len(both) == len(pairs) == len(oracle)
    np.testing.assert_allclose(both["p_holm"], both["p_holm_r"], rtol=1e-8)


def test_a_pair_that_cannot_be_tested_does_not_count() -> None:
    groups = values_of("three") | {"d": np.array([1.0, 2.0])}
    pairs = compare_pairs(groups, kind="mean").set_index(["group", "reference_group"])
    alone = compare_pairs(values_of("three"), kind="mean").set_index(["group", "reference_group"])
    np.testing.assert_allclose(pairs.loc[alone.index, "p_holm"], alone["p_holm"], rtol=1e-12)
    assert pairs.loc["d", "reason"].unique().tolist() == ["no test: a group has 2 known values, fewer than 8"]
    assert pairs.loc["d", "p_holm"].isna().all()
    assert len(compare_pairs({"a": [1.0] * 9}, kind="mean")) == 0


def test_order_and_unit_do_not_matter() -> None:
    groups = list(values_of("regimens").values())
    plain = choose_continuous_test(groups, kind="median")
    turned = choose_continuous_test([-group[::-1] * 4 for group in groups], kind="median")
    assert turned.p_value == pytest.approx(plain.p_value, rel=1e-12)
    assert turned.estimate == pytest.approx(-4 * plain.estimate, rel=1e-12)
    assert turned.conf_low == pytest.approx(-4 * plain.conf_high, rel=1e-12)


@pytest.mark.parametrize("row", pd.read_csv(ORACLES / "comparisons_shape.csv").to_dict("records"),
                         ids=lambda row: f"{row['dataset']}-{row['group']}")  # fmt: skip
def test_shape_agrees_with_r(row: dict) -> None:
    values = values_of(row["dataset"])[row["group"]]
    assert shapiro_wilk_p(values) == pytest.approx(row["shapiro_p"], rel=1e-8)
    assert estimate_skewness(values) == pytest.approx(row["skewness"], rel=1e-8)


def test_automatic_summary() -> None:
    normal = values_of("eights")  # Shapiro-Wilk P 0.96 and 0.99, skewness 0.46 and -0.10
    assert choose_summary(list(normal.values())).kind == "mean"
    skewed = choose_summary([normal["a"], np.exp(normal["b"])])
    assert (skewed.kind, skewed.reason) == ("median", "Shapiro-Wilk P below 0.05 in a group")
    few = choose_summary([normal["a"][:7]])
    assert (few.kind, few.reason) == ("median", "no group has 8 or more values to judge by")
    constant = choose_summary([[5.0] * 10])
    assert constant.kind == "mean"
    assert math.isnan(constant.smallest_p)
    many = choose_summary([np.linspace(0, 1, 6000) ** 4])  # beyond 5000 only skewness judges
    assert (many.kind, many.reason) == ("median", "skewness beyond 1 in a group")


def test_skewness_alone_can_decide() -> None:
    values = [1.0, 2.0, 3.0, 3.5, 4.0, 4.5, 5.0, 9.5]
    choice = choose_summary([values])
    assert choice.smallest_p > 0.05
    assert choice.largest_skewness > 1
    assert choice.reason == "skewness beyond 1 in a group"


def test_cdisc_pilot_demographics() -> None:
    data = pd.read_csv(ORACLES / "cdisc_pilot_input.csv")
    oracle = pd.read_csv(ORACLES / "cdisc_pilot.csv").set_index(["variable", "test"])
    arms = ["Xanomeline High Dose", "Xanomeline Low Dose", "Placebo"]
    assert [int((data["TRT01P"] == arm).sum()) for arm in arms] == [84, 84, 86]
    for variable in ("AGE", "WEIGHTBL", "BMIBL"):
        groups = [data.loc[data["TRT01P"] == arm, variable] for arm in arms]
        result = choose_continuous_test(groups, kind="mean", option="equal_variances")
        row = oracle.loc[(variable, "anova")]
        assert round(result.p_value, 4) == row["published_p"]
        assert result.n == row["n"]
        np.testing.assert_allclose([result.statistic, result.p_value], row[["statistic", "p_value"]], rtol=1e-8)
        welch = choose_continuous_test(groups, kind="mean")
        assert welch.p_value == pytest.approx(oracle.loc[(variable, "welch_anova"), "p_value"], rel=1e-8)


def test_a_large_comparison_needs_no_more_than_the_test() -> None:
    draw = np.random.default_rng(20230712)
    groups = [draw.normal(size=50_000), draw.normal(size=50_000)]
    result = choose_continuous_test(groups, kind="median", shift=False)
    assert math.isnan(result.estimate)
    assert 0 < result.p_value < 1
