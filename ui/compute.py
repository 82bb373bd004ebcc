"""The only caches: session-scoped, bounded doors into analysis/, keyed by the data's hash and the choices.

Results are frozen and never altered, so the same object is handed out again without a copy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from analysis.choices import FilterCandidate, filter_candidates
from analysis.cohort.mapping import Mapping
from analysis.cohort.model import Cohort
from analysis.outcomes.applicability import require_measure
from analysis.outcomes.derive import Outcomes, derive_outcomes
from analysis.study import StudySpec, View, select_view
from ui.state import OpenStudy, Upload

if TYPE_CHECKING:  # each page imports its own analysis when it is opened, not all of them at the start
    import pandas as pd

    from analysis.baseline import BaselineResult, RowResult
    from analysis.cohort.completeness import CompletenessResult
    from analysis.cohort.flow import FlowResult
    from analysis.cohort.followup import FollowUpResult
    from analysis.definitions import DefinitionsResult
    from analysis.labs import TrajectoryResult
    from analysis.outcomes.explain import Explanation
    from analysis.patients import PatientResult
    from analysis.remission import RemissionResult
    from analysis.safety import SafetyResult

_door = st.cache_resource(scope="session", max_entries=24, show_spinner=False)
_file_door = st.cache_resource(scope="session", max_entries=2, show_spinner="Reading and checking the file …")


@_file_door
def sample(name: str) -> Cohort:
    """Load a sample study."""
    from analysis.cohort.samples import load_sample

    return load_sample(name)


def uploaded(files: Sequence[tuple[str, bytes]]) -> Cohort:
    """Read and check an uploaded study; not cached here, the session keeps the cohort it opens."""
    from analysis.cohort.canonical import load_cohort

    names = ", ".join(name for name, _ in files)
    return load_cohort(files, name=names)


def mapped(files: Sequence[tuple[str, bytes]], mapping: Mapping) -> Cohort:
    """Read and check an uploaded study whose columns were mapped."""
    from analysis.cohort.canonical import load_cohort

    return load_cohort(files, name=", ".join(name for name, _ in files), mapping=mapping)


def read_upload(files: Sequence[tuple[str, bytes]]) -> Upload:
    """Read the files as they stand and propose what their columns mean."""
    from analysis.cohort.proposals import propose_mapping
    from analysis.cohort.readers import read_tables

    raw = read_tables(files)
    return Upload(files=tuple(files), raw=raw, mapping=propose_mapping(raw))


def needs_mapping(upload: Upload) -> bool:
    """Tell whether somebody must look at the columns: a name that is not ours, or something to confirm."""
    from analysis.cohort.questions import open_questions

    ours = all(column.how in ("exact", "synonym") for column in upload.mapping.columns if column.role != "keep")
    canonical = any(column.column == "patient_id" for column in upload.mapping.columns)
    return not (ours and canonical) or bool(open_questions(upload.mapping, upload.raw))


def view(study: OpenStudy) -> View:
    """Select the patients of the chosen groups and filters."""
    return _view(study.cohort.token, study.spec.to_json(), study.cohort)


def unfiltered_view(study: OpenStudy) -> View:
    """Select the patients of the chosen groups before any filter."""
    spec = replace(study.spec, filters=())
    return _view(study.cohort.token, spec.to_json(), study.cohort)


def filters_on_offer(study: OpenStudy) -> tuple[FilterCandidate, ...]:
    """List the variables that can narrow the cohort."""
    before = unfiltered_view(study)
    return _filters_on_offer(study.cohort.token, before.spec.to_json(), before)


def flow(study: OpenStudy) -> FlowResult:
    """Count the patients from screening to analysis."""
    return _flow(study.cohort.token, study.spec.to_json(), view(study))


def follow_up(study: OpenStudy) -> FollowUpResult:
    """Estimate how long each group was followed."""
    return _follow_up(study.cohort.token, study.spec.to_json(), view(study))


def completeness(study: OpenStudy) -> CompletenessResult:
    """Count which values are there."""
    return _completeness(study.cohort.token, study.spec.to_json(), view(study))


def baseline(study: OpenStudy) -> BaselineResult:
    """Describe the groups at baseline."""
    return _baseline(study.cohort.token, study.spec.to_json(), view(study))


def baseline_row(study: OpenStudy, name: str) -> RowResult:
    """Open one row of the baseline table."""
    return _baseline_row(study.cohort.token, study.spec.to_json(), name, view(study))


def labs_on_offer(study: OpenStudy) -> tuple[str, ...]:
    """List the laboratory variables this view has values of."""
    return _labs_on_offer(study.cohort.token, study.spec.to_json(), view(study))


def trajectories(study: OpenStudy, variables: tuple[str, ...]) -> TrajectoryResult:
    """Describe the course of laboratory values."""
    return _trajectories(study.cohort.token, study.spec.to_json(), variables, view(study))


def lab_answer(study: OpenStudy, question: str, asked: tuple[str, ...] | str | None = None) -> Any:
    """Answer one question of ``analysis.labs``; ``ui.compute_labs`` names them."""
    return _lab_answer(study.cohort.token, study.spec.to_json(), question, asked, view(study))


def remission(study: OpenStudy) -> RemissionResult:
    """Estimate the curves of the chosen endpoint."""
    spec, seen, token = study.spec, view(study), study.cohort.token
    require_measure(study.cohort, spec.rule)
    rule = (repr(spec.rule), spec.schedule)
    every_visit = _outcomes(token, (*rule, "actual"), replace(spec, time_axis="actual"), study.cohort)
    key = (*rule, spec.time_axis, spec.endpoint, spec.horizon_months, spec.remission.rescue)
    records = _records(token, key, seen, outcomes(study))  # of the whole cohort: no filter or group changes them
    return _remission(token, spec.to_json(), seen, records, every_visit)


def remission_answer(study: OpenStudy, question: str, work: Callable[[], Any]) -> Any:
    """Answer one further question about remission, once per choice; ``ui.compute_remission`` names them."""
    return _remission_answer(study.cohort.token, study.spec.to_json(), question, work)


def outcomes(study: OpenStudy) -> Outcomes:
    """Classify every visit by the chosen rule."""
    spec = study.spec
    key = (repr(spec.rule), spec.schedule, spec.time_axis)
    return _outcomes(study.cohort.token, key, spec, study.cohort)


def definitions(study: OpenStudy) -> DefinitionsResult:
    """Compare the chosen definition of remission with every preset."""
    return _definitions(study.cohort.token, study.spec.to_json(), view(study))


def patient(study: OpenStudy, patient_id: str) -> PatientResult:
    """Gather what is known of one patient."""
    from analysis.patients import describe_patient

    return describe_patient(view(study), outcomes(study), patient_id)


def explanation(study: OpenStudy, patient_id: str, time: float) -> Explanation:
    """Explain the status of one visit."""
    from analysis.outcomes.explain import explain_visit

    return explain_visit(outcomes(study), patient_id, time)


def safety(study: OpenStudy) -> SafetyResult:
    """Compare adverse events."""
    return _safety(study.cohort.token, study.spec.to_json(), view(study))


def safety_part(study: OpenStudy, part: str) -> Any:
    """Compute one further part of the adverse-events page (``analysis.safety.PARTS``)."""
    return _safety_part(study.cohort.token, study.spec.to_json(), part, view(study))


@_door
def _view(token: str, choices: str, _cohort: Cohort) -> View:
    return select_view(_cohort, StudySpec.from_json(choices))


@_door
def _filters_on_offer(token: str, choices: str, _unfiltered: View) -> tuple[FilterCandidate, ...]:
    return filter_candidates(_unfiltered)


@_door
def _flow(token: str, choices: str, _view: View) -> FlowResult:
    from analysis.cohort.flow import describe_flow

    return describe_flow(_view)


@_door
def _follow_up(token: str, choices: str, _view: View) -> FollowUpResult:
    from analysis.cohort.followup import describe_follow_up

    return describe_follow_up(_view)


@_door
def _completeness(token: str, choices: str, _view: View) -> CompletenessResult:
    from analysis.cohort.completeness import describe_completeness

    return describe_completeness(_view)


@_door
def _baseline(token: str, choices: str, _view: View) -> BaselineResult:
    from analysis.baseline import describe_baseline

    return describe_baseline(_view)


@_door
def _baseline_row(token: str, choices: str, name: str, _view: View) -> RowResult:
    from analysis.baseline import describe_row

    return describe_row(_view, name)


@_door
def _labs_on_offer(token: str, choices: str, _view: View) -> tuple[str, ...]:
    from analysis.labs import available_labs

    return available_labs(_view)


@_door
def _trajectories(token: str, choices: str, variables: tuple[str, ...], _view: View) -> TrajectoryResult:
    from analysis.labs import describe_trajectories

    return describe_trajectories(_view, variables)


@_door
def _lab_answer(token: str, choices: str, question: str, asked: tuple[str, ...] | str | None, _view: View) -> Any:
    """Answer one question of ``analysis.labs``, by the name of its function."""
    from analysis import labs

    return getattr(labs, question)(*([_view] if asked is None else [_view, asked]))


@_door
def _outcomes(token: str, key: tuple, _spec: StudySpec, _cohort: Cohort) -> Outcomes:
    return derive_outcomes(_cohort, _spec.rule, schedule=_spec.schedule, time_axis=_spec.time_axis)


@_door
def _remission(token: str, choices: str, _view: View, _table: pd.DataFrame, _visits: Outcomes) -> RemissionResult:
    from analysis.outcomes.endpoints import best_response
    from analysis.remission import describe_remission

    return describe_remission(_view, _table, best_response(_visits))


@_door
def _records(token: str, key: tuple, _view: View, _outcomes: Outcomes) -> pd.DataFrame:
    from analysis.remission import study_records

    return study_records(_view, _outcomes)


@_door
def _remission_answer(token: str, choices: str, question: str, _work: Callable[[], Any]) -> Any:
    return _work()


@_door
def _definitions(token: str, choices: str, _view: View) -> DefinitionsResult:
    from analysis.definitions import describe_definitions

    return describe_definitions(_view)


@_door
def _safety(token: str, choices: str, _view: View) -> SafetyResult:
    from analysis.safety import compare_adverse_events

    return compare_adverse_events(_view)


@_door
def _safety_part(token: str, choices: str, part: str, _view: View) -> Any:
    from analysis.safety import PARTS

    return PARTS[part](_view)
