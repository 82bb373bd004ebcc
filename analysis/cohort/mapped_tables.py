"""Which rows of patients, visits, doses and events does one mapped table give?"""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from analysis.cohort.bcell_columns import KEPT_APART, BCellCounts, counts_stand_apart, marker_of, two_markers
from analysis.cohort.columns import column_problem, row_problems
from analysis.cohort.dates import read_dates
from analysis.cohort.dictionary import data_dictionary
from analysis.cohort.layout import split_wide_header
from analysis.cohort.mapped_columns import (
    CHANGES,
    OF_SINGLE_ROWS,
    Ledger,
    Prepared,
    age_at_zero,
    as_text,
    coded,
    days_from_zero,
    event_days,
    left_out,
    measured,
    visit_months,
)
from analysis.cohort.mapping import ColumnMapping
from analysis.cohort.settled import zero_columns
from analysis.cohort.unread_numbers import list_words_for_numbers
from analysis.cohort.value_words import CENSORED, MISSING, clean_word
from analysis.cohort.visits import DAYS_PER_MONTH

ONE_COUNTS = "Leave one of them out on the page Columns if they do not mean the same."
LISTED_ONE_BY_ONE = 5  # columns left out of a table, before they share a sentence
_EVENT_DATES = frozenset({"death", "last_contact", "kidney_failure", "relapse", "withdrawal"})
_DAY_OF = {  # what a date becomes in each kind of table
    ("doses", "start"): "start_day",
    ("doses", "first_rtx"): "start_day",
    ("doses", "visit"): "start_day",
    ("doses", "stop"): "stop_day",
    ("adverse_events", "happened"): "day",
    ("adverse_events", "start"): "day",
    ("adverse_events", "visit"): "day",
    ("events", "happened"): "day",
    ("events", "start"): "day",
    ("events", "visit"): "day",
    ("visits", "visit"): "day",
}


@dataclass(kw_only=True, eq=False)
class Parts:
    """The canonical columns one table gives, as text on its spreadsheet rows.

    ``own`` are the columns of the canonical table its rows are; ``patients`` what it says about its
    patients; ``events`` days by event type; ``bcells`` the counts whose header names their marker, which get
    rows of their own. ``headers`` maps a canonical column to that of the file; ``doubled`` says which
    columns of the file became one.
    """

    own: dict[str, pd.Series] = field(default_factory=dict)
    patients: dict[str, pd.Series] = field(default_factory=dict)
    events: dict[str, pd.Series] = field(default_factory=dict)
    bcells: list[BCellCounts] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    doubled: list[str] = field(default_factory=list)


def read_mapped_table(table: str, prepared: Prepared, ledger: Ledger) -> Parts:
    """Turn every column of one table into canonical text columns; what is not read is listed in the ledger."""
    parts = Parts()
    columns = [item for item in prepared.mapping.columns_of(table) if item.column in prepared.tables[table].cells]
    for column in columns:
        if column.role not in ("patient_id", "event_time") and not left_out(column, prepared, ledger):
            _READERS[column.role](column, parts, prepared, ledger)
    _list_unread(table, prepared, ledger)
    source = prepared.source(table)
    ledger.problems += [
        column_problem("", source, severity="warning", message=said, remedy=ONE_COUNTS) for said in parts.doubled
    ]
    if said := two_markers(parts.bcells):
        ledger.problems.append(column_problem("", source, severity="warning", message=said, remedy=KEPT_APART))
    return parts


def _list_unread(table: str, prepared: Prepared, ledger: Ledger) -> None:
    """List the columns that were not read: one by one, or many of a table in one sentence per reason."""
    source = prepared.source(table)
    for reason, columns in ledger.unread.items():
        filled = [(name, n) for name, n in columns if n]
        if len(filled) <= LISTED_ONE_BY_ONE:
            sentences = [(name, f"“{name}” {reason.one}. Its {n} cells were not read.") for name, n in filled]
        else:
            names, n_cells = ", ".join(name for name, _ in filled), sum(n for _, n in filled)
            sentences = [("", f"{len(filled)} columns {reason.many}. Their {n_cells} cells were not read: {names}.")]
        ledger.problems += [
            column_problem(name, source, severity="info", message=message, remedy=reason.remedy)
            for name, message in sentences
        ]
    ledger.unread.clear()


# ---------------------------------------------------------------- columns by role


def _variable(column: ColumnMapping, parts: Parts, prepared: Prepared, ledger: Ledger) -> None:
    """Put a variable where its rows belong; laboratory values of a wide table carry their month."""
    role, variable = prepared.mapping.table_role(column.table), data_dictionary().get(column.variable)
    if variable is None:  # unscheduled, which only places a visit
        parts.own[column.variable] = prepared.cells(column)
        return
    values = (measured if variable.kind == "continuous" else coded)(column, prepared, ledger)
    wide = variable.table == "visits" and (column.month is not None or role != "visits")
    if counts_stand_apart(column, prepared.mapping.columns_of(column.table)):
        month = column.month if column.month is not None or role == "visits" else 0.0
        parts.bcells.append(BCellCounts(marker=marker_of(column), month=month, header=column.column, values=values))
        return
    name = variable.name if column.month is None else f"{variable.name}_{column.month:g}"
    if wide or variable.table == "patients":
        _add(parts.patients, parts, name, values, column)
    else:
        _add(parts.own, parts, variable.name, values, column)


def _place(column: ColumnMapping, parts: Parts, prepared: Prepared, ledger: Ledger) -> None:
    """Read visit and day; in tables other than visits a visit only names itself."""
    if column.role == "day":
        days = measured_day(column, prepared)
        _add(
            parts.own,
            parts,
            "start_day" if prepared.mapping.table_role(column.table) == "doses" else "day",
            days,
            column,
        )
    elif prepared.mapping.table_role(column.table) == "visits":
        for name, values in visit_months(column, prepared, ledger).items():
            _add(parts.own, parts, name, values, column)
    else:
        _keep(column, parts, prepared, ledger)


def measured_day(column: ColumnMapping, prepared: Prepared) -> pd.Series:
    """Take study days as they stand."""
    return prepared.cells(column)


def _date(column: ColumnMapping, parts: Parts, prepared: Prepared, ledger: Ledger) -> None:
    """Turn a date into what it says about time; the date itself goes nowhere."""
    days = days_from_zero(column, prepared, ledger)
    if days is None:
        return
    role = prepared.mapping.table_role(column.table)
    own = _DAY_OF.get((role, column.variable))
    if own is not None:
        _add(parts.own, parts, own, days, column)
    elif column.variable in _EVENT_DATES:
        parts.events[column.variable] = days
    elif column.variable == "biopsy" and not _given(prepared, "biopsy_to_rtx_months"):
        months = -pd.to_numeric(days) / DAYS_PER_MONTH
        text = months.map("{:.4f}".format, na_action="ignore").fillna("").astype(object)
        _add(parts.patients, parts, "biopsy_to_rtx_months", text, column)
    elif column in zero_columns(prepared.mapping):
        _year(column, parts, prepared)
    elif column.variable == "first_rtx" and pd.to_numeric(days).fillna(0).eq(0).all():
        ledger.conversions.append(f"{column.column}: the same day as time zero; nothing was kept of it.")
    else:
        _keep(column, parts, prepared, ledger, days)


def _year(column: ColumnMapping, parts: Parts, prepared: Prepared) -> None:
    """Keep the year of time zero, which is needed for confounding by calendar time."""
    if not _given(prepared, "year_of_treatment"):
        dated = read_dates(prepared.cells(column), column.date_order).date.notna()
        years = prepared.zero_of(column.table).dt.year.where(dated)
        _add(parts.patients, parts, "year_of_treatment", as_text(years), column)


def _birth(column: ColumnMapping, parts: Parts, prepared: Prepared, ledger: Ledger) -> None:
    if _given(prepared, "age_years"):
        message = "Dates of birth were dropped; the file gives ages."
        ledger.note(column, prepared.source(column.table), "info", message, "Nothing to do.")
        return
    ages = age_at_zero(column, prepared, ledger)
    if ages is not None:
        _add(parts.patients, parts, "age_years", ages, column)


def _keep(
    column: ColumnMapping, parts: Parts, prepared: Prepared, ledger: Ledger, days: pd.Series | None = None
) -> None:
    """Keep a column nobody knows under its own header; one that changes between visits has no place yet.

    ``days`` stand instead of the cells where these are dates.
    """
    text = coded(column, prepared, ledger) if days is None else days
    ids, role = prepared.ids[column.table], prepared.mapping.table_role(column.table)
    of_rows = role in ("doses", "adverse_events", "events") and column.role != "centre"
    if of_rows or (role != "patients" and _changes_within(text, ids)):
        ledger.leave_unread(column, OF_SINGLE_ROWS if of_rows else CHANGES, int(text.str.strip().ne("").sum()))
        return
    name = (column.variable if column.role == "keep" else "") or column.column
    name = name if days is None else f"{name} (days from time zero)"
    known = name.casefold() in data_dictionary() or split_wide_header(name.casefold()) is not None
    if days is None and column.how != "chosen":
        list_words_for_numbers(column, prepared, ledger)
    _add(parts.patients, parts, f"{name} (in the file)" if known else name, text, column)


def _changes_within(text: pd.Series, ids: pd.Series) -> bool:
    """Tell whether a column holds more than one word for some patient."""
    return bool((text.where(text.str.strip().ne("")).groupby(ids).nunique() > 1).any())


def _status(column: ColumnMapping, parts: Parts, prepared: Prepared, ledger: Ledger) -> None:
    """Turn a time and its status into events; the time itself is the last contact."""
    time = next((item for item in prepared.mapping.columns_of(column.table) if item.role == "event_time"), None)
    if time is None or left_out(time, prepared, ledger):
        return
    days, codes = event_days(time, prepared), coded(column, prepared, ledger).map(clean_word)
    first = ~prepared.ids[column.table].duplicated()
    without = codes[days.isna() & codes.ne("") & first]
    message = "An event needs its time; {patient} has the status {value} and no time."
    ledger.problems += row_problems(
        without,
        prepared.source(column.table),
        severity="error",
        message=message,
        remedy="Fill in the time. The event was left out.",
    )
    for event in sorted(set(codes[first]) - {"", CENSORED, MISSING}):
        parts.events[event] = as_text(days.where((codes == event) & first))
    parts.events.setdefault("last_contact", as_text(days.where(first)))


def _given(prepared: Prepared, variable: str) -> bool:
    """Tell whether a column of the file gives a variable that could also be derived from dates."""
    return any(item.role == "variable" and item.variable == variable for item in prepared.mapping.columns)


def _add(target: dict[str, pd.Series], parts: Parts, name: str, values: pd.Series, column: ColumnMapping) -> None:
    """Add a canonical column; a second one of the same name fills the gaps of the first, which is said."""
    if name in target:
        first, filled = target[name].str.strip(), values.str.strip().ne("")
        n_gaps, n_other = int((first.eq("") & filled).sum()), int((first.ne("") & filled & (first != values)).sum())
        parts.doubled.append(
            f"One column should give {name}; “{parts.headers[name]}” and “{column.column}” both do. "
            f"The second filled {n_gaps} gaps of the first; {n_other} rows in which they differ keep the first."
        )
        target[name] = target[name].where(first.ne(""), values)
        return
    target[name] = values
    parts.headers[name] = column.column


_READERS = {
    "variable": _variable,
    "visit": _place,
    "day": _place,
    "date": _date,
    "birth_date": _birth,
    "keep": _keep,
    "centre": _keep,
    "event_status": _status,
}
