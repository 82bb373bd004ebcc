"""Do the choices of the baseline page reach the table: tests, summaries, rows, levels, differences, remarks?"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.baseline import BaselineResult, describe_baseline, describe_row, level_token, row_token
from analysis.baseline.shape import find_far_out, has_two_humps
from analysis.cohort.samples import load_sample
from analysis.options import BaselineOptions
from analysis.study import StudySpec, View, select_view
from tests.cohorts import make_cohort

ORACLES = Path(__file__).parents[1] / "oracles"
ARMS = ("Xanomeline High Dose", "Xanomeline Low Dose", "Placebo")


def view_of(patients: dict[str, dict], groups: tuple[str, ...], **options: object) -> View:
    spec = StudySpec(group_column="regimen_group", group_levels=groups, baseline=BaselineOptions(**options))
    return select_view(make_cohort(patients, [("0", 0, {"albumin_g_l": 20.0})]), spec)


def describe(values: dict[str, list], sizes: dict[str, int], **options: object) -> BaselineResult:
    """Describe columns of patients who come group after group."""
    arms = [group for group, n in sizes.items() for _ in range(n)]
    patients = {
        str(place): {"regimen_group": arm, **{name: column[place] for name, column in values.items()}}
        for place, arm in enumerate(arms)
    }
    return describe_baseline(view_of(patients, tuple(sizes), **options), tuple(values))


def only(frame: pd.DataFrame, variable: str) -> pd.Series:
    rows = frame[frame["variable"] == variable]
    assert len(rows) == 1
    return rows.iloc[0]


def cdisc_view(**options: object) -> View:
    """Build a cohort from the demographics of the CDISC pilot study."""
    names = {"TRT01P": "regimen_group", "AGE": "age_years", "SEX": "sex", "WEIGHTBL": "weight_kg", "BMIBL": "bmi_kg_m2"}
    table = pd.read_csv(ORACLES / "cdisc_pilot_input.csv").rename(columns=names)
    table["sex"] = table["sex"].map({"F": "female", "M": "male"})
    return view_of({str(place): dict(row) for place, row in table.iterrows()}, ARMS, **options)


@pytest.mark.parametrize(
    ("variable", "source", "test", "options"),
    [
        ("age_years", "AGE", "anova", {"equal_variances": True}),
        ("weight_kg", "WEIGHTBL", "anova", {"equal_variances": True}),
        ("bmi_kg_m2", "BMIBL", "anova", {"equal_variances": True}),
        ("sex", "SEX", "pearson", {"categorical_test": "pearson"}),
        ("age_years", "AGE", "welch_anova", {}),
        ("weight_kg", "WEIGHTBL", "welch_anova", {}),
        ("bmi_kg_m2", "BMIBL", "kruskal", {"summary": "median"}),
        ("weight_kg", "WEIGHTBL", "kruskal", {"summaries": ("weight_kg:median",)}),
    ],
)
def test_p_values_of_the_cdisc_pilot_agree_with_r_and_its_published_table(variable, source, test, options):
    oracle = pd.read_csv(ORACLES / "cdisc_pilot.csv").set_index(["variable", "test"]).loc[(source, test)]
    result = describe_baseline(cdisc_view(p_values=True, **options), (variable,))
    found = only(result.tests, variable)
    assert [result.group_sizes[arm] for arm in ("Placebo", *ARMS[1::-1])] == [86, 84, 84]
    assert found["p_value"] == pytest.approx(oracle["p_value"], rel=1e-8)
    assert found["n"] == oracle["n"]
    if not math.isnan(oracle["published_p"]):
        assert round(found["p_value"], 4) == oracle["published_p"]


def test_without_p_values_nothing_is_tested_and_no_slow_test_is_called(monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a test was made")

    monkeypatch.setattr("analysis.baseline.description.compare_row", refuse)
    result = describe_baseline(cdisc_view())
    assert result.tests.empty
    assert "No test was made." in result.method.sentence


# Each option names its own test; two groups, so that the difference comes with it.
@pytest.mark.parametrize(
    ("options", "method"),
    [
        ({}, "Fisher's exact test"),
        ({"categorical_test": "pearson"}, "Pearson chi-square test without continuity correction"),
        ({"categorical_test": "yates"}, "Pearson chi-square test with continuity correction"),
        ({"categorical_test": "mid_p"}, "Fisher's exact test with mid-P"),
        ({"categorical_test": "boschloo"}, "Boschloo's exact test"),
    ],
)
def test_each_test_of_a_dichotomy_can_be_chosen(options, method):
    flags = ["yes"] * 6 + ["no"] * 4 + ["yes"] * 2 + ["no"] * 8
    found = only(describe({"diabetes": flags}, {"A": 10, "B": 10}, p_values=True, **options).tests, "diabetes")
    assert found["method"] == method
    assert found["estimate"] == pytest.approx(0.4)
    assert 0 < found["p_value"] < 0.25


def test_larger_tables_have_one_overall_test():
    stages = ["I"] * 8 + ["II"] * 1 + ["III"] * 1 + ["I"] * 2 + ["II"] * 4 + ["III"] * 4
    found = only(describe({"mn_stage": stages}, {"A": 10, "B": 10}, p_values=True).tests, "mn_stage")
    assert found["method"] == "Fisher-Freeman-Halton exact test"


@pytest.mark.parametrize(
    ("options", "method", "estimate"),
    [
        ({}, "Welch t-test", 5.5),
        ({"equal_variances": True}, "Student t-test (equal variances)", 5.5),
        ({"summary": "median"}, "Mann-Whitney U test (exact)", 5.5),
    ],
)
def test_each_test_of_two_groups_comes_with_its_difference(options, method, estimate):
    ages = [50.5 + n for n in range(9)] + [45.0 + n for n in range(9)]  # means 54.5 and 49
    result = describe({"age_years": ages}, {"A": 9, "B": 9}, p_values=True, **options)
    found = only(result.tests, "age_years")
    assert found["method"] == method
    assert found["estimate"] == pytest.approx(estimate)
    assert found["conf_low"] < estimate < found["conf_high"]
    assert math.isnan(found["spread_p"]) == (options == {"summary": "median"})


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"age_years": [50.0 + n for n in range(12)]}, "no test: a group has 4 known values, fewer than 8"),
        ({"diabetes": ["yes"] * 6 + ["no"] * 6}, "no test: a group has fewer than 5 known values"),
    ],
)
def test_tiny_groups_get_a_reason_instead_of_a_p_value(values, reason):
    found = describe(values, {"A": 4, "B": 8}, p_values=True).tests.iloc[0]
    assert math.isnan(found["p_value"])
    assert found["reason"] == reason


def test_a_level_hardly_anybody_has_is_not_tested():
    flags = ["yes"] + ["no"] * 9 + ["yes"] + ["no"] * 9
    found = only(describe({"stroke": flags}, {"A": 10, "B": 10}, p_values=True).tests, "stroke")
    assert found["reason"] == "no test: fewer than 3 patients have the rarer level"


def test_a_single_group_has_no_comparison_and_no_word_about_one():
    spec = StudySpec(baseline=BaselineOptions(p_values=True))
    result = describe_baseline(select_view(load_sample("fsgs"), spec))
    assert result.contrasts.empty
    assert result.tests.empty
    assert "difference" not in result.method.sentence
    assert result.method.references == ()
    assert result.groups == ("All patients",)


def test_automatic_summaries_look_at_each_group():
    rng = np.random.default_rng(20230712)
    values = {"age_years": rng.normal(50, 5, 40).tolist(), "albumin": rng.lognormal(0, 1, 40).tolist()}
    result = describe(values, {"A": 20, "B": 20}, summary="auto")
    kinds = result.rows.drop_duplicates("variable").set_index("variable")
    assert kinds.loc["age_years", "kind"] == "mean"
    assert kinds.loc["albumin", "kind"] == "median"
    assert kinds.loc["albumin", "summary_reason"] == "Shapiro-Wilk P below 0.05 in a group"


def test_one_row_can_have_its_own_summary_and_a_row_of_the_file_goes_by_its_hash():
    values = {"age_years": [40.0 + n for n in range(16)], "my score": [float(n) for n in range(16)]}
    token = row_token("my score")
    assert "score" not in token
    result = describe(values, {"A": 8, "B": 8}, summaries=(f"{token}:range", "age_years:median"))
    kinds = result.rows.drop_duplicates("variable").set_index("variable")["kind"]
    assert dict(kinds) == {"age_years": "median", "my score": "range"}


def test_rows_and_levels_come_in_the_order_chosen():
    spec = StudySpec(
        group_column="regimen_group",
        group_levels=("RTX+TAC", "RTX"),
        withdrawn="excluded",
        baseline=BaselineOptions(
            rows=("mn_stage", "age_years", "sex", "no_such_row"),
            levels=(level_token("mn_stage", "III"), level_token("mn_stage", "I"), level_token("sex", "female")),
            overall=False,
        ),
    )
    result = describe_baseline(select_view(load_sample("imn"), spec))
    assert list(result.rows["variable"].unique()) == ["mn_stage", "age_years", "sex"]
    assert list(result.rows.query("variable == 'mn_stage' and group == 'RTX'")["level"]) == ["III", "I"]
    assert result.groups == ("RTX+TAC", "RTX")
    female = result.rows.query("variable == 'sex' and group == 'RTX'").iloc[0]
    assert (female["kind"], female["count"], female["n"]) == ("binary", 14, 57)  # 57 less 43 men
    stage = result.rows.query("variable == 'mn_stage' and group == 'RTX' and level == 'I'").iloc[0]
    assert (stage["count"], stage["n"]) == (41, 57)


def test_many_groups_show_the_pair_furthest_apart():
    sizes = {"A": 9, "B": 9, "C": 9, "D": 9, "E": 9}
    base = [float(n) for n in range(9)]  # SD 2.7386 in every group
    ages = [value + shift for shift in (0, 1, 5, 2, 3) for value in base]
    found = describe({"age_years": ages}, sizes)
    assert found.contrasts.empty
    row = only(found.largest, "age_years")
    assert (row["group"], row["reference_group"]) == ("C", "A")
    assert row["smd"] == pytest.approx(5 / math.sqrt(7.5))  # variance of 0 to 8: 60 / 8
    assert row["null_high"] == pytest.approx(1.96 * math.sqrt(2 / 9))
    wide = describe({"age_years": ages}, sizes, smd="reference")
    assert list(wide.contrasts["group"]) == ["A", "B", "C", "D"]
    assert describe({"age_years": ages}, sizes, smd="hidden").largest.empty


def test_tiny_groups_are_never_the_pair_furthest_apart_nor_the_reason_of_the_others():
    sizes = {"A": 9, "B": 9, "C": 4, "D": 1}
    ages = [float(n) for n in range(9)] + [float(n) + 1 for n in range(9)] + [90.0, 91, 92, 93, 50]
    found = describe({"age_years": ages}, sizes, smd="largest")
    row = only(found.largest, "age_years")
    assert (row["group"], row["reference_group"]) == ("B", "A")
    assert (row["n_pairs"], row["n_left_out"]) == (1, 5)
    constant = describe({"weight_kg": [5.0] * 23}, sizes, smd="largest").largest
    assert only(constant, "weight_kg")["reason"] == "no spread in either group"
    few = only(describe({"age_years": ages[-5:]}, {"C": 4, "D": 1}, smd="largest").largest, "age_years")
    assert math.isnan(few["smd"])
    assert few["reason"] == "fewer than two groups with 5 values"


def test_a_tiny_group_that_stops_every_test_is_named_with_what_to_do():
    values = [float(n % 10) for n in range(30)]
    tested = describe({"age_years": values[:21]}, {"A": 10, "B": 10, "CsA": 1}, p_values=True)
    assert [note.text for note in tested.notes if note.code == "W-01"] == [
        "CsA has 1 patient: no test of all groups in any row, which needs 8 values in every group, of a category 5; "
        "leave it out of Groups to test the others."
    ]
    seven = describe({"age_years": values[:27]}, {"A": 10, "B": 10, "MMF": 7}, p_values=True)
    assert "MMF has 7 patients: no test of all groups in a row of numbers" in " ".join(
        note.text for note in seven.notes
    )
    whole = describe({"age_years": values}, {"A": 10, "B": 10, "C": 10}, p_values=True)
    assert not [note for note in whole.notes if note.code == "W-01"]
    untested = describe({"age_years": values[:21]}, {"A": 10, "B": 10, "CsA": 1})
    assert not [note for note in untested.notes if note.code == "W-01"]


def test_one_row_opens_to_its_patients_and_its_pairs_with_holm():
    row = describe_row(cdisc_view(p_values=True), "weight_kg")
    assert len(row.values) == 254
    assert row.values["value"].isna().sum() == 1
    assert list(row.pairs["group"]) == ["Xanomeline Low Dose", "Placebo", "Placebo"]
    assert (row.pairs["p_holm"] >= row.pairs["p_value"]).all()
    assert row.pairs["p_holm"].min() == pytest.approx(3 * row.pairs["p_value"].min())
    sex = describe_row(cdisc_view(), "sex")
    assert sex.levels == ("male", "female")
    assert sex.pairs.empty
    placebo = sex.values[sex.values["group"] == "Placebo"]
    assert (placebo["level"] == "male").sum() == sex.table.rows.query("group == 'Placebo'")["count"].iloc[0]


def test_far_values_two_humps_copies_and_twins_are_pointed_out():
    rng = np.random.default_rng(20230712)
    ages = rng.normal(50, 5, 60)
    ages[7] = 150.0
    humps = np.append(rng.normal(20, 2, 30), rng.normal(40, 2, 30))
    values = {"age_years": ages.tolist(), "weight_kg": humps.tolist(), "bmi_kg_m2": humps.tolist()}
    notes = {note.code: note for note in describe(values, {"A": 30, "B": 30}).notes}
    assert notes["R-FAR"].patient_ids == ("7",)
    assert "Age at first rituximab (1)" in notes["R-FAR"].text
    assert "Body weight" in notes["R-HUMPS"].text
    assert "Age" not in notes["R-HUMPS"].text
    assert "Body weight = Body mass index" in notes["R-COPIED"].text
    assert "R-TWINS" not in notes
    five = {name: [1.0, 1.0, 2.0, 3.0] for name in ("age_years", "weight_kg", "bmi_kg_m2", "height_cm", "bsa_m2")}
    assert {note.code: note for note in describe(five, {"A": 2, "B": 2}).notes}["R-TWINS"].patient_ids == ("0", "1")


def test_normal_values_seldom_show_two_humps_and_few_values_are_left_alone():
    rng = np.random.default_rng(20230712)
    found = sum(has_two_humps(rng.normal(size=91)) for _ in range(200))
    assert found <= 10  # at most one in twenty
    assert not has_two_humps(np.array([1.0, 2.0] * 9))
    assert not find_far_out(np.array([1.0] * 19 + [100.0])).any()  # the quartiles coincide
    assert find_far_out(np.append(np.arange(20.0), 100.0)).tolist() == [False] * 20 + [True]


def test_forty_levels_one_patient_and_all_missing_still_give_a_table():
    known = {"fsgs_variant": [f"variant {n}" for n in range(40)], "age_years": [np.nan] * 40}
    result = describe(known, {"A": 39, "B": 1}, p_values=True, missing="row")
    assert (result.rows["variable"] == "fsgs_variant").sum() == 40 * 3
    assert result.tests["p_value"].isna().all()
    assert set(result.contrasts.set_index("variable").loc["age_years", ["reason"]]) == {"no value in A or B"}
