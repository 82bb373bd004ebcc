"""In which state at each visit, how many months in remission, and partial remission alone? As tables."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from analysis.outcomes.classify import STATUS_WORDS
from analysis.outcomes.visit_states import GONE
from present.tables.document import TableColumn, TableDocument, TableRow, section_row
from present.tables.format import (
    MISSING,
    format_months,
    format_percent_estimate,
    format_share,
    format_signed,
)
from present.tables.remission_effects import mean_words

if TYPE_CHECKING:
    from analysis.remission import PartialResult, StatesResult

KINDS = {"remission": "In complete or partial remission", "complete": "In complete remission"}
RESPONSES = {"CR": "Best response complete remission", "PR": "Best response partial remission"}


def shares_table(result: StatesResult) -> TableDocument:
    """Show the state of every patient at each visit as counts of the whole group."""
    months = sorted(result.shares["month"].unique())
    rows: list[TableRow] = []
    for group, part in result.shares.groupby("group", sort=False):
        rows.append(section_row(str(group)))
        for status, own in part.groupby("status", sort=False):
            cells = [format_share(row.n, row.n_total) for row in own.sort_values("month").itertuples()]
            label = (STATUS_WORDS | {GONE: "no longer followed"}).get(str(status), str(status)).capitalize()
            rows.append(TableRow(cells=(label, *cells), key=f"{group} {status}", indent=1))
    return TableDocument(
        title="State at each planned visit, n/N (%)",
        columns=(
            TableColumn(id="status", label="State"),
            *(TableColumn(id=str(month), label=f"Month {format_months(month)}", align="center") for month in months),
        ),
        rows=tuple(rows),
        footnotes=(
            "Counts of all patients of the group, not estimates; the rows of one visit add up to N. They differ from "
            "the curves, where whoever once reached it stays counted.",
        ),
    )


def months_table(result: StatesResult) -> TableDocument:
    """Show the mean months spent in remission and their difference."""
    columns = (
        TableColumn(id="what", label=f"Mean months to month {format_months(result.horizon)}"),
        *(TableColumn(id=group, label=group, align="center", group=group) for group in result.groups),
        *(
            TableColumn(id=f"d {group}", label=f"{group} − {result.reference_group}", align="center")
            for group in dict.fromkeys(result.months_differences["group"])
        ),
    )
    rows = []
    for kind, label in KINDS.items():
        own = result.months[result.months["kind"] == kind]
        apart = result.months_differences[result.months_differences["kind"] == kind]
        cells = [mean_words(row, decimals=1) for row in own.itertuples()]
        rows.append(TableRow(cells=(label, *cells, *(_apart(row) for row in apart.itertuples())), key=kind))
    return TableDocument(
        title="Months spent in remission (95 % CI)",
        columns=columns,
        rows=tuple(rows),
        footnotes=("A state lasts from the visit that shows it until the next; percentile bootstrap limits.",),
    )


def partial_table(result: PartialResult) -> TableDocument:
    """Show partial remission without complete remission in both ways, side by side."""
    columns = (
        TableColumn(id="month", label="Month"),
        TableColumn(
            id="difference", label="First minus complete remission\n(difference of two curves)", align="center"
        ),
        *(
            TableColumn(id=response, label=f"{label}\n(Aalen–Johansen, 95 % CI)", align="center")
            for response, label in RESPONSES.items()
        ),
    )
    rows: list[TableRow] = []
    for group, part in result.differences.groupby("group", sort=False):
        rows.append(section_row(str(group)))
        rows += [_partial_row(result, str(group), row) for row in part.itertuples()]
    return TableDocument(
        title="Partial remission without complete remission",
        columns=columns,
        rows=tuple(rows),
        footnotes=(
            "The incidence by best response knows the future: whether a partial remission becomes complete. "
            "It describes and does not predict.",
        ),
    )


def _apart(row: Any) -> str:
    if not math.isfinite(row.estimate):
        return str(row.reason or MISSING)
    if math.isnan(row.conf_low):
        return f"{format_signed(row.estimate, decimals=1)}; {row.reason}"
    low, high = (format_signed(end, decimals=1) for end in (row.conf_low, row.conf_high))
    return f"{format_signed(row.estimate, decimals=1)} ({low} to {high})"


def _partial_row(result: PartialResult, group: str, row: Any) -> TableRow:
    here = result.incidence[(result.incidence["group"] == group) & (result.incidence["time"] == row.time)]
    found = here.set_index("response")
    shares = [
        format_percent_estimate(one.estimate, one.conf_low, one.conf_high, reason=one.reason)
        for one in found.loc[list(RESPONSES)].itertuples()
    ]
    difference = format_percent_estimate(row.estimate, math.nan, math.nan, reason=row.reason)
    month = format_months(row.time)
    return TableRow(cells=(month, difference, *shares), key=f"{group} {month}", indent=1)
