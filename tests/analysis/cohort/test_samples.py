from __future__ import annotations

import pytest

from analysis.cohort.canonical import load_cohort
from analysis.cohort.samples import load_sample, sample_files
from analysis.results import CohortError


@pytest.fixture(scope="module")
def imn():
    return load_sample("imn")


@pytest.fixture(scope="module")
def fsgs():
    return load_sample("fsgs")


def test_the_membranous_sample(imn):  # numbers: domain.md 5.1
    assert imn.provenance.synthetic
    assert [p for p in imn.provenance.problems if p.severity == "error"] == []
    eligible = imn.patients[imn.patients["eligible"] == "yes"]
    analysed = eligible[eligible["withdrawal_reason"].isna() | (eligible["withdrawal_reason"] == "none")]
    assert len(imn.patients) == 107
    assert analysed["regimen_group"].value_counts().to_dict() == {"RTX": 57, "RTX+TAC": 34}
    counts = analysed.groupby("regimen_group")["pla2r_positive"].agg(lambda status: (status == "yes").sum())
    assert counts.to_dict() == {"RTX": 37, "RTX+TAC": 23}
    assert analysed.groupby("regimen_group")["pla2r_positive"].count().to_dict() == {"RTX": 56, "RTX+TAC": 33}
    assert analysed.groupby("regimen_group")["sex"].agg(lambda sex: (sex == "male").sum()).to_dict() == {
        "RTX": 43,
        "RTX+TAC": 25,
    }


def test_the_fsgs_sample(fsgs):  # numbers: domain.md 5.5
    assert fsgs.provenance.synthetic
    assert [p for p in fsgs.provenance.problems if p.severity == "error"] == []
    assert len(fsgs.patients) == 14
    assert (fsgs.patients["sex"] == "male").sum() == 12
    assert fsgs.patients["age_years"].median() == 30.5
    assert fsgs.patients["followup_months"].sum() == 113
    assert fsgs.patients["fsgs_variant"].value_counts().to_dict() == {"NOS": 8, "tip": 5, "perihilar": 1}


@pytest.mark.parametrize("name", ["imn", "fsgs"])
def test_the_same_files_give_the_same_token(name, imn, fsgs):
    loaded = {"imn": imn, "fsgs": fsgs}[name]
    again = load_cohort(sample_files(name), name="again")
    assert (again.token, again.provenance.sha256) == (loaded.token, loaded.provenance.sha256)


def test_no_row_of_a_sample_is_lost(imn):
    files = dict(sample_files("imn"))
    for table in ("patients", "doses", "adverse_events", "events"):
        lines = [line for line in files[f"{table}.csv"].decode().splitlines() if line and not line.startswith("#")]
        assert len(getattr(imn, table)) == len(lines) - 1


def test_the_messy_export_is_refused_with_what_is_needed():
    from analysis.cohort.samples import _SAMPLE_FOLDER

    content = (_SAMPLE_FOLDER / "SYN-IMN-91-messy.csv").read_bytes()
    with pytest.raises(CohortError, match="patient_id"):
        load_cohort([("SYN-IMN-91-messy.csv", content)], name="messy")
