"""Does a download say who is in it, by which definition, and that it is synthetic?"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from analysis.cohort.model import (
    ADVERSE_EVENT_COLUMNS,
    DOSE_COLUMNS,
    EVENT_COLUMNS,
    VISIT_COLUMNS,
    Cohort,
    Provenance,
)
from analysis.outcomes.applicability import rule_cautions
from analysis.outcomes.rules import PRESETS
from analysis.outcomes.switches import answer
from analysis.results import Method, Note
from analysis.study import Filter, StudySpec, View, select_view
from present.stamp import PROTEIN_ALONE, SYNTHETIC, attrition_words, filter_words, make_stamp, mark_words

METHOD = Method(name="m", sentence="Kaplan–Meier, log–log interval.")
NOTES = (Note(code="W-13", text="Observational comparison."), Note(code="W-13", text="Observational comparison."))


def a_view(*, synthetic: bool = True) -> View:
    patients = pd.DataFrame(
        {
            "patient_id": list("abcdef"),
            "regimen_group": ["RTX+TAC", "RTX+TAC", "RTX", "RTX", "RTX", "RTX"],
            "age_years": [40.0, 50.0, 60.0, 90.0, None, 30.0],
            "eligible": ["yes"] * 5 + ["no"],
            "exclusion_reason": [None] * 5 + ["pregnancy"],
        }
    )
    visits = pd.DataFrame(columns=VISIT_COLUMNS).astype({"day": float, "month": float, "value": float})
    cohort = Cohort(
        name="Small study",
        patients=patients,
        visits=visits,
        doses=pd.DataFrame(columns=DOSE_COLUMNS),
        adverse_events=pd.DataFrame(columns=ADVERSE_EVENT_COLUMNS),
        events=pd.DataFrame(columns=EVENT_COLUMNS),
        provenance=Provenance(source="small.csv", sha256="0123456789abcdef" * 4, synthetic=synthetic),
    )
    spec = StudySpec(
        group_column="regimen_group",
        group_levels=("RTX+TAC", "RTX"),
        filters=(Filter(variable="age_years", low=18, high=80),),
    )
    return select_view(cohort, spec)


def test_a_stamp_names_groups_and_everyone_left_out() -> None:
    stamp = make_stamp(a_view(), title="T", method=METHOD, notes=NOTES, version="0.1.0")
    assert stamp.groups == ("RTX+TAC 2", "RTX 1")
    assert stamp.left_out == (
        "left out 3 (Pregnancy: 1, Age at first rituximab missing: 1, Age at first rituximab outside the filter: 1)"
    )
    assert stamp.header_lines()[2] == "Filters: Age at first rituximab 18 to 80 years"


def test_a_stamp_prints_rule_endpoint_axis_and_reference() -> None:
    lines = make_stamp(a_view(), title="T", method=METHOD, notes=(), version="0.1.0").header_lines()
    assert lines[3].startswith("Definition: Chen 2023 (membranous nephropathy). Complete remission: 24-h urine protein")
    assert lines[4] == (
        "Endpoint: Complete remission, to month 12 after first rituximab, timed by planned visits; "
        "patients withdrawn after treatment began are analysed until they left. Contrasts: group minus RTX."
    )


def test_a_stamp_ends_with_method_each_caution_once_hash_and_version() -> None:
    stamp = make_stamp(a_view(), title="T", method=METHOD, notes=NOTES, version="0.1.0")
    assert stamp.footer_lines() == (
        "Method: Kaplan–Meier, log–log interval.",
        "Caution: Observational comparison.",
        "Data 0123456789ab · NephroCompare 0.1.0",
    )


@pytest.mark.parametrize(("synthetic", "ribbon"), [(True, SYNTHETIC), (False, "")])
def test_the_ribbon_follows_the_data(synthetic: bool, ribbon: str) -> None:
    view = a_view(synthetic=synthetic)
    assert make_stamp(view, title="T", method=METHOD, notes=(), version="0").ribbon == ribbon


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        (Filter(variable="age_years", low=18.0), "Age at first rituximab ≥ 18 years"),
        (Filter(variable="age_years", high=65.5), "Age at first rituximab ≤ 65.5 years"),
        (Filter(variable="age_years", keep_missing=True), "Age at first rituximab any years, missing kept"),
        (Filter(variable="sex", levels=("male",)), "Sex: Male"),
        (Filter(variable="my column", levels=("x", "y")), "my column: x, y"),
        (Filter(variable="my column", levels=()), "my column: none"),
    ],
)
def test_filters_in_words(chosen: Filter, words: str) -> None:
    assert filter_words(chosen) == words


@pytest.mark.parametrize(
    ("kind", "reason", "words"),
    [
        ("screening", "pregnancy", "Pregnancy"),
        ("filter", "age_years missing", "Age at first rituximab missing"),
        ("filter", "my column outside the filter", "my column outside the filter"),
        ("group", "group not chosen", "group not chosen"),
    ],
)
def test_attrition_in_words(kind: str, reason: str, words: str) -> None:
    assert attrition_words(kind, reason) == words


def test_remission_without_albumin_is_marked_on_everything_that_leaves_the_page() -> None:
    """domain.md A9: the answer "protein only" is watermarked; a rule that asks for no albumin is not."""
    alone = rule_cautions(answer(PRESETS["P1_2023"], "albumin_missing", "protein_only"))
    view = a_view(synthetic=False)
    stamp = make_stamp(view, title="T", method=METHOD, notes=alone, version="0.1.0")
    assert stamp.ribbon == PROTEIN_ALONE
    assert stamp.cautions == (alone[0].text,)
    assert mark_words(view, alone) == "PROTEIN ONLY"
    assert mark_words(a_view(), alone) == "SYNTHETIC · PROTEIN ONLY"
    assert mark_words(view, ()) == ""
    assert (
        rule_cautions(PRESETS["P1_2023"])
        == rule_cautions(replace(PRESETS["ZONOZI"], albumin_missing="protein_only"))
        == ()
    )
