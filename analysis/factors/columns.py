"""Which baseline columns can be factors of a model, and in which units do their ratios come?"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from analysis.choices import SCREENING
from analysis.cohort.baseline_values import QUALIFIER_SUFFIX
from analysis.cohort.dictionary import is_post_baseline, variable
from analysis.estimators.coding import Covariate
from analysis.study import View

USUAL = ("age_years", "sex", "proteinuria_g_24h", "upcr_g_g", "albumin_g_l", "egfr", "pla2r_ru_ml")  # domain.md 3.6
STEPS = {  # units of one step of the ratio, domain.md 3.4: printed with every row
    "age_years": 10.0, "albumin_g_l": 5.0, "egfr": 10.0, "scr_umol_l": 10.0, "sbp_mmhg": 10.0, "dbp_mmhg": 10.0,
    "hemoglobin_g_l": 10.0, "weight_kg": 10.0, "height_cm": 10.0, "bmi_kg_m2": 5.0, "glomerulosclerosis_pct": 10.0,
    "biopsy_to_rtx_months": 12.0, "uric_acid_umol_l": 50.0, "bcell_count_ul": 100.0,
}  # fmt: skip
GROUP = "group"
MOST_LEVELS = 8


def factors_on_offer(view: View) -> tuple[str, ...]:
    """Name the baseline variables with more than one value that a model could hold, the usual ones first."""
    patients = view.patients()
    usable = [name for name in _candidates(view, patients) if _varies(patients[name])]
    return (*(name for name in USUAL if name in usable), *(name for name in usable if name not in USUAL))


def constant_factors(view: View) -> tuple[str, ...]:
    """Name, with their one value, the baseline variables that are the same in every selected patient."""
    patients, words = view.patients(), []
    for name in _candidates(view, patients):
        values = patients[name].dropna()
        if len(values) and values.nunique() == 1:
            known, value = variable(name), values.iloc[0]
            number = pd.api.types.is_numeric_dtype(values)
            shown = f"{value:g} {known.unit}".rstrip() if number else known.level_label(str(value))
            words.append(f"{known.label} ({shown})")
    return tuple(words)


def as_covariate(table: pd.DataFrame, name: str) -> Covariate:
    """Choose the scale and the step of a factor: its usual ones, or smaller where the values span less than one.

    A ratio per doubling of values from 8 to 9 would be read off far outside them.
    """
    known, values = variable(name), table[name]
    if pd.api.types.is_numeric_dtype(values):
        numbers = values.to_numpy(dtype=float, na_value=math.nan)
        numbers = numbers[np.isfinite(numbers) & ((numbers > 0) | (not known.log_scale))]
        span = float(np.ptp(numbers)) if numbers.size else 0.0
        if known.log_scale and (span == 0 or numbers.max() >= 2 * numbers.min()):
            return Covariate(name=name, scale="doubling")
        usual = 1.0 if known.log_scale else STEPS.get(name, 1.0)
        return Covariate(name=name, scale="linear", per=_step_within(usual, span))
    seen = values.dropna().astype(str).value_counts()
    order = [level for level in known.levels if level in seen.index] or list(seen.index)
    if not order:
        return Covariate(name=name, scale="levels")
    reference = "no" if known.kind == "binary" and "no" in order else order[0]
    return Covariate(name=name, scale="levels", reference=reference, levels=tuple(order))


def _step_within(usual: float, span: float) -> float:
    """Give the usual step, or the largest of 1, 2, 5, 10 ... that fits twice into a smaller span."""
    if span == 0 or span >= usual:
        return usual
    size = 10.0 ** math.floor(math.log10(span / 2))
    return max(round(times * size, 12) for times in (1, 2, 5) if times * size <= span / 2 * (1 + 1e-9))


def _candidates(view: View, patients: pd.DataFrame) -> list[str]:
    taken = {*SCREENING, GROUP, view.spec.group_column}
    return [
        name
        for name in patients.columns
        if name not in taken and not name.endswith(QUALIFIER_SUFFIX) and not is_post_baseline(name)
    ]


def _varies(values: pd.Series) -> bool:
    distinct = values.nunique()
    return distinct > 1 and (pd.api.types.is_numeric_dtype(values) or distinct <= MOST_LEVELS)
