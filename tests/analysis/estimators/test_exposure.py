"""A treatment that begins during follow-up: R's start-stop rows, and what cannot be estimated."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.estimators.coding import Covariate
from analysis.estimators.cox import fit_cox
from analysis.estimators.exposure import fit_exposure
from analysis.results import CohortError

ORACLES = Path(__file__).parents[2] / "oracles"
INPUT = pd.read_csv(ORACLES / "exposure_input.csv")


@pytest.mark.parametrize("dataset", ["heart", "visits"])
def test_ratio_is_that_of_start_stop_rows_in_r(dataset: str) -> None:
    part = INPUT[INPUT["dataset"] == dataset]
    found = fit_exposure(part["time"], part["event"], part["begin"])
    oracle = pd.read_csv(ORACLES / "exposure.csv").set_index("dataset").loc[dataset]
    for name in ("std_error", "conf_low", "conf_high", "p_value"):
        assert getattr(found, name) == pytest.approx(oracle[name], rel=1e-8)
    assert found.estimate == pytest.approx(oracle["hazard_ratio"], rel=1e-8)


def test_exposure_from_the_start_is_a_plain_group() -> None:
    part = INPUT[INPUT["dataset"] == "visits"].assign(
        group=lambda rows: rows["begin"].notna().map({True: "on", False: "off"})
    )
    begin = np.where(part["begin"].notna(), 0.0, np.nan)
    found = fit_exposure(part["time"], part["event"], begin)
    plain = fit_cox(part, [Covariate(name="group", scale="levels", reference="off", levels=("on", "off"))]).terms.iloc[
        0
    ]
    assert found.estimate == pytest.approx(plain["hazard_ratio"], rel=1e-9)
    assert found.p_value == pytest.approx(plain["p_value"], rel=1e-7)


def test_the_wait_for_the_exposure_is_not_credited_to_it() -> None:
    rng = np.random.default_rng(1)
    time, begin = rng.exponential(6, 4000), rng.exponential(6, 4000)
    begin = np.where(begin < time, begin, np.nan)  # only who waits long enough gets it; it does nothing
    naive = fit_exposure(time, np.ones(4000), np.where(np.isnan(begin), np.nan, 0.0))
    honest = fit_exposure(time, np.ones(4000), begin)
    assert naive.conf_high < 0.7  # immortal time makes it look protective
    assert honest.conf_low < 1 < honest.conf_high


@pytest.mark.parametrize(
    ("time", "event", "begin", "reason"),
    [
        ([], [], [], "no events"),
        ([3, 6, 9], [0, 0, 0], [1, np.nan, 1], "no events"),
        ([3, 6, 9], [1, 1, 1], [1, np.nan, 1], "at least 5 events"),
        ([3] * 6, [1] * 6, [np.nan] * 6, "never at risk together"),
        ([3] * 6, [1] * 6, [1] * 6, "never at risk together"),
        ([3] * 5 + [6] * 5, [1] * 5 + [0] * 5, [np.nan] * 5 + [1] * 5, "no event after the exposure"),
        ([3] * 5 + [6] * 5, [1] * 5 + [0] * 5, [1] * 5 + [np.nan] * 5, "every event came after"),
    ],
)  # fmt: skip
def test_what_cannot_be_estimated_has_a_reason(time, event, begin, reason: str) -> None:
    found = fit_exposure(time, event, begin)
    assert reason in found.reason
    assert np.isnan([found.estimate, found.conf_low, found.p_value]).all()


def test_exposure_at_the_time_of_the_event_came_too_late() -> None:
    time, event = [3.0] * 4 + [6.0] * 6, [1] * 4 + [1, 1, 0, 0, 1, 0]
    late = fit_exposure(time, event, [3.0, 3.0, np.nan, np.nan, 1, 1, 1, np.nan, np.nan, np.nan])
    never = fit_exposure(time, event, [np.nan] * 4 + [1, 1, 1, np.nan, np.nan, np.nan])
    assert late.estimate == never.estimate


def test_wrong_times_are_refused() -> None:
    with pytest.raises(CohortError, match="1 are negative and 1 missing"):
        fit_exposure([-1, np.nan], [1, 1], [0, 0])
