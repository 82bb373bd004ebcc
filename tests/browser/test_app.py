"""One pass through the running app in Chromium: deep link first, sample, upload, filter, pages, downloads, reload."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from analysis.cohort.template import template_workbook

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

if not CHROMIUM and not os.environ.get("CI"):
    pytest.skip("Chromium is not installed: install it or set CHROMIUM to its path.", allow_module_level=True)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Start the app on a free port, as a user would, and wait until it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2).close()
            break
        except OSError:
            assert time.monotonic() < deadline, "the app did not start within a minute"
            time.sleep(0.3)
    yield f"http://127.0.0.1:{port}"
    server.terminate()
    server.wait(20)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert CHROMIUM, "Chromium is needed for the browser test and was not found."
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


class Visit:
    """A page with everything the console said."""

    def __init__(self, browser: Browser) -> None:
        self.context = browser.new_context(viewport={"width": 1400, "height": 1000}, accept_downloads=True)
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.elsewhere: list[str] = []
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self._watch)

    def _listen(self, message: ConsoleMessage) -> None:
        # On a deep link Streamlit probes two of its own addresses relative to the page and gets 404.
        own_probe = "/_stcore/" in (message.location or {}).get("url", "")
        if message.type == "error" and not own_probe:
            self.errors.append(message.text)

    def _watch(self, request) -> None:
        if not re.match(r"(https?|wss?)://127\.0\.0\.1[:/]|blob:|data:", request.url):
            self.elsewhere.append(request.url)


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    opened = Visit(browser)
    yield opened
    opened.context.close()


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", name=text, level=1)).to_be_visible(timeout=30_000)


def test_deep_link_is_the_first_visit_and_pages_share_one_frame(visit: Visit, address: str) -> None:
    page = visit.page
    page.goto(f"{address}/remission")
    heading(page, "Who went into remission, and when?")
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
        heading(page, question)
        expect(page.get_by_text("91 now / 91 in total")).to_be_visible()
    assert (visit.errors, visit.elsewhere) == ([], [])


def test_filter_and_reload(visit: Visit, address: str) -> None:
    page = visit.page
    page.goto(f"{address}/remission")
    heading(page, "Who went into remission, and when?")
    expect(page.get_by_text("37.13 % (22.97 to 56.20)")).to_be_visible()
    page.get_by_role("combobox", name="Add a filter").click()
    page.get_by_role("option", name="Sex", exact=True).click()
    page.get_by_role("button", name=re.compile("Female")).click()
    expect(page.get_by_text("68 now / 91 in total")).to_be_visible()
    cell = page.get_by_role("row", name=re.compile("^12 ")).first
    expect(cell).not_to_contain_text("37.13 %")
    before = cell.inner_text()
    page.reload()
    heading(page, "Who went into remission, and when?")
    expect(page.get_by_text("68 now / 91 in total")).to_be_visible()
    expect(cell).to_have_text(before, use_inner_text=True)
    assert (visit.errors, visit.elsewhere) == ([], [])


def test_upload_and_downloads(visit: Visit, address: str, tmp_path: Path) -> None:
    page = visit.page
    page.goto(address)
    heading(page, "Which cohort is open?")
    file = tmp_path / "cohort.xlsx"
    file.write_bytes(template_workbook())
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_text("1 now / 1 in total")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="membranous nephropathy sample").click()
    expect(page.get_by_text("91 now / 91 in total")).to_be_visible()
    page.get_by_role("link", name="Remission", exact=True).click()
    heading(page, "Who went into remission, and when?")
    starts = {"PNG": b"\x89PNG", "SVG": b"<svg", "HTML, interactive": b"<", "Word": b"PK", "Excel": b"PK"}
    for name, start in starts.items():
        with page.expect_download(timeout=60_000) as waiting:
            page.get_by_role("button", name=name, exact=True).first.click()
        content = Path(waiting.value.path()).read_bytes()
        assert content.lstrip(b"\xef\xbb\xbf").startswith(start), name
        assert len(content) > 5_000, name
    assert (visit.errors, visit.elsewhere) == ([], [])
