"""Do the public example files load with their traps handled?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis.cohort.canonical import load_cohort
from analysis.cohort.mapping import Mapping, Question, from_json, to_json
from analysis.cohort.proposals import propose_mapping
from analysis.cohort.questions import accept_proposals, answer_question, open_questions
from analysis.cohort.raw import RawTables
from analysis.cohort.readers import read_tables

DATA = Path(__file__).parents[2] / "data"
STATUS = {"0": "censored", "1": "kidney_failure", "2": "death"}  # 1 is the transplant


def files(*names: str) -> list[tuple[str, bytes]]:
    return [(Path(name).name, (DATA / name).read_bytes()) for name in names]


def start(sheets: list[tuple[str, bytes]]) -> tuple[RawTables, Mapping]:
    raw = read_tables(sheets)
    return raw, accept_proposals(propose_mapping(raw), raw)


def with_words(mapping: Mapping, question: Question, codes: dict[str, str]) -> Mapping:
    return answer_question(mapping, question, {item.word: codes[item.word] for item in question.words})


@pytest.fixture(scope="module")
def pbc() -> tuple[list[tuple[str, bytes]], RawTables, Mapping]:
    sheets = files("pbc/pbc.csv", "pbc/pbcseq.csv")
    return (sheets, *start(sheets))


def test_pbcseq_codes_the_arms_otherwise_and_nobody_is_moved(pbc) -> None:
    sheets, raw, mapping = pbc
    (question,) = [item for item in open_questions(mapping, raw) if item.kind == "contradiction"]
    assert question.found == "158 patients have 1 there and 1 here; 154 patients have 2 there and 0 here."
    assert question.proposal == ""
    unanswered = load_cohort(sheets, name="pbc", mapping=mapping)
    assert "regimen_group" not in unanswered.patients  # nothing is read before the answers
    mapping = answer_question(mapping, question, "first")
    for asked in open_questions(mapping, raw):
        mapping = with_words(mapping, asked, STATUS if "status" in asked.columns else {"1": "D-pen", "2": "placebo"})
    cohort = load_cohort(sheets, name="pbc", mapping=mapping)
    arms = cohort.patients["regimen_group"].fillna("none").value_counts()
    assert arms.to_dict() == {"D-pen": 158, "placebo": 154, "none": 106}
    messages = [problem.message for problem in cohort.provenance.problems]
    assert any("without one: 106 patients (313, 314" in message for message in messages)
    assert cohort.events["event_type"].value_counts().to_dict() == {
        "last_contact": 418, "death": 161, "kidney_failure": 25,
    }  # fmt: skip


def test_the_words_of_both_files_settle_the_contradiction_too(pbc) -> None:
    sheets, raw, mapping = pbc
    codes = {"pbc.csv": {"1": "D-pen", "2": "placebo"}, "pbcseq.csv": {"1": "D-pen", "0": "placebo"}}
    for question in open_questions(mapping, raw):
        if question.kind == "words":
            mapping = with_words(mapping, question, STATUS if "status" in question.columns else codes[question.table])
    assert open_questions(mapping, raw) == ()
    cohort = load_cohort(sheets, name="pbc", mapping=mapping)
    assert cohort.patients["regimen_group"].value_counts().to_dict() == {"D-pen": 158, "placebo": 154}
    assert not [item for item in cohort.provenance.problems if "contradict" in item.message]
    listed = [(item.row, item.value) for item in cohort.provenance.problems if "must be 3 to 70 g/L" in item.message]
    assert [value for _, value in listed] == ["80.1"]  # 8.01 g/dL: blanked and listed
    assert len(cohort.visits) == 418 + 1945 - len(listed)


def test_arms_that_stand_only_in_redcap_event_names_become_groups() -> None:
    names = [f"redcap_longitudinal/{name}.csv" for name in ("data", "dictionary", "event", "arm")]
    sheets = files(*names)
    _, mapping = start(sheets)
    cohort = load_cohort(sheets, name="r", mapping=mapping)
    assert cohort.patients["regimen_group"].tolist() == ["Drug A", "Drug A", "Drug B"]
    alone = files(names[0])
    raw, mapping = start(alone)
    questions = [item for item in open_questions(mapping, raw) if item.columns == ("redcap_arm",)]
    assert [(item.table, [word.word for word in item.words]) for item in questions] == [
        ("data.csv › patients", ["1", "2"]), ("data.csv › visits", ["1", "2"]),
    ]  # fmt: skip
    for question in questions:
        mapping = with_words(mapping, question, {"1": "A", "2": "B"})
    assert load_cohort(alone, name="r", mapping=mapping).patients["regimen_group"].tolist() == ["A", "A", "B"]


def test_redcap_names_never_reach_the_cohort() -> None:
    sheets = files("redcap_longitudinal/data.csv", "redcap_longitudinal/dictionary.csv")
    _, mapping = start(sheets)
    cohort = load_cohort(sheets, name="r", mapping=mapping)
    everything = repr(cohort.provenance) + cohort.patients.to_csv() + cohort.visits.to_csv()
    assert not [word for word in ("Zharko", "Lenox", "(415) 555-1212", "zlehnox@gmail.com") if word in everything]


# ---------------------------------------------------------------- ids and spellings


NORTH = "id,arm,age,sex\n1,RTX,40,m\n2,TAC,51,f\n3,RTX,62,m\n"
SOUTH = "id,arm,age,sex\n1,TAC,33,f\n2,TAC,44,f\n3,RTX,55,m\n4,RTX,66,m\n"


def centres(**sheets: str) -> list[tuple[str, bytes]]:
    return [(f"{name}.csv", text.encode()) for name, text in sheets.items()]


def test_ids_that_repeat_across_the_files_of_two_centres_are_asked_about() -> None:
    labs = "id,visit,albumin (g/L)\n1,0,{0}\n1,3,{1}\n"
    sheets = centres(
        north_patients=NORTH, south_patients=SOUTH, north_labs=labs.format(24, 31), south_labs=labs.format(20, 22)
    )
    raw = read_tables(sheets)
    (question,) = [item for item in open_questions(propose_mapping(raw), raw) if item.kind == "files"]
    assert question.found == "3 ids are in both (1, 2, 3), but what is known of them differs."
    mapping = accept_proposals(propose_mapping(raw), raw)
    assert mapping.apart == ("north_patients.csv", "south_patients.csv")
    cohort = load_cohort(sheets, name="c", mapping=mapping)
    assert cohort.patients["patient_id"].tolist() == [
        "north-1",
        "north-2",
        "north-3",
        "south-1",
        "south-2",
        "south-3",
        "south-4",
    ]
    found = cohort.visits[["patient_id", "value"]].to_numpy().tolist()
    assert found == [["north-1", 24.0], ["north-1", 31.0], ["south-1", 20.0], ["south-1", 22.0]]
    assert from_json(to_json(mapping)) == mapping


def test_a_table_of_neither_centre_loses_its_rows_with_a_count_and_reaches_nobody() -> None:
    sheets = centres(north=NORTH, south=SOUTH, labs="id,visit,albumin (g/L)\n1,0,24\n1,3,31\n")
    raw = read_tables(sheets)
    cohort = load_cohort(sheets, name="c", mapping=accept_proposals(propose_mapping(raw), raw))
    assert len(cohort.patients) == 7
    assert cohort.visits.empty
    assert len([item for item in cohort.provenance.problems if item.file == "labs.csv" and item.row]) == 2


@pytest.mark.parametrize("coding", [{"m": "1", "f": "2"}, {}])
def test_the_same_persons_in_two_files_are_not_asked_about(coding: dict[str, str]) -> None:
    again = NORTH
    for word, code in coding.items():
        again = again.replace(f",{word}\n", f",{code}\n")
    raw = read_tables(centres(a=NORTH, b=again))
    assert [item for item in open_questions(propose_mapping(raw), raw) if item.kind == "files"] == []


def test_a_mapping_saved_before_this_was_asked_still_opens() -> None:
    raw = read_tables(centres(a=NORTH))
    document = json.loads(to_json(propose_mapping(raw)))
    del document["apart"]
    assert from_json(json.dumps(document)).apart == ()


def test_merged_spellings_and_too_many_regimens_are_said_with_counts() -> None:
    words = ["RTX"] * 3 + ["rtx "] * 2 + ["RTX + TAC"] * 2 + ["Rituximab"] * 2
    rows = "\n".join(f"P{n},{word},male" for n, word in enumerate(words))
    cohort = load_cohort([("patients.csv", f"patient_id,regimen_group,sex\n{rows}\n".encode())], name="s")
    messages = [item.message for item in cohort.provenance.problems]
    assert "Spellings of regimen_group were merged: “RTX + TAC” → RTX+TAC (2), “rtx ” → RTX (2)." in messages
    assert "Each regimen needs one spelling; these look alike: RTX (5), Rituximab (2)." in messages
    rows = "\n".join(f"P{n},drug {n % 9},male" for n in range(18))
    cohort = load_cohort([("patients.csv", f"patient_id,regimen_group,sex\n{rows}\n".encode())], name="s")
    assert any(
        item.message.startswith("At most 8 regimens can be compared; 9 are in the file: drug 0 (2),")
        for item in cohort.provenance.problems
    )


def test_columns_of_text_at_visits_are_listed_as_not_read() -> None:
    patients = "patient_id,regimen_group\nA,RTX\nB,TAC\n"
    visits = "patient_id,month,albumin_g_l,albumin_method,remark\nA,0,25,BCG,well\nA,3,31,BCP,tired\nB,0,24,BCG,\n"
    cohort = load_cohort(centres(patients=patients, visits=visits), name="v")
    expected = {"albumin_method": 3, "remark": 2}
    for column, n in expected.items():
        assert [item.message for item in cohort.provenance.problems if item.column == column] == [
            f"The column “{column}” is not known in the table visits. Its {n} cells were not read."
        ]
    renamed = visits.replace("albumin_g_l", "Albumin (g/L)")
    sheets = centres(patients=patients, visits=renamed)
    _, mapping = start(sheets)
    found = load_cohort(sheets, name="v", mapping=mapping).provenance.problems
    counted = {item.column: item.message for item in found if "cells were not read" in item.message}
    assert set(counted) == set(expected)
    assert all(f"Its {n} cells were not read." in counted[column] for column, n in expected.items())
