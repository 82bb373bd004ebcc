"""Does the baseline table count, summarise and compare as domain.md 3.2 asks, also where data are thin?"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.baseline import BaselineResult, describe_baseline
from analysis.cohort.model import (
    ADVERSE_EVENT_COLUMNS,
    DOSE_COLUMNS,
    EVENT_COLUMNS,
    VISIT_COLUMNS,
    Cohort,
    Provenance,
)
from analysis.cohort.samples import load_sample
from analysis.results import CohortError
from analysis.study import Filter, StudySpec, select_view

ORACLES = Path(__file__).parents[1] / "oracles"
TWO = {"group_column": "regimen_group", "group_levels": ("RTX+TAC", "RTX")}


def a_cohort(patients: pd.DataFrame, labs: list[tuple] = ()) -> Cohort:
    """Build a cohort; ``labs`` holds (patient_id, variable, value, qualifier) on day 0."""
    visits = [(who, 0.0, 0.0, False, name, value, sign) for who, name, value, sign in labs]
    types = {"day": float, "month": float, "value": float}
    return Cohort(
        name="made for a test",
        patients=patients,
        visits=pd.DataFrame(visits, columns=VISIT_COLUMNS).astype(types),
        doses=pd.DataFrame(columns=DOSE_COLUMNS),
        adverse_events=pd.DataFrame(columns=ADVERSE_EVENT_COLUMNS),
        events=pd.DataFrame(columns=EVENT_COLUMNS),
        provenance=Provenance(source="test", sha256=""),
    )


def arms(n_combined: int, n_alone: int, **columns: list) -> pd.DataFrame:
    group = ["RTX+TAC"] * n_combined + ["RTX"] * n_alone
    ids = [f"P{number:02d}" for number in range(len(group))]
    return pd.DataFrame({"patient_id": ids, "regimen_group": group, **columns})


def describe(patients: pd.DataFrame, labs: list[tuple] = (), **choices: object) -> BaselineResult:
    return describe_baseline(select_view(a_cohort(patients, labs), StudySpec(**{**TWO, **choices})))


def cell(result: BaselineResult, variable: str, group: str, level: str | None = None) -> pd.Series:
    rows = result.rows[(result.rows["variable"] == variable) & (result.rows["group"] == group)]
    rows = rows if level is None else rows[rows["level"] == level]
    assert len(rows) == 1
    return rows.iloc[0]


def contrast(result: BaselineResult, variable: str) -> pd.Series:
    rows = result.contrasts[result.contrasts["variable"] == variable]
    assert len(rows) == 1
    return rows.iloc[0]


@pytest.fixture(scope="module")
def sample() -> BaselineResult:
    spec = StudySpec(**TWO, withdrawn="excluded")
    return describe_baseline(select_view(load_sample("imn"), spec))


# domain.md 5.1, exact targets (paper 1, Table 1)
TABLE_1 = [
    ("sex", "male", 25, 43),
    ("hypertension", "yes", 21, 36),
    ("coronary_heart_disease", "yes", 1, 3),
    ("diabetes", "yes", 6, 11),
    ("stroke", "yes", 2, 5),
    ("mn_stage", "I", 25, 41),
    ("mn_stage", "II", 6, 10),
    ("mn_stage", "III", 3, 6),
    ("pla2r_positive", "yes", 23, 37),
    ("prior_gc_ctx", "yes", 22, 38),
    ("prior_gc_csa", "yes", 25, 43),
    ("prior_gc_ctx_and_gc_csa", "yes", 13, 24),
]


@pytest.mark.parametrize(("variable", "level", "combined", "alone"), TABLE_1)
def test_the_sample_has_the_counts_of_the_published_table(sample, variable, level, combined, alone):
    assert cell(sample, variable, "RTX+TAC", level)["count"] == combined
    assert cell(sample, variable, "RTX", level)["count"] == alone
    assert cell(sample, variable, "Overall", level)["count"] == combined + alone
    assert len(cell(sample, variable, "RTX", level)["patient_ids"]) == alone


def test_denominators_are_those_with_a_value(sample):
    combined, alone = (cell(sample, "pla2r_positive", group) for group in ("RTX+TAC", "RTX"))
    assert (combined["n"], combined["n_missing"], alone["n"], alone["n_missing"]) == (33, 1, 56, 1)
    assert combined["proportion"] == 23 / 33
    assert len(combined["patient_ids_missing"]) == 1


FOLLOWS_THE_PAPER = [  # domain.md 5.2; height, body surface and triglyceride SD deviate on purpose
    "age_years",
    "weight_kg",
    "sbp_mmhg",
    "dbp_mmhg",
    "albumin_g_l",
    "egfr",
    "cholesterol_mmol_l",
    "uric_acid_umol_l",
    "hemoglobin_g_l",
]


@pytest.mark.parametrize("variable", FOLLOWS_THE_PAPER)
def test_means_of_the_sample_follow_the_published_ones(sample, variable):
    margins = pd.read_csv(ORACLES.parents[1] / "sample_data" / "designs" / "published_margins_imn.csv")
    margins = margins[(margins["source"] == "Table 1") & (margins["variable"] == variable)]
    assert set(margins["group"]) == {"RTX+TAC", "RTX"}
    for margin in margins.itertuples():
        found = cell(sample, variable, margin.group)
        assert found["kind"] == "mean"
        assert found["mean"] == pytest.approx(margin.mean, rel=0.02)
        assert found["sd"] == pytest.approx(margin.sd, rel=0.05)


def test_medians_of_the_sample_follow_the_published_ones(sample):
    combined, alone = (cell(sample, "proteinuria_g_24h", group) for group in ("RTX+TAC", "RTX"))
    assert combined["kind"] == alone["kind"] == "median"
    assert list(combined[["median", "q1", "q3"]]) == pytest.approx([7.25, 3.53, 9.35], rel=0.06)
    assert list(alone[["median", "q1", "q3"]]) == pytest.approx([8.06, 4.27, 11.35], rel=0.06)


def test_differences_and_null_range_agree_with_r(sample):
    binary = pd.read_csv(ORACLES / "standardised_differences_binary.csv").iloc[0]
    assert (binary["p1"], binary["p0"]) == pytest.approx((25 / 34, 43 / 57))
    levels = pd.read_csv(ORACLES / "standardised_differences_categorical.csv").set_index("dataset").loc["stage"]
    null = pd.read_csv(ORACLES / "standardised_differences_null.csv").iloc[0]
    assert contrast(sample, "sex")["smd"] == pytest.approx(binary["smd"], rel=1e-8)
    assert contrast(sample, "mn_stage")["smd"] == pytest.approx(levels["smd"].iloc[0], rel=1e-8)
    assert contrast(sample, "mn_stage")["scale"] == "levels"
    assert contrast(sample, "sex")["null_high"] == pytest.approx(null["high"], rel=1e-8)
    assert contrast(sample, "sex")["null_low"] == -contrast(sample, "sex")["null_high"]


def test_nothing_after_time_zero_and_no_identifier_is_described(sample):
    described = set(sample.rows["variable"])
    refused = {"followup_months", "rtx_repeat_m6", "tac_start_month", "tac_trough_ng_ml", "patient_id", "synthetic"}
    refused |= {"regimen_group", "eligible", "exclusion_reason", "withdrawal_reason", "cohort"}
    assert not described & refused
    assert list(dict.fromkeys(sample.rows["row_group"]))[:3] == ["Demographics", "Disease", "Kidney"]


def test_levels_of_every_variable_add_up_to_its_values(sample):
    levels = sample.rows[sample.rows["kind"] == "categorical"]
    totals = levels.groupby(["variable", "group"]).agg(count=("count", "sum"), n=("n", "first"))
    assert len(totals) == 3
    assert (totals["count"] == totals["n"]).all()


def test_columns_with_the_same_counts_are_pointed_out(sample):
    texts = {note.code: note.text for note in sample.notes}
    assert "Sex (Male) = Earlier steroid and cyclosporine" in texts["R-DUPLICATE"]
    assert "0.42" in texts["T-BASE"]
    assert "physician" in texts["W-13"]


def test_quartiles_are_of_the_chosen_type():
    values = pd.read_csv(ORACLES / "quantiles_input.csv").query("dataset == 'fsgs_scr'")["value"]
    patients = arms(0, len(values)).drop(columns="regimen_group")
    labs = [(who, "scr_umol_l", value, "") for who, value in zip(patients["patient_id"], values, strict=True)]
    one_group = {"group_column": None, "group_levels": ()}
    for quantile_type in (6, 7):
        oracle = pd.read_csv(ORACLES / "quantiles.csv").query("dataset == 'fsgs_scr' and type == @quantile_type")
        oracle = oracle.set_index("probability")["value"]
        found = cell(describe(patients, labs, quantile_type=quantile_type, **one_group), "scr_umol_l", "All patients")
        assert list(found[["q1", "median", "q3"]]) == pytest.approx(list(oracle[[0.25, 0.5, 0.75]]), rel=1e-8)


def test_one_group_has_no_overall_column_no_contrast_and_no_comparison_note():
    result = describe(arms(0, 9, age_years=[float(age) for age in range(40, 49)]), group_column=None, group_levels=())
    assert result.groups == ("All patients",)
    assert result.contrasts.empty
    assert result.notes == ()
    assert cell(result, "age_years", "All patients")["mean"] == 44


def test_values_below_detection_count_half_their_limit():
    patients = arms(0, 8)
    labs = [(who, "pla2r_ru_ml", 2.0, "lt") for who in patients["patient_id"][:5]]
    labs += [(who, "pla2r_ru_ml", 100.0, "") for who in patients["patient_id"][5:7]]
    labs += [("P07", "pla2r_ru_ml", 1500.0, "gt")]
    found = cell(describe(patients, labs), "pla2r_ru_ml", "RTX")
    assert (found["median"], found["minimum"], found["maximum"], found["n_limit"]) == (1.0, 1.0, 1500.0, 6)


def test_fewer_than_eight_values_show_their_range_and_no_sd():
    few = cell(describe(arms(7, 8, age_years=[30.0, 40, 50, 60, 70, 80, 90, *range(8)])), "age_years", "RTX+TAC")
    assert (few["kind"], few["minimum"], few["median"], few["maximum"]) == ("range", 30, 60, 90)
    assert math.isnan(few["sd"])
    enough = cell(describe(arms(7, 8, age_years=[30.0, 40, 50, 60, 70, 80, 90, *range(8)])), "age_years", "RTX")
    assert enough["kind"] == "mean"
    assert enough["sd"] == pytest.approx(math.sqrt(6))  # variance of 0..7: 42 / 7


def test_skewed_laboratory_values_are_compared_on_the_log_scale():
    patients = arms(3, 3)
    logs = [0.0, 1.0, 2.0, 1.0, 2.0, 3.0]  # means 1 and 2, both SD 1
    labs = [(who, "upcr_g_g", math.exp(log), "") for who, log in zip(patients["patient_id"], logs, strict=True)]
    row = contrast(describe(patients, labs), "upcr_g_g")
    assert row["smd"] == pytest.approx(-1.0)
    assert row["scale"] == "log"


@pytest.mark.parametrize(
    ("ages", "reason"),
    [
        ([50.0] * 6, "no spread in either group"),
        ([np.nan] * 3 + [50.0, 51.0, 52.0], "no value in RTX+TAC"),
        ([50.0, np.nan, np.nan, 50.0, 51.0, 52.0], "fewer than two values in a group"),
        ([np.nan] * 6, "no value in RTX+TAC or RTX"),
    ],
)
def test_a_difference_that_cannot_be_standardised_says_why(ages, reason):
    result = describe(arms(3, 3, age_years=ages))
    assert math.isnan(contrast(result, "age_years")["smd"])
    assert contrast(result, "age_years")["reason"] == reason


def test_equal_decimals_in_groups_of_different_size_are_no_difference():
    result = describe(arms(4, 7, weight_kg=[66.1] * 11))  # the mean of seven 66.1 is not 66.1
    assert math.isnan(contrast(result, "weight_kg")["smd"])
    assert contrast(result, "weight_kg")["reason"] == "no spread in either group"


def test_one_level_and_no_shared_level_say_why():
    result = describe(arms(2, 2, diabetes=["no"] * 4, stroke=["yes", "yes", "no", "no"]))
    assert contrast(result, "diabetes")["reason"] == "all patients have the same level"
    assert contrast(result, "stroke")["reason"] == "the groups have no level in common"
    assert cell(result, "diabetes", "RTX")["count"] == 0


def test_an_empty_group_has_rows_with_a_reason():
    result = describe(arms(0, 9, age_years=[50.0] * 9, sex=["male"] * 9))
    assert result.group_sizes == {"Overall": 9, "RTX+TAC": 0, "RTX": 9}
    assert cell(result, "age_years", "RTX+TAC")["reason"] == "no value in RTX+TAC"
    assert math.isnan(cell(result, "sex", "RTX+TAC")["proportion"])
    assert "T-BASE" not in {note.code for note in result.notes}


def test_a_level_seen_in_one_group_has_a_zero_in_the_other_and_unseen_levels_have_no_row():
    result = describe(arms(2, 2, mn_stage=["I", "III", "I", "I"]))
    assert list(result.rows.query("group == 'RTX'")["level"]) == ["I", "III"]
    assert cell(result, "mn_stage", "RTX", "III")["count"] == 0
    assert cell(result, "mn_stage", "RTX+TAC", "III")["patient_ids"] == ("P01",)


def test_columns_of_the_file_come_last_and_free_text_is_named_as_left_out():
    own = {
        "centre": ["B", "A"] * 7,
        "score": [float(n) for n in range(14)],
        "smoker": [True, False] * 7,
        "remark": [f"text {n}" for n in range(14)],
        "age_years": [50.0] * 14,
    }
    result = describe(arms(7, 7, **own))
    assert list(dict.fromkeys(result.rows["variable"])) == ["age_years", "centre", "score", "smoker"]
    assert set(result.rows.query("variable != 'age_years'")["row_group"]) == {"Other"}
    assert cell(result, "score", "Overall")["mean"] == 6.5
    assert cell(result, "smoker", "Overall")["count"] == 7
    notes = {note.code: note.text for note in result.notes}
    assert notes["R-COLUMNS"] == "Not summarised, more than 12 different texts: remark."
    assert notes["R-CONSTANT"] == "The same value in every patient: Age at first rituximab."


def test_much_missing_is_pointed_out():
    result = describe(arms(5, 5, age_years=[np.nan] * 3 + [50.0 + n for n in range(7)]))
    assert "Missing in more than 20 % of patients: Age at first rituximab." in {note.text for note in result.notes}


def test_asking_for_a_variable_the_file_lacks_says_so():
    with pytest.raises(CohortError, match="bmi_kg_m2"):
        describe_baseline(select_view(a_cohort(arms(2, 2)), StudySpec(**TWO)), ("bmi_kg_m2",))


def test_a_group_called_overall_keeps_its_own_column():
    patients = arms(2, 1, age_years=[40.0, 50.0, 90.0]).replace({"regimen_group": {"RTX": "Overall"}})
    result = describe(patients, group_levels=("RTX+TAC", "Overall"))
    assert result.groups == ("All groups together", "RTX+TAC", "Overall")
    assert cell(result, "age_years", "Overall")["mean"] == 90
    assert cell(result, "age_years", "All groups together")["mean"] == 60


def test_three_groups_are_each_compared_with_the_reference():
    patients = arms(2, 2, age_years=[40.0, 42.0, 50.0, 52.0])
    patients.loc[1:2, "regimen_group"] = "OBI"
    result = describe(patients, group_levels=("RTX+TAC", "OBI", "RTX"), reference_group="OBI")
    assert list(result.contrasts["group"]) == ["RTX+TAC", "RTX"]
    assert set(result.contrasts["reference_group"]) == {"OBI"}


def test_the_order_of_patients_does_not_matter():
    patients = arms(9, 9, age_years=[30.0 + 3 * n for n in range(18)], sex=["male", "female"] * 9)
    straight, turned = describe(patients), describe(patients.iloc[::-1].reset_index(drop=True))
    numbers = ["n", "mean", "sd", "median", "q1", "q3", "count", "proportion"]
    pd.testing.assert_frame_equal(straight.rows[numbers], turned.rows[numbers])
    pd.testing.assert_frame_equal(straight.contrasts, turned.contrasts)


def test_a_filter_that_leaves_nobody_still_gives_a_table():
    result = describe(arms(2, 2, age_years=[40.0, 42.0, 50.0, 52.0]), filters=(Filter(variable="age_years", low=99),))
    assert set(result.rows["n"]) == {0}
    assert contrast(result, "age_years")["reason"] == "no value in RTX+TAC or RTX"


def test_a_value_of_zero_enters_the_log_scale_at_half_the_smallest_positive_value():
    patients = arms(2, 2)
    labs = [(who, "upcr_g_g", value, "") for who, value in zip(patients["patient_id"], (0, 4.0, 2.0, 4.0), strict=True)]
    log2 = math.log(2)  # logs in units of log 2: (0, 2) and (1, 2), variances 2 and 1/2
    expected = (1 * log2 - 1.5 * log2) / (log2 * math.sqrt((2 + 0.5) / 2))
    assert contrast(describe(patients, labs), "upcr_g_g")["smd"] == pytest.approx(expected)


@pytest.mark.parametrize("name", ["hypertension", "mn_stage"])
def test_a_proportion_of_one_patient_has_no_standardised_difference(name):
    levels = ["yes", "no"] if name == "hypertension" else ["I", "II"]
    one = contrast(describe(arms(1, 10, **{name: [levels[0], *levels * 5]})), name)
    assert math.isnan(one["smd"])
    assert one["reason"] == "fewer than two values in a group"
    assert math.isfinite(contrast(describe(arms(2, 10, **{name: [*levels, *levels * 5]})), name)["smd"])
