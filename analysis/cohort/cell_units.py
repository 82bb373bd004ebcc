"""Which cells carry their unit beside the number (20 g/L, 400 mg/24h), and what is the unit of the column then?"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import pandas as pd

from analysis.cohort.cells import read_numbers
from analysis.cohort.dictionary import Variable, data_dictionary
from analysis.cohort.meanings import read_meaning
from analysis.cohort.raw import RawTable
from analysis.cohort.units import header_unit, known_unit

_NUMBER_AND_UNIT = re.compile(
    r"\s*([<>≤≥]?=?\s*[+-]?[0-9][0-9.,]*)\s*([^\s0-9.,<>≤≥=+-]\S*(?:\s\S+)*|10[⁹9³36^*]\S*)\s*"
)


def with_units_apart(table: RawTable) -> RawTable:
    """Write columns whose numbers carry a unit without it, and declare the unit of most cells as that of the column.

    Only units the quantity of the header is known in count; where plain numbers stand among them, the
    header must name the same unit. Cells in another known unit stay as they are (``units_in_cells``).
    """
    cells, units = {}, {}
    for header in [str(name) for name in table.cells if _carries_units(table.cells[name])]:
        variable = _quantity(header, table)
        unit = "" if variable is None else _unit_of_most(header, table, variable)
        if variable is not None and unit:
            own = units_in_cells(table.cells[header], variable)
            cells[header] = without_units(table.cells[header], (cell for cell, of in own.items() if of == unit))
            units[header] = unit
    if not cells:
        return table
    return replace(table, cells=table.cells.assign(**cells), units=table.units | units)


def units_in_cells(text: pd.Series, variable: Variable) -> dict[str, str]:
    """Find the stripped cells that are a number with a unit of the variable, and that unit in canonical spelling."""
    if not variable.unit:
        return {}
    parts = {str(cell).strip(): _parts(str(cell)) for cell in pd.unique(text)}
    known = {cell: known_unit(variable, found[1]) for cell, found in parts.items() if found}
    return {cell: unit for cell, unit in known.items() if unit}


def without_units(text: pd.Series, cells: Iterable[str]) -> pd.Series:
    """Write these stripped cells without the unit beside their number; the others stay as they are."""
    numbers = {cell: found[0] for cell in cells if (found := _parts(cell))}
    return text.str.strip().map(numbers).fillna(text).astype(object) if numbers else text


def _parts(cell: str) -> tuple[str, str] | None:
    """Part a cell into its number, with a sign of a limit, and what follows it."""
    if cell.replace(".", "", 1).isdigit():
        return None
    match = _NUMBER_AND_UNIT.fullmatch(unicodedata.normalize("NFKC", cell))
    return (match[1].strip(), match[2]) if match else None


def _carries_units(text: pd.Series) -> bool:
    return any(_parts(str(cell)) for cell in pd.unique(text))


def _quantity(header: str, table: RawTable) -> Variable | None:
    """Name the measured quantity a header, or the label beside it, stands for."""
    for text in (header, table.labels.get(header, "")):
        meaning = read_meaning(text) if text else None
        if meaning is not None and meaning.part == "variable":
            variable = data_dictionary()[meaning.name]
            return variable if variable.kind == "continuous" else None
    return None


def _unit_of_most(header: str, table: RawTable, variable: Variable) -> str:
    """Name the unit most numbers of a column carry; "" if plain numbers are among them and the header names another."""
    own = units_in_cells(table.cells[header], variable)
    if not own:
        return ""
    stripped = table.cells[header].str.strip()
    counts = Counter(stripped.map(own).dropna())
    unit = max(counts, key=lambda name: counts[name])
    plain = read_numbers(stripped[~stripped.isin(own)]).value.notna().any()
    stated = header_unit(header, variable, table.units.get(header, ""))
    return "" if plain and known_unit(variable, stated) != unit else unit
