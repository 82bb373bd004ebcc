"""Time the curves, their tests, the Cox model and the bootstrap; R's survival package on the same table."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

MONTHS = [3.0, 6.0, 9.0, 12.0]
COVARIATES = [f"x{i}" for i in range(1, 9)]  # the group is the ninth
SCRIPT = Path(__file__).with_name("remission.R")


def follow_up(n: int, *, seed: int = 20230712) -> pd.DataFrame:
    """Make ``n`` invented patients: continuous times ``days`` in months, the visit that sees them, 8 covariates."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, len(COVARIATES)))
    group = np.where(rng.random(n) < 0.5, "A", "B")
    wait = rng.exponential(14 * np.exp(-0.1 * values.sum(axis=1) - 0.3 * (group == "A")))
    leave = rng.uniform(2, 15, n)
    time = np.minimum(wait, leave)
    event = (wait <= leave) & (wait <= 12)
    time = np.minimum(time, 12.0)
    visit = np.where(event, np.ceil(time / 3) * 3, np.floor(time / 3) * 3)
    table = pd.DataFrame(values, columns=COVARIATES)
    return table.assign(group=group, days=time, visit=visit, event=event.astype(int))


def curves(table: pd.DataFrame, column: str) -> Callable[[], object]:
    """Give the work of the page: a curve per group, its landmarks and differences, and the log-rank test."""
    from analysis.estimators.logrank import compare_logrank
    from analysis.estimators.survival import differences_over, estimate_curve, value_at

    time, event, group = (table[name].to_numpy() for name in (column, "event", "group"))
    first = group == "A"

    def work() -> object:
        found = [estimate_curve(time[rows], event[rows]) for rows in (first, ~first)]
        values = [value_at(curve, MONTHS) for curve in found]
        return values, differences_over(*found, MONTHS, names=("A", "B")), compare_logrank(time, event, group)

    return work


def factors(table: pd.DataFrame) -> Callable[[], object]:
    """Give the Cox model with 9 covariates on continuous times, concordance and the test of its assumption included."""
    from analysis.estimators.coding import Covariate
    from analysis.estimators.cox import fit_cox

    covariates = [Covariate(name="group", scale="levels", reference="B", levels=("A", "B"))]
    covariates += [Covariate(name=name) for name in COVARIATES]
    data = table.rename(columns={"days": "time"})
    return lambda: fit_cox(data, covariates)


def resampled() -> Callable[[], object]:
    """Give 1,000 bootstrap curves at n = 91 on continuous times, read at the visits."""
    from analysis.estimators.bootstrap import bootstrap_curves

    table = follow_up(91)
    return lambda: bootstrap_curves(table["days"], table["event"], times=MONTHS, replicates=1_000)


def between_visits() -> Callable[[], object]:
    """Give Turnbull's estimate at n = 91 with a band of 1,000 samples."""
    from analysis.estimators.turnbull import turnbull_at

    table = follow_up(91)
    event = table["event"] == 1
    high = table["visit"].where(event, np.inf)
    low = (table["visit"] - 3).where(event, table["visit"])
    return lambda: turnbull_at(low, high, MONTHS, replicates=1_000)


def seconds_in_r(table: pd.DataFrame, *, repeats: int) -> dict[str, float]:
    """Let R time the same work on the same table, in its own process; empty without R or its package survival."""
    program = shutil.which("Rscript")
    if program is None:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        table.to_csv(path, index=False)
        command = [program, str(SCRIPT), str(path), str(repeats)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return {}
    return {name: float(value) for name, value in (line.split() for line in done.stdout.splitlines())}
