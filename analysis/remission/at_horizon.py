"""What do the curves of the chosen endpoint say at the last planned visit, under one classification?"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.outcomes.derive import Outcomes
from analysis.remission.curves import differences_at, group_curves, hide_tiny, ticks, values_at_visits
from analysis.remission.records import member_records, study_records
from analysis.study import View


@dataclass(frozen=True, kw_only=True, eq=False)
class HorizonResult:
    """Incidence and differences at one visit, as the Remission page prints them.

    values
        One row per group, indexed by it: ``n_risk`` at time 0, ``estimate`` (0-1, NaN with ``reason``).
    differences
        One row per compared group: ``group``, ``estimate``, ``conf_low``, ``conf_high``, ``reason``.
    """

    values: pd.DataFrame
    differences: pd.DataFrame


def read_at_horizon(view: View, outcomes: Outcomes) -> HorizonResult:
    """Read the curves of the chosen endpoint at the last planned visit by the horizon."""
    curves = group_curves(view, member_records(view, study_records(view, outcomes)))
    last, rows = ticks(view)[-1:], []
    for group, curve in curves.items():
        n_risk = int(curve["n_risk"].iloc[0])
        value = hide_tiny(values_at_visits(view, curve, last), n_risk).iloc[0]
        rows.append([group, n_risk, value["estimate"], value["reason"]])
    values = pd.DataFrame(rows, columns=["group", "n_risk", "estimate", "reason"]).set_index("group")
    found = differences_at(view, curves, last)
    return HorizonResult(values=values, differences=found[["group", "estimate", "conf_low", "conf_high", "reason"]])
