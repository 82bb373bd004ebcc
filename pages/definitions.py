"""What counts as remission? The rule, its open questions, and what another rule would say."""

import streamlit as st

from analysis.outcomes.wording import rule_sentences
from present.tables.definitions import comparison_table, not_evaluable_table, parameter_table, standing_sentences
from ui import choose_rule, compute, show, state, words

study = state.current()
view = compute.view(study)
show.page_title(words.DEFINITIONS_QUESTION, view)

choose_rule.choose_preset(study)
for sentence in rule_sentences(study.spec.rule):
    st.markdown(show.plain(sentence))
with st.expander("Open questions of this rule"):
    choose_rule.choose_switches(study)

result = compute.definitions(study)
shown = show.Shown(view=view, method=result.method, notes=result.notes)
show.table(comparison_table(result), shown=shown)
for sentence in standing_sentences(result):
    st.markdown(show.plain(sentence))
if len(result.not_evaluable):
    show.table(not_evaluable_table(result), shown=shown)
show.table(parameter_table(study.spec.rule), shown=shown)
show.notes(result.notes)
show.method(result.method)
