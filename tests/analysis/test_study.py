"""StudySpec travels through JSON; View counts every patient once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.outcomes.rules import PRESETS
from analysis.results import CohortError
from analysis.study import Filter, StudySpec, select_view
from tests.cohorts import make_cohort

PATIENTS = {
    "A": {"regimen_group": "RTX", "sex": "male", "age_years": 40.0, "eligible": "yes", "withdrawal_reason": None},
    "B": {"regimen_group": "RTX", "sex": "female", "age_years": 60.0, "eligible": "yes", "withdrawal_reason": "lost"},
    "C": {"regimen_group": "RTX+TAC", "sex": None, "age_years": None, "eligible": "yes", "withdrawal_reason": None},
    "D": {"regimen_group": None, "sex": "male", "age_years": 50.0, "eligible": "yes", "withdrawal_reason": None},
    "E": {"regimen_group": "CTX", "sex": "male", "age_years": 50.0, "eligible": "yes", "withdrawal_reason": None},
    "F": {"regimen_group": "RTX", "sex": "male", "age_years": 50.0, "eligible": "no", "withdrawal_reason": None},
}
COHORT = make_cohort(PATIENTS, [("A", 0, {"albumin_g_l": 25.0}), ("C", 0, {"albumin_g_l": 31.0})])
SPEC = StudySpec(group_column="regimen_group", group_levels=("RTX+TAC", "RTX"))


def test_reference_is_the_last_group_unless_named() -> None:
    assert SPEC.reference_group == "RTX"
    assert SPEC.compared_groups() == ("RTX+TAC",)


def test_view_leaves_out_with_reasons_and_counts_everyone_once() -> None:
    view = select_view(COHORT, SPEC)
    assert view.group_sizes() == {"RTX+TAC": 1, "RTX": 2}
    reasons = dict(zip(view.attrition["reason"], view.attrition["n"], strict=True))
    assert reasons == {"reason not recorded": 1, "group not chosen": 1, "group not recorded": 1}
    assert view.n + view.left_out() == len(PATIENTS)


def test_withdrawn_switch() -> None:
    from dataclasses import replace

    view = select_view(COHORT, replace(SPEC, withdrawn="excluded"))
    assert view.group_sizes() == {"RTX+TAC": 1, "RTX": 1}
    assert view.attrition.query("kind == 'withdrawal'")["patient_ids"].tolist() == [("B",)]


@pytest.mark.parametrize(
    ("chosen", "kept"),
    [
        (Filter(variable="age_years", low=50), {"B"}),
        (Filter(variable="age_years", low=50, keep_missing=True), {"B", "C"}),
        (Filter(variable="sex", levels=("male",)), {"A"}),
        (Filter(variable="sex", levels=()), set()),
        (Filter(variable="albumin_g_l", high=30), {"A"}),
    ],
)
def test_filters(chosen: Filter, kept: set[str]) -> None:
    assert set(select_view(COHORT, SPEC.with_filter(chosen)).members["patient_id"]) == kept


def test_empty_group_stays_a_group() -> None:
    view = select_view(COHORT, SPEC.with_filter(Filter(variable="sex", levels=("male",))))
    assert view.group_sizes() == {"RTX+TAC": 0, "RTX": 1}


def test_unknown_column_is_said() -> None:
    with pytest.raises(CohortError, match="stage"):
        select_view(COHORT, SPEC.with_filter(Filter(variable="stage", low=1)))


ages = st.one_of(st.none(), st.floats(30, 70))


@given(low=ages, high=ages, keep=st.booleans(), sexes=st.sets(st.sampled_from(["male", "female"])))
def test_a_filter_never_adds_patients_and_loses_nobody(low, high, keep, sexes) -> None:
    spec = SPEC
    before = select_view(COHORT, spec)
    for chosen in (
        Filter(variable="age_years", low=low, high=high, keep_missing=keep),
        Filter(variable="sex", levels=tuple(sorted(sexes)), keep_missing=keep),
    ):
        spec = spec.with_filter(chosen)
        after = select_view(COHORT, spec)
        assert set(after.members["patient_id"]) <= set(before.members["patient_id"])
        assert after.n + after.left_out() == len(PATIENTS)
        before = after


@given(
    rule=st.sampled_from(sorted(PRESETS)),
    horizon=st.floats(1, 60),
    levels=st.lists(st.text(min_size=1), min_size=1, unique=True),
    low=ages,
)
def test_spec_survives_json(rule, horizon, levels, low) -> None:
    spec = StudySpec(
        group_column="regimen_group",
        group_levels=tuple(levels),
        rule=PRESETS[rule],
        horizon_months=horizon,
        filters=(Filter(variable="age_years", low=low), Filter(variable="sex", levels=tuple(levels))),
    )
    assert StudySpec.from_json(spec.to_json()) == spec


def test_choosing_by_what_came_after_treatment_is_refused() -> None:
    cohort = make_cohort({"A": {"rtx_repeat_m6": "yes"}, "B": {"rtx_repeat_m6": "no"}}, [])
    with pytest.raises(CohortError, match="after treatment began"):
        select_view(cohort, StudySpec(filters=(Filter(variable="rtx_repeat_m6", levels=("yes",)),)))
    with pytest.raises(CohortError, match="after treatment began"):
        select_view(cohort, StudySpec(group_column="rtx_repeat_m6", group_levels=("yes", "no")))


def test_groups_go_by_the_name_a_reader_knows() -> None:
    patients = {"A": {"hypertension": "yes", "mn_stage": "III"}, "B": {"hypertension": "no", "mn_stage": "I"}}
    cohort = make_cohort(patients, [])
    view = select_view(cohort, StudySpec(group_column="hypertension", group_levels=("yes", "no")))
    assert view.groups == ("Hypertension: yes", "Hypertension: no")
    assert (view.reference_group, view.compared_groups()) == ("Hypertension: no", ("Hypertension: yes",))
    assert view.group_sizes() == {"Hypertension: yes": 1, "Hypertension: no": 1}
    stages = select_view(cohort, StudySpec(group_column="mn_stage", group_levels=("III",)))
    assert stages.groups == ("Stage III",)
    assert stages.attrition["group"].tolist() == ["Stage I"]
