"""Did patients of one regimen also have a drug of another group's regimen?"""

from __future__ import annotations

import re

import pandas as pd

from analysis.cohort.cells import read_codes
from analysis.cohort.dictionary import variable
from analysis.cohort.findings import listed
from analysis.results import Note
from analysis.study import View

_JOINED_BY = re.compile(r"\s*(?:[+/,;&＋、]|\band\b|\bwith\b)\s*")


def overlapping_regimens(view: View) -> tuple[Note, ...]:
    """Find patients with a dose, at or after time zero, of a drug that only another compared group's name holds.

    Parameters
    ----------
    view
        Groups are compared by ``regimen_group`` and their names list their drugs (``RTX+TAC``); a
        group whose name holds anything else is not judged.

    Returns
    -------
    tuple of Note
        One per group with such patients, with their ids and the choice made: they stay in the group
        of the file and count once. A dose with an unknown day counts; one that ended before time zero
        does not.
    """
    if view.spec.group_column != "regimen_group":
        return ()
    regimens = {group: regimen_drugs(group) for group in view.groups}
    given = _given(view)
    notes = []
    for group, (own, complete) in regimens.items():
        others = {drug for name, (drugs, _) in regimens.items() if name != group for drug in drugs}
        foreign = given[(given["group"] == group) & given["drug"].isin(others - own)] if complete else given.iloc[:0]
        if len(foreign):
            notes.append(_note(group, view.group_sizes()[group], foreign))
    return tuple(notes)


def regimen_drugs(name: str) -> tuple[frozenset[str], bool]:
    """Read the drugs from the name of a regimen, and tell whether the name holds nothing else."""
    parts = pd.Series([part for part in _JOINED_BY.split(name) if part], dtype=object, name="drug")
    reading = read_codes(parts, variable("drug"))
    known = reading.value.notna() & (reading.complaint == "") & (reading.value != "other")
    return frozenset(reading.value[known]), bool(known.all()) and len(parts) > 0


def _given(view: View) -> pd.DataFrame:
    """Give the doses of the members that did not end before time zero."""
    doses = view.cohort.doses
    start, stop = doses["start_day"].astype(float), doses["stop_day"].astype(float)
    since = ~(stop.fillna(start) < 0)
    members = view.members.assign(group=view.members["group"].astype(object))
    return doses.loc[since, ["patient_id", "drug"]].merge(members, on="patient_id")


def _note(group: str, size: int, foreign: pd.DataFrame) -> Note:
    ids = tuple(dict.fromkeys(foreign.sort_values("patient_id", kind="stable")["patient_id"]))
    drugs = " and ".join(sorted({variable("drug").level_label(drug).lower() for drug in foreign["drug"]}))
    text = (
        f"Groups overlap: {len(ids)} of {size} patients of {group} also had {drugs} ({listed(ids)}). They stay in "
        f"{group}, the group the file gives, and count once. Record the change as a rescue event if the remission "
        "curves should treat it as a competing event."
    )
    return Note(code="R-OVERLAP", text=text, patient_ids=ids)
