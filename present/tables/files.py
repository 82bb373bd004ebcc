"""How does a table leave as CSV, Excel, Word, HTML or LaTeX? The same table, with what it says about itself."""

from __future__ import annotations

import csv
import re
from html import escape
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any

from present.stamp import Stamp
from present.tables.document import TableDocument, TableRow
from present.tables.html import table_html
from present.tables.latex import latex_table

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table

_PLAIN_NUMBER = re.compile(r"[+-]?\d[\d.,\s%()−–/]*(to [\d.,\s%()+−–]*)?")  # our own numbers and intervals
_NUMBER = r"[+−-]?\d[\d.,·]*(?<!,)(?: ?(?:pp|%))?"
_WITH_INTERVAL = re.compile(rf"{_NUMBER}(?: [(\[]{_NUMBER}(?:(?: to |–|, ){_NUMBER})*[)\]])?[†‡]?")  # +2 pp (−8 to +12)
_STARTS_FORMULA = re.compile(r"^[=+\-@\t\r\n]")
_FORMULA_AFTER_DELIMITER = re.compile(r"([,;|\t]\s*)(?=[=+\-@])")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # not allowed in XML, so neither in Word nor Excel


def table_csv(document: TableDocument, stamp: Stamp) -> bytes:
    """Write a table as CSV (UTF-8 with byte-order mark); the stamp stands above it in lines that start with #."""
    out = StringIO(newline="")
    for line in (document.title, *_ribbon(stamp), *stamp.header_lines()):
        out.write(_comment(line))
    writer = csv.writer(out)
    writer.writerow([disarmed(" ".join(label.split())) for label in document.labels()])
    writer.writerows(_csv_cells(document, row) for row in document.rows)
    for line in (*document.footnotes, *stamp.footer_lines()):
        out.write(_comment(line))
    return out.getvalue().encode("utf-8-sig")


def table_excel(document: TableDocument, stamp: Stamp) -> bytes:
    """Write a table as an Excel sheet; every cell is text, so nothing is evaluated on opening."""
    import xlsxwriter

    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Table")
        plain, bold = book.add_format(), book.add_format({"bold": True})
        sheet.write_string(0, 0, _clean(document.title), book.add_format({"bold": True, "font_size": 14}))
        above = (*_ribbon(stamp), *stamp.header_lines())
        below = (*document.footnotes, *stamp.footer_lines())
        _write_lines(sheet, above, first_row=1, style=plain)
        first = len(above) + 2
        _write_header(sheet, document, row=first, style=book.add_format({"bold": True, "bottom": 1, "text_wrap": True}))
        for number, row in enumerate(document.rows, start=first + 1):
            _write_row(sheet, number, row, book.add_format({"indent": row.indent}) if row.kind == "row" else bold)
        _write_lines(sheet, below, first_row=first + len(document.rows) + 2, style=plain)
        sheet.freeze_panes(first + 1, 1)
    return buffer.getvalue()


def table_word(document: TableDocument, stamp: Stamp) -> bytes:
    """Write a table as a Word document with real cells and a header row that repeats on each page."""
    import docx

    file = docx.Document()
    _page(file, landscape=len(document.columns) > 5)
    file.add_heading(_clean(document.title), level=1)
    for line in (*_ribbon(stamp), *stamp.header_lines()):
        _paragraph(file, line)
    add_word_table(file, document)
    for line in (*document.footnotes, *stamp.footer_lines()):
        _paragraph(file, line)
    buffer = BytesIO()
    file.save(buffer)
    return buffer.getvalue()


def table_page(document: TableDocument, stamp: Stamp) -> bytes:
    """Write a table as an HTML page that stands alone and asks for nothing from a network."""
    above, below = (_paragraphs(lines) for lines in ((*_ribbon(stamp), *stamp.header_lines()), stamp.footer_lines()))
    style = "font-family:'Source Sans 3','Segoe UI',Arial,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(document.title)}</title></head>'
        f'<body style="{style}">{above}{table_html(document)}{below}</body></html>\n'
    ).encode()


def table_latex(document: TableDocument, stamp: Stamp) -> bytes:
    """Write a table as LaTeX (longtable and booktabs), for \\input; the stamp stands round it as comments."""
    return latex_table(document, above=(*_ribbon(stamp), *stamp.header_lines()), below=stamp.footer_lines()).encode()


def add_word_table(file: Document, document: TableDocument) -> Table:
    """Add a table to an open Word document; the report uses it too."""
    table = file.add_table(rows=1 + len(document.rows), cols=len(document.columns), style="Table Grid")
    rows = list(table.rows)
    for cell, label in zip(rows[0].cells, document.labels(), strict=True):
        _fill(cell, label, bold=True)
    _repeat_header(rows[0])
    for target, row in zip(rows[1:], document.rows, strict=True):
        cells = target.cells
        if row.kind == "section":
            _fill(cells[0].merge(cells[-1]), row.cells[0], bold=True)
            continue
        for place, (cell, text) in enumerate(zip(cells, row.cells, strict=True)):
            _fill(cell, text, align=document.columns[place].align, indent=row.indent if place == 0 else 0)
    return table


def _csv_cells(document: TableDocument, row: TableRow) -> list[str]:
    cells = [disarmed(text) for text in row.cells] + [""] * (len(document.columns) - len(row.cells))
    return ["  " * row.indent + cells[0], *cells[1:]]


def disarmed(text: str) -> str:
    """Keep a spreadsheet from reading text as a formula, at its start or after what may pass for a delimiter."""
    if _PLAIN_NUMBER.fullmatch(text) or _WITH_INTERVAL.fullmatch(text):
        return text
    text = _FORMULA_AFTER_DELIMITER.sub(r"\1'", _clean(text))
    return f"'{text}" if _STARTS_FORMULA.match(text) else text


def _comment(line: str) -> str:
    return "# " + disarmed(" ".join(line.split())).replace('"', "'") + "\r\n"


def _clean(text: str) -> str:
    return _CONTROL.sub("", text)


def _paragraphs(lines: tuple[str, ...]) -> str:
    return "".join(f'<p style="margin:0.25rem 0;font-size:0.9rem">{escape(line)}</p>' for line in lines)


def _ribbon(stamp: Stamp) -> tuple[str, ...]:
    return (stamp.ribbon,) if stamp.ribbon else ()


def _write_lines(sheet: Any, lines: tuple[str, ...], *, first_row: int, style: Any) -> None:
    for number, line in enumerate(lines, start=first_row):
        sheet.write_string(number, 0, _clean(line), style)


def _write_header(sheet: Any, document: TableDocument, *, row: int, style: Any) -> None:
    for place, column in enumerate(document.columns):
        texts = [cells.cells[place] for cells in document.rows if cells.kind == "row"]
        width = max([len(column.label), *map(len, texts)])
        sheet.set_column(place, place, min(max(width + 2, 8), 48))
        sheet.write_string(row, place, _clean(column.label), style)


def _write_row(sheet: Any, number: int, row: TableRow, style: Any) -> None:
    for place, text in enumerate(row.cells):
        if place:
            sheet.write_string(number, place, _clean(text))
        else:
            sheet.write_string(number, place, _clean(text), style)


def _page(file: Document, *, landscape: bool) -> None:
    from docx.enum.section import WD_ORIENT
    from docx.shared import Cm

    section = file.sections[0]
    if landscape:
        section.orientation = WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = section.page_height, section.page_width
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(2)


def _paragraph(file: Document, text: str) -> None:
    from docx.shared import Pt

    paragraph = file.add_paragraph()
    paragraph.paragraph_format.space_after = Pt(2)
    paragraph.add_run(_clean(text)).font.size = Pt(9)


def _fill(cell: Any, text: str, *, bold: bool = False, align: str = "left", indent: int = 0) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Cm, Pt

    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_after = Pt(0)
    paragraph.paragraph_format.left_indent = Cm(0.4 * indent)
    paragraph.alignment = getattr(WD_ALIGN_PARAGRAPH, align.upper())
    run = paragraph.add_run(_clean(text))
    run.bold, run.font.size = bold, Pt(9)


def _repeat_header(row: Any) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)
