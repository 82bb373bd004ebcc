"""What must still be confirmed before a mapping can be applied, and what does an answer change?"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping as Dict
from dataclasses import replace
from typing import Any

from analysis.cohort.centre_files import apart_names
from analysis.cohort.date_questions import NO_TIME_ZERO, date_questions
from analysis.cohort.dictionary import data_dictionary
from analysis.cohort.identity import header_identifies
from analysis.cohort.legends import LEGEND
from analysis.cohort.mapping import Mapping, Question, WordCount
from analysis.cohort.place_questions import place_questions
from analysis.cohort.proposals import propose_table_role
from analysis.cohort.raw import RawTables
from analysis.cohort.settled import listed_some
from analysis.cohort.table_shapes import Tables, prepare_tables
from analysis.cohort.unit_parts import SAME
from analysis.cohort.unit_questions import LEAVE_OUT
from analysis.cohort.value_questions import value_questions
from analysis.results import CohortError


def open_questions(mapping: Mapping, raw: RawTables) -> tuple[Question, ...]:
    """List every thing the file does not say with certainty and nobody has answered yet.

    An answer is kept by the id of its question, which names what was found; when next month's
    file brings another code or unit, the question is asked again.
    """
    return questions_about(mapping, prepare_tables(raw))


def questions_about(mapping: Mapping, tables: Tables) -> tuple[Question, ...]:
    """List the open questions about tables that are prepared already."""
    answered = {question for question, _ in mapping.answers}
    found = [*place_questions(mapping, tables), *date_questions(mapping, tables), *value_questions(mapping, tables)]
    return _told_apart([question for question in found if question.id not in answered])


def _told_apart(questions: list[Question]) -> tuple[Question, ...]:
    """Name file, sheet and columns in questions that would read the same."""
    times = Counter(question.text for question in questions)
    return tuple(
        replace(question, text=f"{question.text} ({listed_some(question.columns, 3)} in {question.table})")
        if times[question.text] > 1
        else question
        for question in questions
    )


def answer_question(mapping: Mapping, question: Question, answer: str | Dict[str, str]) -> Mapping:
    """Complete a mapping by one answer.

    Parameters
    ----------
    mapping, question
        The mapping, and one of its open questions.
    answer
        One of the choices; for a question with words a code per word ("missing" blanks it; a
        month as text for visits; any text where ``choices`` is empty).

    Raises
    ------
    CohortError
        If the answer is none of the choices, or a word has no code.
    """
    _require_valid(question, answer)
    recorded = answer if isinstance(answer, str) else json.dumps(dict(answer), ensure_ascii=False, sort_keys=True)
    changed = _changed(mapping, question, answer)
    return changed.with_answer(question.id, recorded)


def accept_proposals(mapping: Mapping, raw: RawTables, *, rounds: int = 4) -> Mapping:
    """Answer every question that has a proposal with it; those without one stay open.

    An answer can raise the next question (a confirmed meaning, that of its unit), so this is done
    in a few rounds.
    """
    tables = prepare_tables(raw)
    for _ in range(rounds):
        answerable = [question for question in questions_about(mapping, tables) if question.has_proposal()]
        for question in answerable:
            mapping = answer_question(mapping, question, proposed_answer(question))
        if not answerable:
            break
    return mapping


def proposed_answer(question: Question) -> str | dict[str, str]:
    """Give the answer that is proposed, in the form ``answer_question`` takes."""
    return {item.word: item.proposal for item in question.words} if question.words else question.proposal


def _require_valid(question: Question, answer: str | Dict[str, str]) -> None:
    allowed = {choice for choice, _ in question.choices}
    given = list(answer.values()) if isinstance(answer, Dict) else [answer]
    wrong_form = isinstance(answer, Dict) != bool(question.words)
    strange = [item for item in given if allowed and item not in allowed]
    if question.kind == "month":
        strange = [item for item in given if not _is_number(item)]
    without = _words_without(question.words, answer) if isinstance(answer, Dict) else []
    if wrong_form or strange or without:
        raise CohortError(
            f"The question “{question.text}” needs one of its answers"
            + (" for every word." if question.words else "."),
            f"It was given {', '.join(map(str, strange or without)) or 'another form of answer'}.",
            f"Choose among {', '.join(sorted(allowed)) or 'words of your own'}.",
        )


def _words_without(words: tuple[WordCount, ...], answer: Dict[str, str]) -> list[str]:
    return [item.word for item in words if not answer.get(item.word, "")]


def _is_number(text: str) -> bool:
    return text.strip().replace(".", "", 1).isdigit()


# ---------------------------------------------------------------- what an answer changes


def _changed(mapping: Mapping, question: Question, answer: str | Dict[str, str]) -> Mapping:
    """Apply an answer to the columns of its question."""
    if isinstance(answer, Dict):
        return _with_words(mapping, question, answer)
    if question.kind == "time_zero":
        table, _, column = ("", "", "") if answer == NO_TIME_ZERO else answer.partition("\t")
        return replace(mapping, time_zero=(table, column))
    if question.kind == "centre":
        return replace(mapping, id_with_centre=answer == "apart")
    if question.kind == "files":
        named = apart_names(question) if answer == "apart" else ()
        return replace(mapping, apart=tuple(dict.fromkeys((*mapping.apart, *reversed(named)))))
    if question.kind == "legend":
        return mapping.with_table_role(question.table, "leave out") if answer == LEGEND else mapping
    if question.kind == "rounding":
        return replace(mapping, upcr_rounding="guideline" if answer == "guideline" else "exact")
    if question.kind == "exchanged_dates":
        return replace(
            mapping, corrections=(*mapping.corrections, *(question.corrections if answer == "exchange" else ()))
        )
    if question.kind == "contradiction":
        return _with_one_file(mapping, question, answer)
    if question.kind == "patient_id":
        changed = mapping.with_column(question.table, answer, role="patient_id", how="chosen", confirmed=True)
        changed = replace(changed, pseudonyms=changed.pseudonyms or header_identifies(answer))
        return changed.with_table_role(question.table, propose_table_role(changed.columns_of(question.table)))
    if question.kind == "same_meaning":
        others = [name for name in question.columns if name != answer]
        first = mapping.column(question.table, answer)
        known = None if first is None or first.role != "variable" else data_dictionary().get(first.variable)
        role = "drop" if known is not None and known.table == "visits" else "keep"
        return _with_columns(mapping, question.table, others, role=role, variable="", month=None, how="chosen")
    return _with_columns(mapping, question.table, question.columns, **_column_changes(mapping, question, answer))


def _column_changes(mapping: Mapping, question: Question, answer: str) -> dict[str, Any]:
    """Say which fields of a column an answer sets."""
    column = mapping.column(question.table, question.columns[0])
    units, words = ((), ()) if column is None else (column.other_units, column.value_map)
    if answer == LEAVE_OUT:
        return {"role": "drop", "confirmed": True}
    if question.kind in ("unit", "time_unit"):
        return {"unit": answer, "confirmed": True}
    if question.kind == "other_unit":
        return {"other_units": (*units, *((cell, answer) for cell in question.cells if answer != "blank"))}
    if question.kind == "part_unit":
        parts = () if column is None else column.part_units
        return {} if answer == SAME else {"part_units": (*parts, *((rule, answer) for rule in question.cells))}
    if question.kind == "meaning":
        kept: dict[str, Any] = {"role": "keep", "variable": "", "month": None, "confirmed": True}
        return {"confirmed": True} if answer == "yes" else kept
    if question.kind == "identifying":
        return {"confirmed": True} | ({"role": "keep", "keep_as": "covariate"} if answer == "keep" else {})
    if question.kind == "blank":
        return {"value_map": (*words, ("", "no"))} if answer == "no" else {}
    if question.kind == "month":
        return {"month": _month(answer)}
    return {question.kind: answer}  # decimal, date_order


def _month(answer: str) -> float | None:
    return float(answer) if _is_number(answer) else None


def _with_columns(mapping: Mapping, table: str, columns: Any, **changes: Any) -> Mapping:
    for name in columns:
        mapping = mapping.with_column(table, name, **changes)
    return mapping


def _with_words(mapping: Mapping, question: Question, answer: Dict[str, str]) -> Mapping:
    """Add the codes of words to the columns of a question, replacing earlier codes of the same words."""
    for name in question.columns:
        column = mapping.column(question.table, name)
        known = dict(column.value_map) if column is not None else {}
        mapping = mapping.with_column(
            question.table, name, value_map=tuple((known | dict(answer)).items()), confirmed=True
        )
    return mapping


def _with_one_file(mapping: Mapping, question: Question, answer: str) -> Mapping:
    """Read a variable from one of two files that contradict each other."""
    second = mapping.column(question.table, question.columns[0])
    first_table = question.id.rsplit("|", 1)[-1]
    first = next(
        (item for item in mapping.columns_of(first_table) if second and item.variable == second.variable), None
    )
    dropped = {"first": [second], "second": [first], "neither": [first, second]}[answer]
    for column in [item for item in dropped if item is not None]:
        mapping = mapping.with_column(column.table, column.column, role="drop", confirmed=True)
    return mapping
