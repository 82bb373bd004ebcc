"""At each time, how many are at risk, how many leave and how, and what incidence does that make?

The arithmetic behind ``analysis.estimators.survival``, where the conventions are written down.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri

from analysis.results import CohortError

NO_EVENT_YET = "no event yet: exact binomial bound"
ALL_REACHED = "nobody is left: lower limit from before the last step"

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def check_times(
    time: npt.ArrayLike, event: npt.ArrayLike, competing: npt.ArrayLike | None
) -> tuple[Floats, Flags, Flags]:
    """Turn the input into arrays and refuse times that no follow-up can have."""
    times, event = np.asarray(time, dtype=float), np.asarray(event, dtype=bool)
    competing = np.zeros(times.shape, dtype=bool) if competing is None else np.asarray(competing, dtype=bool) & ~event
    missing, negative = int((~np.isfinite(times)).sum()), int((times < 0).sum())
    if missing or negative:
        raise CohortError(
            "The curve needs a follow-up time of 0 or more for every patient.",
            f"Of {times.size} times {negative} are negative and {missing} missing.",
            "Check the date of the first infusion and of the last visit.",
        )
    return times, event, competing


def check_entries(entry: npt.ArrayLike, times: Floats) -> Floats:
    """Turn the times of entry into an array and refuse those that are not before the last time."""
    entries = np.asarray(entry, dtype=float)
    wrong = int((~((entries >= 0) & (entries < times))).sum())
    if wrong:
        raise CohortError(
            "Delayed entry needs a time of entry of 0 or more, before the last time of the patient.",
            f"Of {times.size} patients {wrong} enter at or after their last time, before 0, or at no known time.",
            "Leave these patients out, with the reason.",
        )
    return entries


def count_leavers(times: Floats, event: Flags, competing: Flags, entries: Floats | None = None) -> pd.DataFrame:
    """Count at each distinct time, time 0 included, who is at risk and who leaves how.

    With ``entries`` also at the times of entry; at risk at a time is who entered before it. The row of
    time 0 counts everyone.
    """
    moments = times if entries is None else np.append(times, entries)
    distinct, position = np.unique(np.append(0.0, moments), return_inverse=True)
    position = position[1 : times.size + 1]
    size = distinct.size
    leaving, events, competes = (
        np.bincount(position[chosen], minlength=size) for chosen in (slice(None), event, competing)
    )
    n_risk = times.size - np.append(0, leaving.cumsum()[:-1])
    if entries is not None:
        to_come = times.size - np.searchsorted(np.sort(entries), distinct, side="left")
        n_risk = n_risk - np.where(distinct > 0, to_come, 0)
    counts = {"n_event": events, "n_competing": competes, "n_censor": leaving - events - competes}
    return pd.DataFrame({"time": distinct, "n_risk": n_risk, **counts})


def cumulative_incidence(curve: pd.DataFrame) -> tuple[Floats, Floats]:
    """Give the cumulative incidence and its standard error after each time."""
    n, d, c = (curve[name].to_numpy(dtype=float) for name in ("n_risk", "n_event", "n_competing"))
    n = np.where(n > 0, n, 1.0)  # nobody under observation between two entries: nothing changes
    left = n - d - c
    alive = np.cumprod(left / n)
    before = np.append(1.0, alive[:-1])
    alone = c.cumsum() == 0
    incidence = np.where(alone, 1 - alive, np.cumsum(before * d / n))
    # Where everyone left at risk goes at once, the factor of this term is 0 from then on.
    hazard = np.divide(d + c, n * left, out=np.zeros_like(n), where=left > 0)
    own, mixed = before**2 * (n - d) * d / n**3, before * d / n**2
    total, first, second = hazard.cumsum(), (incidence * hazard).cumsum(), (incidence**2 * hazard).cumsum()
    shared = incidence * mixed.cumsum() - (incidence * mixed).cumsum()
    delta = incidence**2 * total - 2 * incidence * first + second + own.cumsum() - 2 * shared
    variance = np.where(alone, alive**2 * total, np.maximum(delta, 0.0))
    return incidence, np.sqrt(variance)


def stopped_early(curve: pd.DataFrame) -> str:
    """Say at which time everyone under observation left by events although others came later; "" where never."""
    gone = curve["n_event"] + curve["n_competing"]
    emptied = ((curve["n_risk"] == gone) & (gone > 0)).to_numpy()
    first = int(emptied.argmax())
    if not emptied.any() or not (curve["n_risk"].iloc[first + 1 :] > 0).any():
        return ""
    n, when = int(gone.iloc[first]), curve["time"].iloc[first]
    who = f"the only {n} then under observation" if n > 1 else "the only patient then under observation"
    return f"not estimable: at month {when:.3g} {who} left by an event, and others came under observation later"


def add_interval(curve: pd.DataFrame, conf_level: float) -> pd.DataFrame:
    """Add the log-log interval, and the exact bounds where the curve is 0 or 1.

    Before the first event the bound is of those still at risk and those a competing event took, who are
    known to stay without the event; otherwise it would jump where a competing event comes.
    """
    events, n_risk = curve["n_event"].cumsum().to_numpy(), curve["n_risk"].to_numpy()
    free_for_good = n_risk + (curve["n_competing"].cumsum() - curve["n_competing"]).to_numpy()
    none = events == 0
    everyone = ((curve["n_risk"] == curve["n_event"]) & (n_risk > 0)).to_numpy() & (
        curve["n_competing"].cumsum() == 0
    ).to_numpy()
    tail = (1 - conf_level) / 2
    first_step = everyone & (events == curve["n_event"].to_numpy())
    free = np.where(none | everyone, 0.5, 1 - curve["estimate"].to_numpy())  # 0.5 is a stand-in, replaced below
    width = ndtri(1 - tail) * curve["std_error"].to_numpy() / np.abs(free * np.log(free))
    low, high = 1 - free ** np.exp(-width), 1 - free ** np.exp(width)
    before_last = pd.Series(np.where(none | everyone, np.nan, low)).ffill().to_numpy()
    at_one = np.where(first_step, tail ** (1 / np.maximum(n_risk, 1)), before_last)
    return curve.assign(
        conf_low=np.select([none, everyone], [0.0, at_one], low),
        conf_high=np.select([none, everyone], [1 - tail ** (1 / np.maximum(free_for_good, 1)), 1.0], high),
        conf_level=conf_level,
        reason=np.select([none, everyone], [NO_EVENT_YET, ALL_REACHED], ""),
    )
