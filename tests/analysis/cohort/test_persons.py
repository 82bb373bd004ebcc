"""No name, number or address of a person gets on the screen, into a table, a problem or a study file by itself."""

from __future__ import annotations

import csv
import io
import zipfile

import pandas as pd
import pytest

from analysis.cohort.canonical import cohort_of_tables, load_cohort
from analysis.cohort.column_review import KEEP, change_meaning, review_columns
from analysis.cohort.identity import content_identifies, header_and_content_identify, header_identifies
from analysis.cohort.mapping import to_json
from analysis.cohort.person_words import names_someone
from analysis.cohort.personal_data import without_dates
from analysis.cohort.proposals import propose_mapping
from analysis.cohort.questions import accept_proposals, answer_question, open_questions
from analysis.cohort.readers import read_tables
from analysis.cohort.study_file import write_study_file

NAMES = ["王小明", "李娜", "García López, María", "José Fernández", "John Smith", "Anna Müller"]
HEADERS = [
    "ID", "Arm", "Age", "Remarks", "主管医生", "referring", "relative", "mrn2", "EMR", "WeChat", "zip", "folio",
    "ethnicity",
]  # fmt: skip
SECRETS = [*NAMES, "600000027", "13812345678", "40000007", "wx_3abc", "28013", "7100031"]


def rows(n: int = 30) -> list[list[object]]:
    return [
        [
            f"K{i}", "RTX" if i % 2 else "RTX+TAC", 40 + i % 7,
            ("Llamar a John Smith tel 600000027", "王小明 电话13812345678", "", "")[i % 4],
            NAMES[i % 2], NAMES[2 + i % 4], NAMES[i] if i < 2 else "", 40000000 + 7 * i, 900 + 3 * i,
            f"wx_{i}abc", 28013, 7100000 + 31 * i, ("Hispanic", "Black African", "White")[i % 3],
        ]
        for i in range(n)
    ]  # fmt: skip


def as_csv(headers: list[str], cells: list[list[object]]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerows([headers, *cells])
    return written.getvalue().encode()


@pytest.fixture(scope="module")
def upload():
    raw = read_tables([("clinic.csv", as_csv(HEADERS, rows()))])
    return raw, propose_mapping(raw)


def unpacked(study: bytes) -> bytes:
    """Take all parts of a study file as text, tables as CSV."""
    with zipfile.ZipFile(io.BytesIO(study)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    tables = [pd.read_parquet(io.BytesIO(part)).to_csv() for name, part in parts.items() if name.endswith(".parquet")]
    return b"".join(part for name, part in parts.items() if not name.endswith(".parquet")) + "".join(tables).encode()


def test_columns_of_people_are_left_out_and_listed(upload):
    raw, mapping = upload
    left_out = {item.column for item in mapping.columns if item.role == "identifying"}
    assert left_out == set(HEADERS) - {"ID", "Arm", "Age", "ethnicity"}
    cohort = cohort_of_tables(raw, name="c", source="c", mapping=accept_proposals(mapping, raw))
    assert set(cohort.patients) == {"patient_id", "regimen_group", "age_years", "ethnicity"}
    assert {item.column for item in cohort.provenance.problems if "identifiable" in item.message} == left_out


def test_nothing_personal_is_in_the_study_file(upload):
    raw, mapping = upload
    cohort = cohort_of_tables(raw, name="c", source="c", mapping=accept_proposals(mapping, raw))
    study = unpacked(write_study_file(cohort, choices="{}", app_version="1"))
    assert b"K7" in study
    assert [secret for secret in SECRETS if secret.encode() in study] == []


def test_first_values_of_what_is_left_out_are_hidden(upload):
    raw, mapping = upload
    review = review_columns(mapping, raw, mapping.tables[0].table).set_index("column")["first_values"]
    assert [secret for secret in SECRETS if review.str.contains(secret, regex=False).any()] == []
    assert review["mrn2"] == "hidden (30 filled)"
    assert review["ID"] == "K0 · K1 · K2"


def test_birth_dates_and_ids_that_get_pseudonyms_are_hidden():
    table = as_csv(["住院号", "出生日期", "组别"], [[700000 + i, f"1970-01-{i + 10}", "A"] for i in range(9)])
    raw = read_tables([("a.csv", table)])
    review = review_columns(propose_mapping(raw), raw, "a.csv")
    assert review["first_values"].tolist() == ["hidden (9 filled)", "hidden (9 filled)", "A · A · A"]


def test_a_column_can_be_kept_by_answer_and_by_hand(upload):
    raw, mapping = upload
    question = next(item for item in open_questions(mapping, raw) if item.columns == ("Remarks",))
    assert (question.proposal, question.blocking) == ("drop", False)
    assert "free text" in question.found
    assert not any(secret in question.found for secret in SECRETS)
    kept = answer_question(mapping, question, "keep")
    kept = change_meaning(kept, kept.tables[0].table, "folio", KEEP)
    cohort = cohort_of_tables(raw, name="c", source="c", mapping=accept_proposals(kept, raw))
    assert cohort.patients["Remarks"].iloc[0] == "Llamar a John Smith tel 600000027"
    assert cohort.patients["folio"].iloc[1] == 7100031


def test_a_file_in_our_layout_is_read_without_people_too():
    table = as_csv(
        ["patient_id", "regimen_group", "age_years", "Remarks", "folio", "site"],
        [[f"P{i}", "A", 50, "ruft Anna Müller an", 7100000 + 31 * i, "north"] for i in range(9)],
    )
    cohort = load_cohort([("patients.csv", table)], name="c")
    assert {"Remarks", "folio"}.isdisjoint(cohort.patients)
    assert "site" in cohort.patients
    listed = [item.message for item in cohort.provenance.problems if item.column == "Remarks"]
    assert listed == ["Patients must not be identifiable; “Remarks” looks like free text. Its 9 cells were not read."]


def test_single_cells_that_name_someone_are_blanked_and_hidden_in_problems():
    table = as_csv(
        ["patient_id", "regimen_group", "exclusion_reason", "albumin_g_l_0"],
        [
            ["P1", "A", "moved, tel 600 000 027", "ask John Smith"],
            ["P2", "A", "consent withdrawn", 30],
            ["P3", "A", "", 31],
        ],
    )
    cohort = load_cohort([("patients.csv", table)], name="c")
    assert cohort.patients["exclusion_reason"].dropna().tolist() == ["consent withdrawn"]
    written = repr(cohort.provenance.problems)
    assert "John" not in written
    assert "600" not in written
    assert "“•••”" in written


@pytest.mark.parametrize(
    ("texts", "evidence"),
    [
        (["王小明", "李娜", "王小明", "李娜"] * 6, "names"),
        (["John Smith", "Anna Müller"] * 9, "names"),
        (["García López, María", "王小明", "李娜"] * 4, "names"),
        (["María", "José", "Ana"] * 5, "names"),
        (["700001", "700005", "700013", "700021", "700077"], "record numbers"),
        (["stable", "stable", "ruft Frau Schneider an"], "free text"),
        (["高血压", "糖尿病", "白色人种"], ""),
        (["对照组", "联合组"] * 5, ""),
        (["Membranous Nephropathy", "Minimal Change"] * 5, ""),
        (["Hispanic White", "Black African"] * 5, ""),
        (["150000", "210000", "260000", "310000", "180000"], ""),
        (["RTX alone", "RTX + TAC"] * 5, ""),
    ],
)
def test_content_that_repeats(texts, evidence):
    assert content_identifies(pd.Series(texts, dtype=object)) == evidence


def test_headers_that_need_their_cells():
    doctors, counts = pd.Series(["Dr W", "Dr K", ""]), pd.Series(["1", "3", "2"])
    assert header_and_content_identify("doctor", doctors) == "names"
    assert header_and_content_identify("doctor visits", counts) == ""
    assert header_and_content_identify("notes", pd.Series(["ok", "", ""])) == "free text"
    assert header_and_content_identify("contact", pd.Series(["yes", "no", ""])) == ""
    assert [header_identifies(header) for header in ("mrn2", "EMR", "WeChat", "zip", "病历号", "albumin_g_l")] == [
        True, True, True, True, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "sentence", ["a@b.org", "tel: 912 345", "Dra. Ruiz", "张医生随访", "seen by Ana García", "138 1234"]
)
def test_sentences_that_name_someone(sentence):
    assert names_someone(sentence) == (sentence != "138 1234")


def test_the_mapping_quotes_nobody(upload):
    raw, mapping = upload
    written = to_json(accept_proposals(mapping, raw))
    assert [secret for secret in SECRETS if secret in written] == []


@pytest.mark.parametrize(
    ("cell", "left"),
    [
        ("yes 12/03/2020", "yes"),
        ("2020年3月1日 复发", "复发"),
        ("12 de marzo de 2020", ""),
        ("relapse Mar 3, 2020", "relapse"),
        ("12.03.20", ""),
        ("120/80", "120/80"),
        ("10-20-30 mg", "10-20-30 mg"),
        ("CTCAE 4.03", "CTCAE 4.03"),
    ],
)
def test_a_calendar_date_is_taken_out_of_a_word_and_nothing_else(cell, left):
    assert without_dates(cell) == left


def test_no_calendar_date_within_a_word_goes_on_and_the_cells_are_counted():
    answers = ["yes 12/03/2020", "no", "no", "yes 1/4/2021", "no", "2020-05-06", "no", "yes"]
    table = as_csv(["id", "arm", "relapsed"], [[f"P{i}", "AB"[i % 2], cell] for i, cell in enumerate(answers)])
    raw = read_tables([("a.csv", table)])
    mapping = accept_proposals(propose_mapping(raw), raw)
    cohort = load_cohort([("a.csv", table)], name="c", mapping=mapping)
    assert cohort.patients["relapsed"].dropna().tolist() == ["yes", "no", "no", "yes", "no", "no", "yes"]
    (listed,) = [item.message for item in cohort.provenance.problems if item.message.startswith("Calendar dates")]
    assert listed == "Calendar dates can identify a patient; they were taken out of 3 cells of “relapsed”."


@pytest.mark.parametrize("header", ["Year birth", "year of birth", "YOB", "año de nacimiento", "出生年份"])
def test_a_year_of_birth_points_to_a_person(header):
    assert header_identifies(header)


@pytest.mark.parametrize(
    ("header", "cells", "evidence"),
    [
        ("admission", [f"ADM10{i}" for i in range(6)], "record numbers"),
        ("Admission no.", [f"2001{i}" for i in range(6)], "record numbers"),
        ("admission SBP", [str(120 + i) for i in range(6)], ""),
        ("admission", ["planned", "urgent"] * 3, ""),
        ("C.P.", ["28001", "28001", "08012"], "postal codes"),
        ("CP", ["1000", "500", "750"], ""),
    ],
)
def test_numbers_that_need_their_header(header, cells, evidence):
    assert header_and_content_identify(header, pd.Series(cells)) == evidence
