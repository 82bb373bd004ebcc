"""Which laboratory value belongs to which nominal visit?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

DAYS_PER_MONTH = 30.4375  # domain.md 1.2: 365.25 / 12
BASELINE_WINDOW_DAYS = (-30.0, 0.0)  # domain.md 1.2
EARLY_UNTIL_DAY = 45.0  # domain.md 1.2: days 1-45 are never assigned to a visit
LAST_WINDOW_DAYS = 45.0  # domain.md 1.2: the last window closes 45 days after its visit
_ONE_VALUE = ["patient_id", "nominal_month", "variable"]  # of these one value is kept


def nominal_day(month: float) -> float:
    """Give the day of a nominal month, to the whole day: 91, 183, 274 and 365 for months 3, 6, 9 and 12."""
    return float(np.floor(month * DAYS_PER_MONTH + 0.5))


def visit_windows(schedule: tuple[float, ...]) -> pd.DataFrame:
    """Lay the windows of a visit schedule (months) on whole days from time zero.

    Returns one row per nominal visit: ``month``, ``nominal_day``, ``first_day``, ``last_day``.
    Windows meet at the midpoint between neighbours; a midpoint day belongs to the earlier visit.
    For 0/3/6/9/12 months this gives the days of domain.md 1.2.
    """
    months = np.array(sorted(schedule), dtype=float)
    nominal = np.array([nominal_day(month) for month in months])
    middle = np.floor((nominal[:-1] + nominal[1:]) / 2)
    first = np.concatenate([[BASELINE_WINDOW_DAYS[0]], middle + 1])
    last = np.concatenate([middle, [nominal[-1] + LAST_WINDOW_DAYS]])
    last[0] = BASELINE_WINDOW_DAYS[1]
    if len(first) > 1:
        first[1] = max(EARLY_UNTIL_DAY + 1, first[1])
    return pd.DataFrame({"month": months, "nominal_day": nominal, "first_day": first, "last_day": last})


def assign_visits(visits: pd.DataFrame, schedule: tuple[float, ...]) -> pd.DataFrame:
    """Give each value its nominal visit and keep one value per patient, visit and variable.

    The file's own ``month`` counts where it names a visit of the schedule; otherwise the day
    decides by the windows. Unscheduled and early values keep NaN. Of several records in a window
    the one nearest to the nominal day is kept, on a tie the later. Nothing is carried forward.

    Parameters
    ----------
    visits
        Long table of a ``Cohort``: one row per patient, visit and variable.
    schedule
        Nominal visits in months, 0 for baseline.

    Returns
    -------
    DataFrame
        The kept rows, one per ``patient_id``, ``nominal_month`` and ``variable``, with all columns
        of ``visits`` and in their order.
    """
    windows = visit_windows(schedule)
    nominal_month = _nominal_month(visits, windows)
    known = nominal_month.notna()
    scheduled = visits[known]
    scheduled.insert(len(scheduled.columns), "nominal_month", nominal_month[known])
    rival = scheduled.duplicated(_ONE_VALUE, keep=False).to_numpy()
    if not rival.any():
        return scheduled
    kept = np.ones(len(scheduled), dtype=bool)
    kept[np.flatnonzero(rival)[_beaten(scheduled[rival], windows)]] = False
    return scheduled[kept]


def planned_day(visits: pd.DataFrame, schedule: tuple[float, ...]) -> npt.NDArray[np.float64]:
    """Give the nominal day of the visit each value belongs to, NaN where it belongs to none.

    By the rules of ``assign_visits``, before one of several values in a window is chosen.
    """
    windows = visit_windows(schedule)
    month = _nominal_month(visits, windows).to_numpy(dtype=float)
    place = pd.Index(windows["month"]).get_indexer(month)
    return np.append(windows["nominal_day"].to_numpy(dtype=float), np.nan)[place]


def _beaten(rivals: pd.DataFrame, windows: pd.DataFrame) -> npt.NDArray[np.intp]:
    """Find the places of the records that are farther from the nominal day than another, or as far and earlier.

    Of two on the same day the later row of the file stays.
    """
    nominal = rivals["nominal_month"].map(windows.set_index("month")["nominal_day"])
    distance = (rivals["day"] - nominal).abs().fillna(0.0)
    best_first = np.lexsort((-np.arange(len(rivals)), -rivals["day"], distance))
    return best_first[rivals.iloc[best_first].duplicated(_ONE_VALUE).to_numpy()]


def _nominal_month(visits: pd.DataFrame, windows: pd.DataFrame) -> pd.Series:
    stated = visits["month"].where(visits["month"].isin(windows["month"]))
    day = visits["day"].to_numpy(dtype=float)
    position = np.searchsorted(windows["first_day"].to_numpy(), day, side="right") - 1
    inside = (position >= 0) & (day <= windows["last_day"].to_numpy()[np.maximum(position, 0)])
    by_day = np.where(inside, windows["month"].to_numpy()[np.maximum(position, 0)], np.nan)
    month = stated.where(stated.notna(), pd.Series(by_day, index=visits.index))
    return month.mask(visits["unscheduled"].astype(bool))
