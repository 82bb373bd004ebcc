"""Which columns could tell who a patient is, and under which pseudonym does each patient go on?

Headers are judged by words in English, Chinese and Spanish; cells by their form: names, identity
card numbers, phones, e-mails, addresses. What is found is dropped unless somebody says otherwise.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import Literal

import pandas as pd

from analysis.cohort.cells import NO_NUMBER, read_numbers
from analysis.cohort.meanings import fold_name, read_meaning, word_lists
from analysis.cohort.person_words import (
    header_kind,
    is_chinese,
    is_chinese_name,
    is_full_name,
    is_known_name,
    is_written_as_a_name,
    names_a_category,
    names_someone,
)
from analysis.cohort.vocabulary import fold, map_distinct, points_to_a_person, words

Evidence = Literal[
    "", "e-mail addresses", "phone numbers", "identity card numbers", "names", "addresses", "record numbers",
    "free text", "postal codes",
]  # fmt: skip

SHARE_THAT_TELLS = 0.5  # of the filled cells that must look like it
FREE_TEXT_LETTERS = 40  # mean length from which a text column is free text, which may name anyone
FEWEST_NUMBERS = 5  # distinct long numbers from which a column of them is one of record numbers
MOST_SENTENCES_OF_A_LIST = 12  # distinct sentences; more are nobody's list to choose from
SEEN_AT_MOST = 500  # distinct cells looked at


def header_identifies(header: str) -> bool:
    """Tell whether a header points to a person; headers of known variables and dates of birth do not count here."""
    meaning = read_meaning(header)
    if meaning is not None and meaning.how in ("exact", "normalised"):
        return False
    return _named_as_a_person(header)


def holds_short_numbers(text: pd.Series) -> bool:
    """Tell whether every cell is blank or a number as laboratories write them, which points to nobody."""
    return all(not cell or _SHORT_NUMBER.fullmatch(cell) for cell in set(text))


def content_identifies(text: pd.Series, *, names: bool = True) -> Evidence:
    """Say what the cells of a column look like that could tell who a patient is; "" if nothing.

    Only columns of words or long numbers are judged. Names are told by their form where nearly every
    row has another one, and by lists of names where they repeat (the doctors of a clinic). One cell
    that names someone within a sentence makes a column free text. ``names`` is False where the header
    says that the words are races, places, drugs or diagnoses, which can have the form of names.
    """
    filled = text[~map_distinct(text, fold).isin(words().missing)]
    written = [unicodedata.normalize("NFKC", str(cell)).strip() for cell in pd.unique(filled)[:SEEN_AT_MOST]]
    cells = [cell.casefold() for cell in written]
    if not cells:
        return ""
    for evidence, pattern in _FORMS.items():
        if sum(bool(pattern.fullmatch(cell)) for cell in cells) >= SHARE_THAT_TELLS * len(cells):
            return evidence
    if _share(cells, _is_address) >= SHARE_THAT_TELLS:
        return "addresses"
    if names and (_are_names(written, len(filled)) or _share(written, is_known_name) >= SHARE_THAT_TELLS):
        return "names"
    if _are_record_numbers(cells, len(filled)):
        return "record numbers"
    letters = sum(map(len, cells)) / len(cells)
    sentences = len(cells) > MOST_SENTENCES_OF_A_LIST and _share(cells, _is_sentence) >= SHARE_THAT_TELLS
    told = any(names_someone(cell) for cell in written if not _NUMBER.fullmatch(cell))
    return "free text" if letters >= FREE_TEXT_LETTERS or sentences or told else ""


def header_and_content_identify(header: str, text: pd.Series) -> Evidence:
    """Say what a column holds by its cells, and by a header that needs them (remarks, the name of a doctor)."""
    numbered = _numbers_told_by_header(header, text)
    if numbered or holds_short_numbers(text):
        return numbered
    kind = header_kind(header)
    evidence = content_identifies(text, names=bool(kind) or not names_a_category(header))
    if evidence or kind not in ("remarks", "other person"):
        return evidence
    filled = text[~map_distinct(text, fold).isin(words().missing)]
    worded = filled[read_numbers(filled).complaint.eq(NO_NUMBER)]
    yes_no = map_distinct(worded, fold).isin(words().yes | words().no).all()
    if worded.empty or yes_no:
        return ""
    return "free text" if kind == "remarks" else "names"


def _numbers_told_by_header(header: str, text: pd.Series) -> Evidence:
    """Tell postal codes, and the codes of stays in hospital, which need header and cells both."""
    filled = text[~map_distinct(text, fold).isin(words().missing)].str.strip().str.casefold()
    if filled.empty:
        return ""
    if fold_name(header) in _POSTAL_HEADERS and filled.str.fullmatch(r"\d{5}").all():
        return "postal codes"
    one_each = len(filled) >= FEWEST_NUMBERS and filled.nunique() >= 0.9 * len(filled)
    stay = bool(set(re.findall(r"[^\W\d_]+", header.casefold())) & _STAYS)
    return "record numbers" if stay and one_each and filled.str.fullmatch(_STAY_CODE).all() else ""


def identifiers_need_pseudonyms(header: str, text: pd.Series) -> bool:
    """Tell whether the column of patient ids itself says who a patient is (record numbers, names)."""
    distinct = text.drop_duplicates()
    return _named_as_a_person(header) or content_identifies(distinct) not in ("", "free text", "record numbers")


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


def _named_as_a_person(header: str) -> bool:
    by_parts = any(part in fold_name(header) for part in _more_parts())
    return points_to_a_person(header) or by_parts or header_kind(header) == "person"


def _share(cells: list[str], test: Callable[[str], bool]) -> float:
    return sum(map(test, cells)) / len(cells)


def _are_names(cells: list[str], n_filled: int) -> bool:
    """Tell whether cells have the form of names; Western ones only where they hardly repeat."""
    alone = len(cells) >= max(3, 0.8 * n_filled)
    chinese = [cell for cell in cells if is_chinese(cell)]
    if len(chinese) > 0.8 * len(cells):
        return len(chinese) >= (1 if alone else 2) and _share(cells, is_chinese_name) >= 0.8
    return alone and _share(cells, is_full_name) >= 0.8 and _share(cells, is_written_as_a_name) >= 0.8


def _are_record_numbers(cells: list[str], n_filled: int) -> bool:
    """Tell whether cells are whole numbers of one length from six digits on, hardly any of them twice or round."""
    if len(cells) < max(FEWEST_NUMBERS, 0.9 * n_filled) or len({len(cell) for cell in cells}) > 2:
        return False
    numbers = [cell for cell in cells if _RECORD_NUMBER.fullmatch(cell)]
    return len(numbers) >= 0.9 * len(cells) and sum(cell.endswith("00") for cell in numbers) <= 0.2 * len(cells)


def _is_sentence(cell: str) -> bool:
    return len(re.findall(r"[^\W\d_]+", cell)) >= 4 or len(re.findall(r"[\u4e00-\u9fff]", cell)) >= 10


_NUMBER = re.compile(r"[<>≤≥]?\s*[-+]?[\d.,]+(e[-+]?\d+)?", re.IGNORECASE)
_SHORT_NUMBER = re.compile(r"[<>≤≥]?[-+]?\d{1,5}([.,]\d{1,5})?")
_STAY_CODE = re.compile(r"[a-z]{1,6}[-_ /]?\d{2,12}|\d{5,12}")
_STAYS = frozenset({"admission", "admissions", "encounter", "episode", "stay", "ingreso", "episodio"})
_POSTAL_HEADERS = frozenset({"cp", "codpostal", "plz", "cap"})  # Spanish, German, Italian
_RECORD_NUMBER = re.compile(r"[a-z]{0,3}[-_ ]?\d{6,12}[a-z]?")


def _is_address(cell: str) -> bool:
    numbered = any(sign.isdigit() for sign in cell)
    return numbered and any(street in cell for street in _streets()) and len(cell) >= 6


@cache
def _streets() -> tuple[str, ...]:
    return tuple(map(str.casefold, word_lists("persons")["streets"]))


@cache
def _more_parts() -> tuple[str, ...]:
    return tuple(map(fold_name, word_lists("persons").get("headers", ())))
