"""Every question about remission beyond the curves: values of the sample (domain.md 5.1), small data with reasons."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.choices import propose_spec
from analysis.cohort.samples import load_sample
from analysis.options import RemissionOptions
from analysis.outcomes.derive import derive_outcomes
from analysis.outcomes.endpoints import ALL_ENDPOINT_LABELS, best_response
from analysis.outcomes.records import RECORD_COLUMNS
from analysis.outcomes.rules import PRESETS
from analysis.remission import (
    RemissionResult,
    compare_groups,
    compare_settings,
    describe_landmark,
    describe_partial,
    describe_relapse,
    describe_remission,
    describe_states,
    estimate_effects,
    estimate_intervals,
    study_records,
)
from analysis.study import StudySpec, View, select_view
from present.tables.remission_effects import effects_table
from tests.cohorts import make_cohort


def sample(name: str = "imn", **choices: object) -> tuple[View, object]:
    cohort = load_sample(name)
    options = RemissionOptions(**choices.pop("remission", {}))
    spec = replace(propose_spec(cohort), withdrawn="excluded", remission=options, **choices)
    outcomes = derive_outcomes(cohort, spec.rule, schedule=spec.schedule, time_axis=spec.time_axis)
    return select_view(cohort, spec), outcomes


def described(view: View, outcomes) -> RemissionResult:
    return describe_remission(view, study_records(view, outcomes), best_response(outcomes))


def small(groups: dict[str, list[tuple[float, str]]], **options: object) -> tuple[View, RemissionResult]:
    """Make a study of (month, event | censored | competing) by group."""
    rows = [(f"{name}{i}", name, time, how) for name, own in groups.items() for i, (time, how) in enumerate(own)]
    cohort = make_cohort({ids: {"regimen_group": name} for ids, name, _, _ in rows}, [(rows[0][0], 0, {"egfr": 90.0})])
    spec = StudySpec(group_column="regimen_group", group_levels=tuple(groups), remission=RemissionOptions(**options))
    records = pd.DataFrame(
        [[ids, time, how == "event", how == "competing", True, 0.0, time if how == "event" else np.inf, how]
         for ids, _, time, how in rows], columns=RECORD_COLUMNS,
    )  # fmt: skip
    best = pd.DataFrame({"patient_id": [row[0] for row in rows], "status": "NR", "before": "NR"})
    view = select_view(cohort, spec)
    return view, describe_remission(view, records, best)


# ---------------------------------------------------------------- golden values, domain.md 5.1 and 3.4


@pytest.mark.parametrize(
    ("endpoint", "cox", "grouped", "means", "fixed", "wilcoxon"),
    [
        ("complete_remission", (1.531, 0.708, 3.311), (1.537, 0.710, 3.327, 0.276), (11.029, 11.401), 0.297, 0.267),
        ("first_remission", (1.681, 1.031, 2.740), (1.703, 1.043, 2.782, 0.033), (7.147, 8.388), 0.023, 0.064),
    ],
)
def test_effects_and_tests_of_the_sample(endpoint, cox, grouped, means, fixed, wilcoxon) -> None:
    view, outcomes = sample(endpoint=endpoint)
    result = described(view, outcomes)
    effects = estimate_effects(view, result)
    ratios = effects.hazard_ratios.set_index("model")
    limits = ["hazard_ratio", "conf_low", "conf_high"]
    assert tuple(ratios.loc["cox", limits].astype(float).round(3)) == cox
    # R glm(binomial("cloglog")) gives 2.78149 for the upper limit that domain.md prints as 2.782
    assert tuple(ratios.loc["grouped", [*limits, "p_value"]].astype(float)) == pytest.approx(grouped, abs=6e-4)
    assert tuple(effects.restricted_means["estimate"].round(3)) == means
    assert effects.mean_differences["estimate"].iloc[0] == pytest.approx(means[0] - means[1], abs=0.0015)
    tests = compare_groups(view, result).tests.set_index("test")["p_value"]
    assert round(tests["fixed-time"], 3) == fixed
    assert round(tests["wilcoxon"], 3) == wilcoxon
    assert result.test.p_value == tests["log-rank"]


@pytest.mark.parametrize(
    ("interval", "limits"),  # domain.md 3.4, complete remission of RTX+TAC at month 12
    [("log-log", (22.97, 56.20)), ("log", (17.87, 51.88)), ("plain", (20.33, 53.93))],
)
def test_scale_of_the_interval(interval, limits) -> None:
    result = described(*sample(remission={"interval": interval}))
    row = result.landmarks.query("time == 12 and group == 'RTX+TAC'").iloc[0]
    assert (round(100 * row["conf_low"], 2), round(100 * row["conf_high"], 2)) == limits
    at_3 = result.landmarks.query("time == 3")  # no event yet: the exact bound on every scale
    np.testing.assert_allclose(at_3["conf_high"], 1 - 0.025 ** (1 / np.array([34, 57])))
    assert result.interval == interval


def test_partial_remission_only_as_a_difference_or_by_best_response() -> None:
    result = describe_partial(*sample())
    at_12 = result.differences.query("time == 12")
    assert (100 * at_12["estimate"]).round(2).tolist() == [49.93, 39.48]
    best = result.incidence.query("time == 12").set_index(["group", "response"])["estimate"]
    assert (100 * best).round(2).tolist() == [36.52, 25.07, 50.74, 40.90]


def test_turnbull_equals_the_steps_at_the_visits_of_a_common_grid() -> None:
    view, outcomes = sample()
    result = estimate_intervals(view, described(view, outcomes), replicates=200)
    at_12 = result.values.query("time == 12")
    assert (100 * at_12["estimate"]).round(3).tolist() == [37.132, 26.388]  # domain.md 3.4
    np.testing.assert_allclose(result.values["estimate"], result.values["step_estimate"], atol=1e-8)
    assert (result.values["conf_high"] > result.values["conf_low"]).all()


def test_states_add_up_and_months_are_the_horizon_less_the_mean_wait() -> None:
    view, outcomes = sample()
    result = describe_states(view, outcomes, replicates=50)
    sums = result.shares.groupby(["group", "month"])["n"].sum()
    assert sums["RTX+TAC"].tolist() == [34] * 4
    assert sums["RTX"].tolist() == [57] * 4
    at_12 = result.shares.query("month == 12 and group == 'RTX+TAC'").set_index("status")["n"]
    assert at_12.to_dict() == {"CR": 12, "PR": 15, "NR": 4, "NE": 3, "gone": 0}
    # nobody of the sample relapses, so months in complete remission are 12 - the restricted mean of E1
    months = result.months.query("kind == 'complete'")["estimate"]
    assert months.iloc[0] == pytest.approx(12 - 11.029, abs=1e-3)
    assert result.occupancy.groupby(["group", "time"])["estimate"].sum().to_numpy() == pytest.approx(np.ones(10))


def test_landmark_counts_the_lost_and_starts_again() -> None:
    view, outcomes = sample(endpoint="first_remission")
    result = describe_landmark(view, described(view, outcomes))
    lost = result.losses.set_index("group")[["n", "n_event", "n_competing", "n_censor", "n_left"]]
    assert lost.loc["RTX+TAC"].tolist() == [34, 13, 0, 0, 21]  # domain.md 5.1: 13 events at month 3
    assert lost.loc["RTX"].tolist() == [57, 14, 0, 1, 42]
    at_6 = result.values.query("month == 6").set_index("group")["estimate"]
    assert at_6.tolist() == pytest.approx([6 / 21, 9 / 42])
    assert result.values["time"].tolist() == [3, 6, 9] * 2


def test_fsgs_relapse_rates_and_b_cells() -> None:
    result = describe_relapse(*sample("fsgs"))
    rates = result.rates.set_index("denominator")
    assert rates["n_relapses"].tolist() == [1, 1]
    assert rates.loc["followup", "estimate"] == pytest.approx(12 / 113)  # domain.md 5.5: one in 113 months
    assert rates.loc["followup", "conf_high"] == pytest.approx(0.592, abs=5e-4)  # domain.md 3.8: up to 0.6
    cells = result.bcells.set_index("event")
    assert cells.loc["depletion", ["n", "n_dated", "median_days", "q1_days", "q3_days"]].tolist() == [
        13, 12, 17.5, 14.5, 20.0,
    ]  # fmt: skip
    assert cells.loc["reconstitution", ["n", "n_dated", "median_days", "q1_days", "q3_days"]].tolist() == [
        5, 4, 97.5, 75.0, 240.0,
    ]  # fmt: skip
    assert result.depletion["n"].sum() == 14
    assert [note.code for note in result.notes] == ["PRIOR"]


def test_sensitivity_has_one_row_per_choice() -> None:
    view, _ = sample(endpoint="first_remission")
    rows = compare_settings(view).rows.set_index("setting")
    assert rows.index[0] == "own"
    assert round(100 * rows.loc["own", "estimate"], 2) == 21.19  # 87.06 - 65.87
    assert {"logic", "confirmed", "sustained", "withdrawn", "rescue_censored", "landmark"} < set(rows.index)
    assert rows.loc["withdrawn", "n"] == 98
    # domain.md 3.6: those who left count as without remission to the horizon, so both rates fall
    assert rows.loc["withdrawn", "group_estimate"] < rows.loc["own", "group_estimate"]
    assert rows.loc["landmark", "n"] == 63
    assert rows.loc["ZONOZI", "reason"].startswith("not applicable")


def test_what_no_later_visit_can_confirm_is_said() -> None:
    view, outcomes = sample(endpoint="complete_remission")
    result = compare_settings(view)
    said = [note for note in result.notes if note.code == "CONFIRMED"]
    assert [note.text.split(":")[0] for note in said if note.text.startswith("Confirmed")] == [
        "Confirmed at the next visit"
    ]
    late = study_records(view, outcomes).set_index("patient_id").query("event and time > 9").index
    note = next(note for note in said if note.text.startswith("Confirmed"))
    assert set(note.patient_ids) == set(late) & set(view.members["patient_id"])
    assert len(note.patient_ids) == 12  # 5 and 7 of the published design at month 12
    own = result.rows.set_index("setting").loc["own"]
    assert own["group_low"] < own["group_estimate"] < own["group_high"]


@pytest.mark.parametrize("endpoint", list(ALL_ENDPOINT_LABELS))
@pytest.mark.parametrize("name", ["imn", "fsgs"])
def test_every_endpoint_answers_every_question(name, endpoint) -> None:
    view, outcomes = sample(name, endpoint=endpoint)
    result = described(view, outcomes)
    assert result.start == ("remission" if endpoint == "relapse" else "first rituximab")
    assert len(result.records) == view.n
    counted = result.risk_table.query("label == '0'")["n_risk"].sum() + result.not_at_risk["n"].sum()
    assert counted == view.n
    effects, tests = estimate_effects(view, result), compare_groups(view, result).tests
    assert (effects.hazard_ratios["hazard_ratio"].notna() | effects.hazard_ratios["reason"].ne("")).all()
    assert (tests["p_value"].notna() | tests["reason"].ne("")).all()
    losses = describe_landmark(view, result).losses
    assert (losses[["n_event", "n_competing", "n_censor", "n_left"]].sum(axis=1) == losses["n"]).all()
    assert len(estimate_intervals(view, result, replicates=20).values) == len(result.landmarks)


# ---------------------------------------------------------------- competing events and rescue


def test_rescue_can_compete_end_the_wait_or_be_followed_through() -> None:
    ids = [f"P{i}" for i in range(3)]
    labs = {"proteinuria_g_24h": 6.0, "albumin_g_l": 22.0, "egfr": 95.0, "scr_umol_l": 80.0}
    well = {**labs, "proteinuria_g_24h": 0.2, "albumin_g_l": 40.0}
    visits = [(i, day, labs) for i in ids for day in (0, 91, 183)] + [(i, 274, well) for i in ids]
    cohort = make_cohort({i: {"regimen_group": "A"} for i in ids}, visits, events=[("P0", "rescue", 100.0)])
    spec = StudySpec()
    view = select_view(cohort, spec)
    outcomes = derive_outcomes(cohort, spec.rule, schedule=spec.schedule, time_axis="nominal")
    found = {how: study_records(view, outcomes, rescue=how).iloc[0] for how in ("competing", "censored", "ignored")}
    assert found["competing"][["time", "event", "competing_event"]].tolist() == [6.0, False, True]
    assert found["censored"][["time", "event", "competing_event"]].tolist() == [6.0, False, False]
    assert found["ignored"][["time", "event", "competing_event"]].tolist() == [9.0, True, False]


def test_naive_curve_lies_above_where_events_compete() -> None:
    own = [(3.0, "event"), (3.0, "competing"), (6.0, "event"), (6.0, "competing"), (12.0, "censored"), (12.0, "event")]
    _, result = small({"a": own, "b": own}, naive=True)
    aalen = result.curves.query("group == 'a' and time == 6")["estimate"].iloc[0]
    naive = result.naive.query("group == 'a' and time == 6")["estimate"].iloc[0]
    assert aalen == pytest.approx(1 / 6 + 4 / 6 / 4)
    assert naive == pytest.approx(1 - 5 / 6 * 3 / 4)
    _, plain = small({"a": own, "b": own})
    assert plain.naive.empty
    assert plain.competing


# ---------------------------------------------------------------- the choice of the test


def test_chosen_test_is_the_one_of_the_curves_and_strata_are_said() -> None:
    view, outcomes = sample(endpoint="first_remission", remission={"test": "gray"})
    assert described(view, outcomes).test.method == "Gray's test"
    view, outcomes = sample(endpoint="first_remission", remission={"strata": "sex"})
    result = described(view, outcomes)
    assert result.test.method == "stratified log-rank test"
    assert 0 < result.test.p_value < 1
    view, outcomes = sample(remission={"strata": "rtx_repeat_m6"})
    assert "W-07" in described(view, outcomes).test.reason


def test_three_groups_come_in_pairs_with_holm_and_a_trend() -> None:
    view, outcomes = sample(
        endpoint="first_remission", group_column="mn_stage", group_levels=("I", "II", "III"), reference_group="I"
    )
    result = compare_groups(view, described(view, outcomes))
    assert len(result.pairs) == 3
    assert (result.pairs["p_adjusted"] >= result.pairs["p_value"]).all()
    assert result.trend.df == 1
    assert result.notes[0].code == "W-02"


# ---------------------------------------------------------------- degenerate data


BAD = {
    "no events": {"a": [(12.0, "censored")] * 6, "b": [(12.0, "censored")] * 6},
    "events in one group": {"a": [(6.0, "event")] * 6, "b": [(12.0, "censored")] * 6},
    "one time": {"a": [(6.0, "event")] * 6, "b": [(6.0, "event")] * 6},
    "censored at once": {"a": [(0.0, "censored")] * 6, "b": [(0.0, "censored")] * 6},
    "one patient": {"a": [(6.0, "event")], "b": [(12.0, "censored")]},
    "an empty group": {"a": [(6.0, "event")] * 6, "b": []},
    "only competing": {"a": [(6.0, "competing")] * 6, "b": [(9.0, "competing")] * 6},
}


@pytest.mark.parametrize("name", list(BAD))
def test_degenerate_data_give_rows_with_reasons(name) -> None:
    view, result = small(BAD[name])
    effects, comparison = estimate_effects(view, result), compare_groups(view, result)
    ratios = effects.hazard_ratios
    assert len(ratios) == 2
    assert (ratios["hazard_ratio"].notna() | ratios["reason"].ne("")).all()
    assert not (ratios["hazard_ratio"] < 1e-3).any()
    assert (comparison.tests["p_value"].notna() | comparison.tests["reason"].ne("")).all()
    assert len(describe_landmark(view, result).losses) == 2
    assert len(estimate_intervals(view, result, replicates=20).values) == 8
    assert len(effects.needed) == 4


def test_a_small_group_gets_no_p_value_and_no_ratio_anywhere() -> None:
    view, result = small({"a": [(6.0, "event")] * 4, "b": [(9.0, "event")] * 8})
    why = "fewer than 5 patients or 3 events in a"
    effects, tests = estimate_effects(view, result), compare_groups(view, result).tests
    assert effects.hazard_ratios["hazard_ratio"].isna().all()
    assert effects.hazard_ratios["reason"].tolist() == [f"no ratio: {why}"] * 2
    assert effects.mean_differences["p_value"].isna().all()
    assert effects.proportional.reason == f"not tested: {why}"
    assert tests["p_value"].isna().all()
    assert tests["reason"].unique().tolist() == [f"not tested: {why}"]
    values = estimate_intervals(view, result, replicates=20).values
    assert values.query("group == 'a'")["reason"].unique().tolist() == ["fewer than 5 patients: no percentage"]


def test_months_without_spread_or_of_a_few_have_a_reason_instead_of_no_width() -> None:
    view, result = small({"a": [(12.0, "event")] * 12, "b": [(6.0, "event")] * 4 + [(12.0, "censored")] * 8})
    effects = estimate_effects(view, result)
    alone = effects.restricted_means.set_index("group").loc["a"]
    assert (alone["estimate"], alone["reason"]) == (12, "no interval: all patients are alike in this")
    assert np.isnan(alone["conf_low"])
    apart = effects.mean_differences.iloc[0]
    assert np.isfinite(apart["estimate"])
    assert np.isnan(apart["conf_low"])
    assert apart["reason"] == alone["reason"]
    words = [row.cells[2] for row in effects_table(effects).rows if row.key == "mean a"]
    assert words == ["12.0; no interval: all patients are alike in this"]
    few = estimate_effects(*small({"a": [(6.0, "event")]})).restricted_means.iloc[0]
    assert np.isnan(few["estimate"])
    assert few["reason"] == "fewer than 5 patients: no mean"


def test_fsgs_states_not_known_at_month_6_are_said_with_what_the_planned_visits_leave_out() -> None:
    view, outcomes = sample("fsgs")
    states = describe_states(view, outcomes, replicates=20)
    said = {note.code: note.text for note in states.notes}
    assert (
        "shares from month 6 on are not estimable: nobody in PR at month 3 (1) was seen again at month 6."
        in said["OCCUPANCY"]
    )
    there = states.shares[states.shares["month"] == 6].set_index("status")["n"]
    assert (there["CR"], there["PR"]) == (3, 3)  # some were seen, so the note may not say that nobody was
    assert "as lasting until month 6" in said["OCCUPANCY"]
    assert "counts from the later one" in said["PLANNED"]
    assert not {"OCCUPANCY", "PLANNED"} & {note.code for note in describe_states(*sample(), replicates=20).notes}


def test_who_cannot_be_classified_is_counted_with_the_gone_by_group_and_with_what_is_missing() -> None:
    view, outcomes = sample("fsgs")
    states = describe_states(view, outcomes, replicates=20)
    shares = states.shares.query("month == 6").set_index("status")["n"]
    (note,) = [note for note in states.notes if note.code == "W-08" and "month 6" in note.text]
    k = int(shares["NE"] + shares["gone"])
    assert note.text.startswith(f"{k} of 14 patients cannot be classified at month 6. Not evaluable: ")
    assert len(note.patient_ids) == k
    assert sum(map(int, re.findall(r"\((\d+)\)", note.text))) == k  # every reason has its count
    assert "No longer followed: " in note.text
    two, derived = sample()
    two = select_view(two.cohort, replace(two.spec, withdrawn="analysed"))
    text = next(note.text for note in describe_states(two, derived, replicates=20).notes if "month 12" in note.text)
    by_group = re.search(r"\(RTX\+TAC (\d+) of 38, RTX (\d+) of 60\)", text)
    assert by_group is not None
    assert text.startswith(f"{int(by_group[1]) + int(by_group[2])} of 98 patients")


def test_states_say_that_they_count_from_rituximab_where_the_curves_do_not() -> None:
    view, _ = sample()
    options = replace(view.spec.remission, time_zero="biopsy")
    view = replace(view, spec=replace(view.spec, time_axis="actual", remission=options))
    spec = view.spec
    outcomes = derive_outcomes(view.cohort, spec.rule, schedule=spec.schedule, time_axis="actual")
    said = [note.text for note in describe_states(view, outcomes, replicates=20).notes if note.code == "CLOCK"]
    assert said == ["Months count from the first rituximab here, although the curves count from the kidney biopsy."]


def test_number_needed_passes_through_infinity() -> None:
    view, outcomes = sample()
    needed = estimate_effects(view, described(view, outcomes)).needed.set_index("time")
    assert needed.loc[12.0, "needed"] == pytest.approx(1 / 0.107437, rel=1e-4)  # 37.132 % - 26.388 %
    assert needed.loc[12.0, "through_infinity"]
    assert np.isnan(needed.loc[3.0, "needed"])
    assert needed.loc[3.0, "reason"].startswith("the difference is zero")


def test_a_file_without_b_cell_counts_says_so_instead_of_nobody_depleted() -> None:
    view, outcomes = sample()
    visits = view.cohort.visits
    cohort = replace(view.cohort, visits=visits[visits["variable"] != "bcell_count_ul"])
    cells = describe_relapse(replace(view, cohort=cohort), outcomes).bcells.set_index(["group", "event"])
    assert cells.loc[("RTX", "depletion"), "reason"] == "no B-cell counts after treatment began"
    assert cells.loc[("RTX", "depletion"), "n_unknown"] == 57
    assert cells.loc[("RTX", "reconstitution"), "reason"] == "nobody is at risk"


def test_who_was_in_remission_before_treatment_and_counts_is_said_with_the_result_without_them() -> None:
    view, outcomes = sample("fsgs", endpoint="complete_remission")
    result = described(view, outcomes)
    assert result.records.loc[result.records["met_before"], "patient_id"].tolist() == ["SYN-F01", "SYN-F02", "SYN-F03"]
    texts = [note.text for note in result.notes if note.code == "W-10"]
    assert texts[0].startswith("3 of 14 patients were in complete remission before treatment and count as reaching it")
    assert texts[0].endswith(": 9 of 14 reached it, without them 6 of 11.")
    others = result.records[~result.records["met_before"]]
    assert (int(others["event"].sum()), len(others)) == (6, 11)
    left_out = replace(view, spec=replace(view.spec, rule=PRESETS["KDIGO2021_ADULT"]))
    outcomes = derive_outcomes(view.cohort, left_out.spec.rule, schedule=view.spec.schedule, time_axis="actual")
    texts = [note.text for note in described(left_out, outcomes).notes if note.code == "W-10"]
    assert not [text for text in texts if "count as reaching it" in text]  # that rule has them not at risk


def test_definitions_with_fewer_patients_at_risk_are_named_and_why() -> None:
    result = compare_settings(sample("fsgs", endpoint="complete_remission")[0])
    (note,) = [note for note in result.notes if note.code == "AT-RISK"]
    assert note.text.startswith("11 patients instead of 14 under: KDIGO 2012, membranous nephropathy; KDIGO 2021")
    assert note.text.endswith(
        "some definitions leave out who was in the remission before treatment, others count them."
    )
    rows = result.rows.set_index("setting")["n"]
    assert (rows["own"], rows["KDIGO2021_ADULT"]) == (14, 11)
    relapse = compare_settings(sample("fsgs", endpoint="relapse")[0])
    assert any("is at risk of relapse" in note.text for note in relapse.notes if note.code == "AT-RISK")
    assert "AT-RISK" not in [note.code for note in compare_settings(sample()[0]).notes]
