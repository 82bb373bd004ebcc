"""A study file gives the same study again, or says why not."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import pandas as pd
import pytest

from analysis.choices import propose_spec
from analysis.cohort.canonical import TABLES, load_cohort
from analysis.cohort.mapping import Mapping, to_json
from analysis.cohort.proposals import propose_mapping
from analysis.cohort.questions import accept_proposals
from analysis.cohort.readers import read_tables
from analysis.cohort.samples import load_sample
from analysis.cohort.study_file import is_study_file, read_study_file, write_study_file
from analysis.results import CohortError
from analysis.study import StudySpec


@pytest.fixture(scope="module")
def cohort():
    loaded = load_sample("imn")
    return replace(loaded, provenance=replace(loaded.provenance, mapping=to_json(Mapping())))


@pytest.fixture(scope="module")
def saved(cohort) -> bytes:
    spec = replace(propose_spec(cohort), horizon_months=9.0)
    return write_study_file(cohort, choices=spec.to_json(), app_version="0.1.0")


def rewritten(content: bytes, name: str, text: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(packed, "w") as new:
        for item in old.namelist():
            new.writestr(item, text if item == name else old.read(item))
    return packed.getvalue()


def test_the_same_study_comes_back(cohort, saved) -> None:
    assert is_study_file("kept.zip", saved)
    found = read_study_file(saved)
    for table in TABLES:
        ours, theirs = (getattr(side, table).fillna("missing").astype(str) for side in (found.cohort, cohort))
        pd.testing.assert_frame_equal(ours, theirs)
    assert found.cohort.token == cohort.token
    assert found.cohort.provenance == cohort.provenance
    assert StudySpec.from_json(found.choices).horizon_months == 9.0
    assert found.mapping == Mapping()


def test_a_changed_table_is_noticed(saved) -> None:
    with zipfile.ZipFile(io.BytesIO(saved)) as archive:
        other = archive.read("doses.parquet")
    with pytest.raises(CohortError, match="the table events is not the one that was saved"):
        read_study_file(rewritten(saved, "events.parquet", other))


@pytest.mark.parametrize(("version", "words"), [(2, "newer NephroCompare"), (0, "nothing to migrate from")])
def test_another_version_says_why(saved, version, words) -> None:
    with zipfile.ZipFile(io.BytesIO(saved)) as archive:
        manifest = {**json.loads(archive.read("study.json")), "version": version}
    with pytest.raises(CohortError, match=words):
        read_study_file(rewritten(saved, "study.json", json.dumps(manifest).encode()))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nothing", b"plain text"])
def test_what_is_no_study_file_is_refused(content) -> None:
    assert not is_study_file("kept.zip", content)
    with pytest.raises(CohortError, match="cannot be opened"):
        read_study_file(content)


def test_a_study_keeps_the_mapping_it_was_read_with() -> None:
    sheets = [("s.csv", b"id,arm,HTN\nA,RTX,1\nB,TAC,0\n")]
    raw = read_tables(sheets)
    mapping = accept_proposals(propose_mapping(raw), raw)
    opened = load_cohort(sheets, name="s", mapping=mapping)
    saved = write_study_file(opened, choices=propose_spec(opened).to_json(), app_version="0.1.0")
    found = read_study_file(saved)
    assert found.mapping == mapping
    assert found.cohort.provenance.mapping_hash == opened.provenance.mapping_hash
    assert len(found.cohort.provenance.mapping_hash) == 12
    again = load_cohort(sheets, name="s", mapping=found.mapping)
    assert again.token == opened.token
    assert load_sample("imn").provenance.mapping_hash == ""
