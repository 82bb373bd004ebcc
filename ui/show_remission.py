"""Draw the tabs of the remission page, each only when it is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from analysis.outcomes.applicability import rule_cautions
from analysis.outcomes.endpoints import ALL_ENDPOINT_LABELS, ENDPOINT_LABELS
from analysis.results import Method, Note
from ui import choose_remission, compute, compute_remission, show, words
from ui.open_patient import open_patient
from ui.state import OpenStudy

if TYPE_CHECKING:
    import pandas as pd

MANY_LANES, LANES_HEIGHT = 100, 760  # more lanes scroll in a window of so many pixels


def curves(study: OpenStudy) -> None:
    """Show the curves with their box, the values at the visits, medians and best response."""
    from present.figures.remission import figure_alt, remission_figure
    from present.figures.remission_overlays import endpoint_overlay, naive_overlay
    from present.tables.remission import best_response_table, landmark_table, median_table
    from present.tables.remission_effects import box_lines

    choose_remission.choose_curves(study)
    result = compute.remission(study)
    shown = _shown(study, result.method, result.notes)
    box = box_lines(result, compute_remission.effects(study))
    second = choose_remission.choose_second_endpoint(study)
    overlays = naive_overlay(result) + (endpoint_overlay(compute.remission(second)) if second else ())
    point = show.figure_to_click(
        lambda theme: remission_figure(result, theme=theme, overlays=overlays, box=box),
        title=ALL_ENDPOINT_LABELS[study.spec.endpoint],
        shown=shown,
        alt=figure_alt(result),
    )
    _behind(study, result.groups, point)
    show.table(landmark_table(result), shown=shown)
    show.table(median_table(result), shown=shown)
    if study.spec.endpoint in ENDPOINT_LABELS:  # another endpoint has no best response of remission
        show.table(best_response_table(result), shown=shown)
    _end(shown)


def _behind(study: OpenStudy, groups: tuple[str, ...], point: object) -> None:
    """List the patients behind the step or tick that was clicked, else those that are chosen."""
    from analysis.remission import behind_point

    clicked = None if point is None else behind_point(compute_remission.listing(study), groups, point)
    if clicked is not None and len(clicked):
        with st.container(border=True):
            _patients(clicked)
        return
    panel = st.expander(words.BEHIND_CURVES, key="remission_behind", on_change="rerun")
    if panel.open:
        with panel:
            _patients(choose_remission.choose_behind(compute_remission.listing(study), groups))


def _patients(chosen: pd.DataFrame) -> None:
    """Show patients with what ended their wait, and open the page of one."""
    from present.tables.remission import listing_frame

    st.markdown(f"**{words.plural(len(chosen), 'patient')}**")
    if chosen.empty:
        return
    st.dataframe(listing_frame(chosen), hide_index=True, key="behind_table")
    open_patient(chosen["patient_id"].tolist(), key="behind")


def _behind_counts(counts: dict[str, tuple[str, ...]], *, key: str) -> None:
    """List the patients behind one of the counts above, and open the page of one."""
    panel = st.expander("The patients behind each count", key=f"remission_{key}", on_change="rerun")
    if panel.open and counts:
        with panel:
            ids = counts[st.selectbox("Count", list(counts), key=f"remission_{key}_count")]
            open_patient(sorted(ids), key=f"remission_{key}")


def comparison(study: OpenStudy) -> None:
    """Show effect measures first, then tests, pairs and the landmark analysis."""
    from present.tables.remission_comparison import landmark_values_table, losses_table
    from present.tables.remission_effects import effects_table, exposure_table, needed_table

    effects = compute_remission.effects(study)
    shown = _shown(study, effects.method, effects.notes)
    show.table(effects_table(effects), shown=shown)
    if len(effects.groups) > 1:
        show.table(needed_table(effects), shown=shown)
    show.method(effects.method)
    if len(effects.groups) > 1:
        _tests(study)
    choose_remission.choose_landmark(study)
    later = compute_remission.landmark(study)
    shown = _shown(study, later.method, later.notes)
    show.table(losses_table(later), shown=shown)
    show.table(landmark_values_table(later), shown=shown)
    _end(shown)
    exposure = compute_remission.exposure(study)
    if exposure.known:
        shown = _shown(study, exposure.method, exposure.notes)
        show.table(exposure_table(exposure), shown=shown)
        _end(shown)


def _tests(study: OpenStudy) -> None:
    """Show every test of the curves, and the pairs of more than two groups."""
    from present.tables.remission_comparison import curve_tests_table, pairs_table

    tests = compute_remission.comparison(study)
    choose_remission.choose_test(study)
    shown = _shown(study, tests.method, tests.notes)
    show.table(curve_tests_table(tests), shown=shown)
    if len(tests.groups) > 2:
        show.table(pairs_table(tests), shown=shown)
    _end(shown)


def states(study: OpenStudy) -> None:
    """Show the state at each visit, months in remission, and partial remission without complete remission."""
    from present.figures.occupancy import occupancy_alt, occupancy_figure
    from present.figures.states import states_alt, states_figure
    from present.tables.remission_behind import state_counts
    from present.tables.remission_states import months_table, partial_table, shares_table

    result = compute_remission.states(study)
    shown = _shown(study, result.method, result.notes)
    show.figure(
        lambda theme: states_figure(result, theme=theme), title="State at each visit", shown=shown,
        alt=states_alt(result),
    )  # fmt: skip
    show.table(shares_table(result), shown=shown)
    _behind_counts(state_counts(result), key="states")
    show.figure(
        lambda theme: occupancy_figure(result, theme=theme), title="Months in remission", shown=shown,
        alt=occupancy_alt(result),
    )  # fmt: skip
    show.table(months_table(result), shown=shown)
    _end(shown)
    partial = compute_remission.partial(study)
    shown = _shown(study, partial.method, partial.notes)
    show.table(partial_table(partial), shown=shown)
    _end(shown)


def courses(study: OpenStudy) -> None:
    """Show one lane per patient."""
    from present.figures.swimmer import swimmer_alt, swimmer_figure

    choose_remission.choose_lane_order(study)
    order = study.spec.remission.lane_order
    result = compute_remission.lanes(study)
    shown = _shown(study, result.method, result.notes)
    with st.container(height=LANES_HEIGHT if len(result.lanes) > MANY_LANES else "content", border=False):
        show.figure(
            lambda theme: swimmer_figure(result, order=order, theme=theme), title="Courses of the patients",
            shown=shown, alt=swimmer_alt(result, order=order),
        )  # fmt: skip
    _end(shown)


def between_visits(study: OpenStudy) -> None:
    """Show the interval-censored estimate over the curves."""
    from present.figures.remission import figure_alt, remission_figure
    from present.figures.remission_overlays import turnbull_overlay
    from present.tables.remission_comparison import intervals_table

    result = compute_remission.intervals(study)
    shown = _shown(study, result.method, result.notes)
    steps = compute.remission(study)
    show.figure(
        lambda theme: remission_figure(steps, theme=theme, overlays=turnbull_overlay(result)),
        title="Between visits", shown=shown, alt=figure_alt(steps),
    )  # fmt: skip
    show.table(intervals_table(result), shown=shown)
    _end(shown)


def relapse(study: OpenStudy) -> None:
    """Show relapse rates, B cells, and how they go together."""
    from present.tables.remission_behind import relapse_counts
    from present.tables.remission_classes import classes_table, steroids_table
    from present.tables.remission_relapse import bcells_table, depletion_table, rates_table

    result = compute_remission.relapse(study)
    shown = _shown(study, result.method, result.notes)
    for document in (rates_table(result), bcells_table(result), depletion_table(result)):
        show.table(document, shown=shown)
    _behind_counts(relapse_counts(result), key="relapse")
    _end(shown)
    found = compute_remission.classes(study)
    shown = _shown(study, found.method, found.notes)
    if len(found.steroids):
        show.table(steroids_table(found), shown=shown)
    if len(found.responses):
        choose_remission.choose_class_test(study)
        show.table(classes_table(found), shown=shown)
    if len(found.steroids) or len(found.responses):
        _end(shown)


def sensitivity(study: OpenStudy) -> None:
    """Show the difference under other choices, once it is asked for."""
    from present.tables.remission_sensitivity import sensitivity_table

    st.markdown(words.SENSITIVITY_INVITE)
    if not choose_remission.asks_for_sensitivity():
        return
    result = compute_remission.sensitivity(study)
    shown = _shown(study, result.method, result.notes)
    choose_remission.choose_setting(study, result)
    show.table(sensitivity_table(result), shown=shown)
    _end(shown)


def factors(study: OpenStudy) -> None:
    """Show the factors, their forest, and how the models were made."""
    from present.figures.forest import forest_alt, forest_figure
    from present.tables.factors import factors_table, refused_words

    result = compute_remission.factors(study)
    choose_remission.choose_factors(study, compute_remission.factors_on_offer(study), result)
    if refused_words(result):
        st.caption(show.plain(refused_words(result)))
    shown = _shown(study, result.method, result.notes)
    show.figure(lambda theme: forest_figure(result, theme=theme), title="Factors", shown=shown, alt=forest_alt(result))
    show.table(factors_table(result), shown=shown)
    _end(shown)


def _shown(study: OpenStudy, method: Method, notes: tuple[Note, ...]) -> show.Shown:
    """Set a result's notes beside it, with whom every table counts although in remission before treatment."""
    before = () if any(note.code == "W-10" for note in notes) else _counted_before(study)
    cautions = (*notes, *before, *rule_cautions(study.spec.rule))
    return show.Shown(view=compute.view(study), method=method, notes=cautions)


def _counted_before(study: OpenStudy) -> list[Note]:
    from analysis.remission.notes import counted_before

    return counted_before(compute.view(study), compute.remission(study).records)


def _end(shown: show.Shown) -> None:
    show.notes(shown.notes)
    show.method(shown.method)
