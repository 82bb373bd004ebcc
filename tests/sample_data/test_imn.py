"""Does SYN-IMN-91 have the designed outcomes, the printed counts and the printed margins?"""

from __future__ import annotations

import dataclasses
import math
import re

import numpy as np
import pandas as pd
import pytest

from analysis.outcomes.rules import PRESETS
from sample_data.generate import HERE as FOLDER
from sample_data.generator.designs import GROUPS, imn_skeleton, margin, published_margins
from sample_data.generator.reproduction import classify_visits, outcomes_by_month

P1 = PRESETS["P1_2023"]


@pytest.fixture(scope="module")
def outcomes(imn):
    return outcomes_by_month(imn, P1).join(imn.patients.set_index("patient_id")["regimen_group"])


def of_group(table: pd.DataFrame, group: str) -> pd.DataFrame:
    return table[table["regimen_group"] == group]


# ---------------------------------------------------------------- outcomes


def test_visits_reproduce_the_skeleton_for_all_91(outcomes):
    wanted = imn_skeleton().set_index("patient_id").reindex(outcomes.index)
    columns = ["best", "t_first", "t_cr", "last_eval"]
    same = (outcomes[columns] == wanted[columns]) | (outcomes[columns].isna() & wanted[columns].isna())
    assert same.all(axis=1).sum() == 91


# Specification of the sample, section 5.1.
@pytest.mark.parametrize(
    ("group", "column", "events"),
    [
        ("RTX+TAC", "t_cr", [0, 4, 3, 5]),
        ("RTX", "t_cr", [0, 4, 3, 7]),
        ("RTX+TAC", "t_first", [13, 6, 4, 6]),
        ("RTX", "t_first", [14, 9, 8, 6]),
    ],
)
def test_events_by_visit(outcomes, group, column, events):
    times = of_group(outcomes, group)[column]
    assert [int((times == month).sum()) for month in (3, 6, 9, 12)] == events


@pytest.mark.parametrize(
    ("group", "column", "percent"),
    [("RTX+TAC", "t_cr", 37.13), ("RTX", "t_cr", 26.39), ("RTX+TAC", "t_first", 87.06), ("RTX", "t_first", 65.87)],
)
def test_product_limit_at_12_months(outcomes, group, column, percent):
    table = of_group(outcomes, group)
    time = table[column].fillna(table["last_eval"])
    staying = [1 - (table[column] == t).sum() / (time >= t).sum() for t in (3, 6, 9, 12)]
    assert round(100 * (1 - math.prod(staying)), 2) == percent


@pytest.mark.parametrize(
    ("group", "best", "quartiles"),
    [
        ("RTX+TAC", "CR", [6, 9, 12]),
        ("RTX", "CR", [6, 10.5, 12]),
        ("RTX+TAC", "PR", [3, 6, 9]),
        ("RTX", "PR", [3, 6, 9]),
    ],
)
def test_times_among_attainers(outcomes, group, best, quartiles):
    table = of_group(outcomes, group)
    times = table.loc[table["best"] == best, "t_cr" if best == "CR" else "t_first"]
    assert np.quantile(times, [0.25, 0.5, 0.75], method="weibull").tolist() == quartiles


def test_nobody_is_in_remission_at_baseline(imn):
    visits = classify_visits(imn, P1)
    assert set(visits.loc[visits["month"] == 0, "status"]) == {"NR"}


def test_no_remission_is_lost_to_nephrotic_proteinuria(imn):
    """Once a remission was below 3.5 g it stays below; a remission by the fall alone never rises by half."""
    visits = classify_visits(imn, P1)
    remitted = visits[visits["status"].isin(["CR", "PR"])].sort_values(["patient_id", "month"])
    lowest = remitted.groupby("patient_id")["prot"].cummin()
    assert not ((lowest < 3.5) & (remitted["prot"] >= 3.5)).any()
    assert not ((remitted["prot"] >= 3.5) & (remitted["prot"] > 1.5 * lowest)).any()
    assert (remitted.loc[remitted["month"] == 12, "prot"] > 3.5).sum() == 10


def test_and_logic_gives_fewer_partial_remissions_and_the_readme_prints_them(imn, outcomes):
    strict = outcomes_by_month(imn, dataclasses.replace(P1, pr_logic="and"))
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    for rule, table in (("OR", outcomes), ("AND", strict.join(outcomes["regimen_group"]))):
        for group in GROUPS:
            counts = of_group(table, group)["best"].value_counts()
            row = f"| {rule} | {group} | {counts['CR']} | {counts['PR']} | {counts['NR']} |"
            assert row in text, row
    assert (strict["best"] == "CR").sum() == 26
    assert (strict["best"] == "PR").sum() < (outcomes["best"] == "PR").sum() == 40


# ---------------------------------------------------------------- counts


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize(
    ("printed", "column", "value"),
    [
        ("sex_male", "sex", "male"),
        ("hypertension", "hypertension", "yes"),
        ("coronary_heart_disease", "coronary_heart_disease", "yes"),
        ("diabetes", "diabetes", "yes"),
        ("stroke", "stroke", "yes"),
        ("prior_gc_ctx", "prior_gc_ctx", "yes"),
        ("prior_gc_csa", "prior_gc_csa", "yes"),
    ],
)
def test_printed_counts_at_baseline(analysed, group, printed, column, value):
    assert (of_group(analysed, group)[column] == value).sum() == margin(printed, 0, group).count


@pytest.mark.parametrize("group", GROUPS)
def test_stage_and_combined_history(analysed, group):
    table = of_group(analysed, group)
    for stage in ("I", "II", "III"):
        assert (table["mn_stage"] == stage).sum() == margin("mn_stage", 0, group, level=stage).count
    both = (table["prior_gc_ctx"] == "yes") & (table["prior_gc_csa"] == "yes")
    assert both.sum() == margin("prior_gc_ctx_and_gc_csa", 0, group).count
    assert not ((table["prior_gc_ctx"] == "no") & (table["prior_gc_csa"] == "no")).any()


@pytest.mark.parametrize(("group", "known"), [("RTX+TAC", 33), ("RTX", 56)])
def test_antibody_positivity(analysed, month_12, group, known):
    before, after = of_group(analysed, group), of_group(month_12, group)
    assert before["pla2r_ru_ml"].notna().sum() == known
    assert (before["pla2r_ru_ml"] >= 20).sum() == margin("pla2r_positive", 0, group).count
    assert (after["pla2r_ru_ml"] >= 20).sum() == margin("pla2r_positive", 12, group).count
    assert after["pla2r_ru_ml"].notna().all()


def test_antibody_never_turns_positive(imn, analysed):
    start = analysed.set_index("patient_id")["pla2r_ru_ml"]
    negative = start[~(start >= 20)].index
    assert imn.visits.loc[imn.visits["patient_id"].isin(negative), "pla2r_ru_ml"].max() < 20


def test_one_borderline_antibody_level_in_each_group(analysed):
    borderline = analysed[analysed["pla2r_ru_ml"].between(14, 20, inclusive="left")]
    assert borderline["regimen_group"].value_counts().to_dict() == {"RTX+TAC": 1, "RTX": 1}


@pytest.mark.parametrize(("group", "repeated", "not_again"), [("RTX+TAC", 23, 7), ("RTX", 44, 9)])
def test_repeat_rituximab(imn, analysed, outcomes, group, repeated, not_again):
    table = of_group(analysed, group).set_index("patient_id")
    again = table.index[table["rtx_repeat_m6"] == "yes"]
    assert len(again) == repeated
    assert not (outcomes.loc[again, "t_cr"] <= 6).any()
    assert table["rtx_repeat_not_given_reason"].notna().sum() == not_again
    given = imn.doses[imn.doses["dose_protocol"] == "375mgm2_x1"].set_index("patient_id").loc[again]
    surface = np.sqrt(table.loc[again, "weight_kg"] * table.loc[again, "height_cm"] / 3600)
    np.testing.assert_allclose(given["dose_mg"], 375 * surface, atol=0.5)
    assert given["start_day"].between(150, 240).all()


@pytest.mark.parametrize("group", GROUPS)
def test_adverse_events(imn, analysed, group):
    events = of_group(imn.adverse_events.merge(analysed[["patient_id", "regimen_group"]]), group)
    assert events["patient_id"].is_unique
    table = published_margins()
    printed = table[
        table["variable"].str.startswith("ae_") & (table["group"] == group) & (table["source"] == "Table 4")
    ]
    printed = printed.set_index(printed["variable"].str.removeprefix("ae_"))["count"]
    assert len(events) == printed.pop("any")
    parent = printed.pop("infection")
    assert events["category"].str.startswith("infection_").sum() == parent
    assert {name: (events["category"] == name).sum() for name in printed.index} == printed.to_dict()


def test_flow(imn):
    patients = imn.patients
    assert len(patients) == 107
    assert patients.loc[patients["eligible"] == "no", "exclusion_reason"].notna().sum() == 9
    assert (patients["eligible"] == "no").sum() == 9
    withdrawn = patients[patients["withdrawal_reason"].notna()]
    assert withdrawn["regimen_group"].value_counts().to_dict() == {"RTX+TAC": 4, "RTX": 3}
    left = patients.loc[patients["patient_id"].str.match("SYN-[WX]"), "patient_id"]
    assert imn.visits.loc[imn.visits["patient_id"].isin(left), "month"].tolist() == [0] * 16


def test_follow_up(analysed):
    months = analysed["followup_months"]
    assert np.quantile(months, [0.25, 0.5, 0.75], method="weibull").tolist() == [12, 13, 18]
    assert months.min() == 12


# ---------------------------------------------------------------- visits and care


def test_visit_days_lie_in_their_windows(imn):
    windows = {0: (-30, 0), 3: (46, 137), 6: (138, 228), 9: (229, 319), 12: (320, 410)}
    for month, (first, last) in windows.items():
        assert imn.visits.loc[imn.visits["month"] == month, "day"].between(first, last).all()
    assert len(imn.visits) == 91 * 5 + 16


def test_urine_stops_after_the_last_evaluable_visit_and_blood_goes_on(imn, outcomes):
    later = imn.visits.join(outcomes["last_eval"], on="patient_id")
    after = later[later["month"] > later["last_eval"]]
    assert after["proteinuria_g_24h"].isna().all()
    assert after["albumin_g_l"].notna().all()
    assert after["scr_umol_l"].notna().all()
    assert len(after) == 13  # twice SYN-R21, R22, R28; once T22, T26, T34, R34; three times R57


def test_tacrolimus_only_in_the_combined_group(imn):
    troughs = imn.visits.dropna(subset="tac_trough_ng_ml")
    assert sorted(troughs["month"].unique()) == [3, 6]
    assert troughs["patient_id"].str.startswith("SYN-T").all()
    assert troughs.groupby("month")["tac_trough_ng_ml"].mean().tolist() == pytest.approx([4.5, 4.5], abs=0.05)


def test_b_cells_after_treatment(imn, analysed):
    visits = imn.visits.merge(analysed[["patient_id", "rtx_repeat_m6"]])
    back = visits["bcell_count_ul"] >= 5
    assert not back[visits["month"] == 3].any()
    assert not back[(visits["month"] == 9) & (visits["rtx_repeat_m6"] == "yes")].any()
    assert back[visits["month"] == 6].mean() == pytest.approx(0.30, abs=0.02)
    assert back[visits["month"] == 12].mean() == pytest.approx(0.40, abs=0.05)


def test_readme_prints_no_p_value_as_target():
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert re.search(r"P values of the paper .* are not targets", text)
