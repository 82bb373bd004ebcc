"""Is a whole heap of values in another unit asked about and converted, and never single cells around a limit?"""

from __future__ import annotations

import json

import pytest

from analysis.cohort.canonical import load_cohort
from analysis.cohort.mapping import from_json, to_json
from analysis.cohort.proposals import propose_mapping
from analysis.cohort.questions import accept_proposals, answer_question, open_questions
from analysis.cohort.readers import read_tables

ARMS = ("TAC", "RTX")
ALBUMIN = [
    "centre,id,arm,albumin (g/L) m0,albumin (g/L) m12",
    *(f"A,a{i},{ARMS[i % 2]},{22 + i},{37 + i}" for i in range(8)),
    *(f"B,b{i},{ARMS[i % 2]},{3 + i / 10:.1f},{3.7 + i / 10:.1f}" for i in range(6)),
]
RATIOS = [
    "centre,id,arm,uPCR m0,uPCR m12",
    *(f"A,a{i},{ARMS[i % 2]},{4 + i},{0.1 + i / 4}" for i in range(10)),
    *(f"B,b{i},{ARMS[i % 2]},{400 + 90 * i},{10 + 9 * i}" for i in range(6)),
]


def files(lines):
    return [("m.csv", "\n".join(lines).encode())]


def asked(lines, mapping=None):
    raw = read_tables(files(lines))
    mapping = accept_proposals(propose_mapping(raw), raw) if mapping is None else mapping
    return mapping, open_questions(mapping, raw), raw


def answered(lines, **answers):
    mapping, questions, raw = asked(lines)
    while questions:
        mapping = answer_question(mapping, questions[0], answers[questions[0].kind])
        questions = open_questions(mapping, raw)
    return mapping, load_cohort(files(lines), name="m", mapping=mapping)


def values(cohort, patient):
    mine = cohort.visits[cohort.visits["patient_id"].eq(patient)].sort_values("month")
    return mine["value"].tolist()


def test_a_centre_in_another_unit_is_asked_with_every_unit_and_converted_as_a_whole():
    _, (question,), _ = asked(ALBUMIN)
    assert question.text.startswith("Serum albumin, centre B: in which unit?")
    assert "12 values, 3 to 4.2, median 3.6; the others 16 values, 22 to 44, median 33" in question.found
    assert [choice for choice, _ in question.choices][:4] == ["g/dL", "g/L", "g/100 mL", "µmol/L"]
    assert question.proposal == ""  # heuristics only ask
    mapping, cohort = answered(ALBUMIN, part_unit="g/dL")
    assert values(cohort, "b0") == [30, 37]
    assert values(cohort, "a0") == [22, 37]
    assert "albumin (g/L) m0: 6 values (centre B) read in g/dL, as confirmed." in cohort.provenance.conversions
    assert from_json(to_json(mapping)) == mapping


def test_until_somebody_answers_the_columns_are_not_read_and_listed():
    mapping, _, _ = asked(ALBUMIN)
    cohort = load_cohort(files(ALBUMIN), name="m", mapping=mapping)
    assert cohort.visits.empty
    assert [problem.column for problem in cohort.provenance.problems if problem.severity == "error"][:2] == [
        "albumin (g/L) m0",
        "albumin (g/L) m12",
    ]


def test_the_same_unit_and_leaving_blank_are_answers_too():
    assert values(answered(ALBUMIN, part_unit="same")[1], "b0") == [3, 3.7]
    cohort = answered(ALBUMIN, part_unit="blank")[1]
    assert values(cohort, "b0") == []
    assert values(cohort, "a0") == [22, 37]
    assert any("6 values (centre B) left blank" in sentence for sentence in cohort.provenance.conversions)


@pytest.mark.parametrize("centre", [True, False])
def test_ratios_of_one_centre_in_mg_mmol_are_converted_in_remission_too(centre):
    lines = RATIOS if centre else [line.partition(",")[2] for line in RATIOS]
    _, questions, _ = asked(lines)
    (question,) = questions
    assert ("centre B" if centre else "patients whose highest value is 72.1 or more") in question.text
    assert {"g/g", "mg/g", "mg/mmol"} <= {choice for choice, _ in question.choices}
    _, cohort = answered(lines, part_unit="mg/mmol", rounding="exact")
    assert values(cohort, "b0") == pytest.approx(
        [400 / 113.118, 10 / 113.118], rel=1e-5
    )  # exact: 1 g/g = 113.118 mg/mmol
    assert values(cohort, "a0") == [4, 0.1]


def test_the_rounding_of_the_guidelines_is_offered_for_a_part_in_mg_mmol():
    mapping, (question,), raw = asked([*RATIOS, "B,b9,TAC,380,31"])
    mapping = answer_question(mapping, question, "mg/mmol")
    (rounding,) = open_questions(mapping, raw)
    assert rounding.found.startswith("The class of 2 values")


def test_the_centre_of_another_table_counts():
    patients = ["centre,id,arm", *(line.rsplit(",", 2)[0] for line in ALBUMIN[1:])]
    long = ["id,month,albumin (g/L)"]
    for line in ALBUMIN[1:]:
        _, who, _, first, last = line.split(",")
        long += [f"{who},0,{first}", f"{who},12,{last}"]
    raw = read_tables([("p.csv", "\n".join(patients).encode()), ("v.csv", "\n".join(long).encode())])
    (question,) = open_questions(accept_proposals(propose_mapping(raw), raw), raw)
    assert (question.kind, question.table) == ("part_unit", "v.csv")
    assert "centre B" in question.text


def test_values_beside_a_cut_go_with_their_heap():
    lines = ["ID,Arm,Albumin m0 (g/L)"]
    lines += [f"K{i},{ARMS[i % 2]},{2.5 + i / 30:.2f}" for i in range(15)]
    lines += [f"L{i},{ARMS[i % 2]},{25 + i / 3:.1f}" for i in range(16)]
    _, cohort = answered(lines, part_unit="g/dL")
    assert cohort.visits["value"].min() == 25
    few = ["ID,Arm,Albumin m0 (g/L)", "P1,RTX,2.9", "P2,TAC,3.0", "P3,RTX,3.4", *lines[16:]]
    _, (question,), _ = asked(few)
    assert question.kind == "other_unit"
    assert question.cells == ("2.9", "3.0", "3.4")
    assert "µmol/L" in dict(question.choices)
    assert answered(few, other_unit="g/dL")[1].visits["value"].min() == 25


def test_a_sheet_in_another_unit_is_asked_on_its_own():
    pieces = [[ALBUMIN[0], *ALBUMIN[1:9]], [ALBUMIN[0], *ALBUMIN[9:]]]
    raw = read_tables([(f"{name}.csv", "\n".join(lines).encode()) for name, lines in zip("ab", pieces, strict=True)])
    (question,) = open_questions(accept_proposals(propose_mapping(raw), raw), raw)
    assert (question.table, question.kind) == ("b.csv", "unit")
    assert question.text.startswith("Serum albumin: header says g/L, values look like g/dL")


def test_a_heap_that_is_no_unit_apart_is_not_asked_about():
    lines = ["centre,id,arm,creatinine (µmol/L) m0,uPCR (g/g) m0"]
    lines += [f"A,a{i},{ARMS[i % 2]},{60 + i},{0.2 + i / 100}" for i in range(8)]
    lines += [f"B,b{i},{ARMS[i % 2]},{700 + i},{5 + i}" for i in range(8)]
    assert asked(lines)[1] == ()


def test_a_mapping_saved_before_parts_were_asked_about_still_reads():
    mapping, _, _ = asked(ALBUMIN)
    document = json.loads(to_json(mapping))
    for column in document["columns"]:
        del column["part_units"]
    assert from_json(json.dumps(document)) == mapping
