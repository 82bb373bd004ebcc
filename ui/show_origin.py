"""What happened to a file on the way in: what was found, what was converted, by which mapping."""

from __future__ import annotations

import streamlit as st

from analysis.cohort.model import Cohort, Provenance
from ui import words
from ui.show import plain


def origin(cohort: Cohort) -> None:
    """List every conversion as a sentence, and give the mapping the file was read with."""
    provenance = cohort.provenance
    if provenance.conversions:
        title = f"Converted, merged or filled in: {words.plural(len(provenance.conversions), 'note')}"
        with st.expander(title):
            st.markdown("\n".join(f"- {plain(sentence)}" for sentence in provenance.conversions))
    if provenance.mapping:
        _mapping(provenance)


def _mapping(provenance: Provenance) -> None:
    st.markdown(f"Read with the mapping {provenance.mapping_hash}; every download names it.")
    st.download_button(
        "Mapping of this study (JSON)",
        data=provenance.mapping,
        file_name=f"nephrocompare-mapping-{provenance.mapping_hash}.json",
        mime="application/json",
        on_click="ignore",
        icon=":material/download:",
    )
