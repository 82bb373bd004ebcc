"""At which visits does a remission count, once confirmation and lasting are asked for (domain.md A14, A15)?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.cohort.visits import DAYS_PER_MONTH, visit_windows
from analysis.outcomes.classify import COMPLETE, NONE, NOT_EVALUABLE, PARTIAL
from analysis.outcomes.rules import RemissionRule

CONFIRMING_GAP_DAYS = 7.0  # domain.md A14: KDIGO 2012 asks for two values at least a week apart
RANK = {NOT_EVALUABLE: 0, NONE: 1, PARTIAL: 2, COMPLETE: 3}

Flags = npt.NDArray[np.bool_]


def status_rank(visits: pd.DataFrame) -> npt.NDArray[np.int8]:
    """Rank each visit: 3 complete, 2 partial or certainly at least that, 1 neither, 0 not evaluable."""
    rank = visits["status"].map(RANK).to_numpy(dtype=np.int8)
    return np.where(visits["at_least"].eq(PARTIAL), RANK[PARTIAL], rank).astype(np.int8)


def counting_visits(visits: pd.DataFrame, reached: Flags, rule: RemissionRule) -> Flags:
    """Tell at which visits an endpoint counts under the confirmation and attainment of a rule.

    Parameters
    ----------
    visits
        One row per evaluable visit, in any order: ``patient_id``, ``time`` (months), ``day``.
    reached
        Whether the visit meets the endpoint, in the order of ``visits``.
    rule
        ``confirmed``: the next evaluable visit (or the next at least 7 days later) must meet the
        endpoint too. ``attainment`` "sustained": so must every later evaluable visit; a last visit
        sustains itself. "at_horizon" is for ``visits_of_month``.

    Returns
    -------
    ndarray
        One flag per row of ``visits``.
    """
    counts = reached.copy()
    if rule.confirmed != "off":
        gap_days = CONFIRMING_GAP_DAYS if rule.confirmed == "seven_days" else 0.0
        counts &= confirmed_by_next(visits, reached, gap_days=gap_days)
    if rule.attainment == "sustained":
        counts &= _lasting(visits, reached)
    return counts


def last_planned_month(schedule: tuple[float, ...], horizon_months: float) -> float:
    """Give the last planned visit by the horizon, in months."""
    return max(month for month in schedule if month <= horizon_months + 1e-9)


def visits_of_month(visits: pd.DataFrame, schedule: tuple[float, ...], month: float) -> Flags:
    """Choose each patient's visit of one planned month, one at most; a flag per visit.

    On nominal visits the visit of that month; on actual days (``month`` NaN) that in its window nearest
    to the nominal day, on a tie the later.
    """
    windows = visit_windows(schedule)
    last = windows[windows["month"] == month].iloc[0]
    day = visits["day"].to_numpy(dtype=float)
    named, dated = visits["month"].to_numpy(dtype=float), visits["month"].isna().to_numpy()
    inside = (named == last["month"]) | (dated & (day >= last["first_day"]) & (day <= last["last_day"]))
    rows = np.flatnonzero(inside)
    away = np.where(dated[rows], np.abs(day[rows] - last["nominal_day"]), 0.0)
    best_first = rows[np.lexsort((-day[rows], away))]
    chosen = np.zeros(len(visits), dtype=bool)
    chosen[best_first[~visits["patient_id"].iloc[best_first].duplicated().to_numpy()]] = True
    return chosen


def confirmed_ranks(visits: pd.DataFrame, rank: npt.NDArray[np.int8], rule: RemissionRule) -> npt.NDArray[np.int8]:
    """Lower the rank of each visit to the best remission that the next evaluable visit confirms."""
    if rule.confirmed == "off":
        return rank
    gap_days = CONFIRMING_GAP_DAYS if rule.confirmed == "seven_days" else 0.0
    lowered = np.minimum(rank, RANK[NONE])
    decided = visits["status"].ne(NOT_EVALUABLE).to_numpy()
    for name, evaluable in ((PARTIAL, rank > 0), (COMPLETE, decided)):
        rows = np.flatnonzero(evaluable)
        holds = rank[rows] >= RANK[name]
        lowered[rows[holds & confirmed_by_next(visits.iloc[rows], holds, gap_days=gap_days)]] = RANK[name]
    return lowered


def confirmed_by_next(visits: pd.DataFrame, holds: Flags, *, gap_days: float) -> Flags:
    """Tell whether the patient's next visit, at least ``gap_days`` later, holds as well; False at the last visit."""
    patient, day, order = _in_order(visits)
    if not len(day):
        return holds.copy()
    span = np.ptp(day) + gap_days + 1
    place = patient * span + (day - day.min())  # patients one after the other on one line of days
    place = np.maximum.accumulate(place)  # a nominal visit is never before an earlier one
    at_least_later = np.searchsorted(place, place + gap_days - 1e-6, side="left")
    following = np.maximum(at_least_later, np.arange(1, len(place) + 1))
    inside = np.minimum(following, len(place) - 1)
    same = (following < len(place)) & (patient[inside] == patient)
    confirmed = np.empty(len(holds), dtype=bool)
    confirmed[order] = same & holds[order][inside]
    return confirmed


def _lasting(visits: pd.DataFrame, holds: Flags) -> Flags:
    """Tell whether this and every later visit of the patient hold."""
    patient, _, order = _in_order(visits)
    backwards = pd.Series(holds[order][::-1])
    lasting = np.empty(len(holds), dtype=bool)
    lasting[order] = backwards.groupby(patient[::-1]).cummin().to_numpy(dtype=bool)[::-1]
    return lasting


def _in_order(
    visits: pd.DataFrame,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Give patient number and day of each visit by patient and time, and the rows in that order.

    A visit without a day stands at its nominal one.
    """
    patient, time = pd.factorize(visits["patient_id"])[0], visits["time"].to_numpy(dtype=float)
    order = np.lexsort((time, patient))
    day = np.where(visits["day"].isna(), time * DAYS_PER_MONTH, visits["day"].to_numpy(dtype=float))
    return patient[order], day[order], order
