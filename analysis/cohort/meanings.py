"""What does a header say: which quantity, in which unit, at which visit?"""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Literal

from analysis.cohort.dictionary import data_dictionary
from analysis.cohort.header_endings import Reading, glued_month, unit_spellings, unit_split_off
from analysis.cohort.header_words import fold_name as fold_name
from analysis.cohort.header_words import plain_text
from analysis.cohort.header_words import word_lists as word_lists
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
    measured = _without_unit(text, readings)
    glued = [found for name, visit, _ in (*readings, *measured) if not visit for found in glued_month(name)]
    for name, visit, month in (*measured, *glued):
        known = _meanings().get(fold_name(name))
        if known is not None and _is_laboratory(known):
            fits = (name, visit, month) in measured and _named_unit_fits(text, known[1])
            sure: How = "synonym" if fits else "guess"
            return Meaning(part=known[0], name=known[1], how=sure, visit=visit, month=month)
    for name, visit, month in reversed([*readings, *glued]):
        guess = _guess(fold_name(name))
        if guess is not None and ((name, visit, month) not in glued or _is_laboratory((*guess, "guess"))):
            return Meaning(part=guess[0], name=guess[1], how="guess", visit=visit, month=month)
    return None


def read_visit_word(word: str) -> tuple[str, float | None]:
    """Read a visit such as ``Month 3``, ``M3``, ``Week 12``, ``基线`` or ``6``.

    Returns
    -------
    tuple
        ("month", month), ("unscheduled", None) or ("", None) where it is not known.
    """
    text = plain_text(word)
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


def month_glued_to(header: str) -> float | None:
    """Read the number at the end of a known laboratory name (``Albumin12``, ``Hb6 (g/L)``) as a month.

    ``None`` where the header is known as a whole (``CD19``), the number belongs to the name (``IgG4``), or the
    name before it is no laboratory value.
    """
    meaning = read_meaning(header)
    if meaning is None or meaning.how != "guess" or meaning.visit != "month":
        return None
    text = _without_brackets(header)
    names = [text, *(name for name, visit, _ in _without_unit(text, [(text, "", None)]) if not visit)]
    stems = [stem for name in names for stem in glued_month(name)]
    known = [month for stem, _, month in stems if _is_laboratory(_meanings().get(fold_name(stem)))]
    return next((month for month in known if month == meaning.month), None)


def bracketed(header: str) -> list[str]:
    """List what stands in brackets of a header."""
    return [part.strip() for part in _BRACKETS.findall(unicodedata.normalize("NFKC", header))]


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
    if close and _digits_agree(folded, close[0]):
        return known[close[0]][:2]
    begins = {known[name][:2] for name in known if name.startswith(folded)} if folded.isascii() else set()
    return next(iter(begins)) if len(begins) == 1 else None


def _digits_agree(folded: str, name: str) -> bool:
    """Tell whether two names differ in letters only; the 24 of a collection over 24 hours may be left out."""
    kept = [re.sub(r"\D", "", re.sub(r"^24|24(?=h)", "", one)) for one in (folded, name)]
    return kept[0] == kept[1]


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
    (rf"[\s_.-]+(?:weeks?|wks?|wk|w|semana)[\s_.-]*{_NUMBER}$", MONTHS_PER_WEEK),
    (rf"{_NUMBER}周$", MONTHS_PER_WEEK),
    (rf"[\s_.-]+{_NUMBER}[\s_.-]*(?:years?|yrs?|y|años?)$", 12.0),
    (rf"[\s_.-]+{_NUMBER}$", 1.0),
)
_PREFIXES = (
    (rf"^(?:month|mes|m)[\s_.-]*{_NUMBER}[\s_.-]+", 1.0),
    (rf"^(?:治疗)?后?{_NUMBER}[\s_.-]*(?:个月|月)后?的?", 1.0),
    (rf"^{_NUMBER}[\s_.-]*(?:months?|meses|m)[\s_.-]+", 1.0),
    (rf"^(?:weeks?|wks?|wk|w|semana)[\s_.-]*{_NUMBER}[\s_.-]+", MONTHS_PER_WEEK),
)


def _without_brackets(header: str) -> str:
    """Strip brackets, but keep those that name a visit."""
    text = plain_text(header)
    visits = [part for part in bracketed(text) if not part.isdigit() and read_visit_word(part)[0] == "month"]
    return " ".join([_BRACKETS.sub(" ", text).strip(), *visits]).strip()


def _visit_readings(text: str) -> list[Reading]:
    """Split a visit off either end, in every way that leaves a name."""
    readings: list[Reading] = []
    for pattern, months in (*_SUFFIXES, *_PREFIXES):
        match = re.search(pattern, text)
        if match:
            rest = text[: match.start()] + text[match.end() :]
            readings.append((rest, "month", _whole_month(float(match[1]) * months)))
    for kind, visit, month in (("baseline", "month", 0.0), ("after", "after", None)):
        for word in sorted(word_lists("visits")[kind], key=len, reverse=True):
            readings += [(rest, visit, month) for rest in _word_split_off(text, plain_text(word))]
    return [reading for reading in readings if fold_name(reading[0])]


def _whole_month(months: float) -> float:
    """Round to whole months, but never a visit after the start to month 0."""
    return float(round(months)) or round(months, 1)


def _without_unit(text: str, readings: list[Reading]) -> list[Reading]:
    """Drop a unit that ends a name without brackets: ``Hb g/dL``, ``Scr mg/dL 6m``, ``alb 6 g/L``."""
    bare = unit_split_off(text)[0]
    named: list[Reading] = [(bare, "", None), *_visit_readings(bare)] if bare else []
    return [*named, *((rest, visit, month) for name, visit, month in readings if (rest := unit_split_off(name)[0]))]


def _named_unit_fits(text: str, name: str) -> bool:
    """Tell whether the unit in a header is one of the variable it names."""
    names = [text, *(rest for rest, _, _ in _visit_readings(text))]
    unit = next((unit for rest in names if (unit := unit_split_off(rest)[1])), "")
    variable = data_dictionary()[name]
    return any(unit in unit_spellings(known) for known in (variable.unit, *dict(variable.alternatives)))


def _is_laboratory(known: _Known | None) -> bool:
    if known is None or known[0] != "variable":
        return False
    variable = data_dictionary()[known[1]]
    return variable.table == "visits" and variable.kind == "continuous"


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
