"""How is something found in a checked frame said, and where does it stand?"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from analysis.cohort.model import Problem, Severity

LONGEST_SHOWN = 80  # characters of a cell within a sentence
LISTED_AT_MOST = 12  # patients or columns named in one sentence


def row_findings(frame: pd.DataFrame, column: str, *, severity: Severity, message: str, remedy: str) -> list[Problem]:
    """Make one problem per row of a frame with places; the message may hold {patient} and {value}."""
    values = frame[column].map(shown_cell)
    places = frame[["file", "sheet", "row", "patient_id"]].itertuples(index=False)
    return [
        Problem(
            severity=severity,
            file=str(place.file),
            sheet=str(place.sheet),
            row=int(place.row),
            column=column,
            value=value,
            message=message.replace("{patient}", str(place.patient_id)).replace("{value}", value),
            remedy=remedy,
        )
        for place, value in zip(places, values, strict=True)
    ]


def column_finding(frame: pd.DataFrame, column: str, *, severity: Severity, message: str, remedy: str) -> Problem:
    """Make one problem for a whole column of a frame with places."""
    file, sheet = frame[["file", "sheet"]].iloc[0]
    return Problem(severity=severity, file=file, sheet=sheet, column=column, message=message, remedy=remedy)


def listed(items: Iterable[object]) -> str:
    """Name the first items of a list and count the others."""
    shown = [shown_cell(item) for item in items]
    more = len(shown) - LISTED_AT_MOST
    return ", ".join(shown[:LISTED_AT_MOST]) + (f" and {more} more" if more > 0 else "")


def counted_patients(frame: pd.DataFrame) -> str:
    """Count the patients of a frame and name them."""
    return f"{len(frame)} patient{'' if len(frame) == 1 else 's'} ({listed(frame['patient_id'])})"


def shown_cell(value: object) -> str:
    """Write a cell as a sentence shows it: numbers short, long words cut with their length."""
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:g}"
    text = str(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}… ({len(text):,} characters)"
