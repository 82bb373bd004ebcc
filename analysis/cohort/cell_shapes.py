"""Which columns hold two numbers in a cell (167/92), and which words are one word in two spellings?"""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd

from analysis.cohort.meanings import fold_name, read_meaning
from analysis.cohort.raw import RawTable
from analysis.cohort.vocabulary import fold

_PRESSURE = re.compile(
    r"(?<![^\W\d_])(blood pressure|BP|RR|TA|presión arterial|tensión arterial|血压)(?![^\W\d_])", re.I
)
_PAIR = re.compile(r"\s*(\d{2,3})\s*/\s*(\d{2,3})\s*")
MOSTLY = 0.8  # share of the filled cells that are pairs of numbers
_RACE = frozenset({"race", "ethnicity", "raza", "etnia"})
_SAME_RACE = {"caucasian": "white"}
_VISIT = re.compile(r"(?:visit|visita)\s*(\d+)", re.IGNORECASE)


def with_pressures_apart(table: RawTable) -> RawTable:
    """Put systolic and diastolic pressure into columns of their own where cells hold both."""
    cells: dict[str, pd.Series] = {}
    for header in table.cells:
        text = table.cells[header]
        cells |= _two_columns(str(header), text) if _holds_pressures(str(header), text) else {header: text}
    if len(cells) == len(table.cells.columns):
        return table
    return replace(table, cells=pd.DataFrame(cells, index=table.cells.index))


def visit_number(header: str) -> int | None:
    """Read the number of the visit out of a header such as ``Visit 2 · albumin``; it is no month."""
    found = _VISIT.search(header)
    return int(found[1]) if found else None


def merged_spellings(header: str, counts: pd.Series) -> tuple[tuple[str, str], ...]:
    """Write words that differ in case and spaces only as the most frequent of them; ``counts`` is by word."""
    same = _SAME_RACE if fold_name(header) in _RACE else {}
    chosen: dict[str, str] = {}
    for word in map(str, counts.index):
        plain = fold(word)
        if plain not in same:
            chosen.setdefault(plain, word)
    written = {str(word): chosen.get(same.get(fold(str(word)), fold(str(word))), str(word)) for word in counts.index}
    return tuple((word, code) for word, code in written.items() if word != code)


def _holds_pressures(header: str, text: pd.Series) -> bool:
    if not _PRESSURE.search(header):
        return False
    filled = text[text.str.strip().ne("")]
    return len(filled) > 0 and bool(filled.str.fullmatch(_PAIR).mean() >= MOSTLY)


def _two_columns(header: str, text: pd.Series) -> dict[str, pd.Series]:
    """Part the cells; one that is no pair stands in both columns, so that it is listed as no number."""
    pairs = text.str.extract(f"^{_PAIR.pattern}$")
    return {
        _named(header, name): pairs[side].where(pairs[side].notna(), text).astype(object)
        for side, name in enumerate(("SBP", "DBP"))
    }


def _named(header: str, name: str) -> str:
    inside = _PRESSURE.sub(name, header, count=1)
    meaning = read_meaning(inside)
    return inside if meaning is not None and meaning.name in ("sbp_mmhg", "dbp_mmhg") else f"{name} ({header})"
