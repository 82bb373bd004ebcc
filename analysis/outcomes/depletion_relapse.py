"""Did relapses come while B cells were depleted, and did their return bring relapse (domain.md 2.8)?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.cohort.model import Cohort
from analysis.outcomes.derive import Outcomes
from analysis.outcomes.immunology import depletion_records, reconstitution_records
from analysis.outcomes.states import derive_states, in_remission_before

DEPLETED, RECONSTITUTED = "depleted", "reconstituted"
RELAPSED, NOT_RELAPSED = "relapse", "no relapse"
WHOLE_FOLLOW_UP = 1e6  # months


def depletion_by_relapse(
    outcomes: Outcomes, cohort: Cohort, *, schedule: tuple[float, ...], patient_ids: pd.Series | None = None
) -> pd.DataFrame:
    """Cross the state of the B cells with relapse, over the whole follow-up.

    Parameters
    ----------
    outcomes, cohort, schedule
        As for ``endpoints.endpoint_records``.
    patient_ids
        Whom to count; everyone by default.

    Returns
    -------
    DataFrame
        Four rows ``bcells`` (depleted, reconstituted) by ``relapse`` (relapse, no relapse), then one
        row per ``reason`` why patients are in no cell: ``n``, ``patient_ids``. Of a patient who
        relapsed ``bcells`` is the state by the first relapse, of the others the last one known. Only
        patients who were in remission and whose depletion is documented are in a cell.
    """
    return cross_with_relapse(bcells_of_patients(outcomes, cohort, schedule=schedule), patient_ids)


def cross_with_relapse(patients: pd.DataFrame, patient_ids: pd.Series | None = None) -> pd.DataFrame:
    """Count the rows of ``bcells_of_patients`` as ``depletion_by_relapse`` does."""
    if patient_ids is not None:
        patients = patients[patients["patient_id"].isin(patient_ids)]
    cells = [(bcells, relapse, "") for bcells in (DEPLETED, RECONSTITUTED) for relapse in (RELAPSED, NOT_RELAPSED)]
    left = [("", "", reason) for reason in sorted(set(patients["reason"]) - {""})]
    rows = []
    for bcells, relapse, reason in [*cells, *left]:
        inside = patients["reason"] == reason
        if not reason:
            inside &= (patients["bcells"] == bcells) & (patients["relapse"] == relapse)
        ids = tuple(patients.loc[inside, "patient_id"])
        rows.append([bcells, relapse, reason, len(ids), ids])
    return pd.DataFrame(rows, columns=["bcells", "relapse", "reason", "n", "patient_ids"])


def bcells_of_patients(outcomes: Outcomes, cohort: Cohort, *, schedule: tuple[float, ...]) -> pd.DataFrame:
    """Give one row per patient: ``bcells``, ``relapse`` and why the patient is in no cell."""
    span: dict[str, Any] = {"time_axis": outcomes.time_axis, "schedule": schedule, "horizon_months": WHOLE_FOLLOW_UP}
    alone = replace(cohort, events=cohort.events.iloc[:0])  # a count after rescue therapy is still a count
    depletion = depletion_records(alone, **span)
    reconstitution = reconstitution_records(alone, **span)
    patient = depletion["patient_id"]
    states = derive_states(outcomes)
    relapse = states[states["transition"] == "relapse"].drop_duplicates("patient_id").set_index("patient_id")["time"]
    relapse_time = patient.map(relapse)
    remitted = patient.isin(states.loc[states["remission"] > 0, "patient_id"])
    remitted |= patient.isin(in_remission_before(outcomes).index)
    undated = reconstitution["reason"].str.startswith("reconstituted on a day")
    back = reconstitution["event"] & ~(reconstitution["time"] > relapse_time)
    back |= undated & relapse_time.isna()
    reason = np.select(
        [~remitted, ~(depletion["event"] & depletion["at_risk"]), undated & relapse_time.notna()],
        ["never in remission", "B-cell depletion not documented", "day of reconstitution not recorded"],
        default="",
    )
    bcells = np.where(back, RECONSTITUTED, DEPLETED)
    happened = np.where(relapse_time.notna(), RELAPSED, NOT_RELAPSED)
    return pd.DataFrame({"patient_id": patient, "bcells": bcells, "relapse": happened, "reason": reason})
