"""From a number to the page of one of the patients behind it."""

from __future__ import annotations

import streamlit as st

from ui import show
from ui.state import look_at

MOST_LISTED = 500  # as in the tables: a longer list is no longer read


def open_patient(ids: list[str], *, key: str) -> None:
    """Offer to open the page of one of these patients; nothing where there is none."""
    if not ids:
        return
    left, right = st.columns([2, 5], vertical_alignment="bottom")
    with left:
        chosen = st.selectbox("Look at", ids[:MOST_LISTED], key=f"{key}_patient")
    with right:
        if st.button("Open the patient's page", key=f"{key}_open", on_click=lambda: look_at(chosen)):
            st.switch_page(show.page_path("patients"))
