"""Do tests of tables of counts agree with R, and does the rule choose the right one?"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.estimators.contingency import ONE_GROUP, ONE_LEVEL, choose_categorical_test, compare_pearson
from analysis.estimators.exact_tables import (
    SIMULATED_TABLES,
    compare_boschloo,
    compare_freeman_halton,
    compare_mid_p,
)
from analysis.estimators.fisher import compare_fisher
from analysis.estimators.table_ways import count_tables

ORACLES = Path(__file__).parents[2] / "oracles"
TWO = pd.read_csv(ORACLES / "contingency_2x2.csv").to_dict("records")
LARGER = pd.read_csv(ORACLES / "contingency_rxc.csv").to_dict("records")
PEARSON = "Pearson chi-square test without continuity correction"
FREEMAN_HALTON = "Fisher-Freeman-Halton exact test"


def counts_of(row: dict) -> list[list[int]]:
    return [[row["k1"], row["k0"]], [row["n1"] - row["k1"], row["n0"] - row["k0"]]]


def table_of(row: dict) -> np.ndarray:
    return np.array(row["cells"].split(), dtype=int).reshape(-1, row["levels"]).T


@pytest.mark.parametrize("row", TWO, ids=lambda row: f"{row['k1']}of{row['n1']}-{row['k0']}of{row['n0']}")
def test_two_by_two_agrees_with_r(row: dict) -> None:
    counts, pair = counts_of(row), (row["k1"], row["n1"], row["k0"], row["n0"])
    plain, yates = compare_pearson(counts), compare_pearson(counts, correct=True)
    got = [plain.statistic, plain.p_value, yates.statistic, yates.p_value, compare_fisher(*pair).p_value,
           compare_mid_p(*pair).p_value, compare_boschloo(*pair).p_value]  # fmt: skip
    names = ["pearson_statistic", "pearson", "yates_statistic", "yates", "fisher", "mid_p", "boschloo"]
    np.testing.assert_allclose(got, [row[name] for name in names], rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("row", TWO, ids=lambda row: f"{row['k1']}of{row['n1']}-{row['k0']}of{row['n0']}")
def test_two_by_two_rule(row: dict) -> None:
    counts = counts_of(row)
    default = choose_categorical_test(counts)
    fisher = row["smallest_expected"] < 5
    assert default.method == ("Fisher's exact test" if fisher else PEARSON)
    assert default.p_value == pytest.approx(row["fisher" if fisher else "pearson"], rel=1e-8)
    for option in ("pearson", "yates", "fisher", "mid_p", "boschloo"):
        chosen = choose_categorical_test(counts, option=option)
        assert chosen.p_value == pytest.approx(row[option], rel=1e-8)


def test_both_sides_of_the_rule_are_met() -> None:
    small = [row["smallest_expected"] < 5 for row in TWO]
    assert (sum(small), len(small) - sum(small)) == (6, 4)


@pytest.mark.parametrize("row", LARGER, ids=lambda row: row["table"])
def test_larger_tables_agree_with_r(row: dict) -> None:
    table = table_of(row)
    plain, exact = compare_pearson(table), compare_freeman_halton(table)
    got, wanted = [plain.statistic, plain.df, plain.p_value], [row["statistic"], row["df"], row["pearson"]]
    np.testing.assert_allclose(got, wanted, rtol=1e-8)
    if row["table"] in ("wide", "too_many"):
        assert abs(exact.p_value - row["exact"]) < 4 * max(exact.std_error, 1 / SIMULATED_TABLES)
        assert exact.method == "Fisher-Freeman-Halton test, 19,999 simulated tables, seed 20230712"
    else:
        assert exact.p_value == pytest.approx(row["exact"], rel=1e-8)
        assert exact.method == FREEMAN_HALTON
        assert math.isnan(exact.std_error)


@pytest.mark.parametrize("row", LARGER, ids=lambda row: row["table"])
def test_larger_tables_follow_cochrans_rule(row: dict) -> None:
    trusted = row["share_below_5"] <= 0.2 and row["smallest_expected"] >= 1
    chosen = choose_categorical_test(table_of(row))
    assert chosen.method.startswith("Pearson" if trusted else "Fisher-Freeman-Halton")
    for option in ("yates", "mid_p", "boschloo"):  # exist for 2 x 2 only
        same = choose_categorical_test(table_of(row), option=option)
        assert (same.method, same.p_value) == (chosen.method, chosen.p_value)
    assert choose_categorical_test(table_of(row), option="pearson").method == PEARSON
    assert choose_categorical_test(table_of(row), option="fisher").p_value == pytest.approx(row["exact"], abs=0.02)


def test_simulation_repeats_and_turning_the_table_changes_nothing() -> None:
    table = table_of(LARGER[-1])
    first = compare_freeman_halton(table)
    assert compare_freeman_halton(table).p_value == first.p_value
    small = table_of(LARGER[3])
    assert compare_freeman_halton(small.T).p_value == pytest.approx(compare_freeman_halton(small).p_value, rel=1e-12)
    shuffled = small[[2, 0, 3, 1]][:, [1, 2, 0]]
    assert compare_freeman_halton(shuffled).p_value == pytest.approx(compare_freeman_halton(small).p_value, rel=1e-12)


def test_every_table_is_counted() -> None:
    """The chances of all tables sum to the closed form n! / (product of row and column factorials)."""
    rows, columns = np.array([4, 7, 5]), np.array([6, 3, 7])
    weights, ways = count_tables(rows, columns)
    factorials = np.prod([math.factorial(total) for total in [*rows, *columns]], dtype=float)
    assert (ways * np.exp(weights)).sum() == pytest.approx(math.factorial(16) / factorials, rel=1e-12)


def test_a_two_by_two_table_is_fishers() -> None:
    exact = compare_freeman_halton(np.array([[3, 7], [9, 2]]))
    assert exact.p_value == pytest.approx(compare_fisher(3, 12, 7, 9).p_value, rel=1e-12)


def test_cdisc_pilot_sex() -> None:
    data = pd.read_csv(ORACLES / "cdisc_pilot_input.csv")
    counts = pd.crosstab(data["SEX"], data["TRT01P"])
    result = choose_categorical_test(counts)
    assert result.method == PEARSON
    assert round(result.p_value, 4) == 0.1409  # published Table 14-2.01
    oracle = pd.read_csv(ORACLES / "cdisc_pilot.csv").set_index("test").loc["pearson"]
    assert result.p_value == pytest.approx(oracle["p_value"], rel=1e-8)


@pytest.mark.parametrize(("counts", "reason"), [
    ([[5, 0], [3, 0]], "not estimable: no patients"),
    ([[5, 8], [0, 0]], ONE_LEVEL),
    ([[5], [3]], ONE_GROUP),
    ([[0, 0], [0, 0]], "not estimable: no patients"),
    ([[5, 8, 0], [1, 2, 0], [3, 3, 0]], "not estimable: no patients"),
])  # fmt: skip
@pytest.mark.parametrize("option", ["default", "pearson", "yates", "fisher", "mid_p", "boschloo"])
def test_degenerate_tables_have_a_reason(counts: list, option: str, reason: str) -> None:
    result = choose_categorical_test(counts, option=option)
    assert math.isnan(result.p_value)
    assert result.reason == reason


def test_empty_levels_do_not_count() -> None:
    with_empty = choose_categorical_test([[12, 22], [0, 0], [22, 35]])
    assert with_empty.p_value == choose_categorical_test([[12, 22], [22, 35]]).p_value
    assert with_empty.df == 1


def test_empty_groups_and_large_tables_of_the_two_by_two_tests() -> None:
    assert compare_mid_p(0, 0, 3, 5).reason == "not estimable: no patients"
    assert compare_boschloo(0, 0, 3, 5).reason == "not estimable: no patients"
    assert compare_boschloo(10, 1500, 20, 1500).reason == "not computed: more than 2000 patients"
    large = choose_categorical_test([[900, 950], [1100, 1050]], option="boschloo")
    assert large.method == PEARSON


def test_forty_levels_are_one_test() -> None:
    draw = np.random.default_rng(20230712)
    result = choose_categorical_test(draw.multinomial(91, np.full(80, 1 / 80)).reshape(40, 2))
    assert result.method.startswith("Fisher-Freeman-Halton")
    assert 0 < result.p_value <= 1
