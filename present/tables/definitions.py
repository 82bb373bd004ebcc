"""What would another definition of remission say? As tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.cohort.findings import listed
from analysis.definitions import MG_PER_MMOL
from analysis.outcomes.classify import STATUS_WORDS
from analysis.outcomes.rules import PRESETS, RemissionRule
from analysis.outcomes.switches import SWITCHES, open_switches
from analysis.outcomes.visit_states import GONE
from present.tables.document import TableColumn, TableDocument, TableRow, section_row
from present.tables.format import (
    INCIDENCE_DECIMALS,
    MISSING,
    format_count,
    format_months,
    format_number,
    format_percent,
    format_points,
)

if TYPE_CHECKING:
    from analysis.definitions import DefinitionsResult

_STATUSES = {**STATUS_WORDS, GONE: "gone"}
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
        *(TableColumn(id=status, label=words.capitalize(), align="right") for status, words in _STATUSES.items()),
        TableColumn(id="changed", label="In another class", align="right"),
        TableColumn(id="incidence", label=f"Incidence: {result.endpoint}", align="right"),
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
            f"Incidence and difference: {result.endpoint}, the endpoint chosen on the Remission page, by this month, "
            "of those at risk; “evaluable” where this rule could classify fewer of them even once.",
            "Not evaluable, gone: see below, by reason.",
            *_counting_words(result),
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
    if len(result.range_only):
        sentences.append(_range_words(result))
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
    """Write who has no status at each visit, and why: the sums are those of the comparison."""
    rows = [
        TableRow(
            cells=(
                format_months(row.month),
                _STATUSES[row.status].capitalize(),
                row.reason,
                f"{format_count(row.n)}/{format_count(row.n_total)}",
                ", ".join(row.patient_ids),
            )
        )
        for row in result.not_evaluable.itertuples()
    ]
    columns = (
        TableColumn(id="month", label="Month"),
        TableColumn(id="status", label="Status"),
        TableColumn(id="missing", label="Missing, or why gone"),
        TableColumn(id="n", label="Patients", align="right"),
        TableColumn(id="patients", label="Who"),
    )
    return TableDocument(title="Patients without a status at a planned visit", columns=columns, rows=tuple(rows))


def _counting_words(result: DefinitionsResult) -> tuple[str, ...]:
    """Say of which rules the incidence counts otherwise than the classes beside it."""
    found = result.comparison.loc[result.comparison["reason"] == "", ["label", "counting"]].drop_duplicates()
    return tuple(
        f"{'; '.join(rows['label'])}: the classes are those of the visit alone; the incidence counts a remission "
        f"{words}."
        for words, rows in found[found["counting"] != ""].groupby("counting", sort=False)
    )


def _range_words(result: DefinitionsResult) -> str:
    """Say which partial remissions the range alone makes although urine protein was in it before treatment."""
    rows = result.range_only
    visits = ", ".join(
        f"{patient} (month {', '.join(format_months(month) for month in own['month'])})"
        for patient, own in rows.groupby("patient_id", sort=True)
    )
    n, patients = len(rows), rows["patient_id"].nunique()
    seen = "visit is" if n == 1 else "visits are"
    who = "patient" if patients == 1 else "patients"
    return (
        f"{format_count(n)} {seen} partial remission by the range alone, in {format_count(patients)} {who} whose urine "
        f"protein was in the range already before treatment and had not fallen as the rule asks (R-BASE): {visits}."
    )


def _rounding_words(row: Any) -> str:
    exact, edge = (format_number(value, decimals=2) for value in (row.limit_mg_mmol / MG_PER_MMOL, row.limit_g_g))
    limit = format_number(row.limit_mg_mmol, decimals=0)
    what = "value lies" if row.n_visits == 1 else "values lie"
    which = listed(f"{patient} {visit}" for patient, visit in zip(row.patient_ids, row.visits, strict=True))
    return (
        f"{format_count(row.n_visits)} protein/creatinine {what} between {exact} and {edge} g/g: below the limit "
        f"by exact conversion, not by the guideline's {limit} mg/mmol ({which})."
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
            first["estimate"],
            first["conf_low"],
            first["conf_high"],
            decimals=INCIDENCE_DECIMALS,
            reason=first["reason"],
        )
    share = format_percent(row.estimate, decimals=2, reason=row.estimate_reason or "not estimable")
    incidence = f"{share} of {format_count(row.n_risk)}" if pd.notna(row.estimate) else share
    if pd.notna(row.estimate) and row.n_evaluable < row.n_risk:
        incidence += f", {format_count(row.n_evaluable)} evaluable"
    return TableRow(
        cells=(f"{row.group} (N = {format_count(row.n)})", *counts, changed, incidence, difference), indent=1
    )
