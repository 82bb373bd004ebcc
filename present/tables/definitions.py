"""What would another definition of remission say? As tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.definitions import MG_PER_MMOL
from analysis.outcomes.classify import STATUS_WORDS
from analysis.outcomes.rules import PRESETS, RemissionRule
from analysis.outcomes.switches import SWITCHES
from present.tables.document import TableColumn, TableDocument, TableRow, section_row
from present.tables.format import MISSING, format_count, format_number, format_percent, format_points

if TYPE_CHECKING:
    from analysis.definitions import DefinitionsResult

_STATUSES = ("CR", "PR", "NR", "NE")
_THRESHOLDS = {
    "cr_prot": "Complete: urine protein below (g)",
    "cr_alb": "Complete: albumin from (g/L)",
    "pr_low": "Partial: range from (g)",
    "pr_high": "Partial: range to (g)",
    "pr_drop": "Partial: fall of (share)",
    "pr_alb": "Partial: albumin from (g/L)",
    "relapse_prot": "Relapse: urine protein from (g)",
}


def comparison_table(result: DefinitionsResult) -> TableDocument:
    """Write one block per rule, the chosen one first: class counts, changed patients, incidence, difference."""
    columns = (
        TableColumn(id="rule", label="Rule and group"),
        *(TableColumn(id=status, label=STATUS_WORDS[status].capitalize(), align="right") for status in _STATUSES),
        TableColumn(id="changed", label="In another class", align="right"),
        TableColumn(id="incidence", label="Incidence", align="right"),
        TableColumn(id="difference", label="Difference, points (95 % CI)", align="right"),
    )
    rows: list[TableRow] = []
    for name, block in result.comparison.groupby("rule", sort=False):
        first = block.iloc[0]
        rows.append(section_row(f"{first['label']} (chosen)" if first["chosen"] else first["label"]))
        if first["reason"]:
            rows.append(TableRow(cells=(first["reason"].capitalize(), *[""] * (len(columns) - 1)), indent=1))
            continue
        rows.extend(_group_row(result, str(name), row) for row in block.itertuples())
    return TableDocument(
        title=f"Status at month {format_number(result.month, decimals=0)} under each rule",
        columns=columns,
        rows=tuple(rows),
        footnotes=(
            "In another class: patients whose status differs from that under the chosen rule.",
            "Incidence and difference: the endpoint chosen on the Remission page, at its last month shown.",
        ),
    )


def standing_sentences(result: DefinitionsResult) -> tuple[str, ...]:
    """Say who could never reach complete remission, and how many values hang on the guideline's rounding."""
    sentences = []
    if result.never_complete:
        n, ids = format_count(len(result.never_complete)), ", ".join(result.never_complete)
        floor = format_number(result.rule.normal_egfr, decimals=0)
        sentences.append(
            f"{n} patients began with an eGFR below {floor}: unless it rises they cannot reach complete remission "
            f"under this rule ({ids})."
        )
    sentences.extend(_rounding_words(row) for row in result.rounding.itertuples() if row.n_visits)
    return tuple(sentences)


def parameter_table(rule: RemissionRule) -> TableDocument:
    """Write every parameter of the rule in use beside its preset."""
    preset = PRESETS.get(rule.name, rule)
    rows = [
        TableRow(cells=(words, _value(getattr(rule, field)), _value(getattr(preset, field))))
        for field, words in _THRESHOLDS.items()
    ]
    for switch in SWITCHES:
        answers = dict(switch.answers)
        own, given = getattr(rule, switch.field), getattr(preset, switch.field)
        rows.append(TableRow(cells=(switch.question, answers.get(own, _value(own)), answers.get(given, _value(given)))))
    columns = (
        TableColumn(id="parameter", label="Parameter"),
        TableColumn(id="used", label="In use"),
        TableColumn(id="preset", label=f"Preset {preset.label}"),
    )
    source = "" if rule.wording_checked else " Thresholds to be confirmed against the source by a nephrologist."
    return TableDocument(
        title="Parameters of the rule",
        columns=columns,
        rows=tuple(rows),
        footnotes=(f"Source: {rule.reference}.{source}",),
    )


def not_evaluable_table(result: DefinitionsResult) -> TableDocument:
    """Write how many visits cannot be classified, and for want of what."""
    rows = [
        TableRow(
            cells=(
                format_number(row.month, decimals=0),
                row.reason,
                f"{format_count(row.n)}/{format_count(row.n_total)}",
                ", ".join(row.patient_ids),
            )
        )
        for row in result.not_evaluable.itertuples()
    ]
    columns = (
        TableColumn(id="month", label="Month"),
        TableColumn(id="missing", label="Missing"),
        TableColumn(id="n", label="Visits", align="right"),
        TableColumn(id="patients", label="Patients"),
    )
    return TableDocument(title="Visits that cannot be classified", columns=columns, rows=tuple(rows))


def _rounding_words(row: Any) -> str:
    exact, edge = (format_number(value, decimals=2) for value in (row.limit_mg_mmol / MG_PER_MMOL, row.limit_g_g))
    limit = format_number(row.limit_mg_mmol, decimals=0)
    return (
        f"{format_count(row.n_visits)} protein/creatinine values lie between {exact} and {edge} g/g: below the limit "
        f"by exact conversion, not by the guideline's {limit} mg/mmol."
    )


def _value(value: object) -> str:
    if value is None:
        return "not used"
    return format_number(value, decimals=2) if isinstance(value, float) else str(value)


def _group_row(result: DefinitionsResult, rule: str, row: Any) -> TableRow:
    counts = [format_count(getattr(row, status)) for status in _STATUSES]
    changed = MISSING if row.chosen else format_count(row.n_changed)
    difference = ""
    found = result.differences[(result.differences["rule"] == rule) & (result.differences["group"] == row.group)]
    if len(found):
        first = found.iloc[0]
        difference = format_points(
            first["estimate"], first["conf_low"], first["conf_high"], decimals=1, reason=first["reason"]
        )
    incidence = format_percent(row.estimate, decimals=2) if pd.notna(row.estimate) else "not estimable"
    return TableRow(
        cells=(f"{row.group} (N = {format_count(row.n)})", *counts, changed, incidence, difference), indent=1
    )
