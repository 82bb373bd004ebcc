"""How many of the values behind a comparison are limits of detection, or zeros that have no logarithm?"""

from __future__ import annotations

import pandas as pd

from analysis.cohort.dictionary import variable
from analysis.results import Note


def limit_notes(pairs: pd.DataFrame) -> tuple[Note, ...]:
    """Count limits and lifted zeros among the later values and the baselines that a comparison uses.

    ``pairs`` are rows of ``with_baseline``, all with a baseline. One note per variable and kind, R-LIMIT and
    R-ZERO; each baseline is counted once, however many visits follow it.
    """
    notes = []
    for name, own in pairs.groupby("variable", observed=True, sort=False):
        first = own.drop_duplicates("patient_id")
        n, label = len(own) + len(first), variable(str(name)).label
        for code, column, text in (
            ("R-LIMIT", "limited", "below or above detection, at half the lower limit or at the upper"),
            ("R-ZERO", "lifted", f"of zero or below, on logarithms at {_place(own, first)}"),
        ):
            now, before = own[column].astype(bool), first[f"baseline_{column}"].astype(bool)
            ids = tuple(dict.fromkeys([*own.loc[now, "patient_id"], *first.loc[before, "patient_id"]]))
            if ids:
                counted = f"{now.sum() + before.sum()} of {n} values"
                notes.append(Note(code=code, text=f"{label}: {counted} {text}.", patient_ids=ids))
    return tuple(notes)


def _place(own: pd.DataFrame, first: pd.DataFrame) -> str:
    lifted = [*own.loc[own["lifted"], "model_value"], *first.loc[first["baseline_lifted"].astype(bool), "baseline"]]
    return f"{lifted[0]:.3g}" if lifted else ""
