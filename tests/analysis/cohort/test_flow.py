"""Every patient is counted once on the way from the file to the analysis, and zero is not the same as unknown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.choices import propose_spec
from analysis.cohort.flow import FlowResult, describe_flow
from analysis.cohort.overlap import overlapping_regimens, regimen_drugs
from analysis.cohort.samples import load_sample
from analysis.study import StudySpec, select_view
from tests.analysis.cohort.flows import AGE, TWO, mixed_cohort, patient, with_doses
from tests.cohorts import make_cohort


def flow(cohort, spec: StudySpec) -> FlowResult:
    return describe_flow(select_view(cohort, spec))


def n(result: FlowResult, stage: str, group: str = "") -> int:
    rows = result.counts[(result.counts["stage"] == stage) & (result.counts["group"] == group)]
    return int(rows["n"].sum())


def reasons(result: FlowResult, stage: str, group: str = "") -> dict[str, int]:
    rows = result.counts[(result.counts["stage"] == stage) & (result.counts["group"] == group)]
    return dict(zip(rows["reason"], rows["n"], strict=True))


@pytest.fixture(scope="module")
def imn():
    return load_sample("imn")


# ---------------------------------------------------------------- the membranous sample, domain.md 3.1 and 5.1


@pytest.mark.parametrize(("withdrawn", "analysed"), [("excluded", (34, 57)), ("analysed", (38, 60))])
def test_the_sample_follows_the_paper(imn, withdrawn, analysed) -> None:
    result = flow(imn, replace(propose_spec(imn), withdrawn=withdrawn))
    assert n(result, "screened") == 107
    assert n(result, "excluded") == 9
    assert [n(result, "entered", group) for group in ("RTX+TAC", "RTX")] == [38, 60]
    assert [n(result, "withdrawn", group) for group in ("RTX+TAC", "RTX")] == [4, 3]
    assert tuple(n(result, "analysed", group) for group in ("RTX+TAC", "RTX")) == analysed
    assert [n(result, "left_early", group) for group in ("RTX+TAC", "RTX")] == (
        [4, 3] if withdrawn == "analysed" else [0, 0]
    )
    assert result.withdrawn_analysed == (withdrawn == "analysed")


def test_criteria_without_patients_keep_their_row(imn) -> None:
    result = flow(imn, propose_spec(imn))
    assert reasons(result, "excluded") == {
        "secondary_MN": 4, "pregnancy": 1, "tumour_infection": 2, "egfr_lt_45": 2, "other": 0,
    }  # fmt: skip
    assert reasons(result, "withdrawn", "RTX") == {
        "incomplete_data": 1, "lost": 1, "esrd": 1, "creatinine_50": 0, "death": 0, "other": 0,
    }  # fmt: skip


def test_differential_attrition_of_the_paper(imn) -> None:
    result = flow(imn, replace(propose_spec(imn), withdrawn="excluded"))
    rows = result.differential.set_index("group")
    assert rows.loc["RTX+TAC", ["n_withdrawn", "n_total"]].tolist() == [4, 38]
    assert rows.loc["RTX", ["n_withdrawn", "n_total"]].tolist() == [3, 60]
    oracle = pd.read_csv("tests/oracles/fisher.csv").iloc[0]
    assert result.test.p_value == pytest.approx(oracle["p_value"], rel=1e-8)
    limits = rows[["conf_low", "conf_high"]].to_numpy().ravel()
    assert limits == pytest.approx(oracle[["low1", "high1", "low0", "high0"]].to_numpy(dtype=float), rel=1e-8)


def test_excluding_on_the_outcome_is_said(imn) -> None:
    excluded = flow(imn, replace(propose_spec(imn), withdrawn="excluded"))
    outcome, left = [note for note in excluded.notes if note.code == "W-05"]
    assert outcome.text.startswith("2 of the 7 who left did so because of kidney failure")
    assert outcome.patient_ids == ("SYN-W04", "SYN-W07")
    assert left.text.startswith("7 patients who left after treatment began are excluded")
    assert [note.code for note in flow(imn, propose_spec(imn)).notes if note.code == "W-05"] == []


# ---------------------------------------------------------------- every way to leave


def test_every_stage_counts_its_patients_with_their_ids() -> None:
    result = flow(mixed_cohort(), replace(TWO.with_filter(AGE), withdrawn="excluded"))
    found = {(row.stage, row.reason, row.group): row.patient_ids for row in result.counts.itertuples() if row.n}
    assert found.pop(("screened", "", "")) == tuple(mixed_cohort().patients["patient_id"])
    assert found == {
        ("excluded", "pregnancy", ""): ("X1",),
        ("excluded", "moved abroad", ""): ("X2",),
        ("excluded", "reason not recorded", ""): ("X3",),
        ("outside", "group not chosen", ""): ("O1",),
        ("outside", "group not recorded", ""): ("O2",),
        ("entered", "", "RTX+TAC"): ("A1", "A2", "A3"),
        ("entered", "", "RTX"): ("B1", "B2", "B3", "B4"),
        ("withdrawn", "esrd", "RTX+TAC"): ("A2",),
        ("withdrawn", "lost", "RTX+TAC"): ("A3",),
        ("filtered", "age_years outside the filter", "RTX"): ("B2",),
        ("filtered", "age_years missing", "RTX"): ("B3",),
        ("analysed", "", "RTX+TAC"): ("A1",),
        ("analysed", "", "RTX"): ("B1", "B4"),
    }


def test_attrition_stacks_the_steps_and_ends_at_the_view() -> None:
    view = select_view(mixed_cohort(), replace(TWO.with_filter(AGE), withdrawn="excluded"))
    rows = describe_flow(view).attrition
    assert rows.loc[rows["group"] == "RTX+TAC", "n_remaining"].tolist() == [3, 1, 1]
    assert rows.loc[rows["group"] == "RTX", ["n_left_out", "n_missing", "n_remaining"]].to_numpy().tolist() == [
        [0, 0, 4],
        [0, 0, 4],
        [2, 1, 2],
    ]
    last = rows[rows["step"] == rows["step"].max()].set_index("group")["n_remaining"].to_dict()
    assert last == view.group_sizes()


def test_a_filter_that_leaves_out_nobody_keeps_its_step() -> None:
    rows = flow(mixed_cohort(), TWO.with_filter(replace(AGE, low=0.0, keep_missing=True))).attrition
    assert rows.loc[rows["kind"] == "filter", "n_left_out"].tolist() == [0, 0]


def test_a_file_that_does_not_speak_of_screening_or_withdrawal_has_no_zeros() -> None:
    bare = make_cohort({"A": {"regimen_group": "RTX"}, "B": {"regimen_group": "RTX+TAC"}}, [])
    result = flow(bare, TWO)
    assert set(result.counts["stage"]) == {"screened", "entered", "analysed", "left_early"}
    assert (result.screening_known, result.withdrawal_known) == (False, False)
    assert [note.code for note in result.notes] == ["R-SCREEN", "R-WITHDRAWAL", "W-13"]
    assert np.isnan(result.test.p_value)
    assert "does not say who left" in result.test.reason
    assert result.differential["proportion"].isna().all()


def test_one_group_three_groups_and_an_empty_group() -> None:
    one = flow(mixed_cohort(), StudySpec())
    assert [n(one, stage, "All patients") for stage in ("entered", "withdrawn", "analysed")] == [9, 2, 9]
    assert one.test.reason == "not computed: only for two groups"
    three = flow(mixed_cohort(), replace(TWO, group_levels=("RTX+TAC", "RTX", "OBI")))
    assert n(three, "analysed", "OBI") == 0
    empty = three.differential.set_index("group").loc["OBI"]
    assert np.isnan(empty["proportion"])
    assert empty["reason"] == "not estimable: no patients"
    two = flow(mixed_cohort(), replace(TWO, group_levels=("RTX", "OBI")))
    assert two.test.reason == "not estimable: no patients"


GROUPS = st.sampled_from(["RTX", "RTX+TAC", "CTX", None])
PATIENTS = st.lists(
    st.builds(
        patient,
        GROUPS,
        eligible=st.sampled_from(["yes", "no", None]),
        exclusion_reason=st.sampled_from(["pregnancy", "odd", None]),
        withdrawal_reason=st.sampled_from(["lost", "death", "none", "odd", None]),
        age_years=st.sampled_from([40.0, 60.0, None]),
    ),
    min_size=1,
    max_size=12,
)


@given(people=PATIENTS, withdrawn=st.sampled_from(["analysed", "excluded"]), filtered=st.booleans())
def test_every_patient_is_counted_once(people, withdrawn, filtered) -> None:
    cohort = make_cohort({f"P{number}": values for number, values in enumerate(people)}, [])
    spec = replace(TWO.with_filter(AGE) if filtered else TWO, withdrawn=withdrawn)
    result = flow(cohort, spec)
    total = result.counts.groupby("stage")["n"].sum().reindex(
        ["screened", "excluded", "outside", "entered", "withdrawn", "filtered", "analysed"], fill_value=0
    )  # fmt: skip
    assert total["screened"] == len(people) == total[["excluded", "outside", "entered"]].sum()
    gone = total["withdrawn"] if withdrawn == "excluded" else 0
    assert total["entered"] == gone + total["filtered"] + total["analysed"]
    assert (result.counts["n"] == result.counts["patient_ids"].map(lambda ids: len(set(ids)))).all()


# ---------------------------------------------------------------- overlap


@pytest.mark.parametrize(
    ("name", "drugs", "complete"),
    [
        ("RTX+TAC", {"RTX", "TAC"}, True),
        ("rituximab + tacrolimus", {"RTX", "TAC"}, True),
        ("RTX low dose", set(), False),
        ("RTX + other", {"RTX"}, False),
        ("联合组", set(), False),
        ("", set(), False),
    ],
)
def test_drugs_are_read_from_the_name_of_a_regimen(name, drugs, complete) -> None:
    assert regimen_drugs(name) == (frozenset(drugs), complete)


def overlap(doses, **changes):
    cohort = make_cohort({"A": patient("RTX+TAC"), "B": patient(), "C": patient()}, [])
    return overlapping_regimens(select_view(with_doses(cohort, doses), replace(TWO, **changes)))


def test_a_patient_of_one_group_with_a_drug_of_another_is_named_and_stays() -> None:
    (note,) = overlap([("A", "TAC", 60, 240), ("B", "TAC", 200, 300), ("B", "RTX", 0, 0), ("C", "RTX", 0, 0)])
    assert note.patient_ids == ("B",)
    assert note.text.startswith("Groups overlap: 1 of 2 patients of RTX also had tacrolimus (B). They stay in RTX")


@pytest.mark.parametrize(
    ("dose", "counts"),
    [
        (("B", "TAC", -300, -100), False),
        (("B", "TAC", -300, float("nan")), False),
        (("B", "TAC", -300, 10), True),
        (("B", "TAC", float("nan"), float("nan")), True),
        (("B", "CSA", 30, 60), False),
        (("A", "RTX", 0, 0), False),
    ],
)
def test_only_drugs_of_another_group_given_since_time_zero_count(dose, counts) -> None:
    assert bool(overlap([dose])) == counts


def test_no_overlap_is_claimed_for_groups_that_are_not_regimens() -> None:
    doses = [("B", "TAC", 30, 60)]
    assert overlap(doses, group_column="eligible", group_levels=("yes",)) == ()
    assert overlap(doses, group_levels=("RTX",)) == ()


def test_the_samples_have_no_overlap(imn) -> None:
    assert flow(imn, propose_spec(imn)).overlap == ()
