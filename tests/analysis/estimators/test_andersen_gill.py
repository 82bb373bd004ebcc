"""Does the model of repeated events agree with R survival, and say when it has no answer?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.estimators.andersen_gill import Stretches, compare_intensities

ORACLES = Path(__file__).parents[2] / "oracles"
WHO = {"all": lambda number: number >= 0, "once": lambda number: number % 2 == 0, "few": lambda number: number % 5 == 1}


def stretches(table: pd.DataFrame) -> Stretches:
    return Stretches(
        patient=table["patient"].to_numpy(),
        first=table["first"].to_numpy(dtype=float),
        last=table["last"].to_numpy(dtype=float),
    )


@pytest.mark.parametrize("case", WHO)
def test_agrees_with_coxph(case: str) -> None:
    patients, observed, events = (
        pd.read_csv(ORACLES / f"andersen_gill_{name}.csv") for name in ("patients", "stretches", "events")
    )
    kept = patients["patient"][WHO[case](patients["patient"])]
    number = pd.Series(range(len(kept)), index=kept)
    observed, events = (table[table["patient"].isin(kept)] for table in (observed, events))
    observed = observed.assign(patient=observed["patient"].map(number))
    group = patients.set_index("patient").loc[kept, "group"] == 1
    found = compare_intensities(events["patient"].map(number), events["day"], stretches(observed), group)
    expected = pd.read_csv(ORACLES / "andersen_gill.csv").set_index("case").loc[case]
    assert len(events) == expected["n_events"]
    assert found.estimate == pytest.approx(expected["ratio"], rel=1e-8)
    assert found.std_error == pytest.approx(expected["std_error"], rel=1e-8)
    assert (found.conf_low, found.conf_high) == pytest.approx((expected["conf_low"], expected["conf_high"]), rel=1e-8)


def two_years(n: int) -> Stretches:
    return Stretches(patient=np.arange(n), first=np.zeros(n), last=np.full(n, 730.0))


def test_two_events_on_one_day_count_once() -> None:
    group = [True, True, False, False]
    once = compare_intensities([0, 1, 2, 2], [5, 9, 7, 30], two_years(4), group)
    twice = compare_intensities([0, 0, 1, 2, 2], [5, 5, 9, 7, 30], two_years(4), group)
    assert once.estimate == pytest.approx(twice.estimate, rel=1e-12)
    assert once.estimate == pytest.approx(1.0, rel=0.2)


def test_says_why_there_is_no_ratio() -> None:
    none = compare_intensities([0], [5], two_years(4), [True, True, False, False])
    assert (none.reason, np.isnan(none.estimate)) == ("not estimable: no events in one group", True)
    apart = Stretches(patient=np.array([0, 1]), first=np.array([0.0, 100.0]), last=np.array([50.0, 150.0]))
    found = compare_intensities([0, 1], [5, 120], apart, [True, False])
    assert found.reason == "not estimable: the groups were never observed at the same time"
