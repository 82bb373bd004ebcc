"""What does each patient-level column say, known to the dictionary or not?"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from analysis.cohort.cells import NO_NUMBER, Reading, read_codes, read_numbers
from analysis.cohort.columns import Source, column_problem, read_column
from analysis.cohort.dictionary import Variable, data_dictionary
from analysis.cohort.model import Problem
from analysis.cohort.raw import some

# Names that views and results add beside the patient's own columns.
_TAKEN = frozenset({"group", "reason", "day", "month", "file", "sheet", "row"})
NO_VALUE = "No patient has a value in"  # how the problem begins that lists the empty columns
_DATE = re.compile(r"\s*(\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2}))(?!\d).*")


def read_patient_columns(cells: pd.DataFrame, source: Source) -> tuple[pd.DataFrame, list[Problem]]:
    """Read the patient-level columns of one table.

    Returns one column per variable: known ones by the dictionary, unknown ones as numbers if all
    their cells are numbers and as text otherwise. Columns of calendar dates are dropped and
    listed, because dates identify patients.
    """
    columns, problems = {}, []
    for header in cells.columns:
        known = data_dictionary().get(header)
        name = f"{header}_in_file" if header.casefold() in _TAKEN else header
        if known is not None:
            columns[name], noticed = _known(cells[header], known, source)
            problems += noticed
            continue
        reading = read_numbers(cells[header])
        if _holds_dates(cells[header], reading):
            problems.append(_dates_dropped(cells[header], source))
        else:
            columns[name] = _covariate(cells[header], reading)
    return pd.DataFrame(columns, index=cells.index), problems


def empty_columns(names: Sequence[str], source: Source) -> list[Problem]:
    """Say which columns hold nothing and were left out; ``column`` of the problem lists them all."""
    message = f"{NO_VALUE} {some(names)}; left out."
    remedy = "Nothing to do, if they were never filled in."
    return [column_problem(", ".join(names), source, severity="info", message=message, remedy=remedy)] if names else []


def _known(text: pd.Series, variable: Variable, source: Source) -> tuple[pd.Series, list[Problem]]:
    column = read_column(text, variable, source)
    return column.values, list(column.problems)


def _covariate(text: pd.Series, reading: Reading) -> pd.Series:
    """Take an unknown column: numbers if every cell that is not missing is one, else text."""
    if not reading.complaint.any() and not reading.qualifier.any() and reading.value.notna().any():
        return reading.value.astype(float)
    return read_codes(text, Variable(name=str(text.name), label="", table="patients", kind="text")).value.astype(object)


def _holds_dates(text: pd.Series, reading: Reading) -> bool:
    """Tell whether most of the cells that are not numbers or missing are calendar dates."""
    worded = text[reading.complaint == NO_NUMBER]
    return bool(len(worded)) and bool(worded.str.fullmatch(_DATE).mean() > 0.5)


def _dates_dropped(text: pd.Series, source: Source) -> Problem:
    n_cells = int(text.str.strip().ne("").sum())
    found = f"the column “{text.name}” holds dates. Its {n_cells} cells were not read."
    message = f"Calendar dates can identify a patient; {found}"
    remedy = "Give days or months from the first rituximab infusion instead, and the year in year_of_treatment."
    return column_problem(str(text.name), source, severity="warning", message=message, remedy=remedy)
