"""From a clinician's own file to the curve: columns proposed, questions asked, nothing read that nobody confirmed."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from analysis.choices import propose_spec
from analysis.cohort.samples import load_sample
from analysis.cohort.study_file import write_study_file
from tests.ui.test_pages import ROOT, go, sidebar_text, tables, upload
from ui.compute_import import key_of_pseudonyms, open_upload, read_upload

MESSY = (ROOT / "sample_data" / "SYN-IMN-91-messy.csv").read_bytes()

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:streamlit.*")


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_file(str(ROOT / "ui" / "frame.py"), default_timeout=60).run()


def title(app: AppTest) -> str:
    return app.title[0].value


def answer(app: AppTest, words: str, choice: str) -> AppTest:
    """Answer the question whose text holds ``words`` and confirm it."""
    radio = next(item for item in app.radio if words in item.label.replace("\\", ""))
    radio.set_value(choice)
    radio.form_id = radio.form_id
    button = next(item for item in app.button if item.form_id == radio.form_id)
    button.click().run()
    assert not app.exception, [item.value for item in app.exception]
    return app


def test_the_messy_sample_reaches_the_same_curve_as_the_clean_one(app: AppTest) -> None:
    upload(app, ("messy.csv", MESSY))
    assert title(app) == "What does each column mean?"
    answer(app, "Which date is day 0", "messy.csv\t首次利妥昔单抗日期")
    answer(app, "Haemoglobin: header says mmol/L", "g/L")
    answer(app, "Height: are the values", "m")
    answer(app, "24-h urine protein: are the values", "mg/24 h")
    while app.radio:
        label = app.radio[0].label.replace("\\", "")
        answer(app, label, app.radio[0].options[0] if app.radio[0].value is None else app.radio[0].value)
    app.button(key="open_mapped").click().run()
    assert not app.exception
    assert "91 now / 91 in total" in sidebar_text(app)
    text = tables(go(app, "remission"))
    assert "37.13 % (22.97 to 56.20)" in text
    assert "26.39 % (16.54 to 40.50)" in text


def test_a_file_without_our_names_is_asked_about_not_refused(app: AppTest) -> None:
    upload(app, ("other.csv", b"colour,shape\nred,round\nblue,square\n"))
    assert title(app) == "What does each column mean?"
    assert re.search("To confirm: [1-9]", app.subheader[0].value)
    app.button(key="open_mapped").click().run()
    assert not app.exception


def test_the_columns_page_without_a_file_says_what_to_do(app: AppTest) -> None:
    go(app, "columns")
    assert "No file is waiting" in app.info[0].value


def test_a_saved_study_opens_with_its_choices(app: AppTest) -> None:
    cohort = load_sample("imn")
    spec = replace(propose_spec(cohort), endpoint="first_remission", withdrawn="excluded")
    kept = write_study_file(cohort, choices=spec.to_json(), app_version="test")
    upload(app, ("kept.zip", kept))
    assert "87.06 % (73.17 to 95.83)" in tables(go(app, "remission"))


def test_what_the_rows_of_a_table_are_can_be_changed(app: AppTest) -> None:
    upload(app, ("labs.csv", b"id,arm,age,albumin month 3 (g/L)\nA,RTX,40,31\nB,TAC,50,33\n"))
    role = next(item for item in app.selectbox if item.label == "Rows of this table")
    assert role.value == "patients"
    role.set_value("leave out").run()
    assert not app.exception
    assert next(item for item in app.selectbox if item.label == "Rows of this table").value == "leave out"
    app.button(key="open_mapped").click().run()
    assert "needs a column that says which patient each row belongs to" in app.error[0].value


def test_the_study_page_shows_conversions_and_the_mapping_and_keeps_them_in_the_study_file(app: AppTest) -> None:
    upload(app, ("s.csv", b"id,arm,Albumin month 0 (g/dL)\nA,RTX,3.1\nB,rtx ,3.3\n"))
    app.button(key="open_mapped").click().run()
    assert not app.exception
    said = " ".join(item.value.replace("\\", "") for item in app.markdown)
    assert "2 values from g/dL to g/L (× 10)" in said
    assert re.search("Read with the mapping [0-9a-f]{12}; every download names it", said)


@pytest.mark.parametrize("header", ["Age", "visit", "Gender"])
def test_a_file_nearly_in_our_layout_is_mapped_and_nothing_of_it_is_lost(app: AppTest, header: str) -> None:
    cells = {"Age": ("40", "50"), "visit": ("0", "3"), "Gender": ("male", "female")}[header]
    rows = "".join(f"{patient},RTX,{cell},30\n" for patient, cell in zip(("A", "B"), cells, strict=True))
    upload(app, ("s.csv", f"patient_id,regimen_group,{header},albumin_g_l\n{rows}".encode()))
    assert title(app) == "What does each column mean?"


def test_the_sample_does_not_look_like_the_file_being_mapped(app: AppTest) -> None:
    upload(app, ("messy.csv", MESSY))
    assert title(app) == "What does each column mean?"
    assert "messy.csv" in sidebar_text(app)
    assert "SYNTHETIC" not in " ".join(item.value for item in app.markdown)
    assert "91 now / 91 in total" not in sidebar_text(app)
    assert any(item.value.startswith("Still open: ") for item in app.sidebar.caption)
    assert "91 now / 91 in total" in sidebar_text(go(app, "baseline"))


@pytest.mark.parametrize(("header", "offered"), [("MRN", True), ("id", False)])
def test_the_key_of_pseudonyms_is_offered_only_where_pseudonyms_are_made(app: AppTest, header, offered) -> None:
    first = 7100011 if offered else 1
    rows = "\n".join(f"{first + 31 * i},{'RTX' if i % 2 else 'TAC'},{20 + i}" for i in range(6))
    upload(app, ("records.csv", f"{header},arm,albumin (g/L) m0\n{rows}\n".encode()))
    label = "Key of pseudonyms (keep it apart)"
    assert title(app) == "What does each column mean?"
    assert [item.label for item in app.get("download_button") if item.label == label] == [label] * offered


def test_the_key_names_the_identifier_behind_every_pseudonym() -> None:
    text = "MRN,arm,albumin (g/L) m0\n=7100011,RTX,20\n7100042,TAC,21\n7100073,RTX,22\n"
    waiting = read_upload([("records.csv", text.encode())], lambda step: None)
    key = key_of_pseudonyms(waiting).decode("utf-8-sig").splitlines()
    assert key == ["pseudonym,identifier in the file", "P001,'=7100011", "P002,7100042", "P003,7100073"]
    cohort = open_upload(waiting, lambda step: None, mapped=True)
    assert cohort.patients["patient_id"].tolist() == ["P001", "P002", "P003"]
    assert "7100042" not in cohort.provenance.mapping


def test_the_markers_of_b_cells_are_no_laboratory_values(app: AppTest) -> None:
    rows = "\n".join(f"P{i},{'RTX' if i % 2 else 'TAC'},{100 + i},{110 + i}" for i in range(6))
    upload(app, ("b.csv", f"id,arm,CD19_0,CD20_0\n{rows}\n".encode()))
    app.button(key="open_mapped").click().run()
    values = {item.label: item.value for item in app.metric}
    assert (values["Patients in the file"], values["Laboratory values"]) == ("6", "12")
