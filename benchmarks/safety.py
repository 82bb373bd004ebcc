"""Time the table of adverse events: 50,000 events of 400 terms in two groups (issue 7: at most one second)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from analysis.study import View

N_EVENTS, N_TERMS, N_PATIENTS, N_CATEGORIES = 50_000, 400, 2_000, 25


def events_view(*, seed: int = 20230712) -> View:
    """Make 50,000 invented events of 2,000 patients in two groups, and select them all."""
    from analysis.cohort.model import DOSE_COLUMNS, EVENT_COLUMNS, VISIT_COLUMNS, Cohort, Provenance
    from analysis.study import StudySpec, select_view

    rng = np.random.default_rng(seed)
    ids = np.array([f"P{i:06d}" for i in range(N_PATIENTS)], dtype=object)
    term = rng.integers(0, N_TERMS, N_EVENTS)
    patients = pd.DataFrame({"patient_id": ids, "regimen_group": rng.choice(["RTX", "RTX+TAC"], N_PATIENTS)})
    events = pd.DataFrame(
        {
            "patient_id": rng.choice(ids, N_EVENTS),
            "day": rng.integers(0, 400, N_EVENTS).astype(float),
            "term": np.array([f"Term {i:03d}" for i in range(N_TERMS)], dtype=object)[term],
            "category": np.array([f"Organ class {i:02d}" for i in range(N_CATEGORIES)], dtype=object)[
                term % N_CATEGORIES
            ],
            "grade": rng.integers(1, 6, N_EVENTS).astype(float),
            "serious": rng.choice(["yes", "no"], N_EVENTS),
            "related": rng.choice(["related", "unrelated"], N_EVENTS),
        }
    )
    cohort = Cohort(
        name="invented",
        patients=patients.assign(followup_months=rng.uniform(3, 24, N_PATIENTS)),
        visits=pd.DataFrame(columns=VISIT_COLUMNS).astype({"day": float, "month": float, "value": float}),
        doses=pd.DataFrame(columns=DOSE_COLUMNS),
        adverse_events=events,
        events=pd.DataFrame(columns=EVENT_COLUMNS),
        provenance=Provenance(source="benchmark", sha256="0" * 64),
    )
    return select_view(cohort, StudySpec(group_column="regimen_group", group_levels=("RTX+TAC", "RTX")))


def table_work(view: View) -> object:
    """Make the table with its intervals from the events as they stand in the file, nothing kept from before."""
    from analysis.safety import compare_adverse_events
    from present.tables.safety import safety_table

    return safety_table(compare_adverse_events(view))


def rates_work(view: View) -> object:
    """Make the table of rates and ratios."""
    from analysis.safety import compare_ratios
    from present.tables.safety_parts import rate_table

    return rate_table(compare_ratios(view))
