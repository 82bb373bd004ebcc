"""What of those still without the event, and in care, at a landmark: who is lost, and how do they go on?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.clock import enters_late
from analysis.outcomes.endpoints import ALL_ENDPOINT_LABELS
from analysis.remission.answers import LandmarkResult
from analysis.remission.comparison import run_test
from analysis.remission.curves import differences_at, group_curves, stacked, ticks, times_of, values_at_visits
from analysis.remission.notes import curve_notes
from analysis.remission.records import of_group
from analysis.remission.thin_end import withheld_notes
from analysis.results import Method, Note
from analysis.study import View

if TYPE_CHECKING:
    from analysis.remission.description import RemissionResult

LOSS_COLUMNS = ["group", "n", "n_event", "n_competing", "n_censor", "n_left", "n_late", "patient_ids"]
VALUE_COLUMNS = ["group", "month", "time", "n_risk", "estimate", "conf_low", "conf_high", "reason"]


def describe_landmark(view: View, result: RemissionResult) -> LandmarkResult:
    """Start the clock at the landmark, with those who are still waiting for the event there.

    Parameters
    ----------
    view
        The selected patients; ``spec.remission.landmark_month`` is the landmark.
    result
        From ``describe_remission``: its records and curves are used.

    Returns
    -------
    LandmarkResult
        Patients with the event, a competing event or the end of observation at or before the landmark
        are lost, counted by group; whoever comes under observation only after it is counted apart.

    Notes
    -----
    Guards against immortal time: a regimen that begins in month 2 can only be given to those who
    were still waiting then. On actual days the landmark is its nominal day. Source: domain.md 2.9, 3.4.
    """
    month = view.spec.remission.landmark_month
    start = times_of(view, [month])[0]
    table = result.records
    after = landmark_table(table, start)
    curves = group_curves(view, after)
    months = [tick for tick in ticks(view) if tick > month]
    values = _values(view, curves, months, start)
    return LandmarkResult(
        month=month,
        losses=_losses(view, table, start),
        curves=stacked(curves),
        values=values,
        differences=differences_after(view, curves, months, start),
        test=run_test(view, after, on_study_time(curves, start)),
        endpoint=view.spec.endpoint,
        groups=view.groups,
        reference_group=view.reference_group,
        method=_method(view, month),
        notes=(*_notes(view, month, months), *_cautions(view, curves, values)),
    )


def landmark_table(table: pd.DataFrame, start: float) -> pd.DataFrame:
    """Keep who is at risk after the landmark and restart their clock there."""
    inside = table["at_risk"] & (table["time"] > start)
    entry = {"entry": (table["entry"] - start).clip(lower=0.0)} if "entry" in table else {}
    return table.assign(at_risk=inside, time=(table["time"] - start).where(inside, table["time"]), **entry)


def differences_after(view: View, curves: dict[str, pd.DataFrame], months: list[float], start: float) -> pd.DataFrame:
    """Contrast the groups at months since time 0, read off curves that start at the landmark."""
    found = differences_at(view, on_study_time(curves, start), months).rename(columns={"time": "month"})
    time = [times_of(view, [month])[0] - start for month in found["month"]]
    found.insert(3, "time", pd.Series(time, dtype=float))
    return found


def on_study_time(curves: dict[str, pd.DataFrame], start: float) -> dict[str, pd.DataFrame]:
    """Put the times of the curves back on the scale of the whole study; they start at 0 with nobody gone."""
    return {
        group: curve.assign(time=(curve["time"] + start).where(curve["time"] > 0, 0.0))
        for group, curve in curves.items()
    }


def _losses(view: View, table: pd.DataFrame, start: float) -> pd.DataFrame:
    rows = []
    for group in view.groups:
        own = of_group(table, group)
        lost = own[own["time"] <= start]
        late = int(((own["time"] > start) & (own["entry"] > start)).sum()) if "entry" in own else 0
        event, competing = lost["event"], lost["competing_event"] & ~lost["event"]
        counts = [int(event.sum()), int(competing.sum()), int((~event & ~competing).sum())]
        rows.append([group, len(own), *counts, len(own) - len(lost) - late, late, tuple(lost["patient_id"])])
    return pd.DataFrame(rows, columns=LOSS_COLUMNS)


def _values(view: View, curves: dict[str, pd.DataFrame], months: list[float], start: float) -> pd.DataFrame:
    times = times_of(view, months)
    parts = [
        values_at_visits(view, curve, months).assign(group=group, month=months, time=[time - start for time in times])
        for group, curve in on_study_time(curves, start).items()
        if months
    ]
    return pd.concat(parts, ignore_index=True)[VALUE_COLUMNS] if parts else pd.DataFrame(columns=VALUE_COLUMNS)


def _method(view: View, month: float) -> Method:
    late = ", or when they come under observation later" if enters_late(view) else ""
    sentence = (
        f"{ALL_ENDPOINT_LABELS[view.spec.endpoint]}, landmark at month {month:g}: patients who reached it, had a "
        f"competing event or were last seen by then are left out, the others start at 0 there{late}. Same estimators "
        "as the curves. It answers another question than the curves from treatment: how it goes on for those still "
        "waiting."
    )
    return Method(
        name="Landmark analysis", sentence=sentence, references=("Anderson et al, J Clin Oncol 1983;1:710-9",)
    )


def _cautions(view: View, curves: dict[str, pd.DataFrame], values: pd.DataFrame) -> tuple[Note, ...]:
    """Warn of small numbers after the landmark as beside the whole curves; the thin end is said once."""
    at = values.assign(time=values["month"])
    own = {group: (curve, at[at["group"] == group]) for group, curve in curves.items()}
    found = curve_notes(view, own, since=f" from month {view.spec.remission.landmark_month:g} on")
    return (*found, *withheld_notes(values))


def _notes(view: View, month: float, months: list[float]) -> tuple[Note, ...]:
    if months:
        return ()
    text = f"No visit lies between month {month:g} and the horizon of {view.spec.horizon_months:g} months."
    return (Note(code="LANDMARK", text=text + " Choose an earlier landmark."),)
