"""How do a summary, a difference and a ratio of laboratory values read?"""

from __future__ import annotations

import math

from analysis.cohort.dictionary import Variable, variable
from present.tables.format import (
    format_difference,
    format_limit,
    format_number,
    format_ratio,
    format_signed,
)

CHANGE = ", change from baseline"


def is_change(entry: Variable) -> bool:
    """Tell whether an entry names differences from baseline, which carry a sign."""
    return entry.label == f"{variable(entry.name).label}{CHANGE}"


def median_text(
    median: float, low: float, high: float, *, n: int, by_range: bool, decimals: int, limit: float, signed: bool = False
) -> str:
    """Write a median with quartiles, or with smallest and largest in square brackets; changes with their sign.

    Where values below detection share one ``limit``, what lies at half of it is written as below it.
    """
    if not limit >= 0:
        limit = -math.inf
    write = format_signed if signed else format_number
    middle, first, last = (
        f"<{format_limit(limit)}" if value <= limit / 2 else write(value, decimals=decimals)
        for value in (median, low, high)
    )
    if n == 1:
        return middle
    if by_range:
        return f"{middle} [{first} to {last}]"
    return f"{middle} ({first}, {last})"


def contrast_text(
    estimate: float, low: float, high: float, *, by_ratio: bool, decimals: int = 2, reason: str = ""
) -> str:
    """Write a ratio of geometric means, or a difference with its sign, with the interval."""
    if by_ratio:
        return format_ratio(estimate, low, high, reason=reason)
    return format_difference(estimate, low, high, decimals=decimals, reason=reason)
