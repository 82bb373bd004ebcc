"""Do the curves differ: by every test, in pairs, and from a landmark on? As tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from present.tables.document import TableColumn, TableDocument, TableRow, section_row
from present.tables.format import (
    INCIDENCE_DECIMALS,
    MISSING,
    format_count,
    format_months,
    format_number,
    format_p,
    format_percent_estimate,
    format_points,
    format_test,
)

if TYPE_CHECKING:
    from analysis.remission import ComparisonResult, IntervalResult, LandmarkResult
    from analysis.results import Estimate


def curve_tests_table(result: ComparisonResult) -> TableDocument:
    """Show every test, the chosen one marked."""
    rows = [_test_row(row) for row in result.tests.itertuples()]
    if len(result.groups) > 2:
        rows.append(_estimate_row(result.trend))
    return TableDocument(
        title="Tests of the curves",
        columns=(
            TableColumn(id="test", label="Test"),
            TableColumn(id="statistic", label="χ²", align="right"),
            TableColumn(id="df", label="df", align="right"),
            TableColumn(id="p", label="P", align="right"),
        ),
        rows=tuple(rows),
        footnotes=("The chosen test is the one of the figure; the others show how much depends on that choice.",),
    )


def pairs_table(result: ComparisonResult) -> TableDocument:
    """Show each two groups, raw and corrected for the number of pairs."""
    return TableDocument(
        title="Groups in pairs",
        columns=(
            TableColumn(id="pair", label="Groups"),
            TableColumn(id="n", label="n", align="right"),
            TableColumn(id="p", label="P", align="right"),
            TableColumn(id="holm", label="P, Holm", align="right"),
        ),
        rows=tuple(_pair_row(row) for row in result.pairs.itertuples()) or (section_row("Two groups make one pair."),),
        footnotes=("Holm: corrected for the number of pairs.",),
    )


def losses_table(result: LandmarkResult) -> TableDocument:
    """Show whom the landmark leaves out."""
    late = bool(result.losses["n_late"].any())
    names = {"n": "Patients" if late else "At risk at month 0", "n_event": "Reached it",
             "n_competing": "Competing event", "n_censor": "Last seen", "n_left": "Start at the landmark"}  # fmt: skip
    names |= {"n_late": "Enter later"} if late else {}
    entering = "Enter later: under observation only after the landmark; they count from then on."
    rows = [
        TableRow(cells=(str(row.group), *(format_count(getattr(row, name)) for name in names)), key=str(row.group))
        for row in result.losses.itertuples()
    ]
    return TableDocument(
        title=f"Who is left out by the landmark at month {format_months(result.month)}",
        columns=(
            TableColumn(id="group", label="Group"),
            *(TableColumn(id=name, label=label, align="right") for name, label in names.items()),
        ),
        rows=tuple(rows),
        footnotes=("Reached it, competing event, last seen: at or before the landmark.", *([entering] if late else [])),
    )


def landmark_values_table(result: LandmarkResult) -> TableDocument:
    """Show the incidence after the landmark and its differences."""
    compared = list(dict.fromkeys(result.differences["group"]))
    groups = [TableColumn(id=group, label=group, align="center", group=group) for group in result.groups]
    contrasts = [
        TableColumn(id=f"d {group}", label=f"{group} − {result.reference_group}\npoints (95 % CI)", align="center")
        for group in compared
    ]
    rows = [_landmark_row(result, month, compared) for month in sorted(result.values["month"].unique())]
    return TableDocument(
        title=f"Incidence after the landmark at month {format_months(result.month)}, % (95 % CI)",
        columns=(TableColumn(id="month", label="Month"), *groups, *contrasts),
        rows=tuple(rows) or (section_row("No visit after the landmark."),),
        footnotes=(_test_words(result.test),),
    )


def intervals_table(result: IntervalResult) -> TableDocument:
    """Show the interval-censored estimate beside the step-at-visit one."""
    rows = []
    for group, part in result.values.groupby("group", sort=False):
        rows.append(section_row(str(group)))
        rows += [
            TableRow(
                cells=(
                    format_months(row.time),
                    format_percent_estimate(row.estimate, row.conf_low, row.conf_high, reason=row.reason),
                    format_percent_estimate(row.step_estimate, float("nan"), float("nan"), reason=MISSING),
                ),
                key=f"{group} {row.time}",
            )
            for row in part.itertuples()
        ]
    return TableDocument(
        title="Events between visits: interval-censored incidence",
        columns=(
            TableColumn(id="month", label="Month"),
            TableColumn(id="turnbull", label="Turnbull, % (bootstrap 95 % CI)", align="center"),
            TableColumn(id="step", label="Step at the visit", align="center"),
        ),
        rows=tuple(rows),
        footnotes=("Where everyone was seen at every visit the two agree at the visits.",),
    )


def _test_row(row: Any) -> TableRow:
    name = f"{row.method[:1].upper()}{row.method[1:]}{' · chosen' if row.chosen else ''}"
    if row.reason:
        return TableRow(cells=(name, row.reason, "", ""), key=row.test)
    cells = (name, format_number(row.statistic, decimals=3), format_count(row.df),
             format_p(row.p_value))  # fmt: skip
    return TableRow(cells=cells, key=row.test)


def _estimate_row(found: Estimate) -> TableRow:
    if found.reason:
        return TableRow(cells=(found.method, found.reason, "", ""), key="trend")
    cells = (found.method, format_number(found.statistic, decimals=3), format_count(found.df), format_p(found.p_value))
    return TableRow(cells=cells, key="trend")


def _pair_row(row: Any) -> TableRow:
    pair = f"{row.group} and {row.reference_group}"
    p_words = row.reason or format_p(row.p_value)
    return TableRow(cells=(pair, format_count(row.n), p_words, format_p(row.p_adjusted)), key=pair)


def _landmark_row(result: LandmarkResult, month: float, compared: list[str]) -> TableRow:
    at = result.values[result.values["month"] == month].set_index("group")
    apart = result.differences[result.differences["month"] == month].set_index("group")
    shares = [
        format_percent_estimate(row.estimate, row.conf_low, row.conf_high, reason=row.reason)
        for row in at.loc[list(result.groups)].itertuples()
    ]
    points = [
        format_points(row.estimate, row.conf_low, row.conf_high, decimals=INCIDENCE_DECIMALS, reason=row.reason)
        for row in apart.loc[compared].itertuples()
    ]
    return TableRow(cells=(format_months(month), *shares, *points), key=format_months(month))


def _test_words(test: Estimate) -> str:
    name = test.method[:1].upper() + test.method[1:]
    return f"{name} from the landmark on: {test.reason or format_test(test.statistic, test.df, test.p_value)}."
