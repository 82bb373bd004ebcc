"""How do a summary, a difference and a ratio of laboratory values read?"""

from __future__ import annotations

import math

from present.tables.format import (
    MISSING,
    format_interval,
    format_limit,
    format_median_quartiles,
    format_number,
    format_ratio,
    format_signed,
)


def median_text(median: float, low: float, high: float, *, n: int, by_range: bool, decimals: int, limit: float) -> str:
    """Write a median with quartiles, or with smallest and largest in square brackets.

    Where values below detection share one ``limit``, what lies at half of it is written as below it.
    """
    if not limit >= 0:
        limit = -math.inf
    bare = format_median_quartiles(median, low, high, decimals=decimals)
    middle, first, last = (_above(value, limit, decimals) for value in (median, low, high))
    if n == 1:
        return middle
    if by_range:
        return f"{middle} [{first} to {last}]"
    return f"{middle} ({first}, {last})" if low <= limit / 2 else bare


def contrast_text(
    estimate: float, low: float, high: float, *, by_ratio: bool, decimals: int = 2, reason: str = ""
) -> str:
    """Write a ratio of geometric means, or a difference with its sign, with the interval."""
    if by_ratio:
        return format_ratio(estimate, low, high, reason=reason)
    if not math.isfinite(estimate):
        return reason or MISSING
    sign = format_signed(estimate, decimals=decimals)
    if math.isnan(low) and math.isnan(high):
        return sign
    return f"{sign} ({format_interval(low, high, decimals=decimals)})"


def _above(value: float, limit: float, decimals: int) -> str:
    return f"<{format_limit(limit)}" if value <= limit / 2 else format_number(value, decimals=decimals)
