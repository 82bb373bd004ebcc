"""How is the study shown to a room? Larger letters and lines, no controls, from page to page by keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from present.stamp import filter_words
from ui import compute, show, state, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlit.navigation.page import StreamlitPage

BAR = "presentation_bar"
_LETTERS = "clamp(20px,1.25vw,26px)"  # one rem; the desk has the 17 px of .streamlit/config.toml
_CONTROLS = (
    "Button", "ButtonGroup", "Checkbox", "ColorPicker", "DateInput", "DownloadButton", "Expander", "FileUploader",
    "MultiSelect", "NumberInput", "Radio", "Selectbox", "Slider", "TextArea", "TextInput", "Form",
)  # fmt: skip


def offer() -> None:
    """Offer the presentation view in the sidebar."""
    st.button(
        "Presentation view", icon=":material/slideshow:", shortcut="Alt+P", width="stretch", on_click=state.present,
        args=(True,), help=words.PRESENTATION_HELP,
    )  # fmt: skip


def bar(page: StreamlitPage, walk: Sequence[StreamlitPage]) -> None:
    """Head a page in the presentation view: which study and filters, and the way to the next page and out."""
    study = state.current()
    st.html(_style())
    place = list(walk).index(page) if page in walk else -1
    with st.container(key=BAR, horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{show.plain(study.cohort.name)}**", width="stretch")
        back = st.button("Back", icon=":material/chevron_left:", shortcut="PageUp", disabled=place <= 0)
        if place >= 0:
            st.markdown(f"{place + 1} of {len(walk)}", width="content")
        last = place == len(walk) - 1
        forward = st.button("Next", icon=":material/chevron_right:", shortcut="PageDown", disabled=last)
        st.button("Leave", icon=":material/close:", shortcut="Esc", on_click=state.present, args=(False,))
    st.caption(show.plain(_who_remains()))
    if back or forward:
        st.switch_page(walk[max(place + (1 if forward else -1), 0)])


def _who_remains() -> str:
    """Put the filters in words, with what has to be said of a selection."""
    study = state.current()
    if not study.spec.filters:
        return "Filters: none"
    now, total = compute.view(study).members["patient_id"].tolist(), compute.unfiltered_view(study).n
    filters = "; ".join(map(filter_words, study.spec.filters))
    return f"Filters: {filters} · {len(now)} of {total} · {words.post_hoc(state.count_selections(now, total))}"


def _style() -> str:
    """Write the style that enlarges letters and hides every control but the bar's own."""
    kinds = ",".join(f'[data-testid="st{name}"]' for name in _CONTROLS)
    rules = (
        f"html{{font-size:{_LETTERS}!important}}",
        f".stMain :is({kinds}),.stMain .stElementContainer:has(>:is({kinds})){{display:none}}",
        f'.stMain .st-key-{BAR} :is(.stElementContainer,[data-testid="stButton"]){{display:block!important}}',
        ".stMainBlockContainer{padding:0.8rem 2.5rem 1rem}",
        "[data-testid='stHeader']{display:none}",
        ".stMain [data-testid='stVerticalBlock']{gap:0.5rem}",
        ".stMain h1{padding:0}",
    )
    return f"<style>{''.join(rules)}</style>"
