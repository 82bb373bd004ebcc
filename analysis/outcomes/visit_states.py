"""At each nominal visit, how many are in which remission, and who is gone and why (domain.md 2.5, E4)?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.cohort.model import Cohort
from analysis.cohort.visits import DAYS_PER_MONTH, visit_windows
from analysis.outcomes.classify import NOT_EVALUABLE, PARTIAL
from analysis.outcomes.derive import Outcomes, derive_outcomes

GONE = "gone"
VISIT_STATUSES = ("CR", "PR", "NR", NOT_EVALUABLE, GONE)
_ENDS = {"kidney_failure": "kidney failure", "death": "death"}  # after these the visit is not asked for
_LEAVES = {"withdrawal": "withdrawn", "lost": "lost to follow-up"}
NO_CONTACT, NO_VISIT = "no later contact", "no visit in this window"


def states_at_visit(outcomes: Outcomes, cohort: Cohort, *, schedule: tuple[float, ...]) -> pd.DataFrame:
    """Give every patient's status at every nominal visit after baseline.

    Parameters
    ----------
    outcomes
        Gives the rule; outcomes on actual days are derived again on the nominal visits.
    cohort, schedule
        The cohort and its nominal visits in months.

    Returns
    -------
    DataFrame
        One row per patient of the cohort and nominal month after 0: ``patient_id``, ``month``,
        ``status`` (CR, PR, NR, NE, gone) and ``reason`` (why NE or gone, else the classifier's). The
        statuses of a month add up to the patients. A patient is gone from kidney failure or death on,
        and without an evaluable visit after withdrawal, loss or last contact. A visit that is only
        known to be partial remission or better is NE here. Nothing is carried forward.
    """
    if outcomes.time_axis != "nominal":
        outcomes = derive_outcomes(cohort, outcomes.rule, schedule=schedule, time_axis="nominal")
    windows = visit_windows(schedule)
    windows = windows[windows["month"] > 0]
    patient = cohort.patients["patient_id"].reset_index(drop=True)
    table = pd.MultiIndex.from_product([patient, windows["month"]], names=["patient_id", "month"]).to_frame(index=False)
    visits = outcomes.visits[["patient_id", "month", "day", "status", "at_least", "reason"]]
    table = table.merge(visits, on=["patient_id", "month"], how="left")
    seen = table["status"].notna()
    table["status"] = table["status"].fillna(NOT_EVALUABLE)
    partial = table["at_least"].eq(PARTIAL)
    table["reason"] = table["reason"].mask(partial, "partial remission or better, " + table["reason"].astype(object))
    table["reason"] = table["reason"].where(seen, NO_VISIT)
    gone = _gone(table, cohort, windows)
    table["status"] = table["status"].mask(gone != "", GONE)
    table["reason"] = table["reason"].mask(gone != "", gone)
    return table[["patient_id", "month", "status", "reason"]]


def _gone(table: pd.DataFrame, cohort: Cohort, windows: pd.DataFrame) -> pd.Series:
    """Say why a patient was gone at a visit, "" if not."""
    bounds = windows.set_index("month")
    first_day, last_day = (table["month"].map(bounds[name]) for name in ("first_day", "last_day"))
    decided = table["status"] != NOT_EVALUABLE
    visit_day = table["day"].where(decided, last_day)
    words = pd.Series("", index=table.index, dtype=object)
    contact = table["patient_id"].map(_last_contact(cohort))
    words = words.mask(~decided & (contact < first_day), NO_CONTACT)
    stated = table["patient_id"].map(_stated_reason(cohort))
    words = words.mask((words == NO_CONTACT) & stated.notna(), stated)
    for kind, word in {**_LEAVES, **_ENDS}.items():
        events = cohort.events[(cohort.events["event_type"] == kind) & cohort.events["day"].notna()]
        day = table["patient_id"].map(events.groupby("patient_id")["day"].min()).astype(float)
        words = words.mask((day <= visit_day) & (~decided | (kind in _ENDS)), word)
    return words


def _last_contact(cohort: Cohort) -> pd.Series:
    """Give the last day anything is known of each patient."""
    patients, days = cohort.patients, [cohort.visits[["patient_id", "day"]], cohort.events[["patient_id", "day"]]]
    if "followup_months" in patients:
        months = pd.to_numeric(patients["followup_months"], errors="coerce").astype(float)
        days.append(pd.DataFrame({"patient_id": patients["patient_id"], "day": months * DAYS_PER_MONTH}))
    known = pd.concat([part.astype({"day": float}) for part in days if len(part)])
    return known.groupby("patient_id")["day"].max()


def _stated_reason(cohort: Cohort) -> pd.Series:
    """Give the file's reason for leaving, in words, of patients who left; indexed by patient."""
    given = cohort.patients.get("withdrawal_reason", pd.Series(np.nan, index=cohort.patients.index, dtype=object))
    left = given[given.notna() & (given != "none")].astype(str)
    words = "withdrawn: " + left.str.replace("_", " ")
    return pd.Series(words.to_numpy(dtype=object), index=pd.Index(cohort.patients.loc[left.index, "patient_id"]))
