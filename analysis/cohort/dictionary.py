"""Which variables do we know, in which unit, within which limits, under which names?"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

Kind = Literal["continuous", "binary", "ordinal", "categorical", "text"]
Summary = Literal["mean", "median"]
Table = Literal["patients", "visits", "doses", "adverse_events", "events"]


@dataclass(frozen=True, kw_only=True)
class Variable:
    """One row of the data dictionary (domain.md section 1).

    ``alternatives`` maps another unit to the factor that turns it into ``unit``; ``hard`` limits
    blank a value, ``soft`` limits flag it; ``post_baseline`` marks what only exists after
    treatment began (domain.md 1.10), whatever the visit.
    """

    name: str
    label: str
    table: Table
    kind: Kind
    unit: str = ""
    alternatives: tuple[tuple[str, float], ...] = ()
    hard: tuple[float, float] = (-math.inf, math.inf)
    soft: tuple[float, float] = (-math.inf, math.inf)
    decimals: int = 1
    summary: Summary = "mean"
    log_scale: bool = False
    levels: tuple[str, ...] = ()
    level_labels: tuple[str, ...] = ()
    row_group: str = ""
    post_baseline: bool = False
    derived: bool = False
    synonyms_en: tuple[str, ...] = ()
    synonyms_zh: tuple[str, ...] = ()
    synonyms_es: tuple[str, ...] = ()
    value_synonyms: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def label_with_unit(self) -> str:
        """Write the label as an axis or a row shows it: ``Serum albumin (g/L)``."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    def level_label(self, level: str) -> str:
        """Write a stored code as a reader sees it; unknown codes are shown as they are."""
        return dict(zip(self.levels, self.level_labels, strict=False)).get(level, level)


AE_PREFIX = "ae_"  # a yes/no column of the patients table: ae_<kind of adverse event>


@cache
def data_dictionary() -> dict[str, Variable]:
    """Load the data dictionary, keyed by canonical name, in the order of ``variables.toml``."""
    entries = tomllib.loads(_DICTIONARY_FILE.read_text(encoding="utf-8"))["variable"]
    return {entry["name"]: _variable(entry) for entry in entries}


def variable(name: str) -> Variable:
    """Look a variable up; a column the dictionary does not know becomes a plain category of its own."""
    known = data_dictionary().get(name)
    return known or Variable(name=name, label=name, table="patients", kind="categorical")


def is_post_baseline(name: str) -> bool:
    """Tell whether a variable only exists after treatment began (domain.md 1.10); adverse events always do."""
    known = data_dictionary().get(name)
    if known is None:
        return name.casefold().startswith(AE_PREFIX)
    return known.post_baseline or known.table in ("doses", "adverse_events", "events")


_DICTIONARY_FILE = Path(__file__).with_name("variables.toml")


def _variable(entry: dict[str, Any]) -> Variable:
    """Turn one TOML table into a ``Variable``; lists become tuples so that it stays frozen."""
    fields: dict[str, Any] = {key: tuple(item) if isinstance(item, list) else item for key, item in entry.items()}
    if "alternatives" in fields:
        fields["alternatives"] = tuple(entry["alternatives"].items())
    if "value_synonyms" in fields:
        fields["value_synonyms"] = tuple((key, tuple(words)) for key, words in entry["value_synonyms"].items())
    return Variable(**fields)
