"""Are two pressures in a cell read apart, and spellings of a word of one's own merged?"""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.cohort.canonical import load_cohort
from analysis.cohort.cell_shapes import merged_spellings, visit_number
from analysis.cohort.proposals import propose_mapping
from analysis.cohort.questions import accept_proposals, answer_question, open_questions
from analysis.cohort.readers import read_tables


def loaded(text, months=None):
    files = [("bp.csv", text.encode())]
    raw = read_tables(files)
    mapping = accept_proposals(propose_mapping(raw), raw)
    for question in open_questions(mapping, raw):
        if question.kind == "month":
            mapping = answer_question(mapping, question, (months or {})[visit_number(question.columns[0])])
    return load_cohort(files, name="bp", mapping=mapping)


@pytest.mark.parametrize("header", ["BP m3", "血压 3个月", "blood pressure (month 3)"])
def test_two_pressures_in_one_cell_become_two_columns(header):
    cohort = loaded(f"id,arm,{header}\n1,A,167/92\n2,B,120/70\n3,A,\n4,B,131 / 77\n5,A,140/85\n6,B,pend\n")
    visits = cohort.visits.pivot(index="patient_id", columns="variable", values="value")
    assert visits.loc["1"].to_dict() == {"dbp_mmhg": 92, "sbp_mmhg": 167}
    assert visits.loc["4"].to_dict() == {"dbp_mmhg": 77, "sbp_mmhg": 131}
    assert len(visits) == 4
    assert [problem.value for problem in cohort.provenance.problems if problem.severity == "error"] == ["pend", "pend"]


def test_numbers_of_visits_are_no_months_and_are_asked_about():
    text = "id,arm,Visit 1 BP,Visit 2 BP\n1,A,167/92,172/194\n2,B,150/90,130/80\n"
    cohort = loaded(text, {1: "0", 2: "6"})
    found = cohort.visits.set_index(["patient_id", "month", "variable"])["value"]
    assert found["1", 0, "sbp_mmhg"] == 167
    assert found["1", 6, "sbp_mmhg"] == 172
    assert ("1", 6, "dbp_mmhg") not in found.index  # 194 cannot be true: listed, not read
    (problem,) = [item for item in cohort.provenance.problems if item.severity == "error"]
    assert "1 has 194" in problem.message


def test_dates_and_ratios_are_left_alone():
    raw = read_tables([("s.csv", b"id,arm,BP taken,ratio\n1,A,03/04/2021,10/20\n2,B,05/06/2021,30/40\n")])
    assert {item.column for item in propose_mapping(raw).columns} == {"id", "arm", "BP taken", "ratio"}


def test_spellings_of_an_unknown_word_are_merged_and_counted():
    words = ["Home", "Home", "HOME", "home ", "Nursing care", "nursing care", "Nursing care"]
    cohort = loaded("id,arm,Lives at\n" + "".join(f"{i},{'AB'[i % 2]},{word}\n" for i, word in enumerate(words)))
    assert cohort.patients["Lives at"].value_counts().to_dict() == {"Home": 4, "Nursing care": 3}
    told = "Lives at: HOME → Home (1), home → Home (1), nursing care → Nursing care (1)."
    assert told in cohort.provenance.conversions


def test_caucasian_is_white_in_a_column_of_races_only():
    counts = pd.Series({"White": 9, "Caucasian": 4, "WHITE": 2, "Asian": 1})
    assert merged_spellings("Race", counts) == (("Caucasian", "White"), ("WHITE", "White"))
    assert merged_spellings("Colour", counts) == (("WHITE", "White"),)
