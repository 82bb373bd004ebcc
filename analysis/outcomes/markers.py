"""By which marker was each B-cell count made, and which counts are used where there are two (domain.md 2.8)?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.cohort.dictionary import data_dictionary
from analysis.cohort.frames import MARKER
from analysis.cohort.model import Cohort
from analysis.cohort.visits import planned_day
from analysis.results import Note

COUNT = "bcell_count_ul"
PREFERRED, MASKED = "CD19", "CD20"  # domain.md 2.8: rituximab masks CD20, so that too few cells are seen
MIXED = "B cells counted by CD19 and CD20"


def markers_of_counts(visits: pd.DataFrame) -> pd.Series:
    """Name the marker of each B-cell count.

    Parameters
    ----------
    visits
        Long table of a ``Cohort``. The marker of a row of the file is a value of ``bcell_marker`` (the place
        of its level in the dictionary) on the same day.

    Returns
    -------
    Series
        "CD19", "CD20" or "" (not stated) per count, on the index of the counts. Several counts of one day
        take the markers of that day in the order of the file; where fewer markers than counts are stated and
        they differ, none is taken.
    """
    counts, stated = visits[visits["variable"] == COUNT], visits[visits["variable"] == MARKER]
    if stated.empty or counts.empty:
        return pd.Series("", index=counts.index, dtype=object)
    levels = np.array([*data_dictionary()[MARKER].levels, ""], dtype=object)
    names = pd.Series(levels[stated["value"].fillna(-1).astype(int)], index=stated.index).replace("unknown", "")
    day = ["patient_id", "day"]
    keyed = stated[day].assign(name=names, turn=stated.groupby(day).cumcount())
    of_day = keyed.groupby(day)["name"].agg(["first", "nunique", "size"]).reset_index()
    found = counts[day].assign(turn=counts.groupby(day).cumcount(), n=counts.groupby(day)["value"].transform("size"))
    found = found.merge(keyed, on=[*day, "turn"], how="left").merge(of_day, on=day, how="left")
    alike, one_each = found["nunique"].eq(1), found["n"].eq(found["size"])
    name = found["first"].where(alike, found["name"].where(one_each, "")).fillna("")
    return pd.Series(name.to_numpy(dtype=object), index=counts.index, dtype=object)


def with_preferred_counts(cohort: Cohort, *, schedule: tuple[float, ...], time_axis: str) -> Cohort:
    """Leave out the counts by CD20 after treatment began wherever the same visit has one by CD19.

    The same visit is the same planned visit on the nominal axis and the same day on the actual one.
    """
    marker = markers_of_counts(cohort.visits)
    if not marker.eq(MASKED).any():
        return cohort
    counts = cohort.visits.loc[marker.index]
    visit = planned_day(counts, schedule) if time_axis == "nominal" else counts["day"].to_numpy(dtype=float)
    keys = pd.MultiIndex.from_arrays([counts["patient_id"], visit])
    has_preferred = keys.isin(keys[marker.eq(PREFERRED).to_numpy() & ~np.isnan(visit)])
    later = (counts["day"] > 0).to_numpy() & (counts["month"] != 0).to_numpy()
    dropped = counts.index[marker.eq(MASKED).to_numpy() & has_preferred & later]
    return replace(cohort, visits=cohort.visits.drop(index=dropped)) if len(dropped) else cohort


def mixed_patients(cohort: Cohort) -> tuple[str, ...]:
    """Name the patients whose B cells were counted by CD19 at one time and by CD20 at another, or by both."""
    marker = markers_of_counts(cohort.visits)
    known = marker[marker != ""]
    kinds = known.groupby(cohort.visits.loc[known.index, "patient_id"]).nunique()
    return tuple(str(patient) for patient in kinds.index[kinds > 1])


def flag_mixed(records: pd.DataFrame, cohort: Cohort) -> pd.DataFrame:
    """Say in the reason of each patient at risk that the counts are by two markers."""
    mixed: npt.NDArray[np.bool_] = (records["patient_id"].isin(mixed_patients(cohort)) & records["at_risk"]).to_numpy()
    return records.assign(reason=records["reason"].mask(mixed, records["reason"] + f"; {MIXED}"))


def marker_notes(cohort: Cohort, members: pd.Series) -> tuple[Note, ...]:
    """Warn of the patients whose B cells were counted by two markers."""
    ids = tuple(patient for patient in mixed_patients(cohort) if patient in set(members))
    if not ids:
        return ()
    text = (
        f"{len(ids)} of {len(members)} patients had their B cells counted by CD19 and by CD20. Rituximab hides CD20, "
        "so that a count by CD20 can look depleted when one by CD19 is not; where a visit has both, CD19 is used."
    )
    return (Note(code="MARKER", text=text, patient_ids=ids),)
