"""Time the baseline table with tests against the tableone package, on the same columns in the same run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from analysis.study import View

N_CONTINUOUS, N_CATEGORICAL = 15, 10


def table_columns(n: int, *, seed: int = 20230712) -> pd.DataFrame:
    """Make 25 columns of ``n`` invented patients: normal, skewed and categorical, with a few values missing."""
    rng = np.random.default_rng(seed)
    columns: dict[str, object] = {f"number {i}": rng.normal(50 + i, 10, n) for i in range(N_CONTINUOUS - 5)}
    columns |= {f"skewed {i}": rng.lognormal(1, 0.8, n) for i in range(5)}
    columns |= {f"flag {i}": rng.choice(["yes", "no"], n, p=[0.3, 0.7]) for i in range(N_CATEGORICAL - 2)}
    columns |= {f"stage {i}": rng.choice(["I", "II", "III"], n) for i in range(2)}
    table = pd.DataFrame(columns)
    table.loc[rng.choice(n, n // 20, replace=False), "number 0"] = np.nan
    return table.assign(regimen_group=rng.choice(["RTX", "RTX+TAC"], n))


def table_view(n: int) -> View:
    """Select those patients as a cohort in two groups, with P values on."""
    from analysis.cohort.model import (
        ADVERSE_EVENT_COLUMNS,
        DOSE_COLUMNS,
        EVENT_COLUMNS,
        VISIT_COLUMNS,
        Cohort,
        Provenance,
    )
    from analysis.options import BaselineOptions
    from analysis.study import StudySpec, select_view

    patients = table_columns(n).assign(patient_id=[f"P{i:06d}" for i in range(n)])
    shapes = {"doses": DOSE_COLUMNS, "adverse_events": ADVERSE_EVENT_COLUMNS, "events": EVENT_COLUMNS}
    cohort = Cohort(
        name="invented",
        patients=patients,
        visits=pd.DataFrame(columns=VISIT_COLUMNS).astype({"day": float, "month": float, "value": float}),
        **{name: pd.DataFrame(columns=columns) for name, columns in shapes.items()},
        provenance=Provenance(source="benchmark", sha256="0" * 64),
    )
    skewed = tuple(f"{row_name(i)}:median" for i in range(5))
    options = BaselineOptions(p_values=True, summaries=skewed)
    spec = StudySpec(group_column="regimen_group", group_levels=("RTX+TAC", "RTX"))
    return select_view(cohort, replace(spec, baseline=options))


def row_name(i: int) -> str:
    """Name a skewed row as the options do."""
    from analysis.baseline import row_token

    return row_token(f"skewed {i}")


def tableone_work(n: int) -> Callable[[], object]:
    """Give the same table as the tableone package makes it: tests, standardised differences, missing counts."""
    from tableone import TableOne

    table = table_columns(n)
    categorical = [name for name in table if name.startswith(("flag", "stage"))]
    names = [name for name in table if name != "regimen_group"]
    skewed = [name for name in names if name.startswith("skewed")]
    return lambda: TableOne(
        table, columns=names, categorical=categorical, nonnormal=skewed, groupby="regimen_group", pval=True, smd=True
    )
