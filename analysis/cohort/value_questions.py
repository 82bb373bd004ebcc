"""What has to be asked about units, commas and words before values can be read?"""

from __future__ import annotations

import pandas as pd

from analysis.cohort.dictionary import Variable, data_dictionary
from analysis.cohort.mapping import ColumnMapping, Mapping, Question, WordCount
from analysis.cohort.settled import (
    dictionary_variable,
    digest,
    is_read,
    listed_some,
    numbers_of,
    numeric_groups,
    text_of,
    unit_in_use,
    units_in_use,
)
from analysis.cohort.table_shapes import Tables
from analysis.cohort.units import (
    UnitEvidence,
    commas_are_ambiguous,
    contradicts,
    fitting_elsewhere,
    in_grey_zone,
    known_unit,
    read_evidence,
    units_of,
)
from analysis.cohort.value_words import codes_of, count_words, marks_only_yes, words_to_ask

LEAVE_OUT = "leave out"
SAME_NUMBER = {"pla2r_ru_ml": "RU/mL (also U/mL, if the laboratory confirms the EUROIMMUN ELISA)"}  # domain.md 1.5
_TIME_UNITS = (("days", "Days"), ("months", "Months"), ("years", "Years"))


def value_questions(mapping: Mapping, tables: Tables) -> list[Question]:
    """Ask about units, single cells in another unit, commas, words, blanks and the mg/mmol rounding."""
    return [
        *_unit_questions(mapping, tables),
        *_other_unit_questions(mapping, tables),
        *_decimal_questions(mapping, tables),
        *_word_questions(mapping, tables),
        *_blank_questions(mapping, tables),
        *_time_unit_questions(mapping, tables),
        *_rounding_questions(mapping, tables),
    ]


# ---------------------------------------------------------------- units


def _unit_questions(mapping: Mapping, tables: Tables) -> list[Question]:
    questions = []
    for (table, name, stated), columns in numeric_groups(mapping).items():
        variable = data_dictionary()[name]
        evidence = read_evidence(variable, numbers_of(columns, tables))
        open_ones = [item for item in columns if not item.unit]
        if evidence.n and open_ones and unit_in_use(open_ones[0], evidence) == "?":
            names = tuple(item.column for item in open_ones)
            questions.append(_unit_question(table, names, variable, stated, evidence))
    return questions


def _unit_question(
    table: str, columns: tuple[str, ...], variable: Variable, stated: str, evidence: UnitEvidence
) -> Question:
    """Ask for the unit of a variable; a header the values contradict is never resolved for the reader (W-09)."""
    likely = " or ".join(evidence.plausible) or "none of the known units"
    known = known_unit(variable, stated)
    if known and contradicts(variable, known, evidence):
        text = f"{variable.label}: header says {stated}, values look like {likely}. Confirm before use."
    elif stated and not known:
        text = f"{variable.label}: the header says {stated}, which cannot be converted to {variable.unit}."
    else:
        text = f"{variable.label}: in which unit? The header names none."
    order = dict.fromkeys((*evidence.plausible, *([known] if known else []), *units_of(variable)))
    labels = {unit: unit for unit in order} | {variable.unit: SAME_NUMBER.get(variable.name, variable.unit)}
    proposal = evidence.plausible[0] if evidence.certain and not stated else ""
    return Question(
        id=f"unit|{table}|{variable.name}|{stated}|{'/'.join(evidence.plausible)}",
        kind="unit",
        table=table,
        columns=columns,
        text=text,
        found=f"{evidence.n} values, median {evidence.median:g}; values look like {likely}.",
        choices=(*((unit, labels[unit]) for unit in order), (LEAVE_OUT, "Do not read")),
        proposal=proposal,
    )


def _other_unit_questions(mapping: Mapping, tables: Tables) -> list[Question]:
    """Ask about single cells outside the limits that would be usual in another unit."""
    questions, units = [], units_in_use(mapping, tables)
    for column in [item for columns in numeric_groups(mapping).values() for item in columns]:
        unit, variable = units[column.table, column.column], data_dictionary()[column.variable]
        if unit == "?" or not variable.alternatives:
            continue
        found = fitting_elsewhere(variable, numbers_of([column], tables), unit)
        for other, values in found.items():
            questions.append(_other_unit_question(column, other, values, mapping, tables))
    return questions


def _other_unit_question(
    column: ColumnMapping, other: str, values: pd.Series, mapping: Mapping, tables: Tables
) -> Question:
    cells = tuple(dict.fromkeys(text_of(column, tables).loc[values.index].str.strip()))
    patient = mapping.patient_column(column.table)
    who = tables[column.table].cells.loc[values.index, patient] if patient else pd.Series(dtype=object)
    variable = data_dictionary()[column.variable]
    low, high = variable.hard
    return Question(
        id=f"other_unit|{column.table}|{column.column}|{other}|{digest(cells)}",
        kind="other_unit",
        table=column.table,
        columns=(column.column,),
        text=f"{variable.label}: are the values outside {low:g} to {high:g} {variable.unit} in {other}?",
        found=f"{column.column}: {listed_some(cells)} ({listed_some(who)}); usual if in {other}.",
        choices=((other, f"Yes, in {other}"), ("blank", "No, leave them blank")),
        cells=cells,
        blocking=False,
    )


def _decimal_questions(mapping: Mapping, tables: Tables) -> list[Question]:
    numeric = [item for columns in numeric_groups(mapping).values() for item in columns]
    return [
        Question(
            id=f"decimal|{item.table}|{item.column}",
            kind="decimal",
            table=item.table,
            columns=(item.column,),
            text=f"{item.column}: is the comma a decimal comma, or does it separate thousands?",
            found=listed_some(cell for cell in text_of(item, tables).unique() if "," in cell),
            choices=((",", "Decimal comma: 1,234 is a little over 1"), (".", "Thousands: 1,234 is over 1000")),
        )
        for item in numeric
        if not item.decimal and commas_are_ambiguous(text_of(item, tables))
    ]


def _rounding_questions(mapping: Mapping, tables: Tables) -> list[Question]:
    """Offer the guideline's thresholds where ratios are in mg/mmol (domain.md 1.5)."""
    units = units_in_use(mapping, tables)
    groups = [columns for columns in numeric_groups(mapping).values() if columns[0].variable == "upcr_g_g"]
    in_mmol = [item for columns in groups for item in columns if units[item.table, item.column] == "mg/mmol"]
    if not in_mmol:
        return []
    n_between = sum(in_grey_zone(numbers_of([item], tables)) for item in in_mmol)
    return [
        Question(
            id=f"rounding|{in_mmol[0].table}|upcr_g_g",
            kind="rounding",
            table=in_mmol[0].table,
            columns=tuple(item.column for item in in_mmol),
            text="Protein/creatinine in mg/mmol: convert exactly, or as the guidelines round (30 and 350 mg/mmol)?",
            found=f"The class of {n_between} values depends on the rounding used by the guideline.",
            choices=(
                ("exact", "Exactly: 1 g/g = 113.118 mg/mmol"),
                ("guideline", "As guidelines: 1 g/g = 100 mg/mmol"),
            ),
            proposal="exact",
            blocking=False,
        )
    ]


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
