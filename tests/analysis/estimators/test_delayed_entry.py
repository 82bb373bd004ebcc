"""Do curves of patients who come under observation late agree with R, and stop where they must?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.estimators.incidence import NO_EVENT_YET
from analysis.estimators.survival import differences_over, estimate_curve, median_time, value_at
from analysis.results import CohortError

ORACLES = Path(__file__).parents[2] / "oracles"
INPUT, CURVES = (pd.read_csv(ORACLES / f"delayed_entry{part}.csv") for part in ("_input", ""))


def curve_of(dataset: str) -> pd.DataFrame:
    rows = INPUT[INPUT["dataset"] == dataset]
    return estimate_curve(rows["time"], rows["event"] == 1, rows["competing"] == 1, entry=rows["entry"])


def beside(dataset: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Put our rows beside those of R, which has none at the times of entry alone."""
    curve, oracle = curve_of(dataset), CURVES[CURVES["dataset"] == dataset].reset_index(drop=True)
    place = np.abs(curve["time"].to_numpy()[:, None] - oracle["time"].to_numpy()).argmin(axis=0)
    return curve.iloc[place].reset_index(drop=True), oracle


@pytest.mark.parametrize("dataset", ["days", "ties", "competing"])
def test_risk_sets_and_estimates_are_those_of_r(dataset: str) -> None:
    ours, oracle = beside(dataset)
    for column in ("time", "n_risk", "n_event", "estimate"):
        np.testing.assert_allclose(ours[column], oracle[column], rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("dataset", ["days", "ties"])
def test_errors_and_limits_of_kaplan_meier_are_those_of_r(dataset: str) -> None:
    ours, oracle = beside(dataset)
    limits = (oracle["conf_low"].notna() & ours["reason"].ne(NO_EVENT_YET)).to_numpy()
    assert limits.sum() > 25
    for column in ("std_error", "conf_low", "conf_high"):
        np.testing.assert_allclose(ours.loc[limits, column], oracle.loc[limits, column], rtol=1e-8)


def test_the_error_of_aalen_johansen_is_close_to_the_jackknife_of_r() -> None:
    ours, oracle = beside("competing")
    ratio = (ours["std_error"] / oracle["std_error"])[oracle["n_risk"] >= 10]
    assert ratio.between(0.9, 1.1).all()


def test_four_patients_by_hand() -> None:
    # at 2: A, B at risk, A has the event; at 5: B, C, D at risk (C from 2, D from 3), C has it; at 7: B, D, B has it
    curve = estimate_curve([2, 7, 5, 9], [True, True, True, False], entry=[0, 0, 2, 3]).set_index("time")
    assert curve["n_risk"].to_dict() == {0: 4, 2: 2, 3: 2, 5: 3, 7: 2, 9: 1}
    assert curve.loc[7, "estimate"] == pytest.approx(1 - (1 / 2) * (2 / 3) * (1 / 2))


def test_entry_at_zero_is_no_delay() -> None:
    rows = INPUT[INPUT["dataset"] == "ties"]
    plain = estimate_curve(rows["time"], rows["event"] == 1)
    pd.testing.assert_frame_equal(plain, estimate_curve(rows["time"], rows["event"] == 1, entry=0 * rows["time"]))


def test_a_curve_whose_risk_set_empties_by_an_event_is_withheld() -> None:
    early = estimate_curve([2, 8, 9], [True, False, True], entry=[0, 3, 4])
    assert early["estimate"].isna().all()
    assert (early["n_risk"].iloc[0], early["n_event"].sum()) == (3, 2)
    why = (
        "not estimable: at month 2 the only patient then under observation left by an event, and others came under "
        "observation later"
    )
    assert value_at(early, [6.0])["reason"].tolist() == [why]
    assert median_time(early).reason == why
    whole = estimate_curve([2.0, 8.0], [True, False])
    assert differences_over(early, whole, [6.0], names=("A", "B"))["reason"].tolist() == [f"{why} (A)"]


def test_a_gap_without_anybody_changes_nothing() -> None:
    curve = estimate_curve([2, 3, 9, 9], [True, False, True, False], entry=[0, 0, 5, 5])
    assert value_at(curve, [4.0])[["n_risk", "estimate"]].to_numpy().tolist() == [[0, 0.5]]
    assert curve["estimate"].iloc[-1] == pytest.approx(0.75)


def test_entry_must_come_before_the_end() -> None:
    with pytest.raises(CohortError, match="1 enter at or after"):
        estimate_curve([2.0, 5.0], [True, False], entry=[2.0, 0.0])


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 20), st.booleans()), min_size=1, max_size=30))
def test_risk_sets_count_who_entered_before_and_has_not_left(rows: list[tuple[int, int, bool]]) -> None:
    entry = np.array([first for first, _, _ in rows], dtype=float)
    time = entry + [length for _, length, _ in rows]
    curve = estimate_curve(time, [event for _, _, event in rows], entry=entry)
    for row in curve.iloc[1:].itertuples():
        assert row.n_risk == ((entry < row.time) & (time >= row.time)).sum()
    if curve["estimate"].notna().all():
        assert (np.diff(curve["estimate"]) >= 0).all()
