"""How does one REDCap block, a row per patient, event and repeat, become a table of each?"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from analysis.cohort.model import Problem
from analysis.cohort.raw import RawTable, some

ARM = "redcap_arm"
EVENT, INSTRUMENT, INSTANCE = "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance"
_SAME_IN_EVERY_ROW = ("redcap_data_access_group", "redcap_survey_identifier")
_RAW_EVENT = re.compile(r"(?P<event>.+)_arm_(?P<arm>\d+)[a-z]?")
_LABEL_EVENT = re.compile(r"(?P<event>.+?) \(Arm (?P<arm>\d+): (?P<name>.+)\)")


@dataclass(frozen=True, kw_only=True)
class Arms:
    """What the event and arm files of a project say: unique event name -> label, arm number -> label."""

    events: dict[str, str] = field(default_factory=dict)
    arms: dict[str, str] = field(default_factory=dict)


def unfold_records(table: RawTable, arms: Arms) -> tuple[list[RawTable], list[Problem]]:
    """Split an export into patients, visits (a row per event) and one table per repeating instrument.

    A column is the patient's if it is filled in at most one row per patient, always in the same
    event of the arm; other columns stay with their event. The arm, which may exist only in the
    event name, becomes the column ``redcap_arm``. Every row of the export is in one of the tables;
    the row index stays that of the file (for patients, their first row).
    """
    table, problems = _with_arm(table, arms)
    cells = table.cells
    repeats = cells[INSTRUMENT].str.strip() if INSTRUMENT in cells else pd.Series("", index=cells.index)
    parts = [_instrument(table, cells[repeats == name], name) for name in repeats[repeats != ""].unique()]
    records = cells[repeats == ""]
    if not parts and EVENT not in cells:
        return [replace(table, dataset="redcap_records")], problems
    if len(records):
        elsewhere = set().union(*(part.cells.columns for part in parts))
        own = [c for c in records if c in records.columns[:1] or c not in elsewhere or _filled(records[c]).any()]
        parts = [*_patients_and_visits(table, records[own]), *parts]
    summary = "; ".join(f"“{part.sheet}”: {len(part.cells)} rows, {part.cells.shape[1]} columns" for part in parts)
    message = f"A REDCap export of {len(cells)} rows and {cells.iloc[:, 0].nunique()} patients was unfolded: {summary}."
    unfolded = Problem(severity="info", file=table.file, sheet=table.sheet, message=message, remedy="Nothing to do.")
    return parts, [*problems, unfolded]


def _with_arm(table: RawTable, arms: Arms) -> tuple[RawTable, list[Problem]]:
    """Give the arm that stands in the event name a column, and the events their labels."""
    if EVENT not in table.cells:
        return table, []
    events = table.cells[EVENT].str.strip()
    found = {event: _RAW_EVENT.fullmatch(event) or _LABEL_EVENT.fullmatch(event) for event in events.unique() if event}
    names = {e: arms.events.get(e, match["event"].replace("_", " ")) for e, match in found.items() if match}
    value_labels = {**table.value_labels, EVENT: names}
    numbers = {event: match["arm"] for event, match in found.items() if match}
    if len(set(numbers.values())) < 2:
        return replace(table, value_labels=value_labels), []
    written = {match["arm"]: match["name"] for match in found.values() if match and "name" in match.groupdict()}
    labels = {number: arms.arms.get(number, written.get(number, "")) for number in sorted(set(numbers.values()))}
    value_labels[ARM] = {number: label for number, label in labels.items() if label}
    cells = table.cells.copy()
    cells.insert(cells.columns.get_loc(EVENT) + 1, ARM, events.map(numbers).fillna("").astype(object))
    labelled = {**table.labels, ARM: "Arm, from the name of the event"}
    table = replace(table, cells=cells, value_labels=value_labels, labels=labelled)
    return table, _arm_problems(table, labels)


def _arm_problems(table: RawTable, labels: dict[str, str]) -> list[Problem]:
    shown = some([f"{number} ({label})" if label else number for number, label in labels.items()])
    message = f"The arm stands only in the names of the events; it was written into the column “{ARM}”: {shown}."
    remedy = "Choose this column as the group if it is the treatment."
    problems = [Problem(severity="info", file=table.file, column=ARM, message=message, remedy=remedy)]
    ids = table.cells.iloc[:, 0]
    n_arms = table.cells[ARM].where(table.cells[ARM] != "").groupby(ids, sort=False).nunique()
    if (n_arms > 1).any():
        twice = list(n_arms.index[n_arms > 1])
        message = f"{len(twice)} patients have events of more than one arm ({some(twice)}); the first one counts."
        remedy = "Correct the arm of these patients in REDCap."
        problems.append(Problem(severity="warning", file=table.file, column=ARM, message=message, remedy=remedy))
    return problems


def _instrument(table: RawTable, rows: pd.DataFrame, name: str) -> RawTable:
    keys = [rows.columns[0], *(column for column in (EVENT, ARM, INSTANCE) if column in rows)]
    filled = [column for column in rows if column not in keys and column != INSTRUMENT and _filled(rows[column]).any()]
    return _part(table, rows[keys + filled], sheet=name, dataset="redcap_instrument")


def _filled(column: pd.Series) -> pd.Series:
    return column.str.strip() != ""


def _part(table: RawTable, cells: pd.DataFrame, *, sheet: str, dataset: str) -> RawTable:
    """Make a table of some columns, with what is known about them."""
    known = set(cells.columns)
    return replace(
        table,
        sheet=sheet,
        cells=cells,
        labels={column: text for column, text in table.labels.items() if column in known},
        value_labels={column: codes for column, codes in table.value_labels.items() if column in known},
        units={column: unit for column, unit in table.units.items() if column in known},
        identifiers=table.identifiers & known,
        dataset=dataset,
    )


def _patients_and_visits(table: RawTable, rows: pd.DataFrame) -> list[RawTable]:
    """Separate what is known once per patient from what is known at each event."""
    key = rows.columns[0]
    ids = rows[key]
    event = rows[EVENT] if EVENT in rows else pd.Series("", index=rows.index)
    keys = [column for column in (EVENT, ARM, INSTANCE) if column in rows]
    others = [column for column in rows if column not in (key, *keys, INSTRUMENT)]
    mine = [column for column in others if _is_patients(rows[column], ids, rows.get(ARM, ids), event)]
    visits = [column for column in others if column not in mine]
    patients = ids[~ids.duplicated()]
    columns = {key: patients}
    for column in ([ARM] if ARM in rows else []) + mine:
        filled = _filled(rows[column])
        first = filled & ~ids.where(filled).duplicated()
        columns[column] = patients.map(dict(zip(ids[first], rows.loc[first, column], strict=True))).fillna("")
    cells = pd.DataFrame(columns, index=patients.index, dtype=object)
    parts = [_part(table, cells, sheet="patients", dataset="redcap_records")]
    used = np.logical_or.reduce([_filled(rows[column]) for column in visits]) if visits else np.zeros(len(rows), bool)
    if used.any():
        chosen = rows.loc[used, [key, *keys, *visits]]
        parts.append(_part(table, chosen, sheet="visits", dataset="redcap_events"))
    return parts


def _is_patients(column: pd.Series, ids: pd.Series, arm: pd.Series, event: pd.Series) -> bool:
    """Tell whether a column is filled at most once per patient, always in the same event of an arm."""
    filled = _filled(column)
    if column.name in _SAME_IN_EVERY_ROW:
        return bool((column[filled].groupby(ids[filled]).nunique() <= 1).all())
    if ids[filled].duplicated().any():
        return False
    return arm is ids or bool((event[filled].groupby(arm[filled]).nunique() <= 1).all())
