from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook

from analysis.cohort.canonical import load_cohort
from analysis.cohort.dictionary import data_dictionary
from analysis.cohort.rows import EXAMPLE_PATIENT
from analysis.cohort.template import template_columns, template_workbook


@pytest.fixture(scope="module")
def content():
    return template_workbook()


def test_the_template_loads_without_error_or_warning(content):
    cohort = load_cohort([("template.xlsx", content)], name="template")
    assert [p for p in cohort.provenance.problems if p.severity != "info"] == []
    assert cohort.patients["patient_id"].tolist() == [EXAMPLE_PATIENT]
    assert len(cohort.visits) == 8  # two visits with four values each
    assert cohort.visits.loc[cohort.visits["qualifier"] == "lt", "value"].tolist() == [2.0]
    assert [len(frame) for frame in (cohort.doses, cohort.adverse_events, cohort.events)] == [1, 1, 1]


def test_sheets_and_headers_are_canonical(content):
    book = load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["patients", "Read me", "visits", "doses", "adverse_events", "events"]
    for sheet, columns in template_columns().items():
        assert [cell.value for cell in book[sheet][1]] == columns


def test_the_guide_lists_every_variable(content):
    guide = load_workbook(io.BytesIO(content))["Read me"]
    assert set(data_dictionary()) <= {cell.value for cell in guide["A"]}


def test_no_cell_is_a_formula(content):
    book = load_workbook(io.BytesIO(content))
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds


def test_the_example_is_left_out_beside_real_patients():
    files = [("template.xlsx", template_workbook()), ("patients.csv", b"patient_id,regimen_group\nA,RTX\nB,RTX\n")]
    cohort = load_cohort(files, name="filled in")
    assert cohort.patients["patient_id"].tolist() == ["A", "B"]
    assert len(cohort.visits) == 0
    listed = [p for p in cohort.provenance.problems if p.value == EXAMPLE_PATIENT]
    assert [p.sheet for p in listed] == ["patients", "visits", "visits", "doses", "adverse_events", "events"]
    assert {p.severity for p in listed} == {"info"}
