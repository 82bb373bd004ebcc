"""Which columns describe a patient before treatment, and what kind of variable is each?"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from analysis.cohort.baseline_values import QUALIFIER_SUFFIX
from analysis.cohort.dictionary import Variable, data_dictionary, is_post_baseline, variable
from analysis.cohort.model import Problem
from analysis.cohort.patient_columns import NO_VALUE

OTHER = "Other"
ROW_GROUPS = (  # display.md, baseline table; a row group that is not listed follows
    "Demographics", "Disease", "Kidney", "Blood and vital signs", "Comorbidity", "Earlier treatment",
    "Supportive treatment",
)  # fmt: skip
_LOOK = 50  # values
MOST_LEVELS = 12  # a column of the file with more different texts than this is not a category

ColumnKind = Literal["continuous", "binary", "categorical"]


@dataclass(frozen=True, kw_only=True, eq=False)
class BaselineColumn:
    """One baseline variable of the selected patients, one element per patient.

    ``values`` are floats (canonical unit, half the limit where below detection) or level codes,
    NaN or None where missing; ``limited`` marks values below or above detection, ``above`` the latter. For a category,
    ``seen`` lists the level codes and ``places`` gives each patient's place in it, -1 where missing.
    """

    variable: Variable
    kind: ColumnKind
    row_group: str
    values: np.ndarray
    present: np.ndarray
    limited: np.ndarray
    above: np.ndarray
    patient_ids: np.ndarray
    seen: tuple[str, ...] = ()
    places: np.ndarray | None = None

    def levels(self) -> list[str]:
        """List the levels to show: one for a dichotomy (its last where none is "yes"), else all, dictionary first."""
        if self.kind == "binary" and self.variable.name == "sex":
            return ["male"]
        if self.kind == "binary":
            return ["yes"] if len(self.seen) < 2 or "yes" in self.seen else in_order(self.seen)[-1:]
        listed = [level for level in self.variable.levels if level in self.seen]
        return [*listed, *in_order(set(self.seen).difference(listed))] or [""]

    def having(self, level: str) -> np.ndarray:
        """Mark the patients of one level."""
        if self.places is None or level not in self.seen:
            return np.zeros(len(self.values), dtype=bool)
        return self.places == self.seen.index(level)

    def counts(self, inside: np.ndarray) -> np.ndarray:
        """Count the marked patients of each level, in the order of ``seen``."""
        places = self.places[inside & self.present] if self.places is not None else []
        return np.bincount(places, minlength=len(self.seen))


def baseline_column_names(patients: pd.DataFrame, *, group_column: str | None = None) -> tuple[list[str], list[str]]:
    """Sort the columns of ``View.patients()`` into those to describe and the file's own unusable ones.

    Parameters
    ----------
    patients
        One row per patient, as ``View.patients()`` gives it.
    group_column
        The column that forms the groups; it cannot describe them.

    Returns
    -------
    tuple of two lists
        Dictionary variables by row group, in dictionary order within it (no identifiers, screening,
        withdrawal, free text or post-baseline variables), then the file's own columns that are
        numbers or have at most ``MOST_LEVELS`` different values; and the file's own columns that
        are neither.
    """
    left_out = _NOT_BASELINE | {group_column} | _single_regimen(patients)
    held = set(patients.columns)
    known = [
        name
        for name, entry in data_dictionary().items()
        if name in held and name not in left_out and entry.row_group not in _NOT_BASELINE_GROUPS
        and not entry.post_baseline and entry.kind != "text" and entry.table in ("patients", "visits")
    ]  # fmt: skip
    known.sort(key=lambda name: _row_group_place(variable(name).row_group))
    own = [name for name in patients if name not in data_dictionary() and name not in left_out]
    own = [name for name in own if not name.endswith(QUALIFIER_SUFFIX) and not is_post_baseline(str(name))]
    own = [name for name in own if not _SET_ASIDE.fullmatch(str(name))]
    usable = [name for name in own if _is_usable(patients[name])]
    return [*known, *usable], [name for name in own if name not in usable]


def empty_column_names(problems: Iterable[Problem], patients: pd.DataFrame) -> list[str]:
    """List the columns that would describe a patient but hold no value in the whole file, and so were not read."""
    empty = (item.column.split(", ") for item in problems if item.message.startswith(NO_VALUE))
    names = dict.fromkeys(name for names in empty for name in names if name not in patients)
    return [name for name in names if name not in _NOT_BASELINE and _describes(name)]


def set_aside_names(patients: pd.DataFrame) -> list[str]:
    """List the columns whose CDISC name says that they name the treatment, or come from after it began."""
    return [name for name in map(str, patients) if _SET_ASIDE.fullmatch(name)]


def in_order(levels: Iterable[str]) -> list[str]:
    """Sort levels: ranges of numbers ("<65", "65-80", ">80") by size, as soon as all are; else by their letters."""
    levels = sorted(levels)
    ranges = [_RANGE.match(level) for level in levels]
    if not all(ranges):
        return levels
    places = {"<": -1, "≤": -1, ">": 1, "≥": 1}
    keys = {level: (float(at[2]), places.get(at[1], 0)) for level, at in zip(levels, ranges, strict=True) if at}
    return sorted(levels, key=keys.__getitem__)


def _describes(name: str) -> bool:
    entry = data_dictionary().get(name)
    if entry is None:
        return not is_post_baseline(name)
    return entry.row_group not in _NOT_BASELINE_GROUPS and not entry.post_baseline and entry.kind != "text"


def read_baseline_column(patients: pd.DataFrame, name: str) -> BaselineColumn:
    """Take one column of ``View.patients()`` as numbers or as level codes.

    A dichotomy stored as 1/0 or True/False becomes "yes"/"no". Values below detection become half
    their limit (domain.md 1.5), values above it keep the limit.
    """
    entry, cells = variable(name), patients[name]
    in_file, found = (None, ()) if _is_plainly_continuous(entry, cells) else pd.factorize(cells)
    kind: ColumnKind = "continuous" if in_file is None else _kind(entry, cells, set(found))
    seen: tuple[str, ...] = ()
    places: np.ndarray | None = None
    if in_file is None or kind == "continuous":
        values, limited, above = _numbers(patients, name)
        present = ~np.isnan(values)
    else:
        seen, place_of = _level_texts(cells, list(found), binary=kind == "binary")
        places = place_of[in_file]
        values = np.array([*seen, None], dtype=object)[places]
        present, limited, above = places >= 0, np.zeros(len(cells), dtype=bool), np.zeros(len(cells), dtype=bool)
    return BaselineColumn(
        variable=entry,
        kind=kind,
        row_group=entry.row_group or OTHER,
        values=values,
        present=present,
        limited=limited,
        above=above,
        patient_ids=patients["patient_id"].to_numpy(dtype=object),
        seen=seen,
        places=places,
    )


_SET_ASIDE = re.compile(  # CDISC ADaM Implementation Guide 1.1: treatment, and populations known only after it began
    r"(ACT)?ARM(CD)?|TRT\d\d[PA]N?|TRTSEQ[PA]N?|TR\d\dPG\dN?|(EFF|FAS|PPROT|PPS|COMPL?)\d*FL"
)
_PLACE = re.compile(r"(SITE|CENT(RE|ER)|HOSPITAL)[ _]?(ID|NO|NUMBER|CODE|GR\d+)?", re.IGNORECASE)  # numbers are names
_RANGE = re.compile(r"\s*([<>≤≥]?)=?\s*(\d+(?:\.\d+)?)(?!\w)")
_NOT_BASELINE = frozenset({"patient_id", "group", "cohort"})
_NOT_BASELINE_GROUPS = frozenset({"Identity", "Screening", "Course"})


def _single_regimen(patients: pd.DataFrame) -> set[str]:
    """Leave the regimen out where everybody had the same."""
    return {name for name in ("regimen_group",) if name in patients and patients[name].nunique() < 2}


def _row_group_place(row_group: str) -> int:
    return ROW_GROUPS.index(row_group) if row_group in ROW_GROUPS else len(ROW_GROUPS)


def _is_usable(values: pd.Series) -> bool:
    is_number = pd.api.types.is_numeric_dtype(values) and not _PLACE.fullmatch(str(values.name))
    return is_number or values.nunique() <= MOST_LEVELS


def _kind(entry: Variable, values: pd.Series, seen: set) -> ColumnKind:
    known = entry.name in data_dictionary()
    if entry.name == "sex":
        return "binary" if seen <= {"male", "female"} else "categorical"
    if (entry.kind == "binary" or not known) and (seen or known) and seen <= {"yes", "no", True, False}:
        return "binary"
    if known:
        return "categorical"
    if _PLACE.fullmatch(entry.name):
        return "categorical"
    if len(seen) == 2:
        return "binary"
    return "continuous" if pd.api.types.is_numeric_dtype(values) and len(seen) > 2 else "categorical"


def _is_plainly_continuous(entry: Variable, values: pd.Series) -> bool:
    """Tell whether the dictionary says so, or the first values of the file's own column are more than two numbers."""
    if entry.name in data_dictionary():
        return entry.kind == "continuous"
    if values.dtype != float or _PLACE.fullmatch(entry.name):
        return False
    return len({value for value in values.to_numpy()[:_LOOK].tolist() if not math.isnan(value)}) > 2


def _numbers(patients: pd.DataFrame, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give the numbers, half the limit where below detection, and mark those at a limit and those above one."""
    cells = patients[name]
    if cells.dtype == float:
        values = cells.to_numpy()
    else:
        values = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    if name + QUALIFIER_SUFFIX not in patients:
        return values, np.zeros(len(cells), dtype=bool), np.zeros(len(cells), dtype=bool)
    qualifier = patients[name + QUALIFIER_SUFFIX].fillna("").to_numpy(dtype=object)
    return np.where(qualifier == "lt", values / 2, values), qualifier != "", qualifier == "gt"


def _level_texts(values: pd.Series, found: list, *, binary: bool) -> tuple[tuple[str, ...], np.ndarray]:
    """List the level codes, and the place among them of each text found in the file, then -1 for missing."""
    if binary and set(found) <= {True, False}:
        texts = ["yes" if level else "no" for level in found]
    elif pd.api.types.is_numeric_dtype(values):
        texts = [f"{level:.12g}" for level in found]
    else:
        texts = [str(level) for level in found]
    seen = tuple(dict.fromkeys(texts))
    return seen, np.array([*(seen.index(text) for text in texts), -1], dtype=np.intp)
