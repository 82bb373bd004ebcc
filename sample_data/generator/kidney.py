"""Which creatinine belongs to which eGFR? CKD-EPI 2009, without the race factor."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

UMOL_L_PER_MG_DL = 88.4  # creatinine, 113.12 g/mol

Numbers = npt.NDArray[np.float64]


def egfr_2009(scr_umol_l: npt.ArrayLike, age_years: npt.ArrayLike, female: npt.ArrayLike) -> Numbers:
    """Compute eGFR (mL/min/1.73 m²) from creatinine (µmol/L), age (years) and sex."""
    knot, low_slope, at_knot = _constants(age_years, female)
    ratio = np.asarray(scr_umol_l, dtype=float) / UMOL_L_PER_MG_DL / knot
    return at_knot * np.minimum(ratio, 1) ** low_slope * np.maximum(ratio, 1) ** -1.209


def creatinine_for(egfr: npt.ArrayLike, age_years: npt.ArrayLike, female: npt.ArrayLike) -> Numbers:
    """Invert ``egfr_2009``: the creatinine (µmol/L) that gives this eGFR."""
    knot, low_slope, at_knot = _constants(age_years, female)
    share = np.asarray(egfr, dtype=float) / at_knot
    ratio = np.where(share > 1, np.maximum(share, 1) ** (1 / low_slope), np.minimum(share, 1) ** (-1 / 1.209))
    return ratio * knot * UMOL_L_PER_MG_DL


def _constants(age_years: npt.ArrayLike, female: npt.ArrayLike) -> tuple[Numbers, Numbers, Numbers]:
    """Give knot (mg/dL), exponent below it, and eGFR at the knot (Levey 2009, Ann Intern Med 150:604)."""
    is_female = np.asarray(female, dtype=bool)
    knot = np.where(is_female, 0.7, 0.9)
    low_slope = np.where(is_female, -0.329, -0.411)
    at_knot = 141 * 0.993 ** np.asarray(age_years, dtype=float) * np.where(is_female, 1.018, 1.0)
    return knot, low_slope, at_knot
