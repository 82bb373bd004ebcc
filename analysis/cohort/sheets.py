"""Which table stands in a grid: its header, its rows with their spreadsheet numbers, and what was odd about them?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.cohort.grids import Grid
from analysis.cohort.headers import Header, find_header
from analysis.cohort.model import Problem
from analysis.cohort.raw import CELL_LIMIT, Format, RawTable, column_letters, some

ROW_NUMBER = "row number"
ERROR_CELLS = frozenset(
    ["#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA", "#SPILL!", "#CALC!"]
)
MOST_SHIFTED = 0.5  # share of the rows up to which a row with too many cells is the mistake, not the header
_ONE_BY_ONE = 50  # columns listed each in a problem of their own


def table_of_grid(grid: Grid, *, file: str, sheet: str, format: Format) -> tuple[RawTable | None, list[Problem]]:
    """Find the header, name every column, and keep every non-blank row with its spreadsheet number.

    Every row of the grid is a remark or title, a header row, a blank row (counted), or a row of
    the table. No cell is dropped: a column goes only if it has neither header nor cells.
    """
    where: dict[str, Any] = {"file": file, "sheet": sheet}
    header = find_header(grid)
    kept = _kept_rows(grid, header.body) if header else np.zeros(0, dtype=np.int64)
    if header is None or not len(kept):
        found = "The sheet is empty." if header is None else "There is a header but no row below it."
        remedy = "Nothing to do if this is meant; otherwise check the file."
        return None, [Problem(severity="info", message=found, remedy=remedy, **where)]
    kept, shifted = _unshifted_rows(grid, header, kept, format)
    merged = _fill_merged(grid, header.body)
    columns = [column[kept] for column in grid.columns]
    names, unnamed = _names(header, columns, where)
    blanked = _blank_errors(names, columns, grid.distinct)
    cells = pd.DataFrame({names[j]: columns[j] for j in names}, index=kept + 1, dtype=object)
    units = {names[j]: unit for j, unit in header.units.items() if j in names}
    table = RawTable(file=file, sheet=sheet, cells=cells, remarks=header.above, units=units, format=format)
    n_blank = grid.n_rows - header.body - len(kept) - len(shifted)
    noticed = [
        *_about_header(header, table), *unnamed, *_about_rows(grid, header, kept, n_blank),
        *_about_shifted(grid, shifted), *merged,
        *_about_cells(grid, names, blanked, kept),
    ]  # fmt: skip
    return table, [Problem(**{**item, **where}) for item in noticed]


def _kept_rows(grid: Grid, body: int) -> np.ndarray:
    """Give the grid rows from ``body`` on that hold anything."""
    blank = np.arange(body, grid.n_rows)
    for column in grid.columns:
        blank = blank[[not cell or cell.isspace() for cell in column[blank]]]
    return np.setdiff1d(np.arange(body, grid.n_rows), blank, assume_unique=True)


def _unshifted_rows(grid: Grid, header: Header, kept: np.ndarray, format: Format) -> tuple[np.ndarray, list[int]]:
    """Leave out the few rows of a text file with more cells than the header: a separator inside a cell shifted them."""
    width = int(grid.lengths[header.row]) + header.shifted
    longer = [int(row) for row in kept[grid.lengths[kept] > width] if any(map(str.strip, grid.row(row)[width:]))]
    if format != "csv" or len(longer) > MOST_SHIFTED * len(kept):
        return kept, []
    return np.setdiff1d(kept, longer, assume_unique=True), longer


def _about_shifted(grid: Grid, rows: list[int]) -> list[dict[str, Any]]:
    """List every row that was left out because it has too many cells."""
    remedy = "Put the cell that holds the separator between quotation marks. The row was left out."
    message = (
        "Every row needs as many cells as the header; row {row} has more, so that its values stand in other columns."
    )
    return [
        _item("error", message.format(row=row + 1), remedy, row=row + 1, value=" ".join(grid.row(row))[:80])
        for row in rows
    ]


def _fill_merged(grid: Grid, body: int) -> list[dict[str, Any]]:
    """Write the value of a merged range into each of its cells, as a reader of the sheet understands it."""
    n_ranges, n_cells, budget = 0, 0, grid.n_rows * len(grid.columns)
    for (top, left), (bottom, right) in grid.merges:
        bottom, right = min(bottom, grid.n_rows - 1), min(right, len(grid.columns) - 1)
        area = (bottom - top + 1) * (right - left + 1)
        if top < body or area < 2 or n_cells + area > budget or not (value := grid.columns[left][top]):
            continue
        for j in range(left, right + 1):
            grid.columns[j][top : bottom + 1] = value
            grid.distinct[j].add(value)
        n_ranges, n_cells = n_ranges + 1, n_cells + area - 1
    if not n_ranges:
        return []
    message = f"{n_ranges} merged ranges were undone: their value was written into {n_cells} more cells."
    return [_item("warning", message, "Check that each of these cells really has that value.")]


def _item(severity: str, message: str, remedy: str, **place: Any) -> dict[str, Any]:
    return {"severity": severity, "message": message, "remedy": remedy, **place}


# ---------------------------------------------------------------- names


def _names(
    header: Header, columns: list[np.ndarray], where: dict[str, Any]
) -> tuple[dict[int, str], list[dict[str, Any]]]:
    """Give each column position a unique name; only columns without header and without cells go."""
    names: dict[int, str] = {}
    used: dict[str, int] = {}
    found: list[tuple[str, str]] = []
    for j, column in enumerate(columns):
        name = header.names[j] if j < len(header.names) else ""
        if not name and not any(map(str.strip, column)):
            continue
        unique = name or (ROW_NUMBER if _counts_rows(j, column, header) else f"column {column_letters(j)}")
        unique = unrepeated(unique, used)
        names[j] = unique
        if unique != name:
            found.append((unique, _oddity(name, unique, j)))
    return names, _name_problems(found)


def unrepeated(name: str, used: dict[str, int]) -> str:
    """Give a name that no earlier column has, “(again)” or a number after it, and remember it."""
    unique = name
    while unique in used:
        used[name] += 1
        unique = f"{name} (again)" if used[name] == 2 else f"{name} ({used[name]})"
    used[unique] = 1
    return unique


def _counts_rows(j: int, column: np.ndarray, header: Header) -> bool:
    """Recognise the nameless first column of row numbers that R writes."""
    return j == 0 and (header.shifted or all(cell == str(i) for i, cell in enumerate(column, start=1)))


def _oddity(name: str, unique: str, j: int) -> str:
    if unique.startswith(ROW_NUMBER):
        return ROW_NUMBER
    return f"The header “{name[:60]}” stands twice" if name else f"Column {column_letters(j)} has cells but no header"


def _name_problems(found: list[tuple[str, str]]) -> list[dict[str, Any]]:
    problems = []
    for unique, oddity in found[:_ONE_BY_ONE]:
        if oddity == ROW_NUMBER:
            message = f"The first column has no header and holds row names, as R writes them; it is called “{unique}”."
            problems.append(_item("info", message, "Nothing to do unless these are the patient ids.", column=unique))
            continue
        message = f"Every column needs a header of its own. {oddity}; it is called “{unique[:80]}” here."
        remedy = "Give every column its own header in the first row."
        problems.append(_item("warning", message, remedy, column=unique))
    if more := found[_ONE_BY_ONE:]:
        message = f"{len(more)} more columns have a header that is blank or stands twice: {some([n for n, _ in more])}."
        problems.append(_item("warning", message, "Give every column its own header in the first row."))
    return problems


# ---------------------------------------------------------------- cells


def _blank_errors(names: dict[int, str], columns: list[np.ndarray], distinct: list[set[str]]) -> dict[int, np.ndarray]:
    """Blank the spreadsheet errors in place; give the positions among the kept rows, per column."""
    blanked = {}
    for j in names:
        if not (ERROR_CELLS & distinct[j]):
            continue
        hits = np.flatnonzero([cell in ERROR_CELLS for cell in columns[j]])
        columns[j][hits] = ""
        blanked.update({j: hits} if len(hits) else {})
    return blanked


def _about_header(header: Header, table: RawTable) -> list[dict[str, Any]]:
    found = []
    titles = header.above
    if header.row and titles and not all(text.startswith("sep=") for text in titles):
        lines, were = ("1 line", "was") if len(titles) == 1 else (f"{len(titles)} lines", "were")
        message = f"{lines} above the header (row {header.row + 1}) {were} read as titles: {some(titles).rstrip('.')}."
        found.append(_item("info", message, "Nothing to do if the header was recognised.", row=header.row + 1))
    if header.joined:
        example = next((name for name in table.cells.columns if " · " in name), "")
        message = f"The header has two rows; they were joined, for example “{example[:80]}”."
        found.append(_item("warning", message, "Check the names of the columns, or write the header in one row."))
    if header.units:
        units = some(list(table.units.values()))
        message = f"Row {header.row + 2} was read as the units of {len(table.units)} columns: {units}."
        found.append(_item("info", message, "Check the units of these columns.", row=header.row + 2))
    return found


def _about_rows(grid: Grid, header: Header, kept: np.ndarray, n_blank: int) -> list[dict[str, Any]]:
    """List the rows with fewer or more cells than the header, and count the blank ones."""
    width = int(grid.lengths[header.row]) + header.shifted
    lengths = grid.lengths[kept]
    longer = [int(row) for row in kept[lengths > width] if any(map(str.strip, grid.row(row)[width:]))]
    groups = {"fewer": [int(row) for row in kept[lengths < width]], "more": longer}
    remedy = "Check these rows for a missing or an extra separator."
    found = [
        _item(
            "warning",
            f"Every row needs {width} cells like the header; {len(rows)} have {word} "
            f"(rows {some([row + 1 for row in rows])}).",
            remedy,
            row=rows[0] + 1,
        )
        for word, rows in groups.items()
        if rows
    ]
    if n_blank:
        message = f"Blank rows were skipped: {n_blank}. Rows read: {len(kept)}."
        found.append(_item("info", message, "Nothing to do."))
    return found


def _about_cells(
    grid: Grid, names: dict[int, str], blanked: dict[int, np.ndarray], kept: np.ndarray
) -> list[dict[str, Any]]:
    found = []
    for j, hits in blanked.items():
        rows: Sequence[int] = [int(row) + 1 for row in kept[hits]]
        message = (
            f"{len(rows)} {'cell holds' if len(rows) == 1 else 'cells hold'} a spreadsheet error such as #DIV/0! "
            f"(rows {some(rows)}); counted as missing."
        )
        remedy = "Mend the formulas in the workbook if these values are known."
        found.append(_item("warning", message, remedy, row=rows[0], column=names[j]))
    for row, j, size in grid.overlong[:_ONE_BY_ONE]:
        message = f"A cell may hold {CELL_LIMIT:,} characters; this one has {size:,} and was cut there."
        place = {"row": row + 1, "column": names.get(j, "")}
        found.append(_item("warning", message, "Check for a quotation mark that was never closed.", **place))
    if len(grid.overlong) > _ONE_BY_ONE:
        message = (
            f"{len(grid.overlong) - _ONE_BY_ONE} more cells were longer than {CELL_LIMIT:,} characters and were cut."
        )
        found.append(_item("warning", message, "Check for a quotation mark that was never closed."))
    return found
