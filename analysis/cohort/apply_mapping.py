"""How does an upload read once its mapping is applied? As canonical tables, with a list of every change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from analysis.cohort.bcell_columns import PLACING, bcell_visits
from analysis.cohort.centre_files import centre_of_table
from analysis.cohort.columns import column_problem
from analysis.cohort.identity import make_pseudonyms
from analysis.cohort.layout import NEEDED
from analysis.cohort.mapped_columns import Ledger, Prepared
from analysis.cohort.mapped_tables import Parts, read_mapped_table
from analysis.cohort.mapping import Mapping, Question
from analysis.cohort.model import Problem
from analysis.cohort.no_patients import turned_tables, without_footers, without_legends, without_strangers
from analysis.cohort.outcome_headers import outcomes_not_read
from analysis.cohort.patient_parts import PatientPart, join_patients, once_each_event
from analysis.cohort.questions import questions_about
from analysis.cohort.raw import RawTable, RawTables
from analysis.cohort.settled import patient_tag
from analysis.cohort.table_shapes import Tables, prepare_tables
from analysis.cohort.time_zero import list_other_zeros, time_zero
from analysis.cohort.unit_parts import units_in_use
from analysis.cohort.unread_tables import missing_columns, not_read, without_denominator
from analysis.cohort.value_words import clean_word
from analysis.cohort.vocabulary import fold, map_distinct, words
from analysis.results import CohortError

_NEEDED = {role: columns for role, columns in NEEDED.items() if columns}  # any one of these, see layout.NEEDED

_Named = tuple[RawTable, str, pd.DataFrame, dict[str, str]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Applied:
    """An upload in the canonical layout.

    ``raw`` goes on to ``recognise_tables``; ``problems`` and ``conversions`` say what was converted,
    blanked or left out; ``key`` gives the identifier behind every pseudonym (None where none were
    made) and belongs to the person who loads the file; ``places`` maps the canonical tables back
    to sheets and headers of the file.
    """

    raw: RawTables
    problems: tuple[Problem, ...]
    conversions: tuple[str, ...]
    key: pd.DataFrame | None
    places: dict[tuple[str, str], tuple[str, dict[str, str]]]

    def located(self, problem: Problem) -> Problem:
        """Name the sheet and the header of the file in a problem found after the mapping."""
        place = self.places.get((problem.file, problem.sheet))
        if place is None:
            return problem
        sheet, headers = place
        return replace(problem, sheet=sheet, column=headers.get(problem.column, problem.column))


def apply_mapping(raw: RawTables, mapping: Mapping, *, key: pd.DataFrame | None = None) -> Applied:
    """Turn an upload into tables of the canonical layout.

    Parameters
    ----------
    raw
        The tables as they were read.
    mapping
        What they mean. A column with an open question is not read and listed as an error; a table
        the mapping does not know is listed.
    key
        A key of pseudonyms made before, so that patients keep theirs.

    Returns
    -------
    Applied
        Every cell is in the canonical tables, or its column, row or itself is counted in
        ``problems`` or ``conversions``.

    Raises
    ------
    CohortError
        If no table has a column of patient ids.
    """
    ledger = Ledger()
    read, own, mapping = _tables_of_patients(raw, mapping, ledger)
    ids, key = _pseudonymised(own, mapping, key, ledger)
    prepared = _prepared(mapping, read, ids)
    list_other_zeros(prepared, ledger)
    _list_open_ids(prepared, ledger)
    ledger.problems += [
        *missing_columns(mapping, read),
        *without_denominator(mapping, read),
        *outcomes_not_read(mapping, read),
    ]
    canonical, places = _tables(_canonical_tables(prepared, ledger))
    return Applied(
        raw=replace(raw, tables=canonical),
        problems=tuple(ledger.problems),
        conversions=tuple(ledger.conversions),
        key=key,
        places=places,
    )


def pseudonym_key(raw: RawTables, mapping: Mapping) -> pd.DataFrame | None:
    """Give the identifier behind every pseudonym that ``apply_mapping`` makes, as ``Applied.key`` does."""
    ledger = Ledger()
    _, own, mapping = _tables_of_patients(raw, mapping, ledger)
    return _pseudonymised(own, mapping, None, ledger)[1]


def _tables_of_patients(
    raw: RawTables, mapping: Mapping, ledger: Ledger
) -> tuple[Tables, dict[str, pd.Series], Mapping]:
    """Give the tables that are read with the patient of every row; what is left out is listed."""
    tables = _corrected(prepare_tables(raw), mapping, ledger)
    read = {name: table for name, table in tables.items() if _is_read(mapping, name, table)}
    if not read:
        raise _no_patient_id(tables)
    ledger.problems += [not_read(table, mapping, name) for name, table in tables.items() if name not in read]
    return _patients_only(read, mapping, ledger)


def _canonical_tables(prepared: Prepared, ledger: Ledger) -> list[_Named]:
    """Read every table and put together what they say about patients, visits, doses and events."""
    parts = {name: read_mapped_table(name, prepared, ledger) for name in prepared.tables}
    patients = [
        PatientPart(
            table=prepared.tables[name],
            ids=prepared.ids[name],
            columns=part.patients,
            headers=part.headers,
            one_row_each=prepared.mapping.table_role(name) == "patients",
        )
        for name, part in parts.items()
    ]
    others = [item for name, part in parts.items() for item in _other_tables(name, part, prepared, ledger)]
    return [*join_patients(patients, ledger), *once_each_event(others, ledger)]


# ---------------------------------------------------------------- before the columns


def _is_read(mapping: Mapping, name: str, table: RawTable) -> bool:
    return mapping.table_role(name) != "leave out" and mapping.patient_column(name) in table.cells


def _no_patient_id(tables: Tables) -> CohortError:
    return CohortError(
        "A cohort needs a column that says which patient each row belongs to.",
        f"The mapping names none for {', '.join(tables)}.",
        "Choose the column of patient ids.",
    )


def _corrected(tables: Tables, mapping: Mapping, ledger: Ledger) -> Tables:
    """Apply the corrections of single cells where the text found is still there."""
    corrected = dict(tables)
    for item in mapping.corrections:
        table, patient = corrected.get(item.table), mapping.patient_column(item.table)
        if table is None or patient not in table.cells or item.column not in table.cells:
            continue
        there = (tables[item.table].cells[patient].map(partial(patient_tag, mapping)) == item.patient) & (
            tables[item.table].cells[item.column] == item.found
        )
        text = table.cells[item.column].mask(there, item.replacement)
        corrected[item.table] = replace(table, cells=table.cells.assign(**{item.column: text}))
        if there.any():
            ledger.conversions.append(f"{item.column}: the cell of one patient was corrected as the mapping says.")
    return corrected


def _ids(table: str, mapping: Mapping, tables: Tables) -> pd.Series:
    """Read the patient of every row, with the centre in front where ids repeat across centres."""
    cells, patient = tables[table].cells, mapping.patient_column(table)
    ids = map_distinct(cells[patient], clean_word)
    centre = next((item.column for item in mapping.columns_of(table) if item.role == "centre"), None)
    if mapping.id_with_centre and centre in cells:
        ids = (map_distinct(cells[centre], clean_word) + "-" + ids).where(ids.ne(""), "")
    ids = ids.mask(map_distinct(ids, fold).isin(words().missing), "").astype(object)
    return _apart(ids, tables[table], mapping) if mapping.apart else ids


def _apart(ids: pd.Series, table: RawTable, mapping: Mapping) -> pd.Series:
    """Put centre or sheet before ids of those that number their own patients; "" where it is not known."""
    centre = centre_of_table(table, mapping.apart)
    return (f"{centre}-" + ids).where(ids.ne("") & (centre is not None), "").astype(object)


def _patients_only(read: Tables, mapping: Mapping, ledger: Ledger) -> tuple[Tables, dict[str, pd.Series], Mapping]:
    """Give tables and ids without footers, legends and mistyped ids, which are listed."""
    read, footers = without_footers(read, mapping)
    ids = {name: _ids(name, mapping, read) for name in read}
    mapping, legends = without_legends(read, ids, mapping)
    ids = {name: of for name, of in ids.items() if mapping.table_role(name) != "leave out"}
    mapping = replace(mapping, columns=tuple(item for item in mapping.columns if item.table in ids))
    read, ids, mistyped = without_strangers({name: read[name] for name in ids}, ids, mapping)
    ledger.problems += [*footers, *legends, *mistyped, *turned_tables(read, mapping)]
    return read, ids, mapping


def _pseudonymised(
    ids: dict[str, pd.Series], mapping: Mapping, key: pd.DataFrame | None, ledger: Ledger
) -> tuple[dict[str, pd.Series], pd.DataFrame | None]:
    """Replace ids that say who a patient is."""
    if not mapping.pseudonyms:
        return ids, None
    everyone = pd.concat(list(ids.values()))
    key = make_pseudonyms(everyone[everyone.ne("")], key)
    names = dict(zip(key["identifier"], key["pseudonym"], strict=True))
    ledger.conversions.append(f"{len(key)} patient ids were replaced by pseudonyms.")
    return {table: column.map(names).fillna("").astype(object) for table, column in ids.items()}, key


def _prepared(mapping: Mapping, tables: Tables, ids: dict[str, pd.Series]) -> Prepared:
    blocked: dict[tuple[str, str], Question] = {}
    for question in questions_about(mapping, tables):
        if question.blocking:
            blocked |= {(question.table, name): question for name in question.columns}
    return Prepared(
        mapping=mapping,
        tables=tables,
        ids=ids,
        zero=time_zero(mapping, tables, ids),
        units=units_in_use(mapping, tables),
        blocked=blocked,
    )


def _list_open_ids(prepared: Prepared, ledger: Ledger) -> None:
    """List the tables of which nobody said yet whether the same id is the same patient."""
    for (table, name), question in prepared.blocked.items():
        column = prepared.mapping.column(table, name)
        if column is not None and column.role == "patient_id":
            message = f"Ids need an answer first: {question.text} Until then the same id is read as one patient."
            ledger.note(column, prepared.source(table), "error", message, f"Answer the question. {question.found}")


# ---------------------------------------------------------------- canonical tables


def _other_tables(name: str, part: Parts, prepared: Prepared, ledger: Ledger) -> list[_Named]:
    """Build visits, doses, adverse events and events of one table of the file."""
    table, ids, role = prepared.tables[name], prepared.ids[name], prepared.mapping.table_role(name)
    found: list[_Named] = []
    if role in _NEEDED and set(_NEEDED[role]) & set(part.own) and not (part.bcells and set(part.own) <= PLACING):
        found.append((table, role, _frame(ids, part.own), part.headers))
    elif role in _NEEDED and part.own:
        message = (
            f"A table of {role} needs {' or '.join(_NEEDED[role])}; none is mapped. Its {len(ids)} rows were not read."
        )
        remedy = "Map that column, or answer the question about it."
        ledger.problems.append(
            column_problem("", prepared.source(name), severity="error", message=message, remedy=remedy)
        )
    elif role == "patients" and "dose_mg" in part.own:
        dose = part.own["dose_mg"]
        given = {"drug": ids.mask(ids.notna(), "RTX"), "start_day": ids.mask(ids.notna(), "0"), "dose_mg": dose}
        found.append((table, "doses", _frame(ids, given)[dose.str.strip().ne("")], part.headers))
    found += [(table, *rest) for rest in bcell_visits(part.bcells, ids, part.own, one_row_each=role == "patients")]
    for event, days in part.events.items():
        kind = pd.Series(event, index=days.index)
        frame = _frame(ids, {"event_type": kind, "day": days})
        found.append((table, f"{event} events", frame[days.ne("")], part.headers))
    return [item for item in found if len(item[2])]


def _frame(ids: pd.Series, columns: dict[str, pd.Series]) -> pd.DataFrame:
    return pd.DataFrame({"patient_id": ids, **columns}, index=ids.index).replace({np.nan: ""}).astype(object)


def _tables(named: list[_Named]) -> tuple[tuple[RawTable, ...], dict[tuple[str, str], tuple[str, dict[str, str]]]]:
    """Name every canonical table after its sheet and its role, and remember where it came from."""
    tables, places = [], {}
    for source, role, cells, headers in named:
        sheet = f"{source.sheet} › {role}" if source.sheet else role
        tables.append(RawTable(file=source.file, sheet=sheet, cells=cells, remarks=source.remarks))
        places[source.file, sheet] = (source.sheet, headers)
    return tuple(tables), places
