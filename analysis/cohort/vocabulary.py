"""Which words do files use for yes, no, missing, a person's name, and which medians speak for another unit?"""

from __future__ import annotations

import math
import re
import tomllib
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Words:
    """Words that stand for a value, folded; see ``[words]`` in ``variables.toml``."""

    yes: frozenset[str]
    no: frozenset[str]
    no_beside_plus: frozenset[str]
    missing: frozenset[str]
    below_detection: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class UnitHint:
    """A median within [low, high], or a maximum at most ``maximum``, that speaks for ``looks_like``."""

    name: str
    looks_like: str
    low: float = -math.inf
    high: float = math.inf
    maximum: float = math.inf


def map_distinct(text: pd.Series, function: Callable[[str], object]) -> pd.Series:
    """Apply a function of a word once per distinct cell of a column; millions of rows hold few words."""
    codes, unique = pd.factorize(text, use_na_sentinel=False)
    found = pd.Index([function(str(cell)) for cell in unique], dtype=object).take(codes)
    return pd.Series(found, index=text.index, name=text.name, dtype=object)


def fold(text: str) -> str:
    """Fold a cell for comparison: NFKC, case and outer spaces do not matter."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def fold_header(text: str) -> str:
    """Fold a header for comparison: brackets with a unit, case, spaces and punctuation do not matter."""
    without_unit = re.sub(r"[(\[].*?[)\]]", "", unicodedata.normalize("NFKC", text))
    return re.sub(r"[\W_]+", "", without_unit).casefold() or fold(text)


@cache
def words() -> Words:
    """Load the words that stand for a value."""
    groups = _document()["words"]
    return Words(**{name: frozenset(fold(word) for word in group) for name, group in groups.items()})


@cache
def unit_hints() -> tuple[UnitHint, ...]:
    """Load the column medians that speak for another unit (domain.md 1.5)."""
    return tuple(UnitHint(**entry) for entry in _document()["unit_hint"])


def points_to_a_person(header: str) -> bool:
    """Tell whether a header looks like a name, a record number, a birth date or a way to reach someone."""
    exact, parts = _identifying()
    folded = fold_header(header)
    return folded in exact or any(part in folded for part in parts)


@cache
def _identifying() -> tuple[frozenset[str], tuple[str, ...]]:
    lists = _document()["identifying"]
    return frozenset(map(fold_header, lists["exact"])), tuple(map(fold_header, lists["part"]))


@cache
def _document() -> dict:
    return tomllib.loads(Path(__file__).with_name("variables.toml").read_text(encoding="utf-8"))
