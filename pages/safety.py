"""Which adverse events occurred? Patients with an event by group, and the difference in risk."""

import streamlit as st

from present.figures.safety import figure_alt, safety_figure
from present.figures.safety_timing import first_event_figure, grade_alt, grade_figure, onset_figure, timing_alt
from present.tables.safety import safety_table
from present.tables.safety_parts import first_event_table, listing_table, rate_table
from ui import choose_safety, compute, show, state, words

study = state.current()
view = compute.view(study)
show.page_title(words.SAFETY_QUESTION, view)

if study.cohort.adverse_events.empty:
    choose_safety.ask_empty_table(study)
choose_safety.ask_blanks(study)
with st.expander("Which events count, interval and P"):
    choose_safety.choose_events(study)

result = compute.safety(study)
if result.rows.empty:
    st.info(words.EMPTY_ADVERSE_EVENTS)

names = ["Risks", "Rates and ratios", "Grades", "Over time", "From laboratory values", "Listing"]
risks, rates, grades, timing, laboratory, listing = st.tabs(names, on_change="rerun", key="safety_tabs")

if risks.open and not result.rows.empty:
    with risks:
        shown = show.Shown(view=view, method=result.method, notes=result.notes)
        choose_safety.choose_order(study)
        draw = lambda theme: safety_figure(result, theme=theme)  # noqa: E731
        show.figure(draw, title="Adverse events", shown=shown, alt=figure_alt(result))
        show.table(safety_table(result), shown=shown)
        show.notes(result.notes)
        show.method(result.method)
if rates.open and not result.rows.empty:
    with rates:
        part = compute.safety_part(study, "ratios")
        show.table(rate_table(part), shown=show.Shown(view=view, method=part.method, notes=part.notes))
        show.notes(part.notes)
        show.method(part.method)
if grades.open and not result.rows.empty:
    with grades:
        part = compute.safety_part(study, "grades")
        shown = show.Shown(view=view, method=part.method, notes=part.notes)
        draw = lambda theme: grade_figure(part, theme=theme)  # noqa: E731
        if part.reason:
            st.info(part.reason)
        else:
            show.figure(draw, title="Grades", shown=shown, alt=grade_alt(part))
        show.method(part.method)
if timing.open and not result.rows.empty:
    with timing:
        choose_safety.choose_focus(study)
        part = compute.safety_part(study, "timing")
        shown = show.Shown(view=view, method=part.method, notes=part.notes)
        for title, figure in (("Onset of events", onset_figure), ("First event", first_event_figure)):
            draw = lambda theme, figure=figure: figure(part, theme=theme)  # noqa: E731
            show.figure(draw, title=title, shown=shown, alt=timing_alt(part))
        show.table(first_event_table(part), shown=shown)
        show.notes(part.notes)
        show.method(part.method)
if laboratory.open:
    with laboratory:
        part = compute.safety_part(study, "laboratory")
        shown = show.Shown(view=view, method=part.method, notes=part.notes)
        draw = lambda theme: safety_figure(part, theme=theme)  # noqa: E731
        show.figure(draw, title="Laboratory-defined events", shown=shown, alt=figure_alt(part))
        show.table(safety_table(part), shown=shown)
        show.notes(part.notes)
        show.method(part.method)
if listing.open and not result.rows.empty:
    with listing:
        part = compute.safety_part(study, "listing")
        show.table(listing_table(part), shown=show.Shown(view=view, method=part.method, notes=part.notes))
        with st.expander("Move a term to another category"):
            choose_safety.edit_terms(study)
        show.notes(part.notes)
