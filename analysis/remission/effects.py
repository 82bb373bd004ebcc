"""How large is the difference between the groups: as a ratio, in months, in patients to treat?"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.clock import enters_late
from analysis.estimators.coding import Covariate
from analysis.estimators.cox import fit_cox
from analysis.estimators.factor_fit import FactorFit
from analysis.estimators.grouped import fit_grouped
from analysis.estimators.proportional import WHOLE_MODEL
from analysis.estimators.restricted_mean import compare_restricted_means, restricted_mean
from analysis.remission.answers import EffectResult
from analysis.remission.curves import curves_of, ticks, times_of
from analysis.remission.records import LATE, TEST_PATIENTS, too_small
from analysis.results import Estimate, Method
from analysis.study import View

if TYPE_CHECKING:
    from analysis.remission.description import RemissionResult

RATIO_COLUMNS = [
    "model", "group", "reference_group", "hazard_ratio", "conf_low", "conf_high", "p_value", "penalised", "n",
    "n_event", "reason",
]  # fmt: skip
MEAN_COLUMNS = ["group", "n", "estimate", "conf_low", "conf_high", "reason"]
DIFFERENCE_COLUMNS = ["group", "reference_group", "estimate", "conf_low", "conf_high", "p_value", "reason"]
NEEDED_COLUMNS = [
    "group", "reference_group", "time", "difference", "conf_low", "conf_high", "needed", "needed_low", "needed_high",
    "through_infinity", "reason",
]  # fmt: skip
NO_DIFFERENCE = "the difference is zero: no number of patients gives one more event"
ONE_GROUP = "one group: nothing is compared"


def estimate_effects(view: View, result: RemissionResult) -> EffectResult:
    """Estimate the effect measures of the chosen endpoint, group against reference.

    Parameters
    ----------
    view
        The selected patients, groups, schedule and horizon.
    result
        From ``describe_remission``: its records and curves are used.

    Returns
    -------
    EffectResult
        Rows with NaN and a reason where a group has fewer than 5 patients or 3 events (ratios, P values)
        or a measure is not estimable.

    Notes
    -----
    Cox model with Efron ties on the times of the study; grouped proportional hazards (complementary
    log-log per visit), the exact form of the same ratio for events only seen at visits. Competing events
    count as censoring in both: the ratio is cause-specific. Restricted means with competing events are
    the mean time without the event, whoever can no longer have it included. Number needed to treat:
    1 / difference, its limits 1 / limits of the difference (Altman, BMJ 1998;317:1309-12). Source:
    domain.md 3.4.
    """
    table, curves, horizon = result.records, curves_of(result), _horizon(view)
    ratios, proportional = _ratios(view, table)
    return EffectResult(
        hazard_ratios=ratios,
        proportional=proportional,
        restricted_means=_means(view, curves, horizon),
        mean_differences=_mean_differences(view, table, curves, horizon),
        needed=_needed(result.differences),
        horizon=ticks(view)[-1],
        endpoint=view.spec.endpoint,
        groups=view.groups,
        reference_group=view.reference_group,
        method=_method(view),
        notes=(),
    )


def _horizon(view: View) -> float:
    """Give the last visit by the horizon on the time axis."""
    return times_of(view, [ticks(view)[-1]])[0]


def _ratios(view: View, table: pd.DataFrame) -> tuple[pd.DataFrame, Estimate]:
    """Fit both models, unless a group is too small for a ratio."""
    compared, proportional = _compared(view), Estimate(method="score test of proportional hazards")
    why = ONE_GROUP if not compared else too_small(table, view.groups)
    if why:
        rows = [_no_ratio(view, model, group, f"no ratio: {why}") for model in ("cox", "grouped") for group in compared]
        return pd.DataFrame(rows, columns=RATIO_COLUMNS), replace(proportional, reason=f"not tested: {why}")
    rows = table.loc[table["at_risk"], ["time", "event", "group"]].astype({"group": object})
    groups = Covariate(name="group", scale="levels", reference=view.reference_group, levels=view.groups)
    visits = times_of(view, ticks(view)[1:])
    fits = {"cox": fit_cox(rows, [groups]), "grouped": fit_grouped(rows, [groups], visits=visits)}
    ratios = [row for model, fit in fits.items() for row in _ratio_rows(view, model, fit)]
    return pd.DataFrame(ratios, columns=RATIO_COLUMNS), _proportional(fits["cox"], proportional)


def _compared(view: View) -> tuple[str, ...]:
    return view.compared_groups() if len(view.groups) > 1 else ()


def _no_ratio(view: View, model: str, group: str, reason: str) -> list[object]:
    return [model, group, view.reference_group, *[math.nan] * 4, False, 0, 0, reason]


def _ratio_rows(view: View, model: str, fit: FactorFit) -> list[list[object]]:
    found = fit.terms.set_index("level")
    rows = []
    for group in _compared(view):
        if group not in found.index:
            rows.append(_no_ratio(view, model, group, fit.reason or "not estimable: no patients"))
            continue
        term: Any = found.loc[group]
        numbers = [term[name] for name in ("hazard_ratio", "conf_low", "conf_high", "p_value")]
        why = term["reason"] or fit.reason
        rows.append([model, group, view.reference_group, *numbers, fit.penalised, fit.n, fit.n_event, why])
    return rows


def _proportional(fit: FactorFit, blank: Estimate) -> Estimate:
    checks = fit.checks
    if checks.empty:
        return replace(blank, reason=fit.reason or "not computable")
    whole = checks[checks["variable"] == WHOLE_MODEL].iloc[0]
    statistic, df, p_value = (float(whole[name]) for name in ("statistic", "df", "p_value"))
    return replace(blank, n=fit.n, reason=str(whole["reason"]), statistic=statistic, df=df, p_value=p_value)


def _means(view: View, curves: dict[str, pd.DataFrame], horizon: float) -> pd.DataFrame:
    rows, late = [], enters_late(view)
    for group in view.groups:
        n = int(curves[group]["n_risk"].iloc[0])
        if late:
            found = Estimate(reason=f"not estimated: {LATE}")
        elif 0 < n < TEST_PATIENTS:
            found = Estimate(n=n, reason=f"fewer than {TEST_PATIENTS} patients: no mean")
        else:
            found = restricted_mean(curves[group], horizon)
        rows.append([group, found.n, found.estimate, found.conf_low, found.conf_high, found.reason])
    return pd.DataFrame(rows, columns=MEAN_COLUMNS)


def _mean_differences(view: View, table: pd.DataFrame, curves: dict[str, pd.DataFrame], horizon: float) -> pd.DataFrame:
    rows = []
    reference = view.reference_group or ""
    small = too_small(table, view.groups)
    for group in _compared(view):
        if small:
            found = Estimate(reason=f"no difference: {small}")
        else:
            found = compare_restricted_means(curves[group], curves[reference], horizon)
        limits = [found.estimate, found.conf_low, found.conf_high, found.p_value]
        rows.append([group, reference, *limits, found.reason])
    return pd.DataFrame(rows, columns=DIFFERENCE_COLUMNS)


def _needed(differences: pd.DataFrame) -> pd.DataFrame:
    """Turn each difference into a number needed to treat."""
    found = differences.rename(columns={"estimate": "difference"})
    with np.errstate(divide="ignore"):
        sides = {
            name: 1 / found[column].to_numpy(dtype=float)
            for name, column in (("needed", "difference"), ("needed_low", "conf_high"), ("needed_high", "conf_low"))
        }
    zero = found["difference"].eq(0).to_numpy()
    sides["needed"] = np.where(zero, math.nan, sides["needed"])
    reason = found["reason"].mask(zero & found["reason"].eq(""), NO_DIFFERENCE)
    through = (found["conf_low"] <= 0) & (found["conf_high"] >= 0)
    return found.assign(**sides, through_infinity=through, reason=reason)[NEEDED_COLUMNS]


def _method(view: View) -> Method:
    sentence = (
        "Hazard ratios: group over reference, above 1 the group reaches the endpoint sooner; competing events count as "
        "censoring (cause-specific). Cox: Efron ties, on the times of the curves. Grouped: complementary log-log model "
        "of the event at each visit, the same ratio without assuming that events happened on the day of the visit; "
        "prefer it when events are only seen at visits. Mean months without the event to the last visit shown: area "
        "above the curve, delta-method interval. Number needed to treat: 1 / difference; where the interval of the "
        "difference includes 0, that of the number passes through infinity."
    )
    references = (
        "Efron, J Am Stat Assoc 1977;72:557-65",
        "Prentice and Gloeckler, Biometrics 1978;34:57-67",
        "Royston and Parmar, BMC Med Res Methodol 2013;13:152",
        "Altman, BMJ 1998;317:1309-12",
    )
    return Method(name="Effect measures", sentence=sentence, references=references)
