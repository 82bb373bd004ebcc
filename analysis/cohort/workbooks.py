"""What do the sheets of an Excel workbook hold, and is it safe to open?"""

from __future__ import annotations

import datetime
import io
import re
import zipfile
import zlib

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum

from analysis.cohort.grids import Grid, grid_of_rows
from analysis.cohort.model import Problem
from analysis.cohort.raw import AREA_LIMIT, RATIO_LIMIT, RATIO_MATTERS_FROM, UNPACKED_LIMIT, some
from analysis.results import CohortError

_CELL = re.compile(rb"""\sr=["']([A-Z]{0,3})(\d{1,7})["']""")
_ERROR_CELL = re.compile(rb"""<c\b(?=[^>]*\st=["']e["'])(?:[^>]*?\sr=["']([A-Z]{1,3}\d{1,7})["'])?[^>]*>""")
_UNSTORED = re.compile(
    rb"""<c\b(?:[^>]*?\sr=["']([A-Z]{1,3}\d{1,7})["'])?[^>]*>\s*"""
    rb"""<f\b[^>]*(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>"""
)
_FOREIGN_STREAMS = (  # names of streams in an old Office container
    ("EncryptedPackage", "it is protected by a password"),
    ("WordDocument", "it is a Word document"),
    ("PowerPoint Document", "it is a PowerPoint presentation"),
    ("__properties_version1.0", "it is an Outlook message"),
)


def read_workbook(name: str, content: bytes, *, old: bool = False) -> tuple[list[tuple[str, Grid]], list[Problem]]:
    """Read every worksheet as text, row 1 first; formulas give the value stored with them.

    Parameters
    ----------
    name, content
        File name and bytes.
    old
        True for the binary .xls format.

    Raises
    ------
    CohortError
        If the workbook is damaged, protected, or would fill the memory.
    """
    problems = _require_old(name, content) if old else _require_safe(name, content)
    try:
        return _sheets(name, content), problems
    except (CalamineError, ValueError, OverflowError) as error:
        raise _unreadable(name, f"the workbook is damaged ({error})") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # the Rust reader gave up; it is no Exception of Python
            raise
        raise _unreadable(name, "the workbook is damaged") from error


def _sheets(name: str, content: bytes) -> list[tuple[str, Grid]]:
    area = 0
    grids: list[tuple[str, Grid]] = []
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
    for meta in workbook.sheets_metadata:
        if meta.typ != SheetTypeEnum.WorkSheet:
            continue
        sheet = workbook.get_sheet_by_name(meta.name)
        area += sheet.total_height * sheet.total_width
        _require_area(name, area, sheet.total_width, sheet.total_height)
        grids.append((meta.name, _grid(name, sheet)))
    return grids


def _grid(name: str, sheet: CalamineSheet) -> Grid:
    rows = ([_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False))
    return grid_of_rows(name, rows, merges=tuple(sheet.merged_cell_ranges or ()))


def _text(cell: object) -> str:
    """Write a cell as its sheet would show it unformatted: whole numbers without a point."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return format(cell, ".15g")
    if isinstance(cell, datetime.datetime) and cell.time() == datetime.time():
        return cell.date().isoformat()
    if isinstance(cell, (datetime.date, datetime.time)):
        return cell.isoformat()
    return str(cell)


def _require_old(name: str, content: bytes) -> list[Problem]:
    for stream, found in _FOREIGN_STREAMS:
        if stream.encode("utf-16-le") in content:
            raise _unreadable(name, found)
    message = "An old .xls workbook does not tell which blank cells were errors such as #DIV/0!."
    remedy = "Save it as .xlsx if its formulas may hold errors."
    return [Problem(severity="info", file=name, message=message, remedy=remedy)]


def _require_safe(name: str, content: bytes) -> list[Problem]:
    """Refuse archives that are no workbook, are damaged or would fill the memory; list Excel errors."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _require_moderate_size(name, entries, len(content))
            if "xl/workbook.xml" not in archive.namelist():
                raise _unreadable(name, "it is a zip archive but not an .xlsx workbook")
            if archive.testzip() is not None:
                raise _unreadable(name, "the workbook is damaged")
            sheets = [entry for entry in entries if entry.filename.startswith("xl/worksheets/")]
            found = [_scan_sheet(name, archive.read(entry)) for entry in sheets]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise _unreadable(name, "the workbook is damaged or protected by a password") from error
    errors, unstored = ([ref for part in found for ref in part[i]] for i in (0, 1))
    return _cell_problems(name, errors, unstored)


def _require_moderate_size(name: str, entries: list[zipfile.ZipInfo], packed: int) -> None:
    """Refuse by the sizes the archive declares; ``testzip`` then holds every entry to its declared size."""
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > UNPACKED_LIMIT or (unpacked > RATIO_MATTERS_FROM and unpacked > RATIO_LIMIT * packed):
        raise _unreadable(name, f"it would unpack from {packed / 1e6:.1f} MB to {unpacked / 1e6:.0f} MB")


def _scan_sheet(name: str, xml: bytes) -> tuple[list[str], list[str]]:
    """Refuse a sheet whose last cell lies absurdly far out; name its error cells and formulas without a value."""
    width, height = 1, 1
    for match in _CELL.finditer(xml):
        letters, digits = match.groups()
        height = max(height, int(digits))
        number = 0
        for letter in letters:
            number = number * 26 + letter - 64
        width = max(width, number)
    _require_area(name, width * height, width, height)
    errors, unstored = ([ref.decode() or "?" for ref in pattern.findall(xml)] for pattern in (_ERROR_CELL, _UNSTORED))
    return errors, unstored


def _require_area(name: str, area: int, width: int, height: int) -> None:
    if area > AREA_LIMIT:
        raise _unreadable(name, f"a sheet reaches out to column {width}, row {height}")


def _cell_problems(name: str, errors: list[str], unstored: list[str]) -> list[Problem]:
    texts = (
        (errors, "an Excel error such as #DIV/0!", "Mend the formulas in the workbook if these values are known."),
        (unstored, "a formula without a stored value", "Open the workbook in Excel, save it, and load it again."),
    )
    return [
        Problem(
            severity="warning",
            file=name,
            message=f"{len(cells)} {_hold(len(cells))} {what}; counted as missing ({some(cells)}).",
            remedy=remedy,
        )
        for cells, what, remedy in texts
        if cells
    ]


def _hold(n: int) -> str:
    return "cell holds" if n == 1 else "cells hold"


def _unreadable(name: str, found: str) -> CohortError:
    return CohortError(
        "An Excel file must be an undamaged workbook (.xlsx, .xls) without a password, of moderate size.",
        f"“{name}” cannot be opened: {found}.",
        "Open it in a spreadsheet program and save the data sheets alone as a new .xlsx, or as CSV UTF-8.",
    )
