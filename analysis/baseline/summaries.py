"""How is each row of the baseline table summed up in each group?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np

from analysis.cohort.baseline_columns import BaselineColumn
from analysis.estimators.summaries import quantiles, standard_deviation

_QUANTILES = {"minimum": 0.0, "q1": 0.25, "median": 0.5, "q3": 0.75, "maximum": 1.0}
RANGE_BELOW = 8  # domain.md 3.2: fewer values than this are shown as minimum, median and maximum

ROW_COLUMNS = [
    "variable", "label", "unit", "row_group", "kind", "level", "level_label", "group", "n", "n_missing", "n_total",
    "mean", "sd", "median", "q1", "q3", "minimum", "maximum", "count", "proportion", "n_limit", "n_above", "beyond",
    "reason", "summary_reason", "patient_ids", "patient_ids_missing",
]  # fmt: skip

Members = dict[str, np.ndarray]


class IdLists:
    """Give the ids behind a mask; whole groups share one tuple, so that a large cohort is not copied per row."""

    def __init__(self, patient_ids: np.ndarray, members: Members) -> None:
        self._ids = patient_ids
        self._whole = {group: (int(inside.sum()), tuple(patient_ids[inside])) for group, inside in members.items()}

    def of(self, mask: np.ndarray, group: str, count: int) -> tuple[str, ...]:
        """List the ids of ``count`` marked patients of ``group``."""
        size, whole = self._whole[group]
        return () if count == 0 else whole if count == size else tuple(self._ids[mask])


def summarise_numbers(
    column: BaselineColumn, members: Members, ids: IdLists, *, kind: str, quantile_type: Literal[6, 7], reason: str = ""
) -> Iterator[dict]:
    """Give one row per group of a continuous variable."""
    for group, inside in members.items():
        known = inside & column.present
        values = column.values[known]
        yield {
            **_shared_fields(column, group, inside, ids),
            **_numbers(values, kind, group, quantile_type),
            "beyond": _beyond(values, column.limited[known], column.above[known], quantile_type),
            "summary_reason": reason,
            "patient_ids": ids.of(known, group, len(values)),
        }


def summarise_levels(
    column: BaselineColumn, members: Members, ids: IdLists, *, levels: Sequence[str]
) -> Iterator[dict]:
    """Give one row per level and group of a category; a dichotomy is one level."""
    kind = "binary" if column.kind == "binary" and len(levels) == 1 else "categorical"
    shared = {group: _shared_fields(column, group, inside, ids) for group, inside in members.items()}
    for level in levels:
        whose = column.having(level)
        for group, inside in members.items():
            having = inside & whose
            count, n = int(np.count_nonzero(having)), shared[group]["n"]
            yield {
                **shared[group],
                "kind": kind,
                "level": level,
                "level_label": column.variable.level_label(level),
                "count": count,
                "proportion": count / n if n else math.nan,
                "reason": "" if n else f"no value in {group}",
                "patient_ids": ids.of(having, group, count),
            }


def _shared_fields(column: BaselineColumn, group: str, inside: np.ndarray, ids: IdLists) -> dict:
    missing = inside & ~column.present
    total, n_missing = int(np.count_nonzero(inside)), int(np.count_nonzero(missing))
    return {
        "variable": column.variable.name,
        "label": column.variable.label,
        "unit": column.variable.unit,
        "row_group": column.row_group,
        "level": "",
        "level_label": "",
        "group": group,
        "n": total - n_missing,
        "n_missing": n_missing,
        "n_total": total,
        "count": 0,
        "proportion": math.nan,
        "n_limit": int(np.count_nonzero(inside & column.present & column.limited)),
        "n_above": int(np.count_nonzero(inside & column.present & column.above)),
        "beyond": (),
        "summary_reason": "",
        "patient_ids_missing": ids.of(missing, group, n_missing),
    }


def _numbers(values: np.ndarray, kind: str, group: str, quantile_type: Literal[6, 7]) -> dict:
    few = len(values) < RANGE_BELOW
    if not len(values):
        return {"kind": "range", "reason": f"no value in {group}"}
    q1, median, q3 = quantiles(values, (0.25, 0.5, 0.75), quantile_type=quantile_type)
    return {
        "kind": "range" if few else kind,
        "reason": "",
        "mean": float(values.mean()),
        "sd": math.nan if few else standard_deviation(values),
        "median": median,
        "q1": math.nan if few else q1,
        "q3": math.nan if few else q3,
        "minimum": values.min(),
        "maximum": values.max(),
    }


def _beyond(
    values: np.ndarray, limited: np.ndarray, above: np.ndarray, quantile_type: Literal[6, 7]
) -> tuple[tuple[str, str, float, bool], ...]:
    """List the quantiles that values beyond detection leave open to one side.

    Each as its name, "<" or ">", its bound, and whether the bound is itself a limit of detection. A quantile open
    to both sides is not among them.
    """
    if not limited.any():
        return ()
    at_limit = np.where(limited & ~above, 2 * values, values)
    lowest = np.where(limited & ~above, 0.0, values)
    highest = np.where(above, 2 * np.abs(at_limit).max() + 1, at_limit)
    bounds, low, high = (
        quantiles(part, tuple(_QUANTILES.values()), quantile_type=quantile_type) for part in (at_limit, lowest, highest)
    )
    signs = np.select([(low < bounds) & (high > bounds), low < bounds, high > bounds], ["", "<", ">"], "")
    limits = set(at_limit[limited].tolist())
    return tuple(
        (name, str(sign), float(bound), float(bound) in limits)
        for name, sign, bound in zip(_QUANTILES, signs, bounds, strict=True)
        if sign
    )
