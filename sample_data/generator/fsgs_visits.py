"""When were the synthetic FSGS patients seen, and what did the laboratory say?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sample_data.generator.kidney import egfr_2009

LABS = ("upcr_g_g", "albumin_g_l", "scr_umol_l", "egfr", "igg_g_l", "bcell_count_ul", "prednisone_eq_mg_d")
VISIT_COLUMNS = ["patient_id", "month", "day", "unscheduled", *LABS]
NOMINAL_DAY = {3: 91, 6: 183}
DAYS_PER_MONTH = 30.4375
LATE_RECONSTITUTION_DAY = 330  # F01: the fifth reconstitution, between months 6 and 12

# Visits whose day or protein the specification fixes: the remission by a fall alone (F13) at 3.6 g/g
# that comes below 3.5 g/g at the month-6 visit, and remissions that fall on the month-6 visit.
_MONTH_6_DAY = {"F10": 182, "F12": 180, "F13": 214}
_MONTH_3_DAY = {"F04": 90}
_FIXED_PROTEIN = {("F13", 200): 3.6, ("F13", 214): 3.2, ("F09", 140): 4.1}


@dataclass(frozen=True, kw_only=True)
class _Visit:
    """One dated visit; ``month`` is NaN when it belongs to no scheduled visit, ``only_b_cells`` as it says."""

    day: int
    month: float = np.nan
    only_b_cells: bool = False


def draw_visits(rng: np.random.Generator, rows: pd.DataFrame) -> pd.DataFrame:
    """Draw every visit of every patient, one row each in order of day."""
    patients = rows.to_dict("records")
    lines = [_visit_row(rng, patient, visit) for patient in patients for visit in _plan(rng, patient)]
    return pd.DataFrame(lines, columns=VISIT_COLUMNS)


def _plan(rng: np.random.Generator, patient: dict) -> list[_Visit]:
    """Decide when a patient was seen: baseline, months 3 and 6, remission, relapse, B cells, last contact."""
    last = round(patient["fu_months"] * DAYS_PER_MONTH)
    visits = {-int(rng.integers(0, 8)): 0.0}
    for month, fixed in ((3, _MONTH_3_DAY), (6, _MONTH_6_DAY)):
        day = fixed.get(patient["id"], NOMINAL_DAY[month] + int(rng.integers(-6, 1)))
        if patient["fu_months"] >= month:
            visits[min(day, last)] = float(month)
    extra = [patient["rem_day"], patient["relapse_day"]]
    if patient["id"] == "F01":
        extra.append(LATE_RECONSTITUTION_DAY)
    for day in extra:
        if not np.isnan(day):
            visits.setdefault(int(day), np.nan)
    if min(abs(last - day) for day in visits) > 12:
        visits[last] = np.nan
    only_b = {int(day) for day in (patient["bdep_day"], patient["brec_day"]) if not np.isnan(day)} - set(visits)
    planned = [_Visit(day=day, month=month) for day, month in visits.items()]
    planned += [_Visit(day=day, only_b_cells=True) for day in only_b]
    return sorted(planned, key=lambda visit: visit.day)


def _visit_row(rng: np.random.Generator, patient: dict, visit: _Visit) -> list[object]:
    unscheduled = "yes" if np.isnan(visit.month) else "no"
    cells = _b_cells(rng, patient, visit.day)
    urine = _baseline_urine(patient) if visit.day <= 0 else _urine_and_albumin(rng, patient, visit.day)
    scr = _creatinine(rng, patient, visit.day)
    egfr = round(float(egfr_2009(scr, patient["age"], patient["sex"] == "F")), 1)
    labs = [*urine, scr, egfr, _igg(rng, patient, visit.day), cells, _steroid(patient, visit.day)]
    if visit.only_b_cells:
        labs = [np.nan] * 5 + [cells, np.nan]
    return [patient["patient_id"], visit.month, visit.day, unscheduled, *labs]


def _state(patient: dict, day: int) -> str:
    """Name the designed state: NR, then the best response from the remission day, then relapse."""
    if day >= np.nan_to_num(patient["relapse_day"], nan=np.inf):
        return "relapse"
    return patient["best"] if day >= np.nan_to_num(patient["rem_day"], nan=np.inf) else "NR"


def _baseline_urine(patient: dict) -> tuple[float, float]:
    return patient["upcr0"], patient["alb0"]


def _urine_and_albumin(rng: np.random.Generator, patient: dict, day: int) -> tuple[float, float]:
    """Draw protein and albumin for a state; before remission no clear fall, so that no rule finds one."""
    before, low = patient["upcr0"], patient["alb0"]
    protein, albumin = {
        "CR": (rng.uniform(0.05, 0.28), rng.uniform(36.2, 45.8)),
        "PR": (rng.uniform(0.7, 3.1), low + rng.uniform(4.5, 11)),
        "relapse": (rng.uniform(3.9, 4.6), low + rng.uniform(0.5, 2.5)),
        "NR": (max(before * rng.uniform(0.8, 0.98), 3.58), low + rng.uniform(-0.8, 1.2)),
    }["CR" if patient["baseline_cr"] == 1 else _state(patient, day)]
    protein = _FIXED_PROTEIN.get((patient["id"], day), protein)
    return round(float(protein), 2), round(float(albumin), 1)


def _creatinine(rng: np.random.Generator, patient: dict, day: int) -> float:
    """Keep creatinine near baseline, except where the kidneys fail."""
    noise = rng.uniform(0.93, 1.09)
    if day <= 0:
        return float(patient["scr0"])
    if not np.isnan(patient["esrd_month"]):
        return 620.0
    return round(float(patient["scr0"] * noise), 1)


def _b_cells(rng: np.random.Generator, patient: dict, day: int) -> float:
    """Draw B cells: normal before, below 5 from the depletion day, 5 or more again from reconstitution."""
    draw = rng.random()
    depletion = 60.0 if patient["id"] == "F13" else patient["bdep_day"]
    back = LATE_RECONSTITUTION_DAY if patient["id"] == "F01" else np.nan_to_num(patient["brec_day"], nan=np.inf)
    if day <= 0:
        return round(90 + 230 * draw, 1)
    if np.isnan(depletion):
        return np.nan
    if day < depletion:
        return round(6 + 20 * draw, 1)
    return round(4.4 * draw, 1) if day < back else round(6 + 24 * draw, 1)


def _igg(rng: np.random.Generator, patient: dict, day: int) -> float:
    """Draw IgG about a fifth lower from month 3 on."""
    personal = 4.2 + 0.14 * patient["alb0"] + 0.02 * (patient["age"] % 10)
    fall = 1.0 if day <= 0 else 1 - 0.2 * min(day / 91, 1)
    return round(float(personal * fall + rng.uniform(-0.15, 0.15)), 2)


def _steroid(patient: dict, day: int) -> float:
    """Taper prednisone to zero by month 6 in all but F13."""
    start = {"SDNS": 20.0, "FRNS": 15.0, "new": 50.0, "SRNS": 40.0}[patient["class"]]
    if patient["id"] == "F13":
        return max(40.0 - 10.0 * (day // 50), 10.0) if day > 0 else start
    share = 1.0 if day <= 0 else max(1 - day / 150, 0.0)
    return 2.5 * round(start * share / 2.5)
