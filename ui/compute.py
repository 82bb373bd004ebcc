"""The only caches: session-scoped, bounded doors into analysis/, keyed by the data's hash and the choices.

Results are frozen and never altered, so the same object is handed out again without a copy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from analysis.choices import FilterCandidate, ScheduleProposal, filter_candidates, group_candidates, propose_schedule
from analysis.cohort.model import Cohort
from analysis.outcomes.applicability import require_decidable, require_measure
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
    from analysis.safety import CellResult, RowPlan, SafetyResult

_door = st.cache_resource(scope="session", max_entries=48, show_spinner=False)
_file_door = st.cache_resource(scope="session", max_entries=2, show_spinner="Reading and checking the file …")


@_file_door
def sample(name: str) -> Cohort:
    """Load a sample study."""
    from analysis.cohort.samples import load_sample

    return load_sample(name)


def view(study: OpenStudy) -> View:
    """Select the patients of the chosen groups and filters."""
    return _view(study.cohort.token, study.spec.to_json(), study.cohort)


def unfiltered_view(study: OpenStudy) -> View:
    """Select the patients of the chosen groups before any filter."""
    spec = replace(study.spec, filters=())
    return _view(study.cohort.token, spec.to_json(), study.cohort)


def groupings(study: OpenStudy) -> dict[str, dict[str, int]]:
    """List the columns that can form groups, with the size of each group."""
    return _groupings(study.cohort.token, study.cohort)


def filters_on_offer(study: OpenStudy) -> tuple[FilterCandidate, ...]:
    """List the variables that can narrow the cohort."""
    before = unfiltered_view(study)
    return _filters_on_offer(study.cohort.token, before.spec.to_json(), before)


def flow(study: OpenStudy) -> FlowResult:
    """Count the patients from screening to analysis."""
    from analysis.cohort.flow import describe_flow

    return _of_view(study, describe_flow)


def follow_up(study: OpenStudy) -> FollowUpResult:
    """Estimate how long each group was followed."""
    from analysis.cohort.followup import describe_follow_up

    return _of_view(study, describe_follow_up)


def completeness(study: OpenStudy) -> CompletenessResult:
    """Count which values are there."""
    from analysis.cohort.completeness import describe_completeness

    return _of_view(study, describe_completeness)


def baseline(study: OpenStudy) -> BaselineResult:
    """Describe the groups at baseline."""
    from analysis.baseline import describe_baseline

    return _of_view(study, describe_baseline)


def baseline_row(study: OpenStudy, name: str) -> RowResult:
    """Open one row of the baseline table."""
    return _baseline_row(study.cohort.token, study.spec.to_json(), name, view(study))


def labs_on_offer(study: OpenStudy) -> tuple[str, ...]:
    """List the laboratory variables this view has values of."""
    from analysis.labs import available_labs

    return _of_view(study, available_labs)


def trajectories(study: OpenStudy, variables: tuple[str, ...]) -> TrajectoryResult:
    """Describe the course of laboratory values."""
    return _trajectories(study.cohort.token, study.spec.to_json(), variables, view(study))


def schedule_on_offer(study: OpenStudy) -> ScheduleProposal:
    """Read planned visits from the file, where they serve better than those in use."""
    return _of_view(study, propose_schedule)


def lab_answer(study: OpenStudy, question: str, asked: tuple[str, ...] | str | None = None) -> Any:
    """Answer one question of ``analysis.labs``; ``ui.compute_labs`` names them."""
    return _lab_answer(study.cohort.token, study.spec.to_json(), question, asked, view(study))


def remission(study: OpenStudy) -> RemissionResult:
    """Estimate the curves of the chosen endpoint."""
    from analysis.remission import study_records

    require_measure(study.cohort, study.spec.rule)
    require_decidable(study.spec.rule, study.spec.endpoint)
    records = cohort_answer(study, "records", lambda: study_records(view(study), outcomes(study)))
    return _remission(study.cohort.token, study.spec.to_json(), view(study), records, outcomes_by_day(study))


def cohort_answer(study: OpenStudy, question: str, work: Callable[[], Any]) -> Any:
    """Answer a question about the whole cohort, which no filter or group changes, once per definition."""
    spec = study.spec
    chosen = spec.remission
    key = (spec.rule, spec.schedule, spec.time_axis, spec.endpoint, spec.horizon_months, chosen.rescue)
    key += (chosen.time_zero, chosen.censoring, chosen.pla2r_positive_from)
    return _answer(study.cohort.token, repr(key), question, work)


def remission_answer(study: OpenStudy, question: str, work: Callable[[], Any]) -> Any:
    """Answer one further question about remission, once per choice; ``ui.compute_remission`` names them."""
    return _answer(study.cohort.token, study.spec.to_json(), question, work)


def upload_answer(upload: Upload, question: str, work: Callable[[], Any]) -> Any:
    """Answer a question about files that are being mapped, once per mapping."""
    return _answer(upload.raw.sha256, upload.mapping_json(), question, work)


def outcomes_by_day(study: OpenStudy) -> Outcomes:
    """Classify every day with a measurement by the chosen rule."""
    return outcomes(replace(study, spec=replace(study.spec, time_axis="actual")))


def outcomes(study: OpenStudy) -> Outcomes:
    """Classify every visit by the chosen rule."""
    spec = study.spec
    key = (repr(spec.rule), spec.schedule, spec.time_axis)
    return _outcomes(study.cohort.token, key, spec, study.cohort)


def definitions(study: OpenStudy) -> DefinitionsResult:
    """Compare the chosen definition of remission with every preset."""
    from analysis.definitions import describe_definitions
    from analysis.remission import read_at_horizon

    def describe(seen: View) -> DefinitionsResult:
        return describe_definitions(seen, read_at_horizon)

    return _of_view(study, describe)


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
    return safety_part(study, "summary")


def safety_part(study: OpenStudy, part: str) -> Any:
    """Compute one part of the adverse-events page (``analysis.safety.PARTS``)."""
    from analysis.safety import PARTS

    work = PARTS[part]
    return _answer(study.cohort.token, study.spec.to_json(), f"safety {part}", lambda: work(view(study), _plan(study)))


def safety_cell(study: OpenStudy, part: str, cell: str) -> CellResult | None:
    """List the patients behind one count of a part of the adverse-events page."""
    from analysis.safety import describe_cell

    counted = safety_part(study, part)
    return _answer(
        study.cohort.token, study.spec.to_json(), f"safety {part} {cell}",
        lambda: describe_cell(view(study), counted, cell, _plan(study)),
    )  # fmt: skip


def _plan(study: OpenStudy) -> RowPlan:
    """Lay out the rows of adverse events, which no filter or group changes."""
    from analysis.safety import plan_rows

    options = study.spec.safety
    key = repr((options.blank, options.empty_table, options.recoded, options.shown))
    return _answer(study.cohort.token, key, "rows of adverse events", lambda: plan_rows(study.cohort, options))


@_door
def _view(token: str, choices: str, _cohort: Cohort) -> View:
    return select_view(_cohort, StudySpec.from_json(choices))


@_door
def _groupings(token: str, _cohort: Cohort) -> dict[str, dict[str, int]]:
    return group_candidates(_cohort)


@_door
def _filters_on_offer(token: str, choices: str, _unfiltered: View) -> tuple[FilterCandidate, ...]:
    return filter_candidates(_unfiltered)


@_door
def _baseline_row(token: str, choices: str, name: str, _view: View) -> RowResult:
    from analysis.baseline import describe_row

    return describe_row(_view, name)


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


def _of_view(study: OpenStudy, work: Callable[[View], Any]) -> Any:
    """Ask one question about the chosen patients, once per choice."""
    return _answer(study.cohort.token, study.spec.to_json(), work.__qualname__, lambda: work(view(study)))


@_door
def _answer(token: str, choices: str, question: str, _work: Callable[[], Any]) -> Any:
    return _work()
