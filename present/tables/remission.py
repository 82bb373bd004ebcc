"""How many in remission at each visit, how long did it take, and what was the best response? As tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.cohort.visits import DAYS_PER_MONTH
from analysis.outcomes.classify import STATUS_WORDS
from analysis.outcomes.endpoints import ALL_ENDPOINT_LABELS
from present.tables.document import TableColumn, TableDocument, TableRow
from present.tables.format import (
    INCIDENCE_DECIMALS,
    SMALLEST_N_FOR_PERCENT,
    format_count,
    format_months,
    format_percent_estimate,
    format_points,
    format_share,
    format_test,
)

if TYPE_CHECKING:
    from analysis.remission import RemissionResult

NOT_A_PROPORTION = (  # domain.md 3.4, T-KM
    "Estimates use the time each patient was observed; they equal the simple proportion only if nobody left "
    "before that time."
)
TWO_MEDIANS = (  # domain.md 3.4, T-MED
    "The median of all patients is the month by which half of them had reached it; the median among those who "
    "reached it says nothing about the others."
)


def landmark_table(result: RemissionResult) -> TableDocument:
    """Show the estimate of each group at every visit, and its difference from the reference group."""
    compared = list(dict.fromkeys(result.differences["group"].astype(str)))
    groups = [
        TableColumn(id=group, label=_headed(result, group), align="center", group=group) for group in result.groups
    ]
    contrasts = [
        TableColumn(id=f"difference {group}", label=_contrast_head(result, group), align="center") for group in compared
    ]
    months = sorted(result.landmarks["time"].unique())
    return TableDocument(
        title=f"{ALL_ENDPOINT_LABELS[result.endpoint]} by month, estimated % (95 % CI)",
        columns=(TableColumn(id="month", label="Month"), *groups, *contrasts),
        rows=tuple(_landmark_row(result, month, compared) for month in months),
        footnotes=(NOT_A_PROPORTION, *_test_words(result)),
    )


def median_table(result: RemissionResult) -> TableDocument:
    """Show two medians side by side: of all patients, and of those who reached the endpoint."""
    endpoint = ALL_ENDPOINT_LABELS[result.endpoint]
    labels = {
        "all": "Median of all patients, months (95 % CI)",
        "n": "Reached it, n",
        "attainers": "Median among those who reached it, months (Q1, Q3)",
    }
    return TableDocument(
        title=f"Months to {endpoint[0].lower() if endpoint[1] != '-' else endpoint[0]}{endpoint[1:]}",
        columns=(
            TableColumn(id="group", label="Group"),
            *(TableColumn(id=name, label=label, align="center") for name, label in labels.items()),
        ),
        rows=tuple(line for row in result.medians.itertuples() for line in _median_rows(row, by_day=result.by_day)),
        footnotes=(TWO_MEDIANS,),
    )


def best_response_table(result: RemissionResult) -> TableDocument:
    """Show the best response of every selected patient, as counts of each group."""
    columns = [
        TableColumn(id=group, label=f"{group}\n(N = {format_count(total)})", align="center", group=group)
        for group, total in result.best_response.groupby("group", sort=False)["n_total"].first().items()
    ]
    shares = {
        status: [_response_cell(row) for row in part.itertuples()]
        for status, part in result.best_response.groupby("status", sort=False)
    }
    return TableDocument(
        title="Best response over the whole follow-up, n/N (%)",
        columns=(TableColumn(id="status", label="Best response"), *columns),
        rows=tuple(
            TableRow(cells=(STATUS_WORDS[status].capitalize(), *cells), key=status) for status, cells in shares.items()
        ),
        footnotes=("Counts, not estimates: patients who left early count with what was seen of them.",),
    )


def listing_frame(listed: pd.DataFrame) -> pd.DataFrame:
    """Word the rows of ``list_patients`` for a list on the screen: patient, group, what, month, why."""
    from analysis.remission import WHAT_LABELS

    return pd.DataFrame(
        {
            "Patient": listed["patient_id"],
            "Group": listed["group"],
            "What": listed["what"].map(WHAT_LABELS),
            "Month": ["" if pd.isna(month) else format_months(month) for month in listed["time"]],
            "In words": listed["reason"],
        }
    )


def _response_cell(row: Any) -> str:
    share = format_share(row.n, row.n_total)
    return f"{share}; {format_count(row.n_before)} already before treatment" if row.n_before else share


def _headed(result: RemissionResult, group: str) -> str:
    at_start = result.risk_table[result.risk_table["group"].astype(str) == group]
    total = _at_start(at_start) if len(at_start) else 0
    return f"{group}\n(N = {format_count(total)})"


def _at_start(risk: pd.DataFrame) -> int:
    """Count the patients of a group: at risk at month 0, or still to come under observation."""
    return int(risk.filter(["n_risk", "n_waiting"]).iloc[0].sum())


def _contrast_head(result: RemissionResult, group: str) -> str:
    return f"{group} − {result.reference_group}\npoints (95 % CI)"


def _landmark_row(result: RemissionResult, month: float, compared: list[str]) -> TableRow:
    values, differences = _by_group(result.landmarks, month), _by_group(result.differences, month)
    shares = [_estimate_cell(result, values[group]) for group in result.groups]
    points = [
        format_points(
            row["estimate"], row["conf_low"], row["conf_high"], decimals=INCIDENCE_DECIMALS, reason=row["reason"]
        )
        for row in (differences[group] for group in compared)
    ]
    label = format_months(month)
    return TableRow(cells=(label, *shares, *points), key=label)


def _by_group(rows: pd.DataFrame, month: float) -> dict[str, dict[str, Any]]:
    """Give the row of each group at one month."""
    return {str(row["group"]): row for row in rows[rows["time"] == month].to_dict("records")}


def _estimate_cell(result: RemissionResult, row: dict[str, Any]) -> str:
    """Write an estimate with its interval; in a group too small for a percentage the count."""
    at_start = result.risk_table[result.risk_table["group"] == row["group"]]
    n = _at_start(at_start)
    if 0 < n < SMALLEST_N_FOR_PERCENT:
        own = result.curves[(result.curves["group"] == row["group"]) & (result.curves["time"] <= row["time"] + 0.02)]
        return format_share(int(own["n_event"].sum()), n)
    return format_percent_estimate(row["estimate"], row["conf_low"], row["conf_high"], reason=row["reason"])


def _test_words(result: RemissionResult) -> tuple[str, ...]:
    if len(result.groups) < 2:
        return ()
    test = result.test
    name = test.method or "log-rank test"
    words = test.reason or format_test(test.statistic, test.df, test.p_value)
    return (f"{name[0].upper()}{name[1:]} of the whole curves: {words}.",)


def _median_rows(row: Any, *, by_day: bool) -> list[TableRow]:
    """Write the medians of a group in months, and where times are days, beneath in days as papers of FSGS do."""
    found = pd.notna(row.estimate) or row.attainers_n > 0
    if not (by_day and found):
        return [_median_row(row)]
    times = ("estimate", "conf_low", "conf_high", "attainers_q1", "attainers_median", "attainers_q3")
    in_days = row._replace(**{name: DAYS_PER_MONTH * getattr(row, name) for name in times})
    days = _median_row(in_days)
    cells = ("in days", days.cells[1], "", days.cells[3])
    return [_median_row(row), TableRow(cells=cells, key=f"{row.group} in days", indent=1)]


def _median_row(row: Any) -> TableRow:
    known = pd.notna(row.estimate)
    ends = [format_months(end) if pd.notna(end) else "not reached" for end in (row.conf_low, row.conf_high)]
    interval = f" ({' to '.join(ends)})" if pd.notna(row.conf_low) or pd.notna(row.conf_high) else ""
    middle = format_months(row.estimate) if known else row.reason or "not reached"
    low, half, high = map(format_months, (row.attainers_q1, row.attainers_median, row.attainers_q3))
    attained = f"{half} ({low}, {high})" if row.attainers_n > 1 else f"{half} (one patient)"
    cells = (
        str(row.group),
        middle + interval,
        format_count(row.attainers_n),
        attained if row.attainers_n else "nobody reached it",
    )
    return TableRow(cells=cells, key=str(row.group))
