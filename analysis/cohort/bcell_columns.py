"""By which marker does a column count B cells, where its header says so, and how are two markers kept apart?"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from analysis.cohort.mapping import ColumnMapping

COUNT, MARKER = "bcell_count_ul", "bcell_marker"
_NAMED = re.compile(r"cd[\s_-]*(19|20)(?!\d)")
PREFERRED = "CD19"  # domain.md 2.8: rituximab masks CD20
PLACING = frozenset({"month", "day", "unscheduled"})


@dataclass(frozen=True, kw_only=True, eq=False)
class BCellCounts:
    """The counts of one column by the marker its header names, as text on its spreadsheet rows.

    ``month`` is the visit of a wide column (0 where a table of patients names none), ``None`` in a table
    whose rows are visits.
    """

    marker: str
    month: float | None
    header: str
    values: pd.Series


def marker_of(column: ColumnMapping) -> str:
    """Read CD19 or CD20 out of the header of a column of B-cell counts; "" where it names none or both."""
    if column.role != "variable" or column.variable != COUNT:
        return ""
    found = set(_NAMED.findall(unicodedata.normalize("NFKC", column.column).casefold()))
    return f"CD{found.pop()}" if len(found) == 1 else ""


def claimed_name(column: ColumnMapping) -> str:
    """Name what a column claims to be; counts by CD19 and by CD20 are two things."""
    marker = marker_of(column)
    return f"{column.variable} {marker}" if marker else column.variable


def counts_stand_apart(column: ColumnMapping, of_table: Iterable[ColumnMapping]) -> bool:
    """Tell whether a column holds B-cell counts that need rows of their own, because headers name markers.

    A table of visits with one column of counts and one of markers keeps its rows.
    """
    if column.role != "variable" or column.variable != COUNT:
        return False
    named = [item for item in of_table if item.role == "variable" and item.variable in (COUNT, MARKER)]
    counts = [item for item in named if item.variable == COUNT]
    beside_markers = len(counts) == 1 and len(named) > 1 and column.month is None
    return any(map(marker_of, counts)) and not beside_markers


def bcell_visits(
    counts: list[BCellCounts], ids: pd.Series, own: dict[str, pd.Series], *, one_row_each: bool
) -> list[tuple[str, pd.DataFrame, dict[str, str]]]:
    """Lay counts out as tables of visits with their marker, one table per column.

    Parameters
    ----------
    counts, ids
        The columns, and the patient of each of their rows (index = spreadsheet row).
    own
        Columns that place the rows of a table of visits.
    one_row_each
        True where a second row of a patient is a duplicate that is left out.

    Returns
    -------
    list
        Name of the table, its cells (one row per filled count), and the header of the count in the file. Counts
        by CD19 come last, because of two values of one day the later row is used (visits.py).
    """
    found = []
    for item in sorted(counts, key=lambda item: item.marker == PREFERRED):
        placed = {name: own[name] for name in PLACING if name in own}
        if item.month is not None:
            placed = {"month": pd.Series(f"{item.month:g}", index=ids.index, dtype=object)}
        marker = pd.Series(item.marker, index=ids.index, dtype=object)
        frame = pd.DataFrame({"patient_id": ids, **placed, COUNT: item.values, MARKER: marker}, index=ids.index)
        frame = frame.fillna("").astype(object)
        frame = frame.drop_duplicates("patient_id") if one_row_each else frame
        frame = frame[frame[COUNT].str.strip().ne("") & frame["patient_id"].ne("")]
        frame = frame if item.month is None else frame.drop_duplicates("patient_id")
        found.append((f"{item.header} visits", frame, {COUNT: item.header}))
    return found


def two_markers(counts: list[BCellCounts]) -> str:
    """Say which columns were counted by which marker where there are two; "" where there is one."""
    headers: dict[str, list[str]] = {}
    for item in counts:
        headers.setdefault(item.marker or "a marker that is not named", []).append(item.header)
    if len(headers) < 2:
        return ""
    said = " and ".join(f"by {marker} ({', '.join(names)})" for marker, names in sorted(headers.items()))
    return f"B cells should be counted by one marker; here they were counted {said}. Rituximab hides CD20."


KEPT_APART = "Nothing was merged; where a visit has both, CD19 counts. Leave one out if they should not be compared."
