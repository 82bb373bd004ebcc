"""What do the curves of the chosen endpoint say at the last planned visit, under one classification?"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.outcomes.applicability import undecidable
from analysis.outcomes.attainment import last_planned_month, visits_of_month
from analysis.outcomes.derive import Outcomes
from analysis.outcomes.endpoints import ENDPOINT_LABELS, evaluable_visits
from analysis.outcomes.records import horizon_time
from analysis.remission.curves import differences_at, group_curves, hide_tiny, ticks, values_at_visits
from analysis.remission.records import TEST_PATIENTS, member_records, study_records
from analysis.study import View


@dataclass(frozen=True, kw_only=True, eq=False)
class HorizonResult:
    """Incidence and differences at one visit, as the Remission page prints them.

    values
        One row per group, indexed by it: ``n_risk`` at time 0, ``n_evaluable`` (of those: with a visit after
        treatment began that can show the endpoint, or a competing event), ``estimate`` (0-1, NaN with
        ``reason``; none of fewer than 5 evaluable patients, nor where no visit can show the endpoint).
    differences
        One row per compared group: ``group``, ``estimate``, ``conf_low``, ``conf_high``, ``reason``.
    """

    values: pd.DataFrame
    differences: pd.DataFrame


def read_at_horizon(view: View, outcomes: Outcomes) -> HorizonResult:
    """Read the curves of the chosen endpoint at the last planned visit by the horizon."""
    records = member_records(view, study_records(view, outcomes))
    curves = group_curves(view, records)
    evaluable = _evaluable(view, outcomes, records)
    last, rows, untold = ticks(view)[-1:], [], {}
    for group, curve in curves.items():
        n_risk, n_evaluable = int(curve["n_risk"].iloc[0]), int(evaluable[group])
        value = hide_tiny(values_at_visits(view, curve, last), n_risk).iloc[0]
        untold[group] = _untold(outcomes, view.spec.endpoint, n_risk, n_evaluable)
        estimate = float("nan") if untold[group] else value["estimate"]
        rows.append([group, n_risk, n_evaluable, estimate, untold[group] or value["reason"]])
    values = pd.DataFrame(rows, columns=["group", "n_risk", "n_evaluable", "estimate", "reason"]).set_index("group")
    return HorizonResult(values=values, differences=_differences(view, curves, last, untold))


def _evaluable(view: View, outcomes: Outcomes, records: pd.DataFrame) -> dict[str, int]:
    """Count per group who is at risk and could be classified at least once, or had an event of any kind."""
    counts = records["event"] | records["competing_event"]
    if view.spec.endpoint in ENDPOINT_LABELS:
        visits, _ = evaluable_visits(outcomes, view.spec.endpoint)  # type: ignore[arg-type]
        inside = visits["time"].gt(0) & visits["time"].le(horizon_time(view.spec.horizon_months))
        if outcomes.rule.attainment == "at_horizon":
            month = last_planned_month(view.spec.schedule, view.spec.horizon_months)
            inside &= visits_of_month(visits, view.spec.schedule, month)
        counts |= records["patient_id"].isin(visits.loc[inside, "patient_id"])
    else:
        counts |= records["time"] > 0
    return {group: int((counts & records["at_risk"] & (records["group"] == group)).sum()) for group in view.groups}


def _untold(outcomes: Outcomes, endpoint: str, n_risk: int, n_evaluable: int) -> str:
    """Say why the incidence would say nothing although there is a curve; "" where it says something."""
    if why := undecidable(outcomes.rule, endpoint):
        return why
    if n_evaluable < TEST_PATIENTS <= n_risk:
        return f"not estimable: {n_evaluable} of {n_risk} evaluable"
    return ""


def _differences(
    view: View, curves: dict[str, pd.DataFrame], last: list[float], untold: dict[str, str]
) -> pd.DataFrame:
    found = differences_at(view, curves, last)[["group", "estimate", "conf_low", "conf_high", "reason"]]
    reference = untold.get(view.reference_group or "", "")
    why = found["group"].map(untold).astype(object).where(lambda words: words.ne(""), reference)
    numbers = {name: found[name].mask(why != "") for name in ("estimate", "conf_low", "conf_high")}
    return found.assign(**numbers, reason=found["reason"].mask(why != "", why))
