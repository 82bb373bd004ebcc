"""What does each group have at each visit, and how many patients stand behind it?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.cohort.dictionary import variable
from analysis.cohort.followup import reached_visits
from analysis.estimators.comparisons import SMALLEST_TESTED
from analysis.estimators.summaries import mean_interval, quantiles_of_runs
from analysis.study import View

THIN_BELOW_N = 5  # display.md, laboratory trajectories: the line is dashed below this number of values
THIN_BELOW_SHARE = 0.30  # display.md: ... or below this share of the group
NO_LOGARITHM = "not estimable: no value above 0, so none has a logarithm"

Floats = npt.NDArray[np.float64]


class VisitSummary(NamedTuple):
    """One variable of one group at one visit; ``describe_trajectories`` documents the fields."""

    variable: str
    group: str
    month: float
    n_measured: int
    n_followed: int
    n_total: int
    n_limit: int
    n_zero: int
    limit: float
    estimate: float
    conf_low: float
    conf_high: float
    kind: str
    actual_month: float
    thin: bool
    reason: str
    patient_ids: tuple[str, ...]


SUMMARY_COLUMNS = list(VisitSummary._fields)


def summaries_of(summary: pd.DataFrame, name: str) -> list[VisitSummary]:
    """Take the rows of one variable, group by group and visit by visit."""
    own = summary["variable"].to_numpy(dtype=object) == name
    columns = (summary[field].to_numpy()[own].tolist() for field in SUMMARY_COLUMNS)
    return [VisitSummary(*row) for row in zip(*columns, strict=True)]


def summarise_visits(
    view: View, variables: tuple[str, ...], lines: pd.DataFrame, *, members: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Sum up what each group has at each visit; ``SUMMARY_COLUMNS``, one row per variable, group and visit.

    ``members`` groups the patients in another way, row by row as ``view.members``; so do ``lines`` then.
    """
    whose = (view.members if members is None else members)["group"].cat
    groups, n_visits = tuple(whose.categories), len(view.spec.schedule)
    n_groups, codes = len(groups), whose.codes.to_numpy()
    cells = _cells_of(lines, variables, groups, view.spec.schedule)
    n_measured = np.diff(cells.bounds)
    sizes = np.tile(np.repeat(np.bincount(codes[codes >= 0], minlength=n_groups), n_visits), len(variables))
    group = np.tile(np.repeat(np.array(groups, dtype=object), n_visits), len(variables))
    month = np.tile(np.array(view.spec.schedule, dtype=float), len(variables) * n_groups)
    name = np.repeat(np.array(variables, dtype=object), n_groups * n_visits)
    estimate, low, high, kind = _numbers(lines, cells, name, view)
    ids = lines["patient_id"].to_numpy(dtype=object)[cells.rows].tolist()
    columns = {
        "variable": name,
        "group": group,
        "month": month,
        "n_measured": n_measured,
        "n_followed": np.tile(_n_followed(view, codes, n_groups).ravel(), len(variables)),
        "n_total": sizes,
        "n_limit": cells.sums(lines["limited"].to_numpy(dtype=bool)),
        "n_zero": cells.sums(lines["lifted"].to_numpy(dtype=bool)),
        "limit": _shared_limits(lines, cells),
        "estimate": estimate,
        "conf_low": low,
        "conf_high": high,
        "kind": kind,
        "actual_month": quantiles_of_runs(cells.ordered(lines["shown_month"]), cells.bounds, (0.5,))[:, 0],
        "thin": (n_measured < THIN_BELOW_N) | (n_measured < THIN_BELOW_SHARE * sizes),
        "reason": _reasons(estimate, n_measured, group, month),
        "patient_ids": [tuple(ids[start:end]) for start, end in cells.runs()],
    }
    return pd.DataFrame(columns, columns=SUMMARY_COLUMNS)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Cells:
    """The rows that count for each cell (variable, group, visit), cell after cell in the order of the rows."""

    rows: npt.NDArray[np.intp]
    bounds: npt.NDArray[np.intp]

    def runs(self) -> Iterator[tuple[int, int]]:
        """Give first and last place (exclusive) of each cell."""
        ends = self.bounds.tolist()
        return pairwise(ends)

    def ordered(self, values: pd.Series) -> Floats:
        """Take the values cell after cell, ascending within each."""
        taken = values.to_numpy(dtype=float)[self.rows]
        for start, end in self.runs():
            taken[start:end].sort()
        return taken

    def sums(self, marked: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        """Count the marked rows of each cell."""
        running = np.append(0, marked[self.rows].cumsum())
        return (running[self.bounds[1:]] - running[self.bounds[:-1]]).astype(np.int64)


def _cells_of(
    lines: pd.DataFrame, variables: tuple[str, ...], groups: tuple[str, ...], months: tuple[float, ...]
) -> _Cells:
    schedule = pd.Index(np.array(months, dtype=float))
    name, group = _places(lines["variable"], variables), _places(lines["group"], groups)
    visit = schedule.get_indexer(lines["month"].to_numpy(dtype=float))
    counted = np.flatnonzero((visit >= 0) & (name >= 0) & (group >= 0))
    n_cells = len(variables) * len(groups) * len(schedule)
    cell = ((name * len(groups) + group) * len(schedule) + visit)[counted]
    order = np.argsort(cell.astype(np.min_scalar_type(max(n_cells, 1))), kind="stable")  # small codes sort in one pass
    bounds = np.append(0, np.bincount(cell, minlength=n_cells).cumsum())
    return _Cells(rows=counted[order], bounds=bounds)


def _places(column: pd.Series, wanted: tuple[str, ...]) -> npt.NDArray[np.intp]:
    """Give the place of each category among those wanted, -1 where it is not one."""
    places = pd.Index(wanted, dtype=object).get_indexer(column.cat.categories.astype(object))
    return np.append(places, -1)[column.cat.codes.to_numpy()]


def _numbers(
    lines: pd.DataFrame, cells: _Cells, names: npt.NDArray[np.object_], view: View
) -> tuple[Floats, Floats, Floats, npt.NDArray[np.object_]]:
    """Give estimate, lower and upper limit and the kind of summary of each cell."""
    medians = _medians(cells.ordered(lines["analysed"]), cells.bounds, view)
    if view.spec.lab_summary == "median_iqr":
        return medians
    on_log = np.array([variable(name).log_scale for name in names], dtype=bool)
    analysed, shown = (lines[column].to_numpy(dtype=float)[cells.rows] for column in ("analysed", "shown_value"))
    means = [
        _mean(np.log(shown[start:end]) if log else analysed[start:end])
        for log, (start, end) in zip(on_log.tolist(), cells.runs(), strict=True)
    ]
    numbers = np.array(means, dtype=float).reshape(-1, 3)
    numbers[on_log] = np.exp(numbers[on_log])
    *ranges, kinds = medians
    small = kinds == "range"
    estimate, low, high = np.where(small, ranges, numbers.T)
    return estimate, low, high, np.where(small, "range", np.where(on_log, "geometric_mean", "mean")).astype(object)


def _medians(ordered: Floats, bounds: npt.NDArray[np.intp], view: View) -> tuple[Floats, Floats, Floats, npt.NDArray]:
    """Give median and quartiles of each run, smallest and largest where it has fewer than 8 values."""
    found = quantiles_of_runs(ordered, bounds, (0.25, 0.5, 0.75), quantile_type=view.spec.quantile_type)
    n = np.diff(bounds)
    small = (n > 0) & (n < SMALLEST_TESTED)
    low, high = found[:, 0].copy(), found[:, 2].copy()
    low[small], high[small] = ordered[bounds[:-1][small]], ordered[bounds[1:][small] - 1]
    return found[:, 1], low, high, np.where(small, "range", "median").astype(object)


def _shared_limits(lines: pd.DataFrame, cells: _Cells) -> Floats:
    """Give the lower limit of each cell where all its values below detection share one, else NaN."""
    below = (lines["qualifier"] == "lt").to_numpy()
    limits = np.where(below, lines["value"].to_numpy(dtype=float), np.nan)[cells.rows]
    shared = np.full(len(cells.bounds) - 1, np.nan)
    for place in np.flatnonzero(cells.sums(below)):
        own = limits[cells.bounds[place] : cells.bounds[place + 1]]
        if np.nanmin(own) == np.nanmax(own):
            shared[place] = np.nanmin(own)
    return shared


def _mean(values: Floats) -> tuple[float, float, float]:
    return (float(values.mean()) if values.size else math.nan, *mean_interval(values))


def _reasons(estimate: Floats, n_measured: Floats, group: npt.NDArray, month: Floats) -> npt.NDArray[np.object_]:
    reasons = np.where(np.isnan(estimate), NO_LOGARITHM, "").astype(object)
    for place in np.flatnonzero(n_measured == 0):
        reasons[place] = f"no value in {group[place]} at month {month[place]:g}"
    return reasons


def _n_followed(view: View, codes: npt.NDArray[np.int8], n_groups: int) -> npt.NDArray[np.int64]:
    """Count who was still followed when each visit's window opened, a row per group in display order."""
    reached = reached_visits(view)[list(view.spec.schedule)].to_numpy(dtype=np.int64)
    counts = np.zeros((n_groups, len(view.spec.schedule)), dtype=np.int64)
    np.add.at(counts, codes, reached)
    return counts
