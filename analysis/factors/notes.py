"""What must be said beside the models of factors?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.clock_cautions import group_cautions
from analysis.cohort.dictionary import variable
from analysis.estimators.factor_fit import FactorFit
from analysis.results import Note
from analysis.study import View

DOUBT = 0.05  # P of the score test below which proportional hazards are called doubtful
STATUS_WORDS = {"complete_remission": "in complete remission", "first_remission": "in complete or partial remission"}
W_07 = (
    "was produced after treatment began (e.g. repeat rituximab only in non-responders). Adjusting for it biases the "
    "comparison"
)


def factor_notes(view: View, alone: list[FactorFit], whole: FactorFit, refused: pd.DataFrame) -> list[Note]:
    """Collect the cautions that the models themselves call for."""
    notes = [*separated_alone(alone, whole), *few_events_alone(alone, whole)]
    notes += [Note(code=note.code, text=readable(note.text)) for note in whole.notes]
    if len(asked := refused[refused["chosen"]]):
        notes.append(Note(code="W-07", text=f"{', '.join(asked['label'])}: refused. The value {W_07}."))
    if whole.n_missing:
        text = f"{whole.n_missing} patients are left out of the multivariable model for a missing value."
        notes.append(Note(code="MISSING", text=text))
    return [*notes, *group_cautions(view)]


def note_met_before(view: View, ids: tuple[str, ...], n: int) -> tuple[Note, ...]:
    """Say who met the endpoint before treatment although the rule counts them, and is in no model (W-10)."""
    if not ids:
        return ()
    text = (
        f"{len(ids)} of {n} patients were {STATUS_WORDS[view.spec.endpoint]} before treatment. They cannot go into it "
        f"and are left out of every model here; the curves count them, as {view.spec.rule.label} does."
    )
    return (Note(code="W-10", text=text, patient_ids=ids),)


def note_tests(rows: pd.DataFrame, overall: float, checks: pd.DataFrame) -> tuple[Note, ...]:
    """Count the P values shown: of the rows, of all factors together, of proportional hazards (W-02)."""
    p_value = rows["p_value"].to_numpy(dtype=float)
    joint = rows["model"].eq("multivariable").to_numpy()
    together, alone = (int(np.isfinite(p_value[mask]).sum()) for mask in (joint, ~joint))
    score = checks["p_value"].to_numpy(dtype=float)
    hazards = max(int((score < DOUBT).sum()), int(np.isfinite(score).any()))
    counts = {
        "of factors alone": alone,
        "of factors together": together,
        "of all factors against none": int(np.isfinite(overall)),
        "of proportional hazards": hazards,
    }
    if (shown := sum(counts.values())) < 2:
        return ()
    parts = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    text = f"{shown} P values on this page ({parts}); about {shown * 0.05:.1f} would be below 0.05 by chance."
    return (Note(code="W-02", text=text),)


def separated_alone(alone: list[FactorFit], whole: FactorFit) -> list[Note]:
    """Say of the factors on their own which separate events, unless the joint model says the same."""
    said = {note.text for note in whole.notes}
    notes = [note for fit in alone for note in fit.notes if note.code == "SEPARATION" and note.text not in said]
    return [Note(code=note.code, text=f"Alone: {readable(note.text)}") for note in notes]


def few_events_alone(alone: list[FactorFit], whole: FactorFit) -> list[Note]:
    """Say of the factors on their own which have few events for their coefficients, unless the joint model does."""
    said = {note.text for note in whole.notes}
    found: dict[str, list[str]] = {}
    for fit in alone:
        for note in fit.notes:
            if note.code == "EPV" and note.text not in said:
                name = str(fit.terms["variable"].iloc[0])
                found.setdefault(note.text, []).append("Treatment group" if name == "group" else variable(name).label)
    return [Note(code="EPV", text=f"Alone ({', '.join(names)}): {text}") for text, names in found.items()]


def readable(text: str) -> str:
    """Put labels where an estimator could only know the names of columns."""
    parts = ((word, word.rstrip(",;.")) for word in text.split(" "))
    return " ".join(variable(name).label + word[len(name) :] if "_" in name else word for word, name in parts)
