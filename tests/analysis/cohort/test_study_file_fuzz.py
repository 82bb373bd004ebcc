"""Does a study file of another version, or one edited by hand, open or say why not, and never fail otherwise?"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from functools import cache

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.choices import propose_spec
from analysis.cohort.canonical import load_cohort
from analysis.cohort.proposals import propose_mapping
from analysis.cohort.questions import accept_proposals
from analysis.cohort.readers import read_tables
from analysis.cohort.study_file import read_study_file, write_study_file
from analysis.results import CohortError
from analysis.study import StudySpec, select_view

JSON_PARTS = ("study.json", "choices.json", "mapping.json")
WRONG = st.sampled_from([None, True, -1, 3.5, "x", [], ["x"], {}, {"x": 1}, [[1]], "9" * 50])


@cache
def parts() -> dict[str, bytes]:
    sheets = [("s.csv", b"id,arm,HTN,albumin (g/L) m0\nA,RTX,yes,20\nB,TAC,no,350\nC,RTX,no,31\n")]
    raw = read_tables(sheets)
    opened = load_cohort(sheets, name="s", mapping=accept_proposals(propose_mapping(raw), raw))
    content = write_study_file(opened, choices=propose_spec(opened).to_json(), app_version="0.1.0")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(**changed: bytes | None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in (parts() | changed).items():
            if content is not None:
                archive.writestr(name, content)
    return out.getvalue()


def edited(name: str, path: tuple, value: object) -> bytes:
    """Write the study with one value of a JSON part set, or a key added."""
    document = json.loads(parts()[name])
    at = document
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return packed(**{name: json.dumps(document).encode()})


def places(value: object, path: tuple = ()) -> list[tuple]:
    """List every place in a JSON document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inner for place in places(item, (*path, key)))]


@pytest.mark.parametrize(
    ("name", "path", "words"),
    [
        ("study.json", ("provenance", "checked_by"), "checked_by of provenance is unknown"),
        ("study.json", ("provenance", "problems", 0, "colour"), "colour of a problem is unknown"),
        ("study.json", ("remark",), "remark is unknown"),
        ("choices.json", ("sorcery",), "sorcery is unknown"),
        ("choices.json", ("rule", "moon"), "rule.moon is unknown"),
        ("choices.json", ("safety", "old_choice"), "safety.old_choice is unknown"),
    ],
)
def test_an_unknown_field_is_left_out_and_listed(name, path, words) -> None:
    kept = read_study_file(edited(name, path, "1"))
    said = [item for item in kept.cohort.provenance.problems if words in item.message]
    assert [item.severity for item in said] == ["warning"]
    assert StudySpec.from_json(kept.choices) == StudySpec.from_json(parts()["choices.json"].decode())


def test_a_choice_an_older_version_did_not_have_gets_its_default_and_is_listed() -> None:
    choices = json.loads(parts()["choices.json"])
    del choices["safety"]["least_grade"], choices["factors"]
    kept = read_study_file(packed(**{"choices.json": json.dumps(choices).encode()}))
    said = "\n".join(item.message for item in kept.cohort.provenance.problems)
    assert "safety.least_grade is missing" in said
    assert "factors is missing" in said
    assert StudySpec.from_json(kept.choices) == StudySpec.from_json(parts()["choices.json"].decode())


@pytest.mark.parametrize(
    ("name", "path", "value", "words"),
    [
        ("choices.json", ("horizon_months",), "x", "horizon_months is “x”"),
        ("choices.json", ("rule", "cr_prot"), None, "rule.cr_prot is “None”"),
        ("choices.json", ("endpoint",), "wealth", "endpoint is “wealth”"),
        ("study.json", ("provenance", "synthetic"), "no", "no usable synthetic"),
        ("study.json", ("provenance", "problems", 0, "severity"), "grave", "severity of a problem"),
        ("study.json", ("sha256",), [], "digests are missing"),
        ("mapping.json", ("columns", 0, "role"), "king", "role is “king”"),
        ("mapping.json", ("columns", 0, "what"), "king", "parts of it are missing"),
    ],
)
def test_a_value_of_another_kind_is_refused_by_name(name, path, value, words) -> None:
    with pytest.raises(CohortError, match=words):
        read_study_file(edited(name, path, value))


@pytest.mark.parametrize("name", sorted(parts()))
def test_a_missing_part_is_named(name) -> None:
    if name == "mapping.json":  # a file in our layout has none
        assert read_study_file(packed(**{name: None})).mapping is None
        return
    with pytest.raises(CohortError, match=f"it holds no {name}"):
        read_study_file(packed(**{name: None}))


def test_a_table_without_its_columns_is_refused() -> None:
    out = io.BytesIO()
    pd.DataFrame({"patient_id": ["A"]}).to_parquet(out)
    manifest = json.loads(parts()["study.json"])
    manifest["sha256"]["visits"] = hashlib.sha256(out.getvalue()).hexdigest()
    changed = {"visits.parquet": out.getvalue(), "study.json": json.dumps(manifest).encode()}
    with pytest.raises(CohortError, match="the table visits has no column day, month"):
        read_study_file(packed(**changed))


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_edit_of_the_json_opens_or_is_refused_in_words(data) -> None:
    name = data.draw(st.sampled_from(JSON_PARTS))
    document = json.loads(parts()[name])
    path = data.draw(st.sampled_from(places(document)[1:]))
    path = (*path[:-1], "unknown") if isinstance(path[-1], str) and data.draw(st.booleans()) else path
    content = edited(name, path, data.draw(WRONG))
    try:
        kept = read_study_file(content)
        view = select_view(kept.cohort, StudySpec.from_json(kept.choices))
    except CohortError:
        return
    assert view.n <= len(kept.cohort.patients) == 3
