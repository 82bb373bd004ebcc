"""Draw the tabs of the laboratory page, each only when it is open."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from analysis.cohort.dictionary import variable
from present.tables.format import format_months
from present.tables.labs import trajectory_table
from ui import choose_labs, compute, compute_labs, show, words
from ui.open_patient import open_patient
from ui.state import OpenStudy

if TYPE_CHECKING:
    from analysis.labs import TrajectoryResult

Names = tuple[str, ...]
MANY_LEFT_OUT = 0.1  # share of the patients


def course(study: OpenStudy, chosen: Names) -> None:
    """Show each value over time on one time axis, then all numbers."""
    left, right = st.columns(2)
    with left:
        choose_labs.choose_summary(study)
    with right:
        choose_labs.choose_time(study)
    result = compute.trajectories(study, chosen)
    shown = show.Shown(view=compute.view(study), method=result.method, notes=result.notes)
    choose_labs.choose_drawing(study)
    _courses(result, chosen, shown, together=study.spec.labs.together)
    show.table(trajectory_table(result), shown=shown)
    panel = st.expander(words.LABS_BEHIND, key="labs_behind", on_change="rerun")
    if panel.open:
        with panel:
            name, group, month, measured = choose_labs.choose_behind(shown.view, chosen)
            _behind(result, name, shown, group=group, month=month, measured=measured, key="labs_behind")
    panel = st.expander(words.LABS_DROPOUT, key="labs_dropout", on_change="rerun")
    if panel.open:
        with panel:
            _dropout(study, chosen)
    _end(shown)


def left_out(study: OpenStudy, chosen: Names) -> None:
    """Warn above everything where the planned visits leave out many values, and offer the months of the file."""
    offer = compute.schedule_on_offer(study)
    if choose_labs.choose_schedule(study, offer):
        return
    view, result = compute.view(study), compute.trajectories(study, chosen)
    for note in result.notes:
        if note.code == "R-RANGE" and len(note.patient_ids) >= MANY_LEFT_OUT * view.n:
            months = ", ".join(format_months(month) for month in result.schedule)
            st.warning(show.plain(f"Planned visits: months {months}. {note.text} {choose_labs.why_no_months(offer)}"))


def _courses(result: TrajectoryResult, chosen: Names, shown: show.Shown, *, together: bool) -> None:
    """Draw the courses, each by itself or as panels of one figure."""
    from present.figures.labs import LEAST_WIDTH, figure_alt, trajectory_figure
    from present.figures.labs_stack import stacked_figure

    if together:
        alt = " ".join(figure_alt(result, name) for name in chosen)
        show.figure(lambda theme: stacked_figure(result, chosen, theme=theme), title="Laboratory values", shown=shown,
                    alt=alt, least_width=LEAST_WIDTH)  # fmt: skip
        return
    for name in chosen:
        clicked = _figure(
            name, variable(name).label_with_unit(), shown, figure_alt(result, name),
            lambda theme, name=name: trajectory_figure(result, name, theme=theme), least_width=LEAST_WIDTH,
        )  # fmt: skip
        _clicked(result, name, shown, clicked)


def _dropout(study: OpenStudy, chosen: Names) -> None:
    """Show the course of the patients with and without a value at the visit looked at."""
    from present.figures.labs import LEAST_WIDTH, figure_alt, trajectory_figure

    name = choose_labs.choose_one_lab(chosen, key="labs_dropout_value")
    result = compute_labs.dropout(study, name)
    if not result.n_without:
        st.info(f"All {result.n_total} patients have this value at month {result.month:g}.")
        return
    shown = show.Shown(view=compute.view(study), method=result.method, notes=result.notes)
    title = f"{variable(name).label}, with and without month {result.month:g}"
    _figure(
        name, title, shown, figure_alt(result.course, name),
        lambda theme: trajectory_figure(result.course, name, theme=theme), least_width=LEAST_WIDTH,
    )  # fmt: skip
    show.method(result.method)


def _clicked(result: TrajectoryResult, name: str, shown: show.Shown, point: object) -> None:
    """List the patients behind the point that was clicked; of a patient's own point, the patient."""
    if isinstance(point, str):
        open_patient([point], key=f"labs_{name}")
    elif isinstance(point, list) and len(point) == 2 and point[0] < len(result.groups):
        group, month = result.groups[int(point[0])], float(point[1])
        with st.container(border=True):
            _behind(result, name, shown, group=group, month=month, measured=True, key=f"labs_{name}")


def _behind(
    result: TrajectoryResult, name: str, shown: show.Shown, *, group: str, month: float, measured: bool, key: str
) -> None:
    """List the patients of one group at one visit, and open the page of one."""
    from analysis.labs import patients_behind
    from present.tables.labs_behind import behind_table

    patients = patients_behind(shown.view, result, name, group=group, month=month, measured=measured)
    show.table(behind_table(patients, name, group=group, month=month, measured=measured), shown=shown)
    open_patient(patients["patient_id"].tolist(), key=key)


def change(study: OpenStudy, chosen: Names) -> None:
    """Show the change of each value from the patient's own baseline."""
    from present.figures.labs import LEAST_WIDTH, change_entry, change_figure, figure_alt
    from present.tables.labs_comparisons import within_table

    result = compute_labs.changes(study, chosen)
    shown = show.Shown(view=compute.view(study), method=result.method, notes=result.notes)
    for name in chosen:
        _figure(
            name, change_entry(name).label_with_unit(), shown, figure_alt(result.course, name, change=True),
            lambda theme, name=name: change_figure(result.course, name, theme=theme), least_width=LEAST_WIDTH,
        )  # fmt: skip
    show.table(within_table(result), shown=shown)
    _end(shown)


def shift(study: OpenStudy, chosen: Names) -> None:
    """Show baseline against a later visit, a point per patient."""
    from present.figures.labs_shift import LEAST_WIDTH, shift_alt, shift_figure

    choose_labs.choose_lab_visit(study)
    result = compute_labs.shift(study, chosen)
    shown = show.Shown(view=compute.view(study), method=result.method, notes=result.notes)
    for name, column in zip(chosen, _two_columns(len(chosen)), strict=False):
        with column:
            clicked = _figure(
                name, f"{variable(name).label}, baseline and visit", shown, shift_alt(result, name),
                lambda theme, name=name: shift_figure(result, name, theme=theme), least_width=LEAST_WIDTH,
            )  # fmt: skip
            if isinstance(clicked, str):
                open_patient([clicked], key=f"labs_shift_{name}")
    _end(shown)


def patients(study: OpenStudy, chosen: Names) -> None:
    """Show one panel per patient, the best response first."""
    from present.figures.labs_patients import patients_alt, patients_figure

    name = choose_labs.choose_one_lab(chosen, key="labs_panels")
    group, fits = choose_labs.choose_small_group(compute.view(study))
    if not fits:
        st.info(words.TOO_MANY_PANELS)
        return
    result = compute_labs.patients(study, name, group)
    shown = show.Shown(view=compute.view(study), method=result.method, notes=result.notes)
    _figure(
        name, f"{variable(name).label}, patient by patient", shown, patients_alt(result),
        lambda theme: patients_figure(result, theme=theme),
    )  # fmt: skip
    _end(shown)


def one_visit(study: OpenStudy, on_offer: Names) -> None:
    """Show everything measured at one visit, and the groups compared given baseline."""
    from present.tables.labs_visit import adjusted_table, pairs_table, untested_pairs, visit_table

    choose_labs.choose_lab_visit(study)
    choose_labs.choose_tests(study, compared=len(compute.view(study).groups) > 1)
    result = compute_labs.one_visit(study, on_offer)
    shown = show.Shown(view=compute.view(study), method=result.method, notes=result.notes)
    show.table(visit_table(result), shown=shown)
    if result.pairs["p_value"].notna().any():
        show.table(pairs_table(result), shown=shown)
    else:
        for sentence in untested_pairs(result):
            st.caption(show.plain(sentence))
    if len(result.groups) > 1:
        adjusted = compute_labs.adjusted(study, on_offer)
        own = show.Shown(view=shown.view, method=adjusted.method, notes=adjusted.notes)
        show.table(adjusted_table(adjusted), shown=own)
    _end(shown)


def comparisons(study: OpenStudy, chosen: Names) -> None:
    """Show the tests of every visit, the model of all visits when asked for, and the slope of eGFR."""
    from present.tables.labs_comparisons import slopes_table, visit_tests_table

    view = compute.view(study)
    if len(view.groups) > 1:
        choose_labs.choose_tests(study)
        result = compute_labs.tests(study, chosen)
        shown = show.Shown(view=view, method=result.method, notes=result.notes)
        show.table(visit_tests_table(result), shown=shown)
        show.notes(result.notes)
        _model(study, chosen)
    else:
        st.info(words.ONE_GROUP)
    st.subheader("eGFR slope", anchor=False)
    if "egfr" not in compute.labs_on_offer(study):
        st.info(words.NO_EGFR)
        return
    slopes = compute_labs.slopes(study)
    show.table(slopes_table(slopes), shown=show.Shown(view=view, method=slopes.method, notes=slopes.notes))


def _model(study: OpenStudy, chosen: Names) -> None:
    """Fit the model of all visits of one value once the toggle is on."""
    st.subheader("Model of all visits", anchor=False)
    name = choose_labs.choose_one_lab(chosen, key="labs_model")
    if not st.toggle("Fit the model", key="labs_fit", help=words.MODEL_HELP, persist_state="session"):
        return
    from present.figures.labs_contrasts import contrast_alt, contrast_figure
    from present.tables.labs_comparisons import course_model_table

    with st.spinner("Fitting the model …"):
        result = compute_labs.model(study, name)
    shown = show.Shown(view=compute.view(study), method=result.method, notes=result.notes)
    if result.reason:
        st.info(show.plain(result.reason[0].upper() + result.reason[1:] + "."))
    if not result.contrasts["estimate"].notna().any():
        return
    _figure(
        name, f"{variable(name).label}, modelled contrasts", shown, contrast_alt(result),
        lambda theme: contrast_figure(result, theme=theme),
    )  # fmt: skip
    show.table(course_model_table(result), shown=shown)
    show.method(result.method)


def _two_columns(n: int) -> list:
    return [column for _ in range((n + 1) // 2) for column in st.columns(2)]


def _figure(name: str, title: str, shown: show.Shown, alt: str, draw: Callable, *, least_width: int = 0) -> object:
    """Draw a figure under its title; give what stands behind the point clicked."""
    st.subheader(show.plain(title), anchor=False)
    return show.figure_to_click(draw, title=title, shown=shown, alt=alt, least_width=least_width)


def _end(shown: show.Shown) -> None:
    show.notes(shown.notes)
    show.method(shown.method)
