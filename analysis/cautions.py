"""What must be said beside every comparison of these groups, whatever is compared?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.cohort.visits import DAYS_PER_MONTH
from analysis.results import Note
from analysis.study import View

OBSERVATIONAL = {
    True: "Observational comparison unless treatment was assigned at random: the physician chose the regimen, and the "
    "groups may differ in what led to that choice.",
    False: "Observational comparison: the groups differ in more than what names them.",
}
MOST = 0.5  # share of a group that began late before the whole group is said to begin late


def cautions_about(view: View) -> tuple[Note, ...]:
    """Collect the cautions that come from how the groups were made.

    Returns
    -------
    tuple of Note
        W-05 where patients who left after treatment began are excluded, W-06 for each group in
        which most patients began tacrolimus after time zero, W-13 as soon as groups are compared
        (domain.md 3.10).
    """
    observational = Note(code="W-13", text=OBSERVATIONAL[_by_regimen(view)])
    return (*_withdrawn(view), *_late_start(view), *((observational,) if len(view.groups) > 1 else ()))


def _by_regimen(view: View) -> bool:
    return view.spec.group_column == "regimen_group"


def _withdrawn(view: View) -> list[Note]:
    left = view.attrition[(view.attrition["kind"] == "withdrawal") & view.attrition["group"].isin(view.groups)]
    ids = tuple(patient for patients in left["patient_ids"] for patient in patients)
    text = (
        f"{len(ids)} patients who left after treatment began are excluded, some because of the outcome itself; "
        "that may favour the treatment. Include them to see what changes."
    )
    return [Note(code="W-05", text=text, patient_ids=ids)] if ids else []


def _late_start(view: View) -> list[Note]:
    doses = view.cohort.doses
    doses = doses[(doses["drug"] == "TAC").to_numpy()]
    if doses.empty:
        return []
    members = view.members["patient_id"]
    first_day = np.full(len(members), np.nan)
    patient = pd.Index(members).get_indexer(doses["patient_id"])
    np.fmin.at(first_day, patient[patient >= 0], doses["start_day"].to_numpy(dtype=float)[patient >= 0])
    notes = []
    for place, group in enumerate(view.groups):
        start = first_day[view.members["group"].cat.codes.to_numpy() == place] / DAYS_PER_MONTH
        if (start > 0).sum() > MOST * start.size:
            text = (
                f"{group}: TAC starts in month {np.nanmedian(start):.0f} (median); patients had to reach it to be in "
                "this group."
            )
            notes.append(Note(code="W-06", text=text))
    return notes
