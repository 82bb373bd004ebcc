"""Which row, group and level stand in a cell of the baseline table?"""

from __future__ import annotations

from dataclasses import dataclass

from analysis.baseline import BaselineResult, overall_name
from present.tables.baseline import baseline_table


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A cell of the table: its variable and, where it holds a number of patients, their group and level.

    ``level`` is a code, "all" for those with a value of a number, "" for those without one; None where
    the row names none. ``group`` is None right of the groups.
    """

    variable: str
    group: str | None = None
    level: str | None = None


def cell_at(result: BaselineResult, key: str, place: int) -> Cell | None:
    """Find what stands in the column at ``place`` of the row of this key; None where there is no such row."""
    table = baseline_table(result)
    if key not in {row.key for row in table.rows if row.key} or not 0 <= place < len(table.columns):
        return None
    name = max((one for one in result.on_offer if key == one or key.startswith(f"{one}=")), key=len)
    column = table.columns[place]
    if column.id == "missing":
        groups = [group for group in result.groups if group != result.overall]
        return Cell(variable=name, group=overall_name(groups) if len(groups) > 1 else groups[0], level="")
    return Cell(variable=name, group=column.group, level=_level(result, name, key))


def _level(result: BaselineResult, name: str, key: str) -> str | None:
    own = result.rows[result.rows["variable"] == name]
    levels = own["level"].tolist()
    if key != name:
        level = key.removeprefix(f"{name}=")
        return level if level in levels else ""
    if own["kind"].eq("categorical").any():
        return None
    return levels[0] or "all"
