"""How does each journal want the numbers of a table written?"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from present.tables.format import (
    MISSING,
    SMALLEST_N_FOR_PERCENT,
    format_count,
    format_limit,
    format_number,
    format_p,
    format_percent,
    percent_decimals,
)

Beyond = tuple[tuple[str, str, float, bool], ...]  # name of the quantile, sign, bound, whether that is a limit
PStyle = Literal["two digits", "jama", "nejm", "annals", "lancet"]


@dataclass(frozen=True, kw_only=True)
class Look:
    """One way to write a table: words of the summaries, and how numbers are set.

    ``size`` writes the N of a column; ``percent_sign`` says whether cells repeat the sign that the row
    label has; ``one_decimal_from`` is the n from which percentages have a decimal, None for the house rule.
    """

    label: str
    size: str = ", N = {}"
    mean: str = "mean ± SD"
    median: str = "median (Q1, Q3)"
    count: str = "n (%)"
    plus_minus: str = " ± {}"
    quartiles: str = ", "
    percent_sign: str = " %"
    one_decimal_from: int | None = None
    point: str = "."
    p_style: PStyle = "two digits"

    def mean_sd(self, mean: float, sd: float, *, decimals: int) -> str:
        """Write mean and SD."""
        return self.dress(format_number(mean, decimals=decimals) + self.plus_minus.format(
            format_number(sd, decimals=decimals)))  # fmt: skip

    def median_quartiles(self, median: float, q1: float, q3: float, *, decimals: int, beyond: Beyond = ()) -> str:
        """Write median and quartiles, with a dash only between quartiles that are not negative.

        ``beyond`` names those known only to lie below or above a bound, which is then written: ``<2``.
        """
        middle, low, high = _written({"median": median, "q1": q1, "q3": q3}, beyond, decimals)
        join = " to " if self.quartiles == "–" and min(q1, q3) < 0 else self.quartiles
        return self.dress(f"{middle} ({low}{join}{high})")

    def median_range(self, median: float, low: float, high: float, *, decimals: int, beyond: Beyond = ()) -> str:
        """Write median, minimum and maximum; ``beyond`` as of the quartiles."""
        middle, least, most = _written({"median": median, "minimum": low, "maximum": high}, beyond, decimals)
        return self.dress(f"{middle} [{least} to {most}]")

    def share(self, k: int, n: int, *, with_n: bool) -> str:
        """Write k or k/n, with the percentage where n allows one."""
        counts = f"{format_count(k)}/{format_count(n)}"
        if n < SMALLEST_N_FOR_PERCENT:
            return counts
        limit = self.one_decimal_from
        decimals = percent_decimals(n) if limit is None else int(n >= limit)
        percent = format_percent(k / n, decimals=decimals).removesuffix(" %") + self.percent_sign
        return self.dress(f"{counts if with_n else format_count(k)} ({percent})")

    def p_value(self, p_value: float) -> str:
        """Write a P value by the rule of the journal."""
        if not math.isfinite(p_value):
            return MISSING
        return self.dress(_P_WRITERS[self.p_style](p_value))

    def dress(self, text: str) -> str:
        """Set the decimal point of a number that we wrote."""
        return text if self.point == "." else re.sub(r"(?<=\d)\.(?=\d)", self.point, text)


def _written(values: dict[str, float], beyond: Beyond, decimals: int) -> tuple[str, ...]:
    """Write each number, or its sign and bound where that is all that is known."""
    texts = {name: format_number(value, decimals=decimals) for name, value in values.items()}
    for name, sign, bound, is_limit in beyond:
        texts[name] = sign + (format_limit(bound) if is_limit else format_number(bound, decimals=decimals))
    return tuple(texts[name] for name in values)


def _jama_p(p_value: float) -> str:
    """Two digits from .01, three below and where two would read .05; no zero before the point (AMA Manual of Style)."""
    rounded_up = p_value < 0.05 and format_number(p_value, decimals=2) == "0.05"
    return _bounded(p_value, 2 if p_value >= 0.01 and not rounded_up else 3).replace("0.", ".", 1)


def _nejm_p(p_value: float) -> str:
    """Two digits from 0.01, three below."""
    return _bounded(p_value, 2 if p_value >= 0.01 else 3)


def _annals_p(p_value: float) -> str:
    """Three digits up to 0.20, two above (Annals, general statistical guidance)."""
    return _bounded(p_value, 2 if p_value > 0.20 else 3)


def _lancet_p(p_value: float) -> str:
    """Two significant digits, down to 0.0001."""
    if p_value < 0.0001:
        return "<0.0001"
    return format_p(p_value) if p_value >= 0.001 else format_number(p_value, decimals=4)


def _bounded(p_value: float, decimals: int) -> str:
    if p_value < 0.001:
        return "<0.001"
    return ">0.99" if p_value > 0.99 else format_number(p_value, decimals=decimals)


_P_WRITERS = {"two digits": format_p, "jama": _jama_p, "nejm": _nejm_p, "annals": _annals_p, "lancet": _lancet_p}

PLAIN = Look(label="Plain")
LOOKS: dict[str, Look] = {
    "plain": PLAIN,
    "jama": Look(
        label="JAMA", size=" (n = {})", mean="mean (SD)", median="median (IQR)", count="No. (%)", plus_minus=" ({})",
        quartiles="–", percent_sign="", p_style="jama",
    ),
    "lancet": Look(
        label="Lancet", size=" (n={})", mean="mean (SD)", median="median (IQR)", count="n (%)", plus_minus=" ({})",
        quartiles="–", percent_sign="%", point="·", p_style="lancet",
    ),
    "nejm": Look(
        label="NEJM", size=" (N={})", mean="mean ±SD", median="median (IQR)", count="no. (%)", plus_minus="±{}",
        quartiles="–", percent_sign="", p_style="nejm",
    ),
    "annals": Look(
        label="Annals", size=" (n = {})", mean="mean (SD)", median="median (IQR)", count="n (%)",
        plus_minus=" ({})", quartiles="–", percent_sign="", one_decimal_from=200, p_style="annals",
    ),
}  # fmt: skip
