"""One pass through the running app in Chromium: deep link first, sample, upload, filter, pages, downloads, reload."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from analysis.cohort.template import template_workbook
from tests.browser.visits import Visit

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

REMISSION = "Who went into remission, and when?"


def test_deep_link_is_the_first_visit_and_pages_share_one_frame(visit: Visit, address: str) -> None:
    page = visit.page
    visit.open(f"{address}/remission", REMISSION)
    expect(page.get_by_text("Page not found")).to_have_count(0)
    expect(page.get_by_text("37.13 % (22.97 to 56.20)")).to_be_visible()
    expect(page.get_by_text("SYNTHETIC demonstration data.")).to_be_visible()
    for link, question in {
        "Baseline": "Who was treated?",
        "Laboratory": "How did the laboratory values run?",
        "Adverse events": "Which adverse events occurred?",
        "Cohort": "Who is in the comparison, and who left?",
        "Definitions": "What counts as remission?",
        "Patients": "Why does this patient have this status?",
        "Study": "Which cohort is open?",
    }.items():
        page.get_by_role("link", name=link, exact=True).click()
        visit.heading(question)
        expect(page.get_by_text("91 now / 91 in total")).to_be_visible()
    visit.open(f"{address}/study", "Which cohort is open?")
    expect(page.get_by_text("Page not found")).to_have_count(0)
    assert (visit.errors, visit.elsewhere) == ([], [])


def test_filter_and_reload(visit: Visit, address: str) -> None:
    page = visit.page
    visit.open(f"{address}/remission", REMISSION)
    expect(page.get_by_text("37.13 % (22.97 to 56.20)")).to_be_visible()
    visit.choose("Add a filter", "Sex")
    page.get_by_role("button", name=re.compile("Female")).click()
    expect(page.get_by_text("68 now / 91 in total")).to_be_visible()
    cell = page.get_by_role("row", name=re.compile("^12 ")).first
    expect(cell).not_to_contain_text("37.13 %")
    before = cell.inner_text()
    page.reload()
    visit.heading(REMISSION)
    expect(page.get_by_text("68 now / 91 in total")).to_be_visible()
    expect(cell).to_have_text(before, use_inner_text=True)
    assert (visit.errors, visit.elsewhere) == ([], [])


def test_upload_and_downloads(visit: Visit, address: str, tmp_path: Path) -> None:
    page = visit.page
    visit.open(address, "Which cohort is open?")
    file = tmp_path / "cohort.xlsx"
    file.write_bytes(template_workbook())
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_text("1 now / 1 in total")).to_be_visible()
    page.get_by_role("button", name="membranous nephropathy sample").click()
    expect(page.get_by_text("91 now / 91 in total")).to_be_visible()
    page.get_by_role("link", name="Remission", exact=True).click()
    visit.heading(REMISSION)
    starts = {"PNG": b"\x89PNG", "SVG": b"<svg", "HTML, interactive": b"<", "Word": b"PK", "Excel": b"PK"}
    for name, start in starts.items():
        with page.expect_download() as waiting:
            page.get_by_role("button", name=name, exact=True).first.click()
        content = Path(waiting.value.path()).read_bytes()
        assert content.lstrip(b"\xef\xbb\xbf").startswith(start), name
        assert len(content) > 5_000, name
    assert (visit.errors, visit.elsewhere) == ([], [])


def test_presentation_is_walked_by_keyboard(visit: Visit, address: str) -> None:
    page = visit.page
    visit.open(f"{address}/remission?present=1", REMISSION)
    expect(page.get_by_text("37.13 % (22.97 to 56.20)")).to_be_visible()
    expect(page.get_by_role("button", name="Word").first).to_be_hidden()
    expect(page.get_by_role("combobox").first).to_be_hidden()
    visit.settled()
    page.keyboard.press("PageDown")
    visit.heading("Which patients reach the endpoint sooner?")
    visit.settled()
    page.keyboard.press("Escape")
    expect(page.get_by_text("91 now / 91 in total")).to_be_visible()
    assert (visit.errors, visit.elsewhere) == ([], [])
