"""What does a Parquet file hold, as text?"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.cohort.delimited import shared_strings
from analysis.cohort.model import Problem
from analysis.cohort.raw import UNPACKED_LIMIT, RawTable, column_letters, not_a_table, require_area, some
from analysis.cohort.sheets import ROW_NUMBER, unrepeated
from analysis.cohort.statistical import text_column

if TYPE_CHECKING:
    import pyarrow as pa

_INDEX = "__index_level_0__"  # pandas writes a nameless index under this name


def read_parquet(name: str, content: bytes) -> tuple[list[RawTable], list[Problem]]:
    """Read a Parquet file into one text table; whole numbers without a point, dates as ISO text.

    Columns of lists, structures or bytes have no plain text and are listed as left out.

    Raises
    ------
    CohortError
        If the file is damaged or would fill the memory; decided by the sizes in its footer.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(io.BytesIO(content))
        _require_size(name, file, len(content))
        strings = [field.name for field in file.schema_arrow if pa.types.is_string(field.type)]
        table = pq.read_table(io.BytesIO(content), read_dictionary=strings)
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        raise not_a_table(name, f"the Parquet file is damaged ({str(error)[:200]})") from error
    plain = [j for j, field in enumerate(table.schema) if not _has_no_text(field.type)]
    problems = _left_out(name, [table.schema.field(j).name for j in range(table.num_columns) if j not in plain])
    if not table.num_rows or not plain:
        message = "There are columns but no row." if plain else "There is no column of plain values."
        return [], [*problems, Problem(severity="info", file=name, message=message, remedy="Check the file.")]
    used: dict[str, int] = {}
    columns = {unrepeated(_name(table, j), used): _text(table.column(j)) for j in plain}
    cells = pd.DataFrame(columns, index=pd.RangeIndex(2, table.num_rows + 2), dtype=object)
    return [RawTable(file=name, sheet="", cells=cells, format="parquet")], problems


def _require_size(name: str, file: pa.parquet.ParquetFile, packed: int) -> None:
    footer = file.metadata
    require_area(name, footer.num_rows, footer.num_columns)
    unpacked = sum(footer.row_group(i).total_byte_size for i in range(footer.num_row_groups))
    if unpacked > UNPACKED_LIMIT:
        raise not_a_table(name, f"it would unpack from {packed / 1e6:.1f} MB to {unpacked / 1e6:.0f} MB")


def _has_no_text(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind)


def _left_out(name: str, columns: list[str]) -> list[Problem]:
    if not columns:
        return []
    message = (
        f"{len(columns)} columns hold lists, structures or bytes, not plain values, and were left out: {some(columns)}."
    )
    remedy = "Save these columns as plain text or numbers if they are needed."
    return [Problem(severity="warning", file=name, message=message, remedy=remedy)]


def _name(table: pa.Table, j: int) -> str:
    name = table.column_names[j]
    return ROW_NUMBER if name == _INDEX else name.strip() or f"column {column_letters(j)}"


def _text(column: pa.ChunkedArray) -> np.ndarray:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_dictionary(kind) and pa.types.is_string(kind.value_type):
        return shared_strings(column)[0]
    if pa.types.is_floating(kind):
        column = pc.if_else(pc.is_nan(column), None, column)
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_date(kind):
        return shared_strings(column.cast(pa.string()))[0]
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return shared_strings(column.cast(pa.string()))[0]
    return text_column(pd.Series(column.to_pylist(), dtype=object))
