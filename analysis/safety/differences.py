"""By how much does the risk of each adverse event differ between the groups, and could that be chance?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from analysis.estimators.differences import risk_differences
from analysis.estimators.exact_tables import compare_boschloo, compare_mid_p
from analysis.estimators.fisher import compare_fisher
from analysis.estimators.multiplicity import adjust_benjamini_hochberg
from analysis.estimators.proportions import EMPTY_GROUP
from analysis.results import Estimate
from analysis.safety.rows import KEYS
from analysis.study import View

CONTRAST_COLUMNS = [
    *KEYS, "label", "group", "reference_group", "risk_difference", "conf_low", "conf_high", "reason",
    "p_value", "p_adjusted", "p_reason",
]  # fmt: skip
SMALLEST_EVENTS = 5  # domain.md 3.5: rows with fewer patients with the event in both groups get no P
SMALLEST_GROUP = 5  # display.md: no P with a group below five patients
FEW = f"no P: fewer than {SMALLEST_EVENTS} patients with the event"
MOST_BOSCHLOO = 500  # patients; beyond, hundreds of rows would take minutes and agree with Fisher's test
LARGE = f"no P: Boschloo's test is made up to {MOST_BOSCHLOO} patients, Fisher's for more"
TINY = f"no P: a group of fewer than {SMALLEST_GROUP} patients"
BOSCHLOO_ORDER = "two-sided, the tables ordered by the two-sided P of Fisher's test"
TESTS: dict[str, tuple[str, Callable[[int, int, int, int], Estimate]]] = {
    "fisher": ("Fisher's exact test", compare_fisher),
    "mid_p": ("Fisher's exact test with mid-P", compare_mid_p),
    "boschloo": (f"Boschloo's exact test ({BOSCHLOO_ORDER})", compare_boschloo),
}
INTERVALS = {
    "newcombe": ("Newcombe hybrid score interval", "Newcombe, Stat Med 1998;17:873-90"),
    "miettinen_nurminen": (
        "Miettinen–Nurminen score interval", "Miettinen and Nurminen, Stat Med 1985;4:213-26"
    ),
    "agresti_caffo": ("Agresti–Caffo interval", "Agresti and Caffo, Am Stat 2000;54:280-8"),
}  # fmt: skip


def pair_rows(view: View, rows: pd.DataFrame) -> pd.DataFrame:
    """Put each compared group's rows beside those of the reference, whose columns end in ``_reference``."""
    compared = view.compared_groups() if view.spec.group_column else ()
    wanted = [*KEYS, "n_patients", "n_total"]
    base = rows.loc[rows["group"] == view.reference_group, wanted]
    return rows[rows["group"].isin(compared)].merge(base, on=KEYS, suffixes=("", "_reference"))


def compare_rows(view: View, rows: pd.DataFrame) -> pd.DataFrame:
    """Contrast each compared group with the reference, row by row; columns ``CONTRAST_COLUMNS``.

    P values are made only where a test is chosen, and adjusted together by Benjamini and Hochberg.
    """
    pairs = pair_rows(view, rows)
    counts = [pairs[name] for name in ("n_patients", "n_total", "n_patients_reference", "n_total_reference")]
    estimate, low, high = risk_differences(*counts, interval=view.spec.safety.interval)
    empty = np.isnan(estimate)
    pairs = pairs.assign(
        reference_group=view.reference_group, risk_difference=estimate, conf_low=low, conf_high=high,
        reason=np.where(empty, EMPTY_GROUP, ""),
    )  # fmt: skip
    p_value, p_reason = _tests(view.spec.safety.test, *counts)
    pairs = pairs.assign(p_value=p_value, p_adjusted=adjust_benjamini_hochberg(p_value), p_reason=p_reason)
    return pairs[CONTRAST_COLUMNS]


def _tests(test: str, k1: pd.Series, n1: pd.Series, k0: pd.Series, n0: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Test the rows with enough events in groups large enough, each distinct table once."""
    p_value, reason = np.full(len(k1), np.nan), np.full(len(k1), "", dtype=object)
    if test not in TESTS:
        return p_value, reason
    small, few = np.minimum(n1, n0) < SMALLEST_GROUP, k1 + k0 < SMALLEST_EVENTS
    large = (n1 + n0 > MOST_BOSCHLOO) if test == "boschloo" else np.zeros(len(k1), dtype=bool)
    reason[large], reason[few], reason[small] = LARGE, FEW, TINY
    usable = np.flatnonzero(~(small | few | large))
    tables = np.column_stack([k1, n1, k0, n0]).astype(int)[usable]
    distinct, place = np.unique(tables, axis=0, return_inverse=True)
    found = [TESTS[test][1](*map(int, table)) for table in distinct]
    for number, at in zip(np.ravel(place), usable, strict=True):
        p_value[at], reason[at] = found[number].p_value, found[number].reason
    return p_value, reason
