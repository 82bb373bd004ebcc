"""Which characters do the bytes of a text file stand for?

UTF-8 and the byte-order marks are certain; everything else is a guess by content, and is named.
"""

from __future__ import annotations

import re

from analysis.cohort.model import Problem
from analysis.cohort.raw import not_a_table

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_NUL_SHARE = 0.10  # more NUL bytes than this is no text with a few damaged cells
_CONTROL_SHARE = 0.05  # of bytes that are not UTF-8; random bytes have 0.10
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\x0b\x0c\x1a\x00"))
_MULTIBYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
# Both bytes of the 6,763 characters of GB2312, which make up nearly all written Chinese.
_HANZI = re.compile(rb"[\xb0-\xf7][\xa1-\xfe]|[\xa1-\xa3][\xa1-\xfe]")
_HANZI_SHARE = 0.8  # of the bytes above 127; accented Western letters stand alone
_TITLES = {"gb18030": "Chinese (GBK/GB18030)", "cp1252": "Western (Windows-1252)", "latin-1": "Western (Latin-1)"}


def decode_text(name: str, content: bytes) -> tuple[str, list[Problem]]:
    """Decode a text file and say what was guessed, replaced or removed.

    Raises
    ------
    CohortError
        If the bytes are no text.
    """
    encoding = next((encoding for mark, encoding in _MARKS if content.startswith(mark)), "")
    problems: list[Problem] = []
    if not encoding and (encoding := _wide_encoding(content)):
        problems.append(_guess(name, f"UTF-16 without its mark ({encoding})"))
    if not encoding:
        _require_text(name, content)
        return _decoded(name, content)
    text = content.decode(encoding, errors="replace")
    problems.extend(_replaced(name, text))
    text, removed = _without_nul(name, text)
    return text, [*problems, *removed]


def chinese_share(content: bytes) -> float:
    """Give the share of bytes above 127 that stand in pairs of the common Chinese characters."""
    n_high = len(content) - len(content.translate(None, bytes(range(128, 256))))
    return 2 * len(_HANZI.findall(content)) / n_high if n_high else 0.0


def guess_encoding(content: bytes) -> str:
    """Guess the encoding of text that is not UTF-8: "gb18030", "cp1252" or "latin-1"."""
    if chinese_share(content) >= _HANZI_SHARE and _decodes(content, "gb18030"):
        return "gb18030"
    return "cp1252" if _decodes(content, "cp1252") else "latin-1"


def _wide_encoding(content: bytes) -> str:
    """Recognise UTF-16 without a mark by the zero bytes of its separators and digits."""
    sample = content[:100_000]
    if len(content) % 2 or sample.count(0) <= len(sample) / 4:
        return ""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    return "utf-16-le" if odd > 4 * even else "utf-16-be" if even > 4 * odd else ""


def _require_text(name: str, content: bytes) -> None:
    n_controls = len(content) - len(content.translate(None, _CONTROLS))
    damaged = n_controls > _CONTROL_SHARE * len(content) and not _decodes(content, "utf-8")
    if damaged or content.count(0) > _NUL_SHARE * len(content):
        raise not_a_table(name, "it holds binary data")


def _decoded(name: str, content: bytes) -> tuple[str, list[Problem]]:
    if _decodes(content, "utf-8"):
        return _without_nul(name, content.decode("utf-8"))
    damaged = content.decode("utf-8", errors="replace")
    if len(_MULTIBYTE.findall(content)) > 4 * damaged.count("\ufffd"):
        text, removed = _without_nul(name, damaged)
        return text, [*_replaced(name, damaged), *removed]
    encoding = guess_encoding(content)
    text, removed = _without_nul(name, content.decode(encoding))
    return text, [_guess(name, _TITLES[encoding]), *removed]


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _guess(name: str, what: str) -> Problem:
    return Problem(
        severity="warning",
        file=name,
        message=f"The text is not UTF-8; by its content it was read as {what}. This is a guess.",
        remedy="Look at names and words with accents or Chinese characters; if they are wrong, save as CSV UTF-8.",
    )


def _replaced(name: str, text: str) -> list[Problem]:
    n = text.count("\ufffd")
    if not n:
        return []
    row = text[: text.index("\ufffd")].count("\n") + 1
    message = f"{n} characters could not be decoded and are shown as \ufffd (the first near line {row})."
    remedy = "Save the file again as CSV UTF-8 from the program it came from."
    return [Problem(severity="warning", file=name, row=row, message=message, remedy=remedy)]


def _without_nul(name: str, text: str) -> tuple[str, list[Problem]]:
    n = text.count("\0")
    if not n:
        return text, []
    row = text[: text.index("\0")].count("\n") + 1
    message = f"{n} NUL bytes, which no text holds, were removed (the first near line {row})."
    remedy = "Check these cells against the source; the file may have been damaged in transfer."
    return text.replace("\0", ""), [Problem(severity="warning", file=name, row=row, message=message, remedy=remedy)]
