"""What must be said beside numbers because of where their clock starts and when it stops (domain.md 2.9)?"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from analysis.cautions import cautions_about
from analysis.clock import BIOPSY, TACROLIMUS, censoring_in_use, enters_late, refused_starts, start_in_use, start_words
from analysis.results import Note
from analysis.study import View


def clock_notes(view: View, table: pd.DataFrame) -> tuple[Note, ...]:
    """Warn where a start or an end of the clock was chosen that can mislead; ``table`` has one row per member."""
    rows, notes = table[table["at_risk"]], []
    chosen = view.spec.remission.time_zero
    if chosen != start_in_use(view):
        why = refused_starts(view)[chosen]
        notes.append(Note(code="CLOCK", text=f"Time runs from the {start_words(view)}, not as chosen: {why}."))
    if enters_late(view) and len(rows):
        text = (
            f"The {len(rows)} patients came under observation at month {rows['entry'].median():.0f} after the biopsy "
            "(median). Who remitted between biopsy and rituximab was never a candidate for it; early in the curve few "
            "are at risk."
        )
        notes.append(Note(code="CLOCK", text=text))
    if censoring_in_use(view) == "last_contact":
        late = rows[rows["reason"].astype(str).str.startswith("last contact")]
        text = (
            f"{len(late)} of {len(rows)} patients count as without the event from their last evaluable visit to their "
            "last contact, although nobody looked; that makes the incidence too low. Not recommended."
        )
        notes.append(Note(code="CENSORING", text=text, patient_ids=tuple(late["patient_id"])))
    return tuple(notes)


def group_cautions(view: View) -> tuple[Note, ...]:
    """Take the cautions about the groups; that tacrolimus begins late (W-06) holds where month 0 is before it only."""
    start = start_in_use(view)
    since = "(median, from the first rituximab)" if start == BIOPSY else "(median)"
    return tuple(
        replace(note, text=note.text.replace("(median)", since) + " See the landmark analysis.")
        if note.code == "W-06"
        else note
        for note in cautions_about(view)
        if note.code != "W-06" or start != TACROLIMUS
    )
