"""What words is every result made of?"""

from __future__ import annotations

import math
from dataclasses import dataclass


class CohortError(Exception):
    """Say what the reader can fix: what was needed, what was found, what to do."""

    def __init__(self, needed: str, found: str, remedy: str) -> None:
        self.needed = needed
        self.found = found
        self.remedy = remedy
        super().__init__(f"{needed} {found} {remedy}")


@dataclass(frozen=True, kw_only=True)
class Method:
    """How a number was made: its name, one printable sentence, and where it comes from."""

    name: str
    sentence: str
    references: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Note:
    """A caution that travels with a result; ``code`` is the message id of domain.md 3.10."""

    code: str
    text: str
    patient_ids: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """One estimated quantity with its interval; NaN and a reason where it cannot be estimated."""

    estimate: float = math.nan
    std_error: float = math.nan
    conf_low: float = math.nan
    conf_high: float = math.nan
    conf_level: float = 0.95
    statistic: float = math.nan
    df: float = math.nan
    p_value: float = math.nan
    n: int = 0
    method: str = ""
    reason: str = ""
