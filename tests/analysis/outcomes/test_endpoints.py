"""Time-to-event tables: who has the event when, who competes, who is cut short, who was never at risk."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from analysis.cohort.samples import load_sample
from analysis.estimators.survival import estimate_curve
from analysis.outcomes.derive import derive_outcomes
from analysis.outcomes.endpoints import (
    ALL_ENDPOINT_LABELS,
    ENDPOINT_LABELS,
    RECORD_COLUMNS,
    best_response,
    best_response_records,
    endpoint_records,
    time_to_event,
)
from analysis.outcomes.rules import PRESETS
from analysis.results import CohortError
from tests.cohorts import labs, make_cohort

SCHEDULE = (0.0, 3.0, 6.0, 9.0, 12.0)
SICK = labs(8.0, albumin=24)


def record(cohort, *, endpoint="complete_remission", time_axis="nominal", horizon=12.0, rule="P1_2023"):
    outcomes = derive_outcomes(cohort, PRESETS[rule], schedule=SCHEDULE, time_axis=time_axis)
    table = time_to_event(outcomes, cohort, endpoint=endpoint, schedule=SCHEDULE, horizon_months=horizon)
    return table.set_index("patient_id").loc["A"]


def one(visits, **kwargs):
    return make_cohort({"A": {}}, [("A", 0, SICK), *(("A", day, values) for day, values in visits)], **kwargs)


def test_event_at_the_visit_that_found_it() -> None:
    found = record(one([(91, labs(2.0)), (180, labs(0.1)), (270, labs(0.1))]))
    assert (found["time"], found["event"], found["interval_low"], found["interval_high"]) == (6.0, True, 3.0, 6.0)


def test_first_remission_counts_partial() -> None:
    found = record(one([(91, labs(2.0)), (180, labs(0.1))]), endpoint="first_remission")
    assert (found["time"], found["event"]) == (3.0, True)


def test_censored_at_last_evaluable_visit_not_at_last_contact() -> None:
    found = record(one([(91, SICK), (180, SICK), (270, labs(None, albumin=36)), (365, labs(None, albumin=40))]))
    assert (found["time"], found["event"], found["reason"]) == (6.0, False, "last evaluable visit at month 6")


def test_low_albumin_decides_without_urine() -> None:
    found = record(one([(91, SICK), (180, labs(None, albumin=24))]))
    assert (found["time"], found["event"]) == (6.0, False)


def test_nobody_after_baseline_is_censored_at_zero() -> None:
    found = record(one([]))
    assert (found["time"], found["event"], found["at_risk"]) == (0.0, False, True)
    assert found["reason"] == "no evaluable visit after treatment began"


def test_kidney_failure_competes_at_the_next_visit() -> None:
    found = record(one([(91, SICK)], events=[("A", "kidney_failure", 120.0)]))
    assert (found["time"], found["event"], found["competing_event"]) == (6.0, False, True)


def test_what_came_first_decides_even_within_one_interval() -> None:
    after = one([(91, SICK), (180, labs(0.1))], events=[("A", "kidney_failure", 120.0)])
    before = one([(91, SICK), (180, labs(0.1))], events=[("A", "death", 181.0)])
    assert record(after)["competing_event"]
    assert record(before)["event"]
    assert not record(before)["competing_event"]


def test_withdrawal_does_not_compete() -> None:
    found = record(one([(91, SICK)], events=[("A", "withdrawal", 120.0), ("A", "last_contact", 120.0)]))
    assert (found["time"], found["competing_event"]) == (3.0, False)


def test_already_in_remission_is_not_at_risk_unless_the_rule_counts_it() -> None:
    cohort = make_cohort({"A": {}}, [("A", 0, labs(0.1)), ("A", 91, labs(0.1))])
    assert not record(cohort)["at_risk"]
    ratio = {"upcr_g_g": 0.1, "albumin_g_l": 40.0, "scr_umol_l": 80.0}
    counted = make_cohort({"A": {}}, [("A", 0, ratio), ("A", 15, ratio)], unscheduled=True)
    found = record(counted, rule="P2_2023", time_axis="actual")
    assert found["at_risk"]
    assert found["event"]
    assert found["time"] == pytest.approx(15 / 30.4375)


def test_actual_axis_ends_with_the_nominal_day_of_the_horizon() -> None:
    last_day, day_after = (one([(day, labs(0.1))]) for day in (183, 184))
    assert record(last_day, time_axis="actual", horizon=6.0)["event"]
    assert not record(day_after, time_axis="actual", horizon=6.0)["event"]


def test_early_days_count_on_the_actual_axis_only() -> None:
    cohort = one([(20, labs(0.1)), (91, SICK)])
    assert record(cohort, time_axis="actual")["time"] == pytest.approx(20 / 30.4375)
    assert not record(cohort)["event"]


def test_function_comes_from_the_nearest_record_after_treatment_within_45_days() -> None:
    without = {"proteinuria_g_24h": 0.1, "albumin_g_l": 40.0}
    near = one([(100, without), (145, {"scr_umol_l": 85.0, "egfr": 95.0})])
    far = one([(100, without), (146, {"scr_umol_l": 85.0, "egfr": 95.0})])
    early = one([(40, without)])
    assert record(near)["event"]
    assert not record(far)["event"]
    assert not record(early, time_axis="actual")["event"]


def test_best_response_uses_the_whole_follow_up() -> None:
    cohort = one([(91, labs(2.0)), (400, labs(0.1))])
    outcomes = derive_outcomes(cohort, PRESETS["P1_2023"], schedule=SCHEDULE, time_axis="actual")
    assert best_response(outcomes)["status"].tolist() == ["CR"]
    assert not record(cohort, time_axis="actual")["event"]


def test_two_urine_measures_that_disagree_are_not_evaluable() -> None:
    both = {**labs(0.1), "upcr_g_g": 4.0}
    cohort = make_cohort({"A": {}}, [("A", 0, {**SICK, "upcr_g_g": 8.0}), ("A", 91, both)])
    outcomes = derive_outcomes(cohort, PRESETS["KDIGO2021_ADULT"], schedule=SCHEDULE, time_axis="nominal")
    assert outcomes.visits["status"].tolist() == ["NE"]
    assert outcomes.visits["reason"].tolist() == ["24-h protein and protein/creatinine disagree"]


# ---------------------------------------------------------------- confirmation, lasting, baseline


def switched(cohort, *, endpoint="first_remission", time_axis="nominal", horizon=12.0, preset="P1_2023", **switches):
    rule = replace(PRESETS[preset], **switches)
    outcomes = derive_outcomes(cohort, rule, schedule=SCHEDULE, time_axis=time_axis)
    table = time_to_event(outcomes, cohort, endpoint=endpoint, schedule=SCHEDULE, horizon_months=horizon)
    return table.set_index("patient_id").loc["A"]


def test_a_confirmed_remission_has_the_time_of_its_first_visit() -> None:
    cohort = one([(91, labs(2.0)), (183, SICK), (274, labs(2.0)), (365, labs(0.1))])
    assert switched(cohort)["time"] == 3.0
    found = switched(cohort, confirmed="next_visit")
    assert (found["time"], found["event"], found["interval_low"]) == (9.0, True, 6.0)


def test_an_unconfirmed_last_visit_is_no_event_and_says_so() -> None:
    found = switched(one([(91, SICK), (183, labs(2.0))]), confirmed="next_visit")
    assert (found["time"], found["event"]) == (6.0, False)
    assert found["reason"] == "remission at month 6 not confirmed by a later visit"


def test_complete_remission_is_confirmed_only_by_complete_remission() -> None:
    cohort = one([(91, labs(0.1)), (183, labs(1.0)), (274, labs(0.1)), (365, labs(0.1))])
    assert switched(cohort, endpoint="complete_remission", confirmed="next_visit")["time"] == 9.0
    assert switched(cohort, confirmed="next_visit")["time"] == 3.0


def test_a_visit_that_is_not_evaluable_neither_confirms_nor_refutes() -> None:
    cohort = one([(91, labs(0.1)), (183, labs(None)), (274, labs(0.1))])
    assert switched(cohort, endpoint="complete_remission", confirmed="next_visit")["time"] == 3.0


@pytest.mark.parametrize(("second", "event"), [(106, False), (107, True)])
def test_confirmation_a_week_later_skips_earlier_visits(second: int, event: bool) -> None:
    cohort = one([(100, labs(2.0)), (103, SICK), (second, labs(2.0))])
    assert switched(cohort, time_axis="actual", confirmed="seven_days")["event"] == event
    assert not switched(cohort, time_axis="actual", confirmed="next_visit")["event"]


def test_a_visit_after_the_horizon_may_confirm() -> None:
    cohort = one([(91, SICK), (183, labs(2.0)), (274, labs(2.0))])
    found = switched(cohort, confirmed="next_visit", horizon=6.0)
    assert (found["time"], found["event"]) == (6.0, True)


def test_sustained_remission_begins_where_it_lasts() -> None:
    cohort = one([(91, labs(2.0)), (183, SICK), (274, labs(2.0)), (365, labs(0.1))])
    found = switched(cohort, attainment="sustained")
    assert (found["time"], found["event"]) == (9.0, True)
    lost = one([(91, labs(2.0)), (183, SICK)])
    assert not switched(lost, attainment="sustained")["event"]


def test_partial_by_range_at_baseline_is_at_risk_once_the_fall_is_asked_for() -> None:
    """domain.md A17: baseline 3.2 g with albumin 31 is in range already."""
    base = [("A", 0, labs(3.2, albumin=31))]
    cohort = make_cohort({"A": {}}, [*base, ("A", 91, labs(3.1)), ("A", 183, labs(1.6))])
    assert not switched(cohort, baseline_range="exclude")["at_risk"]
    found = switched(cohort)
    assert (found["at_risk"], found["event"], found["time"]) == (True, True, 6.0)
    unchanged = make_cohort({"A": {}}, [*base, ("A", 91, labs(3.1)), ("A", 183, labs(1.7))])
    assert not switched(unchanged, baseline_range="require_drop")["event"]
    complete = make_cohort({"A": {}}, [("A", 0, labs(0.5, albumin=31)), ("A", 91, labs(0.29))])
    assert switched(complete, baseline_range="require_drop")["event"]


# ---------------------------------------------------------------- all endpoints


@pytest.fixture(scope="module")
def imn():
    return load_sample("imn")


@pytest.mark.parametrize("endpoint", sorted(ALL_ENDPOINT_LABELS))
@pytest.mark.parametrize("time_axis", ["nominal", "actual"])
def test_every_endpoint_counts_every_patient_once(imn, endpoint, time_axis) -> None:
    outcomes = derive_outcomes(imn, PRESETS["P1_2023"], schedule=SCHEDULE, time_axis=time_axis)
    table = endpoint_records(outcomes, imn, endpoint=endpoint, schedule=SCHEDULE, horizon_months=12.0)
    assert table.columns.tolist() == RECORD_COLUMNS
    assert table["patient_id"].tolist() == imn.patients["patient_id"].tolist()
    assert not (table["event"] & table["competing_event"]).any()
    assert table["time"].between(0, 12.02).all()
    assert (table["interval_low"] <= table["time"]).all()
    assert (table["interval_high"].eq(table["time"]) == table["event"]).all()
    shuffled = replace(imn, visits=imn.visits.sample(frac=1, random_state=1), events=imn.events.iloc[::-1])
    again = derive_outcomes(shuffled, PRESETS["P1_2023"], schedule=SCHEDULE, time_axis=time_axis)
    same = endpoint_records(again, shuffled, endpoint=endpoint, schedule=SCHEDULE, horizon_months=12.0)
    pd.testing.assert_frame_equal(same, table)


def test_an_unknown_endpoint_names_the_known_ones(imn) -> None:
    outcomes = derive_outcomes(imn, PRESETS["P1_2023"], schedule=SCHEDULE, time_axis="nominal")
    with pytest.raises(CohortError, match="Found healing"):
        endpoint_records(outcomes, imn, endpoint="healing", schedule=SCHEDULE, horizon_months=12.0)


def test_the_control_of_the_page_keeps_the_two_remissions() -> None:
    assert list(ENDPOINT_LABELS) == ["complete_remission", "first_remission"]
    assert list(ALL_ENDPOINT_LABELS)[:2] == list(ENDPOINT_LABELS)


@pytest.mark.parametrize(
    ("group", "response", "percent"),
    [("RTX+TAC", "CR", 36.52), ("RTX+TAC", "PR", 50.74), ("RTX", "CR", 25.07), ("RTX", "PR", 40.90)],
)
def test_incidence_of_best_response_types_at_12_months(imn, group, response, percent) -> None:
    """domain.md 5.1: Aalen-Johansen on the 91 analysed patients."""
    outcomes = derive_outcomes(imn, PRESETS["P1_2023"], schedule=SCHEDULE, time_axis="nominal")
    table = best_response_records(outcomes, imn, response=response, schedule=SCHEDULE, horizon_months=12.0)
    inside = imn.patients["regimen_group"].eq(group) & imn.patients["patient_id"].str.match("SYN-[TR]")
    rows = table[inside.to_numpy()]
    curve = estimate_curve(rows["time"], rows["event"], rows["competing_event"])
    assert 100 * curve["estimate"].iloc[-1] == pytest.approx(percent, abs=0.005)


def test_a_visit_after_the_horizon_shows_that_the_patient_was_followed_to_it() -> None:
    cohort = one([(91, SICK), (300, labs(0.1))])
    found = record(cohort, time_axis="actual", horizon=6.0)
    assert (found["time"], found["event"]) == (pytest.approx(183 / 30.4375), False)
    assert found["reason"] == "not by month 6.01, followed longer"
    assert record(cohort, time_axis="actual", horizon=12.0)["event"]


def test_two_rows_of_one_day_give_the_same_answer_on_both_axes() -> None:
    good, bad = labs(0.2), labs(5.0, albumin=24)
    for rows, event in (([good, bad], False), ([bad, good], True)):
        cohort = one([(91, values) for values in rows])
        assert bool(record(cohort)["event"]) is bool(record(cohort, time_axis="actual")["event"]) is event


def test_a_measure_that_is_certainly_partial_disagrees_with_none() -> None:
    base = {**SICK, "upcr_g_g": 8.0}
    cohort = make_cohort({"A": {}}, [("A", 0, base), ("A", 91, {**labs(0.5), "upcr_g_g": 5.0})])
    limited = (cohort.visits["variable"] == "proteinuria_g_24h") & (cohort.visits["day"] > 0)
    cohort.visits.loc[limited, "qualifier"] = "lt"
    outcomes = derive_outcomes(cohort, PRESETS["KDIGO2021_ADULT"], schedule=SCHEDULE, time_axis="nominal")
    assert outcomes.visits["status"].tolist() == ["NE"]


# ---------------------------------------------------------------- present at the horizon, event at time 0


def test_present_at_the_last_planned_visit_ignores_what_came_before() -> None:
    """domain.md A15."""
    lost = one([(91, labs(0.1)), (365, labs(2.0))])
    kept = one([(183, SICK), (365, labs(0.1))])
    unseen = one([(91, SICK), (274, labs(0.1))])
    for time_axis in ("nominal", "actual"):
        at_12 = {"endpoint": "complete_remission", "attainment": "at_horizon", "time_axis": time_axis}
        found = switched(lost, **at_12)
        assert (found["event"], found["time"]) == (False, pytest.approx(12.0, abs=0.01))
        found = switched(kept, **at_12)
        assert (found["event"], found["time"]) == (True, pytest.approx(12.0, abs=0.01))
        found = switched(unseen, **at_12)
        assert (found["event"], found["time"]) == (False, pytest.approx(9.0, abs=0.01))
        assert found["reason"].endswith("not evaluable at month 12")


@pytest.mark.parametrize(
    ("days", "event"),
    [((350, 372), True), ((358, 372), True), ((360, 372), False), ((330,), True), ((319, 411), False)],
)
def test_on_actual_days_the_visit_nearest_to_the_planned_one_decides(days, event) -> None:
    """Two as near: the later one."""
    values = [labs(2.0) if day in (350, 358, 360) else labs(0.1) for day in days]
    found = switched(one(list(zip(days, values, strict=True))), endpoint="complete_remission", time_axis="actual",
                     attainment="at_horizon")  # fmt: skip
    assert bool(found["event"]) is event


@pytest.mark.parametrize(("endpoint", "count"), [("complete_remission", 24), ("first_remission", 60)])
def test_the_curve_of_the_status_at_month_12_is_the_share_of_the_evaluable(imn, endpoint, count) -> None:
    rule = replace(PRESETS["P1_2023"], attainment="at_horizon")
    outcomes = derive_outcomes(imn, rule, schedule=SCHEDULE, time_axis="nominal")
    table = time_to_event(outcomes, imn, endpoint=endpoint, schedule=SCHEDULE, horizon_months=12.0)
    at_12 = outcomes.visits[(outcomes.visits["month"] == 12) & (outcomes.visits["status"] != "NE")]
    curve = estimate_curve(table["time"], table["event"])
    assert (table["event"].sum(), len(at_12)) == (count, 83)
    assert curve["estimate"].iloc[-1] == pytest.approx(count / 83)


def test_remission_before_treatment_as_an_event_at_time_0() -> None:
    """domain.md A16."""
    kept = make_cohort({"A": {}}, [("A", 0, labs(0.1)), ("A", 91, labs(0.1))])
    lost = make_cohort({"A": {}}, [("A", 0, labs(0.1)), ("A", 91, SICK), ("A", 183, labs(0.1))])
    found = switched(kept, endpoint="complete_remission", baseline_remission="event_at_time_0")
    assert (found["at_risk"], found["event"], found["time"], found["interval_high"]) == (True, True, 0.0, 0.0)
    assert found["reason"] == "in remission before treatment, counted at time 0"
    lasting = {"endpoint": "complete_remission", "baseline_remission": "event_at_time_0", "attainment": "sustained"}
    assert switched(kept, **lasting)["time"] == 0.0
    assert switched(lost, **lasting)["time"] == 6.0
    never = switched(one([(91, SICK)]), baseline_remission="event_at_time_0")
    assert (never["event"], never["time"]) == (False, 3.0)


def test_three_of_the_fsgs_sample_are_events_at_time_0() -> None:
    fsgs = load_sample("fsgs")
    rule = replace(PRESETS["P2_2023"], baseline_remission="event_at_time_0")
    outcomes = derive_outcomes(fsgs, rule, schedule=(0.0, 3.0, 6.0), time_axis="actual")
    table = time_to_event(outcomes, fsgs, endpoint="complete_remission", schedule=(0.0, 3.0, 6.0), horizon_months=6.0)
    assert (table["event"] & table["time"].eq(0)).sum() == 3
    assert table["at_risk"].all()


# ---------------------------------------------------------------- days that are negative or missing


def test_an_event_without_a_day_cannot_compete_and_is_said() -> None:
    found = record(one([(91, SICK)], events=[("A", "death", float("nan"))]))
    assert (found["competing_event"], found["time"]) == (False, 3.0)
    assert found["reason"] == "last evaluable visit at month 3; death on a day that is not recorded"
    dated = record(one([(91, SICK)], events=[("A", "death", float("nan")), ("A", "rescue", 120.0)]))
    assert (dated["competing_event"], dated["reason"]) == (True, "rescue therapy by month 6")


def test_an_event_before_day_0_counts_at_time_0() -> None:
    found = record(one([(91, SICK)], events=[("A", "rescue", -10.0)]), time_axis="actual")
    assert (found["competing_event"], found["time"]) == (True, 0.0)


def test_a_value_before_the_baseline_window_is_not_used() -> None:
    cohort = make_cohort({"A": {}}, [("A", -31, labs(0.1)), ("A", 0, SICK), ("A", 91, labs(0.1))])
    assert record(cohort)["at_risk"]
    assert record(cohort, time_axis="actual")["event"]


# ---------------------------------------------------------------- present at the horizon, event at time 0


# ---------------------------------------------------------------- days that are negative or missing


# ---------------------------------------------------------------- present at the horizon, event at time 0


# ---------------------------------------------------------------- days that are negative or missing
