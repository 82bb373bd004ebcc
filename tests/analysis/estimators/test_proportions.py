"""Do intervals of proportions and of their differences agree with R?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.estimators.proportions import clopper_pearson_interval, newcombe_difference, wilson_interval

ORACLES = Path(__file__).parents[2] / "oracles"
SETTINGS = settings(max_examples=60, derandomize=True, deadline=None, database=None)


@pytest.mark.parametrize("conf_level", [0.90, 0.95])
def test_intervals_of_a_proportion_agree_with_r(conf_level: float):
    oracle = pd.read_csv(ORACLES / "proportions.csv").query("conf_level == @conf_level")
    wilson = wilson_interval(oracle["k"], oracle["n"], conf_level=conf_level)
    exact = clopper_pearson_interval(oracle["k"], oracle["n"], conf_level=conf_level)
    assert len(oracle) == 17
    np.testing.assert_allclose(wilson[0], oracle["wilson_low"], rtol=1e-8, atol=1e-14)
    np.testing.assert_allclose(wilson[1], oracle["wilson_high"], rtol=1e-8)
    np.testing.assert_allclose(exact[0], oracle["exact_low"], rtol=1e-8)
    np.testing.assert_allclose(exact[1], oracle["exact_high"], rtol=1e-8)


@pytest.mark.parametrize("conf_level", [0.90, 0.95])
def test_newcombe_agrees_with_its_formula_in_r(conf_level: float):
    oracle = pd.read_csv(ORACLES / "proportions_differences.csv").query("conf_level == @conf_level")
    assert len(oracle) == 11
    for row in oracle.itertuples():
        found = newcombe_difference(row.k1, row.n1, row.k0, row.n0, conf_level=conf_level)
        expected = [row.estimate, row.conf_low, row.conf_high]
        np.testing.assert_allclose([found.estimate, found.conf_low, found.conf_high], expected, rtol=1e-8, atol=1e-15)
        assert found.n == row.n1 + row.n0
        assert found.conf_level == conf_level


@pytest.mark.parametrize(
    ("k1", "k0", "expected"),
    [  # percentage points, domain.md 3.5: 34 patients against 57
        (6, 11, (-1.65, -16.87, 16.19)),
        (2, 4, (-1.14, -11.71, 12.74)),
        (1, 2, (-0.57, -9.32, 11.67)),
        (0, 1, (-1.75, -9.29, 8.50)),
        (1, 0, (2.94, -3.82, 14.92)),
        (1, 1, (1.19, -6.73, 13.25)),
    ],
)
def test_published_adverse_event_differences(k1: int, k0: int, expected: tuple[float, float, float]):
    found = newcombe_difference(k1, 34, k0, 57)
    shown = tuple(round(100 * value, 2) for value in (found.estimate, found.conf_low, found.conf_high))
    assert shown == expected


def test_no_event_in_either_group_keeps_its_width():
    found = newcombe_difference(0, 10, 0, 12)  # display.md: -24 to +28 points
    assert found.estimate == 0
    assert round(100 * found.conf_low, 1) == -24.2
    assert round(100 * found.conf_high, 1) == 27.8


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [  # percent, domain.md 3.8, whose 5/8 (25-92) is 24-91 in R: see proportions.csv
        (9, 14, 35, 87), (13, 14, 66, 100), (4, 14, 8, 58), (1, 14, 0.2, 34),
        (0, 14, 0, 23), (5, 13, 14, 68), (1, 1, 2.5, 100), (0, 5, 0, 52),
    ],
)  # fmt: skip
def test_exact_intervals_of_the_precision_section(k: int, n: int, low: float, high: float):
    found = clopper_pearson_interval(k, n)
    digits = 1 if low in (0.2, 2.5) else 0
    assert round(100 * found[0], digits) == low
    assert round(100 * found[1]) == high


@pytest.mark.parametrize(("n", "upper"), [(14, 19.3), (34, 8.4), (57, 5.1), (91, 3.2)])
def test_upper_bound_without_events(n: int, upper: float):
    # one-sided 95 % (domain.md 3.5) is the upper limit of the two-sided 90 % interval
    assert round(100 * clopper_pearson_interval(0, n, conf_level=0.90)[1], 1) == upper


def test_empty_group_is_nan_with_a_reason():
    assert np.isnan(wilson_interval(0, 0)).all()
    assert np.isnan(clopper_pearson_interval(0, 0)).all()
    found = newcombe_difference(0, 0, 3, 10)
    assert np.isnan([found.estimate, found.conf_low, found.conf_high]).all()
    assert found.reason == "not estimable: no patients"


@SETTINGS
@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_intervals_hold_the_proportion_and_mirror(count: tuple[int, int]):
    k, n = count
    for interval in (wilson_interval, clopper_pearson_interval):
        low, high = interval(k, n)
        other_low, other_high = interval(n - k, n)
        assert 0 <= low <= k / n <= high <= 1
        assert low < high
        assert np.isclose([low, high], [1 - other_high, 1 - other_low], rtol=0, atol=1e-10).all()


@SETTINGS
@given(st.integers(1, 60), st.integers(1, 60), st.data())
def test_difference_changes_sign_when_groups_swap(n1: int, n0: int, data: st.DataObject):
    k1, k0 = data.draw(st.integers(0, n1)), data.draw(st.integers(0, n0))
    found, swapped = newcombe_difference(k1, n1, k0, n0), newcombe_difference(k0, n0, k1, n1)
    assert -1 <= found.conf_low <= found.estimate <= found.conf_high <= 1
    assert np.isclose(found.conf_low, -swapped.conf_high)
    assert np.isclose(found.conf_high, -swapped.conf_low)
