"""How does a table look on the page and in an HTML report? Everything from outside is escaped here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from present.figures.theme import GroupStyle
from present.tables.document import TableColumn, TableDocument, TableRow

_LINE = "1px solid color-mix(in srgb, currentColor 25%, transparent)"
_RULE = "2px solid currentColor"
_TABLE = (  # separate borders move with a cell that stays in sight
    "color:inherit;border-collapse:separate;border-spacing:0;width:100%;line-height:1.4;"
    "font-variant-numeric:tabular-nums"
)
_CELL = "vertical-align:top;border:0"
_HEAD = "font-weight:600;white-space:pre-line"
_FOOT = "font-size:0.85rem;line-height:1.4;opacity:0.85;padding-top:0.5rem;max-width:60rem"
_BUTTON = "text-decoration:underline dotted color-mix(in srgb, currentColor 40%, transparent)"
_SHORT = 22  # characters that stay on one line
_FITS = 16  # characters of a number with its bracket that fit beside others on a narrow screen
_MANY_COLUMNS = 7  # more are set smaller and closer, so that five groups still fit beside each other
_MANY_LETTERS = 105  # so are tables whose longest cells, side by side, are longer than this
_FADE = "1.5rem"  # where a table goes on beyond the edge of its box, what stands there fades and is not cut
_BORDER_OF_DASH = {"solid": "solid", "dash": "dashed", "dot": "dotted"}


@dataclass(frozen=True, kw_only=True)
class _Setting:
    """How tightly a table is set, what lies behind a row name that stays in sight, whether rows can be opened."""

    dense: bool
    surface: str
    opens: bool

    @property
    def letters(self) -> str:
        return "font-size:0.8rem" if self.dense else "font-size:0.92rem"

    @property
    def cell(self) -> str:
        return f"padding:{'0.3rem 0.35rem' if self.dense else '0.35rem 0.5rem'};{_CELL}"

    @property
    def head(self) -> str:
        return f"{self.cell};{_HEAD};min-width:{3 if self.dense else 4.5}rem"

    @property
    def stays(self) -> str:
        fade = f"linear-gradient(to right,{self.surface} calc(100% - 1rem),transparent)"
        return f";position:sticky;left:0;padding-right:1.25rem;background:{fade}" if self.surface else ""


def table_html(
    document: TableDocument,
    *,
    styles: Mapping[str, GroupStyle] | None = None,
    surface: str = "",
    opens: bool = False,
) -> str:
    """Write a table as HTML that reads on a light and a dark page.

    ``styles`` colours the group columns; ``surface`` is the colour of the page behind the row names, which then
    stay in sight where a wide table is scrolled sideways. With ``opens`` rows carry their keys and their names are
    buttons, for a page that listens.
    """
    dense = len(document.columns) > _MANY_COLUMNS or _letters(document) > _MANY_LETTERS
    setting = _Setting(dense=dense, surface=surface, opens=opens)
    body = "".join(_row(document, row, setting) for row in document.rows)
    return (
        f'<div role="region" aria-label="{escape(document.title)}" tabindex="0" style="{_box(surface)}">'
        f'<table style="{_TABLE};{setting.letters}">{_caption(document.title)}'
        f"{_head(document.columns, styles or {}, setting)}"
        f"<tbody>{body}</tbody></table></div>{_footnotes(document.footnotes)}"
    )


def _letters(document: TableDocument) -> int:
    """Count the letters of the longest cells side by side, row names aside."""
    rows = [row.cells[1:] for row in document.rows if row.kind != "section"]
    return sum(max(map(len, cells)) for cells in zip(*rows, strict=True))


def _box(surface: str) -> str:
    """Let a wide table scroll in a box of its own; on a page its right edge fades, never cutting a number in two."""
    if not surface:
        return "overflow-x:auto;max-width:100%"
    fade = f"linear-gradient(to right,black calc(100% - {_FADE}),transparent)"
    return f"overflow-x:auto;max-width:100%;box-sizing:border-box;padding-right:{_FADE};mask-image:{fade}"


def _caption(title: str) -> str:
    style = "caption-side:top;text-align:left;font-weight:600;font-size:1.05rem;padding:0 0 0.5rem 0;color:inherit"
    whole = "display:inline-block;position:sticky;left:0;max-width:min(100%,calc(100vw - 5rem))"  # of a wide table too
    return f'<caption style="{style}"><span style="{whole}">{escape(title)}</span></caption>'


def _head(columns: tuple[TableColumn, ...], styles: Mapping[str, GroupStyle], setting: _Setting) -> str:
    cells = "".join(
        _head_cell(column, styles.get(column.group or ""), setting.head + (setting.stays if not place else ""))
        for place, column in enumerate(columns)
    )
    return f"<thead><tr>{cells}</tr></thead>"


def _head_cell(column: TableColumn, style: GroupStyle | None, look: str) -> str:
    line = _RULE
    if style:
        line = f"4px {_BORDER_OF_DASH.get(style.dash, 'double')} {style.color}"
    look = f"{look};text-align:{column.align};border-top:{_RULE};border-bottom:{line}"
    label = re.sub(r"\b[Nn] ?= ?(?=\d)|\([^()]{,12}\)", lambda found: found[0].replace(" ", "\u00a0"), column.label)
    return f'<th scope="col" style="{look}">{escape(label)}</th>'


def _row(document: TableDocument, row: TableRow, setting: _Setting) -> str:
    if row.kind == "section":
        look = f"{setting.cell};padding-top:0.9rem;text-align:left;font-weight:600;border-bottom:{_LINE}"
        span = len(document.columns)
        name = f'<span style="position:sticky;left:0.5rem">{escape(row.cells[0])}</span>'
        return f'<tr><th scope="rowgroup" colspan="{span}" style="{look}">{name}</th></tr>'
    head = _row_head(row, setting)
    cells = (_cell(column, text, setting) for column, text in zip(document.columns[1:], row.cells[1:], strict=True))
    key = f' data-row="{escape(row.key)}" style="cursor:pointer"' if setting.opens and row.key else ""
    return f"<tr{key}>{head}{''.join(cells)}</tr>"


def _row_head(row: TableRow, setting: _Setting) -> str:
    indent = (0.35 if setting.dense else 0.5) + 1.25 * row.indent
    wide = "min-width:min(9rem,30vw)" if setting.dense else "min-width:min(14rem,45vw)"
    width = wide if len(row.cells[0]) > _SHORT else "white-space:nowrap"
    name = _label(row.cells[0])
    if setting.opens and row.key:
        name = f'<span role="button" tabindex="0" style="{_BUTTON}">{name}</span>'
    look = f"{setting.cell};padding-left:{indent:g}rem;text-align:left;font-weight:400;border-bottom:{_LINE};{width}"
    return f'<th scope="row" style="{look}{setting.stays}">{name}</th>'


def _label(text: str) -> str:
    """Keep how a row is summed up, after its last comma outside brackets, on one line."""
    parts = re.fullmatch(r"(.*, )([^,()\[\]]+(?: [(\[][^()\[\]]*[)\]])?)", text)
    return escape(parts[1]) + _together(parts[2]) if parts else escape(text)


def _cell(column: TableColumn, text: str, setting: _Setting) -> str:
    parts = [text]
    if column.align == "right":
        parts = re.split(r" (?=[(\[])|(?<=;) ", text)
    wrap = "normal" if column.align == "left" or len(parts) > 1 or len(text) > _SHORT else "nowrap"
    least = ""
    if column.align == "center" and wrap == "nowrap" and " (" in text and len(text) > _FITS:  # breaks on a phone
        wrap, least = "normal", f";min-width:min({len(text)}ch,18vw)"
    look = f"{setting.cell};text-align:{column.align};border-bottom:{_LINE};white-space:{wrap}{least}"
    return f'<td style="{look}">{" ".join(map(_together, parts)) if len(parts) > 1 else escape(text)}</td>'


def _together(part: str) -> str:
    """Keep a short part of a cell on one line."""
    keep = len(part) <= _SHORT and re.search("[ –]", part) is not None
    return f'<span style="white-space:nowrap">{escape(part)}</span>' if keep else escape(part)


def _footnotes(footnotes: tuple[str, ...]) -> str:
    if not footnotes:
        return ""
    lines = "".join(f'<p style="margin:0.25rem 0">{escape(text)}</p>' for text in footnotes)
    return f'<div style="{_FOOT}">{lines}</div>'
