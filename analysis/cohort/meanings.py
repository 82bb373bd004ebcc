"""What does a header say: which quantity, in which unit, at which visit?"""

from __future__ import annotations

import difflib
import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

from analysis.cohort.dictionary import data_dictionary
from analysis.cohort.layout import plain_header
from analysis.cohort.mapping import How

GUESS_RATIO = 0.86  # difflib ratio from which a header is offered as a spelling of a known one
SHORTEST_GUESS = 4  # letters; shorter headers resemble too much
MONTHS_PER_WEEK = 7 / 30.4375  # domain.md 1.2


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """What a header stands for: a dictionary variable, what places a row, or a date.

    ``visit`` is "" (no visit named), "month" (see ``month``) or "after" (after treatment, month unknown).
    """

    part: Literal["variable", "place", "date"]
    name: str
    how: How
    visit: str = ""
    month: float | None = None


def read_meaning(header: str) -> Meaning | None:
    """Find what a header means: exactly, after normalisation, as a synonym, or as a guess.

    The whole header is tried before any part of it is taken for a visit, so that ``CD19`` or
    ``24 h urine protein`` stay whole.
    """
    exact = _exact(header)
    if exact is not None:
        return exact
    text = _without_brackets(header)
    readings = [(text, "", None), *_visit_readings(text)]
    for name, visit, month in readings:
        known = _meanings().get(fold_name(name))
        if known is not None:
            part, target, how = known
            return Meaning(part=part, name=target, how=how, visit=visit, month=month)
    for name, visit, month in reversed(readings):
        guess = _guess(fold_name(name))
        if guess is not None:
            return Meaning(part=guess[0], name=guess[1], how="guess", visit=visit, month=month)
    return None


def read_visit_word(word: str) -> tuple[str, float | None]:
    """Read a visit such as ``Month 3``, ``M3``, ``Week 12``, ``基线`` or ``6``.

    Returns
    -------
    tuple
        ("month", month), ("unscheduled", None) or ("", None) where it is not known.
    """
    text = _plain(word)
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        return "month", float(text)
    folded = fold_name(re.sub(r"_?arm_\d+$", "", text))
    lists = _visit_words()
    if folded in lists["unscheduled"] or folded.startswith("unscheduled"):
        return "unscheduled", None
    if folded in lists["baseline"]:
        return "month", 0.0
    for pattern, months in _WHOLE_VISITS:
        match = re.fullmatch(pattern, text)
        if match:
            return "month", float(round(float(match[1]) * months, 1))
    return "", None


def bracketed(header: str) -> list[str]:
    """List what stands in brackets of a header."""
    return [part.strip() for part in _BRACKETS.findall(unicodedata.normalize("NFKC", header))]


@lru_cache(maxsize=50_000)
def fold_name(text: str) -> str:
    """Fold a name: NFKC, case, accents, spaces and punctuation do not matter; a plus sign does."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text)).casefold()
    return re.sub(r"[^\w+]|_", "", "".join(sign for sign in plain if not unicodedata.combining(sign)))


@cache
def word_lists(section: str) -> dict[str, Any]:
    """Load one section of ``mapping_words.toml``."""
    text = Path(__file__).with_name("mapping_words.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)[section]


# ---------------------------------------------------------------- names

_Known = tuple[Literal["variable", "place", "date"], str, How]


def _exact(header: str) -> Meaning | None:
    """Match canonical names, with the visit suffix of the canonical layout."""
    plain = plain_header(header)
    if plain in data_dictionary():
        return Meaning(part="variable", name=plain, how="exact")
    match = re.fullmatch(r"(.+?)_(?:m?(\d{1,3}(?:\.\d+)?)m?|bl|baseline)", plain)
    if match and match[1] in data_dictionary() and data_dictionary()[match[1]].table == "visits":
        return Meaning(part="variable", name=match[1], how="exact", visit="month", month=float(match[2] or 0))
    return None


@cache
def _meanings() -> dict[str, _Known]:
    """Index every known header; the first entry of a folded name wins."""
    index: dict[str, _Known] = {}
    headers = word_lists("headers")
    for name in data_dictionary():
        index.setdefault(fold_name(name), ("variable", name, "normalised"))
    for name, words in word_lists("places").items():
        for word in words:
            index.setdefault(fold_name(word), ("place", name, "synonym"))
    for name, words in word_lists("dates").items():
        for word in words:
            index.setdefault(fold_name(word), ("date", name, "synonym"))
    for name, known in data_dictionary().items():
        words = (known.label, *known.synonyms_en, *known.synonyms_zh, *known.synonyms_es, *headers.get(name, ()))
        for word in words:
            index.setdefault(fold_name(word), ("variable", name, "synonym"))
    return index


@cache
def _guess(folded: str) -> tuple[Literal["variable", "place", "date"], str] | None:
    """Offer the one meaning whose spelling is closest, or whose name begins like the header."""
    if len(folded) < SHORTEST_GUESS and not (len(folded) >= 3 and not folded.isascii()):
        return None
    known = _meanings()
    close = difflib.get_close_matches(folded, _names_about_as_long(len(folded)), n=1, cutoff=GUESS_RATIO)
    if close:
        return known[close[0]][:2]
    begins = {known[name][:2] for name in known if name.startswith(folded)} if folded.isascii() else set()
    return next(iter(begins)) if len(begins) == 1 else None


@cache
def _names_about_as_long(length: int) -> tuple[str, ...]:
    """List the known names that are not too long or short to reach ``GUESS_RATIO``."""
    least = GUESS_RATIO / 2
    return tuple(name for name in _meanings() if min(len(name), length) >= least * (len(name) + length))


# ---------------------------------------------------------------- visits in a header

_BRACKETS = re.compile(r"[(\[{]([^()\[\]{}]*)[)\]}]")
_MONTH_WORD = r"(?:months?|mths?|mos?|meses|mes|个月|月|m)"
_NUMBER = r"(\d{1,3}(?:\.\d+)?)"
_WHOLE_VISITS = (  # pattern, months per unit
    (rf"(?:month|mes|m|visit month|第)[\s_.-]*{_NUMBER}(?:个月|月)?", 1.0),
    (rf"(?:治疗)?后?{_NUMBER}[\s_.-]*{_MONTH_WORD}(?:后)?", 1.0),
    (rf"(?:weeks?|w|semana|第)[\s_.-]*{_NUMBER}周?", MONTHS_PER_WEEK),
    (rf"{_NUMBER}[\s_.-]*(?:weeks?|wks?|w|semanas?|周)", MONTHS_PER_WEEK),
    (rf"{_NUMBER}[\s_.-]*(?:years?|yrs?|y|años?|年)", 12.0),
    (rf"(?:year|año)[\s_.-]*{_NUMBER}", 12.0),
)
_SUFFIXES = (
    (rf"[\s_.-]+(?:month|mes|m)[\s_.-]*{_NUMBER}$", 1.0),
    (rf"(?<=[^a-z])m{_NUMBER}$", 1.0),
    (rf"[\s_.-]*(?:治疗)?后?{_NUMBER}[\s_.-]*{_MONTH_WORD}后?$", 1.0),
    (rf"[\s_.-]+{_NUMBER}[\s_.-]*(?:weeks?|wks?|w|semanas?)$", MONTHS_PER_WEEK),
    (rf"{_NUMBER}周$", MONTHS_PER_WEEK),
    (rf"[\s_.-]+{_NUMBER}[\s_.-]*(?:years?|yrs?|y|años?)$", 12.0),
    (rf"[\s_.-]+{_NUMBER}$", 1.0),
)
_PREFIXES = (
    (rf"^(?:month|mes|m)[\s_.-]*{_NUMBER}[\s_.-]+", 1.0),
    (rf"^(?:治疗)?后?{_NUMBER}[\s_.-]*(?:个月|月)后?的?", 1.0),
    (rf"^{_NUMBER}[\s_.-]*(?:months?|meses|m)[\s_.-]+", 1.0),
)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _without_brackets(header: str) -> str:
    """Strip brackets, but keep those that name a visit."""
    text = _plain(header)
    visits = [part for part in bracketed(text) if not part.isdigit() and read_visit_word(part)[0] == "month"]
    return " ".join([_BRACKETS.sub(" ", text).strip(), *visits]).strip()


def _visit_readings(text: str) -> list[tuple[str, str, float | None]]:
    """Split a visit off either end, in every way that leaves a name."""
    readings: list[tuple[str, str, float | None]] = []
    for pattern, months in (*_SUFFIXES, *_PREFIXES):
        match = re.search(pattern, text)
        if match:
            rest = text[: match.start()] + text[match.end() :]
            readings.append((rest, "month", float(round(float(match[1]) * months))))
    for kind, visit, month in (("baseline", "month", 0.0), ("after", "after", None)):
        for word in sorted(word_lists("visits")[kind], key=len, reverse=True):
            readings += [(rest, visit, month) for rest in _word_split_off(text, _plain(word))]
    return [reading for reading in readings if fold_name(reading[0])]


def _word_split_off(text: str, word: str) -> list[str]:
    """Split a visit word off either end; words of letters need a separator beside them."""
    if word not in text:
        return []
    gap = r"[\s_.-]+" if word.isascii() else r"[\s_.-]*"
    ends = (rf"{gap}{re.escape(word)}$", rf"^{re.escape(word)}{gap}的?")
    return [re.sub(pattern, "", text) for pattern in ends if re.search(pattern, text)]


@cache
def _visit_words() -> dict[str, frozenset[str]]:
    return {kind: frozenset(map(fold_name, words)) for kind, words in word_lists("visits").items()}
