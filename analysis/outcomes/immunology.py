"""When did the antibody go, when did B cells go and come back, and who was off steroids (domain.md 2.8, E6, E7, E9)?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.cohort.derived import PLA2R_POSITIVE_RU_ML
from analysis.cohort.model import Cohort
from analysis.cohort.visits import assign_visits
from analysis.outcomes.courses import baseline_of, is_below, lab_course
from analysis.outcomes.markers import flag_mixed, with_preferred_counts
from analysis.outcomes.records import (
    Sighting,
    build_records,
    competing_events,
    end_time,
    horizon_time,
    time_of_day,
    within_horizon,
)

POSITIVE_FROM_RU_ML = (PLA2R_POSITIVE_RU_ML, 7.45)  # domain.md 2.8: of the ELISA; best cut-off of a Chinese series
REMISSION_RU_ML = 14.0  # domain.md 2.8: EUROIMMUN ELISA negative; Zonozi 2021
COMPLETE_REMISSION_RU_ML = 2.0  # domain.md 2.8: complete immunologic remission by ELISA
DEPLETED_BELOW_UL = 5.0  # domain.md 2.8: cells/µL; exactly 5 is not depleted
ANTIBODY, B_CELLS, STEROID = "pla2r_ru_ml", "bcell_count_ul", "prednisone_eq_mg_d"
FOUND_COLUMNS = ["patient_id", "time", "day"]


def immunologic_remission_records(
    cohort: Cohort,
    *,
    time_axis: str,
    schedule: tuple[float, ...],
    horizon_months: float,
    threshold: float = REMISSION_RU_ML,
    positive_from: float = PLA2R_POSITIVE_RU_ML,
) -> pd.DataFrame:
    """Build the time-to-event table of immunologic remission (E6).

    Returns one row per patient of the cohort, columns as ``endpoints.time_to_event``. The event is
    the first anti-PLA2R below ``threshold`` (RU/mL; 14, or 2 for complete) after treatment began. At
    risk are patients whose baseline was ``positive_from`` or more, or whom the file calls positive,
    unless the level was below the threshold already. A level known only as a limit counts where the
    limit decides. The cut-offs are those of the ELISA; other assays need their own.
    """
    course = lab_course(cohort, ANTIBODY, schedule=schedule, time_axis=time_axis)
    below = is_below(course["value"], course["qualifier"], threshold)
    seen = Sighting(
        first=_first(course[(below == 1) & (course["time"] <= horizon_time(horizon_months))]),
        evaluable=course.loc[below >= 0, ["patient_id", "time"]],
        outside=_not_positive(cohort, schedule, threshold=threshold, positive_from=positive_from),
    )
    return _with_competitors(cohort, seen, time_axis=time_axis, schedule=schedule, horizon_months=horizon_months)


def depletion_records(
    cohort: Cohort, *, time_axis: str, schedule: tuple[float, ...], horizon_months: float
) -> pd.DataFrame:
    """Build the time-to-event table of B-cell depletion (E7).

    Returns one row per patient of the cohort, columns as ``endpoints.time_to_event``. The event is
    the first count below 5/µL after the first infusion. Where the file gives ``bcell_depletion_day``
    or ``bcell_depleted`` they decide, and the counts only date what has no day. Not at risk: a count
    below 5/µL at baseline. Where a visit has a count by CD19 and one by CD20, that by CD19 is used.
    """
    cohort = with_preferred_counts(cohort, schedule=schedule, time_axis=time_axis)
    course = lab_course(cohort, B_CELLS, schedule=schedule, time_axis=time_axis)
    below = is_below(course["value"], course["qualifier"], DEPLETED_BELOW_UL)
    found = _depletion(cohort, course, time_axis=time_axis, schedule=schedule)
    seen = Sighting(
        first=found[within_horizon(found, horizon_months)],
        evaluable=course.loc[below >= 0, ["patient_id", "time"]],
        outside=_depleted_before(cohort, schedule),
        unfinished=_undated(cohort, "bcell_depleted", found, "depleted on a day that is not recorded"),
    )
    records = _with_competitors(cohort, seen, time_axis=time_axis, schedule=schedule, horizon_months=horizon_months)
    return flag_mixed(records, cohort)


def reconstitution_records(
    cohort: Cohort, *, time_axis: str, schedule: tuple[float, ...], horizon_months: float
) -> pd.DataFrame:
    """Build the time-to-event table of B-cell reconstitution (E7).

    Returns one row per patient of the cohort, columns as ``endpoints.time_to_event``; time runs from
    the first infusion. The event is the first count of 5/µL or more after depletion. Where the file
    gives ``bcell_reconstitution_day`` or ``bcell_reconstituted`` they decide. Not at risk: not
    depleted by the horizon, or depleted before treatment. Markers as for depletion.
    """
    cohort = with_preferred_counts(cohort, schedule=schedule, time_axis=time_axis)
    course = lab_course(cohort, B_CELLS, schedule=schedule, time_axis=time_axis)
    depleted = _depletion(cohort, course, time_axis=time_axis, schedule=schedule)
    depleted = depleted[within_horizon(depleted, horizon_months)]
    after = _after(course, depleted)
    found = _reconstitution(cohort, after, time_axis=time_axis, schedule=schedule)
    before, patient = _depleted_before(cohort, schedule), cohort.patients["patient_id"]
    never = patient[~patient.isin(depleted["patient_id"]) & ~patient.isin(before.index)]
    known = is_below(after["value"], after["qualifier"], DEPLETED_BELOW_UL) >= 0
    seen = Sighting(
        first=found[within_horizon(found, horizon_months)],
        evaluable=pd.concat([depleted[["patient_id", "time"]], after.loc[known, ["patient_id", "time"]]]),
        outside=pd.concat([before, pd.Series("B cells not known to be depleted", index=pd.Index(never), dtype=object)]),
        unfinished=_undated(cohort, "bcell_reconstituted", found, "reconstituted on a day that is not recorded"),
    )
    records = _with_competitors(cohort, seen, time_axis=time_axis, schedule=schedule, horizon_months=horizon_months)
    return flag_mixed(records, cohort)


def steroid_free(cohort: Cohort, *, schedule: tuple[float, ...], month: float = 6.0) -> pd.DataFrame:
    """Tell who took no steroid at one nominal visit (E9).

    Returns one row per patient of the cohort: ``patient_id``, ``visit`` (any value at that visit),
    ``evaluable`` (a dose at that visit), ``dose`` (prednisone equivalent, mg/day), ``steroid_free``
    and ``reason``. The denominator is the evaluable patients, not the cohort.
    """
    at_visit = assign_visits(cohort.visits, schedule)
    at_visit = at_visit[(at_visit["nominal_month"] == month) & at_visit["value"].notna()]
    doses = at_visit[at_visit["variable"] == STEROID].set_index("patient_id")
    patient = cohort.patients["patient_id"].reset_index(drop=True)
    dose = patient.map(doses["value"]).astype(float)
    exact = patient.map(doses["qualifier"]).eq("")
    seen = patient.isin(at_visit["patient_id"])
    evaluable = dose.notna() & (exact | (dose > 0))
    reason = np.select([~seen, ~evaluable], [f"no visit at month {month:g}", "steroid dose not recorded"], default="")
    free = evaluable & exact & (dose == 0)
    return pd.DataFrame(
        {"patient_id": patient, "visit": seen, "evaluable": evaluable, "dose": dose, "steroid_free": free}
    ).assign(reason=reason)


def _first(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.sort_values("time", kind="stable").drop_duplicates("patient_id")[FOUND_COLUMNS]


def _with_competitors(
    cohort: Cohort, seen: Sighting, *, time_axis: str, schedule: tuple[float, ...], horizon_months: float
) -> pd.DataFrame:
    competing = competing_events(cohort, time_axis=time_axis, schedule=schedule, horizon_months=horizon_months)
    end = end_time(time_axis, horizon_months)
    return build_records(cohort.patients["patient_id"], seen, competing, end=end)


def _not_positive(cohort: Cohort, schedule: tuple[float, ...], *, threshold: float, positive_from: float) -> pd.Series:
    """Say why a patient cannot reach immunologic remission, indexed by patient."""
    base = baseline_of(cohort, ANTIBODY, schedule=schedule)
    named = _given(cohort, "pla2r_positive").eq("yes").to_numpy()
    positive = named | (is_below(base["value"], base["qualifier"], positive_from) == 0)
    already = is_below(base["value"], base["qualifier"], threshold) == 1
    words = np.select(
        [already & positive, positive, base["value"].isna().to_numpy()],
        ["anti-PLA2R already below the threshold before treatment", "", "anti-PLA2R not known at baseline"],
        default="anti-PLA2R not positive at baseline",
    )
    stated_negative = _given(cohort, "pla2r_positive").eq("no").to_numpy() & base["value"].isna().to_numpy()
    words = np.where(stated_negative, "anti-PLA2R not positive at baseline", words)
    reasons = pd.Series(words, index=base.index, dtype=object)
    return reasons[reasons != ""]


def _given(cohort: Cohort, column: str) -> pd.Series:
    """Give a patient-level column, missing where the file does not have it, indexed by patient."""
    values = cohort.patients.get(column, pd.Series(np.nan, index=cohort.patients.index, dtype=object))
    return pd.Series(values.to_numpy(), index=pd.Index(cohort.patients["patient_id"]))


def _depleted_before(cohort: Cohort, schedule: tuple[float, ...]) -> pd.Series:
    base = baseline_of(cohort, B_CELLS, schedule=schedule)
    low = base.index[is_below(base["value"], base["qualifier"], DEPLETED_BELOW_UL) == 1]
    return pd.Series("B cells already below 5/µL before treatment", index=low, dtype=object)


def _depletion(cohort: Cohort, course: pd.DataFrame, *, time_axis: str, schedule: tuple[float, ...]) -> pd.DataFrame:
    """Date depletion: by the file's day, else by the first count below 5/µL unless the file says there was none."""
    seen = _first(course[is_below(course["value"], course["qualifier"], DEPLETED_BELOW_UL) == 1])
    return _overridden(cohort, seen, "bcell_depletion_day", "bcell_depleted", time_axis=time_axis, schedule=schedule)


def _reconstitution(
    cohort: Cohort, after: pd.DataFrame, *, time_axis: str, schedule: tuple[float, ...]
) -> pd.DataFrame:
    """Date reconstitution among the counts after depletion in the same way."""
    seen = _first(after[is_below(after["value"], after["qualifier"], DEPLETED_BELOW_UL) == 0])
    names = ("bcell_reconstitution_day", "bcell_reconstituted")
    return _overridden(cohort, seen, *names, time_axis=time_axis, schedule=schedule)


def _overridden(
    cohort: Cohort, seen: pd.DataFrame, day: str, flag: str, *, time_axis: str, schedule: tuple[float, ...]
) -> pd.DataFrame:
    given = pd.to_numeric(_given(cohort, day), errors="coerce").dropna().astype(float)
    stated = pd.DataFrame({"patient_id": given.index, "day": given.to_numpy()})
    stated["time"] = time_of_day(given.to_numpy(), time_axis=time_axis, schedule=schedule)
    denied = _given(cohort, flag).eq("no")
    kept = seen[~seen["patient_id"].isin(given.index) & ~seen["patient_id"].isin(denied.index[denied])]
    parts = [part[FOUND_COLUMNS] for part in (stated, kept) if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else seen.iloc[:0]


def _after(course: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Keep the measurements after each patient's event, by day where both days are known."""
    start = found.set_index("patient_id")[["time", "day"]].reindex(course["patient_id"]).set_axis(course.index)
    dated = course["day"].notna() & start["day"].notna()
    return course[(course["day"] > start["day"]).where(dated, course["time"] > start["time"])]


def _undated(cohort: Cohort, flag: str, found: pd.DataFrame, words: str) -> pd.Series:
    """Say of whom the file states an event that nothing dates."""
    stated = _given(cohort, flag).eq("yes")
    ids = stated.index[stated & ~stated.index.isin(found["patient_id"])]
    return pd.Series(words, index=ids, dtype=object)
