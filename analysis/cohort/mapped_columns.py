"""What does one column say in canonical codes and units, once its meaning is settled?"""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from analysis.cohort.cell_units import units_in_cells, without_units
from analysis.cohort.cells import read_numbers
from analysis.cohort.columns import Source, column_problem, row_problems
from analysis.cohort.dates import day_offsets, read_dates
from analysis.cohort.dictionary import data_dictionary
from analysis.cohort.mapping import ColumnMapping, Mapping, Question
from analysis.cohort.meanings import read_visit_word
from analysis.cohort.model import Problem, Severity
from analysis.cohort.settled import listed_some
from analysis.cohort.table_shapes import Tables
from analysis.cohort.unit_parts import BLANK, part_units
from analysis.cohort.units import convert_text, known_unit, settle_commas, unit_factor
from analysis.cohort.value_words import clean_word, count_words, recode
from analysis.cohort.visits import DAYS_PER_MONTH
from analysis.cohort.vocabulary import fold, map_distinct, words

DAYS_PER_YEAR = 365.25
_IDENTIFYING_REMEDY = "Nothing to do. Map the column again if it names nobody."


@dataclass(frozen=True, kw_only=True, eq=False)
class Prepared:
    """All a column needs beside its own cells.

    ``ids`` gives the patient of every spreadsheet row of a table, ``zero`` the date of time zero by
    patient, ``units`` the unit every measured column is read in, ``blocked`` the open question
    that keeps a column from being read.
    """

    mapping: Mapping
    tables: Tables
    ids: dict[str, pd.Series]
    zero: pd.Series
    units: dict[tuple[str, str], str]
    blocked: dict[tuple[str, str], Question]

    def source(self, table: str) -> Source:
        """Say where the cells of a table stand."""
        return Source(file=self.tables[table].file, sheet=self.tables[table].sheet, patients=self.ids[table])

    def cells(self, column: ColumnMapping) -> pd.Series:
        """Take the cells of a column."""
        return self.tables[column.table].cells[column.column]

    def zero_of(self, table: str) -> pd.Series:
        """Give the date of time zero on the rows of a table."""
        return pd.to_datetime(self.ids[table].map(self.zero))


@dataclass(frozen=True)
class Reason:
    """Why columns are not read, said of one and of many, and what can be done."""

    one: str
    many: str
    remedy: str


AS_MAPPED = Reason(
    "was left out, as the mapping says", "were left out, as the mapping says", "Nothing to do if this is meant."
)
CHANGES = Reason(
    "changes between the rows of a patient and is no known laboratory value",
    "change between the rows of a patient and are no known laboratory values",
    "Map it if it is a known variable.",
)
OF_SINGLE_ROWS = Reason(
    "describes single rows and is no known variable of this table",
    "describe single rows and are no known variables of this table",
    "Map it if it is a known variable.",
)


@dataclass(kw_only=True, eq=False)
class Ledger:
    """Everything that was converted, blanked or left out while a mapping was applied.

    ``unread`` gathers the columns of the table at hand that are not read, with their filled cells.
    """

    problems: list[Problem] = field(default_factory=list)
    conversions: list[str] = field(default_factory=list)
    unread: dict[Reason, list[tuple[str, int]]] = field(default_factory=dict)

    def note(self, column: ColumnMapping, source: Source, severity: Severity, message: str, remedy: str) -> None:
        """List one thing about a whole column."""
        problem = column_problem(column.column, source, severity=severity, message=message, remedy=remedy)
        self.problems.append(problem)

    def leave_unread(self, column: ColumnMapping, reason: Reason, n_cells: int) -> None:
        """Remember a column that is not read; the columns of a table are listed together."""
        self.unread.setdefault(reason, []).append((column.column, n_cells))


def n_filled(text: pd.Series) -> int:
    """Count the cells that say something."""
    return int((~map_distinct(text, fold).isin(words().missing)).sum())


def left_out(column: ColumnMapping, prepared: Prepared, ledger: Ledger) -> bool:
    """Tell whether a column is not read, and list it with its number of cells."""
    question = prepared.blocked.get((column.table, column.column))
    unread = column.role in ("identifying", "drop") or (column.role == "keep" and column.keep_as == "leave out")
    if question is None and not unread:
        return False
    source, n_cells = prepared.source(column.table), n_filled(prepared.cells(column))
    lost = f"Its {n_cells} cells were not read."
    if column.role == "identifying":
        message = f"Patients must not be identifiable; “{column.column}” could tell who they are. {lost}"
        ledger.note(column, source, "warning", message, _IDENTIFYING_REMEDY)
    elif unread:
        ledger.leave_unread(column, AS_MAPPED, n_cells)
    elif question is not None and n_cells:
        message = f"“{column.column}” needs an answer first: {question.text} {lost}"
        ledger.note(column, source, "error", message, f"Answer the question. {question.found}")
    else:
        return False
    return True


def measured(column: ColumnMapping, prepared: Prepared, ledger: Ledger) -> pd.Series:
    """Convert a measured column to the canonical unit; cells known to be in another unit by that one."""
    text, variable = prepared.cells(column), data_dictionary()[column.variable]
    text = coded(column, prepared, ledger) if column.value_map else text  # severities as grades
    unit = prepared.units.get((column.table, column.column), variable.unit)
    rounding = prepared.mapping.upcr_rounding
    factor = unit_factor(variable, unit, upcr_rounding=rounding)
    of_cells = units_in_cells(text, variable) | dict(column.other_units)
    others = {cell: unit_factor(variable, other, upcr_rounding=rounding) for cell, other in of_cells.items()}
    parts = part_units(column, prepared.mapping, prepared.tables)
    text = text.mask(parts.eq(BLANK), "")
    of_part = {name: unit_factor(variable, name, upcr_rounding=rounding) for name in parts.unique() if name}
    factors = text.str.strip().map(others).astype(float).fillna(parts.map(of_part)).fillna(factor)
    ledger.conversions += _part_sentences(column, parts[prepared.cells(column).str.strip().ne("")])
    stated = known_unit(variable, column.header_unit)
    if stated and stated != unit:
        sentence = f"{column.column}: the header says {column.header_unit}, read in {unit} as confirmed."
        ledger.conversions.append(sentence)
    plain = without_units(text, of_cells)
    if (factors == 1).all():
        return settle_commas(plain, column.decimal)
    converted = convert_text(plain, factors, column.decimal)
    read = read_numbers(settle_commas(plain, column.decimal)).value.notna()
    n_converted = int((read & ~text.str.strip().isin(others) & parts.eq("")).sum())
    if n_converted and factor != 1:
        ledger.conversions.append(
            f"{column.column}: {n_converted} values from {unit} to {variable.unit} (× {factor:g})."
        )
    for cell, other in column.other_units:
        n_cells = int(text.str.strip().eq(cell).sum())
        sentence = (
            f"{column.column}: “{cell}” ({n_cells}) read in {other}, converted to {variable.unit} (× {others[cell]:g})."
        )
        ledger.conversions += [sentence] if n_cells else []
    ledger.conversions += _written_sentences(column, text, of_cells, others)
    return converted


def _written_sentences(
    column: ColumnMapping, text: pd.Series, units: dict[str, str], factors: dict[str, float]
) -> list[str]:
    """Say how many cells were read in the unit written in them."""
    asked = dict(column.other_units)
    written = {cell: (unit, factors[cell]) for cell, unit in units.items() if cell not in asked}
    counts = text.str.strip().map(written).value_counts(sort=False)
    return [
        f"{column.column}: {n} values in {unit}, as written in the cell (× {factor:g})."
        for (unit, factor), n in counts.items()
    ]


def _part_sentences(column: ColumnMapping, parts: pd.Series) -> list[str]:
    """Say which part of a column was read in a unit of its own."""
    rules: dict[str, list[str]] = {}
    for rule, unit in column.part_units:
        rules.setdefault(unit, []).append(rule.replace("\t", " "))
    return [
        f"{column.column}: {int(parts.eq(unit).sum())} values ({', '.join(of)}) "
        + ("left blank, as the mapping says." if unit == BLANK else f"read in {unit}, as confirmed.")
        for unit, of in rules.items()
    ]


def coded(column: ColumnMapping, prepared: Prepared, ledger: Ledger) -> pd.Series:
    """Turn the words of a column into codes, counting each word."""
    if not column.value_map:
        return prepared.cells(column)
    text, counts = prepared.cells(column), count_words(prepared.cells(column))
    recoded = recode(text, column.value_map)
    changed = [(word, code) for word, code in column.value_map if word in counts.index and word != code]
    sentences = [f"{word} → {code or 'missing'} ({counts[word]})" for word, code in changed]
    n_blank = int((map_distinct(text, clean_word).eq("") & recoded.ne(text)).sum())
    sentences += [f"blank → {dict(column.value_map)['']} ({n_blank})"] if n_blank else []
    ledger.conversions += [f"{column.column}: {', '.join(sentences)}."] if sentences else []
    return recoded


def visit_months(column: ColumnMapping, prepared: Prepared, ledger: Ledger) -> dict[str, pd.Series]:
    """Read a column of visits as ``month`` and ``unscheduled``; visits without a known month stay blank."""
    text, chosen = prepared.cells(column), dict(column.value_map)
    codes, unique = pd.factorize(text)
    read = [read_visit_word(chosen.get(clean_word(str(cell)), clean_word(str(cell)))) for cell in unique]
    months = pd.Index([f"{month:g}" if month is not None else "" for _, month in read], dtype=object).take(codes)
    unscheduled = pd.Index(["yes" if kind == "unscheduled" else "no" for kind, _ in read], dtype=object).take(codes)
    named = [f"{word} → month {month}" for word, month in chosen.items()]
    ledger.conversions += [f"{column.column}: {', '.join(named)}."] if named else []
    return {
        "month": pd.Series(months, index=text.index, dtype=object),
        "unscheduled": pd.Series(unscheduled, index=text.index, dtype=object),
    }


def days_from_zero(column: ColumnMapping, prepared: Prepared, ledger: Ledger) -> pd.Series | None:
    """Turn dates into days from time zero as text, listing what could not be read; None without a time zero."""
    text, source = prepared.cells(column), prepared.source(column.table)
    if prepared.zero.empty:
        message = f"Dates need a time zero; “{column.column}” was dropped. Its {n_filled(text)} cells were not read."
        ledger.note(column, source, "warning", message, "Choose the date that is day 0.")
        return None
    reading, zero = read_dates(text, column.date_order), prepared.zero_of(column.table)
    message = "A date needs day, month and year; for {patient} “{value}” cannot be read as one."
    remedy = "Correct the date. The cell was left blank."
    ledger.problems += row_problems(text[reading.unreadable], source, severity="error", message=message, remedy=remedy)
    without = source.patients[reading.date.notna() & zero.isna()]
    if len(without):
        who = listed_some(without.drop_duplicates())
        message = f"A date counts from time zero; {len(without)} dates of patients without one were left blank ({who})."
        ledger.note(column, source, "warning", message, "Fill in the date of time zero.")
    if reading.partial.any():
        message = f"{int(reading.partial.sum())} dates name only the month; the 15th was assumed."
        ledger.note(column, source, "info", message, "Fill in the day where it matters.")
    days = day_offsets(reading.date, zero)
    ledger.conversions.append(f"{column.column}: {int(days.notna().sum())} dates became days from time zero.")
    return as_text(days)


def age_at_zero(column: ColumnMapping, prepared: Prepared, ledger: Ledger) -> pd.Series | None:
    """Turn dates of birth into the age at time zero; a two-digit year after time zero is of the century before.

    A birth after time zero by a year of four digits gives no age, and is listed.
    """
    text, source = prepared.cells(column), prepared.source(column.table)
    if prepared.zero.empty:
        message = f"Dates of birth identify patients; without a time zero their {n_filled(text)} cells were dropped."
        ledger.note(column, source, "warning", message, "Choose the date that is day 0, or add a column of ages.")
        return None
    birth, zero = read_dates(text, column.date_order).date, prepared.zero_of(column.table)
    short_year = ~text.str.contains(r"\d{4}")
    birth = birth.mask((birth > zero) & short_year, birth - pd.DateOffset(years=100))
    years = (zero - birth).dt.days / DAYS_PER_YEAR
    years = years.where(years >= 0)
    ledger.conversions.append(
        f"{column.column}: {int(years.notna().sum())} dates of birth became ages and were dropped."
    )
    lost = source.patients[years.isna() & ~map_distinct(text, fold).isin(words().missing)]
    if len(lost):
        message = f"An age needs a date of birth before time zero; {len(lost)} are unknown ({listed_some(lost)})."
        ledger.note(column, source, "error", message, "Correct the dates. These ages were left blank.")
    return years.map("{:.1f}".format, na_action="ignore").fillna("").astype(object)


def event_days(column: ColumnMapping, prepared: Prepared) -> pd.Series:
    """Read times to an event in days; NaN where the cell holds no number."""
    factor = {"days": 1.0, "months": DAYS_PER_MONTH, "years": DAYS_PER_YEAR}[column.unit or "days"]
    return read_numbers(settle_commas(prepared.cells(column), column.decimal)).value.astype(float) * factor


def as_text(days: pd.Series) -> pd.Series:
    """Write whole days as text, blank where missing."""
    return days.map("{:.0f}".format, na_action="ignore").fillna("").astype(object)
