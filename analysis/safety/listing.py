"""Which events happened to whom, and when?"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.results import Method, Note
from analysis.safety.rows import RowPlan, plan_rows
from analysis.safety.selection import flags_given, select_events
from analysis.safety.terms import category_label
from analysis.study import View

LISTING_COLUMNS = [
    "patient_id", "group", "day", "category", "category_label", "term", "grade", "serious", "related", "led_to_stop",
    "pair",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class ListingResult:
    """Every event of a member that meets the filters.

    ``rows``: one per event in ``LISTING_COLUMNS`` (``pair``: its kind in ``Recorded.pairs``).
    ``gives``: which of seriousness, relation and leading to stop the file says anything about.
    """

    rows: pd.DataFrame
    gives: tuple[str, ...]
    groups: tuple[str, ...]
    method: Method
    notes: tuple[Note, ...]


def list_events(view: View, plan: RowPlan | None = None) -> ListingResult:
    """List the events that count, by group, patient and day of onset (days from first rituximab, NaN unknown)."""
    recorded = (plan or plan_rows(view.cohort, view.spec.safety)).recorded
    selected = select_events(view, recorded)
    rows = view.members.merge(selected.events, on="patient_id")
    labels = {name: category_label(name) for name in rows["category"].unique()}
    rows = rows.assign(category_label=rows["category"].map(labels))
    rows = rows.sort_values(["group", "patient_id", "day", "category"], kind="stable", ignore_index=True)
    filters = f" that are {selected.words}" if selected.words else ""
    sentence = f"Events of the selected patients{filters}; day of onset from the first rituximab (day 0)."
    return ListingResult(
        rows=rows.assign(group=rows["group"].astype(object))[LISTING_COLUMNS],
        gives=flags_given(view.cohort),
        groups=view.groups,
        method=Method(name="Listing of adverse events", sentence=sentence),
        notes=(*recorded.notes, *selected.notes),
    )
