"""Does the baseline table read as a paper prints it, with its denominators and footnotes?"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.baseline import describe_baseline, describe_row, level_token
from analysis.cohort.model import (
    ADVERSE_EVENT_COLUMNS,
    DOSE_COLUMNS,
    EVENT_COLUMNS,
    VISIT_COLUMNS,
    Cohort,
    Provenance,
)
from analysis.cohort.samples import load_sample
from analysis.options import BaselineOptions
from analysis.study import StudySpec, View, select_view
from present.figures.baseline import row_figure
from present.figures.theme import LIGHT
from present.tables.baseline import baseline_table
from present.tables.baseline_row import patients_table
from present.tables.document import TableDocument

TWO = {"group_column": "regimen_group", "group_levels": ("RTX+TAC", "RTX")}


def table_of(patients: pd.DataFrame, labs: list[tuple] = (), **choices: object) -> TableDocument:
    return baseline_table(describe_baseline(select_from(patients, labs, **choices)))


def select_from(patients: pd.DataFrame, labs: list[tuple] = (), **choices: object) -> View:
    visits = [(who, 0.0, 0.0, False, name, value, sign) for who, name, value, sign in labs]
    cohort = Cohort(
        name="made for a test",
        patients=patients.assign(patient_id=[f"P{number}" for number in range(len(patients))]),
        visits=pd.DataFrame(visits, columns=VISIT_COLUMNS).astype({"day": float, "month": float, "value": float}),
        doses=pd.DataFrame(columns=DOSE_COLUMNS),
        adverse_events=pd.DataFrame(columns=ADVERSE_EVENT_COLUMNS),
        events=pd.DataFrame(columns=EVENT_COLUMNS),
        provenance=Provenance(source="test", sha256=""),
    )
    return select_view(cohort, StudySpec(**{**TWO, **choices}))


def row_of(table: TableDocument, key: str) -> tuple[str, ...]:
    found = [row.cells for row in table.rows if row.key == key]
    assert len(found) == 1
    return found[0]


@pytest.fixture(scope="module")
def sample() -> TableDocument:
    view = select_view(load_sample("imn"), StudySpec(**TWO, withdrawn="excluded"))
    return baseline_table(describe_baseline(view))


@pytest.fixture(scope="module")
def sample_with_tests() -> TableDocument:
    spec = StudySpec(**TWO, withdrawn="excluded", baseline=BaselineOptions(p_values=True))
    return baseline_table(describe_baseline(select_view(load_sample("imn"), spec)))


@pytest.mark.parametrize(
    ("key", "cells"),
    [
        ("sex", ("Male, n (%)", "68 (75 %)", "25 (74 %)", "43 (75 %)", "−0.04", "0")),
        ("stroke", ("Stroke, n (%)", "7 (8 %)", "2 (6 %)", "5 (9 %)", "−0.11", "0")),
        ("mn_stage=I", ("Stage I", "66 (73 %)", "25 (74 %)", "41 (72 %)", "", "")),
        ("mn_stage", ("Membranous stage (Ehrenreich-Churg), n (%)", "", "", "", "0.06‡", "0")),
        (
            "pla2r_positive",
            ("Anti-PLA2R positive (≥ 20 RU/mL), n (%)", "60/89 (67 %)", "23/33 (70 %)", "37/56 (66 %)", "+0.08", "2"),
        ),
    ],
)
def test_rows_of_the_sample_read_as_table_1(sample, key, cells):
    assert row_of(sample, key) == cells


def test_header_and_sections_of_the_sample(sample):
    assert sample.labels() == ("Characteristic", "Overall, N = 91", "RTX+TAC, N = 34", "RTX, N = 57", "SMD", "Missing")
    assert [column.group for column in sample.columns] == [None, "Overall", "RTX+TAC", "RTX", None, None]
    sections = [row.cells[0] for row in sample.rows if row.kind == "section"]
    assert sections == [
        "Demographics",
        "Disease",
        "Kidney",
        "Blood and vital signs",
        "Comorbidity",
        "Earlier treatment",
        "Supportive treatment",
    ]
    assert [row.indent for row in sample.rows if row.key.startswith("mn_stage")] == [0, 1, 1, 1]


def test_skewed_and_symmetric_variables_name_their_summary(sample):
    proteinuria, albumin = row_of(sample, "proteinuria_g_24h"), row_of(sample, "albumin_g_l")
    assert proteinuria[0] == "24-h urine protein (g/24 h), median (Q1, Q3)"
    assert proteinuria[2].startswith("7.2")
    assert proteinuria[4].endswith("†")
    assert albumin[0] == "Serum albumin (g/L), mean ± SD"
    assert albumin[2] == "25.7 ± 5.3"
    assert row_of(sample, "year_of_treatment")[1].startswith("20")


def test_footnotes_state_quartiles_formula_null_range_and_that_nothing_was_tested(sample):
    notes = " ".join(sample.footnotes)
    assert "Quartiles of type 6" in notes
    assert "RTX+TAC v RTX (34 and 57 patients)" in notes
    assert "within ±0.42" in notes
    assert sample.footnotes[-1] == "No test was made."


def test_small_groups_show_their_range_and_what_cannot_be_estimated():
    patients = pd.DataFrame(
        {
            "regimen_group": ["RTX+TAC"] * 3 + ["RTX"] * 8,
            "age_years": [30.0, 40, np.nan, *range(50, 58)],
            "diabetes": ["no"] * 11,
        }
    )
    table = table_of(patients)
    age = "Age at first rituximab (years), mean ± SD"
    assert row_of(table, "age_years")[0] == age
    assert row_of(table, "age_years")[2] == "median 35.0 [30.0 to 40.0]; n = 2"  # the row is one of means
    assert row_of(table, "age_years")[3] == "53.5 ± 2.4"
    assert row_of(table, "diabetes") == ("Diabetes, n (%)", "0 (0 %)", "0/3", "0 (0 %)", "n.e.", "0")
    notes = " ".join(table.footnotes)
    assert "a [b to c]: median, minimum and maximum, where a group has fewer than 8 values." in notes
    assert "all patients have the same level (Diabetes)" in notes


def test_a_median_in_a_row_of_medians_and_a_single_value_need_no_word_of_their_own():
    patients = pd.DataFrame(
        {"regimen_group": ["RTX+TAC"] * 3 + ["RTX"] * 8, "age_years": [30.0, np.nan, np.nan] * 3 + [1, 2]}
    )
    labs = [(f"P{n}", "upcr_g_g", 1.0 + n, "") for n in range(11)]
    table = table_of(patients, labs)
    assert row_of(table, "age_years")[2] == "30.0; n = 1"
    assert row_of(table, "upcr_g_g")[2] == "2.00 [1.00 to 3.00]"
    assert ", median (Q1, Q3)" in row_of(table, "upcr_g_g")[0]


def test_a_difference_of_proportions_names_its_unit(sample_with_tests):
    assert row_of(sample_with_tests, "sex")[5] == "−2 pp (−21 to +15)"  # Newcombe, 25 of 34 against 43 of 57
    assert row_of(sample_with_tests, "age_years")[5] == "−3.1 (−9.0 to +2.7)"
    assert "for n (%) in percentage points, pp (Newcombe)." in " ".join(sample_with_tests.footnotes)


def test_values_below_detection_are_counted_in_a_footnote():
    patients = pd.DataFrame({"regimen_group": ["RTX"] * 3})
    labs = [("P0", "pla2r_ru_ml", 2, "lt"), ("P1", "pla2r_ru_ml", 30, ""), ("P2", "pla2r_ru_ml", 40, "")]
    table = table_of(patients, labs)
    assert "Anti-PLA2R (ELISA): 1 below detection, at half the limit." in table.footnotes


def test_one_group_has_neither_smd_nor_its_footnotes():
    patients = pd.DataFrame({"regimen_group": ["RTX"] * 3, "age_years": [40.0, 50.0, 60.0]})
    table = table_of(patients, group_column=None, group_levels=())
    assert table.labels() == ("Characteristic", "All patients, N = 3", "Missing")
    assert table.title == "Baseline characteristics"
    assert row_of(table, "age_years") == ("Age at first rituximab (years), median [minimum to maximum]",
                                          "50.0 [40.0 to 60.0]", "0")  # fmt: skip
    assert not [note for note in table.footnotes if "SMD" in note]
    assert "Missing: patients without a value; k/n or n where there are any." in table.footnotes


def test_each_compared_group_has_its_own_smd_column():
    patients = pd.DataFrame({"regimen_group": ["A", "B", "C"] * 4, "age_years": [float(n) for n in range(12)]})
    table = table_of(patients, group_levels=("A", "B", "C"), reference_group="B")
    assert table.labels()[-3:] == ("SMD, A vs B", "SMD, C vs B", "Missing")
    assert len(row_of(table, "age_years")) == 8


def test_text_from_the_file_stays_plain():
    patients = pd.DataFrame({"regimen_group": ["RTX"] * 6, "centre <b>": ["=1+1", "<i>x</i>", "a"] * 2})
    table = table_of(patients)
    assert row_of(table, "centre <b>")[0] == "centre <b>, n (%)"
    assert {row.cells[0] for row in table.rows if row.indent} == {"=1+1", "<i>x</i>", "a"}


def test_patients_of_levels_not_chosen_are_counted_under_the_table():
    patients = pd.DataFrame({"regimen_group": ["RTX+TAC"] * 4 + ["RTX"] * 4, "mn_stage": [*"I", "II", "III", None] * 2})
    chosen = BaselineOptions(levels=("mn_stage:I",))
    label = "Membranous stage (Ehrenreich-Churg)"
    assert f"{label}: 4 patients have a level that was not chosen and is not shown." in table_of(
        patients, baseline=chosen).footnotes  # fmt: skip
    assert not [note for note in table_of(patients).footnotes if "not chosen" in note]


def test_the_largest_difference_says_which_pairs_it_leaves_out_and_counts_those_it_compares():
    patients = pd.DataFrame({"regimen_group": [*"AAAAABBBBBCCCCCDD"], "age_years": [float(n) for n in range(17)]})
    narrow = BaselineOptions(smd="largest")
    three = " ".join(table_of(patients, group_levels=tuple("ABCD"), baseline=narrow).footnotes)
    assert "the largest of 3 pairs exceeds that more often." in three
    assert "Left out of the largest: pairs in which a group has fewer than 5 values (D with 2)." in three
    two = " ".join(table_of(patients, group_levels=tuple("AB"), baseline=narrow).footnotes)
    assert "in 95 % of cases." in two
    assert "Left out of" not in two


def test_quantiles_beyond_detection_are_written_as_bounds_and_above_is_told_from_below():
    signs = [*["lt"] * 8, *["lt"] * 4, *[""] * 4, *[""] * 5, *["gt"] * 3]
    values = [*[2.0] * 12, 10, 20, 30, 40, 10, 20, 30, 40, 50, 1500, 1500, 1500]
    patients = pd.DataFrame({"regimen_group": [*["A"] * 8, *["B"] * 8, *["C"] * 8]})
    labs = [(f"P{n}", "pla2r_ru_ml", value, sign) for n, (value, sign) in enumerate(zip(values, signs, strict=True))]
    table = table_of(patients, labs, group_levels=("A", "B", "C"), quantile_type=7)
    cells = row_of(table, "pla2r_ru_ml")[2:5]
    assert cells[0] == "<2 (<2, <2)"
    assert cells[1].startswith("<6")  # half of what <2 and 10 add up to at most
    assert "(<2, 22" in cells[1]
    assert cells[2].startswith("45")
    assert cells[2].endswith(", >1,500)")
    assert "12 below detection, at half the limit; 3 above detection, at the limit." in " ".join(table.footnotes)
    few = table_of(patients[:3], labs[:3], group_levels=("A",))
    assert row_of(few, "pla2r_ru_ml")[1] == "<2 [<2 to <2]"
    one = table_of(patients[:1], labs[:1], group_levels=("A",))
    assert row_of(one, "pla2r_ru_ml")[1] == "<2"


def test_a_column_of_many_texts_has_a_row_with_its_reason_and_many_such_columns_are_counted():
    texts = {f"remark {place}": [f"text {n}" for n in range(13)] for place in range(10)}
    patients = pd.DataFrame({"regimen_group": ["RTX+TAC"] * 6 + ["RTX"] * 7, "age_years": [40.0] * 13, **texts})
    table = table_of(patients)
    last = [row.cells for row in table.rows[-10:]]
    assert last[0][0] == "Not summarised"
    assert last[1] == ("remark 0: more than 12 different texts", "–", "–", "–", "", "")
    assert last[9][0] == "2 more columns of the file, named in the remarks"
    assert not [row for row in table.rows[-9:] if row.key]
    chosen = table_of(patients, baseline=BaselineOptions(rows=("age_years",)))
    assert "Not summarised" not in [row.cells[0] for row in chosen.rows]


def test_a_dichotomy_of_the_file_stands_on_one_line_with_a_signed_difference():
    patients = pd.DataFrame(
        {"regimen_group": ["RTX+TAC"] * 8 + ["RTX"] * 8, "biopsy": ["new"] * 6 + ["old"] * 2 + ["new", "old"] * 4}
    )
    table = table_of(patients, baseline=BaselineOptions(p_values=True))
    assert [row.key for row in table.rows if row.key.startswith("biopsy")] == ["biopsy"]
    cells = row_of(table, "biopsy")
    assert cells[:4] == ("biopsy: old, n (%)", "6 (38 %)", "2 (25 %)", "4 (50 %)")
    smd = (0.25 - 0.5) / np.sqrt((0.25 * 0.75 + 0.5 * 0.5) / 2)
    assert cells[4] == f"−{abs(smd):.2f}"
    assert cells[5].startswith("−25 pp")
    both = BaselineOptions(levels=(level_token("biopsy", "new"), level_token("biopsy", "old")))
    assert len([row for row in table_of(patients, baseline=both).rows if row.key.startswith("biopsy=")]) == 2


def test_what_cannot_be_estimated_is_named_once_under_each_reason():
    patients = pd.DataFrame(
        {"regimen_group": [*"AAABBBCCC"], "diabetes": ["no"] * 9, "stroke": ["no"] * 9, "age_years": [40.0] * 9}
    )
    notes = table_of(patients, group_levels=tuple("ABC")).footnotes
    assert (
        "n.e.: not estimable: no spread in either group (Age at first rituximab); "
        "all patients have the same level (Diabetes, Stroke)."
    ) in notes


def test_an_opened_row_tells_values_below_detection_from_those_above():
    labs = [("P0", "pla2r_ru_ml", 2.0, "lt"), ("P1", "pla2r_ru_ml", 30.0, ""), ("P2", "pla2r_ru_ml", 1500.0, "gt")]
    row = describe_row(select_from(pd.DataFrame({"regimen_group": ["RTX"] * 3}), labs), "pla2r_ru_ml")
    listed = patients_table(row, "RTX", "all").rows
    assert [one.cells[1].removesuffix(".00") for one in listed] == ["<2", "30", ">1,500"]
    words = [text for trace in row_figure(row, theme=LIGHT).data for text in trace.hovertext or ()]
    assert [text.partition(", ")[2] for text in words if text.startswith("P")] == [
        "below detection, at half the limit", "", "above detection, at the limit",
    ]  # fmt: skip
