"""Which adverse events, in how many patients, and with what difference between the groups? As a table."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any

from present.tables.document import TableColumn, TableDocument, TableRow, section_row
from present.tables.format import (
    MISSING,
    SMALLEST_N_FOR_PERCENT,
    format_count,
    format_number,
    format_p,
    format_percent,
    format_points,
    format_share,
    percent_decimals,
)
from present.tables.frame_rows import Key, event_blocks, frame_rows
from present.tables.safety_words import sentence_case

if TYPE_CHECKING:
    from analysis.safety import SafetyResult

ZERO = "Zero events do not mean no risk: the upper limit of the two-sided 95 % interval is given instead of a share."
TINY = f"fewer than {SMALLEST_N_FOR_PERCENT} patients"
DIFFERENCE = "Difference of the shares of patients in percentage points, with {interval} 95 % interval."
COUNTS = "n/N (%) patients with at least one event [number of {unit}]."
UNKNOWN = "N is smaller where the file does not say of every patient whether the event happened."
UNJUDGED = "N is smaller where patients could not be judged or met the limit before treatment; the notes say who."
TESTED = "P: {test}; adjusted over all rows tested by Benjamini and Hochberg.{without}"


def safety_table(result: SafetyResult) -> TableDocument:
    """Show patients with at least one event and number of events per group, and the risk differences."""
    compared = list(dict.fromkeys(result.contrasts["group"].astype(str)))
    contrasts = dict(event_blocks(result.contrasts))
    return TableDocument(
        title=f"{result.method.name}: patients with at least one, n/N (%), and number of {result.unit}",
        columns=(TableColumn(id="label", label="Adverse event"), *_columns(result, compared)),
        rows=tuple(_row(result, key, part, contrasts.get(key, [])) for key, part in event_blocks(result.rows))
        or (section_row(result.reason),),
        footnotes=_footnotes(result, compared),
    )


def _footnotes(result: SafetyResult, compared: list[str]) -> tuple[str, ...]:
    some = bool(len(result.rows))
    return (
        *_denominator_words(result),
        *((COUNTS.format(unit=result.unit), ZERO) if some else ()),
        *((UNKNOWN if result.unit == "events" else UNJUDGED,) if some and result.rows["n_unknown"].gt(0).any() else ()),
        *((DIFFERENCE.format(interval=result.interval),) if compared else ()),
        *((TESTED.format(test=result.test, without=_without_p(result)),) if compared and result.test else ()),
        *((result.order,) if result.order else ()),
        *((result.precision,) if result.precision else ()),
    )


def _without_p(result: SafetyResult) -> str:
    """Say why some rows have no P."""
    reasons = [str(reason) for reason in result.contrasts["p_reason"].unique() if reason]
    return "".join(f" {reason[0].upper()}{reason[1:]}." for reason in reasons)


def _columns(result: SafetyResult, compared: list[str]) -> list[TableColumn]:
    sizes = result.denominators.set_index("group")["n"]
    columns = []
    for group in result.groups:
        label = f"{group}\n(N = {format_count(sizes.get(group, 0))})"
        columns.append(TableColumn(id=f"{group} patients", label=label, align="center", group=group))
    for group in compared:
        label = f"{group} − {result.reference_group}\npoints (95 % CI)"
        columns.append(TableColumn(id=f"{group} difference", label=label, align="center"))
        if result.test:
            columns.append(TableColumn(id=f"{group} p", label="P\n(adjusted)", align="center"))
    return columns


def _row(result: SafetyResult, key: Key, part: list[Any], contrasts: list[Any]) -> TableRow:
    cells = [sentence_case(part[0].label), *map(_share, part)]
    sizes = {row.group: row.n_total for row in part}
    for found in contrasts:
        limits = (found.conf_low, found.conf_high)
        few = 0 < min(sizes[found.group], sizes[found.reference_group]) < SMALLEST_N_FOR_PERCENT
        points = format_points(found.risk_difference, *limits, decimals=1, reason=found.reason)
        cells.append(TINY if few else points)
        if result.test:
            tested = f"{format_p(found.p_value)} ({format_p(found.p_adjusted)})"
            cells.append(MISSING if found.p_reason else tested)
    depth = (key[0] == "term") + bool(part[0].parent)
    return TableRow(cells=tuple(cells), indent=depth, key="|".join(key))


def _share(row: Any) -> str:
    """Write k/n (%) [events], and for zero events how high the true share could still be."""
    if row.n_total == 0:
        return row.reason
    if row.n_patients:
        return f"{format_share(row.n_patients, row.n_total)} [{format_count(row.n_events)}]"
    if row.n_total < SMALLEST_N_FOR_PERCENT:
        return format_share(row.n_patients, row.n_total)
    limit = format_percent(row.conf_high, decimals=percent_decimals(row.n_total))
    return f"0/{format_count(row.n_total)}: up to {limit}"


def _follow_up_words(row: Any) -> str:
    """Give patient-years and median follow-up, and of how many patients they are known."""
    if not row.n_followup:
        return "follow-up unknown"
    known = "" if row.n_followup == row.n else f" (follow-up known of {format_count(row.n_followup)})"
    median = row.median_followup_months
    words = "not reached" if isnan(median) else f"{format_number(median)} months"
    return f"{format_number(row.patient_years)} patient-years{known}, median follow-up {words}"


def _denominator_words(result: SafetyResult) -> tuple[str, ...]:
    parts = [
        f"{row.group} {format_count(row.n)} treated, {_follow_up_words(row)}" for row in frame_rows(result.denominators)
    ]
    return (f"{'; '.join(parts)}.",) if parts else ()
