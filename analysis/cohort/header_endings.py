"""What ends a name in a header: a number that may be a month, a unit without brackets?"""

from __future__ import annotations

import re
from functools import cache

from analysis.cohort.dictionary import data_dictionary
from analysis.cohort.header_words import fold_name, plain_text, word_lists

Reading = tuple[str, str, float | None]
_OWN_NUMBER = re.compile(r"igg[1-4]")  # the number belongs to the name: subclasses of IgG
LAST_MONTH = 60  # a larger number at the end of a name is no month
_TIMES = frozenset({"years", "months", "days"})


def glued_month(name: str) -> list[Reading]:
    """Split one or two digits off the letters before them."""
    match = re.fullmatch(r"(.*[^\W\d_])(\d{1,2})", name.strip())
    own = match is None or _OWN_NUMBER.fullmatch(fold_name(name)) is not None
    return [] if match is None or own or int(match[2]) > LAST_MONTH else [(match[1], "month", float(match[2]))]


def unit_split_off(name: str) -> tuple[str, str]:
    """Part a name and the unit after it, the longest first; two empty texts where it ends in none."""
    words = re.split(r"[\s_]+", name.strip())
    for start in range(max(1, len(words) - 2), len(words)):
        unit = "".join(words[start:])
        if unit in _unit_words():
            return " ".join(words[:start]), unit
    return "", ""


@cache
def unit_spellings(unit: str) -> frozenset[str]:
    """List how a unit is written in headers."""
    return frozenset(plain_text(word).replace(" ", "") for word in (unit, *word_lists("units").get(unit, ())))


@cache
def _unit_words() -> frozenset[str]:
    entries = data_dictionary().values()
    known = {unit for entry in entries for unit in (entry.unit, *dict(entry.alternatives))} | set(word_lists("units"))
    return frozenset().union(*map(unit_spellings, known - _TIMES)) - {""}
