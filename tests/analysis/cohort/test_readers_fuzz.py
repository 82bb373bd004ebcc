"""Whatever the bytes: tables whose rows are all accounted for, or one sentence; never another exception."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.cohort.readers import read_tables
from analysis.results import CohortError

DATA = Path(__file__).resolve().parents[2] / "data"
CELL = st.one_of(
    st.sampled_from(["", " ", "1", "2.5", "g/L", "month 0", "#NULL!", "=1+1", "<b>", 'say "x"', "two\nlines", "白"]),
    st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc"), exclude_characters=",;|^~#"), max_size=5),
)
ROWS = st.lists(st.lists(CELL, min_size=1, max_size=6), min_size=1, max_size=14)
NAMES = st.sampled_from(["a.csv", "a.xlsx", "a.xls", "a.sav", "a.dta", "a.xpt", "a.parquet", "a"])


def outcome(name, content):
    try:
        return read_tables([(name, content)])
    except CohortError as error:
        return None if all((error.needed, error.found, error.remedy)) else error


@given(NAMES, st.binary(max_size=300))
def test_random_bytes_never_raise_anything_else(name, content):
    raw = outcome(name, content)
    assert raw is None or all(len(table.cells) for table in raw.tables)


@given(
    st.sampled_from([b"PK\x03\x04", b"PAR1", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"HEADER RECORD*******"]),
    st.binary(max_size=300),
)
def test_random_bytes_behind_a_true_signature_are_refused(signature, content):
    assert outcome("a.csv", signature + content) is None


@given(st.sampled_from(["messy_bp.xlsx", "two_sheets.xls", "strep_tb.csv", "redcap_longitudinal/data.csv"]), st.data())
def test_a_damaged_file_is_read_or_refused(name, data):
    content = bytearray((DATA / name).read_bytes())
    position = data.draw(st.integers(0, len(content) - 1))
    noise = data.draw(st.binary(min_size=1, max_size=12))
    content[position : position + len(noise)] = noise
    end = data.draw(st.integers(position, len(content)))
    raw = outcome(name, bytes(content[:end]))
    assert raw is None or all(table.cells.columns.is_unique for table in raw.tables)


@settings(max_examples=6)
@given(st.lists(st.tuples(st.integers(4, 700), st.integers(0, 255)), min_size=1, max_size=4), st.integers(200, 900))
def test_a_damaged_spss_file_cannot_crash_the_program(changes, end):
    content = bytearray((DATA / "labelled.sav").read_bytes())
    for position, byte in changes:
        content[position % len(content)] = byte
    raw = outcome("a.sav", bytes(content[:end]))
    assert raw is None or len(raw.tables[0].cells) == 3


@given(ROWS, st.sampled_from([",", ";", "\t", "|"]))
def test_rows_in_are_rows_kept_or_rows_listed(rows, mark):
    rows[0] = [cell.removeprefix("#") for cell in rows[0]]
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=mark, lineterminator="\n").writerows(rows)
    raw = outcome("a.csv", buffer.getvalue().encode())
    if raw is None:
        return
    (table,) = raw.tables
    found = [problem.message for problem in raw.problems]
    n_blank = sum(int(message.split()[4].rstrip(".")) for message in found if message.startswith("Blank rows"))
    records = list(csv.reader(io.StringIO(buffer.getvalue().rstrip("\n"), newline=""), delimiter=mark))
    n_listed = sum(message.startswith("Every row needs as many cells") for message in found)
    above = records[: len(records) - n_blank - len(table.cells) - n_listed]
    n_named = 1 + sum("header has two rows" in message or "as the units of" in message for message in found)
    assert sum(any(cell.strip('"# \t') for cell in row) for row in above) == n_named + len(table.remarks)
    assert table.cells.index[0] > len(above)
    assert table.cells.index.is_monotonic_increasing
    assert table.cells.index.is_unique
    for number, row in table.cells.iterrows():
        written = [cell for cell in records[number - 1] if cell.strip() and cell != "#NULL!"]
        assert [cell for cell in row if cell.strip()] == written


@given(
    st.lists(st.lists(st.sampled_from(["a", "7", "白", "x y", "0.5"]), min_size=4, max_size=4), min_size=1, max_size=9)
)
def test_full_rows_below_a_plain_header_come_back_cell_by_cell(rows):
    header = ["patient_id", "group", "age", "note"]
    content = "\n".join(";".join(row) for row in [header, *rows])
    (table,) = read_tables([("a.csv", content.encode())]).tables
    assert table.cells.to_numpy().tolist() == rows
    assert list(table.cells.index) == list(range(2, len(rows) + 2))
