"""Does one column hold two units: one centre's values, or one heap of them, in another unit than the rest?

Two heaps are looked for by centre, and else by the widest gap in the values; of urine ratios, which
fall a hundredfold in remission, by the widest gap between the highest values of the patients. A
whole heap is asked about and converted, never single cells around a limit (domain.md 1.3 and 1.5).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.cohort.dictionary import Variable, data_dictionary
from analysis.cohort.mapping import ColumnMapping, Mapping
from analysis.cohort.settled import NumericGroup, listed_some, numbers_of, numeric_groups, unit_in_use
from analysis.cohort.table_shapes import Tables
from analysis.cohort.units import known_unit, read_evidence, unit_factor
from analysis.cohort.value_words import clean_word
from analysis.cohort.vocabulary import map_distinct

CENTRE, BELOW, ABOVE, PATIENTS_BELOW, PATIENTS_ABOVE = "centre", "below", "above", "patients below", "patients above"
BLANK, SAME = "blank", "same"  # answers beside the units
_NARROW = (  # what varies little enough between patients for a gap between cells to speak
    "albumin_g_l", "scr_umol_l", "hemoglobin_g_l", "cholesterol_mmol_l", "triglycerides_mmol_l",
    "uric_acid_umol_l", "proteinuria_g_24h",
)  # fmt: skip
_BY_PATIENT = ("upcr_g_g", "upcr_peak_g_g")
FEWEST = 4  # values on each side; fewer are asked about one by one where they are outside the limits
SMALLEST_SHARE = 0.05  # of all values
NARROWEST_GAP = math.log10(1.5)
SMALLEST_DISTANCE = math.log10(5)  # between the heaps' medians
ROUGHLY = 0.5  # log10: how near the distance of two heaps must be to the factor between two units
_RULE = "\t"


@dataclass(frozen=True, kw_only=True, eq=False)
class UnitPart:
    """One heap of a group of columns that is probably in another unit.

    ``rules`` say which cells it is, as a mapping keeps them; ``name`` says it in words; ``cells`` marks
    them (row = spreadsheet row, one column per column of the group); ``values`` and ``others`` are
    the numbers of the heap and of the rest.
    """

    id: str
    rules: tuple[str, ...]
    name: str
    cells: pd.DataFrame
    values: pd.Series
    others: pd.Series


Parts = dict[NumericGroup, UnitPart | None]


def find_part(group: NumericGroup, mapping: Mapping, tables: Tables) -> UnitPart | None:
    """Find the heap of a group of columns whose unit is still to be asked about."""
    table, name, stated = group
    variable = data_dictionary()[name]
    if name not in (*_NARROW, *_BY_PATIENT):
        return None
    columns = numeric_groups(mapping)[group]
    frame = _frame(columns, tables)
    frame = _unsettled(columns, frame, mapping, tables).where(frame > 0)
    if not _wide_enough(frame):
        return None
    heaps = _by_centre(table, frame, mapping, tables, variable) or _by_gap(table, frame, mapping, tables, variable)
    if heaps is None:
        return None
    (kind, marks, low_cells), (other_kind, other_marks, high_cells) = heaps
    low, high = (_stacked(frame.where(cells)) for cells in (low_cells, high_cells))
    if _is_main(variable, stated, low, high):
        part = _part(group, other_kind, other_marks, high_cells, (high, low))
    else:
        part = _part(group, kind, marks, low_cells, (low, high))
    return part if mapping.answer_to(part.id) is None else None


def part_units(column: ColumnMapping, mapping: Mapping, tables: Tables) -> pd.Series:
    """Give the unit settled for single rows of a column; "" where the unit of the column holds."""
    text = tables[column.table].cells[column.column]
    if not column.part_units:
        return pd.Series("", index=text.index, dtype=object)
    columns = numeric_groups(mapping)[column.table, column.variable, column.header_unit]
    return _settled(columns, _frame(columns, tables), mapping, tables)[column.column]


def find_parts(mapping: Mapping, tables: Tables) -> Parts:
    """Find the heap of every group of columns, None where there is none."""
    return {group: find_part(group, mapping, tables) for group in numeric_groups(mapping)}


def main_numbers(group: NumericGroup, mapping: Mapping, tables: Tables, parts: Parts) -> pd.Series:
    """Read the numbers of a group of columns that are in the unit of the columns, without heaps in another one."""
    columns, part = numeric_groups(mapping)[group], parts[group]
    if part is None and not any(item.part_units for item in columns):
        return numbers_of(columns, tables)
    frame = _unsettled(columns, _frame(columns, tables), mapping, tables)
    return _stacked(frame if part is None else frame.mask(part.cells))


def of_the_column(column: ColumnMapping, mapping: Mapping, tables: Tables, parts: Parts) -> pd.Series:
    """Mark the rows whose unit is that of the column: not of a part with its own, nor of a heap that is asked about."""
    part = parts[column.table, column.variable, column.header_unit]
    rows = pd.Series(True, index=tables[column.table].cells.index) if part is None else ~part.cells[column.column]
    return rows & part_units(column, mapping, tables).eq("") if column.part_units else rows


def units_in_use(mapping: Mapping, tables: Tables, parts: Parts | None = None) -> dict[tuple[str, str], str]:
    """Name the unit of every measured column, by table and column; "?" where it is still open."""
    found: dict[tuple[str, str], str] = {}
    parts = find_parts(mapping, tables) if parts is None else parts
    for group, columns in numeric_groups(mapping).items():
        evidence = read_evidence(data_dictionary()[group[1]], main_numbers(group, mapping, tables, parts))
        found |= {(item.table, item.column): unit_in_use(item, evidence) for item in columns}
    return found


# ---------------------------------------------------------------- which cells


def _frame(columns: list[ColumnMapping], tables: Tables) -> pd.DataFrame:
    return pd.DataFrame({item.column: numbers_of([item], tables) for item in columns})


def _unsettled(columns: list[ColumnMapping], frame: pd.DataFrame, mapping: Mapping, tables: Tables) -> pd.DataFrame:
    """Blank the cells of parts whose unit is settled."""
    if not any(column.part_units for column in columns):
        return frame
    return frame.mask(_settled(columns, frame, mapping, tables).ne(""))


def _stacked(frame: pd.DataFrame) -> pd.Series:
    return pd.concat([frame[name] for name in frame]).dropna()


def _settled(columns: list[ColumnMapping], frame: pd.DataFrame, mapping: Mapping, tables: Tables) -> pd.DataFrame:
    """Give the unit settled for every cell by the rules of a mapping; "" where none is."""
    units = pd.DataFrame("", index=frame.index, columns=frame.columns, dtype=object)
    for column in columns:
        for rule, unit in column.part_units:
            cells = _cells_of(rule, column.table, frame, mapping, tables)[column.column]
            units[column.column] = units[column.column].mask(cells & units[column.column].eq(""), unit)
    return units


def _cells_of(rule: str, table: str, frame: pd.DataFrame, mapping: Mapping, tables: Tables) -> pd.DataFrame:
    """Mark the cells a rule is about."""
    kind, _, mark = rule.partition(_RULE)
    if kind == CENTRE:
        rows = _centres(table, mapping, tables).eq(mark)
    elif kind in (PATIENTS_BELOW, PATIENTS_ABOVE):
        highest = _highest(table, frame, mapping, tables)
        rows = highest < float(mark) if kind == PATIENTS_BELOW else highest >= float(mark)
    else:
        return frame < float(mark) if kind == BELOW else frame >= float(mark)
    return frame.notna() & pd.DataFrame(dict.fromkeys(frame, rows), index=frame.index)


def _centres(table: str, mapping: Mapping, tables: Tables) -> pd.Series:
    """Give the centre of every row: as the table says, else as another table says of the patient; "" if none does."""
    cells = tables[table].cells
    own = next((item.column for item in mapping.columns_of(table) if item.role == "centre"), None)
    if own in cells:
        return map_distinct(cells[own], clean_word)
    other = next((item for item in mapping.columns if item.role == "centre" and item.table in tables), None)
    mine, theirs = mapping.patient_column(table), mapping.patient_column(other.table) if other else None
    if other is None or mine not in cells or theirs is None or mapping.id_with_centre or mapping.apart:
        return pd.Series("", index=cells.index, dtype=object)
    known = tables[other.table].cells[[theirs, other.column]].map(clean_word).drop_duplicates(theirs)
    return map_distinct(cells[mine], clean_word).map(known.set_index(theirs)[other.column]).fillna("")


def _highest(table: str, frame: pd.DataFrame, mapping: Mapping, tables: Tables) -> pd.Series:
    """Give on every row the highest value of its patient."""
    of_row, patient = frame.max(axis=1), mapping.patient_column(table)
    if patient is None:
        return of_row
    return of_row.groupby(map_distinct(tables[table].cells[patient], clean_word)).transform("max")


# ---------------------------------------------------------------- two heaps

_Heap = tuple[str, tuple[str, ...], pd.DataFrame]  # kind of rule, what it names, cells


def _by_centre(
    table: str, frame: pd.DataFrame, mapping: Mapping, tables: Tables, variable: Variable
) -> tuple[_Heap, _Heap] | None:
    """Part the centres where their typical values lie a unit apart, compared within each column."""
    centres = _centres(table, mapping, tables)
    centres = centres.where(centres.ne(""))
    if centres.nunique() < 2:
        return None
    logs = np.log10(frame)
    medians = logs.groupby(centres).median()
    score = (medians - medians.mean()).mean(axis=1).dropna().sort_values()
    if len(score) < 2:
        return None
    widest = int(np.diff(score).argmax()) + 1
    sides = [tuple(map(str, part)) for part in (score.index[:widest], score.index[widest:])]
    heaps = [pd.DataFrame({name: centres.isin(side) for name in frame}) & frame.notna() for side in sides]
    distance = float(score.iloc[widest:].median() - score.iloc[:widest].median())
    if not _speak_of_units(variable, frame, (heaps[0], heaps[1]), distance):
        return None
    return (CENTRE, sides[0], heaps[0]), (CENTRE, sides[1], heaps[1])


def _by_gap(
    table: str, frame: pd.DataFrame, mapping: Mapping, tables: Tables, variable: Variable
) -> tuple[_Heap, _Heap] | None:
    """Part the cells, or the patients by their highest value, at the widest gap."""
    by_patient = variable.name in _BY_PATIENT
    highest = _highest(table, frame, mapping, tables) if by_patient else frame.max(axis=1)
    measured = highest if by_patient else _stacked(frame)
    ordered = np.log10(np.sort(measured.dropna().unique()))
    inner = ordered[:-1] if len(ordered) > 1 else ordered
    if not len(inner):
        return None
    at = int(np.diff(ordered).argmax())
    if ordered[at + 1] - ordered[at] < NARROWEST_GAP:
        return None
    cut = float(f"{10 ** ((ordered[at] + ordered[at + 1]) / 2):.3g}")
    low = pd.DataFrame(dict.fromkeys(frame, highest < cut)) if by_patient else frame < cut
    heaps = (frame.notna() & low, frame.notna() & ~low)
    logs = np.log10(measured.dropna())
    distance = float(logs[logs >= math.log10(cut)].median() - logs[logs < math.log10(cut)].median())
    if not _speak_of_units(variable, frame, heaps, distance):
        return None
    kinds = (PATIENTS_BELOW, PATIENTS_ABOVE) if by_patient else (BELOW, ABOVE)
    return (kinds[0], (f"{cut:g}",), heaps[0]), (kinds[1], (f"{cut:g}",), heaps[1])


def _wide_enough(frame: pd.DataFrame) -> bool:
    """Tell whether the values spread far enough for two units at all."""
    lowest, highest = frame.min().min(), frame.max().max()
    return bool(highest >= 5 * lowest)


def _speak_of_units(
    variable: Variable, frame: pd.DataFrame, heaps: tuple[pd.DataFrame, pd.DataFrame], distance: float
) -> bool:
    """Tell whether two heaps are large enough, and as far apart as the units they speak for."""
    low, high = (_stacked(frame.where(cells)) for cells in heaps)
    if min(len(low), len(high)) < max(FEWEST, SMALLEST_SHARE * (len(low) + len(high))) or distance < SMALLEST_DISTANCE:
        return False
    of_low, of_high = (_likely_factors(variable, values) for values in (low, high))
    return any(one > two and abs(math.log10(one / two) - distance) <= ROUGHLY for one in of_low for two in of_high)


def _likely_factors(variable: Variable, values: pd.Series) -> list[float]:
    """Give the factors of the units the upper values of a heap speak for."""
    upper = pd.Series([values.quantile(0.75)])
    return [unit_factor(variable, unit) for unit in read_evidence(variable, upper).plausible]


def _is_main(variable: Variable, stated: str, low: pd.Series, high: pd.Series) -> bool:
    """Tell whether the lower heap is in the unit of the column: as the header says, else the larger one is."""
    known = known_unit(variable, stated)
    fits = [known in read_evidence(variable, values).plausible for values in (low, high)]
    return fits[0] if fits[0] != fits[1] else len(low) > len(high)


def _part(
    group: NumericGroup, kind: str, marks: tuple[str, ...], cells: pd.DataFrame, values: tuple[pd.Series, pd.Series]
) -> UnitPart:
    names = {
        CENTRE: f"centre {listed_some(marks)}",
        BELOW: f"values below {marks[0]}",
        ABOVE: f"values from {marks[0]}",
        PATIENTS_BELOW: f"patients whose highest value is below {marks[0]}",
        PATIENTS_ABOVE: f"patients whose highest value is {marks[0]} or more",
    }
    table, variable, stated = group
    which = "/".join(marks) if kind == CENTRE else ""
    likely = "/".join(read_evidence(data_dictionary()[variable], values[0]).plausible)
    return UnitPart(
        id=f"part_unit|{table}|{variable}|{stated}|{kind} {which}|{likely}",
        rules=tuple(f"{kind}{_RULE}{mark}" for mark in marks),
        name=names[kind],
        cells=cells,
        values=values[0],
        others=values[1],
    )
