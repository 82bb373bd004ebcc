"""Where does a curve say nothing although it still rises: too few left, as most were last seen shortly before?"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.clock import enters_late
from analysis.cohort.visits import DAYS_PER_MONTH, LAST_WINDOW_DAYS
from analysis.results import Note
from analysis.study import View

THIN_AT_RISK, THIN_SHARE = 5, 0.10  # display.md, remission: fewer than max(5, 10 %) at risk
SHORTLY = LAST_WINDOW_DAYS / DAYS_PER_MONTH  # months; the visits around one planned visit lie this close to it
WITHHELD = "not estimable on actual days"


def last_read(view: View, curve: pd.DataFrame) -> float:
    """Find the last month at which a curve is read.

    Parameters
    ----------
    view
        The study; by planned visits everyone of a visit leaves at one time, and every value is read.
    curve
        Result of ``estimate_curve``.

    Returns
    -------
    float
        Months on the axis of the curve, infinite where the whole curve is read. On actual days it ends before
        the first time with fewer than max(5, 10 % of the group) at risk, if as many or more were censored in
        the 45 days before it: patients without the event are censored at their own last visit, a few days
        before the planned one, and the last of them would stand for all.
    """
    if view.spec.time_axis == "nominal":
        return np.inf
    time, n_risk = curve["time"].to_numpy(dtype=float), curve["n_risk"].to_numpy(dtype=float)
    gone = np.concatenate([[0.0], np.cumsum(curve["n_censor"].to_numpy(dtype=float))])
    shortly = gone[: time.size] - gone[np.searchsorted(time, time - SHORTLY, side="left")]
    thin = (n_risk < max(THIN_AT_RISK, THIN_SHARE * n_risk[0])) & (shortly >= n_risk) & (shortly > 0)
    return float(time[int(np.argmax(thin)) - 1]) if thin.any() else np.inf


def why_not_read(view: View, curve: pd.DataFrame, times: Iterable[float]) -> npt.NDArray[np.object_]:
    """Say at each time of a curve why it is not read there; "" where it is."""
    wanted, until = np.array(list(times), dtype=float), last_read(view, curve)
    place = np.searchsorted(curve["time"].to_numpy(), wanted, side="left")
    left = np.append(curve["n_risk"].to_numpy(dtype=int), 0)[place]
    cure = "" if enters_late(view) else "; use planned visits"
    n = int(curve["n_risk"].iloc[0])
    reasons = [
        f"{WITHHELD}: {number} of {n} still at risk, most were last seen shortly before{cure}" for number in left
    ]
    return np.where(wanted > until, np.array(reasons, dtype=object), "").astype(object)


def withheld_notes(values: pd.DataFrame) -> tuple[Note, ...]:
    """Say once which groups have no value where most were last seen shortly before; ``group`` and ``reason`` a row."""
    withheld = values.loc[values["reason"].astype(str).str.startswith(WITHHELD), "group"]
    if withheld.empty:
        return ()
    names = ", ".join(dict.fromkeys(withheld.astype(str)))
    text = (
        f"On actual days no value is given at the end of the curve ({names}): whoever had not reached it was last seen "
        "on their own day shortly before the planned visit, and the few left would stand for all. Planned visits count "
        "everyone of a visit together."
    )
    return (Note(code="ACTUAL-DAYS", text=text),)
