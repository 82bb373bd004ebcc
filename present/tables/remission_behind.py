"""Which patients does each count of the states and relapse tabs stand for? By the words of the count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.outcomes.classify import STATUS_WORDS
from analysis.outcomes.visit_states import GONE
from present.tables.format import format_months
from present.tables.remission_relapse import CELLS, EVENTS

if TYPE_CHECKING:
    from analysis.remission import RelapseResult, StatesResult

STATES = STATUS_WORDS | {GONE: "no longer followed"}
Counts = dict[str, tuple[str, ...]]


def state_counts(result: StatesResult) -> Counts:
    """Give the patients of each count above 0 of the states at the visits."""
    counts = {}
    for row in result.shares[result.shares["n"] > 0].itertuples():
        state = STATES.get(row.status, row.status)
        counts[f"{row.group}, month {format_months(row.month)}: {state} ({row.n})"] = row.patient_ids
    return counts


def relapse_counts(result: RelapseResult) -> Counts:
    """Give the patients of each count above 0 of relapses, of B cells, and of both together."""
    relapsed = result.rates.drop_duplicates("group")
    counts = {f"{row.group}: relapsed ({len(row.patient_ids)})": row.patient_ids for row in relapsed.itertuples()}
    counts |= {f"{row.group}: {EVENTS[row.event]} ({row.n})": row.patient_ids for row in result.bcells.itertuples()}
    for row in result.depletion.itertuples():
        words = f"not in the table, {row.reason}" if row.reason else f"{CELLS[row.bcells]}, {row.relapse}"
        counts[f"{row.group}: {words} ({row.n})"] = row.patient_ids
    return {words: ids for words, ids in counts.items() if len(ids)}
