"""Who was treated? Baseline characteristics by group, and each row opened."""

import streamlit as st

from present.figures.baseline import figure_alt, row_figure
from present.tables.baseline import baseline_table
from present.tables.baseline_row import pairs_table, patients_table
from ui import choose_baseline, compute, show, state, words
from ui.open_patient import open_patient

study = state.current()
view = compute.view(study)
result = compute.baseline(study)

show.page_title(words.BASELINE_QUESTION, view)
choose_baseline.choose_table(study, result)
with st.container(key=choose_baseline.OPENED):
    name = choose_baseline.choose_row(result)
if name:
    row = compute.baseline_row(study, name)
    shown = show.Shown(view=view, method=row.table.method, notes=row.table.notes)
    choose_baseline.choose_row_display(study, row)
    clicked = show.figure_to_click(
        lambda theme: row_figure(row, theme=theme),
        title=row.variable.label_with_unit(),
        shown=shown,
        alt=figure_alt(row),
    )
    if isinstance(clicked, str):
        open_patient([clicked], key="baseline_point")
    if len(row.pairs):
        show.table(pairs_table(row), shown=shown)
    with st.expander("The patients behind each number", key=choose_baseline.BEHIND, on_change="rerun"):
        group, level = choose_baseline.choose_cell(row)
        listed = patients_table(row, group, level)
        show.table(listed, shown=shown)
        open_patient([one.key for one in listed.rows], key="baseline_cell")

shown = show.Shown(view=view, method=result.method, notes=result.notes)
show.table(baseline_table(result), shown=shown, opens=choose_baseline.TABLE)
choose_baseline.listen_to_table(result)
show.notes(result.notes)
show.method(result.method)
