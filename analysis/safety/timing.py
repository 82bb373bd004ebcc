"""When did adverse events happen, how long until the first, and did they come back?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.cohort.visits import DAYS_PER_MONTH
from analysis.estimators.negative_binomial import compare_recurrent
from analysis.estimators.survival import estimate_curve, value_at
from analysis.results import Method, Note
from analysis.safety.counts import count_events
from analysis.safety.rates import DAYS_PER_YEAR
from analysis.safety.terms import INFECTION, category_label, term_token
from analysis.study import View

ONSET_COLUMNS = ["patient_id", "group", "day", "month", "category", "label", "term", "grade", "serious"]
RECURRENT_COLUMNS = ["group", "reference_group", "rate_ratio", "conf_low", "conf_high", "n_repeated", "reason"]
VALUE_MONTHS = (3.0, 6.0, 12.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class TimingResult:
    """Onsets, first events and repeated events; ``describe_timing`` documents the frames."""

    onsets: pd.DataFrame
    curves: pd.DataFrame
    landmarks: pd.DataFrame
    recurrent: pd.DataFrame
    groups: tuple[str, ...]
    reference_group: str | None
    focus_label: str
    horizon_months: float
    method: Method
    notes: tuple[Note, ...]


def describe_timing(view: View) -> TimingResult:
    """Lay out when events began, the time to the first with death competing, and the rate of repeated ones.

    Parameters
    ----------
    view
        The selected patients; ``view.spec.safety.focus`` names the category whose first and repeated
        events are followed, "" for any event.

    Returns
    -------
    TimingResult
        ``onsets``: one per dated event of a member. ``curves``: per group the columns of
        ``estimate_curve`` (cumulative incidence of the first event, months from first rituximab).
        ``landmarks``: per group and month 3, 6, 12: ``estimate``, limits, ``n_risk``, ``reason``.
        ``recurrent``: per compared group the negative binomial ``rate_ratio``; ``n_repeated`` patients
        with two or more events in both groups; NaN and a reason where counts do not allow it.
        Patients with an undated event but no earlier known first, or without known follow-up, are
        left out of the curve and named in ``notes``.
    """
    counts = count_events(view)
    members = view.members.assign(group=view.members["group"].astype(object))
    events = counts.selected.events.merge(members, on="patient_id")
    focus = _focus(events, counts.keys, view.spec.safety.focus)
    chosen = events[_in_focus(events["category"], focus)]
    open_ids = set(counts.selected.unknown.loc[_in_focus(counts.selected.unknown["category"], focus), "patient_id"])
    records, left_out = _records(view, members, chosen, open_ids - set(chosen["patient_id"]))
    curves = [estimate_curve(part["time"], part["event"], part["competing"]).assign(group=group)
              for group, part in ((group, records[records["group"] == group]) for group in view.groups)]  # fmt: skip
    landmarks = [value_at(curve, VALUE_MONTHS).assign(group=curve["group"].iloc[0]) for curve in curves]
    label = category_label(focus) if focus else "Any adverse event"
    return TimingResult(
        onsets=_onsets(events),
        curves=pd.concat(curves, ignore_index=True),
        landmarks=pd.concat(landmarks, ignore_index=True),
        recurrent=_recurrent(view, records, chosen),
        groups=view.groups,
        reference_group=view.reference_group,
        focus_label=label,
        horizon_months=float(view.spec.horizon_months),
        method=_METHOD,
        notes=_notes(left_out),
    )


def _focus(events: pd.DataFrame, keys: pd.DataFrame, token: str) -> str:
    categories = [*keys["category"].unique(), *events["category"].unique()]
    return next((name for name in categories if name and term_token(name) == token), "") if token else ""


def _in_focus(category: pd.Series, focus: str) -> pd.Series:
    if not focus:
        return pd.Series(True, index=category.index)
    kinds = category.str.startswith(f"{INFECTION}_") if focus == INFECTION else False
    return category.eq(focus) | kinds


def _records(
    view: View, members: pd.DataFrame, events: pd.DataFrame, open_ids: set[str]
) -> tuple[pd.DataFrame, pd.Series]:
    """Give each member a time, and say of those left out why."""
    patients = view.cohort.patients.set_index("patient_id")
    months = patients.get("followup_months", pd.Series(np.nan, index=patients.index)).astype(float)
    ids = members["patient_id"]
    first = (events.groupby("patient_id")["day"].min() / DAYS_PER_MONTH).clip(lower=0.0)
    hard = view.cohort.events
    deaths = hard[(hard["event_type"] == "death")].groupby("patient_id")["day"].min().astype(float) / DAYS_PER_MONTH
    undated = set(events.loc[events["day"].isna(), "patient_id"])
    end, died, onset = ids.map(months.where(months >= 0)), ids.map(deaths), ids.map(first)
    end = end.where(died.isna(), np.fmin(end.fillna(np.inf), died))
    records = members.assign(
        time=onset.where(onset.notna(), end),
        event=onset.notna(),
        competing=onset.isna() & died.notna() & (died <= end),
        followed=end,
    )
    reason = pd.Series("", index=members.index)
    reason = reason.mask(records["time"].isna(), "no known follow-up")
    reason = reason.mask(ids.isin(open_ids), "not known whether there was an event")
    reason = reason.mask(ids.isin(undated), "an event without a day")
    left_out = reason[reason != ""]
    return records[reason == ""], left_out.set_axis(ids[left_out.index])


def _onsets(events: pd.DataFrame) -> pd.DataFrame:
    dated = events[events["day"].notna()]
    label = dated["category"].map({name: category_label(name) for name in dated["category"].unique()})
    return dated.assign(month=dated["day"] / DAYS_PER_MONTH, label=label)[ONSET_COLUMNS].sort_values("day")


def _recurrent(view: View, records: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Fit one model per compared group; patients of known follow-up above zero."""
    known = records[records["followed"] > 0]
    n = known["patient_id"].map(events["patient_id"].value_counts()).fillna(0).to_numpy()
    years = (known["followed"] * DAYS_PER_MONTH / DAYS_PER_YEAR).to_numpy()
    found = []
    for group in view.compared_groups():
        pair = known["group"].isin([group, view.reference_group]).to_numpy()
        ratio = compare_recurrent(n[pair], years[pair], known["group"].eq(group).to_numpy()[pair])
        values = [ratio.estimate, ratio.conf_low, ratio.conf_high, int((n[pair] > 1).sum()), ratio.reason]
        found.append([group, view.reference_group, *values])
    return pd.DataFrame(found, columns=RECURRENT_COLUMNS)


def _notes(left_out: pd.Series) -> tuple[Note, ...]:
    return tuple(
        Note(
            code="S-12",
            text=f"{len(part)} patients are not in the curve of first events: {why} ({', '.join(part.index[:12])}).",
            patient_ids=tuple(part.index),
        )
        for why, part in left_out.groupby(left_out)
    )


_METHOD = Method(
    name="Adverse events over time",
    sentence=(
        "Time from first rituximab to the first event: cumulative incidence by Aalen–Johansen with death as competing "
        "event, log–log interval; patients without event are censored at last contact. Repeated events: negative "
        "binomial regression of the number of events with the time observed as offset."
    ),
    references=(
        "Aalen and Johansen, Scand J Stat 1978;5:141-50",
        "Venables and Ripley, Modern Applied Statistics with S, 2002, section 7.4",
    ),
)
