"""At which values of a laboratory variable does its meaning change?"""

from __future__ import annotations

import pandas as pd

# (variable, value, label) of the horizontal lines
THRESHOLDS = (
    ("proteinuria_g_24h", 0.3, "0.3 CR"),  # domain.md 2.1
    ("proteinuria_g_24h", 3.5, "3.5 nephrotic"),  # domain.md 2.1
    ("upcr_g_g", 0.3, "0.3 CR"),  # domain.md 2.1
    ("upcr_g_g", 3.5, "3.5 nephrotic"),  # domain.md 2.1
    ("albumin_g_l", 30.0, "30"),  # domain.md 2.1, partial remission of P1_2023
    ("albumin_g_l", 35.0, "35"),  # domain.md 2.1, complete remission
    ("egfr", 60.0, "60"),  # domain.md 2.3 A4, floor of normal function
    ("pla2r_ru_ml", 14.0, "14 negative"),  # domain.md 2.8, EUROIMMUN ELISA
    ("pla2r_ru_ml", 20.0, "20 positive"),  # domain.md 2.8, EUROIMMUN ELISA
    ("bcell_count_ul", 5.0, "5 depleted"),  # domain.md 2.8, paper 2
)


def thresholds_of(variables: tuple[str, ...]) -> pd.DataFrame:
    """List the horizontal lines of these variables: ``variable``, ``value``, ``label``."""
    return pd.DataFrame([row for row in THRESHOLDS if row[0] in variables], columns=["variable", "value", "label"])


def lowest_threshold(name: str) -> float:
    """Give the lowest horizontal line of a variable in its unit, infinity where it has none."""
    return min((value for of, value, _ in THRESHOLDS if of == name), default=float("inf"))
