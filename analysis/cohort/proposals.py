"""What does every column of an upload probably mean?

Headers are matched exactly, after normalisation, as synonyms (English, Chinese, Spanish), by the
label a statistics file gives, and last by spelling; then the cells have a word. A meaning is never
given twice. Whatever is a guess or could be read in two ways becomes a question (questions.py).
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from analysis.cohort import identity
from analysis.cohort.adam_columns import as_adam_defines, without_copies
from analysis.cohort.baseline_columns import MOST_LEVELS
from analysis.cohort.bcell_columns import claimed_name
from analysis.cohort.cell_shapes import merged_spellings, visit_number
from analysis.cohort.cells import AMBIGUOUS_COMMA, read_numbers
from analysis.cohort.dates import holds_dates, proven_order
from analysis.cohort.dictionary import Variable, data_dictionary
from analysis.cohort.id_columns import with_patient_id
from analysis.cohort.mapping import ColumnMapping, ColumnRole, How, Mapping, TableMapping, TableRole
from analysis.cohort.meanings import Meaning, fold_name, month_glued_to, read_meaning
from analysis.cohort.outcome_headers import names_outcome
from analysis.cohort.raw import RawTable, RawTables
from analysis.cohort.sheet_layouts import SHEET_COLUMN, VISIT_COLUMN
from analysis.cohort.table_shapes import Tables, prepare_tables
from analysis.cohort.units import header_unit, other_measure
from analysis.cohort.value_words import GRADE, count_words, propose_wide_event, propose_words

AFTER_TREATMENT = -1.0  # month of a column headed "after treatment" (of "visit 2": -1 - 2) until somebody says which


def propose_mapping(raw: RawTables) -> Mapping:
    """Propose what every table, column, unit, visit and word of an upload means.

    Nothing is confirmed; ``open_questions`` lists what has to be.
    """
    tables = prepare_tables(raw)
    columns: list[ColumnMapping] = []
    for key, table in tables.items():
        proposed = [propose_column(key, header, table) for header in table.cells]
        if table.dataset.startswith("ad"):
            proposed = [as_adam_defines(item, table) for item in proposed]
        once = _once_each(with_patient_id(proposed, table), table)
        columns += [without_copies(item, table) for item in once] if table.dataset.startswith("ad") else once
    mapping = Mapping(columns=tuple(columns))
    roles = tuple(
        TableMapping(table=key, role=propose_table_role(mapping.columns_of(key), tables[key])) for key in tables
    )
    mapping = replace(mapping, tables=roles)
    return replace(mapping, pseudonyms=_need_pseudonyms(mapping, tables))


def propose_column(key: str, header: str, table: RawTable) -> ColumnMapping:
    """Propose the meaning of one column from its header, its label and its cells."""
    text = table.cells[header]
    column = ColumnMapping(table=key, column=str(header), role="keep")
    if header == SHEET_COLUMN:
        return replace(column, keep_as="group", how="content")
    meaning = _meaning_of(str(header), table)
    if _is_birth_date(meaning):
        return replace(column, role="birth_date", date_order=proven_order(text), how="synonym")
    if header in table.identifiers or identity.header_identifies(str(header)):
        return replace(column, role="identifying", keep_as="leave out", how="synonym")
    dated = meaning is None or meaning.part == "place" or (meaning.how == "guess" and meaning.part != "date")
    worded = not identity.holds_short_numbers(text)
    if dated and worded and holds_dates(text):
        return replace(column, role="date", date_order=proven_order(text), how="content")
    proposed = None if meaning is None else _by_meaning(column, meaning, table)
    if proposed is None and worded and holds_dates(text):
        return replace(column, role="date", date_order=proven_order(text), how="content")
    return proposed or _by_content(column, text)


def given_twice(columns: list[ColumnMapping]) -> dict[tuple[str, str, float | None], list[ColumnMapping]]:
    """Find meanings that more than one column claims, with all columns that claim each."""
    claims: dict[tuple[str, str, float | None], list[ColumnMapping]] = {}
    for column in columns:
        if column.role in ("keep", "drop", "identifying") or (column.role == "date" and not column.variable):
            continue
        claims.setdefault((column.role, claimed_name(column), column.month), []).append(column)
    return {claim: claimed for claim, claimed in claims.items() if len(claimed) > 1}


# ---------------------------------------------------------------- one column


def _meaning_of(header: str, table: RawTable) -> Meaning | None:
    """Read the header, and where that is no more than a guess the label beside it."""
    meaning = read_meaning(header)
    label = table.labels.get(header, "")
    if label and (meaning is None or meaning.how == "guess"):
        by_label = read_meaning(label)
        if by_label is not None and by_label.how != "guess":
            return replace(by_label, how="label")
    return meaning


def _is_birth_date(meaning: Meaning | None) -> bool:
    return meaning is not None and (meaning.part, meaning.name) == ("place", "birth_date")


def _by_meaning(column: ColumnMapping, meaning: Meaning, table: RawTable) -> ColumnMapping | None:
    """Give a column the meaning of its header where the cells do not go against it."""
    text, found = table.cells[column.column], replace(column, how=meaning.how)
    if meaning.part == "date":
        return (
            replace(found, role="date", variable=meaning.name, date_order=proven_order(text)) if _dated(text) else None
        )
    if meaning.part == "place":
        return _place(found, meaning.name, table)
    if meaning.name == "patient_id":
        return replace(found, role="patient_id")
    return _variable(found, meaning, table)


def _dated(text: pd.Series) -> bool:
    serial = text.str.strip().str.fullmatch(r"[1-7]\d{4}(\.0+)?")
    return holds_dates(text) or bool(serial.any() and serial[text.str.strip().ne("")].mean() > 0.5)


def _place(column: ColumnMapping, name: str, table: RawTable) -> ColumnMapping | None:
    """Place rows by centre, visit or day; a time needs a status beside it to be one to an event."""
    if name in ("event_time", "event_status"):
        others = {
            found.name for header in table.cells if (found := read_meaning(str(header))) and found.part == "place"
        }
        if not {"event_time", "event_status"} <= others and not (_is_adtte(table) and name == "event_status"):
            return None
        stated = table.units.get(column.column, "") if name == "event_time" else ""
        return replace(column, role=_PLACES[name], unit=stated if stated in _TIME_UNITS else "")
    bare = column.column == VISIT_COLUMN and table.sheet.strip().isdigit()  # a sheet “3” may be anything
    if name == "visit" and (bare or fold_name(column.column) in _VISIT_NUMBERS):
        return replace(column, role="visit", how="guess")
    if name == "unscheduled":
        return replace(column, role="variable", variable=name)
    return replace(column, role=_PLACES[name])


_TIME_UNITS = frozenset({"days", "months", "years"})
_VISIT_NUMBERS = frozenset({"avisitn", "visitnum", "visitn"})  # numbers of visits, hardly ever months
_PLACES: dict[str, ColumnRole] = {
    "centre": "centre",
    "visit": "visit",
    "day": "day",
    "event_time": "event_time",
    "event_status": "event_status",
}


def _is_adtte(table: RawTable) -> bool:
    return table.dataset == "adtte"


def _variable(column: ColumnMapping, meaning: Meaning, table: RawTable) -> ColumnMapping | None:
    """Give a dictionary variable with its visit and the unit of the header."""
    variable, text = data_dictionary()[meaning.name], table.cells[column.column]
    unit = header_unit(column.column, variable, table.units.get(column.column, ""))
    if other_measure(variable, unit):
        variable = data_dictionary()[other_measure(variable, unit)]
        unit = header_unit(column.column, variable, table.units.get(column.column, ""))
    if meaning.how == "exact" and not unit:
        unit = variable.unit
    fitting, how = _by_kind(variable, text, meaning.how)
    if fitting is None:
        return None
    variable = fitting
    nth = visit_number(column.column) if meaning.month is None else None
    month = AFTER_TREATMENT if meaning.visit == "after" else meaning.month if nth is None else AFTER_TREATMENT - nth
    labs = variable.table == "visits"
    found = replace(
        column, role="variable", variable=variable.name, header_unit=unit, month=month if labs else None, how=how
    )
    return replace(found, value_map=propose_words(text, found))


def _by_kind(variable: Variable, text: pd.Series, how: How) -> tuple[Variable | None, How]:
    """Hold the kind of a variable against the cells: words cannot be a level, but can be its sign.

    A header that is known for certain stays a level where any cell is a number; its words are listed one by one.
    """
    if variable.kind != "continuous" or variable.name == GRADE:
        return variable, how
    reading = read_numbers(text)
    unreadable = ~reading.complaint.isin(("", AMBIGUOUS_COMMA))
    if not unreadable.any() or unreadable.mean() <= 0.5 * (unreadable | reading.value.notna()).mean():
        return variable, how
    if variable.name == "pla2r_ru_ml":
        return data_dictionary()["pla2r_positive"], "guess"
    measured = how in _CERTAIN and reading.value.notna().any()
    return (variable if measured else None), how


def _by_content(column: ColumnMapping, text: pd.Series) -> ColumnMapping:
    """Keep an unknown column: as a grouping or a covariate, or left out where it could name a patient."""
    if identity.header_and_content_identify(column.column, text):
        return replace(column, role="identifying", keep_as="leave out", how="content")
    event = propose_wide_event(column.column)
    if not event and names_outcome(column.column):
        return replace(column, role="drop", how="synonym")
    if not event and identity.holds_short_numbers(text):
        return replace(column, keep_as="covariate", how="none")
    levels = text[text.str.strip().ne("")].nunique()
    words = read_numbers(text).complaint.ne("").any()
    if event and levels <= MOST_LEVELS:
        return replace(column, variable=event, how="normalised")
    if not words or not 2 <= levels <= MOST_LEVELS:
        return replace(column, keep_as="covariate", how="none")
    return replace(column, keep_as="group", value_map=merged_spellings(column.column, count_words(text)), how="none")


_CERTAIN = frozenset({"exact", "normalised", "synonym", "label"})


# ---------------------------------------------------------------- columns of one table together


_CERTAINTY: dict[How, int] = {
    "exact": 5, "normalised": 4, "synonym": 3, "label": 2, "content": 1, "guess": 0, "none": 0,
}  # fmt: skip


def _once_each(columns: list[ColumnMapping], table: RawTable) -> list[ColumnMapping]:
    """Leave each meaning to its most certain column; the others are kept under their own header.

    Two measured columns of one quantity and month both stay: which of them counts is asked.
    """
    losers: set[str] = set()
    for claimed in given_twice(columns).values():
        filled = {item.column: int(table.cells[item.column].str.strip().ne("").sum()) for item in claimed}
        best = max(claimed, key=lambda item: (_CERTAINTY[item.how], filled[item.column]))
        rivals = [] if table.dataset.startswith("ad") else [item for item in claimed if filled[item.column]]
        losers |= {item.column for item in claimed if item != best and not (item in rivals and _is_measured(item))}
    return [_kept(item, table) if item.column in losers else item for item in columns]


def _is_measured(column: ColumnMapping) -> bool:
    """Tell whether a column holds a laboratory quantity for certain, or at a month after the start."""
    if column.role != "variable" or data_dictionary()[column.variable].table != "visits":
        return False
    continuous = data_dictionary()[column.variable].kind == "continuous"
    return continuous and (column.how in _CERTAIN or bool(column.month) or month_glued_to(column.column) is not None)


def _kept(column: ColumnMapping, table: RawTable) -> ColumnMapping:
    """Demote a column whose meaning another one has."""
    if column.role in ("date", "birth_date"):
        return replace(column, role="date", variable="")
    plain = ColumnMapping(table=column.table, column=column.column, role="keep")
    return replace(_by_content(plain, table.cells[column.column]), header_unit=column.header_unit)


def propose_table_role(columns: tuple[ColumnMapping, ...], table: RawTable | None = None) -> TableRole:
    """Say what the rows of a table are, from the meanings its columns have and whether patients repeat."""
    patient = next((item.column for item in columns if item.role == "patient_id"), None)
    if patient is None:
        return "leave out"
    names = {item.variable for item in columns if item.role == "variable"}
    repeated = table is not None and bool(table.cells[patient].duplicated().any())
    if names & {"term", "category"}:
        return "adverse_events"
    if "event_type" in names:
        return "events"
    if "drug" in names:
        return "doses"
    if any(item.column == VISIT_COLUMN for item in columns):
        return "visits"
    placed = any(item.role in ("visit", "day") or (item.role, item.variable) == ("date", "visit") for item in columns)
    patient_level = any(name in data_dictionary() and data_dictionary()[name].table == "patients" for name in names)
    wide = any(item.month is not None for item in columns)
    return "visits" if placed and not wide and (repeated or not patient_level) else "patients"


def _need_pseudonyms(mapping: Mapping, tables: Tables) -> bool:
    return any(
        identity.identifiers_need_pseudonyms(item.column, tables[item.table].cells[item.column])
        for item in mapping.columns
        if item.role == "patient_id"
    )
