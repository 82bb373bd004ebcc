"""What does each column mean? The import of a file that is not in our layout, confirmed by the person who knows it."""

import streamlit as st

from ui import choose_mapping, show, state, words

show.page_title(words.COLUMNS_QUESTION)
upload = state.upload()
if upload is None:
    st.info(words.NO_UPLOAD)
    st.page_link(show.page_path("study"), label="Go to the Study page")
    st.stop()

st.markdown(f"**{show.plain(upload.names())}**")
for change in upload.changes:
    st.info(show.plain(change))
problem = state.upload_problem()
if problem is not None:
    show.problem(problem)

n_open = choose_mapping.show_questions(upload)
choose_mapping.open_mapped(upload, n_open)
st.subheader("Columns", anchor=False)
choose_mapping.edit_columns(upload)
choose_mapping.save_or_replay(upload)
choose_mapping.offer_key(upload)
