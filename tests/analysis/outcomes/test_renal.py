"""Kidney failure and worsened kidney function: exactly 1.5 counts, confirmation, options, bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.cohort.samples import load_sample
from analysis.outcomes.courses import is_below
from analysis.outcomes.derive import derive_outcomes
from analysis.outcomes.endpoints import endpoint_records
from analysis.outcomes.records import RECORD_COLUMNS
from analysis.outcomes.renal import CONFIRM_DAYS, RenalRule, kidney_failure_records, renal_rule, renal_worsening
from analysis.outcomes.rules import PRESETS
from analysis.outcomes.switches import answer
from tests.cohorts import make_cohort

SCHEDULE = (0.0, 3.0, 6.0, 9.0, 12.0)


def scr(value: float, egfr: float | None = None) -> dict[str, float]:
    return {"scr_umol_l": value} if egfr is None else {"scr_umol_l": value, "egfr": egfr}


def one(*visits, base=None, events=()):
    first = [("A", 0, scr(80.0, 100.0) if base is None else base)] if base != {} else []
    return make_cohort({"A": {}}, [*first, *(("A", day, values) for day, values in visits)], events=list(events))


def record(cohort, *, time_axis="nominal", rule=None):
    rule = rule or RenalRule()
    table = kidney_failure_records(cohort, time_axis=time_axis, schedule=SCHEDULE, horizon_months=12.0, rule=rule)
    assert table.columns.tolist() == RECORD_COLUMNS
    return table.set_index("patient_id").loc["A"]


@pytest.mark.parametrize(("creatinine", "event"), [(119.9, False), (120.0, True), (120.1, True)])
def test_exactly_one_and_a_half_times_baseline_counts(creatinine: float, event: bool) -> None:
    found = record(one((91, scr(90.0)), (183, scr(creatinine))))
    assert (found["event"], found["time"], found["interval_low"]) == (event, 6.0, 3.0 if event else 6.0)


def test_recorded_kidney_failure_is_the_event_and_death_competes() -> None:
    failed = record(one((91, scr(90.0)), events=[("A", "kidney_failure", 120.0)]))
    assert (failed["event"], failed["time"], failed["competing_event"]) == (True, 6.0, False)
    died = record(one((91, scr(90.0)), events=[("A", "death", 120.0)]))
    assert (died["event"], died["competing_event"], died["reason"]) == (False, True, "death by month 6")
    rescued = record(one((91, scr(90.0)), events=[("A", "rescue", 120.0)]))
    assert (rescued["competing_event"], rescued["time"]) == (False, 3.0)


def test_fall_of_egfr_counts_only_as_an_option() -> None:
    cohort = one((91, scr(100.0, 60.0)))
    assert not record(cohort)["event"]
    assert record(cohort, rule=RenalRule(egfr_fall=0.4))["event"]
    above = one((91, scr(100.0, 60.1)))
    assert not record(above, rule=RenalRule(egfr_fall=0.4))["event"]


def test_two_measurements_at_least_28_days_apart() -> None:
    rule = RenalRule(confirm_days=CONFIRM_DAYS)
    lasting = one((100, scr(130.0)), (110, scr(90.0)), (128, scr(130.0)))
    found = record(lasting, time_axis="actual", rule=rule)
    assert (found["event"], found["time"]) == (True, pytest.approx(100 / 30.4375))
    short = one((100, scr(130.0)), (127, scr(130.0)))
    assert not record(short, time_axis="actual", rule=rule)["event"]
    assert record(short, time_axis="actual")["event"]


def test_egfr_below_15_twice_is_kidney_failure_only_as_an_option() -> None:
    cohort = one((100, scr(100.0, 14.0)), (128, scr(100.0, 14.9)))
    assert not record(cohort, time_axis="actual")["event"]
    assert record(cohort, time_axis="actual", rule=RenalRule(egfr_failure_days=28.0))["event"]
    once = one((100, scr(100.0, 14.0)), (128, scr(100.0, 15.0)))
    assert not record(once, time_axis="actual", rule=RenalRule(egfr_failure_days=28.0))["event"]


@pytest.mark.parametrize("base", [{}, {"egfr": 100.0}, {"scr_umol_l": 0.0}])
def test_missing_or_zero_baseline_is_not_evaluable(base: dict[str, float]) -> None:
    cohort = one((91, scr(400.0)), base=base)
    found = record(cohort)
    assert (found["event"], found["time"], found["at_risk"]) == (False, 0.0, True)
    assert found["reason"].endswith("cannot be compared with baseline: only recorded kidney failure could be seen")


def test_visits_out_of_order_and_two_records_in_a_window() -> None:
    shuffled = one((274, scr(90.0)), (91, scr(130.0)), (183, scr(90.0)))
    assert record(shuffled)["time"] == 3.0
    nearest = one((80, scr(130.0)), (93, scr(90.0)))
    assert not record(nearest)["event"]
    assert record(nearest, time_axis="actual")["event"]


def test_worsening_names_the_sign_and_the_values() -> None:
    found = renal_worsening(one((91, scr(90.0)), (183, scr(130.0))), time_axis="nominal", schedule=SCHEDULE)
    assert found[["patient_id", "time", "sign", "value", "base"]].to_numpy().tolist() == [
        ["A", 6.0, "creatinine", 130.0, 80.0]
    ]


def test_f14_of_the_fsgs_sample_worsens_before_the_recorded_failure() -> None:
    cohort = load_sample("fsgs")
    table = kidney_failure_records(cohort, time_axis="actual", schedule=(0.0, 3.0, 6.0), horizon_months=24.0)
    assert table.loc[table["event"], "patient_id"].tolist() == ["SYN-F14"]
    assert table.loc[table["event"], "time"].tolist() == pytest.approx([87 / 30.4375])  # creatinine 354 to 620
    assert table["patient_id"].tolist() == cohort.patients["patient_id"].tolist()


def test_a_limit_of_detection_counts_only_where_it_decides() -> None:
    values = pd.Series([5.0, 5.0, 5.0, 4.0, 8.0, np.nan, 5.0, 6.0])
    qualifiers = pd.Series(["", "lt", "gt", "gt", "lt", "", "lt", "gt"])
    limits = pd.Series([5.0, 5.0, 5.0, 5.0, 5.0, 5.0, np.nan, 5.0])
    assert is_below(values, qualifiers, limits).tolist() == [0, 1, 0, -1, -1, -1, -1, 0]


@pytest.mark.parametrize(("egfr", "event"), [(61.5, False), (61.4, True)])
def test_egfr_stands_in_where_creatinine_was_not_measured(egfr: float, event: bool) -> None:
    cohort = one((91, {"egfr": egfr}))
    assert record(cohort)["event"] == event
    silent = record(cohort, rule=RenalRule(egfr_stands_in=False))
    assert (silent["event"], silent["time"]) == (False, 0.0)
    named = renal_worsening(cohort, time_axis="nominal", schedule=SCHEDULE)
    assert named["sign"].tolist() == ["eGFR in place of creatinine"] * event


def test_a_visit_shows_no_worsening_only_where_every_sign_of_the_rule_is_known() -> None:
    cohort = one((91, scr(90.0, 90.0)), (183, scr(90.0)))
    assert record(cohort)["time"] == 6.0
    assert record(cohort, rule=RenalRule(egfr_fall=0.4))["time"] == 3.0
    risen = one((91, scr(90.0, 90.0)), (183, scr(130.0)))
    assert record(risen, rule=RenalRule(egfr_fall=0.4))["event"]


@pytest.mark.parametrize(
    ("day", "variable", "value", "qualifier", "event", "time"),
    [
        (91, "scr_umol_l", 120.0, "gt", True, 3.0),
        (91, "scr_umol_l", 120.0, "lt", False, 3.0),
        (91, "scr_umol_l", 110.0, "gt", False, 0.0),
        (0, "scr_umol_l", 70.0, "lt", True, 3.0),
        (91, "egfr", 60.0, "gt", False, 3.0),
        (91, "egfr", 60.0, "lt", True, 3.0),
    ],
)
def test_limits_count_only_where_they_decide(day, variable, value, qualifier, event, time) -> None:
    """Creatinine 105 after 80 and eGFR 70 after 100, but for the one value that is a limit."""
    cohort = one((91, scr(105.0, 70.0)))
    cell = (cohort.visits["day"] == day) & (cohort.visits["variable"] == variable)
    cohort.visits.loc[cell, ["value", "qualifier"]] = [value, qualifier]
    found = record(cohort, rule=RenalRule(egfr_fall=0.4))
    assert (found["event"], found["time"]) == (event, time)


def test_the_answers_on_the_kidney_reach_the_endpoint() -> None:
    cohort = one((91, scr(100.0, 60.0)), (183, scr(100.0, 60.0)), (274, scr(130.0, 90.0)))
    rule = PRESETS["P1_2023"]
    times = {}
    for name, changed in {
        "plain": rule,
        "fall": answer(rule, "worsening_egfr_fall", True),
        "again": answer(rule, "worsening_confirmed", True),
    }.items():
        outcomes = derive_outcomes(cohort, changed, schedule=SCHEDULE, time_axis="nominal")
        table = endpoint_records(outcomes, cohort, endpoint="kidney_failure", schedule=SCHEDULE, horizon_months=12.0)
        times[name] = (bool(table["event"].iloc[0]), table["time"].iloc[0])
    assert times == {"plain": (True, 9.0), "fall": (True, 3.0), "again": (False, 9.0)}
    assert renal_rule(answer(rule, "failure_by_egfr", True)).egfr_failure_days == CONFIRM_DAYS


def test_kidney_failure_without_a_day_is_said() -> None:
    found = record(one((91, scr(90.0)), events=[("A", "kidney_failure", float("nan"))]))
    assert (found["event"], found["reason"]) == (False, "kidney failure on a day that is not recorded")
