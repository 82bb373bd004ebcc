"""Which tables are CDISC ADaM data sets, and how do their long laboratory records become visits?

adsl: a row per subject; adlb: a row per subject, parameter and visit; adae: a row per adverse
event; adtte: a row per subject and time-to-event parameter, CNSR = 0 where the event happened.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.cohort.model import Problem
from analysis.cohort.raw import RawTable, some

CENSOR_CODES = {"0": "event"}  # ADaM BDS for time-to-event: any other value is a censoring reason
_IDS = ("USUBJID", "SUBJID")
_VISIT_KEYS = ("AVISITN", "AVISIT", "ADY", "ADT", "ADTM", "ATPT", "VISITNUM", "VISIT", "LBDY", "LBDTC")
_STUDY_DAYS = ("ADY", "ASTDY", "AENDY", "LBDY", "AESTDY", "AEENDY")
_UNIT = re.compile(r".*\(([^()]+)\)\s*")


def recognise_adam(tables: list[RawTable]) -> tuple[list[RawTable], list[Problem]]:
    """Mark ADaM data sets, note that CNSR 0 is the event, and turn adlb into one row per visit.

    Other tables pass unchanged.
    """
    kept: list[RawTable] = []
    problems: list[Problem] = []
    for table in tables:
        dataset = _dataset(table)
        table = replace(table, dataset=dataset or table.dataset)
        if dataset == "adtte":
            table, noticed = _time_to_event(table)
            problems.append(noticed)
        elif dataset == "adlb":
            table, found = _visits(table)
            problems.extend(found)
        elif dataset == "adae":
            table, found = _treatment_emergent(table)
            problems.extend(found)
        elif dataset == "adsl":
            problems.extend(_not_treated(table))
        if dataset in ("adlb", "adae"):
            table, found = _days_from_zero(table)
            problems.extend(found)
        kept.append(table)
    return kept, problems


def _dataset(table: RawTable) -> str:
    columns = set(table.cells.columns)
    if not columns & set(_IDS):
        return ""
    if {"PARAMCD", "AVAL", "CNSR"} <= columns:
        return "adtte"
    if {"PARAMCD", "AVAL"} <= columns and columns & set(_VISIT_KEYS):
        return "adlb"
    if columns & {"AETERM", "AEDECOD"}:
        return "adae"
    return "adsl" if columns & {"TRT01P", "TRT01A", "ARM"} and "PARAMCD" not in columns else ""


def _noted(table: RawTable, message: str, *, column: str = "", remedy: str = "Nothing to do.") -> Problem:
    return Problem(severity="info", file=table.file, sheet=table.sheet, column=column, message=message, remedy=remedy)


def _treatment_emergent(table: RawTable) -> tuple[RawTable, list[Problem]]:
    """Keep the treatment-emergent events of the safety population, where the data set flags them."""
    left_out, problems = pd.Series(False, index=table.cells.index), []
    for flag, words in (("SAFFL", "of subjects outside the safety population"), ("TRTEMFL", "not treatment-emergent")):
        flags = table.cells.get(flag, pd.Series(dtype=object)).str.strip()
        if not flags.eq("Y").any():
            continue
        fresh = flags.ne("Y") & ~left_out
        left_out |= fresh
        message = f"{int(fresh.sum())} of {len(flags)} adverse events are {words} ({flag} is not Y) and were left out."
        remedy = f"Delete the column {flag} from the file to count them."
        problems += [_noted(table, message, column=flag, remedy=remedy)] if fresh.any() else []
    n_left = int((~left_out).sum())
    message = f"CDISC adverse events: {n_left} rows, each an event, as they stand."
    return replace(table, cells=table.cells[~left_out]), [*problems, _noted(table, message)]


def _not_treated(table: RawTable) -> list[Problem]:
    """Say who is in the study but not in the safety population."""
    flags = {name: table.cells.get(name, pd.Series("", index=table.cells.index)) for name in ("SAFFL", "ITTFL")}
    outside = flags["SAFFL"].str.strip().eq("N") & flags["ITTFL"].str.strip().ne("N")
    if not outside.any():
        return []
    message = f"{int(outside.sum())} subjects are not in the safety population (SAFFL = N) and have no adverse events."
    remedy = "Filter by SAFFL = Y for adverse events, or they count as patients without one."
    return [replace(_noted(table, message, column="SAFFL", remedy=remedy), severity="warning")]


def _days_from_zero(table: RawTable) -> tuple[RawTable, list[Problem]]:
    """Count study days from 0: CDISC calls the first day of treatment day 1 and has no day 0."""
    cells, changed = table.cells, []
    for name in [name for name in _STUDY_DAYS if name in cells]:
        days = pd.to_numeric(cells[name], errors="coerce")
        later = days >= 1
        if later.any():
            cells = cells.assign(**{name: cells[name].mask(later, (days - 1).map("{:g}".format))})
            changed.append(name)
    message = (
        f"Day 1 of a CDISC data set is the first day of treatment, here day 0: 1 was subtracted ({some(changed)})."
    )
    return replace(table, cells=cells), [_noted(table, message)] if changed else []


def _time_to_event(table: RawTable) -> tuple[RawTable, Problem]:
    """Label the censoring codes, and count days from 0 where the dates prove that AVAL counts from 1."""
    counts = table.cells["CNSR"].value_counts()
    codes = {
        code: CENSOR_CODES.get(code, "censored" if code == "1" else f"censored (reason {code})")
        for code in counts.index
    }
    labels = {**table.value_labels, "CNSR": codes, **_parameter_labels(table)}
    n_event = int(counts.get("0", 0))
    message = (
        f"In a CDISC time-to-event data set CNSR = 0 is the event ({n_event} rows) and any other value is "
        f"censoring ({int(counts.sum()) - n_event} rows)."
    )
    cells, units, proven = _proven_days(table)
    problem = _noted(table, message + proven, column="CNSR", remedy="Read CNSR as the opposite of an event.")
    return replace(table, cells=cells, units=units, value_labels=labels), problem


def _proven_days(table: RawTable) -> tuple[pd.DataFrame, dict[str, str], str]:
    """Compare AVAL with the days between STARTDT and ADT."""
    cells = table.cells
    if not {"STARTDT", "ADT"} <= set(cells):
        return cells, table.units, ""
    start, end = (pd.to_datetime(cells[name], format="ISO8601", errors="coerce") for name in ("STARTDT", "ADT"))
    beyond = (pd.to_numeric(cells["AVAL"], errors="coerce") - (end - start).dt.days).dropna()
    if beyond.empty or beyond.nunique() > 1 or beyond.iloc[0] not in (0, 1):
        return cells, table.units, ""
    units = {**table.units, "AVAL": "days"}
    if beyond.iloc[0] == 0:
        return cells, units, ""
    days = pd.to_numeric(cells["AVAL"], errors="coerce") - 1
    text = days.map("{:g}".format, na_action="ignore").fillna("").astype(object)
    proven = " AVAL is days and counts the day of STARTDT as day 1, here day 0: 1 was subtracted."
    return cells.assign(AVAL=text), units, proven


def _parameter_labels(table: RawTable) -> dict[str, dict[str, str]]:
    if "PARAM" not in table.cells:
        return {}
    pairs = table.cells[["PARAMCD", "PARAM"]].drop_duplicates("PARAMCD")
    return {"PARAMCD": dict(zip(pairs["PARAMCD"], pairs["PARAM"], strict=True))}


def _visits(table: RawTable) -> tuple[RawTable, list[Problem]]:
    """Give each parameter a column; one row per subject, visit and day, a further one where a value is repeated."""
    cells = table.cells
    imputed = cells["DTYPE"].str.strip() != "" if "DTYPE" in cells else pd.Series(False, index=cells.index)
    nameless = cells["PARAMCD"].str.strip() == ""
    cells = cells[~imputed & ~nameless]
    problems = _left_out(table, int(imputed.sum()), int((nameless & ~imputed).sum()))
    key = next(name for name in _IDS if name in cells)
    keys = [key, *(name for name in _VISIT_KEYS if name in cells)]
    repeat = cells.groupby([*keys, "PARAMCD"], sort=False).cumcount()
    record = cells.assign(_repeat=repeat).groupby([*keys, "_repeat"], sort=False).ngroup().to_numpy()
    first = np.unique(record, return_index=True)[1]
    constant = [name for name in cells if name not in keys and _is_constant(cells[name], cells[key])]
    constant = [name for name in constant if name not in ("PARAMCD", "PARAM", "AVAL", "AVALC", "DTYPE")]
    wide = cells[[*keys, *constant]].iloc[first]
    wide = pd.concat([wide, _parameter_columns(cells, record, wide.index)], axis=1)
    dropped = [
        name for name in cells if name not in wide and name not in ("PARAMCD", "PARAM", "AVAL", "AVALC", "DTYPE")
    ]
    message = (
        f"{len(cells)} laboratory records of {cells['PARAMCD'].nunique()} parameters became {len(wide)} visit rows."
        + (f" Columns that belong to single records were left out: {some(dropped)}." if dropped else "")
    )
    return _with_labels(table, wide), [*problems, _noted(table, message)]


def _left_out(table: RawTable, n_imputed: int, n_nameless: int) -> list[Problem]:
    reasons = (
        (n_imputed, "records are derived (DTYPE is filled, for example a value carried forward) and were left out"),
        (n_nameless, "records have no PARAMCD and were left out"),
    )
    return [_noted(table, f"{n} {reason}.", column="PARAMCD") for n, reason in reasons if n]


def _is_constant(column: pd.Series, ids: pd.Series) -> bool:
    return not pd.DataFrame({"id": ids, "value": column}).drop_duplicates()["id"].duplicated().any()


def _parameter_columns(cells: pd.DataFrame, record: np.ndarray, index: pd.Index) -> pd.DataFrame:
    values = cells["AVAL"].to_numpy()
    if "AVALC" in cells:
        values = np.where(cells["AVAL"].str.strip() == "", cells["AVALC"], values)
    columns = {}
    for code in cells["PARAMCD"].unique():
        mine = (cells["PARAMCD"] == code).to_numpy()
        column = np.full(len(index), "", dtype=object)
        column[record[mine]] = values[mine]
        columns[code] = column
    return pd.DataFrame(columns, index=index, dtype=object)


def _with_labels(table: RawTable, wide: pd.DataFrame) -> RawTable:
    parameters = _parameter_labels(table).get("PARAMCD", {})
    units = {code: match[1] for code, text in parameters.items() if (match := _UNIT.fullmatch(text)) and code in wide}
    labels = {name: text for name, text in {**table.labels, **parameters}.items() if name in wide}
    return replace(table, cells=wide, labels=labels, units={**table.units, **units})
