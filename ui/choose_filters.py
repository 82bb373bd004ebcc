"""Widgets that narrow the cohort: one filter per baseline variable, each with its counts now / total."""

from __future__ import annotations

import streamlit as st

from analysis.choices import FilterCandidate, count_levels
from analysis.cohort.dictionary import variable
from analysis.study import Filter, StudySpec
from ui import compute, words
from ui.show import plain
from ui.state import OpenStudy, choose, choose_spec, controlled, current, picked


def choose_filters(study: OpenStudy) -> None:
    """Show the filters in force with their counts now / total, and offer another."""
    on_offer = {candidate.variable: candidate for candidate in compute.filters_on_offer(study)}
    for chosen in study.spec.filters:
        _one_filter(study, chosen, on_offer.get(chosen.variable))
    unused = [name for name in on_offer if name not in {chosen.variable for chosen in study.spec.filters}]
    st.selectbox(
        "Add a filter",
        unused,
        index=None,
        placeholder="Add a filter …",
        format_func=lambda name: variable(name).label_with_unit(),
        key=controlled("new_filter", None),
        on_change=_add_filter,
        label_visibility="collapsed",
        help=words.FILTER_HELP,
    )


def _add_filter() -> None:
    name = picked("new_filter")
    study = current()
    candidate = next((item for item in compute.filters_on_offer(study) if item.variable == name), None)
    if candidate is not None:
        choose_spec(study.spec.with_filter(_open_filter(candidate)))


def _open_filter(candidate: FilterCandidate) -> Filter:
    """Start a filter that keeps everyone, so that adding it changes nothing yet."""
    levels = tuple(level for level, _ in candidate.levels) or None
    return Filter(variable=candidate.variable, low=candidate.low, high=candidate.high, levels=levels, keep_missing=True)


def _one_filter(study: OpenStudy, chosen: Filter, candidate: FilterCandidate | None) -> None:
    label, remove = st.columns([6, 1], vertical_alignment="center")
    label.markdown(f"**{plain(variable(chosen.variable).label_with_unit())}**")
    remove.button(
        "✕",
        key=f"remove_{chosen.variable}",
        type="tertiary",
        help="Remove this filter",
        on_click=lambda: choose_spec(current().spec.without_filter(chosen.variable)),
    )
    if candidate is None:
        st.caption("Every remaining patient has the same value.")
    elif candidate.levels:
        _level_filter(study, chosen, candidate)
    else:
        _range_filter(chosen, candidate)
    if candidate is not None and candidate.n_missing:
        key = f"missing_{chosen.variable}"
        st.checkbox(
            f"{words.KEEP_MISSING} ({candidate.n_missing})",
            key=controlled(key, chosen.keep_missing),
            on_change=lambda: _change_filter(chosen.variable, keep_missing=picked(key)),
        )


def _level_filter(study: OpenStudy, chosen: Filter, candidate: FilterCandidate) -> None:
    now = count_levels(compute.view(study), chosen.variable)
    total = dict(candidate.levels)
    known = variable(chosen.variable)
    key = f"filter_{chosen.variable}"
    st.pills(
        plain(known.label),
        list(total),
        selection_mode="multi",
        format_func=lambda level: f"{plain(known.level_label(level))} {now.get(level, 0)}/{total[level]}",
        key=controlled(key, [level for level in total if level in (chosen.levels or ())]),
        on_change=lambda: _change_filter(chosen.variable, levels=tuple(picked(key))),
        label_visibility="collapsed",
    )


def _range_filter(chosen: Filter, candidate: FilterCandidate) -> None:
    known = variable(chosen.variable)
    low, high = candidate.low or 0.0, candidate.high or 0.0
    start = low if chosen.low is None else min(max(low, chosen.low), high)
    end = high if chosen.high is None else max(min(high, chosen.high), start)
    key = f"filter_{chosen.variable}"
    st.slider(
        plain(known.label),
        min_value=low,
        max_value=high,
        step=candidate.step,
        format=f"%.{known.decimals}f",
        key=controlled(key, (start, end)),
        on_change=lambda: _change_filter(chosen.variable, low=picked(key)[0], high=picked(key)[1]),
        label_visibility="collapsed",
    )


def _change_filter(name: str, **changes: object) -> None:
    spec: StudySpec = current().spec
    chosen = next(item for item in spec.filters if item.variable == name)
    fields = {**chosen.__dict__, **changes}
    others = tuple(Filter(**fields) if item.variable == name else item for item in spec.filters)
    choose(filters=others)
