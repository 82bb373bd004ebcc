"""Widgets of the baseline table: its rows, summaries, differences, tests and look."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from analysis.baseline.choices import (
    chosen_rows,
    level_token,
    row_summary,
    row_token,
    with_row_levels,
    with_row_summary,
)
from analysis.cohort.dictionary import variable
from present.tables.baseline_cells import cell_at
from present.tables.looks import LOOKS
from ui import words
from ui.row_clicks import listen
from ui.state import OpenStudy, choose, choose_option, controlled, current, picked

if TYPE_CHECKING:
    from analysis.baseline import BaselineResult, RowResult

BEHIND, OPENED, TABLE = "baseline_behind", "baseline_opened", "baseline_table"
WIDTH = 166  # pixels; five lists fit beside each other at 1400
SUMMARIES = {
    "dictionary": "By variable",
    "auto": "By distribution",
    "mean": "Means",
    "median": "Medians",
}
ROW_SUMMARIES = {"mean": "Mean ± SD", "median": "Median and quartiles", "range": "Median and range"}
MISSING = {"column": "A column", "row": "A row", "denominators": "In denominators", "hidden": "Hidden"}
DIFFERENCES = {"auto": "As fits", "reference": "By reference", "largest": "Largest", "hidden": "Hidden"}
CATEGORICAL_TESTS = {
    "default": "Fisher if counts are small, else Pearson",
    "pearson": "Pearson",
    "yates": "Pearson with Yates",
    "fisher": "Fisher",
    "mid_p": "Fisher, mid-P",
    "boschloo": "Boschloo",
}


def choose_table(study: OpenStudy, result: BaselineResult) -> None:
    """Choose what the table shows, and how."""
    options, compared = study.spec.baseline, len(study.spec.groups()) > 1
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _select("Look", "look", {name: look.label for name, look in LOOKS.items()}, study, help=words.LOOK_HELP)
        _select("Summaries", "summary", SUMMARIES, study, help=words.SUMMARY_HELP)
        _quartiles(study)
        _select("Missing values", "missing", MISSING, study)
        if compared:
            _select("SMD", "smd", DIFFERENCES, study, help=words.SMD_HELP)
    with st.container(horizontal=True, vertical_alignment="center"):
        if compared:
            _toggle("P values", "p_values", study, help=words.BASELINE_P_HELP)
            _toggle("Overall column", "overall", study)
        if compared and options.p_values:
            _toggle("Equal variances (Student, ANOVA)", "equal_variances", study)
            _select("Test of categories", "categorical_test", CATEGORICAL_TESTS, study, width=2 * WIDTH)
    if compared and not options.p_values:
        st.caption(words.BASELINE_P_OFF)
    _rows(study, result)


def choose_row(result: BaselineResult) -> str | None:
    """Choose one row to look at; none at first."""
    return st.selectbox(
        "Look at one row",
        list(chosen_rows(result.on_offer, result.options)),
        index=None,
        placeholder="Click a row of the table, or choose it here: its distribution, and its patients",
        format_func=lambda name: plain_option(variable(name).label_with_unit()),
        key="baseline_row",
        persist_state="session",
    )


def choose_row_display(study: OpenStudy, row: RowResult) -> None:
    """Choose the summary of one row, or which of its levels are shown."""
    name, options = row.variable.name, study.spec.baseline
    if row.kind == "continuous":
        key = f"row_summary_{row_token(name)}"
        st.segmented_control(
            "Summary of this row",
            list(ROW_SUMMARIES),
            format_func=ROW_SUMMARIES.get,
            key=controlled(key, row_summary(options, name)),
            on_change=lambda: choose(baseline=with_row_summary(current().spec.baseline, name, picked(key))),
            help="None picked: as chosen for the whole table.",
        )
        return
    key = f"row_levels_{row_token(name)}"
    by_token = {level_token(name, level): level for level in row.levels}
    st.multiselect(
        "Levels shown",
        list(row.levels),
        format_func=lambda level: plain_option(row.variable.level_label(level)),
        placeholder="The usual levels",
        key=controlled(key, [by_token[token] for token in options.levels if token in by_token]),
        on_change=lambda: choose(baseline=with_row_levels(current().spec.baseline, name, picked(key))),
        help=words.LEVELS_SHOWN_HELP,
    )


def listen_to_table(result: BaselineResult) -> None:
    """Open the row or the patients behind the cell that is clicked in the table."""
    listen(TABLE, opens=OPENED, on_cell=lambda key, place: open_cell(result, key, place))


def open_cell(result: BaselineResult, key: str, place: int) -> None:
    """Open the row of the table that was clicked and, of a number, the patients behind it."""
    cell = cell_at(result, key, place)
    if cell is None:
        return
    controlled("baseline_row", cell.variable)
    if cell.group:
        controlled(BEHIND, True)
        controlled("baseline_group", cell.group)
    if cell.level is not None:
        controlled(f"baseline_level_{row_token(cell.variable)}", cell.level)


def choose_cell(row: RowResult) -> tuple[str, str]:
    """Choose a group and, for a category, a level of one row, whose patients are listed."""
    left, right = st.columns(2)
    groups = [*row.groups, row.table.overall] if row.table.overall else list(row.groups)
    group = left.selectbox("Patients of", groups, format_func=plain_option, key="baseline_group")
    levels = [*row.levels, ""] if row.kind != "continuous" else ["all", ""]
    names = {"": "without a value", "all": "with a value"}
    level = right.selectbox(
        "Which",
        levels,
        format_func=lambda level: names.get(level) or plain_option(row.variable.level_label(level)),
        key=f"baseline_level_{row_token(row.variable.name)}",
    )
    return group, level


def plain_option(text: str) -> str:
    """Write outside text for a list of options, which Streamlit shows as it is."""
    return " ".join(text.split())


def _quartiles(study: OpenStudy) -> None:
    st.selectbox(
        "Quartiles",
        [6, 7],
        format_func={6: "Type 6 (SPSS)", 7: "Type 7 (R, Excel)"}.get,
        key=controlled("quantile_type", study.spec.quantile_type),
        on_change=lambda: choose(quantile_type=picked("quantile_type")),
        help=words.QUANTILE_HELP,
        width=WIDTH,
    )


def _rows(study: OpenStudy, result: BaselineResult) -> None:
    with st.expander("Rows and their order"):
        chosen = [name for name in result.on_offer if row_token(name) in study.spec.baseline.rows]
        ordered = sorted(chosen, key=lambda name: study.spec.baseline.rows.index(row_token(name)))
        st.multiselect(
            "Rows",
            list(result.on_offer),
            format_func=lambda name: plain_option(variable(name).label),
            placeholder="Every row",
            key=controlled("baseline_rows", ordered),
            on_change=_set_rows,
            help=words.ROWS_HELP,
        )


def _set_rows() -> None:
    choose_option("baseline", rows=tuple(row_token(name) for name in picked("baseline_rows")))


def _select(
    label: str, field: str, names: dict[str, str], study: OpenStudy, *, help: str | None = None, width: int = WIDTH
) -> None:
    key = f"baseline_{field}"
    value = getattr(study.spec.baseline, field)
    st.selectbox(
        label,
        list(names),
        format_func=names.get,
        key=controlled(key, value if value in names else next(iter(names))),
        on_change=lambda: choose_option("baseline", **{field: picked(key)}),
        help=help,
        width=width,
    )


def _toggle(label: str, field: str, study: OpenStudy, *, help: str | None = None) -> None:
    key = f"baseline_{field}"
    st.toggle(
        label,
        key=controlled(key, getattr(study.spec.baseline, field)),
        on_change=lambda: choose_option("baseline", **{field: picked(key)}),
        help=help,
    )
