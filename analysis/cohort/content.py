"""What are the bytes of a file, whatever its name says?"""

from __future__ import annotations

from pathlib import PurePath
from typing import Literal

from analysis.cohort.model import Problem
from analysis.cohort.raw import not_a_table

Content = Literal["text", "xlsx", "xls", "sav", "dta", "xpt", "parquet"]

_TITLES: dict[Content, str] = {
    "text": "a text table",
    "xlsx": "an Excel workbook (.xlsx)",
    "xls": "an old Excel workbook (.xls)",
    "sav": "an SPSS file",
    "dta": "a Stata file",
    "xpt": "a SAS transport file",
    "parquet": "a Parquet file",
}
_SUFFIXES: dict[Content, tuple[str, ...]] = {
    "text": ("", ".csv", ".tsv", ".txt", ".tab", ".dat", ".asc"),
    "xlsx": (".xlsx", ".xlsm"),
    "xls": (".xls",),
    "sav": (".sav", ".zsav"),
    "dta": (".dta",),
    "xpt": (".xpt", ".xport"),
    "parquet": (".parquet", ".pq"),
}
_SIGNATURES: tuple[tuple[bytes, Content], ...] = (
    (b"PK\x03\x04", "xlsx"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
    (b"$FL2", "sav"),
    (b"$FL3", "sav"),
    (b"<stata_dta>", "dta"),
    (b"HEADER RECORD*******", "xpt"),
    (b"PAR1", "parquet"),
)
_FOREIGN = (  # first bytes of formats people mistake for a table
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"\xd0\xcf\x11\xe0", "a damaged old Office document"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"SQLite format 3", "a database"),
    (b"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xc2\xea\x81\x60", "a SAS data set (.sas7bdat)"),
    (b"RDX", "an R data file"),
    (b"{\\rtf", "a rich-text document"),
)
_OLD_STATA = (0x6C, 0x6E, 0x6F, 0x71, 0x72, 0x73)  # release 108 to 115; then byte order, file type 1, and 0


def content_of(name: str, content: bytes) -> tuple[Content, list[Problem]]:
    """Tell a format by the bytes; list a file whose name promises another one.

    Raises
    ------
    CohortError
        If the file is empty or its bytes are those of something that is no table.
    """
    if not content:
        raise not_a_table(name, "it has 0 bytes")
    kind = next((kind for signature, kind in _SIGNATURES if content.startswith(signature)), None)
    if kind is None and content[0] in _OLD_STATA and content[1:2] in (b"\x01", b"\x02") and content[2:4] == b"\x01\x00":
        kind = "dta"
    if kind is None:
        foreign = next((what for signature, what in _FOREIGN if content.startswith(signature)), "")
        if foreign:
            raise not_a_table(name, f"its content is {foreign}")
        kind = "text"
    matches = PurePath(name).suffix.lower() in _SUFFIXES[kind]
    return kind, [] if matches else [_misnamed(name, _TITLES[kind])]


def _misnamed(name: str, what: str) -> Problem:
    return Problem(
        severity="warning",
        file=name,
        message=f"The name should match the content; “{name}” is {what} and was read as that.",
        remedy="Check that this is the file you meant.",
    )
