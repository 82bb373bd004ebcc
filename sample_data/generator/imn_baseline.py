"""What does each synthetic membranous patient look like before treatment?"""

from __future__ import annotations

import numpy as np

from sample_data.generator.arrangement import Columns, Wish, arrange, forbid, want_correlation, want_difference
from sample_data.generator.designs import count, margin, sample_targets
from sample_data.generator.kidney import creatinine_for, egfr_2009
from sample_data.generator.margins import Numbers, Target, draw_normal, sd_of, spread_quartiles

DECIMALS = {
    "age_years": 0,
    "weight_kg": 1,
    "height_cm": 0,
    "sbp_mmhg": 0,
    "dbp_mmhg": 0,
    "albumin_g_l": 1,
    "egfr": 1,
    "cholesterol_mmol_l": 2,
    "triglycerides_mmol_l": 2,
    "uric_acid_umol_l": 0,
    "hemoglobin_g_l": 0,
    "bcell_count_ul": 1,
}
FLAGS = ("hypertension", "coronary_heart_disease", "diabetes", "stroke")
SWAPS = 8000
LOWEST_CREATININE = 43.0  # µmol/L

_MOVABLE = (*(name for name in DECIMALS if name not in ("age_years", "bcell_count_ul")), "pla2r_ru_ml", "male", *FLAGS)


def draw_baseline(rng: np.random.Generator, group: str, n: int) -> dict[str, Numbers]:
    """Draw the baseline of one group: exact margins, then an arrangement with the wanted correlations.

    Returns one array of length ``n`` per variable; flags are 0/1, ``pla2r_ru_ml`` is NaN where unknown.
    """
    bounds = sample_targets()["bounds"]
    columns = {name: draw_normal(rng, n, target(name, 0, group), tuple(bounds[name])) for name in DECIMALS}
    columns |= {name: _flags(rng, n, count(name, group)) for name in FLAGS}
    columns["male"] = _flags(rng, n, count("sex_male", group))
    columns["proteinuria_g_24h"] = rng.permutation(_quartile_margin("proteinuria_g_24h", group, n))
    columns |= _antibodies(rng, group, n)
    arranged = arrange(rng, columns, movable=_MOVABLE, wishes=_wishes(group), swaps=SWAPS)
    # The search moves antibody levels among everyone; who is positive follows from the level.
    arranged["pla2r_ru_ml"] = np.where(arranged["pla2r_ru_ml"] < 0, np.nan, arranged["pla2r_ru_ml"])
    del arranged["pla2r_positive"]
    return _with_creatinine(arranged) | _histology_and_history(rng, group, n)


def target(variable: str, month: int, group: str) -> Target:
    """Give mean, SD and decimals of a variable at a visit."""
    wanted = margin(variable, month, group)
    return Target(mean=wanted.mean, sd=wanted.sd, decimals=DECIMALS[variable])


def _flags(rng: np.random.Generator, n: int, k: int) -> Numbers:
    return rng.permutation(np.where(np.arange(n) < k, 1.0, 0.0))


def _quartile_margin(variable: str, group: str, n: int) -> Numbers:
    wanted = margin(variable, 0, group)
    lowest, highest = sample_targets()["range"][group][variable]
    return spread_quartiles(n, (lowest, wanted.q1, wanted.median, wanted.q3, highest), decimals=2)


def _antibodies(rng: np.random.Generator, group: str, n: int) -> dict[str, Numbers]:
    """Draw antibody levels: quartiles among positives, one borderline, the rest negative, unknown as -1."""
    positive = _quartile_margin("pla2r_ru_ml", group, count("pla2r_positive", group))
    unknown, borderline = np.array([-1.0]), np.round(rng.uniform(14.5, 19.0, 1), 2)
    negative = np.round(rng.uniform(1.1, 12.9, n - len(positive) - 2), 2)
    levels = rng.permutation(np.concatenate([positive, negative, borderline, unknown]))
    return {"pla2r_ru_ml": levels, "pla2r_positive": np.ones(n)}


def _wishes(group: str) -> list[Wish]:
    """List the correlations and sex and age differences of the specification, section 5.3."""
    correlations = [
        ("albumin_g_l", "proteinuria_g_24h", -0.45),
        ("albumin_g_l", "cholesterol_mmol_l", -0.40),
        ("egfr", "age_years", -0.40),
        ("egfr", "uric_acid_umol_l", -0.30),
        ("weight_kg", "height_cm", 0.50),
        ("sbp_mmhg", "dbp_mmhg", 0.55),
        ("sbp_mmhg", "age_years", 0.25),
    ]
    older = {"hypertension": 5.0, "coronary_heart_disease": 9.0, "diabetes": 6.0, "stroke": 8.0}
    return [
        *(want_correlation(first, second, rho) for first, second, rho in correlations),
        *(want_difference("age_years", flag, years, unit=2.0) for flag, years in older.items()),
        want_difference("hemoglobin_g_l", "male", 12.0, unit=2.0),
        want_difference("uric_acid_umol_l", "male", 45.0, unit=8.0),
        want_difference("height_cm", "male", 8.0, unit=1.0),
        _antibody_follows_proteinuria(),
        _body_mass_follows(group),
        forbid(("proteinuria_g_24h", "albumin_g_l"), _in_remission_already),
        Wish(names=("egfr", "male"), distance=_implausible_creatinine),
    ]


def _antibody_follows_proteinuria() -> Wish:
    def distance(columns: Columns) -> float:
        seen = {name: columns[name][columns["pla2r_ru_ml"] >= 20] for name in ("pla2r_ru_ml", "proteinuria_g_24h")}
        return wish.distance(seen)

    wish = want_correlation("pla2r_ru_ml", "proteinuria_g_24h", 0.35)
    return Wish(names=wish.names, distance=distance)


def _body_mass_follows(group: str) -> Wish:
    """Ask for the body-mass correlation with triglycerides, and for the printed SD where it can be reached."""
    printed = margin("bmi_kg_m2", 0, group).sd

    def distance(columns: Columns) -> float:
        bmi = columns["weight_kg"] / (columns["height_cm"] / 100) ** 2
        seen = {"bmi": bmi, "tg": columns["triglycerides_mmol_l"]}
        return wish.distance(seen) + 4 * (sd_of(bmi) - printed) ** 2 + forbidden * int(np.any((bmi < 17) | (bmi > 42)))

    wish, forbidden = want_correlation("bmi", "tg", 0.25), 10.0
    return Wish(names=("weight_kg", "height_cm", "triglycerides_mmol_l"), distance=distance)


def _in_remission_already(columns: Columns) -> np.ndarray:
    return (columns["proteinuria_g_24h"] <= 3.5) & (columns["albumin_g_l"] >= 29.8)


def _implausible_creatinine(columns: Columns) -> float:
    """Measure by how much the creatinine behind each eGFR falls below what adults have."""
    scr = creatinine_for(columns["egfr"], columns["age_years"], columns["male"] == 0)
    return float(np.round(np.maximum(LOWEST_CREATININE - scr, 0), 3).sum())


def _with_creatinine(columns: dict[str, Numbers]) -> dict[str, Numbers]:
    female = columns["male"] == 0
    scr = np.round(creatinine_for(columns["egfr"], columns["age_years"], female), 1)
    return columns | {"scr_umol_l": scr, "egfr": np.round(egfr_2009(scr, columns["age_years"], female), 1)}


def _histology_and_history(rng: np.random.Generator, group: str, n: int) -> dict[str, Numbers]:
    stage = np.repeat([1.0, 2.0, 3.0], [count("mn_stage", group, level=level) for level in ("I", "II", "III")])
    both = count("prior_gc_ctx_and_gc_csa", group)
    only_ctx, only_csa = count("prior_gc_ctx", group) - both, count("prior_gc_csa", group) - both
    history = rng.permutation(np.repeat([0.0, 1.0, 2.0], [only_ctx, only_csa, both]))
    return {
        "mn_stage": rng.permutation(stage),
        "prior_gc_ctx": np.isin(history, (0.0, 2.0)).astype(float),
        "prior_gc_csa": np.isin(history, (1.0, 2.0)).astype(float),
        "raas_blocker": (rng.random(n) < 0.9).astype(float),
        "biopsy_to_rtx_months": np.round(rng.uniform(1.0, 23.5, n), 1),
        "year_of_treatment": rng.choice([2018.0, 2019.0, 2020.0, 2021.0], size=n),
    }
