"""Which rows does the table of adverse events have, and in which of them does each event stand?"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.cohort.model import Cohort
from analysis.options import SafetyOptions
from analysis.safety.sources import Recorded, recorded_events
from analysis.safety.terms import INFECTION, category_label

TOTAL_LABEL = "Any adverse event"
KEYS = ["level", "category", "term"]
Places = npt.NDArray[np.intp]
Key = tuple[str, str, str]
_DEPTH = {"total": 0, "category": 1, "term": 2}


@dataclass(frozen=True, kw_only=True, eq=False)
class RowPlan:
    """The rows of the table; they depend on the file and on what its blanks mean, not on who is selected.

    keys
        One row per row of the table: ``KEYS``, ``parent``, ``label``; most frequent family first.
    starts, stands
        Events of kind ``i`` (their ``pair`` in ``Recorded``) stand in the rows
        ``stands[starts[i]:starts[i + 1]]``: total, parent, category, term.
    """

    keys: pd.DataFrame
    recorded: Recorded
    starts: Places
    stands: Places

    def spread(self, pair: npt.NDArray[np.intp]) -> tuple[Places, Places]:
        """Give for each row an event stands in the place of the event in ``pair``, and the number of the row."""
        counts = self.starts[pair + 1] - self.starts[pair]
        event = np.repeat(np.arange(len(pair)), counts)
        within = np.arange(len(event)) - np.repeat(counts.cumsum() - counts, counts)
        return event, self.stands[self.starts[pair][event] + within]


def plan_rows(cohort: Cohort, options: SafetyOptions) -> RowPlan:
    """Lay out the rows: every category and term of the file has its own, whatever the filters.

    Parameters
    ----------
    cohort
        The whole file: a row stays where no selected patient had the event.
    options
        ``shown`` leaves out single terms; ``blank``, ``empty_table`` and ``recoded`` as in
        ``recorded_events``. Filters of events play no part.
    """
    recorded = recorded_events(cohort, options)
    numbers: dict[Key, int] = {}
    labels: dict[Key, str] = {}
    stands = [_rows_of(category, term, numbers, labels) for category, term in recorded.pairs]
    if not stands and recorded.looked_for:
        stands = [_rows_of("", "", numbers, labels)[:1]]
    starts = np.cumsum([0, *map(len, stands)])
    flat = np.array([number for some in stands for number in some], dtype=np.intp)
    draft = RowPlan(keys=pd.DataFrame(), recorded=recorded, starts=starts, stands=flat)
    count = dict(zip(numbers, _patients(draft, len(numbers)).tolist(), strict=True))
    wanted = [key for key in numbers if _belongs(key, count[key], recorded, options)]
    keys = _ordered(wanted, labels, count)
    place = np.full(len(numbers), -1)
    place[[numbers[key] for key in keys]] = np.arange(len(keys))
    moved = [place[flat[start:end]] for start, end in pairwise(starts)]
    kept = [some[some >= 0] for some in moved]
    return RowPlan(
        keys=_frame(keys, labels),
        recorded=recorded,
        starts=np.cumsum([0, *map(len, kept)]),
        stands=np.concatenate([np.empty(0, dtype=np.intp), *kept]),
    )


def _rows_of(category: str, term: str, numbers: dict[Key, int], labels: dict[Key, str]) -> list[int]:
    """Number the rows in which one kind of event stands, new ones at the end."""
    rows: dict[Key, str] = {("total", "", ""): TOTAL_LABEL}
    if category.startswith(f"{INFECTION}_"):
        rows["category", INFECTION, ""] = category_label(INFECTION)
    if category:
        rows["category", category, ""] = category_label(category)
    if not _repeats(term, category):
        rows["term", category, term.casefold()] = term
    for key, label in rows.items():
        labels.setdefault(key, label)
    return [numbers.setdefault(key, len(numbers)) for key in rows]


def _repeats(term: str, category: str) -> bool:
    """Tell whether a term says no more than its category."""
    word, code = (text.casefold().replace("_", " ") for text in (term, category))
    return word in ("", code, category_label(category).casefold())


def _belongs(key: Key, patients: int, recorded: Recorded, options: SafetyOptions) -> bool:
    """Tell whether a row is in the table: somebody had the event, or everybody was asked."""
    level, category, _ = key
    asked = any(name == category or name.startswith(f"{category}_") for name in recorded.asked)
    seen = patients > 0 or level == "total" or (level == "category" and asked)
    return seen and (options.shown == "terms" or level != "term")


def _patients(plan: RowPlan, n_rows: int) -> npt.NDArray[np.intp]:
    """Count the patients of the whole file in each row."""
    events = plan.recorded.events
    event, row = plan.spread(events["pair"].to_numpy())
    patient, names = pd.factorize(events["patient_id"])
    distinct = np.unique(row * max(len(names), 1) + patient[event])
    return np.bincount(distinct // max(len(names), 1), minlength=n_rows)


def _ordered(keys: list[Key], labels: dict[Key, str], count: dict[Key, int]) -> list[Key]:
    """Put parents before children and frequent before rare."""

    def place(key: Key) -> tuple:
        level, category, _ = key
        family = INFECTION if category.startswith(f"{INFECTION}_") else category
        sizes = [-count.get(("category", name, ""), 0) for name in (family, category)]
        return (level != "total", sizes[0], family, family != category, sizes[1], category, _DEPTH[level], -count[key],
                labels[key])  # fmt: skip

    return sorted(keys, key=place)


def _frame(keys: list[Key], labels: dict[Key, str]) -> pd.DataFrame:
    parents = [INFECTION if category.startswith(f"{INFECTION}_") else "" for _, category, _ in keys]
    rows = [[*key, parent, labels[key]] for key, parent in zip(keys, parents, strict=True)]
    return pd.DataFrame(rows, columns=[*KEYS, "parent", "label"], dtype=object)
