"""Which category does an adverse event belong to, and what is it called?"""

from __future__ import annotations

import hashlib
import re
import tomllib
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.cohort.dictionary import variable

Texts = npt.NDArray[np.object_]
INFECTION = "infection"  # domain.md 1.7: always derived, the union of its sub-categories
UNCATEGORISED = "uncategorised"
RELAPSE = "disease_relapse"  # domain.md 1.7: an outcome, not an adverse event
OWN_LABELS = {INFECTION: "Infection", UNCATEGORISED: "Not categorised"}


def category_label(category: str) -> str:
    """Write a category code as a reader sees it; unknown codes lose their underscores."""
    label = OWN_LABELS.get(category) or variable("category").level_label(category)
    return label if label != category else category.replace("_", " ").strip().capitalize()


def term_token(text: str) -> str:
    """Shorten a term or category to eight hexadecimal digits that do not depend on case."""
    return hashlib.blake2b(text.strip().casefold().encode(), digest_size=4).hexdigest()


def known_categories() -> tuple[str, ...]:
    """List the categories an event can be moved to: those of the data dictionary and of the term dictionary."""
    names = [*variable("category").levels, *(name for name, _ in _patterns() if name != RELAPSE)]
    return tuple(dict.fromkeys(names))


def distinct_pairs(category: Texts, term: Texts) -> tuple[npt.NDArray[np.intp], list[tuple[str, str]]]:
    """Find the distinct pairs of two arrays of text: which of them each entry is, and the pairs."""
    (first, categories), (second, terms) = pd.factorize(category), pd.factorize(term)
    width = max(len(terms), 1)
    code, place = np.unique(first * width + second, return_inverse=True)
    pairs = zip(np.asarray(categories)[code // width], np.asarray(terms)[code % width], strict=True)
    return place.astype(np.intp), list(pairs)


def place_terms(category: Texts, term: Texts, recoded: tuple[str, ...]) -> Texts:
    """Give each event its category: the visitor's, else the file's, else that of the term dictionary.

    Parameters
    ----------
    category, term
        Text, one per event; "" where there is none.
    recoded
        Pairs "term:category" of tokens (``term_token``).

    Returns
    -------
    array of object
        Category codes; ``UNCATEGORISED`` where neither the file nor the dictionary knows one.
    """
    place, pairs = distinct_pairs(category, term)
    chosen = _choices([code for code, _ in pairs], recoded)
    placed = [chosen.get(term_token(word)) or _kind(code, word) for code, word in pairs]
    return np.array(placed, dtype=object)[place]


def _choices(categories: list[str], recoded: tuple[str, ...]) -> dict[str, str]:
    if not recoded:
        return {}
    names = {term_token(name): name for name in (*categories, *known_categories()) if name}
    pairs = (item.partition(":")[::2] for item in recoded)
    return {term: names[target] for term, target in pairs if target in names}


def _kind(code: str, word: str) -> str:
    """Take the file's category; an infection without its kind, and a relapse of the disease, by their words."""
    found = _category_of(word)
    if RELAPSE in (found, _category_of(code.replace("_", " "))):
        return RELAPSE
    return found if not code or (code == INFECTION and found.startswith(f"{INFECTION}_")) else code


def _category_of(term: str) -> str:
    if not term:
        return UNCATEGORISED
    return next((name for name, pattern in _patterns() if pattern.search(term)), UNCATEGORISED)


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    groups = tomllib.loads(Path(__file__).with_name("terms.toml").read_text(encoding="utf-8"))
    return tuple((name, re.compile("|".join(map(_pattern, words)), re.IGNORECASE)) for name, words in groups.items())


def _pattern(word: str) -> str:
    """Match whole words; ``*`` stands for any letters, ``^`` and ``$`` for the ends of the term."""
    whole = re.escape(word.strip("^$")).replace(r"\*", r"\w*")
    start, end = (r"^\s*" if word.startswith("^") else r"\b"), (r"\s*$" if word.endswith("$") else r"\b")
    return rf"{start}{whole}{end}"
