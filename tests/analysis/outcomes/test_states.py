"""The state machine: remission, relapse with its guards, resistance, second remission; rates and statuses from it."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.cohort.samples import load_sample
from analysis.outcomes.depletion_relapse import depletion_by_relapse
from analysis.outcomes.derive import derive_outcomes
from analysis.outcomes.endpoints import time_to_event
from analysis.outcomes.relapse import relapse_rates, relapse_records
from analysis.outcomes.rules import PRESETS
from analysis.outcomes.states import derive_states
from analysis.outcomes.visit_states import states_at_visit
from tests.cohorts import labs, make_cohort

SCHEDULE = (0.0, 3.0, 6.0, 9.0, 12.0)
FSGS_SCHEDULE = (0.0, 3.0, 6.0)
SICK = labs(8.0, albumin=24)
DAYS = (91, 183, 274, 365, 456, 548)
P1, P2 = PRESETS["P1_2023"], PRESETS["P2_2023"]


@pytest.fixture(scope="module")
def fsgs():
    return load_sample("fsgs")


@pytest.fixture(scope="module")
def fsgs_outcomes(fsgs):
    return derive_outcomes(fsgs, P2, schedule=FSGS_SCHEDULE, time_axis="actual")


@pytest.fixture(scope="module")
def imn():
    return load_sample("imn")


@pytest.fixture(scope="module")
def imn_outcomes(imn):
    return derive_outcomes(imn, P1, schedule=SCHEDULE, time_axis="nominal")


def course(*values, base=SICK, rule=P1):
    """States of one patient with a visit every three months, on actual days."""
    cohort = make_cohort({"A": {}}, [("A", 0, base), *(("A", day, v) for day, v in zip(DAYS, values, strict=False))])
    return derive_states(derive_outcomes(cohort, rule, schedule=SCHEDULE, time_axis="actual"))


def steps(*values, **kwargs) -> list[str]:
    return course(*values, **kwargs)["transition"].tolist()


# ---------------------------------------------------------------- the sample


def test_f09_relapses_on_day_140_and_f13_never_does(fsgs_outcomes) -> None:
    states = derive_states(fsgs_outcomes)
    relapses = states[states["transition"] == "relapse"]
    assert relapses[["patient_id", "day"]].to_numpy().tolist() == [["SYN-F09", 140.0]]
    f13 = states[states["patient_id"] == "SYN-F13"]
    assert f13["day"].tolist() == [85, 200, 214, 396]
    assert f13["state"].tolist() == ["active", *["partial_remission"] * 3]


def test_nobody_of_the_imn_sample_relapses_and_two_lose_complete_remission(imn_outcomes) -> None:
    counts = derive_states(imn_outcomes)["transition"].value_counts()
    assert "relapse" not in counts
    assert (counts["first_remission"], counts["cr_lost"]) == (66, 2)


def test_relapse_records_of_the_fsgs_sample(fsgs, fsgs_outcomes) -> None:
    records = relapse_records(fsgs_outcomes, fsgs, schedule=FSGS_SCHEDULE, horizon_months=24.0).set_index("patient_id")
    assert records.index[records["event"]].tolist() == ["SYN-F09"]
    f09 = records.loc["SYN-F09"]
    bounds = [f09["time"], f09["interval_low"], f09["interval_high"]]
    assert bounds == pytest.approx([(140 - 60) / 30.4375, (85 - 60) / 30.4375, (140 - 60) / 30.4375])
    assert records.loc["SYN-F14", "reason"] == "no remission to relapse from"
    assert records["at_risk"].sum() == 13


def test_relapse_rate_over_total_follow_up_is_the_published_one(fsgs, fsgs_outcomes) -> None:
    members = pd.DataFrame(
        {
            "patient_id": fsgs.patients["patient_id"],
            "group": pd.Categorical(["RTX"] * 14, categories=["RTX", "none"], ordered=True),
        }
    )
    rates = relapse_rates(fsgs_outcomes, fsgs, members).set_index("group")
    rtx = rates.loc["RTX"]
    assert (rtx["n_relapses"], rtx["n_remitted"], rtx["months_followed"], rtx["n_followed"]) == (1, 13, 113, 14)
    assert rtx["rate_in_followup"] == pytest.approx(1 / 113)
    remission, last = [15, 14, 15, 18, 16, 20, 13, 28, 60, 182, 120, 180, 200], [
        730, 548, 88, 152, 152, 90, 61, 28, 140, 304, 396, 213, 396,
    ]  # fmt: skip
    assert rtx["months_in_remission"] == pytest.approx((sum(last) - sum(remission)) / 30.4375)
    assert rtx["patient_ids"] == ("SYN-F09",)
    assert math.isnan(rates.loc["none", "rate_in_remission"])
    assert rates.loc["none", "reason"] == "no time in remission was observed; follow-up is not known"


@pytest.mark.parametrize(
    ("recorded", "followed"),
    [(3.0, 240 / 30.4375), (12.0, 12.0), (None, 240 / 30.4375), (8.0, 8.0), (7.8, 240 / 30.4375)],
)
def test_follow_up_reaches_a_death_after_the_last_recorded_contact(recorded: float | None, followed: float) -> None:
    cohort = make_cohort(
        {"A": {"followup_months": recorded}}, [("A", 0, SICK), ("A", 91, SICK)], events=[("A", "death", 240)]
    )
    outcomes = derive_outcomes(cohort, P1, schedule=SCHEDULE, time_axis="actual")
    members = pd.DataFrame({"patient_id": ["A"], "group": ["all"]})
    assert relapse_rates(outcomes, cohort, members)["months_followed"].iloc[0] == pytest.approx(followed)


def test_depletion_by_relapse_of_the_fsgs_sample(fsgs, fsgs_outcomes) -> None:
    table = depletion_by_relapse(fsgs_outcomes, fsgs, schedule=FSGS_SCHEDULE)
    cells = {(row.bcells, row.relapse, row.reason): row.patient_ids for row in table.itertuples()}
    assert cells[("reconstituted", "relapse", "")] == ("SYN-F09",)
    assert cells[("depleted", "relapse", "")] == ()
    assert cells[("reconstituted", "no relapse", "")] == ("SYN-F01", "SYN-F02", "SYN-F04", "SYN-F11")
    assert len(cells[("depleted", "no relapse", "")]) == 8
    assert cells[("", "", "never in remission")] == ("SYN-F14",)
    assert table["n"].sum() == 14


def test_states_at_month_12_follow_the_design_of_the_imn_sample(imn, imn_outcomes) -> None:
    """domain.md 5.4: complete 12 + 12, partial 15 + 19 and two drifted, none 4 + 19, eight without urine."""
    table = states_at_visit(imn_outcomes, imn, schedule=SCHEDULE)
    analysed = table[table["patient_id"].str.match("SYN-[TR]") & (table["month"] == 12)]
    assert analysed["status"].value_counts().to_dict() == {"PR": 36, "CR": 24, "NR": 23, "NE": 8}
    assert table.groupby("month").size().to_dict() == dict.fromkeys((3.0, 6.0, 9.0, 12.0), len(imn.patients))


def test_who_is_gone_and_why(fsgs, fsgs_outcomes) -> None:
    table = states_at_visit(fsgs_outcomes, fsgs, schedule=FSGS_SCHEDULE).set_index(["patient_id", "month"])
    assert table.loc[("SYN-F14", 3.0), "status"] == "NR"
    assert tuple(table.loc[("SYN-F14", 6.0)]) == ("gone", "kidney failure")
    assert tuple(table.loc[("SYN-F08", 3.0)]) == ("gone", "no later contact")
    assert tuple(table.loc[("SYN-F04", 6.0)]) == ("NE", "no visit in this window")


def test_a_withdrawn_patient_is_gone_only_without_an_evaluable_visit() -> None:
    visits = [("A", 0, SICK), ("A", 91, SICK), ("A", 183, labs(0.1)), ("B", 0, SICK), ("B", 91, SICK)]
    events = [("A", "withdrawal", 100.0), ("B", "withdrawal", 100.0)]
    cohort = make_cohort({"A": {}, "B": {}}, visits, events=events)
    outcomes = derive_outcomes(cohort, P1, schedule=FSGS_SCHEDULE, time_axis="nominal")
    table = states_at_visit(outcomes, cohort, schedule=FSGS_SCHEDULE).set_index(["patient_id", "month"])
    assert table["status"].to_dict() == {("A", 3.0): "NR", ("A", 6.0): "CR", ("B", 3.0): "NR", ("B", 6.0): "gone"}
    assert table.loc[("B", 6.0), "reason"] == "withdrawn"


# ---------------------------------------------------------------- guards


def test_crossing_the_threshold_is_a_relapse_even_while_the_fall_holds() -> None:
    assert steps(labs(2.0), labs(3.6)) == ["first_remission", "relapse"]


def test_g1_remission_by_the_fall_alone_does_not_relapse_by_staying_high() -> None:
    found = course(labs(4.9), labs(4.9), labs(5.9), base=labs(12.0, albumin=24))
    assert found["transition"].tolist() == ["first_remission", "", ""]
    assert found["reason"].iloc[2].startswith("no relapse: remission by the fall alone")


def test_g1_remission_by_the_fall_alone_relapses_by_more_than_half_above_its_lowest() -> None:
    base = labs(20.0, albumin=24)
    assert steps(labs(8.0), labs(6.0), labs(9.0), base=base) == ["first_remission", "", ""]
    found = course(labs(8.0), labs(6.0), labs(9.01), base=base)
    assert found["transition"].iloc[2] == "relapse"
    assert found["reason"].iloc[2].startswith("pr_by_drop")


def test_g1_a_remission_at_the_very_threshold_has_not_crossed_it() -> None:
    assert steps(labs(3.5), labs(3.6)) == ["first_remission", ""]


def test_exactly_the_threshold_counts_or_not_as_the_rule_says() -> None:
    assert steps(labs(0.1), labs(3.5)) == ["first_remission", "relapse"]
    after_complete = {"base": SICK, "rule": PRESETS["KDIGO2021_ADULT"]}
    assert steps(labs(0.1), labs(3.5), **after_complete) == ["first_remission", "cr_lost"]
    assert steps(labs(0.1), labs(3.51), **after_complete) == ["first_remission", "relapse"]


def test_g2_relapse_of_membranous_nephropathy_needs_a_fall_of_albumin() -> None:
    rule = PRESETS["KDIGO2021_MN"]
    assert steps(labs(1.0, albumin=36), labs(5.0, albumin=36), rule=rule) == ["first_remission", ""]
    assert steps(labs(1.0, albumin=36), labs(5.0, albumin=35.9), rule=rule) == ["first_remission", "relapse"]
    unknown = {"proteinuria_g_24h": 5.0, "scr_umol_l": 80.0, "egfr": 100.0}
    found = course(labs(1.0, albumin=36), unknown, rule=rule)
    assert found["transition"].tolist() == ["first_remission"] + [""] * (len(found) - 1)


def test_g2_protein_that_only_came_down_to_2_without_normal_albumin_is_resistance() -> None:
    rule = PRESETS["KDIGO2021_MN"]
    found = course(labs(2.0, albumin=30), labs(5.0, albumin=26), rule=rule)
    assert found["transition"].tolist() == ["first_remission", "resistance"]
    assert found["state"].iloc[1] == "active"
    assert steps(labs(1.99, albumin=30), labs(5.0, albumin=26), rule=rule) == ["first_remission", "relapse"]
    assert steps(labs(2.5, albumin=35), labs(5.0, albumin=26), rule=rule) == ["first_remission", "relapse"]


def test_g3_complete_remission_lost_to_the_partial_range_is_no_relapse() -> None:
    found = course(labs(0.1), labs(1.0), labs(0.2))
    assert found["transition"].tolist() == ["first_remission", "cr_lost", "complete_remission"]
    assert found["state"].tolist() == ["complete_remission", "partial_remission", "complete_remission"]


def test_a_rise_by_more_than_half_in_partial_remission_counts_for_kdigo_2021_adult() -> None:
    rule = PRESETS["KDIGO2021_ADULT"]
    assert steps(labs(1.0), labs(1.5), rule=rule) == ["first_remission", ""]
    assert steps(labs(1.0), labs(1.51), rule=rule) == ["first_remission", "relapse"]
    lost_then_up = steps(labs(0.1), labs(1.0), labs(1.4), rule=rule)
    assert lost_then_up == ["first_remission", "cr_lost", ""]
    assert steps(labs(2.5), labs(3.6), rule=rule) == ["first_remission", ""]


def test_second_remission_once_the_relapse_is_over() -> None:
    base = labs(10.0, albumin=24)
    found = course(labs(1.0), labs(4.0), labs(4.0), labs(1.0), labs(4.0), labs(0.1), base=base)
    assert found["transition"].tolist() == [
        "first_remission", "relapse", "", "second_remission", "relapse", "further_remission",
    ]  # fmt: skip
    assert found["remission"].tolist() == [1, 1, 1, 2, 2, 3]
    assert found["state"].tolist()[1:3] == ["relapse", "relapse"]


def test_a_remission_after_resistance_is_not_a_second_remission_after_relapse() -> None:
    base = labs(10.0, albumin=20)
    found = course(
        labs(3.0, albumin=28), labs(4.0, albumin=26), labs(0.1), base=base, rule=PRESETS["KDIGO2021_MN"]
    )  # fmt: skip
    assert found["transition"].tolist() == ["first_remission", "resistance", "remission_after_resistance"]
    assert found["remission"].tolist() == [1, 1, 2]


def test_relapse_is_seen_without_albumin_and_a_relapse_limit_of_detection_is_not_guessed() -> None:
    no_albumin = {"proteinuria_g_24h": 4.2, "scr_umol_l": 80.0, "egfr": 100.0}
    found = course(labs(0.1), no_albumin, base=labs(8.5, albumin=24))
    assert found["status"].tolist() == ["CR", "NE"]
    assert found["transition"].tolist() == ["first_remission", "relapse"]


def test_missing_or_zero_baseline_never_makes_a_remission_by_the_fall() -> None:
    cohort = make_cohort({"A": {}}, [("A", 91, labs(4.0))])
    assert derive_states(derive_outcomes(cohort, P1, schedule=SCHEDULE, time_axis="actual")).empty
    found = course(labs(4.0), labs(2.0), base=labs(0.0, albumin=20))
    assert found["transition"].tolist() == ["first_remission"]


def test_in_remission_before_treatment_can_relapse_from_time_zero() -> None:
    cohort = make_cohort({"A": {}}, [("A", 0, labs(0.1)), ("A", 91, labs(0.1)), ("A", 183, labs(5.0))])
    outcomes = derive_outcomes(cohort, P1, schedule=SCHEDULE, time_axis="nominal")
    states = derive_states(outcomes)
    assert states["transition"].tolist() == ["", "relapse"]
    assert states["reason"].iloc[0] == "in remission since before treatment"
    found = relapse_records(outcomes, cohort, schedule=SCHEDULE, horizon_months=12.0).iloc[0]
    assert (found["time"], found["event"], found["interval_low"]) == (6.0, True, 3.0)


def test_kidney_failure_after_remission_competes_with_relapse_and_before_it_excludes() -> None:
    visits = [("A", 0, SICK), ("A", 91, labs(1.0)), ("A", 183, labs(1.0)), ("B", 0, SICK), ("B", 183, labs(1.0))]
    events = [("A", "kidney_failure", 200.0), ("B", "rescue", 100.0)]
    cohort = make_cohort({"A": {}, "B": {}}, visits, events=events)
    outcomes = derive_outcomes(cohort, P1, schedule=SCHEDULE, time_axis="nominal")
    records = relapse_records(outcomes, cohort, schedule=SCHEDULE, horizon_months=12.0).set_index("patient_id")
    assert (records.loc["A", "time"], records.loc["A", "competing_event"]) == (6.0, True)
    assert (records.loc["B", "at_risk"], records.loc["B", "reason"]) == (False, "rescue therapy before remission")


def test_resistance_ends_the_wait_for_relapse_without_being_one() -> None:
    values = [("A", 0, SICK), ("A", 91, labs(2.0, albumin=30)), ("A", 183, labs(5.0, albumin=26))]
    cohort = make_cohort({"A": {}}, values)
    outcomes = derive_outcomes(cohort, PRESETS["KDIGO2021_MN"], schedule=SCHEDULE, time_axis="nominal")
    found = relapse_records(outcomes, cohort, schedule=SCHEDULE, horizon_months=12.0).iloc[0]
    assert (found["event"], found["time"], found["reason"]) == (False, 3.0, "resistance by month 3")


def test_measures_switched_mid_way_are_never_compared() -> None:
    """A rise is judged within one measure: uPCR 2.0 is no doubling of 24-h protein 1.0."""
    base = {**SICK, "upcr_g_g": 8.0}
    ratio = {"upcr_g_g": 2.0, "albumin_g_l": 40.0, "scr_umol_l": 80.0, "egfr": 100.0}
    rule = PRESETS["KDIGO2021_ADULT"]
    assert steps(labs(1.0), ratio, base=base, rule=rule) == ["first_remission", ""]
    higher = {**ratio, "upcr_g_g": 3.1}
    assert steps(labs(1.0), ratio, higher, base=base, rule=rule) == ["first_remission", "", "relapse"]


def test_confirmation_decides_when_remission_begins() -> None:
    rule = replace(P1, confirmed="next_visit")
    found = course(labs(0.1), labs(1.0), labs(8.0, albumin=20), labs(0.1), rule=rule)
    assert found["transition"].tolist() == ["first_remission", "", "relapse", ""]
    assert found["state"].iloc[0] == "partial_remission"
    assert found["reason"].iloc[3].startswith("remission not counted")


def test_no_visits_and_one_patient_are_rows_not_errors() -> None:
    cohort = make_cohort({"A": {}}, [("A", 0, SICK)])
    outcomes = derive_outcomes(cohort, P1, schedule=SCHEDULE, time_axis="nominal")
    assert derive_states(outcomes).empty
    found = relapse_records(outcomes, cohort, schedule=SCHEDULE, horizon_months=12.0)
    assert found["reason"].tolist() == ["no remission to relapse from"]


# ---------------------------------------------------------------- laws

protein = st.sampled_from([0.1, 0.5, 1.0, 2.0, 3.4, 3.5, 3.6, 4.5, 6.0, 9.0])
albumin = st.sampled_from([20.0, 29.0, 31.0, 34.0, 36.0, 42.0])
courses = st.lists(st.lists(st.tuples(protein, albumin), min_size=1, max_size=6), min_size=1, max_size=4)
rules = st.sampled_from(sorted(PRESETS)).map(PRESETS.__getitem__)


def cohort_of(patients):
    visits = [(f"P{i}", 0, {**labs(8.0, albumin=24), "upcr_g_g": 8.0}) for i in range(len(patients))]
    for i, values in enumerate(patients):
        for day, (prot, alb) in zip(DAYS, values, strict=False):
            visits.append((f"P{i}", day, {**labs(prot, albumin=alb), "upcr_g_g": prot}))
    return make_cohort({f"P{i}": {} for i in range(len(patients))}, visits)


@given(courses, rules, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_row_order_and_other_patients_do_not_matter(patients, rule, random) -> None:
    cohort = cohort_of(patients)
    outcomes = derive_outcomes(cohort, rule, schedule=SCHEDULE, time_axis="actual")
    states = derive_states(outcomes)
    rows = list(range(len(outcomes.visits)))
    random.shuffle(rows)
    pd.testing.assert_frame_equal(derive_states(replace(outcomes, visits=outcomes.visits.iloc[rows])), states)
    alone = outcomes.visits[outcomes.visits["patient_id"] == "P0"]
    first = derive_states(replace(outcomes, visits=alone))
    pd.testing.assert_frame_equal(first, states[states["patient_id"] == "P0"].reset_index(drop=True))


@given(courses, rules)
@settings(max_examples=40, deadline=None)
def test_states_agree_with_statuses_and_with_first_remission(patients, rule) -> None:
    cohort = cohort_of(patients)
    outcomes = derive_outcomes(cohort, rule, schedule=SCHEDULE, time_axis="actual")
    states = derive_states(outcomes)
    assert not states.duplicated(["patient_id", "time"]).any()
    complete = states["state"] == "complete_remission"
    assert set(states.loc[complete, "status"]) <= {"CR"}
    began = states[states["transition"] == "first_remission"].set_index("patient_id")["time"]
    records = time_to_event(outcomes, cohort, endpoint="first_remission", schedule=SCHEDULE, horizon_months=36.0)
    reached = records[records["event"]].set_index("patient_id")["time"]
    assert began.sort_index().to_dict() == reached.sort_index().to_dict()
    ends = states["transition"].isin(["relapse", "resistance"]).groupby(states["patient_id"]).sum()
    assert (ends <= states.groupby("patient_id")["remission"].max()).all()


@given(courses)
@settings(max_examples=20, deadline=None)
def test_statuses_of_every_visit_count_each_patient_once(patients) -> None:
    cohort = cohort_of(patients)
    outcomes = derive_outcomes(cohort, P1, schedule=SCHEDULE, time_axis="actual")
    table = states_at_visit(outcomes, cohort, schedule=SCHEDULE)
    assert not table.duplicated(["patient_id", "month"]).any()
    assert len(table) == len(patients) * 4
    assert set(table["status"]) <= {"CR", "PR", "NR", "NE", "gone"}
