"""Which tables are a REDCap export, and what do its dictionary, event and arm files say about the data?"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import pandas as pd

from analysis.cohort.model import Problem
from analysis.cohort.raw import RawTable
from analysis.cohort.redcap_records import Arms, unfold_records

_HEADERS = {  # headers of the downloaded dictionary -> names of the API
    "variable / field name": "field_name",
    "form name": "form_name",
    "field type": "field_type",
    "field label": "field_label",
    "choices, calculations, or slider labels": "select_choices_or_calculations",
    "field note": "field_note",
    "identifier?": "identifier",
}
_CHOICE_TYPES = ("radio", "dropdown", "checkbox", "select")
_FIXED_CHOICES = {"yesno": {"1": "Yes", "0": "No"}, "truefalse": {"1": "True", "0": "False"}}
_CHECKED = {"0": "Unchecked", "1": "Checked"}
_STATUS = {"0": "Incomplete", "1": "Unverified", "2": "Complete"}
_CHECKBOX = re.compile(r"(?P<field>.+?)___(?P<code>.+)")
_CHECKBOX_LABEL = re.compile(r"(?P<field>.+) \(choice=(?P<choice>.+)\)")
_SYSTEM = frozenset({"redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance"})
_LABELLED = {  # headers of an export “with labels” -> those of the raw export
    "event name": "redcap_event_name",
    "repeat instrument": "redcap_repeat_instrument",
    "repeat instance": "redcap_repeat_instance",
}
_UNIT_NOTE = re.compile(r"(g|mg|µg|ug|ng|mmol|umol|µmol|ml|u|iu|ru)/\S{1,12}|mmhg|kg|cm|%", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Field:
    """One row of a data dictionary; ``choices`` maps a code to its label."""

    label: str
    choices: dict[str, str]
    note: str
    identifying: bool


def recognise_redcap(tables: list[RawTable]) -> tuple[list[RawTable], list[Problem]]:
    """Attach dictionaries to the data they describe, and unfold arms, events and repeating instruments.

    Dictionary, event, arm and instrument-mapping files leave the list of tables: what they say is
    in ``labels``, ``value_labels``, ``units`` and ``identifiers`` of the data. Other tables pass
    unchanged.
    """
    dictionaries = [(table, read_dictionary(table)) for table in tables if _is_dictionary(table)]
    arms = _arms([table.cells for table in tables])
    kept: list[RawTable] = []
    problems: list[Problem] = []
    for table in tables:
        if _is_metadata(table):
            problems.append(_taken(table))
            continue
        fields = max((fields for _, fields in dictionaries), key=lambda f: _overlap(table, f), default={})
        fields = fields if _overlap(table, fields) else {}
        table = _raw_headers(table)
        if not (fields or _is_data(table)):
            kept.append(table)
            continue
        unfolded, noticed = unfold_records(_labelled(table, fields), arms)
        kept.extend(unfolded)
        problems.extend(noticed)
    return kept, problems


def read_dictionary(table: RawTable) -> dict[str, Field]:
    """Read a data dictionary: field name -> what it means."""
    cells = table.cells.rename(columns=lambda header: _HEADERS.get(header.strip().lower(), header))
    fields: dict[str, Field] = {}
    for row in cells.to_dict("records"):
        kind = row.get("field_type", "").strip().lower()
        choices = _FIXED_CHOICES.get(kind, {})
        if kind in _CHOICE_TYPES:
            choices = _choices(row.get("select_choices_or_calculations", ""))
        fields[row.get("field_name", "").strip()] = Field(
            label=re.sub(r"<[^>]*>", "", row.get("field_label", "")).strip(),
            choices=choices,
            note=row.get("field_note", "").strip(),
            identifying=row.get("identifier", "").strip().lower() == "y",
        )
    return fields


def _choices(text: str) -> dict[str, str]:
    """Read ``0, Female | 1, Male``."""
    parts = [part.partition(",") for part in text.split("|")]
    return {code.strip(): label.strip() for code, comma, label in parts if comma}


def _columns(table: RawTable) -> set[str]:
    return {_HEADERS.get(header.strip().lower(), header) for header in table.cells.columns}


def _is_dictionary(table: RawTable) -> bool:
    return {"field_name", "field_type", "field_label"} <= _columns(table)


def _is_metadata(table: RawTable) -> bool:
    columns = _columns(table)
    return (
        _is_dictionary(table)
        or {"arm_num", "unique_event_name"} <= columns
        or columns == {"arm_num", "name"}
    )  # fmt: skip


def _is_data(table: RawTable) -> bool:
    columns = list(table.cells.columns)
    status = [c for c in columns[1:] if c.endswith("_complete") and set(table.cells[c]) <= {"0", "1", "2", ""}]
    return bool(_SYSTEM & set(columns)) or bool(status) or sum(map(bool, map(_CHECKBOX.fullmatch, columns))) > 1


def _taken(table: RawTable) -> Problem:
    what = "data dictionary" if _is_dictionary(table) else "list of events or arms"
    message = (
        f"This is a REDCap {what} ({len(table.cells)} rows); its labels were put beside the data, it is no data itself."
    )
    return Problem(severity="info", file=table.file, sheet=table.sheet, message=message, remedy="Nothing to do.")


def _overlap(table: RawTable, fields: dict[str, Field]) -> int:
    """Count the columns a dictionary describes, 0 unless they are at least half of the table's columns."""
    known = sum(1 for column in table.cells.columns if column.partition("___")[0] in fields)
    own = [column for column in table.cells.columns if column not in _SYSTEM and not column.endswith("_complete")]
    return known if 2 * known >= len(own) else 0


def _raw_headers(table: RawTable) -> RawTable:
    if not {"Event Name", "Repeat Instrument", "Repeat Instance"} & set(table.cells.columns):
        return table
    cells = table.cells.rename(columns=lambda header: _LABELLED.get(header.lower(), header))
    return replace(table, cells=cells) if cells.columns.is_unique else table


def _labelled(table: RawTable, fields: dict[str, Field]) -> RawTable:
    """Put labels, codes, units and identifiers of the dictionary beside the columns."""
    labels, codes, units = dict(table.labels), dict(table.value_labels), dict(table.units)
    identifiers: set[str] = set()
    for column in table.cells.columns:
        base, field = _field_of(column, fields)
        checkbox = _CHECKBOX.fullmatch(column) or _CHECKBOX_LABEL.fullmatch(column)
        if checkbox and (field is None or set(table.cells[column]) <= {"0", "1", "", "Checked", "Unchecked"}):
            labels[column] = _checkbox_label(checkbox.groups(), base, field)
            codes[column] = _CHECKED if set(table.cells[column]) <= {"0", "1", ""} else {}
        elif column.endswith("_complete") and field is None and set(table.cells[column]) <= {"0", "1", "2", ""}:
            labels[column] = f"Form {column.removesuffix('_complete')} complete?"
            codes[column] = _STATUS
        elif field is not None:
            labels.update({column: field.label} if field.label else {})
            codes.update({column: field.choices} if field.choices else {})
        if field is not None:
            units.update({column: field.note} if _UNIT_NOTE.fullmatch(field.note) else {})
            identifiers.update({column} if field.identifying else ())
    codes = {column: labels_of for column, labels_of in codes.items() if labels_of}
    return replace(
        table, labels=labels, value_labels=codes, units=units, identifiers=frozenset(identifiers), format="redcap"
    )


def _field_of(column: str, fields: dict[str, Field]) -> tuple[str, Field | None]:
    base = column if column in fields else column.partition("___")[0]
    return base, fields.get(base)


def _checkbox_label(parts: tuple[str, ...], base: str, field: Field | None) -> str:
    question, code = parts
    if field is None:
        return f"{question} · {code}"
    choices = {key.lower().replace("-", "_"): label for key, label in field.choices.items()}
    return f"{field.label or base} · {choices.get(code.lower(), code)}"


def _arms(frames: list[pd.DataFrame]) -> Arms:
    """Collect what event and arm files say: unique event name -> label, arm number -> label."""
    events: dict[str, str] = {}
    arms: dict[str, str] = {}
    for cells in frames:
        if {"event_name", "unique_event_name"} <= set(cells.columns):
            events.update(zip(cells["unique_event_name"].str.strip(), cells["event_name"].str.strip(), strict=True))
        if set(cells.columns) == {"arm_num", "name"}:
            arms.update(zip(cells["arm_num"].str.strip(), cells["name"].str.strip(), strict=True))
    return Arms(events=events, arms=arms)
