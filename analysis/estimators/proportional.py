"""Does the effect of a factor stay the same over the follow-up, as a Cox model says?"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import chdtrc

from analysis.estimators.incidence import Floats, count_leavers
from analysis.estimators.partial_likelihood import RiskSets, evaluate, information

WHOLE_MODEL = "whole model"
CHECK_COLUMNS = ["variable", "statistic", "df", "p_value", "reason"]


def check_proportional_hazards(
    sets: RiskSets, beta: Floats, time: Floats, names: npt.NDArray[np.object_]
) -> pd.DataFrame:
    """Test each factor for an effect that changes along the follow-up (score test).

    Parameters
    ----------
    sets, beta
        Patients arranged by ``partial_likelihood.arrange`` and the maximum on its scaled covariates.
    time
        Last time of each patient, in the order given to ``arrange``.
    names
        Factor of each column; columns of one factor are tested together.

    Returns
    -------
    DataFrame
        One row per factor and one for the whole model: ``variable``, ``statistic`` (chi-square),
        ``df``, ``p_value``, ``reason`` (NaN where all events are at one time).

    Notes
    -----
    Score test for an added product with g(t), g = 1 - Kaplan-Meier just before t. Agrees with R
    survival 3.5-3 ``cox.zph(transform = "km")``; lifelines uses the older approximation, whose P value
    is off by up to 0.26.
    """
    g = _share_gone(sets, time)
    found = evaluate(sets, beta)
    size = beta.size
    slope = ((sets.design[sets.event] - found.means) * g[:, None]).sum(axis=0)
    plain, once, twice = (information(sets, found, g**power) for power in (0, 1, 2))
    spread = twice - once @ np.linalg.lstsq(plain, once, rcond=None)[0]
    chosen = {name: np.flatnonzero(names == name) for name in pd.unique(names)}
    rows = [_row(name, slope[place], spread[np.ix_(place, place)]) for name, place in chosen.items()]
    return pd.DataFrame([*rows, _row(WHOLE_MODEL, slope, spread)], columns=CHECK_COLUMNS) if size else pd.DataFrame()


def _share_gone(sets: RiskSets, time: Floats) -> Floats:
    """Give 1 - Kaplan-Meier just before each event, less its mean."""
    event = np.zeros(time.size, dtype=bool)
    event[sets.order] = sets.event
    counts = count_leavers(time, event, np.zeros_like(event))
    alive = np.cumprod(1 - counts["n_event"].to_numpy() / counts["n_risk"].to_numpy())
    at = np.searchsorted(counts["time"].to_numpy(), time[sets.order][sets.event])
    g = 1 - np.append(1.0, alive[:-1])[at]
    return g - g.mean()


def _row(name: str, slope: Floats, spread: Floats) -> dict[str, object]:
    values = np.linalg.eigvalsh(spread)
    if not values.min() > 1e-10 * max(float(values.max()), 1e-10):
        reason = "not computable: the events do not spread over enough times"
        return {"variable": name, "statistic": math.nan, "df": math.nan, "p_value": math.nan, "reason": reason}
    statistic = float(slope @ np.linalg.solve(spread, slope))
    p_value = float(chdtrc(slope.size, statistic))
    return {"variable": name, "statistic": statistic, "df": slope.size, "p_value": p_value, "reason": ""}
