"""How are the names of adverse events written? The dictionary's capitals become sentence case on the screen only."""

from __future__ import annotations

import re

_SHOUTED = 5  # letters; a shorter term in capitals is taken for an abbreviation and stays
_ABBREVIATIONS = {
    "AIDS", "ALT", "AST", "BK", "CD4", "CMV", "CNS", "CT", "DNA", "EBV", "ECG", "HBV", "HCV", "HIV", "HPV", "JC", "MRI",
    "QT", "RNA", "ST",
}  # fmt: skip


def sentence_case(label: str) -> str:
    """Write a term that is all in capitals, as MedDRA files have it, in sentence case; others stay as they are."""
    words = re.findall(r"[^\W\d_]+", label)
    if not label.isupper() or max(map(len, words), default=0) < _SHOUTED:
        return label
    lower = re.sub(r"\w+(?:-\w*\d\w*)*", _lowered, label)
    first = lower[:1]
    return first.upper() + lower[1:]


def _lowered(word: re.Match[str]) -> str:
    text = word.group()
    return text if text in _ABBREVIATIONS or any(map(str.isdigit, text)) else text.lower()
