"""How many are in partial remission without complete remission (domain.md 2.5, E3)?"""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd

from analysis.clock import from_rituximab
from analysis.estimators.survival import estimate_curve
from analysis.outcomes.derive import Outcomes
from analysis.outcomes.endpoints import best_response_records
from analysis.remission.answers import PartialResult
from analysis.remission.curves import hide_tiny, ticks, values_at_visits
from analysis.remission.records import member_records, of_group, study_records
from analysis.remission.thin_end import withheld_notes
from analysis.results import Method, Note
from analysis.study import View

ENDS = ("first_remission", "complete_remission")
RESPONSES: tuple[Literal["CR"], Literal["PR"]] = ("CR", "PR")
DIFFERENCE_COLUMNS = ["group", "time", "first", "complete", "estimate", "reason"]
INCIDENCE_COLUMNS = ["group", "response", "time", "n_risk", "estimate", "conf_low", "conf_high", "reason"]


def partial_records(view: View, outcomes: Outcomes) -> dict[str, pd.DataFrame]:
    """Build the time-to-event tables of the cohort: first and complete remission, and each type of best response."""
    spec = view.spec
    span: dict[str, Any] = {"schedule": spec.schedule, "horizon_months": spec.horizon_months}
    usual = from_rituximab(view)
    found = {name: study_records(usual, outcomes, endpoint=name) for name in ENDS}
    for response in RESPONSES:
        found[response] = best_response_records(outcomes, view.cohort, response=response, **span)
    return found


def describe_partial(view: View, outcomes: Outcomes, records: dict[str, pd.DataFrame] | None = None) -> PartialResult:
    """Estimate partial remission without complete remission in the two ways that are not misleading.

    Parameters
    ----------
    view, outcomes
        The selected patients and the classified visits.
    records
        From ``partial_records`` of the same choices, where they are at hand.

    Returns
    -------
    PartialResult
        The difference of the curves of first and of complete remission, and the Aalen-Johansen
        incidence of each type of best response by the horizon.

    Notes
    -----
    1 - Kaplan-Meier of partial remission with complete remission censored is never shown: it answers
    for a world without complete remission. Source: domain.md 2.5, 3.4.
    """
    found = partial_records(view, outcomes) if records is None else records
    tables = {name: member_records(view, table) for name, table in found.items()}
    curves = _response_curves(view, tables)
    differences, incidence = _differences(view, tables), _incidence(view, curves)
    withheld = pd.concat([differences[["group", "reason"]], incidence[["group", "reason"]]])
    return PartialResult(
        differences=differences,
        incidence=incidence,
        curves=curves,
        groups=view.groups,
        method=_method(view),
        notes=(
            Note(code="E3", text="The incidence by best response conditions on what came later: it describes."),
            *withheld_notes(withheld),
        ),
    )


def _differences(view: View, tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    months, usual = ticks(view)[1:], from_rituximab(view)
    parts = []
    for group in view.groups:
        own = {name: of_group(tables[name], group) for name in ENDS}
        first, complete = (
            values_at_visits(usual, estimate_curve(rows["time"], rows["event"], rows["competing_event"]), months)
            for rows in own.values()
        )
        reason = first["reason"].where(first["estimate"].isna(), complete["reason"].where(complete["estimate"].isna()))
        numbers = {"first": first["estimate"], "complete": complete["estimate"]}
        part = pd.DataFrame({"group": group, "time": months, **numbers}).assign(
            estimate=numbers["first"] - numbers["complete"], reason=reason.fillna("")
        )
        parts.append(hide_tiny(part, len(own["first_remission"])))
    return pd.concat(parts, ignore_index=True)[DIFFERENCE_COLUMNS]


def _response_curves(view: View, tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    parts = []
    for response in RESPONSES:
        for group in view.groups:
            rows = of_group(tables[response], group)
            curve = estimate_curve(rows["time"], rows["event"], rows["competing_event"])
            parts.append(curve.assign(group=group, response=response))
    found = pd.concat(parts, ignore_index=True)
    return found[["group", "response", *(name for name in found if name not in ("group", "response"))]]


def _incidence(view: View, curves: pd.DataFrame) -> pd.DataFrame:
    months, usual = ticks(view)[1:], from_rituximab(view)
    parts = [
        values_at_visits(usual, curve.reset_index(drop=True), months).assign(group=group, response=name)
        for (group, name), curve in curves.groupby(["group", "response"], sort=False)
    ]
    return pd.concat(parts, ignore_index=True)[INCIDENCE_COLUMNS]


def _clock_words(view: View) -> str:
    usual = from_rituximab(view) is view
    return (
        "" if usual else " Always from the first rituximab to the last visit evaluable, whatever the curves count from."
    )


def _method(view: View) -> Method:
    sentence = (
        "Partial remission without complete remission: the incidence of first remission minus that of complete "
        "remission (a difference of two curves), and the cumulative incidence of the best response by month "
        f"{ticks(view)[-1]:g}, where the other type of response, kidney failure, death and rescue therapy "
        "compete. 1 − Kaplan–Meier with complete remission censored is not shown: it would answer for a world "
        f"without complete remission.{_clock_words(view)}"
    )
    references = ("Aalen and Johansen, Scand J Stat 1978;5:141-50",)
    return Method(name="Partial remission without complete remission", sentence=sentence, references=references)
