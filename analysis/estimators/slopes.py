"""How fast does a value change per year in each group, and do the groups differ in it?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.estimators.contrasts import (
    CONTRAST_COLUMNS,
    contrast_row,
    indicators,
    known_rows,
    order_groups,
    read_contrast,
)
from analysis.estimators.mixed import MeanFit, RepeatedData, fit_mixed, varies
from analysis.estimators.repeated import why_excluded
from analysis.estimators.visit_model import GEE, MIXED, NO_COURSE, fit_or_fall_back, varies_within
from analysis.results import Estimate

RANDOM_SLOPE = "linear mixed model, random intercept and slope per patient, REML"
NO_SLOPES = "the spread of the slopes between patients cannot be estimated apart from that of their levels"
NO_SLOPE_FIT = "the mixed model with a random slope could not be fitted"
ONLY_INTERCEPT = "so the mixed model has a random intercept only"
NO_VARIATION = "not estimable: the values do not vary round the lines of the groups"
NO_GROUP = "not modelled: no group has enough patients with three measurements"
FEWEST_SLOPE_VISITS = 3  # domain.md 3.3: a slope needs three visits


@dataclass(frozen=True, kw_only=True, eq=False)
class SlopeResult:
    """Change per year of each group, and its differences.

    ``slopes`` has one row per group: ``group`` and the fields of ``Estimate``; ``differences`` one
    row per compared group, group minus reference. ``reason`` says why the mixed model was not used,
    or why there is no model.
    """

    slopes: pd.DataFrame
    differences: pd.DataFrame
    method: str
    reason: str


def estimate_slopes(data: pd.DataFrame, *, reference: str | None, conf_level: float = 0.95) -> SlopeResult:
    """Estimate the total slope of each group by a model with a random slope per patient.

    Parameters
    ----------
    data
        One row per patient and measurement, the one at baseline included: ``patient_id``, ``group``,
        ``years`` since time zero, ``value`` (eGFR in mL/min/1.73 m2). Missing ones are left out.
    reference
        The reference group; None for a single group, without differences.
    conf_level
        Two-sided confidence level between 0 and 1.

    Returns
    -------
    SlopeResult
        Slopes in the unit of the values per year. A group with fewer than 10 patients with three or
        more measurements each is left out with its reason; in other groups every patient counts.

    Notes
    -----
    Intercept and slope per group, correlated random intercept and slope, REML. Estimates and standard
    errors agree with R ``nlme::lme(value ~ group * years, random = ~ years | patient)``; degrees of
    freedom are patients less groups, as slopes are compared between patients, where ``lme`` counts
    measurements. Where the spread of the slopes is at its bound (none, or tied to the levels) only the
    intercept is random, as ``random = ~ 1 | patient``; where that spread is none either, estimating equations.
    """
    known = known_rows(data, ["patient_id", "years", "value"]).sort_values(["patient_id", "years"])
    names = order_groups(data["group"])
    often = known.groupby("patient_id")["years"].transform("nunique") >= FEWEST_SLOPE_VISITS
    excluded = why_excluded(known[often], names, visit="years", fewest=FEWEST_SLOPE_VISITS)
    used_names = [name for name in names if not excluded[name]]
    used = known[known["group"].isin(used_names)].reset_index(drop=True)
    fit, method, reason = _fit(used, used_names)
    blank = Estimate(conf_level=conf_level, method=method)
    sizes = used.groupby("group", observed=True)["patient_id"].nunique().reindex(names, fill_value=0)
    read = _Reader(fit=fit, names=used_names, df=int(sizes.sum()) - len(used_names), excluded=excluded, reason=reason)
    slopes = [
        {"group": name, **asdict(read.slope({name: 1.0}, replace(blank, n=int(sizes[name]))))} for name in names
    ]  # fmt: skip
    differences = [
        contrast_row(name, reference, read.slope({name: 1.0, reference: -1.0},
                     replace(blank, n=int(sizes[name] + sizes.get(reference, 0)))))
        for name in names if reference is not None and name != reference
    ]  # fmt: skip
    return SlopeResult(
        slopes=pd.DataFrame(slopes, columns=["group", *Estimate.__dataclass_fields__]),
        differences=pd.DataFrame(differences, columns=CONTRAST_COLUMNS), method=method, reason=reason,
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class _Reader:
    """Reads slopes and their differences from a fit with one intercept, then one slope, per group."""

    fit: MeanFit | None
    names: list[str]
    df: int
    excluded: Mapping[str, str]
    reason: str

    def slope(self, weights: Mapping[str, float], blank: Estimate) -> Estimate:
        why = next((self.excluded.get(name, "not estimable: no such group") for name in weights
                    if name not in self.names), "")  # fmt: skip
        if self.fit is None or why:
            return replace(blank, reason=why or self.reason)
        row = np.array([0.0] * len(self.names) + [weights.get(name, 0.0) for name in self.names])
        return read_contrast(self.fit, row, blank, df=self.df)


def _fit(used: pd.DataFrame, names: list[str]) -> tuple[MeanFit | None, str, str]:
    """Fit a random slope, else only a random intercept, else estimating equations; with the method and the reason."""
    if not names:
        return None, "no model", NO_GROUP
    data = _lay_out(used, names)
    if not varies(data):
        return None, "no model", NO_VARIATION
    if not varies_within(data):
        return None, "no model", NO_COURSE
    fit, why = _fit_random_slope(data)
    if fit is not None:
        return fit, RANDOM_SLOPE, ""
    fit, reason = fit_or_fall_back(replace(data, random=data.random[:, :1]))
    if fit is None:
        return None, "no model", reason
    return fit, GEE if reason else MIXED, f"{why}; {reason}" if reason else f"{why}, {ONLY_INTERCEPT}"


def _fit_random_slope(data: RepeatedData) -> tuple[MeanFit | None, str]:
    """Fit random intercept and slope, or say what is missing for them."""
    try:
        fit = fit_mixed(data)
    except (np.linalg.LinAlgError, ValueError):  # no positive definite information, logarithm of a residual of 0
        return None, NO_SLOPE_FIT
    return (None, NO_SLOPES) if fit.singular else (fit, "")


def _lay_out(used: pd.DataFrame, names: list[str]) -> RepeatedData:
    member: npt.NDArray[np.float64] = indicators(used["group"], names)
    years = used["years"].to_numpy(dtype=float)
    return RepeatedData(
        y=used["value"].to_numpy(dtype=float),
        design=np.column_stack([member, member * years[:, None]]),
        random=np.column_stack([np.ones(len(used)), years]),
        patient=pd.factorize(used["patient_id"])[0],
    )
