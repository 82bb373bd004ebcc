"""What do SPSS, Stata and SAS transport files hold, with their labels and declared missings?"""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pandas as pd

from analysis.cohort.encodings import chinese_share
from analysis.cohort.model import Problem
from analysis.cohort.raw import UNPACKED_LIMIT, Format, RawTable, not_a_table, require_area, some

_FORMATS: dict[str, Format] = {"sav": "spss", "dta": "stata", "xpt": "xpt"}
_MEMBER = (b"HEADER RECORD*******MEMBER  HEADER RECORD", b"HEADER RECORD*******MEMBV8  HEADER RECORD")
_LIBRARY_HEADER = 240  # bytes: three records of 80 before the first data set of a transport file
_GUESSES = ("GB18030", "WINDOWS-1252")

Kind = Literal["sav", "dta", "xpt"]


def read_statistical(name: str, content: bytes, kind: Kind) -> tuple[list[RawTable], list[Problem]]:
    """Read a file of SPSS, Stata or SAS transport (v5, v8) into text tables.

    Codes stay in the cells and their labels go beside them. A value that the file declares as
    missing (SPSS missing values, Stata .a to .z) becomes blank and is counted in a problem. Dates
    become ISO text. Row 2 is the first data row, as a spreadsheet would number them.

    Raises
    ------
    CohortError
        If the file is damaged, or declares more rows or bytes than fit in memory.
    """
    tables: list[RawTable] = []
    problems: list[Problem] = []
    for member in _members(content) if kind == "xpt" else [content]:
        frame, meta, noticed = _read(name, member, kind)
        problems.extend(noticed)
        if not len(frame):
            message = "The data set has columns but no row."
            problems.append(Problem(severity="info", file=name, message=message, remedy="Check the file."))
            continue
        table, noticed = _table(name, frame, meta, _FORMATS[kind])
        tables.append(table)
        problems.extend(noticed)
    return tables, problems


def text_column(values: pd.Series) -> np.ndarray:
    """Write a column as text, each distinct value once: 63.0 as "63", dates as ISO, missing as ""."""
    codes, uniques = pd.factorize(values, use_na_sentinel=True)
    return np.array([*map(_shown, uniques), ""], dtype=object)[codes]


def _members(content: bytes) -> list[bytes]:
    """Split a transport file into its data sets; the reader below knows only the first of a file."""
    starts = sorted(i for i in range(_LIBRARY_HEADER, len(content), 80) if content.startswith(_MEMBER, i))
    ends = [*starts[1:], len(content)]
    return [content[:_LIBRARY_HEADER] + content[i:end] for i, end in zip(starts, ends, strict=bool(starts))] or [
        content
    ]


def _read(name: str, content: bytes, kind: Kind) -> tuple[pd.DataFrame, Any, list[Problem]]:
    """Read after checking the size that the header declares; guess the encoding if the declared one fails."""
    import pyreadstat

    readers: dict[str, Any] = {"sav": pyreadstat.read_sav, "dta": pyreadstat.read_dta, "xpt": pyreadstat.read_xport}
    reader = readers[kind]
    options = {} if kind == "xpt" else {"user_missing": True}
    damage = (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError, OverflowError, TypeError, LookupError)
    try:
        _require_size(name, _attempt(reader, content, metadataonly=True)[1], len(content))
        try:
            return *_attempt(reader, content, **options), []
        except (pyreadstat.ReadstatError, UnicodeDecodeError) as error:
            if "convert string" not in str(error) and not isinstance(error, UnicodeDecodeError):
                raise
        return _guessed(name, reader, content, options)
    except damage as error:
        raise not_a_table(name, f"the {_FORMATS[kind].upper()} file is damaged ({error})") from error


def _attempt(reader: Callable[..., Any], content: bytes, **options: Any) -> tuple[pd.DataFrame, Any]:
    return reader(io.BytesIO(content), **options)


def _require_size(name: str, meta: Any, packed: int) -> None:
    n_rows = meta.number_rows or 0
    require_area(name, n_rows, meta.number_columns or 0)
    width = sum((meta.variable_storage_width or {}).values())
    if n_rows * width > max(UNPACKED_LIMIT, packed):
        raise not_a_table(name, f"it would unpack from {packed / 1e6:.1f} MB to {n_rows * width / 1e6:.0f} MB")


def _guessed(
    name: str, reader: Callable[..., Any], content: bytes, options: dict[str, Any]
) -> tuple[pd.DataFrame, Any, list[Problem]]:
    """Read with Chinese characters if the text then looks Chinese, else with Western ones."""
    import pyreadstat

    for encoding in _GUESSES:
        try:
            frame, meta = _attempt(reader, content, encoding=encoding, **options)
        except (pyreadstat.ReadstatError, UnicodeDecodeError):
            continue
        strings = frame.select_dtypes("object").to_numpy().ravel()
        text = "".join(dict.fromkeys(s for s in strings if isinstance(s, str)))
        if encoding == _GUESSES[-1] or chinese_share(text.encode("gb18030", errors="ignore")) >= 0.8:
            message = f"The text is not in the encoding the file declares; it was read as {encoding}. This is a guess."
            remedy = "Look at words with accents or Chinese characters; if they are wrong, save the file as UTF-8."
            return frame, meta, [Problem(severity="warning", file=name, message=message, remedy=remedy)]
    raise not_a_table(name, "its text is in an unknown encoding")


def _table(name: str, frame: pd.DataFrame, meta: Any, format: Format) -> tuple[RawTable, list[Problem]]:
    problems: list[Problem] = []
    columns: dict[str, np.ndarray] = {}
    labels = {c: {_shown(code): str(text) for code, text in m.items()} for c, m in meta.variable_value_labels.items()}
    for column in frame.columns:
        missing = _declared_missing(frame[column], column, meta)
        columns[column] = text_column(frame[column])
        if missing.any():
            problems.append(_missing_problem(name, column, columns[column][missing], labels.get(column, {})))
            columns[column][missing] = ""
    index = pd.RangeIndex(2, len(frame) + 2)
    long = {column: label for column, label in meta.column_names_to_labels.items() if label}
    cells = pd.DataFrame(columns, index=index, dtype=object)
    remarks = (meta.file_label,) if meta.file_label else ()
    sheet = meta.table_name or ""
    return RawTable(
        file=name, sheet=sheet, cells=cells, remarks=remarks, labels=long, value_labels=labels, format=format
    ), problems


def _declared_missing(values: pd.Series, column: str, meta: Any) -> np.ndarray:
    """Mark the cells whose value the file declares as missing."""
    missing = values.isin(meta.missing_user_values.get(column, [])).to_numpy()
    for bounds in meta.missing_ranges.get(column, []):
        low, high = bounds["lo"], bounds["hi"]
        if isinstance(low, str):
            missing |= values.eq(low).to_numpy()
        elif pd.api.types.is_numeric_dtype(values):
            missing |= values.between(low, high).to_numpy()
        else:
            missing |= values.map(lambda v, lo=low, hi=high: isinstance(v, (int, float)) and lo <= v <= hi).to_numpy()
    return missing


def _missing_problem(name: str, column: str, cells: np.ndarray, labels: dict[str, str]) -> Problem:
    counts = pd.Series(cells).value_counts()
    parts = [f"{code}{f' ({labels[code]})' if code in labels else ''}: {n}" for code, n in counts.items()]
    return Problem(
        severity="info",
        file=name,
        column=column,
        message=f"{len(cells)} cells hold a value that the file declares missing; they are blank here. {some(parts)}.",
        remedy="Nothing to do if the declaration is right.",
    )


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (float, np.floating)):
        return "" if np.isnan(value) else format(float(value), ".15g")
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    return str(value).rstrip("\0 ") if isinstance(value, str) else str(value)
