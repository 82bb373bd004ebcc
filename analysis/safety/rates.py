"""How do risks, odds and rates per patient-year of each adverse event compare as ratios?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.cohort.visits import DAYS_PER_MONTH
from analysis.estimators.rates import event_rates, rate_ratios
from analysis.estimators.ratios import odds_ratios, risk_ratios, why_no_ratio
from analysis.results import Method, Note
from analysis.safety.counts import Counts, count_events, count_rows
from analysis.safety.differences import pair_rows
from analysis.safety.rows import KEYS, RowPlan
from analysis.safety.selection import LAST_DAY, on_board
from analysis.safety.summary import sort_rows
from analysis.study import View

DAYS_PER_YEAR = 12 * DAYS_PER_MONTH
NO_TIME = "not estimable: follow-up is not recorded"
NO_REFERENCE_EVENT = "not estimable: no events in the reference group"

RATE_COLUMNS = [
    *KEYS, "parent", "label", "group", "n_events", "patient_years", "rate", "conf_low", "conf_high", "reason",
]  # fmt: skip
RATIO_COLUMNS = [
    *KEYS, "label", "group", "reference_group",
    "risk_ratio", "risk_ratio_low", "risk_ratio_high", "risk_ratio_reason",
    "odds_ratio", "odds_ratio_low", "odds_ratio_high", "odds_ratio_reason",
    "rate_ratio", "rate_ratio_low", "rate_ratio_high", "rate_ratio_reason",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class RatioResult:
    """Rates and ratios of each row; ``compare_ratios`` documents the frames."""

    rates: pd.DataFrame
    ratios: pd.DataFrame
    groups: tuple[str, ...]
    reference_group: str | None
    method: Method
    notes: tuple[Note, ...]


def compare_ratios(view: View, plan: RowPlan | None = None) -> RatioResult:
    """Estimate rates per 100 patient-years, and risk, odds and rate ratios against the reference.

    Parameters
    ----------
    view
        The selected patients; ``followup_months`` of the patients table is the time observed.

    Returns
    -------
    RatioResult
        ``rates``: one per row of the table and group: ``n_events`` of patients with known follow-up,
        ``patient_years`` in which they could be seen (inside the time window, with the drug on board),
        ``rate`` per 100 patient-years with the exact Poisson interval.
        ``ratios``: one per row and compared group, group over reference: risk ratio (score interval),
        conditional odds ratio (exact interval), rate ratio (exact conditional interval). A ratio with
        a zero is NaN with a reason; nothing is added to a zero.

    Notes
    -----
    ``analysis.estimators.ratios`` and ``rates`` say which software agrees. Source: domain.md 3.5.
    """
    counts = count_events(view, plan)
    rows = count_rows(view, counts)
    years = patient_years(view)
    rates = _rates(view, counts, rows, years)
    ratios = _ratios(view, rows, rates)
    rates, ratios = sort_rows(rates, ratios.assign(risk_difference=np.log(ratios["risk_ratio"])), view.spec.safety.sort)
    return RatioResult(
        rates=rates,
        ratios=ratios[RATIO_COLUMNS],
        groups=view.groups,
        reference_group=view.reference_group,
        method=_METHOD,
        notes=_notes(years),
    )


def patient_years(view: View) -> pd.Series:
    """Give the years each member was observed inside the window and, if asked, with the drug on board; NaN unknown."""
    options = view.spec.safety
    ids = view.members["patient_id"]
    patients = view.cohort.patients.set_index("patient_id")
    months = patients.get("followup_months", pd.Series(np.nan, index=patients.index)).astype(float)
    end = (months.where(months >= 0) * DAYS_PER_MONTH).reindex(ids)
    first = max(float(options.first_day), 0.0)
    last = end.clip(upper=float(options.last_day)) if options.last_day < LAST_DAY else end
    if not options.on_drug:
        return ((last - first).clip(lower=0.0) / DAYS_PER_YEAR).rename("years")
    spans = on_board(view, options.on_drug, options.on_board_days)
    until = np.minimum(spans["last"], spans["patient_id"].map(last))
    days = (until - spans["first"].clip(lower=first)).clip(lower=0.0)
    covered = days.groupby(spans["patient_id"]).sum().reindex(ids).fillna(0.0)
    return (covered.where(end.notna()) / DAYS_PER_YEAR).rename("years")


def _rates(view: View, counts: Counts, rows: pd.DataFrame, years: pd.Series) -> pd.DataFrame:
    """Divide events by the years of those of whom it is known; patients of unknown follow-up give neither."""
    known = years.notna().to_numpy()
    lived = years.fillna(0.0).to_numpy()
    of_group = np.bincount(counts.group, weights=lived, minlength=counts.n_groups)
    weights = counts.had.n * known[counts.had.member]
    events = np.bincount(counts.cell(counts.had), weights=weights, minlength=len(rows)).astype(int)
    missing = np.bincount(counts.cell(counts.unknown), weights=lived[counts.unknown.member], minlength=len(rows))
    time = np.tile(of_group, len(counts.plan.keys)) - missing
    rate, low, high = event_rates(events, time)
    found = rows.assign(
        n_events=events, patient_years=time, rate=100 * rate, conf_low=100 * low, conf_high=100 * high,
        reason=np.where(time > 0, "", NO_TIME),
    )  # fmt: skip
    return found[RATE_COLUMNS]


def _ratios(view: View, rows: pd.DataFrame, rates: pd.DataFrame) -> pd.DataFrame:
    pairs = pair_rows(view, rows)
    counts = [pairs[name] for name in ("n_patients", "n_total", "n_patients_reference", "n_total_reference")]
    found = pairs[[*KEYS, "label", "group"]].assign(reference_group=view.reference_group)
    why = why_no_ratio(*counts)
    for name, estimator in (("risk_ratio", risk_ratios), ("odds_ratio", odds_ratios)):
        estimate, low, high = estimator(*counts)
        found = found.assign(**{name: estimate, f"{name}_low": low, f"{name}_high": high})
        found[f"{name}_reason"] = np.where(np.isnan(estimate), why, "")
    base = rates.loc[rates["group"] == view.reference_group, [*KEYS, "n_events", "patient_years"]]
    both = found[[*KEYS, "group"]].merge(rates, on=[*KEYS, "group"]).merge(base, on=KEYS, suffixes=("", "_reference"))
    events, time = both["n_events"], both["patient_years"]
    events0, time0 = both["n_events_reference"], both["patient_years_reference"]
    ratio, low, high = rate_ratios(events, time, events0, time0)
    no_time = ~((time > 0) & (time0 > 0))
    reason = np.where(np.isnan(ratio), np.where(no_time, NO_TIME, NO_REFERENCE_EVENT), "")
    return found.assign(rate_ratio=ratio, rate_ratio_low=low, rate_ratio_high=high, rate_ratio_reason=reason)


def _notes(years: pd.Series) -> tuple[Note, ...]:
    ids = tuple(years.index[years.isna()])
    text = f"{len(ids)} patients have no known follow-up; their events and their time are not in the rates."
    return (Note(code="S-11", text=text, patient_ids=ids),) if ids else ()


_METHOD = Method(
    name="Ratios and rates of adverse events",
    sentence=(
        "Rates: events per 100 patient-years from first rituximab to last contact, exact Poisson interval; rate ratio "
        "with exact conditional interval. Risk ratio: Miettinen–Nurminen score interval. Odds ratio: conditional "
        "maximum likelihood with exact interval. Nothing is added to a zero: with one, no ratio is estimated."
    ),
    references=(
        "Garwood, Biometrika 1936;28:437-42",
        "Miettinen and Nurminen, Stat Med 1985;4:213-26",
        "Fisher, J R Stat Soc 1935;98:39-82",
    ),
)
