"""What does a table look like before anything in it is interpreted, and how large may it be?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from analysis.cohort.model import Problem
from analysis.results import CohortError

Format = Literal["csv", "excel", "spss", "stata", "xpt", "parquet", "redcap"]

UPLOAD_LIMIT = 200 * 1024**2  # bytes of all files together, as in .streamlit/config.toml
UNPACKED_LIMIT = 300_000_000  # bytes; a sheet of 100,000 rows by 40 columns unpacks to about 150 MB
RATIO_LIMIT = 200  # unpacked over packed; spreadsheets reach about 50
RATIO_MATTERS_FROM = 10_000_000  # bytes; small workbooks may pack well
AREA_LIMIT = 60_000_000  # cells of one table, blank ones included: about 0.5 GB of pointers
COLUMN_LIMIT = 16_384  # columns of an .xlsx sheet
CELL_LIMIT = 32_767  # characters of an .xlsx cell
LISTED_AT_MOST = 12  # rows or columns named in one sentence


@dataclass(frozen=True, kw_only=True, eq=False)
class RawTable:
    """One sheet or file as it stands.

    cells
        One row per non-blank row below the header, one text column per header, "" where blank; the
        index is the row as a spreadsheet shows it (header of a plain file = 1). Codes stay codes.
    remarks
        The lines above the header, without a leading ``#``.
    labels
        Column -> the long label that the file or its data dictionary gives.
    value_labels
        Column -> code as it stands in ``cells`` -> what it means.
    units
        Column -> unit, where the file declares one; nothing is guessed from a header.
    dataset
        What the table is known to be: "adsl", "adlb", "adae", "adtte", "redcap_records" (a row per
        patient), "redcap_events" (a row per patient and event), "redcap_instrument" (a row per
        repeat), else "".
    identifiers
        Columns that the data dictionary itself marks as identifying.
    """

    file: str
    sheet: str
    cells: pd.DataFrame
    remarks: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    value_labels: dict[str, dict[str, str]] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    format: Format = "csv"
    dataset: str = ""
    identifiers: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, eq=False)
class RawTables:
    """All tables of an upload, what was noticed while reading, and the fingerprint of the bytes.

    ``sha256`` is the digest of the file's bytes; of several files, of their bytes joined in the
    order of their names.
    """

    tables: tuple[RawTable, ...]
    problems: tuple[Problem, ...]
    sha256: str


def not_a_table(name: str, found: str) -> CohortError:
    """Say that the bytes are no table this program reads."""
    return CohortError(
        "A cohort is read from CSV text, Excel (.xlsx, .xls), SPSS (.sav, .zsav), Stata (.dta), SAS transport (.xpt) "
        "or Parquet.",
        f"“{name}” cannot be read as one: {found}.",
        "Open it in the program it came from, save it as .xlsx or as CSV UTF-8, and load that file.",
    )


def require_area(name: str, n_rows: int, n_columns: int) -> None:
    """Refuse a table that would fill the memory, before it is built."""
    if n_columns > COLUMN_LIMIT or n_rows * n_columns > AREA_LIMIT:
        raise CohortError(
            f"A table may have {COLUMN_LIMIT:,} columns and {AREA_LIMIT / 1e6:.0f} million cells.",
            f"“{name}” reaches out to column {n_columns}, row {n_rows}.",
            "Save the columns and rows that are needed alone, or one table per file, and load that.",
        )


def some(items: Sequence[object]) -> str:
    """Name the first items and count the others."""
    shown = ", ".join(str(item)[:60] for item in items[:LISTED_AT_MOST])
    return shown if len(items) <= LISTED_AT_MOST else f"{shown} and {len(items) - LISTED_AT_MOST} more"


def column_letters(position: int) -> str:
    """Name a column position as a spreadsheet does: 0 is A, 26 is AA."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
