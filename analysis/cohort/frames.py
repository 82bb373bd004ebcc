"""What do the recognised tables say, in canonical names and units?

Frames carry ``file``, ``sheet`` and ``row`` so that every later check can name the place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.cohort.bcell_columns import MARKER  # the one assay that changes with the visit and is read
from analysis.cohort.columns import Column, Source, column_problem, read_column, row_problems
from analysis.cohort.dictionary import Variable, data_dictionary
from analysis.cohort.layout import RoleTable, split_wide_header
from analysis.cohort.model import ADVERSE_EVENT_COLUMNS, DOSE_COLUMNS, EVENT_COLUMNS, VISIT_COLUMNS, Problem
from analysis.cohort.patient_columns import empty_columns, read_patient_columns
from analysis.cohort.rows import patient_rows, rows_of_known_patients
from analysis.cohort.visits import DAYS_PER_MONTH

PLACE_COLUMNS = ["file", "sheet", "row"]
_CODES = {"yes": 1.0, "no": 0.0, "CD19": 0.0, "CD20": 1.0, "unknown": 2.0}  # places as in variables.toml


@dataclass(frozen=True, kw_only=True, eq=False)
class Frames:
    """The five canonical tables with the place of every row, and what was noticed on the way."""

    patients: pd.DataFrame
    visits: pd.DataFrame
    doses: pd.DataFrame
    adverse_events: pd.DataFrame
    events: pd.DataFrame
    problems: tuple[Problem, ...]
    conversions: tuple[str, ...]


def read_frames(tables: list[RoleTable]) -> Frames:
    """Read every recognised table; tables that are absent become empty frames."""
    kept, problems = patient_rows([table for table in tables if table.role == "patients"])
    patients, at_visits, noticed = _patients(kept)
    problems += noticed
    known = set(patients["patient_id"])
    labs: list[pd.DataFrame] = []
    others: dict[str, list[pd.DataFrame]] = {role: [] for role in _COLUMNS}
    for table in tables:
        if table.role == "patients":
            continue
        ids, noticed = rows_of_known_patients(table, known)
        problems += noticed
        frame, noticed = _visits(table, ids) if table.role == "visits" else _plain_table(table, ids)
        problems += noticed
        (labs if table.role == "visits" else others[table.role]).append(frame)
    visits, conversions = _visit_frame([*labs, *at_visits])
    joined = {role: _joined(frames, [*_COLUMNS[role], *PLACE_COLUMNS]) for role, frames in others.items()}
    return Frames(patients=patients, visits=visits, **joined, problems=tuple(problems), conversions=conversions)


_COLUMNS = {"doses": DOSE_COLUMNS, "adverse_events": ADVERSE_EVENT_COLUMNS, "events": EVENT_COLUMNS}
_PLACING = {
    "day": Variable(
        name="day", label="Day", table="visits", kind="continuous", unit="days from time zero", hard=(-36500, 36500)
    ),
    "month": Variable(name="month", label="Month", table="visits", kind="continuous", unit="months", hard=(-12, 1200)),
    "unscheduled": Variable(
        name="unscheduled", label="Unscheduled", table="visits", kind="binary", levels=("yes", "no")
    ),
}
_RTX_DOSE = (10.0, 3000.0)  # mg; domain.md 1.6


# ---------------------------------------------------------------- patients


def _patients(kept: list[tuple[RoleTable, pd.Series]]) -> tuple[pd.DataFrame, list[pd.DataFrame], list[Problem]]:
    """Read the patients tables; laboratory columns in them become visits."""
    frames, at_visits, problems = [], [], []
    for table, ids in kept:
        source = _source(table, ids)
        cells, noticed = _without_dated_assays(table.cells.loc[ids.index], table)
        problems += noticed
        labs = {name: place for name in cells if (place := split_wide_header(name) or _baseline_lab(name))}
        filled = [name for name in cells if any(map(str.strip, cells[name]))]
        others = [name for name in filled if name != "patient_id" and name not in labs]
        empty = [name for name in cells if name not in filled and name != "patient_id" and not split_wide_header(name)]
        problems += empty_columns(empty, source)
        columns, noticed = read_patient_columns(cells[others], source)
        problems += noticed
        frames.append(pd.concat([ids, columns, _place(source, ids)], axis=1))
        for name, (lab, month) in labs.items():
            column = read_column(cells[name], data_dictionary()[lab], source)
            problems += column.problems
            placed = _place(source, ids).assign(month=month, day=np.nan, unscheduled=False)
            at_visits.append(_long(column, lab, ids, placed))
    return _joined(frames, ["patient_id", *PLACE_COLUMNS]), at_visits, problems


def _without_dated_assays(cells: pd.DataFrame, table: RoleTable) -> tuple[pd.DataFrame, list[Problem]]:
    """Keep the assay of month 0 as that of the patient; list the assays of later visits, which have no place."""
    places = {name: place for name in cells if (place := split_wide_header(name))}
    assays = {name: place for name, place in places.items() if not _has_values(data_dictionary()[place[0]])}
    of_patient = {name: lab for name, (lab, month) in assays.items() if not month and lab not in cells}
    later = [name for name in assays if name not in of_patient]
    message = "“{}” names the assay of one visit; only that of the patient is kept. Its {} cells were not read."
    problems = [
        column_problem(
            table.headers.get(name, name),
            Source(file=table.file, sheet=table.sheet, patients=pd.Series(dtype=object)),
            severity="warning",
            message=message.format(table.headers.get(name, name), n_cells),
            remedy="Write it once per patient, without a month, if it did not change.",
        )
        for name in later
        if (n_cells := sum(map(bool, map(str.strip, cells[name]))))
    ]
    return cells.drop(columns=later).rename(columns=of_patient), problems


def _baseline_lab(name: str) -> tuple[str, float] | None:
    """Read a laboratory column without a month, in a patients table, as the baseline value."""
    known = data_dictionary().get(name)
    return (name, 0.0) if known and known.table == "visits" and known.kind in ("continuous", "binary") else None


# ---------------------------------------------------------------- visits


def _visits(table: RoleTable, ids: pd.Series) -> tuple[pd.DataFrame, list[Problem]]:
    """Read a visits table into long form; rows that cannot be placed in time are listed."""
    source = _source(table, ids)
    cells = table.cells.loc[ids.index]
    placed, problems = _placed(cells, source)
    unplaced = placed["day"].isna() & placed["month"].isna()
    message = "Every visit needs a month or a day; this row of {patient} has neither."
    remedy = "Write the month or the day. The row was left out."
    problems += row_problems(ids[unplaced], source, severity="error", message=message, remedy=remedy)
    ids, placed, cells = ids[~unplaced], placed[~unplaced], cells[~unplaced]
    pieces = [pd.DataFrame(columns=[*VISIT_COLUMNS, *PLACE_COLUMNS])]
    for name in cells.columns.difference(["patient_id", *_PLACING, "synthetic"], sort=False):
        known = data_dictionary().get(name)
        if known is None or not _has_values(known) or known.table not in ("patients", "visits"):
            problems += _left_out(cells[name], table, name)
            continue
        column = read_column(cells[name], known, source)
        problems += column.problems
        pieces.append(_long(column, name, ids, placed))
    long = _joined(pieces, [*VISIT_COLUMNS, *PLACE_COLUMNS])
    return long, [*problems, *_empty_visits(ids, long, source)]


def _placed(cells: pd.DataFrame, source: Source) -> tuple[pd.DataFrame, list[Problem]]:
    """Read month, day and unscheduled of every row."""
    blank = pd.Series("", index=cells.index)
    columns = {name: read_column(cells.get(name, blank), variable, source) for name, variable in _PLACING.items()}
    placed = _place(source, cells).assign(
        month=columns["month"].values.astype(float),
        day=columns["day"].values.astype(float),
        unscheduled=columns["unscheduled"].values == "yes",
    )
    return placed, [problem for column in columns.values() for problem in column.problems]


def _has_values(known: Variable) -> bool:
    return known.kind in ("continuous", "binary") or known.name == MARKER


def _long(column: Column, name: str, ids: pd.Series, placed: pd.DataFrame) -> pd.DataFrame:
    """Put the values of one laboratory column below each other; yes is 1, no is 0, a marker its place in the list."""
    values = column.values.reindex(ids.index)
    values = values if values.dtype == float else values.map(_CODES).astype(float)
    there = values.notna().to_numpy()
    columns = {name: placed[name].to_numpy()[there] for name in placed}
    columns |= {"patient_id": ids.to_numpy()[there], "value": values.to_numpy()[there]}
    columns |= {"variable": np.full(int(there.sum()), name, dtype=object)}
    columns |= {"qualifier": column.qualifier.reindex(ids.index).to_numpy()[there]}
    # copy=False: a frame of separate arrays is not put together into blocks, which takes most of the time
    return pd.DataFrame({name: columns[name] for name in (*VISIT_COLUMNS, *PLACE_COLUMNS)}, copy=False)


def _empty_visits(ids: pd.Series, long: pd.DataFrame, source: Source) -> list[Problem]:
    empty = ids.index[~ids.index.isin(long["row"])]
    if empty.empty:
        return []
    rows = ", ".join(map(str, empty[:12])) + (" …" if len(empty) > 12 else "")
    message = f"{len(empty)} visit rows hold no usable value (rows {rows})."
    return [
        column_problem("", source, severity="info", message=message, remedy="Nothing to do if nothing was measured.")
    ]


def _visit_frame(pieces: list[pd.DataFrame]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Join all values and fill the day of a visit known by its month with the nominal day."""
    visits = _joined(pieces, [*VISIT_COLUMNS, *PLACE_COLUMNS])
    by_month = visits["day"].isna()
    nominal = np.round(visits["month"].astype(float) * DAYS_PER_MONTH + 1e-9)
    visits = visits.assign(
        day=visits["day"].astype(float).where(~by_month, nominal),
        month=visits["month"].astype(float),
        value=visits["value"].astype(float),
        unscheduled=visits["unscheduled"].astype(bool),
    )
    places = {name: pd.factorize(visits[name], sort=True)[0] for name in ("patient_id", "variable")}
    order = np.lexsort((places["variable"], visits["day"].to_numpy(dtype=float), places["patient_id"]))
    visits = pd.DataFrame({name: visits[name].to_numpy()[order] for name in visits}, copy=False)
    sentence = f"The day of {int(by_month.sum())} values was filled from their month (1 month = {DAYS_PER_MONTH} days)."
    return visits, (sentence,) if by_month.any() else ()


# ---------------------------------------------------------------- doses, adverse events, events


def _plain_table(table: RoleTable, ids: pd.Series) -> tuple[pd.DataFrame, list[Problem]]:
    """Read the columns of doses, adverse events or events; other columns are listed."""
    source, cells = _source(table, ids), table.cells.loc[ids.index]
    wanted = [*_COLUMNS[table.role], *_ALSO_KEPT[table.role]]
    frame, problems = _place(source, ids).assign(patient_id=ids), []
    for name in cells.columns.difference(["patient_id", "synthetic"], sort=False):
        if name not in wanted:
            problems += _left_out(cells[name], table, name)
            continue
        column = read_column(cells[name], _PLACING.get(name) or data_dictionary()[name], source)
        problems += column.problems
        frame = frame.assign(**{name: column.values})
    if table.role == "doses" and {"drug", "dose_mg"} <= set(frame):
        frame, noticed = _within_rituximab_limits(frame, cells["dose_mg"], source)
        problems += noticed
    return frame, problems


def _within_rituximab_limits(
    frame: pd.DataFrame, text: pd.Series, source: Source
) -> tuple[pd.DataFrame, list[Problem]]:
    """Hold the rows of rituximab, and only those, to the limits of a rituximab dose."""
    known = data_dictionary()["dose_mg"]
    rituximab = (frame["drug"] == "RTX") & frame["dose_mg"].notna()
    limits = replace(known, name="rituximab_mg", label="Rituximab dose", hard=_RTX_DOSE)
    column = read_column(text[rituximab], limits, source)
    dose = frame["dose_mg"].mask(rituximab, column.values)
    return frame.assign(dose_mg=dose), list(column.problems)


_ALSO_KEPT = {"doses": ["rtx_cycle"], "adverse_events": ["outcome", "led_to_stop"], "events": []}


def _left_out(text: pd.Series, table: RoleTable, name: str) -> list[Problem]:
    n_cells = int(text.str.strip().ne("").sum())
    header = table.headers[name]
    message = f"The column “{header}” is not known in the table {table.role}. Its {n_cells} cells were not read."
    remedy = (
        "Rename it if it is a known variable, see the template; values that do not change belong in the patients table."
    )
    source = Source(file=table.file, sheet=table.sheet, patients=pd.Series(dtype=object))
    return [column_problem(header, source, severity="info", message=message, remedy=remedy)]


# ---------------------------------------------------------------- places


def _source(table: RoleTable, ids: pd.Series) -> Source:
    return Source(file=table.file, sheet=table.sheet, patients=ids)


def _place(source: Source, rows: pd.DataFrame | pd.Series) -> pd.DataFrame:
    return pd.DataFrame({"file": source.file, "sheet": source.sheet, "row": rows.index}, index=rows.index)


def _joined(frames: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    """Put tables of one role below each other; wanted columns come first, always exist and keep their type."""
    filled = [frame for frame in frames if len(frame)]
    if len(filled) == 1:
        joined = filled[0].reset_index(drop=True)
    else:
        joined = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=columns, dtype=object)
    order = [*columns, *joined.columns.difference(columns, sort=False)]
    joined = joined if order == list(joined.columns) else joined.reindex(columns=order)
    known = {**data_dictionary(), **_PLACING}
    numeric = [name for name in joined if name == "value" or (name in known and known[name].kind == "continuous")]
    return joined.astype(dict.fromkeys([name for name in numeric if joined[name].dtype != float], float))
