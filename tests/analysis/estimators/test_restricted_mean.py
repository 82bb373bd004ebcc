"""Do restricted means and their standard errors agree with R, where lifelines does not?"""

from __future__ import annotations

import math
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.estimators.restricted_mean import compare_restricted_means, restricted_mean
from analysis.estimators.survival import estimate_curve, value_at

ORACLES = Path(__file__).parents[2] / "oracles"
INPUT = pd.read_csv(ORACLES / "survival_input.csv")
ORACLE = pd.read_csv(ORACLES / "restricted_mean.csv")


def curve_of(dataset: str, group: str) -> pd.DataFrame:
    part = INPUT[(INPUT["dataset"] == dataset) & (INPUT["group"] == group)]
    return estimate_curve(part["time"], part["event"], part["competing"])


def test_means_and_standard_errors_agree_with_r():
    assert len(ORACLE) == 49
    for row in ORACLE.itertuples():
        found = restricted_mean(curve_of(row.dataset, row.group), row.horizon)
        np.testing.assert_allclose(
            [found.estimate, found.std_error], [row.estimate, row.std_error], rtol=1e-8, atol=1e-12
        )


@pytest.mark.parametrize(
    ("dataset", "with_tac", "alone"), [("imn_e1", 11.029, 11.401), ("imn_e2", 7.147, 8.388)]
)  # domain.md 5.1
def test_published_means(dataset: str, with_tac: float, alone: float):
    curves = curve_of(dataset, "RTX+TAC"), curve_of(dataset, "RTX")
    means = [restricted_mean(curve, 12) for curve in curves]
    assert [round(mean.estimate, 3) for mean in means] == [with_tac, alone]
    difference = compare_restricted_means(*curves, 12)
    assert difference.estimate == pytest.approx(means[0].estimate - means[1].estimate, rel=1e-12)
    assert difference.std_error == pytest.approx(math.hypot(means[0].std_error, means[1].std_error), rel=1e-12)
    assert difference.conf_low == pytest.approx(difference.estimate - 1.959964 * difference.std_error, rel=1e-6)


def test_lifelines_reports_another_spread():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifelines import KaplanMeierFitter
        from lifelines.utils import restricted_mean_survival_time

        part = INPUT[(INPUT["dataset"] == "imn_e1") & (INPUT["group"] == "RTX+TAC")]
        fit = KaplanMeierFitter().fit(part["time"], part["event"])
        mean, variance = restricted_mean_survival_time(fit, t=12, return_variance=True)
    ours = restricted_mean(curve_of("imn_e1", "RTX+TAC"), 12)
    assert float(mean) == pytest.approx(ours.estimate, rel=1e-6)
    assert ours.std_error == pytest.approx(0.346722903526489, rel=1e-8)  # R, restricted_mean.csv
    assert math.sqrt(float(variance)) > 4 * ours.std_error


def test_without_censoring_it_is_the_mean_of_the_times_cut_at_the_horizon():
    times = np.array([2.0, 3, 3, 7, 11, 15])
    found = restricted_mean(estimate_curve(times, np.ones(6)), 10)
    cut = np.minimum(times, 10)
    assert found.estimate == pytest.approx(cut.mean(), rel=1e-12)
    assert found.std_error == pytest.approx(cut.std() / math.sqrt(6), rel=1e-12)


def test_area_is_that_of_the_curve():
    curve = curve_of("competing", "b")
    middles = np.linspace(0, 12, 240_001)[:-1] + 12 / 480_000
    free = 1 - value_at(curve, middles)["estimate"]
    assert restricted_mean(curve, 12).estimate == pytest.approx(12 * free.mean(), rel=1e-4)


@pytest.mark.parametrize(
    ("time", "event", "horizon", "reason"),
    [
        ([], [], 12, "not estimable: no patients"),
        ([3, 6], [True, False], 12, "not estimable: follow-up ends at month 6"),
        ([3, 6], [True, False], 0, "not estimable: the horizon must lie after month 0"),
    ],
)
def test_what_cannot_be_estimated_has_a_reason(time: list, event: list, horizon: float, reason: str):
    curve = estimate_curve(time, event)
    found = restricted_mean(curve, horizon)
    assert np.isnan([found.estimate, found.std_error, found.conf_low]).all()
    assert found.reason == reason
    assert compare_restricted_means(curve_of("imn_e1", "RTX"), curve, horizon).reason == reason


def test_no_events_is_the_whole_horizon_without_a_test():
    curve = estimate_curve([12, 12], [False, False])
    found = restricted_mean(curve, 12)
    assert (found.estimate, found.std_error, found.reason) == (12, 0, "no interval: all patients are alike in this")
    assert np.isnan([found.conf_low, found.conf_high]).all()
    varied = estimate_curve([3, 6, 12], [True, True, False])
    for other, months in ((curve, 0), (varied, 5)):
        difference = compare_restricted_means(curve, other, 12)
        assert (difference.estimate, difference.reason) == (months, found.reason)
        assert np.isnan([difference.conf_low, difference.conf_high, difference.p_value]).all()


def test_one_patient_with_an_event():
    found = restricted_mean(estimate_curve([4], [True]), 12)
    assert (found.estimate, found.std_error) == (4, 0)
