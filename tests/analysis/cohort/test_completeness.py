"""Reached and measured are two numbers, a limit is a value, and what was blanked is counted."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from analysis.choices import propose_spec
from analysis.cohort.canonical import load_cohort
from analysis.cohort.completeness import CompletenessResult, describe_completeness
from analysis.cohort.samples import load_sample
from analysis.study import StudySpec, select_view
from tests.analysis.cohort.flows import TWO, patient
from tests.cohorts import make_cohort

COHORT = make_cohort(
    {"A": patient("RTX+TAC", sex="male"), "B": patient(sex=None), "C": patient(sex="female", age_years=None)},
    [
        ("A", 0, {"albumin_g_l": 25.0, "proteinuria_g_24h": 5.0}),
        ("A", 365, {"albumin_g_l": 40.0}),
        ("B", -3, {"albumin_g_l": 25.0}),
        ("B", 20, {"albumin_g_l": 26.0}),  # early: belongs to no visit
        ("C", 180, {"albumin_g_l": 30.0}),
        ("C", 190, {"albumin_g_l": 31.0}),  # two in one window count once
    ],
)


def completeness(cohort=COHORT, spec: StudySpec = TWO) -> CompletenessResult:
    return describe_completeness(select_view(cohort, spec))


def cell(result: CompletenessResult, name: str, group: str, month: float) -> pd.Series:
    rows = result.visits
    return rows[(rows["variable"] == name) & (rows["group"] == group) & (rows["month"] == month)].iloc[0]


@pytest.mark.parametrize(
    ("name", "group", "month", "followed", "measured", "missing"),
    [
        ("albumin_g_l", "RTX+TAC", 0.0, 1, 1, ()),
        ("albumin_g_l", "RTX+TAC", 6.0, 1, 0, ("A",)),
        ("albumin_g_l", "RTX+TAC", 12.0, 1, 1, ()),
        ("albumin_g_l", "RTX", 0.0, 2, 1, ("C",)),
        ("albumin_g_l", "RTX", 6.0, 1, 1, ()),
        ("albumin_g_l", "RTX", 12.0, 0, 0, ()),
        ("proteinuria_g_24h", "RTX", 0.0, 2, 0, ("B", "C")),
    ],
)
def test_followed_measured_and_missing(name, group, month, followed, measured, missing) -> None:
    found = cell(completeness(), name, group, month)
    assert (found["n_followed"], found["n_measured"], found["n_missing"]) == (followed, measured, len(missing))
    assert found["patient_ids_missing"] == missing


def test_limits_are_values_and_are_counted() -> None:
    visits = COHORT.visits.assign(qualifier=["lt", "lt", *[""] * (len(COHORT.visits) - 2)])
    found = cell(completeness(replace(COHORT, visits=visits)), "albumin_g_l", "RTX+TAC", 0.0)
    assert (found["n_measured"], found["n_limit"]) == (1, 1)


def test_patient_level_values_are_counted_with_ids() -> None:
    rows = completeness().patients.set_index(["variable", "group"])
    assert set(rows.index.get_level_values("variable")) == {"age_years", "sex"}
    assert rows.loc[("sex", "RTX"), ["n", "n_present", "n_missing"]].tolist() == [2, 1, 1]
    assert rows.loc[("sex", "RTX"), "patient_ids_missing"] == ("B",)
    assert rows.loc[("age_years", "RTX"), "patient_ids_missing"] == ("C",)
    assert rows.loc[("age_years", "RTX+TAC"), "n_missing"] == 0


def test_cells_left_blank_on_reading_are_counted_per_variable() -> None:
    text = "patient_id,age_years,albumin_g_l_0,albumin_g_l_12\nA,40,700,30\nB,400,20,abc\nC,50,21,22\n"
    cohort = load_cohort([("x.csv", text.encode())], name="x")
    result = completeness(cohort, StudySpec(schedule=(0.0, 12.0)))
    assert dict(zip(result.blanked["variable"], result.blanked["n_blanked"], strict=True)) == {
        "age_years": 1,
        "albumin_g_l": 2,
    }
    assert cell(result, "albumin_g_l", "All patients", 0.0)["patient_ids_missing"] == ("A",)
    assert cell(result, "albumin_g_l", "All patients", 12.0)["n_followed"] == 2  # nothing tells that B was seen again


def test_without_laboratory_values_there_are_no_visit_rows() -> None:
    result = completeness(make_cohort({"A": patient()}, []))
    assert result.visits.empty
    assert result.patients["variable"].tolist() == ["age_years"] * 2


def test_the_sample() -> None:
    cohort = load_sample("imn")
    completers = completeness(cohort, replace(propose_spec(cohort), withdrawn="excluded"))
    found = [cell(completers, "pla2r_ru_ml", group, 0.0) for group in ("RTX+TAC", "RTX")]
    assert [(row["n_measured"], row["n_followed"]) for row in found] == [(33, 34), (56, 57)]  # domain.md 5.1
    everyone = completeness(cohort, propose_spec(cohort))
    at_3 = cell(everyone, "albumin_g_l", "RTX+TAC", 3.0)
    assert (at_3["n_followed"], at_3["n_measured"], at_3["n_missing"]) == (38, 34, 4)
    assert set(at_3["patient_ids_missing"]) == {"SYN-W01", "SYN-W02", "SYN-W03", "SYN-W04"}
    assert (everyone.visits["n_measured"] + everyone.visits["n_missing"] == everyone.visits["n_followed"]).all()
