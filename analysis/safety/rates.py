"""How do risks, odds and rates per patient-year of each adverse event compare as ratios?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.estimators.rates import event_rates, rate_ratios
from analysis.estimators.ratios import odds_ratios, risk_ratios, why_no_ratio
from analysis.results import Method, Note
from analysis.safety.counts import Counts, count_events, count_rows, stand
from analysis.safety.differences import pair_rows
from analysis.safety.rows import KEYS, RowPlan
from analysis.safety.summary import order_words, sort_rows
from analysis.study import View

NO_TIME = "not estimable: follow-up is not recorded"
UNKNOWN_ROW = "not estimable: no time in which this is known"
NO_EVENT = "not estimable: no events in either group"

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
        conditional odds ratio (exact interval), rate ratio (exact conditional interval). A risk or
        odds ratio with a zero is NaN with a reason; a rate ratio without event in the reference group only
        is infinite and keeps its lower limit. Nothing is added to a zero.

    Notes
    -----
    ``analysis.estimators.ratios`` and ``rates`` say which software agrees. Source: domain.md 3.5.
    """
    counts = count_events(view, plan)
    rows = count_rows(view, counts)
    years = counts.selected.seen.years
    rates = _rates(view, counts, rows, years)
    ratios = _ratios(view, rows, rates)
    rates, ratios = sort_rows(rates, ratios.assign(risk_difference=np.log(ratios["risk_ratio"])), view.spec.safety.sort)
    return RatioResult(
        rates=rates,
        ratios=ratios[RATIO_COLUMNS],
        groups=view.groups,
        reference_group=view.reference_group,
        method=replace(_METHOD, sentence=" ".join([_METHOD.sentence, order_words(view)]).strip()),
        notes=(*_notes(years), *_clustered(counts), *counts.selected.notes),
    )


def _rates(view: View, counts: Counts, rows: pd.DataFrame, years: pd.Series) -> pd.DataFrame:
    """Divide events by the years of those of whom it is known; patients of unknown follow-up give neither."""
    known = years.notna().to_numpy()
    lived = years.fillna(0.0).to_numpy()
    of_group = np.bincount(counts.group, weights=lived, minlength=counts.n_groups)
    chosen = counts.selected.events
    timed = stand(view, counts.plan, chosen[~(chosen["day"] < 0)])  # before day 0 no time is counted
    weights = timed.n * known[timed.member]
    events = np.bincount(counts.cell(timed), weights=weights, minlength=len(rows)).astype(int)
    missing = np.bincount(counts.cell(counts.unknown), weights=lived[counts.unknown.member], minlength=len(rows))
    time = np.tile(of_group, len(counts.plan.keys)) - missing
    rate, low, high = event_rates(events, time)
    found = rows.assign(
        n_events=events, patient_years=time, rate=100 * rate, conf_low=100 * low, conf_high=100 * high,
        reason=np.where(time > 0, "", _why_no_time(counts, len(counts.plan.keys))),
    )  # fmt: skip
    return found[RATE_COLUMNS]


def _why_no_time(counts: Counts, n_rows: int) -> np.ndarray:
    """Say of each cell why it has no time: nobody was observed then, or follow-up is not recorded."""
    seen = counts.selected.seen
    known, inside = (np.bincount(counts.group[who], minlength=counts.n_groups)
                     for who in (seen.years.notna().to_numpy(), seen.inside == 1))  # fmt: skip
    words = np.where(inside == 0, f"not estimable: {seen.reason}", UNKNOWN_ROW)
    return np.tile(np.where(known == 0, NO_TIME, words), n_rows)


def _ratios(view: View, rows: pd.DataFrame, rates: pd.DataFrame) -> pd.DataFrame:
    pairs = pair_rows(view, rows)
    counts = [pairs[name] for name in ("n_patients", "n_total", "n_patients_reference", "n_total_reference")]
    found = pairs[[*KEYS, "label", "group"]].assign(reference_group=view.reference_group)
    why = why_no_ratio(*counts)
    for name, estimator in (("risk_ratio", risk_ratios), ("odds_ratio", odds_ratios)):
        estimate, low, high = estimator(*counts)
        found = found.assign(**{name: estimate, f"{name}_low": low, f"{name}_high": high})
        found[f"{name}_reason"] = np.where(np.isnan(estimate), why, "")
    base = rates.loc[rates["group"] == view.reference_group, [*KEYS, "n_events", "patient_years", "reason"]]
    both = found[[*KEYS, "group"]].merge(rates, on=[*KEYS, "group"]).merge(base, on=KEYS, suffixes=("", "_reference"))
    events, time = both["n_events"], both["patient_years"]
    events0, time0 = both["n_events_reference"], both["patient_years_reference"]
    ratio, low, high = rate_ratios(events, time, events0, time0)
    no_time = ~((time > 0) & (time0 > 0))
    why = np.where(time > 0, both["reason_reference"], both["reason"])
    reason = np.where(np.isnan(ratio), np.where(no_time, why, NO_EVENT), "")
    return found.assign(rate_ratio=ratio, rate_ratio_low=low, rate_ratio_high=high, rate_ratio_reason=reason)


def _notes(years: pd.Series) -> tuple[Note, ...]:
    ids = tuple(years.index[years.isna()])
    text = f"{len(ids)} patients have no known follow-up; their events and their time are not in the rates."
    return (Note(code="S-11", text=text, patient_ids=ids),) if ids else ()


def _clustered(counts: Counts) -> tuple[Note, ...]:
    """Warn that events of one patient are not independent, where a patient has several."""
    total = counts.had.key == 0
    again = int((counts.had.n[total] > 1).sum())
    text = (
        f"{again} patients had more than one event. Intervals of rates and rate ratios take every event as independent "
        "and are then too narrow; the models of repeated events under Over time allow for it."
    )
    return (Note(code="S-20", text=text),) if again > 1 else ()


_METHOD = Method(
    name="Ratios and rates of adverse events",
    sentence=(
        "Rates: events per 100 patient-years from first rituximab to last contact, exact Poisson interval; rate ratio "
        "with exact conditional interval. Risk ratio: Miettinen–Nurminen score interval. Odds ratio: conditional "
        "maximum likelihood with exact interval. Nothing is added to a zero: with one, no "
        "risk or odds ratio is estimated, and a rate ratio is 0 or infinite and keeps its other limit."
    ),
    references=(
        "Garwood, Biometrika 1936;28:437-42",
        "Miettinen and Nurminen, Stat Med 1985;4:213-26",
        "Fisher, J R Stat Soc 1935;98:39-82",
    ),
)
