"""Does a saved mapping still fit next month's export, and what changed?

Tables are found again by name, or else by their columns; renamed columns by their meaning or
spelling. Answers hold as long as what was asked about is the same; a new code or unit opens its
question again.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from typing import Literal

from analysis.cohort.bcell_columns import claimed_name, marker_of
from analysis.cohort.mapping import ColumnMapping, Mapping, TableMapping
from analysis.cohort.meanings import fold_name
from analysis.cohort.proposals import propose_mapping
from analysis.cohort.raw import RawTables
from analysis.cohort.settled import listed_some
from analysis.cohort.table_shapes import Tables, prepare_tables
from analysis.cohort.unit_questions import with_units_asked_again
from analysis.cohort.value_words import count_words

ChangeKind = Literal[
    "new table",
    "missing table",
    "renamed table",
    "new column",
    "missing column",
    "renamed column",
    "new words",
    "new unit",
]

SAME_TABLE = 0.5  # share of columns in common from which a table of another name is the same one
SAME_COLUMN = 0.8  # difflib ratio from which a new column is the missing one under another spelling


@dataclass(frozen=True, kw_only=True)
class Change:
    """One difference between the file a mapping was made for and the one it is laid over."""

    kind: ChangeKind
    table: str
    column: str = ""
    message: str = ""


def replay(mapping: Mapping, raw: RawTables) -> tuple[Mapping, tuple[Change, ...]]:
    """Lay a saved mapping over a new export.

    Returns
    -------
    mapping
        The saved one with tables and columns of today, new columns as proposed afresh. Its open
        questions are what the new export brings.
    changes
        What is new, missing or renamed, and which words were not there before.
    """
    tables = prepare_tables(raw)
    proposed = propose_mapping(raw)
    changes: list[Change] = []
    for old, new in _same_tables(mapping, tables).items():
        if old != new:
            changes.append(Change(kind="renamed table", table=new, message=f"“{old}” is now “{new}”."))
            mapping = _with_table(mapping, old, new)
    kept, roles = [], []
    for key in tables:
        columns, noticed = _columns(mapping, proposed, key, tables)
        kept += columns
        changes += noticed
        known = key in {item.table for item in mapping.tables}
        roles.append(TableMapping(table=key, role=(mapping if known else proposed).table_role(key)))
        changes += [] if known else [Change(kind="new table", table=key, message=f"“{key}” is new.")]
    gone = [item.table for item in mapping.tables if item.table not in tables]
    changes += [Change(kind="missing table", table=key, message=f"“{key}” is not in the file.") for key in gone]
    replayed = replace(mapping, tables=tuple(roles), columns=tuple(kept))
    changes += _new_words(mapping, replayed, tables)
    replayed, other_units = with_units_asked_again(replayed, tables)
    changes += [
        Change(kind="new unit", table=table, column=column, message=message) for table, column, message in other_units
    ]
    return replayed, tuple(changes)


def _same_tables(mapping: Mapping, tables: Tables) -> dict[str, str]:
    """Find each table of the mapping by name, or else by the columns it shares with a new one."""
    found = {item.table: item.table for item in mapping.tables if item.table in tables}
    free = [key for key in tables if key not in found]
    for old in [item.table for item in mapping.tables if item.table not in found]:
        columns = {item.column for item in mapping.columns_of(old)}
        shares = {key: len(columns & set(tables[key].cells)) / max(len(columns), 1) for key in free}
        best = max(shares, key=lambda key: shares[key], default=None)
        if best is not None and shares[best] >= SAME_TABLE:
            found[old] = best
            free.remove(best)
    return found


def _with_table(mapping: Mapping, old: str, new: str) -> Mapping:
    """Rename a table everywhere in a mapping, its questions included."""
    zero = mapping.time_zero
    return replace(
        mapping,
        tables=tuple(replace(item, table=new) if item.table == old else item for item in mapping.tables),
        columns=tuple(replace(item, table=new) if item.table == old else item for item in mapping.columns),
        corrections=tuple(replace(item, table=new) if item.table == old else item for item in mapping.corrections),
        time_zero=(new, zero[1]) if zero and zero[0] == old else zero,
        answers=tuple((_renamed(question, old, new), answer) for question, answer in mapping.answers),
        apart=tuple(new if item == old else item for item in mapping.apart),
    )


def _renamed(question: str, old: str, new: str) -> str:
    return "|".join(new if part == old else part for part in question.split("|"))


def _columns(mapping: Mapping, proposed: Mapping, key: str, tables: Tables) -> tuple[list[ColumnMapping], list[Change]]:
    """Give every column of one table its saved meaning, or a fresh proposal."""
    saved = {item.column: item for item in mapping.columns_of(key)}
    fresh = {item.column: item for item in proposed.columns_of(key)}
    if not saved:
        return list(fresh.values()), []
    missing = [name for name in saved if name not in fresh]
    names = _same_columns(missing, [name for name in fresh if name not in saved], saved, fresh)
    columns, changes = [], []
    for name, proposal in fresh.items():
        old = names.get(name)
        columns.append(_renamed_column(saved[old], proposal) if old else saved.get(name, _once(proposal, saved)))
        if old:
            message = f"“{old}” is now “{name}”{_other_unit(saved[old], proposal)}."
            changes.append(Change(kind="renamed column", table=key, column=name, message=message))
        elif name not in saved:
            changes.append(Change(kind="new column", table=key, column=name, message=f"“{name}” is new."))
    gone = [name for name in missing if name not in names.values()]
    changes += [
        Change(kind="missing column", table=key, column=name, message=f"“{name}” is not in the file.") for name in gone
    ]
    return columns, changes


def _renamed_column(saved: ColumnMapping, proposal: ColumnMapping) -> ColumnMapping:
    """Give a renamed column its saved meaning; a unit that the header states anew is settled anew."""
    if not _other_unit(saved, proposal):
        return replace(saved, column=proposal.column)
    return replace(saved, column=proposal.column, header_unit=proposal.header_unit, unit="", other_units=())


def _other_unit(saved: ColumnMapping, proposal: ColumnMapping) -> str:
    """Say how the unit of the header changed; "" where it did not."""
    if saved.variable != proposal.variable or saved.header_unit == proposal.header_unit:
        return ""
    return f": the unit was {saved.header_unit or 'not named'} and is {proposal.header_unit or 'not named'}"


def _same_columns(
    missing: list[str], new: list[str], saved: dict[str, ColumnMapping], fresh: dict[str, ColumnMapping]
) -> dict[str, str]:
    """Pair new columns with missing ones of the same meaning, or else of nearly the same spelling."""
    pairs: dict[str, str] = {}
    for name in new:
        left = [old for old in missing if old not in pairs.values()]
        item = fresh[name]
        same = [old for old in left if item.variable and _meaning(saved[old]) == _meaning(item)]
        spelled = {fold_name(old): old for old in left}
        close = difflib.get_close_matches(fold_name(name), spelled, n=1, cutoff=SAME_COLUMN)
        if same:
            pairs[name] = same[0]
        elif close and _at_once(saved[spelled[close[0]]]) == _at_once(item):
            pairs[name] = spelled[close[0]]
    return pairs


def _meaning(column: ColumnMapping) -> tuple[str, str, float | None, str]:
    return column.role, claimed_name(column), column.month, column.header_unit


def _at_once(column: ColumnMapping) -> tuple[float | None, str]:
    """Say what must agree for two spellings to be one column: the visit, and the marker of B cells."""
    return column.month, marker_of(column)


def _once(proposal: ColumnMapping, saved: dict[str, ColumnMapping]) -> ColumnMapping:
    """Keep a new column under its own header where its meaning is given already."""
    taken = {_meaning(item)[:3] for item in saved.values() if item.role not in ("keep", "drop", "identifying")}
    if _meaning(proposal)[:3] not in taken:
        return proposal
    return ColumnMapping(table=proposal.table, column=proposal.column, role="keep", how="none")


def _new_words(before: Mapping, after: Mapping, tables: Tables) -> list[Change]:
    """List words of coded columns that had no code in the saved mapping."""
    changes = []
    for column in after.columns:
        if not column.value_map or column.role not in ("variable", "visit", "event_status"):
            continue
        words = count_words(tables[column.table].cells[column.column])
        new = [word for word in words.index if word not in dict(column.value_map)]
        known = set(dict(column.value_map).values())
        new = [word for word in new if word not in known]
        if new:
            message = f"New words: {listed_some(new)}."
            changes.append(Change(kind="new words", table=column.table, column=column.column, message=message))
    return changes
