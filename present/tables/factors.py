"""Which factors go with reaching the endpoint, alone and together? As a table, and its fit in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from analysis.factors.notes import DOUBT
from analysis.outcomes.endpoints import ALL_ENDPOINT_LABELS
from present.tables.document import TableColumn, TableDocument, TableRow
from present.tables.format import (
    MISSING,
    format_count,
    format_estimate,
    format_number,
    format_p,
    format_p_words,
    format_test,
)

if TYPE_CHECKING:
    from analysis.factors import FactorsResult

_SMALLEST, _LARGEST = 0.01, 100.0  # ratios beyond these are not written out
PENALISED = "* Firth's penalised likelihood, profile limits: events and non-events are separated, or it was asked for."
FEW_EVENTS = 50  # below, the test of proportional hazards overlooks all but gross departures


def factors_table(result: FactorsResult) -> TableDocument:
    """Show each row of the two models side by side, the treatment group first."""
    columns = (
        TableColumn(id="factor", label="Factor"),
        TableColumn(id="n", label="Events / n", align="center"),
        TableColumn(id="alone", label="Alone: hazard ratio (95 % CI)", align="center"),
        TableColumn(id="p_alone", label="P", align="right"),
        TableColumn(id="together", label="Together: hazard ratio (95 % CI)", align="center"),
        TableColumn(id="p_together", label="P", align="right"),
    )
    keys = ["variable", "level"]
    alone = result.rows[result.rows["model"] == "univariable"]
    together = result.rows[result.rows["model"] == "multivariable"].set_index(keys)
    rows = [_row(row, together) for row in alone.itertuples()]
    return TableDocument(
        title=f"Factors associated with reaching: {ALL_ENDPOINT_LABELS[result.endpoint]}",
        columns=columns,
        rows=tuple(rows),
        footnotes=(
            "Hazard ratio above 1: sooner. Associations, not effects: nobody was assigned to a factor.",
            *((PENALISED,) if result.rows["penalised"].any() else ()),
            *fit_words(result),
        ),
    )


def fit_words(result: FactorsResult) -> tuple[str, ...]:
    """Say how the model with all factors was fitted and how well it holds."""
    terms = f"{format_count(result.n_terms)} coefficient{'' if result.n_terms == 1 else 's'}"
    words = [
        f"Together: {format_count(result.n)} patients, {format_count(result.n_event)} events, {terms}, "
        f"{format_count(result.n_missing)} patients left out for a missing value."
    ]
    if result.reason:
        words.append(f"Together: {result.reason}.")
    if result.separated:
        words.append(f"Separation found before fitting: {', '.join(result.separated)}.")
    if math.isfinite(result.overall.p_value):
        overall = result.overall
        words.append(f"All factors against none: {format_test(overall.statistic, overall.df, overall.p_value)}.")
    elif result.overall.reason:
        words.append(f"All factors against none, and concordance: {result.overall.reason}.")
    if math.isfinite(result.concordance.estimate):
        found = result.concordance
        concordance = format_estimate(found.estimate, found.conf_low, found.conf_high)
        words.append(f"Concordance {concordance}: the share of pairs of patients the model puts in the right order.")
    return (*words, *_proportional_words(result))


def _proportional_words(result: FactorsResult) -> tuple[str, ...]:
    known = result.checks[result.checks["p_value"].notna()] if len(result.checks) else result.checks
    if known.empty:
        return ()
    doubtful = known[known["p_value"] < DOUBT]
    if doubtful.empty:
        weak = f"; weak test, {format_count(result.n_event)} events" if result.n_event < FEW_EVENTS else ""
        lowest = format_p_words(known["p_value"].min())
        return (f"Proportional hazards: no sign against it (score tests, smallest {lowest}{weak}).",)
    names = "; ".join(f"{row.label}, {format_p_words(row.p_value)}" for row in doubtful.itertuples())
    return (f"Proportional hazards: doubtful, one ratio does not describe the whole follow-up ({names}).",)


def ratio_words(ratio: float, low: float, high: float, reason: str = "") -> str:
    """Write a hazard ratio with its interval; a number too small for two decimals never reads as zero."""
    if not math.isfinite(ratio):
        return reason or MISSING
    start, end = _bounded(low), _bounded(high)
    return f"{_bounded(ratio)} ({start}{' to ' if start[0] == '<' or end[0] == '>' else '–'}{end})"


def _marked(ratio: float, low: float, high: float, reason: str, *, penalised: bool) -> str:
    return ratio_words(ratio, low, high, reason) + (" *" if penalised and math.isfinite(ratio) else "")


def _bounded(value: float) -> str:
    if value < _SMALLEST:
        return f"<{format_number(_SMALLEST, decimals=2)}"
    if value > _LARGEST:
        return f">{format_number(_LARGEST, decimals=0)}"
    return format_number(value, decimals=2 if value < 10 else 1)


def refused_words(result: FactorsResult) -> str:
    """Name the variables that are not offered and why."""
    labels, same = ", ".join(result.refused["label"]), ", ".join(result.constant)
    words = [f"Not offered, because they were produced after treatment began: {labels}."] if labels else []
    words += [f"Not offered, because only one value occurs: {same}."] if same else []
    return " ".join(words)


def _row(row: Any, together: Any) -> TableRow:
    key = (row.variable, row.level)
    other = together.loc[key] if key in together.index else None
    label = f"{row.label}: {row.level} (reference {row.reference_level})" if row.level else row.label
    cells = (
        label,
        f"{format_count(row.n_event)}/{format_count(row.n)}",
        _marked(row.hazard_ratio, row.conf_low, row.conf_high, row.reason, penalised=row.penalised),
        format_p(row.p_value),
        *_together(other),
    )
    return TableRow(cells=cells, key=f"{row.variable} {row.level}")


def _together(row: Any) -> tuple[str, str]:
    if row is None:
        return ("not in the model", "")
    return (
        _marked(
            row["hazard_ratio"], row["conf_low"], row["conf_high"], row["reason"], penalised=bool(row["penalised"])
        ),
        format_p(row["p_value"]),
    )
