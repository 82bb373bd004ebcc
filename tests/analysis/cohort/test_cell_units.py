"""Are numbers that carry their unit read, each in the unit written beside it?"""

from __future__ import annotations

import pytest

from analysis.cohort.canonical import load_cohort
from analysis.cohort.dictionary import data_dictionary
from analysis.cohort.proposals import propose_mapping
from analysis.cohort.questions import accept_proposals, open_questions
from analysis.cohort.readers import read_tables
from analysis.cohort.units import header_unit


def loaded(header, cells):
    lines = [f"id,arm,{header}", *(f"P{i},{'TAC' if i % 2 else 'RTX'},{cell}" for i, cell in enumerate(cells))]
    files = [("units.csv", "\n".join(lines).encode())]
    raw = read_tables(files)
    mapping = accept_proposals(propose_mapping(raw), raw)
    return load_cohort(files, name="x", mapping=mapping), mapping.columns[2], open_questions(mapping, raw)


def numbers(cohort):
    return cohort.visits.set_index("patient_id")["value"].to_dict()


@pytest.mark.parametrize(
    ("header", "cell", "unit", "value"),
    [
        ("albumin_6", "3{} g/L", "g/L", 30),
        ("proteinuria_6", "40{}mg/24h", "mg/24 h", 0.4),
        ("creatinine_0", "8{} umol/L", "µmol/L", 80),
        ("hb_0", "1{} g/dL", "g/dL", 100),
    ],
)
def test_the_unit_of_all_cells_is_that_of_the_column(header, cell, unit, value):
    cohort, column, questions = loaded(header, [cell.format(i) for i in range(8)])
    assert (column.role, column.header_unit, questions) == ("variable", unit, ())
    assert numbers(cohort)["P0"] == pytest.approx(value)
    assert len(cohort.visits) == 8


def test_cells_in_another_unit_are_read_in_the_one_written_in_them_and_counted():
    cohort, column, questions = loaded("proteinuria_6", [*(f"{1000 + i} mg" for i in range(5)), "0.2 g", "<0.1 g", "x"])
    assert (column.header_unit, questions) == ("mg/24 h", ())
    assert numbers(cohort) == pytest.approx(
        {"P0": 1, "P1": 1.001, "P2": 1.002, "P3": 1.003, "P4": 1.004, "P5": 0.2, "P6": 0.1}
    )
    assert cohort.visits.set_index("patient_id").loc["P6", "qualifier"] == "lt"
    assert "proteinuria_6: 2 values in g/24 h, as written in the cell (× 1)." in cohort.provenance.conversions
    assert [item.value for item in cohort.provenance.problems if item.severity == "error"] == ["x"]


def test_plain_numbers_among_them_do_not_take_their_unit():
    cohort, column, _ = loaded("albumin_0", [*(f"2.{i} g/dL" for i in range(4)), "30", "31", "32", "33", "34"])
    assert (column.header_unit, column.unit) == ("", "g/L")
    assert numbers(cohort)["P1"] == 21
    assert numbers(cohort)["P4"] == 30


def test_plain_numbers_among_them_are_in_the_unit_of_the_header():
    cohort, column, questions = loaded("albumin_0 (g/L)", ["20 g/L", "21 g/L", "22 g/L", "23", "2.4 g/dL"])
    assert (column.header_unit, questions) == ("g/L", ())
    assert numbers(cohort) == {"P0": 20, "P1": 21, "P2": 22, "P3": 23, "P4": 24}


def test_a_unit_that_is_none_of_the_quantity_is_not_read_and_listed():
    cohort, column, _ = loaded("albumin_0", [f"2{i} mmHg" for i in range(5)])
    assert column.role == "keep"
    assert any("needs numbers" in item.message for item in cohort.provenance.problems)


def test_a_column_of_thousands_is_asked_about_before_it_is_taken_for_words():
    lines = ["id,arm,proteinuria_0 (mg)", *(f'P{i},{"AB"[i % 2]},"5,10{i}"' for i in range(6))]
    raw = read_tables([("a.csv", "\n".join(lines).encode())])
    mapping = propose_mapping(raw)
    assert mapping.columns[2].variable == "proteinuria_g_24h"
    assert [item.kind for item in open_questions(mapping, raw)] == ["decimal"]


@pytest.mark.parametrize(
    ("header", "name", "unit"),
    [
        ("urine protein g/L 0", "proteinuria_g_24h", "g/L"),
        ("24hUP mg 0", "proteinuria_g_24h", "mg/24 h"),
        ("Hb g/dL m6", "hemoglobin_g_l", "g/dL"),
        ("Scr mg/dL baseline", "scr_umol_l", "mg/dL"),
        ("Scr_mg/dL_month_6", "scr_umol_l", "mg/dL"),
        ("albumin g/L week 24", "albumin_g_l", "g/L"),
        ("albumin 0", "albumin_g_l", ""),
    ],
)
def test_the_unit_before_the_visit_of_a_header_is_seen(header, name, unit):
    assert header_unit(header, data_dictionary()[name]) == unit


def test_a_concentration_of_urine_protein_is_asked_about_and_not_read_per_day():
    header = "24-h urine protein_0 (g/L)"
    cohort, _, (question,) = loaded(header, [f"3.{i}" for i in range(8)])
    assert question.text == (
        "24-h urine protein: the header says g/L, which cannot be converted to g/24 h without the volume of the urine."
    )
    assert question.proposal == ""
    assert cohort.visits.empty
