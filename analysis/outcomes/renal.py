"""Whose kidneys failed or clearly worsened, and when (domain.md 2.7, E8)?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.cohort.model import Cohort
from analysis.outcomes.attainment import confirmed_by_next
from analysis.outcomes.classify import TOLERANCE
from analysis.outcomes.courses import baseline_of, is_below, lab_course
from analysis.outcomes.records import (
    Sighting,
    build_records,
    competing_events,
    end_time,
    horizon_time,
    time_of_day,
    within_horizon,
)

KIDNEY_FAILURE_EGFR = 15.0  # domain.md 2.7, mL/min/1.73 m²
CREATININE, EGFR_FALL, EGFR_FAILURE = "creatinine", "eGFR fall", "eGFR below 15"


@dataclass(frozen=True, kw_only=True)
class RenalRule:
    """What counts as worsened kidney function besides recorded kidney failure.

    Attributes
    ----------
    scr_ratio
        Creatinine of at least this multiple of baseline; exactly the multiple counts.
    egfr_fall
        Also a fall of eGFR by at least this share of baseline (0.4: 40 %); None for not.
    confirm_days
        Ask that the next measurement at least this many days later shows it too; None: one is enough.
    egfr_failure_days
        Also eGFR below 15 again at the next measurement at least this many days later; None for not.
    """

    scr_ratio: float = 1.5
    egfr_fall: float | None = None
    confirm_days: float | None = None
    egfr_failure_days: float | None = None


DEFAULT_RENAL_RULE = RenalRule()  # domain.md 2.7: one creatinine, as the withdrawal criterion of paper 1
CONFIRM_DAYS = 28.0  # domain.md 2.7, sensitivity analysis


def kidney_failure_records(
    cohort: Cohort,
    *,
    time_axis: str,
    schedule: tuple[float, ...],
    horizon_months: float,
    rule: RenalRule = DEFAULT_RENAL_RULE,
) -> pd.DataFrame:
    """Build the time-to-event table of kidney failure or worsened kidney function (E8).

    Returns one row per patient of the cohort, columns as ``endpoints.time_to_event``. The event is
    the first of recorded kidney failure and ``renal_worsening``; death competes. Without event a
    patient is censored at the last visit that could show it; without a baseline measurement only
    recorded kidney failure can be an event, and the wait ends at time 0 otherwise.
    """
    span: dict[str, Any] = {"time_axis": time_axis, "schedule": schedule}
    recorded = cohort.events[(cohort.events["event_type"] == "kidney_failure") & cohort.events["day"].notna()]
    day = np.maximum(recorded["day"].to_numpy(dtype=float), 0.0)
    failed = recorded[["patient_id"]].assign(time=time_of_day(day, **span), day=day)
    failed = failed[within_horizon(failed, horizon_months)]
    course = _course(cohort, rule, **span)
    columns = ["patient_id", "time", "day"]
    inside = course["time"] <= horizon_time(horizon_months)
    found = pd.concat([failed[columns], course.loc[inside & (course["worse"] == 1), columns]], ignore_index=True)
    found = found.sort_values(["time", "day"], kind="stable").drop_duplicates("patient_id")
    base = baseline_of(cohort, "scr_umol_l", schedule=schedule)["value"]
    seen = Sighting(
        first=found,
        evaluable=course.loc[course["worse"] >= 0, ["patient_id", "time"]],
        unfinished=_without_baseline(base, course),
    )
    competing = competing_events(cohort, horizon_months=horizon_months, kinds=("death",), **span)
    end = end_time(time_axis, horizon_months)
    return build_records(cohort.patients["patient_id"], seen, competing, end=end)


def renal_worsening(
    cohort: Cohort, *, time_axis: str, schedule: tuple[float, ...], rule: RenalRule = DEFAULT_RENAL_RULE
) -> pd.DataFrame:
    """Find the first visit with worsened kidney function of each patient who had one.

    Returns one row per such patient: ``patient_id``, ``time`` (months on the axis), ``day``, ``sign``
    ("creatinine", "eGFR fall", "eGFR below 15"), ``value`` and ``base`` (µmol/L or mL/min/1.73 m²).
    The patients stay in every denominator; this is an event, not a reason to leave.
    """
    course = _course(cohort, rule, time_axis=time_axis, schedule=schedule)
    first = course[course["worse"] == 1].sort_values("time", kind="stable").drop_duplicates("patient_id")
    columns = ["patient_id", "time", "day", "sign", "value", "base"]
    return first[columns].sort_values("patient_id", kind="stable", ignore_index=True)


def _course(cohort: Cohort, rule: RenalRule, *, time_axis: str, schedule: tuple[float, ...]) -> pd.DataFrame:
    """Give every creatinine, and eGFR where the rule uses it, after baseline with ``worse`` (1, 0, -1) and ``sign``."""
    span: dict[str, Any] = {"time_axis": time_axis, "schedule": schedule}
    scr = lab_course(cohort, "scr_umol_l", **span)
    limit = (scr["base"] * rule.scr_ratio).where((scr["base"] > 0) & (scr["base_qualifier"] == ""))
    risen = _negated(is_below(scr["value"], scr["qualifier"], limit))
    parts = [_signed(scr, risen, CREATININE, rule.confirm_days)]
    egfr = lab_course(cohort, "egfr", **span)
    if rule.egfr_fall is not None:
        base = egfr["base"].where(egfr["base_qualifier"] == "")
        fallen = _negated(_above(egfr, (1 - rule.egfr_fall) * base))
        parts.append(_signed(egfr, fallen, EGFR_FALL, rule.confirm_days))
    if rule.egfr_failure_days is not None:
        failing = is_below(egfr["value"], egfr["qualifier"], KIDNEY_FAILURE_EGFR)
        parts.append(_signed(egfr, failing, EGFR_FAILURE, rule.egfr_failure_days))
    return pd.concat(parts, ignore_index=True)


def _negated(trits: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    return np.where(trits == -1, -1, 1 - trits).astype(np.int8)


def _above(course: pd.DataFrame, limit: pd.Series) -> npt.NDArray[np.int8]:
    """Tell value > limit; exactly the limit is not above it."""
    return _negated(is_below(course["value"], course["qualifier"], limit + 2 * TOLERANCE))


def _signed(course: pd.DataFrame, worse: npt.NDArray[np.int8], sign: str, confirm_days: float | None) -> pd.DataFrame:
    """Attach what was found; where confirmation is asked for, an unconfirmed finding is none."""
    table = course.assign(worse=worse, sign=sign)
    if confirm_days is None:
        return table
    known = table[table["worse"] >= 0]
    confirmed = confirmed_by_next(known, known["worse"].eq(1).to_numpy(), gap_days=confirm_days)
    return known.assign(worse=known["worse"].where(confirmed, 0))


def _without_baseline(base: pd.Series, course: pd.DataFrame) -> pd.Series:
    """Say of patients without baseline creatinine and without an evaluable visit why nothing could be seen."""
    evaluable = course.loc[course["worse"] >= 0, "patient_id"]
    blind = base.index[base.isna() & ~base.index.isin(evaluable)]
    return pd.Series(
        "baseline creatinine missing: only recorded kidney failure could be seen", index=blind, dtype=object
    )
