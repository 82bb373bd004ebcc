"""Whose kidneys failed or clearly worsened, and when (domain.md 2.7, E8)?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.cohort.model import Cohort
from analysis.outcomes.attainment import confirmed_by_next
from analysis.outcomes.courses import baseline_of, lab_course
from analysis.outcomes.intervals import Trits, bounds_of, either, less, negate, scaled
from analysis.outcomes.records import (
    Sighting,
    build_records,
    competing_events,
    end_time,
    horizon_time,
    time_of_day,
    within_horizon,
)
from analysis.outcomes.rules import RemissionRule

KIDNEY_FAILURE_EGFR = 15.0  # domain.md 2.7, mL/min/1.73 m²
CREATININE, EGFR_INSTEAD = "creatinine", "eGFR in place of creatinine"
EGFR_FALL, EGFR_FAILURE = "eGFR fall", "eGFR below 15"
CKD_EPI_SLOPE = -1.2  # domain.md A7: 1.5 to this power is 0.615


@dataclass(frozen=True, kw_only=True)
class RenalRule:
    """What counts as worsened kidney function besides recorded kidney failure.

    Attributes
    ----------
    scr_ratio
        Creatinine of at least this multiple of baseline; exactly the multiple counts.
    egfr_stands_in
        Where creatinine or its baseline was not measured, eGFR below this multiple to the power -1.2
        (0.615) of its own baseline counts. (A7)
    egfr_fall
        Also a fall of eGFR by at least this share of baseline (0.4: 40 %); None for not.
    confirm_days
        Ask that the next measurement at least this many days later shows it too; None: one is enough.
    egfr_failure_days
        Also eGFR below 15 again at the next measurement at least this many days later; None for not.
    """

    scr_ratio: float = 1.5
    egfr_stands_in: bool = True
    egfr_fall: float | None = None
    confirm_days: float | None = None
    egfr_failure_days: float | None = None


DEFAULT_RENAL_RULE = RenalRule()  # domain.md 2.7: one creatinine, as the withdrawal criterion of paper 1
CONFIRM_DAYS = 28.0  # domain.md 2.7, sensitivity analysis
EGFR_FALL_SHARE = 0.4  # domain.md 2.5, E8


def renal_rule(rule: RemissionRule) -> RenalRule:
    """Read the answers on the kidney endpoint (A19) off the rule in use."""
    return RenalRule(
        egfr_stands_in=rule.egfr_stands_in,
        egfr_fall=EGFR_FALL_SHARE if rule.worsening_egfr_fall else None,
        confirm_days=CONFIRM_DAYS if rule.worsening_confirmed else None,
        egfr_failure_days=CONFIRM_DAYS if rule.failure_by_egfr else None,
    )


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
    patient is censored at the last visit that could show every sign of the rule; without a baseline
    measurement only recorded kidney failure can be an event, and the wait ends at time 0 otherwise.
    """
    span: dict[str, Any] = {"time_axis": time_axis, "schedule": schedule}
    failures = cohort.events[cohort.events["event_type"] == "kidney_failure"]
    recorded = failures[failures["day"].notna()]
    day = np.maximum(recorded["day"].to_numpy(dtype=float), 0.0)
    failed = recorded[["patient_id"]].assign(time=time_of_day(day, **span), day=day)
    failed = failed[within_horizon(failed, horizon_months)]
    course = _course(cohort, rule, **span)
    columns = ["patient_id", "time", "day"]
    inside = course["time"] <= horizon_time(horizon_months)
    found = pd.concat([failed[columns], course.loc[inside & (course["worse"] == 1), columns]], ignore_index=True)
    found = found.sort_values(["time", "day"], kind="stable").drop_duplicates("patient_id")
    seen = Sighting(
        first=found,
        evaluable=course.loc[course["worse"] >= 0, ["patient_id", "time"]],
        unfinished=_unseen(course, failures),
    )
    competing = competing_events(cohort, horizon_months=horizon_months, kinds=("death",), **span)
    end = end_time(time_axis, horizon_months)
    return build_records(cohort.patients["patient_id"], seen, competing, end=end)


def renal_worsening(
    cohort: Cohort, *, time_axis: str, schedule: tuple[float, ...], rule: RenalRule = DEFAULT_RENAL_RULE
) -> pd.DataFrame:
    """Find the first visit with worsened kidney function of each patient who had one.

    Returns one row per such patient: ``patient_id``, ``time`` (months on the axis), ``day``, ``sign``
    (creatinine, eGFR in place of it, eGFR fall, eGFR below 15), ``value`` and ``base`` (µmol/L or mL/min/1.73 m²).
    The patients stay in every denominator; this is an event, not a reason to leave.
    """
    course = _course(cohort, rule, time_axis=time_axis, schedule=schedule)
    first = course[course["worse"] == 1].sort_values("time", kind="stable").drop_duplicates("patient_id")
    columns = ["patient_id", "time", "day", "sign", "value", "base"]
    return first[columns].sort_values("patient_id", kind="stable", ignore_index=True)


def _course(cohort: Cohort, rule: RenalRule, *, time_axis: str, schedule: tuple[float, ...]) -> pd.DataFrame:
    """Give every visit after baseline with kidney function: ``worse`` (1, 0, -1), ``sign``, ``value``, ``base``.

    A visit is worse by any sign, and not worse only where no sign is left open.
    """
    visits = _values(cohort, time_axis=time_axis, schedule=schedule)
    found = {sign: _confirmed(visits, trits, days) for sign, trits, days in _signs(visits, rule)}
    worse = np.zeros(len(visits), dtype=np.int8)
    for trits in found.values():
        worse = either(worse, trits)
    marks = [trits == 1 for trits in found.values()]
    by_creatinine = np.array([sign == CREATININE for sign in found])
    sign = np.select(marks, list(found), default="")
    taken = np.isin(sign, np.array(list(found))[by_creatinine])
    return visits[["patient_id", "time", "day"]].assign(
        worse=worse,
        sign=sign.astype(object),
        value=np.where(taken, visits["scr"], visits["egfr"]),
        base=np.where(taken, visits["base_scr"], visits["base_egfr"]),
    )


def _values(cohort: Cohort, *, time_axis: str, schedule: tuple[float, ...]) -> pd.DataFrame:
    """Lay creatinine and eGFR side by side, one row per patient and visit, in order of patient and time."""
    keys = ["patient_id", "time"]
    courses = []
    for column, variable in (("scr", "scr_umol_l"), ("egfr", "egfr")):
        course = lab_course(cohort, variable, time_axis=time_axis, schedule=schedule)
        names = {"value": column, "qualifier": f"{column}_qualifier", "day": f"{column}_day"}
        courses.append(course.rename(columns=names)[[*keys, *names.values()]])
    visits = courses[0].merge(courses[1], on=keys, how="outer").sort_values(keys, kind="stable", ignore_index=True)
    visits = visits.assign(day=visits["scr_day"].fillna(visits["egfr_day"]))
    for column, variable in (("scr", "scr_umol_l"), ("egfr", "egfr")):
        base = baseline_of(cohort, variable, schedule=schedule).reindex(visits["patient_id"])
        value = base["value"].where(base["value"] > 0).to_numpy(dtype=float)
        qualifier = base["qualifier"].fillna("").to_numpy(dtype=object)
        visits = visits.assign(**{f"base_{column}": value, f"base_{column}_qualifier": qualifier})
        visits[f"{column}_qualifier"] = visits[f"{column}_qualifier"].fillna("").astype(object)
    return visits


def _signs(visits: pd.DataFrame, rule: RenalRule) -> list[tuple[str, Trits, float | None]]:
    """Read each sign of the rule off every visit, with the days after which it must be seen again.

    Where creatinine or its baseline is missing, eGFR stands in by the CKD-EPI slope (domain.md A7).
    """
    scr, egfr, base_scr, base_egfr = (bounds_of(visits, name) for name in ("scr", "egfr", "base_scr", "base_egfr"))
    measured = visits["scr"].notna().to_numpy() & visits["base_scr"].notna().to_numpy()
    risen = negate(less(scr, scaled(base_scr, rule.scr_ratio), inclusive=False))
    slope = round(rule.scr_ratio**CKD_EPI_SLOPE, 3)
    low = less(egfr, scaled(base_egfr, slope), inclusive=False)
    instead = low if rule.egfr_stands_in else np.full(len(visits), -1, dtype=np.int8)
    known = [(CREATININE, np.where(measured, risen, 0)), (EGFR_INSTEAD, np.where(measured, 0, instead))]
    signs = [(sign, trits.astype(np.int8), rule.confirm_days) for sign, trits in known]
    if rule.egfr_fall is not None:
        fallen = less(egfr, scaled(base_egfr, 1 - rule.egfr_fall), inclusive=True)
        signs.append((EGFR_FALL, fallen, rule.confirm_days))
    if rule.egfr_failure_days is not None:
        failing = less(egfr, KIDNEY_FAILURE_EGFR, inclusive=False)
        signs.append((EGFR_FAILURE, failing, rule.egfr_failure_days))
    return signs


def _confirmed(visits: pd.DataFrame, trits: Trits, days: float | None) -> Trits:
    """Where a sign must be seen again, take one that the next known measurement does not show as absent."""
    if days is None:
        return trits
    known = np.flatnonzero(trits >= 0)
    seen = trits[known] == 1
    again = confirmed_by_next(visits.iloc[known], seen, gap_days=days)
    found = trits.copy()
    found[known] = np.where(seen & again, 1, 0)
    return found


def _unseen(course: pd.DataFrame, failures: pd.DataFrame) -> pd.Series:
    """Say whose kidney failure has no day, and of whom no visit after treatment began is evaluable."""
    evaluable = course.loc[course["worse"] >= 0, "patient_id"]
    blind = course.loc[~course["patient_id"].isin(evaluable), "patient_id"].unique()
    words = "kidney function cannot be compared with baseline: only recorded kidney failure could be seen"
    found = dict.fromkeys(blind, words)
    undated = failures.loc[failures["day"].isna(), "patient_id"]
    found |= dict.fromkeys(undated, "kidney failure on a day that is not recorded")
    return pd.Series(found, dtype=object)
