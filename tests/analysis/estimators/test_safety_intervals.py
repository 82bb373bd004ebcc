"""Do the intervals of the adverse-events page agree with R?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.estimators.differences import risk_differences
from analysis.estimators.negative_binomial import compare_recurrent
from analysis.estimators.rates import event_rates, rate_ratios
from analysis.estimators.ratios import odds_ratios, risk_ratios, why_no_ratio

ORACLES = Path(__file__).parents[2] / "oracles"
PAIRS = pd.read_csv(ORACLES / "safety_pairs.csv")
COUNTS = [PAIRS[name] for name in ("k1", "n1", "k0", "n0")]
RATES = pd.read_csv(ORACLES / "safety_rates.csv")


@pytest.mark.parametrize(("interval", "prefix"), [("miettinen_nurminen", "mn"), ("agresti_caffo", "ac")])
def test_differences_agree_with_r(interval: str, prefix: str) -> None:
    _, low, high = risk_differences(*COUNTS, interval=interval)
    np.testing.assert_allclose(low, PAIRS[f"{prefix}_low"], atol=5e-9)
    np.testing.assert_allclose(high, PAIRS[f"{prefix}_high"], atol=5e-9)


def test_newcombe_of_many_pairs_agrees_with_r_and_keeps_its_width_at_zero() -> None:
    oracle = pd.read_csv(ORACLES / "proportions_differences.csv").query("conf_level == 0.95")
    found = risk_differences(*[oracle[name] for name in ("k1", "n1", "k0", "n0")])
    for value, name in zip(found, ("estimate", "conf_low", "conf_high"), strict=True):
        np.testing.assert_allclose(value, oracle[name], atol=1e-12)
    _, low, high = risk_differences(0, 10, 0, 12)
    assert (round(100 * low[0], 1), round(100 * high[0], 1)) == (-24.2, 27.8)  # issue 7


@pytest.mark.parametrize(("estimator", "prefix"), [(risk_ratios, "rr"), (odds_ratios, "or")])
def test_ratios_agree_with_r(estimator, prefix: str) -> None:
    for value, name in zip(estimator(*COUNTS), (prefix, f"{prefix}_low", f"{prefix}_high"), strict=True):
        np.testing.assert_allclose(value, PAIRS[name], rtol=5e-8)


def test_golden_ratios_of_the_first_paper() -> None:
    assert [round(float(value[0]), 2) for value in odds_ratios(6, 34, 11, 57)] == [0.90, 0.24, 3.01]  # domain.md 3.5
    assert [round(float(value[0]), 3) for value in risk_ratios(6, 34, 11, 57)] == [0.914, 0.373, 2.155]


def test_nothing_is_added_to_a_zero() -> None:
    reasons = why_no_ratio([0, 5, 1, 0], [10, 5, 9, 0], [3, 2, 2, 1], [12, 8, 9, 9])
    assert list(reasons) == [
        "not estimable: no events in one group", "not estimable: everyone in one group had the event", "",
        "not estimable: no patients",
    ]  # fmt: skip
    assert np.isnan(risk_ratios(0, 10, 3, 12)).all()


def test_rates_and_their_ratios_agree_with_r() -> None:
    names = ("rate", "low", "high")
    for value, name in zip(event_rates(RATES["x1"], RATES["t1"]), names, strict=True):
        np.testing.assert_allclose(value, RATES[name], rtol=1e-9)
    found = rate_ratios(*[RATES[name] for name in ("x1", "t1", "x0", "t0")])
    for value, name in zip(found, ("ratio", "ratio_low", "ratio_high"), strict=True):
        np.testing.assert_allclose(value, RATES[name], rtol=1e-9)


def test_recurrent_events_agree_with_glm_nb() -> None:
    counts, oracle = (pd.read_csv(ORACLES / f"safety_recurrent{part}.csv") for part in ("_input", ""))
    found = compare_recurrent(counts["events"], counts["time"], counts["group"])
    expected = oracle.iloc[0]
    assert found.estimate == pytest.approx(expected["ratio"], rel=1e-6)
    assert found.std_error == pytest.approx(expected["std_error"], rel=1e-6)
    assert (found.conf_low, found.conf_high) == pytest.approx((expected["conf_low"], expected["conf_high"]), rel=1e-6)


def test_recurrent_events_need_someone_with_two() -> None:
    found = compare_recurrent([1, 0, 1, 0], [1, 1, 1, 1], [True, True, False, False])
    assert found.reason == "not estimable: no patient had more than one event"
