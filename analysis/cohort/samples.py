"""Which study can be opened without a file? Two synthetic cohorts that follow the seed papers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from analysis.cohort.canonical import TABLES, load_cohort
from analysis.cohort.model import Cohort

SampleName = Literal["imn", "fsgs"]

_SAMPLE_FOLDER = Path(__file__).resolve().parents[2] / "sample_data"


@dataclass(frozen=True, kw_only=True)
class SampleStudy:
    """One synthetic study: its folder below ``sample_data``, its title, and what a button calls it."""

    folder: str
    title: str
    short: str


SAMPLE_STUDIES: dict[SampleName, SampleStudy] = {
    "imn": SampleStudy(
        folder="SYN-IMN-91",
        title="Membranous nephropathy sample: rituximab with or without tacrolimus",
        short="membranous nephropathy sample",
    ),
    "fsgs": SampleStudy(folder="SYN-FSGS-14", title="FSGS sample: rituximab, one arm", short="FSGS sample"),
}


def sample_files(name: SampleName) -> list[tuple[str, bytes]]:
    """Read the five files of a sample study, as an upload would bring them."""
    folder = _SAMPLE_FOLDER / SAMPLE_STUDIES[name].folder
    return [(f"{table}.csv", (folder / f"{table}.csv").read_bytes()) for table in TABLES]


def published_margins(name: SampleName) -> pd.DataFrame:
    """Read what the paper printed that a sample follows: one row per variable, visit and group, canonical names.

    ``stat`` names what ``mean``, ``sd``, ``median``, ``q1``, ``q3`` or ``count`` hold; ``n`` is the printed group.
    """
    return pd.read_csv(_SAMPLE_FOLDER / "designs" / f"published_margins_{name}.csv")


def load_sample(name: SampleName) -> Cohort:
    """Open a sample study through the same stages as any upload."""
    return load_cohort(sample_files(name), name=SAMPLE_STUDIES[name].title)
