"""What has to be asked about ids, meanings, visits, and files that contradict each other?"""

from __future__ import annotations

import re

import pandas as pd

from analysis.cohort.cells import read_codes
from analysis.cohort.centre_files import file_questions
from analysis.cohort.dictionary import data_dictionary
from analysis.cohort.identity import header_and_content_identify
from analysis.cohort.legends import legend_questions
from analysis.cohort.mapping import ColumnMapping, Mapping, Question
from analysis.cohort.meanings import fold_name, month_glued_to
from analysis.cohort.outcome_headers import outcome_questions
from analysis.cohort.person_words import hidden_person
from analysis.cohort.proposals import AFTER_TREATMENT, given_twice
from analysis.cohort.settled import dictionary_variable, listed_some, text_of
from analysis.cohort.table_shapes import Tables
from analysis.cohort.value_words import recode

HOURS_OF_A_COLLECTION = 24
FEWEST_COMMON = 3  # patients in two files before their codes are compared


def place_questions(mapping: Mapping, tables: Tables) -> list[Question]:
    """Ask about everything that places a value: patient, meaning, visit."""
    return [
        *_patient_questions(mapping, tables),
        *_centre_questions(mapping, tables),
        *file_questions(mapping, tables),
        *legend_questions(mapping, tables),
        *_meaning_questions(mapping, tables),
        *outcome_questions(mapping),
        *_same_meaning_questions(mapping),
        *_month_questions(mapping),
        *_identifying_questions(mapping, tables),
        *_contradiction_questions(mapping, tables),
    ]


# ---------------------------------------------------------------- patients and meanings


def _patient_questions(mapping: Mapping, tables: Tables) -> list[Question]:
    """Ask for the patient id only where no table is headed with one."""
    if any(item.role == "patient_id" and item.how != "chosen" for item in mapping.columns):
        return []
    questions = []
    for key, table in tables.items():
        filled = {name: table.cells[name].str.strip() for name in table.cells}
        able = [str(name) for name, text in filled.items() if text.ne("").all() and text.nunique() > 1]
        questions.append(
            Question(
                id=f"patient_id|{key}|",
                kind="patient_id",
                table=key,
                columns=tuple(map(str, table.cells)),
                text="Which column says which patient a row belongs to?",
                found=f"No column of {key} is headed as a patient id.",
                choices=tuple((name, name) for name in able),
                proposal=next((name for name in able if filled[name].is_unique), ""),
            )
        )
    return questions


def _centre_questions(mapping: Mapping, tables: Tables) -> list[Question]:
    """Ask whether the same number in two centres is two patients."""
    questions = []
    for column in mapping.columns:
        patient = mapping.patient_column(column.table)
        if column.role != "centre" or patient is None or mapping.id_with_centre:
            continue
        pairs = tables[column.table].cells[[patient, column.column]].drop_duplicates()
        repeated = pairs[patient][pairs[patient].duplicated()].unique()
        if len(repeated):
            questions.append(
                Question(
                    id=f"centre|{column.table}|{column.column}",
                    kind="centre",
                    table=column.table,
                    columns=(patient, column.column),
                    text="Do patients with the same id in different centres stay apart?",
                    found=f"{len(repeated)} ids occur in more than one centre ({listed_some(repeated)}).",
                    choices=(("apart", "Yes: the id is centre and number"), ("same", "No: they are the same patient")),
                    proposal="apart",
                )
            )
    return questions


def _meaning_questions(mapping: Mapping, tables: Tables) -> list[Question]:
    """Ask about guesses, once for the columns of a table whose headers differ in their numbers only.

    Whether the numbers at the end of laboratory names are months is one question for the table.
    """
    stems: dict[tuple[str, ...], list[ColumnMapping]] = {}
    numbered: dict[str, list[ColumnMapping]] = {}
    for item in mapping.columns:
        if item.how == "guess" and not item.confirmed and item.role not in ("keep", "drop", "identifying"):
            if item.role == "variable" and month_glued_to(item.column) is not None:
                numbered.setdefault(item.table, []).append(item)
                continue
            stem = re.sub(r"\d+", "", fold_name(item.column))
            stems.setdefault((item.table, item.role, item.variable, stem), []).append(item)
    questions = [_number_question(items, tables) for items in numbered.values()]
    return [*questions, *(_meaning_question(items, tables) for items in stems.values())]


def _number_question(items: list[ColumnMapping], tables: Tables) -> Question:
    """Ask whether ``Albumin12`` is month 12; nothing is proposed where 24 may be the hours of a collection."""
    first, names = items[0], tuple(item.column for item in items)
    hours = [item for item in items if item.variable == "proteinuria_g_24h"]
    doubtful = len(hours) == 1 and hours[0].month == HOURS_OF_A_COLLECTION
    read = [f"{item.column}: {_named(item)}" for item in items]
    return Question(
        id=f"meaning|{first.table}|{listed_some(names)}|numbers",
        kind="meaning",
        table=first.table,
        columns=names,
        text=f"{listed_some(names)}: do the numbers at the end mean months?",
        found=f"As months: {listed_some(read)}. First cells of {first.column}: {_first_cells(first, tables)}.",
        choices=(
            ("yes", "Yes, months"),
            ("keep", "No, keep them under their own names"),
            ("leave out", "No, do not read them"),
        ),
        proposal="" if doubtful else "yes",
    )


def _meaning_question(items: list[ColumnMapping], tables: Tables) -> Question:
    first, names = items[0], tuple(item.column for item in items)
    one = len(items) == 1
    text = f"Does “{first.column}” mean {_named(first)}?"
    many = f"Do “{first.column}” and the columns like it ({len(items)} in all) mean {_label(first)}, each at its month?"
    return Question(
        id=f"meaning|{first.table}|{listed_some(names, 3)}|{first.variable or first.role}",
        kind="meaning",
        table=first.table,
        columns=names,
        text=text if one else many,
        found=f"The header is similar. {'' if one else f'Columns: {listed_some(names)}. '}"
        f"First cells: {_first_cells(first, tables)}.",
        choices=(("yes", "Yes"), ("keep", "No, keep it under its own name"), ("leave out", "No, do not read it")),
        proposal="yes",
    )


def _same_meaning_questions(mapping: Mapping) -> list[Question]:
    questions = []
    for table in {item.table: None for item in mapping.columns}:
        for (role, name, _), claimed in given_twice(list(mapping.columns_of(table))).items():
            names = tuple(item.column for item in claimed)
            questions.append(
                Question(
                    id=f"same_meaning|{table}|{listed_some(names)}|{name or role}",
                    kind="same_meaning",
                    table=table,
                    columns=names,
                    text=f"Which of these columns is {_named(claimed[0])}? A meaning is given once.",
                    found=listed_some(names),
                    choices=tuple((column, column) for column in names),
                )
            )
    return questions


def _named(column: ColumnMapping) -> str:
    name = _label(column)
    return name if column.month is None or column.month < 0 else f"{name} at month {column.month:g}"


def _label(column: ColumnMapping) -> str:
    known = data_dictionary().get(column.variable)
    return known.label if known else column.variable.replace("_", " ") or column.role.replace("_", " ")


def _month_questions(mapping: Mapping) -> list[Question]:
    return [
        Question(
            id=f"month|{item.table}|{item.column}",
            kind="month",
            table=item.table,
            columns=(item.column,),
            text=f"“{item.column}” was measured {_when(item)}: at which month?",
            found="The header names no month.",
            choices=tuple((f"{month}", f"Month {month}") for month in _MONTHS if month or _nth(item)),
        )
        for item in mapping.columns
        if item.role == "variable" and item.month is not None and item.month <= AFTER_TREATMENT
    ]


_MONTHS = (0, 1, 3, 6, 9, 12, 18, 24)


def _when(column: ColumnMapping) -> str:
    return f"at visit {_nth(column)}" if _nth(column) else "after treatment"


def _nth(column: ColumnMapping) -> int:
    """Give the number of the visit a header names; 0 where it says no more than after treatment."""
    return int(AFTER_TREATMENT - (column.month or 0))


def _identifying_questions(mapping: Mapping, tables: Tables) -> list[Question]:
    """Say what was recognised by its cells alone; it is dropped unless somebody objects."""
    return [
        Question(
            id=f"identifying|{item.table}|{item.column}",
            kind="identifying",
            table=item.table,
            columns=(item.column,),
            text=f"“{item.column}” looks as if it could tell who a patient is. Leave it out?",
            found=_personal_cells(item, tables),
            choices=(("drop", "Leave it out"), ("keep", "Keep it: it names nobody")),
            proposal="drop",
            blocking=False,
        )
        for item in mapping.columns
        if item.role == "identifying" and item.how == "content"
    ]


def _first_cells(column: ColumnMapping, tables: Tables) -> str:
    return listed_some(map(hidden_person, text_of(column, tables).head(3)))


def _personal_cells(column: ColumnMapping, tables: Tables) -> str:
    """Say what the cells look like, never what stands in them."""
    text = text_of(column, tables)
    evidence = header_and_content_identify(column.column, text) or "something that points to a person"
    told = f"{evidence}, which may name anyone" if evidence == "free text" else evidence
    return f"{int(text.str.strip().ne('').sum())} filled cells look like {told}."


# ---------------------------------------------------------------- files that contradict each other


def _contradiction_questions(mapping: Mapping, tables: Tables) -> list[Question]:
    """Ask where two files give the same patients different codes throughout: codes may be the other way round."""
    claims: dict[str, list[ColumnMapping]] = {}
    for item in mapping.columns:
        variable = dictionary_variable(item) if mapping.table_role(item.table) != "leave out" else None
        if variable is not None and variable.kind in ("categorical", "binary") and variable.table == "patients":
            claims.setdefault(item.variable, []).append(item)
    pairs = [(items[0], other) for items in claims.values() for other in items[1:] if other.table != items[0].table]
    found = [(first, second, _other_codes(first, second, mapping, tables)) for first, second in pairs]
    return [_contradiction(first, second, differing) for first, second, differing in found if len(differing)]


def _other_codes(first: ColumnMapping, second: ColumnMapping, mapping: Mapping, tables: Tables) -> pd.DataFrame:
    """Count the pairs of codes of common patients; empty unless they differ one to one."""
    codes = [_codes_by_patient(item, mapping, tables) for item in (first, second)]
    both = pd.concat(codes, axis=1, join="inner", keys=["first", "second"]).dropna()
    pairs = both.value_counts().reset_index(name="n")
    one_to_one = pairs["first"].is_unique and pairs["second"].is_unique and len(pairs) > 1
    differ = (pairs["first"] != pairs["second"]).any()
    return pairs if len(both) >= FEWEST_COMMON and one_to_one and differ else pairs[:0]


def _codes_by_patient(column: ColumnMapping, mapping: Mapping, tables: Tables) -> pd.Series:
    patient, variable = mapping.patient_column(column.table), dictionary_variable(column)
    if patient is None or variable is None:
        return pd.Series(dtype=object)
    text = recode(text_of(column, tables), column.value_map)
    digits = text.str.strip().where(text.str.strip().str.fullmatch(r"\d"))
    codes = digits.where(digits.notna(), read_codes(text, variable).value.astype(object))
    return codes.groupby(tables[column.table].cells[patient].str.strip()).first()


def _contradiction(first: ColumnMapping, second: ColumnMapping, pairs: pd.DataFrame) -> Question:
    label = data_dictionary()[first.variable].label
    found = "; ".join(
        f"{pair.n} patients have {pair.first} there and {pair.second} here" for pair in pairs.itertuples()
    )
    return Question(
        id=f"contradiction|{second.table}|{second.column}|{first.table}",
        kind="contradiction",
        table=second.table,
        columns=(second.column,),
        text=f"{label}: {first.table} and {second.table} use other codes for the same patients. Which one counts?",
        found=f"{found}.",
        choices=(("first", f"{first.table}"), ("second", f"{second.table}"), ("neither", "Read neither")),
    )
