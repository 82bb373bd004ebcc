"""Rules as data: presets, switches, wording; each switch changes the status it says it changes."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.outcomes.classify import classify
from analysis.outcomes.rules import PRESETS
from analysis.outcomes.switches import SWITCHES, answer, open_switches
from analysis.outcomes.wording import rule_sentences

P1 = PRESETS["P1_2023"]
KNOWN = {
    "prot": 2.0, "alb": 33.0, "scr": 80.0, "egfr": 100.0,
    "base_prot": 8.0, "peak_prot": 8.0, "base_alb": 24.0, "base_scr": 80.0, "base_egfr": 100.0,
}  # fmt: skip


def status(rule, **values: float) -> str:
    return classify(pd.DataFrame([{**KNOWN, **values}]), rule).iloc[0]["status"]


def test_all_presets_are_there_with_their_references() -> None:
    assert set(PRESETS) == {
        "P1_2023", "P2_2023", "KDIGO2012_MN", "KDIGO2021_ADULT", "KDIGO2021_MN", "MENTOR", "ZONOZI",
    }  # fmt: skip
    assert all(rule.reference and rule.label for rule in PRESETS.values())


def test_wording_is_ours_and_never_a_quotation() -> None:
    for rule in PRESETS.values():
        text = " ".join(rule_sentences(rule))
        assert not re.search(r"[“”\"«»]", text)
        assert text.startswith("Complete remission: ")


@pytest.mark.parametrize("switch", SWITCHES, ids=lambda switch: switch.field)
def test_every_preset_answers_every_switch(switch) -> None:
    choices = [choice for choice, _ in switch.answers]
    for rule in PRESETS.values():
        assert getattr(rule, switch.field) in choices
        for choice in choices:
            assert getattr(answer(rule, switch.field, choice), switch.field) == choice


def test_egfr_that_stands_in_follows_the_share() -> None:
    for rise in (0.15, 0.25, 0.3, 0.5):
        ratio = answer(P1, "stable_rise", rise).stable_egfr_ratio
        assert ratio == pytest.approx((1 + rise) ** -1.2, abs=5e-4)


def test_closed_switches_are_not_offered() -> None:
    assert "pr_range_alone" not in {switch.field for switch in open_switches(PRESETS["KDIGO2021_ADULT"])}
    assert "function_missing" not in {switch.field for switch in open_switches(PRESETS["ZONOZI"])}


@pytest.mark.parametrize(
    ("field", "choice", "values", "before", "after"),
    [
        ("pr_logic", "and", {"prot": 3.4, "base_prot": 6.0}, "PR", "NR"),
        ("pr_range_alone", True, {"alb": 15.0}, "NR", "PR"),
        ("pr_high_inclusive", False, {"prot": 3.5, "base_prot": 6.0}, "PR", "NR"),
        ("normal_egfr", 90.0, {"prot": 0.1, "alb": 40.0, "egfr": 80.0}, "CR", "PR"),
        ("cr_function", "stable", {"prot": 0.1, "alb": 40.0, "egfr": 50.0}, "PR", "CR"),
        ("stable_by", "egfr", {"scr": 130.0, "egfr": 60.0}, "NR", "PR"),
        ("stable_rise", 0.3, {"scr": 110.0}, "PR", "NR"),
        ("function_missing", "assume_met", {"scr": np.nan, "egfr": np.nan}, "NE", "PR"),
        ("albumin_missing", "protein_only", {"alb": np.nan}, "NE", "PR"),
        ("pr_drop_from", "peak", {"prot": 5.0, "peak_prot": 12.0}, "NR", "PR"),
        ("pr_alb_increase", "any", {"alb": 25.0}, "NR", "PR"),
        ("pr_alb_increase", "ten_percent", {"alb": 26.4}, "NR", "PR"),
        ("egfr_stands_in", False, {"scr": np.nan}, "PR", "NE"),
    ],
)
def test_a_switch_changes_what_it_says(field, choice, values, before, after) -> None:
    assert status(P1, **values) == before
    assert status(answer(P1, field, choice), **values) == after


def test_every_question_of_the_domain_is_offered_with_its_default() -> None:
    """domain.md 2.3; A12, A13 and A18 have one answer, A3 and A6 follow the source."""
    assert {letter for switch in SWITCHES for letter in switch.letter.split(", ")} == {
        "1.5", "A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "A10", "A11", "A14", "A15", "A16", "A17", "A19",
        "2.4",
    }  # fmt: skip
    assert (P1.pr_range_alone, P1.pr_high_inclusive, P1.normal_egfr, P1.cr_function) == (False, True, 60.0, "normal")
    assert (P1.stable_rise, PRESETS["P2_2023"].stable_rise) == (0.5, 0.3)
    assert (P1.stable_egfr_ratio, PRESETS["P2_2023"].stable_egfr_ratio) == (0.615, 0.730)
    for rule in PRESETS.values():
        assert (rule.function_missing, rule.albumin_missing) == ("nearest_45_days", "not_evaluable")
        assert (rule.attainment, rule.egfr_stands_in) == ("first", True)
        mimics = rule.name == "P2_2023"
        assert rule.baseline_remission == ("count_at_first_visit" if mimics else "exclude")
        assert rule.baseline_range == ("exclude" if mimics else "require_drop")
        assert rule.confirmed == ("seven_days" if rule.name == "KDIGO2012_MN" else "off")


@pytest.mark.parametrize(
    ("field", "choice", "words"),
    [
        ("attainment", "at_horizon", "only at the last planned visit"),
        ("attainment", "sustained", "every later evaluable visit"),
        ("baseline_remission", "event_at_time_0", "counted as reached at time 0"),
        ("albumin_missing", "protein_only", "urine protein decides without it"),
        ("function_missing", "assume_met", "taken as good enough"),
        ("worsening_egfr_fall", True, "Kidney endpoint: an eGFR fall of 40 %"),
        ("worsening_confirmed", True, "28 days later"),
        ("failure_by_egfr", True, "eGFR below 15 twice"),
    ],
)
def test_an_answer_that_changes_what_counts_is_said_in_words(field, choice, words) -> None:
    assert words not in " ".join(rule_sentences(P1))
    assert words in " ".join(rule_sentences(answer(P1, field, choice)))


def test_where_the_last_visit_decides_nobody_is_said_to_be_counted_at_time_0() -> None:
    rule = answer(answer(P1, "attainment", "at_horizon"), "baseline_remission", "event_at_time_0")
    text = " ".join(rule_sentences(rule))
    assert "at risk, and that visit decides" in text
    assert "time 0" not in text


def test_function_is_assumed_only_where_none_was_measured() -> None:
    """domain.md A8: a creatinine of 400 without baseline is not taken as fine."""
    rule = answer(P1, "function_missing", "assume_met")
    unmeasured = {"scr": np.nan, "egfr": np.nan, "base_scr": np.nan, "base_egfr": np.nan}
    assert status(rule, **unmeasured) == "PR"
    assert status(rule, **{**unmeasured, "scr": 400.0}) == "NE"


def test_partial_remission_keeps_its_own_kidney_criterion() -> None:
    rule = answer(P1, "cr_function", "none")
    assert status(rule, scr=200.0) == "NR"
    assert status(rule, scr=200.0, prot=0.1, alb=40.0) == "CR"
    assert status(rule, prot=0.1, alb=33.0, scr=200.0) == "NR"


def test_exactly_the_limit_of_both_is_in_range_where_complete_includes_it() -> None:
    """MENTOR: 0.3 g is complete with albumin, in range without, also by the literal reading."""
    literal = answer(PRESETS["MENTOR"], "below_range_is_pr", False)
    assert [status(literal, prot=prot, alb=30.0) for prot in (0.29, 0.3)] == ["NR", "PR"]


def test_laboratory_limit_decides_once_it_is_given() -> None:
    rule = answer(P1, "normal_function", "scr_upper_limit")
    remitted = {"prot": 0.1, "alb": 40.0, "egfr": 50.0, "scr": 90.0, "base_scr": 88.0}
    assert status(rule, **remitted) == "NE"
    assert status(replace(rule, scr_upper_limit=90.0), **remitted) == "CR"
    assert status(replace(rule, scr_upper_limit=89.0), **remitted) == "PR"


@pytest.mark.parametrize(
    ("prot", "alb", "base", "expected"),
    [
        (0.3, 35.0, 8.0, "CR"),
        (0.3, 34.9, 8.0, "PR"),
        (3.5, 20.0, 7.0, "PR"),
        (3.5, 20.0, 6.9, "NR"),
        (3.6, 40, 8, "NR"),
    ],
)
def test_mentor_boundaries(prot, alb, base, expected) -> None:
    assert status(PRESETS["MENTOR"], prot=prot, alb=alb, base_prot=base, scr=500.0, egfr=10.0) == expected


@pytest.mark.parametrize(("prot", "expected"), [(0.29, "CR"), (0.3, "PR"), (2.99, "PR"), (3.0, "NR")])
def test_zonozi_boundaries(prot, expected) -> None:
    assert status(PRESETS["ZONOZI"], prot=prot, alb=np.nan, scr=np.nan, egfr=np.nan) == expected


@pytest.mark.parametrize(
    ("prot", "alb", "peak", "expected"),
    [(3.49, 24.1, 7.0, "PR"), (3.5, 30, 8.0, "NR"), (3.4, 30, 6.7, "NR"), (0.2, 34.9, 8.0, "PR"), (0.2, 35, 8.0, "CR")],
)
def test_kdigo_2012_and_2021_membranous_boundaries(prot, alb, peak, expected) -> None:
    for name in ("KDIGO2012_MN", "KDIGO2021_MN"):
        assert status(PRESETS[name], prot=prot, alb=alb, peak_prot=peak) == expected


@pytest.mark.parametrize(("alb", "expected"), [(29.9, "NR"), (30.0, "PR"), (31.0, "PR")])
def test_albumin_risen_to_thirty(alb, expected) -> None:
    rule = answer(PRESETS["P2_2023"], "pr_alb_increase", "to_30")
    assert status(rule, prot=3.0, alb=alb, base_prot=10.0, peak_prot=10.0) == expected
    assert status(rule, prot=3.0, alb=alb, base_alb=31.0, base_prot=10.0, peak_prot=10.0) == "NR"


@pytest.mark.parametrize(
    ("preset", "field", "choice", "words"),
    [
        ("P1_2023", "egfr_stands_in", False, "eGFR does not stand in"),
        ("P1_2023", "function_missing", "not_evaluable", "is not taken from another day"),
        ("P1_2023", "pr_drop_from", "peak", "which here is the baseline, as a file has no peak of 24-h urine protein"),
        ("P1_2023", "pr_alb_increase", "to_30", "so the rise changes nothing"),
        ("P2_2023", "pr_alb_increase", "to_30", "albumin risen to ≥ 30 or > 35 g/L"),
    ],
)
def test_every_answer_has_its_sentence(preset, field, choice, words) -> None:
    rule = PRESETS[preset]
    before, after = (" ".join(rule_sentences(one)) for one in (rule, answer(rule, field, choice)))
    assert words in after
    assert words not in before
    assert "≥ 30 or ≥ 30" not in after


def test_a_limit_is_written_without_needless_decimals() -> None:
    rule = replace(PRESETS["P1_2023"], normal_function="scr_upper_limit", scr_upper_limit=80.0)
    assert "creatinine ≤ 80 µmol/L" in rule_sentences(rule)[0]
