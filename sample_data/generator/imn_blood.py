"""How do kidney function, lipids, uric acid, haemoglobin and blood pressure run to month 12?"""

from __future__ import annotations

import numpy as np

from sample_data.generator.arrangement import Columns, Wish, arrange, spearman, want_correlation, want_difference
from sample_data.generator.designs import LATER_MONTHS, margin, sample_targets
from sample_data.generator.imn_baseline import DECIMALS, target
from sample_data.generator.imn_course import Group
from sample_data.generator.kidney import creatinine_for, egfr_2009
from sample_data.generator.margins import Numbers, Target, draw_normal, fit_mean_sd, squash

ROUTINE = ("cholesterol_mmol_l", "triglycerides_mmol_l", "uric_acid_umol_l", "hemoglobin_g_l", "sbp_mmhg", "dbp_mmhg")

_WAY = {3: 0.3, 6: 0.58, 9: 0.8, 12: 1.0}
_WOBBLE = {  # SD of a visit around the straight line, in the variable's unit
    "cholesterol_mmol_l": 0.35,
    "triglycerides_mmol_l": 0.2,
    "uric_acid_umol_l": 18.0,
    "hemoglobin_g_l": 4.0,
    "sbp_mmhg": 4.0,
    "dbp_mmhg": 3.0,
}
_TRACKING = {  # Spearman correlation of month 12 with baseline, invented
    "cholesterol_mmol_l": 0.3,
    "triglycerides_mmol_l": 0.5,
    "uric_acid_umol_l": 0.6,
    "hemoglobin_g_l": 0.6,
    "sbp_mmhg": 0.5,
    "dbp_mmhg": 0.5,
}
_SWAPS = 4000
_LOWEST_CREATININE = 36.0
_CR_EGFR = 62.0  # complete remission needs 60


def draw_kidney(group: Group) -> dict[int, dict[str, Numbers]]:
    """Draw creatinine and the eGFR that belongs to it at months 3 to 12, stable as remission requires."""
    ratio_12 = _ratio_at_12(group)
    course, noise = {}, np.zeros(len(ratio_12))
    for month in LATER_MONTHS:
        noise = 0.5 * noise + group.rng.normal(0, 0.03, len(ratio_12))
        path = ratio_12 ** _WAY[month] * np.exp(noise if month < 12 else 0.0)
        course[month] = _creatinine_and_egfr(group, month, path)
    return course


def draw_routine(group: Group, albumin_12: Numbers) -> dict[int, dict[str, Numbers]]:
    """Draw the remaining labs: month 12 to the printed margins, the visits between on the way there."""
    at_12 = _routine_at_12(group, albumin_12)
    course: dict[int, dict[str, Numbers]] = {12: at_12}
    for month in LATER_MONTHS[:-1]:
        course[month] = {name: _between(group, name, month, at_12[name]) for name in ROUTINE}
    return course


def _ratio_at_12(group: Group) -> Numbers:
    """Fit month-12 eGFR to its mean and SD within each stratum's creatinine range; give creatinine over baseline."""
    start, age, female = group.baseline["scr_umol_l"], group.baseline["age_years"], group.baseline["male"] == 0
    strata = sample_targets()["stratum"]
    low, high = np.array([strata[name]["creatinine_ratio"] for name in group.strata()]).T
    highest = egfr_2009(np.maximum(low * start, _LOWEST_CREATININE), age, female)
    lowest = egfr_2009(high * start, age, female)
    lowest = np.where(group.states(12) == "CR", np.maximum(lowest, _CR_EGFR), lowest)
    scores = group.baseline["egfr"] + group.rng.normal(0, 6, len(start))
    wanted = margin("egfr", 12, group.name)
    egfr = fit_mean_sd(scores, Target(mean=wanted.mean, sd=wanted.sd, decimals=3), low=lowest, high=highest)
    return creatinine_for(egfr, age, female) / start


def _creatinine_and_egfr(group: Group, month: int, ratio: Numbers) -> dict[str, Numbers]:
    """Keep creatinine within 1.48 times baseline, and eGFR normal where remission is complete."""
    start, age, female = group.baseline["scr_umol_l"], group.baseline["age_years"], group.baseline["male"] == 0
    normal = np.floor(creatinine_for(np.full(len(start), _CR_EGFR), age, female) * 10) / 10
    scr = np.minimum(np.maximum(ratio * start, _LOWEST_CREATININE), 1.48 * start)
    scr = np.round(np.where(group.states(month) == "CR", np.minimum(scr, normal), scr), 1)
    return {"scr_umol_l": scr, "egfr": np.round(egfr_2009(scr, age, female), 1)}


def _routine_at_12(group: Group, albumin_12: Numbers) -> dict[str, Numbers]:
    limits, n = sample_targets()["bounds_12"], len(albumin_12)
    drawn = {name: draw_normal(group.rng, n, target(name, 12, group.name), tuple(limits[name])) for name in ROUTINE}
    before = {f"{name}_0": group.baseline[name] for name in ROUTINE}
    fixed = before | {"male": group.baseline["male"], "albumin_change": albumin_12 - group.baseline["albumin_g_l"]}
    arranged = arrange(group.rng, drawn | fixed, movable=ROUTINE, wishes=_wishes(), swaps=_SWAPS)
    return {name: arranged[name] for name in ROUTINE}


def _wishes() -> list[Wish]:
    return [
        *(want_correlation(name, f"{name}_0", rho) for name, rho in _TRACKING.items()),
        want_correlation("sbp_mmhg", "dbp_mmhg", 0.5),
        want_difference("hemoglobin_g_l", "male", 12.0, unit=2.0),
        want_difference("uric_acid_umol_l", "male", 45.0, unit=8.0),
        Wish(names=("cholesterol_mmol_l",), distance=_cholesterol_falls_as_albumin_rises),
    ]


def _cholesterol_falls_as_albumin_rises(columns: Columns) -> float:
    change = np.round(columns["cholesterol_mmol_l"] - columns["cholesterol_mmol_l_0"], 2)
    return 100 * (spearman(change, np.round(columns["albumin_change"], 1)) + 0.4) ** 2


def _between(group: Group, name: str, month: int, at_12: Numbers) -> Numbers:
    start = group.baseline[name]
    path = start + _WAY[month] * (at_12 - start) + group.rng.normal(0, _WOBBLE[name], len(start))
    low, high = sample_targets()["bounds"][name]
    return np.round(squash(path, low * 0.85, high * 1.15), DECIMALS[name])
