"""Doors into the reading of files: nothing is cached here, the session keeps what it opens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import streamlit as st

from analysis.cohort.model import Cohort
from analysis.results import CohortError
from ui.state import Upload

Tell = Callable[[str], None]
PLACES = frozenset({"month", "day", "unscheduled"})  # headers of the canonical layout that are no variable
ANY_NAME = frozenset({"keep", "centre", "identifying"})  # read alike with and without a mapping


def read_upload(files: Sequence[tuple[str, bytes]], tell: Tell) -> Upload:
    """Read the files as they stand and propose what their columns mean."""
    from analysis.cohort.proposals import propose_mapping
    from analysis.cohort.readers import read_tables

    raw = read_tables(files)
    rows = sum(len(table.cells) for table in raw.tables)
    tell(f"Recognising the columns of {rows:,} rows …")
    return Upload(file_names=tuple(name for name, _ in files), raw=raw, mapping=propose_mapping(raw))


def needs_mapping(upload: Upload) -> bool:
    """Tell whether somebody must look at the columns: a name that is not ours, or something to confirm."""
    from analysis.cohort.layout import plain_header
    from analysis.cohort.questions import open_questions

    columns = [column for column in upload.mapping.columns if column.role not in ANY_NAME]
    ours = all(column.how == "exact" or plain_header(column.column) in PLACES for column in columns)
    named = any(column.role == "patient_id" for column in columns)
    return not (ours and named) or bool(open_questions(upload.mapping, upload.raw))


def open_upload(upload: Upload, tell: Tell, *, mapped: bool) -> Cohort:
    """Turn an upload into a checked cohort, with its mapping or as a file in our layout."""
    from analysis.cohort.canonical import cohort_of_tables

    names = upload.names()
    mapping = upload.mapping if mapped else None
    return cohort_of_tables(upload.raw, name=names, source=names, mapping=mapping, tell=tell)


def key_of_pseudonyms(upload: Upload) -> bytes:
    """Write the identifier behind every pseudonym of an upload."""
    from analysis.cohort.apply_mapping import pseudonym_key
    from present.tables.pseudonyms import key_csv

    key = pseudonym_key(upload.raw, upload.mapping)
    return key_csv(key) if key is not None else b""


@contextmanager
def steps(first: str) -> Iterator[Tell]:
    """Show the steps of a reading as they begin; each stays on screen until all are done."""
    with st.status(first, expanded=True) as status:
        st.write(first)

        def tell(step: str) -> None:
            status.update(label=step)
            st.write(step)

        try:
            yield tell
        except CohortError:
            status.update(label="The file could not be opened", state="error", expanded=False)
            raise
        status.update(label="Done", state="complete", expanded=False)
