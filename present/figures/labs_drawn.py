"""Which values, summaries and starts of treatment of one laboratory variable are drawn, and where?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.cohort.dictionary import Variable
from analysis.cohort.visits import DAYS_PER_MONTH
from analysis.labs import TrajectoryResult, VisitSummary, summaries_of

FEW_PATIENTS = 100  # domain.md 3.3: individual lines up to this total
SMALL_GROUP = 15  # domain.md 3.3: ... or whenever a group is smaller than this
MOST_LINES = 400  # ... unless the lines would only blacken the figure
MARK_SHARE = 0.10  # a drug begun by fewer of a group than this is no event of the group
MOST_RIBBONS = 2  # more ribbons than this hide each other: error bars instead

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class DrawnValues:
    """The values drawn patient by patient, one element per value, a patient's together and in time."""

    patient: npt.NDArray[np.object_]
    group: npt.NDArray[np.intp]
    x: Floats
    y: Floats
    day: Floats
    month: Floats
    value: Floats
    qualifier: npt.NDArray[np.object_]

    def of_group(self, place: int) -> DrawnValues:
        """Keep one group, by its place."""
        return self._only(self.group == place)

    def of_patient(self, patient_id: str) -> DrawnValues:
        """Keep one patient."""
        return self._only(self.patient == patient_id)

    def _only(self, own: npt.NDArray[np.bool_]) -> DrawnValues:
        return DrawnValues(**{name: values[own] for name, values in vars(self).items()})


@dataclass(frozen=True, kw_only=True, eq=False)
class DrawnCourse:
    """The summary of one group: each visit, its place on both axes, and its limits as drawn."""

    group: str
    visits: tuple[VisitSummary, ...]
    x: Floats
    estimate: Floats
    low: Floats
    high: Floats
    thin: npt.NDArray[np.bool_]

    def known(self) -> DrawnCourse:
        """Keep the visits that have a summary."""
        keep = ~np.isnan(self.estimate)
        arrays = {name: getattr(self, name)[keep] for name in ("x", "estimate", "low", "high", "thin")}
        visits = tuple(visit for visit, kept in zip(self.visits, keep.tolist(), strict=True) if kept)
        return DrawnCourse(group=self.group, visits=visits, **arrays)


class Mark(NamedTuple):
    """The start of one drug, or of a further cycle, in one group; ``month`` is the median start."""

    group: str
    drug: str
    label: str
    n: int
    month: float


class Published(NamedTuple):
    """A summary printed in the paper, with the place of its group."""

    place: int
    month: float
    n: int
    kind: str
    value: float


class Threshold(NamedTuple):
    """A horizontal line and its name."""

    value: float
    label: str


def shows_individuals(result: TrajectoryResult) -> bool:
    """Say whether each patient gets a faint line: few patients in all, or a small group in no huge study."""
    counts = list(result.group_sizes.values())
    return sum(counts) <= FEW_PATIENTS or (min(counts) < SMALL_GROUP and sum(counts) <= MOST_LINES)


def lines_of(result: TrajectoryResult, name: str) -> pd.DataFrame:
    """Cut out the values of one variable; they stand together, so that millions need no comparison."""
    first, last = (np.searchsorted(result.lines["variable"], name, side=side) for side in ("left", "right"))
    return result.lines.iloc[first:last]


def drawn_values(result: TrajectoryResult, name: str) -> DrawnValues:
    """Take the values drawn patient by patient, none in a large study: each at its planned visit or its actual day."""
    lines = lines_of(result, name) if shows_individuals(result) else result.lines.iloc[:0]
    return placed_values(result, lines)


def placed_values(result: TrajectoryResult, lines: pd.DataFrame) -> DrawnValues:
    """Give each value within the windows of the visits its place on the time axis."""
    month, patient = lines["shown_month"].to_numpy(dtype=float), lines["patient_id"].to_numpy(dtype=object)
    x = _place(result, lines["month"].to_numpy(dtype=float), month)
    inside = np.flatnonzero((month >= result.span_months[0]) & (month <= result.span_months[1]))
    run = np.append(0, (patient[1:] != patient[:-1]).cumsum())[: len(patient)]
    order = inside[np.lexsort([x[inside], run[inside]])]
    columns = {name: lines[name].to_numpy(dtype=float)[order] for name in ("day", "value")}
    return DrawnValues(
        patient=patient[order],
        group=lines["group"].cat.codes.to_numpy().astype(np.intp)[order],
        x=x[order],
        y=lines["shown_value"].to_numpy(dtype=float)[order],
        month=month[order],
        qualifier=lines["qualifier"].to_numpy(dtype=object)[order],
        **columns,
    )


def drawn_courses(result: TrajectoryResult, entry: Variable) -> tuple[DrawnCourse, ...]:
    """Take the summary of each group; on a log axis zero stands at the lowest drawn value."""
    floor = np.nan
    if entry.log_scale:
        shown = lines_of(result, entry.name)["shown_value"].to_numpy(dtype=float)
        floor = np.fmin.reduce(shown) if shown.size else np.nan
    visits: dict[str, list[VisitSummary]] = {group: [] for group in result.groups}
    for visit in summaries_of(result.summary, entry.name):
        visits[visit.group].append(visit)
    return tuple(_course(result, group, own, floor, on_log=entry.log_scale) for group, own in visits.items() if own)


def drawn_marks(result: TrajectoryResult) -> list[Mark]:
    """Take the starts of treatment that are more than one or two patients' own."""
    columns = (result.marks[name].tolist() for name in ("group", "drug", "label", "n", "day"))
    low, high = result.span_months
    marks = (Mark(*row, day / DAYS_PER_MONTH) for *row, day in zip(*columns, strict=True))
    return [mark for mark in marks if low <= mark.month <= high
            and mark.n >= MARK_SHARE * result.group_sizes[mark.group]]  # fmt: skip


def drawn_thresholds(result: TrajectoryResult, name: str) -> list[Threshold]:
    """Take the horizontal lines of one variable."""
    columns = (result.thresholds[column].tolist() for column in ("variable", "value", "label"))
    return [Threshold(value, label) for of, value, label in zip(*columns, strict=True) if of == name]


def drawn_published(result: TrajectoryResult, name: str) -> list[Published]:
    """Take the published summaries of one variable."""
    own = result.published[result.published["variable"] == name]
    columns = (own[column].tolist() for column in ("group", "month", "n", "kind", "value"))
    return [Published(result.groups.index(group), *rest) for group, *rest in zip(*columns, strict=True)]


def drawn_span(result: TrajectoryResult) -> tuple[float, float]:
    """Give the first and the last month at which something is drawn, of all variables of the result."""
    first, last = min(result.schedule), max(result.schedule)
    if shows_individuals(result):
        month = result.lines["shown_month"].to_numpy(dtype=float)
        inside = (month >= result.span_months[0]) & (month <= result.span_months[1])
        place = _place(result, result.lines["month"].to_numpy(dtype=float), month)[inside]
        first, last = np.fmin.reduce(place, initial=first), np.fmax.reduce(place, initial=last)
    outermost = abs(dodge(result, 0))
    return min(float(first), min(result.schedule) - outermost), max(float(last), max(result.schedule) + outermost)


def dodge(result: TrajectoryResult, place: int) -> float:
    """Shift a group sideways, in months, so that points and bars do not lie on each other; real days stay."""
    if result.time == "actual" and not has_bars(result):
        return 0.0
    step = min(np.diff(sorted(result.schedule)), default=3.0)
    return float((place - (len(result.groups) - 1) / 2) * min(0.09 * step, 0.5 * step / len(result.groups)))


def has_bars(result: TrajectoryResult) -> bool:
    """Say whether limits are bars: ribbons of more than two groups hide each other, and an interval is no band."""
    return len(result.groups) > MOST_RIBBONS or not set(result.summary["kind"].to_numpy()) <= {"median", "range"}


def _place(result: TrajectoryResult, planned: Floats, actual: Floats) -> Floats:
    return actual if result.time == "actual" else np.where(np.isnan(planned), actual, planned)


def _course(
    result: TrajectoryResult, group: str, visits: list[VisitSummary], floor: float, *, on_log: bool
) -> DrawnCourse:
    numbers = [(v.month, v.actual_month, v.estimate, v.conf_low, v.conf_high) for v in visits]
    month, actual, *limits = np.array(numbers, dtype=float).T
    if on_log:
        limits = [np.fmax(limit, floor) + 0 * limit if floor > 0 else np.full(len(limit), np.nan) for limit in limits]
    estimate, low, high = limits
    return DrawnCourse(
        group=group,
        visits=tuple(visits),
        x=np.where(np.isnan(actual), month, actual) if result.time == "actual" else month,
        estimate=estimate,
        low=low,
        high=high,
        thin=np.array([visit.thin for visit in visits], dtype=bool),
    )
