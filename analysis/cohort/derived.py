"""Which values follow from others? A derived value never overwrites a given one."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.cohort.dictionary import data_dictionary
from analysis.cohort.visits import DAYS_PER_MONTH, assign_visits

PLA2R_POSITIVE_RU_ML = 20.0  # domain.md 2.8: EUROIMMUN ELISA, exactly 20 is positive
UMOL_PER_MG_DL = 88.403  # creatinine, 1e4 / 113.118 g/mol (domain.md 1.5)

Formula = Literal["CKD-EPI-2009", "CKD-EPI-2021"]


def derive_patient_values(
    patients: pd.DataFrame, visits: pd.DataFrame, events: pd.DataFrame
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Fill body mass index, body surface area, joint earlier treatment, anti-PLA2R status and follow-up.

    Parameters
    ----------
    patients, visits, events
        Canonical tables; see ``analysis.cohort.model.Cohort``.

    Returns
    -------
    patients
        A copy in which values that were not given are derived where their sources are known; a
        column is added only if at least one value could be derived.
    sentences
        One per derived variable: how many values, and from what.
    """
    rules = {
        "bmi_kg_m2": (_bmi(patients), "weight and height"),
        "bsa_m2": (_bsa(patients), "weight and height (Mosteller)"),
        "prior_gc_ctx_and_gc_csa": (_both_earlier_treatments(patients), "the two earlier treatments"),
        "pla2r_positive": (_pla2r_status(patients, visits), "the baseline level, positive from 20 RU/mL"),
        "followup_months": (_followup_months(patients, events), "the day of last contact"),
    }
    filled, sentences = patients.copy(), []
    for name, (derived, source) in rules.items():
        given = filled[name] if name in filled else pd.Series(np.nan, index=filled.index, dtype=derived.dtype)
        new = given.isna() & derived.notna()
        if new.any():
            filled[name] = given.where(~new, derived)
            label = data_dictionary()[name].label
            sentences.append(f"{label}: {int(new.sum())} values derived from {source}.")
    return filled, tuple(sentences)


def body_mass_index(weight_kg: npt.ArrayLike, height_cm: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Compute the body mass index in kg/m² from kg and cm."""
    return np.asarray(weight_kg, dtype=float) / (np.asarray(height_cm, dtype=float) / 100) ** 2


def body_surface_area(weight_kg: npt.ArrayLike, height_cm: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Compute the body surface area in m² by Mosteller (N Engl J Med 1987;317:1098) from kg and cm."""
    return np.sqrt(np.asarray(height_cm, dtype=float) * np.asarray(weight_kg, dtype=float) / 3600)


def pla2r_positive(level: pd.Series, qualifier: pd.Series) -> pd.Series:
    """Tell "yes" or "no" from an anti-PLA2R level in RU/mL; NaN where a limit leaves it open.

    A level below a limit of at most 20 is "no", a level above a limit of at least 20 is "yes".
    """
    positive = (level >= PLA2R_POSITIVE_RU_ML) & (qualifier != "lt")
    negative = ((level < PLA2R_POSITIVE_RU_ML) & (qualifier == "")) | (
        (level <= PLA2R_POSITIVE_RU_ML) & (qualifier == "lt")
    )
    status = np.select([positive, negative], ["yes", "no"], default="")
    return pd.Series(status, index=level.index, dtype=object).replace("", np.nan)


def estimated_gfr(
    scr_umol_l: npt.ArrayLike, age_years: npt.ArrayLike, female: npt.ArrayLike, *, formula: Formula
) -> npt.NDArray[np.float64]:
    """Compute eGFR from creatinine by CKD-EPI 2009 or 2021, without a race term.

    Parameters
    ----------
    scr_umol_l, age_years, female
        Serum creatinine in µmol/L, age in years, True for women; equal shapes.
    formula
        Which equation. Papers often do not name theirs: use the result as a check only.

    Returns
    -------
    ndarray
        eGFR in mL/min/1.73 m²; NaN where an input is NaN.

    References
    ----------
    Levey AS et al. Ann Intern Med 2009;150:604; Inker LA et al. N Engl J Med 2021;385:1737.
    """
    scale, low_women, low_men, high, per_year, if_female = _CKD_EPI[formula]
    women = np.asarray(female, dtype=bool)
    ratio = np.asarray(scr_umol_l, dtype=float) / UMOL_PER_MG_DL / np.where(women, 0.7, 0.9)
    low = np.where(women, low_women, low_men)
    age = per_year ** np.asarray(age_years, dtype=float)
    return scale * np.minimum(ratio, 1) ** low * np.maximum(ratio, 1) ** high * age * np.where(women, if_female, 1.0)


# scale, exponent below k (women, men), exponent above k, factor per year, factor for women
_CKD_EPI: dict[str, tuple[float, float, float, float, float, float]] = {
    "CKD-EPI-2009": (141.0, -0.329, -0.411, -1.209, 0.993, 1.018),
    "CKD-EPI-2021": (142.0, -0.241, -0.302, -1.200, 0.9938, 1.012),
}


def _bmi(patients: pd.DataFrame) -> pd.Series:
    weight, height = _numbers(patients, "weight_kg"), _numbers(patients, "height_cm")
    return pd.Series(body_mass_index(weight, height), index=patients.index)


def _bsa(patients: pd.DataFrame) -> pd.Series:
    weight, height = _numbers(patients, "weight_kg"), _numbers(patients, "height_cm")
    return pd.Series(body_surface_area(weight, height), index=patients.index)


def _both_earlier_treatments(patients: pd.DataFrame) -> pd.Series:
    """Tell whether both were given: "no" as soon as one was not, unknown if that is not certain."""
    empty = pd.Series(np.nan, index=patients.index, dtype=object)
    first, second = patients.get("prior_gc_ctx", empty), patients.get("prior_gc_csa", empty)
    both = empty.mask((first == "yes") & (second == "yes"), "yes")
    return both.mask((first == "no") | (second == "no"), "no")


def _pla2r_status(patients: pd.DataFrame, visits: pd.DataFrame) -> pd.Series:
    levels = visits[(visits["variable"] == "pla2r_ru_ml") & ((visits["day"] <= 0) | (visits["month"] == 0))]
    baseline = assign_visits(levels, (0.0,)).set_index("patient_id")
    status = pla2r_positive(baseline["value"], baseline["qualifier"])
    return patients["patient_id"].map(status).astype(object)


def _followup_months(patients: pd.DataFrame, events: pd.DataFrame) -> pd.Series:
    contacts = events[events["event_type"] == "last_contact"]
    last = pd.to_numeric(contacts["day"]).groupby(contacts["patient_id"]).max()
    return patients["patient_id"].map(last).astype(float) / DAYS_PER_MONTH


def _numbers(patients: pd.DataFrame, name: str) -> pd.Series:
    return patients[name].astype(float) if name in patients else pd.Series(np.nan, index=patients.index)
