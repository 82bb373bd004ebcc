"""Rates and ratios, first and repeated events, and the listing of adverse events, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from present.tables.document import TableColumn, TableDocument, TableRow, section_row
from present.tables.format import (
    MISSING,
    format_count,
    format_estimate,
    format_months,
    format_number,
    format_percent_estimate,
)

if TYPE_CHECKING:
    from analysis.safety import ListingResult, RatioResult, TimingResult

_KEYS = ["level", "category", "term"]
_YES_NO = {"yes": "yes", "no": "no", "": "unknown"}


def rate_table(result: RatioResult) -> TableDocument:
    """Show events per 100 patient-years of each group and the ratios against the reference."""
    compared = list(dict.fromkeys(result.ratios["group"].astype(str)))
    rates = dict(list(result.rates.groupby(_KEYS, sort=False)))
    ratios = {key: part.set_index("group") for key, part in result.ratios.groupby(_KEYS, sort=False)}
    columns = [TableColumn(id="label", label="Adverse event")]
    for group in result.groups:
        label = f"{group}\nper 100 patient-years"
        columns.append(TableColumn(id=f"{group} rate", label=label, align="center", group=group))
    for group in compared:
        for name in ("rate ratio", "risk ratio", "odds ratio"):
            label = f"{group} / {result.reference_group}\n{name}"
            columns.append(TableColumn(id=f"{group} {name}", label=label, align="center"))
    return TableDocument(
        title="Adverse events: rates and ratios (95 % CI)",
        columns=tuple(columns),
        rows=tuple(_rate_row(key, part, ratios.get(key), compared) for key, part in rates.items())
        or (section_row("No rows."),),
        footnotes=("Events in brackets. Nothing is added to a zero; a ratio with a zero is not estimable.",),
    )


def first_event_table(result: TimingResult) -> TableDocument:
    """Show the cumulative incidence of the first event at months 3, 6 and 12, and the rate ratio of repeated ones."""
    months = list(dict.fromkeys(result.landmarks["time"]))
    columns = [TableColumn(id="group", label="Group")]
    columns += [TableColumn(id=f"m{month}", label=f"Month {format_months(month)}", align="center") for month in months]
    columns.append(TableColumn(id="repeated", label="Rate ratio of repeated events (95 % CI)", align="center"))
    repeated = result.recurrent.set_index("group")
    rows = []
    for group in result.groups:
        part = result.landmarks[result.landmarks["group"] == group]
        cells = [
            format_percent_estimate(row.estimate, row.conf_low, row.conf_high, decimals=0, reason=row.reason)
            for row in part.itertuples()
        ]
        cells.append(_repeated(repeated, group, result.reference_group))
        rows.append(TableRow(cells=(group, *cells), key=group))
    return TableDocument(
        title=f"First event: {result.focus_label}, cumulative incidence (95 % CI)",
        columns=tuple(columns),
        rows=tuple(rows),
    )


def listing_table(result: ListingResult, *, most: int = 500) -> TableDocument:
    """List the events that count, one per row, with the day of onset; beyond ``most`` a last row says how many more."""
    names = ("Patient", "Group", "Day of onset", "Category", "Event", "Grade", "Serious", "Related", "Led to stop")
    rows = [
        TableRow(
            cells=(
                row.patient_id,
                row.group,
                format_number(row.day, decimals=0, reason="unknown"),
                row.category_label,
                row.term or MISSING,
                format_number(row.grade, decimals=0, reason="unknown"),
                _YES_NO.get(row.serious, row.serious),
                row.related or "unknown",
                _YES_NO.get(row.led_to_stop, row.led_to_stop),
            ),
            key=f"{row.patient_id}|{number}",
        )
        for number, row in enumerate(result.rows.head(most).itertuples())
    ]
    if len(result.rows) > most:
        rows.append(section_row(f"{format_count(len(result.rows) - most)} further events are not shown here."))
    return TableDocument(
        title="Listing of adverse events",
        columns=tuple(TableColumn(id=name, label=name) for name in names),
        rows=tuple(rows) or (section_row("No event meets the filters."),),
    )


def _rate_row(key: tuple, part: pd.DataFrame, ratios: pd.DataFrame | None, compared: list[str]) -> TableRow:
    cells = [str(part["label"].iloc[0])]
    for row in part.itertuples():
        rate = format_estimate(row.rate, row.conf_low, row.conf_high, decimals=1, reason=row.reason)
        cells.append(f"{rate} [{format_count(row.n_events)}]")
    for group in compared:
        for name in ("rate_ratio", "risk_ratio", "odds_ratio"):
            found = ratios.loc[group]
            limits = (found[f"{name}_low"], found[f"{name}_high"])
            reason = "not estimable" if found[f"{name}_reason"] else ""
            cells.append(format_estimate(found[name], *limits, reason=reason))
    depth = (key[0] == "term") + bool(part["parent"].iloc[0])
    return TableRow(cells=tuple(cells), indent=depth, key="|".join(key))


def _repeated(repeated: pd.DataFrame, group: str, reference: str | None) -> str:
    if group not in repeated.index:
        return "reference" if group == reference else MISSING
    row = repeated.loc[group]
    return format_estimate(row["rate_ratio"], row["conf_low"], row["conf_high"], reason=row["reason"])
