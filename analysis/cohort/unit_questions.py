"""In which unit are measured columns, parts of them, and single cells of them?"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from analysis.cohort.dictionary import Variable, data_dictionary
from analysis.cohort.mapping import ColumnMapping, Mapping, Question
from analysis.cohort.settled import NumericGroup, digest, listed_some, numbers_of, numeric_groups, text_of, unit_in_use
from analysis.cohort.table_shapes import Tables
from analysis.cohort.unit_parts import (
    BLANK,
    SAME,
    Parts,
    UnitPart,
    find_parts,
    main_numbers,
    of_the_column,
    part_units,
    units_in_use,
)
from analysis.cohort.units import (
    UnitEvidence,
    contradicts,
    fitting_elsewhere,
    fold_unit,
    in_grey_zone,
    known_unit,
    read_evidence,
    unit_factor,
    units_of,
)

LEAVE_OUT = "leave out"
SAME_NUMBER = {"pla2r_ru_ml": "RU/mL (also U/mL, if the laboratory confirms the EUROIMMUN ELISA)"}  # domain.md 1.5


def unit_questions(mapping: Mapping, tables: Tables) -> list[Question]:
    """Ask about the units of columns, of heaps within them, of single cells, and about the mg/mmol rounding."""
    parts = find_parts(mapping, tables)
    units = units_in_use(mapping, tables, parts)
    return [
        *_unit_questions(mapping, tables, parts),
        *[_part_question(group, part, mapping) for group, part in parts.items() if part is not None],
        *_other_unit_questions(mapping, tables, parts, units),
        *_rounding_questions(mapping, tables, units),
    ]


def _unit_questions(mapping: Mapping, tables: Tables, parts: Parts) -> list[Question]:
    questions = []
    for group, columns in numeric_groups(mapping).items():
        table, name, stated = group
        variable = data_dictionary()[name]
        evidence = read_evidence(variable, main_numbers(group, mapping, tables, parts))
        open_ones = [item for item in columns if not item.unit]
        if evidence.n and open_ones and unit_in_use(open_ones[0], evidence) == "?":
            names = tuple(item.column for item in open_ones)
            question = _unit_question(table, names, variable, stated, evidence)
            before = _unit_before(mapping, question.id)
            told = f"{question.text} So far it was read in {before}." if before else question.text
            questions.append(replace(question, text=told))
    return questions


def with_units_asked_again(mapping: Mapping, tables: Tables) -> tuple[Mapping, list[tuple[str, str, str]]]:
    """Open the question of the unit again where the values of a new export contradict the answer of an older one.

    Returns the mapping, and table, column and sentence of every such column.
    """
    changes, parts = [], find_parts(mapping, tables)
    for group, columns in numeric_groups(mapping).items():
        table, name, stated = group
        variable, settled = data_dictionary()[name], next((item.unit for item in columns if item.unit), "")
        if not settled:
            continue
        evidence = read_evidence(variable, main_numbers(group, mapping, tables, parts))
        question = _unit_id(table, variable, stated, evidence)
        confirmed = mapping.answer_to(question) == settled  # of values that looked the same
        if confirmed or not evidence.n or not contradicts(variable, settled, evidence):
            continue
        mapping = replace(mapping, answers=tuple(item for item in mapping.answers if item[0] != question))
        likely = " or ".join(evidence.plausible) or "none of the known units"
        for item in columns:
            mapping = mapping.with_column(table, item.column, unit="")
            sentence = f"“{item.column}” was read in {settled}; its values look like {likely} now."
            changes.append((table, item.column, sentence))
    return mapping, changes


def _unit_before(mapping: Mapping, question: str) -> str:
    """Name the unit somebody confirmed for the same variable when its values looked otherwise; "" if nobody did."""
    about = question.rsplit("|", 1)[0] + "|"
    answers = [answer for asked, answer in mapping.answers if asked.startswith(about) and asked != question]
    return next((answer for answer in reversed(answers) if answer != LEAVE_OUT), "")


def _unit_id(table: str, variable: Variable, stated: str, evidence: UnitEvidence) -> str:
    return f"unit|{table}|{variable.name}|{stated}|{'/'.join(evidence.plausible)}"


def _unit_question(
    table: str, columns: tuple[str, ...], variable: Variable, stated: str, evidence: UnitEvidence
) -> Question:
    """Ask for the unit of a variable; a header the values contradict is never resolved for the reader (W-09)."""
    likely = " or ".join(evidence.plausible) or "none of the known units"
    known = known_unit(variable, stated)
    if known and contradicts(variable, known, evidence):
        text = f"{variable.label}: header says {stated}, values look like {likely}. Confirm before use."
    elif stated and not known:
        text = f"{variable.label}: the header says {stated}, which cannot be converted to {variable.unit}"
        text += " without the volume of the urine." if _is_concentration(variable, stated) else "."
    else:
        text = f"{variable.label}: in which unit? The header names none."
    order = dict.fromkeys((*evidence.plausible, *([known] if known else []), *units_of(variable)))
    labels = {unit: unit for unit in order} | {variable.unit: SAME_NUMBER.get(variable.name, variable.unit)}
    proposal = evidence.plausible[0] if evidence.certain and not stated else ""
    return Question(
        id=_unit_id(table, variable, stated, evidence),
        kind="unit",
        table=table,
        columns=columns,
        text=text,
        found=f"{table}, {listed_some(columns)}: {evidence.n} values, median {evidence.median:g}; "
        f"values look like {likely}.",
        choices=(*((unit, labels[unit]) for unit in order), (LEAVE_OUT, "Do not read")),
        proposal=proposal,
    )


def _is_concentration(variable: Variable, stated: str) -> bool:
    """Tell whether a daily excretion is headed as a concentration (domain.md 1.5)."""
    return variable.name == "proteinuria_g_24h" and fold_unit(stated).endswith(("/l", "/dl", "/ml"))


def _part_question(group: NumericGroup, part: UnitPart, mapping: Mapping) -> Question:
    """Ask for the unit of values that lie a unit apart from the others of their columns."""
    table, name, _ = group
    variable, columns = data_dictionary()[name], tuple(item.column for item in numeric_groups(mapping)[group])
    plausible = read_evidence(variable, part.values).plausible
    order = dict.fromkeys((*plausible, *units_of(variable)))
    heaps = [
        f"{len(values)} values, {values.min():g} to {values.max():g}, median {values.median():g}"
        for values in (part.values, part.others)
    ]
    return Question(
        id=part.id,
        kind="part_unit",
        table=table,
        columns=columns,
        text=f"{variable.label}, {part.name}: in which unit? They lie far from the other values.",
        found=f"{table}, {listed_some(columns)}: {heaps[0]}; the others {heaps[1]}.",
        choices=(
            *((unit, unit) for unit in order),
            (SAME, "In the unit of the others: the difference is real"),
            (BLANK, "Leave them blank"),
        ),
        cells=part.rules,
    )


def _other_unit_questions(
    mapping: Mapping, tables: Tables, parts: Parts, units: dict[tuple[str, str], str]
) -> list[Question]:
    """Ask about single cells outside the limits that would be usual in another unit."""
    questions = []
    for column in [item for columns in numeric_groups(mapping).values() for item in columns]:
        unit, variable = units[column.table, column.column], data_dictionary()[column.variable]
        if unit == "?" or not variable.alternatives:
            continue
        main = of_the_column(column, mapping, tables, parts)
        found = fitting_elsewhere(variable, numbers_of([column], tables)[main], unit)
        for other, values in found.items():
            questions.append(_other_unit_question(column, (other, unit), values, mapping, tables))
    return questions


def _other_unit_question(
    column: ColumnMapping, units: tuple[str, str], values: pd.Series, mapping: Mapping, tables: Tables
) -> Question:
    """Ask about cells that would be usual in the first of two units; the column is in the second."""
    other, unit = units
    cells = tuple(dict.fromkeys(text_of(column, tables).loc[values.index].str.strip()))
    patient = mapping.patient_column(column.table)
    who = tables[column.table].cells.loc[values.index, patient] if patient else pd.Series(dtype=object)
    variable = data_dictionary()[column.variable]
    low, high = variable.hard
    outside = f"outside {low:g} to {high:g} {variable.unit}"
    beside = not (values * unit_factor(variable, unit)).between(low, high).any()
    others = {unit_factor(variable, name): name for name in reversed(units_of(variable))}
    taken = {unit_factor(variable, name) for name in units}
    return Question(
        id=f"other_unit|{column.table}|{column.column}|{other}|{digest(cells)}",
        kind="other_unit",
        table=column.table,
        columns=(column.column,),
        text=f"{variable.label}: are the values {outside}{'' if beside else ', and those next to them,'} in {other}?",
        found=f"{column.table}, {column.column}: {listed_some(cells)} ({listed_some(who)}); usual if in {other}.",
        choices=(
            (other, f"Yes, in {other}"),
            *((name, f"No, in {name}") for factor, name in others.items() if factor not in taken),
            ("blank", "No, leave them blank" if beside else f"No, leave blank what is {outside}"),
        ),
        cells=cells,
        blocking=False,
    )


def _rounding_questions(mapping: Mapping, tables: Tables, units: dict[tuple[str, str], str]) -> list[Question]:
    """Offer the guideline's thresholds where ratios are in mg/mmol (domain.md 1.5)."""
    groups = [columns for columns in numeric_groups(mapping).values() if columns[0].variable == "upcr_g_g"]
    in_mmol = [item for columns in groups for item in columns if "mg/mmol" in _units_within(item, units)]
    if not in_mmol:
        return []
    n_between = sum(in_grey_zone(_in_mmol(item, units, mapping, tables)) for item in in_mmol)
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


def _units_within(column: ColumnMapping, units: dict[tuple[str, str], str]) -> set[str]:
    parts = {unit for _, unit in (*column.part_units, *column.other_units)}
    return {units[column.table, column.column], *parts}


def _in_mmol(column: ColumnMapping, units: dict[tuple[str, str], str], mapping: Mapping, tables: Tables) -> pd.Series:
    """Take the values of a column that are in mg/mmol."""
    by_row = part_units(column, mapping, tables).replace("", units[column.table, column.column])
    single = text_of(column, tables).str.strip().map(dict(column.other_units))
    return numbers_of([column], tables)[single.fillna(by_row).eq("mg/mmol")]
