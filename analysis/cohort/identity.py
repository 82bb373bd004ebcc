"""Which columns could tell who a patient is, and under which pseudonym does each patient go on?

Headers are judged by words in English, Chinese and Spanish; cells by their form: names, identity
card numbers, phones, e-mails, addresses. What is found is dropped unless somebody says otherwise.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Literal

import pandas as pd

from analysis.cohort.meanings import fold_name, read_meaning, word_lists
from analysis.cohort.vocabulary import fold, points_to_a_person, words

Evidence = Literal["", "e-mail addresses", "phone numbers", "identity card numbers", "names", "addresses", "free text"]

SHARE_THAT_TELLS = 0.5  # of the filled cells that must look like it
FREE_TEXT_LETTERS = 40  # mean length from which a text column is free text, which may name anyone
SEEN_AT_MOST = 500  # distinct cells looked at


def header_identifies(header: str) -> bool:
    """Tell whether a header points to a person; headers of known variables and dates of birth do not count here."""
    meaning = read_meaning(header)
    if meaning is not None and meaning.how in ("exact", "normalised"):
        return False
    return points_to_a_person(header) or any(part in fold_name(header) for part in _more_parts())


def content_identifies(text: pd.Series) -> Evidence:
    """Say what the cells of a column look like that could tell who a patient is; "" if nothing.

    Only columns of words or long numbers are judged; names count only where nearly every patient
    has a different one.
    """
    cells = [_plain(str(cell)) for cell in pd.unique(text)[:SEEN_AT_MOST]]
    cells = [cell for cell in cells if fold(cell) not in words().missing]
    if not cells:
        return ""
    for evidence, pattern in _FORMS.items():
        if sum(bool(pattern.fullmatch(cell)) for cell in cells) >= SHARE_THAT_TELLS * len(cells):
            return evidence
    if _share(cells, _is_address) >= SHARE_THAT_TELLS:
        return "addresses"
    if len(cells) >= max(3, 0.8 * len(text)) and _share(cells, _is_name) >= 0.8:
        return "names"
    letters = sum(map(len, cells)) / len(cells)
    return "free text" if letters >= FREE_TEXT_LETTERS else ""


def identifiers_need_pseudonyms(header: str, text: pd.Series) -> bool:
    """Tell whether the column of patient ids itself says who a patient is (record numbers, names)."""
    by_header = points_to_a_person(header) or any(part in fold_name(header) for part in _more_parts())
    return by_header or content_identifies(text) not in ("", "free text")


def make_pseudonyms(ids: pd.Series, key: pd.DataFrame | None = None) -> pd.DataFrame:
    """Give every patient a pseudonym P001, P002, ... in the order in which they appear.

    Parameters
    ----------
    ids
        Identifiers as the file has them, repeated or not.
    key
        A key made before; its patients keep their pseudonyms and new ones are counted on.

    Returns
    -------
    DataFrame
        The key: one row per patient, ``pseudonym`` and ``identifier``. It is for the person who
        loads the file, and is not part of a cohort or a mapping.
    """
    known = [] if key is None else list(zip(key["pseudonym"], key["identifier"], strict=True))
    seen = {str(identifier) for _, identifier in known}
    new = [identifier for identifier in pd.unique(ids.dropna()) if str(identifier) not in seen]
    width = max(3, len(str(len(known) + len(new))))
    start = max((int(re.sub(r"\D", "", str(name)) or 0) for name, _ in known), default=0)
    named = [(f"P{start + place:0{width}d}", identifier) for place, identifier in enumerate(new, start=1)]
    return pd.DataFrame([*known, *named], columns=["pseudonym", "identifier"], dtype=object)


_FORMS: dict[Evidence, re.Pattern[str]] = {
    "e-mail addresses": re.compile(r"[^@\s]+@[^@\s]+\.[a-z]{2,}"),
    "identity card numbers": re.compile(r"\d{17}[\dx]|\d{8}-?[a-z]|[xyz]-?\d{7}-?[a-z]|\d{3}-\d{2}-\d{4}"),
    "phone numbers": re.compile(
        r"(\+|00)\d[\d\s().-]{7,16}|1[3-9]\d{9}|1[3-9]\d[\s-]\d{4}[\s-]\d{4}|0\d{2,3}-\d{7,8}|[6789]\d{8}"
        r"|[679]\d{2}[\s.-]\d{3}[\s.-]\d{3}|\(?\d{3}\)?[\s.-]\d{3}[\s.-]\d{4}"
    ),
}
_PERSON = re.compile(r"[^\W\d_][^\W\d_'’-]+(,?\s+(?:[^\W\d_]\.|de|del|la|van|von|[^\W\d_][^\W\d_'’-]+)){1,4}")


def _plain(cell: str) -> str:
    return unicodedata.normalize("NFKC", cell).strip().casefold()


def _share(cells: list[str], test: object) -> float:
    return sum(bool(test(cell)) for cell in cells) / len(cells)  # type: ignore[operator]


def _is_name(cell: str) -> bool:
    """Tell whether a cell looks like a Chinese name, or like two to five words without digits."""
    if re.fullmatch(r"[\u4e00-\u9fff]{2,4}", cell):
        return cell[0] in word_lists("persons")["surnames_zh"]
    return bool(_PERSON.fullmatch(cell)) and len(cell) <= FREE_TEXT_LETTERS


def _is_address(cell: str) -> bool:
    numbered = any(sign.isdigit() for sign in cell)
    return numbered and any(street in cell for street in _streets()) and len(cell) >= 6


@cache
def _streets() -> tuple[str, ...]:
    return tuple(map(str.casefold, word_lists("persons")["streets"]))


@cache
def _more_parts() -> tuple[str, ...]:
    return tuple(map(fold_name, word_lists("persons").get("headers", ())))
