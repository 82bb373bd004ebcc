"""Which number, or which code, does the text of a cell stand for?

Nothing is guessed: text with two readings is left blank with the reason, and a column decides
together, because one cell alone cannot tell a decimal comma from a thousands separator.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import pandas as pd

from analysis.cohort.dictionary import Variable
from analysis.cohort.vocabulary import fold, words

AMBIGUOUS_COMMA = "could be a decimal comma or a thousands separator"
NO_LIMIT = "says “below detection” without the limit"
NO_NUMBER = "is not a number"
NO_CODE = "is not one of the known codes"
ASK_SEX = "does not say which code is male"


@dataclass(frozen=True, kw_only=True, eq=False)
class Reading:
    """What a column of text stands for, cell by cell, on the index of the text.

    ``value`` is NaN where missing or unreadable; ``qualifier`` is "lt" or "gt" where the value is
    a limit, else ""; ``complaint`` says why a cell that is not blank has no value, or why a kept
    code is unknown, else "".
    """

    value: pd.Series
    qualifier: pd.Series
    complaint: pd.Series


def read_numbers(text: pd.Series) -> Reading:
    """Read numbers, limits of detection and missing words.

    Conventions: full-width characters count as plain ones; ``<x`` and ``≤x`` give x with "lt",
    ``>x`` and ``≥x`` with "gt"; a word such as ``neg`` or ``ND`` takes the limit of the column if
    the column states exactly one; a comma is a decimal comma unless the column also holds
    thousands separators. Source: domain.md 1.5 and 1.9.
    """
    codes, unique = pd.factorize(text)
    if (codes >= 0).all() and all(map(_is_plain, unique)):
        return _plain_reading(text, codes, unique)
    parts = [_split_sign(str(cell)) for cell in unique]
    mark = _decimal_mark([body for _, body in parts])
    dotted = any("." in body for _, body in parts)
    read = [(sign, *_number(body, mark, dotted)) for sign, body in parts]
    limits = {value for sign, value, complaint in read if sign == "lt" and not complaint}
    read = [_with_limit(item, limits) for item in read]
    sign, value, complaint = (list(column) for column in zip(*read, strict=True)) if read else ([], [], [])
    qualifier = [
        "" if bad or np.isnan(number) else mark for mark, number, bad in zip(sign, value, complaint, strict=True)
    ]
    return _reading(text, codes, value=value, qualifier=qualifier, complaint=complaint)


def read_codes(text: pd.Series, variable: Variable) -> Reading:
    """Read the codes of a categorical, ordinal or binary variable, or free text.

    Levels, their labels and the known synonyms match whatever their case, spaces, hyphens and
    underscores. An unknown word stays as it is in a categorical column, with a complaint if the
    levels are closed, and is left blank in a binary or ordinal one.
    """
    codes, unique = pd.factorize(text)
    cells = [unicodedata.normalize("NFKC", str(cell)).strip() for cell in unique]
    known = dict(_codes_of(variable))
    if variable.kind == "binary" and "+" in cells:
        known.update(dict.fromkeys(words().no_beside_plus, "no"))
    if variable.name == "sex":
        known.update(_sex_codes(cells))
    open_ended = variable.kind == "text" or not variable.levels
    value, complaint = [], []
    for cell in cells:
        code = known.get(squash(cell))
        missing = code is None and fold(cell) in words().missing
        unknown = code is None and not missing
        asked = code == ASK_SEX
        blank = missing or asked or (unknown and variable.kind in ("binary", "ordinal"))
        value.append(np.nan if blank else cell if unknown else code)
        complaint.append(ASK_SEX if asked else NO_CODE if unknown and not open_ended else "")
    return _reading(text, codes, value=value, qualifier=[""] * len(cells), complaint=complaint)


def points_may_group(text: pd.Series) -> bool:
    """Tell whether every point of a column stands before three digits, as one between thousands does.

    Nothing else may stand in the column: ``0.250`` or ``12.5`` proves a decimal point.
    """
    grouped = False
    for cell in pd.unique(text):
        _, body = _split_sign(str(cell))
        if _POINT_GROUPS.fullmatch(body) and "," not in body:
            grouped = True
        elif not _BELOW_A_THOUSAND.fullmatch(body) and fold(body) not in words().missing:
            return False
    return grouped


def has_decimal_comma(text: pd.Series) -> bool:
    """Tell whether a cell of a column can only be a number with a decimal comma."""
    bodies = [_split_sign(str(cell))[1] for cell in pd.unique(text) if "," in str(cell)]
    return any(
        bool(_DECIMAL_COMMA.fullmatch(body) or _POINT_GROUPS.fullmatch(body)) and not _COMMA_GROUPS.fullmatch(body)
        for body in bodies
    )


def squash(text: str) -> str:
    """Fold a code for comparison: case, spaces, hyphens and underscores do not matter."""
    folded = fold(text)
    return re.sub(r"[\s_-]+", "", folded) or folded


def _reading(text: pd.Series, codes: np.ndarray, *, value: list, qualifier: list, complaint: list) -> Reading:
    """Spread what was read from the distinct cells over the column."""
    numeric = all(isinstance(item, float) for item in value)
    dtype = {"value": float if numeric else object, "qualifier": object, "complaint": object}
    lists = {"value": value, "qualifier": qualifier, "complaint": complaint}
    spread = {
        name: pd.Series(np.array(items, dtype=dtype[name])[codes] if items else [], index=text.index, dtype=dtype[name])
        for name, items in lists.items()
    }
    return Reading(**spread)


# ---------------------------------------------------------------- numbers

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " ", 0x2212: "-"}
_SIGNS = {"<=": "lt", ">=": "gt", "<": "lt", "≤": "lt", ">": "gt", "≥": "gt"}
_PLAIN = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_COMMA_GROUPS = re.compile(r"[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]+)?")
_POINT_GROUPS = re.compile(r"[+-]?[1-9][0-9]{0,2}(\.[0-9]{3})+(,[0-9]+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
_BELOW_A_THOUSAND = re.compile(r"[+-]?(0|[1-9][0-9]{0,2})")


def _is_plain(cell: object) -> bool:
    """Tell whether a cell is blank or a number that has one reading in any column."""
    return cell == "" or (isinstance(cell, str) and _PLAIN.fullmatch(cell) is not None and cell not in words().missing)


def _plain_reading(text: pd.Series, codes: np.ndarray, unique: pd.Index) -> Reading:
    """Read a column of plain numbers and blank cells, which is most columns."""
    values = np.array([float(cell) if cell else np.nan for cell in unique], dtype=float)
    nothing = pd.Series(np.full(len(text), "", dtype=object), index=text.index)
    value = pd.Series(values[codes] if len(values) else values, index=text.index)
    return Reading(value=value, qualifier=nothing, complaint=nothing.copy())


DecimalMark = Literal[".", ",", "?"]


def _split_sign(cell: str) -> tuple[str, str]:
    plain = re.sub(r"\s+", "", cell.translate(_FULL_WIDTH))
    sign = next((sign for sign in _SIGNS if plain.startswith(sign)), "")
    return _SIGNS.get(sign, ""), plain.removeprefix(sign)


def _decimal_mark(bodies: list[str]) -> DecimalMark:
    """Tell whether the column's commas are decimal or group thousands; "?" if both readings fit."""
    comma = [body for body in bodies if _DECIMAL_COMMA.fullmatch(body) or _COMMA_GROUPS.fullmatch(body)]
    comma += [body for body in bodies if "," in body and _POINT_GROUPS.fullmatch(body)]
    groups = any(body.count(",") > 1 or body.find(".") > body.find(",") for body in comma if "," in body)
    decimal = any(not _COMMA_GROUPS.fullmatch(body) for body in comma)
    if not any("," in body for body in comma):
        return "."
    return "?" if groups == decimal else "." if groups else ","


def _number(body: str, mark: DecimalMark, dotted: bool) -> tuple[float, str]:
    """Read one body under the column's convention; give NaN and a complaint if it has no single reading."""
    if fold(body) in words().below_detection and body != "nd":
        return np.nan, NO_LIMIT
    if fold(body) in words().missing or fold(body) in _SPACELESS_MISSING:
        return np.nan, ""
    if _PLAIN.fullmatch(body):
        return (np.nan, AMBIGUOUS_COMMA) if mark == "," and _POINT_GROUPS.fullmatch(body) else (float(body), "")
    if mark == "." and _COMMA_GROUPS.fullmatch(body):
        return float(body.replace(",", "")), ""
    if mark == "," and _DECIMAL_COMMA.fullmatch(body) and not (dotted and _COMMA_GROUPS.fullmatch(body)):
        return float(body.replace(",", ".")), ""
    if mark == "," and _POINT_GROUPS.fullmatch(body):
        return float(body.replace(".", "").replace(",", ".")), ""
    has_comma = _DECIMAL_COMMA.fullmatch(body) or _COMMA_GROUPS.fullmatch(body) or _POINT_GROUPS.fullmatch(body)
    return np.nan, AMBIGUOUS_COMMA if has_comma else NO_NUMBER


_SPACELESS_MISSING = frozenset({"nodisponible"})


def _with_limit(item: tuple[str, float, str], limits: set[float]) -> tuple[str, float, str]:
    """Give a below-detection word the limit of its column, if the column states exactly one."""
    if item[2] == NO_LIMIT and len(limits) == 1:
        return "lt", next(iter(limits)), ""
    return item


# ---------------------------------------------------------------- codes


@cache
def _codes_of(variable: Variable) -> tuple[tuple[str, str], ...]:
    known: dict[str, str] = {}
    if variable.kind == "binary":
        known.update(dict.fromkeys(words().yes, "yes") | dict.fromkeys(words().no, "no"))
    for level, label in zip(variable.levels, variable.level_labels, strict=False):
        known[squash(label)] = level
    for level, synonyms in variable.value_synonyms:
        known.update(dict.fromkeys(map(squash, (level, *synonyms)), level))
    known.update({squash(level): level for level in variable.levels})
    return tuple(known.items())


def _sex_codes(cells: list[str]) -> dict[str, str]:
    """Read M as mujer beside H or V; a digit never says which sex it means."""
    codes = {fold(cell) for cell in cells}
    digits = {code: ASK_SEX for code in codes if code.isdigit()}
    return digits | ({"m": "female"} if codes & {"h", "v", "hombre", "varón"} else {})
