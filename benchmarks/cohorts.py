"""Make large invented cohorts for timing: the laboratory values are noise, the layout is canonical."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.cohort.model import ADVERSE_EVENT_COLUMNS, DOSE_COLUMNS, EVENT_COLUMNS, Cohort, Provenance

MONTHS = (0.0, 3.0, 6.0, 9.0, 12.0)


def large_cohort(n: int, *, seed: int = 20230712) -> Cohort:
    """Make ``n`` patients in two regimens with five visits of five laboratory values."""
    rng = np.random.default_rng(seed)
    ids = np.array([f"P{i:06d}" for i in range(n)])
    patients = pd.DataFrame(
        {
            "patient_id": ids,
            "regimen_group": rng.choice(["RTX", "RTX+TAC"], n),
            "age_years": rng.normal(45, 13, n),
            "sex": rng.choice(["male", "female"], n),
            "weight_kg": rng.normal(75, 14, n),
            "mn_stage": rng.choice(["I", "II", "III"], n),
            "hypertension": rng.choice(["yes", "no"], n),
        }
    )
    empty = {"doses": DOSE_COLUMNS, "adverse_events": ADVERSE_EVENT_COLUMNS, "events": EVENT_COLUMNS}
    return Cohort(
        name=f"{n} invented patients",
        patients=patients,
        visits=_visits(ids, rng),
        **{name: pd.DataFrame(columns=columns) for name, columns in empty.items()},
        provenance=Provenance(source="benchmark", sha256="0" * 64, synthetic=True),
        token=f"benchmark-{n}",
    )


def _visits(ids: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Draw five laboratory values at each of five visits; a row is one value."""
    n = len(ids)
    values = {
        "proteinuria_g_24h": lambda month: rng.lognormal(2 - 0.15 * month, 0.9, n),
        "albumin_g_l": lambda month: rng.normal(25 + month, 5, n),
        "scr_umol_l": lambda month: rng.normal(80, 12, n),
        "egfr": lambda month: rng.normal(95, 15, n),
        "pla2r_ru_ml": lambda month: rng.lognormal(4 - 0.2 * month, 1, n),
    }
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "patient_id": ids, "day": np.floor(month * 30.4375), "month": month, "unscheduled": False,
                    "variable": name, "value": draw(month), "qualifier": "",
                }
            )
            for month in MONTHS
            for name, draw in values.items()
        ],
        ignore_index=True,
    )  # fmt: skip
