"""What must be said of the chosen rule: who has no status (W-08), and what another rule would answer (W-11)?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.outcomes.classify import NOT_EVALUABLE
from analysis.outcomes.visit_states import GONE
from analysis.results import Note
from analysis.study import View

SHOWN_STEP = 0.0005  # half a tenth of a percentage point, the last digit printed
UNCLASSIFIED_SHARE = 0.10  # domain.md W-08
_WORDS = {NOT_EVALUABLE: "Not evaluable", GONE: "Gone"}


def unclassified_notes(without: pd.DataFrame) -> list[Note]:
    """Warn of visits at which more than a tenth of the selected patients have no status (W-08)."""
    notes = []
    for month, rows in without.groupby("month"):
        k, n = int(rows["n"].sum()), int(rows["n_total"].iloc[0])
        if k <= UNCLASSIFIED_SHARE * n:
            continue
        parts = []
        for status, own in rows.groupby("status"):
            why = "; ".join(f"{reason} ({count})" for reason, count in zip(own["reason"], own["n"], strict=True))
            parts.append(f" {_WORDS[str(status)]} {int(own['n'].sum())}: {why}.")
        text = f"{_patients(k, n)} without a status at month {month:g}.{''.join(parts)}"
        ids = tuple(patient for some in rows["patient_ids"] for patient in some)
        notes.append(Note(code="W-08", text=text, patient_ids=ids))
    return notes


def changed_notes(view: View, comparison: pd.DataFrame, differences: pd.DataFrame) -> list[Note]:
    """Say for each other rule how the answer would change (W-11): the difference or, in one group, the incidence."""
    notes = []
    chosen = comparison[comparison["chosen"]]
    ours = differences[differences["rule"] == chosen["rule"].iloc[0]]
    for (name, label), rows in comparison[~comparison["chosen"]].groupby(["rule", "label"], sort=False):
        if rows["reason"].ne("").any():
            continue
        ids = tuple(patient for some in rows["changed_ids"] for patient in some)
        theirs = differences[differences["rule"] == name]
        pairs = (
            [_difference_words(here, there, view.reference_group) for here, there in _pairs(ours, theirs)]
            if len(ours)
            else [_incidence_words(here, there, view.groups) for here, there in _pairs(chosen, rows)]
        )
        if not ids and not any(moved for moved, _ in pairs):
            continue
        words = "".join(f"; {text}" for _, text in pairs if text)
        text = f"Under {label}, {_patients(len(ids), int(rows['n'].sum()))} in another class{words}."
        notes.append(Note(code="W-11", text=text, patient_ids=ids))
    return notes


def _pairs(ours: pd.DataFrame, theirs: pd.DataFrame) -> list[tuple[Any, Any]]:
    return list(zip(ours.itertuples(), theirs.itertuples(), strict=False))


def _patients(k: int, n: int) -> str:
    return f"{k} of {n} patient{'' if n == 1 else 's'} {'is' if k == 1 else 'are'}"


def _difference_words(here: Any, there: Any, reference: str | None) -> tuple[bool, str]:
    """Tell whether a difference moves, and what it becomes in percentage points."""
    ours, theirs = (_points(value.estimate) for value in (here, there))
    known = np.isfinite([here.estimate, there.estimate])
    moved = known.any() and not (known.all() and abs(here.estimate - there.estimate) < SHOWN_STEP)
    if not known.any():
        return False, ""
    unit = " points" if known.all() else ""
    change = f"is {theirs} instead of {ours}{unit}" if ours != theirs else f"stays {ours} points"
    return bool(moved), f"the difference {here.group} minus {reference} {change}"


def _incidence_words(here: Any, there: Any, groups: tuple[str, ...]) -> tuple[bool, str]:
    """Tell whether the incidence of a group moves, and what it becomes."""
    ours, theirs = (
        f"{100 * value.estimate:.2f} % of {value.n_risk}" if np.isfinite(value.estimate) else "not estimable"
        for value in (here, there)
    )
    who = f" in {here.group}" if len(groups) > 1 else ""
    return ours != theirs, f"incidence{who} is {theirs} instead of {ours}" if ours != theirs else ""


def _points(estimate: float) -> str:
    """Write a difference in percentage points as the table does: what rounds to zero has no sign."""
    if not np.isfinite(estimate):
        return "not estimable"
    text = f"{100 * estimate:+.1f}"
    return "0.0" if text in {"+0.0", "-0.0"} else text.replace("-", "−")
