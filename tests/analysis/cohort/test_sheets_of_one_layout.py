"""Do several sheets of the same layout keep their arms and their patients apart?"""

from __future__ import annotations

import pytest

from analysis.cohort.canonical import load_cohort
from analysis.cohort.proposals import propose_mapping
from analysis.cohort.questions import accept_proposals, answer_question, open_questions
from analysis.cohort.readers import read_tables
from analysis.cohort.replay import replay
from tests.analysis.cohort.test_time_zero import workbook

HEADER = ["id", "age", "albumin (g/L) m0", "albumin (g/L) m12"]


def sheet(first, n, base, header=HEADER):
    second = {"age": lambda i: i + base, "sex": lambda i: ("male", "female")[i % 2], "arm": lambda i: "AB"[i % 2]}
    return [header, *([i, second[header[1]](i), base + i, base + 10 + i] for i in range(first, first + n))]


def loaded(files, mapping=None):
    raw = read_tables(files)
    mapping = accept_proposals(propose_mapping(raw), raw) if mapping is None else mapping
    return raw, mapping, load_cohort(files, name="arms", mapping=mapping)


def test_the_arm_that_stands_only_in_the_name_of_the_sheet_is_the_group():
    _, _, cohort = loaded(workbook({"RTX": sheet(1, 12, 20), "RTX+TAC": sheet(21, 12, 22)}))
    assert cohort.patients["regimen_group"].value_counts().to_dict() == {"RTX": 12, "RTX+TAC": 12}


def test_names_that_are_no_regimens_are_kept_as_a_grouping():
    _, mapping, cohort = loaded(workbook({"Madrid": sheet(1, 12, 20), "Beijing": sheet(21, 12, 22)}))
    assert cohort.patients["name of the sheet"].value_counts().to_dict() == {"Beijing": 12, "Madrid": 12}
    assert {item.keep_as for item in mapping.columns if item.column == "name of the sheet"} == {"group"}


def test_a_group_column_and_a_single_sheet_need_no_name_of_the_sheet():
    header = ["id", "arm", "albumin (g/L) m0", "albumin (g/L) m12"]
    files = workbook({"RTX": sheet(1, 6, 20, header), "RTX+TAC": sheet(21, 6, 22, header)})
    _, mapping, _ = loaded(files)
    assert [item.column for item in mapping.columns if item.variable == "regimen_group"] == ["arm", "arm"]
    _, mapping, _ = loaded(workbook({"RTX": sheet(1, 6, 20), "notes": [["text"], ["none"]]}))
    assert not [item for item in mapping.columns if "name of the sheet" in item.column]


def test_ids_that_restart_per_sheet_are_asked_about_and_kept_apart():
    files = workbook({"RTX": sheet(1, 12, 20), "RTX+TAC": sheet(1, 12, 22)})
    raw = read_tables(files)
    (question,) = open_questions(propose_mapping(raw), raw)
    assert "clinic.xlsx › RTX and clinic.xlsx › RTX+TAC" in question.text
    assert dict(question.choices)["apart"].startswith("No: each sheet numbers its own patients")
    _, mapping, cohort = loaded(files)
    assert len(cohort.patients) == 24
    assert set(cohort.patients["patient_id"]) >= {"RTX-1", "RTX+TAC-1"}
    assert len(cohort.visits) == 48
    later = [("june.xlsx", files[0][1])]
    again, changes = replay(mapping, read_tables(later))
    assert {change.kind for change in changes} == {"renamed table"}
    assert len(loaded(later, again)[2].patients) == 24


def test_a_sheet_of_visits_belongs_to_the_sheet_whose_name_it_carries():
    labs = [["id", "month", "albumin (g/L)"], [1, 6, 33.5]]
    arms = {"RTX": sheet(1, 6, 20), "RTX+TAC": sheet(1, 6, 22)}
    files = workbook({**arms, "RTX+TAC labs": labs, "other": labs})
    _, _, cohort = loaded(files)
    found = cohort.visits[cohort.visits["month"].eq(6)]
    assert found["patient_id"].tolist() == ["RTX+TAC-1"]  # the sheet “other” names neither: listed, not guessed
    assert [problem.sheet for problem in cohort.provenance.problems if problem.severity == "error"] == ["other"]


def test_nothing_is_proposed_where_sex_agrees_and_an_open_question_is_listed():
    header = ["id", "sex", "albumin (g/L) m0", "albumin (g/L) m12"]
    raw, mapping, cohort = loaded(workbook({"RTX": sheet(1, 6, 20, header), "RTX+TAC": sheet(1, 6, 24, header)}))
    (question,) = open_questions(mapping, raw)
    assert (question.kind, question.proposal) == ("files", "")
    (problem,) = [item for item in cohort.provenance.problems if item.severity == "error"]
    assert "Until then the same id is read as one patient" in problem.message


@pytest.mark.parametrize("answer", ["apart", "same"])
def test_few_patients_in_two_files_are_asked_about_although_their_arm_agrees(answer):
    files = [
        ("a.csv", b"id,arm,albumin (g/L) m0\n1,RTX,25\n2,TAC,26\n3,RTX,27\n"),
        ("b.csv", b"id,arm,albumin (g/L) m0\n2,TAC,31\n3,RTX,32\n4,TAC,33\n"),
    ]
    raw = read_tables(files)
    (question,) = open_questions(propose_mapping(raw), raw)
    mapping = answer_question(propose_mapping(raw), question, answer)
    assert len(loaded(files, mapping)[2].patients) == {"apart": 6, "same": 4}[answer]


def test_the_same_export_twice_is_not_asked_about():
    export = b"id,arm,albumin (g/L) m0\n1,RTX,25\n2,TAC,26\n3,RTX,27\n"
    raw = read_tables([("may.csv", export), ("june.csv", export)])
    assert open_questions(propose_mapping(raw), raw) == ()


def test_warnings_about_two_sheets_name_the_sheets():
    files = workbook({"Madrid": sheet(1, 6, 20), "Beijing": sheet(1, 6, 22)})
    raw = read_tables(files)
    (question,) = [item for item in open_questions(propose_mapping(raw), raw) if item.kind == "files"]
    cohort = loaded(files, answer_question(propose_mapping(raw), question, "same"))[2]
    told = [item.message for item in cohort.provenance.problems if "contradict each other" in item.message]
    assert told
    assert all("clinic.xlsx › Madrid" in message for message in told)


def visit_sheet(n, base, *more):
    return [
        ["id", "albumin (g/L)", "creatinine (µmol/L)", *more],
        *([f"P{i}", base + i, 80 + i] + [f"{40 + i}"] * len(more) for i in range(n)),
    ]


@pytest.mark.parametrize(
    "names",
    [
        ("Month 0", "Month 3", "Month 6", "Month 12"), ("Baseline", "M3", "M6", "M12"),
        ("基线", "3个月", "6个月", "12个月"), ("Basal", "Mes 3", "Mes 6", "Mes 12"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("more", [(), ("age", "sex", "weight (kg)")])
def test_sheets_named_after_visits_are_read_as_visits(names, more):
    more = dict.fromkeys(more)
    sheets = {name: visit_sheet(5 - at, 20 + 5 * at, *(more if not at else ())) for at, name in enumerate(names)}
    _, mapping, cohort = loaded(workbook(sheets))
    assert {item.role for item in mapping.tables} == {"visits"}
    assert len(cohort.patients) == 5
    albumin = cohort.visits[cohort.visits["variable"].eq("albumin_g_l")]
    found = {month: sorted(of["value"]) for month, of in albumin.groupby("month")}
    months = (0, 3, 6, 12)
    assert found == {month: [20 + 5 * at + i for i in range(5 - at)] for at, month in enumerate(months)}
    assert not [item for item in cohort.provenance.problems if "contradict" in item.message]


def test_sheets_named_by_bare_numbers_are_asked_about():
    files = workbook({"0": visit_sheet(4, 20), "3": visit_sheet(4, 25)})
    raw = read_tables(files)
    questions = [item for item in open_questions(propose_mapping(raw), raw) if item.kind == "meaning"]
    assert [question.columns for question in questions] == [("visit (name of the sheet)",)] * 2
    before = loaded(files, propose_mapping(raw))[2]
    assert before.visits.empty
    assert sum("rows were not read" in item.message for item in before.provenance.problems) == 2
    mapping = accept_proposals(propose_mapping(raw), raw)
    for question in open_questions(mapping, raw):
        (word,) = question.words
        mapping = answer_question(mapping, question, {word.word: word.word})
    after = loaded(files, mapping)[2]
    assert sorted(after.visits["month"].unique()) == [0, 3]


def test_a_sheet_of_one_visit_with_its_own_column_of_visits_keeps_it():
    long = [["id", "month", "albumin (g/L)"], ["P1", 6, 30], ["P2", 6, 31]]
    _, mapping, cohort = loaded(workbook({"Baseline": long, "M3": long[:2]}))
    assert not [item for item in mapping.columns if "name of the sheet" in item.column]
    assert set(cohort.visits["month"]) == {6}
