"""Which table is this, and what do its headers mean in the canonical layout?"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

import pandas as pd

from analysis.cohort.dictionary import data_dictionary
from analysis.cohort.model import Problem
from analysis.cohort.readers import RawTable, RawTables
from analysis.cohort.vocabulary import points_to_a_person
from analysis.results import CohortError

Role = Literal["patients", "visits", "doses", "adverse_events", "events"]

# The most particular first: a file called adverse_events.csv also ends with events, and every
# table with a day could be one of visits.
ROLES: tuple[Role, ...] = ("adverse_events", "events", "doses", "visits", "patients")
NEEDED: dict[Role, tuple[str, ...]] = {  # besides patient_id, any one of these
    "patients": (),
    "visits": ("month", "day"),
    "doses": ("drug",),
    "adverse_events": ("term", "category"),
    "events": ("event_type",),
}
_NOTES = ("read_me", "readme", "notes", "codes", "legend")
TEMPLATE_REMEDY = (
    "Rename the columns, or copy the values into the template workbook, which lists every column and unit."
)


@dataclass(frozen=True, kw_only=True, eq=False)
class RoleTable:
    """A table whose place in the cohort is known; its headers are canonical where they are known.

    ``headers`` maps the header used here to the header as it stands in the file.
    """

    role: Role
    file: str
    sheet: str
    cells: pd.DataFrame
    headers: dict[str, str]


def recognise_tables(raw: RawTables) -> tuple[list[RoleTable], list[Problem]]:
    """Tell patients, visits, doses, adverse events and events apart, by name and else by columns.

    Columns that point to a person are dropped here, before anything else sees them.

    Raises
    ------
    CohortError
        If no table is one of the patients.
    """
    tables: list[RoleTable] = []
    problems: list[Problem] = []
    for table in raw.tables:
        headers = _canonical_headers(table)
        role = _role(table, headers)
        if role is None:
            problems.append(_not_read(table))
            continue
        headers, dropped = _without_persons(table, headers)
        problems.extend(dropped)
        cells = table.cells[list(headers.values())].set_axis(list(headers), axis=1)
        tables.append(RoleTable(role=role, file=table.file, sheet=table.sheet, cells=cells, headers=headers))
    if not any(table.role == "patients" for table in tables):
        raise _no_patients(raw)
    return tables, problems


def split_wide_header(header: str) -> tuple[str, float] | None:
    """Split ``albumin_g_l_12`` into the laboratory variable and its month; None for other headers."""
    match = _WIDE.fullmatch(header)
    if match is None or match["name"] not in laboratory_names():
        return None
    return match["name"], float(match["month"] or 0)


def laboratory_names() -> frozenset[str]:
    """Name the variables measured at visits."""
    return frozenset(name for name, variable in data_dictionary().items() if variable.table == "visits")


_WIDE = re.compile(r"(?P<name>.+?)_(?:m?(?P<month>\d{1,3}(?:\.\d+)?)m?|bl|baseline)")
_PLACING = frozenset({"month", "day", "unscheduled"})


def plain_header(header: str) -> str:
    """Write a header as the canonical layout does: small letters, underscores for spaces and hyphens."""
    return re.sub(r"[\s-]+", "_", unicodedata.normalize("NFKC", header).strip()).lower()


def _canonical_headers(table: RawTable) -> dict[str, str]:
    """Map the name used from here on to the header in the file; unknown headers stay as they are."""
    headers: dict[str, str] = {}
    for header in table.cells.columns:
        plain = plain_header(header)
        known = plain in data_dictionary() or plain in _PLACING or split_wide_header(plain) is not None
        name = plain if known and plain not in headers else header
        headers[name] = header
    return headers


def _role(table: RawTable, headers: dict[str, str]) -> Role | None:
    if "patient_id" not in headers:
        return None
    fitting = [role for role in ROLES if any(name in headers for name in NEEDED[role])]
    named = _role_by_name(table)
    if named == "patients" or named in fitting:
        return named
    wide = any(split_wide_header(name) for name in headers)
    if fitting and not wide:
        return fitting[0]
    known = [name for name in headers if name in data_dictionary()]
    return "patients" if wide or len(known) > 1 else None


def _role_by_name(table: RawTable) -> Role | None:
    name = plain_header(table.sheet or PurePath(table.file).stem)
    return next((role for role in ROLES if name.endswith(role)), None)


def _without_persons(table: RawTable, headers: dict[str, str]) -> tuple[dict[str, str], list[Problem]]:
    """Drop columns that point to a person; say how many cells went, never what they said."""
    kept, problems = {}, []
    for name, header in headers.items():
        if name in data_dictionary() or not points_to_a_person(header):
            kept[name] = header
            continue
        n_cells = int(table.cells[header].str.strip().ne("").sum())
        found = f"the header “{header}” points to a person. Its {n_cells} cells were not read."
        problem = Problem(
            severity="warning",
            file=table.file,
            sheet=table.sheet,
            column=header,
            message=f"Patients must not be identifiable; {found}",
            remedy="Delete the column from the file, or rename it if it means something else.",
        )
        problems.append(problem)
    return kept, problems


def _not_read(table: RawTable) -> Problem:
    notes = plain_header(table.sheet).startswith(_NOTES)
    return Problem(
        severity="info" if notes else "warning",
        file=table.file,
        sheet=table.sheet,
        message=(
            f"{_needs()} This table has the columns {_listed(table.cells.columns)}. "
            f"Its {len(table.cells)} rows were not read."
        ),
        remedy="Nothing to do if it holds no data." if notes else TEMPLATE_REMEDY,
    )


def _no_patients(raw: RawTables) -> CohortError:
    found = "; ".join(f"{_title(table)} has {_listed(table.cells.columns)}" for table in raw.tables[:6])
    return CohortError(
        "A cohort needs a patients table: a column patient_id and at least one known column such as "
        "regimen_group, sex, age_years or albumin_g_l_0, one row per patient.",
        f"No table is like that: {found}.",
        TEMPLATE_REMEDY,
    )


def _needs() -> str:
    return "A table needs the column patient_id and columns of the canonical layout."


def _title(table: RawTable) -> str:
    return f"“{table.file}”" + (f", sheet “{table.sheet}”," if table.sheet else "")


def _listed(columns: pd.Index) -> str:
    shown = ", ".join(str(column)[:60] for column in columns[:12])
    return shown if len(columns) <= 12 else f"{shown} and {len(columns) - 12} more"
