"""Are patients with the same number in two files the same persons, or does each centre number its own?"""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import PurePath

import pandas as pd

from analysis.cohort.dictionary import data_dictionary
from analysis.cohort.mapping import Mapping, Question
from analysis.cohort.settled import listed_some, text_of
from analysis.cohort.table_shapes import Tables

FEWEST_COMMON = 3  # ids in both files before their patients are compared
SAME_PERSONS = 0.8  # share of common ids from which agreeing values speak for the same patients


def file_questions(mapping: Mapping, tables: Tables) -> list[Question]:
    """Ask where two tables of patients share ids and agree in nothing that is known of them."""
    homes = [item.table for item in mapping.tables if item.role == "patients" and mapping.patient_column(item.table)]
    pairs = [(one, two) for one, two in combinations(homes, 2) if tables[one].file != tables[two].file]
    found = [(one, two, _strangers(one, two, mapping, tables)) for one, two in pairs]
    return [_question(one, two, mapping, ids) for one, two, ids in found if ids]


def centre_of_file(file: str, apart: tuple[str, ...]) -> str | None:
    """Name the centre of a file by what tells its name from those of the other centres; None where it fits no one."""
    words = {name: _words(name) for name in apart}
    shared = set.intersection(*words.values()) if words else set()
    labels = {name: found - shared or found for name, found in words.items()}
    if file in labels:
        return _label(file, labels[file])
    fitting = {_label(name, label) for name, label in labels.items() if label <= _words(file)}
    return next(iter(fitting)) if len(fitting) == 1 else None


def _strangers(one: str, two: str, mapping: Mapping, tables: Tables) -> list[str]:
    """List the ids of both tables, unless the values they share say that these are the same persons."""
    first, second = (_known_values(table, mapping, tables) for table in (one, two))
    common = first.index.intersection(second.index)
    shared = [name for name in first if name in second]
    if len(common) < FEWEST_COMMON or not shared:
        return []
    for name in shared:
        pair = pd.concat([first.loc[common, name], second.loc[common, name]], axis=1)
        filled = pair[pair.ne("").all(axis=1)]
        if filled.empty or (filled.iloc[:, 0] == filled.iloc[:, 1]).mean() >= SAME_PERSONS:
            return []
    return [str(patient) for patient in common]


def _known_values(table: str, mapping: Mapping, tables: Tables) -> pd.DataFrame:
    """Give what a table says of its patients in variables of the dictionary, as written, the first row of each."""
    columns = {
        item.variable: text_of(item, tables).str.strip().str.casefold()
        for item in mapping.columns_of(table)
        if item.role == "variable" and item.variable in data_dictionary() and item.variable != "regimen_group"
        and data_dictionary()[item.variable].table == "patients"
    }  # fmt: skip
    ids = tables[table].cells[mapping.patient_column(table)].str.strip()
    frame = pd.DataFrame(columns, index=ids.index).assign(_id=ids)
    return frame[frame["_id"].ne("")].drop_duplicates("_id").set_index("_id")


def _question(one: str, two: str, mapping: Mapping, ids: list[str]) -> Question:
    return Question(
        id=f"files|{two}|{one}",
        kind="files",
        table=two,
        columns=(mapping.patient_column(two) or "",),
        text=f"Are the patients with the same id in {one} and {two} the same persons?",
        found=f"{len(ids)} ids are in both ({listed_some(ids)}), but what is known of them differs.",
        choices=(
            ("apart", "No: each file numbers its own patients, the id is file and number"),
            ("same", f"Yes: where values differ, those of {one} count"),
        ),
        proposal="apart",
    )


def _words(file: str) -> set[str]:
    return {word for word in re.split(r"[\W_]+", PurePath(file).stem.casefold()) if word}


def _label(file: str, label: set[str]) -> str:
    """Write the label in the order and case of the file name."""
    parts = re.split(r"[\W_]+", PurePath(file).stem)
    return "-".join(part for part in parts if part.casefold() in label)
