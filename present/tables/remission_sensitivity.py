"""How does the difference change when one choice changes? As a table, one row each."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from analysis.outcomes.endpoints import ALL_ENDPOINT_LABELS
from present.tables.document import TableColumn, TableDocument, TableRow, section_row
from present.tables.format import (
    INCIDENCE_DECIMALS,
    format_count,
    format_months,
    format_percent_estimate,
    format_points,
)

if TYPE_CHECKING:
    from analysis.remission import SensitivityResult

TOPICS = {
    "as chosen": "As chosen",
    "definition": "Another definition of remission",
    "attainment": "When a remission counts",
    "withdrawn": "Patients who left",
    "rescue": "Rescue therapy",
    "censoring": "The end of the wait without the event",
    "landmark": "Only those still waiting at the landmark: another question than the rows above",
}


def sensitivity_table(result: SensitivityResult) -> TableDocument:
    """Show the incidence of both groups and their difference under each setting."""
    endpoint = ALL_ENDPOINT_LABELS[result.endpoint]
    rows: list[TableRow] = []
    for topic, part in result.rows.groupby("topic", sort=False):
        if topic != "as chosen":
            rows.append(section_row(TOPICS[str(topic)]))
        rows += [_row(result, row, own=topic == "as chosen") for row in part.itertuples()]
    return TableDocument(
        title=f"{endpoint} at month {format_months(result.horizon)} when one choice changes",
        columns=(
            TableColumn(id="setting", label="Setting"),
            TableColumn(id="n", label="n", align="right"),
            *_value_columns(result),
        ),
        rows=tuple(rows),
        footnotes=(
            f"As chosen: {result.in_use}.",
            "One choice changes per row, everything else stays as chosen. No P values: these are not tests.",
        ),
    )


def _value_columns(result: SensitivityResult) -> tuple[TableColumn, ...]:
    """Head the numbers by the groups; with one group there is its incidence alone."""
    if len(result.groups) < 2:
        return (TableColumn(id="group", label=f"{''.join(result.groups)}, % (95 % CI)", align="center"),)
    compared = [group for group in result.groups if group != result.reference_group]
    return (
        TableColumn(id="group", label=compared[0] if len(compared) == 1 else "Group", align="center"),
        TableColumn(id="reference", label=f"{result.reference_group} (reference)", align="center"),
        TableColumn(id="difference", label="Difference, points (95 % CI)", align="center"),
    )


def _row(result: SensitivityResult, row: Any, *, own: bool) -> TableRow:
    label = f"{row.label}: {row.group}" if len(result.groups) > 2 else row.label
    count = format_count(row.n) if math.isfinite(row.group_estimate) else ""
    cells = (label, count, *_values(result, row))
    return TableRow(cells=cells, key=f"{row.setting} {row.group}", indent=0 if own else 1)


def _values(result: SensitivityResult, row: Any) -> tuple[str, ...]:
    if len(result.groups) < 2:
        return (format_percent_estimate(row.group_estimate, row.group_low, row.group_high, reason=row.reason),)
    shares = (format_percent_estimate(one, math.nan, math.nan) for one in (row.group_estimate, row.reference_estimate))
    return (
        *shares,
        format_points(row.estimate, row.conf_low, row.conf_high, decimals=INCIDENCE_DECIMALS, reason=row.reason),
    )
