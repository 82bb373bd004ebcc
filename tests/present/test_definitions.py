"""The rule in use as a table, and one patient's visits: signs, decimals, limits, what was taken as met."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.choices import propose_spec
from analysis.outcomes.derive import derive_outcomes
from analysis.outcomes.explain import explain_visit
from analysis.outcomes.rules import PRESETS
from analysis.outcomes.switches import SWITCHES, answer
from analysis.patients import describe_patient
from analysis.study import select_view
from present.tables.definitions import parameter_table
from present.tables.patients import explanation_table, visit_table
from tests.cohorts import labs, make_cohort

SCHEDULE = (0.0, 3.0, 6.0, 9.0, 12.0)


def parameters(rule) -> dict[str, tuple[str, ...]]:
    return {row.cells[0]: tuple(row.cells[1:]) for row in parameter_table(rule).rows}


@pytest.mark.parametrize(
    ("name", "parameter", "words"),
    [
        ("P1_2023", "Complete: albumin", "≥ 35 g/L"),
        ("P2_2023", "Complete: albumin", "> 35 g/L"),
        ("P2_2023", "Partial: range from", "not used"),
        ("P2_2023", "Partial: fall", "> 50 %"),
        ("P2_2023", "Partial: range to", "< 3.5 g"),
        ("MENTOR", "Complete: urine protein", "≤ 0.3 g"),
        ("KDIGO2021_ADULT", "Relapse: urine protein", "> 3.5 g"),
        ("ZONOZI", "Partial: range to", "< 3 g"),
    ],
)
def test_limits_carry_their_sign_and_unit(name, parameter, words) -> None:
    assert parameters(PRESETS[name])[parameter] == (words, words)


def test_a_changed_answer_stands_beside_that_of_the_preset() -> None:
    found = parameters(answer(PRESETS["P1_2023"], "attainment", "at_horizon"))
    assert found["Which remission counts?"] == ("one present at the last planned visit", "the first")
    questions = {switch.question for switch in SWITCHES if switch.field == "pr_alb_increase"}
    assert not questions & set(parameters(PRESETS["MENTOR"]))


def one_patient(rule, values, qualifiers=()):
    cohort = make_cohort({"A": {}}, [("A", 0, labs(8.0, albumin=24)), ("A", 91, values)])
    words = cohort.visits["variable"].map(dict(qualifiers)).where(cohort.visits["day"] > 0).fillna("").astype(object)
    cohort = replace(cohort, visits=cohort.visits.assign(qualifier=words))
    view = select_view(cohort, propose_spec(cohort))
    return view, derive_outcomes(cohort, rule, schedule=SCHEDULE, time_axis="nominal")


def test_limits_of_every_value_are_shown_as_limits() -> None:
    view, outcomes = one_patient(PRESETS["P1_2023"], labs(0.2), qualifiers={"egfr": "gt", "albumin_g_l": "lt"})
    cells = visit_table(describe_patient(view, outcomes, "A")).rows[1].cells
    assert cells[2:6] == ("0.20", "<40.0", "80.0", ">100.0")


def test_normal_and_stable_function_are_two_criteria_with_a_verdict_each() -> None:
    _, outcomes = one_patient(PRESETS["P1_2023"], labs(0.2, egfr=50.0))
    rows = explanation_table(explain_visit(outcomes, "A", 3.0)).rows
    verdicts = {(row.cells[0], row.cells[1]): (row.cells[2], row.cells[4]) for row in rows}
    assert verdicts[("Complete remission", "eGFR ≥ 60")] == ("50.0 mL/min/1.73 m²", "not met")
    assert verdicts[("Complete remission", "creatinine < 1.50 × baseline")] == ("80.0 µmol/L", "met")


def test_what_was_not_measured_and_is_taken_as_met_says_so() -> None:
    rule = answer(PRESETS["P1_2023"], "albumin_missing", "protein_only")
    values = {"proteinuria_g_24h": 0.2, "scr_umol_l": 80.0, "egfr": 100.0}
    _, outcomes = one_patient(rule, values)
    rows = explanation_table(explain_visit(outcomes, "A", 3.0)).rows
    assert [row.cells[4] for row in rows if row.cells[1].startswith("albumin")] == ["taken as met", "taken as met"]
