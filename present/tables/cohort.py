"""Who came in, who left and why, how long was each group followed, and which values are there? As tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.cohort.dictionary import variable
from analysis.cohort.findings import listed
from present.stamp import attrition_words, filter_words
from present.tables.document import TableColumn, TableDocument, TableRow, section_row
from present.tables.format import (
    MISSING,
    SMALLEST_N_FOR_PERCENT,
    format_count,
    format_estimate,
    format_months,
    format_number,
    format_p_words,
    format_percent_interval,
    format_range,
    format_share,
)

if TYPE_CHECKING:
    from analysis.cohort.completeness import CompletenessResult
    from analysis.cohort.flow import FlowResult
    from analysis.cohort.followup import FollowUpResult

TITLES = {
    "screened": "Screened",
    "excluded": "Excluded",
    "outside": "Not compared",
    "entered": "Included",
    "withdrawn": "Left after treatment began",
    "filtered": "Left out by filters",
    "analysed": "Analysed",
}
IN_FILE = "In the file"
ATTRITION_SHARE = "Share of those who entered the group, before filters, with 95 % Clopper–Pearson interval."
ONE_IN_TABLE = "Each patient leaves once, at the first step that applies."
TWO_NUMBERS = (
    "Measured / followed: patients with a value for the visit, of those whose last contact lies on or after the first "
    "day of its window."
)


def reason_words(stage: str, reason: str) -> str:
    """Put the reason for which patients left at a stage of the flow in the words of the dictionary."""
    known = {"excluded": "exclusion_reason", "withdrawn": "withdrawal_reason"}.get(stage)
    if known:
        return variable(known).level_label(reason)
    words = attrition_words("filter", reason) if stage == "filtered" else reason
    return words[:1].upper() + words[1:]


# ---------------------------------------------------------------- flow


def flow_table(result: FlowResult) -> TableDocument:
    """Show the steps from screening to analysis with a row per reason and a column per group."""
    counts = result.counts
    before = [stage for stage in ("screened", "excluded", "outside") if (counts["stage"] == stage).any()]
    within = [stage for stage in ("entered", "withdrawn", "filtered") if (counts["stage"] == stage).any()]
    rows = [row for stage in before for row in _flow_rows(result, stage, ("",))]
    for stage in within:
        rows += _flow_rows(result, stage, result.groups)
    several = len(result.groups) > 1
    return TableDocument(
        title="Flow of patients",
        columns=(
            TableColumn(id="step", label="Step"),
            TableColumn(id="all", label="All", align="right"),
            *(_group_columns(result.groups) if several else ()),
        ),
        rows=(*rows, *_flow_rows(result, "analysed", result.groups), *_share_rows(result)),
        footnotes=_flow_footnotes(result),
    )


def _flow_rows(result: FlowResult, stage: str, groups: tuple[str, ...]) -> list[TableRow]:
    """Write the total of a stage and a row per reason below it."""
    rows = result.counts[result.counts["stage"] == stage]
    title = TITLES[stage] if stage != "screened" or result.screening_known else IN_FILE
    if stage == "withdrawn":
        title += ", analysed until then" if result.withdrawn_analysed else ", not analysed"
    reasons = [reason for reason in dict.fromkeys(rows["reason"]) if reason]
    lines = [_flow_row(result, rows, groups, title, key=stage, indent=0)]
    for reason in reasons:
        mine = rows[rows["reason"] == reason]
        lines.append(_flow_row(result, mine, groups, reason_words(stage, reason), key=f"{stage}|{reason}", indent=1))
    return lines


def _flow_row(
    result: FlowResult, rows: pd.DataFrame, groups: tuple[str, ...], label: str, *, key: str, indent: int
) -> TableRow:
    by_group = rows.groupby("group")["n"].sum()
    cells = [format_count(by_group.get(group, 0)) if groups != ("",) else "" for group in result.groups]
    cells = cells if len(result.groups) > 1 else []
    return TableRow(cells=(label, format_count(rows["n"].sum()), *cells), indent=indent, key=key)


def _share_rows(result: FlowResult) -> list[TableRow]:
    """Set the share of each group that left side by side."""
    if not result.withdrawal_known:
        return []
    shares = [_share_left(row) for row in result.differential.itertuples()]
    cells = ("", *shares) if len(result.groups) > 1 else (shares[0],)
    return [TableRow(cells=("Left after treatment began, n/N (% [95 % CI])", *cells), key="differential")]


def _share_left(row: Any) -> str:
    share = format_share(row.n_withdrawn, row.n_total)
    if row.n_total < SMALLEST_N_FOR_PERCENT:
        return share
    return f"{share[:-1]} [{format_percent_interval(row.conf_low, row.conf_high)}])"


def _flow_footnotes(result: FlowResult) -> tuple[str, ...]:
    if not result.withdrawal_known:
        return (ONE_IN_TABLE,)
    test = result.test
    name = f"{test.method}, two-sided: {format_p_words(test.p_value, reason=test.reason)}."
    return (ONE_IN_TABLE, ATTRITION_SHARE, *((name,) if len(result.groups) > 1 else ()))


# ---------------------------------------------------------------- attrition


def attrition_table(result: FlowResult) -> TableDocument:
    """Show how many each step leaves out of each group and how many remain, as the filters stack."""
    columns: list[TableColumn] = []
    for group in result.groups:
        columns.append(TableColumn(id=f"{group} out", label=f"{group}\nleft out", align="right", group=group))
        columns.append(TableColumn(id=f"{group} in", label=f"{group}\nremaining", align="right", group=group))
    steps = [part for _, part in result.attrition.groupby("step", sort=True)]
    return TableDocument(
        title="What each filter leaves",
        columns=(
            TableColumn(id="step", label="Step"),
            *columns,
            TableColumn(id="patients", label="Patients left out"),
        ),
        rows=tuple(_attrition_row(result, part) for part in steps),
        footnotes=("Filters apply in this order; a patient whom two filters leave out counts at the first.",),
    )


def _attrition_row(result: FlowResult, part: pd.DataFrame) -> TableRow:
    first = part.iloc[0]
    rows = part.set_index("group").loc[list(result.groups)].itertuples()
    cells = [text for row in rows for text in (_left_out(row, first["kind"]), format_count(row.n_remaining))]
    ids = sorted(patient for some in part["patient_ids"] for patient in some)
    label = _step_words(result, first["kind"], first["variable"])
    return TableRow(cells=(label, *cells, listed(ids) or MISSING), key=f"{first['kind']}|{first['variable']}")


def _left_out(row: Any, kind: str) -> str:
    if kind == "entered":
        return ""
    missing = f" ({format_count(row.n_missing)} missing)" if row.n_missing else ""
    return f"{format_count(row.n_left_out)}{missing}"


def _step_words(result: FlowResult, kind: str, name: str) -> str:
    if kind == "filter":
        return "; ".join(filter_words(chosen) for chosen in result.filters if chosen.variable == name)
    return {"entered": "In the group", "withdrawal": "Left after treatment began, not analysed"}[kind]


# ---------------------------------------------------------------- follow-up


def follow_up_table(result: FollowUpResult) -> TableDocument:
    """Show how long each group was followed."""
    labels = {
        "n": "Patients",
        "median": "Median, months (95 % CI)",
        "range": "Shortest to longest, months",
        "years": "Patient-years",
        "deaths": "Deaths",
    }
    unknown = int((result.rows["n"] - result.rows["n_followup"]).sum())
    return TableDocument(
        title="Follow-up",
        columns=(
            TableColumn(id="group", label="Group"),
            *(TableColumn(id=name, label=label, align="right") for name, label in labels.items()),
        ),
        rows=tuple(_follow_up_row(row) for row in result.rows.itertuples()),
        footnotes=(f"Follow-up is unknown for {format_count(unknown)}; they are not in these numbers.",)
        if unknown
        else (),
    )


def _follow_up_row(row: Any) -> TableRow:
    known = pd.notna(row.median_followup_months)
    limits = [format_number(end, decimals=1, reason="not reached") for end in (row.conf_low, row.conf_high)]
    middle = format_estimate(row.median_followup_months, row.conf_low, row.conf_high, decimals=1, reason=row.reason)
    if known and pd.isna(row.conf_high):
        middle = f"{format_number(row.median_followup_months, decimals=1)} ({' to '.join(limits)})"
    span = format_range(row.minimum, row.maximum) if row.n_followup else MISSING
    n = (
        format_count(row.n)
        if row.n == row.n_followup
        else f"{format_count(row.n)} ({format_count(row.n_followup)} known)"
    )
    cells = (row.group, n, middle, span, format_number(row.patient_years, decimals=1), format_count(row.n_deaths))
    return TableRow(cells=cells, key=row.group)


# ---------------------------------------------------------------- completeness


def completeness_table(result: CompletenessResult) -> TableDocument:
    """Show measured / followed and missing at each visit, then what is known of every patient."""
    rows: list[TableRow] = []
    for name, block in result.visits.groupby("variable", sort=False):
        rows.append(section_row(variable(str(name)).label_with_unit()))
        rows += [_visit_row(str(name), month, part) for month, part in block.groupby("month", sort=True)]
    if len(result.patients):
        rows.append(section_row("Before treatment, per patient: present / patients"))
        rows += [_patient_row(str(name), part) for name, part in result.patients.groupby("variable", sort=False)]
    return TableDocument(
        title="Completeness: measured / followed",
        columns=(
            TableColumn(id="visit", label="Variable and visit"),
            *_group_columns(result.groups, result.group_sizes),
        ),
        rows=tuple(rows),
        footnotes=(TWO_NUMBERS, *_blanked_words(result)),
    )


def _visit_row(name: str, month: float, part: pd.DataFrame) -> TableRow:
    label = "Baseline" if month == 0 else f"Month {format_months(month)}"
    return TableRow(cells=(label, *(_visit_cell(row) for row in part.itertuples())), indent=1, key=f"{name}={month:g}")


def _visit_cell(row: Any) -> str:
    if not row.n_followed:
        return "nobody followed"
    limits = f", {format_count(row.n_limit)} at a limit" if row.n_limit else ""
    return f"{format_count(row.n_measured)} / {format_count(row.n_followed)}{_lacking(row)}{limits}"


def _patient_row(name: str, part: pd.DataFrame) -> TableRow:
    cells = [f"{format_count(row.n_present)} / {format_count(row.n)}{_lacking(row)}" for row in part.itertuples()]
    return TableRow(cells=(variable(name).label_with_unit(), *cells), indent=1, key=name)


def _lacking(row: Any) -> str:
    return f" ({format_count(row.n_missing)} missing)" if row.n_missing else ""


def _blanked_words(result: CompletenessResult) -> tuple[str, ...]:
    if result.blanked.empty:
        return ("No cell of the file was left blank on the way in.",)
    parts = [f"{variable(row.variable).label} {format_count(row.n_blanked)}" for row in result.blanked.itertuples()]
    return (
        "Cells of the whole file left blank on the way in, because they are impossible or unreadable: "
        f"{'; '.join(parts)}. The Study page lists them with their rows.",
    )


def _group_columns(groups: tuple[str, ...], sizes: dict[str, int] | None = None) -> tuple[TableColumn, ...]:
    heads = {group: f"{group}\n(N = {format_count(sizes[group])})" if sizes else group for group in groups}
    return tuple(TableColumn(id=group, label=heads[group], align="right", group=group) for group in groups)
