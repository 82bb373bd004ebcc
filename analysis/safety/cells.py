"""Who is behind one count, and with which events or values?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.cohort.dictionary import variable
from analysis.safety.laboratory import RULES, values_behind
from analysis.safety.listing import list_events
from analysis.safety.rows import KEYS, RowPlan, plan_rows
from analysis.safety.selection import flags_given
from analysis.safety.summary import SafetyResult
from analysis.safety.terms import term_token
from analysis.study import View


@dataclass(frozen=True, kw_only=True, eq=False)
class CellResult:
    """The patients of one row and group.

    events
        One row per event that counts, in the columns of ``LISTING_COLUMNS``, by patient and day; for a
        laboratory rule one row per value that meets it: ``patient_id``, ``group``, ``day``, ``value``.
    unknown
        Patients of whom it is not known; they are not in ``n_total``.
    gives
        Which of seriousness, relation and leading to stop the file says anything about.
    measure
        Name and unit of the laboratory value, "" for reported events.
    """

    label: str
    group: str
    n_patients: int
    n_total: int
    events: pd.DataFrame
    unknown: tuple[str, ...]
    gives: tuple[str, ...]
    measure: str = ""


def cell_token(level: str, category: str, term: str, group: str) -> str:
    """Name one row and group in eight characters, whatever the order of the rows."""
    return term_token("|".join((level, category, term, group)))


def describe_cell(view: View, result: SafetyResult, token: str, plan: RowPlan | None = None) -> CellResult | None:
    """List the events of the patients behind one count; None where no row and group has this ``cell_token``."""
    names = result.rows[[*KEYS, "group"]].itertuples(index=False, name=None)
    place = next((place for place, name in enumerate(names) if cell_token(*name) == token), None)
    if place is None:
        return None
    row = result.rows.iloc[place]
    rule = next((rule for rule in RULES if rule.name == row["category"]), None)
    if rule is None:
        events = _events(view, plan or plan_rows(view.cohort, view.spec.safety), tuple(row[KEYS]))
    else:
        events = values_behind(view, rule)
    return CellResult(
        label=row["label"],
        group=row["group"],
        n_patients=int(row["n_patients"]),
        n_total=int(row["n_total"]),
        events=events[events["patient_id"].isin(row["patient_ids"])].reset_index(drop=True),
        unknown=row["patient_ids_unknown"],
        gives=flags_given(view.cohort),
        measure=variable(rule.variable).label_with_unit() if rule else "",
    )


def _events(view: View, plan: RowPlan, key: tuple[str, ...]) -> pd.DataFrame:
    """List the events that stand in one row of the table."""
    listed = list_events(view, plan).rows
    numbers = np.flatnonzero((plan.keys[KEYS] == list(key)).all(axis=1))
    event, row = plan.spread(listed["pair"].to_numpy(dtype=np.intp))
    return listed.iloc[event[np.isin(row, numbers)]]
