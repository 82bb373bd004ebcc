"""Which rows, levels and summaries were chosen for the baseline table?"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.cohort.baseline_columns import BaselineColumn, read_baseline_column
from analysis.cohort.dictionary import data_dictionary
from analysis.estimators.normality import SummaryChoice, choose_summary
from analysis.options import BaselineOptions

MOST_COMPARED = 3  # compared groups that still get an SMD column each
_SUMMARIES = ("mean", "median", "range")


def row_token(name: str) -> str:
    """Name a row in the options: by its canonical name, or a column of the file itself by a short hash."""
    return name if name in data_dictionary() else _hashed(name)


def level_token(name: str, level: str) -> str:
    """Name a level of a row in the options, as ``row:level``; unknown codes by a short hash."""
    entry = data_dictionary().get(name)
    known = level in ("yes", "no") or (entry is not None and level in entry.levels)
    return f"{row_token(name)}:{level if known else _hashed(level)}"


def chosen_rows(names: Sequence[str], options: BaselineOptions) -> list[str]:
    """List the rows to show in their order; all where none, or none that this file has, was chosen."""
    by_token = {row_token(name): name for name in names}
    return [by_token[token] for token in options.rows if token in by_token] or list(names)


def shown_levels(column: BaselineColumn, options: BaselineOptions) -> list[str]:
    """List the levels to show in their order: those chosen, else one of a dichotomy and all of a category."""
    levels = sorted({*column.levels(), *column.seen})
    by_token = {level_token(column.variable.name, level): level for level in levels}
    return [by_token[token] for token in options.levels if token in by_token] or column.levels()


def known_choices(options: BaselineOptions, patients: pd.DataFrame) -> BaselineOptions:
    """Keep of the rows, levels and summaries chosen those that ``patients``, a row per patient, can show."""
    names = {row_token(str(name)): str(name) for name in patients}
    asked = {names[row] for row in (token.rpartition(":")[0] for token in options.levels) if row in names}
    columns = [read_baseline_column(patients, name) for name in asked]
    levels = {level_token(c.variable.name, level) for c in columns for level in (*c.levels(), *c.seen)}
    summaries = {f"{row}:{summary}" for row in names for summary in _SUMMARIES}
    return replace(
        options,
        rows=tuple(token for token in options.rows if token in names),
        levels=tuple(token for token in options.levels if token in levels),
        summaries=tuple(token for token in options.summaries if token in summaries),
    )


def with_row_levels(options: BaselineOptions, name: str, levels: Sequence[str]) -> BaselineOptions:
    """Choose the levels of one row, in their order; none chosen is the usual ones again."""
    others = tuple(token for token in options.levels if not token.startswith(row_token(name) + ":"))
    return replace(options, levels=(*others, *(level_token(name, level) for level in levels)))


def with_row_summary(options: BaselineOptions, name: str, summary: str | None) -> BaselineOptions:
    """Choose the summary of one row; None is that of the table again."""
    others = tuple(token for token in options.summaries if not token.startswith(row_token(name) + ":"))
    return replace(options, summaries=(*others, f"{row_token(name)}:{summary}") if summary else others)


def row_summary(options: BaselineOptions, name: str) -> str | None:
    """Give the summary chosen for one row, or None."""
    chosen = dict(token.rpartition(":")[::2] for token in options.summaries).get(row_token(name))
    return chosen if chosen in _SUMMARIES else None


def choose_kind(column: BaselineColumn, groups: Sequence[np.ndarray], options: BaselineOptions) -> SummaryChoice | str:
    """Choose how a continuous row is summed up: "mean", "median" or "range", with the reason where data decided."""
    chosen = row_summary(options, column.variable.name)
    if chosen:
        return chosen
    if options.summary == "auto":
        return choose_summary([column.values[inside] for inside in groups])
    return options.summary if options.summary in ("mean", "median") else column.variable.summary


def _hashed(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()
