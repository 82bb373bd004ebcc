"""How is a number written? The only file that rounds.

Conventions (domain.md 3): percent without decimals below n = 100 and never without k/n, none at all
below n = 5; P to two significant digits, never 0.000; a real minus sign; "to" instead of a dash where
an interval touches the negative side; a missing value is an en dash or the reason it is missing.
"""

from __future__ import annotations

import math
from typing import Literal

MISSING = "–"
MINUS = "−"

SMALLEST_N_FOR_PERCENT = 5  # domain.md 3, global conventions
N_FOR_PERCENT_DECIMALS = 100  # domain.md 3, global conventions
INCIDENCE_DECIMALS = 2  # of an estimated incidence and of its differences, as the papers print them (domain.md 5.1)

Join = Literal["auto", "to"]


def format_number(value: float, *, decimals: int = 1, reason: str = "") -> str:
    """Write a number with fixed decimals, or why there is none."""
    if not math.isfinite(value):
        return reason or MISSING
    return _fixed(value, decimals)


def format_signed(value: float, *, decimals: int = 1, reason: str = "") -> str:
    """Write a difference with its sign; what rounds to zero has none."""
    text = format_number(value, decimals=decimals, reason=reason)
    shows_positive = math.isfinite(value) and value > 0 and any(digit in text for digit in "123456789")
    return f"+{text}" if shows_positive else text


def format_count(value: float) -> str:
    """Write a count with thousands separated: 12,345."""
    return f"{int(value):,}".replace("-", MINUS) if math.isfinite(value) else MISSING


def format_percent(proportion: float, *, decimals: int = 0, reason: str = "") -> str:
    """Write a proportion 0-1 as a percentage; something never rounds to nothing, nor to everything."""
    if not math.isfinite(proportion):
        return reason or MISSING
    step = 10.0**-decimals
    if proportion > 0 and _fixed(100 * proportion, decimals) == _fixed(0, decimals):
        return f"<{_fixed(step, decimals)} %"
    if proportion < 1 and _fixed(100 * proportion, decimals) == _fixed(100, decimals):
        return f">{_fixed(100 - step, decimals)} %"
    return f"{_fixed(100 * proportion, decimals)} %"


def format_share(k: int, n: int, *, decimals: int | None = None) -> str:
    """Write k of n with the percentage in brackets where n allows one: ``12/34 (35 %)``."""
    if n == 0:
        return MISSING
    counts = f"{format_count(k)}/{format_count(n)}"
    if n < SMALLEST_N_FOR_PERCENT:
        return counts
    return f"{counts} ({format_percent(k / n, decimals=percent_decimals(n) if decimals is None else decimals)})"


def percent_decimals(n: int) -> int:
    """Choose the decimals of a percentage of n patients."""
    return 0 if n < N_FOR_PERCENT_DECIMALS else 1


def format_p(p_value: float, *, reason: str = "") -> str:
    """Write a P value to two significant digits: 0.034, 0.34, <0.001; what would read as 1 is >0.99."""
    if not math.isfinite(p_value):
        return reason or MISSING
    if p_value < 0.001:
        return "<0.001"
    if p_value >= 0.995:
        return ">0.99"
    mantissa = f"{p_value:.1e}"
    return _fixed(float(mantissa), 1 - int(mantissa.split("e")[1]))


def format_p_words(p_value: float, *, reason: str = "") -> str:
    """Write a P value with its letter: ``P = 0.034``, ``P < 0.001``; the bare reason where there is none."""
    text = format_p(p_value)
    if text == MISSING:
        return reason or f"P {MISSING}"
    return f"P {text[0]} {text[1:]}" if text[0] in "<>" else f"P = {text}"


def format_test(statistic: float, df: float, p_value: float) -> str:
    """Write a chi-square test in full, P as everywhere: ``χ² = 1.195, 1 df, P = 0.27``."""
    return f"χ² = {_fixed(statistic, 3)}, {int(df)} df, {format_p_words(p_value)}"


def format_interval(low: float, high: float, *, decimals: int = 1, join: Join = "auto", open_end: str = MISSING) -> str:
    """Write an interval, 1.2–3.4 or −1.2 to 3.4; ``open_end`` stands for a bound that does not exist."""
    if math.isnan(low) and math.isnan(high):
        return MISSING
    ends = [format_number(end, decimals=decimals, reason=open_end) for end in (low, high)]
    worded = join == "to" or any(not math.isfinite(end) or end < 0 for end in (low, high))
    return (" to " if worded else "–").join(ends)


def format_percent_interval(low: float, high: float, *, decimals: int = 0) -> str:
    """Write an interval of proportions 0-1 in percent, without the sign: ``22.97 to 56.20``."""
    return format_interval(100 * low, 100 * high, decimals=decimals, join="to")


def format_percent_estimate(
    estimate: float, low: float, high: float, *, decimals: int = INCIDENCE_DECIMALS, reason: str = ""
) -> str:
    """Write an estimated proportion with its interval: ``37.13 % (22.97 to 56.20)``."""
    if not math.isfinite(estimate):
        return reason or MISSING
    text = f"{_fixed(100 * estimate, decimals)} %"
    if math.isnan(low) and math.isnan(high):
        return text
    return f"{text} ({format_percent_interval(low, high, decimals=decimals)})"


def format_points(difference: float, low: float, high: float, *, decimals: int = 1, reason: str = "") -> str:
    """Write a difference of proportions in percentage points: ``−1.7 (−16.9 to +16.2)``."""
    return format_difference(100 * difference, 100 * low, 100 * high, decimals=decimals, reason=reason)


def format_difference(difference: float, low: float, high: float, *, decimals: int = 1, reason: str = "") -> str:
    """Write a difference or change with its interval, each number with its sign: ``+4.6 (+1.0 to +8.2)``."""
    if not math.isfinite(difference):
        return reason or MISSING
    text = format_signed(difference, decimals=decimals)
    if math.isnan(low) and math.isnan(high):
        return text
    return f"{text} ({format_signed(low, decimals=decimals)} to {format_signed(high, decimals=decimals)})"


def format_estimate(estimate: float, low: float, high: float, *, decimals: int = 2, reason: str = "") -> str:
    """Write an estimate with its interval: ``1.53 (0.71–3.31)``."""
    if not math.isfinite(estimate):
        return reason or MISSING
    text = format_number(estimate, decimals=decimals)
    if math.isnan(low) and math.isnan(high):
        return text
    return f"{text} ({format_interval(low, high, decimals=decimals)})"


def format_open_ratio(estimate: float, low: float, high: float, *, reason: str = "") -> str:
    """Write a ratio as ``format_estimate`` does, one over nothing with its open end: ``∞ (0.04 to ∞)``."""
    if math.isinf(estimate):
        return f"∞ ({format_interval(low, high, decimals=2, open_end='∞')})"
    return format_estimate(estimate, low, high, reason=reason)


def format_ratio(estimate: float, low: float, high: float, *, reason: str = "") -> str:
    """Write a ratio with its interval: ``0.63 (0.35–1.14)``; something above 0 never rounds to 0.00."""
    if not math.isfinite(estimate):
        return reason or MISSING
    text, *ends = (
        "<0.01" if 0 < value < 0.005 else format_number(value, decimals=2) for value in (estimate, low, high)
    )
    return text if math.isnan(low) and math.isnan(high) else f"{text} ({'–'.join(ends)})"


def format_mean_sd(mean: float, sd: float, *, decimals: int = 1, reason: str = "") -> str:
    """Write ``46.3 ± 12.1``."""
    if not math.isfinite(mean):
        return reason or MISSING
    return f"{_fixed(mean, decimals)} ± {format_number(sd, decimals=decimals)}"


def format_median_quartiles(median: float, q1: float, q3: float, *, decimals: int = 1, reason: str = "") -> str:
    """Write ``9 (6, 12)``."""
    if not math.isfinite(median):
        return reason or MISSING
    low, middle, high = (format_number(value, decimals=decimals) for value in (q1, median, q3))
    return f"{middle} ({low}, {high})"


def format_range(low: float, high: float, *, decimals: int = 1) -> str:
    """Write the smallest and the largest value: ``18 to 73``."""
    return format_interval(low, high, decimals=decimals, join="to")


def format_measured(value: float, qualifier: str = "", *, decimals: int = 1) -> str:
    """Write a laboratory value, with < or > where it is a limit of detection."""
    sign = {"lt": "<", "gt": ">"}.get(qualifier, "")
    return f"{sign}{_fixed(value, decimals)}" if math.isfinite(value) else MISSING


def format_limit(value: float) -> str:
    """Write a limit that somebody chose with the decimals it was given, up to four: 3.5, 18."""
    decimals = next((places for places in range(4) if abs(value - round(value, places)) < 1e-9), 4)
    return format_number(value, decimals=decimals)


def format_months(months: float) -> str:
    """Write months (or any time) with one decimal only where it is needed: 12, 10.5."""
    if not math.isfinite(months):
        return MISSING
    return _fixed(months, 0) if abs(months - round(months)) < 0.05 else _fixed(months, 1)


def _fixed(value: float, decimals: int) -> str:
    text = f"{value:,.{decimals}f}"
    is_zero = not any(digit in text for digit in "123456789")
    return text.replace("-", "" if is_zero else MINUS)
