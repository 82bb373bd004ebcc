"""Why does this patient have this status? All visits of one patient, and the rule behind each."""

import streamlit as st

from analysis.outcomes.applicability import rule_cautions
from present.tables.patients import course_table, explanation_table, record_table, visit_table, visit_words
from ui import choose, compute, show, state, words

study = state.current()
view = compute.view(study)
show.page_title(words.PATIENTS_QUESTION, view)

patient_id = choose.choose_patient(view)
result = compute.patient(study, patient_id)
shown = show.Shown(view=view, method=result.method, notes=rule_cautions(study.spec.rule))
show.table(visit_table(result), shown=shown)

if len(result.visits):
    time = choose.choose_visit(result, visit_words)
    explanation = compute.explanation(study, patient_id, time)
    st.markdown(f"**{show.plain(explanation.sentence)}**")
    show.table(explanation_table(explanation), shown=shown)
else:
    st.info("This patient has no visit with urine protein or albumin.")
if len(result.records):
    with st.expander("Laboratory records behind these visits"):
        show.table(record_table(result), shown=shown)
if len(result.course):
    show.table(course_table(result), shown=shown)
show.method(result.method)
