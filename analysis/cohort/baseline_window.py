"""Which values were measured too long before treatment to be a baseline (domain.md 1.2)?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.cohort.findings import column_finding, listed, row_findings
from analysis.cohort.model import Problem
from analysis.cohort.visits import BASELINE_WINDOW_DAYS

EARLIEST_BASELINE_DAY = -90.0  # domain.md 1.2: the window of 30 days before time zero, widened at most to 90


def without_far_baselines(visits: pd.DataFrame) -> tuple[pd.DataFrame, list[Problem]]:
    """Take the month 0 off values that were measured before day -90; the values stay, as of no visit.

    Parameters
    ----------
    visits
        Long table with the places of its rows: ``day`` from time zero, ``month`` as the file states it.

    Returns
    -------
    visits, problems
        One warning per row of the file whose values lost their month.
    """
    far = visits["month"].eq(0) & (visits["day"] < EARLIEST_BASELINE_DAY)
    if not far.any():
        return visits, []
    message = (
        "A baseline is measured at most 90 days before time zero; {patient} has day {value} for month 0. "
        "These values are no baseline."
    )
    remedy = "Check the day. The values are kept as measured before treatment and count for no visit."
    rows = visits[far].drop_duplicates(["file", "sheet", "row"])
    problems = row_findings(rows, "day", severity="warning", message=message, remedy=remedy)
    return visits.assign(month=visits["month"].mask(far, np.nan)), problems


def check_values_before_the_window(visits: pd.DataFrame) -> list[Problem]:
    """Count the values without a month of their own that lie before the baseline window, and so serve for no visit."""
    first, last = BASELINE_WINDOW_DAYS
    early = visits[(visits["day"] < first) & visits["month"].isna() & ~visits["unscheduled"].astype(bool)]
    if early.empty:
        return []
    inside = visits[visits["day"].between(first, last) | visits["month"].eq(0)]
    keys = [pd.MultiIndex.from_frame(frame[["patient_id", "variable"]]) for frame in (early, inside)]
    alone = early[~keys[0].isin(keys[1])]
    patients = alone["patient_id"].drop_duplicates()
    without = f"{len(patients)} patients have no later one before treatment ({listed(patients)})"
    message = (
        f"A baseline is measured from day {first:g} to day {last:g}; {len(early)} values are earlier and serve for no "
        f"visit. {without if len(patients) else 'All these patients have a later one before treatment'}."
    )
    remedy = "Write month 0 beside the day where a value up to 90 days before is the baseline."
    return [column_finding(early, "day", severity="warning", message=message, remedy=remedy)]
