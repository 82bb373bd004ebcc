"""Which code does each word of a column stand for, and which words nobody but the reader can explain?

Spellings are merged and counted. Codes made of digits (0/1, 1/2) are always asked about, because
files disagree on which is which (domain.md 1.8).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

import pandas as pd

from analysis.cohort.cells import NO_CODE, read_codes, squash
from analysis.cohort.dictionary import AE_PREFIX, Variable, data_dictionary
from analysis.cohort.mapping import ColumnMapping, WordCount
from analysis.cohort.meanings import fold_name, read_visit_word, word_lists
from analysis.cohort.vocabulary import fold, map_distinct, words

EVENT_CODES = ("censored", "kidney_failure", "death", "rescue", "withdrawal", "lost", "relapse", "other")
MISSING, CENSORED = "missing", "censored"
GRADE = "grade"
_MOST_WORDS = 60  # a column with more different words is not coded; its words are not asked about


def count_words(text: pd.Series) -> pd.Series:
    """Count the distinct words of a column, outer spaces removed; blank and missing words are left out.

    Returns a Series of counts, most frequent first, indexed by word.
    """
    counts = map_distinct(text, clean_word).value_counts()
    return counts[[word for word in counts.index if fold(word) not in words().missing]]


def clean_word(cell: str) -> str:
    """Write a word without full-width forms and outer spaces."""
    return unicodedata.normalize("NFKC", cell).strip()


def word_table(text: pd.Series, column: ColumnMapping) -> pd.DataFrame:
    """List the words of a column with their counts and what they become.

    Returns
    -------
    DataFrame
        One row per word: ``word``, ``count``, ``code`` (the code it becomes, the word itself where it stays,
        "" where it is missing).
    """
    counts, chosen = count_words(text), dict(column.value_map)
    known = _read_words(list(counts.index), column)
    codes = [chosen.get(word, known.get(word) or word) for word in counts.index]
    return pd.DataFrame({"word": counts.index, "count": counts.to_numpy(), "code": codes})


def propose_words(text: pd.Series, column: ColumnMapping) -> tuple[tuple[str, str], ...]:
    """Map the words of a column that have one meaning beyond what the reader of cells knows anyway."""
    if column.role == "visit":
        return ()
    if column.variable in ("regimen_group", "drug"):
        counts = count_words(text)
        return tuple((word, code) for word in counts.index if (code := read_regimen(word)) and code != word)
    return ()


def variable_of(column: ColumnMapping) -> Variable | None:
    """Look up what a column is coded as; a yes/no column of one kind of adverse event is no dictionary entry."""
    if column.role == "keep" and column.variable.startswith(AE_PREFIX):
        label = column.variable.removeprefix(AE_PREFIX).replace("_", " ")
        return Variable(name=column.variable, label=label, table="patients", kind="binary", levels=("yes", "no"))
    return data_dictionary().get(column.variable) if column.role != "keep" else None


def propose_wide_event(header: str) -> str:
    """Name a yes/no column of one kind of adverse event such as ``AE: pneumonia``; "" for other headers."""
    found = _WIDE_EVENT.fullmatch(clean_word(header))
    kind = squash(found["kind"]) if found else ""
    if not found or kind in word_lists("adverse_events")["details"]:
        return ""
    known = _codes(data_dictionary()["category"]).get(kind)
    return AE_PREFIX + (known or re.sub(r"\W+", "_", found["kind"].strip().casefold()).strip("_"))


def words_to_ask(text: pd.Series, column: ColumnMapping) -> tuple[WordCount, ...]:
    """List the words of a column whose meaning has to be confirmed, with proposals where we have one.

    Empty if every word is known. Digits as codes always count as unknown, and then all words of
    the column are listed, because they can only be told apart together.
    """
    if column.role == "variable" and _needs_no_words(column):
        return ()
    counts = count_words(text)
    if column.role == "visit":
        return _visit_words_to_ask(counts, column)
    if column.role == "event_status":
        return tuple(_word(word, counts, _status_proposal(word, counts, column)) for word in counts.index)
    if column.variable == GRADE:
        return tuple(_word(word, counts, _grade_of(word)) for word in counts.index if _grade_of(word) != word)
    variable = variable_of(column)
    if variable is None or variable.kind in ("continuous", "text") or not 0 < len(counts) <= _MOST_WORDS:
        return ()
    if _are_digits(counts.index) and _digits_are_ambiguous(variable):
        return tuple(_word(word, counts, _digit_proposal(word, counts, variable, column)) for word in counts.index)
    if column.variable == "regimen_group":
        return _unknown_regimens(counts)
    unknown = [word for word, code in _read_words(list(counts.index), column).items() if not code]
    return tuple(_word(word, counts, "") for word in unknown)


def _needs_no_words(column: ColumnMapping) -> bool:
    variable = variable_of(column)
    return column.variable != GRADE and (variable is None or variable.kind in ("continuous", "text"))


def codes_of(column: ColumnMapping) -> tuple[tuple[str, str], ...]:
    """List the codes a word of this column can become, with their labels; empty for free text."""
    if column.role == "event_status":
        labels = {CENSORED: "No event (censored)"}
        event = data_dictionary()["event_type"]
        return tuple((code, labels.get(code, event.level_label(code))) for code in EVENT_CODES) + _IS_MISSING
    if column.variable == GRADE:
        return tuple((grade, f"Grade {grade}") for grade in _GRADES) + _IS_MISSING
    variable = variable_of(column)
    if column.role == "visit" or variable is None or not variable.levels:
        return ()
    return tuple((code, variable.level_label(code)) for code in variable.levels) + _IS_MISSING


def marks_only_yes(text: pd.Series, variable: Variable | None) -> bool:
    """Tell whether a yes/no column holds a mark such as ``x`` where yes and blanks elsewhere."""
    if variable is None or variable.kind != "binary":
        return False
    counts = count_words(text)
    blank = text.str.strip().eq("")
    return len(counts) == 1 and bool(blank.any()) and fold(str(counts.index[0])) in _MARKS | words().yes


def read_regimen(word: str) -> str:
    """Write a regimen by its drugs, rituximab first: ``Rituximab + FK506`` is RTX+TAC; "" if a part is unknown."""
    known = _codes(data_dictionary()["regimen_group"])
    whole = known.get(squash(word))
    if whole is not None:
        return whole
    parts = [part for part in re.split(_JOINTS, clean_word(word)) if part]
    drugs = [_codes(data_dictionary()["drug"]).get(squash(part), "") for part in parts]
    if not drugs or "" in drugs or "other" in drugs:
        return ""
    return "+".join(sorted(dict.fromkeys(drugs), key=lambda drug: (drug != "RTX", drug)))


def recode(text: pd.Series, value_map: tuple[tuple[str, str], ...]) -> pd.Series:
    """Replace words by their codes; ``missing`` and "" blank a cell, unlisted words stay."""
    if not value_map:
        return text
    chosen = {clean_word(word): "" if code == MISSING else code for word, code in value_map}
    codes, unique = pd.factorize(text)
    replaced = [chosen.get(clean_word(str(cell)), str(cell)) for cell in unique]
    return pd.Series(pd.Index(replaced, dtype=object).take(codes), index=text.index, dtype=object, name=text.name)


def _grade_of(word: str) -> str:
    """Read a grade written as a number or as a severity; "" where it is neither."""
    folded = fold_name(word)
    known = next((grade for grade, others in word_lists("values")["grade"].items() if folded in others), "")
    number = re.fullmatch(r"(?:grade|gr|g|级|grado)?([1-5])(?:级)?", folded)
    return word if word in _GRADES else number[1] if number else known


_WIDE_EVENT = re.compile(
    r"(?:ae|adverse event|adverse reaction|不良反应|不良事件|evento adverso|efecto adverso|reacción adversa)"
    r"(?:[\s_:\-–]+|(?<=[应件]))(?P<kind>.+)",
    re.IGNORECASE,
)
_GRADES = ("1", "2", "3", "4", "5")
_MARKS = frozenset({"x", "√", "✓", "✔", "v", "*"})
_IS_MISSING = ((MISSING, "Missing"),)
_JOINTS = re.compile(r"\s*(?:\+|/|&|,|、|联合|\bplus\b|\band\b|\bwith\b|\by\b|\bcon\b|\bmás\b)\s*", re.IGNORECASE)


def _word(word: str, counts: pd.Series, proposal: str) -> WordCount:
    return WordCount(word=str(word), count=int(counts[word]), proposal=proposal)


def _are_digits(index: pd.Index) -> bool:
    return len(index) > 0 and all(re.fullmatch(r"\d(\.0+)?", str(word)) for word in index)


def _digits_are_ambiguous(variable: Variable) -> bool:
    """Stages and grades are digits by nature; other codes made of digits are not."""
    return variable.kind in ("binary", "categorical") and variable.name != "synthetic"


def _digit_proposal(word: str, counts: pd.Series, variable: Variable, column: ColumnMapping) -> str:
    """Propose 1 = yes beside 0 (domain.md 1.8); other digits say nothing."""
    digits = {str(item)[0] for item in counts.index}
    if variable.kind == "binary" and digits <= {"0", "1"}:
        return "yes" if word.startswith("1") else "no"
    header = fold_name(re.sub(r"[(\[].*", "", column.column))
    if variable.name == "sex" and header in ("male", "female") and digits <= {"0", "1"}:
        return header if word.startswith("1") else {"male": "female", "female": "male"}[header]
    return ""


def _unknown_regimens(counts: pd.Series) -> tuple[WordCount, ...]:
    """Ask only where spellings look alike or are codes; any other name of a regimen is as good as another."""
    alike: dict[str, list[str]] = {}
    for word in counts.index:
        alike.setdefault(squash(read_regimen(word) or word), []).append(str(word))
    asked = [group for group in alike.values() if len(group) > 1 and not all(map(read_regimen, group))]
    most_frequent = [(word, group[0]) for group in asked for word in group]
    return tuple(_word(word, counts, code) for word, code in most_frequent)


def _status_proposal(word: str, counts: pd.Series, column: ColumnMapping) -> str:
    """Propose the event of a status word; digits are only proposed under a censoring header (0 = event)."""
    folded = fold_name(word)
    for code, synonyms in word_lists("values")["event_status"].items():
        if folded in set(map(fold_name, synonyms)):
            return str(code)
    censoring = fold_name(column.column) in set(map(fold_name, ("cnsr", "censor", "censored", "censoring", "删失")))
    return CENSORED if censoring and _are_digits(counts.index) and float(word) >= 1 else ""


def _visit_words_to_ask(counts: pd.Series, column: ColumnMapping) -> tuple[WordCount, ...]:
    """Ask about visits without a known month, and about plain visit numbers that are hardly months."""
    chosen = dict(column.value_map)
    read = {str(word): read_visit_word(str(word)) for word in counts.index}
    unknown = [word for word, (kind, _) in read.items() if not kind]
    if not unknown and (column.how == "guess" or _are_visit_numbers(column, read)):
        return tuple(_word(word, counts, "") for word in read)
    return tuple(_word(word, counts, chosen.get(word, "")) for word in unknown)


def _are_visit_numbers(column: ColumnMapping, read: dict[str, tuple[str, float | None]]) -> bool:
    """Tell 1, 2, 3, 4 under "visit" from months."""
    months = sorted({month for word, (_, month) in read.items() if month is not None and word.strip().isdigit()})
    named = "month" in fold_name(column.column) or fold_name(column.column) in ("mes", "meses", "月", "月份")
    consecutive = len(months) > 2 and months == [months[0] + step for step in range(len(months))]
    return not named and consecutive and len(months) == len(read)


def _read_words(cells: list[str], column: ColumnMapping) -> dict[str, str]:
    """Read words as the reader of cells will; "" where it does not know one."""
    variable = variable_of(column)
    if variable is None or variable.kind == "continuous":
        return dict.fromkeys(cells, "")
    if column.variable == "regimen_group":
        return {word: read_regimen(word) for word in cells}
    reading = read_codes(pd.Series(cells, dtype=object), variable)
    known = reading.value.where(reading.complaint != NO_CODE).where(reading.value.notna())
    return {word: "" if pd.isna(code) else str(code) for word, code in zip(cells, known, strict=True)}


@cache
def _codes(variable: Variable) -> dict[str, str]:
    """Index the levels and synonyms of a variable by squashed word."""
    synonyms = {squash(word): level for level, group in variable.value_synonyms for word in (level, *group)}
    return synonyms | {squash(level): level for level in variable.levels}
