"""What has to be asked about dates before they can be counted from time zero?"""

from __future__ import annotations

import pandas as pd

from analysis.cohort.dates import day_offsets, order_is_open, proven_order, read_dates
from analysis.cohort.mapping import ColumnMapping, Correction, Mapping, Question
from analysis.cohort.settled import digest, is_read, listed_some, patient_tag, text_of, zero_columns
from analysis.cohort.table_shapes import Tables

NO_TIME_ZERO = "none"
BIOPSY_AFTER_TREATMENT_DAYS = -31  # biopsy_to_rtx_months is at least -1 (domain.md 1.4)
_ORDERS = (("DMY", "Day first: 01/02 is 1 February"), ("MDY", "Month first: 01/02 is 2 January"))


def date_questions(mapping: Mapping, tables: Tables) -> list[Question]:
    """Ask for the order of day and month, for time zero, and about two dates that were exchanged."""
    return [
        *_order_questions(mapping, tables),
        *_time_zero_questions(mapping),
        *_exchanged_questions(mapping, tables),
    ]


def date_columns(mapping: Mapping) -> list[ColumnMapping]:
    """List the columns of dates that are read."""
    return [item for item in mapping.columns if item.role in ("date", "birth_date") and is_read(mapping, item)]


def _order_questions(mapping: Mapping, tables: Tables) -> list[Question]:
    questions, columns = [], date_columns(mapping)
    for item in columns:
        if item.date_order or not order_is_open(text_of(item, tables)):
            continue
        orders = {proven_order(text_of(other, tables)) for other in columns if other.table == item.table} - {""}
        questions.append(
            Question(
                id=f"date_order|{item.table}|{item.column}",
                kind="date_order",
                table=item.table,
                columns=(item.column,),
                text=f"{item.column}: which comes first, the day or the month?",
                found=f"No date settles it: {listed_some(text_of(item, tables).unique(), 4)}.",
                choices=_ORDERS,
                proposal=next(iter(orders)) if len(orders) == 1 else "",
            )
        )
    return questions


def _time_zero_questions(mapping: Mapping) -> list[Question]:
    """Ask which date is day 0; every other date is counted from it and then discarded."""
    columns = date_columns(mapping)
    if not columns or mapping.time_zero is not None:
        return []
    able = [item for item in columns if item.role == "date" and item.variable not in _NEVER_ZERO]
    able.sort(key=lambda item: (_ZERO_ORDER.get(item.variable, 3), mapping.table_role(item.table) != "patients"))
    first = [item for item in able if item.variable == "first_rtx"]
    choices = tuple((zero_answer(item), f"{item.column} ({item.table})") for item in able)
    return [
        Question(
            id="time_zero||" + listed_some((item.column for item in able), 99),
            kind="time_zero",
            table=columns[0].table,
            columns=tuple(item.column for item in columns if item.table == columns[0].table),
            text="Which date is day 0, the first rituximab infusion? All other dates are counted from it.",
            found=f"Columns of dates: {listed_some(item.column for item in columns)}.{_together(first)}",
            choices=(*choices, (NO_TIME_ZERO, "None: do not read the dates")),
            proposal=zero_answer(first[0]) if first else "",
        )
    ]


def _together(columns: list[ColumnMapping]) -> str:
    """Say which columns give day 0 together."""
    if len({item.table for item in columns}) < 2:
        return ""
    named = listed_some(f"{item.column} ({item.table})" for item in columns)
    return f" The first infusion stands in {named}: together they are one day 0, the one chosen counts first."


_ZERO_ORDER = {"first_rtx": 0, "start": 1, "visit": 2}
_NEVER_ZERO = frozenset(
    {"biopsy", "death", "last_contact", "kidney_failure", "relapse", "withdrawal", "stop", "happened"}
)


def zero_answer(column: ColumnMapping) -> str:
    """Write a date column as the answer to the question of time zero."""
    return f"{column.table}\t{column.column}"


def _exchanged_questions(mapping: Mapping, tables: Tables) -> list[Question]:
    """Ask whether biopsy and first rituximab were exchanged where the biopsy is the later one."""
    asked = [_exchanged(zero, mapping, tables) for zero in zero_columns(mapping) if zero.table in tables]
    return [question for question in asked if question is not None]


def _exchanged(zero: ColumnMapping, mapping: Mapping, tables: Tables) -> Question | None:
    dated = date_columns(mapping)
    biopsy = next((item for item in dated if (item.table, item.variable) == (zero.table, "biopsy")), None)
    patient = mapping.patient_column(zero.table)
    if biopsy is None or patient is None:
        return None
    wrong = _biopsy_after_treatment(zero, biopsy, tables)
    who = [patient_tag(mapping, str(identifier)) for identifier in wrong[patient]]
    swaps = _swaps(wrong, who, zero, biopsy)
    if not swaps or set(swaps) <= set(mapping.corrections):
        return None
    return Question(
        id=f"exchanged_dates|{zero.table}|{digest(wrong[patient])}",
        kind="exchanged_dates",
        table=zero.table,
        columns=(zero.column, biopsy.column),
        text="Were biopsy and first rituximab exchanged where the biopsy is the later date?",
        found=f"{len(wrong)} patients: {listed_some(wrong[patient])}.",
        choices=(("exchange", "Yes, exchange the two dates"), ("keep", "No, leave them as they are")),
        corrections=swaps,
        blocking=False,
    )


def _biopsy_after_treatment(zero: ColumnMapping, biopsy: ColumnMapping, tables: Tables) -> pd.DataFrame:
    """Find the rows whose biopsy is more than a month later than time zero."""
    cells = tables[zero.table].cells
    first, second = (read_dates(cells[item.column], item.date_order).date for item in (zero, biopsy))
    return cells[-day_offsets(second, first) < BIOPSY_AFTER_TREATMENT_DAYS]


def _swaps(rows: pd.DataFrame, patients: list[str], one: ColumnMapping, two: ColumnMapping) -> tuple[Correction, ...]:
    """Exchange the cells of two columns in some rows."""
    return tuple(
        Correction(table=one.table, column=to.column, patient=who, found=str(found), replacement=str(other))
        for to, away in ((one, two), (two, one))
        for who, found, other in zip(patients, rows[to.column], rows[away.column], strict=True)
    )
