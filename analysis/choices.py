"""What can be chosen in this file: which groups, which filters, which definitions to start from?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from analysis.cohort.baseline_values import QUALIFIER_SUFFIX, baseline_values
from analysis.cohort.dictionary import is_post_baseline, variable
from analysis.cohort.model import Cohort
from analysis.outcomes.rules import PRESETS
from analysis.study import StudySpec, View

MAX_GROUP_LEVELS = 8
MAX_FILTER_LEVELS = 12
GROUPING_ORDER = ("regimen_group", "steroid_class", "fsgs_variant")
SCREENING = frozenset({"patient_id", "eligible", "exclusion_reason", "withdrawal_reason", "synthetic", "cohort"})


@dataclass(frozen=True, kw_only=True)
class FilterCandidate:
    """A baseline variable that can narrow the cohort.

    ``low`` and ``high`` enclose its range among the patients before filters, on multiples of ``step``
    (the decimals of the dictionary); ``levels`` its categories with their number of patients;
    ``n_missing`` how many have no value.
    """

    variable: str
    low: float | None = None
    high: float | None = None
    step: float = 1.0
    levels: tuple[tuple[str, int], ...] = ()
    n_missing: int = 0


def group_candidates(cohort: Cohort) -> dict[str, dict[str, int]]:
    """Find the columns that can form groups: 1 to 8 categories among eligible patients.

    Returns a mapping of column to its levels with their number of patients, most frequent first;
    regimen first, then the classes of the disease, then every other categorical column.
    """
    patients = cohort.patients
    if "eligible" in patients:
        patients = patients[patients["eligible"] != "no"]
    names = [name for name in patients.columns if name not in SCREENING and not is_post_baseline(name)]
    names = [name for name in GROUPING_ORDER if name in names] + [n for n in names if n not in GROUPING_ORDER]
    candidates = {}
    for name in names:
        if not pd.api.types.is_numeric_dtype(patients[name]):
            counts = patients[name].dropna().astype(str).value_counts()
            if 1 <= len(counts) <= MAX_GROUP_LEVELS:
                candidates[name] = {str(level): int(n) for level, n in counts.items()}
    return candidates


def filter_candidates(unfiltered: View) -> tuple[FilterCandidate, ...]:
    """Find the baseline variables that can narrow this view; values produced after time zero are not offered."""
    table = baseline_values(unfiltered.cohort, unfiltered.spec.schedule)
    table = table[table["patient_id"].isin(unfiltered.members["patient_id"])]
    names = [name for name in table.columns if name not in SCREENING and not name.endswith(QUALIFIER_SUFFIX)]
    found = [_filter_candidate(name, table[name]) for name in names if not is_post_baseline(name)]
    return tuple(candidate for candidate in found if candidate)


def count_levels(view: View, name: str) -> dict[str, int]:
    """Count the selected patients in each category of a baseline variable."""
    return {str(level): int(n) for level, n in view.patients()[name].dropna().astype(str).value_counts().items()}


def count_withdrawn(cohort: Cohort) -> int:
    """Count the eligible patients who left the study after treatment began."""
    patients = cohort.patients
    if "withdrawal_reason" not in patients:
        return 0
    left = patients["withdrawal_reason"].notna() & (patients["withdrawal_reason"] != "none")
    screened_out = patients["eligible"] == "no" if "eligible" in patients else False
    return int((left & ~pd.Series(screened_out, index=patients.index)).sum())


def propose_spec(cohort: Cohort) -> StudySpec:
    """Propose the choices a file starts with; every one is shown and can be changed.

    Groups: the regimen if it has two to eight levels, the largest group last and as reference, else
    all patients as one group. Rule: by the urine measure the file holds more of (24-h protein:
    P1_2023, nominal visits, 12 months; protein/creatinine: P2_2023, actual days, 6 months).
    """
    counts = cohort.visits["variable"].value_counts()
    by_ratio = counts.get("upcr_g_g", 0) > counts.get("proteinuria_g_24h", 0)
    regimens = _regimens(cohort)
    levels = tuple(sorted(regimens, key=lambda level: regimens[level]))
    return StudySpec(
        group_column="regimen_group" if levels else None,
        group_levels=levels,
        rule=PRESETS["P2_2023" if by_ratio else "P1_2023"],
        time_axis="actual" if by_ratio else "nominal",
        schedule=(0.0, 3.0, 6.0) if by_ratio else (0.0, 3.0, 6.0, 9.0, 12.0),
        horizon_months=6.0 if by_ratio else 12.0,
    )


def _regimens(cohort: Cohort) -> dict[str, int]:
    levels = group_candidates(cohort).get("regimen_group", {})
    return levels if len(levels) > 1 else {}


def _filter_candidate(name: str, values: pd.Series) -> FilterCandidate | None:
    n_missing = int(values.isna().sum())
    known = values.dropna()
    if known.empty:
        return None
    if pd.api.types.is_numeric_dtype(known):
        if known.min() == known.max():
            return None
        scale = 10.0 ** variable(name).decimals
        low, high = math.floor(known.min() * scale) / scale, math.ceil(known.max() * scale) / scale
        return FilterCandidate(variable=name, low=low, high=high, step=1 / scale, n_missing=n_missing)
    counts = known.astype(str).value_counts()
    if not 1 < len(counts) <= MAX_FILTER_LEVELS:
        return None
    return FilterCandidate(
        variable=name, levels=tuple((str(level), int(n)) for level, n in counts.items()), n_missing=n_missing
    )
