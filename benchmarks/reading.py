"""Read 100,000 invented patients with 1.2 million visit rows from Parquet and CSV, in a process of its own."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
N_PATIENTS, N_VISITS = 100_000, 12
KINDS = ("parquet", "csv", "ragged csv")

CHILD = """
import json, resource, sys, time
from pathlib import Path
from analysis.cohort.canonical import cohort_of_tables
from analysis.cohort.proposals import propose_mapping
from analysis.cohort.questions import open_questions
from analysis.cohort.readers import read_tables
files = [(path.name, path.read_bytes()) for path in map(Path, sys.argv[1:])]
start = time.perf_counter()
raw = read_tables(files)
seconds = {"read": time.perf_counter() - start}
mapping = propose_mapping(raw)
assert not open_questions(mapping, raw)
seconds["recognise"] = time.perf_counter() - start - sum(seconds.values())
cohort = cohort_of_tables(raw, name="large", source="benchmark")
seconds["check"] = time.perf_counter() - start - sum(seconds.values())
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
print(json.dumps({"seconds": seconds, "peak_gb": peak, "patients": len(cohort.patients), "values": len(cohort.visits)}))
"""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What one child process needed: seconds by step, peak memory in GB, and what it gave."""

    seconds: dict[str, float]
    peak_gb: float
    patients: int
    values: int


def large_tables(n: int = N_PATIENTS, *, seed: int = 20230712) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make patients and visits (twelve each) in the canonical layout, with three laboratory values per row."""
    rng = np.random.default_rng(seed)
    ids = np.array([f"P{i:06d}" for i in range(n)])
    patients = pd.DataFrame(
        {
            "patient_id": ids,
            "regimen_group": rng.choice(["RTX", "RTX+TAC"], n),
            "age_years": rng.integers(18, 80, n),
            "sex": rng.choice(["male", "female"], n),
            "hypertension": rng.choice(["yes", "no"], n),
        }
    )
    rows = n * N_VISITS
    visits = pd.DataFrame(
        {
            "patient_id": np.repeat(ids, N_VISITS),
            "month": np.tile(np.arange(N_VISITS) * 3, n),
            "proteinuria_g_24h": rng.lognormal(0.5, 0.6, rows).round(2).clip(0, 24),
            "albumin_g_l": rng.normal(32, 5, rows).round(1).clip(12, 54),
            "scr_umol_l": rng.normal(80, 12, rows).round(0).clip(40, 500),
        }
    )
    return patients, visits


def written(kind: str, folder: Path, tables: tuple[pd.DataFrame, pd.DataFrame]) -> list[Path]:
    """Write both tables; a ragged CSV has some rows longer and some shorter than its header."""
    paths = []
    for name, table in zip(("patients", "visits"), tables, strict=True):
        path = folder / f"{name}.{kind.split()[-1]}"
        if kind == "parquet":
            table.to_parquet(path, index=False)
        else:
            text = io.StringIO()
            table.to_csv(text, index=False)
            lines = text.getvalue()
            path.write_text(_ragged(lines) if kind.startswith("ragged") and name == "visits" else lines)
        paths.append(path)
    return paths


def _ragged(text: str) -> str:
    lines = text.splitlines()
    lines[1::1000] = [f"{line}," for line in lines[1::1000]]
    lines[2::1000] = [line.rsplit(",", 1)[0] for line in lines[2::1000]]
    return "\n".join(lines) + "\n"


def measure_reading(kind: str, tables: tuple[pd.DataFrame, pd.DataFrame]) -> Reading:
    """Read, recognise and check the files in a child process; its peak memory is its own."""
    with tempfile.TemporaryDirectory() as folder:
        paths = written(kind, Path(folder), tables)
        command = [sys.executable, "-W", "ignore", "-c", CHILD, *map(str, paths)]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return Reading(**json.loads(done.stdout.splitlines()[-1]))
