"""What does each column of a clinician's file mean, and which of those meanings did somebody confirm?

A mapping is data: it is proposed (proposals.py), completed by answers (questions.py), applied
(apply_mapping.py), saved as JSON, and laid over next month's export (replay.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping as Dict
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from typing import Any, Literal

from analysis.cohort.kept_fields import UnfitError, fitted
from analysis.results import CohortError

MAPPING_VERSION = 1

TableRole = Literal["patients", "visits", "doses", "adverse_events", "events", "leave out"]
ColumnRole = Literal[
    "patient_id",
    "centre",
    "variable",
    "visit",
    "day",
    "date",
    "birth_date",
    "event_time",
    "event_status",
    "keep",
    "drop",
    "identifying",
]
KeepAs = Literal["covariate", "group", "leave out"]
How = Literal["exact", "normalised", "synonym", "label", "content", "guess", "chosen", "none"]
DateOrder = Literal["", "YMD", "DMY", "MDY"]
QuestionKind = Literal[
    "patient_id", "centre", "meaning", "unit", "other_unit", "decimal", "words", "blank", "date_order", "time_zero",
    "exchanged_dates", "month", "time_unit", "same_meaning", "contradiction", "identifying", "rounding", "files",
    "part_unit", "legend",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ColumnMapping:
    """What one column means and how its cells are read.

    ``variable`` is the canonical name (role ``variable``), the meaning of a date (role ``date``:
    first_rtx, biopsy, visit, start, stop, happened, death, last_contact, ..., "" for any other),
    or the name under which a kept column goes on (role ``keep``). ``month`` is the nominal visit
    of a wide laboratory column (``None``: not a wide column, or not known yet). ``unit`` is the
    unit the values are in ("" = not settled, or the variable has none); ``header_unit`` the one
    the header states. ``value_map`` turns a word of the file into a code ("" = missing; a word
    "" stands for blank cells). ``other_units`` gives the unit of single cells that are in
    another one, by their text; ``part_units`` that of a whole part (a centre, the values below a
    number), by the rules of unit_parts.py. ``decimal`` settles what a comma means ("" = the column tells).
    """

    table: str
    column: str
    role: ColumnRole
    variable: str = ""
    unit: str = ""
    header_unit: str = ""
    month: float | None = None
    keep_as: KeepAs = "covariate"
    value_map: tuple[tuple[str, str], ...] = ()
    other_units: tuple[tuple[str, str], ...] = ()
    part_units: tuple[tuple[str, str], ...] = ()
    date_order: DateOrder = ""
    decimal: Literal["", ",", "."] = ""
    how: How = "none"
    confirmed: bool = False


@dataclass(frozen=True, kw_only=True)
class TableMapping:
    """Which of the canonical tables the rows of a table of the file are."""

    table: str
    role: TableRole


@dataclass(frozen=True, kw_only=True)
class Correction:
    """One cell that somebody corrected; it applies only where the text found is still there."""

    table: str
    column: str
    patient: str
    found: str
    replacement: str


@dataclass(frozen=True, kw_only=True)
class Mapping:
    """The meaning of every column of every table, the choice of time zero, and all answers given.

    ``apart`` names the files that number their own patients, so that the same id is not the same person.
    """

    tables: tuple[TableMapping, ...] = ()
    columns: tuple[ColumnMapping, ...] = ()
    time_zero: tuple[str, str] | None = None
    id_with_centre: bool = False
    pseudonyms: bool = False
    upcr_rounding: Literal["exact", "guideline"] = "exact"
    corrections: tuple[Correction, ...] = ()
    answers: tuple[tuple[str, str], ...] = ()
    apart: tuple[str, ...] = ()
    version: int = MAPPING_VERSION

    @cached_property
    def _by_table(self) -> dict[str, dict[str, ColumnMapping]]:
        found: dict[str, dict[str, ColumnMapping]] = {}
        for item in self.columns:
            found.setdefault(item.table, {}).setdefault(item.column, item)
        return found

    @cached_property
    def _columns_by_table(self) -> dict[str, tuple[ColumnMapping, ...]]:
        return {table: tuple(columns.values()) for table, columns in self._by_table.items()}

    def columns_of(self, table: str) -> tuple[ColumnMapping, ...]:
        """List the columns of one table, in the order of the file."""
        return self._columns_by_table.get(table, ())

    def column(self, table: str, name: str) -> ColumnMapping | None:
        """Find one column."""
        return self._by_table.get(table, {}).get(name)

    def table_role(self, table: str) -> TableRole:
        """Say what the rows of a table are."""
        return next((item.role for item in self.tables if item.table == table), "leave out")

    def with_column(self, table: str, name: str, **changes: Any) -> Mapping:
        """Copy the mapping with some fields of one column changed."""
        columns = tuple(
            replace(item, **changes) if (item.table, item.column) == (table, name) else item for item in self.columns
        )
        return replace(self, columns=columns)

    def with_table_role(self, table: str, role: TableRole) -> Mapping:
        """Copy the mapping with another meaning for the rows of one table."""
        tables = tuple(replace(item, role=role) if item.table == table else item for item in self.tables)
        return replace(self, tables=tables)

    def with_answer(self, question: str, answer: str) -> Mapping:
        """Copy the mapping with one answer recorded."""
        kept = tuple(item for item in self.answers if item[0] != question)
        return replace(self, answers=(*kept, (question, answer)))

    def patient_column(self, table: str) -> str | None:
        """Name the column of patient ids of a table."""
        return next((item.column for item in self.columns_of(table) if item.role == "patient_id"), None)

    def answer_to(self, question: str) -> str | None:
        """Look an answer up by the id of its question; None if it was not answered."""
        return dict(self.answers).get(question)


@dataclass(frozen=True, kw_only=True)
class WordCount:
    """One word of a column, its rows, and the code proposed for it ("" = no proposal)."""

    word: str
    count: int
    proposal: str = ""


@dataclass(frozen=True, kw_only=True)
class Question:
    """One thing the file does not say with certainty.

    ``choices`` are pairs of answer and wording; ``proposal`` is the answer we would give ("" = we
    would not). A question with ``words`` is answered by a code per word; ``choices`` then lists
    the codes, and is empty where codes are free text. While a ``blocking`` question is open its
    columns are not read, and counted as such. ``cells`` and ``corrections`` are what an answer
    applies to, where it applies to single cells.
    """

    id: str
    kind: QuestionKind
    table: str
    columns: tuple[str, ...]
    text: str
    found: str
    choices: tuple[tuple[str, str], ...] = ()
    proposal: str = ""
    words: tuple[WordCount, ...] = ()
    cells: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()
    blocking: bool = True

    def has_proposal(self) -> bool:
        """Tell whether the question can be answered by accepting what is proposed."""
        return all(item.proposal for item in self.words) if self.words else bool(self.proposal)


def to_json(mapping: Mapping) -> str:
    """Write a mapping as JSON; the same mapping gives the same text."""
    return json.dumps({"format": _FORMAT, **asdict(mapping)}, ensure_ascii=False, indent=1, sort_keys=True)


def from_json(text: str | bytes) -> Mapping:
    """Read a mapping written by ``to_json``.

    Raises
    ------
    CohortError
        If the text is not a mapping, or was written by a newer version.
    """
    try:
        document = json.loads(text)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise _not_a_mapping("the file is not JSON") from error
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise _not_a_mapping("the file does not call itself a mapping")
    version = document.get("version")
    if version != MAPPING_VERSION:
        raise _not_a_mapping(f"it has the version {str(version)[:20]}; this program reads version {MAPPING_VERSION}")
    try:
        mapping = Mapping(
            tables=tuple(_made(TableMapping, item) for item in document["tables"]),
            columns=tuple(_made(ColumnMapping, item) for item in document["columns"]),
            corrections=tuple(_made(Correction, item) for item in document["corrections"]),
            **{name: _frozen(document[name]) for name in _PLAIN_FIELDS},
            apart=_frozen(document.get("apart", [])),  # mappings saved before it was asked have none
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _not_a_mapping("parts of it are missing") from error
    try:
        fitted(json.loads(to_json(mapping)), Mapping, "", [])
    except UnfitError as error:
        raise _not_a_mapping(str(error)) from error
    return mapping


_FORMAT = "nephrocompare mapping"
_PLAIN_FIELDS = ("time_zero", "id_with_centre", "pseudonyms", "upcr_rounding", "answers", "version")


def _not_a_mapping(found: str) -> CohortError:
    return CohortError(
        "A mapping is a JSON file saved by this program.",
        f"It cannot be used: {found}.",
        "Choose the mapping file, or map the columns again.",
    )


def _made(kind: type, entry: Dict[str, Any]) -> Any:
    """Build one dataclass, refusing entries it does not know."""
    if kind is ColumnMapping:
        entry = {"part_units": [], **entry}  # a mapping saved before it was asked has none
    wanted = {item.name for item in fields(kind)}
    if set(entry) != wanted:
        raise KeyError(kind.__name__)
    return kind(**{name: _frozen(item) for name, item in entry.items()})


def _frozen(item: Any) -> Any:
    return tuple(_frozen(part) for part in item) if isinstance(item, list) else item
