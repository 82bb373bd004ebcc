"""Do quantiles, intervals of means and standardised differences agree with R?"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.estimators.summaries import (
    mean_interval,
    quantiles,
    quantiles_of_runs,
    smd_null_range,
    standard_deviation,
    standardised_difference_binary,
    standardised_difference_categorical,
    standardised_difference_continuous,
)

ORACLES = Path(__file__).parents[2] / "oracles"
INPUT = pd.read_csv(ORACLES / "quantiles_input.csv")
SETTINGS = settings(max_examples=60, derandomize=True, deadline=None, database=None)


@pytest.mark.parametrize("quantile_type", [6, 7])
@pytest.mark.parametrize("dataset", INPUT["dataset"].unique())
def test_quantiles_agree_with_r(dataset: str, quantile_type: int):
    oracle = pd.read_csv(ORACLES / "quantiles.csv").query("dataset == @dataset and type == @quantile_type")
    values = INPUT.loc[INPUT["dataset"] == dataset, "value"]
    found = quantiles(values, oracle["probability"], quantile_type=quantile_type)
    assert len(oracle) == 7
    np.testing.assert_allclose(found, oracle["value"], rtol=1e-12)


@pytest.mark.parametrize(("quantile_type", "expected"), [(6, [72.25, 83, 138.0]), (7, [73.75, 83, 128.0])])
def test_type_6_gives_the_published_creatinine_quartiles(quantile_type: int, expected: list[float]):
    values = INPUT.loc[INPUT["dataset"] == "fsgs_scr", "value"]
    assert quantiles(values, [0.25, 0.5, 0.75], quantile_type=quantile_type).tolist() == expected


def test_quantiles_leave_missing_values_out():
    assert quantiles([np.nan, 3, 8], 0.5, quantile_type=6).tolist() == [5.5]
    assert np.isnan(quantiles([np.nan], [0.25, 0.5], quantile_type=6)).tolist() == [True, True]


@pytest.mark.parametrize("quantile_type", [6, 7])
def test_quantiles_of_many_groups_at_once_agree_with_r(quantile_type: int):
    oracle = pd.read_csv(ORACLES / "quantiles.csv").query("type == @quantile_type")
    names = list(INPUT["dataset"].unique())
    groups = [np.sort(INPUT.loc[INPUT["dataset"] == name, "value"]) for name in names]
    groups.insert(1, np.array([]))  # a group without values stands between two others
    bounds = np.append(0, np.cumsum([len(group) for group in groups]))
    probabilities = sorted(oracle["probability"].unique())
    found = quantiles_of_runs(np.concatenate(groups), bounds, probabilities, quantile_type=quantile_type)
    assert np.isnan(found[1]).all()
    for name, row in zip(names, np.delete(found, 1, axis=0), strict=True):
        expected = oracle[oracle["dataset"] == name].set_index("probability")["value"]
        np.testing.assert_allclose(row, expected[probabilities], rtol=1e-12)


def test_no_group_and_no_value_give_nothing():
    assert quantiles_of_runs([], [0], 0.5).shape == (0, 1)
    assert np.isnan(quantiles_of_runs([], [0, 0], [0.25, 0.5])).tolist() == [[True, True]]


@settings(SETTINGS)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40), st.sampled_from([6, 7]))
def test_one_group_or_many_give_the_same_quantiles(values: list[float], quantile_type: int):
    alone = quantiles(values, [0.1, 0.25, 0.5, 0.9], quantile_type=quantile_type)
    beside = quantiles_of_runs(
        [*sorted(values), *sorted(values)],
        [0, len(values), 2 * len(values)],
        [0.1, 0.25, 0.5, 0.9],
        quantile_type=quantile_type,
    )
    assert alone.tolist() == beside[0].tolist() == beside[1].tolist()


@pytest.mark.parametrize("values", [[1.0, 2.0, 4.0], [5.0, 5.0], list(INPUT["value"])])
def test_standard_deviation_is_that_of_n_minus_one(values: list[float]):
    np.testing.assert_allclose(standard_deviation(np.array(values)), np.std(values, ddof=1), rtol=1e-12)
    assert math.isnan(standard_deviation(np.array(values[:1])))


@pytest.mark.parametrize("n", [2, 4, 7, 11])
def test_equal_values_have_no_spread_even_where_their_mean_is_rounded(n: int):
    assert standard_deviation(np.full(n, 6.1)) == 0.0


def test_mean_interval_agrees_with_r():
    oracle = pd.read_csv(ORACLES / "quantiles_means.csv")
    assert len(oracle) == 12
    for row in oracle.itertuples():
        values = INPUT.loc[INPUT["dataset"] == row.dataset, "value"]
        np.testing.assert_allclose(mean_interval(values, row.conf_level), [row.conf_low, row.conf_high], rtol=1e-8)


@pytest.mark.parametrize("values", [[], [4.2], [4.2, np.nan]])
def test_mean_of_fewer_than_two_has_no_interval(values: list[float]):
    assert np.isnan(mean_interval(values)).tolist() == [True, True]


def test_standardised_differences_agree_with_r():
    continuous = pd.read_csv(ORACLES / "standardised_differences_continuous.csv")
    binary = pd.read_csv(ORACLES / "standardised_differences_binary.csv")
    found = [standardised_difference_continuous(r.mean1, r.sd1, r.mean0, r.sd0) for r in continuous.itertuples()]
    np.testing.assert_allclose(found, continuous["smd"], rtol=1e-12)
    found = [standardised_difference_binary(r.p1, r.p0) for r in binary.itertuples()]
    np.testing.assert_allclose(found, binary["smd"], rtol=1e-12)


def test_categorical_difference_agrees_with_r_whichever_level_is_left_out():
    oracle = pd.read_csv(ORACLES / "standardised_differences_categorical.csv")
    assert oracle["dataset"].nunique() == 4
    for _, rows in oracle.groupby("dataset"):
        found = standardised_difference_categorical(rows["p1"], rows["p0"])
        assert found == pytest.approx(rows["smd"].iloc[0], rel=1e-10)
        assert found == pytest.approx(rows["smd_last_left_out"].iloc[0], rel=1e-10)


def test_two_levels_equal_the_binary_difference():
    assert standardised_difference_categorical([0.7, 0.3], [0.55, 0.45]) == pytest.approx(
        abs(standardised_difference_binary(0.3, 0.45)), rel=1e-12
    )


def test_nothing_varies():
    assert standardised_difference_continuous(3, 0, 3, 0) == 0
    assert math.isnan(standardised_difference_continuous(3, 0, 4, 0))
    assert standardised_difference_binary(0, 0) == 0
    assert math.isnan(standardised_difference_binary(1, 0))
    assert standardised_difference_categorical([1, 0], [1, 0]) == 0
    assert math.isnan(standardised_difference_categorical([0.5, 0.5, 0], [0, 0, 1]))
    assert math.isnan(standardised_difference_categorical([1, 0, 0], [0, 0.5, 0.5]))
    assert math.isnan(standardised_difference_categorical([np.nan, np.nan], [0.5, 0.5]))


def test_null_range_agrees_with_r():
    oracle = pd.read_csv(ORACLES / "standardised_differences_null.csv")
    for row in oracle.itertuples():
        assert smd_null_range(row.n1, row.n0) == pytest.approx((-row.high, row.high), rel=1e-12)
    assert round(smd_null_range(34, 57)[1] / 1.96, 3) == 0.217  # domain.md 3.2
    assert np.isnan(smd_null_range(0, 57)).all()


@SETTINGS
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40), st.randoms(use_true_random=False))
def test_quantiles_ignore_order_and_stay_within_the_data(values: list[float], random: object):
    shuffled = list(values)
    random.shuffle(shuffled)
    for quantile_type in (6, 7):
        found = quantiles(values, [0.25, 0.5, 0.75], quantile_type=quantile_type)
        assert found.tolist() == quantiles(shuffled, [0.25, 0.5, 0.75], quantile_type=quantile_type).tolist()
        assert min(values) <= found[0] <= found[1] <= found[2] <= max(values)
