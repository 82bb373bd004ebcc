"""What is the incidence if an event is only known to lie between two visits?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.clock import require_one_entry
from analysis.estimators.turnbull import estimate_turnbull, turnbull_at
from analysis.outcomes.endpoints import ALL_ENDPOINT_LABELS
from analysis.remission.answers import IntervalResult
from analysis.remission.curves import curves_of, hide_tiny, ticks, times_of, values_at_visits
from analysis.remission.records import of_group
from analysis.remission.thin_end import WITHHELD, withheld_notes
from analysis.results import Method, Note
from analysis.study import View

if TYPE_CHECKING:
    from analysis.remission.description import RemissionResult

REPLICATES = 1_000
FLAT = 1e-9  # width below which a bootstrap band says nothing
CELL_COLUMNS = ["group", "low", "high", "mass", "estimate", "n", "reason"]
VALUE_COLUMNS = ["group", "time", "estimate", "conf_low", "conf_high", "step_estimate", "reason"]


def estimate_intervals(view: View, result: RemissionResult, *, replicates: int = REPLICATES) -> IntervalResult:
    """Estimate each group's incidence from the intervals between visits, with a bootstrap band.

    Parameters
    ----------
    view
        The selected patients.
    result
        From ``describe_remission``: by its records the event lies in (``interval_low``,
        ``interval_high``], and its curves are shown beside.
    replicates
        Bootstrap samples of each group; seed 20230712.

    Returns
    -------
    IntervalResult
        Cells and values at the visits, beside the step-at-visit curve. Where the estimate is 0 or 1 the
        limits are the exact ones of the step curve, as a bootstrap band has no width there. No value where
        the step curve is withheld for its thin end: it rests on the same few patients.

    Notes
    -----
    A competing event counts as the end of observation here (the estimate is that of 1 - Kaplan-Meier
    without competing events); ``notes`` says so where one was seen. Source: domain.md 2.9, 3.4.
    """
    require_one_entry(view, "The estimate between visits")
    table, curves, months = result.records, curves_of(result), ticks(view)[1:]
    cells, values = [], []
    for group in view.groups:
        rows = of_group(table, group)
        low, high = rows["interval_low"], rows["interval_high"]
        cells.append(estimate_turnbull(low, high).assign(group=group))
        found = turnbull_at(low, high, times_of(view, months), replicates=replicates)
        step = values_at_visits(view, curves[group], months)
        found = _withheld_with(hide_tiny(_with_width(found, step), len(rows)), step)
        values.append(found.assign(group=group, time=months, step_estimate=step["estimate"]))
    table_of_values = pd.concat(values, ignore_index=True)[VALUE_COLUMNS]
    return IntervalResult(
        cells=pd.concat(cells, ignore_index=True)[CELL_COLUMNS],
        values=table_of_values,
        n_replicates=replicates,
        endpoint=view.spec.endpoint,
        groups=view.groups,
        method=_method(view, replicates),
        notes=(*_notes(table), *withheld_notes(table_of_values)),
    )


def _with_width(found: pd.DataFrame, step: pd.DataFrame) -> pd.DataFrame:
    """Where no sample can differ (0 or everyone) take the exact limits of the step curve instead of a point."""
    flat = found["estimate"].notna() & (found["conf_high"] - found["conf_low"] < FLAT)
    limits = {name: found[name].mask(flat, step[name]) for name in ("conf_low", "conf_high")}
    return found.assign(**limits)


def _withheld_with(found: pd.DataFrame, step: pd.DataFrame) -> pd.DataFrame:
    """Give no value where the step curve has none because too few are left."""
    thin = step["reason"].astype(str).str.startswith(WITHHELD)
    numbers = {name: found[name].mask(thin) for name in ("estimate", "conf_low", "conf_high")}
    return found.assign(**numbers, reason=found["reason"].mask(thin, step["reason"]))


def _method(view: View, replicates: int) -> Method:
    sentence = (
        f"{ALL_ENDPOINT_LABELS[view.spec.endpoint]}: nonparametric maximum likelihood (Turnbull) from intervals open "
        "at the last visit without and closed at the first visit with the event; percentile limits of "
        f"{replicates:,} samples of patients (seed 20230712). Where everyone is seen at every visit it equals the "
        "step-at-visit curve at the visits; how events lie between visits is not known."
    )
    return Method(
        name="Interval-censored incidence", sentence=sentence, references=("Turnbull, J R Stat Soc B 1976;38:290-5",)
    )


def _notes(table: pd.DataFrame) -> tuple[Note, ...]:
    n = int((table["at_risk"] & table["competing_event"]).sum())
    if not n:
        return ()
    who = "1 patient" if n == 1 else f"{n} patients"
    text = f"{who} had a competing event; it ends the observation here, so the estimate is too high."
    return (Note(code="COMPETING", text=text),)
