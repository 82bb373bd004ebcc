"""How often does the patient with the higher predicted hazard reach the event first?"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from analysis.estimators.incidence import Flags, Floats
from analysis.results import Estimate

Places = npt.NDArray[np.intp]


def estimate_concordance(time: Floats, event: Flags, score: Floats, *, conf_level: float = 0.95) -> Estimate:
    """Estimate the concordance (Harrell's C) of a score with the order of events.

    Parameters
    ----------
    time, event
        Last time of each patient in months and whether it is the event.
    score
        Predicted log hazard of each patient: higher means sooner.
    conf_level
        Two-sided confidence level.

    Returns
    -------
    Estimate
        Concordance 0-1, its standard error and normal interval cut at 0 and 1; NaN and a reason where
        no pair can be compared.

    Notes
    -----
    Pairs with the earlier time an event; events at the same time are not a pair, censoring at the
    time of an event is later. Equal scores count one half. Standard error: infinitesimal jackknife.
    Agrees with R survival 3.5-3 ``concordance(coxph)``.
    """
    blank = Estimate(n=int(time.size), conf_level=conf_level, method="concordance (Harrell's C)")
    rank = np.unique(score, return_inverse=True)[1]
    first, later = _as_first(time, event, rank), _as_later(time, event, rank)
    ahead, level, pairs = (a + b for a, b in zip(first, later, strict=True))
    total = float(pairs.sum())
    if total == 0:
        return replace(blank, reason="not estimable: no two patients can be compared")
    net = 2 * ahead + level - pairs
    middle = float(net.sum()) / total
    std_error = math.sqrt(float(((net - middle * pairs) ** 2).sum())) / (total / 2) / 2
    estimate, width = (1 + middle) / 2, float(ndtri((1 + conf_level) / 2)) * std_error
    low, high = max(estimate - width, 0.0), min(estimate + width, 1.0)
    return replace(blank, estimate=estimate, std_error=std_error, conf_low=low, conf_high=high)


def _as_first(time: Floats, event: Flags, rank: Places) -> tuple[Floats, Floats, Floats]:
    """Count for each event the patients who leave later: concordant, equal in score, all."""
    order = np.lexsort((-rank, event, -time))  # latest first; at one time the censored before the events
    lower, level = _earlier_in_order(rank[order], np.ones(time.size, dtype=bool))
    _, level_tied, before = _ties(time[order], event[order], rank[order], np.ones(time.size, dtype=bool))
    happened = event[order]
    return (
        _back(order, happened * lower),
        _back(order, happened * (level - level_tied)),
        _back(order, happened * before),
    )


def _as_later(time: Floats, event: Flags, rank: Places) -> tuple[Floats, Floats, Floats]:
    """Count for each patient the events that came earlier: concordant, equal in score, all."""
    order = np.lexsort((-rank, ~event, time))  # earliest first; at one time the events before the censored
    happened = event[order]
    lower, level = _earlier_in_order(rank[order], happened)
    _, level_tied, before = _ties(time[order], happened, rank[order], happened)
    level = level - np.where(happened, level_tied, 0)
    return _back(order, before - lower - level), _back(order, level), _back(order, before)


def _ties(time: Floats, event: Flags, rank: Places, counted: Flags) -> tuple[Places, Places, Places]:
    """Count earlier in order: same time and kind; those of equal rank among them; counted in other runs."""
    change = np.append(True, (np.diff(time) != 0) | (np.diff(event.astype(int)) != 0))
    start = np.maximum.accumulate(np.where(change, np.arange(time.size), 0))
    shift = change | np.append(True, np.diff(rank) != 0)
    same = np.arange(time.size) - np.maximum.accumulate(np.where(shift, np.arange(time.size), 0))
    running = np.append(0, counted.cumsum())
    return np.arange(time.size) - start, same, running[start]


def _earlier_in_order(rank: Places, counted: Flags) -> tuple[Places, Places]:
    """Count for each place the counted ones earlier in order with a lower and with an equal rank.

    Bit by bit from the top: within a block of equal higher bits, those with a 0 here are lower than
    those with a 1. The blocks are split in order, so one pass per bit does.
    """
    places, lower = np.arange(rank.size), np.zeros(rank.size, dtype=np.intp)
    for bit in range(int(rank.max(initial=0)).bit_length() - 1, -1, -1):
        here = rank[places] >> bit
        zero, block = here & 1 == 0, here >> 1
        opens = np.append(True, block[1:] != block[:-1])
        start = np.maximum.accumulate(np.where(opens, np.arange(rank.size), 0))
        zeros = np.append(0, np.cumsum(zero & counted[places]))[:-1]
        lower[places] += np.where(zero, 0, zeros - zeros[start])
        low = np.append(0, np.cumsum(zero))
        before = low[:-1] - low[start]
        size = np.add.reduceat(zero.astype(np.intp), np.flatnonzero(opens))[np.cumsum(opens) - 1]
        target = start + np.where(zero, before, size + np.arange(rank.size) - start - before)
        moved = np.empty_like(places)
        moved[target] = places
        places = moved
    running = np.append(0, np.cumsum(counted[places]))[:-1]
    equal = np.empty_like(lower)
    equal[places] = running - running[np.searchsorted(rank[places], rank[places], side="left")]
    return lower, equal


def _back(order: Places, values: npt.NDArray) -> Floats:
    """Bring values in order back to the patients."""
    found = np.zeros(order.size)
    found[order] = values
    return found
