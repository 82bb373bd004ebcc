"""Is a point that may separate thousands asked about where the file writes decimal commas?"""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.cohort.canonical import load_cohort
from analysis.cohort.cells import has_decimal_comma, points_may_group
from analysis.cohort.proposals import propose_mapping
from analysis.cohort.questions import accept_proposals, answer_question, open_questions
from analysis.cohort.readers import read_tables

COMMAS = "id;arm;proteinuria_0 (mg/24h);proteinuria_12 (mg/24h);scr_0 (µmol/L)"
FILE = [
    COMMAS,
    *(f"P{i};{'TAC' if i % 2 else 'RTX'};7.25{i};1.150,{i};8{i},5" for i in range(8)),
]


def upload(lines):
    return [("points.csv", "\n".join(lines).encode())]


def settled(lines):
    raw = read_tables(upload(lines))
    mapping = accept_proposals(propose_mapping(raw), raw)
    return raw, mapping, open_questions(mapping, raw)


def proteinuria(lines, mapping):
    visits = load_cohort(upload(lines), name="x", mapping=mapping).visits
    return visits[visits["variable"].eq("proteinuria_g_24h")].set_index(["month", "patient_id"])["value"]


def test_points_before_three_digits_are_asked_about_beside_decimal_commas_and_not_read_until_then():
    raw, mapping, (question,) = settled(FILE)
    assert (question.kind, question.columns) == ("decimal", ("proteinuria_0 (mg/24h)",))
    assert "7.250" in question.found
    assert question.proposal == ""
    assert proteinuria(FILE, mapping).index.get_level_values("month").unique().tolist() == [12]
    mapping = answer_question(mapping, question, ",")
    assert open_questions(mapping, raw) == ()
    assert proteinuria(FILE, mapping)[0, "P3"] == pytest.approx(7.253)
    assert proteinuria(FILE, mapping)[12, "P3"] == pytest.approx(1.1503)


def test_a_decimal_point_by_answer_has_its_unit_asked_about_again():
    raw, mapping, questions = settled([line.replace("1.150,", "3.15") for line in FILE])
    assert [question.kind for question in questions] == ["decimal", "decimal"]
    for question in questions:
        mapping = answer_question(mapping, question, ".")
    (unit,) = open_questions(mapping, raw)
    assert unit.kind == "unit"
    assert "values look like g/24 h" in unit.text


def test_no_point_is_asked_about_where_no_comma_is_decimal():
    lines = [line.replace(",5", "").replace("1.150,", "1150.").replace(";", ",") for line in FILE]
    questions = settled(lines)[2]
    assert "decimal" not in [question.kind for question in questions]


@pytest.mark.parametrize(
    ("cells", "grouped"),
    [
        (["7.250", "12.500", ""], True),
        (["3.100", "480", "ND"], True),
        (["<1.500", "1.234.567"], True),
        (["0.250", "1.500"], False),
        (["12.5", "1.500"], False),
        (["1.500", "1.150,5"], False),
        (["480", ""], False),
    ],
)
def test_which_points_may_separate_thousands(cells, grouped):
    assert points_may_group(pd.Series(cells)) is grouped


@pytest.mark.parametrize(("cell", "decimal"), [("80,5", True), ("1.150,5", True), ("5,100", False), ("a, b", False)])
def test_which_commas_can_only_be_decimal(cell, decimal):
    assert has_decimal_comma(pd.Series(["1", cell])) is decimal
