"""How did the laboratory values run? Their course, change from baseline, one visit, and comparisons of groups."""

import streamlit as st

from ui import choose_labs, compute, show, show_labs, state, words

study = state.current()
view = compute.view(study)
show.page_title(words.LABS_QUESTION, view)

on_offer = compute.labs_on_offer(study)
if not on_offer:
    st.info(words.EMPTY_LABS)
    st.stop()

chosen = choose_labs.choose_labs(study, on_offer)
show_labs.left_out(study, chosen)
course, change, shift, patients, one_visit, comparisons = st.tabs(words.LABS_TABS, key="labs_tab", on_change="rerun")
if course.open:
    with course:
        show_labs.course(study, chosen)
if change.open:
    with change:
        show_labs.change(study, chosen)
if shift.open:
    with shift:
        show_labs.shift(study, chosen)
if patients.open:
    with patients:
        show_labs.patients(study, chosen)
if one_visit.open:
    with one_visit:
        show_labs.one_visit(study, on_offer)
if comparisons.open:
    with comparisons:
        show_labs.comparisons(study, chosen)
