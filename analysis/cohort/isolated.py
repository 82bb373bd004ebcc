"""How can a damaged SPSS or Stata file not bring the program down? It is read in a process of its own.

ReadStat, the C library below pyreadstat, can crash on damaged bytes (seen with 1.3.7: a segmentation
fault on a .sav with three bytes changed). The child gets the bytes on its standard input, is bounded
in time and memory, and answers with JSON and Arrow, never with pickled objects.
"""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.cohort.delimited import shared_strings
from analysis.cohort.model import Problem
from analysis.cohort.raw import RawTable, not_a_table
from analysis.cohort.statistical import Kind, read_statistical
from analysis.results import CohortError

TIME_LIMIT = 120  # seconds
MEMORY_LIMIT = 4 * 1024**3  # bytes of address space, where the system can limit it
_ROOT = Path(__file__).resolve().parents[2]


def read_isolated(name: str, content: bytes, kind: Kind) -> tuple[list[RawTable], list[Problem]]:
    """Do what ``read_statistical`` does, in a child process.

    Raises
    ------
    CohortError
        As ``read_statistical``, and if the child crashes or exceeds its time or memory.
    """
    question = json.dumps({"name": name, "kind": kind}).encode() + b"\n" + content
    command = [sys.executable, "-m", "analysis.cohort.isolated"]
    try:
        done = subprocess.run(command, input=question, capture_output=True, timeout=TIME_LIMIT, cwd=_ROOT, check=False)
    except subprocess.TimeoutExpired as error:
        raise not_a_table(name, f"it could not be read within {TIME_LIMIT} seconds") from error
    if done.returncode:
        raise not_a_table(name, f"the file is damaged (its reader stopped with code {done.returncode})")
    return _received(done.stdout)


def _received(answer: bytes) -> tuple[list[RawTable], list[Problem]]:
    import pyarrow as pa

    head, _, streams = answer.partition(b"\n")
    said = json.loads(head)
    if "error" in said:
        raise CohortError(*said["error"])
    tables, start = [], 0
    for size, about in said["tables"]:
        arrow = pa.ipc.open_stream(streams[start : start + size]).read_all()
        columns = {name: shared_strings(arrow.column(j))[0] for j, name in enumerate(arrow.column_names)}
        cells = pd.DataFrame(columns, index=pd.RangeIndex(2, arrow.num_rows + 2), dtype=object)
        tables.append(RawTable(cells=cells, **{**about, "remarks": tuple(about["remarks"])}))
        start += size
    return tables, [Problem(**problem) for problem in said["problems"]]


def _answer(question: bytes) -> bytes:
    """Read one file and write what was found: a line of JSON, then one Arrow stream per table."""
    head, _, content = question.partition(b"\n")
    asked = json.loads(head)
    try:
        tables, problems = read_statistical(asked["name"], content, asked["kind"])
    except CohortError as error:
        return json.dumps({"error": [error.needed, error.found, error.remedy]}).encode() + b"\n"
    streams = [_stream(table.cells) for table in tables]
    said = {
        "tables": [(len(stream), _about(table)) for stream, table in zip(streams, tables, strict=True)],
        "problems": [asdict(problem) for problem in problems],
    }
    return json.dumps(said).encode() + b"\n" + b"".join(streams)


def _about(table: RawTable) -> dict[str, Any]:
    names = ("file", "sheet", "remarks", "labels", "value_labels", "format")
    return {name: getattr(table, name) for name in names}


def _stream(cells: pd.DataFrame) -> bytes:
    import pyarrow as pa

    arrow = pa.table([pa.array(cells[name].tolist(), pa.string()) for name in cells], names=list(cells))
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, arrow.schema) as writer:
        writer.write_table(arrow)
    return sink.getvalue()


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):  # Windows has no such limits
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))


if __name__ == "__main__":
    _limit_memory()
    sys.stdout.buffer.write(_answer(sys.stdin.buffer.read()))
