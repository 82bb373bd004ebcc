"""Draw the tabs of the adverse-events page, each only when it is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from present.tables.safety import safety_table
from ui import choose_safety, compute, show, words
from ui.open_patient import open_patient
from ui.state import OpenStudy

if TYPE_CHECKING:
    from analysis.safety import SafetyResult


def risks(study: OpenStudy) -> None:
    """Show patients with an event by group, the differences, and the patients behind each count."""
    choose_safety.choose_order(study)
    _counts(study, "summary", title="Adverse events")


def laboratory(study: OpenStudy) -> None:
    """Show the same for events that laboratory values define."""
    _counts(study, "laboratory", title="Laboratory-defined events")


def rates(study: OpenStudy) -> None:
    """Show events per patient-year and the ratios."""
    from present.tables.safety_parts import rate_table

    part = compute.safety_part(study, "ratios")
    shown = show.Shown(view=compute.view(study), method=part.method, notes=part.notes)
    show.table(rate_table(part), shown=shown)
    _end(shown)


def grades(study: OpenStudy) -> None:
    """Show the worst grade of each patient."""
    from present.figures.safety_grades import grade_alt, grade_figure

    part = compute.safety_part(study, "grades")
    shown = show.Shown(view=compute.view(study), method=part.method, notes=part.notes)
    if part.reason:
        st.info(part.reason)
    else:
        show.figure(lambda theme: grade_figure(part, theme=theme), title="Grades", shown=shown, alt=grade_alt(part))
    _end(shown)


def timing(study: OpenStudy) -> None:
    """Show onsets, the time to the first event, and repeated events."""
    from present.figures.safety_timing import first_event_figure, has_curve, onset_figure, timing_alt
    from present.tables.safety_parts import first_event_table, repeated_table

    choose_safety.choose_focus(study)
    part = compute.safety_part(study, "timing")
    shown = show.Shown(view=compute.view(study), method=part.method, notes=part.notes)
    if part.onsets.empty:
        st.info(words.NO_ONSETS)
    else:
        show.figure(lambda theme: onset_figure(part, theme=theme), title="Onset of events", shown=shown,
                    alt=timing_alt(part))  # fmt: skip
    if has_curve(part):
        show.figure(lambda theme: first_event_figure(part, theme=theme), title="First event", shown=shown,
                    alt=timing_alt(part))  # fmt: skip
    show.table(first_event_table(part), shown=shown)
    if len(part.groups) > 1:
        show.table(repeated_table(part), shown=shown)
    _end(shown)


def listing(study: OpenStudy) -> None:
    """List every event that counts; terms can be moved to another category."""
    from present.tables.safety_parts import listing_table

    part = compute.safety_part(study, "listing")
    show.table(listing_table(part), shown=show.Shown(view=compute.view(study), method=part.method, notes=part.notes))
    open_patient(part.rows["patient_id"].drop_duplicates().tolist(), key="safety_listing")
    with st.expander("Move a term to another category"):
        choose_safety.edit_terms(study)
    show.notes(part.notes)


def _counts(study: OpenStudy, part: str, *, title: str) -> None:
    from present.figures.safety import figure_alt, safety_figure

    result: SafetyResult = compute.safety_part(study, part)
    shown = show.Shown(view=compute.view(study), method=result.method, notes=result.notes)
    clicked = show.figure_to_click(
        lambda theme: safety_figure(result, theme=theme), title=title, shown=shown, alt=figure_alt(result)
    )
    if not result.rows.empty:
        _behind(study, part, result, clicked, shown)
    show.table(safety_table(result), shown=shown)
    _end(shown)


def _behind(study: OpenStudy, part: str, result: SafetyResult, clicked: object, shown: show.Shown) -> None:
    """List the patients of the point that was clicked, else of the row and group chosen."""
    if isinstance(clicked, str):
        _cell(study, part, clicked, shown)
        return
    panel = st.expander("The patients behind each number", on_change="rerun", key=f"behind_{part}")
    if panel.open:
        with panel:
            _cell(study, part, choose_safety.choose_cell(result, part), shown)


def _cell(study: OpenStudy, part: str, token: str, shown: show.Shown) -> None:
    from present.tables.safety_parts import cell_table

    cell = compute.safety_cell(study, part, token)
    if cell is not None:
        show.table(cell_table(cell), shown=shown)
        open_patient(cell.events["patient_id"].drop_duplicates().tolist(), key=f"safety_{part}")


def _end(shown: show.Shown) -> None:
    show.notes(shown.notes)
    show.method(shown.method)
