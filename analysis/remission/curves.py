"""What does the curve of each group say at each visit, and how far apart are the groups there?"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri

from analysis.clock import enters_late
from analysis.cohort.visits import DAYS_PER_MONTH, nominal_day
from analysis.estimators.survival import differences_over, estimate_curve, median_time, value_at
from analysis.remission.records import TEST_PATIENTS, of_group
from analysis.remission.thin_end import last_read, why_not_read
from analysis.results import Estimate
from analysis.study import View

if TYPE_CHECKING:
    from analysis.remission.description import RemissionResult

Interval = Literal["log-log", "log", "plain"]
DIFFERENCE_COLUMNS = ["group", "reference_group", "time", "estimate", "conf_low", "conf_high", "reason"]
VALUE_COLUMNS = ["group", "time", "estimate", "conf_low", "conf_high", "n_risk", "reason"]


def group_curves(view: View, table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Estimate the curve of each group, with the limits on the chosen scale."""
    curves = {}
    for group in view.groups:
        rows = of_group(table, group)
        curve = estimate_curve(rows["time"], rows["event"], rows["competing_event"], entry=rows.get("entry"))
        curves[group] = with_limits(curve, view.spec.remission.interval)
    return curves


def with_limits(curve: pd.DataFrame, interval: Interval) -> pd.DataFrame:
    """Give a curve its confidence limits on another scale.

    Parameters
    ----------
    curve
        Result of ``estimate_curve``, whose limits are log-log.
    interval
        "log": on log(1 - incidence), the default of R ``survfit``; "plain": estimate ± z standard
        errors, as SPSS prints. Both are cut at 0 and 1.

    Returns
    -------
    DataFrame
        The curve; where it is 0 or 1 its exact limits stay, as these scales would give none.
        Agrees with R survival 3.5-3 ``survfit(conf.type = )``.
    """
    if interval == "log-log":
        return curve
    z = float(ndtri((1 + curve["conf_level"].iloc[0]) / 2))
    free, spread = 1 - curve["estimate"], z * curve["std_error"]
    inner = curve["reason"].eq("") & (free > 0)
    if interval == "log":
        factor = np.exp(spread / free.where(inner, 1.0))
        low, high = 1 - np.minimum(free * factor, 1.0), 1 - free / factor
    else:
        low, high = (curve["estimate"] - spread).clip(lower=0.0), (curve["estimate"] + spread).clip(upper=1.0)
    return curve.assign(conf_low=curve["conf_low"].mask(inner, low), conf_high=curve["conf_high"].mask(inner, high))


def curves_of(result: RemissionResult) -> dict[str, pd.DataFrame]:
    """Take the curves of a result apart by group."""
    group = result.curves["group"].astype(str)
    return {name: result.curves[group == name].reset_index(drop=True) for name in result.groups}


def ticks(view: View) -> list[float]:
    """List month 0 and the nominal visits up to the horizon; from the biopsy also every whole year."""
    years = np.arange(12.0, view.spec.horizon_months + 1e-9, 12.0) if enters_late(view) else ()
    visits = (float(month) for month in view.spec.schedule if 0 < month <= view.spec.horizon_months)
    return sorted({0.0, *visits, *map(float, years)})


def times_of(view: View, months: list[float]) -> list[float]:
    """Give the time at which a nominal month is read off the curves: on actual days, its nominal day."""
    if view.spec.time_axis == "nominal":
        return months
    return [nominal_day(month) / DAYS_PER_MONTH for month in months]


def values_at_visits(view: View, curve: pd.DataFrame, months: list[float] | None = None) -> pd.DataFrame:
    """Read a curve at every visit after time 0, labelled by its nominal month; NaN and a reason where it is not read.

    Every value of a curve on the page is read here: none of fewer than 5 patients, nor at a thin end
    (``thin_end.last_read``).
    """
    wanted = ticks(view)[1:] if months is None else months
    times = times_of(view, wanted)
    values = hide_tiny(value_at(curve, times).assign(time=wanted), int(curve["n_risk"].iloc[0]))
    why = pd.Series(why_not_read(view, curve, times), dtype=object)
    withheld = values["estimate"].notna() & why.ne("")
    numbers = {name: values[name].mask(withheld) for name in ("estimate", "std_error", "conf_low", "conf_high")}
    return values.assign(**numbers, reason=values["reason"].mask(withheld, why))


def median_read(view: View, curve: pd.DataFrame) -> Estimate:
    """Read the median off a curve as ``median_time`` does: none of fewer than 5 patients, nor from a thin end."""
    found, until = median_time(curve), last_read(view, curve)
    if 0 < found.n < TEST_PATIENTS:
        return _no_median(found, f"not shown: fewer than {TEST_PATIENTS} patients")
    if found.estimate > until:
        return _no_median(found, str(why_not_read(view, curve, [found.estimate])[0]))
    low, high = (math.nan if limit > until else limit for limit in (found.conf_low, found.conf_high))
    return replace(found, conf_low=low, conf_high=high)


def mark_read(view: View, curve: pd.DataFrame) -> pd.DataFrame:
    """Mark the rows of a curve up to which it is read: ``is_read``; none of fewer than 5 patients."""
    large = int(curve["n_risk"].iloc[0]) >= TEST_PATIENTS
    return curve.assign(is_read=curve["time"].le(last_read(view, curve)) & large)


def landmark_values(values: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Put the values of all groups below each other: one row per group and visit."""
    parts = [rows.assign(group=group) for group, rows in values.items()]
    return pd.concat(parts, ignore_index=True)[VALUE_COLUMNS]


def differences_at(
    view: View,
    curves: dict[str, pd.DataFrame],
    months: list[float] | None = None,
    *,
    values: dict[str, pd.DataFrame] | None = None,
) -> pd.DataFrame:
    """Contrast each compared group with the reference at the given months; all visits after 0 by default.

    ``values``: from ``values_at_visits`` at the same months, where they are at hand.
    """
    reference = (view.reference_group if view.spec.group_column else "") or ""
    wanted = ticks(view)[1:] if months is None else months
    compared = view.compared_groups() if reference else ()
    if not compared or not wanted:
        return pd.DataFrame(columns=DIFFERENCE_COLUMNS)
    read = values or {group: values_at_visits(view, curves[group], wanted) for group in (reference, *compared)}
    parts = []
    for group in compared:
        found = differences_over(curves[group], curves[reference], times_of(view, wanted), names=(group, reference))
        own = {name: (int(curves[name]["n_risk"].iloc[0]), read[name]) for name in (group, reference)}
        why = np.where(found["reason"] != "", found["reason"], _no_differences(own)).astype(object)
        limits = {name: found[name].where(why == "") for name in ("estimate", "conf_low", "conf_high")}
        parts.append(
            pd.DataFrame({"group": group, "reference_group": reference, "time": wanted, **limits, "reason": why})
        )
    return pd.concat(parts, ignore_index=True)[DIFFERENCE_COLUMNS]


def hide_tiny(values: pd.DataFrame, n: int) -> pd.DataFrame:
    """Give no percentage of fewer than 5 patients; the counts beside it say what there is."""
    if n >= TEST_PATIENTS or n == 0:
        return values
    numbers = [name for name in ("estimate", "conf_low", "conf_high") if name in values]
    hidden = dict.fromkeys(numbers, np.nan)
    return values.assign(**hidden, reason=f"fewer than {TEST_PATIENTS} patients: no percentage")


def stacked(parts: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Put the rows of all groups below each other, the group in front."""
    rows = [part.assign(group=group) for group, part in parts.items()]
    table = pd.concat(rows, ignore_index=True)
    return table[["group", *(name for name in table if name != "group")]]


def _no_median(found: Estimate, reason: str) -> Estimate:
    return replace(found, estimate=math.nan, conf_low=math.nan, conf_high=math.nan, reason=reason)


def _no_differences(groups: dict[str, tuple[int, pd.DataFrame]]) -> npt.NDArray[np.object_]:
    """Say at each visit why two groups have no difference: one is tiny, or has no value there."""
    reasons = []
    for group, (n, values) in groups.items():
        if n < TEST_PATIENTS:
            reasons.append(
                np.full(len(values), f"no difference: fewer than {TEST_PATIENTS} patients in {group}", object)
            )
        else:
            absent = values["estimate"].isna().to_numpy()
            reasons.append(np.where(absent, values["reason"].to_numpy(dtype=object) + f" ({group})", ""))
    first, second = reasons
    return np.where(first != "", first, second)
