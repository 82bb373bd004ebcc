from __future__ import annotations

import hashlib
import io
import zipfile

import pytest
import xlsxwriter

from analysis.cohort.raw import UPLOAD_LIMIT
from analysis.cohort.readers import read_tables
from analysis.results import CohortError

PLAIN = b"patient_id,sex\nA,male\nB,female\n"


def workbook(**sheets):
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return buffer.getvalue()


def only_table(content, name="a.csv"):
    raw = read_tables([(name, content)])
    assert len(raw.tables) == 1
    return raw.tables[0]


@pytest.mark.parametrize(
    "content",
    [
        PLAIN,
        b"\xef\xbb\xbf" + PLAIN,
        PLAIN.replace(b",", b";"),
        PLAIN.replace(b",", b"\t"),
        PLAIN.replace(b"\n", b"\r\n"),
        PLAIN.decode().encode("utf-16"),
    ],
)
def test_encodings_and_separators_give_the_same_cells(content):
    cells = only_table(content).cells
    assert cells.to_dict("list") == {"patient_id": ["A", "B"], "sex": ["male", "female"]}
    assert list(cells.index) == [2, 3]


def test_remarks_are_kept_and_rows_keep_their_spreadsheet_number():
    table = only_table(b"# SYNTHETIC, not patients\n# second\npatient_id,sex\n\nA,male\n,\nB,female\n")
    assert table.remarks == ("SYNTHETIC, not patients", "second")
    assert list(table.cells.index) == [5, 7]


def test_blank_rows_are_counted():
    raw = read_tables([("a.csv", b"patient_id,sex\n\nA,male\n,\nB,female\n")])
    assert [(p.severity, p.message) for p in raw.problems] == [("info", "Blank rows were skipped: 2. Rows read: 2.")]


def test_a_header_called_number_sign_is_no_remark():
    assert list(only_table(b"#,sex\n1,male\n").cells.columns) == ["#", "sex"]


def test_cells_are_text_and_never_evaluated():
    cells = only_table(b'patient_id,note\n001,"=1+1"\n002,"a, ""b""\nc"\n').cells
    assert cells["patient_id"].tolist() == ["001", "002"]
    assert cells["note"].tolist() == ["=1+1", 'a, "b"\nc']


def test_duplicate_and_blank_headers_keep_their_cells():
    raw = read_tables([("a.csv", b"patient_id,age,age,\nA,1,2,x\n")])
    assert list(raw.tables[0].cells.columns) == ["patient_id", "age", "age (again)", "column D"]
    assert [p.column for p in raw.problems] == ["age (again)", "column D"]


def test_ragged_rows_are_listed():
    raw = read_tables([("a.csv", b"patient_id,age\nA\nB,2,3\nC,4\n")])
    assert raw.tables[0].cells.iloc[:, 1].tolist() == ["", "4"]
    assert [(p.row, p.severity) for p in raw.problems if "Every row" in p.message] == [(2, "warning"), (3, "error")]


def test_a_row_shifted_by_an_unquoted_comma_is_left_out_and_listed():
    raw = read_tables([("a.csv", b"patient_id,drugs,age\nA,RTX,50\nB,RTX, TAC,60\nC,RTX,70\n")])
    assert raw.tables[0].cells["age"].tolist() == ["50", "70"]
    (problem,) = raw.problems
    assert (problem.severity, problem.row, problem.value) == ("error", 3, "B RTX  TAC 60")
    assert "values stand in other columns" in problem.message


def test_a_sheet_with_notes_right_of_the_table_keeps_its_rows():
    content = workbook(patients=[["patient_id", "age"], ["A", 52], ["B", 53, "called twice"], ["C", 54]])
    assert only_table(content, "a.xlsx").cells["age"].tolist() == ["52", "53", "54"]


def test_workbook_cells_become_text_as_shown():
    content = workbook(patients=[["patient_id", "age", "flag"], [1, 52.5, True], [2, 0.1, ""]])
    cells = only_table(content, "a.xlsx").cells
    assert cells.to_numpy().tolist() == [["1", "52.5", "true"], ["2", "0.1", ""]]
    assert list(cells.index) == [2, 3]


def test_excel_errors_are_counted():
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet("patients")
        sheet.write_row(0, 0, ["patient_id", "age"])
        sheet.write(1, 0, "A")
        sheet.write_formula(1, 1, "=1/0", None, "#DIV/0!")
    problems = read_tables([("a.xlsx", buffer.getvalue())]).problems
    message = "1 cell holds an Excel error such as #DIV/0!; counted as missing (B2)."
    assert [p.message for p in problems] == [message]


def test_empty_sheets_are_listed_beside_full_ones():
    raw = read_tables([("a.xlsx", workbook(patients=[["patient_id"], ["A"]], visits=[["patient_id"]], notes=[]))])
    assert [table.sheet for table in raw.tables] == ["patients"]
    assert [(p.sheet, p.message) for p in raw.problems] == [
        ("visits", "There is a header but no row below it."),
        ("notes", "The sheet is empty."),
    ]


def test_a_misnamed_file_is_read_with_a_warning():
    content = workbook(patients=[["patient_id"], ["A"]])
    assert [p.severity for p in read_tables([("a.csv", content)]).problems] == ["warning"]
    assert [p.severity for p in read_tables([("a.xlsx", PLAIN)]).problems] == ["warning"]
    assert read_tables([("a.txt", PLAIN)]).problems == ()


def zip_of(name, content):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def far_cell():
    content = workbook(patients=[["patient_id"], ["A"]])
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for entry in old.infolist():
            new.writestr(entry, old.read(entry).replace(b'r="A2"', b'r="XFD1048576"'))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("a.csv", b"", "0 bytes"),
        ("a.xlsx", b"%PDF-1.7 ...", "PDF"),
        ("a.csv", b"\x89PNG\r\n\x1a\n", "PNG"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "damaged"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"), "Word document"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "password"),
        ("a.sav", b"$FL2" + bytes(300), "SPSS file is damaged"),
        ("a.dta", b"<stata_dta><header>", "STATA file is damaged"),
        ("a.xpt", b"HEADER RECORD*******", "XPT file is damaged"),
        ("a.parquet", b"PAR1" + bytes(40), "Parquet file is damaged"),
        ("a.csv", (b"x," * 16_384) + b"x\n", "column 16385"),
        ("a.csv", b"x," * 9_999 + b"x\n" + b"1\n" * 6_001, "row "),
        ("a.csv", b"\x80\x04\x95\x00\x00", "binary"),
        ("a.csv", b"<html><table></table></html>", "web page"),
        ("a.csv", b'{"patient_id": 1}', "structured text"),
        ("a.csv", b'patient_id,sex\nA,"male\n', "line"),
        ("a.xlsx", zip_of("word/document.xml", "x"), "not an .xlsx workbook"),
        ("a.xlsx", workbook(patients=[["patient_id"], ["A"]])[:-200], "damaged"),
        ("a.xlsx", zip_of("xl/worksheets/sheet1.xml", b"0" * 20_000_000), "would unpack"),
        ("a.xlsx", far_cell(), "column 16384, row 1048576"),
        ("a.csv", b"patient_id,sex\n", "No rows"),
        ("a.csv", b"\n\n", "No rows"),
        ("a.xlsx", workbook(patients=[]), "No rows"),
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence(name, content, found):
    with pytest.raises(CohortError) as error:
        read_tables([(name, content)])
    assert found in error.value.found
    assert error.value.needed.endswith(".")
    assert error.value.remedy.endswith(".")


def test_an_upload_beyond_the_limit_is_refused_before_it_is_read():
    with pytest.raises(CohortError, match="200 MB together"):
        read_tables([("a.csv", bytes(UPLOAD_LIMIT)), ("b.csv", PLAIN)])


def test_no_file_at_all():
    with pytest.raises(CohortError, match="at least one file"):
        read_tables([])


def test_the_fingerprint_is_that_of_the_bytes():
    assert read_tables([("a.csv", PLAIN)]).sha256 == hashlib.sha256(PLAIN).hexdigest()
    one = read_tables([("a.csv", PLAIN), ("b.csv", PLAIN + b"C,male\n")]).sha256
    assert one == read_tables([("b.csv", PLAIN + b"C,male\n"), ("a.csv", PLAIN)]).sha256
