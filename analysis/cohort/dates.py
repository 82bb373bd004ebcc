"""What do the dates of a column say, in which order are day and month, and how far are they from time zero?

The order is settled once per column. Dates of month precision count as the 15th, with a note. No
calendar date goes on into a cohort; only day offsets and the year of treatment do (domain.md 1.1).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.cohort.mapping import DateOrder
from analysis.cohort.vocabulary import fold, words

MIDDLE_OF_MONTH = 15
FIRST_SERIAL, LAST_SERIAL = 10_000, 73_050  # 1927-05-18 and 2099-12-31 as days of a spreadsheet
SERIAL_ZERO = pd.Timestamp("1899-12-30")  # spreadsheet day 0 (the 1900 leap-year error included)
CENTURY_PIVOT = 69  # two-digit years from 69 on are 19xx, as in POSIX strptime
DATES_FROM = 0.6  # share of the filled cells that must be dates before a column counts as one


@dataclass(frozen=True, kw_only=True, eq=False)
class DateReading:
    """Dates of one column on its index: ``date`` (NaT where missing or unreadable), ``partial`` (month
    precision, the 15th assumed), ``unreadable`` (filled, but no date)."""

    date: pd.Series
    partial: pd.Series
    unreadable: pd.Series


def read_dates(text: pd.Series, order: DateOrder = "") -> DateReading:
    """Read a column of dates.

    Parameters
    ----------
    text
        Cells as text: ISO and Chinese dates, day-month-year or month-day-year with ``/ - .``, month
        names in English and Spanish, spreadsheet serials, month precision.
    order
        ``DMY`` or ``MDY`` for numeric dates that begin with day or month; "" takes the order the
        column itself proves, and reads none of the others.
    """
    order = order or proven_order(text)
    codes, unique = pd.factorize(text)
    read = [_read(str(cell), order) for cell in unique]
    date = np.array([item[0] for item in read], dtype="datetime64[ns]")[codes] if read else []
    partial = np.array([item[1] for item in read], dtype=bool)[codes] if read else []
    filled = np.array([not _is_missing(str(cell)) for cell in unique], dtype=bool)[codes] if read else []
    dates = pd.Series(date, index=text.index, dtype="datetime64[ns]")
    unreadable = pd.Series(filled, index=text.index, dtype=bool) & dates.isna()
    return DateReading(date=dates, partial=pd.Series(partial, index=text.index, dtype=bool), unreadable=unreadable)


def proven_order(text: pd.Series) -> DateOrder:
    """Find the order of day and month that a column proves by a number above 12; "" if none or both."""
    pairs = _numeric_pairs(text)
    day_first = any(first > 12 >= second for first, second in pairs)
    month_first = any(second > 12 >= first for first, second in pairs)
    return "" if day_first == month_first else "DMY" if day_first else "MDY"


def order_is_open(text: pd.Series) -> bool:
    """Tell whether a column holds dates that read differently with day or month first, and proves neither."""
    return bool(_numeric_pairs(text)) and not proven_order(text)


def holds_dates(text: pd.Series) -> bool:
    """Tell whether most filled cells are calendar dates; plain numbers are none."""
    filled = [str(cell) for cell in pd.unique(text) if not _is_missing(str(cell))][:500]
    written = [
        cell for cell in filled if not re.fullmatch(r"[-+]?[\d.,\s]*", _plain(cell)) or _POINTED.fullmatch(_plain(cell))
    ]
    if not written:
        return False
    dates = sum(pd.notna(_read(cell, "DMY")[0]) or pd.notna(_read(cell, "MDY")[0]) for cell in written)
    return dates >= DATES_FROM * len(filled)


def day_offsets(dates: pd.Series, zero: pd.Series) -> pd.Series:
    """Count days from time zero; both on the same index, NaN where either is missing."""
    return (dates.dt.normalize() - zero.dt.normalize()).dt.days.astype(float)


_SEPARATOR = r"[-/.\s]"
_ISO = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[t\s].*)?")
_COMPACT = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})")
_NUMERIC = re.compile(rf"(\d{{1,2}}){_SEPARATOR}(\d{{1,2}}){_SEPARATOR}(\d{{4}}|\d{{2}})(?:\s.*)?")
_POINTED = re.compile(r"\d{1,2}\.\d{1,2}\.\d{2,4}|\d{4}\.\d{1,2}\.\d{1,2}")
_NAMED = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th)?[-/.\s]*(?:de\s+)?([^\W\d_]{3,10})\.?,?[-/.\s]*(?:de\s+)?(\d{4}|\d{2})(?:\s.*|:.*)?"
)
_NAMED_FIRST = re.compile(r"([^\W\d_]{3,10})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
_MONTH_ISO = re.compile(r"(\d{4})[-/.年](\d{1,2})月?")
_MONTH_LAST = re.compile(r"(\d{1,2})[-/](\d{4})")
_MONTH_NAMED = re.compile(r"([^\W\d_]{3,10})\.?[-/\s]*(?:de\s+)?(\d{4})")
_SERIAL = re.compile(r"\d{5}(\.\d+)?")
_MONTHS = {
    name[:3]: number
    for names in (
        "jan feb mar apr may jun jul aug sep oct nov dec",
        "ene feb mar abr may jun jul ago sep oct nov dic",
    )
    for number, name in enumerate(names.split(), start=1)
}
_NOTHING = (np.datetime64("NaT"), False)


def _plain(cell: str) -> str:
    return unicodedata.normalize("NFKC", cell).strip().casefold()


def _is_missing(cell: str) -> bool:
    return fold(cell) in words().missing


def _numeric_pairs(text: pd.Series) -> list[tuple[int, int]]:
    """List the first two numbers of dates that could be in either order."""
    matches = (_NUMERIC.fullmatch(_plain(str(cell))) for cell in pd.unique(text))
    return [(int(match[1]), int(match[2])) for match in matches if match]


def _read(cell: str, order: DateOrder) -> tuple[np.datetime64, bool]:
    """Read one distinct cell; the second element says whether the day was assumed."""
    text = _plain(cell)
    whole = _whole_date(text, order)
    if whole is not None:
        return _date(*whole), False
    month = _month_only(text)
    if month is not None:
        return _date(*month, MIDDLE_OF_MONTH), True
    if _SERIAL.fullmatch(text) and FIRST_SERIAL <= float(text) <= LAST_SERIAL:
        return np.datetime64(SERIAL_ZERO + pd.Timedelta(days=int(float(text)))), False
    return _NOTHING


def _whole_date(text: str, order: DateOrder) -> tuple[int, int, int] | None:
    """Find year, month and day."""
    match = _ISO.fullmatch(text) or _COMPACT.fullmatch(text)
    if match:
        return int(match[1]), int(match[2]), int(match[3])
    match = _NAMED.fullmatch(text)
    if match and _month(match[2]):
        return _year(match[3]), _month(match[2]), int(match[1])
    match = _NAMED_FIRST.fullmatch(text)
    if match and _month(match[1]):
        return int(match[3]), _month(match[1]), int(match[2])
    match = _NUMERIC.fullmatch(text)
    if match is None or order not in ("DMY", "MDY"):
        return None
    day, month = (match[1], match[2]) if order == "DMY" else (match[2], match[1])
    return _year(match[3]), int(month), int(day)


def _month_only(text: str) -> tuple[int, int] | None:
    match = _MONTH_ISO.fullmatch(text)
    if match:
        return int(match[1]), int(match[2])
    match = _MONTH_LAST.fullmatch(text)
    if match:
        return int(match[2]), int(match[1])
    match = _MONTH_NAMED.fullmatch(text)
    return (int(match[2]), _month(match[1])) if match and _month(match[1]) else None


def _month(name: str) -> int:
    return _MONTHS.get(name[:3], 0)


def _year(text: str) -> int:
    if len(text) == 4:
        return int(text)
    return int(text) + (1900 if int(text) >= CENTURY_PIVOT else 2000)


def _date(year: int, month: int, day: int) -> np.datetime64:
    """Build a date; NaT if the calendar has no such day."""
    if not (1900 <= year <= 2100 and 1 <= month <= 12 and 1 <= day <= 31):
        return np.datetime64("NaT")
    built = np.datetime64(f"{year:04d}-{month:02d}", "M").astype("datetime64[D]") + np.timedelta64(day - 1, "D")
    return built if built.astype("datetime64[M]").astype(int) % 12 + 1 == month else np.datetime64("NaT")
