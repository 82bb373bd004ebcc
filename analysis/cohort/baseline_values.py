"""What did each patient look like before treatment?"""

from __future__ import annotations

import pandas as pd

from analysis.cohort.model import Cohort
from analysis.cohort.visits import assign_visits

QUALIFIER_SUFFIX = "__qualifier"


def baseline_values(cohort: Cohort, schedule: tuple[float, ...]) -> pd.DataFrame:
    """Put patient-level variables and the laboratory values of the baseline visit side by side.

    Returns one row per patient of the file (left-out patients included): ``patient_id``, every
    column of ``patients``, one column per laboratory variable holding its value at month 0
    (canonical unit; the limit itself where it was below or above detection), and for each
    laboratory variable with such values ``<name>__qualifier`` ("", "lt", "gt"). NaN where not
    measured; never carried over from another visit.
    """
    visits = cohort.visits
    before = visits[(visits["day"] <= 0) | (visits["month"] == 0)]
    first = assign_visits(before, schedule)
    first = first[first["nominal_month"] == 0]
    values = first.pivot(index="patient_id", columns="variable", values="value")
    qualified = first[first["variable"].isin(first.loc[first["qualifier"] != "", "variable"])]
    qualifiers = qualified.pivot(index="patient_id", columns="variable", values="qualifier")
    labs = values.join(qualifiers.add_suffix(QUALIFIER_SUFFIX))
    labs = labs.drop(columns=[name for name in labs if name in cohort.patients])
    return cohort.patients.merge(labs, left_on="patient_id", right_index=True, how="left")
