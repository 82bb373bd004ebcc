"""Adverse events in yes/no columns, grades in words, and what led to stopping: read, asked, never a false zero."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.choices import filter_candidates
from analysis.cohort.baseline_columns import baseline_column_names
from analysis.cohort.canonical import load_cohort
from analysis.cohort.dictionary import is_post_baseline
from analysis.cohort.proposals import propose_mapping
from analysis.cohort.questions import accept_proposals, answer_question, open_questions
from analysis.cohort.readers import read_tables
from analysis.options import SafetyOptions
from analysis.safety import compare_adverse_events
from analysis.study import StudySpec, select_view

TWO = {"group_column": "regimen_group", "group_levels": ("RTX+TAC", "RTX")}
WIDE = """id,arm,sex,AE: pneumonia,不良反应_震颤,ae_headache
A,RTX+TAC,m,x,1,yes
B,RTX+TAC,f,,2,no
C,RTX,m,,2,
D,RTX,f,,1,no
"""


def wide() -> tuple[list[tuple[str, bytes]], object, object]:
    sheets = [("s.csv", WIDE.encode())]
    raw = read_tables(sheets)
    return sheets, raw, propose_mapping(raw)


def test_yes_no_columns_of_adverse_events_are_recognised_and_asked():
    _, raw, mapping = wide()
    names = {item.column: item.variable for item in mapping.columns if item.role == "keep"}
    assert names == {
        "AE: pneumonia": "ae_infection_pneumonia",
        "不良反应_震颤": "ae_震颤",
        "ae_headache": "ae_headache",
    }
    asked = {(item.kind, item.columns): item for item in open_questions(mapping, raw)}
    assert set(asked) == {("words", ("不良反应_震颤",)), ("blank", ("AE: pneumonia",))}
    assert asked["blank", ("AE: pneumonia",)].proposal == "missing"
    assert not asked["words", ("不良反应_震颤",)].has_proposal()  # 1/2 may mean yes/no or no/yes


@pytest.mark.parametrize(("blank", "known"), [("missing", 1), ("no", 2)])
def test_a_blank_beside_a_mark_is_unknown_unless_somebody_says_no(blank, known):
    sheets, raw, mapping = wide()
    for question in open_questions(mapping, raw):
        mapping = answer_question(mapping, question, blank if question.kind == "blank" else {"1": "yes", "2": "no"})
    cohort = load_cohort(sheets, name="s", mapping=mapping)
    rows = compare_adverse_events(select_view(cohort, StudySpec(**TWO, safety=SafetyOptions()))).rows
    pneumonia = rows[(rows["category"] == "infection_pneumonia") & (rows["group"] == "RTX+TAC")].iloc[0]
    assert (pneumonia["n_patients"], pneumonia["n_total"]) == (1, known)


def test_columns_of_adverse_events_are_no_filter_and_no_baseline_row():
    sheets, raw, mapping = wide()
    cohort = load_cohort(sheets, name="s", mapping=accept_proposals(mapping, raw))
    assert is_post_baseline("ae_headache")
    assert is_post_baseline("AE_tremor")
    assert not is_post_baseline("aerobic_capacity")
    view = select_view(cohort, StudySpec(**TWO))
    shown, unusable = baseline_column_names(view.patients(), group_column="regimen_group")
    offered = [item.variable for item in filter_candidates(view)]
    assert "ae_headache" in cohort.patients
    assert [name for name in [*shown, *unusable, *offered] if name.startswith("ae_")] == []
    assert "sex" in shown


def test_led_to_stop_is_read_from_the_canonical_table():
    patients = b"patient_id,regimen_group\nA,RTX\nB,RTX\n"
    events = b"patient_id,day,term,led_to_stop\nA,3,rash,yes\nB,4,rash,no\nB,9,cough,\n"
    cohort = load_cohort([("patients.csv", patients), ("adverse_events.csv", events)], name="s")
    assert cohort.adverse_events["led_to_stop"].fillna("?").tolist() == ["yes", "no", "?"]


def test_grades_in_words_and_the_action_taken_are_confirmed():
    text = "id,arm,AE,severity grade,grade,action taken\nA,RTX,rash,x,mild,drug withdrawn\nB,TAC,cough,x,Grade 3,none\nB,TAC,fever,x,4,unknown\n"  # noqa: E501
    sheets = [("events.csv", text.encode())]
    raw = read_tables(sheets)
    mapping = propose_mapping(raw)
    proposals = {
        question.columns: {w.word: w.proposal for w in question.words} for question in open_questions(mapping, raw)
    }
    assert proposals["grade",] == {"mild": "1", "Grade 3": "3"}
    assert proposals["action taken",] == {"unknown": ""}
    for question in open_questions(mapping, raw):
        answers = {
            w.word: w.proposal or ("missing" if "action taken" in question.columns else "other") for w in question.words
        }
        mapping = answer_question(mapping, question, answers)
    events = load_cohort(sheets, name="s", mapping=mapping).adverse_events
    assert events["grade"].tolist() == [1.0, 3.0, 4.0]
    assert events["led_to_stop"].fillna("?").tolist() == ["yes", "no", "?"]
    assert isinstance(events, pd.DataFrame)
