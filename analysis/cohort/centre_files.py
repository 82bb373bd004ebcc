"""Are patients with the same number in two files or sheets the same persons, or does each number its own?"""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import PurePath

import pandas as pd

from analysis.cohort.dictionary import data_dictionary
from analysis.cohort.mapping import Mapping, Question
from analysis.cohort.raw import RawTable
from analysis.cohort.settled import listed_some, text_of
from analysis.cohort.sheet_layouts import SHEET_COLUMN, same_layout, sheets_are_visits
from analysis.cohort.table_shapes import Tables

FEWEST_COMMON = 3  # ids in both files before their patients are compared
SAME_PERSONS = 0.8  # share of common ids from which agreeing values speak for the same patients


def file_questions(mapping: Mapping, tables: Tables) -> list[Question]:
    """Ask where two tables of patients share ids and agree in nothing that is known of them."""
    homes = [item.table for item in mapping.tables if item.role == "patients" and mapping.patient_column(item.table)]
    pairs = [(one, two) for one, two in combinations(homes, 2) if _may_repeat(tables[one], tables[two])]
    found = [(one, two, _strangers(one, two, mapping, tables)) for one, two in pairs]
    return [_question(one, two, mapping, tables, ids) for one, two, ids in found if ids]


def apart_names(question: Question) -> tuple[str, ...]:
    """Name the two files of a question about ids, or the two sheets of one file, the later one first."""
    two, one = question.id.split("|")[1:]
    files = [name.split(" › ")[0] for name in (two, one)]
    return (two, one) if files[0] == files[1] else (files[0], files[1])


def centre_of_table(table: RawTable, apart: tuple[str, ...]) -> str | None:
    """Name what numbers its own patients: the centre of the file, the sheet, or both; None where it fits no one."""
    files = tuple(name for name in apart if " › " not in name)
    sheets = tuple(name.split(" › ", 1)[1] for name in apart if name.startswith(f"{table.file} › "))
    parts = [centre_of_file(table.file, files)] if files else []
    parts += [_of_sheet(table.sheet, sheets)] if sheets else []
    known = [part for part in parts if part is not None]
    return "-".join(known) if len(known) == len(parts) else None


def _of_sheet(sheet: str, named: tuple[str, ...]) -> str | None:
    """Find the named sheet that a sheet belongs to: itself, or the one whose words it has the most of."""
    if sheet in named:
        return sheet
    fitting = [name for name in named if _words(name) and _words(name) <= _words(sheet)]
    most = max((len(_words(name)) for name in fitting), default=0)
    best = [name for name in fitting if len(_words(name)) == most]
    return best[0] if len(best) == 1 else None


def _may_repeat(one: RawTable, two: RawTable) -> bool:
    """Tell whether two tables could number their own patients: two files, or two sheets of the same layout."""
    if one.file != two.file:
        return True
    return same_layout(one, two) and not sheets_are_visits([one, two])


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
    agree = [name for name in shared if _mostly_agree(first.loc[common, name], second.loc[common, name])]
    if same_layout(tables[one], tables[two]):
        apart = not _speak_for_persons(agree) and not _same_cells(one, two, mapping, tables)
    else:
        apart = len(common) >= FEWEST_COMMON and bool(shared) and not agree
    return [str(patient) for patient in common] if apart else []


def _mostly_agree(first: pd.Series, second: pd.Series) -> bool:
    """Tell whether two columns of the same ids agree where both are filled; so they do where they are blank."""
    pair = pd.concat([first, second], axis=1)
    filled = pair[pair.ne("").all(axis=1)]
    return filled.empty or bool((filled.iloc[:, 0] == filled.iloc[:, 1]).mean() >= SAME_PERSONS)


def _speak_for_persons(names: list[str]) -> bool:
    """Tell whether these variables, the same in two tables, are more than a yes or no that agrees by chance."""
    return len(names) > 1 or any(data_dictionary()[name].kind == "continuous" for name in names)


def _same_cells(one: str, two: str, mapping: Mapping, tables: Tables) -> bool:
    """Tell whether the rows of common ids say the same throughout; a group alone says nothing."""
    said = []
    for table in (one, two):
        silent = {"patient_id", "identifying"}
        columns = [item for item in mapping.columns_of(table) if item.variable != "regimen_group"]
        names = [item.column for item in columns if item.role not in silent and item.column != SHEET_COLUMN]
        cells = tables[table].cells
        text = cells[names].apply(lambda column: column.str.strip().str.casefold())
        text = text.assign(_id=cells[mapping.patient_column(table)].str.strip()).drop_duplicates("_id")
        said.append(text[text["_id"].ne("")].set_index("_id").stack())
    both = pd.concat(said, axis=1, join="inner")
    both = both[both.ne("").all(axis=1)]
    return bool(len(both)) and bool((both[0] == both[1]).mean() >= SAME_PERSONS)


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


def _question(one: str, two: str, mapping: Mapping, tables: Tables, ids: list[str]) -> Question:
    kind = "file" if tables[one].file != tables[two].file else "sheet"
    return Question(
        id=f"files|{two}|{one}",
        kind="files",
        table=two,
        columns=(mapping.patient_column(two) or "",),
        text=f"Are the patients with the same id in {one} and {two} the same persons?",
        found=f"{len(ids)} ids are in both ({listed_some(ids)}), but what is known of them differs.",
        choices=(
            ("apart", f"No: each {kind} numbers its own patients, the id is {kind} and number"),
            ("same", f"Yes: where values differ, those of {one} count"),
        ),
        proposal="" if same_layout(tables[one], tables[two]) and _chance(one, two, mapping, tables) else "apart",
    )


def _chance(one: str, two: str, mapping: Mapping, tables: Tables) -> bool:
    """Tell whether some variable agrees, perhaps by chance: then nothing is proposed."""
    first, second = (_known_values(table, mapping, tables) for table in (one, two))
    common = first.index.intersection(second.index)
    return any(_mostly_agree(first.loc[common, name], second.loc[common, name]) for name in first if name in second)


def _words(file: str) -> set[str]:
    return {word for word in re.split(r"[\W_]+", PurePath(file).stem.casefold()) if word}


def _label(file: str, label: set[str]) -> str:
    """Write the label in the order and case of the file name."""
    parts = re.split(r"[\W_]+", PurePath(file).stem)
    return "-".join(part for part in parts if part.casefold() in label)
