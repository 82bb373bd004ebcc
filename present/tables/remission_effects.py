"""How large is the difference, in one box of four lines and in a table of effect measures?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from present.tables.document import TableColumn, TableDocument, TableRow, section_row
from present.tables.factors import ratio_words
from present.tables.format import (
    INCIDENCE_DECIMALS,
    MISSING,
    format_count,
    format_estimate,
    format_months,
    format_number,
    format_p,
    format_p_words,
    format_points,
    format_share,
    format_signed,
)

if TYPE_CHECKING:
    from analysis.remission import EffectResult, ExposureResult, RemissionResult

MODELS = {"cox": "Hazard ratio, Cox (Efron ties)", "grouped": "Hazard ratio, grouped by visit (cloglog)"}
FEW_EVENTS = 50  # below, the test of proportional hazards overlooks all but gross departures
ELSEWHERE = ": none, see Comparison"
BOX_NAME = 20  # letters of the reference group in the box
DOUBT = 0.05  # P of the score test below which proportional hazards are called doubtful
NEEDED = (
    "Number needed to treat: patients treated with the group's regimen instead of the reference for one more of "
    "them to have reached it by that month; harm (fewer) where it says so."
)


def box_lines(result: RemissionResult, effects: EffectResult) -> tuple[str, ...]:
    """Write the box of the figure: test, hazard ratio, proportional hazards in words, difference in mean months."""
    if len(result.groups) < 2:
        return ()
    test = result.test
    name = (test.method[:1].upper() + test.method[1:]).partition(", all ")[0]
    first = f"{name}: {test.reason}" if test.reason else f"{name}: {format_p_words(test.p_value)}"
    if test.reason or len(effects.mean_differences) != 1:
        return (first,)
    ratio, mean = effects.hazard_ratios.iloc[0], effects.mean_differences.iloc[0]
    ratio_line = ELSEWHERE if ratio.reason else f" {_ratio_words(ratio)}, reference {_short(result)}"
    mean_line = ELSEWHERE if mean.reason else f": {_months(mean)}"
    return (
        first,
        f"HR (Cox){ratio_line}",
        _proportional_line(effects),
        f"RMST difference to month {format_months(effects.horizon)}{mean_line}",
    )


def _short(result: RemissionResult) -> str:
    """Name the reference group in the box; its whole name stands at its curve."""
    name = str(result.reference_group)
    return name if len(name) <= BOX_NAME else f"{name[: BOX_NAME - 1]}…"


def _proportional_line(effects: EffectResult) -> str:
    """Say in one line of the box whether one ratio describes the whole follow-up."""
    p_value, events = effects.proportional.p_value, effects.hazard_ratios["n_event"].max()
    if not math.isfinite(p_value):
        return f"Proportional hazards{ELSEWHERE}"
    words = format_p_words(p_value)
    if p_value < DOUBT:
        return f"Proportional hazards: doubtful, {words}"
    weak = f"{words}, weak with {format_count(events)} events"
    return f"Proportional hazards: {weak if events < FEW_EVENTS else f'no sign against, {words}'}"


def proportional_words(effects: EffectResult) -> str:
    """Say in words whether one ratio describes the whole follow-up."""
    check = effects.proportional
    if not math.isfinite(check.p_value):
        return f"Proportional hazards: {check.reason or 'not tested'}"
    words = (
        "doubtful, one ratio does not describe the whole follow-up" if check.p_value < DOUBT else "no sign against it"
    )
    events = effects.hazard_ratios["n_event"].max()
    weak = f"; weak test, {format_count(events)} events" if check.p_value >= DOUBT and events < FEW_EVENTS else ""
    return f"Proportional hazards: {words} ({format_p_words(check.p_value)}{weak})"


def effects_table(effects: EffectResult) -> TableDocument:
    """Show the ratios and the mean months of each group against the reference."""
    columns = (
        TableColumn(id="measure", label="Measure"),
        TableColumn(id="contrast", label="Contrast"),
        TableColumn(id="estimate", label="Estimate (95 % CI)", align="center"),
        TableColumn(id="p", label="P", align="center"),
    )
    ratios = [_ratio_row(row) for row in effects.hazard_ratios.itertuples()]
    means = [_mean_row(row, effects) for row in effects.restricted_means.itertuples()]
    differences = [_difference_row(row) for row in effects.mean_differences.itertuples()]
    return TableDocument(
        title="Effect measures over the whole follow-up",
        columns=columns,
        rows=(*ratios, *means, *differences),
        footnotes=(
            f"{proportional_words(effects)}.",
            "The grouped ratio is the exact form for events that are only seen at visits; the Cox ratio treats the day "
            "of the visit as the day of the event.",
        ),
    )


def needed_table(effects: EffectResult) -> TableDocument:
    """Show the number needed to treat at each visit beside the difference it comes from."""
    columns = (
        TableColumn(id="month", label="Month"),
        TableColumn(id="difference", label="Difference, points (95 % CI)", align="center"),
        TableColumn(id="needed", label="Number needed to treat (95 % CI)", align="center"),
    )
    rows: list[TableRow] = []
    for group, part in effects.needed.groupby("group", sort=False):
        rows.append(section_row(f"{group} − {effects.reference_group}"))
        rows += [_needed_row(row) for row in part.itertuples()]
    return TableDocument(
        title="Number needed to treat", columns=columns, rows=tuple(rows) or (section_row("One group: no contrast."),),
        footnotes=(NEEDED,),
    )  # fmt: skip


def exposure_table(result: ExposureResult) -> TableDocument:
    """Show the ratio of tacrolimus as an exposure that begins during follow-up, and who began when."""
    ratio = result.ratio
    words = ratio_words(ratio.estimate, ratio.conf_low, ratio.conf_high, ratio.reason)
    begun = [_begun_row(row) for row in result.groups_begun.itertuples()]
    return TableDocument(
        title="Tacrolimus as an exposure that begins during follow-up",
        columns=(
            TableColumn(id="measure", label="Measure"),
            TableColumn(id="value", label="Estimate (95 % CI)", align="center"),
            TableColumn(id="p", label="P", align="center"),
        ),
        rows=(
            TableRow(cells=("Hazard ratio, tacrolimus begun / not yet begun", words, format_p(ratio.p_value)), key="r"),
            *begun,
        ),
        footnotes=("Before tacrolimus began a patient counts as without it, so the wait is not credited to it.",),
    )


def _begun_row(row: Any) -> TableRow:
    months = f", months {format_number(row.first_month, decimals=1)} to {format_number(row.last_month, decimals=1)}"
    value = format_share(row.n_begun, row.n) + (months if row.n_begun else "")
    late = row.n_begun - row.n_in_time
    value += f"; {format_count(late)} of them too late to count" if late else ""
    return TableRow(cells=(f"Began tacrolimus, {row.group}", value, MISSING), key=f"begun {row.group}")


def _ratio_words(row: Any) -> str:
    return row.reason or ratio_words(row.hazard_ratio, row.conf_low, row.conf_high)


def _months(row: Any) -> str:
    if row.reason and not math.isfinite(row.estimate):
        return str(row.reason)
    if math.isnan(row.conf_low):
        return f"{format_signed(row.estimate, decimals=1)}; {row.reason}"
    low, high = (format_signed(end, decimals=1) for end in (row.conf_low, row.conf_high))
    return f"{format_signed(row.estimate, decimals=1)} ({low} to {high})"


def mean_words(row: Any, *, decimals: int) -> str:
    """Write mean months with their interval, or with the reason why there is none."""
    words = format_estimate(row.estimate, row.conf_low, row.conf_high, decimals=decimals, reason=row.reason)
    return f"{words}; {row.reason}" if row.reason and math.isfinite(row.estimate) else words


def _ratio_row(row: Any) -> TableRow:
    penalised = ", penalised" if row.penalised else ""
    cells = (
        MODELS[row.model] + penalised, f"{row.group} / {row.reference_group}", _ratio_words(row), format_p(row.p_value)
    )  # fmt: skip
    return TableRow(cells=cells, key=f"{row.model} {row.group}")


def _mean_row(row: Any, effects: EffectResult) -> TableRow:
    label = f"Mean months without it (RMST), to month {format_months(effects.horizon)}"
    estimate = mean_words(row, decimals=1)
    return TableRow(cells=(label, str(row.group), estimate, MISSING), key=f"mean {row.group}")


def _difference_row(row: Any) -> TableRow:
    cells = ("Difference in mean months without it (RMST)", f"{row.group} − {row.reference_group}", _months(row),
             format_p(row.p_value))  # fmt: skip
    return TableRow(cells=cells, key=f"difference {row.group}")


def _needed_row(row: Any) -> TableRow:
    points = format_points(row.difference, row.conf_low, row.conf_high, decimals=INCIDENCE_DECIMALS, reason=row.reason)
    return TableRow(cells=(format_months(row.time), points, _needed_words(row)), key=f"{row.group} {row.time}")


def _needed_words(row: Any) -> str:
    """Write a number needed with its limits; through infinity where the difference may be none."""
    if not math.isfinite(row.needed):
        return str(row.reason or MISSING)
    if row.through_infinity:
        benefit, harm = (_number(end) for end in (row.needed_low, row.needed_high))
        return f"{_number(row.needed)}{_harm(row.needed)} (benefit {benefit} to ∞ to harm {harm})"
    low, high = sorted([abs(row.needed_low), abs(row.needed_high)])
    return f"{_number(row.needed)}{_harm(row.needed)} ({_number(low)} to {_number(high)})"


def _number(value: float) -> str:
    size = abs(value)
    return "∞" if math.isinf(size) else format_count(size) if size >= 100 else format_number(size, decimals=1)


def _harm(value: float) -> str:
    return " (harm)" if value < 0 else ""
