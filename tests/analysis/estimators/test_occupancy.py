"""Do state probabilities agree with R, and do months in remission keep their laws?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.estimators.occupancy import compare_mean_months, estimate_occupancy, mean_months, tabulate_states
from analysis.estimators.restricted_mean import restricted_mean
from analysis.estimators.survival import estimate_curve
from analysis.results import CohortError

ORACLES = Path(__file__).parents[2] / "oracles"
INPUT = pd.read_csv(ORACLES / "occupancy_input.csv")
ORACLE = pd.read_csv(ORACLES / "occupancy.csv")
STATES, VISITS = ("active", "PR", "CR"), (0, 3, 6, 9, 12)


def table_of(frame: pd.DataFrame, **options):
    return tabulate_states(frame, **({"states": STATES, "times": VISITS} | options))


@pytest.mark.parametrize("group", ["a", "b"])
def test_occupancy_and_months_agree_with_r(group: str):
    table = table_of(INPUT[INPUT["group"] == group])
    oracle = ORACLE[ORACLE["group"] == group].set_index(["time", "state"])
    found = estimate_occupancy(table).set_index(["time", "state"])
    assert len(oracle) == 15
    np.testing.assert_allclose(found["estimate"], oracle.loc[found.index, "estimate"], rtol=1e-8)
    for state in STATES:
        months = mean_months(table, [state], 12, replicates=20).estimate
        assert months == pytest.approx(oracle.loc[(12, state), "months"], rel=1e-8)


def test_shares_add_to_one_and_months_to_the_horizon():
    table = table_of(INPUT)
    found = estimate_occupancy(table)
    np.testing.assert_allclose(found.groupby("time")["estimate"].sum(), 1, rtol=1e-12)
    assert mean_months(table, STATES, 12, replicates=20).estimate == pytest.approx(12, rel=1e-12)
    earlier, later = (mean_months(table, ["CR"], horizon, replicates=20).estimate for horizon in (7, 12))
    assert 0 < earlier < later


def test_without_dropping_out_it_is_the_plain_share():
    whole = INPUT.groupby("patient_id").filter(lambda part: len(part) == 5)
    found = estimate_occupancy(table_of(whole))
    shares = whole.groupby("time")["state"].value_counts(normalize=True)
    for row in found.itertuples():
        assert row.estimate == pytest.approx(shares.get((row.time, row.state), 0.0), rel=1e-12)
    assert (found["n_followed"] == whole["patient_id"].nunique()).all()


@pytest.mark.parametrize(("group", "months"), [("RTX+TAC", 12 - 11.029), ("RTX", 12 - 11.401)])  # domain.md 5.1
def test_a_state_never_left_lasts_the_horizon_less_the_restricted_mean(group: str, months: float):
    part = pd.read_csv(ORACLES / "survival_input.csv").query("dataset == 'imn_e1' and group == @group")
    rows = [
        (number, visit, "CR" if row.event and visit >= row.time else "active")
        for number, row in enumerate(part.itertuples())
        for visit in VISITS
        if row.event or visit <= row.time
    ]
    table = table_of(pd.DataFrame(rows, columns=["patient_id", "time", "state"]))
    found = mean_months(table, ["CR"], 12)
    assert round(found.estimate, 3) == round(months, 3)
    mean = restricted_mean(estimate_curve(part["time"], part["event"]), 12)
    assert found.estimate == pytest.approx(12 - mean.estimate, rel=1e-10)
    assert found.std_error == pytest.approx(mean.std_error, rel=0.1)


def test_difference_comes_again_and_holds_its_estimate():
    tables = [table_of(INPUT[INPUT["group"] == group]) for group in ("a", "b")]
    found, again = (compare_mean_months(*tables, ["PR", "CR"], 12) for _ in range(2))
    assert found == again
    means = [mean_months(table, ["PR", "CR"], 12).estimate for table in tables]
    assert found.estimate == pytest.approx(means[0] - means[1], rel=1e-12)
    assert found.conf_low < found.estimate < found.conf_high
    assert found.method.endswith("1,000 bootstrap samples, seed 20230712")


def test_nobody_one_patient_and_a_lost_state():
    empty = table_of(INPUT.head(0))
    assert estimate_occupancy(empty)["reason"].eq("not estimable: no patients").all()
    assert mean_months(empty, ["CR"], 12).reason == "not estimable: no patients"
    one = table_of(INPUT[INPUT["patient_id"] == "P02"])
    assert compare_mean_months(one, empty, ["CR"], 12).reason == "not estimable: no patients"
    gone = table_of(pd.DataFrame({"patient_id": [1, 2, 2], "time": [0, 0, 3], "state": ["PR", "CR", "CR"]}))
    found = estimate_occupancy(gone).set_index(["time", "state"])
    assert found.loc[(0, "CR"), "estimate"] == 0.5
    assert np.isnan(found.loc[(3, "CR"), "estimate"])
    assert found.loc[(12, "CR"), "reason"] == "not estimable: nobody in PR at month 0 (1) was seen again at month 3"
    assert mean_months(gone, ["CR"], 12).reason == "not estimable: states are not known up to month 12"


def test_months_of_patients_all_alike_have_no_interval_of_no_width():
    rows = [(patient, time, "active") for patient in range(12) for time in (0, 3, 6, 9, 12)]
    alike = table_of(pd.DataFrame(rows, columns=["patient_id", "time", "state"]))
    found = mean_months(alike, ["PR", "CR"], 12)
    assert (found.estimate, found.reason) == (0, "no interval: all patients are alike in this")
    assert np.isnan([found.conf_low, found.conf_high]).all()
    varied = table_of(INPUT[INPUT["group"] == "a"])
    apart = compare_mean_months(varied, alike, ["PR", "CR"], 12)
    assert apart.estimate == pytest.approx(mean_months(varied, ["PR", "CR"], 12).estimate)
    assert apart.reason == found.reason
    assert np.isnan([apart.conf_low, apart.conf_high]).all()


def test_unknown_states_are_not_seen_and_bad_times_refused():
    frame = pd.DataFrame({"patient_id": [1, 1, 1], "time": [0, 3, 4], "state": ["PR", None, "CR"]})
    assert table_of(frame).codes.tolist() == [[1, -1, -1, -1, -1]]
    with pytest.raises(CohortError, match="1 are negative and 0 missing"):
        table_of(frame.assign(time=[-1, 3, 4]))
