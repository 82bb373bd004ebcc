"""Which cohort is open? Open a sample study or a file, see what was read and what was found wrong."""

import streamlit as st

from analysis.cohort.template import template_workbook
from ui import choose, compute, show, show_origin, state, words

show.page_title(words.STUDY_QUESTION)
study = state.open_study()
if study is None:
    st.warning(words.NO_STUDY)

opening, template = st.columns([3, 2], gap="large")
with opening:
    choose.open_upload()
    choose.open_sample()
with template:
    st.markdown(words.FILE_LAYOUT)
    st.download_button(
        "Template workbook (Excel)",
        data=template_workbook,
        file_name="nephrocompare-template.xlsx",
        on_click="ignore",
        icon=":material/download:",
    )

if study is not None:
    st.divider()
    show.cohort_summary(compute.view(study))
    show_origin.origin(study.cohort)
    choose.save_study(study)
