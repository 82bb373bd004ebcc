"""Widgets of the laboratory page: which values, which summary, which time, which visit, which tests."""

from __future__ import annotations

import streamlit as st

from analysis.choices import BETTER_BY, ScheduleProposal
from analysis.cohort.dictionary import data_dictionary, variable
from analysis.labs import MOST_PATIENTS, visit_on_view
from analysis.study import View
from present.tables.format import format_count, format_months, format_percent
from ui import words
from ui.link import text_token
from ui.state import OpenStudy, choose, choose_option, controlled, picked

SUMMARIES = {"median_iqr": "Median and quartiles", "mean_ci": "Mean and 95 % CI"}
TIMES = {"planned": "Planned visits", "actual": "Actual days"}
KINDS = {"dictionary": "As usual for the variable", "shape": "By the shape of the values", "medians": "Medians always"}
VARIANCES = {"default": "Welch", "equal_variances": "Equal variances (SPSS)"}


def choose_labs(study: OpenStudy, on_offer: tuple[str, ...]) -> tuple[str, ...]:
    """Choose which laboratory values are shown; nothing chosen shows the usual ones."""
    tokens = {_token(name): name for name in on_offer}
    usual = tuple(name for name in words.FIRST_LABS if name in on_offer) or on_offer[:1]
    kept = tuple(tokens[token] for token in study.spec.labs.shown if token in tokens) or usual
    st.multiselect(
        "Laboratory values",
        on_offer,
        format_func=lambda name: variable(name).label,
        key=controlled("labs_shown", list(kept)),
        on_change=lambda: choose_option("labs", shown=tuple(_token(name) for name in picked("labs_shown"))),
    )
    return tuple(name for name in on_offer if name in kept)


def choose_schedule(study: OpenStudy, offer: ScheduleProposal) -> bool:
    """Offer the months of the file as planned visits, or the usual ones again; tell whether months were offered."""
    usual = study.start.schedule
    if offer.months:
        n_early = format_count(offer.n_early)
        early = f", {n_early} of them from days 1 to 45, which belong to no visit" if offer.n_early else ""
        left_out, still = offer.n_values - offer.n_placed, offer.n_values - offer.n_proposed
        st.warning(
            f"{format_count(left_out)} of {format_count(offer.n_values)} values count for no planned visit "
            f"(months {_months(offer.in_use)}): outside every window, or a second one in it. Months "
            f"{_months(offer.months[1:])} serve the file's visits; with these, {format_count(still)} would be left "
            f"out{early}. "
            "Planned visits are the same on every page: remission and completeness follow."
        )
        st.button("Use the file's months", key="labs_file_months", on_click=lambda: choose(schedule=offer.months))
    elif study.spec.schedule != usual:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"Planned visits: months {_months(study.spec.schedule)}, not the usual {_months(usual)}.")
            st.button(f"Back to months {_months(usual)}", key="labs_usual_months", type="tertiary",
                      on_click=lambda: choose(schedule=usual))  # fmt: skip
    return bool(offer.months)


def why_no_months(offer: ScheduleProposal) -> str:
    """Say why no other planned visits are proposed."""
    return (
        "No other planned visits are proposed: months to which a fifth of the patients still seen came would count "
        f"fewer than {format_percent(BETTER_BY)} more of the {format_count(offer.n_values)} values."
    )


def _months(schedule: tuple[float, ...]) -> str:
    return ", ".join(format_months(month) for month in schedule)


def choose_summary(study: OpenStudy) -> None:
    """Choose how a laboratory value is summed up at each visit."""
    st.segmented_control(
        "Summary",
        list(SUMMARIES),
        format_func=SUMMARIES.get,
        required=True,
        key=controlled("lab_summary", study.spec.lab_summary),
        on_change=lambda: choose(lab_summary=picked("lab_summary")),
    )


def choose_time(study: OpenStudy) -> None:
    """Choose whether values stand at the planned visits or at their actual days."""
    st.segmented_control(
        "Time in the figures",
        list(TIMES),
        format_func=TIMES.get,
        required=True,
        key=controlled("labs_time", study.spec.labs.time),
        on_change=lambda: choose_option("labs", time=picked("labs_time")),
    )


def choose_drawing(study: OpenStudy) -> None:
    """Choose whether all courses stand in one figure, and whether a paper's values stand beside the sample's."""
    from analysis.labs import has_published
    from ui.compute import view

    with st.container(horizontal=True):
        _toggle("All panels in one figure", "together", study, help=words.TOGETHER_HELP)
        if has_published(view(study)):
            _toggle("Published values", "published", study, help=words.PUBLISHED_HELP)


def choose_lab_visit(study: OpenStudy) -> None:
    """Choose the visit looked at by itself."""
    later = [float(month) for month in sorted(study.spec.schedule) if month > 0]
    st.segmented_control(
        "Visit",
        later,
        format_func=lambda month: f"Month {format_months(month)}",
        required=True,
        key=controlled("labs_visit", visit_on_view(study.spec)),
        on_change=lambda: choose_option("labs", visit_month=float(picked("labs_visit"))),
    )


def choose_tests(study: OpenStudy, *, compared: bool = True) -> None:
    """Choose between means and medians and, where groups are compared, how means are."""
    left, right = st.columns([3, 2])
    left.segmented_control(
        "Means or medians",
        list(KINDS),
        format_func=KINDS.get,
        required=True,
        key=controlled("labs_kinds", study.spec.labs.kinds),
        on_change=lambda: choose_option("labs", kinds=picked("labs_kinds")),
    )
    if not compared:
        return
    right.segmented_control(
        "Means are compared by",
        list(VARIANCES),
        format_func=VARIANCES.get,
        required=True,
        key=controlled("labs_variances", study.spec.labs.variances),
        on_change=lambda: choose_option("labs", variances=picked("labs_variances")),
    )


def choose_one_lab(variables: tuple[str, ...], *, key: str) -> str:
    """Choose one of the laboratory values shown."""
    return st.selectbox(
        "Laboratory value", variables, format_func=lambda name: variable(name).label, key=key, persist_state="session"
    )


def choose_behind(view: View, variables: tuple[str, ...]) -> tuple[str, str, float, bool]:
    """Choose a value, a group, a visit, and those with or without a value."""
    name, group, visit, which = st.columns(4)
    return (
        name.selectbox("Value", variables, format_func=lambda one: variable(one).label, key="labs_behind_value"),
        group.selectbox("Patients of", view.groups, format_func=lambda one: " ".join(one.split()),
                        key="labs_behind_group"),
        visit.selectbox("Visit", sorted(view.spec.schedule), format_func=lambda month: f"Month {format_months(month)}",
                        key="labs_behind_visit"),
        which.selectbox("Which", [True, False], format_func={True: "With a value", False: "Without a value"}.get,
                        key="labs_behind_which"),
    )  # fmt: skip


def choose_small_group(view: View) -> tuple[str | None, bool]:
    """Choose whose panels are drawn: everybody up to 40 patients, else one group of at most 40; False if none."""
    if view.n <= MOST_PATIENTS:
        return None, True
    small = [group for group, n in view.group_sizes().items() if 0 < n <= MOST_PATIENTS]
    if not small:
        return None, False
    group = st.segmented_control("Group", small, default=small[0], required=True, key="labs_small_group")
    return group, True


def _toggle(label: str, field: str, study: OpenStudy, *, help: str) -> None:
    key = f"labs_{field}"
    st.toggle(
        label,
        key=controlled(key, getattr(study.spec.labs, field)),
        on_change=lambda: choose_option("labs", **{field: picked(key)}),
        help=help,
    )


def _token(name: str) -> str:
    """Write a known variable by its name, a column of the file's own by its hash: links carry no word of the file."""
    return name if name in data_dictionary() else text_token(name)
