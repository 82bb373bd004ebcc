"""How far apart are the groups at baseline, in standard deviations?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from analysis.baseline.summaries import Members
from analysis.cohort.baseline_columns import BaselineColumn
from analysis.estimators.summaries import (
    smd_null_range,
    standard_deviation,
    standardised_difference_binary,
    standardised_difference_categorical,
    standardised_difference_continuous,
)

CONTRAST_COLUMNS = ["variable", "group", "reference_group", "smd", "null_low", "null_high", "scale", "reason"]
LARGEST_COLUMNS = [*CONTRAST_COLUMNS, "n_pairs", "n_left_out"]
FEWEST_COMPARED = 5  # values; a group with fewer is often furthest apart by chance alone (display.md, tiny groups)
_SCALES = {"continuous": "linear", "binary": "proportion", "categorical": "levels"}


@dataclass(frozen=True, kw_only=True, eq=False)
class _Shape:
    """One group of one variable: known values, mean and SD (on the scale compared) or the share of each level."""

    n: int
    mean: float = math.nan
    sd: float = math.nan
    shares: np.ndarray | None = None


def contrast_with_reference(column: BaselineColumn, members: Members, groups: Sequence[str], reference: str) -> list:
    """Give one row of ``CONTRAST_COLUMNS`` per compared group."""
    scale = contrast_scale(column)
    shapes = _shapes(column, members, [*groups, reference], scale)
    return [_contrast(column, shapes, group, reference, scale) for group in groups]


def largest_contrast(column: BaselineColumn, members: Members, groups: Sequence[str]) -> list:
    """Give the pair of groups furthest apart as one row of ``LARGEST_COLUMNS``; the first reason where no pair can.

    Pairs in which a group has fewer than five values are left out; ``n_pairs`` were compared, ``n_left_out`` not.
    """
    scale = contrast_scale(column)
    shapes = _shapes(column, members, groups, scale)
    everyone = list(combinations(groups, 2))
    asked = [pair for pair in everyone if min(shapes[name].n for name in pair) >= FEWEST_COMPARED]
    pairs = [_contrast(column, shapes, group, reference, scale) for reference, group in asked]
    smd = CONTRAST_COLUMNS.index("smd")
    known = [pair for pair in pairs if not math.isnan(pair[smd])]
    reason = f"fewer than two groups with {FEWEST_COMPARED} values"
    undone = [column.variable.name, groups[1], groups[0], math.nan, math.nan, math.nan, scale, reason]
    furthest = max(known, key=lambda pair: abs(pair[smd])) if known else pairs[0] if pairs else undone
    return [*furthest, len(known), len(everyone) - len(asked)]


def contrast_scale(column: BaselineColumn) -> str:
    """Name the scale of the difference: "log" for skewed laboratory values, "linear", "proportion" or "levels"."""
    return "log" if column.kind == "continuous" and column.variable.log_scale else _SCALES[column.kind]


def logarithm(values: np.ndarray) -> np.ndarray:
    """Take logs; zero or less counts as half the smallest positive value of all patients, NaN stays."""
    known = ~np.isnan(values)
    floor = np.min(values, where=known & (values > 0), initial=np.inf) / 2
    raised = np.where(known & (values <= 0), floor if np.isfinite(floor) else np.nan, values)
    return np.log(raised)


def _shapes(column: BaselineColumn, members: Members, groups: Sequence[str], scale: str) -> dict[str, _Shape]:
    if column.kind != "continuous":
        counts = {group: column.counts(members[group]) for group in groups}
        return {
            group: _Shape(n=int(count.sum()), shares=count / count.sum() if count.sum() else None)
            for group, count in counts.items()
        }
    values = logarithm(column.values) if scale == "log" else column.values
    return {group: _moments(values[members[group] & column.present]) for group in groups}


def _moments(values: np.ndarray) -> _Shape:
    if len(values) < 2:
        return _Shape(n=len(values))
    sd = standard_deviation(values)
    return _Shape(n=len(values), mean=float(values.mean() if sd else values[0]), sd=sd)


def _contrast(column: BaselineColumn, shapes: dict[str, _Shape], group: str, reference: str, scale: str) -> list:
    first, second = shapes[group], shapes[reference]
    smd, low, high = math.nan, math.nan, math.nan
    empty = [name for name in (group, reference) if not shapes[name].n]
    reason = f"no value in {' or '.join(empty)}"
    if not empty:
        low, high = smd_null_range(first.n, second.n)
        smd, reason = _difference(column, first, second)
    return [column.variable.name, group, reference, smd, low, high, scale, reason]


def _difference(column: BaselineColumn, first: _Shape, second: _Shape) -> tuple[float, str]:
    """Standardise one difference, or say why it cannot be done."""
    if min(first.n, second.n) < 2:
        return math.nan, "fewer than two values in a group"
    if first.shares is None or second.shares is None:
        if not (first.sd > 0 or second.sd > 0):
            return math.nan, "no spread in either group"
        return standardised_difference_continuous(first.mean, first.sd, second.mean, second.sd), ""
    if ((first.shares + second.shares) > 0).sum() < 2:
        return math.nan, "all patients have the same level"
    if column.kind == "binary":
        shown = column.seen.index(column.levels()[0])
        smd = standardised_difference_binary(first.shares[shown], second.shares[shown])
    else:
        smd = standardised_difference_categorical(first.shares, second.shares)
    return smd, "" if math.isfinite(smd) else "the groups have no level in common"
