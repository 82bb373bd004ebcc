"""Do footers, legends and mistyped ids make no patients, and is every such row listed?"""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.cohort.canonical import load_cohort
from analysis.cohort.no_patients import summary_rows
from analysis.cohort.proposals import propose_mapping
from analysis.cohort.questions import accept_proposals
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
