from __future__ import annotations

import pytest

from analysis.cohort.canonical import load_cohort

PATIENTS = (
    "patient_id,regimen_group,sex,age_years\nA,RTX,male,40\nB,RTX,male,50\nC,RTX+TAC,male,60\nD,RTX+TAC,female,61\n"
)


def problems(**tables):
    cohort = load_cohort([(f"{name}.csv", text.encode()) for name, text in tables.items()], name="test")
    return [(p.severity, p.column, p.row, p.message) for p in cohort.provenance.problems]


def patients(header, *rows):
    return problems(patients="\n".join([header, *rows]) + "\n")


@pytest.mark.parametrize(
    ("tables", "severity", "column", "row", "words"),
    [
        ({"doses": "patient_id,drug,start_day,stop_day\nA,TAC,60,30\n"}, "error", "stop_day", 2, "A stops on day 30"),
        (
            {"events": "patient_id,event_type,day\nA,last_contact,90\n", "visits": "patient_id,day,egfr\nA,180,60\n"},
            "warning",
            "day",
            2,
            "A has day 180 in the table visits",
        ),
        ({"visits": "patient_id,month,day,egfr\nA,3,200,60\n"}, "info", "day", None, "1 visits lie elsewhere (A)"),
        ({"visits": "patient_id,month,egfr\nA,3,60\nA,3,61\n"}, "warning", "month", 3, "A has a second one"),
        (
            {"visits": "patient_id,month,sbp_mmhg,dbp_mmhg\nA,3,90,120\n"},
            "warning",
            "dbp_mmhg",
            2,
            "diastolic 120 mmHg",
        ),
        (
            # CKD-EPI of a man of 40 with 88.403 µmol/L (1 mg/dL): 94 by 2009, 97 by 2021
            {"visits": "patient_id,day,scr_umol_l,egfr\nA,0,88.403,60\nA,90,88.403,95\n"},
            "info",
            "egfr",
            None,
            "1 of 2 values are more than 10 % away (A)",
        ),
    ],
)
def test_contradictions_between_tables(tables, severity, column, row, words):
    found = problems(patients=PATIENTS, **tables)
    assert [(item[0], item[1], item[2]) for item in found] == [(severity, column, row)]
    assert words in found[0][3]


def test_a_group_of_one():
    found = patients("patient_id,regimen_group", "A,RTX", "B,RTX", "C,TAC")
    assert found == [
        (
            "warning",
            "regimen_group",
            4,
            "A group needs at least two patients to be summarised; “TAC” has only C.",
        )
    ]


def test_no_group_column():
    (found,) = patients("patient_id,age_years", "A,40", "B,41")
    assert found[:2] == ("warning", "regimen_group")
    assert "No other column could form groups." in found[3]
    (found,) = patients("patient_id,sex", "A,male", "B,female")
    assert found[0] == "info"
    assert "Other columns could form groups: sex." in found[3]


def test_patients_without_a_group_unless_screened_out():
    header = "patient_id,regimen_group,eligible,exclusion_reason"
    found = patients(header, "A,RTX,yes,", "B,RTX,yes,", "C,,yes,", "D,,no,pregnancy")
    assert [item[3] for item in found] == ["Every patient needs a regimen to be compared; without one: 1 patient (C)."]


def test_two_spellings_of_a_group():
    found = patients("patient_id,regimen_group", "A,OBI +GC", "B,OBI +GC", "C,obi+gc", "D,obi+gc")
    assert [item[3] for item in found] == [
        "Each regimen needs one spelling; these look alike: OBI +GC (2), obi+gc (2)."
    ]


def test_eligibility_and_reason_disagree():
    header = "patient_id,regimen_group,eligible,exclusion_reason"
    found = patients(header, "A,RTX,yes,pregnancy", "B,RTX,no,", "C,RTX,yes,")
    assert [item[:3] for item in found] == [("warning", "eligible", 2), ("info", "exclusion_reason", 3)]


def test_given_values_that_do_not_follow():
    header = "patient_id,regimen_group,weight_kg,height_cm,bmi_kg_m2,prior_gc_ctx,prior_gc_csa,prior_gc_ctx_and_gc_csa"
    found = patients(
        header, "A,RTX,80,180,24.7,yes,yes,yes", "B,RTX,80,180,30,yes,no,yes", "C,RTX,70,170,24.2,no,no,no"
    )
    assert [item[:3] for item in found] == [
        ("warning", "bmi_kg_m2", 3),
        ("warning", "prior_gc_ctx_and_gc_csa", 3),
    ]


def test_columns_that_agree_in_every_patient():
    header = "patient_id,regimen_group,hypertension,diabetes,stroke"
    rows = [
        f"{name},RTX,{value},{value},no" for name, value in zip("ABCDE", ["yes", "no", "no", "yes", "no"], strict=True)
    ]
    found = patients(header, *rows)
    assert [(item[0], item[3]) for item in found] == [
        ("info", "Different columns rarely agree in every patient; these do: hypertension, diabetes.")
    ]


def test_percent_beside_fraction():
    found = patients("patient_id,regimen_group,glomerulosclerosis_pct", "A,RTX,0.4", "B,RTX,35")
    assert [item[3] for item in found] == [
        "Sclerosis is read in percent; below 1 % beside larger values: 1 patient (A)."
    ]


def test_an_adverse_event_before_time_zero_is_said():
    found = problems(patients=PATIENTS, adverse_events="patient_id,day,term\nA,-12,Rash\nB,0,Rash\nC,,Rash\n")
    assert [(item[0], item[1], item[2]) for item in found] == [("warning", "day", 2)]
    assert "A has one on day -12" in found[0][3]


@pytest.mark.parametrize(("event", "words"), [("kidney_failure", "Kidney failure"), ("death", "Death")])
def test_a_second_final_event_is_a_duplicate_whatever_the_order(event, words):
    text = f"patient_id,event_type,day\nA,{event},300\nA,{event},200\nB,{event},100\nA,relapse,50\nA,relapse,60\n"
    found = problems(patients=PATIENTS, events=text)
    assert [(item[0], item[1], item[2]) for item in found] == [("warning", "day", 2)]
    assert found[0][3].startswith(f"{words} happens once; A has a second one, on day 300")


def test_the_assay_of_a_later_visit_in_a_wide_table_is_listed_and_that_of_the_patient_kept():
    header = "patient_id,regimen_group,albumin_g_l_0,albumin_method_0,pla2r_assay,albumin_method_12"
    rows = ["A,RTX,20,BCG,ELISA,BCP", "B,RTX,30,BCP,ELISA,", "C,TAC,31,BCG,ELISA,BCG", "D,TAC,33,BCG,CLIA, "]
    text = "\n".join([header, *rows])
    cohort = load_cohort([("patients.csv", text.encode())], name="test")
    assert cohort.patients["albumin_method"].tolist() == ["BCG", "BCP", "BCG", "BCG"]
    assert cohort.patients["pla2r_assay"].tolist() == ["ELISA", "ELISA", "ELISA", "CLIA"]
    (said,) = [item for item in cohort.provenance.problems if item.column == "albumin_method_12"]
    assert (said.severity, "Its 2 cells were not read" in said.message) == ("warning", True)


@pytest.mark.parametrize("event", ["death", "kidney_failure", "last_contact"])
def test_an_end_of_follow_up_before_time_zero_is_said(event):
    found = problems(
        patients=PATIENTS, events=f"patient_id,event_type,day\nA,{event},-31\nB,relapse,-20\nC,{event},0\n"
    )
    assert [(item[0], item[1], item[2]) for item in found] == [("warning", "day", 2)]
    assert "A has a death, kidney failure or last contact on day -31" in found[0][3]
