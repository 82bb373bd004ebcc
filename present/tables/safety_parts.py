"""Rates and ratios, first and repeated events, and the listing of adverse events, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from present.tables.document import TableColumn, TableDocument, TableRow, section_row
from present.tables.format import (
    MISSING,
    SMALLEST_N_FOR_PERCENT,
    format_count,
    format_estimate,
    format_months,
    format_number,
    format_open_ratio,
    format_percent_estimate,
)
from present.tables.frame_rows import Key, event_blocks, frame_rows
from present.tables.safety_words import sentence_case

if TYPE_CHECKING:
    from analysis.safety import CellResult, ListingResult, RatioResult, TimingResult

_YES_NO = {"yes": "yes", "no": "no", "": "unknown"}


def rate_table(result: RatioResult) -> TableDocument:
    """Show events per 100 patient-years of each group and the ratios against the reference."""
    compared = list(dict.fromkeys(result.ratios["group"].astype(str)))
    ratios = dict(event_blocks(result.ratios))
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
        rows=tuple(_rate_row(key, part, ratios.get(key, [])) for key, part in event_blocks(result.rates))
        or (section_row("No rows."),),
        footnotes=(
            "[events/patient-years of observation]. Nothing is added to a zero: risk and odds ratios with one are not "
            "estimable. A rate ratio is 0 without an event in the group and ∞ without one in the reference group; its "
            "other limit stays. Without any event it is not estimable.",
            "Risk ratio and odds ratio: patients with at least one event, as counted in the table of risks.",
        ),
    )


def first_event_table(result: TimingResult) -> TableDocument:
    """Show the cumulative incidence of the first event at months 3, 6 and 12, with patients at risk."""
    months = list(dict.fromkeys(result.landmarks["time"]))
    columns = [TableColumn(id="group", label="Group")]
    columns += [TableColumn(id=f"m{month}", label=f"Month {format_months(month)}", align="center") for month in months]
    rows = []
    for group in result.groups:
        part = result.landmarks[result.landmarks["group"] == group]
        n = result.n_curve[group]
        cells = [
            format_percent_estimate(row.estimate, row.conf_low, row.conf_high, decimals=0, reason=row.reason)
            + ("" if row.reason else f", {format_count(row.n_risk)} at risk")
            for row in frame_rows(part)
        ]
        if n < SMALLEST_N_FOR_PERCENT:
            cells = [f"fewer than {SMALLEST_N_FOR_PERCENT} patients" for _ in cells]
        rows.append(TableRow(cells=(f"{group} (n = {format_count(n)})", *cells), key=group))
    return TableDocument(
        title=f"First event: {sentence_case(result.focus_label)}, cumulative incidence (95 % CI)",
        columns=tuple(columns),
        rows=tuple(rows),
    )


def repeated_table(result: TimingResult) -> TableDocument:
    """Show the rate ratios of repeated events by both models, with the events and patients each used."""
    names = ("Model", "Compared", "Events / patients", "Reference: events / patients", "With more than one event")
    ratio = "Rate ratio (95 % CI)"
    rows = tuple(
        TableRow(
            cells=(
                row.model,
                f"{row.group} / {row.reference_group}",
                f"{format_count(row.n_events)} / {format_count(row.n_patients)}",
                f"{format_count(row.n_events_reference)} / {format_count(row.n_patients_reference)}",
                format_count(row.n_repeated),
                format_estimate(row.rate_ratio, row.conf_low, row.conf_high, reason=row.reason),
            ),
            key=f"{row.model}|{row.group}",
        )
        for row in frame_rows(result.recurrent)
    )
    return TableDocument(
        title=f"Repeated events: {sentence_case(result.focus_label)}",
        columns=tuple(TableColumn(id=name, label=name) for name in (*names, ratio)),
        rows=rows or (section_row("One group: nothing to compare."),),
        footnotes=("Andersen–Gill counts dated events, those of one patient on one day once.",),
    )


def listing_table(result: ListingResult, *, most: int = 500) -> TableDocument:
    """List the events that count, one per row, with the day of onset; beyond ``most`` a last row says how many more."""
    columns = _event_columns(result.gives)
    rows = [
        TableRow(cells=(row.patient_id, row.group, *_event_cells(row, result.gives)), key=f"{row.patient_id}|{number}")
        for number, row in enumerate(frame_rows(result.rows.head(most)))
    ]
    if len(result.rows) > most:
        rows.append(section_row(f"{format_count(len(result.rows) - most)} further events are not shown here."))
    return TableDocument(
        title="Listing of adverse events",
        columns=(TableColumn(id="Patient", label="Patient"), TableColumn(id="Group", label="Group"), *columns),
        rows=tuple(rows) or (section_row("No event meets the filters."),),
    )


def cell_table(cell: CellResult, *, most: int = 500) -> TableDocument:
    """List the events, or the laboratory values, of the patients behind one count."""
    events = frame_rows(cell.events.head(most))
    if cell.measure:
        columns = [TableColumn(id="day", label="Day"), TableColumn(id="value", label=cell.measure, align="right")]
        cells = [(format_number(row.day, decimals=0, reason="unknown"), format_number(row.value)) for row in events]
    else:
        columns, cells = _event_columns(cell.gives), [_event_cells(row, cell.gives) for row in events]
    more = len(cell.events) - len(events)
    unknown = ", ".join(cell.unknown[:_LISTED]) + (" …" if len(cell.unknown) > _LISTED else "")
    label = sentence_case(cell.label)
    return TableDocument(
        title=f"{label}, {cell.group}: {format_count(cell.n_patients)} of {format_count(cell.n_total)} patients",
        columns=(TableColumn(id="Patient", label="Patient"), *columns),
        rows=tuple(TableRow(cells=(row.patient_id, *texts), key=f"{row.patient_id}|{number}")
                   for number, (row, texts) in enumerate(zip(events, cells, strict=True)))
        or (section_row("No patient."),),
        footnotes=(
            *((f"{format_count(more)} further rows are not shown here.",) if more else ()),
            *((f"{_UNKNOWN[bool(cell.measure)]} {format_count(len(cell.unknown))}, not in the denominator: {unknown}.",)
              if cell.unknown else ()),
        ),
    )  # fmt: skip


_LISTED = 40
_UNKNOWN = {False: "Not known of", True: "Not judged, or there before treatment:"}
_FLAG_LABELS = {"serious": "Serious", "related": "Related", "led_to_stop": "Led to stop"}


def _event_columns(gives: tuple[str, ...]) -> list[TableColumn]:
    names = ("Day of onset", "Category", "Event", "Grade", *(_FLAG_LABELS[flag] for flag in gives))
    return [TableColumn(id=name, label=name) for name in names]


def _event_cells(row: Any, gives: tuple[str, ...]) -> tuple[str, ...]:
    flags = (_YES_NO.get(getattr(row, flag), getattr(row, flag)) for flag in gives)
    return (
        format_number(row.day, decimals=0, reason="unknown"),
        row.category_label,
        sentence_case(row.term) or MISSING,
        format_number(row.grade, decimals=0, reason="unknown"),
        *flags,
    )


def _rate_row(key: Key, part: list[Any], ratios: list[Any]) -> TableRow:
    cells = [sentence_case(part[0].label)]
    for row in part:
        rate = format_estimate(row.rate, row.conf_low, row.conf_high, decimals=1, reason=row.reason)
        counts = f" [{format_count(row.n_events)}/{format_number(row.patient_years)}]"
        cells.append(rate if row.reason else rate + counts)
    for found in ratios:
        for name in ("rate_ratio", "risk_ratio", "odds_ratio"):
            limits = (getattr(found, f"{name}_low"), getattr(found, f"{name}_high"))
            reason = "not estimable" if getattr(found, f"{name}_reason") else ""
            cells.append(format_open_ratio(getattr(found, name), *limits, reason=reason))
    depth = (key[0] == "term") + bool(part[0].parent)
    return TableRow(cells=tuple(cells), indent=depth, key="|".join(key))
