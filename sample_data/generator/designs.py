"""What must the synthetic cohorts reproduce? The designs and margins, read from ``sample_data/designs``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd

COMBINED, ALONE = "RTX+TAC", "RTX"
GROUPS = (COMBINED, ALONE)
VISIT_MONTHS = (0, 3, 6, 9, 12)
LATER_MONTHS = (3, 6, 9, 12)
IMN_SEED = 20230712  # domain specification of the samples, section 5
FSGS_SEED = 20230425  # same

_FOLDER = Path(__file__).resolve().parents[1] / "designs"


@dataclass(frozen=True, kw_only=True)
class Margin:
    """The mean and SD, or the quartiles, or the count one variable must have in one group at one visit."""

    mean: float
    sd: float
    median: float
    q1: float
    q3: float
    count: float


@cache
def imn_skeleton() -> pd.DataFrame:
    """Read who remits when (months): ``patient_id``, ``group``, ``best``, ``t_first``, ``t_cr``, ``last_eval``."""
    rows = pd.read_csv(_FOLDER / "sample_design_imn.csv").rename(columns={"arm": "group"})
    number = rows.groupby("group").cumcount() + 1
    letter = rows["group"].map({COMBINED: "T", ALONE: "R"})
    return rows.assign(patient_id="SYN-" + letter + number.map("{:02d}".format)).drop(columns="id")


@cache
def fsgs_skeleton() -> pd.DataFrame:
    """Read the fourteen FSGS patients with ``patient_id`` in place of the design's id."""
    rows = pd.read_csv(_FOLDER / "sample_design_fsgs.csv", keep_default_na=True)
    return rows.assign(patient_id="SYN-" + rows["id"], prior_cni=rows["prior_cni"].fillna("none"))


@cache
def sample_targets() -> dict:
    """Read the invented targets and the documented deviations of the membranous sample."""
    return tomllib.loads((_FOLDER / "sample_targets_imn.toml").read_text(encoding="utf-8"))


@cache
def published_margins() -> pd.DataFrame:
    """Read the printed margins, one row per variable, level, month and group."""
    return pd.read_csv(_FOLDER / "published_margins_imn.csv", keep_default_na=True)


def deviates(variable: str, month: int | None, group: str) -> dict | None:
    """Give the target that replaces a printed margin, None where the printed one stands."""
    key = (variable, month, group)
    found = [row for row in sample_targets()["deviation"] if (row["variable"], row["month"], row["group"]) == key]
    return found[0] if found else None


def margin(variable: str, month: int | None, group: str, *, level: str = "") -> Margin:
    """Give the margin the sample aims at: the printed one unless the sample deviates from it.

    ``month`` is None for counts over the whole follow-up (adverse events).
    """
    replaced = deviates(variable, month, group)
    if replaced:
        return Margin(mean=replaced["mean"], sd=replaced["sd"], median=0.0, q1=0.0, q3=0.0, count=0.0)
    table = published_margins()
    at_month = table["month"].isna() if month is None else table["month"] == month
    same = (table["variable"] == variable) & at_month & (table["group"] == group)
    row = table[same & (table["level"].fillna("") == level)].iloc[0]
    return Margin(**{name: float(row[name]) for name in ("mean", "sd", "median", "q1", "q3", "count")})


def count(variable: str, group: str, *, month: int | None = 0, level: str = "") -> int:
    """Give a printed number of patients."""
    return int(margin(variable, month, group, level=level).count)
