"""Next month's export in another unit: is the unit asked about again, by its old and its new name?"""

from __future__ import annotations

import pytest

from analysis.cohort.canonical import load_cohort
from analysis.cohort.proposals import propose_mapping
from analysis.cohort.questions import accept_proposals, answer_question, open_questions
from analysis.cohort.readers import read_tables
from analysis.cohort.replay import replay
from analysis.cohort.template import template_workbook

GRAMS_PER_DL = [2.1, 2.2, 2.3, 2.4, 2.5, 2.6, 2.7, 2.8]


def export(header: str, values: list[float]) -> list[tuple[str, bytes]]:
    rows = [f"P{i},{'RTX' if i % 2 else 'TAC'},{value}" for i, value in enumerate(values)]
    return [("a.csv", "\n".join([f"id,arm,{header}", *rows]).encode())]


def mapped(files):
    raw = read_tables(files)
    return accept_proposals(propose_mapping(raw), raw)


def albumin(files, mapping) -> list[float]:
    visits = load_cohort(files, name="x", mapping=mapping).visits
    return visits.loc[visits["variable"].eq("albumin_g_l"), "value"].round(6).tolist()


def test_a_header_with_another_unit_is_read_in_the_new_one_and_both_are_named():
    later = export("albumin (g/L)", [10 * value for value in GRAMS_PER_DL])
    mapping, changes = replay(mapped(export("albumin (g/dL)", GRAMS_PER_DL)), read_tables(later))
    assert [item.message for item in changes] == [
        "“albumin (g/dL)” is now “albumin (g/L)”: the unit was g/dL and is g/L."
    ]
    assert open_questions(mapping, read_tables(later)) == ()
    assert albumin(later, mapping) == [21, 22, 23, 24, 25, 26, 27, 28]


def test_values_in_another_unit_under_the_same_header_are_asked_about_each_time_they_change():
    files = {unit: export("albumin", [f * value for value in GRAMS_PER_DL]) for unit, f in (("g/dL", 1), ("g/L", 10))}
    mapping = mapped(files["g/dL"])
    for before, now in (("g/dL", "g/L"), ("g/L", "g/dL")):
        raw = read_tables(files[now])
        mapping, changes = replay(mapping, raw)
        assert [item.message for item in changes] == [
            f"“albumin” was read in {before}; its values look like {now} now."
        ]
        (question,) = open_questions(mapping, raw)
        assert f"So far it was read in {before}." in question.text
        assert albumin(files[now], mapping) == []  # not read while it is open
        mapping = answer_question(mapping, question, now)
        assert albumin(files[now], mapping) == pytest.approx([21, 22, 23, 24, 25, 26, 27, 28])
        again, changes = replay(mapping, raw)
        assert (again, changes) == (mapping, ())


def test_columns_that_differ_in_their_numbers_only_are_asked_about_once():
    header = "albumn_3,albumn_6,albumn_9"
    rows = "\n".join(f"P{i},{30 + i},{31 + i},{32 + i}" for i in range(6))
    raw = read_tables([("a.csv", f"id,{header}\n{rows}\n".encode())])
    mapping = propose_mapping(raw)
    (question,) = [item for item in open_questions(mapping, raw) if item.kind == "meaning"]
    assert question.columns == ("albumn_3", "albumn_6", "albumn_9")
    assert "the columns like it (3 in all)" in question.text
    months = {
        answer: [item.month for item in answer_question(mapping, question, answer).columns if item.role == "variable"]
        for answer in ("yes", "keep", "leave out")
    }
    assert months == {"yes": [3, 6, 9], "keep": [], "leave out": []}


def test_the_example_of_the_template_does_not_come_in_under_a_pseudonym():
    own = b"MRN,arm,albumin (g/L) m0\n7100031,RTX,25\n7100062,RTX,26\n7100093,TAC,27\n"
    files = [("template.xlsx", template_workbook()), ("own.csv", own)]
    raw = read_tables(files)
    mapping = accept_proposals(propose_mapping(raw), raw)
    assert mapping.pseudonyms
    cohort = load_cohort(files, name="x", mapping=mapping)
    assert len(cohort.patients) == 3
    assert {item.sheet for item in cohort.provenance.problems if "example of the template" in item.message} == {
        "patients", "visits", "doses", "adverse_events", "events",
    }  # fmt: skip
