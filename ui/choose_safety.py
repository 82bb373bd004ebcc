"""Widgets of the adverse-events page: what counts as an event, how it is compared, which category a term has."""

from __future__ import annotations

from typing import Any

import streamlit as st

from analysis.options import SafetyOptions
from analysis.safety import SafetyResult, category_label, cell_token, flags_given, term_token, wide_columns
from analysis.safety.terms import known_categories
from present.tables.frame_rows import event_blocks
from present.tables.safety_words import sentence_case
from ui import compute
from ui.choose_baseline import plain_option
from ui.state import OpenStudy, choose_option, controlled, current, picked

SORTS = {"total": "Most frequent", "difference": "Difference", "name": "Name"}
INTERVALS = {"newcombe": "Newcombe", "miettinen_nurminen": "Miettinen–Nurminen", "agresti_caffo": "Agresti–Caffo"}
TESTS = {"none": "None", "fisher": "Fisher", "mid_p": "Fisher mid-P", "boschloo": "Boschloo"}
FLAGS = {"only_serious": "Serious", "only_related": "Related", "only_stopped": "Led to stop"}
COLUMN_OF_FLAG = {"only_serious": "serious", "only_related": "related", "only_stopped": "led_to_stop"}
LAST_DAY = SafetyOptions().last_day
P_HELP = "Off at first: groups of this size rarely allow a test of rare events, and every row adds one."


def ask_empty_table(study: OpenStudy) -> None:
    """Ask what a file without a single adverse event says; yes/no columns answer it."""
    if _has_columns(study):
        return
    st.segmented_control(
        "This file names no adverse event. Were adverse events looked for?",
        ["unknown", "none"],
        format_func={"unknown": "Not known", "none": "Yes, and none occurred"}.get,
        required=True,
        key=controlled("empty_table", study.spec.safety.empty_table),
        on_change=lambda: choose_option("safety", empty_table=picked("empty_table")),
    )


def ask_blanks(study: OpenStudy) -> None:
    """Ask what an empty cell of a yes/no column means; shown where the file has such columns."""
    if not _has_columns(study):
        return
    st.segmented_control(
        "An empty cell in a yes/no column of adverse events means",
        ["unknown", "no"],
        format_func={"unknown": "Not asked, or not known", "no": "It did not happen"}.get,
        required=True,
        key=controlled("blank", study.spec.safety.blank),
        on_change=lambda: choose_option("safety", blank=picked("blank")),
    )


def _has_columns(study: OpenStudy) -> bool:
    return bool(wide_columns(study.cohort))


def choose_order(study: OpenStudy) -> None:
    """Choose the rows and their order."""
    left, right = st.columns([3, 2])
    left.segmented_control(
        "Order",
        list(SORTS),
        format_func=SORTS.get,
        required=True,
        key=controlled("safety_sort", study.spec.safety.sort),
        on_change=lambda: choose_option("safety", sort=picked("safety_sort")),
    )
    right.toggle(
        "Show the single terms",
        key=controlled("safety_terms", study.spec.safety.shown == "terms"),
        on_change=lambda: choose_option("safety", shown="terms" if picked("safety_terms") else "categories"),
    )


def choose_events(study: OpenStudy) -> None:
    """Choose which events count: grade, kind, time window, drug on board; and interval and test."""
    options = study.spec.safety
    grade, kinds, window = st.columns([2, 3, 3])
    grade.selectbox(
        "Grade at least", [1, 2, 3, 4, 5], key=controlled("least_grade", options.least_grade),
        on_change=lambda: choose_option("safety", least_grade=int(picked("least_grade"))),
    )  # fmt: skip
    given = flags_given(study.cohort)
    flags = [name for name in FLAGS if COLUMN_OF_FLAG[name] in given or getattr(options, name)]
    if flags:
        kinds.pills(
            "Only events that are", flags, format_func=FLAGS.get, selection_mode="multi",
            key=controlled("safety_flags", [name for name in flags if getattr(options, name)]),
            on_change=lambda: choose_option("safety", **{name: name in picked("safety_flags") for name in flags}),
        )  # fmt: skip
    first, last = window.columns(2)
    first.number_input(
        "From day", min_value=-365, max_value=LAST_DAY, step=1, key=controlled("first_day", options.first_day),
        on_change=lambda: choose_option("safety", first_day=int(picked("first_day"))),
    )  # fmt: skip
    last.number_input(
        "To day", min_value=1, max_value=LAST_DAY, step=1, placeholder="end of follow-up",
        key=controlled("last_day", None if options.last_day >= LAST_DAY else options.last_day),
        on_change=lambda: choose_option("safety", last_day=int(picked("last_day") or LAST_DAY)),
    )  # fmt: skip
    _choose_drug(study)
    _choose_statistics(study)


def choose_focus(study: OpenStudy) -> None:
    """Choose the category whose first and repeated events are followed."""
    rows = compute.safety(study).rows
    names = {term_token(code): sentence_case(category_label(code)) for code in rows["category"].unique() if code}
    st.selectbox(
        "First event of",
        ["", *names],
        format_func=lambda token: names.get(token, "any kind"),
        key=controlled("safety_focus", study.spec.safety.focus if study.spec.safety.focus in names else ""),
        on_change=lambda: choose_option("safety", focus=picked("safety_focus")),
    )


def choose_cell(result: SafetyResult, part: str) -> str:
    """Choose a row and a group, whose patients are listed; gives the ``cell_token``."""
    left, right = st.columns(2)
    labels = {key: entries[0] for key, entries in event_blocks(result.rows)}
    key = left.selectbox(
        "Row", list(labels), format_func=lambda key: _row_label(labels[key]), key=f"safety_row_{part}"
    )  # fmt: skip
    group = right.selectbox("Patients of", list(result.groups), format_func=plain_option, key=f"safety_group_{part}")
    return cell_token(*key, group)


def _row_label(row: Any) -> str:
    return "\u2003" * ((row.level == "term") + bool(row.parent)) + plain_option(sentence_case(row.label))


def edit_terms(study: OpenStudy) -> None:
    """Move a term to another category for this session."""
    listed = compute.safety_part(study, "listing").rows
    terms = sorted({str(term) for term in listed["term"] if term}, key=str.casefold)
    if not terms:
        st.caption("No event of the selected patients has a term of its own.")
        return
    term = st.selectbox("Term", terms, format_func=lambda name: plain_option(sentence_case(name)), key="safety_term")
    now = listed.loc[listed["term"] == term, "category"].iloc[0]
    categories = list(dict.fromkeys([*known_categories(), *listed["category"]]))
    st.selectbox(
        "Belongs to",
        categories,
        format_func=lambda code: sentence_case(category_label(code)),
        key=controlled("safety_category", now),
        on_change=lambda: _move(term, picked("safety_category")),
    )
    if study.spec.safety.recoded:
        st.button("Undo all changes of category", on_click=lambda: choose_option("safety", recoded=()))


def _move(term: str, category: str) -> None:
    token = term_token(term)
    others = tuple(item for item in current().spec.safety.recoded if not item.startswith(f"{token}:"))
    choose_option("safety", recoded=(*others, f"{token}:{term_token(category)}"))


def _choose_drug(study: OpenStudy) -> None:
    drugs = sorted({str(drug) for drug in study.cohort.doses["drug"].dropna()})
    if not drugs:
        return
    options = study.spec.safety
    drug, days = st.columns([3, 2])
    drug.selectbox(
        "Only while a drug was on board", ["", *drugs], format_func=lambda name: name or "at any time",
        key=controlled("on_drug", options.on_drug if options.on_drug in drugs else ""),
        on_change=lambda: choose_option("safety", on_drug=picked("on_drug")),
    )  # fmt: skip
    days.number_input(
        "Days on board after the last dose", min_value=0, max_value=730, step=10,
        key=controlled("on_board_days", options.on_board_days), disabled=not options.on_drug,
        on_change=lambda: choose_option("safety", on_board_days=int(picked("on_board_days"))),
    )  # fmt: skip


def _choose_statistics(study: OpenStudy) -> None:
    interval, test = st.columns(2)
    interval.selectbox(
        "Interval of the difference", list(INTERVALS), format_func=INTERVALS.get,
        key=controlled("safety_interval", study.spec.safety.interval),
        on_change=lambda: choose_option("safety", interval=picked("safety_interval")),
    )  # fmt: skip
    test.selectbox(
        "P values", list(TESTS), format_func=TESTS.get, key=controlled("safety_test", study.spec.safety.test),
        on_change=lambda: choose_option("safety", test=picked("safety_test")), help=P_HELP,
    )  # fmt: skip
