"""What course did one laboratory value take in each patient, and on which side of a threshold was it?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.cohort.model import Cohort
from analysis.cohort.visits import DAYS_PER_MONTH, assign_visits
from analysis.outcomes.intervals import TOLERANCE

Trits = npt.NDArray[np.int8]  # 1 true, 0 false, -1 unknown

COURSE_COLUMNS = ["patient_id", "month", "day", "time", "value", "qualifier", "base", "base_qualifier"]


def lab_course(cohort: Cohort, variable: str, *, schedule: tuple[float, ...], time_axis: str) -> pd.DataFrame:
    """Follow one laboratory value after treatment began.

    Returns one row per patient and measurement after baseline, by patient and time: ``month``
    (nominal, NaN on the actual-day axis), ``day``, ``time`` (months on the axis), ``value`` and
    ``qualifier``, and the patient's baseline value as ``base`` (NaN) and ``base_qualifier`` ("").
    On the nominal axis one measurement per visit of the schedule, on the actual axis every day.
    """
    records = cohort.visits[cohort.visits["variable"] == variable]
    records = records[records["value"].notna()]
    assigned = assign_visits(records, schedule)
    before = assigned[assigned["nominal_month"] == 0].set_index("patient_id")
    if time_axis == "nominal":
        later = assigned[assigned["nominal_month"] > 0]
        later = later.assign(month=later["nominal_month"], time=later["nominal_month"])
    else:
        later = records[(records["day"] > 0) & (records["month"] != 0)]
        later = later.drop_duplicates(["patient_id", "day"], keep="last")
        later = later.assign(month=np.nan, time=later["day"] / DAYS_PER_MONTH)
    later = later.assign(
        **{name: later[name].astype(float) for name in ("month", "day", "time", "value")},
        base=later["patient_id"].map(before["value"]).astype(float),
        base_qualifier=later["patient_id"].map(before["qualifier"]).fillna("").astype(object),
    )
    return later[COURSE_COLUMNS].sort_values(["patient_id", "time"], kind="stable", ignore_index=True)


def baseline_of(cohort: Cohort, variable: str, *, schedule: tuple[float, ...]) -> pd.DataFrame:
    """Give the baseline measurement of one laboratory value: one row per patient of the cohort.

    Columns ``value`` (NaN where not measured) and ``qualifier`` (""), indexed by ``patient_id``.
    """
    records = cohort.visits[(cohort.visits["variable"] == variable) & cohort.visits["value"].notna()]
    assigned = assign_visits(records, schedule)
    before = assigned[assigned["nominal_month"] == 0].set_index("patient_id")[["value", "qualifier"]]
    before = before.reindex(pd.Index(cohort.patients["patient_id"], name="patient_id"))
    return before.assign(value=before["value"].astype(float), qualifier=before["qualifier"].fillna("").astype(object))


def is_below(value: pd.Series, qualifier: pd.Series, limit: float | pd.Series) -> Trits:
    """Tell value < limit: 1 true, 0 false, -1 where a value is missing or its limit of detection leaves it open.

    A value below a limit of detection up to ``limit`` is below it; one above a limit of at least
    ``limit`` is not. Exactly ``limit`` is not below it. Source: domain.md 1.5.
    """
    number, edge = value.to_numpy(dtype=float), np.asarray(limit, dtype=float)
    under, over = (qualifier == "lt").to_numpy(), (qualifier == "gt").to_numpy()
    exact = number < edge - TOLERANCE
    certain = np.where(under, number <= edge + TOLERANCE, exact & ~over)
    excluded = np.where(over, number >= edge - TOLERANCE, ~exact & ~under)
    unknown = np.isnan(number) | np.isnan(edge)
    return np.where(unknown, -1, np.where(certain, 1, np.where(excluded, 0, -1))).astype(np.int8)
