"""What do the files of an upload hold, cell by cell, before anything is interpreted?

Every cell stays text and keeps the row number a spreadsheet shows. What the bytes are is decided
by their content; the file name is only compared with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from analysis.cohort.adam import recognise_adam
from analysis.cohort.content import Content, content_of
from analysis.cohort.delimited import read_delimited
from analysis.cohort.isolated import read_isolated
from analysis.cohort.model import Problem
from analysis.cohort.parquet import read_parquet
from analysis.cohort.raw import UPLOAD_LIMIT, RawTable, RawTables, some
from analysis.cohort.redcap import recognise_redcap
from analysis.cohort.sheets import table_of_grid
from analysis.cohort.statistical import read_statistical
from analysis.cohort.workbooks import read_workbook
from analysis.results import CohortError

__all__ = ["RawTable", "RawTables", "read_tables"]


def read_tables(files: Sequence[tuple[str, bytes]]) -> RawTables:
    """Read CSV text, Excel, SPSS, Stata, SAS transport and Parquet files into text tables.

    Parameters
    ----------
    files
        Pairs of file name and content, at most ``UPLOAD_LIMIT`` bytes together.

    Returns
    -------
    RawTables
        One table per text file, data set or sheet that holds a header and at least one row. A
        REDCap export is split into patients, events and repeating instruments, its dictionary,
        event and arm files become labels; a CDISC ADaM laboratory data set becomes one row per
        patient and visit. Every row of every file is in a table or counted in a problem.

    Raises
    ------
    CohortError
        If a file is not a table, is damaged, would unpack to an unreasonable size, or if no file
        holds a row.
    """
    _require_files(files)
    tables: list[RawTable] = []
    problems: list[Problem] = []
    for name, content in files:
        kind, mismatch = content_of(name, content)
        read, noticed = _read_file(name, content, kind)
        tables.extend(read)
        problems.extend([*mismatch, *noticed])
    for recognise in (recognise_redcap, recognise_adam):
        tables, noticed = recognise(tables)
        problems.extend(noticed)
    if not tables:
        raise CohortError(
            "A table needs a header row and at least one row below it.",
            f"No rows were found in {some([name for name, _ in files])}.",
            "Check that the right file was saved, or start from the template.",
        )
    digest = hashlib.sha256(b"".join(content for _, content in sorted(files))).hexdigest()
    return RawTables(tables=tuple(tables), problems=tuple(problems), sha256=digest)


def _require_files(files: Sequence[tuple[str, bytes]]) -> None:
    if not files:
        raise CohortError("A cohort needs at least one file.", "None was given.", "Choose a CSV or Excel file.")
    size = sum(len(content) for _, content in files)
    if size > UPLOAD_LIMIT:
        raise CohortError(
            f"The files of one upload may have {UPLOAD_LIMIT // 1024**2} MB together.",
            f"{some([name for name, _ in files])} have {size / 1024**2:.0f} MB.",
            "Leave out columns that are not needed, or save as Parquet, which is smaller.",
        )


def _read_file(name: str, content: bytes, kind: Content) -> tuple[list[RawTable], list[Problem]]:
    if kind in ("sav", "dta"):
        return read_isolated(name, content, kind)
    if kind == "xpt":
        return read_statistical(name, content, kind)
    if kind == "parquet":
        return read_parquet(name, content)
    if kind == "text":
        grid, problems = read_delimited(name, content)
        grids = [("", grid)]
    else:
        grids, problems = read_workbook(name, content, old=kind == "xls")
    tables: list[RawTable] = []
    for sheet, grid in grids:
        table, noticed = table_of_grid(grid, file=name, sheet=sheet, format="csv" if kind == "text" else "excel")
        tables.extend([table] if table is not None else [])
        problems.extend(noticed)
    return tables, problems
