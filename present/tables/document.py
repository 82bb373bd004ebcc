"""What is a table before anyone has decided how to write it down? Plain text in cells, nothing escaped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Align = Literal["left", "center", "right"]
RowKind = Literal["section", "row"]


@dataclass(frozen=True, kw_only=True)
class TableColumn:
    """One column: ``id`` for code, ``label`` for readers; ``group`` is the patient group it shows, if any."""

    id: str
    label: str
    align: Align = "left"
    group: str | None = None


@dataclass(frozen=True, kw_only=True)
class TableRow:
    """One row of finished strings; a section row has one cell that spans the table.

    ``indent`` counts levels; ``key`` names the row for the page that opens its patients.
    """

    cells: tuple[str, ...]
    indent: int = 0
    kind: RowKind = "row"
    key: str = ""


@dataclass(frozen=True, kw_only=True)
class TableDocument:
    """A titled table with footnotes; screen, Word, Excel and CSV are all written from it."""

    title: str
    columns: tuple[TableColumn, ...]
    rows: tuple[TableRow, ...]
    footnotes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a row that does not fill the columns."""
        for number, row in enumerate(self.rows):
            wanted = 1 if row.kind == "section" else len(self.columns)
            if len(row.cells) != wanted:
                raise ValueError(f"Row {number} of '{self.title}' has {len(row.cells)} cells, {wanted} are needed.")

    def labels(self) -> tuple[str, ...]:
        """Give the header cells."""
        return tuple(column.label for column in self.columns)


def section_row(label: str) -> TableRow:
    """Make the heading row of a block of rows."""
    return TableRow(cells=(label,), kind="section")
