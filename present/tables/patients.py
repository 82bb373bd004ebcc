"""One patient's visits, the reasons for each status, and the course of treatment, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis import __version__
from analysis.cohort.dictionary import variable
from analysis.outcomes.classify import STATUS_WORDS
from analysis.outcomes.explain import TRUTH_WORDS
from analysis.outcomes.reasons import BELOW_RANGE
from analysis.study import EVERYONE
from present.tables.document import TableColumn, TableDocument, TableRow
from present.tables.format import MISSING, format_measured, format_months, format_number

if TYPE_CHECKING:
    from analysis.outcomes.explain import Explanation
    from analysis.patients import PatientResult


_URINE = ("proteinuria_g_24h", "upcr_g_g")
_VALUE_WORDS = {"prot": "urine protein", "alb": "albumin", "scr": "creatinine", "egfr": "eGFR"}
_DECIMALS = {"g": 2}  # of urine protein; the other values have one


def visit_table(result: PatientResult) -> TableDocument:
    """Write every classified visit with the values the rule used."""
    columns = (
        TableColumn(id="visit", label="Visit"),
        TableColumn(id="day", label="Day", align="right"),
        TableColumn(id="prot", label="Urine protein (g)", align="right"),
        TableColumn(id="alb", label="Albumin (g/L)", align="right"),
        TableColumn(id="scr", label="Creatinine (µmol/L)", align="right"),
        TableColumn(id="egfr", label="eGFR (mL/min/1.73 m²)", align="right"),
        TableColumn(id="status", label="Status"),
        TableColumn(id="reason", label="Remark"),
    )
    rows = tuple(TableRow(cells=_visit_cells(row)) for row in result.visits.itertuples())
    group = "" if result.group == EVERYONE else f", group {result.group}"
    return TableDocument(title=f"{result.patient_id}{group}", columns=columns, rows=rows)


def visit_words(time: float) -> str:
    """Name a visit by its month."""
    return "Baseline" if time <= 0 else f"Month {format_months(time)}"


def explanation_table(explanation: Explanation) -> TableDocument:
    """Write the criteria of one visit with the value used, what it was compared with, and the verdict."""
    columns = (
        TableColumn(id="for", label="Needed for"),
        TableColumn(id="criterion", label="Criterion"),
        TableColumn(id="value", label="Value used", align="right"),
        TableColumn(id="baseline", label="Compared with", align="right"),
        TableColumn(id="truth", label="Verdict"),
    )
    rows = tuple(TableRow(cells=_criterion_cells(row)) for row in explanation.criteria.itertuples())
    missing = (f"Missing: {explanation.missing}.",) if explanation.missing else ()
    return TableDocument(
        title=f"{explanation.patient_id}, {visit_words(explanation.time).lower()}: {STATUS_WORDS[explanation.status]}",
        columns=columns,
        rows=rows,
        footnotes=(*missing, f"Rule: {explanation.rule_name}, as in NephroCompare {__version__}."),
    )


def record_table(result: PatientResult) -> TableDocument:
    """Write every laboratory record the rule could read, and the visit it decided."""
    columns = (
        TableColumn(id="day", label="Day"),
        TableColumn(id="what", label="Value"),
        TableColumn(id="value", label="Measured", align="right"),
        TableColumn(id="used", label="Used for"),
    )
    rows = tuple(
        TableRow(
            cells=(
                format_number(row.day, decimals=0),
                variable(row.variable).label_with_unit(),
                format_measured(row.value, row.qualifier, decimals=2 if row.variable in _URINE else 1),
                row.used[:1].upper() + row.used[1:],
            )
        )
        for row in result.records.itertuples()
    )
    return TableDocument(title="Laboratory records the rule could read", columns=columns, rows=rows)


def course_table(result: PatientResult) -> TableDocument:
    """Write doses, adverse events and hard events in order of day."""
    columns = (
        TableColumn(id="day", label="Day"),
        TableColumn(id="kind", label="What"),
        TableColumn(id="text", label="Which"),
    )
    rows = tuple(
        TableRow(cells=(format_number(row.day, decimals=0), row.kind.capitalize(), _text(row.text)))
        for row in result.course.itertuples()
    )
    return TableDocument(title="Course", columns=columns, rows=rows)


def _visit_cells(row: Any) -> tuple[str, ...]:
    status = STATUS_WORDS[row.status].capitalize()
    if row.at_least:
        status += ", at least partial"
    return (
        visit_words(row.time),
        format_number(row.day, decimals=0),
        format_measured(row.prot, row.prot_qualifier, decimals=2),
        format_measured(row.alb, row.alb_qualifier, decimals=1),
        format_measured(row.scr, row.scr_qualifier, decimals=1),
        format_measured(row.egfr, row.egfr_qualifier, decimals=1),
        status,
        _remark(row),
    )


def _remark(row: Any) -> str:
    """Say the reason of a status, and which value is of another day than the visit."""
    words = [row.reason.replace(BELOW_RANGE, "below the partial range, counts as in range")]
    by_day: dict[float, list[str]] = {}
    for name, label in _VALUE_WORDS.items():
        day = getattr(row, f"{name}_day")
        if pd.notna(day) and pd.notna(getattr(row, name)):
            by_day.setdefault(day, []).append(label)
    words += [f"{' and '.join(names)} from day {format_number(day, decimals=0)}" for day, names in by_day.items()]
    return "; ".join(word for word in words if word)


def _criterion_cells(row: Any) -> tuple[str, ...]:
    unit, decimals = f" {row.unit}", _DECIMALS.get(row.unit, 1)
    value = MISSING if pd.isna(row.value) else format_measured(row.value, row.qualifier, decimals=decimals) + unit
    base = "" if pd.isna(row.baseline) else format_number(row.baseline, decimals=decimals) + unit
    verdict = "taken as met" if pd.isna(row.value) and row.truth == 1 else TRUTH_WORDS[int(row.truth)]
    return (f"{row.needed_for.capitalize()} remission", row.criterion, value, base, verdict)


def _text(value: object) -> str:
    return MISSING if pd.isna(value) else str(value).replace("_", " ")
