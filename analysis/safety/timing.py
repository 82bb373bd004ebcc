"""When did adverse events happen, how long until the first, and did they come back?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.cohort.visits import DAYS_PER_MONTH
from analysis.estimators.survival import estimate_curve, value_at
from analysis.results import Method, Note
from analysis.safety.counts import count_events
from analysis.safety.observation import LAST_DAY, Observed
from analysis.safety.recurrence import compare_repeats
from analysis.safety.rows import RowPlan
from analysis.safety.terms import INFECTION, category_label, term_token
from analysis.study import View

ONSET_COLUMNS = ["patient_id", "group", "day", "month", "category", "label", "term", "grade", "serious"]
UNDATED = "an event without a day, so that the curve is too low"
OUTSIDE = "not observed in the time that counts"
ON_BOARD = "not estimable: with a drug on board patients come and go; see the rates"
MOST_UNDATED = 0.1  # of the patients with an event, as W-08 of domain.md 3.10
VALUE_MONTHS = (3.0, 6.0, 12.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class TimingResult:
    """Onsets, first events and repeated events; ``describe_timing`` documents the frames."""

    onsets: pd.DataFrame
    curves: pd.DataFrame
    landmarks: pd.DataFrame
    recurrent: pd.DataFrame
    n_curve: dict[str, int]
    groups: tuple[str, ...]
    reference_group: str | None
    focus_label: str
    horizon_months: float
    method: Method
    notes: tuple[Note, ...]


def describe_timing(view: View, plan: RowPlan | None = None) -> TimingResult:
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
        ``n_curve``: patients in the curve of each group. ``landmarks``: per group and month 3, 6, 12:
        ``estimate``, limits, ``n_risk``, ``reason``.
        ``recurrent``: per compared group and model the ``rate_ratio`` of repeated events, as
        ``compare_repeats`` says.
        Patients with an undated event, or without known follow-up, are left out of the curve and named
        in ``notes``, whether or not they had an event: to keep only those with one would inflate the
        curve. No curve with a drug on board, and none before the window opens. Where more than
        10 % of a group's patients with an event have no day, the group has
        no estimate, because the rest would look too safe.
    """
    counts = count_events(view, plan)
    members = view.members.assign(group=view.members["group"].astype(object))
    events = counts.selected.events.merge(members, on="patient_id")
    focus = _focus(events, counts.plan.keys, view.spec.safety.focus)
    chosen = events[_in_focus(events["category"], focus)]
    open_ids = set(counts.selected.unknown.loc[_in_focus(counts.selected.unknown["category"], focus), "patient_id"])
    seen = counts.selected.seen
    records, left_out = _records(view, members, chosen, open_ids - set(chosen["patient_id"]), seen)
    curves = [estimate_curve(part["time"], part["event"], part["competing"]).assign(group=group)
              for group, part in ((group, records[records["group"] == group]) for group in view.groups)]  # fmt: skip
    landmarks = [_values(curve) for curve in curves]
    blocked = _blocked(members, records, left_out)
    no_curve = dict.fromkeys(view.groups, ON_BOARD) if view.spec.safety.on_drug else blocked
    opens = max(view.spec.safety.first_day, 0) / DAYS_PER_MONTH
    curves, landmarks = ([_without(_after(frame, opens), no_curve) for frame in frames]
                         for frames in (curves, landmarks))  # fmt: skip
    label = category_label(focus) if focus else "Any adverse event"
    return TimingResult(
        onsets=_onsets(events),
        curves=pd.concat(curves, ignore_index=True),
        landmarks=pd.concat(landmarks, ignore_index=True),
        recurrent=compare_repeats(view, records, chosen, blocked),
        n_curve={group: int((records["group"] == group).sum()) for group in view.groups},
        groups=view.groups,
        reference_group=view.reference_group,
        focus_label=label,
        horizon_months=float(view.spec.horizon_months),
        method=_METHOD,
        notes=(*_notes(left_out), *counts.selected.notes),
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
    view: View, members: pd.DataFrame, events: pd.DataFrame, open_ids: set[str], seen: Observed
) -> tuple[pd.DataFrame, pd.Series]:
    """Give each member a time, and say of those left out why."""
    ids = members["patient_id"]
    first = (events.groupby("patient_id")["day"].min() / DAYS_PER_MONTH).clip(lower=0.0)
    hard = view.cohort.events
    deaths = hard[(hard["event_type"] == "death")].groupby("patient_id")["day"].min().astype(float) / DAYS_PER_MONTH
    undated = set(events.loc[events["day"].isna(), "patient_id"])
    end, died, onset = seen.last / DAYS_PER_MONTH, ids.map(deaths), ids.map(first)
    followed = end.where(died.isna(), np.fmin(end.fillna(np.inf), died))
    if view.spec.safety.last_day < LAST_DAY:  # later events do not count, so later time cannot either
        end = end.clip(upper=view.spec.safety.last_day / DAYS_PER_MONTH)
    end = end.where(died.isna(), np.fmin(end.fillna(np.inf), died))
    records = members.assign(
        time=onset.where(onset.notna(), end).where(end.notna()),
        event=onset.notna(),
        competing=onset.isna() & died.notna() & (died <= end),
        followed=followed,
        years=seen.years.to_numpy(),
    )
    reason = pd.Series("", index=members.index)
    reason = reason.mask(records["time"].isna(), "no known follow-up, with or without an event")
    reason = reason.mask(ids.isin(open_ids), "not known whether there was an event")
    reason = reason.mask(ids.isin(undated), UNDATED)
    reason = reason.mask(seen.inside != 1, OUTSIDE)
    left_out = reason[reason != ""]
    return records[reason == ""], left_out.set_axis(ids[left_out.index])


def _blocked(members: pd.DataFrame, records: pd.DataFrame, left_out: pd.Series) -> dict[str, str]:
    """Name the groups in which so many patients with an event have no day that the rest would look too safe."""
    undated = members["patient_id"].isin(left_out.index[left_out == UNDATED])
    found = {}
    for group in members["group"].unique():
        n = int((undated & (members["group"] == group)).sum())
        every = n + int((records["event"] & (records["group"] == group)).sum())
        if n > MOST_UNDATED * every:
            found[group] = f"not estimable: {n} of {every} patients with an event have no day of onset"
    return found


def _without(frame: pd.DataFrame, blocked: dict[str, str]) -> pd.DataFrame:
    """Take the estimates away from a group that is blocked, and say why."""
    why = blocked.get(frame["group"].iloc[0])
    numbers = dict.fromkeys(["estimate", "std_error", "conf_low", "conf_high"], np.nan)
    return frame.assign(**numbers, reason=why) if why else frame


def _values(curve: pd.DataFrame) -> pd.DataFrame:
    """Read a curve at the landmarks; follow-up that ends within a day of one reaches it (365 days: month 12)."""
    end = float(curve["time"].iloc[-1])
    times = [end if 0 < month - end <= 1 / DAYS_PER_MONTH else month for month in VALUE_MONTHS]
    return value_at(curve, times).assign(time=VALUE_MONTHS, group=curve["group"].iloc[0])


def _after(frame: pd.DataFrame, opens: float) -> pd.DataFrame:
    """Begin a curve where the window opens; before, nothing is known of those who were not followed until then."""
    if opens <= 0:
        return frame
    early = frame["time"] < opens
    if "n_event" in frame:
        return frame.assign(time=frame["time"].clip(lower=opens))
    numbers = {name: frame[name].mask(early) for name in ("estimate", "std_error", "conf_low", "conf_high")}
    return frame.assign(**numbers, reason=frame["reason"].mask(early, "not estimable: the window opens later"))


def _onsets(events: pd.DataFrame) -> pd.DataFrame:
    dated = events[events["day"].notna()]
    label = dated["category"].map({name: category_label(name) for name in dated["category"].unique()})
    return dated.assign(month=dated["day"] / DAYS_PER_MONTH, label=label)[ONSET_COLUMNS].sort_values("day")


def _notes(left_out: pd.Series) -> tuple[Note, ...]:
    return tuple(
        Note(
            code="S-12",
            text=f"{len(part)} patients are not in the curve of first events: {why} ({', '.join(part.index[:12])}).",
            patient_ids=tuple(part.index),
        )
        for why, part in left_out[left_out != OUTSIDE].groupby(left_out)
    )


_METHOD = Method(
    name="Adverse events over time",
    sentence=(
        "Time from first rituximab to the first event: cumulative incidence by Aalen–Johansen with death as competing "
        "event, log–log interval; patients without event are censored at last contact. Repeated events: negative "
        "binomial regression of the number of events with the time observed as offset (a constant rate, patients "
        "prone to events allowed for), and the Andersen–Gill model with variance robust over patients (a rate that "
        "may change with time, the same in both groups but for the ratio)."
    ),
    references=(
        "Aalen and Johansen, Scand J Stat 1978;5:141-50",
        "Venables and Ripley, Modern Applied Statistics with S, 2002, section 7.4",
        "Andersen and Gill, Ann Stat 1982;10:1100-20",
        "Lin and Wei, J Am Stat Assoc 1989;84:1074-8",
    ),
)
