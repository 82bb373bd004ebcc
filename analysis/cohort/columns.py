"""Which values does a column give, and what is wrong with it?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.cohort.cells import (
    AMBIGUOUS_COMMA,
    ASK_SEX,
    NO_CODE,
    NO_LIMIT,
    NO_NUMBER,
    Reading,
    read_codes,
    read_numbers,
)
from analysis.cohort.dictionary import Variable
from analysis.cohort.findings import shown_cell
from analysis.cohort.model import Problem, Severity
from analysis.cohort.vocabulary import UnitHint, unit_hints

CATEGORY_OF_INFECTIONS = "infection"  # the union of its kinds; a file may name it without the kind
_MERGED = frozenset({"regimen_group", "drug"})  # spellings that decide who is compared are never merged in silence
_REMEDIES = {
    AMBIGUOUS_COMMA: "Write the number with a decimal point and without thousands separators. The cell was left blank.",
    NO_LIMIT: "Write the limit, for example <0.15. The cell was left blank.",
    NO_NUMBER: "Write the number alone, without unit or remark. The cell was left blank.",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Column:
    """The values of one column, on the spreadsheet rows of its table, and the problems found."""

    values: pd.Series
    qualifier: pd.Series
    problems: tuple[Problem, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Source:
    """Where cells stand: file, sheet, and the patient of each spreadsheet row."""

    file: str
    sheet: str
    patients: pd.Series


def read_column(text: pd.Series, variable: Variable, source: Source) -> Column:
    """Read one column of text as a dictionary variable, within its limits.

    Parameters
    ----------
    text
        Cells as text; index = spreadsheet row, name = header as it stands in the file.
    variable
        What the column means; continuous variables are expected in ``variable.unit``.
    source
        Where the column stands.

    Returns
    -------
    Column
        Numbers (float) for continuous variables, codes (object) otherwise, NaN where missing,
        unreadable or outside the hard limits; each of the latter two is an error among the
        problems. Values outside the soft limits stay and are a warning each; a median that speaks
        for another unit is one warning, and nothing is converted.
    """
    if variable.kind != "continuous":
        reading = read_codes(text, variable)
        return Column(
            values=reading.value, qualifier=reading.qualifier, problems=_code_problems(text, variable, source, reading)
        )
    reading = read_numbers(text)
    value = reading.value.astype(float)
    impossible = value.notna() & ~value.between(*variable.hard)
    unusual = value.notna() & ~impossible & ~value.between(*variable.soft)
    found = [
        *_unreadable_problems(text, variable, source, reading),
        *_unit_problems(text, variable, source, value),
        *_limit_problems(text[impossible], variable, source, hard=True),
        *_limit_problems(text[unusual], variable, source, hard=False),
    ]
    qualifier = reading.qualifier.mask(impossible, "")
    return Column(values=value.mask(impossible), qualifier=qualifier, problems=tuple(found))


def row_problems(text: pd.Series, source: Source, *, severity: Severity, message: str, remedy: str) -> list[Problem]:
    """Make one problem per row of ``text``; ``message`` may hold ``{patient}`` and ``{value}``."""
    patients = source.patients.reindex(text.index).fillna("").astype(str).replace("", "a row without patient")
    return [
        Problem(
            severity=severity,
            file=source.file,
            sheet=source.sheet,
            row=int(row),
            column=str(text.name or ""),
            value=shown_cell(value),
            message=message.replace("{patient}", str(patient) or "a row without patient").replace(
                "{value}", shown_cell(value).strip()
            ),
            remedy=remedy,
        )
        for row, value, patient in zip(text.index, text, patients, strict=True)
    ]


def column_problem(header: str, source: Source, *, severity: Severity, message: str, remedy: str) -> Problem:
    """Make one problem for a whole column."""
    file, sheet = source.file, source.sheet
    return Problem(severity=severity, file=file, sheet=sheet, column=header, message=message, remedy=remedy)


def _unreadable_problems(text: pd.Series, variable: Variable, source: Source, reading: Reading) -> list[Problem]:
    problems: list[Problem] = []
    for complaint in sorted(set(reading.complaint.unique()) - {""}):
        problems += row_problems(
            text[reading.complaint == complaint],
            source,
            severity="error",
            message=f"{variable.label_with_unit()} needs a number; for {{patient}} the cell “{{value}}” {complaint}.",
            remedy=_REMEDIES[complaint],
        )
    return problems


def _limit_problems(text: pd.Series, variable: Variable, source: Source, *, hard: bool) -> list[Problem]:
    low, high = variable.hard if hard else variable.soft
    span = f"at least {low:g}" if np.isinf(high) else f"{low:g} to {high:g}"
    unit = f" {variable.unit}" if variable.unit else ""
    lies = "must be" if hard else "is usually"
    needed = f"{variable.label} {lies} {span}{unit}; {{patient}} has {{value}}."
    remedy = "Check the number and its unit. " + ("The cell was left blank." if hard else "The value was kept.")
    return row_problems(text, source, severity="error" if hard else "warning", message=needed, remedy=remedy)


def _unit_problems(text: pd.Series, variable: Variable, source: Source, value: pd.Series) -> list[Problem]:
    """Say W-09 where the column as a whole looks like another unit (domain.md 1.5)."""
    hint = next((hint for hint in unit_hints() if hint.name == variable.name and _speaks(hint, value)), None)
    if hint is None:
        return []
    message = (
        f"{variable.label}: header says {variable.unit}, values look like {hint.looks_like} "
        f"(median {value.median():g}). Confirm before use."
    )
    remedy = f"Convert the column to {variable.unit}, or correct its header. Nothing was converted."
    return [column_problem(str(text.name), source, severity="warning", message=message, remedy=remedy)]


def _speaks(hint: UnitHint, value: pd.Series) -> bool:
    if not value.notna().any():
        return False
    return bool(hint.low <= value.median() < hint.high and value.max() <= hint.maximum)


def _code_problems(text: pd.Series, variable: Variable, source: Source, reading: Reading) -> tuple[Problem, ...]:
    asked = reading.complaint == ASK_SEX
    problems = []
    if asked.any():
        codes = ", ".join(sorted({cell.strip() for cell in text[asked]}))
        patients = ", ".join(source.patients.reindex(text.index)[asked].astype(str)[:12])
        message = (
            f"{variable.label} needs male or female; {int(asked.sum())} patients have the code {codes}, "
            f"which {ASK_SEX} (first: {patients})."
        )
        remedy = "Write male or female. These cells were left blank."
        problems.append(column_problem(str(text.name), source, severity="error", message=message, remedy=remedy))
    if variable.name in _MERGED:
        problems += _merged_spellings(text, reading, source)
    unknown = text[reading.complaint == NO_CODE]
    if variable.name == "category":
        return (*problems, *_own_categories(unknown, source))
    blanked = variable.kind in ("binary", "ordinal")
    known = ", ".join(variable.levels)
    problems += row_problems(
        unknown,
        source,
        severity="error" if blanked else "warning",
        message=f"{variable.label} needs one of {known}; {{patient}} has “{{value}}”.",
        remedy="Write one of the codes. " + ("The cell was left blank." if blanked else "The word was kept."),
    )
    return tuple(problems)


def _merged_spellings(text: pd.Series, reading: Reading, source: Source) -> list[Problem]:
    """Say with counts which spellings became one regimen or drug."""
    changed = text[reading.value.notna() & (text != reading.value)]
    if changed.empty:
        return []
    counts = pd.DataFrame({"word": changed, "code": reading.value[changed.index]}).value_counts(sort=False)
    words = ", ".join(f"“{word}” → {code} ({n})" for (word, code), n in counts.items())
    message = f"Spellings of {text.name} were merged: {words}."
    remedy = "Nothing to do if they mean the same. Write them differently if they do not."
    return [column_problem(str(text.name), source, severity="info", message=message, remedy=remedy)]


def _own_categories(text: pd.Series, source: Source) -> list[Problem]:
    """Say once, with counts, which categories of adverse events are the file's own."""
    counts = text.str.strip().value_counts().drop(labels=[CATEGORY_OF_INFECTIONS], errors="ignore")
    if counts.empty:
        return []
    words = ", ".join(f"{word} ({n})" for word, n in counts.items())
    message = (
        f"{int(counts.sum())} adverse events are in categories of the file's own, which were kept as they are: {words}."
    )
    remedy = "Nothing to do if this is meant. Write a known category, see the template, to count them there."
    return [column_problem(str(text.name or ""), source, severity="warning", message=message, remedy=remedy)]
