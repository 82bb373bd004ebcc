"""Does a table say the same on the page, in CSV, Excel and Word, and is outside text only ever text?"""

from __future__ import annotations

import csv
from html.parser import HTMLParser
from io import BytesIO, StringIO

import docx
import openpyxl
import pytest

from present.figures.theme import LIGHT, group_styles
from present.stamp import SYNTHETIC, Stamp
from present.tables.document import TableColumn, TableDocument, TableRow, section_row
from present.tables.files import table_csv, table_excel, table_word
from present.tables.html import table_html

NASTY = '<img src=x onerror=alert(1)>"&'
STAMP = Stamp(
    title="A title",
    study="IMN (cohort.csv)",
    groups=("RTX+TAC 34", "RTX 57"),
    left_out="left out 16 (withdrawn: 7)",
    filters=("Age 18 to 80 years", '=HYPERLINK("http://x")'),
    definition=("Definition: a rule.", "Endpoint: complete remission."),
    method="Kaplan–Meier.",
    cautions=("Observational comparison.",),
    data_hash="0123456789ab",
    version="0.1.0",
    ribbon=SYNTHETIC,
)
TABLE = TableDocument(
    title=f"Title {NASTY}",
    columns=(
        TableColumn(id="label", label="Variable"),
        TableColumn(id="tac", label="RTX+TAC\n(N = 34)", align="center", group="RTX+TAC"),
        TableColumn(id="smd", label="SMD", align="right"),
    ),
    rows=(
        section_row("Kidney"),
        TableRow(cells=("Albumin, g/L", "24.1 ± 5.0", "0.12")),
        TableRow(cells=(NASTY, "=1+1", "−0.20"), indent=1),
    ),
    footnotes=("A footnote.",),
)


class Outline(HTMLParser):
    """Collect the tags and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data + "\n"


def test_a_row_must_fill_its_columns() -> None:
    with pytest.raises(ValueError, match="Row 0 of 'T' has 2 cells, 1 are needed"):
        TableDocument(title="T", columns=(TableColumn(id="a", label="A"),), rows=(TableRow(cells=("1", "2")),))


def test_html_is_semantic_and_escaped() -> None:
    outline = Outline(table_html(TABLE, styles=group_styles(("RTX+TAC", "RTX"))))
    tags = [tag for tag, _ in outline.tags]
    assert "img" not in tags
    assert NASTY in outline.text
    assert (tags.count("table"), tags.count("caption"), tags.count("td")) == (1, 1, 4)
    assert [attrs["scope"] for tag, attrs in outline.tags if tag == "th"] == ["col"] * 3 + ["rowgroup", "row", "row"]
    assert "overflow-x:auto" in (outline.tags[0][1]["style"] or "")


def test_html_marks_the_group_column_with_its_colour_and_dash() -> None:
    styles = group_styles(("RTX+TAC", "RTX"), theme=LIGHT)
    heads = [attrs["style"] or "" for tag, attrs in Outline(table_html(TABLE, styles=styles)).tags if tag == "th"][:3]
    assert [styles["RTX+TAC"].color in style for style in heads] == [False, True, False]
    assert "solid" in heads[1]
    assert "#" not in table_html(TABLE)


def test_a_wide_table_fades_at_the_edge_of_its_box_and_long_cells_are_set_closer() -> None:
    box = Outline(table_html(TABLE, surface="white")).tags[0][1]["style"] or ""
    assert "mask-image:linear-gradient(to right,black calc(100% - 1.5rem),transparent)" in box
    assert "padding-right:1.5rem" in box  # scrolled to its end, nothing stands under the fade
    assert "mask-image" not in table_html(TABLE)
    row_names = table_html(TABLE, surface="white").count("linear-gradient(to right,white calc(100% - 1rem)")
    assert row_names == 3  # they stay, and what is scrolled under them fades
    columns = (TABLE.columns[0], *(TableColumn(id=str(n), label="L", align="right") for n in range(5)))
    short, long = (
        TableDocument(title="T", columns=columns, rows=(TableRow(cells=("a", *[cell] * 5)),))
        for cell in ("48.7 (10.3–142.9)", "48.74 (10.33–142.93); n = 56")
    )
    assert "font-size:0.92rem" in table_html(short)
    assert "font-size:0.8rem" in table_html(long)
    assert '<span style="white-space:nowrap">(10.33–142.93);</span>' in table_html(long)  # no break at the dash


def test_csv_keeps_formulas_text_and_says_what_it_is() -> None:
    raw = table_csv(TABLE, STAMP)
    assert raw.startswith(b"\xef\xbb\xbf# Title ")
    lines = raw.decode("utf-8-sig").split("\r\n")
    table = [line for line in lines if line and not line.startswith("#")]
    rows = list(csv.reader(StringIO("\r\n".join(table))))
    assert rows[0] == ["Variable", "RTX+TAC (N = 34)", "SMD"]
    assert rows[1] == ["Kidney", "", ""]
    assert rows[2] == ["Albumin, g/L", "24.1 ± 5.0", "0.12"]
    assert rows[3] == [f"  {NASTY}", "'=1+1", "−0.20"]
    assert f"# {SYNTHETIC}" in lines
    assert "# Filters: Age 18 to 80 years; '=HYPERLINK('http://x')" in lines
    assert lines[-2] == "# Data 0123456789ab · NephroCompare 0.1.0"


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=SUM(A1)", "'=SUM(A1)"),
        ("+cmd", "'+cmd"),
        ("-2+3", "'-2+3"),
        ("@x", "'@x"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("-1.5", "-1.5"),
        ("+2.9", "+2.9"),
        ("-12 %", "-12 %"),
        ("+2.9 (−3.8 to 14.9)", "+2.9 (−3.8 to 14.9)"),
        ("+1+1", "'+1+1"),
        ("−1.7 (−16.9 to 16.2)", "−1.7 (−16.9 to 16.2)"),
        ("a;=cmd", "a;'=cmd"),
        ("+2 pp (−19 to +24)", "+2 pp (−19 to +24)"),
        ("+4.6 (+1.0 to +8.2)", "+4.6 (+1.0 to +8.2)"),
        ("+0.30†", "+0.30†"),
        ("+2 pp (=1+1)", "'+2 pp (=1+1)"),
        ("+2 pp (−19 to +24)+cmd", "'+2 pp (−19 to +24)+cmd"),
        ("+2+3", "'+2+3"),
        ("-2 (A1)", "'-2 (A1)"),
        ("+3,+4", "'+3,'+4"),
        ("12/34 (35 %)", "12/34 (35 %)"),
        ("\x07bell", "bell"),
    ],
)
def test_csv_cells(cell: str, written: str) -> None:
    table = TableDocument(title="T", columns=(TableColumn(id="a", label="A"),), rows=(TableRow(cells=(cell,)),))
    text = table_csv(table, STAMP).decode("utf-8-sig")
    body = [line for line in csv.reader(StringIO(text, newline="")) if line and not line[0].startswith("#")]
    assert body[1] == [written]


def test_excel_holds_only_text() -> None:
    sheet = openpyxl.load_workbook(BytesIO(table_excel(TABLE, STAMP)))["Table"]
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    values = [cell.value for cell in cells]
    assert values[:3] == [f"Title {NASTY}", SYNTHETIC, "Study: IMN (cohort.csv)"]
    assert ["=1+1" in values, "A footnote." in values, "Method: Kaplan–Meier." in values] == [True] * 3
    header = next(row for row in sheet.iter_rows(values_only=True) if row[0] == "Variable")
    assert header == ("Variable", "RTX+TAC\n(N = 34)", "SMD")


def test_word_has_real_cells_and_a_repeated_header() -> None:
    file = docx.Document(BytesIO(table_word(TABLE, STAMP)))
    table = file.tables[0]
    cells = [[cell.text for cell in row.cells] for row in table.rows]
    assert cells[0] == ["Variable", "RTX+TAC\n(N = 34)", "SMD"]
    assert cells[1] == ["Kidney"] * 3
    assert cells[3] == [NASTY, "=1+1", "−0.20"]
    assert table.rows[0]._tr.xpath("./w:trPr/w:tblHeader/@w:val") == ["true"]
    texts = [paragraph.text for paragraph in file.paragraphs]
    assert texts[:2] == [f"Title {NASTY}", SYNTHETIC]
    assert texts[-1] == "Data 0123456789ab · NephroCompare 0.1.0"


def test_control_characters_do_not_break_a_file() -> None:
    table = TableDocument(title="T\x00", columns=(TableColumn(id="a", label="A"),), rows=(TableRow(cells=("x\x0b",)),))
    assert docx.Document(BytesIO(table_word(table, STAMP))).tables[0].rows[1].cells[0].text == "x"
    assert openpyxl.load_workbook(BytesIO(table_excel(table, STAMP)))["Table"]["A1"].value == "T"
