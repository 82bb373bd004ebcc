"""How many patients of each group had each adverse event, and how often?"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.estimators.proportions import EMPTY_GROUP, clopper_pearson_interval
from analysis.safety.rows import KEYS, Places, RowPlan, plan_rows
from analysis.safety.selection import Selected, select_events
from analysis.study import View

ALL_UNKNOWN = "not estimable: not recorded for any patient"
ROW_COLUMNS = [
    *KEYS, "parent", "label", "group", "n_patients", "n_events", "n_total",
    "proportion", "conf_low", "conf_high", "patient_ids", "reason", "n_unknown", "patient_ids_unknown",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class Standing:
    """One entry per row of the table and member who stands in it, by row and then by member.

    ``key`` is the number of the row in ``RowPlan.keys``, ``member`` that of the patient in
    ``View.members``, ``n`` how many events of the patient stand there.
    """

    key: Places
    member: Places
    n: Places


@dataclass(frozen=True, kw_only=True, eq=False)
class Counts:
    """Who ``had`` what and of whom it is ``unknown``: behind every number of the page.

    ``group`` holds the number of the group of each member.
    """

    plan: RowPlan
    selected: Selected
    had: Standing
    unknown: Standing
    group: Places

    def cell(self, standing: Standing) -> Places:
        """Number the cells of the table, a row after the other, within a row a group after the other."""
        return standing.key * self.n_groups + self.group[standing.member]

    n_groups: int


def count_events(view: View, plan: RowPlan | None = None) -> Counts:
    """Let every event that counts stand in each row it belongs to: total, parent, category, term.

    Every category and term of the file has its row whatever the filters and whoever is selected. A
    patient of whom it is not known and who had no other such event is ``unknown``, not without event.
    ``plan`` saves the work of ``plan_rows`` where it is known already.
    """
    plan = plan or plan_rows(view.cohort, view.spec.safety)
    selected = select_events(view, plan.recorded)
    had = stand(view, plan, selected.events)
    unknown = stand(view, plan, selected.unknown)
    n = max(view.n, 1)
    still = ~np.isin(unknown.key * n + unknown.member, had.key * n + had.member)
    unknown = Standing(key=unknown.key[still], member=unknown.member[still], n=unknown.n[still])
    group = view.members["group"].cat.codes.to_numpy().astype(np.intp)
    return Counts(plan=plan, selected=selected, had=had, unknown=unknown, group=group, n_groups=len(view.groups))


def stand(view: View, plan: RowPlan, events: pd.DataFrame) -> Standing:
    """Find the rows in which the members stand by these events (``patient_id`` and ``pair``)."""
    member = pd.Index(view.members["patient_id"]).get_indexer(pd.Index(events["patient_id"]))
    inside = np.flatnonzero(member >= 0)
    event, key = plan.spread(events["pair"].to_numpy()[inside])
    n = max(view.n, 1)
    code, times = np.unique(key * n + member[inside][event], return_counts=True)
    return Standing(key=code // n, member=code % n, n=times.astype(np.intp))


def count_rows(view: View, counts: Counts) -> pd.DataFrame:
    """Count each row in each group, zero where nobody had the event; columns ``ROW_COLUMNS``."""
    keys, n_groups = counts.plan.keys, counts.n_groups
    n_rows, cell, open_cell = len(keys) * n_groups, counts.cell(counts.had), counts.cell(counts.unknown)
    seen = counts.selected.seen
    sizes = np.tile(np.bincount(counts.group, minlength=n_groups), len(keys))
    everyone = np.tile(np.bincount(counts.group[seen.inside == 1], minlength=n_groups), len(keys))
    had = np.bincount(cell, minlength=n_rows)
    unknown = np.bincount(open_cell, minlength=n_rows)
    total = everyone - unknown
    low, high = clopper_pearson_interval(had, total)
    words = ["", ALL_UNKNOWN, f"not estimable: {seen.reason}"]
    columns = {name: np.repeat(keys[name].to_numpy(dtype=object), n_groups) for name in keys}
    found = {
        "group": np.tile(np.array(view.groups, dtype=object), len(keys)),
        "n_patients": had,
        "n_events": np.bincount(cell, weights=counts.had.n, minlength=n_rows).astype(int),
        "n_total": total,
        "proportion": np.divide(had, total, out=np.full(n_rows, np.nan), where=total > 0),
        "conf_low": low,
        "conf_high": high,
        "patient_ids": ids_of(view, cell, counts.had.member, n_rows),
        "reason": np.select([total > 0, everyone > 0, sizes > 0], words, EMPTY_GROUP).astype(object),
        "n_unknown": unknown,
        "patient_ids_unknown": ids_of(view, open_cell, counts.unknown.member, n_rows),
    }
    return pd.DataFrame({**columns, **found})[ROW_COLUMNS]


def ids_of(view: View, cell: Places, member: Places, n: int) -> list[tuple[str, ...]]:
    """Collect the patients of each of ``n`` cells, in the order of the members."""
    order = np.argsort(cell, kind="stable")
    ids = view.members["patient_id"].to_numpy(dtype=object)[member[order]].tolist()
    ends: npt.NDArray[np.intp] = np.bincount(cell, minlength=n).cumsum()
    return [tuple(ids[start:end]) for start, end in pairwise([0, *ends.tolist()])]
