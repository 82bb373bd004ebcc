"""Which cell of a table was clicked, or chosen with Enter? A table drawn by ``show.table`` becomes a list of doors."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from ui.show import theme
from ui.state import picked

# Rows carry their key, row names are buttons (present/tables/html.py). Text being marked for copying is no click.
_LISTEN = """
export default function ({ data, setTriggerValue }) {
  const rows = `.st-key-${data.table} tr[data-row]`;
  const show = (left) => {
    const opened = document.querySelector(`.st-key-${data.opens}`);
    if (opened) opened.scrollIntoView({ behavior: "smooth", block: "start" });
    if (!opened && left) setTimeout(() => show(left - 1), 100);
  };
  const open = (event) => {
    const row = event.target.closest && event.target.closest(rows);
    if (!row || (event.type === "click" && String(getSelection()))) return;
    if (event.type === "keydown") {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
    }
    const cell = event.target.closest("td, th");
    setTriggerValue("cell", [row.dataset.row, cell ? cell.cellIndex : 0]);
    setTimeout(() => show(50), 300);
  };
  document.addEventListener("click", open);
  document.addEventListener("keydown", open);
  return () => {
    document.removeEventListener("click", open);
    document.removeEventListener("keydown", open);
  };
}
"""
# The row under the pointer is marked; what it opens does not scroll under the head of the page; on a telephone letters
# and gaps are small, so that two groups fit beside the names.
_LOOK = """
<style>
.st-key-{opens} {{ scroll-margin-top: 4rem }}
.st-key-{table} tr[data-row]:hover > * {{ background: color-mix(in srgb, currentColor 10%, {surface}) !important }}
@media (max-width: 640px) {{
  .st-key-{table} table {{ font-size: 0.7rem !important }}
  .st-key-{table} :is(th, td) {{ padding-block: 0.25rem !important; min-width: 0 !important }}
  .st-key-{table} td, .st-key-{table} thead th {{ padding-inline: 0.2rem !important }}
  .st-key-{table} tbody th[scope="row"] {{ min-width: 25vw !important }}
}}
</style>
"""
_listener = st.components.v2.component("row_clicks", js=_LISTEN)


def listen(table: str, *, opens: str, on_cell: Callable[[str, int], None]) -> None:
    """Call ``on_cell`` with the key of the row and the place of the column clicked in the table of this key.

    ``opens`` is the key of the container to scroll to.
    """
    key = f"{table}_clicks"
    st.html(_LOOK.format(table=table, opens=opens, surface=theme().surface))

    def clicked() -> None:
        cell = picked(key).get("cell")
        if isinstance(cell, list) and len(cell) == 2 and isinstance(cell[1], int):
            on_cell(str(cell[0]), cell[1])

    _listener(key=key, data={"table": table, "opens": opens}, on_cell_change=clicked)
