"""Can every question be told from the next one?"""

from __future__ import annotations

from analysis.cohort.proposals import propose_mapping
from analysis.cohort.questions import open_questions
from analysis.cohort.readers import read_tables
from tests.analysis.cohort.test_time_zero import workbook


def questions(files):
    raw = read_tables(files)
    return open_questions(propose_mapping(raw), raw)


def test_the_same_question_about_two_sheets_names_sheet_and_columns():
    sheets = {
        "first": [["id", "arm", "Hb 0 (mmol/L)", "albumin 0"], ["1", "A", 130, 25], ["2", "B", 128, 28]],
        "second": [["id", "centre", "Hb 6 (mmol/L)", "albumin 6"], ["1", "M", 120, 31], ["2", "M", 118, 35]],
    }
    asked = questions(workbook(sheets))
    texts = [question.text for question in asked if question.kind == "unit"]
    assert len(texts) == len(set(texts)) == 4
    assert texts[0] == (
        "Haemoglobin: header says mmol/L, values look like g/L. Confirm before use. "
        "(Hb 0 (mmol/L) in clinic.xlsx › first)"
    )
    assert any(text.endswith("(albumin 6 in clinic.xlsx › second)") for text in texts)


def test_a_question_that_stands_alone_names_its_place_beside_its_evidence():
    (question,) = questions([("s.csv", b"id,arm,Hb 0 (mmol/L)\n1,A,130\n2,B,128\n")])
    assert question.text == "Haemoglobin: header says mmol/L, values look like g/L. Confirm before use."
    assert question.found == "s.csv, Hb 0 (mmol/L): 2 values, median 129; values look like g/L."
