"""What can be chosen in this file: which groups, filters, planned visits, which definitions to start from?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.cohort.baseline_values import QUALIFIER_SUFFIX, baseline_values
from analysis.cohort.dictionary import is_post_baseline, variable
from analysis.cohort.model import Cohort
from analysis.cohort.visits import DAYS_PER_MONTH, EARLY_UNTIL_DAY, nominal_day, planned_day, visit_windows
from analysis.outcomes.rules import PRESETS
from analysis.study import StudySpec, View

MAX_GROUP_LEVELS = 8
MAX_FILTER_LEVELS = 12
GROUPING_ORDER = ("regimen_group", "steroid_class", "fsgs_variant")
VISIT_SHARE = 0.20  # ours: a visit is proposed where this share of the patients still seen came
LEAST_SHARE = 0.05  # ours: ... and at least this share of all patients
BETTER_BY = 0.05  # ours: share of the values that must be gained before other visits are proposed
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


@dataclass(frozen=True, kw_only=True)
class ScheduleProposal:
    """Planned visits read from the times of the file, beside those in use.

    ``months``: the visits proposed, with 0 for baseline; empty where those in use serve as well. Of
    ``n_values`` known values of the selected patients ``n_placed`` count for a visit in use (one per
    patient, variable and visit), ``n_proposed`` would for a visit proposed (the same where nothing is to be gained).
    ``n_early`` of those left out even then lie on days 1 to 45, which belong to no visit.
    """

    in_use: tuple[float, ...]
    months: tuple[float, ...]
    n_values: int
    n_placed: int
    n_proposed: int
    n_early: int = 0


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


def propose_schedule(view: View) -> ScheduleProposal:
    """Propose planned visits where the patients of a view were seen, if clearly more values then count.

    Visits are whole months, as the file names them or nearest to the day. One is found where more patients
    were seen than in any other month within half the usual gap between a patient's visits there (at least
    a fifth of those still seen, a twentieth of all, and two), and stands at the median of these months; where it
    is the only one in the window of a visit in use, that visit stays, unless values would be lost.
    Days 1 to 45 make no visit unless the file names one (domain.md 1.2). Nothing is proposed unless a
    twentieth of the values is gained. Windows follow from the months as everywhere (``visit_windows``).
    """
    visits, in_use = view.cohort.visits, view.spec.schedule
    patient = pd.Index(view.members["patient_id"]).get_indexer(visits["patient_id"])
    known = np.flatnonzero((patient >= 0) & visits["value"].notna().to_numpy())
    seen, patient = visits.iloc[known], patient[known]
    place = patient * visits["variable"].nunique() + pd.factorize(seen["variable"])[0]
    n_values, n_placed = len(seen), _count_placed(seen, place, in_use)
    enough = max(BETTER_BY * n_values, 1)
    months, n_proposed = in_use, n_placed
    if n_values - n_placed >= enough:
        months = (0.0, *_visit_months(patient, _observed_months(seen)))
        n_proposed = _count_placed(seen, place, months)
    if n_proposed - n_placed < enough:
        return ScheduleProposal(
            in_use=in_use, months=(), n_values=n_values, n_placed=n_placed, n_proposed=n_proposed
        )  # fmt: skip
    for kept in _served(months, in_use):
        others = tuple(sorted({*months, kept.use} - {kept.found}))
        n_others = _count_placed(seen, place, others)
        if n_others >= n_proposed:
            months, n_proposed = others, n_others
    return ScheduleProposal(
        in_use=in_use, months=months, n_values=n_values, n_placed=n_placed, n_proposed=n_proposed,
        n_early=_count_early(seen, months),
    )  # fmt: skip


class _Served(NamedTuple):
    """A month in use in whose window one month found lies, and that month."""

    use: float
    found: float


def _served(months: tuple[float, ...], in_use: tuple[float, ...]) -> list[_Served]:
    """Find the visits in use that serve one of the months found, and only one; not those that are found themselves."""
    windows = visit_windows(in_use)
    days = [(month, nominal_day(month)) for month in months if month > 0]
    served = []
    for use, first, last in windows[["month", "first_day", "last_day"]].itertuples(index=False):
        inside = [month for month, day in days if first <= day <= last]
        if use > 0 and len(inside) == 1 and inside[0] != use:
            served.append(_Served(float(use), inside[0]))
    return served


def _count_early(seen: pd.DataFrame, months: tuple[float, ...]) -> int:
    """Count the values of days 1 to 45 that count for no visit."""
    day = seen["day"].to_numpy(dtype=float)
    early = (day >= 1) & (day <= EARLY_UNTIL_DAY)
    return int((early & np.isnan(planned_day(seen, months))).sum())


def _observed_months(visits: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Give the whole month the file names for each value, else the nearest one after day 45; NaN for others."""
    stated = visits["month"].to_numpy(dtype=float)
    day = visits["day"].fillna(visits["month"] * DAYS_PER_MONTH).to_numpy(dtype=float)
    nearest = np.where(day > EARLY_UNTIL_DAY, np.floor(day / DAYS_PER_MONTH + 0.5), np.nan)
    month = np.where(stated == np.floor(stated), stated, nearest)
    return np.where(visits["unscheduled"].to_numpy(dtype=bool) | ~(month > 0), np.nan, month)


def _visit_months(patient: npt.NDArray[np.intp], month: npt.NDArray[np.float64]) -> tuple[float, ...]:
    """Find the months in which more patients were seen than in the months around; see ``propose_schedule``."""
    pairs = pd.DataFrame({"patient": patient, "month": month}).dropna().drop_duplicates()
    if pairs.empty:
        return ()
    pairs = pairs.sort_values(["patient", "month"], ignore_index=True)
    of_patient, seen = pairs.groupby("patient")["month"], pairs["month"].to_numpy()
    gaps = np.fmin(seen - of_patient.shift().fillna(0.0), of_patient.shift(-1) - seen).to_numpy()
    at, n_seen = np.unique(seen, return_counts=True)
    apart = at - at[:, None]  # from each month (row) to every other
    reach = np.array([np.median(gaps[np.abs(seen - one) <= 1]) / 2 for one in at])
    last = np.sort(of_patient.max().to_numpy())
    n_still = len(last) - np.searchsorted(last, at)
    enough = (n_seen >= VISIT_SHARE * n_still) & (n_seen >= max(LEAST_SHARE * len(last), min(2, len(last))))
    near = (apart != 0) & (np.abs(apart) <= reach[:, None])
    more = (n_seen > n_seen[:, None]) | ((n_seen == n_seen[:, None]) & (apart < 0))
    found = np.flatnonzero(enough & ~(near & more).any(axis=1))
    middles = {float(np.floor(np.median(seen[np.abs(seen - at[one]) <= reach[one]]) + 0.5)) for one in found}
    return tuple(sorted(middles))


def _count_placed(seen: pd.DataFrame, place: npt.NDArray[np.intp], schedule: tuple[float, ...]) -> int:
    """Count the values that count for a visit, one per visit and ``place`` (of a patient and a variable)."""
    day = planned_day(seen, schedule)
    visit = np.searchsorted(np.unique(day[~np.isnan(day)]), day)
    cells = (place * len(schedule) + visit)[~np.isnan(day)]
    taken = np.zeros(cells.max(initial=-1) + 1, dtype=bool)
    taken[cells] = True
    return int(taken.sum())


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
