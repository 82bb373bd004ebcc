"""What would another definition of remission say? As tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.definitions import MG_PER_MMOL
from analysis.outcomes.classify import STATUS_WORDS
from analysis.outcomes.rules import PRESETS, RemissionRule
from analysis.outcomes.switches import SWITCHES, open_switches
from present.tables.document import TableColumn, TableDocument, TableRow, section_row
from present.tables.format import MISSING, format_count, format_number, format_percent, format_points

if TYPE_CHECKING:
    from analysis.definitions import DefinitionsResult

_STATUSES = ("CR", "PR", "NR", "NE")
_AT_MOST, _AT_LEAST = ("≤", "<"), ("≥", ">")
_THRESHOLDS: dict[str, tuple[str, str, tuple[str, str], str]] = {
    "cr_prot": ("Complete: urine protein", "g", _AT_MOST, "cr_prot_inclusive"),
    "cr_alb": ("Complete: albumin", "g/L", _AT_LEAST, "cr_alb_inclusive"),
    "pr_low": ("Partial: range from", "g", _AT_LEAST, ""),
    "pr_high": ("Partial: range to", "g", _AT_MOST, "pr_high_inclusive"),
    "pr_drop": ("Partial: fall", "%", _AT_LEAST, "pr_drop_inclusive"),
    "pr_alb": ("Partial: albumin", "g/L", _AT_LEAST, "pr_alb_inclusive"),
    "relapse_prot": ("Relapse: urine protein", "g", _AT_LEAST, "relapse_inclusive"),
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
            "Incidence and difference: the endpoint chosen on the Remission page, at this month, of those at risk.",
        ),
    )


def standing_sentences(result: DefinitionsResult) -> tuple[str, ...]:
    """Say who could never reach complete remission, and how many values hang on the guideline's rounding."""
    sentences = []
    if result.never_complete:
        n, ids = format_count(len(result.never_complete)), ", ".join(result.never_complete)
        floor = format_number(result.rule.normal_egfr, decimals=0)
        who = "patient" if len(result.never_complete) == 1 else "patients"
        sentences.append(
            f"{n} {who} began with an eGFR below {floor}: unless it rises, complete remission cannot be reached "
            f"under this rule ({ids})."
        )
    sentences.extend(_rounding_words(row) for row in result.rounding.itertuples() if row.n_visits)
    return tuple(sentences)


def parameter_table(rule: RemissionRule) -> TableDocument:
    """Write every parameter of the rule in use, or of its preset, side by side."""
    preset = PRESETS.get(rule.name, rule)
    rows = [
        TableRow(cells=(words[0], _threshold(rule, field), _threshold(preset, field)))
        for field, words in _THRESHOLDS.items()
    ]
    asked = {switch.field for some in (rule, preset) for switch in open_switches(some)}
    for switch in SWITCHES:
        if switch.field in asked:
            answers = dict(switch.answers)
            cells = [answers[getattr(some, switch.field)] for some in (rule, preset)]
            rows.append(TableRow(cells=(switch.question, *cells)))
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
    what = "value lies" if row.n_visits == 1 else "values lie"
    return (
        f"{format_count(row.n_visits)} protein/creatinine {what} between {exact} and {edge} g/g: below the limit "
        f"by exact conversion, not by the guideline's {limit} mg/mmol."
    )


def _threshold(rule: RemissionRule, field: str) -> str:
    """Write one limit with its sign and unit: "> 35 g/L"."""
    value = getattr(rule, field)
    if value is None:
        return "not used"
    _, unit, signs, inclusive = _THRESHOLDS[field]
    sign = signs[0] if not inclusive or getattr(rule, inclusive) else signs[1]
    number = format_number(100 * value, decimals=0) if unit == "%" else format_number(value, decimals=1)
    return f"{sign} {number.removesuffix('.0')} {unit}"


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
    share = format_percent(row.estimate, decimals=2) if pd.notna(row.estimate) else "not estimable"
    incidence = f"{share} of {format_count(row.n_risk)}"
    return TableRow(
        cells=(f"{row.group} (N = {format_count(row.n)})", *counts, changed, incidence, difference), indent=1
    )
