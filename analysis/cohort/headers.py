"""Which row of a sheet names its columns, and what is each column called?"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

import numpy as np

from analysis.cohort.delimited import is_remark_line
from analysis.cohort.grids import Grid

_SAMPLE = 60  # rows that decide where the header is
_NUMBER = re.compile(r"[<>≤≥]?\s*[+-]?\d+([.,/]\d+)*%?")
_UNIT = re.compile(
    r"[\[(]?\s*(%|[µμmkcdnp]?(g|l|mol|m|iu|u|eq)|years?|yrs?|y|months?|weeks?|days?|d|kg|mm\s?hg|kpa|cells?|points?|"
    r"[^\s\d/]{0,6}\d*[^\s\d/]{0,4}\s?/\s?[^\s/]{1,8}(/\s?1[.,]73\s?m[2²]?)?|10[\^*]?\d+\s?/\s?l|"
    r"ml\s?/\s?min\s?/\s?1[.,]73\s?m[2²])\s*[\])]?",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Header:
    """Where the header stands and what it says.

    ``names`` holds one text per grid column, "" where the header has none; the body begins at grid
    row ``body``. ``above`` are the lines above, ``joined`` tells that two rows were joined,
    ``shifted`` that every row has one cell more than the header (row names of R), and ``units``
    maps a column position to the unit of a units row.
    """

    row: int
    body: int
    names: list[str]
    above: tuple[str, ...] = ()
    joined: bool = False
    shifted: bool = False
    units: dict[int, str] = field(default_factory=dict)


def find_header(grid: Grid) -> Header | None:
    """Find the header below titles and remarks, and join it with a second row where there are two.

    The header is the first row with at least half as many filled cells as the middle row of the
    sample; a row of mostly numbers below a title is data, not a header.
    """
    sample = [grid.row(i) for i in range(min(_SAMPLE, grid.n_rows))]
    start = next((i for i, row in enumerate(sample) if _filled(row) and not _is_remark(row)), None)
    if start is None:
        beyond = [i for i in range(len(sample), grid.n_rows) if _filled(grid.row(i))][:1]
        if not beyond:
            return None
        sample, start = [*sample, *[[] for _ in range(len(sample), beyond[0])], grid.row(beyond[0])], beyond[0]
    chosen = _header_row(sample, start)
    above = tuple(
        " · ".join(dict.fromkeys(cell.strip('"# \t') for cell in row if cell.strip('"# \t'))) for row in sample[:chosen]
    )
    header = Header(
        row=chosen,
        body=chosen + 1,
        names=_plain(sample[chosen]),
        above=tuple(text for text in above if text),
    )
    below = sample[chosen + 1] if chosen + 1 < len(sample) else []
    return _shifted(grid, _with_second_row(grid, header, below, sample))


def _filled(row: list[str]) -> int:
    return sum(1 for cell in row if cell and not cell.isspace())


def _is_remark(row: list[str]) -> bool:
    return bool(row) and _filled(row) == _filled(row[:1]) and is_remark_line(row[0])


def _plain(row: list[str]) -> list[str]:
    return [" ".join(cell.split()) for cell in row]


def _header_row(sample: list[list[str]], start: int) -> int:
    counts = [0 if _is_remark(row) else _filled(row) for row in sample]
    typical = int(np.median([n for n in counts[start:] if n]))
    needed = max((typical + 1) // 2, min(typical, 2))
    chosen = next((i for i in range(start, len(sample)) if counts[i] >= needed), start)
    if chosen == start:
        return start
    n_numbers = sum(1 for cell in sample[chosen] if _NUMBER.fullmatch(cell.strip()))
    return start if 2 * n_numbers >= counts[chosen] else chosen


def _with_second_row(grid: Grid, header: Header, below: list[str], sample: list[list[str]]) -> Header:
    """Join a row of groups above the header, a row of parts below it, or take a row of units."""
    above = sample[header.row - 1] if header.row else []
    spans = [(a[1], b[1]) for a, b in grid.merges if a[0] == header.row - 1 and b[1] > a[1]]
    named = [name for name in header.names if name]
    grouping = any(b - a + 1 < len(named) for a, b in spans) or (not spans and len(set(named)) < len(named))
    if _filled(above) and grouping and not _is_remark(above):
        names = _joined(_spread(_plain(above), spans), header.names)
        return replace(header, names=names, joined=True, above=header.above[:-1])
    units = {j: cell.strip().strip("[]() ") for j, cell in enumerate(below) if cell.strip()}
    if len(units) > 1 and all(_UNIT.fullmatch(cell.strip()) for cell in below if cell.strip()):
        return replace(header, body=header.body + 1, units=units)
    spans = [(a[1], b[1]) for a, b in grid.merges if a[0] == header.row and b[1] > a[1]]
    if _has_parts(header.names, below, bool(spans)):
        names = _joined(_spread(header.names, spans), _plain(below))
        return replace(header, body=header.body + 1, names=names, joined=True)
    return header


def _has_parts(names: list[str], below: list[str], merged: bool) -> bool:
    """Tell whether the row below completes the header: it fills its gaps and says nothing about a patient."""
    if not below or not names[0]:
        return False
    gaps = [j for j in range(1, len(names)) if not names[j] and below[j].strip()]
    return bool(gaps) and not below[0].strip() and all(below[j - 1].strip() or merged for j in gaps)


def _spread(groups: list[str], spans: list[tuple[int, int]]) -> list[str]:
    """Repeat each group over its merged cells; without merged cells, up to the next group."""
    spread = list(groups)
    if spans:
        for first, last in spans:
            spread[first : last + 1] = [groups[first]] * (min(last, len(groups) - 1) - first + 1)
        return spread
    for j in range(1, len(spread)):
        spread[j] = spread[j] or spread[j - 1]
    return spread


def _joined(groups: list[str], parts: list[str]) -> list[str]:
    return [
        " · ".join(dict.fromkeys(text for text in (group, part) if text))
        for group, part in zip(groups, parts, strict=True)
    ]


def _shifted(grid: Grid, header: Header) -> Header:
    """Recognise ``write.table`` of R, which gives the row names a cell but no header."""
    width = int(grid.lengths[header.row])
    body = grid.lengths[header.body :]
    if header.joined or not 1 < width < len(grid.columns) or not (len(body) and (body == width + 1).all()):
        return header
    first, last = (list(grid.columns[j][header.body :]) for j in (0, width))
    if all(map(str.strip, first)) and len(set(first)) == len(first) and any(map(str.strip, last)):
        return replace(header, names=["", *header.names[:width], *header.names[width + 1 :]], shifted=True)
    return header
