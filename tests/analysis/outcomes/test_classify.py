"""Boundary cases of the remission rules, and the laws the classifier keeps."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.outcomes.classify import classify
from analysis.outcomes.rules import PRESETS

VECTORS = pd.read_csv(Path(__file__).with_name("boundary_vectors.csv"), comment="#").fillna({"prot_qualifier": ""})
VECTORS = VECTORS.assign(peak_prot=VECTORS["base_prot"], base_alb=24.0, base_scr=80.0)


def visit(**values: float | str) -> pd.DataFrame:
    """One visit; what is not named is missing."""
    names = ["prot", "alb", "scr", "egfr", "base_prot", "peak_prot", "base_alb", "base_scr", "base_egfr"]
    row = {name: values.get(name, np.nan) for name in names}
    return pd.DataFrame([{**row, "prot_qualifier": values.get("prot_qualifier", "")}])


@pytest.mark.parametrize("rule", ["P1_2023", "KDIGO2021_ADULT"])
def test_boundary_vectors(rule: str) -> None:
    found = classify(VECTORS, PRESETS[rule])["status"]
    assert dict(zip(VECTORS["number"], found, strict=True)) == dict(zip(VECTORS["number"], VECTORS[rule], strict=True))


@pytest.mark.parametrize("rule", ["P1_2023", "KDIGO2021_ADULT"])
def test_straddling_limit_is_at_least_partial(rule: str) -> None:
    found = classify(VECTORS[VECTORS["number"] == 16], PRESETS[rule]).iloc[0]
    assert found["at_least"] == "PR"
    assert found["reason"] == "urine protein only known as a limit"


def test_gap_rule_is_named_and_can_be_read_literally() -> None:
    vector = VECTORS[VECTORS["number"] == 1]
    rule = PRESETS["KDIGO2021_ADULT"]
    assert classify(vector, rule).iloc[0]["reason"] == "below_PR_range"
    assert classify(vector, replace(rule, below_range_is_pr=False)).iloc[0]["status"] == "NR"


@pytest.mark.parametrize(
    ("base", "prot", "alb", "scr", "status"),
    [
        (10, 0.29, 35.0, 80, "PR"),
        (10, 0.29, 35.1, 80, "CR"),
        (10, 3.49, 24.0, 80, "NR"),
        (10, 3.49, 24.1, 80, "PR"),
        (10, 5.0, 30, 80, "NR"),
        (10, 4.9, 30, 80, "PR"),
        (10, 1.0, 30, 104, "NR"),
        (10, 1.0, 30, 103.9, "PR"),
    ],
)
def test_p2_vectors(base: float, prot: float, alb: float, scr: float, status: str) -> None:
    case = visit(prot=prot, alb=alb, scr=scr, base_prot=base, peak_prot=base, base_alb=24, base_scr=80)
    assert classify(case, PRESETS["P2_2023"]).iloc[0]["status"] == status


@pytest.mark.parametrize(
    ("rule", "egfr", "status"),
    [("P1_2023", 61.5, "CR"), ("P1_2023", 61.4, "NR"), ("P2_2023", 73.0, "CR"), ("P2_2023", 72.9, "NR")],
)
def test_egfr_stands_in_for_creatinine(rule: str, egfr: float, status: str) -> None:
    case = visit(prot=0.1, alb=40, egfr=egfr, base_prot=8, peak_prot=8, base_alb=24, base_egfr=100)
    assert classify(case, PRESETS[rule]).iloc[0]["status"] == status


def test_missing_kidney_function_never_makes_a_remission() -> None:
    case = visit(prot=0.1, alb=40, base_prot=8, base_alb=24)
    found = classify(case, PRESETS["P1_2023"]).iloc[0]
    assert (found["status"], found["reason"]) == ("NE", "kidney function")
    assumed = replace(PRESETS["P1_2023"], function_missing="assume_met")
    assert classify(case, assumed).iloc[0]["status"] == "CR"


def test_partial_by_range_alone_when_read_the_other_way() -> None:
    case = visit(prot=2, alb=15, scr=80, egfr=100, base_prot=8, base_alb=24, base_scr=80, base_egfr=100)
    rule = PRESETS["P1_2023"]
    assert classify(case, rule).iloc[0]["status"] == "NR"
    assert classify(case, replace(rule, pr_range_alone=True)).iloc[0]["status"] == "PR"


# ---------------------------------------------------------------- laws

PROT = [0.001, 0.05, 0.1, 0.29, 0.3, 1.0, 3.4999, 3.5, 3.51, 4.0, 5.0, 9.0, 40.0, 60.0]
ALB = [15.0, 24.0, 24.1, 29.9, 30.0, 34.9, 35.0, 35.1, 45.0]
SCR = [60.0, 103.9, 104.0, 119.9, 120.0, 200.0]
EGFR = [20.0, 59.9, 60.0, 61.5, 73.0, 100.0]
BASE = [0.01, 0.2, 3.0, 6.0, 7.0, 8.0, 12.0, 100.0]

rules = st.sampled_from(sorted(PRESETS)).map(PRESETS.__getitem__)
knowns = st.fixed_dictionaries(
    {
        "prot": st.sampled_from(PROT),
        "alb": st.sampled_from(ALB),
        "scr": st.sampled_from(SCR),
        "egfr": st.sampled_from(EGFR),
        "base_prot": st.sampled_from(BASE),
        "base_alb": st.just(24.0),
        "base_scr": st.just(80.0),
        "base_egfr": st.just(100.0),
    }
).map(lambda values: {**values, "peak_prot": values["base_prot"]})
RANK = {"NR": 0, "PR": 1, "CR": 2}


@given(rules, knowns)
def test_fully_known_visits_are_always_decided(rule, known) -> None:
    assert classify(visit(**known), rule).iloc[0]["status"] in RANK


@given(rules, knowns, st.sampled_from(PROT))
def test_more_protein_never_improves_a_state(rule, known, other) -> None:
    low, high = sorted((known["prot"], other))
    better = classify(visit(**{**known, "prot": low}), rule).iloc[0]["status"]
    worse = classify(visit(**{**known, "prot": high}), rule).iloc[0]["status"]
    assert RANK[worse] <= RANK[better]


@given(rules, knowns, st.sets(st.sampled_from(["prot", "alb", "base_prot"]), min_size=1))
def test_not_evaluable_exactly_when_the_unknown_matters(rule, known, unknown) -> None:
    """Fill the unknown values with every value of a grid that crosses all thresholds."""
    grids = {"prot": PROT, "alb": ALB, "base_prot": BASE}
    hidden = {**known, **dict.fromkeys(unknown, np.nan)}
    if "base_prot" in unknown:
        hidden["peak_prot"] = np.nan
    filled = pd.concat(
        visit(**{**known, **dict(zip(sorted(unknown), values, strict=True))})
        for values in itertools.product(*(grids[name] for name in sorted(unknown)))
    )
    answers = set(classify(filled.assign(peak_prot=filled["base_prot"]), rule)["status"])
    found = classify(visit(**hidden), rule).iloc[0]
    assert found["status"] == (next(iter(answers)) if len(answers) == 1 else "NE")
    assert (found["at_least"] == "PR") == (answers == {"PR", "CR"})


@given(rules, knowns)
def test_row_order_and_further_columns_do_not_matter(rule, known) -> None:
    both = pd.concat([visit(**known), visit(**{**known, "prot": 9.0})], ignore_index=True).assign(unrelated="x")
    forward = classify(both, rule)["status"].tolist()
    backward = classify(both.iloc[::-1], rule)["status"].tolist()
    assert forward == backward[::-1] == [classify(both.iloc[[i]], rule)["status"].iloc[0] for i in (0, 1)]


@pytest.mark.parametrize(
    ("rule", "values", "expected"),
    [
        ("P1_2023", {"egfr": 60.0, "egfr_qualifier": "lt"}, "PR"),
        ("P1_2023", {"scr": 110.0, "scr_qualifier": "gt"}, "NE"),
        ("P1_2023", {"scr": 70.0, "scr_qualifier": "lt"}, "CR"),
        ("P1_2023", {"scr": np.nan, "base_egfr": 90.0, "base_egfr_qualifier": "gt", "egfr": 61.0}, "NE"),
        ("KDIGO2021_MN", {"prot": 2.0, "alb": 24.5, "base_alb": 25.0, "base_alb_qualifier": "lt"}, "NE"),
        ("KDIGO2021_ADULT", {"prot": 2.0, "base_prot": 10.0, "base_prot_qualifier": "gt"}, "PR"),
        ("P1_2023", {"prot": 8.27, "alb": 33.0, "base_prot": 4.1, "base_prot_qualifier": "lt"}, "NR"),
        ("ZONOZI", {"prot": 0.3, "base_prot": 0.6, "base_prot_qualifier": "lt"}, "NR"),
        ("ZONOZI", {"prot": 0.3, "base_prot": 0.6, "base_prot_qualifier": "gt"}, "PR"),
        ("KDIGO2021_ADULT", {"prot": 2.0, "base_prot": 4.0, "base_prot_qualifier": "lt"}, "NR"),
    ],
)
def test_limits_on_any_value_are_intervals_not_points(rule, values, expected) -> None:
    known = {"prot": 0.2, "alb": 40.0, "scr": 80.0, "egfr": 100.0, "base_prot": 8.0, "base_alb": 24.0}
    row = {**known, "base_scr": 80.0, "base_egfr": 100.0, **values}
    row = {"peak_prot": row["base_prot"], "peak_prot_qualifier": row.get("base_prot_qualifier", ""), **row}
    assert classify(pd.DataFrame([row]), PRESETS[rule]).iloc[0]["status"] == expected


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"alb": 33.0, "alb_qualifier": "gt"}, "albumin only known as a limit"),
        ({"scr": np.nan, "egfr": np.nan}, "kidney function"),
        ({"prot": np.nan, "alb": np.nan}, "urine protein, albumin"),
    ],
)
def test_whatever_is_not_evaluable_names_what_is_missing(values, reason) -> None:
    known = {"prot": 0.2, "alb": 40.0, "scr": 80.0, "egfr": 100.0, "base_prot": 8.0, "peak_prot": 8.0}
    row = pd.DataFrame([{**known, "base_alb": 24.0, "base_scr": 80.0, "base_egfr": 100.0, **values}])
    found = classify(row, PRESETS["P1_2023"]).iloc[0]
    assert (found["status"], found["reason"]) == ("NE", reason)


LIMIT_RULE = replace(PRESETS["P1_2023"], normal_function="scr_upper_limit")
NO_STAND_IN = replace(PRESETS["P1_2023"], egfr_stands_in=False)


@pytest.mark.parametrize(
    ("rule", "values", "reason"),
    [
        (PRESETS["ZONOZI"], {"prot": 2.0, "base_prot": 0.0, "peak_prot": 0.0}, "baseline urine protein is 0"),
        (PRESETS["ZONOZI"], {"prot": 2.0, "base_prot": np.nan, "peak_prot": np.nan}, "baseline urine protein"),
        (LIMIT_RULE, {}, "the laboratory's limit of creatinine, which was not entered"),
        (PRESETS["P1_2023"], {"base_scr": np.nan, "base_egfr": np.nan}, "baseline kidney function"),
        (PRESETS["P1_2023"], {"egfr": np.nan}, "eGFR"),
        (PRESETS["P1_2023"], {"base_scr": np.nan, "egfr": np.nan}, "eGFR"),
        (NO_STAND_IN, {"base_scr": np.nan}, "baseline creatinine"),
        (PRESETS["P1_2023"], {"scr": 110.0, "scr_qualifier": "gt"}, "creatinine only known as a limit"),
        (PRESETS["P1_2023"], {"prot": 2.0, "alb": np.nan, "egfr": np.nan}, "albumin"),
    ],
)
def test_only_what_the_status_hangs_on_is_named(rule, values, reason) -> None:
    """Normal function is unknown in the last case, but it is no partial criterion and 2 g cannot be complete."""
    known = {"prot": 0.2, "alb": 40.0, "scr": 80.0, "egfr": 100.0, "base_prot": 8.0, "peak_prot": 8.0}
    row = pd.DataFrame([{**known, "base_alb": 24.0, "base_scr": 80.0, "base_egfr": 100.0, **values}])
    found = classify(row, rule).iloc[0]
    assert (found["status"], found["reason"].removesuffix(", so no fall can be told")) == ("NE", reason)


@pytest.mark.parametrize(
    ("rule", "values", "flagged"),
    [
        ("P1_2023", {"base_prot": 3.2, "prot": 3.1}, True),  # vector 22
        ("P1_2023", {"base_prot": 1.79, "prot": 2.43}, True),
        ("P1_2023", {"base_prot": 3.2, "prot": 1.6}, False),  # fell by half
        ("P1_2023", {"base_prot": 3.51, "prot": 3.1}, False),  # was above the range
        ("P1_2023", {"base_prot": np.nan, "prot": 3.1}, False),
        ("P2_2023", {"base_prot": 3.2, "peak_prot": 3.2, "prot": 3.1}, True),
        ("P2_2023", {"base_prot": 3.2, "peak_prot": 9.0, "prot": 3.1}, False),  # fell from the peak
    ],
)
def test_partial_by_a_range_met_before_treatment_is_flagged(rule, values, flagged) -> None:
    """domain.md 2.4, vector 22: R-BASE."""
    known = {"alb": 31.0, "scr": 80.0, "base_alb": 24.0, "base_scr": 80.0, "peak_prot": values["base_prot"]}
    found = classify(visit(**{**known, **values}), PRESETS[rule]).iloc[0]
    assert (found["status"], "R-BASE" in found["reason"]) == ("PR", flagged)


@given(rules, knowns, st.sets(st.sampled_from(["prot", "alb", "scr", "egfr", "base_prot", "base_scr"]), min_size=1))
def test_a_visit_has_a_reason_exactly_where_it_is_not_evaluable(rule, known, unknown) -> None:
    hidden = {**known, **dict.fromkeys(unknown, np.nan)}
    hidden["peak_prot"] = hidden["base_prot"]
    found = classify(visit(**hidden), rule).iloc[0]
    if found["status"] != "PR":
        assert (found["reason"] != "") == (found["status"] == "NE")


@pytest.mark.parametrize(
    ("sex", "scr", "status", "reason"),
    [
        ("female", 75.0, "PR", ""),
        ("male", 75.0, "CR", ""),
        ("female", 70.0, "CR", ""),
        (np.nan, 75.0, "NE", "sex, by which the limit of creatinine goes"),
    ],
)
def test_the_limit_of_creatinine_can_differ_between_women_and_men(sex, scr, status, reason) -> None:
    rule = replace(LIMIT_RULE, scr_upper_limit=90.0, scr_upper_limit_women=70.0)
    known = {
        "prot": 0.2,
        "alb": 40.0,
        "scr": scr,
        "base_prot": 8.0,
        "peak_prot": 8.0,
        "base_alb": 24.0,
        "base_scr": 80.0,
    }
    found = classify(visit(**known).assign(sex=sex), rule).iloc[0]
    assert (found["status"], found["reason"]) == (status, reason)
    assert classify(visit(**known).assign(sex=sex), replace(rule, scr_upper_limit_women=None)).iloc[0]["status"] == "CR"
