"""Whatever the bytes are, the answer is a cohort or a sentence."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.cohort.canonical import load_cohort
from analysis.cohort.cells import read_codes, read_numbers
from analysis.cohort.dictionary import data_dictionary
from analysis.cohort.template import template_workbook
from analysis.results import CohortError

CELL = st.one_of(
    st.sampled_from(
        ["", "A", "B", "C", "0", "1", "25", "<0.15", "3,5", "1,234", "400", "yes", "男", "ND", "-", "=1+1", "x"]
    ),
    st.text(alphabet=st.characters(exclude_categories=("Cs",), exclude_characters='\r\n",;\t#\0'), max_size=4),
)
HEADERS = ["patient_id", "month", "day", "albumin_g_l", "hypertension", "unknown"]


def outcome(files):
    try:
        return load_cohort(files, name="any")
    except CohortError:
        return None


@given(st.binary(max_size=400))
def test_random_bytes(content):
    assert outcome([("a.csv", content)]) is None


@given(st.integers(0, 20_000), st.binary(min_size=1, max_size=30))
def test_a_damaged_workbook(position, noise):
    content = bytearray(template_workbook())
    content[position : position + len(noise)] = noise
    loaded = outcome([("a.xlsx", bytes(content))])
    assert loaded is None or len(loaded.patients) == 1


@given(st.lists(st.lists(CELL, min_size=6, max_size=6), min_size=1, max_size=12))
def test_every_visit_row_is_kept_or_listed(rows):
    patients = b"patient_id,regimen_group\nA,RTX\nB,RTX\n"
    written = [row for row in rows if any(cell.strip() for cell in row)]
    body = "\n".join("\t".join(row) for row in [HEADERS, *written])
    cohort = outcome([("patients.csv", patients), ("visits.csv", body.encode())])
    problems = [p for p in cohort.provenance.problems if p.file == "visits.csv"]
    left_out = {p.row for p in problems if p.remedy.endswith("The row was left out.")}
    placed = [p for p in problems if "hold no usable value" in p.message]
    empty = int(placed[0].message.split()[0]) if placed else 0
    with_values = len(written) - len(left_out) - empty
    assert 0 <= with_values <= len(cohort.visits) <= 2 * with_values  # albumin, hypertension
    assert set(cohort.visits["patient_id"]) <= {"A", "B"}
    assert cohort.visits.loc[cohort.visits["variable"] == "albumin_g_l", "value"].between(3, 70).all()


@given(st.lists(CELL, min_size=1, max_size=12))
def test_every_cell_has_a_value_is_missing_or_has_a_complaint(cells):
    text = pd.Series(cells, dtype=object)
    numbers = read_numbers(text)
    assert not (numbers.value.notna() & (numbers.complaint != "")).any()
    assert set(numbers.qualifier) <= {"", "lt", "gt"}
    codes = read_codes(text, data_dictionary()["hypertension"])
    assert set(codes.value.dropna()) <= {"yes", "no"}


def test_no_patient_is_left():
    with pytest.raises(CohortError, match="at least one patient"):
        load_cohort([("patients.csv", b"patient_id,sex\n,male\n")], name="nobody")
