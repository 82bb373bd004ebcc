"""Does a figure leave as a picture of the right size, with its words inside, and without a network?"""

from __future__ import annotations

import re
import struct
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from xml.etree import ElementTree

import plotly.graph_objects as go
import pytest

from analysis.results import CohortError
from present.figures import browser
from present.figures.files import figure_html, figure_png, figure_svg
from present.stamp import SYNTHETIC, Stamp

LONG = "Observational comparison; " * 20 + "Unbroken" * 30
STAMP = Stamp(
    title='A <b>title</b> & "more"',
    study="IMN (cohort.csv)",
    groups=("RTX+TAC 34", "RTX 57"),
    left_out="left out 0",
    filters=(),
    definition=("Definition: protein < 0.3 g/24 h.",),
    method="Kaplan–Meier.",
    cautions=(LONG, "膜性肾病" * 40),
    data_hash="0123456789ab",
    version="0.1.0",
    ribbon=SYNTHETIC,
)
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module", autouse=True)
def _stop_the_browser():
    yield
    browser.close_browser()


@pytest.fixture(scope="module")
def figure() -> go.Figure:
    return go.Figure(go.Scatter(x=[0, 1], y=[0, 1]), layout={"height": 300, "template": None})


@pytest.fixture(scope="module")
def svg(figure: go.Figure) -> ElementTree.Element:
    return ElementTree.fromstring(figure_svg(figure, STAMP, width=800))


def own_texts(svg: ElementTree.Element) -> list[ElementTree.Element]:
    return svg.findall(f"{SVG}text")


def test_svg_says_what_it_is(svg: ElementTree.Element) -> None:
    words = [text.text or "" for text in own_texts(svg)]
    assert words[:5] == [
        STAMP.title,
        "Study: IMN (cohort.csv)",
        "Groups: RTX+TAC 34 · RTX 57 · left out 0",
        "Filters: none",
        "Definition: protein < 0.3 g/24 h.",
    ]
    assert words[-2:] == ["Data 0123456789ab · NephroCompare 0.1.0", SYNTHETIC]


def test_svg_lines_neither_overlap_nor_leave_the_page(svg: ElementTree.Element) -> None:
    places = [(float(text.attrib["y"]), float(text.attrib["font-size"]), text.text or "") for text in own_texts(svg)]
    gaps = [after[0] - before[0] - before[1] for before, after in pairwise(places)]
    assert min(gaps) >= 0
    assert max(len(text) for _, _, text in places) <= (800 - 48) / (13 * 0.6)
    plot = svg.find(f"{SVG}svg")
    assert plot is not None
    top, bottom = float(plot.attrib["y"]), float(plot.attrib["y"]) + float(plot.attrib["height"])
    assert [y for y, size, _ in places if top < y and y - size < bottom] == []
    assert places[-1][0] < float(svg.attrib["height"])


def test_a_long_caution_is_wrapped_whole(svg: ElementTree.Element) -> None:
    words = "".join("".join(text.text or "" for text in own_texts(svg)).split())
    assert "".join(LONG.split()) in words
    assert "膜性肾病" * 40 in words


def test_png_has_300_dots_per_inch(figure: go.Figure) -> None:
    png = figure_png(figure, STAMP, width=800, scale=2)
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">I", png[16:20])[0] == 1600
    assert png[37:41] == b"pHYs"
    assert struct.unpack(">IIB", png[41:50]) == (11811, 11811, 1)  # 300 / 0.0254 per metre
    assert png.endswith(b"IEND\xaeB`\x82")


def test_html_stands_alone_and_escapes(figure: go.Figure) -> None:
    page = figure_html(figure, STAMP).decode("utf-8")
    assert re.findall(r"<(?:script|link|img|iframe)[^>]*\s(?:src|href)=", page) == []
    assert "plotly.js v" in page
    assert "<h1>A &lt;b&gt;title&lt;/b&gt; &amp; &quot;more&quot;</h1>" in page
    assert f'<p class="ribbon">{SYNTHETIC}</p>' in page


def test_each_of_many_at_once_gets_its_own_picture(figure: go.Figure) -> None:
    widths = [300, 400, 500, 600] * 3
    shape = figure.to_dict()

    def width_of(width: int) -> int:
        png = browser.render(shape, file_format="png", width=width, height=200)
        return struct.unpack(">I", png[16:20])[0]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(width_of, widths)) == widths


def test_a_dead_browser_is_started_again(figure: go.Figure) -> None:
    first = browser.render(figure.to_dict(), file_format="svg", width=300, height=200)
    running = browser._running
    assert running is not None
    running.kaleido.subprocess.kill()
    running.kaleido.subprocess.wait(5)
    again = browser.render(figure.to_dict(), file_format="svg", width=300, height=200)
    assert (first[:4], again[:4]) == (b"<svg", b"<svg")
    assert browser._running is not running


def test_without_chromium_the_reader_is_told_what_still_works(
    monkeypatch: pytest.MonkeyPatch, figure: go.Figure
) -> None:
    browser.close_browser()
    monkeypatch.setenv("BROWSER_PATH", "/nowhere/chromium")
    with pytest.raises(CohortError, match="interactive HTML download works without") as caught:
        figure_png(figure, STAMP)
    assert caught.value.needed.startswith("PNG and SVG pictures need Chromium")
    assert figure_html(figure, STAMP).startswith(b"<!doctype html>")


def test_a_browser_that_will_not_start_is_told_too(monkeypatch: pytest.MonkeyPatch, figure: go.Figure) -> None:
    browser.close_browser()
    monkeypatch.setenv("BROWSER_PATH", "/bin/false")
    with pytest.raises(CohortError, match="Chromium stopped while drawing"):
        browser.render(figure.to_dict(), file_format="png", width=300, height=200)
    assert "figure-browser" not in {thread.name for thread in threading.enumerate()}
