"""In which order do patients stand when each has a panel: the best outcome first?"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.labs.course import TrajectoryResult, describe_trajectories
from analysis.outcomes.attainment import RANK, status_rank
from analysis.outcomes.derive import Outcomes
from analysis.results import Method, Note
from analysis.study import View

MOST_PATIENTS = 40  # display.md: small multiples up to this number
ORDER = ("CR", "PR", "NR", "NE")


@dataclass(frozen=True, kw_only=True, eq=False)
class PatientPanels:
    """One variable patient by patient; ``order`` has one row per panel: patient_id, group, status, time."""

    course: TrajectoryResult
    variable: str
    order: pd.DataFrame
    method: Method
    notes: tuple[Note, ...]


def order_patients(view: View, name: str, outcomes: Outcomes, *, group: str | None = None) -> PatientPanels:
    """Sort the patients by best response, then by how soon it came, then by group and name.

    Parameters
    ----------
    view
        The selected patients.
    name
        The laboratory variable by canonical name.
    outcomes
        The status of each visit; a patient without a classified visit stands last, not evaluable.
    group
        Only this group; None for everybody.
    """
    members = view.members if group is None else view.members[view.members["group"] == group]
    order = members.merge(_best_and_when(outcomes), on="patient_id", how="left")
    order["status"] = order["status"].fillna("NE")
    rank = order["status"].map({status: place for place, status in enumerate(ORDER)})
    order = order.assign(rank=rank).sort_values(["rank", "time", "group", "patient_id"], kind="stable")
    course = describe_trajectories(view, (name,))
    method = Method(
        name="Each patient",
        sentence=(
            "One panel per patient on common axes, best response first (complete, partial, none, not evaluable), then "
            "the month in which it was first seen. The response looks into the future of each line: it sorts, it does "
            "not compare."
        ),
    )
    order = order.drop(columns="rank").reset_index(drop=True)
    return PatientPanels(course=course, variable=name, order=order, method=method, notes=course.notes)


def _best_and_when(outcomes: Outcomes) -> pd.DataFrame:
    """Give each patient's best status after treatment began and the month of its first visit."""
    visits = outcomes.visits.assign(rank=status_rank(outcomes.visits))
    visits = visits.sort_values(["rank", "time"], ascending=[False, True], kind="stable").drop_duplicates("patient_id")
    names = {rank: status for status, rank in RANK.items()}
    return visits.assign(status=visits["rank"].map(names))[["patient_id", "status", "time"]]
