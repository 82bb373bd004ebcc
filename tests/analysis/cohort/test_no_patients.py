"""Do footers, legends and mistyped ids make no patients, and is every such row listed?"""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.cohort.canonical import load_cohort
from analysis.cohort.no_patients import summary_rows
from analysis.cohort.proposals import propose_mapping
from analysis.cohort.questions import accept_proposals, answer_question, open_questions
from analysis.cohort.readers import read_tables
from tests.analysis.cohort.test_time_zero import workbook

HEADER = ["id", "sex", "age", "albumin (g/L) m0", "albumin (g/L) m12"]
ROWS = [HEADER, *([f"P{i}", "HM"[i % 2], 40 + i, 25 + i, 35 + i] for i in range(1, 13))]
FOOTERS = ["Mean", "SD", "n=12", "均值", "合计", "media", "Total:"]


def loaded(sheets):
    files = workbook(sheets)
    raw = read_tables(files)
    return load_cohort(files, name="clinic", mapping=accept_proposals(propose_mapping(raw), raw))


def visits(*others, n=12):
    rows = [[f"P{i}", month, 30 + i] for i in range(1, n + 1) for month in (0, 6)]
    return [["id", "month", "albumin (g/L)"], *rows, *([other, 6, 31] for other in others)]


def listed(cohort, words):
    return [(item.row, item.value, item.severity) for item in cohort.provenance.problems if words in item.message]


def test_footers_of_a_mapped_file_are_listed_and_no_patients():
    cohort = loaded({"data": [*ROWS, *([word, "", 46, 31, 41] for word in FOOTERS)]})
    assert len(cohort.patients) == 12
    assert listed(cohort, "summary of the rows") == [(14 + i, word, "warning") for i, word in enumerate(FOOTERS)]


def test_footers_of_a_file_in_our_layout_are_listed_and_no_patients():
    rows = "".join(f"P{i},A,{40 + i}\n" for i in range(1, 13))
    text = f"patient_id,regimen_group,age_years\n{rows}Mean,,46\nSD,,3\n"
    cohort = load_cohort([("patients.csv", text.encode())], name="ours")
    assert len(cohort.patients) == 12
    assert listed(cohort, "summary of the rows") == [(14, "Mean", "warning"), (15, "SD", "warning")]


@pytest.mark.parametrize(
    ("ids", "marked"),
    [
        (["SD", "AB", "N", "CD"], [False] * 4),  # initials among the patients
        (["AB", "Subtotal", "CD", "", "n = 2", "SD"], [False, True, False, False, True, True]),
        (["SD", "N"], [False, False]),  # nobody else: initials
        (["Meany", "Totalis", "n12"], [False] * 3),
    ],
)
def test_short_words_are_summaries_only_below_all_patients(ids, marked):
    assert summary_rows(pd.Series(ids)).tolist() == marked


def test_a_mistyped_id_of_a_visit_is_an_error_and_no_patient():
    cohort = loaded({"data": ROWS, "labs": visits("Pl")})
    assert len(cohort.patients) == 12
    assert listed(cohort, "Every row needs a patient of the patients table; Pl ") == [(26, "Pl", "error")]


def test_a_table_with_many_patients_of_its_own_keeps_them_with_a_warning():
    cohort = loaded({"data": ROWS[:9], "labs": visits()})
    assert len(cohort.patients) == 12
    assert [severity for *_, severity in listed(cohort, "4 of the 12 ids of this table")] == ["warning"]


@pytest.mark.parametrize("header", [["id", "significado"], ["id", "meaning"]])
def test_a_legend_makes_no_patients(header):
    cohort = loaded({"data": ROWS, "Leyenda": [header, ["H", "Hombre"], ["M", "Mujer"]]})
    assert len(cohort.patients) == 12
    assert [severity for *_, severity in listed(cohort, "its 2 rows were not read")] == ["warning"]


def test_own_columns_about_known_patients_are_no_legend():
    cohort = loaded({"data": ROWS, "more": [["id", "colour"], *([f"P{i}", "ab"[i % 2]] for i in range(1, 13))]})
    assert cohort.patients["colour"].notna().sum() == 12


@pytest.mark.parametrize(
    "rows",
    [
        [["id", "patient number"], ["sex", "1 male 2 female"], ["age", "years"]],  # explains the columns
        [["1", "male"], ["2", "female"]],  # explains the codes
        [["H", "Hombre"], ["M", "Mujer"]],
    ],
)
def test_a_legend_under_a_known_header_makes_no_patients_and_is_asked_about(rows):
    files = workbook({"data": ROWS, "codes": [["id", "sex"], *rows]})
    raw = read_tables(files)
    mapping = propose_mapping(raw)
    (question,) = [item for item in open_questions(mapping, raw) if item.kind == "legend"]
    for answered, n_patients in (
        (mapping, 12),
        (answer_question(mapping, question, "legend"), 12),
        (answer_question(mapping, question, "patients"), 12 + len(rows)),
    ):
        cohort = load_cohort(files, name="clinic", mapping=answered)
        assert len(cohort.patients) == n_patients
        said = [
            item for item in cohort.provenance.problems if f"its {len(rows)} rows were not read" in item.message.lower()
        ]
        assert len(said) == (n_patients == 12)


@pytest.mark.parametrize("ids", [["M1", "M2", "M3"], ["P13", "P14"]])
def test_a_second_centre_is_no_legend(ids):
    second = [["id", "sex", "age", "hospital"], *([name, "H", 50 + i, "B"] for i, name in enumerate(ids))]
    files = workbook({"data": ROWS, "second": second})
    raw = read_tables(files)
    assert not [item for item in open_questions(propose_mapping(raw), raw) if item.kind == "legend"]
    assert len(loaded({"data": ROWS, "second": second}).patients) == 12 + len(ids)


def test_one_mistyped_id_of_four_is_said_to_be_a_patient_only_in_that_table():
    cohort = loaded(
        {
            "data": ROWS,
            "labs": [["id", "month", "albumin (g/L)"], *([f"P{i}", 6, 30] for i in (1, 2, 3)), ["Pl", 6, 31]],
        }
    )
    assert len(cohort.patients) == 13
    (said,) = [
        item for item in cohort.provenance.problems if "1 of the 4 ids of this table stands only" in item.message
    ]
    assert "(Pl)" in said.message
    assert "it was kept as a patient" in said.message
    assert said.severity == "warning"


def test_ids_that_differ_in_zeros_or_capitals_only_are_said():
    visits = [["id", "month", "albumin (g/L)"], ["1", 0, 20], ["2", 0, 21], ["x3", 0, 22]]
    cohort = loaded({"data": [["id", "sex"], ["001", "H"], ["002", "M"], ["X-3", "H"]], "labs": visits})
    (said,) = listed(cohort, "3 differ from an id there only in zeros, capitals or separators")
    assert said[2] == "warning"
    assert len(cohort.patients) == 6


def test_a_table_with_a_column_per_patient_is_said():
    turned = [["id", "P1", "P2"], ["arm", "RTX", "TAC"], ["age", 40, 50], ["albumin m0", 20, 21], ["remark", "", "x"]]
    (said,) = listed(loaded({"data": turned}), "seems to have a column per patient")
    assert said[2] == "error"
    assert listed(loaded({"data": ROWS}), "seems to have a column per patient") == []
