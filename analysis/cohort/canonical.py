"""From the bytes of a clinician's files to one checked cohort.

bytes -> RawTables (readers) -> RawTables in the canonical layout (apply_mapping) -> RoleTables (layout)
-> Frames (frames) -> problems (checks) -> Cohort. A file in the canonical layout needs no mapping.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace

import pandas as pd

from analysis.cohort.apply_mapping import Applied, apply_mapping
from analysis.cohort.baseline_window import without_far_baselines
from analysis.cohort.checks import check_frames
from analysis.cohort.derived import derive_patient_values
from analysis.cohort.frames import PLACE_COLUMNS, read_frames
from analysis.cohort.layout import recognise_tables
from analysis.cohort.long_words import without_long_words
from analysis.cohort.mapping import Mapping, to_json
from analysis.cohort.model import Cohort, Problem, Provenance
from analysis.cohort.personal_data import (
    without_personal_columns,
    without_personal_values,
    without_personal_words,
)
from analysis.cohort.raw import RawTables
from analysis.cohort.readers import read_tables

TABLES = ("patients", "visits", "doses", "adverse_events", "events")


def _say_nothing(step: str) -> None:
    """Take note of a step that nobody watches."""


def load_cohort(
    files: Sequence[tuple[str, bytes]],
    *,
    name: str,
    mapping: Mapping | None = None,
    key: pd.DataFrame | None = None,
) -> Cohort:
    """Read files in the canonical layout (docs/file-format.md), or in any layout with its mapping, and check them.

    Parameters
    ----------
    files
        Pairs of file name and content: up to five CSV files, one workbook with up to five sheets,
        or one wide table with one row per patient.
    name
        What the cohort is called on screen.
    mapping
        What the columns mean, where the files are not in the canonical layout.
    key
        Pseudonyms given before, see ``apply_mapping``.

    Returns
    -------
    Cohort
        Canonical names and units only. ``provenance.problems`` lists everything that was blanked,
        left out or is doubtful; every row of every table is kept or listed there.
        ``provenance.conversions`` lists what was filled in or derived, as sentences. The same
        content gives the same ``token``, whatever the files are called.

    Raises
    ------
    CohortError
        If a file is not a table, or no table is one of patients in the canonical layout.
    """
    return cohort_of_tables(read_tables(files), name=name, source=_names(files), mapping=mapping, key=key)


def cohort_of_tables(
    raw: RawTables,
    *,
    name: str,
    source: str,
    mapping: Mapping | None = None,
    key: pd.DataFrame | None = None,
    tell: Callable[[str], None] = _say_nothing,
) -> Cohort:
    """Map, read and check tables that were read already; ``tell`` is given each step as it begins."""
    applied = None
    if mapping is not None:
        tell("Converting words, units and dates …")
        applied = apply_mapping(raw, mapping, key=key)
    mapped = raw if applied is None else applied.raw
    tell(f"Reading {sum(len(table.cells) for table in mapped.tables):,} rows …")
    return cohort_of(mapped, name=name, source=source, applied=applied, mapping=mapping, tell=tell)


def cohort_of(
    raw: RawTables,
    *,
    name: str,
    source: str,
    applied: Applied | None = None,
    mapping: Mapping | None = None,
    tell: Callable[[str], None] = _say_nothing,
) -> Cohort:
    """Check tables in the canonical layout; ``applied`` and ``mapping`` say how they were mapped, if they were."""
    tables, unrecognised = recognise_tables(raw)
    if mapping is None:  # nobody was asked
        tables, dropped = without_personal_columns(tables)
        unrecognised = [*unrecognised, *dropped]
    frames = read_frames(tables)
    visits, far = without_far_baselines(frames.visits)
    frames = replace(frames, visits=visits)
    tell(f"Checking {len(frames.patients):,} patients and {len(frames.visits):,} laboratory values …")
    found = check_frames(frames)
    patients, derivations = derive_patient_values(frames.patients, frames.visits, frames.events)
    content = {table: _canonical(getattr(frames, table)) for table in TABLES} | {"patients": _canonical(patients)}
    content, personal = without_personal_words(content, mapping)
    content["patients"], cut = without_long_words(content["patients"])
    later = (*unrecognised, *frames.problems, *far, *found, *personal, *cut)
    mapped = () if applied is None else applied.problems
    provenance = Provenance(
        source=source,
        sha256=raw.sha256,
        synthetic=bool(patients["synthetic"].eq("yes").any()) if "synthetic" in patients else False,
        conversions=(*(applied.conversions if applied else ()), *frames.conversions, *derivations),
        mapping="" if mapping is None else to_json(mapping),
        problems=without_personal_values(
            _sorted((*raw.problems, *mapped, *(applied.located(item) if applied else item for item in later)))
        ),
    )
    return Cohort(name=name, **content, provenance=provenance, token=content_token(content))


def content_token(content: dict[str, pd.DataFrame]) -> str:
    """Fingerprint the canonical tables: 16 hexadecimal digits of SHA-256 over names and values."""
    digest = hashlib.sha256()
    for table in TABLES:
        frame = content[table]
        digest.update("\x1f".join([table, *map(str, frame.columns)]).encode())
        digest.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
    return digest.hexdigest()[:16]


def _names(files: Sequence[tuple[str, bytes]]) -> str:
    return ", ".join(name for name, _ in files)


def _canonical(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns=PLACE_COLUMNS).reset_index(drop=True)


def _sorted(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Put what was lost first, then what is doubtful, then what is only worth knowing."""
    order = {"error": 0, "warning": 1, "info": 2}
    return tuple(sorted(problems, key=lambda problem: order[problem.severity]))
