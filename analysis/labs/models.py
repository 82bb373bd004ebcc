"""How far apart are the groups given where each patient started, and how fast does kidney function change?"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.cautions import cautions_about
from analysis.cohort.dictionary import variable
from analysis.cohort.visits import DAYS_PER_MONTH
from analysis.estimators.ancova import fit_ancova
from analysis.estimators.comparisons import SMALLEST_TESTED
from analysis.estimators.contrasts import CONTRAST_COLUMNS
from analysis.estimators.repeated import VISIT_COLUMNS, VisitContrasts, fit_visit_contrasts
from analysis.estimators.slopes import SlopeResult, estimate_slopes
from analysis.labs.limits import limit_notes
from analysis.labs.values import lab_lines, scale_of, visit_on_view, with_baseline
from analysis.labs.visit_tests import multiplicity_notes
from analysis.results import Estimate, Method, Note
from analysis.study import View

MONTHS_PER_YEAR = 12
SIZE_COLUMNS = ["n_group", "n_reference"]
ONE_GROUP = "not estimable: there is a single group"
T_EGFR = Note(
    code="T-EGFR",
    text=(
        "Calcineurin inhibitors lower filtration haemodynamically, within weeks and in part reversibly: a fall of "
        "eGFR on tacrolimus or cyclosporine is not the same as a loss of kidney tissue, and a rise after stopping "
        "is no gain."
    ),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class AdjustedResult:
    """Differences at one visit given baseline; ``compare_adjusted`` documents ``rows``."""

    rows: pd.DataFrame
    month: float
    method: Method
    notes: tuple[Note, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class CourseModel:
    """The model of all visits of one variable; ``fit_course`` documents ``contrasts``."""

    variable: str
    scale: str
    contrasts: pd.DataFrame
    interaction: Estimate
    n_patients: int
    n_values: int
    reason: str
    groups: tuple[str, ...]
    method: Method
    notes: tuple[Note, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class SlopesOfGroups:
    """The change of eGFR per year; ``fit_slopes`` documents both frames."""

    slopes: pd.DataFrame
    differences: pd.DataFrame
    reason: str
    method: Method
    notes: tuple[Note, ...]


def compare_adjusted(view: View, variables: tuple[str, ...]) -> AdjustedResult:
    """Compare groups at the visit looked at, adjusted for baseline, variable by variable.

    Returns
    -------
    AdjustedResult
        ``rows``: one per variable and compared group: ``variable``, ``scale`` and the columns of
        ``fit_ancova``. On "log" the estimate is a ratio of geometric means, group over reference; on
        "linear" a difference of adjusted means, group minus reference. ``n`` counts patients with both
        values, ``n_group`` and ``n_reference`` of them in either group; NaN and a reason where one has
        fewer than 8. Values below detection at half their limit, zero as in the trajectories.
    """
    month = visit_on_view(view.spec)
    paired = with_baseline(lab_lines(view, variables))
    paired = paired[paired["month"] == month]
    parts = [_adjusted(view, name, paired[paired["variable"] == name]) for name in variables]
    columns = ["variable", "scale", *CONTRAST_COLUMNS, *SIZE_COLUMNS]
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    sizes = ((len(variables), "lab"), (max(len(view.groups) - 1, 1), "comparison"), (1, "visit"))
    made = multiplicity_notes(int(rows["p_value"].notna().sum()), *sizes)
    used = paired[paired["baseline"].notna()]
    notes = (*cautions_about(view), *made, *limit_notes(used))
    return AdjustedResult(rows=rows[columns], month=month, method=_ADJUSTED, notes=notes)


def fit_course(view: View, name: str) -> CourseModel:
    """Model all visits of one variable at once: group x visit, adjusted for baseline.

    Returns
    -------
    CourseModel
        ``contrasts`` and ``interaction`` as ``analysis.estimators.repeated.fit_visit_contrasts``, which
        also says when it falls back to estimating equations; ``reason`` says so.
    """
    scale = scale_of(variable(name))
    paired = with_baseline(lab_lines(view, (name,)))
    paired = paired[paired["month"] > 0].assign(value=paired["model_value"])
    if view.reference_group is None or len(view.groups) < 2:
        blank = Estimate(n=paired["patient_id"].nunique(), method="no test", reason=ONE_GROUP)
        empty = pd.DataFrame(columns=VISIT_COLUMNS)
        fit = VisitContrasts(
            contrasts=empty, interaction=blank, method="no model", reason=ONE_GROUP, n_patients=0, n_values=0
        )
    else:
        fit = fit_visit_contrasts(_plain(paired), reference=view.reference_group, scale=scale)
    return CourseModel(
        variable=name, scale=scale, contrasts=fit.contrasts, interaction=fit.interaction, n_patients=fit.n_patients,
        n_values=fit.n_values, reason=fit.reason, groups=view.groups, method=_course_method(fit, scale),
        notes=(*cautions_about(view), *_model_notes(fit, paired)),
    )  # fmt: skip


def _model_notes(fit: VisitContrasts, paired: pd.DataFrame) -> tuple[Note, ...]:
    """Count the P values of the model, and the values that are limits or zeros."""
    groups, months = (fit.contrasts[name].nunique() for name in ("group", "month"))
    made = int(fit.contrasts["p_value"].notna().sum())
    used = paired[paired["baseline"].notna()]
    return (*multiplicity_notes(made, (groups, "comparison"), (months, "visit")), *(limit_notes(used) if made else ()))


def fit_slopes(view: View) -> SlopesOfGroups:
    """Estimate the change of eGFR per year of each group, and its differences.

    Returns
    -------
    SlopesOfGroups
        ``slopes`` and ``differences`` as ``analysis.estimators.slopes.estimate_slopes``, in
        mL/min/1.73 m² per year. Every value from baseline on counts at its actual day, early and
        unscheduled ones too.
    """
    lines = lab_lines(view, ("egfr",))
    kept = lines[(lines["month"] == 0) | (lines["shown_month"] > 0)]
    years = (kept["day"] / (DAYS_PER_MONTH * MONTHS_PER_YEAR)).fillna(kept["shown_month"] / MONTHS_PER_YEAR)
    data = _plain(kept.assign(years=years.clip(lower=0.0), value=kept["analysed"]))
    fit: SlopeResult = estimate_slopes(data, reference=view.reference_group)
    return SlopesOfGroups(
        slopes=fit.slopes, differences=fit.differences, reason=fit.reason, method=_slope_method(fit),
        notes=(*cautions_about(view), T_EGFR),
    )  # fmt: skip


def _plain(data: pd.DataFrame) -> pd.DataFrame:
    """Turn patients back into texts; groups keep their order, and their categories."""
    return data.assign(patient_id=data["patient_id"].astype(object)).reset_index(drop=True)


def _adjusted(view: View, name: str, rows: pd.DataFrame) -> pd.DataFrame:
    scale = scale_of(variable(name))
    if view.reference_group is None:
        return pd.DataFrame(columns=["variable", "scale", *CONTRAST_COLUMNS, *SIZE_COLUMNS])
    data = rows[["group", "baseline"]].assign(value=rows["model_value"])
    table = fit_ancova(data, reference=view.reference_group, scale=scale).assign(variable=name, scale=scale)
    pairs = data.dropna().groupby("group", observed=False).size()
    table = table.assign(n_group=table["group"].map(pairs).astype(int), n_reference=int(pairs[view.reference_group]))
    smaller = table[SIZE_COLUMNS].min(axis=1)
    few = smaller < SMALLEST_TESTED
    why = [f"no estimate: a group has {n} {_pairs_word(n)}, fewer than {SMALLEST_TESTED}" for n in smaller]
    table["reason"] = table["reason"].where(~few | table["estimate"].isna(), why)
    shown = ["estimate", "conf_low", "conf_high", "p_value"]
    return table.assign(**{name: table[name].mask(few) for name in shown})


def _pairs_word(n: int) -> str:
    return "patient with both values" if n == 1 else "patients with both values"


_ADJUSTED = Method(
    name="Analysis of covariance",
    sentence=(
        "Values of the visit on group and the patient's own baseline value, one model for all groups; on logarithms, "
        "as a ratio of geometric means, for variables on a log axis. Patients without either value are left out and "
        "nothing is carried forward; no estimate where a group has fewer than 8 patients with both. Values below "
        "detection at half their limit."
    ),
)


def _course_method(fit: VisitContrasts, scale: str) -> Method:
    logs = " of logarithms (ratios of geometric means)" if scale == "log" else ""
    why = f" {fit.reason[0].upper()}{fit.reason[1:]}." if fit.reason else ""
    return Method(
        name="Model of all visits",
        sentence=(
            f"{fit.method[0].upper()}{fit.method[1:]}{logs}: group × visit with the baseline value as covariate, visit "
            f"as a factor.{why} Assumes that values are missing at random given group, visit, baseline and the "
            "patient's other values, one spread for all visits, and equal correlation between them."
        ),
    )


def _slope_method(fit: SlopeResult) -> Method:
    why = f" {fit.reason[0].upper()}{fit.reason[1:]}." if fit.reason else ""
    return Method(
        name="eGFR slope",
        sentence=(
            f"Total slope: {fit.method}, every value from baseline on at its actual day.{why} Groups with fewer than "
            "10 patients with three measurements have none. Assumes a straight line and values missing at random."
        ),
    )
