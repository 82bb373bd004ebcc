"""Is every number written the way domain.md 3 asks?"""

from __future__ import annotations

import math

import pytest

from present.tables import format as write

NAN = math.nan


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (write.format_number(12.345), "12.3"),
        (write.format_number(-1.65, decimals=2), "−1.65"),
        (write.format_number(-0.04), "0.0"),
        (write.format_number(1234.5, decimals=1), "1,234.5"),
        (write.format_number(NAN), "–"),
        (write.format_number(math.inf), "–"),
        (write.format_number(NAN, reason="not estimable: no events in RTX"), "not estimable: no events in RTX"),
        (write.format_signed(2.94, decimals=2), "+2.94"),
        (write.format_signed(-2.94, decimals=2), "−2.94"),
        (write.format_signed(0.004, decimals=2), "0.00"),
        (write.format_count(91), "91"),
        (write.format_count(100000), "100,000"),
        (write.format_count(NAN), "–"),
        (write.format_limit(3.5), "3.5"),
        (write.format_limit(18.0), "18"),
        (write.format_limit(0.12345), "0.1235"),
        (write.format_months(12.0), "12"),
        (write.format_months(10.5), "10.5"),
        (write.format_months(NAN), "–"),
        (write.format_measured(2.0, "lt"), "<2.0"),
        (write.format_measured(1500.0, "gt", decimals=0), ">1,500"),
        (write.format_measured(38.57), "38.6"),
        (write.format_measured(NAN, "lt"), "–"),
    ],
)
def test_numbers(written: str, expected: str) -> None:
    assert written == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (write.format_percent(0.3713156, decimals=2), "37.13 %"),
        (write.format_percent(0.353), "35 %"),
        (write.format_percent(0.0), "0 %"),
        (write.format_percent(1.0), "100 %"),
        (write.format_percent(0.004), "<1 %"),
        (write.format_percent(0.9996, decimals=1), ">99.9 %"),
        (write.format_percent(NAN), "–"),
        (write.format_percent(NAN, reason="not estimable"), "not estimable"),
        (write.format_share(12, 34), "12/34 (35 %)"),
        (write.format_share(0, 34), "0/34 (0 %)"),
        (write.format_share(3, 4), "3/4"),
        (write.format_share(3, 5), "3/5 (60 %)"),
        (write.format_share(0, 0), "–"),
        (write.format_share(33, 99), "33/99 (33 %)"),
        (write.format_share(33, 100), "33/100 (33.0 %)"),
        (write.format_share(12, 34, decimals=2), "12/34 (35.29 %)"),
        (write.format_percent_interval(0.2297, 0.5620, decimals=2), "22.97 to 56.20"),
        (write.format_percent_estimate(0.3713, 0.2297, 0.5620), "37.13 % (22.97 to 56.20)"),
        (write.format_percent_estimate(0.0, NAN, NAN), "0.00 %"),
        (write.format_percent_estimate(NAN, NAN, NAN, reason="not estimable: beyond follow-up"),
         "not estimable: beyond follow-up"),
    ],
)  # fmt: skip
def test_shares(written: str, expected: str) -> None:
    assert written == expected


# The difference of 6/34 and 11/57 and its interval: domain.md 3.5, golden values.
@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (write.format_points(-0.0165, -0.1687, 0.1619, decimals=2), "−1.65 (−16.87 to +16.19)"),
        (write.format_points(0.0294, -0.0382, 0.1492, decimals=2), "+2.94 (−3.82 to +14.92)"),
        (write.format_points(NAN, NAN, NAN, reason="not estimable: empty group"), "not estimable: empty group"),
        (write.format_points(0.0, NAN, NAN), "0.0"),
        (write.format_difference(4.6, 1.0, 8.2), "+4.6 (+1.0 to +8.2)"),
        (write.format_difference(-4.6, -8.2, 0.01), "−4.6 (−8.2 to 0.0)"),
        (write.format_difference(0.5, NAN, NAN, decimals=0), "0"),
        (write.format_difference(NAN, NAN, NAN, reason="one pair"), "one pair"),
        (write.format_estimate(1.531, 0.708, 3.311), "1.53 (0.71–3.31)"),
        (write.format_estimate(-0.5, -1.0, 0.25, decimals=1), "−0.5 (−1.0 to 0.2)"),
        (write.format_estimate(1.5, NAN, NAN, decimals=1), "1.5"),
        (write.format_ratio(0.39, 0.0004, 205.36), "0.39 (<0.01–205.36)"),
        (write.format_ratio(NAN, NAN, NAN, reason="too few"), "too few"),
        (write.format_interval(1.2, 3.4), "1.2–3.4"),
        (write.format_interval(-1.2, 3.4), "−1.2 to 3.4"),
        (write.format_interval(6.0, NAN, decimals=0, open_end="not reached"), "6 to not reached"),
        (write.format_interval(NAN, NAN), "–"),
        (write.format_mean_sd(46.34, 12.06), "46.3 ± 12.1"),
        (write.format_mean_sd(46.34, NAN), "46.3 ± –"),
        (write.format_mean_sd(NAN, NAN, reason="all missing"), "all missing"),
        (write.format_median_quartiles(9, 6, 12, decimals=0), "9 (6, 12)"),
        (write.format_median_quartiles(NAN, NAN, NAN), "–"),
        (write.format_range(18, 73, decimals=0), "18 to 73"),
    ],
)
def test_estimates(written: str, expected: str) -> None:
    assert written == expected


@pytest.mark.parametrize(
    ("p_value", "expected", "words"),
    [
        (0.2743, "0.27", "P = 0.27"),
        (0.0344, "0.034", "P = 0.034"),
        (0.0995, "0.10", "P = 0.10"),
        (0.5, "0.50", "P = 0.50"),
        (0.001, "0.0010", "P = 0.0010"),
        (0.00099, "<0.001", "P < 0.001"),
        (0.0, "<0.001", "P < 0.001"),
        (0.9949, "0.99", "P = 0.99"),
        (0.996, ">0.99", "P > 0.99"),
        (1.0, ">0.99", "P > 0.99"),
        (NAN, "–", "P –"),
    ],
)
def test_p_values(p_value: float, expected: str, words: str) -> None:
    assert (write.format_p(p_value), write.format_p_words(p_value)) == (expected, words)


@pytest.mark.parametrize(("p_value", "words"), [(0.3966, "P = 0.40"), (0.2743, "P = 0.27"), (0.0002, "P < 0.001")])
def test_a_test_in_full_writes_its_p_as_every_table_does(p_value: float, words: str) -> None:
    assert write.format_test(1.195, 1, p_value) == f"χ² = 1.195, 1 df, {words}"


def test_a_missing_p_gives_its_reason() -> None:
    assert write.format_p_words(NAN, reason="not tested: one group") == "not tested: one group"
