"""Widgets that turn a visitor's choice into the choices of the study: groups, filters, definitions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from analysis import __version__
from analysis.choices import count_withdrawn
from analysis.cohort.dictionary import variable
from analysis.cohort.study_file import is_study_file, read_study_file, write_study_file
from analysis.outcomes.endpoints import ENDPOINT_LABELS
from analysis.results import CohortError
from analysis.study import View
from ui import compute, compute_import, show, state, words
from ui.state import OpenStudy, choose, controlled, current, picked

if TYPE_CHECKING:
    from analysis.patients import PatientResult

UPLOAD_TYPES = ["xlsx", "xls", "csv", "tsv", "txt", "sav", "zsav", "dta", "xpt", "parquet", "zip"]
TIME_AXES = {"nominal": "Planned visits", "actual": "Actual days"}


def open_upload() -> None:
    """Read the files a visitor drops, open them, or keep the sentence that says why not."""
    files = st.file_uploader(words.UPLOAD_LABEL, type=UPLOAD_TYPES, accept_multiple_files=True, help=words.UPLOAD_HELP)
    if state.new_upload(tuple(file.file_id for file in files)):
        _read([(file.name, file.getvalue()) for file in files])
    problem = state.upload_problem()
    if problem is not None:
        show.problem(problem)


def _read(files: list[tuple[str, bytes]]) -> None:
    """Open files in our layout; take others to the page that asks what their columns mean."""
    try:
        if len(files) == 1 and is_study_file(*files[0]):
            state.open_study_file(read_study_file(files[0][1]))
            st.rerun()
        with compute_import.steps("Reading the file …") as tell:
            upload = compute_import.read_upload(files, tell)
            state.set_upload(upload)
            asks = compute_import.needs_mapping(upload)
            cohort = None if asks else compute_import.open_upload(upload, tell, mapped=False)
    except CohortError as error:
        state.keep_upload_problem(error)
        st.rerun()
    if cohort is None:
        st.switch_page(show.page_path("columns"))
    state.open_cohort(state.UPLOADED, cohort)
    st.rerun()


def save_study(study: OpenStudy) -> None:
    """Offer the open study as one file: tables, choices, mapping, provenance."""
    st.download_button(
        "Save this study (.zip)",
        data=lambda: write_study_file(study.cohort, choices=study.spec.to_json(), app_version=__version__),
        file_name="nephrocompare-study.zip",
        mime="application/zip",
        on_click="ignore",
        icon=":material/download:",
        help=words.SAVE_HELP,
    )


def open_sample() -> None:
    """Offer the sample studies, one click each."""
    with st.container(horizontal=True):
        for name, sample in state.SAMPLE_STUDIES.items():
            st.button(
                f"Open the {sample.short}",
                key=f"open_{name}",
                on_click=lambda name=name: state.open_cohort(name, compute.sample(name)),
            )


def choose_groups(study: OpenStudy) -> None:
    """Choose the grouping column, its groups and the reference."""
    candidates = compute.groupings(study)
    spec = study.spec
    st.selectbox(
        "Compare by",
        [None, *candidates],
        format_func=lambda name: words.NO_GROUPS if name is None else variable(name).label,
        key=controlled("group_column", spec.group_column),
        on_change=_set_group_column,
        help=words.GROUP_HELP,
    )
    if spec.group_column is None:
        return
    sizes = candidates[spec.group_column]
    st.multiselect(
        "Groups",
        list(sizes),
        format_func=lambda level: variable(spec.group_column).level_label(level),
        key=controlled("group_levels", list(spec.group_levels)),
        on_change=_set_group_levels,
        help=words.LEVELS_HELP,
    )
    if len(spec.group_levels) > 1:
        st.selectbox(
            "Reference",
            spec.group_levels,
            format_func=lambda level: variable(spec.group_column).level_label(level),
            key=controlled("reference_group", spec.reference_group),
            on_change=lambda: choose(reference_group=picked("reference_group")),
            help=words.REFERENCE_HELP,
        )


def choose_withdrawn(study: OpenStudy) -> None:
    """Choose whether patients who left after treatment began are analysed; hidden where nobody left."""
    n = count_withdrawn(study.cohort)
    if n == 0:
        return
    st.toggle(
        f"Analyse the {words.plural(n, 'patient')} who withdrew",
        key=controlled("withdrawn", study.spec.withdrawn == "analysed"),
        on_change=lambda: choose(withdrawn="analysed" if picked("withdrawn") else "excluded"),
        help=words.WITHDRAWN_HELP,
    )


def choose_endpoint(study: OpenStudy) -> None:
    """Choose the endpoint of the remission curves."""
    st.segmented_control(
        "Endpoint",
        list(ENDPOINT_LABELS),
        format_func=ENDPOINT_LABELS.get,
        required=True,
        key=controlled("endpoint", study.spec.endpoint),
        on_change=lambda: choose(endpoint=picked("endpoint")),
    )


def choose_time_axis(study: OpenStudy) -> None:
    """Choose the time axis and the horizon of the curves."""
    axis, horizon = st.columns([3, 2])
    axis.segmented_control(
        "Time of a visit",
        list(TIME_AXES),
        format_func=TIME_AXES.get,
        required=True,
        key=controlled("time_axis", study.spec.time_axis),
        on_change=lambda: choose(time_axis=picked("time_axis")),
        help=words.AXIS_HELP,
    )
    horizon.number_input(
        "Months shown",
        min_value=min(month for month in study.spec.schedule if month > 0),
        max_value=600.0,
        step=1.0,
        format="%.0f",
        key=controlled("horizon_months", float(study.spec.horizon_months)),
        on_change=lambda: choose(horizon_months=float(picked("horizon_months"))),
    )


def choose_patient(view: View) -> str:
    """Choose one of the selected patients."""
    return st.selectbox("Patient", list(view.members["patient_id"]), key="patient", persist_state="session")


def choose_visit(result: PatientResult, name: Callable[[float], str]) -> float:
    """Choose one of a patient's visits; the last at first."""
    times = [float(time) for time in result.visits["time"]]
    return st.pills(
        "Visit", times, default=times[-1], required=True, format_func=name, key=f"visit_{result.patient_id}"
    )


def choose_quantiles(study: OpenStudy) -> None:
    """Choose how quartiles are counted."""
    st.segmented_control(
        "Quartiles",
        [6, 7],
        format_func={6: "As SPSS (type 6)", 7: "As R and Excel (type 7)"}.get,
        required=True,
        key=controlled("quantile_type", study.spec.quantile_type),
        on_change=lambda: choose(quantile_type=picked("quantile_type")),
        help=words.QUANTILE_HELP,
    )


# ---------------------------------------------------------------- callbacks and parts


def _set_group_column() -> None:
    column = picked("group_column")
    sizes = compute.groupings(current())[column] if column else {}
    levels = tuple(sorted(sizes, key=lambda level: sizes[level]))
    choose(group_column=column, group_levels=levels, reference_group=levels[-1] if levels else None)


def _set_group_levels() -> None:
    levels = tuple(picked("group_levels"))
    if levels:
        choose(group_levels=levels)
