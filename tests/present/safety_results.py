"""A small adverse-events result by contract, made with the real estimators."""

from __future__ import annotations

import pandas as pd

from analysis.estimators.proportions import clopper_pearson_interval, newcombe_difference
from analysis.results import Method
from analysis.safety import CONTRAST_COLUMNS, ROW_COLUMNS, SafetyResult

Row = tuple[str, str, str, str, str]  # level, category, term, parent, label


def safety_result(table: dict[Row, tuple[int, ...]], sizes: dict[str, int], *, reason: str = "") -> SafetyResult:
    """Build a result from patients with the event per row and group; the last group is the reference."""
    groups = tuple(sizes)
    rows, contrasts = [], []
    for (level, category, term, parent, label), counts in table.items():
        for (group, n), k in zip(sizes.items(), counts, strict=True):
            low, high = clopper_pearson_interval(k, n)
            share = k / n if n else float("nan")
            ids = tuple(f"P{number}" for number in range(k))
            rows.append([level, category, term, parent, label, group, k, k, n, share, low, high, ids, "", 0, ()])
            if group != groups[-1]:
                found = newcombe_difference(k, n, counts[-1], sizes[groups[-1]])
                values = [found.estimate, found.conf_low, found.conf_high, found.reason, float("nan"), float("nan"), ""]
                contrasts.append([level, category, term, label, group, groups[-1], *values])
    years = [[group, n, n, 1.5 * n, 13.0] for group, n in sizes.items()]
    return SafetyResult(
        rows=pd.DataFrame(rows, columns=ROW_COLUMNS),
        contrasts=pd.DataFrame(contrasts, columns=CONTRAST_COLUMNS),
        denominators=pd.DataFrame(
            years, columns=["group", "n", "n_followup", "patient_years", "median_followup_months"]
        ),
        groups=groups,
        reference_group=groups[-1] if len(groups) > 1 else None,
        reason=reason,
        method=Method(name="Adverse events", sentence="Clopper–Pearson and Newcombe intervals."),
        notes=(),
    )


# domain.md 5.1: one event per patient, 6 of 34 and 11 of 57.
IMN_ROWS: dict[Row, tuple[int, int]] = {
    ("total", "", "", "", "Any adverse event"): (6, 11),
    ("category", "infusion_reaction", "", "", "Infusion reaction"): (2, 4),
    ("category", "infection", "", "", "Infection"): (1, 2),
    ("category", "infection_uri", "", "infection", "Upper respiratory infection"): (1, 0),
    ("category", "infection_pneumonia", "", "infection", "Pneumonia"): (0, 1),
    ("category", "infection_other", "", "infection", "Other infection"): (0, 1),
    ("category", "palpitations", "", "", "Palpitations"): (1, 2),
    ("category", "headache", "", "", "Headache"): (1, 1),
    ("category", "gastrointestinal", "", "", "Gastrointestinal symptoms"): (1, 0),
    ("category", "myalgia", "", "", "Myalgia"): (0, 1),
    ("category", "leukopenia", "", "", "Leukopenia"): (0, 1),
}
IMN_SIZES = {"RTX+TAC": 34, "RTX": 57}
