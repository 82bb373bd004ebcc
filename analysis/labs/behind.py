"""Who is behind one point of the laboratory values?"""

from __future__ import annotations

import pandas as pd

from analysis.labs.course import TrajectoryResult
from analysis.study import View

BEHIND_COLUMNS = ["patient_id", "day", "value", "qualifier"]


def patients_behind(
    view: View, result: TrajectoryResult, name: str, *, group: str, month: float, measured: bool = True
) -> pd.DataFrame:
    """List the patients of one group at one visit.

    Parameters
    ----------
    view
        The selected patients.
    result
        What ``describe_trajectories`` gave for this view.
    name, group, month
        The laboratory variable, the group and the nominal visit in months.
    measured
        Those whose value counts for the visit, smallest value first; else the members without one.

    Returns
    -------
    DataFrame
        One row per patient: ``patient_id``, ``day`` from time zero, ``value`` in the canonical unit (the limit
        itself where below or above detection, named in ``qualifier``); NaN and "" without a value.
    """
    lines = result.lines
    own = (lines["variable"] == name) & (lines["group"] == group) & (lines["month"] == month)
    found = lines.loc[own, BEHIND_COLUMNS].sort_values(["value", "patient_id"], kind="stable", ignore_index=True)
    if measured:
        return found
    members = view.members.loc[view.members["group"] == group, "patient_id"]
    without = members[~members.isin(found["patient_id"])]
    return found.iloc[:0].reindex(columns=BEHIND_COLUMNS).merge(without, how="right").fillna({"qualifier": ""})
