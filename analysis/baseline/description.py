"""What does the baseline table say? Summaries by group, their differences, and on request a test per row."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from analysis.baseline.choices import MOST_COMPARED, choose_kind, chosen_rows, shown_levels
from analysis.baseline.comparison import TEST_COLUMNS, compare_row
from analysis.baseline.contrasts import (
    CONTRAST_COLUMNS,
    LARGEST_COLUMNS,
    contrast_with_reference,
    largest_contrast,
)
from analysis.baseline.remarks import LEFT_OUT, comparison_notes, remark_on
from analysis.baseline.summaries import ROW_COLUMNS, IdLists, Members, summarise_levels, summarise_numbers
from analysis.baseline.wording import describe_method
from analysis.cohort.baseline_columns import (
    BaselineColumn,
    baseline_column_names,
    empty_column_names,
    read_baseline_column,
    set_aside_names,
)
from analysis.options import BaselineOptions
from analysis.results import CohortError, Method, Note
from analysis.study import View

OVERALL = "Overall"


@dataclass(frozen=True, kw_only=True, eq=False)
class BaselineResult:
    """The baseline table as data; ``describe_baseline`` documents the frames."""

    rows: pd.DataFrame
    contrasts: pd.DataFrame
    largest: pd.DataFrame
    tests: pd.DataFrame
    groups: tuple[str, ...]
    group_sizes: dict[str, int]
    overall: str | None
    reference_group: str | None
    quantile_type: Literal[6, 7]
    options: BaselineOptions
    on_offer: tuple[str, ...]
    not_summarised: tuple[tuple[str, str], ...]
    method: Method
    notes: tuple[Note, ...]


def describe_baseline(view: View, variables: tuple[str, ...] | None = None) -> BaselineResult:
    """Summarise every baseline variable by group and standardise the differences between groups.

    Parameters
    ----------
    view
        The selected patients. With more than one group, all patients come first as "Overall";
        ``view.spec.baseline`` holds the choices (``analysis.options.BaselineOptions``).
    variables
        Names in the order wanted; None takes the rows chosen in the options, else every baseline
        variable of the dictionary that the file holds, by row group and dictionary order, then its
        own columns under "Other".

    Returns
    -------
    BaselineResult
        ``rows``: one per variable, level and group. ``kind`` is "mean" (mean, SD with n - 1),
        "median" (Q1 and Q3 by the quantile type of the study), "range" (median, minimum, maximum:
        chosen, or fewer than 8 values, then without SD), "binary" (the one level shown) or
        "categorical" (a row per level seen in any group). ``n`` counts values, ``n_missing`` the
        rest of ``n_total``; ``proportion`` (0-1) is ``count`` over ``n``, never over the group.
        Values below detection enter at half their limit, values above it at the limit; ``n_limit``
        counts both, ``n_above`` the latter; ``beyond`` lists the quantiles that are known only to lie
        below or above a bound (name, sign, bound, whether the bound is a limit of detection).
        ``patient_ids`` are those counted, ``patient_ids_missing`` those without a value.
        ``contrasts``: one per variable and compared group: ``smd`` (group minus reference, in
        pooled SD with equal weights, on log values where ``scale`` is "log"), the range within
        which 95 % of SMDs fall when groups of this size come from one population, and ``reason``.
        ``largest``: instead of it, the pair of groups furthest apart, where the options ask for it
        (``LARGEST_COLUMNS``: pairs with a group of fewer than five values left out and counted).
        ``tests``: one per variable where P values were asked for: ``method``, ``p_value``, for two
        groups the difference with its interval (``estimate_kind`` "mean", "shift" or "proportion"),
        ``spread_p`` (Levene), ``reason``; else empty. ``on_offer`` names every row there could be;
        ``not_summarised`` the columns of the file that can be none, with the reason (none where rows were chosen).

    Raises
    ------
    CohortError
        If a name in ``variables`` is not in the file.

    Notes
    -----
    Quantile type 6 agrees with SPSS and Minitab, type 7 with R. Tests by the rules of domain.md 3.2
    (``analysis.estimators.comparisons`` and ``contingency`` say which software agrees).
    """
    patients, options = view.patients(), view.spec.baseline
    on_offer, unusable = baseline_column_names(patients, group_column=view.spec.group_column)
    names = chosen_rows(on_offer, options) if variables is None else _known_names(patients, variables)
    columns = [read_baseline_column(patients, name) for name in names]
    members, overall = members_of(view, patients)
    shown = members if options.overall else {group: members[group] for group in view.groups}
    kinds = {c.variable.name: kind_of(c, view, members, options) for c in columns if c.kind == "continuous"}
    reference = view.reference_group if len(view.groups) > 1 else None
    frames = _comparisons(columns, members, view, kinds)
    left_out = _left_out(view, patients, unusable) if variables is None else {}
    by_means = {name for name, (kind, _) in kinds.items() if kind == "mean"}
    remarks = remark_on(patients, columns, members, by_means, left_out)
    return BaselineResult(
        rows=_rows(columns, shown, view, kinds),
        **frames,
        groups=tuple(shown),
        group_sizes={group: int(inside.sum()) for group, inside in shown.items()},
        overall=overall if options.overall else None,
        reference_group=reference,
        quantile_type=view.spec.quantile_type,
        options=options,
        on_offer=tuple(on_offer),
        not_summarised=() if options.rows else _not_summarised(left_out),
        method=describe_method(view.spec.quantile_type, options, groups=len(view.groups)),
        notes=(*comparison_notes(view, reference, frames["tests"]), *remarks),
    )


def members_of(view: View, patients: pd.DataFrame) -> tuple[Members, str | None]:
    """Map each column of the table to the mask of its patients, everyone first if there are several groups."""
    group = patients["group"].cat.codes.to_numpy()
    names = view.groups
    overall = None
    members: Members = {}
    if len(names) > 1:
        overall = overall_name(names)
        members[overall] = np.ones(len(patients), dtype=bool)
    return members | {name: group == place for place, name in enumerate(names)}, overall


def overall_name(groups: Sequence[str]) -> str:
    """Name the column of all patients."""
    return OVERALL if OVERALL not in groups else "All groups together"


def kind_of(column: BaselineColumn, view: View, members: Members, options: BaselineOptions) -> tuple[str, str]:
    """Choose the summary of a continuous row, and say what decided where the values did."""
    chosen = choose_kind(column, [members[group] & column.present for group in view.groups], options)
    return (chosen, "") if isinstance(chosen, str) else (chosen.kind, chosen.reason)


def testing_order(view: View) -> tuple[str, ...]:
    """Order the groups for a test: of two, the group before the reference."""
    if len(view.groups) == 2 and view.reference_group:
        return (*view.compared_groups(), view.reference_group)
    return view.groups


def _left_out(view: View, patients: pd.DataFrame, unusable: list[str]) -> dict[str, list[str]]:
    """Collect, by the code of the remark that says why, the columns of the file that are no rows."""
    empty = empty_column_names(view.cohort.provenance.problems, patients)
    return {"R-COLUMNS": unusable, "R-EMPTY": empty, "R-ASIDE": set_aside_names(patients)}


def _not_summarised(left_out: dict[str, list[str]]) -> tuple[tuple[str, str], ...]:
    reasons = {code: LEFT_OUT[code].partition(", ")[2] for code in ("R-COLUMNS", "R-EMPTY")}
    return tuple((name, reason) for code, reason in reasons.items() for name in left_out.get(code, ()))


def _known_names(patients: pd.DataFrame, variables: tuple[str, ...]) -> list[str]:
    absent = [name for name in variables if name not in patients]
    if absent:
        raise CohortError(
            f"The baseline table was asked for {', '.join(absent)}.",
            "No baseline value of that name is in this file.",
            "Leave it out, or map a column of the file to it.",
        )
    return list(variables)


def _rows(
    columns: Sequence[BaselineColumn], shown: Members, view: View, kinds: dict[str, tuple[str, str]]
) -> pd.DataFrame:
    ids = IdLists(columns[0].patient_ids, shown) if columns else None
    rows = [row for column in columns if ids for row in _column_rows(column, shown, ids, view, kinds)]
    return _frame([[row.get(name, math.nan) for name in ROW_COLUMNS] for row in rows], ROW_COLUMNS)


def _column_rows(
    column: BaselineColumn, shown: Members, ids: IdLists, view: View, kinds: dict[str, tuple[str, str]]
) -> Iterator[dict]:
    if column.kind != "continuous":
        return summarise_levels(column, shown, ids, levels=shown_levels(column, view.spec.baseline))
    kind, reason = kinds[column.variable.name]
    return summarise_numbers(column, shown, ids, kind=kind, quantile_type=view.spec.quantile_type, reason=reason)


def _comparisons(
    columns: Sequence[BaselineColumn], members: Members, view: View, kinds: dict[str, tuple[str, str]]
) -> dict[str, pd.DataFrame]:
    """Contrast and, where asked for, test every row; all three frames are empty with a single group."""
    options, several = view.spec.baseline, len(view.groups) > 1 and view.reference_group is not None
    many = len(view.compared_groups()) > MOST_COMPARED
    wide = options.smd == "reference" or (options.smd == "auto" and not many)
    compared, reference = view.compared_groups(), view.reference_group or ""
    contrasts = [contrast_with_reference(c, members, compared, reference) for c in columns if several and wide]
    narrow = options.smd == "largest" or (options.smd == "auto" and many)
    largest = [largest_contrast(c, members, view.groups) for c in columns if several and narrow]
    order = testing_order(view)
    tests = [
        compare_row(c, members, order, kind=kinds.get(c.variable.name, ("", ""))[0], options=options)
        for c in columns
        if several and options.p_values
    ]
    return {
        "contrasts": _frame([row for rows in contrasts for row in rows], CONTRAST_COLUMNS),
        "largest": _frame(largest, LARGEST_COLUMNS),
        "tests": _frame(tests, TEST_COLUMNS),
    }


def _frame(rows: Sequence[list], columns: list[str]) -> pd.DataFrame:
    """Turn rows into a frame; each column by its first cell a text (or ids) or numbers, so that nothing is guessed."""
    cells = zip(*rows, strict=True) if rows else ([] for _ in columns)
    return pd.DataFrame({name: _array(column) for name, column in zip(columns, cells, strict=True)})


def _array(cells: Sequence) -> np.ndarray:
    if cells and not isinstance(cells[0], str | tuple):
        return np.array(cells)
    column = np.empty(len(cells), dtype=object)
    column[:] = cells
    return column
