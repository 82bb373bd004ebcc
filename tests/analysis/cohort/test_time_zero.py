"""Is the same date of first rituximab one day 0, on whichever sheet it stands?"""

from __future__ import annotations

import io
from datetime import date, timedelta

import openpyxl

from analysis.cohort.canonical import load_cohort
from analysis.cohort.proposals import propose_mapping
from analysis.cohort.questions import accept_proposals, open_questions
from analysis.cohort.readers import read_tables


def workbook(sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return [("clinic.xlsx", stream.getvalue())]


def start(number):
    return date(2019 + number % 4, 1 + number % 12, 5)


def clinic(**more):
    sheets = {"A": [["id", "arm", "Date of first RTX"]], "B": [["id", "arm", "RTX start date", "sex"]]}
    labs = [["id", "visit date", "albumin (g/L)"]]
    for number in range(20):
        patient, arm = f"K{number}", ("RTX", "RTX+TAC")[number % 2]
        row = [patient, arm, start(number)]
        sheets["A" if number < 10 else "B"].append(row if number < 10 else [*row, "female"])
        labs += [[patient, start(number) + timedelta(days=days), 25 + days / 20] for days in (0, 91, 183, 365)]
    for name, rows in more.items():
        sheets[name] += rows
    return workbook({**sheets, "labs": labs})


def loaded(files):
    raw = read_tables(files)
    mapping = propose_mapping(raw)
    zero = next(question for question in open_questions(mapping, raw) if question.kind == "time_zero")
    return zero, load_cohort(files, name="clinic", mapping=accept_proposals(mapping, raw))


def test_the_first_infusion_on_two_sheets_dates_all_visits_and_years():
    zero, cohort = loaded(clinic())
    assert "together they are one day 0" in zero.found
    assert sorted(cohort.visits["day"].unique()) == [0, 91, 183, 365]
    assert len(cohort.visits) == 80
    years = cohort.patients.set_index("patient_id")["year_of_treatment"].astype(int)
    assert years.to_dict() == {f"K{number}": start(number).year for number in range(20)}
    assert [problem for problem in cohort.provenance.problems if problem.severity != "info"] == []


def test_two_sheets_that_differ_are_listed_per_patient_and_the_chosen_one_counts():
    _, cohort = loaded(clinic(B=[["K3", "RTX+TAC", start(3) + timedelta(days=14), "female"], ["K4", "RTX", start(4)]]))
    listed = [problem for problem in cohort.provenance.problems if "Day 0 is one day" in problem.message]
    assert [(problem.sheet, problem.row, problem.column, problem.value) for problem in listed] == [
        ("B", 12, "RTX start date", "+14 days")
    ]
    assert "for K3 “RTX start date” lies +14 days from that of another table" in listed[0].message
    assert sorted(cohort.visits.loc[cohort.visits["patient_id"].eq("K3"), "day"]) == [0, 91, 183, 365]
