"""Which columns of a CDISC ADaM data set have a meaning that the standard fixes?

Sources: CDISC ADaM Implementation Guide 1.1 (subject-level and time-to-event variables), ADaM
Structure for Occurrence Data 1.0 (adverse events).
"""

from __future__ import annotations

import re
from dataclasses import replace

from analysis.cohort.mapping import ColumnMapping, How
from analysis.cohort.raw import RawTable
from analysis.cohort.value_words import count_words

_VARIABLES = {
    ("adsl", "TRT01P"): "regimen_group",  # planned treatment, as randomised
    ("adsl", "ITTFL"): "eligible",
    ("adae", "AEDECOD"): "term",
    ("adae", "AEBODSYS"): "category",
    ("adae", "AETOXGR"): "grade",
    ("adae", "AESER"): "serious",
    ("adae", "AEREL"): "related",
    ("adae", "AEACN"): "led_to_stop",
}
_SECOND_CHOICE = {("adae", "AESEV"): "grade", ("adae", "AESOC"): "category"}
_DATES = {  # each is the last day on which the subject is known to have been under observation
    ("adsl", "EOSDT"): "last_contact",
    ("adsl", "RFENDT"): "last_contact",
    ("adsl", "DTHDT"): "death",
}
_AFTER_BASELINE = re.compile(
    r"TRTEDTM?|TRT\d\dEDTM?|TRTDUR[DMY]?|AVGDD|CUMDOSE|COMP\d*FL|DISCONFL|DSRAEFL|DTHFL|DTHCAUS|VISNUMEN|RFENDTC|"
    r"DCDECOD|DCS?REAS\w*|EOSSTT|EOSDY|LSTALVDT|AP\d\d\w*|RFX?STDTC|RFXENDTC|AGEU"
)
_INFECTIONS = "INFECTIONS AND INFESTATIONS"


def as_adam_defines(column: ColumnMapping, table: RawTable) -> ColumnMapping:
    """Replace the proposal for a column where the standard says what it is."""
    place = (table.dataset, column.column.upper())
    if place in _VARIABLES or place in _SECOND_CHOICE:
        if table.cells[column.column].str.strip().eq("").all():
            return _left_out(column)
        name = (_VARIABLES | _SECOND_CHOICE)[place]
        how: How = "exact" if place in _VARIABLES else "normalised"
        found = ColumnMapping(table=column.table, column=column.column, role="variable", variable=name, how=how)
        return replace(
            found, value_map=_system_organ_classes(table, column.column) if found.variable == "category" else ()
        )
    if place in _DATES and column.role == "date":
        return replace(column, variable=_DATES[place], how="exact")
    return column


def without_copies(column: ColumnMapping, table: RawTable) -> ColumnMapping:
    """Leave out what the standard places after treatment began, beside another column, or on single records.

    It is proposed so, not forgotten: the mapping lists it and the reader may keep it.
    """
    return _left_out(column) if _is_no_covariate(column, table) else column


def _is_no_covariate(column: ColumnMapping, table: RawTable) -> bool:
    header = column.column.upper()
    of_the_record = table.dataset == "adtte" and column.role == "date" and column.variable != "first_rtx"
    undated = column.role == "date" and (not column.variable or column.how == "guess")
    if of_the_record:
        return True
    if column.role != "keep" and not undated:
        return False
    if table.dataset != "adsl":  # subject-level columns of other data sets are copies of adsl
        return True
    twin = header.endswith("N") and header[:-1] in table.cells
    constant = header.endswith("FL") and table.cells[column.column].nunique() < 2
    return twin or constant or _AFTER_BASELINE.fullmatch(header) is not None


def _left_out(column: ColumnMapping) -> ColumnMapping:
    return ColumnMapping(
        table=column.table, column=column.column, role="keep", keep_as="leave out", how="synonym", confirmed=True
    )


def _system_organ_classes(table: RawTable, column: str) -> tuple[tuple[str, str], ...]:
    """Keep system organ classes as categories of their own; infections join the category every file shares."""
    words = [str(word) for word in count_words(table.cells[column]).index]
    return tuple((word, "infection" if word.upper() == _INFECTIONS else word) for word in words)
