"""Did events come back more often in one group? Two models, because each assumes something else."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.cohort.visits import DAYS_PER_MONTH
from analysis.estimators.andersen_gill import Stretches, compare_intensities
from analysis.estimators.negative_binomial import NONE_REPEATED, compare_recurrent
from analysis.results import Estimate
from analysis.safety.observation import LAST_DAY, on_board
from analysis.study import View

RECURRENT_COLUMNS = [
    "model", "group", "reference_group", "rate_ratio", "conf_low", "conf_high",
    "n_events", "n_events_reference", "n_patients", "n_patients_reference", "n_repeated", "reason",
]  # fmt: skip
SMALLEST_GROUP, SMALLEST_HAD = 5, 3  # display.md: below, no ratio of hazards; the same here
TINY = f"not estimated: a group of fewer than {SMALLEST_GROUP} patients"
FEW = f"not estimated: fewer than {SMALLEST_HAD} patients with an event in a group"
NEGATIVE_BINOMIAL, ANDERSEN_GILL = "Negative binomial", "Andersen–Gill"


def compare_repeats(view: View, records: pd.DataFrame, events: pd.DataFrame, blocked: dict[str, str]) -> pd.DataFrame:
    """Compare how often events came, each group with the reference, by both models.

    Parameters
    ----------
    view
        The selected patients; filters of time and drug on board limit the time in which a patient
        could be counted.
    records
        Patients of known events: ``patient_id``, ``group``, ``followed`` (months to last contact), ``years`` in
        which an event would have counted.
    events
        Events that count: ``patient_id``, ``day``.
    blocked
        Groups whose events cannot be placed in time, and why.

    Returns
    -------
    DataFrame
        One row per compared group and model in ``RECURRENT_COLUMNS``: events and patients that the
        model used, ``n_repeated`` patients of both groups with more than one event; NaN and a reason
        below 5 patients or 3 patients with an event in a group. Negative binomial: every event and
        the years a patient could be seen. Andersen-Gill: dated events, those of one patient and day
        once, among the patients observed on that day.
    """
    years = records["years"]
    known = records[(years > 0).to_numpy()].reset_index(drop=True)
    known = known.assign(years=years[years > 0].to_numpy())
    rows = []
    for group in view.compared_groups():
        pair = known[known["group"].isin([group, view.reference_group])].reset_index(drop=True)
        mine = events[events["patient_id"].isin(pair["patient_id"])]
        why = blocked.get(group) or blocked.get(str(view.reference_group)) or ""
        rows.append(_counted(view, group, pair, mine, why))
        rows.append(_dated(view, group, pair, mine, why))
    return pd.DataFrame(rows, columns=RECURRENT_COLUMNS)


def _counted(view: View, group: str, pair: pd.DataFrame, events: pd.DataFrame, why: str) -> list[object]:
    n = pair["patient_id"].map(events["patient_id"].value_counts()).fillna(0).to_numpy()
    member = pair["group"].eq(group).to_numpy()
    why = why or _too_few(member, n)
    found = Estimate(reason=why) if why else compare_recurrent(n, pair["years"].to_numpy(), member)
    return _row(view, NEGATIVE_BINOMIAL, group, member, n, found)


def _dated(view: View, group: str, pair: pd.DataFrame, events: pd.DataFrame, why: str) -> list[object]:
    place = pd.Index(pair["patient_id"])
    dated = events.loc[events["day"].notna(), ["patient_id", "day"]].drop_duplicates()
    who, day = place.get_indexer(pd.Index(dated["patient_id"])), dated["day"].to_numpy(dtype=float)
    observed = _observed(view, pair, who, day)
    seen = _is_observed(observed, who, day)
    who, day = who[seen], day[seen]
    n = np.bincount(who, minlength=len(pair))
    member = pair["group"].eq(group).to_numpy()
    why = why or _too_few(member, n)
    found = Estimate(reason=why) if why else compare_intensities(who, day, observed, member)
    return _row(view, ANDERSEN_GILL, group, member, n, found)


def _too_few(member: npt.NDArray[np.bool_], n: npt.NDArray) -> str:
    sides = (member, ~member)
    if min(int(side.sum()) for side in sides) < SMALLEST_GROUP:
        return TINY
    if min(int((n[side] > 0).sum()) for side in sides) < SMALLEST_HAD:
        return FEW
    return NONE_REPEATED if n.max() < 2 else ""


def _row(
    view: View, model: str, group: str, member: npt.NDArray[np.bool_], n: npt.NDArray, found: Estimate
) -> list[object]:
    counts = [int(n[member].sum()), int(n[~member].sum()), int(member.sum()), int((~member).sum()), int((n > 1).sum())]
    limits = [found.estimate, found.conf_low, found.conf_high]
    return [model, group, view.reference_group, *limits, *counts, found.reason]


def _observed(view: View, pair: pd.DataFrame, who: npt.NDArray[np.intp], day: npt.NDArray[np.float64]) -> Stretches:
    """Give the days on which an event of each patient would have counted; an event shows that one was observed."""
    options, n = view.spec.safety, len(pair)
    latest = pair["followed"].to_numpy(dtype=float) * DAYS_PER_MONTH
    np.maximum.at(latest, who, day)
    if options.last_day < LAST_DAY:
        latest = np.minimum(latest, options.last_day)
    first = float(max(options.first_day, 0))
    if not options.on_drug:
        return _stretches(np.arange(n), np.full(n, first), latest)
    spans = on_board(view, options.on_drug, options.on_board_days)
    patient = pd.Index(pair["patient_id"]).get_indexer(pd.Index(spans["patient_id"]))
    spans, patient = spans[patient >= 0], patient[patient >= 0]
    ends = np.minimum(spans["last"].to_numpy(dtype=float), latest[patient])
    return _stretches(patient, np.maximum(spans["first"].to_numpy(dtype=float), first), ends)


def _stretches(
    patient: npt.NDArray[np.intp], first: npt.NDArray[np.float64], last: npt.NDArray[np.float64]
) -> Stretches:
    some = last >= first
    return Stretches(patient=patient[some], first=first[some], last=last[some])


def _is_observed(observed: Stretches, who: npt.NDArray[np.intp], day: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    spans = pd.DataFrame({"who": observed.patient, "first": observed.first, "last": observed.last})
    both = pd.DataFrame({"who": who, "day": day, "place": np.arange(len(who))}).merge(spans, on="who")
    return np.isin(np.arange(len(who)), both.loc[both["day"].between(both["first"], both["last"]), "place"])
