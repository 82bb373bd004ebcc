"""How severe was the worst event of each patient, by category and group?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.results import Method, Note
from analysis.safety.counts import KEYS, Counts, _placed, _spread, count_events
from analysis.study import View

GRADE_COLUMNS = [*KEYS, "parent", "label", "group", "grade", "n_patients", "n_total", "patient_ids"]
UNKNOWN_GRADE = 0
NO_GRADES = "No event that counts has a known grade."


@dataclass(frozen=True, kw_only=True, eq=False)
class GradeResult:
    """Patients by worst grade; ``rows``: one per category, group and ``grade`` (1 to 5, 0 for unknown)."""

    rows: pd.DataFrame
    groups: tuple[str, ...]
    reference_group: str | None
    reason: str
    method: Method
    notes: tuple[Note, ...]


def count_grades(view: View) -> GradeResult:
    """Count the patients of each group by the worst known grade of their events, in total and by category.

    Returns
    -------
    GradeResult
        ``rows``: one per category (and the total), group and grade 1 to 5, and 0 for patients all of
        whose events are of unknown grade: ``n_patients`` of ``n_total`` in the group, ``patient_ids``.
        A patient counts once in each category. ``reason`` where no grade is known.
    """
    counts = count_events(view)
    keys = counts.keys[counts.keys["level"] != "term"].reset_index(drop=True)
    worst = _worst(view, counts, keys)
    found = worst.groupby(["key", "group", "grade"])["patient_id"].agg(tuple)
    sizes = view.group_sizes()
    cells = pd.MultiIndex.from_product([range(len(keys)), view.groups, range(6)], names=["key", "group", "grade"])
    rows = found.reindex(cells).reset_index(name="patient_ids")
    rows["patient_ids"] = [ids if isinstance(ids, tuple) else () for ids in rows["patient_ids"]]
    rows = rows.assign(n_patients=rows["patient_ids"].map(len).astype(int), n_total=rows["group"].map(sizes))
    rows = rows.join(keys, on="key")[GRADE_COLUMNS]
    return GradeResult(
        rows=rows,
        groups=view.groups,
        reference_group=view.reference_group,
        reason="" if worst["grade"].gt(0).any() else NO_GRADES,
        method=_METHOD,
        notes=counts.selected.notes,
    )


def _worst(view: View, counts: Counts, keys: pd.DataFrame) -> pd.DataFrame:
    """Find the worst known grade of each patient in each row."""
    events = counts.selected.events.reset_index(drop=True)
    members = view.members.assign(group=view.members["group"].astype(object)).set_index("patient_id")["group"]
    grade = events["grade"].fillna(UNKNOWN_GRADE).to_numpy()
    parts = []
    for value in np.unique(grade):
        placed = _placed(_spread(events.loc[grade == value, ["patient_id", "category", "term"]]), keys, members)
        parts.append(placed.assign(grade=int(value)))
    columns = ["key", "patient_id", "group", "grade"]
    every = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns).astype({"grade": int})
    return every.sort_values(["grade", "patient_id"]).drop_duplicates(["key", "patient_id"], keep="last")


_METHOD = Method(
    name="Adverse events by grade",
    sentence="Patients by the worst known grade (CTCAE 1 to 5) of their events; each patient once in each row.",
    references=("Common Terminology Criteria for Adverse Events, version 5.0, 2017",),
)
