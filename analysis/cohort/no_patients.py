"""Which rows of a file carry an id and are no patient? Footers, legends, and ids that were mistyped.

Every row taken away is listed with its row number.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.cohort.columns import Source, column_problem, row_problems
from analysis.cohort.legends import suspected_legends, tells
from analysis.cohort.mapping import Mapping
from analysis.cohort.meanings import read_meaning
from analysis.cohort.model import Problem
from analysis.cohort.raw import RawTable
from analysis.cohort.settled import listed_some
from analysis.cohort.table_shapes import Tables
from analysis.cohort.vocabulary import fold, map_distinct

Ids = dict[str, pd.Series]

EXAMPLE_PATIENT = "EXAMPLE-1"  # the patient who shows in the template how rows are filled in
EXAMPLE_MESSAGE = "{patient} is the example of the template, not a patient."
EXAMPLE_REMEDY = "Delete it. The row was left out."
SUMMARY_MESSAGE = "“{value}” is a summary of the rows above, not a patient."
SUMMARY_REMEDY = "Nothing to do if it is one; give the patient another id if not. The row was left out."
MOST_VARIABLES = 300  # of a table with a column per patient
MOST_WORDS_KNOWN = 0.5  # of the ids of a table; above it they are names of variables
MOST_MISTYPED = 0.2  # of the ids of a table; above it the table brings patients of its own

_SUMMARY = frozenset(
    [
        "mean",
        "average",
        "avg",
        "median",
        "total",
        "subtotal",
        "grandtotal",
        "sum",
        "mean±sd",
        "mean(sd)",
        "median(iqr)",
        "std",
        "stdev",
        "stddev",
        "standarddeviation",
        "count",
        "media",
        "mediana",
        "promedio",
        "suma",
        "moyenne",
        "médiane",
        "mittelwert",
        "gesamt",
        "summe",
        "均值",
        "平均",
        "平均值",
        "平均数",
        "中位数",
        "合计",
        "总计",
        "小计",
        "总和",
        "标准差",
        "例数",
        "合計",
        "総計",
    ]
)
_SUMMARY_AT_THE_END = frozenset({"sd", "se", "sem", "n", "min", "max", "iqr", "de", "ds", "et"})  # or initials
_COUNT = re.compile(r"n[=:]\d+")


def summary_rows(ids: pd.Series) -> pd.Series:
    """Mark the rows whose id is a word for a summary (Mean, Total, n=12), True where it is.

    Short words that may be a patient's initials (SD, N, Max) count only in the last rows, below all patients.
    """
    codes, unique = pd.factorize(ids.fillna(""))
    folded = [_folded(str(cell)) for cell in unique]
    filled = np.array([bool(word) for word in folded], dtype=bool)[codes]
    sure = np.array([word in _SUMMARY or bool(_COUNT.fullmatch(word)) for word in folded], dtype=bool)[codes]
    short = np.array([word in _SUMMARY_AT_THE_END for word in folded], dtype=bool)[codes]
    last = np.logical_and.accumulate((sure | short | ~filled)[::-1])[::-1]
    return pd.Series(sure | (last & filled & (not last.all())), index=ids.index)


def _folded(cell: str) -> str:
    return re.sub(r"\s+", "", fold(cell)).rstrip(":.")


def without_footers(tables: Tables, mapping: Mapping) -> tuple[Tables, list[Problem]]:
    """Take the rows of summaries, and the example of the template beside others, out of the tables; list them."""
    kept, problems = dict(tables), []
    distinct = {cell for name, table in tables.items() for cell in set(table.cells[mapping.patient_column(name)])}
    only_example = {cell.strip() for cell in distinct} <= {EXAMPLE_PATIENT, ""}
    for name, table in tables.items():
        text = table.cells[mapping.patient_column(name)]
        footer, example = summary_rows(text), map_distinct(text, str.strip).eq(EXAMPLE_PATIENT) & (not only_example)
        source = _source(table, text)
        problems += row_problems(
            text[footer], source, severity="warning", message=SUMMARY_MESSAGE, remedy=SUMMARY_REMEDY
        )
        problems += row_problems(text[example], source, severity="info", message=EXAMPLE_MESSAGE, remedy=EXAMPLE_REMEDY)
        gone = footer | example
        kept[name] = replace(table, cells=table.cells[~gone]) if gone.any() else table
    return kept, problems


def without_legends(tables: Tables, ids: Ids, mapping: Mapping) -> tuple[Mapping, list[Problem]]:
    """Leave out tables that explain codes: no column with a known meaning, ids that stand in no other table."""
    telling = {name for name in tables if tells(name, mapping)}
    if not telling:
        return mapping, []
    suspected = suspected_legends(mapping, tables)
    legends = [name for name in tables if name in suspected or (name not in telling and not _shared(name, ids))]
    problems = []
    for name in legends:
        why = "ids that look like codes" if name in telling else "no column that is known"
        message = (
            f"This table has {why}, and its ids stand in no other table. "
            f"It makes no patients; its {len(tables[name].cells)} rows were not read."
        )
        otherwise = "answer the question about it" if name in telling else "map one of its columns"
        remedy = f"Nothing to do if it explains codes. If it holds patients, {otherwise}."
        source = _source(tables[name], ids[name])
        problems.append(column_problem("", source, severity="warning", message=message, remedy=remedy))
        mapping = mapping.with_table_role(name, "leave out")
    return mapping, problems


def turned_tables(tables: Tables, mapping: Mapping) -> list[Problem]:
    """Say where the column of ids holds names of variables: the table has a column per patient."""
    problems = []
    for name, table in tables.items():
        ids = table.cells[mapping.patient_column(name)]
        words = [word for word in map(str.strip, ids.unique()) if word]
        if not 1 < len(words) <= MOST_VARIABLES:
            continue
        known = [word for word in words if (found := read_meaning(word)) is not None and found.how != "guess"]
        if len(known) > MOST_WORDS_KNOWN * len(words):
            message = (
                f"A row should be a patient or a visit; here the column of ids names variables ({listed_some(known)}). "
                "The table seems to have a column per patient."
            )
            remedy = "Exchange rows and columns in the spreadsheet (paste special, transpose) and load it again."
            source = _source(table, ids)
            problems.append(column_problem(str(ids.name), source, severity="error", message=message, remedy=remedy))
    return problems


def _shared(name: str, ids: Ids) -> bool:
    mine = set(ids[name]) - {""}
    return any(mine & set(other) for table, other in ids.items() if table != name)


def without_strangers(tables: Tables, ids: Ids, mapping: Mapping) -> tuple[Tables, Ids, list[Problem]]:
    """Take out rows whose patient is missing in the tables of one row per patient, where such a table exists.

    A table of which more than 20 % of the ids are missing there keeps them, with a warning.
    """
    homes = [name for name in tables if mapping.table_role(name) == "patients"]
    known = {patient for name in homes for patient in ids[name]} - {""}
    kept, kept_ids, problems = dict(tables), dict(ids), []
    for name in [name for name in tables if name not in homes and known]:
        strange = ids[name].ne("") & ~ids[name].isin(known)
        n_ids, n_strange = ids[name][ids[name].ne("")].nunique(), ids[name][strange].nunique()
        source = _source(tables[name], ids[name])
        if n_strange > MOST_MISTYPED * n_ids:
            found = _own_patients(source, ids[name][strange], n_ids, hidden=mapping.pseudonyms)
            alike = _written_alike(ids[name][strange], known)
            problems.append(replace(found, message=f"{found.message}{alike}") if alike else found)
        elif n_strange:
            problems += _mistyped(ids[name][strange], source, hidden=mapping.pseudonyms)
            kept[name] = replace(tables[name], cells=tables[name].cells[~strange])
            kept_ids[name] = ids[name][~strange]
    return kept, kept_ids, problems


def _own_patients(source: Source, strange: pd.Series, n_ids: int, *, hidden: bool) -> Problem:
    """Say who was counted as a patient although only this table names them; small tables have no share that tells."""
    names = strange.drop_duplicates()
    who = "" if hidden else f" ({listed_some(names)})"
    stand, were = ("stands", "it was kept as a patient") if len(names) == 1 else ("stand", "they were kept as patients")
    message = (
        f"{len(names)} of the {n_ids} ids of this table {stand} only in this table{who}, in none with one row per "
        f"patient; {were}. A mistyped id makes a patient too many and takes values from the right one."
    )
    remedy = "Check each of these ids. Correct those that are mistyped."
    return column_problem("", source, severity="warning", message=message, remedy=remedy)


def _written_alike(strange: pd.Series, known: set[str]) -> str:
    """Say how many ids differ from a known one in leading zeros, capitals or separators only."""
    loose = {_loose(patient) for patient in known}
    n_alike = sum(_loose(patient) in loose for patient in strange.unique())
    return f" {n_alike} differ from an id there only in zeros, capitals or separators." if n_alike else ""


def _loose(identifier: str) -> str:
    return re.sub(r"(?<!\d)0+(?=\d)", "", re.sub(r"[\W_]+", "", fold(identifier)))


def _mistyped(ids: pd.Series, source: Source, *, hidden: bool) -> list[Problem]:
    """List rows of unknown patients; an id that may tell who a patient is is not shown."""
    who = "this id" if hidden else "{patient}"
    shown = ids.mask(ids.ne(""), "") if hidden else ids
    message = f"Every row needs a patient of the patients table; {who} is not there."
    remedy = "Correct the id, or add the patient. The row was left out."
    return row_problems(shown, source, severity="error", message=message, remedy=remedy)


def _source(table: RawTable, patients: pd.Series) -> Source:
    return Source(file=table.file, sheet=table.sheet, patients=patients)
