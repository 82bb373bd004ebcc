"""Widgets for the clock of the endpoint: where it starts, when it stops, and who is at risk by anti-PLA2R."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from analysis.clock import CENSORING_LABELS, RITUXIMAB, START_LABELS, refused_starts
from analysis.outcomes.immunology import POSITIVE_FROM_RU_ML
from ui import compute, words
from ui.show import plain
from ui.state import OpenStudy, choose_option, controlled, picked


def choose_clock(study: OpenStudy) -> None:
    """Choose month 0 and the end of the wait without the event; for the antibody also the level of a positive."""
    chosen, refused = study.spec.remission, refused_starts(compute.view(study))
    left, right = st.columns(2)
    with left:
        offered = [start for start in START_LABELS if start not in refused or start == chosen.time_zero]
        _pick(
            study, "time_zero", "Month 0", {start: _start_label(start, refused) for start in offered}, words.START_HELP
        )
    with right:
        if study.spec.endpoint != "relapse":
            _pick(study, "censoring", "Without the event, followed to", CENSORING_LABELS, words.CENSORING_HELP)
    not_offered = [f"{START_LABELS[start]}: {why}" for start, why in refused.items()]
    if not_offered:
        st.caption(plain(f"Not offered as month 0. {'; '.join(not_offered)}."))
    if "immunologic" in study.spec.endpoint:
        levels = {level: f"{level:g} RU/mL" for level in POSITIVE_FROM_RU_ML}
        levels.setdefault(chosen.pla2r_positive_from, f"{chosen.pla2r_positive_from:g} RU/mL")
        _pick(study, "pla2r_positive_from", "Anti-PLA2R positive from", levels, words.POSITIVE_HELP)


def _start_label(start: str, refused: dict[str, str]) -> str:
    """Name a start; one that was chosen before and cannot be used now says what is used instead."""
    name = START_LABELS[start]
    return f"{name} (not possible, {START_LABELS[RITUXIMAB].lower()} used)" if start in refused else name


def _pick(study: OpenStudy, field: str, label: str, labels: Mapping[Any, str], help_text: str) -> None:
    key = f"remission_{field}"
    st.selectbox(
        label,
        list(labels),
        format_func=labels.get,
        key=controlled(key, getattr(study.spec.remission, field)),
        on_change=lambda: choose_option("remission", **{field: picked(key)}),
        help=help_text,
    )
