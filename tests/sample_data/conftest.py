"""The committed sample files, read once for all tests of this folder."""

from __future__ import annotations

import pandas as pd
import pytest

import sample_data.generate as generate
from sample_data.generator.tables import StudyTables, read_study

FOLDER = generate.HERE


@pytest.fixture(scope="session")
def imn() -> StudyTables:
    return read_study(FOLDER / generate.IMN_FOLDER)


@pytest.fixture(scope="session")
def fsgs() -> StudyTables:
    return read_study(FOLDER / generate.FSGS_FOLDER)


@pytest.fixture(scope="session")
def analysed(imn: StudyTables) -> pd.DataFrame:
    """The 91 analysed patients with their baseline labs, one row each."""
    patients = imn.patients[imn.patients["patient_id"].str.match(r"SYN-[TR]")]
    baseline = imn.visits[imn.visits["month"] == 0].drop(columns=["month", "day", "unscheduled", "synthetic"])
    return patients.merge(baseline, on="patient_id")


@pytest.fixture(scope="session")
def month_12(imn: StudyTables, analysed: pd.DataFrame) -> pd.DataFrame:
    """Month-12 labs of the 91 analysed patients with their group."""
    return imn.visits[imn.visits["month"] == 12].merge(analysed[["patient_id", "regimen_group"]], on="patient_id")
