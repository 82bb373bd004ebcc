"""Whatever a clinician's sheet holds, its mapping ends in a cohort or a sentence, and every row is kept or listed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.cohort.canonical import load_cohort
from analysis.cohort.column_review import review_columns
from analysis.cohort.mapping import from_json, to_json
from analysis.cohort.proposals import propose_mapping
from analysis.cohort.questions import accept_proposals, open_questions
from analysis.cohort.readers import read_tables
from analysis.results import CohortError

HEADERS = [
    "id", "Patient", "arm", "组别", "Age", "Sex", "HTN", "Albumin (g/dL)", "albumin_3", "白蛋白(g/L)",
    "uPCR month 6 (mg/mmol)", "visit", "Visit date", "first rtx date", "DOB", "name", "status", "time",
    "CNSR", "PARAMCD", "AVAL", "AE", "grade",
    "ae_tremor", "AE: pneumonia", "centre", "drug", "dose", "event", "<b>x</b>", "=1+1", "",
]  # fmt: skip
CELL = st.one_of(
    st.sampled_from(
        ["", "A", "B", "1", "2", "0", "25", "3.1", "3,5", "<0.15", "yes", "男", "x", "RTX", "rtx ", "Month 3",
         "2020-03-04", "13/02/2020", "mild", "#DIV/0!", "=cmd()", "<script>", "ND", "0.5", "N/A", "death", "*a*",
         "12345678901"]
    ),
    st.text(alphabet=st.characters(exclude_categories=("Cs",), exclude_characters='\r\n",;\t#\0|'), max_size=4),
)  # fmt: skip


@st.composite
def sheets(draw):
    headers = draw(st.lists(st.sampled_from(HEADERS), min_size=2, max_size=8))
    return headers, draw(st.lists(st.lists(CELL, min_size=len(headers), max_size=len(headers)), min_size=1, max_size=8))


@given(st.lists(sheets(), min_size=1, max_size=2), st.booleans())
def test_a_mapped_upload_is_a_cohort_or_a_sentence(tables, accepted):
    files = [
        (f"{n}.csv", "\n".join("\t".join(row) for row in [headers, *rows]).encode())
        for n, (headers, rows) in enumerate(tables)
    ]
    try:
        raw = read_tables(files)
    except CohortError:
        return
    mapping = propose_mapping(raw)
    for table in mapping.tables:
        assert len(review_columns(mapping, raw, table.table)) == len(mapping.columns_of(table.table))
    mapping = accept_proposals(mapping, raw) if accepted else mapping
    assert from_json(to_json(mapping)) == mapping
    assert len({question.id for question in open_questions(mapping, raw)}) == len(open_questions(mapping, raw))
    try:
        cohort = load_cohort(files, name="any", mapping=mapping)
    except CohortError:
        return
    assert cohort.patients["patient_id"].is_unique
    for table in (cohort.visits, cohort.doses, cohort.adverse_events, cohort.events):
        assert set(table["patient_id"]) <= set(cohort.patients["patient_id"])


@given(st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=10))
def test_every_patient_row_is_kept_or_listed(rows):
    written = [row for row in rows if any(cell.strip() for cell in row)]
    body = "\n".join(
        "\t".join(row) for row in [["id", "arm", "Age"], ["P0", "RTX", "50"], ["P1", "TAC", "51"], *written]
    )
    files = [("s.csv", body.encode())]
    raw = read_tables(files)
    mapping = accept_proposals(propose_mapping(raw), raw)
    if mapping.tables[0].role != "patients" or mapping.patient_column("s.csv") != "id":
        return
    cohort = load_cohort(files, name="any", mapping=mapping)
    listed = {item.row for item in cohort.provenance.problems if item.remedy.endswith("The row was left out.")}
    assert len(cohort.patients) + len(listed) == len(raw.tables[0].cells)


def test_a_very_wide_sheet_passes_through_the_mapping():
    names = [f"column_{n}" for n in range(1_500)]
    rows = [[f"P{row}", "RTX", *(["1"] * len(names))] for row in range(2)]
    files = [("wide.csv", "\n".join(",".join(row) for row in [["id", "arm", *names], *rows]).encode())]
    raw = read_tables(files)
    cohort = load_cohort(files, name="wide", mapping=accept_proposals(propose_mapping(raw), raw))
    assert set(names) <= set(cohort.patients)


@pytest.mark.parametrize(
    "text", ["<img src=x onerror=alert(1)>", "=HYPERLINK(1)", "[a](javascript:alert(1))", "*b*_c_"]
)
def test_names_and_cells_with_markup_are_kept_as_text(text):
    files = [("s.csv", f'id;arm;"{text}"\nA;RTX;"{text}"\nB;TAC;"{text}"\n'.encode())]
    raw = read_tables(files)
    cohort = load_cohort(files, name="s", mapping=accept_proposals(propose_mapping(raw), raw))
    assert cohort.patients[text].tolist() == [text, text]
