"""Which rows of a table belong to a patient of the cohort? Every row left out is listed."""

from __future__ import annotations

import unicodedata
from typing import Any

import pandas as pd

from analysis.cohort.columns import Source, row_problems
from analysis.cohort.layout import RoleTable
from analysis.cohort.model import Problem
from analysis.cohort.no_patients import (
    EXAMPLE_MESSAGE,
    EXAMPLE_PATIENT,
    EXAMPLE_REMEDY,
    SUMMARY_MESSAGE,
    SUMMARY_REMEDY,
    summary_rows,
)
from analysis.cohort.vocabulary import fold, map_distinct, words
from analysis.results import CohortError

_ROW_LEFT_OUT = "The row was left out."


def patient_rows(tables: list[RoleTable]) -> tuple[list[tuple[RoleTable, pd.Series]], list[Problem]]:
    """Keep the first row of every patient id over all patient tables.

    Returns each table with its kept rows beside their patient ids (index = spreadsheet row).
    Raises CohortError if no patient is left.
    """
    kept: list[tuple[RoleTable, pd.Series]] = []
    problems: list[Problem] = []
    seen: set[str] = set()
    example_alone = {EXAMPLE_PATIENT} >= {patient for table in tables for patient in _ids(table).dropna()}
    for table in tables:
        ids, noticed = _with_id(table)
        problems += noticed
        duplicate = ids.duplicated() | ids.isin(seen)
        message = "Every patient needs one row; {patient} already has one."
        remedy = f"Give each patient an id of their own, or join the rows. {_ROW_LEFT_OUT}"
        problems += _listed(table, ids[duplicate], severity="error", message=message, remedy=remedy)
        example = ids.eq(EXAMPLE_PATIENT) & ~duplicate & (not example_alone)
        problems += _listed(table, ids[example], severity="info", message=EXAMPLE_MESSAGE, remedy=EXAMPLE_REMEDY)
        ids = ids[~duplicate & ~example]
        seen.update(ids)
        kept.append((table, ids))
    if not seen:
        raise CohortError(
            "A cohort needs at least one patient with a patient_id.",
            "Every cell of that column is empty.",
            "Give each patient a pseudonym such as P-001, the same one in every table.",
        )
    return kept, problems


def rows_of_known_patients(table: RoleTable, known: set[str]) -> tuple[pd.Series, list[Problem]]:
    """Keep the rows whose patient stands in the patients table; give their ids by spreadsheet row."""
    ids, problems = _with_id(table)
    unknown = ~ids.isin(known)
    example = ids.eq(EXAMPLE_PATIENT) & unknown
    problems += _listed(table, ids[example], severity="info", message=EXAMPLE_MESSAGE, remedy=EXAMPLE_REMEDY)
    message = "Every row needs a patient of the patients table; {patient} is not there."
    remedy = f"Correct the id, or add the patient. {_ROW_LEFT_OUT}"
    problems += _listed(table, ids[unknown & ~example], severity="error", message=message, remedy=remedy)
    return ids[~unknown], problems


def _with_id(table: RoleTable) -> tuple[pd.Series, list[Problem]]:
    ids = _ids(table)
    without = ids.isna()
    message = "Every row needs a patient_id; this one has none."
    remedy = f"Write the patient's pseudonym. {_ROW_LEFT_OUT}"
    problems = _listed(table, ids[without].fillna(""), severity="error", message=message, remedy=remedy)
    footer = summary_rows(ids)
    problems += _listed(table, ids[footer], severity="warning", message=SUMMARY_MESSAGE, remedy=SUMMARY_REMEDY)
    return ids[~without & ~footer], problems


def _ids(table: RoleTable) -> pd.Series:
    """Read the ids as text: NFKC, no outer spaces, missing words as missing."""
    text = map_distinct(table.cells["patient_id"], clean_id)
    return text.where(~map_distinct(text, fold).isin(words().missing)).rename("patient_id").astype(object)


def clean_id(cell: str) -> str:
    """Write an id without full-width forms and outer spaces."""
    return unicodedata.normalize("NFKC", cell).strip()


def _listed(table: RoleTable, ids: pd.Series, **words_of: Any) -> list[Problem]:
    source = Source(file=table.file, sheet=table.sheet, patients=ids)
    return row_problems(ids, source, **words_of)
