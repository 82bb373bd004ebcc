"""How long was each group followed, and who was still followed at each visit?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.cohort.model import Cohort
from analysis.cohort.visits import DAYS_PER_MONTH, planned_day, visit_windows
from analysis.estimators.proportions import EMPTY_GROUP
from analysis.estimators.survival import estimate_curve, median_time
from analysis.results import Method
from analysis.study import View

MONTHS_PER_YEAR = 12
NOT_RECORDED = "not estimable: follow-up is not recorded"

FOLLOW_UP_COLUMNS = [
    "group", "n", "n_followup", "median_followup_months", "conf_low", "conf_high", "minimum", "maximum",
    "patient_years", "n_deaths", "reason", "patient_ids_missing",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class FollowUpResult:
    """The follow-up of each group; ``describe_follow_up`` documents the frame."""

    rows: pd.DataFrame
    method: Method


def describe_follow_up(view: View) -> FollowUpResult:
    """Estimate the median follow-up of each group with death as censoring.

    Parameters
    ----------
    view
        The selected patients and their groups; ``followup_months`` of the patients table is the time
        from time zero to the last contact.

    Returns
    -------
    FollowUpResult
        ``rows``: one per group. ``n_followup`` of ``n`` patients have a known follow-up;
        ``median_followup_months`` with ``conf_low`` and ``conf_high`` (95 %), ``minimum`` and
        ``maximum`` in months, ``patient_years``, ``n_deaths``; ``reason`` where there is no median;
        ``patient_ids_missing`` have no known follow-up.

    Notes
    -----
    Reverse Kaplan-Meier: the end of observation is the event and death is censoring, so the median
    says how long a patient would have been followed had nobody died. Agrees with R ``survfit(Surv(t,
    !died) ~ 1)``. Schemper and Smith, Control Clin Trials 1996;17:343-6.
    """
    patients = view.patients()
    months = patients.get("followup_months", pd.Series(np.nan, index=patients.index)).astype(float)
    deaths = view.cohort.events.loc[view.cohort.events["event_type"] == "death", "patient_id"]
    records = patients[["patient_id", "group"]].assign(
        months=months.where(months >= 0), died=patients["patient_id"].isin(deaths)
    )
    rows = [_follow_up_row(group, records[records["group"] == group]) for group in view.groups]
    return FollowUpResult(rows=pd.DataFrame(rows, columns=FOLLOW_UP_COLUMNS), method=_METHOD)


def reached_visits(view: View) -> pd.DataFrame:
    """Tell which members were still followed when the window of each nominal visit opened.

    Returns
    -------
    DataFrame of bool
        One row per member in the order of ``view.members``, one column per nominal month. All
        members reach the first visit; a later one is reached by a last contact (value, event,
        follow-up time) on or after the first day of its window, or by a value that counts for it.
    """
    last = _last_contact(view)
    windows = visit_windows(view.spec.schedule)
    reached = {
        month: (last >= first_day) | (month == windows["month"].min())
        for month, first_day in zip(windows["month"], windows["first_day"], strict=True)
    }
    return pd.DataFrame(reached, index=view.members["patient_id"].to_numpy())


_METHOD = Method(
    name="Follow-up",
    sentence=(
        "Follow-up from time zero to the last contact: median by reverse Kaplan–Meier, in which the end of "
        "observation is the event and death is censoring; not the median of the times to an outcome."
    ),
    references=("Schemper and Smith, Control Clin Trials 1996;17:343-6",),
)


def _follow_up_row(group: str, records: pd.DataFrame) -> list[Any]:
    known = records[records["months"].notna()]
    middle = median_time(estimate_curve(known["months"], ~known["died"]))
    why = EMPTY_GROUP if records.empty else NOT_RECORDED if known.empty else middle.reason
    return [
        group,
        len(records),
        len(known),
        middle.estimate,
        middle.conf_low,
        middle.conf_high,
        known["months"].min(),
        known["months"].max(),
        known["months"].sum() / MONTHS_PER_YEAR if len(known) else np.nan,
        int(records["died"].sum()),
        why if np.isnan(middle.estimate) else "",
        tuple(records.loc[records["months"].isna(), "patient_id"]),
    ]


def _last_contact(view: View) -> npt.NDArray[np.float64]:
    return last_contact_days(view.cohort, view.spec.schedule, view.members["patient_id"])


def last_contact_days(
    cohort: Cohort, schedule: tuple[float, ...], patients: pd.Series, *, planned: bool = True
) -> npt.NDArray[np.float64]:
    """Find each patient's latest known day: a value, an event, the stated follow-up.

    With ``planned`` a value also stands for the nominal day of the visit it counts for. In the order of
    ``patients``; NaN where nothing is known.
    """
    measured = cohort.visits[cohort.visits["value"].notna().to_numpy()]
    day, month = (measured[name].to_numpy(dtype=float) for name in ("day", "month"))
    known = np.where(np.isnan(day), month * DAYS_PER_MONTH, day)
    contacts = [
        (measured["patient_id"], np.fmax(known, planned_day(measured, schedule)) if planned else known),
        (cohort.events["patient_id"], cohort.events["day"].to_numpy(dtype=float)),
    ]
    if "followup_months" in cohort.patients:
        months = cohort.patients["followup_months"].to_numpy(dtype=float)
        contacts.append((cohort.patients["patient_id"], months * DAYS_PER_MONTH))
    members, last = pd.Index(patients), np.full(len(patients), np.nan)
    for ids, days in contacts:
        place = members.get_indexer(ids)
        np.fmax.at(last, place[place >= 0], days[place >= 0])
    return last
