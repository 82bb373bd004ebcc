"""A visit to the app in a browser: hears what the console says, and waits for pages rather than for seconds."""

from __future__ import annotations

import os
import re
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, TimeoutError, expect

PATIENCE = 60_000  # milliseconds: a shared machine may be slow, a stuck page stays stuck
LIST_CHANCES = 5
expect.set_options(timeout=PATIENCE)


class Visit:
    """A page with everything the console said."""

    def __init__(self, browser: Browser) -> None:
        self.context = browser.new_context(viewport={"width": 1400, "height": 1000}, accept_downloads=True)
        self.context.set_default_timeout(PATIENCE)
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

    def _watch(self, request: Request) -> None:
        if not re.match(r"(https?|wss?)://127\.0\.0\.1[:/]|blob:|data:", request.url):
            self.elsewhere.append(request.url)

    def open(self, address: str, question: str) -> None:
        """Go to a page by its address and wait until its script has run."""
        self.page.goto(address)
        self.heading(question)
        self.settled()

    def heading(self, question: str) -> None:
        """Wait for the page that answers a question."""
        expect(self.page.get_by_role("heading", name=question, level=1)).to_be_visible()

    def settled(self) -> None:
        """Wait until the server has nothing more to draw."""
        expect(self.page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]')).to_be_visible()

    def picture(self, name: str) -> None:
        """Keep what is on screen in the folder ``WALK_PICTURES`` names (``make walk``); nothing without one."""
        folder = os.environ.get("WALK_PICTURES")
        if folder:
            self.settled()
            self.page.wait_for_timeout(1_500)  # plotly draws after the server is done
            self.page.screenshot(path=Path(folder) / f"{name}.png")

    def choose(self, box: str, option: str) -> None:
        """Pick an option of a list; a redraw closes an open list, so it is opened again where that happened."""
        for chances in reversed(range(LIST_CHANCES)):
            self.settled()
            self.page.get_by_role("combobox", name=box).click()
            try:
                self.page.get_by_role("option", name=option, exact=True).click(timeout=3_000)
            except TimeoutError:
                if not chances:
                    raise
                self.page.keyboard.press("Escape")
            else:
                self.settled()
                return
