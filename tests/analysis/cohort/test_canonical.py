from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.cohort.canonical import cohort_of_tables, load_cohort
from analysis.cohort.model import ADVERSE_EVENT_COLUMNS, DOSE_COLUMNS, EVENT_COLUMNS, VISIT_COLUMNS
from analysis.cohort.proposals import propose_mapping
from analysis.cohort.readers import read_tables
from analysis.results import CohortError
from analysis.study import StudySpec, select_view

PATIENTS = (
    "patient_id,regimen_group,sex,age_years\nA,RTX,male,40\nB,RTX,female,50\nC,RTX+TAC,male,60\nD,RTX+TAC,male,61\n"
)
VISITS = (
    "patient_id,month,day,unscheduled,albumin_g_l,proteinuria_g_24h,oedema\n"
    "A,0,-2,no,25,6.1,yes\nA,3,,,31,<0.15,no\nB,0,0,,24.5,4,\nB,,200,yes,30,,\n"
)


def load(**tables):
    return load_cohort([(f"{name}.csv", text.encode()) for name, text in tables.items()], name="test")


def found(cohort, *severities):
    return [
        problem for problem in cohort.provenance.problems if problem.severity in (severities or ("error", "warning"))
    ]


def test_patients_and_visits_become_canonical_tables():
    cohort = load(patients=PATIENTS, visits=VISITS)
    assert found(cohort) == []
    assert cohort.patients["patient_id"].tolist() == ["A", "B", "C", "D"]
    assert cohort.patients["age_years"].tolist() == [40, 50, 60, 61]
    expected = [
        ["A", -2.0, 0.0, False, "albumin_g_l", 25.0, ""],
        ["A", -2.0, 0.0, False, "oedema", 1.0, ""],
        ["A", -2.0, 0.0, False, "proteinuria_g_24h", 6.1, ""],
        ["A", 91.0, 3.0, False, "albumin_g_l", 31.0, ""],
        ["A", 91.0, 3.0, False, "oedema", 0.0, ""],
        ["A", 91.0, 3.0, False, "proteinuria_g_24h", 0.15, "lt"],
        ["B", 0.0, 0.0, False, "albumin_g_l", 24.5, ""],
        ["B", 0.0, 0.0, False, "proteinuria_g_24h", 4.0, ""],
        ["B", 200.0, np.nan, True, "albumin_g_l", 30.0, ""],
    ]
    pd.testing.assert_frame_equal(cohort.visits, pd.DataFrame(expected, columns=VISIT_COLUMNS))
    assert cohort.provenance.conversions == (
        "The day of 3 values was filled from their month (1 month = 30.4375 days).",
    )


def test_absent_tables_are_empty_with_canonical_columns():
    cohort = load(patients=PATIENTS)
    assert list(cohort.visits.columns) == VISIT_COLUMNS
    assert list(cohort.doses.columns) == DOSE_COLUMNS
    assert list(cohort.adverse_events.columns) == ADVERSE_EVENT_COLUMNS
    assert list(cohort.events.columns) == EVENT_COLUMNS
    assert [len(frame) for frame in (cohort.visits, cohort.doses, cohort.adverse_events, cohort.events)] == [0, 0, 0, 0]
    assert cohort.visits["value"].dtype == float


def test_one_wide_table():
    cohort = load(
        anything="patient_id,sex,albumin_g_l_0,albumin_g_l_m3,albumin_g_l_12\nA,male,20,30,\nB,male,22,31,40\n"
    )
    rows = cohort.visits[["patient_id", "month", "day", "value"]].to_numpy().tolist()
    assert rows == [["A", 0, 0, 20], ["A", 3, 91, 30], ["B", 0, 0, 22], ["B", 3, 91, 31], ["B", 12, 365, 40]]
    assert list(cohort.patients.columns) == ["patient_id", "sex"]


def test_a_column_without_any_value_adds_no_visits():
    cohort = load(patients=PATIENTS, visits="patient_id,month,albumin_g_l,egfr\nA,0,25,\nB,0,26,\n")
    assert cohort.visits[["patient_id", "variable"]].to_numpy().tolist() == [["A", "albumin_g_l"], ["B", "albumin_g_l"]]


def test_tables_are_recognised_by_their_columns():
    names = {"a": PATIENTS, "b": VISITS, "c": "patient_id,drug,start_day,dose_mg\nA,RTX,0,1000\n"}
    names |= {
        "d": "patient_id,day,term,category\nA,5,rash,infusion_reaction\n",
        "e": "patient_id,event_type,day\nA,lost,90\n",
    }
    cohort = load(**names)
    lengths = [
        len(frame) for frame in (cohort.patients, cohort.visits, cohort.doses, cohort.adverse_events, cohort.events)
    ]
    assert lengths == [4, 9, 1, 1, 1]


def test_every_row_is_kept_or_listed():
    patients = PATIENTS + "A,RTX,male,41\n,RTX,male,42\n"
    visits = VISITS + "Z,0,0,,25,3,\n,0,0,,25,3,\nA,,,,25,3,\nC,6,,,,,\n"
    cohort = load(patients=patients, visits=visits, events="patient_id,event_type,day\nZ,lost,3\nA,lost,4\n")
    listed = {
        name: sorted(p.row for p in found(cohort, "error") if p.file == f"{name}.csv")
        for name in ("patients", "visits")
    }
    assert listed == {"patients": [6, 7], "visits": [6, 7, 8]}
    assert len(cohort.patients) + len(listed["patients"]) == 6
    assert [p.message for p in found(cohort, "info")] == ["1 visit rows hold no usable value (rows 9)."]
    assert [(p.row, p.value) for p in found(cohort, "error") if p.file == "events.csv"] == [(2, "Z")]
    assert cohort.patients.set_index("patient_id").loc["A", "age_years"] == 40  # the first row of a duplicated id


def test_a_value_beyond_the_hard_limit_is_blanked_and_listed():
    cohort = load(patients=PATIENTS.replace(",40", ",400"), visits=VISITS.replace(",31,", ",310,"))
    assert np.isnan(cohort.patients["age_years"][0])
    assert [(p.row, p.column, p.value) for p in found(cohort, "error")] == [
        (2, "age_years", "400"),
        (3, "albumin_g_l", "310"),
    ]
    assert found(cohort, "error")[1].message == "Serum albumin must be 3 to 70 g/L; A has 310."
    assert len(cohort.visits) == 8


def test_a_value_beyond_the_soft_limit_is_kept_and_flagged():
    cohort = load(patients=PATIENTS.replace(",61", ",95"))
    assert cohort.patients["age_years"].tolist() == [40, 50, 60, 95]
    assert [(p.severity, p.row, p.value) for p in found(cohort)] == [("warning", 5, "95")]


@pytest.mark.parametrize(
    ("column", "values", "looks_like"),
    [
        ("albumin_g_l", (2.5, 3.0), "g/dL"),
        ("scr_umol_l", (0.9, 1.1), "mg/dL"),
        ("hemoglobin_g_l", (12.9, 13.5), "g/dL"),
        ("hemoglobin_g_l", (7.5, 8.1), "g/dL or mmol/L"),
        ("proteinuria_g_24h", (7250, 3500), "mg/24 h"),
        ("upcr_g_g", (350, 600), "mg/g or mg/mmol"),
        ("upcr_g_g", (40, 200), "mg/mmol"),
        ("uric_acid_umol_l", (5, 6), "mg/dL"),
        ("cholesterol_mmol_l", (200, 250), "mg/dL"),
    ],
)
def test_a_column_in_another_unit_is_said_and_not_converted(column, values, looks_like):
    cohort = load(patients=PATIENTS, visits=f"patient_id,month,{column}\nA,0,{values[0]}\nB,0,{values[1]}\n")
    said = [p for p in found(cohort, "warning") if "header says" in p.message]
    assert len(said) == 1
    assert f"values look like {looks_like} (" in said[0].message
    assert set(cohort.visits["value"]) <= set(values)


@pytest.mark.parametrize(
    ("column", "values", "looks_like"),
    [("height_cm", (1.72, 1.8), "m"), ("glomerulosclerosis_pct", (0.2, 0.5), "a fraction")],
)
def test_units_of_patient_columns(column, values, looks_like):
    cohort = load(patients=f"patient_id,sex,{column}\nA,male,{values[0]}\nB,male,{values[1]}\n")
    assert [p.message for p in found(cohort, "warning") if f"look like {looks_like} (" in p.message] != []


def test_rituximab_in_grams_is_said_and_blanked_but_other_drugs_are_not():
    doses = "patient_id,drug,start_day,dose_mg\nA,RTX,0,1\nB,RTX,0,0.6\nC,TAC,60,2\n"
    cohort = load(patients=PATIENTS, doses=doses)
    assert cohort.doses["dose_mg"].fillna(-1).tolist() == [-1, -1, 2]
    assert [p.row for p in found(cohort, "error")] == [2, 3]
    assert [p.message for p in found(cohort, "warning")] == [
        "Rituximab dose: header says mg, values look like g (median 0.8). Confirm before use."
    ]


def test_columns_that_point_to_a_person_or_hold_dates_are_not_read():
    header = "patient_id,sex,Name,姓名,DOB,biopsied"
    text = f"{header}\nA,male,Ann,安,1970-01-02,2020-03-04\nB,male,Bob,博,1971-02-03,12/04/2020\n"
    cohort = load(patients=text)
    assert list(cohort.patients.columns) == ["patient_id", "sex"]
    assert [p.column for p in found(cohort, "warning") if "not read" in p.message] == [
        "Name",
        "姓名",
        "DOB",
        "biopsied",
    ]
    assert "Ann" not in repr(cohort.provenance)


def test_unknown_patient_columns_become_covariates():
    text = "patient_id,sex,Centre,score,mixed,group\nA,male,Madrid,1.5,3,x\nB,male,,2,high,y\n"
    patients = load(patients=text).patients
    assert patients["score"].tolist() == [1.5, 2]
    assert patients["Centre"].fillna("?").tolist() == ["Madrid", "?"]
    assert patients["mixed"].tolist() == ["3", "high"]
    assert patients["group_in_file"].tolist() == ["x", "y"]


def test_unknown_laboratory_columns_are_left_out_and_counted():
    cohort = load(patients=PATIENTS, visits="patient_id,month,albumin_g_l,zinc\nA,0,25,3\nB,0,26,\n")
    assert [p.message for p in found(cohort, "info")] == [
        "The column “zinc” is not known in the table visits. Its 1 cells were not read."
    ]


def test_numeric_sex_codes_are_blanked_and_asked_for():
    cohort = load(patients="patient_id,regimen_group,sex\nA,RTX,1\nB,RTX,2\n")
    assert cohort.patients["sex"].isna().all()
    assert [(p.severity, p.column) for p in found(cohort, "error")] == [("error", "sex")]


def test_files_without_patients_name_what_is_needed_and_found():
    with pytest.raises(CohortError) as error:
        load(messy="编号,组别,性别\n1,联合组,男\n")
    assert "patient_id" in error.value.needed
    assert "编号, 组别, 性别" in error.value.found
    assert "template" in error.value.remedy
    with pytest.raises(CohortError, match="No table is like that"):
        load(visits=VISITS)


def test_an_unrecognised_table_beside_good_ones_is_listed():
    cohort = load(patients=PATIENTS, biobank="sample,box\n1,2\n3,4\n")
    assert [(p.severity, p.file) for p in found(cohort)] == [("warning", "biobank.csv")]
    assert "Its 2 rows were not read." in found(cohort)[0].message


def test_the_token_follows_the_content_alone():
    first = load(patients=PATIENTS, visits=VISITS)
    assert first.token == load(people=PATIENTS, labs=VISITS).token
    assert first.token != load(patients=PATIENTS, visits=VISITS.replace("6.1", "6.2")).token
    assert first.token != load(patients=PATIENTS.replace("sex", "gender"), visits=VISITS).token


def test_synthetic_is_read_from_the_patients():
    assert not load(patients=PATIENTS).provenance.synthetic
    assert load(patients="patient_id,sex,synthetic\nA,male,true\nB,male,true\n").provenance.synthetic


def test_a_loaded_cohort_can_be_selected_from():
    spec = StudySpec(group_column="regimen_group", group_levels=("RTX+TAC", "RTX"))
    view = select_view(load(patients=PATIENTS, visits=VISITS), spec)
    assert view.group_sizes() == {"RTX+TAC": 2, "RTX": 2}
    assert view.patients()["albumin_g_l"].fillna(-1).tolist() == [-1, -1, 25, 24.5]


def test_the_steps_of_a_reading_are_told_as_they_begin():
    raw = read_tables([("patients.csv", PATIENTS.encode()), ("visits.csv", VISITS.encode())])
    told: list[str] = []
    cohort_of_tables(raw, name="s", source="s", tell=told.append)
    assert told == ["Reading 8 rows …", "Checking 4 patients and 9 laboratory values …"]
    told.clear()
    cohort_of_tables(raw, name="s", source="s", mapping=propose_mapping(raw), tell=told.append)
    assert told[0] == "Converting words, units and dates …"
