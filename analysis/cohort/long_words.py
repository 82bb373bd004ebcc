"""Which words of patients are too long to show, and how are they written instead?"""

from __future__ import annotations

import pandas as pd

from analysis.cohort.model import Problem
from analysis.cohort.raw import CELL_LIMIT

LONGEST = 200  # characters; no group, drug or diagnosis has more
SHOWN = 60


def without_long_words(patients: pd.DataFrame) -> tuple[pd.DataFrame, list[Problem]]:
    """Cut words of more than ``LONGEST`` characters to their beginning and their length; list the columns.

    Different words stay different: those that begin alike and are as long get a number.
    """
    cut: dict[str, pd.Series] = {}
    problems = []
    for name in patients:
        words = patients[name]
        if words.dtype != object or name == "patient_id":
            continue
        if not any(isinstance(word, str) and len(word) > LONGEST for word in words.unique()):
            continue
        long = words.map(lambda word: isinstance(word, str) and len(word) > LONGEST).astype(bool)
        cut[str(name)] = words.mask(long, words[long].map(_shortened(words[long])))
        problems.append(_listed(str(name), int(long.sum())))
    return patients.assign(**cut), problems


def _shortened(words: pd.Series) -> dict[str, str]:
    found: dict[str, str] = {}
    used: dict[str, int] = {}
    for word in words.unique():
        more = " or more" if len(word) >= CELL_LIMIT else ""
        text = f"{word[:SHOWN].strip()}… ({len(word):,}{more} characters)"
        used[text] = used.get(text, 0) + 1
        found[word] = text if used[text] == 1 else f"{text} no. {used[text]}"
    return found


def _listed(column: str, n_cells: int) -> Problem:
    return Problem(
        severity="warning",
        file="",
        sheet="patients",
        column=column,
        message=f"A word should have at most {LONGEST} characters; {n_cells} cells of “{column}” have more and are "
        "shown cut, with their length.",
        remedy="Check for a quotation mark that was never closed.",
    )
