"""The remission curves on a phone, a laptop and a wide screen: the box over no curve, nothing cut."""

from __future__ import annotations

import pytest

from tests.browser.visits import Visit

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
MEASURE = """() => {
  const place = (node) => { const b = node.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; };
  const plot = document.querySelector('.js-plotly-plot');
  const box = [...plot.querySelectorAll('.annotation')].find((note) => note.textContent.includes('HR (Cox)'));
  const table = document.querySelector('[role=region][aria-label*="by month"]');
  return {
    svg: place(plot.querySelector('svg.main-svg')), box: place(box.querySelector('text')),
    curves: place(plot.querySelector('.cartesianlayer .xy .plot, .cartesianlayer .xy')),
    lines: box.querySelectorAll('tspan.line').length,
    overflow: table.querySelector('table').getBoundingClientRect().right - table.getBoundingClientRect().right,
  };
}"""


@pytest.mark.parametrize("width", [420, 1280, 1920])
def test_the_box_covers_no_curve_and_box_and_table_are_whole(visit: Visit, address: str, width: int) -> None:
    visit.page.set_viewport_size({"width": width, "height": 1000})
    visit.open(f"{address}/remission?study=imn&endpoint=first_remission", "Who went into remission, and when?")
    visit.page.get_by_text("HR (Cox)").first.wait_for()
    found = visit.page.evaluate(MEASURE)
    left, top, right, bottom = found["box"]
    assert found["lines"] == 4
    assert bottom <= found["curves"][1] + 1
    assert found["svg"][0] <= left
    assert right <= found["svg"][2]
    assert found["svg"][1] <= top
    assert found["overflow"] <= 0
