"""Do sheets in other languages, layouts and codings come in, and is what they leave open asked?"""

from __future__ import annotations

import pytest

from analysis.cohort.canonical import load_cohort
from analysis.cohort.proposals import propose_mapping
from analysis.cohort.questions import accept_proposals, answer_question, open_questions
from analysis.cohort.readers import read_tables

# The R data sets pbc and pbcseq (survival package) in miniature: 1/2/NA and 1/0 for the same arms.
PBC = "id,time,status,trt,age,sex,albumin\n1,400,2,1,58.8,f,2.6\n2,4500,0,1,56.4,f,4.14\n3,1012,2,2,70.1,m,3.48\n4,1925,1,2,54.7,f,2.54\n5,1504,0,NA,38.1,f,3.53\n"  # noqa: E501
PBCSEQ = "id,trt,day,albumin\n1,1,0,2.6\n1,1,192,2.94\n2,1,0,4.14\n3,0,0,3.48\n3,0,176,3.3\n4,0,0,2.54\n"

SPANISH = """Paciente;Grupo;Edad (años);Sexo;Talla (m);HTA;Proteinuria 24 h basal (g/24h);Proteinuria 24 h 3 meses (g/24h);Albúmina basal (g/dL);Albúmina 3 meses (g/dL);Creatinina basal (mg/dL);Fecha primer rituximab;Fecha de biopsia
A1;RTX+TAC;45;H;1,72;sí;6,2;3,1;2,4;3,3;0,9;13/02/2020;01/02/2020
A2;Rituximab;38;M;1,60;no;4,15;0,2;2,85;4,1;0,7;03/04/2021;05/03/2021
A3;美罗华;61;M;1,55;sí;8,0;<0,15;2,1;4,4;1,1;25/12/2021;12/2021
"""  # noqa: E501

ENGLISH = """Patient,Arm,Age,Gender,Height (cm),HTN,24-h urine protein M0 (mg/24h),24-h urine protein M3 (mg/24h),Albumin baseline (g/L),Albumin month 3 (g/L),Creatinine baseline (umol/L),Date of first rituximab,Biopsy date
A1,RTX + TAC,45,male,172,yes,6200,3100,24,33,79.5627,2020-02-13,2020-02-01
A2,RTX,38,female,160,no,4150,200,28.5,41,61.8821,2021-04-03,2021-03-05
A3,Rituximab ,61,female,155,yes,8000,<150,21,44,97.2433,2021-12-25,2021-12-15
"""  # noqa: E501


def files(**sheets: str) -> list[tuple[str, bytes]]:
    return [(f"{name}.csv", text.encode()) for name, text in sheets.items()]


def asked(mapping, raw, kind):
    return [question for question in open_questions(mapping, raw) if question.kind == kind]


def answered(mapping, raw, kind, answer):
    for question in asked(mapping, raw, kind):
        given = {item.word: answer[item.word] for item in question.words} if question.words else answer
        mapping = answer_question(mapping, question, given)
    return mapping


def accepted(sheets):
    raw = read_tables(sheets)
    return raw, accept_proposals(propose_mapping(raw), raw)


# ---------------------------------------------------------------- two languages, one cohort


def test_a_spanish_and_an_english_sheet_say_the_same():
    loaded = {}
    for name, text in (("spanish", SPANISH), ("english", ENGLISH)):
        sheets = files(**{name: text})
        raw, mapping = accepted(sheets)
        assert open_questions(mapping, raw) == ()
        loaded[name] = load_cohort(sheets, name=name, mapping=mapping)
    spanish, english = loaded["spanish"], loaded["english"]
    assert spanish.patients["sex"].tolist() == ["male", "female", "female"]  # H beside M: M is mujer
    assert spanish.patients["regimen_group"].tolist() == ["RTX+TAC", "RTX", "RTX"]
    assert spanish.patients["height_cm"].tolist() == [172, 160, 155]
    assert spanish.patients["hypertension"].tolist() == ["yes", "no", "yes"]
    assert spanish.patients["biopsy_to_rtx_months"].iloc[0] == pytest.approx(12 / 30.4375, abs=1e-4)
    assert spanish.patients["biopsy_to_rtx_months"].iloc[2] == pytest.approx(10 / 30.4375, abs=1e-4)  # the 15th assumed
    columns = ["patient_id", "month", "variable", "value", "qualifier"]
    assert spanish.visits[columns].equals(english.visits[columns])
    assert any("the 15th was assumed" in problem.message for problem in spanish.provenance.problems)


# ---------------------------------------------------------------- arms, events, contradicting files


def test_rows_without_an_arm_are_counted_and_status_has_three_levels():
    sheets = files(pbc=PBC)
    raw, mapping = accepted(sheets)
    status = {"0": "censored", "1": "kidney_failure", "2": "death"}
    for question in asked(mapping, raw, "words"):
        words = {item.word for item in question.words}
        answer = status if "status" in question.columns else {"1": "D-penicillamine", "2": "placebo"}
        mapping = answer_question(mapping, question, {word: answer[word] for word in words})
    cohort = load_cohort(sheets, name="pbc", mapping=mapping)
    assert cohort.patients["regimen_group"].isna().sum() == 1
    assert any("without one: 1 patient (5)" in problem.message for problem in cohort.provenance.problems)
    events = {(event.patient_id, event.event_type): event.day for event in cohort.events.itertuples()}
    assert events["1", "death"] == 400
    assert events["4", "kidney_failure"] == 1925
    assert events["2", "last_contact"] == 4500
    assert [kind for _, kind in events if kind == "death"] == ["death", "death"]


def test_a_file_that_codes_the_arms_otherwise_is_asked_about_and_never_guessed():
    sheets = files(pbc=PBC, pbcseq=PBCSEQ)
    raw, mapping = accepted(sheets)
    (question,) = asked(mapping, raw, "contradiction")
    assert question.found == "2 patients have 1 there and 1 here; 2 patients have 2 there and 0 here."
    assert question.proposal == ""
    assert question.columns == ("trt",)
    settled = answer_question(mapping, question, "first")
    assert settled.column("pbcseq.csv", "trt").role == "drop"
    assert asked(settled, raw, "contradiction") == []


def test_an_event_that_two_files_give_counts_once():
    later = "id,time,status,day,albumin (g/L)\n1,400,2,0,26\n1,400,2,90,30\n3,1200,2,0,35\n"
    sheets = files(a=PBC, b=later)
    raw, mapping = accepted(sheets)
    for question in asked(mapping, raw, "words"):
        codes = {"0": "censored", "1": "kidney_failure", "2": "death"} if "status" in question.columns else {}
        given = {item.word: codes.get(item.word, f"arm {item.word}") for item in question.words}
        mapping = answer_question(mapping, question, given)
    cohort = load_cohort(sheets, name="s", mapping=mapping)
    deaths = cohort.events[cohort.events["event_type"] == "death"]
    assert deaths[["patient_id", "day"]].to_numpy().tolist() == [["1", 400.0], ["3", 1012.0]]
    assert any("“death” differs for 1 patients (3)" in problem.message for problem in cohort.provenance.problems)


def test_arms_the_other_way_round_are_asked_about_too():
    sheets = files(
        a=PBC,
        b=PBCSEQ.replace(",1,", ",x,")
        .replace(",0,", ",0,")
        .replace("\n3,0", "\n3,1")
        .replace("\n4,0", "\n4,1")
        .replace(",x,", ",2,"),
    )
    raw, mapping = accepted(sheets)
    assert [question.table for question in asked(mapping, raw, "contradiction")] == ["b.csv"]


@pytest.mark.parametrize(
    ("header", "event", "censored"),  # as CDISC writes it, and with a header of one's own
    [("USUBJID,ARM,PARAMCD,AVAL,CNSR", "event", "censored"), ("id,arm,drug name,time,censor", "0", "1")],
)
def test_a_censoring_flag_of_zero_is_the_event(header, event, censored):
    sheets = files(t=f"{header}\nA,RTX,DEATH,30,0\nB,RTX,DEATH,60,1\nC,TAC,DEATH,90,1\n".replace("drug name", "note"))
    raw, mapping = accepted(sheets)
    (question,) = asked(mapping, raw, "words")
    assert {item.word: item.proposal for item in question.words} == {censored: "censored", event: ""}
    mapping = answer_question(mapping, question, {event: "death", censored: "censored"})
    mapping = answered(mapping, raw, "time_unit", "days")
    cohort = load_cohort(sheets, name="t", mapping=mapping)
    deaths = cohort.events[cohort.events["event_type"] == "death"]
    assert deaths[["patient_id", "day"]].to_numpy().tolist() == [["A", 30.0]]


# ---------------------------------------------------------------- what is always asked


@pytest.mark.parametrize("codes", ["01", "12"])
def test_sex_in_digits_is_always_asked(codes):
    raw, mapping = accepted(files(s=f"id,sex,arm\nA,{codes[0]},x\nB,{codes[1]},y\n"))
    (question,) = asked(mapping, raw, "words")
    assert question.columns == ("sex",)
    assert not question.has_proposal()
    mapping = answer_question(mapping, question, {codes[0]: "female", codes[1]: "male"})
    cohort = load_cohort(files(s=f"id,sex,arm\nA,{codes[0]},x\nB,{codes[1]},y\n"), name="s", mapping=mapping)
    assert cohort.patients["sex"].tolist() == ["female", "male"]


def test_yes_and_no_in_digits_share_one_question():
    raw = read_tables(files(s="id,HTN,DM,stroke\nA,0,1,1\nB,1,0,2\n"))
    questions = asked(propose_mapping(raw), raw, "words")
    found = {question.columns: {item.word: item.proposal for item in question.words} for question in questions}
    assert found == {("HTN", "DM"): {"0": "no", "1": "yes"}, ("stroke",): {"1": "", "2": ""}}


@pytest.mark.parametrize(
    ("header", "values", "proposal", "first"),
    [
        ("albumin_0", (2.4, 3.1), "g/dL", "g/dL"),
        ("albumin_0", (24, 31), "g/L", "g/L"),
        ("hb_0", (9, 11), "", "g/dL"),
        ("creatinine_0", (16, 18), "", "mg/dL"),
        ("upcr_0", (250, 260), "", "mg/mmol"),
        ("upcr_0", (2.5, 6), "g/g", "g/g"),
        ("proteinuria_0", (3100, 6400), "mg/24 h", "mg/24 h"),
        ("height", (1.7, 1.6), "m", "m"),
        ("cholesterol_0", (260, 310), "mg/dL", "mg/dL"),
    ],
)
def test_units_without_a_header_are_asked_about(header, values, proposal, first):  # domain.md 1.5
    raw = read_tables(files(s=f"id,arm,{header}\nA,x,{values[0]}\nB,y,{values[1]}\n"))
    (question,) = asked(propose_mapping(raw), raw, "unit")
    assert (question.proposal, question.choices[0][0]) == (proposal, first)


def test_mg_mmol_is_exact_unless_the_guideline_is_chosen():
    sheets = files(s="id,arm,uPCR_0 (mg/mmol)\nA,x,380\nB,y,32\n")
    raw = read_tables(sheets)
    mapping = propose_mapping(raw)
    (question,) = asked(mapping, raw, "rounding")
    assert question.found.startswith("The class of 2 values")
    exact = load_cohort(sheets, name="s", mapping=answer_question(mapping, question, "exact"))
    rounded = load_cohort(sheets, name="s", mapping=answer_question(mapping, question, "guideline"))
    assert exact.visits["value"].tolist() == pytest.approx([3.36, 0.283], abs=2e-3)  # 380 mg/mmol is 3.36 g/g
    assert rounded.visits["value"].tolist() == [3.8, 0.32]


def test_dates_are_settled_once_per_column():
    open_dates = "id,arm,visit date,first rtx date\nA,x,01/02/2020,2020-01-01\nB,y,03/04/2020,2020-01-01\n"
    raw = read_tables(files(s=open_dates))
    assert [question.columns for question in asked(propose_mapping(raw), raw, "date_order")] == [("visit date",)]
    raw = read_tables(files(s=open_dates.replace("03/04/2020", "23/04/2020")))
    assert propose_mapping(raw).column("s.csv", "visit date").date_order == "DMY"


def test_ids_that_repeat_across_centres_stay_apart():
    sheets = files(s="centre,id,arm,age\nNorth,1,x,40\nNorth,2,y,50\nSouth,1,x,60\n")
    mapping = accepted(sheets)[1]
    cohort = load_cohort(sheets, name="s", mapping=mapping)
    assert cohort.patients["patient_id"].tolist() == ["North-1", "North-2", "South-1"]


def test_a_mark_beside_blanks_means_what_the_reader_says():
    sheets = files(s="id,arm,HTN\nA,x,x\nB,y,\n")
    raw, mapping = accepted(sheets)
    assert load_cohort(sheets, name="s", mapping=mapping).patients["hypertension"].tolist()[0] == "yes"
    assert load_cohort(sheets, name="s", mapping=mapping).patients["hypertension"].isna().tolist() == [False, True]
    mapping = propose_mapping(raw)
    mapping = answered(mapping, raw, "blank", "no")
    assert load_cohort(sheets, name="s", mapping=mapping).patients["hypertension"].tolist() == ["yes", "no"]


# ---------------------------------------------------------------- layouts


def test_one_test_per_row_becomes_one_column_per_test():
    rows = [
        "A,Baseline,Albumin,24,g/L",
        "A,Baseline,Creatinine,0.9,mg/dL",
        "A,Month 3,Albumin,33,g/L",
        "B,Baseline,Albumin,28,g/L",
    ]
    sheets = files(labs="\n".join(["USUBJID,AVISIT,test,result,unit", *rows]), patients="USUBJID,ARM\nA,RTX\nB,TAC\n")
    raw, mapping = accepted(sheets)
    assert open_questions(mapping, raw) == ()
    visits = load_cohort(sheets, name="s", mapping=mapping).visits
    found = visits[["patient_id", "month", "variable", "value"]].to_numpy().tolist()
    assert found == [
        ["A", 0.0, "albumin_g_l", 24.0],
        ["A", 0.0, "scr_umol_l", pytest.approx(79.5627)],
        ["A", 3.0, "albumin_g_l", 33.0],
        ["B", 0.0, "albumin_g_l", 28.0],
    ]


def test_a_meaning_is_never_given_twice_and_the_second_column_is_kept():
    raw = read_tables(files(s="id,arm,age_years,age at baseline,bilirubin\nA,x,64,65,7\nB,y,30,31,8\n"))
    mapping = propose_mapping(raw)
    meanings = [(item.variable, item.month) for item in mapping.columns if item.role == "variable"]
    assert len(meanings) == len(set(meanings)) == 2
    cohort = load_cohort(
        files(s="id,arm,age_years,age at baseline,bilirubin\nA,x,64,65,7\nB,y,30,31,8\n"),
        name="s",
        mapping=mapping,
    )
    assert cohort.patients["age at baseline"].tolist() == [65, 31]
    assert cohort.patients["bilirubin"].tolist() == [7, 8]


def test_visits_that_name_no_month_are_asked_and_after_treatment_too():
    raw = read_tables(
        files(s="id,visit,albumin (g/L)\nA,V1,24\nA,V2,33\n", p="id,arm,治疗后白蛋白(g/L)\nA,x,30\nB,y,31\n")
    )
    mapping = propose_mapping(raw)
    assert [question.columns for question in asked(mapping, raw, "words")] == [("visit",)]
    assert [question.columns for question in asked(mapping, raw, "month")] == [("治疗后白蛋白(g/L)",)]
    mapping = answered(answered(mapping, raw, "words", {"V1": "0", "V2": "3"}), raw, "month", "6")
    assert open_questions(mapping, raw) == ()
    cohort = load_cohort(
        files(s="id,visit,albumin (g/L)\nA,V1,24\nA,V2,33\n", p="id,arm,治疗后白蛋白(g/L)\nA,x,30\nB,y,31\n"),
        name="s",
        mapping=mapping,
    )
    assert cohort.visits[["patient_id", "month", "value"]].to_numpy().tolist() == [
        ["A", 0.0, 24.0],
        ["A", 3.0, 33.0],
        ["A", 6.0, 30.0],
        ["B", 6.0, 31.0],
    ]


@pytest.mark.parametrize(("born", "age"), [("2021-06-01", None), ("1921-06-01", 98.6), ("01/06/60", 59.6)])
def test_a_birth_after_time_zero_gives_no_age_unless_its_century_is_open(born, age):
    text = f"id,arm,date of first rituximab,birth date\nA,RTX,2020-01-01,{born}\nB,TAC,2020-02-01,1970-05-05\n"
    raw, mapping = accepted(files(s=text))
    for question in asked(mapping, raw, "date_order"):
        mapping = answer_question(mapping, question, "DMY")
    cohort = load_cohort(files(s=text), name="s", mapping=mapping)
    ages = cohort.patients.set_index("patient_id")["age_years"].round(1)
    assert (None if ages.isna()["A"] else ages["A"]) == age
    said = [item for item in cohort.provenance.problems if "before time zero; 1 are unknown (A)" in item.message]
    assert len(said) == (age is None)


def test_two_columns_that_give_the_same_day_are_said_with_their_differences():
    patients = "id,arm,date of first rituximab\nA,RTX,2020-01-01\nB,TAC,2020-01-01\n"
    visits = (
        "id,day,visit date,albumin (g/L)\nA,10,2020-01-11,25\nA,90,2020-06-30,35\n"
        "B,,2020-01-31,26\nB,60,,27\nB,80,2020-03-21,28\n"
    )
    _, mapping = accepted(files(patients=patients, visits=visits))
    cohort = load_cohort(files(patients=patients, visits=visits), name="x", mapping=mapping)
    assert sorted(cohort.visits["day"]) == [10, 30, 60, 80, 90]
    (said,) = [item for item in cohort.provenance.problems if "One column should give day" in item.message]
    assert "“day” and “visit date” both do" in said.message
    assert "filled 1 gaps of the first; 1 rows in which they differ" in said.message


def test_a_patient_value_that_changes_between_rows_is_listed_with_its_patients():
    rows = ["id,arm,sex,month,albumin"]
    rows += [
        f"A{n},{'RTX+TAC' if n == 1 and month == 6 else 'RTX'},m,{month},{30 + month}.0"
        for n in range(4)
        for month in (0, 6)
    ]
    sheets = files(visits="\n".join(rows) + "\n")
    _, mapping = accepted(sheets)
    cohort = load_cohort(sheets, name="changing", mapping=mapping)
    assert cohort.patients["regimen_group"].tolist() == ["RTX"] * 4
    (found,) = [
        problem for problem in cohort.provenance.problems if "changes between the rows of a patient" in problem.message
    ]
    assert (found.severity, found.column) == ("warning", "arm")
    assert "Patients: 1 (A1)." in found.message
    assert "cells not read: 1." in found.message
