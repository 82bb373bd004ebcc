"""What are the rows and cells of a text file, whatever separates them?"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from analysis.cohort.encodings import decode_text
from analysis.cohort.grids import Grid, grid_of_rows, stacked
from analysis.cohort.model import Problem
from analysis.cohort.raw import CELL_LIMIT, UPLOAD_LIMIT, not_a_table, require_area
from analysis.results import CohortError

if TYPE_CHECKING:
    import pyarrow as pa

_MARKUP = ("<html", "<!doctype", "<?xml", "<table", "<svg")
_DELIMITERS = ",;\t|"
_RARE_DELIMITERS = "^~"
_SAMPLE = 60  # lines that decide about the delimiter

csv.field_size_limit(UPLOAD_LIMIT)  # overlong cells are cut and listed, not refused


def read_delimited(name: str, content: bytes) -> tuple[Grid, list[Problem]]:
    """Read text with any of the separators , ; tab | ^ ~ into a grid.

    The separator is the one that gives most lines of the sample the same number of cells; the line
    ``sep=;`` that Excel writes is believed. Quoting follows RFC 4180; every
    line end, inside cells too, becomes a line feed.

    Raises
    ------
    CohortError
        If the content is no text table, a quotation mark stays open, or the table is too large.
    """
    text, problems = decode_text(name, content)
    _require_rows(name, text)
    text = text.rstrip("\x1a\r\n")
    text = text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
    remarks, body, declared = _without_remarks(text)
    delimiter = declared or _delimiter(body)
    preamble, rest = _without_preamble(body, delimiter)
    grid = _read_uniform(name, rest, delimiter)
    if grid is None:
        return stacked(name, remarks, _read_any(name, body, delimiter, len(remarks))), problems
    return stacked(name, [*remarks, *preamble], grid), problems


def is_remark_line(line: str) -> bool:
    """Tell a remark from a header whose first column is called ``#``."""
    return not line.strip() or (line.startswith(("#", '"#')) and line.lstrip('"')[1:2] not in (*_DELIMITERS, '"', ""))


def _require_rows(name: str, text: str) -> None:
    start = text.lstrip()[:200].lower()
    if start.startswith(_MARKUP) or start[:1] in ("{", "["):
        raise not_a_table(name, "its content is a web page or structured text, not rows and columns")


def _without_remarks(text: str) -> tuple[list[list[str]], str, str]:
    """Split off the remarks at the top, one cell each, and the separator Excel may have declared."""
    remarks: list[list[str]] = []
    declared, start = "", 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        line = text[start:end].rstrip("\r")
        separator = re.fullmatch(r'"?sep=(.)"?', line) if not remarks else None
        if separator is None and not is_remark_line(line):
            break
        declared = separator[1] if separator else declared
        remarks.append(["#" + line if separator else line])
        start = end + 1
    return remarks, text[start:], declared


def _delimiter(body: str) -> str:
    """Choose the separator that gives most lines the same number of cells, then the most cells."""
    lines = body[:200_000].splitlines()[:_SAMPLE]
    common = max(_DELIMITERS, key=lambda mark: _agreement(lines, mark))
    if _agreement(lines, common)[0] == 0:
        rare = max(_RARE_DELIMITERS, key=lambda mark: _agreement(lines, mark))
        return rare if _agreement(lines, rare)[0] else common
    return common


def _agreement(lines: list[str], mark: str) -> tuple[float, int]:
    widths = Counter(len(row) for row in csv.reader(lines, delimiter=mark) if row)
    width, n = max(widths.items(), key=lambda item: (item[0] > 1, item[1]), default=(1, 0))
    return (n, width) if width > 1 else (0, 1)


def _without_preamble(body: str, delimiter: str) -> tuple[list[list[str]], str]:
    """Split off the lines above the first one as wide as most, such as titles."""
    lines = body[:200_000].split("\n")[:_SAMPLE]
    rows = [next(csv.reader([line.rstrip("\r")], delimiter=delimiter), []) for line in lines]
    width = Counter(len(row) for row in rows if row).most_common(1)[0][0] if any(rows) else 0
    first = next((i for i, row in enumerate(rows) if len(row) >= width), 0)
    if any(line.count('"') % 2 for line in lines[:first]):
        return [], body
    return rows[:first], body[sum(len(line) + 1 for line in lines[:first]) :]


def _read_uniform(name: str, text: str, delimiter: str) -> Grid | None:
    """Read text whose lines all have the same number of cells, a million rows a second; None if they have not."""
    import pyarrow as pa
    import pyarrow.csv as pc

    quoted = '"' in text
    if not text or len(delimiter.encode()) > 1 or (quoted and not _well_quoted(text, delimiter)):
        return None
    width = len(next(csv.reader([text.split("\n", 1)[0].rstrip("\r")], delimiter=delimiter), []))
    require_area(name, text.count("\n") + 1, width) if not quoted else None
    types = {str(j): pa.string() for j in range(width)}
    try:
        table = pc.read_csv(
            pa.BufferReader(text.encode()),
            read_options=pc.ReadOptions(column_names=list(types), block_size=8 * 1024**2),
            parse_options=pc.ParseOptions(delimiter=delimiter, newlines_in_values=quoted, ignore_empty_lines=False),
            convert_options=pc.ConvertOptions(column_types=types, strings_can_be_null=False),
        )
    except pa.ArrowInvalid:
        return None
    require_area(name, table.num_rows, width)
    shared = [shared_strings(column) for column in table.columns]
    if any(len(string) > CELL_LIMIT for _, strings in shared for string in strings):
        return None
    lengths = np.full(table.num_rows, width)
    return Grid(columns=[cells for cells, _ in shared], lengths=lengths, distinct=[s | {""} for _, s in shared])


def shared_strings(column: pa.ChunkedArray) -> tuple[np.ndarray, set[str]]:
    """Turn a pyarrow column of strings into an array in which equal cells are one object; null becomes ""."""
    encoded = column.combine_chunks().dictionary_encode()
    strings = np.array([*encoded.dictionary.to_pylist(), ""], dtype=object)
    codes = encoded.indices.fill_null(len(strings) - 1).to_numpy(zero_copy_only=False)
    return strings[codes], set(strings[:-1])


def _well_quoted(text: str, delimiter: str) -> bool:
    """Check that every quotation mark opens or closes a whole cell, or is doubled inside one."""
    mark = re.escape(delimiter)
    cell = rf'(?:"[^"]*+(?:""[^"]*+)*+"|[^"{mark}\r\n]*+)'
    line = re.compile(rf"{cell}(?:{mark}{cell})*+(?:\r?\n|\Z)")
    position = 0
    while position < len(text):
        match = line.match(text, position)
        if match is None:
            return False
        position = match.end()
    return True


def _read_any(name: str, body: str, delimiter: str, n_remarks: int) -> Grid:
    """Read lines of any length, one by one."""
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter, strict=True)
    try:
        return grid_of_rows(name, reader)
    except csv.Error as error:
        raise CohortError(
            "Every quotation mark in a CSV file must be closed, and must enclose a whole cell.",
            f"Reading “{name}” stopped near line {n_remarks + reader.line_num} ({error}).",
            "Open the file in a spreadsheet program and save it again as CSV UTF-8.",
        ) from error
