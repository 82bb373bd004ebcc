"""Widgets of the remission page and of the page of factors."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from analysis.cohort.dictionary import variable
from analysis.outcomes.endpoints import ALL_ENDPOINT_LABELS
from ui import compute, words
from ui.show import plain
from ui.state import OpenStudy, choose, choose_option, choose_spec, controlled, current, picked

if TYPE_CHECKING:
    import pandas as pd

    from analysis.factors import FactorsResult
    from analysis.remission import SensitivityResult
    from analysis.study import Endpoint

MODELS = {"cox": "Cox, Efron ties", "grouped": "Grouped by visit (cloglog)"}
BOTH_SHOWN: dict[str, Endpoint] = {  # domain.md 2.8: below 14 and below 2 RU/mL are always shown together
    "immunologic_remission": "complete_immunologic_remission",
    "complete_immunologic_remission": "immunologic_remission",
}
PENALTIES = {"when separated": "Where separation is found", "always": "Always", "never": "Never"}


def choose_endpoint(study: OpenStudy) -> None:
    """Choose the endpoint of the curves."""
    st.selectbox(
        "Endpoint",
        list(ALL_ENDPOINT_LABELS),
        format_func=ALL_ENDPOINT_LABELS.get,
        key=controlled("endpoint", study.spec.endpoint),
        on_change=lambda: choose(endpoint=picked("endpoint")),
        help=words.ENDPOINT_HELP,
    )


def choose_curves(study: OpenStudy) -> None:
    """Choose how the curves are estimated: intervals, rescue therapy, the naive overlay."""
    from analysis.remission import INTERVALS, RESCUE_LABELS

    left, middle, right = st.columns(3, vertical_alignment="bottom")
    with left:
        _pick("interval", "Confidence limits", INTERVALS, study.spec.remission.interval, words.INTERVAL_HELP)
    with middle:
        _pick("rescue", "Rescue therapy", RESCUE_LABELS, study.spec.remission.rescue, words.RESCUE_CHOICE_HELP)
    with right:
        st.toggle(
            "Naive curve beside it",
            key=controlled("remission_naive", study.spec.remission.naive),
            on_change=lambda: choose_option("remission", naive=picked("remission_naive")),
            help=words.NAIVE_HELP,
        )


def choose_test(study: OpenStudy) -> None:
    """Choose the test of the curves, its powers and its strata."""
    from analysis.remission import TEST_LABELS, strata_on_offer

    options = study.spec.remission
    left, right = st.columns(2)
    with left:
        _pick("test", "Test", TEST_LABELS, options.test, words.TEST_HELP)
        if options.test == "fleming-harrington":
            _powers(study)
    with right:
        names = strata_on_offer(compute.view(study))
        labels = {"": "None"} | {name: variable(name).label for name in names}
        labels.setdefault(options.strata, variable(options.strata).label if options.strata else "None")
        _pick("strata", "Stratify by", labels, options.strata, words.STRATA_HELP)


def choose_class_test(study: OpenStudy) -> None:
    """Choose whether the response by class is tested: only on request, domain.md 3.9."""
    st.toggle(
        "Fisher's exact test of the response by class",
        key=controlled("remission_class_test", study.spec.remission.class_test == "fisher"),
        on_change=lambda: choose_option("remission", class_test="fisher" if picked("remission_class_test") else "none"),
    )


def choose_landmark(study: OpenStudy) -> None:
    """Choose the landmark."""
    st.number_input(
        "Landmark, months",
        min_value=0.5,
        max_value=float(max(study.spec.horizon_months, 1.0)),
        step=0.5,
        format="%.1f",
        key=controlled("remission_landmark", _within(study)),
        on_change=lambda: choose_option("remission", landmark_month=float(picked("remission_landmark"))),
        help=words.LANDMARK_HELP,
        width=240,
    )


def choose_lane_order(study: OpenStudy) -> None:
    """Choose how the lanes are sorted; changes no number."""
    from present.figures.swimmer import ORDERS

    st.segmented_control(
        "Sorted by",
        list(ORDERS),
        format_func=ORDERS.get,
        required=True,
        key=controlled("remission_lane_order", study.spec.remission.lane_order),
        on_change=lambda: choose_option("remission", lane_order=picked("remission_lane_order")),
    )


def choose_behind(listed: pd.DataFrame, groups: tuple[str, ...]) -> pd.DataFrame:
    """Choose a group, a visit and what happened by it; give the patients."""
    from analysis.remission import WHAT_LABELS

    left, middle, right = st.columns(3)
    group = left.selectbox("Group", ["", *groups], format_func=lambda name: name or "All", key="behind_group")
    months = sorted(listed["visit"].dropna().unique())
    visit = middle.selectbox("By the visit at", [0.0, *months], format_func=_month_words, key="behind_visit")
    kinds = [kind for kind in WHAT_LABELS if listed["what"].eq(kind).any()]
    what = right.selectbox("Which", kinds, format_func=WHAT_LABELS.get, key="behind_what")
    chosen = listed[listed["what"].eq(what)]
    if group:
        chosen = chosen[chosen["group"] == group]
    return chosen[chosen["visit"] == visit] if visit and what != "outside" else chosen


def _month_words(month: float) -> str:
    return f"Month {month:g}" if month else "Any"


def asks_for_sensitivity() -> bool:
    """Ask for the sensitivity strip, which takes a second or two."""
    return bool(st.toggle("Compute", key="sensitivity_on", persist_state="session", help=words.SENSITIVITY_INVITE))


def choose_setting(study: OpenStudy, result: SensitivityResult) -> None:
    """Take over one of the settings as the study's own choice, by one click; the table then starts from it."""
    from analysis.remission import adopted_spec

    view, key = compute.view(study), "sensitivity_setting"
    labels = dict(zip(result.rows["setting"], result.rows["label"], strict=True))
    specs = {name: spec for name in labels if (spec := adopted_spec(view, name)) is not None}
    st.markdown(f"**In use:** {plain(result.in_use)}")
    st.pills(
        "Use another for the whole study",
        list(specs),
        format_func=labels.get,
        key=controlled(key, None),
        on_change=lambda: choose_spec(specs[picked(key)]),
        help=words.SETTING_HELP,
    )


def choose_factors(study: OpenStudy, on_offer: tuple[str, ...], result: FactorsResult) -> None:
    """Choose the factors, the model and the penalty; the ones in use are shown."""
    st.multiselect(
        "Factors beside the treatment group",
        list(dict.fromkeys([*on_offer, *result.variables])),
        format_func=lambda name: variable(name).label,
        key=controlled("factors_variables", list(result.variables)),
        on_change=lambda: choose_option("factors", own_choice=True, variables=tuple(picked("factors_variables"))),
        help=words.FACTORS_HELP,
    )
    options = study.spec.factors
    left, middle, right = st.columns(3, vertical_alignment="bottom")
    with left:
        _pick("model", "Model", MODELS, options.model, "", page="factors")
    with middle:
        _pick("penalty", "Firth's penalty", PENALTIES, options.penalty, words.PENALTY_HELP, page="factors")
    if options.own_choice:
        right.button(
            "Back to the usual factors",
            key="factors_usual",
            on_click=lambda: choose_option("factors", own_choice=False, variables=()),
        )


def _pick(field: str, label: str, labels: dict[str, str], value: str, help_text: str, page: str = "remission") -> None:
    """Draw one list of choices of an option."""
    key = f"{page}_{field}"
    st.selectbox(
        label,
        list(labels),
        format_func=labels.get,
        key=controlled(key, value),
        on_change=lambda: choose_option(page, **{field: picked(key)}),
        help=help_text or None,
    )


def _powers(study: OpenStudy) -> None:
    for column, name in zip(st.columns(2), ("rho", "gamma"), strict=True):
        column.number_input(
            {"rho": "ρ (early)", "gamma": "γ (late)"}[name],
            min_value=0.0,
            max_value=5.0,
            step=0.5,
            format="%.1f",
            key=controlled(f"remission_{name}", float(getattr(study.spec.remission, name))),
            on_change=lambda name=name: choose_option("remission", **{name: float(picked(f"remission_{name}"))}),
        )


def _within(study: OpenStudy) -> float:
    """Keep the landmark within what the widget can show."""
    return float(min(max(current().spec.remission.landmark_month, 0.5), max(study.spec.horizon_months, 1.0)))


def choose_second_endpoint(study: OpenStudy) -> OpenStudy | None:
    """Choose whether the curves of first remission lie over those of complete remission, or the reverse."""
    others: dict[Endpoint, Endpoint] = {
        "complete_remission": "first_remission",
        "first_remission": "complete_remission",
    }
    other = others.get(study.spec.endpoint)
    if study.spec.endpoint in BOTH_SHOWN:
        return replace(study, spec=replace(study.spec, endpoint=BOTH_SHOWN[study.spec.endpoint]))
    if other is None:
        return None
    st.toggle(
        f"Also show: {ALL_ENDPOINT_LABELS[other][0].lower()}{ALL_ENDPOINT_LABELS[other][1:]}",
        key=controlled("remission_second", study.spec.remission.second),
        on_change=lambda: choose_option("remission", second=picked("remission_second")),
    )
    return replace(study, spec=replace(study.spec, endpoint=other)) if study.spec.remission.second else None
