"""Does the baseline table read as a paper prints it, with its denominators and footnotes?"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.baseline import describe_baseline
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
from analysis.study import StudySpec, select_view
from present.tables.baseline import baseline_table
from present.tables.document import TableDocument

TWO = {"group_column": "regimen_group", "group_levels": ("RTX+TAC", "RTX")}


def table_of(patients: pd.DataFrame, labs: list[tuple] = (), **choices: object) -> TableDocument:
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
    return baseline_table(describe_baseline(select_view(cohort, StudySpec(**{**TWO, **choices}))))


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
    assert "Diabetes (all patients have the same level)" in notes


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
    assert "Anti-PLA2R (ELISA): 1 below or above detection, at half the lower limit." in table.footnotes


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
    patients = pd.DataFrame({"regimen_group": ["RTX"] * 4, "centre <b>": ["=1+1", "<i>x</i>"] * 2})
    table = table_of(patients)
    assert row_of(table, "centre <b>")[0] == "centre <b>, n (%)"
    assert {row.cells[0] for row in table.rows if row.indent} == {"=1+1", "<i>x</i>"}
