"""How often did patients relapse, and what did their B cells do? As tables."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from present.tables.document import TableColumn, TableDocument, TableRow, section_row
from present.tables.format import (
    MISSING,
    format_count,
    format_estimate,
    format_median_quartiles,
    format_number,
    format_share,
)

if TYPE_CHECKING:
    import pandas as pd

    from analysis.remission import RelapseResult

DENOMINATORS = {"remission": "Per patient-year in remission", "followup": "Per patient-year of follow-up"}
EVENTS = {"depletion": "B-cell depletion (< 5/µL)", "reconstitution": "B-cell reconstitution (≥ 5/µL)"}
CELLS = {"depleted": "B cells depleted", "reconstituted": "B cells reconstituted"}


def rates_table(result: RelapseResult) -> TableDocument:
    """Show relapses over both denominators."""
    names = ("Denominator", "In remission, n/N", "Relapsed, n", "Relapses", "Patient-years", "Rate (exact 95 % CI)")
    rows: list[TableRow] = []
    for group, part in result.rates.groupby("group", sort=False):
        rows.append(section_row(str(group)))
        rows += [_rate_row(row) for row in part.itertuples()]
    return TableDocument(
        title="Relapses per patient-year, whole follow-up",
        columns=tuple(
            TableColumn(id=name, label=name, align="left" if not i else "right") for i, name in enumerate(names)
        ),
        rows=tuple(rows),
        footnotes=(
            "The two rates answer different questions: only who is in remission can relapse. Papers that divide by "
            "all follow-up report the lower one.",
        ),
    )


def bcells_table(result: RelapseResult) -> TableDocument:
    """Show how many were depleted and reconstituted, and after how many days."""
    columns = ("B cells", "n/N (%)", "Day known, n", "Days from first rituximab, median (Q1, Q3)")
    rows: list[TableRow] = []
    for group, part in result.bcells.groupby("group", sort=False):
        rows.append(section_row(str(group)))
        rows += [_bcell_row(row) for row in part.itertuples()]
    return TableDocument(
        title="B-cell depletion and reconstitution",
        columns=tuple(
            TableColumn(id=name, label=name, align="left" if not i else "center") for i, name in enumerate(columns)
        ),
        rows=tuple(rows),
        footnotes=("Both are only seen when B cells are counted: the true day is earlier.",),
    )


def depletion_table(result: RelapseResult) -> TableDocument:
    """Show relapse against the state of the B cells; those in no cell with their reason."""
    rows: list[TableRow] = []
    for group, part in result.depletion.groupby("group", sort=False):
        rows.append(section_row(str(group)))
        for state, label in CELLS.items():
            cells = [_count(part, state, relapse) for relapse in ("relapse", "no relapse")]
            rows.append(TableRow(cells=(label, *cells), key=f"{group} {state}", indent=1))
        for row in part[part["reason"] != ""].itertuples():
            cells = (f"Not in the table: {row.reason}", format_count(row.n), "")
            rows.append(TableRow(cells=cells, key=f"{group} {row.reason}", indent=1))
    return TableDocument(
        title="B cells and relapse",
        columns=(
            TableColumn(id="bcells", label="B cells by the first relapse, or last known"),
            TableColumn(id="relapse", label="Relapse", align="right"),
            TableColumn(id="none", label="No relapse", align="right"),
        ),
        rows=tuple(rows),
        footnotes=("Patients who were in remission and whose depletion is documented. The B-cell count alone does not "
                   "predict relapse.",),
    )  # fmt: skip


def _rate_row(row: Any) -> TableRow:
    rate = format_estimate(row.estimate, row.conf_low, row.conf_high, reason=row.reason)
    cells = (
        DENOMINATORS[row.denominator], f"{format_count(row.n_remitted)}/{format_count(row.n)}",
        format_count(row.n_relapsed), format_count(row.n_relapses), format_number(row.patient_years, decimals=1), rate,
    )  # fmt: skip
    return TableRow(cells=cells, key=f"{row.group} {row.denominator}", indent=1)


def _bcell_row(row: Any) -> TableRow:
    blank = f"; {format_count(row.n_unknown)} without a count" if row.n_unknown else ""
    share = row.reason or format_share(row.n, row.n_total) + blank
    known = math.isfinite(row.median_days)
    days = format_median_quartiles(row.median_days, row.q1_days, row.q3_days) if known else MISSING
    return TableRow(
        cells=(EVENTS[row.event], share, format_count(row.n_dated), days), key=f"{row.group} {row.event}", indent=1
    )


def _count(part: pd.DataFrame, state: str, relapse: str) -> str:
    found = part[(part["bcells"] == state) & (part["relapse"] == relapse)]
    return format_count(found["n"].sum())
