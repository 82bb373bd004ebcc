"""What do all tables of an upload together say about each patient?

The first table in which a patient occurs is the patient's home; other tables fill its gaps. Where
two tables give a patient different values, the first counts and the difference is listed.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.cohort.cells import read_numbers
from analysis.cohort.columns import Source, column_problem
from analysis.cohort.findings import listed
from analysis.cohort.mapped_columns import Ledger
from analysis.cohort.raw import RawTable
from analysis.cohort.table_shapes import table_key


@dataclass(frozen=True, kw_only=True, eq=False)
class PatientPart:
    """What one table says about its patients: text columns and ids on its spreadsheet rows.

    ``one_row_each`` says that a second row of a patient is a duplicate, not another visit.
    """

    table: RawTable
    ids: pd.Series
    columns: dict[str, pd.Series]
    headers: dict[str, str]
    one_row_each: bool


Named = tuple[RawTable, str, pd.DataFrame, dict[str, str]]


def join_patients(parts: list[PatientPart], ledger: Ledger) -> list[Named]:
    """Build one patients table per table that is home to a patient.

    Returns
    -------
    list
        Source table, role, cells in the canonical layout (index = spreadsheet row of the patient's
        first row; repeated rows of a table with one row per patient stay, so that they are
        listed), and headers.
    """
    ordered = sorted(parts, key=lambda part: not part.one_row_each)
    known: set[str] = set()
    homes: list[tuple[PatientPart, pd.DataFrame]] = []
    for part in ordered:
        rows = _rows(part, ledger)
        fresh = (
            rows[~rows["patient_id"].isin(known)]
            if part.one_row_each
            else rows[rows["patient_id"].ne("") & ~rows["patient_id"].isin(known)]
        )
        known |= set(fresh["patient_id"])
        homes = [(home, _filled(home, cells, rows, part, ledger)) for home, cells in homes]
        homes += [(part, fresh)] if len(fresh) else []
    return [(home.table, "patients", cells, home.headers) for home, cells in homes]


def once_each_event(tables: list[Named], ledger: Ledger) -> list[Named]:
    """Keep an event that two tables give once: where their days differ the first counts, of last contacts the latest.

    Events that may come again within one table (relapses) are left as they are.
    """
    seen: dict[str, pd.Series] = {}
    kept: list[Named] = []
    for table, role, cells, headers in tables:
        event = role.removesuffix(" events")
        if event == role:
            kept.append((table, role, cells, headers))
            continue
        earlier = cells["patient_id"].map(seen.get(event, pd.Series(dtype=object)))
        differ = earlier.notna() & (earlier != cells["day"])
        stays = earlier.isna() | (differ if event == "last_contact" else False)
        _list_events(cells.loc[differ & ~stays, "patient_id"], event, table, ledger)
        n_same = int((~stays & ~differ).sum())
        ledger.conversions += (
            [f"{table_key(table)}: {n_same} events ({event}) stand in another file too."] if n_same else []
        )
        first = cells.drop_duplicates("patient_id").set_index("patient_id")["day"]
        seen[event] = seen[event].combine_first(first) if event in seen else first
        kept += [(table, role, cells[stays], headers)] if stays.any() else []
    return _latest_contacts(kept)


def _latest_contacts(tables: list[Named]) -> list[Named]:
    """Keep one last contact per patient, the latest that any table gives."""
    role = "last_contact events"
    contacts = [cells for _, kind, cells, _ in tables if kind == role]
    if len(contacts) < 2:
        return tables
    days = pd.concat(contacts, keys=range(len(contacts)))
    order = pd.to_numeric(days["day"], errors="coerce").sort_values(kind="stable", ascending=False).index
    latest = days.loc[order].drop_duplicates("patient_id").index
    kept, nth = [], iter(range(len(contacts)))
    for table, kind, cells, headers in tables:
        rows = cells if kind != role else cells[pd.MultiIndex.from_product([[next(nth)], cells.index]).isin(latest)]
        kept += [(table, kind, rows, headers)] if len(rows) else []
    return kept


def _list_events(patients: pd.Series, event: str, table: RawTable, ledger: Ledger) -> None:
    if patients.empty:
        return
    source = Source(file=table.file, sheet=table.sheet, patients=pd.Series(dtype=object))
    message = (
        f"Two files must not contradict each other; the day of the event “{event}” differs "
        f"for {len(patients)} patients ({listed(patients)}). The days of “{table_key(table)}” were not read."
    )
    remedy = "Correct one of the files."
    ledger.problems.append(column_problem("", source, severity="warning", message=message, remedy=remedy))


def _rows(part: PatientPart, ledger: Ledger) -> pd.DataFrame:
    """Give one row per patient of a table with several; the first filled cell of each column counts."""
    cells = pd.DataFrame({"patient_id": part.ids, **part.columns}, index=part.ids.index).fillna("").astype(object)
    if part.one_row_each or cells.empty:
        return cells
    first = cells.drop_duplicates("patient_id")["patient_id"]
    filled = cells.where(cells.apply(lambda text: text.str.strip().ne(""))).groupby("patient_id", sort=False).first()
    values = filled.reindex(first.to_numpy()).fillna("")
    _list_changes(cells[cells["patient_id"].ne("")], values, part, ledger)
    return pd.concat([first, values.set_axis(first.index, axis=0)], axis=1)


def _list_changes(cells: pd.DataFrame, values: pd.DataFrame, part: PatientPart, ledger: Ledger) -> None:
    """List the columns whose later rows say something else of a patient than the value that counts."""
    source = Source(file=part.table.file, sheet=part.table.sheet, patients=pd.Series(dtype=object))
    for name in values:
        later = cells[name].str.strip().ne("")
        other = cells.loc[later, name]
        kept = cells.loc[later, "patient_id"].map(values[name])
        unlike = other != kept
        differ = unlike[unlike].index[_differ(kept[unlike], other[unlike])]
        if differ.empty:
            continue
        patients = cells.loc[differ, "patient_id"].drop_duplicates()
        header = part.headers.get(str(name), str(name))
        message = (
            f"A patient needs one value of “{header}”; it changes between the rows of a patient. Patients: "
            f"{len(patients)} ({listed(patients)}). The first of each was kept; cells not read: {len(differ)}."
        )
        remedy = "If it changes with time it is not a baseline characteristic; else correct the file."
        ledger.problems.append(column_problem(header, source, severity="warning", message=message, remedy=remedy))


def _filled(
    home: PatientPart, cells: pd.DataFrame, rows: pd.DataFrame, part: PatientPart, ledger: Ledger
) -> pd.DataFrame:
    """Fill the gaps of a home table from another table, listing contradictions."""
    by_patient = rows[rows["patient_id"].ne("")].drop_duplicates("patient_id").set_index("patient_id")
    filled = cells.copy()
    for name in by_patient:
        other = filled["patient_id"].map(by_patient[name]).fillna("")
        if name not in filled:
            if other.str.strip().ne("").any():
                filled[name] = other
                home.headers.setdefault(name, part.headers.get(name, name))
            continue
        mine = filled[name]
        differ = mine.str.strip().ne("") & other.str.strip().ne("") & _differ(mine, other)
        _list_difference(filled.loc[differ, "patient_id"], name, home, part, ledger)
        filled[name] = mine.where(mine.str.strip().ne(""), other)
    return filled


def _differ(first: pd.Series, second: pd.Series) -> pd.Series:
    """Compare as numbers where both are, else as text; 1.0 and 1 are the same."""
    one, two = read_numbers(first).value.astype(float), read_numbers(second).value.astype(float)
    numbers = one.notna() & two.notna()
    return ((one - two).abs() > 1e-9 * one.abs().clip(lower=1)).where(numbers, first.str.strip() != second.str.strip())


def _list_difference(patients: pd.Series, name: str, home: PatientPart, part: PatientPart, ledger: Ledger) -> None:
    if patients.empty:
        return
    source = Source(file=part.table.file, sheet=part.table.sheet, patients=pd.Series(dtype=object))
    message = (
        f"Two tables must not contradict each other; “{part.headers.get(name, name)}” differs from "
        f"“{table_key(home.table)}” for {len(patients)} patients ({listed(patients)})."
    )
    remedy = f"Correct one of the files. The values of “{table_key(home.table)}” were kept."
    header = part.headers.get(name, name)
    ledger.problems.append(column_problem(header, source, severity="warning", message=message, remedy=remedy))
