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
from analysis.estimators.paired import estimate_median_change
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
NOT_MEASURED = "not measured at this visit"


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
    untested = compare_visits(view, ("albumin_g_l",)).rows.set_index("month")["reason"]
    assert untested.to_dict() == {3: NOT_MEASURED, 6: NOT_MEASURED, 9: NOT_MEASURED, 12: f"{NOT_MEASURED} in Y"}
    adjusted = compare_adjusted(view, ("albumin_g_l",)).rows
    assert adjusted["reason"].tolist() == ["not estimable: fewer than two values in the reference group"]
    assert "fewer than 10" in fit_course(view, "albumin_g_l").reason
    within = describe_changes(view, ("albumin_g_l",)).within.query("month == 12").set_index("group")
    assert within.loc["X", "reason"] == "no test: 1 pair, fewer than 8"
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


def arms(n_x: int, n_y: int) -> dict[str, str]:
    return {**{f"X{n}": "X" for n in range(n_x)}, **{f"Y{n}": "Y" for n in range(n_y)}}


@pytest.mark.parametrize(("n_x", "words"), [(4, "fewer than 5 known values"), (6, "rarer level"), (9, "")])
def test_shares_of_small_groups_and_rare_results_are_not_tested(n_x, words):
    groups, last = arms(n_x, 12), (f"X{n_x - 1}", *(f"Y{n}" for n in range(1 if n_x == 6 else 5)))
    rows = [(who, 12, "pla2r_ru_ml", 80 if who in last else 5) for who in groups]
    tests = describe_visit(a_view(groups, rows), ("pla2r_ru_ml",)).tests.set_index("variable")
    share = tests.loc["pla2r_positive"]
    assert words in share["reason"]
    assert share[["estimate", "conf_low", "p_value"]].isna().all() == bool(words)


def test_adjusted_comparison_needs_eight_pairs_in_each_group_and_counts_both():
    rng = np.random.default_rng(7)
    groups = {**arms(7, 9), **{f"Z{n}": "Z" for n in range(10)}}
    rows = [(who, month, "albumin_g_l", rng.normal(25 + month, 4)) for who in groups for month in (0, 12)]
    result = compare_adjusted(a_view(groups, rows, reference_group="Z"), ("albumin_g_l",))
    small, large = (result.rows.set_index("group").loc[group] for group in "XY")
    assert (small["n_group"], small["n_reference"], large["n_group"]) == (7, 10, 9)
    assert small["reason"] == "no estimate: a group has 7 patients with both values, fewer than 8"
    assert small[["estimate", "conf_low", "conf_high", "p_value"]].isna().all()
    assert large["conf_low"] < large["estimate"] < large["conf_high"]


@pytest.mark.parametrize(("smallest", "place"), [(0.2, 0.1), (0.69, 0.15), (0.5, 0.25)])
def test_zero_on_logarithms_stays_below_the_threshold_and_is_counted(smallest, place):
    groups = arms(9, 9)
    rows = [(who, 0, "proteinuria_g_24h", 4 + n) for n, who in enumerate(groups)]
    rows += [(who, 12, "proteinuria_g_24h", 0 if n < 3 else smallest + n - 3) for n, who in enumerate(groups)]
    view = a_view(groups, rows)
    lines = describe_trajectories(view, ("proteinuria_g_24h",)).lines
    assert lines.loc[lines["value"] == 0, "shown_value"].unique().tolist() == [pytest.approx(place)]
    for result in (
        compare_adjusted(view, ("proteinuria_g_24h",)),
        describe_changes(view, ("proteinuria_g_24h",)),
    ):
        note = next(note for note in result.notes if note.code == "R-ZERO")
        assert note.text == f"24-h urine protein: 3 of 36 values of zero or below, on logarithms at {place:g}."
        assert note.patient_ids == ("X0", "X1", "X2")
    assert describe_shift(view, ("proteinuria_g_24h",)).points["limited"].sum() == 3


def test_limits_are_counted_where_a_comparison_or_a_model_uses_them(sample):
    for result in (compare_adjusted(sample, ("pla2r_ru_ml",)), fit_course(sample, "pla2r_ru_ml")):
        limits = [note for note in result.notes if note.code == "R-LIMIT"]
        lines = describe_trajectories(sample, ("pla2r_ru_ml",)).lines
        assert bool(limits) == bool((lines["qualifier"] == "lt").any())
    groups = arms(9, 9)
    rows = [(who, 0, "pla2r_ru_ml", 90 + n) for n, who in enumerate(groups)]
    rows += [(who, 12, "pla2r_ru_ml", 2, "lt") if n % 2 else (who, 12, "pla2r_ru_ml", 30 + n)
             for n, who in enumerate(groups)]  # fmt: skip
    found = compare_adjusted(a_view(groups, rows), ("pla2r_ru_ml",)).notes
    assert [note.text for note in found if note.code == "R-LIMIT"] == [
        "Anti-PLA2R (ELISA): 9 of 36 values below or above detection, at half the lower limit or at the upper."
    ]


def test_tests_are_counted_by_what_is_compared():
    rng = np.random.default_rng(3)
    groups = {f"{arm}{n}": arm for arm in "VWXYZ" for n in range(9)}
    rows = [(who, month, name, rng.normal(30, 4))
            for who in groups for month in (0, 12) for name in ("albumin_g_l", "egfr")]  # fmt: skip
    view = a_view(groups, rows, schedule=(0.0, 12.0))
    names = ("albumin_g_l", "egfr")

    def counted(result: object) -> list[str]:
        return [note.text.split("; about")[0] for note in result.notes if note.code == "W-02"]

    assert counted(compare_adjusted(view, names)) == ["2 labs × 4 comparisons × 1 visit = 8 tests"]
    assert counted(describe_changes(view, names)) == ["2 labs × 5 groups × 1 visit = 10 tests"]
    assert counted(describe_visit(view, names)) == [
        "2 variables × 1 visit = 2 tests",
        "2 variables × 10 pairs = 20 tests",
    ]
    sample = load_sample("imn")
    model = fit_course(select_view(sample, replace(propose_spec(sample), withdrawn="excluded")), "albumin_g_l")
    assert counted(model) == ["1 comparison × 4 visits = 4 tests"]


def test_very_few_pairs_are_described_by_their_range():
    groups = arms(3, 9)
    rows = [(who, month, "upcr_g_g", 8 if month == 0 else 1 + n) for n, who in enumerate(groups) for month in (0, 12)]
    within = describe_changes(a_view(groups, rows), ("upcr_g_g",)).within.query("month == 12").set_index("group")
    row = within.loc["X"]
    assert row[["median_kind", "n"]].tolist() == ["range", 3]
    assert row[["median_low", "median_change", "median_high"]].tolist() == [-7, -6, -5]
    assert row[["estimate", "conf_low", "p_value"]].isna().all()
    assert row["reason"] == "no test: 3 pairs, fewer than 8"
    assert within.loc["Y", "median_kind"] == "pseudo"


def test_a_measured_zero_counts_as_zero_in_changes_and_is_lifted_only_in_ratios():
    before, after = [0.0, 6, 8, 4, 7, 9, 3, 5, 2], [5.0, 0, 1, 0.4, 2, 3, 0, 1, 0.5]
    groups = {f"P{n}": "X" if n < 9 else "Y" for n in range(12)}
    rows = [(f"P{n}", 0, "proteinuria_g_24h", value) for n, value in enumerate([*before, *before[:3]])]
    rows += [(f"P{n}", 12, "proteinuria_g_24h", value) for n, value in enumerate([*after, *after[:3]])]
    result = describe_changes(a_view(groups, rows), ("proteinuria_g_24h",))
    within = result.within.query("month == 12").set_index("group")
    many, few = within.loc["X"], within.loc["Y"]
    ranks = estimate_median_change(after, before)
    found = many[["median_change", "median_low", "median_high", "p_value"]].tolist()
    assert found == [ranks.estimate, ranks.conf_low, ranks.conf_high, ranks.p_value]
    assert few[["median_low", "median_change", "median_high"]].tolist() == [-7, -6, 5]
    assert many["kind"] == "ratio"
    assert many["estimate"] > 0


def test_a_single_group_is_not_told_to_compare_groups():
    rows = [("A", 0, "albumin_g_l", 20), ("A", 12, "albumin_g_l", 30)]
    for view, compares in ((a_view({"A": "X"}, rows), False), (a_view({"A": "X", "B": "Y"}, rows), True)):
        for result in (describe_changes(view, ("albumin_g_l",)), describe_shift(view, ("albumin_g_l",))):
            text = next(note.text for note in result.notes if note.code == "W-03")
            assert ("groups" in text) == compares
            assert ("single group" in text) != compares


def test_few_values_show_smallest_and_largest_over_time_as_at_one_visit():
    groups = arms(7, 8)
    rows = [(who, 0, "upcr_g_g", 1.0 + n) for n, who in enumerate(groups)]
    summary = describe_trajectories(a_view(groups, rows), ("upcr_g_g",)).summary.query("month == 0").set_index("group")
    assert summary["kind"].to_dict() == {"X": "range", "Y": "median"}
    assert summary.loc["X", ["conf_low", "estimate", "conf_high"]].tolist() == [1, 4, 7]
    assert summary.loc["Y", "conf_low"] > 8


def test_a_mean_with_a_huge_sd_is_remarked_on():
    groups = arms(9, 9)
    rows = [(who, 12, "bcell_count_ul", 200 if n == 0 else n % 9) for n, who in enumerate(groups)]
    rows += [(who, 12, "albumin_g_l", 30 + n) for n, who in enumerate(groups)]
    note = next(
        n for n in describe_visit(a_view(groups, rows), ("bcell_count_ul", "albumin_g_l")).notes if n.code == "R-SKEW"
    )
    assert note.text.endswith("adjusted for baseline: Peripheral B cells.")


def test_one_small_group_keeps_its_range_to_itself_at_one_visit():
    groups = {**arms(9, 8), "Z0": "Z"}
    rows = [(who, 12, "albumin_g_l", 30.0 + n) for n, who in enumerate(groups)]
    visit = describe_visit(a_view(groups, rows), ("albumin_g_l",))
    assert visit.rows.set_index("group")["kind"].to_dict() == {"X": "mean", "Y": "mean", "Z": "range"}
    assert visit.tests["reason"].tolist() == ["no test: a group has 1 known value, fewer than 8"]
