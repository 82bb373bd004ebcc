"""Which values are there: measured at how many of the visits that were reached, and known of how many patients?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.choices import SCREENING
from analysis.cohort.dictionary import data_dictionary, variable
from analysis.cohort.followup import reached_visits
from analysis.cohort.layout import split_wide_header
from analysis.cohort.model import Cohort
from analysis.cohort.visits import assign_visits
from analysis.results import Method, Note
from analysis.study import View

BLANKED = "The cell was left blank."  # how a problem says that a value was not taken over

VISIT_COLUMNS = [
    "variable", "group", "month", "n_followed", "n_measured", "n_missing", "n_limit", "patient_ids_missing",
]  # fmt: skip
PATIENT_COLUMNS = ["variable", "group", "n", "n_present", "n_missing", "patient_ids_missing"]


@dataclass(frozen=True, kw_only=True, eq=False)
class CompletenessResult:
    """What is there and what is missing; ``describe_completeness`` documents the frames."""

    visits: pd.DataFrame
    patients: pd.DataFrame
    blanked: pd.DataFrame
    groups: tuple[str, ...]
    group_sizes: dict[str, int]
    schedule: tuple[float, ...]
    method: Method
    notes: tuple[Note, ...]


def describe_completeness(view: View) -> CompletenessResult:
    """Count the values that are there and those that are missing.

    Parameters
    ----------
    view
        The selected patients, their groups and the visit schedule.

    Returns
    -------
    CompletenessResult
        ``visits``: one row per laboratory variable with any value, group and nominal month:
        ``n_followed`` members reached the visit (``reached_visits``), ``n_measured`` of them have a
        value for it, ``n_missing`` have none (``patient_ids_missing``), ``n_limit`` of the values are
        below or above detection.
        ``patients``: one row per patient-level variable known before treatment and group: ``n``
        members, ``n_present``, ``n_missing``, ``patient_ids_missing``.
        ``blanked``: one row per variable: ``n_blanked`` cells of the whole file that were not taken
        over (outside the hard limits, or unreadable).

    Notes
    -----
    Windows of domain.md 1.2: one value per patient, visit and variable, nothing carried forward.
    A cell that was blanked names its row but no visit, so it is counted per variable only.
    """
    return CompletenessResult(
        visits=_visits(view),
        patients=_patients(view),
        blanked=_blanked(view.cohort),
        groups=view.groups,
        group_sizes=view.group_sizes(),
        schedule=tuple(sorted(view.spec.schedule)),
        method=_METHOD,
        notes=(),
    )


_METHOD = Method(
    name="Completeness",
    sentence=(
        "Measured: patients with a value in the window of the visit, one value per patient. Followed: last contact "
        "(value, event or stated follow-up) on or after the first day of the window. Nothing is carried forward."
    ),
)


def _visits(view: View) -> pd.DataFrame:
    """Count each variable at each visit of each group."""
    reached = reached_visits(view)
    months = tuple(reached.columns)
    ids, group = reached.index.to_numpy(), view.members["group"].astype(object).to_numpy()
    counted = _counted_values(view, ids, months)
    rows = []
    for name in _in_dictionary_order(counted["variable"].unique()):
        values = counted[counted["variable"] == name]
        limits = values[values["qualifier"].isin(["lt", "gt"])]
        measured, limited = (_grid(found, len(ids), len(months)) for found in (values, limits))
        missing = reached.to_numpy() & ~measured
        for member in view.groups:
            mine = group == member
            for place, month in enumerate(months):
                counts = [int(grid[mine, place].sum()) for grid in (reached.to_numpy(), measured, missing, limited)]
                rows.append([name, member, month, *counts, tuple(ids[mine & missing[:, place]])])
    return pd.DataFrame(rows, columns=VISIT_COLUMNS)


def _counted_values(view: View, ids: np.ndarray, months: tuple[float, ...]) -> pd.DataFrame:
    """Give the values that count for a visit, with the place of their patient and of their month."""
    visits = view.cohort.visits
    visits = visits[visits["value"].notna() & visits["patient_id"].isin(ids)]
    counted = assign_visits(visits, view.spec.schedule)
    return counted.assign(
        row=pd.Index(ids).get_indexer(counted["patient_id"]),
        place=pd.Index(months).get_indexer(counted["nominal_month"].astype(float)),
    )


def _grid(found: pd.DataFrame, n_patients: int, n_months: int) -> np.ndarray:
    grid = np.zeros((n_patients, n_months), dtype=bool)
    grid[found["row"].to_numpy(), found["place"].to_numpy()] = True
    return grid


def _patients(view: View) -> pd.DataFrame:
    """Count each patient-level variable in each group."""
    table = view.members.merge(view.cohort.patients.drop(columns="group", errors="ignore"), on="patient_id")
    hidden = SCREENING | {view.spec.group_column}
    names = [name for name in view.cohort.patients if name not in hidden and _belongs(name)]
    rows = []
    for name in _in_dictionary_order(names):
        for group in view.groups:
            mine = table[table["group"] == group]
            missing = tuple(mine.loc[mine[name].isna(), "patient_id"])
            rows.append([name, group, len(mine), len(mine) - len(missing), len(missing), missing])
    return pd.DataFrame(rows, columns=PATIENT_COLUMNS)


def _belongs(name: str) -> bool:
    """Keep what was asked of every patient before treatment; not free text, nor what follows from other columns."""
    known = variable(name)
    return known.table == "patients" and known.kind != "text" and not known.derived and not known.post_baseline


def _blanked(cohort: Cohort) -> pd.DataFrame:
    """Count the cells of the file that were left blank on the way in, per variable."""
    found: dict[str, int] = {}
    for problem in cohort.provenance.problems:
        if problem.row is not None and problem.remedy.endswith(BLANKED):
            wide = split_wide_header(problem.column)
            name = problem.column if problem.column in data_dictionary() else wide[0] if wide else problem.column
            found[name] = found.get(name, 0) + 1
    names = _in_dictionary_order(found)
    return pd.DataFrame({"variable": names, "n_blanked": [found[name] for name in names]})


def _in_dictionary_order(names: object) -> list[str]:
    """Put the variables in the order of the dictionary, those it does not know last."""
    order = {name: place for place, name in enumerate(data_dictionary())}
    return sorted(names, key=lambda name: (order.get(name, len(order)), name))  # type: ignore[call-overload]
