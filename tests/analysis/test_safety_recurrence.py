"""Are repeated events compared in the time they could be seen, and only where counts allow?"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.estimators.andersen_gill import Stretches, compare_intensities
from analysis.estimators.negative_binomial import compare_recurrent
from analysis.safety import describe_timing
from analysis.study import View
from tests.analysis.test_safety import a_cohort
from tests.analysis.test_safety_parts import view_of, with_events

TAC, RTX = [f"T{n}" for n in range(8)], [f"R{n}" for n in range(9)]
PATIENTS = pd.DataFrame({"patient_id": [*TAC, *RTX], "regimen_group": ["RTX+TAC"] * 8 + ["RTX"] * 9})
DAYS = {"T0": [0, 30, 200], "T1": [10], "T2": [40, 41], "R0": [0], "R1": [5, 50, 60, 300], "R2": [90], "R3": [120]}


def timed(days: dict[str, list[int]] = DAYS, **options: object) -> View:
    rows = [
        {"patient_id": name, "category": "tremor", "day": float(day)} for name, some in days.items() for day in some
    ]
    return view_of(with_events(PATIENTS.assign(followup_months=12.0), rows), **options)


def row(view: View, model: str) -> pd.Series:
    return describe_timing(view).recurrent.set_index("model").loc[model]


def test_both_models_use_the_estimators_on_the_same_patients() -> None:
    member = np.arange(17) < 8
    who = [[*TAC, *RTX].index(name) for name, some in DAYS.items() for _ in some]
    days = [float(day) for some in DAYS.values() for day in some]
    seen = Stretches(patient=np.arange(17), first=np.zeros(17), last=np.full(17, 365.25))
    expected = compare_intensities(who, days, seen, member)
    found = row(timed(), "Andersen–Gill")
    assert found["rate_ratio"] == pytest.approx(expected.estimate, rel=1e-12)
    assert found[["n_events", "n_events_reference", "n_patients", "n_patients_reference"]].tolist() == [6, 7, 8, 9]
    assert found["n_repeated"] == 3
    counted = compare_recurrent(np.bincount(who, minlength=17), np.ones(17), member)
    assert row(timed(), "Negative binomial")["rate_ratio"] == pytest.approx(counted.estimate, rel=1e-8)


def test_a_time_window_limits_the_time_as_well_as_the_events() -> None:
    found = row(timed(last_day=100), "Andersen–Gill")
    assert found[["n_events", "n_events_reference"]].tolist() == [5, 5]
    member = np.arange(17) < 8
    kept = [(place, float(day)) for place, name in enumerate([*TAC, *RTX]) for day in DAYS.get(name, []) if day <= 100]
    seen = Stretches(patient=np.arange(17), first=np.zeros(17), last=np.full(17, 100.0))
    expected = compare_intensities(*zip(*kept, strict=True), seen, member)
    assert found["rate_ratio"] == pytest.approx(expected.estimate, rel=1e-12)
    curve = describe_timing(timed(last_day=100)).curves
    assert curve["time"].max() == pytest.approx(100 / 30.4375)  # nobody is followed beyond the window


def test_counts_that_do_not_allow_a_model_say_so() -> None:
    few = row(timed({"T0": [1, 2], "R0": [1], "R1": [2], "R2": [3]}), "Andersen–Gill")
    assert few["reason"] == "not estimated: fewer than 3 patients with an event in a group"
    once = {name: [5] for name in ("T0", "T1", "T2", "R0", "R1", "R2")}
    for model in ("Negative binomial", "Andersen–Gill"):
        assert row(timed(once), model)["reason"] == "not estimable: no patient had more than one event"
        assert np.isnan(row(timed(once), model)["rate_ratio"])


def test_undated_events_never_make_a_group_look_safe() -> None:
    asked = {name: "yes" if name in ("T0", "R0", "R1") else "no" for name in [*TAC, *RTX]}
    patients = PATIENTS.assign(followup_months=12.0, ae_tremor=PATIENTS["patient_id"].map(asked))
    result = describe_timing(view_of(a_cohort(patients, [])))
    reasons = result.landmarks.groupby("group", sort=False)["reason"].first().tolist()
    assert reasons == [f"not estimable: {n} of {n} patients with an event have no day of onset" for n in (1, 2)]
    assert result.landmarks["estimate"].isna().all()
    assert result.curves["estimate"].isna().all()
    assert result.recurrent["reason"].unique().tolist() == [reasons[0]]
