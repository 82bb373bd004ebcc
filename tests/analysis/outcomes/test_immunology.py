"""Immunologic remission, B cells and steroids: exact thresholds, limits of detection, what the file states."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.cohort.samples import load_sample
from analysis.outcomes.endpoints import ALL_ENDPOINT_LABELS
from analysis.outcomes.immunology import (
    depletion_records,
    immunologic_remission_records,
    reconstitution_records,
    steroid_free,
)
from tests.cohorts import make_cohort

SCHEDULE = (0.0, 3.0, 6.0, 9.0, 12.0)
SPAN = {"schedule": SCHEDULE, "horizon_months": 12.0}


def cohort_of(variable, base, *visits, patient=None, qualifiers=()):
    """One patient; ``visits`` are (day, value), ``qualifiers`` maps a day to "lt" or "gt"."""
    first = [] if base is None else [("A", 0, {variable: base})]
    cohort = make_cohort({"A": patient or {}}, [*first, *(("A", day, {variable: value}) for day, value in visits)])
    words = cohort.visits["day"].map(dict(qualifiers)).fillna("").astype(object)
    return replace(cohort, visits=cohort.visits.assign(qualifier=words))


def antibody(base, *visits, time_axis="nominal", threshold=14.0, patient=None, qualifiers=()):
    cohort = cohort_of("pla2r_ru_ml", base, *visits, patient=patient, qualifiers=qualifiers)
    return immunologic_remission_records(cohort, time_axis=time_axis, threshold=threshold, **SPAN).iloc[0]


def b_cells(build, base, *visits, patient=None, time_axis="actual", qualifiers=()):
    cohort = cohort_of("bcell_count_ul", base, *visits, patient=patient, qualifiers=qualifiers)
    return build(cohort, time_axis=time_axis, **SPAN).iloc[0]


# ---------------------------------------------------------------- antibody


@pytest.mark.parametrize(("level", "event"), [(14.0, False), (13.99, True)])
def test_immunologic_remission_is_below_14(level: float, event: bool) -> None:
    found = antibody(150.0, (91, 60.0), (183, level))
    assert (found["event"], found["time"], found["at_risk"]) == (event, 6.0, True)


def test_complete_immunologic_remission_is_below_2_and_a_limit_of_2_is_enough() -> None:
    assert not antibody(150.0, (91, 2.0), threshold=2.0)["event"]
    assert antibody(150.0, (91, 2.0), threshold=2.0, qualifiers=[(91, "lt")])["event"]
    straddling = antibody(150.0, (91, 10.0), threshold=2.0, qualifiers=[(91, "lt")])
    assert (straddling["event"], straddling["time"]) == (False, 0.0)
    assert antibody(150.0, (91, 10.0), qualifiers=[(91, "lt")])["event"]


@pytest.mark.parametrize(
    ("base", "patient", "reason"),
    [
        (20.0, None, None),
        (19.9, None, "anti-PLA2R not positive at baseline"),
        (None, None, "anti-PLA2R not known at baseline"),
        (None, {"pla2r_positive": "yes"}, None),
        (None, {"pla2r_positive": "no"}, "anti-PLA2R not positive at baseline"),
        (10.0, {"pla2r_positive": "yes"}, "anti-PLA2R already below the threshold before treatment"),
    ],
)
def test_at_risk_from_20_or_when_called_positive(base, patient, reason) -> None:
    found = antibody(base, (91, 60.0), patient=patient)
    assert found["at_risk"] == (reason is None)
    assert found["reason"] == (reason or "last evaluable visit at month 3")


def test_antibodies_of_the_imn_sample_count_the_positives_of_the_design() -> None:
    cohort = load_sample("imn")
    records = immunologic_remission_records(cohort, time_axis="nominal", **SPAN)
    base = cohort.visits[(cohort.visits["variable"] == "pla2r_ru_ml") & (cohort.visits["month"] == 0)]
    positive = base.loc[base["value"] >= 20, "patient_id"]
    assert set(records.loc[records["at_risk"], "patient_id"]) == set(positive)
    assert len(records) == len(cohort.patients) == records["patient_id"].nunique()
    complete = immunologic_remission_records(cohort, time_axis="nominal", threshold=2.0, **SPAN)
    assert not (complete["event"] & ~records["event"]).any()


# ---------------------------------------------------------------- B cells


@pytest.mark.parametrize(("count", "event"), [(5.0, False), (4.9, True)])
def test_exactly_5_is_not_depleted(count: float, event: bool) -> None:
    found = b_cells(depletion_records, 250.0, (14, 9.0), (20, count))
    assert found["event"] == event
    assert found["interval_low"] == pytest.approx((14 if event else 20) / 30.4375)


def test_depleted_before_treatment_is_not_at_risk_of_either() -> None:
    for build in (depletion_records, reconstitution_records):
        found = b_cells(build, 4.0, (20, 1.0), (91, 9.0))
        assert (found["at_risk"], found["reason"]) == (False, "B cells already below 5/µL before treatment")


def test_reconstitution_is_the_first_count_of_5_after_depletion() -> None:
    found = b_cells(reconstitution_records, 250.0, (10, 30.0), (20, 2.0), (91, 4.9), (120, 5.0), (200, 1.0))
    assert (found["event"], found["time"]) == (True, pytest.approx(120 / 30.4375))
    assert found["interval_low"] == pytest.approx(91 / 30.4375)
    still = b_cells(reconstitution_records, 250.0, (20, 2.0), (91, 4.9))
    assert (still["event"], still["time"]) == (False, pytest.approx(91 / 30.4375))
    never = b_cells(reconstitution_records, 250.0, (20, 9.0))
    assert (never["at_risk"], never["reason"]) == (False, "B cells not known to be depleted")


def test_what_the_file_states_overrides_the_counts() -> None:
    counts = [(20, 2.0), (91, 9.0)]
    stated = b_cells(depletion_records, 250.0, *counts, patient={"bcell_depletion_day": 12.0, "bcell_depleted": "yes"})
    assert stated["time"] == pytest.approx(12 / 30.4375)
    denied = b_cells(depletion_records, 250.0, *counts, patient={"bcell_depleted": "no"})
    assert not denied["event"]
    undated = b_cells(depletion_records, 250.0, (20, 9.0), patient={"bcell_depleted": "yes"})
    assert (undated["event"], undated["reason"]) == (False, "depleted on a day that is not recorded")
    not_back = b_cells(reconstitution_records, 250.0, *counts, patient={"bcell_reconstituted": "no"})
    assert (not_back["event"], not_back["at_risk"]) == (False, True)


def test_a_stated_day_takes_the_next_visit_on_the_nominal_axis() -> None:
    found = b_cells(depletion_records, 250.0, patient={"bcell_depletion_day": 95.0}, time_axis="nominal")
    assert (found["event"], found["time"]) == (True, 6.0)


def test_b_cells_of_the_fsgs_sample_follow_the_published_quartiles() -> None:
    cohort = load_sample("fsgs")
    span = {"time_axis": "actual", "schedule": (0.0, 3.0, 6.0), "horizon_months": 24.0}
    depletion = depletion_records(cohort, **span).set_index("patient_id")
    days = depletion.loc[depletion["event"], "time"] * 30.4375
    assert len(days) == 13
    known = days.drop("SYN-F13")  # depleted by month 3, day unknown
    assert np.quantile(known, [0.25, 0.5, 0.75], method="weibull").tolist() == pytest.approx([14.5, 17.5, 20.0])
    assert days["SYN-F13"] == pytest.approx(85)
    back = reconstitution_records(cohort, **span).set_index("patient_id")
    returned = (back.loc[back["event"], "time"] * 30.4375).drop("SYN-F01")
    assert sorted(returned) == pytest.approx([70, 90, 105, 285])
    f01 = back.loc["SYN-F01"]  # between months 6 and 12
    assert [f01["interval_low"] * 30.4375, f01["interval_high"] * 30.4375] == pytest.approx([177, 330])
    assert depletion.loc["SYN-F14", "reason"] == "kidney failure by month 4.01"


# ---------------------------------------------------------------- steroids


def test_steroid_free_at_month_6_counts_those_with_a_dose_at_that_visit() -> None:
    table = steroid_free(load_sample("fsgs"), schedule=(0.0, 3.0, 6.0)).set_index("patient_id")
    assert (table["evaluable"].sum(), table["steroid_free"].sum()) == (6, 5)
    assert table.loc["SYN-F13", "dose"] == 10.0
    assert table.loc["SYN-F04", "reason"] == "no visit at month 6"


def test_a_visit_without_a_dose_is_not_evaluable() -> None:
    cohort = make_cohort({"A": {}, "B": {}}, [("A", 183, {"albumin_g_l": 40.0}), ("B", 183, {"prednisone_eq_mg_d": 0})])
    table = steroid_free(cohort, schedule=SCHEDULE)
    assert table["reason"].tolist() == ["steroid dose not recorded", ""]
    assert table["steroid_free"].tolist() == [False, True]


def test_no_laboratory_rows_at_all_is_a_row_with_a_reason() -> None:
    cohort = make_cohort({"A": {}}, [])
    assert depletion_records(cohort, time_axis="nominal", **SPAN)["reason"].tolist() == [
        "no evaluable visit after treatment began"
    ]
    assert not reconstitution_records(cohort, time_axis="actual", **SPAN)["at_risk"].any()
    assert pd.isna(steroid_free(cohort, schedule=SCHEDULE)["dose"]).all()
    assert len(ALL_ENDPOINT_LABELS) == 8
