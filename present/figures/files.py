"""How does a figure leave as PNG, SVG or HTML? The picture on screen, framed by what it says about itself."""

from __future__ import annotations

import base64
import re
import struct
import unicodedata
import zlib
from html import escape

import plotly.graph_objects as go

from present.figures.browser import render
from present.figures.theme import CLEAR, CONFIG, FONT, PRINT
from present.stamp import Stamp

WIDTH = 1000  # pixels; at 300 dots per inch and the scale below, 16.9 cm: the width of an A4 text block
SCALE = 2.0  # 2000 pixels across 6.67 inches = 300 dots per inch
_PIXELS_PER_METRE = 11811  # 300 dots per inch
_END_OF_HEADER = 33  # bytes: PNG signature and IHDR chunk
_DEFAULT_HEIGHT = 560
_EDGE = 24
_TITLE_SIZE, _TEXT_SIZE, _RIBBON_SIZE = 20, 13, 15
_LINE = 1.4
_CHARACTER = 0.6  # em; DejaVu Sans, the widest font of the stack, averages less

Line = tuple[str, int, str]  # text, size, weight


def figure_svg(figure: go.Figure, stamp: Stamp, *, width: int = WIDTH) -> bytes:
    """Write a figure built with the PRINT theme as SVG, framed by its stamp."""
    return _framed(figure, stamp, width)[0].encode("utf-8")


def figure_png(figure: go.Figure, stamp: Stamp, *, width: int = WIDTH, scale: float = SCALE) -> bytes:
    """Write a figure built with the PRINT theme as PNG at 300 dots per inch, framed by its stamp."""
    svg, height = _framed(figure, stamp, width)
    margin = dict.fromkeys("lrtb", 0)
    canvas = go.Figure(layout={"width": width, "height": height, "margin": margin, "template": "none"})
    canvas.update_xaxes(visible=False).update_yaxes(visible=False)
    source = "data:image/svg+xml;base64," + base64.b64encode(svg.encode("utf-8")).decode("ascii")
    canvas.add_layout_image(source=source, xref="paper", yref="paper", x=0, y=1, sizex=1, sizey=1, sizing="stretch")
    picture = render(canvas.to_dict(), file_format="png", width=width, height=height, scale=scale)
    return _with_resolution(picture)


def figure_html(figure: go.Figure, stamp: Stamp) -> bytes:
    """Write a figure as one HTML file that works without a network, framed by its stamp."""
    plot = _on_paper(figure).to_html(full_html=False, include_plotlyjs=True, include_mathjax=False, config=CONFIG)
    ribbon = f'<p class="ribbon">{escape(stamp.ribbon)}</p>' if stamp.ribbon else ""
    head = "".join(f"<p>{escape(line)}</p>" for line in stamp.header_lines())
    foot = "".join(f"<p>{escape(line)}</p>" for line in stamp.footer_lines())
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(stamp.title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>'
        f"<body><h1>{escape(stamp.title)}</h1>{head}{ribbon}{plot}<footer>{foot}</footer></body></html>"
    )
    return page.encode("utf-8")


_STYLE = (
    f"body{{font-family:{FONT};max-width:1100px;margin:2rem auto;padding:0 1rem;color:{PRINT.ink};"
    f"background:{PRINT.paper};line-height:1.4}}h1{{font-size:1.4rem}}p{{margin:.25rem 0;color:{PRINT.muted}}}"
    f".ribbon{{background:{PRINT.ribbon};color:{PRINT.ribbon_ink};font-weight:600;padding:.5rem .75rem}}"
)


def _on_paper(figure: go.Figure) -> go.Figure:
    """Copy the figure and put white behind it where it is clear."""
    copy = go.Figure(figure)
    if copy.layout.paper_bgcolor in (None, CLEAR):
        copy.update_layout(paper_bgcolor=PRINT.paper)
    return copy


def _framed(figure: go.Figure, stamp: Stamp, width: int) -> tuple[str, int]:
    """Set the picture between its header and its footer; give the SVG and its height."""
    plot_height = int(figure.layout.height or _DEFAULT_HEIGHT)
    plot = render(_on_paper(figure).to_dict(), file_format="svg", width=width, height=plot_height).decode("utf-8")
    head = [*_wrapped(stamp.title, _TITLE_SIZE, width, "600")]
    head += [line for text in stamp.header_lines() for line in _wrapped(text, _TEXT_SIZE, width, "400")]
    foot = [line for text in stamp.footer_lines() for line in _wrapped(text, _TEXT_SIZE, width, "400")]
    ribbon = _wrapped(stamp.ribbon, _RIBBON_SIZE, width, "600")
    plot_top = _EDGE + _block_height(head) + 8
    foot_top = plot_top + plot_height + 8
    ribbon_top = foot_top + _block_height(foot) + 12
    height = ribbon_top + (_block_height(ribbon) + 16 if ribbon else 12)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">',
        f'<title>{escape(stamp.title)}</title><rect width="{width}" height="{height}" fill="{PRINT.paper}"/>',
        _texts(head, _EDGE, PRINT.ink),
        _nested(plot, plot_top),
        _texts(foot, foot_top, PRINT.muted),
        _band(ribbon, ribbon_top, width, height - ribbon_top),
        _texts(ribbon, ribbon_top + 8, PRINT.ribbon_ink),
        "</svg>",
    ]
    return "".join(parts), height


def _band(ribbon: list[Line], top: int, width: int, height: int) -> str:
    return f'<rect y="{top}" width="{width}" height="{height}" fill="{PRINT.ribbon}"/>' if ribbon else ""


def _nested(svg: str, top: int) -> str:
    bare = re.sub(r"^\s*<\?xml.*?\?>\s*", "", svg, flags=re.DOTALL)
    return bare.replace("<svg ", f'<svg y="{top}" ', 1)


def _block_height(lines: list[Line]) -> int:
    return int(sum(size * _LINE for _, size, _ in lines))


def _texts(lines: list[Line], top: float, color: str) -> str:
    parts = []
    for text, size, weight in lines:
        top += size * _LINE
        parts.append(
            f'<text x="{_EDGE}" y="{int(top - 0.35 * size)}" font-size="{size}" font-weight="{weight}" '
            f'font-family="{escape(FONT)}" fill="{color}">{escape(text)}</text>'
        )
    return "".join(parts)


def _wrapped(text: str, size: int, width: int, weight: str) -> list[Line]:
    """Break a text into lines that fit between the edges, inside a word where it must be."""
    room = (width - 2 * _EDGE) / (size * _CHARACTER * (1.1 if weight == "600" else 1.0))
    lines: list[str] = [""]
    for word in text.split():
        while _length(word) > room:
            kept = _fitting(word, room)
            lines.append(word[:kept])
            word = word[kept:]
        joined = f"{lines[-1]} {word}".strip()
        lines = [*lines[:-1], joined] if _length(joined) <= room else [*lines, word]
    return [(line, size, weight) for line in lines if line]


def _fitting(word: str, room: float) -> int:
    return max(1, next(place for place in range(len(word), 0, -1) if place == 1 or _length(word[:place]) <= room))


def _length(text: str) -> float:
    """Measure a text in characters, wide (East Asian) ones counted as they print."""
    return sum(1.0 / _CHARACTER if unicodedata.east_asian_width(letter) in "WF" else 1.0 for letter in text)


def _with_resolution(png: bytes) -> bytes:
    """Say in the file that its pixels are 300 to the inch (PNG chunk pHYs, after the header chunk)."""
    content = b"pHYs" + struct.pack(">IIB", _PIXELS_PER_METRE, _PIXELS_PER_METRE, 1)
    chunk = struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))
    return png[:_END_OF_HEADER] + chunk + png[_END_OF_HEADER:]
