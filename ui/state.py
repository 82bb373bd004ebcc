"""What does this visitor have open, and what has been chosen? The only user of session state and of the URL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from analysis.choices import propose_spec
from analysis.cohort.mapping import Mapping, to_json
from analysis.cohort.model import Cohort
from analysis.cohort.raw import RawTables
from analysis.cohort.samples import SAMPLE_STUDIES
from analysis.cohort.study_file import StudyFile
from analysis.results import CohortError
from analysis.study import StudySpec
from ui.link import Params, from_params, to_params

FIRST_STUDY = "imn"
UPLOADED = "file"

_STUDY, _WAITING, _MESSAGES = "open_study", "waiting_link", "messages"
_UPLOAD, _UPLOAD_PROBLEM = "upload_read", "upload_problem"
_SELECTIONS = "selections_seen"
_UPLOADED_FILES, _MAPPING_FILE = "uploaded_files", "mapping_file"
_PRESENT = "present"
_LINK_NAMES = ("study", "group", "levels", "reference", "rule", "horizon", "quantiles", "filter", "switches", "options")
_LINK_NAMES += ("endpoint", "axis", "withdrawn", "summary", "visits", _PRESENT)


@dataclass(frozen=True, kw_only=True, eq=False)
class OpenStudy:
    """The cohort a visitor has open, where it came from, the choices it opened with and those made so far."""

    source: str
    cohort: Cohort
    start: StudySpec
    spec: StudySpec


def first_request() -> str | None:
    """Name the study the link asks for on the first run of a session; None on every later run."""
    if _STUDY in st.session_state:
        return None
    return str(st.query_params.get("study", FIRST_STUDY))


def link_waits_for_file() -> None:
    """Remember the choices of a link whose study was an upload: they apply once the file is opened again."""
    st.session_state[_STUDY] = None
    st.session_state[_WAITING] = _url_params()


def open_cohort(source: str, cohort: Cohort) -> None:
    """Open a cohort with its starting choices, or with those of the link that led here."""
    first = _STUDY not in st.session_state
    waiting = st.session_state.pop(_WAITING, {})
    params = _url_params() if first else waiting if source == UPLOADED else {}
    start = starting_spec(source, cohort)
    spec, ignored = from_params(params, cohort, start)
    if ignored:
        add_message(f"This study does not offer what the link asks for ({', '.join(ignored)}); it was left out.")
    st.session_state[_STUDY] = OpenStudy(source=source, cohort=cohort, start=start, spec=spec)


def open_study_file(kept: StudyFile) -> None:
    """Open a saved study with the choices it was saved with."""
    try:
        spec = StudySpec.from_json(kept.choices)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CohortError(
            "A study file needs choices this program knows.",
            "Those in the file are of another kind.",
            "Open the original data file and choose again.",
        ) from error
    start = starting_spec(UPLOADED, kept.cohort)
    st.session_state[_STUDY] = OpenStudy(source=UPLOADED, cohort=kept.cohort, start=start, spec=spec)
    st.session_state.pop(_WAITING, None)


def starting_spec(source: str, cohort: Cohort) -> StudySpec:
    """Give the choices a study opens with; the sample studies open as published, completers only."""
    spec = propose_spec(cohort)
    if source not in SAMPLE_STUDIES:
        return spec
    events = replace(spec.safety, empty_table="none")  # the samples looked for adverse events; FSGS had none
    return replace(spec, withdrawn="excluded", safety=events)


def open_study() -> OpenStudy | None:
    """Give what is open, or None."""
    return st.session_state.get(_STUDY)


def current() -> OpenStudy:
    """Give what is open; without a study, say how to open one."""
    study = open_study()
    if study is None:
        raise CohortError("This page needs an open study.", "None is open.", "Open one on the Study page.")
    return study


def choose(**changes: Any) -> None:
    """Change some of the choices."""
    study = current()
    st.session_state[_STUDY] = replace(study, spec=replace(study.spec, **changes))


def choose_option(page: str, **changes: Any) -> None:
    """Change some of the options of one page (``analysis.options``)."""
    spec = current().spec
    choose(**{page: replace(getattr(spec, page), **changes)})


def choose_spec(spec: StudySpec) -> None:
    """Put a whole set of choices in place."""
    st.session_state[_STUDY] = replace(current(), spec=spec)


def write_link() -> None:
    """Keep the browser's address in step with the choices, so that a reload or a shared link brings them back."""
    study = open_study()
    if study is None:
        return
    params = {"study": study.source, **to_params(study.spec, study.start)}
    if presenting():
        params[_PRESENT] = "1"
    if _url_params() != params:
        st.query_params.from_dict(params)


def present(on: bool) -> None:
    """Turn the presentation view on or off."""
    st.session_state[_PRESENT] = on


def presenting() -> bool:
    """Tell whether the study is shown to a room; a link can open it so."""
    return bool(st.session_state.setdefault(_PRESENT, st.query_params.get(_PRESENT) == "1"))


def controlled(key: str, value: object) -> str:
    """Let a widget show ``value`` on this run, and give its key; its callback reads ``picked(key)``."""
    st.session_state[key] = value
    return key


def picked(key: str) -> Any:
    """Give what the visitor has just picked in a widget."""
    return st.session_state[key]


@dataclass(frozen=True, kw_only=True, eq=False)
class Upload:
    """The tables of the files a visitor dropped, and what their columns are taken for so far.

    ``number`` counts the edits of the grid, ``changes`` says what a saved mapping met anew.
    """

    file_names: tuple[str, ...]
    raw: RawTables
    mapping: Mapping
    changes: tuple[str, ...] = ()
    number: int = 0

    def names(self) -> str:
        """Name the files."""
        return ", ".join(self.file_names)

    def mapping_json(self) -> str:
        """Write the mapping as it stands."""
        return to_json(self.mapping)


def set_upload(upload: Upload) -> None:
    """Keep an upload and its mapping for this session."""
    st.session_state[_UPLOADED_FILES] = upload


def upload() -> Upload | None:
    """Give the files that were dropped last, or None."""
    return st.session_state.get(_UPLOADED_FILES)


def new_mapping_file(file_id: str) -> bool:
    """Tell whether this saved mapping has not been used yet, and remember it."""
    if st.session_state.get(_MAPPING_FILE) == file_id:
        return False
    st.session_state[_MAPPING_FILE] = file_id
    return True


def new_upload(file_ids: tuple[str, ...]) -> bool:
    """Tell whether these files have not been read yet, and remember them."""
    if not file_ids or st.session_state.get(_UPLOAD) == file_ids:
        return False
    st.session_state[_UPLOAD] = file_ids
    st.session_state.pop(_UPLOAD_PROBLEM, None)
    return True


def keep_upload_problem(error: CohortError) -> None:
    """Remember why the last upload could not be opened, until the next one."""
    st.session_state[_UPLOAD_PROBLEM] = error


def upload_problem() -> CohortError | None:
    """Give why the last upload could not be opened."""
    return st.session_state.get(_UPLOAD_PROBLEM)


def look_at(patient_id: str) -> None:
    """Let the page of patients show this one."""
    st.session_state["patient"] = patient_id


def add_message(text: str) -> None:
    """Keep a sentence for the top of the next page drawn."""
    st.session_state.setdefault(_MESSAGES, []).append(text)


def take_messages() -> list[str]:
    """Give the waiting sentences, once."""
    return st.session_state.pop(_MESSAGES, [])


def count_selections(now: Sequence[str], total: int) -> int:
    """Count the different selections of patients that filters have made of the open study in this session."""
    seen: set[tuple[str, int]] = st.session_state.setdefault(_SELECTIONS, set())
    token = current().cohort.token
    if len(now) < total:
        seen.add((token, hash(frozenset(now))))
    return sum(study == token for study, _ in seen)


def _url_params() -> Params:
    params: Params = {}
    for name in _LINK_NAMES:
        values = st.query_params.get_all(name)
        if values:
            params[name] = values if name == "filter" else values[-1]
    return params
