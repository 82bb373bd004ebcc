"""Does a word, a sentence or a header point to a person? Names, telephones, titles, remarks, by lists and by form."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any, Literal

from analysis.cohort.meanings import fold_name, word_lists

LONGEST_NAME = 40  # letters
HIDDEN = "•••"

HeaderKind = Literal["", "person", "other person", "remarks"]


def header_kind(header: str) -> HeaderKind:
    """Say whether a header names a number or address of a person, another person, or free remarks."""
    lists, folded = _lists("headers"), fold_name(header)
    parts = {fold_name(re.sub(r"\d+$", "", part)) for part in re.split(r"[\W_]+", _split_words(header))}
    kinds: tuple[tuple[HeaderKind, str, str], ...] = (
        ("person", "words", "part"),
        ("other person", "others", "others_part"),
        ("remarks", "remarks", "remarks_part"),
    )
    for kind, whole, part in kinds:
        if parts & {fold_name(word) for word in lists[whole]} or any(fold_name(word) in folded for word in lists[part]):
            return kind
    return ""


def is_full_name(cell: str) -> bool:
    """Tell whether a cell has the form of a name: a Chinese one, or two to five words without digits."""
    if is_chinese(cell):
        return is_chinese_name(cell)
    return bool(_FULL_NAME.fullmatch(cell)) and len(cell) <= LONGEST_NAME


def is_written_as_a_name(cell: str) -> bool:
    """Tell whether every word of a cell begins with a capital, or one of them is a common given or family name."""
    parts = [part for part in re.split(r"[\s,.]+", cell) if part and part.casefold() not in _PARTICLES]
    capitals = all(part[0].isupper() for part in parts)
    return is_chinese(cell) or capitals or any(_bare(part) in _given() | _family() for part in parts)


def names_a_category(header: str) -> bool:
    """Tell whether a header is that of a race, a place, a drug or a diagnosis, whose words can look like names."""
    lists, folded = _lists("headers"), fold_name(header)
    parts = {fold_name(re.sub(r"\d+$", "", part)) for part in re.split(r"[\W_]+", _split_words(header))}
    listed = {fold_name(word) for word in lists["categories"]}
    return bool(parts & listed) or any(fold_name(word) in folded for word in lists["categories_part"])


def is_chinese(cell: str) -> bool:
    """Tell whether a cell is Chinese signs only."""
    return bool(re.fullmatch(r"[\u4e00-\u9fff·]+", cell))


def is_chinese_name(cell: str) -> bool:
    """Tell whether Chinese signs are a family name and one or two more, and none that names a disease or a drug."""
    lists = _lists("names")
    if any(sign in lists["never_zh"] for sign in cell[1:]):
        return False
    double = cell[:2] in lists["double_zh"]
    single = cell[:1] in word_lists("persons")["surnames_zh"]
    return (single and 2 <= len(cell) <= 3) or (double and 3 <= len(cell) <= 4)


def is_known_name(cell: str) -> bool:
    """Tell whether a cell is a Chinese name, or words with capitals of which one is a common given or family name."""
    if is_chinese(cell):
        return is_chinese_name(cell)
    written = [part for part in re.split(r"[\s,.]+", cell) if part and part.casefold() not in _PARTICLES]
    parts, names = {_bare(part) for part in written}, _given() | _family()
    if not 1 <= len(written) <= 5 or not all(part.isalpha() for part in parts):
        return False
    return bool(parts & names) and (all(part[0].isupper() for part in written) or parts <= names)


def names_someone(sentence: str) -> bool:
    """Tell whether a sentence holds a telephone, an e-mail address, an identity number, or a name."""
    text = unicodedata.normalize("NFKC", sentence)
    if _REACHED.search(text) or _telephone().search(text) or _titled().search(text):
        return True
    beside = re.findall(rf"(?<!\w)({_LETTERS})[\s,]+(?=({_LETTERS}))", text)
    if any(_is_pair(first, second) for first, second in beside):
        return True
    chinese = re.findall(r"[\u4e00-\u9fff]+", text)
    return any(len(part) == 3 and is_chinese_name(part) for part in chinese if part != text.strip())


def hidden_person(sentence: str) -> str:
    """Write a sentence, or a sign that it was hidden because it names someone."""
    return HIDDEN if names_someone(sentence) else sentence


# ---------------------------------------------------------------- forms and lists

_PARTICLES = frozenset({"de", "del", "la", "las", "los", "y", "i", "van", "von", "der"})
_LETTERS = r"[^\W\d_]+(?:['’-][^\W\d_]+)*"
_PART = r"(?:[^\W\d_]{2,}|[^\W\d_]+['’-][^\W\d_]+)(?:['’-][^\W\d_]+)*"
_FULL_NAME = re.compile(rf"{_PART}(,?\s+(?:[^\W\d_]\.|y|i|{_PART})){{1,4}}", re.I)
_REACHED = re.compile(  # e-mail; Chinese mobile and identity card; DNI; nine digits as telephones have them
    r"[^@\s]+@[^@\s]+\.[a-z]{2,}|(?<![\d.])1[3-9]\d{9}(?!\d)|(?<!\d)\d{17}[\dx](?!\w)|(?<![\w.])\d{8}-?[a-z](?!\w)"
    r"|(?<!\w)[xyz]-?\d{7}-?[a-z](?!\w)|(?<![\d.])[6789]\d{2}(?P<gap>[ .-]?)\d{3}(?P=gap)\d{3}(?![\d.])"
    r"|\+\d{2}[\d\s-]{8,}|(?<![\d.])\(?\d{3}\)?[ -]\d{3}-\d{4}(?!\d)",
    re.I,
)


def _is_pair(first: str, second: str) -> bool:
    """Tell whether two words beside each other are a given and a family name, written with capitals."""
    one, two = _bare(first), _bare(second)
    both = (one in _given() and two in _family()) or (one in _family() and two in _given())
    return both and first[:1].isupper() and second[:1].isupper()


def _split_words(header: str) -> str:
    """Write a header as it is, and with words apart that are joined by capitals (ReferringDoctor, WeChat)."""
    plain = unicodedata.normalize("NFKC", header)
    return f"{plain} {re.sub(r'(?<=[a-z])(?=[A-Z])', ' ', plain)}"


@cache
def _telephone() -> re.Pattern[str]:
    words = "|".join(map(re.escape, _lists("cells")["telephones"]))
    return re.compile(rf"(?<![a-z])(?:{words})[^\w+]*\+?[\d\s-]{{6,}}", re.I)


@cache
def _titled() -> re.Pattern[str]:
    lists = _lists("cells")
    titles, titles_zh = "|".join(lists["titles"]), "|".join(lists["titles_zh"])
    surnames = word_lists("persons")["surnames_zh"]
    return re.compile(
        rf"(?<!\w)(?:{titles}|{titles.upper()}|{_capitals(lists)})\.?\s+[A-ZÁÉÍÓÚÑÄÖÜ][^\W\d_]+|[{surnames}](?:{titles_zh})"
    )


def _capitals(lists: dict[str, Any]) -> str:
    return "|".join(title.capitalize() for title in lists["titles"])


def _bare(word: str) -> str:
    plain = unicodedata.normalize("NFKD", word.casefold())
    return "".join(sign for sign in plain if not unicodedata.combining(sign)).strip(".'’-")


@cache
def _given() -> frozenset[str]:
    return frozenset(_lists("names")["given"].split())


@cache
def _family() -> frozenset[str]:
    return frozenset(_lists("names")["family"].split())


@cache
def _lists(section: str) -> dict[str, Any]:
    text = Path(__file__).with_name("person_names.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)[section]
