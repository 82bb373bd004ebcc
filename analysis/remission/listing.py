"""Which patients are behind each step and each tick of the curves?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from analysis.remission.curves import ticks, times_of
from analysis.study import View

if TYPE_CHECKING:
    from analysis.remission.description import RemissionResult

What = Literal["event", "competing", "censored", "outside"]
WHAT_LABELS: dict[What, str] = {
    "event": "Reached the endpoint",
    "competing": "Had a competing event first",
    "censored": "Last seen without it",
    "outside": "Not at risk",
}
LISTED_COLUMNS = ["patient_id", "group", "what", "visit", "time", "reason"]
_SAME_TIME = 1e-6  # months; a time that went through the browser and back


def list_patients(view: View, result: RemissionResult) -> pd.DataFrame:
    """List every member with what ended their wait.

    Parameters
    ----------
    view, result
        The selected patients, and their curves from ``describe_remission``.

    Returns
    -------
    DataFrame
        One row per member, in the order of groups and time: ``patient_id``, ``group``, ``what`` (event,
        competing, censored, outside), ``visit`` (planned month by which it happened; NaN outside),
        ``time`` (months from the start of the clock; NaN outside) and ``reason`` in words.
    """
    table, months = result.records, ticks(view)[1:]
    at_risk, event, competing = (table[name].to_numpy(dtype=bool) for name in ("at_risk", "event", "competing_event"))
    time = table["time"].astype(float).where(at_risk)
    visit = np.full(len(table), np.nan)
    if months:
        place = np.searchsorted(times_of(view, months), time[at_risk] - _SAME_TIME, side="left")
        visit[at_risk] = np.array(months)[np.minimum(place, len(months) - 1)]
    what = np.select([~at_risk, event, competing], ["outside", "event", "competing"], "censored")
    listed = table.assign(what=what, visit=visit, time=time).sort_values(["group", "time"], kind="stable")
    return listed[LISTED_COLUMNS].astype({"group": object}).reset_index(drop=True)


def behind_point(listed: pd.DataFrame, groups: tuple[str, ...], point: object) -> pd.DataFrame:
    """Give the patients behind a point of the figure, (place of the group, month, what); nobody if it is none."""
    if not isinstance(point, list | tuple) or len(point) != 3 or not 0 <= int(point[0]) < len(groups):
        return listed.iloc[:0]
    place, month, what = point
    same_time = (listed["time"] - float(month)).abs() <= _SAME_TIME
    return listed[same_time & (listed["group"] == groups[int(place)]) & (listed["what"] == what)]
