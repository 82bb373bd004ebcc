"""How is a frame read row by row? As named tuples, made once per set of columns: pandas makes them anew each time."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from operator import attrgetter
from typing import Any

import pandas as pd

Key = tuple[str, str, str]
_key_of = attrgetter("level", "category", "term")


def frame_rows(frame: pd.DataFrame) -> list[Any]:
    """Give the rows of a frame as tuples with the names of its columns."""
    row = _kind(tuple(frame.columns))
    return list(map(row._make, zip(*(frame[name].tolist() for name in frame), strict=True)))


def event_blocks(frame: pd.DataFrame) -> Iterator[tuple[Key, list[Any]]]:
    """Give each row of the adverse-events table with its entries, one per group, in their order."""
    return ((key, list(entries)) for key, entries in groupby(frame_rows(frame), key=_key_of))


@cache
def _kind(names: tuple[str, ...]) -> Any:
    return namedtuple("Row", names)
