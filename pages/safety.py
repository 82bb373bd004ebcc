"""Which adverse events occurred? Patients with an event by group, and the difference in risk."""

import streamlit as st

from ui import choose_safety, compute, show, show_safety, state, words

study = state.current()
show.page_title(words.SAFETY_QUESTION, compute.view(study))

if study.cohort.adverse_events.empty:
    choose_safety.ask_empty_table(study)
choose_safety.ask_blanks(study)
with st.expander("Which events count, interval and P"):
    choose_safety.choose_events(study)

result = compute.safety(study)
recorded = not result.rows.empty
if not recorded:
    st.info(words.EMPTY_ADVERSE_EVENTS)
    show.notes(tuple(note for note in result.notes if note.code in ("S-17", "S-18")))

risks, rates, grades, timing, laboratory, listing = st.tabs(words.SAFETY_TABS, on_change="rerun", key="safety_tabs")
if risks.open and recorded:
    with risks:
        show_safety.risks(study)
if rates.open and recorded:
    with rates:
        show_safety.rates(study)
if grades.open and recorded:
    with grades:
        show_safety.grades(study)
if timing.open and recorded:
    with timing:
        show_safety.timing(study)
if laboratory.open:
    with laboratory:
        show_safety.laboratory(study)
if listing.open and recorded:
    with listing:
        show_safety.listing(study)
