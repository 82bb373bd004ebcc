"""How often did patients relapse after remission, and what did their B cells do?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.cohort.visits import DAYS_PER_MONTH
from analysis.estimators.rates import event_rates
from analysis.estimators.summaries import quantiles
from analysis.outcomes.depletion_relapse import WHOLE_FOLLOW_UP, bcells_of_patients, cross_with_relapse
from analysis.outcomes.derive import Outcomes
from analysis.outcomes.immunology import depletion_records, reconstitution_records
from analysis.outcomes.markers import marker_notes
from analysis.outcomes.relapse import relapse_rates
from analysis.remission.answers import RelapseResult
from analysis.results import Method, Note
from analysis.study import View

DENOMINATORS = {"remission": "months_in_remission", "followup": "months_followed"}
EVENTS = {"depletion": depletion_records, "reconstitution": reconstitution_records}
DATED = {"depletion": "bcell_depletion_day", "reconstitution": "bcell_reconstitution_day"}
UNDATED = {"depletion": "depleted on a day", "reconstitution": "reconstituted on a day"}
RATE_COLUMNS = [
    "group", "denominator", "n", "n_remitted", "n_relapsed", "n_relapses", "patient_years", "estimate", "conf_low",
    "conf_high", "patient_ids", "reason",
]  # fmt: skip
BCELL_COLUMNS = [
    "group", "event", "n", "n_dated", "n_total", "n_unknown", "median_days", "q1_days", "q3_days", "patient_ids",
    "reason",
]  # fmt: skip
NO_PRIOR = (  # domain.md 3.9
    "The relapse rate before treatment is not computable: the file has no count of earlier relapses, so nothing is "
    "said about a reduction."
)


@dataclass(frozen=True, kw_only=True, eq=False)
class BCellCourses:
    """What the B cells of the whole cohort did; ``follow_bcells`` documents the frames."""

    records: dict[str, pd.DataFrame]
    crossed: pd.DataFrame


def follow_bcells(view: View, outcomes: Outcomes) -> BCellCourses:
    """Date depletion and reconstitution of the whole cohort; no filter or group changes them.

    Returns
    -------
    BCellCourses
        ``records``: the time-to-event table of each event, on actual days over the whole follow-up,
        indexed by patient. ``crossed``: one row per patient from ``bcells_of_patients``.
    """
    alone = replace(view.cohort, events=view.cohort.events.iloc[:0])  # a count after rescue is still a count
    span: dict[str, Any] = {"schedule": view.spec.schedule, "horizon_months": WHOLE_FOLLOW_UP}
    records = {
        event: build(alone, time_axis="actual", **span).set_index("patient_id") for event, build in EVENTS.items()
    }
    crossed = bcells_of_patients(outcomes, view.cohort, schedule=view.spec.schedule)
    return BCellCourses(records=records, crossed=crossed)


def describe_relapse(view: View, outcomes: Outcomes, courses: BCellCourses | None = None) -> RelapseResult:
    """Count relapses over both denominators, B-cell depletion and return, and how they go together.

    Parameters
    ----------
    view, outcomes
        The selected patients and the classified visits.
    courses
        From ``follow_bcells`` of the same choices, where they are at hand.

    Returns
    -------
    RelapseResult
        Rates per patient-year with exact Poisson limits. The whole follow-up counts, not only the months
        to the horizon.

    Notes
    -----
    The limits take each relapse as independent; with several relapses of one patient they are too narrow.
    Source: domain.md 2.6, 2.8, 3.9.
    """
    rates = relapse_rates(outcomes, view.cohort, view.members)
    courses = courses or follow_bcells(view, outcomes)
    return RelapseResult(
        rates=pd.DataFrame([row for rate in rates.to_dict("records") for row in _rates(rate)], columns=RATE_COLUMNS),
        bcells=_bcells(view, courses.records),
        depletion=_depletion(view, courses.crossed),
        groups=view.groups,
        method=_method(view, outcomes),
        notes=_notes(view, rates),
    )


def _rates(rate: dict[str, object]) -> list[list[object]]:
    """Turn the counts of one group into a row per denominator, per patient-year."""
    counts = [rate[name] for name in ("n", "n_remitted", "n_relapsed", "n_relapses")]
    rows = []
    for denominator, months in DENOMINATORS.items():
        years = float(rate[months]) / 12  # type: ignore[arg-type]
        n_relapses = int(rate["n_relapses"])  # type: ignore[call-overload]
        known = years > 0
        low, high = (float(limit[0]) for limit in event_rates(n_relapses, years)[1:]) if known else (np.nan, np.nan)
        absent = {"remission": "no time in remission was observed", "followup": "follow-up is not known"}[denominator]
        value, why = (n_relapses / years, "") if known else (np.nan, f"not estimable: {absent}")
        rows.append([rate["group"], denominator, *counts, years, value, low, high, rate["patient_ids"], why])
    return rows


def _bcells(view: View, found: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Count depletion and reconstitution over the whole follow-up, on actual days."""
    rows = []
    for event, records in found.items():
        for group in view.groups:
            members = view.members.loc[view.members["group"] == group, "patient_id"]
            own = records.loc[records.index.isin(members) & records["at_risk"].to_numpy()]
            rows.append([group, event, *_event_numbers(view, own, event)])
    return pd.DataFrame(rows, columns=BCELL_COLUMNS)


def _event_numbers(view: View, own: pd.DataFrame, event: str) -> list[object]:
    """Count who had it, with and without a day, and the quartiles of the known days."""
    undated = own["reason"].str.startswith(UNDATED[event]) & ~own["event"]
    day = own.loc[own["event"], "time"] * DAYS_PER_MONTH
    given = view.cohort.patients.set_index("patient_id").get(DATED[event])
    if given is not None and given.notna().any():  # a recorded day is a day; a visit is only an upper bound
        recorded = day.index.to_series().map(given).astype(float)
        day = recorded[recorded.notna()]
    q1, middle, q3 = quantiles(day, (0.25, 0.5, 0.75), quantile_type=view.spec.quantile_type)
    ids = tuple(own.index[own["event"] | undated])
    unknown = int((own["time"].eq(0) & ~own["event"] & ~undated).sum())  # no count after treatment began
    why = "" if unknown < len(own) else "no B-cell counts after treatment began" if len(own) else "nobody is at risk"
    return [len(ids), len(day), len(own), unknown, middle, q1, q3, ids, why]


def _depletion(view: View, crossed: pd.DataFrame) -> pd.DataFrame:
    parts = []
    for group in view.groups:
        ids = view.members.loc[view.members["group"] == group, "patient_id"]
        parts.append(cross_with_relapse(crossed, ids).assign(group=group))
    table = pd.concat(parts, ignore_index=True)
    return table[["group", "bcells", "relapse", "reason", "n", "patient_ids"]]


def _method(view: View, outcomes: Outcomes) -> Method:
    sentence = (
        f"Relapse by {outcomes.rule.label}, over the whole follow-up. Rate in remission: relapses over the time from "
        "each remission to its relapse or to the last visit that could show one; rate over follow-up: over all time "
        "since the first rituximab infusion, as some papers give it. Exact Poisson limits. B-cell depletion: first "
        "count below 5/µL; reconstitution: first count of 5/µL or more after it; recorded days where the file has "
        "them, else the day of the measurement, an upper bound. Counts by CD19 are preferred to those by CD20. "
        f"Quantiles of type {view.spec.quantile_type}."
    )
    return Method(name="Relapse and B cells", sentence=sentence, references=("Garwood, Biometrika 1936;28:437-42",))


def _notes(view: View, rates: pd.DataFrame) -> tuple[Note, ...]:
    notes = [*marker_notes(view.cohort, view.members["patient_id"])]
    for row in rates.itertuples():
        years = row.months_in_remission / 12
        if row.n_relapses == 0 and years > 0:
            upper = float(event_rates(0, years)[2][0])
            text = (
                f"{row.group}: no relapse in {years:.1f} patient-years in remission; the true rate could still be up "
                f"to {upper:.2f} per patient-year."
            )
            notes.append(Note(code="W-14", text=text))
    if "prior_relapses_n" not in view.cohort.patients:
        notes.append(Note(code="PRIOR", text=NO_PRIOR))
    return tuple(notes)
