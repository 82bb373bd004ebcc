"""What did each patient look like before treatment?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.cohort.frames import MARKER
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
    first = _baseline_visits(cohort.visits, schedule)
    if first.empty:
        return cohort.patients.reset_index(drop=True)
    patient = pd.Index(cohort.patients["patient_id"]).get_indexer(first["patient_id"])
    lab, labs = pd.factorize(first["variable"], sort=True)
    where = (patient[patient >= 0], lab[patient >= 0])
    shape = (len(cohort.patients), len(labs))
    values, qualifiers = np.full(shape, np.nan), np.full(shape, np.nan, dtype=object)
    values[where] = first["value"].to_numpy(dtype=float)[patient >= 0]
    qualifier = first["qualifier"].to_numpy(dtype=object)
    qualifiers[where] = qualifier[patient >= 0]
    limited = np.bincount(lab[(qualifier != "") & (patient >= 0)], minlength=len(labs)) > 0
    columns = {name: values[:, place] for place, name in enumerate(labs)}
    columns |= {f"{labs[place]}{QUALIFIER_SUFFIX}": qualifiers[:, place] for place in np.flatnonzero(limited)}
    new = {name: column for name, column in columns.items() if name not in cohort.patients}
    patients = cohort.patients.reset_index(drop=True)
    return pd.concat([patients, pd.DataFrame(new, index=patients.index)], axis=1)


def _baseline_visits(visits: pd.DataFrame, schedule: tuple[float, ...]) -> pd.DataFrame:
    """Keep the values that count for the baseline visit, one per patient and variable."""
    day, month = (visits[name].to_numpy(dtype=float) for name in ("day", "month"))
    before = visits[((day <= 0) | (month == 0)) & visits["variable"].ne(MARKER).to_numpy()]
    if before.empty:
        return before
    first = assign_visits(before, schedule)
    return first[first["nominal_month"].to_numpy() == 0]
