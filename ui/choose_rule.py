"""Widgets for the definition of remission: the preset and every open question of its wording."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from analysis.outcomes.rules import PRESETS
from analysis.outcomes.switches import Switch, answer, open_switches
from ui import words
from ui.show import plain
from ui.state import OpenStudy, choose, controlled, current, picked


def choose_preset(study: OpenStudy) -> None:
    """Choose the published rule; its switches go back to what the source says."""
    st.selectbox(
        "Remission rule",
        list(PRESETS),
        format_func=lambda name: PRESETS[name].label,
        key=controlled("rule", study.spec.rule.name),
        on_change=lambda: choose(rule=PRESETS[picked("rule")]),
        help=words.RULE_HELP,
    )


def choose_switches(study: OpenStudy) -> None:
    """Choose an answer to each question the rule leaves open, in two columns."""
    columns = st.columns(2, gap="large")
    switches = open_switches(study.spec.rule)
    half = (len(switches) + 1) // 2
    for place, switch in enumerate(switches):
        with columns[place // half]:
            _one_switch(study, switch)
    if study.spec.rule.normal_function == "scr_upper_limit" and study.spec.rule.cr_function == "normal":
        empty = "not given: complete remission cannot be decided"
        _limit(study, "scr_upper_limit", "Upper limit of creatinine in your laboratory (µmol/L)", empty)
        _limit(study, "scr_upper_limit_women", "The limit of women, if it is another (µmol/L)", "the same")


def _limit(study: OpenStudy, field: str, label: str, empty: str) -> None:
    """Ask for a limit of creatinine."""
    st.number_input(
        label,
        min_value=40.0,
        max_value=200.0,
        step=1.0,
        format="%.0f",
        placeholder=empty,
        key=controlled(field, getattr(study.spec.rule, field)),
        on_change=lambda: choose(rule=replace(current().spec.rule, **{field: picked(field)})),
    )


def _one_switch(study: OpenStudy, switch: Switch) -> None:
    labels = dict(switch.answers)
    preset = getattr(PRESETS[study.spec.rule.name], switch.field)
    used = getattr(study.spec.rule, switch.field)
    changed = " · changed" if used != preset else ""
    key = f"switch_{switch.field}"
    st.selectbox(
        plain(switch.question) + changed,
        list(labels),
        format_func=labels.get,
        key=controlled(key, used),
        on_change=lambda: choose(rule=answer(current().spec.rule, switch.field, picked(key))),
    )
