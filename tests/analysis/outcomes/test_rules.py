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
