"""How does a table look on the page and in an HTML report? Everything from outside is escaped here."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from present.figures.theme import GroupStyle
from present.tables.document import TableColumn, TableDocument, TableRow

_LINE = "1px solid color-mix(in srgb, currentColor 25%, transparent)"
_RULE = "2px solid currentColor"
_TABLE = (
    "color:inherit;border-collapse:collapse;width:100%;font-size:0.92rem;line-height:1.4;"
    "font-variant-numeric:tabular-nums"
)
_CELL = "padding:0.35rem 0.5rem;vertical-align:top;border:0"
_HEAD = "font-weight:600;white-space:pre-line;min-width:4.5rem"
_FOOT = "font-size:0.85rem;line-height:1.4;opacity:0.85;padding-top:0.5rem;max-width:60rem"
_SHORT = 22  # characters that stay on one line
_BORDER_OF_DASH = {"solid": "solid", "dash": "dashed", "dot": "dotted"}


def table_html(document: TableDocument, *, styles: Mapping[str, GroupStyle] | None = None) -> str:
    """Write a table as HTML that reads on a light and a dark page; ``styles`` colours the group columns."""
    body = "".join(_row(document, row) for row in document.rows)
    return (
        f'<div role="region" aria-label="{escape(document.title)}" tabindex="0" style="overflow-x:auto;max-width:100%">'
        f'<table style="{_TABLE}">{_caption(document.title)}{_head(document.columns, styles or {})}'
        f"<tbody>{body}</tbody></table></div>{_footnotes(document.footnotes)}"
    )


def _caption(title: str) -> str:
    style = "caption-side:top;text-align:left;font-weight:600;font-size:1.05rem;padding:0 0 0.5rem 0;color:inherit"
    return f'<caption style="{style}">{escape(title)}</caption>'


def _head(columns: tuple[TableColumn, ...], styles: Mapping[str, GroupStyle]) -> str:
    cells = "".join(_head_cell(column, styles.get(column.group or "")) for column in columns)
    return f'<thead><tr style="border-top:{_RULE}">{cells}</tr></thead>'


def _head_cell(column: TableColumn, style: GroupStyle | None) -> str:
    line = _RULE
    if style:
        line = f"4px {_BORDER_OF_DASH.get(style.dash, 'double')} {style.color}"
    look = f"{_CELL};{_HEAD};text-align:{column.align};border-bottom:{line}"
    return f'<th scope="col" style="{look}">{escape(column.label)}</th>'


def _row(document: TableDocument, row: TableRow) -> str:
    if row.kind == "section":
        look = f"{_CELL};padding-top:0.9rem;text-align:left;font-weight:600;border-bottom:{_LINE}"
        span = len(document.columns)
        return f'<tr><th scope="rowgroup" colspan="{span}" style="{look}">{escape(row.cells[0])}</th></tr>'
    head = _row_head(row)
    cells = (_cell(column, text) for column, text in zip(document.columns[1:], row.cells[1:], strict=True))
    return f"<tr>{head}{''.join(cells)}</tr>"


def _row_head(row: TableRow) -> str:
    indent = 0.5 + 1.25 * row.indent
    width = "min-width:min(14rem,45vw)" if len(row.cells[0]) > _SHORT else "white-space:nowrap"
    look = f"{_CELL};padding-left:{indent:g}rem;text-align:left;font-weight:400;border-bottom:{_LINE};{width}"
    return f'<th scope="row" style="{look}">{escape(row.cells[0])}</th>'


def _cell(column: TableColumn, text: str) -> str:
    wrap = "normal" if column.align == "left" or len(text) > _SHORT else "nowrap"
    look = f"{_CELL};text-align:{column.align};border-bottom:{_LINE};white-space:{wrap}"
    return f'<td style="{look}">{escape(text)}</td>'


def _footnotes(footnotes: tuple[str, ...]) -> str:
    if not footnotes:
        return ""
    lines = "".join(f'<p style="margin:0.25rem 0">{escape(text)}</p>' for text in footnotes)
    return f'<div style="{_FOOT}">{lines}</div>'
