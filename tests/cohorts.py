"""Small cohorts for tests, written as a table of visits."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.cohort.model import ADVERSE_EVENT_COLUMNS, DOSE_COLUMNS, EVENT_COLUMNS, VISIT_COLUMNS, Cohort, Provenance


def make_cohort(
    patients: dict[str, dict[str, object]],
    visits: list[tuple[str, float, dict[str, float]]],
    *,
    events: list[tuple[str, str, float]] = (),  # type: ignore[assignment]
    unscheduled: bool = False,
) -> Cohort:
    """Build a cohort from patients, (patient, day, values) and (patient, event, day)."""
    rows = [
        [patient, float(day), float("nan"), unscheduled and day > 0, name, float(value), ""]
        for patient, day, values in visits
        for name, value in values.items()
    ]
    return Cohort(
        name="test",
        patients=pd.DataFrame([{"patient_id": patient, **values} for patient, values in patients.items()]),
        visits=pd.DataFrame(rows, columns=VISIT_COLUMNS),
        doses=pd.DataFrame(columns=DOSE_COLUMNS),
        adverse_events=pd.DataFrame(columns=ADVERSE_EVENT_COLUMNS),
        events=pd.DataFrame(list(events), columns=EVENT_COLUMNS),
        provenance=Provenance(source="test", sha256="0" * 64),
        token="test",
    )


def labs(proteinuria: float | None, albumin: float = 40.0, scr: float = 80.0, egfr: float = 100.0) -> dict[str, float]:
    """Give one visit's values; None leaves the urine out."""
    values = {"albumin_g_l": albumin, "scr_umol_l": scr, "egfr": egfr}
    return values if proteinuria is None else {"proteinuria_g_24h": proteinuria, **values}


VARIANTS = ("NOS", "perihilar", "tip", "cellular", "collapsing")


def variant_files(n_groups: int = 5, *, seed: int = 20230712) -> list[tuple[str, bytes]]:
    """Write an invented FSGS study in up to eight groups, of 14 down to 1 patients, as the files somebody uploads.

    Up to five groups are the Columbia variants; eight are arms whose names are as long as real ones are.
    """
    rng = np.random.default_rng(seed)
    column = "fsgs_variant" if n_groups <= len(VARIANTS) else "regimen_group"
    groups = VARIANTS[:n_groups] if n_groups <= len(VARIANTS) else _ARMS[:n_groups]
    sizes = np.linspace(14, 5, n_groups).astype(int) if n_groups <= len(VARIANTS) else (12, 11, 10, 9, 9, 8, 3, 1)
    patients, visits = [], []
    for place, (group, size) in enumerate(zip(groups, sizes, strict=False)):
        for _ in range(int(size)):
            who = f"V{len(patients):03d}"
            age, sex = rng.integers(18, 75), rng.choice(["male", "female"])
            patients.append(f"{who},{group},{age},{sex},{rng.choice(['yes', 'no'])},{60 + rng.normal(0, 5):.1f}")
            level, creatinine = rng.lognormal(1.6 + 0.1 * place, 0.5), rng.normal(90, 15)
            for month, day in ((0, 0), (3, 92), (6, 183), (12, 365)):
                if month and rng.random() < 0.15:
                    continue
                shown = level * np.exp(-0.12 * month + rng.normal(0, 0.4))
                albumin, egfr = 24 + month + rng.normal(0, 3), 100 - place * 4 + rng.normal(0, 8)
                visits.append(
                    f"{who},{day + int(rng.integers(-6, 7) if month else 0)},{shown:.2f},{albumin:.1f},"
                    f"{creatinine + rng.normal(0, 6):.0f},{egfr:.1f}"
                )
    heads = (
        f"patient_id,{column},age_years,sex,hypertension,weight_kg",
        ("patient_id,day,upcr_g_g,albumin_g_l,scr_umol_l,egfr"),
    )
    doses = ["patient_id,drug,start_day", *(f"{row.split(',')[0]},RTX,0" for row in patients)]
    tables = {"patients.csv": [heads[0], *patients], "visits.csv": [heads[1], *visits], "doses.csv": doses}
    return [(name, "\n".join(rows).encode()) for name, rows in tables.items()]


_ARMS = (
    "Rituximab 375 mg/m2 x4", "Rituximab 1 g x2 with tacrolimus", "Tacrolimus", "Ciclosporin and prednisone",
    "Cyclophosphamide (modified Ponticelli)", "Mycophenolate", "Obinutuzumab", "Supportive treatment only",
)  # fmt: skip
