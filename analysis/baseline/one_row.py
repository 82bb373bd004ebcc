"""How is one baseline variable distributed in each group, and who is behind each of its numbers?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.baseline.comparison import PAIR_COLUMNS, compare_row_pairs
from analysis.baseline.description import BaselineResult, describe_baseline, kind_of, members_of
from analysis.cohort.baseline_columns import BaselineColumn, ColumnKind, read_baseline_column
from analysis.cohort.dictionary import Variable
from analysis.study import View


@dataclass(frozen=True, kw_only=True, eq=False)
class RowResult:
    """One row of the baseline table opened; ``describe_row`` documents the frames."""

    variable: Variable
    kind: ColumnKind
    values: pd.DataFrame
    table: BaselineResult
    pairs: pd.DataFrame
    groups: tuple[str, ...]
    levels: tuple[str, ...]


def describe_row(view: View, name: str) -> RowResult:
    """Open one row of the baseline table.

    Parameters
    ----------
    view
        The selected patients and the choices.
    name
        The variable, by its name in ``View.patients()``.

    Returns
    -------
    RowResult
        ``values``: one row per patient, in display order of the groups: ``patient_id``, ``group``,
        ``value`` (canonical unit, half the limit where below detection; NaN where missing or a
        category), ``level`` (code, "" where missing or a number), ``limited`` (beyond detection), ``above`` (above it).
        ``table``: the baseline table of this variable alone. ``pairs``: with more than two groups and
        P values on, every pair tested with Holm's correction (``PAIR_COLUMNS``); else empty.
        ``levels``: the level codes in display order.

    Raises
    ------
    CohortError
        If the file has no such variable.
    """
    options = replace(view.spec.baseline, overall=True)
    table = describe_baseline(replace(view, spec=replace(view.spec, baseline=options)), (name,))
    patients = view.patients()
    column = read_baseline_column(patients, name)
    numbers = column.kind == "continuous"
    values = pd.DataFrame(
        {
            "patient_id": column.patient_ids,
            "group": patients["group"].astype(object).to_numpy(),
            "value": column.values.astype(float) if numbers else np.nan,
            "level": "" if numbers else np.where(column.present, column.values, ""),
            "limited": column.limited,
            "above": column.above,
        }
    )
    return RowResult(
        variable=column.variable,
        kind=column.kind,
        values=values,
        table=table,
        pairs=_pairs(view, patients, column),
        groups=view.groups,
        levels=() if numbers else tuple(_all_levels(column)),
    )


def _pairs(view: View, patients: pd.DataFrame, column: BaselineColumn) -> pd.DataFrame:
    options = view.spec.baseline
    if not options.p_values or len(view.groups) < 3:
        return pd.DataFrame(columns=PAIR_COLUMNS)
    members, _ = members_of(view, patients)
    kind = kind_of(column, view, members, options)[0] if column.kind == "continuous" else ""
    return compare_row_pairs(column, members, view.groups, kind=kind, options=options)


def _all_levels(column: BaselineColumn) -> list[str]:
    shown = [level for level in column.levels() if level in column.seen]
    return [*shown, *sorted(set(column.seen).difference(shown))]
