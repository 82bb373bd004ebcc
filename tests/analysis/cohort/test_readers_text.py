from __future__ import annotations

from pathlib import Path

import pytest

from analysis.cohort.delimited import _read_any, read_delimited
from analysis.cohort.encodings import guess_encoding
from analysis.cohort.raw import CELL_LIMIT
from analysis.cohort.readers import read_tables
from analysis.results import CohortError

DATA = Path(__file__).resolve().parents[2] / "data"
SPANISH = "paciente;género;observación\n1;varón;sin niños, todo bien\n2;mujer;año de inicio\n"
CHINESE = "患者编号,性别,备注\n1,男,白蛋白偏低\n2,女,利妥昔单抗治疗后缓解\n"


def read(content, name="a.csv"):
    raw = read_tables([(name, content)])
    assert len(raw.tables) == 1
    return raw.tables[0], [problem.message for problem in raw.problems]


@pytest.mark.parametrize(
    ("text", "encoding", "guess"),
    [
        (SPANISH, "latin-1", "Western (Windows-1252)"),
        (SPANISH.replace("bien", "“bien”"), "cp1252", "Western (Windows-1252)"),
        (CHINESE, "gbk", "Chinese (GBK/GB18030)"),
        (CHINESE, "gb18030", "Chinese (GBK/GB18030)"),
        (SPANISH, "utf-16-le", "utf-16-le"),
    ],
)
def test_an_encoding_is_guessed_by_content_and_named(text, encoding, guess):
    table, messages = read(text.encode(encoding))
    expected, _ = read(text.encode())
    assert table.cells.equals(expected.cells)
    assert len(messages) == 1
    assert guess in messages[0]
    assert "This is a guess." in messages[0]


def test_latin_letters_in_pairs_are_not_taken_for_chinese():
    assert guess_encoding("Peña Ñúñez, León, Cañón, corazón, según".encode("cp1252")) == "cp1252"
    assert guess_encoding(b"name\n\x81\x8d\x8f") == "latin-1"


def test_one_damaged_character_leaves_the_file_utf8():
    content = (CHINESE + "3,女,").encode() + b"\xff\n"
    table, messages = read(content)
    assert table.cells["备注"].tolist() == ["白蛋白偏低", "利妥昔单抗治疗后缓解", "\ufffd"]
    assert messages == ["1 characters could not be decoded and are shown as \ufffd (the first near line 4)."]


def test_nul_bytes_are_removed_and_counted():
    table, messages = read(b"patient_id,sex,note\nA,ma\0le,some longer text\nB,female,x\n")
    assert table.cells["sex"].tolist() == ["male", "female"]
    assert messages == ["1 NUL bytes, which no text holds, were removed (the first near line 2)."]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|", "^", "~"])
def test_any_separator_is_found_even_below_a_title(mark):
    rows = [["id", "albumin", "note"], ["1", "31", "a"], ["2", "28", "b"]]
    body = "\n".join(mark.join(row) for row in rows)
    table, _ = read(("A study begun in 2019\n\n" + body).encode())
    assert table.cells.to_dict("list") == {"id": ["1", "2"], "albumin": ["31", "28"], "note": ["a", "b"]}
    assert list(table.cells.index) == [4, 5]
    assert table.remarks == ("A study begun in 2019",)


def test_decimal_commas_beside_semicolons_stay_text():
    table, _ = read(b"id;alb;crea\n1;3,5;80,1\n2;2,8;77,0\n")
    assert table.cells["alb"].tolist() == ["3,5", "2,8"]


def test_the_separator_that_excel_declares_is_believed():
    table, _ = read(b"sep=;\nid;alb,crea\n1;3,5\n")
    assert list(table.cells.columns) == ["id", "alb,crea"]
    assert list(table.cells.index) == [3]


def test_old_mac_line_ends():
    assert read(b"id,alb\r1,30\r2,31\r")[0].cells["alb"].tolist() == ["30", "31"]


def test_ten_thousand_columns():
    header = ",".join(f"v{i}" for i in range(10_000))
    table, messages = read(f"{header}\n{','.join(['1'] * 10_000)}\n".encode())
    assert table.cells.shape == (1, 10_000)
    assert messages == []


def test_ten_thousand_equal_headers_make_few_problems():
    table, messages = read(f"{','.join(['v'] * 1_000)}\n{','.join(['1'] * 1_000)}\n".encode())
    assert table.cells.shape == (1, 1_000)
    assert len(set(table.cells.columns)) == 1_000
    assert len(messages) == 51
    assert messages[-1].startswith("949 more columns have a header that is blank or stands twice")


def test_a_cell_of_five_million_characters_is_cut_and_listed():
    raw = read_tables([("a.csv", b"patient_id,note,age\nA," + b"x" * 5_000_000 + b",50\nB,y,51\n")])
    cells = raw.tables[0].cells
    assert cells["note"].str.len().tolist() == [CELL_LIMIT, 1]
    assert cells["age"].tolist() == ["50", "51"]
    assert [(p.row, p.column) for p in raw.problems] == [(2, "note")]
    assert "5,000,000" in raw.problems[0].message


def test_error_cells_in_text_are_blanked_and_counted_per_column():
    raw = read_tables([("a.csv", b"id,alb,crea\n1,#NULL!,80\n2,30,#DIV/0!\n3,#NULL!,81\n")])
    assert raw.tables[0].cells["alb"].tolist() == ["", "30", ""]
    assert [(p.column, p.row, p.message.split()[0]) for p in raw.problems] == [("alb", 2, "2"), ("crea", 3, "1")]


def test_a_title_a_blank_line_and_a_date_above_the_header():
    table, messages = read(b"Cohort of the clinic,,\nas of 2023-05-01,,\n,,\nid,alb,crea\n1,30,80\n2,31,81\n")
    assert list(table.cells.columns) == ["id", "alb", "crea"]
    assert list(table.cells.index) == [5, 6]
    assert table.remarks == ("Cohort of the clinic", "as of 2023-05-01")
    assert "lines above the header (row 4) were read as titles: Cohort of the clinic" in messages[0]


def test_a_header_narrower_than_its_rows_is_not_skipped_for_a_row_of_data():
    table, messages = read(b"id\nA,1\nB,2\n")
    assert table.cells.to_numpy().tolist() == [["A", "1"], ["B", "2"]]
    assert any("more" in message for message in messages)


def test_two_header_rows_are_joined():
    table, messages = read(b"id,sex,albumin,,crea,\n,,month 0,month 12,month 0,month 12\n1,f,30,35,80,81\n")
    assert list(table.cells.columns) == [
        "id", "sex", "albumin · month 0", "albumin · month 12", "crea · month 0", "crea · month 12",
    ]  # fmt: skip
    assert list(table.cells.index) == [3]
    assert messages == ["The header has two rows; they were joined, for example “albumin · month 0”."]


def test_a_group_row_above_repeated_headers_is_joined():
    table, _ = read(b",Visit 1,,Visit 2,\nid,BP,HR,BP,HR\n1,120,60,130,70\n")
    assert list(table.cells.columns) == ["id", "Visit 1 · BP", "Visit 1 · HR", "Visit 2 · BP", "Visit 2 · HR"]


def test_a_row_of_units_goes_beside_the_columns():
    table, messages = read("id,albumin,creatinine,age\n,g/L,(µmol/L),years\n1,30,80,50\n2,31,81,51\n".encode())
    assert table.units == {"albumin": "g/L", "creatinine": "µmol/L", "age": "years"}
    assert table.cells["albumin"].tolist() == ["30", "31"]
    assert messages == ["Row 2 was read as the units of 3 columns: g/L, µmol/L, years."]


def test_row_numbers_of_r_are_named_not_dropped():
    table, messages = read(b'"","id","arm"\n"1",11,"a"\n"2",12,"b"\n')
    assert table.cells["row number"].tolist() == ["1", "2"]
    assert messages[0].startswith("The first column has no header and holds row names")


def test_write_table_of_r_has_one_header_too_few():
    table, _ = read(b'"id"\t"arm"\n"p1"\t11\t"a"\n"p2"\t12\t"b"\n')
    assert table.cells.to_dict("list") == {"row number": ["p1", "p2"], "id": ["11", "12"], "arm": ["a", "b"]}


def test_markup_and_formulas_stay_plain_text():
    content = b'"<img src=x onerror=alert(1)>","**b** [l](http://x)","=cmd|\' /C calc\'!A0"\n<b>1</b>,_2_,=1+1\n'
    cells = read(content)[0].cells
    assert list(cells.columns) == ["<img src=x onerror=alert(1)>", "**b** [l](http://x)", "=cmd|' /C calc'!A0"]
    assert cells.iloc[0].tolist() == ["<b>1</b>", "_2_", "=1+1"]


@pytest.mark.parametrize(
    "text",
    [
        'a,b\n1,"x ""y"", z"\n2,"two\nlines"\n',
        'a,b\n\n1,"5"\n\n2,6',
        "a\n1\n2\n",
    ],
)
def test_the_fast_way_and_the_slow_way_read_the_same(text):
    fast, _ = read_delimited("a.csv", text.encode())
    slow = _read_any("a.csv", text, ",", 0)
    assert [list(column) for column in fast.columns] == [list(column) for column in slow.columns]


def test_an_open_quotation_mark_says_where():
    with pytest.raises(CohortError, match="near line 3"):
        read(b'id,note\n1,x\n2,"open\n')


def test_ids_that_repeat_across_centres_are_kept():
    raw = read_tables([("north.csv", b"id,alb\n1,30\n"), ("south.csv", b"id,alb\n1,20\n")])
    assert [(t.file, t.cells["alb"].tolist()) for t in raw.tables] == [("north.csv", ["30"]), ("south.csv", ["20"])]


def test_the_example_tables_keep_every_row():
    strep, _ = read((DATA / "strep_tb.csv").read_bytes(), "strep_tb.csv")
    assert strep.cells.shape == (107, 14)
    pbc, messages = read((DATA / "pbc_excerpt.csv").read_bytes(), "pbc.csv")
    assert pbc.cells["trt"].value_counts().to_dict() == {"": 10, "1": 8, "2": 12}
    assert messages == []
