"""How does a figure become a picture? One Chromium, started at the first picture and kept.

Kaleido's own synchronous server hands results out in the order they finish, so two visitors asking
at once could get each other's picture, and it waits for ever if Chromium never starts. Here each
request waits for its own answer.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import shutil
import threading
from collections.abc import Coroutine
from concurrent.futures import TimeoutError as TooLong
from pathlib import Path
from typing import Any

from analysis.results import CohortError

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_RENDER_SECONDS = 60
_lock = threading.Lock()
_running: _Browser | None = None


def render(figure: dict[str, Any], *, file_format: str, width: int, height: int, scale: float = 1.0) -> bytes:
    """Draw a plotly figure (as a dictionary) to PNG or SVG bytes; a dead Chromium is started again once."""
    options = {"format": file_format, "width": width, "height": height, "scale": scale}
    try:
        return _browser().draw(figure, options)
    except (RuntimeError, OSError, TooLong):
        close_browser()
    try:
        return _browser().draw(figure, options)
    except (RuntimeError, OSError, TooLong) as cause:
        close_browser()
        raise _no_picture(f"Chromium stopped while drawing ({type(cause).__name__}).") from cause


def close_browser() -> None:
    """Stop Chromium; the next picture starts it again."""
    global _running
    with _lock:
        browser, _running = _running, None
    if browser:
        browser.close()


def find_browser() -> str:
    """Find Chromium by BROWSER_PATH or by name."""
    chosen = os.environ.get("BROWSER_PATH")
    found = shutil.which(chosen) if chosen else next(filter(None, map(shutil.which, _NAMES)), None)
    if not found:
        raise _no_picture("Neither BROWSER_PATH nor the search path leads to one.")
    return found


class _Browser:
    """Chromium under Kaleido, on an event loop in a thread of its own."""

    def __init__(self, path: str) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, name="figure-browser", daemon=True)
        self.thread.start()
        try:
            self.kaleido = self._wait_for(_open(path), _RENDER_SECONDS)
        except (RuntimeError, OSError, TooLong):
            self._stop_loop()
            raise

    def draw(self, figure: dict[str, Any], options: dict[str, Any]) -> bytes:
        return self._wait_for(self.kaleido.calc_fig(figure, opts=options), _RENDER_SECONDS)

    def close(self) -> None:
        with contextlib.suppress(RuntimeError, OSError, TooLong):  # already dead is what we want
            self._wait_for(self.kaleido.close(), 10)
        self._stop_loop()

    def _wait_for(self, work: Coroutine[Any, Any, Any], seconds: float) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(seconds)

    def _stop_loop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
        if not self.thread.is_alive():
            self.loop.close()


def _browser() -> _Browser:
    global _running
    with _lock:
        if _running is None:
            _running = _Browser(find_browser())
            atexit.register(close_browser)  # here, so that it runs before what Kaleido registered
        return _running


async def _open(path: str) -> Any:
    """Open Kaleido with the packaged plotly.js and without MathJax, so that nothing comes from a network.

    Kaleido starts Chromium with ``--no-sandbox`` unless told otherwise, which containers need; the
    page it opens is our own and every text from outside in it is escaped.
    """
    import plotly
    from kaleido import Kaleido

    script = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    kaleido = Kaleido(n=1, timeout=_RENDER_SECONDS / 2, plotlyjs=script, mathjax=False, path=path)
    await kaleido.open()
    return kaleido


def _no_picture(found: str) -> CohortError:
    return CohortError(
        "PNG and SVG pictures need Chromium or Chrome on the computer that runs the app.",
        found,
        "Install Chromium or set BROWSER_PATH to it; the interactive HTML download works without.",
    )
