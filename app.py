"""Start NephroCompare with ``streamlit run app.py``: the pages in their frame, security headers, our own errors."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware

HEADERS = {
    # Nothing a file contains can make the browser ask another machine for anything.
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self' data: blob:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; "
    "frame-ancestors 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class SecurityHeaders:
    """Add ``HEADERS`` to every answer."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass the request on and mark the answer."""

        async def send_marked(message: Any) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self.app(scope, receive, send_marked)


def tell_visitor(error: Exception) -> bool:
    """Log our bug in the terminal and show a sentence without any of the data."""
    from ui.words import ERROR_OURS

    logging.getLogger("nephrocompare").error("Uncaught error", exc_info=error)
    st.error(ERROR_OURS)
    return True


app = st.App(
    Path(__file__).parent / "ui" / "frame.py",
    middleware=[Middleware(SecurityHeaders)],
    on_script_error=tell_visitor,
)
