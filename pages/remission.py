"""Who went into remission, and when? Curves, comparisons, states, courses, relapse, and what depends on the choices."""

import streamlit as st

from analysis.outcomes.rules import rule_in_use
from analysis.outcomes.wording import rule_sentences
from ui import choose, choose_clock, choose_remission, choose_rule, compute, show, show_remission, state, words

study = state.current()
view = compute.view(study)
show.page_title(words.REMISSION_QUESTION, view)

choose_remission.choose_endpoint(study)
with st.expander(f"Definition of remission: {show.plain(rule_in_use(study.spec.rule))}"):
    choose_rule.choose_preset(study)
    choose.choose_time_axis(study)
    choose_clock.choose_clock(study)
    for sentence in rule_sentences(study.spec.rule):
        st.markdown(show.plain(sentence))
    st.caption(show.plain(f"Source: {study.spec.rule.reference}"))

curves, comparison, states, courses, between, relapse, sensitivity = st.tabs(
    words.REMISSION_TABS, key="remission_tab", on_change="rerun"
)
if curves.open:
    with curves:
        show_remission.curves(study)
if comparison.open:
    with comparison:
        show_remission.comparison(study)
if states.open:
    with states:
        show_remission.states(study)
if courses.open:
    with courses:
        show_remission.courses(study)
if between.open:
    with between:
        show_remission.between_visits(study)
if relapse.open:
    with relapse:
        show_remission.relapse(study)
if sensitivity.open:
    with sensitivity:
        show_remission.sensitivity(study)
