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
    smd_null_range,
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
