"""How does the difference change when one choice changes? As a table, one row each."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from analysis.outcomes.endpoints import ALL_ENDPOINT_LABELS
from present.tables.document import TableColumn, TableDocument, TableRow, section_row
from present.tables.format import format_count, format_months, format_percent_estimate, format_points

if TYPE_CHECKING:
    from analysis.remission import SensitivityResult

TOPICS = {
    "as chosen": "As chosen",
    "definition": "Another definition of remission",
    "attainment": "When a remission counts",
    "withdrawn": "Patients who left",
    "rescue": "Rescue therapy",
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
    contrast = "Difference, points (95 % CI)" if result.reference_group else "Difference"
    return TableDocument(
        title=f"{endpoint} at month {format_months(result.horizon)} when one choice changes",
        columns=(
            TableColumn(id="setting", label="Setting"),
            TableColumn(id="n", label="n", align="right"),
            TableColumn(id="group", label="Group" if result.reference_group else "Group (95 % CI)", align="center"),
            TableColumn(id="reference", label=f"Reference ({result.reference_group or 'none'})", align="center"),
            TableColumn(id="difference", label=contrast, align="center"),
        ),
        rows=tuple(rows),
        footnotes=("One choice changes per row, everything else stays as chosen. No P values: these are not tests.",),
    )


def _row(result: SensitivityResult, row: Any, *, own: bool) -> TableRow:
    several = len(result.groups) > 2
    label = f"{row.label}: {row.group}" if several else row.label
    known = math.isfinite(row.group_estimate)
    limits = (math.nan, math.nan) if result.reference_group else (row.group_low, row.group_high)
    shares = [
        format_percent_estimate(row.group_estimate, *limits, decimals=1),
        format_percent_estimate(row.reference_estimate, math.nan, math.nan, decimals=1),
    ]
    difference = format_points(row.estimate, row.conf_low, row.conf_high, reason=row.reason)
    count = format_count(row.n) if known else ""
    return TableRow(cells=(label, count, *shares, difference), key=f"{row.setting} {row.group}", indent=0 if own else 1)
