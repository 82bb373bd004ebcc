"""Which values enter a classification: the peak, the running peak, the window, the measure, the day."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.outcomes.derive import derive_outcomes
from analysis.outcomes.rules import PRESETS
from tests.cohorts import labs, make_cohort

SCHEDULE = (0.0, 3.0, 6.0, 9.0, 12.0)
SICK = labs(8.0, albumin=24)
RUNNING = replace(PRESETS["P1_2023"], pr_drop_from="running_peak")
PEAK = replace(RUNNING, pr_drop_from="peak")


def derived(visits, rule, *, time_axis="actual", patient=None, qualifiers=()):
    cohort = make_cohort({"A": patient or {}}, visits)
    words = cohort.visits["qualifier"].mask(
        cohort.visits["variable"].eq("proteinuria_g_24h") & cohort.visits["day"].isin(dict(qualifiers)),
        cohort.visits["day"].map(dict(qualifiers)),
    )
    cohort = replace(cohort, visits=cohort.visits.assign(qualifier=words.astype(object)))
    return derive_outcomes(cohort, rule, schedule=SCHEDULE, time_axis=time_axis).visits


def spike(rule, **kwargs):
    """A rise to 16 g on day 91, then 6 g: a fall from the spike, not from baseline."""
    return derived([("A", 0, SICK), ("A", 91, labs(16.0)), ("A", 183, labs(6.0))], rule, **kwargs)


def test_the_peak_never_uses_a_value_after_treatment_began() -> None:
    found = spike(PEAK)
    assert found["peak_prot"].tolist() == [8.0, 8.0]
    assert found["status"].tolist() == ["NR", "NR"]


def test_the_running_peak_is_the_highest_value_up_to_the_visit() -> None:
    found = spike(RUNNING)
    assert found["peak_prot"].tolist() == [16.0, 16.0]
    assert found["status"].tolist() == ["NR", "PR"]


def test_the_running_peak_looks_back_only_and_starts_at_baseline() -> None:
    found = derived([("A", 0, SICK), ("A", 91, labs(5.0)), ("A", 183, labs(9.0))], RUNNING)
    assert found["peak_prot"].tolist() == [8.0, 9.0]


def test_a_peak_in_the_file_counts_for_the_protein_creatinine_ratio() -> None:
    ratio = {"albumin_g_l": 40.0, "scr_umol_l": 80.0}
    visits = [("A", 0, {**ratio, "upcr_g_g": 6.0}), ("A", 91, {**ratio, "upcr_g_g": 4.9})]
    rule = PRESETS["P2_2023"]
    assert derived(visits, rule, patient={"upcr_peak_g_g": 10.0})["status"].tolist() == ["PR"]
    assert derived(visits, rule)["status"].tolist() == ["NR"]


def test_the_running_peak_is_unknown_without_baseline_and_above_a_limit_of_detection() -> None:
    without = derived([("A", 91, labs(16.0)), ("A", 183, labs(6.0))], RUNNING)
    assert without["status"].tolist() == ["NE", "NE"]
    beyond = spike(RUNNING, qualifiers=[(91, "gt")])
    assert beyond["peak_prot"].isna().all()
    below = spike(RUNNING, qualifiers=[(91, "lt")])
    assert below["peak_prot"].isna().all()


def test_visits_out_of_order_give_the_same_statuses() -> None:
    visits = [("A", 0, SICK), ("A", 91, labs(16.0)), ("A", 183, labs(6.0)), ("A", 274, labs(0.1))]
    forward, backward = (derived(rows, RUNNING) for rows in (visits, visits[::-1]))
    assert forward["status"].tolist() == backward["status"].tolist() == ["NR", "PR", "CR"]


@pytest.mark.parametrize(("days", "status"), [((80, 95), "CR"), ((88, 94), "CR"), ((90, 99), "NR")])
def test_two_records_in_a_window_take_the_nearest_and_on_a_tie_the_later(days, status) -> None:
    found = derived([("A", 0, SICK), ("A", days[0], SICK), ("A", days[1], labs(0.1))], RUNNING, time_axis="nominal")
    assert found["status"].tolist() == [status]


def test_measures_switched_mid_way_are_classified_apart() -> None:
    """uPCR alone after a 24-h baseline: complete remission needs no baseline, the fall does."""
    ratio = {"albumin_g_l": 40.0, "scr_umol_l": 80.0, "egfr": 100.0}
    visits = [("A", 0, SICK), ("A", 91, {**ratio, "upcr_g_g": 0.1}), ("A", 183, {**ratio, "upcr_g_g": 2.0})]
    found = derived(visits, PRESETS["KDIGO2021_ADULT"])
    assert found["status"].tolist() == ["CR", "NE"]
    assert found["measure"].tolist() == ["upcr_g_g", "upcr_g_g"]


def test_a_baseline_drawn_after_the_infusion_is_no_visit_after_treatment() -> None:
    cohort = make_cohort({"A": {}}, [("A", 1, labs(0.1)), ("A", 91, labs(0.1))])
    months = cohort.visits["day"].map({1.0: 0.0, 91.0: 3.0})
    cohort = replace(cohort, visits=cohort.visits.assign(month=months))
    outcomes = derive_outcomes(cohort, PRESETS["P1_2023"], schedule=SCHEDULE, time_axis="actual")
    assert outcomes.visits["day"].tolist() == [91.0]
    assert outcomes.baseline["status"].tolist() == ["CR"]


def test_a_creatinine_alone_before_treatment_is_a_baseline() -> None:
    """Complete remission needs no urine before treatment, only kidney function to compare with."""
    found = derived([("A", 0, {"scr_umol_l": 80.0, "egfr": 100.0}), ("A", 91, labs(0.1))], PRESETS["P1_2023"])
    assert found["status"].tolist() == ["CR"]


def test_a_peak_in_the_file_needs_no_value_at_baseline() -> None:
    visits = [("A", 91, {"albumin_g_l": 40.0, "scr_umol_l": 80.0, "egfr": 90.0, "upcr_g_g": 4.9})]
    found = derived(visits, PRESETS["P2_2023"], patient={"upcr_peak_g_g": 10.0})
    assert found["drop"].tolist() == [1]


values = st.lists(st.sampled_from([0.1, 1.0, 3.0, 4.0, 6.0, 9.0, 16.0]), min_size=1, max_size=6)


@given(values)
@settings(max_examples=40, deadline=None)
def test_a_running_peak_never_falls_and_never_takes_a_partial_remission_away(proteins) -> None:
    visits = [("A", 0, SICK), *(("A", 60 * (i + 1), labs(value)) for i, value in enumerate(proteins))]
    running, peak = derived(visits, RUNNING), derived(visits, PEAK)
    assert running["peak_prot"].is_monotonic_increasing
    assert (running["peak_prot"] >= running["prot"]).all()
    rank = {"NR": 0, "PR": 1, "CR": 2}
    assert (running["status"].map(rank) >= peak["status"].map(rank)).all()
