"""Is there a mixture of factors that sorts events from non-events perfectly, so that no finite effect fits?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analysis.estimators.incidence import Flags, Floats

_SLACK = 1e-8  # how much of a scaled covariate counts as nothing
_ROUNDS = 200
_NEW_PAIRS = 100


def find_separation(time: Floats, event: Flags, design: Floats, *, ties_compete: bool) -> Flags:
    """Find the columns along which the likelihood of a hazard model only rises, before it is fitted.

    Parameters
    ----------
    time, event
        Last time of each patient and whether it is the event.
    design
        Covariates, one column each, none constant.
    ties_compete
        Whether patients with the event at the same time are compared with each other, as in a Cox
        model, or not, as in the grouped model.

    Returns
    -------
    array of bool
        One per column: those that separate alone, or, where none does, those that do together; all
        False where a finite maximum exists.

    Notes
    -----
    The likelihood is monotone along d if at every event d'x of the patient is at least that of
    everyone compared, and more at some (Bryson and Johnson, Technometrics 1981;23:381-3). A linear
    programme looks for such a d; the pairs that refute it are added until none is left, so that few of
    the many pairs are ever written down.
    """
    order = np.lexsort((event, -time))  # at one time, events last
    late, flags = -time[order], event[order]
    scaled = design[order] - design.mean(axis=0)
    scaled = scaled / np.abs(scaled).max(axis=0)
    if ties_compete:
        rivals = np.searchsorted(late, late[flags], side="right")
    else:
        rivals = np.searchsorted(late, late[flags], side="left") + _free_ties(late, flags)
    rows, rivals = np.flatnonzero(flags)[rivals > 0], rivals[rivals > 0]
    if not rows.size:
        return np.zeros(design.shape[1], dtype=bool)
    together = np.abs(_direction(scaled, rows, rivals)) > _SLACK
    alone = together & (_sorts(scaled, rows, rivals) | _sorts(-scaled, rows, rivals))
    return alone if alone.any() else together


def _sorts(scaled: Floats, rows: npt.NDArray[np.intp], rivals: npt.NDArray[np.intp]) -> Flags:
    """Mark the columns that are never lower at an event than in anyone compared."""
    higher = scaled[rows] >= np.maximum.accumulate(scaled, axis=0)[rivals - 1] - _SLACK
    return np.asarray(higher.all(axis=0))


def _free_ties(late: Floats, flags: Flags) -> npt.NDArray[np.intp]:
    """Count for each event the patients who left at the same time without one."""
    free = late[~flags]
    return np.searchsorted(free, late[flags], side="right") - np.searchsorted(free, late[flags], side="left")


def _direction(scaled: Floats, rows: npt.NDArray[np.intp], rivals: npt.NDArray[np.intp]) -> Floats:
    """Give the direction of a monotone likelihood, 0 where there is none."""
    mean = np.cumsum(scaled, axis=0)[rivals - 1] / rivals[:, None]
    gain = (scaled[rows] - mean).mean(axis=0)
    if gain.size == 1:  # of one covariate the direction is up or down
        sign = np.sign(gain)
        return sign * ((np.abs(gain) > _SLACK) & _sorts(sign * scaled, rows, rivals))
    return _searched(scaled, rows, rivals, gain)


def _searched(scaled: Floats, rows: npt.NDArray[np.intp], rivals: npt.NDArray[np.intp], gain: Floats) -> Floats:
    """Look for the direction of several covariates by linear programmes over the pairs that refute it."""
    from scipy.optimize import linprog

    pairs, nothing = np.empty((0, gain.size)), np.zeros(gain.size)
    for _ in range(_ROUNDS):
        limits = {"A_ub": -pairs, "b_ub": np.zeros(len(pairs))} if len(pairs) else {}
        found = linprog(-gain, bounds=(-1, 1), method="highs", **limits)
        if found.x is None or gain @ found.x <= _SLACK:
            return nothing
        height = scaled @ found.x
        top = np.maximum.accumulate(height)
        best = np.maximum.accumulate(np.where(height >= top, np.arange(height.size), 0))
        lag = height[rows] - top[rivals - 1]
        worst = np.argsort(lag, kind="stable")[:_NEW_PAIRS]
        worst = worst[lag[worst] < -_SLACK]
        if not worst.size:
            return found.x
        pairs = np.unique(np.vstack([pairs, scaled[rows[worst]] - scaled[best[rivals[worst] - 1]]]), axis=0)
    return nothing
