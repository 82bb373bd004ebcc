"""Is Turnbull's curve right on adjacent visits, where lifelines is not, and does it agree with R?"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.estimators.bootstrap import bootstrap_band, bootstrap_curves
from analysis.estimators.survival import estimate_curve, value_at
from analysis.estimators.turnbull import estimate_turnbull, turnbull_at
from analysis.results import CohortError

ORACLES = Path(__file__).parents[2] / "oracles"
INPUT = pd.read_csv(ORACLES / "turnbull_input.csv")
ORACLE = pd.read_csv(ORACLES / "turnbull.csv")
SKELETON = pd.read_csv(ORACLES / "survival_input.csv").query("dataset == 'imn_e1'")


def bounds(dataset: str) -> tuple[pd.Series, pd.Series]:
    part = INPUT[INPUT["dataset"] == dataset]
    return part["low"], part["high"]


@pytest.mark.parametrize("dataset", sorted(set(ORACLE["dataset"])))
def test_curve_maximises_the_likelihood_as_in_r(dataset: str):
    oracle = ORACLE[ORACLE["dataset"] == dataset]
    curve = estimate_turnbull(*bounds(dataset))
    mass_until = [curve.loc[curve["high"] <= time, "mass"].sum() for time in oracle["time"]]
    np.testing.assert_allclose(mass_until, oracle["estimate"], rtol=0, atol=2e-8)
    np.testing.assert_allclose(mass_until, oracle["survfit"], rtol=0, atol=5e-4)  # R's search stops early
    assert curve["mass"].sum() == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize(("dataset", "percent"), [("tac", 37.132), ("rtx", 26.388)])  # domain.md 3.4
def test_published_rates_at_month_12(dataset: str, percent: float):
    found = turnbull_at(*bounds(dataset), [12], replicates=50)
    assert round(100 * found["estimate"].iloc[0], 3) == percent


@pytest.mark.parametrize(("dataset", "group"), [("tac", "RTX+TAC"), ("rtx", "RTX")])
def test_on_a_common_grid_it_is_kaplan_meier_at_the_visits(dataset: str, group: str):
    part = SKELETON[SKELETON["group"] == group]
    curve = value_at(estimate_curve(part["time"], part["event"]), [3, 6, 9, 12])["estimate"]
    found = turnbull_at(*bounds(dataset), [3, 6, 9, 12], replicates=50)["estimate"]
    np.testing.assert_allclose(found, curve, rtol=0, atol=1e-9)


def test_lifelines_closes_both_ends():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifelines import KaplanMeierFitter

        fit = KaplanMeierFitter().fit_interval_censoring(*(bound.to_numpy() for bound in bounds("tac")))
    at_12 = 1 - float(np.asarray(fit.survival_function_.loc[:12].iloc[-1]).max())
    assert at_12 < 0.25  # 20.6 % in domain.md 3.4, where 37.1 % is right


def test_exact_times_only_are_the_plain_shares():
    curve = estimate_turnbull([2, 4, 4, 9], [2, 4, 4, 9])
    assert curve["high"].tolist() == [2, 4, 9]
    np.testing.assert_allclose(curve["estimate"], [0.25, 0.75, 1], rtol=1e-9)


def test_adjacent_intervals_share_no_time():
    curve = estimate_turnbull([0, 3], [3, 6])
    assert curve[["low", "high"]].to_numpy().tolist() == [[0, 3], [3, 6]]
    np.testing.assert_allclose(curve["mass"], [0.5, 0.5], rtol=1e-9)


def test_inside_a_cell_and_beyond_the_last_visit_nothing_is_claimed():
    found = turnbull_at([0, 3, 6], [3, 6, np.inf], [1.5, 3, 6, 9], replicates=50)
    assert found["estimate"].isna().tolist() == [True, False, False, True]
    assert found["reason"].tolist() == [
        "not estimable: not known how the events lie between month 0 and month 3", "", "",
        "not estimable: follow-up ends at month 6",
    ]  # fmt: skip


def test_band_comes_again_and_holds_the_curve():
    found, again = (turnbull_at(*bounds("skipped"), [3, 6, 9]) for _ in range(2))
    pd.testing.assert_frame_equal(found, again)
    assert (found["conf_low"] < found["estimate"]).all()
    assert (found["estimate"] < found["conf_high"]).all()
    other = turnbull_at(*bounds("skipped"), [3, 6, 9], seed=1)
    assert not other["conf_low"].equals(found["conf_low"])


@pytest.mark.parametrize(("low", "high"), [([-1], [3]), ([np.nan], [3]), ([6], [3])])
def test_impossible_intervals_are_refused(low: list, high: list):
    with pytest.raises(CohortError, match="Of 1 intervals"):
        estimate_turnbull(low, high)


def test_no_patients_one_patient_and_no_events():
    assert estimate_turnbull([], [])["reason"].tolist() == ["not estimable: no patients"]
    assert turnbull_at([], [], [3, 6])["reason"].tolist() == ["not estimable: no patients"] * 2
    assert estimate_turnbull([3], [6])["estimate"].tolist() == [1]
    found = turnbull_at([6, 12], [np.inf, np.inf], [6, 12], replicates=50)
    assert found["estimate"].tolist() == [0, 0]


# ---------------------------------------------------------------- bootstrap of the step curve


def test_each_bootstrap_curve_is_the_curve_of_its_sample():
    part = SKELETON[SKELETON["group"] == "RTX"]
    curves = bootstrap_curves(part["time"], part["event"], times=[3, 6, 9, 12], replicates=1_000)
    plain = value_at(estimate_curve(part["time"], part["event"]), [3, 6, 9, 12])
    assert curves.shape == (1_000, 4)
    np.testing.assert_allclose(curves.mean(axis=0), plain["estimate"], atol=0.01)
    np.testing.assert_allclose(curves.std(axis=0)[1:], plain["std_error"][1:], rtol=0.1)
    assert (np.diff(curves, axis=1) >= 0).all()


def test_bootstrap_with_competing_events_is_near_the_jackknife():
    part = pd.read_csv(ORACLES / "survival_input.csv").query("dataset == 'competing_ties'")
    plain = value_at(estimate_curve(part["time"], part["event"], part["competing"]), [3, 6, 9])
    curves = bootstrap_curves(part["time"], part["event"], part["competing"], times=[3, 6, 9])
    np.testing.assert_allclose(np.nanstd(curves, axis=0), plain["std_error"], rtol=0.1)


def test_band_beyond_follow_up_has_a_reason():
    band = bootstrap_band([3, 6, 6, 6], [True, False, False, False], times=[3, 12])
    assert band["reason"].tolist() == ["", "not estimable: too few samples reach this time"]
    assert np.isnan(band["conf_high"].iloc[1])
    assert np.isnan(bootstrap_curves([], [], times=[3], replicates=5)).all()
