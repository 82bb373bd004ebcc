"""Are numbers, weeks and units at the end of a header read, and is nothing taken for the baseline that is not?"""

from __future__ import annotations

import pytest

from analysis.cohort.canonical import load_cohort
from analysis.cohort.mapping import ColumnMapping, Mapping
from analysis.cohort.meanings import month_glued_to, read_meaning
from analysis.cohort.proposals import propose_mapping
from analysis.cohort.questions import accept_proposals, answer_question, open_questions
from analysis.cohort.raw import RawTables
from analysis.cohort.readers import read_tables

Files = list[tuple[str, bytes]]


def wide(headers: str, *values: str) -> Files:
    rows = [f"P{number},{('RTX', 'CTX')[number % 2]},{','.join(values)}" for number in range(1, 5)]
    return [("wide.csv", "\n".join([f"id,arm,{headers}", *rows]).encode())]


def proposed(files: Files) -> tuple[RawTables, Mapping]:
    raw = read_tables(files)
    return raw, propose_mapping(raw)


def column(mapping: Mapping, header: str) -> ColumnMapping:
    return next(item for item in mapping.columns if item.column == header)


@pytest.mark.parametrize(
    ("header", "name", "month"),
    [
        ("Albumin12", "albumin_g_l", 12),
        ("alb0", "albumin_g_l", 0),
        ("alb6 g/L", "albumin_g_l", 6),
        ("UTP3", "proteinuria_g_24h", 3),
        ("Scr12", "scr_umol_l", 12),
        ("HB0 (mmol/l)", "hemoglobin_g_l", 0),
        ("eGFR12", "egfr", 12),
        ("PLA2R12", "pla2r_ru_ml", 12),
        ("IgG6", "igg_g_l", 6),
    ],
)
def test_a_number_at_the_end_of_a_laboratory_name_is_a_month_to_confirm(header, name, month):
    meaning = read_meaning(header)
    assert meaning is not None
    assert (meaning.name, meaning.visit, meaning.month, meaning.how) == (name, "month", month, "guess")
    assert month_glued_to(header) == month


@pytest.mark.parametrize("header", ["CD19", "CD20", "PLA2R", "PLA2R+", "24hUP", "Alb_12", "Creatinin_6", "TG"])
def test_a_name_known_as_a_whole_has_no_number_at_its_end(header):
    assert read_meaning(header) is not None
    assert month_glued_to(header) is None


@pytest.mark.parametrize("header", ["IgG4", "C3", "C4", "B12", "HbA1c", "T3", "X1", "CA125", "IL6", "visit1", "dose2"])
def test_a_number_that_belongs_to_a_name_is_no_month(header):
    meaning = read_meaning(header)
    assert meaning is None or meaning.month is None
    assert month_glued_to(header) is None


@pytest.mark.parametrize(
    ("header", "name", "month"),
    [
        ("albumin wk24", "albumin_g_l", 6),
        ("week 24 albumin", "albumin_g_l", 6),
        ("albumin wk2", "albumin_g_l", 0.5),
        ("Scr mg/dL 6m", "scr_umol_l", 6),
        ("Hb g/dL", "hemoglobin_g_l", None),
        ("Hb 12 g/dL", "hemoglobin_g_l", 12),
        ("24hUP mg 0", "proteinuria_g_24h", 0),
    ],
)
def test_weeks_and_units_without_brackets_leave_a_known_name(header, name, month):
    meaning = read_meaning(header)
    assert meaning is not None
    assert (meaning.name, meaning.month, meaning.how) == (name, month, "synonym")


def test_a_unit_the_quantity_does_not_have_leaves_the_name_a_guess():
    meaning = read_meaning("urine protein g/L 0")
    assert meaning is not None
    assert (meaning.name, meaning.how) == ("proteinuria_g_24h", "guess")


def test_month_12_is_asked_about_once_and_stored_at_month_12():
    files = wide("Albumin12,Creatinine12", "34", "80")
    raw, mapping = proposed(files)
    asked = [question for question in open_questions(mapping, raw) if question.kind == "meaning"]
    assert [(item.columns, item.proposal) for item in asked] == [(("Albumin12", "Creatinine12"), "yes")]
    cohort = load_cohort(files, name="wide", mapping=accept_proposals(mapping, raw))
    assert set(zip(cohort.visits["variable"], cohort.visits["month"], cohort.visits["value"], strict=True)) == {
        ("albumin_g_l", 12, 34),
        ("scr_umol_l", 12, 80),
    }


def test_until_it_is_answered_the_numbered_columns_are_not_read():
    files = wide("Albumin12,Creatinine12", "34", "80")
    _, mapping = proposed(files)
    cohort = load_cohort(files, name="wide", mapping=mapping)
    assert cohort.visits.empty
    assert {item.column for item in cohort.provenance.problems if "needs an answer first" in item.message} == {
        "Albumin12",
        "Creatinine12",
    }


@pytest.mark.parametrize(("headers", "proposal"), [("UTP24,alb0", ""), ("UTP0,UTP24", "yes")])
def test_24_after_urine_protein_may_be_the_hours(headers, proposal):
    raw, mapping = proposed(wide(headers, "4", "30"))
    asked = [question for question in open_questions(mapping, raw) if question.kind == "meaning"]
    assert [item.proposal for item in asked] == [proposal]


def test_two_columns_of_one_quantity_and_month_are_asked_about_and_the_other_is_left_out():
    files = wide("albumin_12 (g/L),ALB 12m (g/L)", "34", "35")
    raw, mapping = proposed(files)
    asked = [question for question in open_questions(mapping, raw) if question.kind == "same_meaning"]
    assert [item.columns for item in asked] == [("albumin_12 (g/L)", "ALB 12m (g/L)")]
    answered = answer_question(mapping, asked[0], "ALB 12m (g/L)")
    assert column(answered, "albumin_12 (g/L)").role == "drop"
    cohort = load_cohort(files, name="wide", mapping=answered)
    assert cohort.visits["value"].tolist() == [35.0] * 4
    assert "albumin_12 (g/L)" not in cohort.patients
    assert any(item.column == "albumin_12 (g/L)" for item in cohort.provenance.problems)
