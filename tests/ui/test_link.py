"""A link brings the choices back and carries no word of the file."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from analysis.baseline import level_token, row_token
from analysis.choices import propose_spec
from analysis.outcomes.rules import PRESETS
from analysis.outcomes.switches import SWITCHES, answer
from analysis.study import Filter, StudySpec
from tests.cohorts import make_cohort
from ui.link import from_params, text_token, to_params

SECRET = "Dr Who's arm *1*"
COHORT = make_cohort(
    {
        "A": {"regimen_group": "RTX", "site name": SECRET, "age_years": 40.0},
        "B": {"regimen_group": "RTX+TAC", "site name": "other", "age_years": 60.0},
        "C": {"regimen_group": "RTX", "site name": "other", "age_years": 61.5},
    },
    [],
)
START = propose_spec(COHORT)


def test_starting_choices_need_no_words() -> None:
    assert to_params(START, START) == {}


def test_every_choice_comes_back() -> None:
    spec = replace(
        START,
        group_column="site name",
        group_levels=("other", SECRET),
        reference_group="other",
        filters=(
            Filter(variable="age_years", low=40.5, keep_missing=True),
            Filter(variable="site name", levels=(SECRET,)),
        ),
        rule=PRESETS["P2_2023"],
        endpoint="first_remission",
        time_axis="actual",
        horizon_months=9.0,
        withdrawn="excluded",
        quantile_type=7,
        lab_summary="mean_ci",
    )
    params = to_params(spec, START)
    assert "Who" not in str(params)
    assert "site" not in str(params)
    assert from_params(params, COHORT, START) == (spec, ())


def test_what_the_file_does_not_offer_is_left_out_and_named() -> None:
    params = {"rule": "MAGIC", "horizon": "soon", "group": "colour", "levels": "a", "filter": ["colour~1:2~"]}
    spec, ignored = from_params(params, COHORT, START)
    assert spec == START
    assert set(ignored) == {"rule", "horizon", "group", "filter"}


def test_levels_unknown_to_the_file_are_dropped() -> None:
    params = {"group": "regimen_group", "levels": f"{text_token('RTX')}.{text_token('gone')}", "reference": ""}
    spec, ignored = from_params(params, COHORT, START)
    assert (spec.group_levels, spec.reference_group, ignored) == (("RTX",), "RTX", ())


def test_switches_come_back_and_unknown_ones_are_named() -> None:
    rule = answer(answer(PRESETS["P1_2023"], "pr_logic", "and"), "stable_rise", 0.25)
    rule = replace(rule, normal_function="scr_upper_limit", scr_upper_limit=97.5)
    spec = replace(START, rule=rule)
    assert from_params(to_params(spec, START), COHORT, START) == (spec, ())
    assert from_params({"switches": "pr_logic-9"}, COHORT, START) == (START, ("switches",))


def test_page_options_come_back() -> None:
    spec = replace(START, safety=replace(START.safety, empty_table="none"))
    assert to_params(spec, START) == {"options": 'safety.empty_table-"none"'}
    assert from_params(to_params(spec, START), COHORT, START) == (spec, ())
    assert from_params({"options": "safety.empty_table-3"}, COHORT, START) == (START, ("options",))
    assert from_params({"options": "kitchen.sink-1"}, COHORT, START) == (START, ("options",))


def test_a_link_cannot_filter_by_what_came_after_treatment() -> None:
    cohort = make_cohort({"A": {"rtx_repeat_m6": "yes"}, "B": {"rtx_repeat_m6": "no"}}, [])
    start = propose_spec(cohort)
    params = {"filter": [f"rtx_repeat_m6~{text_token('yes')}~", "rtx_repeat_m6~:~"], "horizon": "0.01"}
    assert from_params(params, cohort, start) == (start, ("horizon", "filter", "filter"))


@pytest.mark.parametrize("switch", SWITCHES, ids=lambda switch: switch.field)
def test_every_answer_of_every_open_question_comes_back_from_link_and_file(switch) -> None:
    for choice, _ in switch.answers:
        spec = replace(START, rule=answer(START.rule, switch.field, choice))
        assert from_params(to_params(spec, START), COHORT, START) == (spec, ())
        assert StudySpec.from_json(spec.to_json()) == spec


def test_the_planned_visits_travel_and_nonsense_is_left_out() -> None:
    spec = replace(START, schedule=(0.0, 1.0, 2.0, 4.5, 18.0))
    params = to_params(spec, START)
    assert params == {"visits": "0_1_2_4.5_18"}
    assert from_params(params, COHORT, START) == (spec, ())
    for text in ("", "0", "3_6", "0_6_3", "0_x", "0_3_nan", "0_3_9999"):
        assert from_params({"visits": text}, COHORT, START) == (replace(START, filters=()), ("visits",))


@pytest.mark.parametrize("field", ["baseline.levels", "baseline.rows", "baseline.summaries", "labs.shown"])
def test_a_list_in_a_link_holds_only_what_its_field_does(field: str) -> None:
    assert from_params({"options": f'{field}-[{{"a":1}}]'}, COHORT, START) == (START, ("options",))
    assert from_params({"options": f"{field}-[3]"}, COHORT, START) == (START, ("options",))


def test_rows_levels_and_summaries_the_file_lacks_are_left_out_and_named() -> None:
    site = row_token("site name")
    asked = {
        "rows": ["age_years", "spleen_cm", site],
        "levels": [level_token("site name", SECRET), "spleen_cm:yes", f"{site}:0000"],
        "summaries": ["age_years:mean", "age_years:mode"],
    }
    text = "~".join(f"baseline.{field}-{json.dumps(value)}" for field, value in asked.items())
    spec, ignored = from_params({"options": text}, COHORT, START)
    assert spec.baseline.rows == ("age_years", site)
    assert spec.baseline.levels == (level_token("site name", SECRET),)
    assert spec.baseline.summaries == ("age_years:mean",)
    assert ignored == tuple(f"{field} of the baseline table" for field in asked)
    known = replace(START, baseline=spec.baseline)
    assert from_params(to_params(known, START), COHORT, START) == (known, ())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("remission.landmark_month", "-5.0"), ("remission.landmark_month", "NaN"), ("remission.rho", "1000000000.0"),
        ("remission.gamma", "-0.5"), ("remission.pla2r_positive_from", "Infinity"), ("labs.visit_month", "-3.0"),
        ("safety.least_grade", "9"), ("safety.least_grade", "true"), ("safety.on_board_days", "-1"),
    ],
)  # fmt: skip
def test_a_number_beyond_what_its_widget_offers_is_left_out_and_named(field: str, value: str) -> None:
    assert from_params({"options": f"{field}-{value}"}, COHORT, START) == (START, ("options",))


def test_numbers_at_their_bounds_come_back() -> None:
    spec = replace(START, remission=replace(START.remission, landmark_month=0.5, rho=5.0, gamma=0.0))
    assert from_params(to_params(spec, START), COHORT, START) == (spec, ())


def test_strata_by_a_column_the_file_does_not_offer_are_left_out_and_named() -> None:
    asked = 'remission.test-"gray"~remission.strata-'
    kept = replace(START, remission=replace(START.remission, test="gray"))
    assert from_params({"options": asked + '"nonsense"'}, COHORT, START) == (kept, ("strata",))
    known = replace(kept, remission=replace(kept.remission, strata="site name"))
    assert from_params({"options": asked + '"site name"'}, COHORT, START) == (known, ())
