"""Which rows of a file carry an id and are no patient? Footers, legends, and ids that were mistyped.

Every row taken away is listed with its row number.
"""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd

from analysis.cohort.columns import Source, column_problem, row_problems
from analysis.cohort.mapping import ColumnMapping, Mapping
from analysis.cohort.model import Problem
from analysis.cohort.raw import RawTable
from analysis.cohort.table_shapes import Tables
from analysis.cohort.vocabulary import fold, map_distinct

Ids = dict[str, pd.Series]

SUMMARY_MESSAGE = "“{value}” is a summary of the rows above, not a patient."
SUMMARY_REMEDY = "Nothing to do if it is one; give the patient another id if not. The row was left out."
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
_SAYS_NOTHING = frozenset({"patient_id", "centre", "keep", "drop", "identifying"})  # roles without a known meaning


def summary_rows(ids: pd.Series) -> pd.Series:
    """Mark the rows whose id is a word for a summary (Mean, Total, n=12), True where it is.

    Short words that may be a patient's initials (SD, N, Max) count only in the last rows, below all patients.
    """
    folded = map_distinct(ids.fillna(""), _folded).astype(str)
    sure = folded.map(lambda word: word in _SUMMARY or bool(_COUNT.fullmatch(word))).astype(bool)
    perhaps = sure | folded.isin(_SUMMARY_AT_THE_END) | folded.eq("")
    last = perhaps[::-1].cummin()[::-1].astype(bool)
    beside_others = bool(last.ne(True).any())
    return sure | (last & folded.ne("") & beside_others)


def _folded(cell: str) -> str:
    return re.sub(r"\s+", "", fold(cell)).rstrip(":.")


def without_footers(tables: Tables, mapping: Mapping) -> tuple[Tables, list[Problem]]:
    """Take the rows of summaries out of the tables of a file, and list them."""
    kept, problems = dict(tables), []
    for name, table in tables.items():
        text = table.cells[mapping.patient_column(name)]
        footer = summary_rows(text)
        source = _source(table, text)
        problems += row_problems(
            text[footer], source, severity="warning", message=SUMMARY_MESSAGE, remedy=SUMMARY_REMEDY
        )
        kept[name] = replace(table, cells=table.cells[~footer]) if footer.any() else table
    return kept, problems


def without_legends(tables: Tables, ids: Ids, mapping: Mapping) -> tuple[Mapping, list[Problem]]:
    """Leave out tables that explain codes: no column with a known meaning, ids that stand in no other table."""
    telling = {name for name in tables if any(_tells(item) for item in mapping.columns_of(name))}
    if not telling:
        return mapping, []
    legends = [name for name in tables if name not in telling and not _shared(name, ids)]
    problems = []
    for name in legends:
        message = (
            f"This table has no column that is known, and its ids stand in no other table. "
            f"It makes no patients; its {len(tables[name].cells)} rows were not read."
        )
        remedy = "Nothing to do if it explains codes. If it holds patients, map one of its columns."
        source = _source(tables[name], ids[name])
        problems.append(column_problem("", source, severity="warning", message=message, remedy=remedy))
        mapping = mapping.with_table_role(name, "leave out")
    return mapping, problems


def _tells(item: ColumnMapping) -> bool:
    return item.role not in _SAYS_NOTHING


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
            problems.append(_own_patients(source, n_strange, n_ids))
        elif n_strange:
            problems += _mistyped(ids[name][strange], source, hidden=mapping.pseudonyms)
            kept[name] = replace(tables[name], cells=tables[name].cells[~strange])
            kept_ids[name] = ids[name][~strange]
    return kept, kept_ids, problems


def _own_patients(source: Source, n_strange: int, n_ids: int) -> Problem:
    message = (
        f"{n_strange} of the {n_ids} ids of this table stand in no table with one row per patient. "
        "They were kept as patients."
    )
    remedy = "Check that no id is mistyped."
    return column_problem("", source, severity="warning", message=message, remedy=remedy)


def _mistyped(ids: pd.Series, source: Source, *, hidden: bool) -> list[Problem]:
    """List rows of unknown patients; an id that may tell who a patient is is not shown."""
    who = "this id" if hidden else "{patient}"
    shown = ids.mask(ids.ne(""), "") if hidden else ids
    message = f"Every row needs a patient of the patients table; {who} is not there."
    remedy = "Correct the id, or add the patient. The row was left out."
    return row_problems(shown, source, severity="error", message=message, remedy=remedy)


def _source(table: RawTable, patients: pd.Series) -> Source:
    return Source(file=table.file, sheet=table.sheet, patients=patients)
