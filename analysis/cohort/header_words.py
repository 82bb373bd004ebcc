"""How are headers and words compared, and which words are known beyond the dictionary?"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache, lru_cache
from pathlib import Path
from typing import Any


def plain_text(text: str) -> str:
    """Write a text without full-width forms, outer spaces and capitals."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


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
