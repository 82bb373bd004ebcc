"""What has to be asked about units, commas and words before values can be read?"""

from __future__ import annotations

from analysis.cohort.mapping import ColumnMapping, Mapping, Question, WordCount
from analysis.cohort.settled import (
    dictionary_variable,
    digest,
    is_read,
    listed_some,
    numbers_of,
    numeric_groups,
    points_are_open,
    text_of,
)
from analysis.cohort.table_shapes import Tables
from analysis.cohort.unit_questions import unit_questions
from analysis.cohort.units import commas_are_ambiguous
from analysis.cohort.value_words import codes_of, count_words, marks_only_yes, words_to_ask

_OF_COMMAS = "is the comma a decimal comma, or does it separate thousands?"
_COMMA_CHOICES = ((",", "Decimal comma: 1,234 is a little over 1"), (".", "Thousands: 1,234 is over 1000"))
_OF_POINTS = "is the point a decimal point, or does it separate thousands? The file has decimal commas elsewhere."
_POINT_CHOICES = ((",", "Thousands: 1.234 is over 1000"), (".", "Decimal point: 1.234 is a little over 1"))
_TIME_UNITS = (("days", "Days"), ("months", "Months"), ("years", "Years"))


def value_questions(mapping: Mapping, tables: Tables) -> list[Question]:
    """Ask about units, single cells in another unit, commas, words, blanks and the mg/mmol rounding."""
    return [
        *unit_questions(mapping, tables),
        *_decimal_questions(mapping, tables),
        *_word_questions(mapping, tables),
        *_blank_questions(mapping, tables),
        *_time_unit_questions(mapping, tables),
    ]


def _decimal_questions(mapping: Mapping, tables: Tables) -> list[Question]:
    numeric = [item for columns in numeric_groups(mapping).values() for item in columns]
    questions = []
    for item in numeric:
        points = points_are_open(item, tables)
        if points or (not item.decimal and commas_are_ambiguous(text_of(item, tables))):
            questions.append(_decimal_question(item, tables, points=points))
    return questions


def _decimal_question(column: ColumnMapping, tables: Tables, *, points: bool) -> Question:
    """Ask what the commas of a column mean, or its points where the file has decimal commas elsewhere."""
    mark, question = (".", _OF_POINTS) if points else (",", _OF_COMMAS)
    return Question(
        id=f"decimal|{column.table}|{column.column}",
        kind="decimal",
        table=column.table,
        columns=(column.column,),
        text=f"{column.column}: {question}",
        found=listed_some(cell for cell in text_of(column, tables).unique() if mark in cell),
        choices=_POINT_CHOICES if points else _COMMA_CHOICES,
    )


# ---------------------------------------------------------------- words


def _word_questions(mapping: Mapping, tables: Tables) -> list[Question]:
    """Ask for the codes of words; columns of one table with the same words and the same proposals share a question."""
    groups: dict[tuple[object, ...], list[tuple[ColumnMapping, tuple[WordCount, ...]]]] = {}
    for column in mapping.columns:
        coded = column.role in ("variable", "visit", "event_status") or dictionary_variable(column) is not None
        if not coded or not is_read(mapping, column):
            continue
        asked = words_to_ask(text_of(column, tables), column)
        if not asked or {item.word for item in asked} <= {word for word, _ in column.value_map}:
            continue
        proposals = tuple(sorted((item.word, item.proposal) for item in asked))
        variable = dictionary_variable(column)
        together = "yes/no" if variable is not None and variable.kind == "binary" else column.column
        groups.setdefault((column.table, together, proposals), []).append((column, asked))
    return [_word_question(members, tables) for members in groups.values()]


def _word_question(members: list[tuple[ColumnMapping, tuple[WordCount, ...]]], tables: Tables) -> Question:
    column, asked = members[0]
    names = tuple(member.column for member, _ in members)
    counts = {
        word.word: sum(item.count for _, words in members for item in words if item.word == word.word) for word in asked
    }
    words = tuple(WordCount(word=item.word, count=counts[item.word], proposal=item.proposal) for item in asked)
    return Question(
        id=f"words|{column.table}|{listed_some(names, 3)}|{digest(counts)}",
        kind="words",
        table=column.table,
        columns=names,
        text=f"{listed_some(names)}: {_wanted(column)}",
        found=_event_name(column, tables) + ", ".join(f"{word} ({count})" for word, count in list(counts.items())[:12]),
        choices=codes_of(column),
        words=words,
    )


def _event_name(column: ColumnMapping, tables: Tables) -> str:
    """Name the event a CDISC time-to-event table is about."""
    if column.role != "event_status" or "PARAM" not in tables[column.table].cells:
        return ""
    return f"{listed_some(tables[column.table].cells['PARAM'].unique())}: "


def _wanted(column: ColumnMapping) -> str:
    if column.role == "visit":
        return "at which month is each of these visits?"
    if column.role == "event_status":
        return "which of these words or codes is the event, and which means censored?"
    return "what does each of these words or codes mean?"


def _blank_questions(mapping: Mapping, tables: Tables) -> list[Question]:
    """Ask what blank means beside a mark such as x."""
    return [
        Question(
            id=f"blank|{item.table}|{item.column}",
            kind="blank",
            table=item.table,
            columns=(item.column,),
            text=f"{item.column}: does a blank cell mean no, or that nothing is known?",
            found=f"The only mark is {count_words(text_of(item, tables)).index[0]}; the other cells are blank.",
            choices=(("missing", "Not known"), ("no", "No")),
            proposal="missing",
            blocking=False,
        )
        for item in mapping.columns
        if is_read(mapping, item) and marks_only_yes(text_of(item, tables), dictionary_variable(item))
    ]


def _time_unit_questions(mapping: Mapping, tables: Tables) -> list[Question]:
    columns = [item for item in mapping.columns if item.role == "event_time" and not item.unit]
    times = [(item, numbers_of([item], tables).dropna()) for item in columns if is_read(mapping, item)]
    return [
        Question(
            id=f"time_unit|{item.table}|{item.column}",
            kind="time_unit",
            table=item.table,
            columns=(item.column,),
            text=f"{item.column}: in which unit is the time to the event?",
            found=f"Median {values.median():g}, longest {values.max():g}.",
            choices=_TIME_UNITS,
            proposal="days" if values.median() > 120 else "",
        )
        for item, values in times
        if len(values)
    ]
