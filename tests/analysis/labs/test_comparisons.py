"""Do changes, tests, adjusted comparisons and models of the laboratory page give R's numbers, or a reason?"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.choices import propose_spec
from analysis.cohort.model import ADVERSE_EVENT_COLUMNS, DOSE_COLUMNS, EVENT_COLUMNS, VISIT_COLUMNS, Cohort, Provenance
from analysis.cohort.samples import load_sample
from analysis.cohort.visits import DAYS_PER_MONTH
from analysis.labs import (
    compare_adjusted,
    compare_visits,
    describe_changes,
    describe_shift,
    describe_trajectories,
    describe_visit,
    fit_course,
    fit_slopes,
    order_patients,
)
from analysis.options import LabsOptions
from analysis.outcomes.derive import derive_outcomes
from analysis.study import StudySpec, View, select_view

ROOT = Path(__file__).parents[3]
ORACLES = ROOT / "tests" / "oracles"
DEVIATING = {("triglycerides_mmol_l", "sd", "RTX+TAC"), ("egfr", "sd", "RTX+TAC"), ("egfr", "sd", "RTX")}  # domain 5.2
NAN = math.nan


def a_view(groups: dict[str, str], rows: list[tuple], **choices: object) -> View:
    """Build a view from patient -> group and (patient, month, variable, value[, qualifier])."""
    visits = [(who, NAN, month, False, name, value, *(more or [""])) for who, month, name, value, *more in rows]
    cohort = Cohort(
        name="made for a test",
        patients=pd.DataFrame({"patient_id": list(groups), "regimen_group": list(groups.values())}),
        visits=pd.DataFrame(visits, columns=VISIT_COLUMNS).astype({"day": float, "month": float, "value": float}),
        doses=pd.DataFrame(columns=DOSE_COLUMNS),
        adverse_events=pd.DataFrame(columns=ADVERSE_EVENT_COLUMNS),
        events=pd.DataFrame(columns=EVENT_COLUMNS).astype({"day": float}),
        provenance=Provenance(source="test", sha256=""),
    )
    levels = tuple(dict.fromkeys(groups.values()))
    return select_view(cohort, StudySpec(**{"group_column": "regimen_group", "group_levels": levels, **choices}))


@pytest.fixture(scope="module")
def sample() -> View:
    cohort = load_sample("imn")
    return select_view(cohort, replace(propose_spec(cohort), withdrawn="excluded"))


def oracle_view(dataset: str, name: str) -> View:
    """Lay the repeated-visits input of R out as a cohort; value and baseline of one variable."""
    table = pd.read_csv(ORACLES / "visits_input.csv").query("dataset == @dataset")
    first = table.drop_duplicates("patient_id")
    rows = [(r.patient_id, 0.0, name, r.baseline) for r in first.itertuples()]
    rows += [(r.patient_id, float(r.month), name, r.value) for r in table.itertuples()]
    months = (0.0, *sorted(table["month"].astype(float).unique()))
    levels = tuple(sorted(table["group"].unique()))
    return a_view(
        dict(zip(first["patient_id"], first["group"], strict=True)), rows, schedule=months, horizon_months=12.0,
        group_levels=levels, reference_group="B",
    )  # fmt: skip


def test_table_2_is_rebuilt_from_the_sample(sample):
    margins = pd.read_csv(ROOT / "sample_data" / "designs" / "published_margins_imn.csv")
    margins = margins[(margins["source"] == "Table 2") & ~margins["variable"].isin(["rtx_cumulative_dose_g"])]
    labs = tuple(name for name in margins["variable"].unique() if name != "pla2r_positive")
    rows = describe_visit(sample, labs).rows.set_index(["variable", "group"])
    checked = 0
    for wanted in margins.itertuples():
        row = rows.loc[(wanted.variable, wanted.group)]
        if wanted.stat == "n_percent":
            assert row["count"] == {"RTX+TAC": 6, "RTX": 13}[wanted.group]  # domain.md 5.1
        elif wanted.stat == "mean_sd":
            assert row["n"] == wanted.n
            assert abs(row["mean"] - wanted.mean) <= max(0.02 * wanted.mean, 0.05 * wanted.sd)
            if (wanted.variable, "sd", wanted.group) not in DEVIATING:
                assert row["sd"] == pytest.approx(wanted.sd, rel=0.05)
        elif wanted.variable != "pla2r_ru_ml":  # domain.md 5.2: its printed level at month 12 is impossible
            assert row["n"] == {"RTX+TAC": 31, "RTX": 52}[wanted.group]
            assert row["median"] == pytest.approx(wanted.median, rel=0.03)
            assert [row["q1"], row["q3"]] == pytest.approx([wanted.q1, wanted.q3], rel=0.06)
        checked += 1
    assert checked == 22


def test_rituximab_by_the_visit_is_the_protocol_dose(sample):
    rows = describe_visit(sample, ("albumin_g_l",)).rows.query("variable == 'rtx_cumulative_dose_g'").set_index("group")
    assert rows["mean"].to_dict() == pytest.approx({"RTX+TAC": 2.49, "RTX": 2.54}, abs=0.02)  # domain.md 5.2
    early = select_view(sample.cohort, replace(sample.spec, labs=LabsOptions(visit_month=3.0)))
    before_repeat = describe_visit(early, ("albumin_g_l",)).rows.query("variable == 'rtx_cumulative_dose_g'")
    assert before_repeat["maximum"].max() < rows["mean"].min()


@pytest.mark.parametrize("name", ["upcr_g_g", "albumin_g_l"])
def test_ancova_agrees_with_r(name):
    scale = "log" if name == "upcr_g_g" else "linear"
    oracle = pd.read_csv(ORACLES / "ancova.csv").query("dataset == 'two' and scale == @scale").iloc[0]
    row = compare_adjusted(oracle_view("two", name), (name,)).rows.iloc[0]
    columns = ["estimate", "conf_low", "conf_high", "p_value"]
    assert row[columns].tolist() == pytest.approx(oracle[columns].tolist(), rel=1e-8)
    assert (row["group"], row["reference_group"], row["scale"]) == ("A", "B", scale)


@pytest.mark.parametrize("dataset", ["two", "three"])
def test_the_model_of_all_visits_agrees_with_r(dataset):
    oracle = pd.read_csv(ORACLES / "mixed.csv").query("dataset == @dataset and scale == 'log'")
    result = fit_course(oracle_view(dataset, "upcr_g_g"), "upcr_g_g")
    assert result.reason == ""
    both = result.contrasts.merge(oracle, on=["group", "month"], suffixes=("", "_r"))
    assert len(both) == len(oracle) > 0
    for column in ("estimate", "conf_low", "conf_high", "p_value"):
        assert both[column].tolist() == pytest.approx(both[f"{column}_r"].tolist(), rel=1e-4)


def test_without_a_spread_between_patients_it_falls_back_and_says_so():
    result = fit_course(oracle_view("no_spread", "upcr_g_g"), "upcr_g_g")
    assert "no spread between patients" in result.reason
    assert "estimating equations" in result.method.sentence
    assert result.contrasts["estimate"].notna().all()


def test_slopes_agree_with_r():
    table = pd.read_csv(ORACLES / "slopes_input.csv")
    groups = table.drop_duplicates("patient_id").set_index("patient_id")["group"].to_dict()
    view = a_view(groups, [(who, 0.0, "egfr", 1.0) for who in groups], group_levels=tuple(sorted(groups_of(groups))))
    visits = pd.DataFrame(
        [(r.patient_id, r.years * 12 * DAYS_PER_MONTH, NAN, False, "egfr", r.value, "") for r in table.itertuples()],
        columns=VISIT_COLUMNS,
    )
    result = fit_slopes(select_view(replace(view.cohort, visits=visits), view.spec))
    oracle = pd.read_csv(ORACLES / "slopes.csv").set_index("what")
    for row in result.slopes.itertuples():
        assert row.estimate == pytest.approx(oracle.loc[row.group, "estimate"], rel=1e-4)
    assert "haemodynamically" in next(note.text for note in result.notes if note.code == "T-EGFR")


def groups_of(groups: dict[str, str]) -> set[str]:
    return set(groups.values())


def test_changes_within_a_group_agree_with_r():
    pairs = pd.read_csv(ORACLES / "paired_input.csv").query("dataset == 'untied'").reset_index(drop=True)
    rows = [(f"R{n}", month, "upcr_g_g", value) for n, pair in pairs.iterrows()
            for month, value in ((0.0, pair["before"]), (6.0, pair["after"]))]  # fmt: skip
    result = describe_changes(a_view({f"R{n}": "RTX" for n in range(len(pairs))}, rows), ("upcr_g_g",))
    row = result.within.query("month == 6").iloc[0]
    oracle = pd.read_csv(ORACLES / "paired.csv").query("dataset == 'untied' and conf_level == 0.95").set_index("test")
    ranks, ratio = oracle.loc["signed_rank_exact"], oracle.loc["ratio"]
    found = row[["median_change", "median_low", "median_high", "p_value"]].tolist()
    assert found == pytest.approx(ranks[["estimate", "conf_low", "conf_high", "p_value"]].tolist(), rel=1e-8)
    assert row[["estimate", "conf_low", "conf_high"]].tolist() == pytest.approx(
        ratio[["estimate", "conf_low", "conf_high"]].tolist(), rel=1e-8
    )
    assert [note.code for note in result.notes] == ["W-03"]


def test_change_is_a_ratio_on_a_log_axis_a_difference_elsewhere_and_nothing_at_baseline():
    rows = [("A", 0, "upcr_g_g", 8), ("A", 6, "upcr_g_g", 2), ("A", 0, "albumin_g_l", 20), ("A", 6, "albumin_g_l", 35)]
    rows += [("B", 6, "upcr_g_g", 5)]  # no baseline: left out
    course = describe_changes(a_view({"A": "RTX", "B": "RTX"}, rows), ("upcr_g_g", "albumin_g_l")).course
    assert course.lines.set_index("variable")["shown_value"].to_dict() == {"upcr_g_g": 0.25, "albumin_g_l": 15.0}
    assert course.summary["month"].min() == 3
    at_six = course.summary.query("month == 6").set_index("variable")
    assert at_six["n_measured"].to_dict() == {"upcr_g_g": 1, "albumin_g_l": 1}
    assert course.thresholds.set_index("variable")["value"].to_dict() == {"upcr_g_g": 1.0, "albumin_g_l": 0.0}


def test_holm_and_the_number_of_tests(sample):
    result = compare_visits(sample, ("proteinuria_g_24h", "albumin_g_l"))
    albumin = result.rows.query("variable == 'albumin_g_l'")
    raw = np.sort(albumin["p_value"])
    expected = np.minimum(np.maximum.accumulate(raw * np.array([4, 3, 2, 1])), 1)
    assert np.sort(albumin["p_holm"]).tolist() == pytest.approx(expected.tolist())
    note = next(note.text for note in result.notes if note.code == "W-02")
    assert note == "2 labs × 4 visits = 8 tests; about 0.4 would be below 0.05 by chance."
    assert set(result.rows["method"]) == {
        "Welch t-test", "Mann-Whitney U test (normal approximation with tie and continuity correction)",
    }  # fmt: skip


def test_kinds_and_variances_choose_the_test(sample):
    def method(**options: str) -> str:
        view = select_view(sample.cohort, replace(sample.spec, labs=LabsOptions(**options)))
        return compare_visits(view, ("albumin_g_l",)).rows["method"].iloc[0]

    assert method(kinds="medians").startswith("Mann-Whitney")
    assert "equal variances" in method(variances="equal_variances").lower() or "Student" in method(
        variances="equal_variances"
    )


def test_shift_counts_pairs_and_directions():
    rows = [("A", 0, "albumin_g_l", 20), ("A", 12, "albumin_g_l", 30), ("B", 0, "albumin_g_l", 25)]
    rows += [("C", 0, "albumin_g_l", 25), ("C", 12, "albumin_g_l", 25)]
    result = describe_shift(a_view({"A": "RTX", "B": "RTX", "C": "RTX"}, rows), ("albumin_g_l",))
    row = result.counts.iloc[0]
    assert row[["n_pairs", "n_total", "n_only_before", "n_lower", "n_same", "n_higher"]].tolist() == [2, 3, 1, 0, 1, 1]
    assert result.month == 12.0


def test_patients_stand_by_best_response_and_its_month(sample):
    spec = sample.spec
    outcomes = derive_outcomes(sample.cohort, spec.rule, schedule=spec.schedule, time_axis=spec.time_axis)
    order = order_patients(sample, "proteinuria_g_24h", outcomes, group="RTX+TAC").order
    assert order["status"].value_counts().to_dict() == {"CR": 12, "PR": 17, "NR": 5}  # domain.md 5.1
    assert order["status"].tolist() == ["CR"] * 12 + ["PR"] * 17 + ["NR"] * 5
    assert order["time"][:12].tolist() == sorted([6.0] * 4 + [9.0] * 3 + [12.0] * 5)


def test_an_unattended_visit_and_a_single_patient_give_reasons():
    rows = [("A", 0, "albumin_g_l", 20), ("A", 12, "albumin_g_l", 30), ("B", 0, "albumin_g_l", 22)]
    view = a_view({"A": "X", "B": "Y"}, rows)
    summary = describe_trajectories(view, ("albumin_g_l",)).summary
    assert summary.query("month == 6")["reason"].tolist() == ["no value in X at month 6", "no value in Y at month 6"]
    assert compare_visits(view, ("albumin_g_l",)).rows["reason"].str.contains("fewer than 8").all()
    adjusted = compare_adjusted(view, ("albumin_g_l",)).rows
    assert adjusted["reason"].tolist() == ["not estimable: fewer than two values in the reference group"]
    assert "fewer than 10" in fit_course(view, "albumin_g_l").reason
    within = describe_changes(view, ("albumin_g_l",)).within.query("month == 12").set_index("group")
    assert within.loc["X", "reason"] == "no P: fewer than 5 pairs"
    assert math.isnan(within.loc["X", "p_value"])
    assert within.loc["Y", "reason"] == "not estimable: no patient has both values"


def test_values_all_below_detection_constant_or_not_positive_give_reasons():
    groups = {f"{arm}{n}": arm for arm in "XY" for n in range(9)}
    rows = [(who, month, "pla2r_ru_ml", 2, "lt") for who in groups for month in (0, 12)]
    rows += [(who, month, "albumin_g_l", 30) for who in groups for month in (0, 12)]
    rows += [(who, month, "upcr_g_g", 0) for who in groups for month in (0, 12)]
    view = a_view(groups, rows, lab_summary="mean_ci")
    names = ("pla2r_ru_ml", "albumin_g_l", "upcr_g_g")
    summary = describe_trajectories(view, names).summary.query("month == 12").set_index(["variable", "group"])
    assert summary.loc[("pla2r_ru_ml", "X"), ["estimate", "n_limit"]].tolist() == [pytest.approx(1.0), 9]
    assert summary.loc[("upcr_g_g", "X"), "reason"].startswith("not estimable: no value above 0")
    tests = compare_visits(view, names).rows.query("month == 12")
    assert tests["p_value"].isna().all()
    assert (tests["reason"] != "").all()
    adjusted = compare_adjusted(view, names).rows.set_index("variable")
    assert (adjusted["reason"] != "").all()
    assert "no logarithm" in adjusted.loc["upcr_g_g", "reason"]


@pytest.mark.parametrize("grouping", [None, "fsgs_variant", "steroid_class"])
def test_single_arm_and_small_groups_are_described(grouping):
    cohort = load_sample("fsgs")
    levels = tuple(cohort.patients[grouping].dropna().unique()) if grouping else ()
    view = select_view(cohort, replace(propose_spec(cohort), group_column=grouping, group_levels=levels))
    visit = describe_visit(view, ("upcr_g_g",))
    assert visit.rows.query("variable == 'upcr_g_g'")["n"].sum() == 6  # domain.md 3.9: 14/12/6
    assert visit.tests["p_value"].isna().all()
    assert len(compare_adjusted(view, ("upcr_g_g",)).rows) == max(len(view.groups) - 1, 0)
    assert not [note for note in visit.notes if note.code == "W-02"]
