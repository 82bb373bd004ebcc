"""Which baseline factors go with reaching the endpoint sooner, the treatment group held fixed?"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from analysis.choices import SCREENING
from analysis.clock import require_one_entry
from analysis.cohort.baseline_values import QUALIFIER_SUFFIX
from analysis.cohort.dictionary import is_post_baseline, variable
from analysis.cohort.visits import DAYS_PER_MONTH, nominal_day
from analysis.estimators.coding import Covariate
from analysis.estimators.cox import fit_cox
from analysis.estimators.factor_fit import BEYOND_WORDS, TOO_FEW, FactorFit
from analysis.estimators.grouped import fit_grouped
from analysis.estimators.proportional import WHOLE_MODEL
from analysis.factors.columns import GROUP, USUAL, as_covariate, constant_factors, factors_on_offer
from analysis.factors.notes import W_07, factor_notes, note_met_before, note_tests, readable
from analysis.outcomes.endpoints import ALL_ENDPOINT_LABELS
from analysis.results import CohortError, Estimate, Method, Note
from analysis.study import View

SMALL_PATIENTS, SMALL_EVENTS = 5, 3  # display.md, remission: fewer in any group and there is no ratio
SORTED = "not shown: a factor sorts the events so well that its effect has no useful size"
NO_RATIO = "not shown: no factor has a ratio"
ROW_COLUMNS = [
    "model", "variable", "label", "level", "reference_level", "is_group", "n", "n_event", "hazard_ratio", "conf_low",
    "conf_high", "p_value", "penalised", "reason",
]  # fmt: skip
_NUMBERS = ["hazard_ratio", "conf_low", "conf_high", "p_value"]


@dataclass(frozen=True, kw_only=True, eq=False)
class FactorsResult:
    """The page of factors as data; ``describe_factors`` documents the frames."""

    rows: pd.DataFrame
    checks: pd.DataFrame
    refused: pd.DataFrame
    constant: tuple[str, ...]
    overall: Estimate
    concordance: Estimate
    n: int
    n_event: int
    n_missing: int
    n_terms: int
    model: str
    penalised: bool
    separated: tuple[str, ...]
    reason: str
    variables: tuple[str, ...]
    endpoint: str
    groups: tuple[str, ...]
    reference_group: str | None
    method: Method
    notes: tuple[Note, ...]


def describe_factors(view: View, records: pd.DataFrame) -> FactorsResult:
    """Fit each factor alone, and all of them together with the treatment group.

    Parameters
    ----------
    view
        The selected patients; ``spec.factors`` holds the factors, the model and the penalty.
    records
        One row per patient: ``time``, ``event``, ``at_risk`` and, where known, ``met_before``, from
        ``analysis.remission.study_records``.

    Returns
    -------
    FactorsResult
        ``rows``: one row per model ("univariable", "multivariable") and column of it, the group first:
        ``variable``, ``label`` with the units of one step, ``level``, ``reference_level``, ``is_group``,
        ``n``, ``n_event``, ``hazard_ratio`` (above 1: sooner), ``conf_low``, ``conf_high``, ``p_value``,
        ``penalised``, ``reason``. ``checks``: test of proportional hazards per factor and for the whole
        multivariable Cox model: ``variable``, ``label``, ``statistic``, ``df``, ``p_value``, ``reason``.
        ``refused``: variables of the file that come from after treatment began: ``variable``, ``label``,
        ``chosen``, ``reason``. ``constant``: baseline variables with one value only, as "label (value)".
        ``n_missing``: patients left out of the multivariable model for a missing
        value; ``n_terms`` the coefficients it has, or would have were it fitted. ``overall`` and
        ``concordance`` have a reason instead of numbers where an effect of the model has no useful size.

    Notes
    -----
    Competing events count as censoring (cause-specific ratios). Without a choice of their own the
    factors are the usual ones in their fixed order, as many as 5 events per coefficient allow. Patients
    who met the endpoint before treatment are in no model, whether or not the rule counts them. Source:
    domain.md 3.4, 3.9.
    """
    require_one_entry(view, "A model of several factors")
    n_at_risk, already, records = _without_met_before(view, records)
    table, chosen = _table(view, records), _chosen(view, records)
    rows, alone, whole = _fits(view, table, chosen)
    refused, checks, whole = _refused(view), _checks(whole), _without_sorted(whole, rows)
    return FactorsResult(
        rows=rows,
        checks=checks,
        refused=refused,
        constant=constant_factors(view),
        overall=whole.overall,
        concordance=whole.concordance,
        n=whole.n,
        n_event=whole.n_event,
        n_missing=whole.n_missing,
        n_terms=_n_terms(whole),
        model=view.spec.factors.model,
        penalised=whole.penalised,
        separated=tuple(_separated_label(name) for name in whole.separated),
        reason=readable(whole.reason),
        variables=tuple(chosen),
        endpoint=view.spec.endpoint,
        groups=view.groups,
        reference_group=view.reference_group,
        method=_method(view, rows, whole),
        notes=(
            *note_met_before(view, already, n_at_risk),
            *factor_notes(view, alone, whole, refused),
            *note_tests(rows, whole.overall.p_value, checks),
        ),
    )


def _fits(view: View, table: pd.DataFrame, chosen: list[str]) -> tuple[pd.DataFrame, list[FactorFit], FactorFit]:
    """Fit the group and each factor alone, then all together."""
    covariates, group = [as_covariate(table, name) for name in chosen], _group_covariate(view)
    alone = [_fit(view, table, [one]) for one in (*group, *covariates)]
    whole = _fit(view, table, [*group, *covariates])
    rows = [row for fit in alone for row in _rows(view, fit, "univariable")]
    return pd.DataFrame([*rows, *_rows(view, whole, "multivariable")], columns=ROW_COLUMNS), alone, whole


def _without_met_before(view: View, records: pd.DataFrame) -> tuple[int, tuple[str, ...], pd.DataFrame]:
    """Count the members at risk, name those who met the endpoint before treatment, and take them from the records."""
    own = records["at_risk"].astype(bool) & records["patient_id"].isin(view.members["patient_id"])
    already = own & records["met_before"] if "met_before" in records else own & False
    return int(own.sum()), tuple(records.loc[already, "patient_id"]), records[~already]


def _without_sorted(fit: FactorFit, rows: pd.DataFrame) -> FactorFit:
    """Give the whole model no test and no concordance where an effect has no useful size, or none has a ratio."""
    sorts = any(str(reason).startswith(BEYOND_WORDS) for reason in fit.terms["reason"])
    if not sorts and (fit.reason or rows.loc[rows["model"] == "multivariable", "hazard_ratio"].notna().any()):
        return fit
    withheld = Estimate(n=fit.n, reason=SORTED if sorts else NO_RATIO)
    return replace(fit, overall=withheld, concordance=withheld)


def _n_terms(fit: FactorFit) -> int:
    """Count the coefficients of a model; of one that was not fitted those it would have."""
    return fit.df or int(fit.terms["reason"].isin(["", fit.reason]).sum())


def _table(view: View, records: pd.DataFrame) -> pd.DataFrame:
    """Put time and event beside the baseline values of the patients at risk; half of a limit of detection."""
    patients = view.patients().astype({GROUP: object})
    for column in [name for name in patients if name.endswith(QUALIFIER_SUFFIX)]:
        lab = column.removesuffix(QUALIFIER_SUFFIX)
        patients[lab] = patients[lab].where(patients[column].ne("lt"), patients[lab] / 2)
    at_risk = records.loc[records["at_risk"].astype(bool), ["patient_id", "time", "event"]]
    return patients.merge(at_risk, on="patient_id", how="inner", suffixes=("_of_file", ""))


def _chosen(view: View, records: pd.DataFrame) -> list[str]:
    """List the factors: the visitor's own, without what is refused, or the usual ones that the events allow."""
    options, offered = view.spec.factors, factors_on_offer(view)
    if options.own_choice:
        return [name for name in _known(view, options.variables) if not is_post_baseline(name)]
    events = int((records["event"] & records["at_risk"] & records["patient_id"].isin(view.members["patient_id"])).sum())
    room, patients = events // TOO_FEW - max(len(view.groups) - 1, 0), view.patients()
    usual = [name for name in USUAL if name in offered and patients[name].notna().mean() > 0.5]
    return usual[: max(room, 1)]


def _known(view: View, names: tuple[str, ...]) -> list[str]:
    known = {*view.patients().columns}
    absent = [variable(name).label for name in names if name not in known and not is_post_baseline(name)]
    if absent:
        asked = f"The model was asked for {', '.join(absent)}."
        raise CohortError(asked, "The file has no such column.", "Choose other factors.")
    return [name for name in names if name != view.spec.group_column]


def _group_covariate(view: View) -> list[Covariate]:
    if len(view.groups) < 2:
        return []
    return [Covariate(name=GROUP, scale="levels", reference=view.reference_group, levels=view.groups)]


def _fit(view: View, table: pd.DataFrame, covariates: list[Covariate]) -> FactorFit:
    options, actual = view.spec.factors, view.spec.time_axis == "actual"
    if options.model == "grouped":
        months = [month for month in view.spec.schedule if month > 0]
        cuts = [nominal_day(month) / DAYS_PER_MONTH if actual else month for month in months]
        return fit_grouped(table, covariates, visits=cuts)
    return fit_cox(table, covariates, penalty=options.penalty)


def _rows(view: View, fit: FactorFit, model: str) -> list[list[object]]:
    """Give each column of a model its row; the group has no ratio where one of the groups is too small."""
    small = _small_groups(view, fit)
    rows = []
    for term in fit.terms.itertuples():
        is_group = term.variable == GROUP
        why = f"no ratio: {small}" if is_group and small else readable(term.reason)
        numbers = [math.nan] * len(_NUMBERS) if why else [getattr(term, name) for name in _NUMBERS]
        label = _label(view, term)
        level, reference = (_level(term.variable, text) for text in (term.level, term.reference_level))
        rows.append(
            [model, term.variable, label, level, reference, is_group, term.n, term.n_event, *numbers,
             fit.penalised, why]
        )  # fmt: skip
    return rows


def _small_groups(view: View, fit: FactorFit) -> str:
    """Name the groups with too few patients or events, as far as the model's rows tell."""
    rows = fit.terms[fit.terms["variable"] == GROUP]
    if rows.empty:
        return ""
    counts = {row.level: (row.n, row.n_event) for row in rows.itertuples()}
    reference = (fit.n - int(rows["n"].sum()), fit.n_event - int(rows["n_event"].sum()))
    counts[str(view.reference_group)] = reference
    small = [name for name, (n, events) in counts.items() if n < SMALL_PATIENTS or events < SMALL_EVENTS]
    return f"fewer than {SMALL_PATIENTS} patients or {SMALL_EVENTS} events in {', '.join(small)}" if small else ""


def _label(view: View, term: Any) -> str:
    if term.variable == GROUP:
        return variable(view.spec.group_column).label if view.spec.group_column else "Group"
    known = variable(term.variable)
    if term.scale == "doubling":
        return f"{known.label}, per doubling"
    return known.label if term.scale == "levels" else f"{known.label}, per {term.per:g} {known.unit}".rstrip()


def _level(name: str, level: str) -> str:
    return level if name == GROUP else variable(name).level_label(level)


def _separated_label(name: str) -> str:
    first, _, rest = name.partition(" ")
    return f"{'Group' if first == GROUP else variable(first).label} {rest}".strip()


def _checks(fit: FactorFit) -> pd.DataFrame:
    columns = ["variable", "label", "statistic", "df", "p_value", "reason"]
    if fit.checks.empty:
        return pd.DataFrame(columns=columns)
    own = {GROUP: "Treatment group", WHOLE_MODEL: "Whole model"}
    return fit.checks.assign(label=[own.get(name) or variable(name).label for name in fit.checks["variable"]])[columns]


def _refused(view: View) -> pd.DataFrame:
    """List what the file holds from after treatment began, and whether it was asked for."""
    names = [name for name in view.cohort.patients.columns if name not in SCREENING and is_post_baseline(name)]
    asked = view.spec.factors.variables if view.spec.factors.own_choice else ()
    names += [name for name in asked if is_post_baseline(name) and name not in names]
    rows = [[name, variable(name).label, name in asked, W_07] for name in names]
    return pd.DataFrame(rows, columns=["variable", "label", "chosen", "reason"])


def _method(view: View, rows: pd.DataFrame, fit: FactorFit) -> Method:
    together = "with the treatment group, " if len(view.groups) > 1 else ""
    sentence = (
        f"Factors associated with reaching: {ALL_ENDPOINT_LABELS[view.spec.endpoint]}. {fit.method.sentence} Each "
        f"factor alone, then {together}all together; patients with a missing value are left out. A hazard ratio above "
        "1 means sooner. Values below a limit of detection enter at half of it. Competing events count as censoring "
        "(cause-specific ratios)."
    )
    if rows["penalised"].any() and not fit.penalised:
        sentence += " Rows marked *: Firth's penalty, profile penalised likelihood intervals and tests."
    return Method(name=fit.method.name, sentence=sentence, references=fit.method.references)
