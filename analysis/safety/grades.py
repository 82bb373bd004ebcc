"""How severe was the worst event of each patient, by category and group?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.results import Method, Note
from analysis.safety.counts import Counts, count_events, count_rows, ids_of, stand
from analysis.safety.rows import KEYS, Places, RowPlan
from analysis.study import View

GRADE_COLUMNS = [*KEYS, "parent", "label", "group", "grade", "n_patients", "n_total", "patient_ids"]
UNKNOWN_GRADE, N_GRADES = 0, 6  # unknown, and CTCAE 1 to 5
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


def count_grades(view: View, plan: RowPlan | None = None) -> GradeResult:
    """Count the patients of each group by the worst known grade of their events, in total and by category.

    Returns
    -------
    GradeResult
        ``rows``: one per category (and the total), group and grade 1 to 5, and 0 for patients all of
        whose events are of unknown grade: ``n_patients`` of the ``n_total`` of whom it is known whether
        they had the event, ``patient_ids``. A patient counts once in each category. ``reason`` where no
        grade is known.
    """
    counts = count_events(view, plan)
    rows = count_rows(view, counts)[[*KEYS, "parent", "label", "group", "n_total"]]
    key, member, worst = _worst(view, counts)
    cell = (key * counts.n_groups + counts.group[member]) * N_GRADES + worst
    n_cells = len(rows) * N_GRADES
    grades = rows.loc[rows.index.repeat(N_GRADES)].reset_index(drop=True).assign(
        grade=np.tile(np.arange(N_GRADES), len(rows)),
        n_patients=np.bincount(cell, minlength=n_cells),
        patient_ids=ids_of(view, cell, member, n_cells),
    )  # fmt: skip
    return GradeResult(
        rows=grades.loc[grades["level"] != "term", GRADE_COLUMNS].reset_index(drop=True),
        groups=view.groups,
        reference_group=view.reference_group,
        reason="" if (worst > UNKNOWN_GRADE).any() else NO_GRADES,
        method=_METHOD,
        notes=counts.selected.notes,
    )


def _worst(view: View, counts: Counts) -> tuple[Places, Places, Places]:
    """Find the worst known grade of each member in each row: numbers of row and member, and the grade."""
    events = counts.selected.events
    grade = events["grade"].to_numpy(dtype=float)
    known = np.where((grade >= 1) & (grade < N_GRADES), grade, UNKNOWN_GRADE).astype(np.intp)
    worst = np.zeros(len(counts.had.key), dtype=np.intp)
    place = counts.had.key * max(view.n, 1) + counts.had.member
    for value in range(1, N_GRADES):
        at = stand(view, counts.plan, events[known == value])
        worst[np.searchsorted(place, at.key * max(view.n, 1) + at.member)] = value
    return counts.had.key, counts.had.member, worst


_METHOD = Method(
    name="Adverse events by grade",
    sentence="Patients by the worst known grade (CTCAE 1 to 5) of their events; each patient once in each row.",
    references=("Common Terminology Criteria for Adverse Events, version 5.0, 2017",),
)
