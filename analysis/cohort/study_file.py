"""How is an open study kept and opened again? One .zip of tables, mapping, choices and where they came from."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from analysis.cohort.canonical import TABLES, content_token
from analysis.cohort.mapping import Mapping, from_json, to_json
from analysis.cohort.model import Cohort, Problem, Provenance
from analysis.cohort.raw import UNPACKED_LIMIT
from analysis.results import CohortError

FORMAT = "nephrocompare study"
VERSION = 1
MANIFEST, CHOICES, MAPPING = "study.json", "choices.json", "mapping.json"


@dataclass(frozen=True, kw_only=True, eq=False)
class StudyFile:
    """What a study file holds: the cohort, the choices as JSON, and the mapping it was read with, if any."""

    cohort: Cohort
    choices: str
    mapping: Mapping | None


def write_study_file(cohort: Cohort, *, choices: str, app_version: str) -> bytes:
    """Write a study file: tables as Parquet with their digests, provenance, choices and mapping.

    Parameters
    ----------
    cohort
        The open cohort; patient ids are written as they are on screen.
    choices
        ``StudySpec.to_json()``.
    app_version
        Version of the program that writes.
    """
    tables = {name: _parquet(getattr(cohort, name)) for name in TABLES}
    provenance = cohort.provenance
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "app_version": app_version,
        "name": cohort.name,
        "token": cohort.token,
        "provenance": {**_without_mapping(provenance), "problems": [asdict(item) for item in provenance.problems]},
        "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in tables.items()},
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))
        archive.writestr(CHOICES, choices)
        if provenance.mapping:
            archive.writestr(MAPPING, provenance.mapping)
        for name, content in tables.items():
            archive.writestr(f"{name}.parquet", content)
    return packed.getvalue()


def is_study_file(name: str, content: bytes) -> bool:
    """Tell whether an upload is a study file by its content; the name must end in .zip."""
    if not name.lower().endswith(".zip") or not zipfile.is_zipfile(io.BytesIO(content)):
        return False
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return MANIFEST in archive.namelist()


def read_study_file(content: bytes) -> StudyFile:
    """Open what ``write_study_file`` wrote.

    Raises
    ------
    CohortError
        If the file is damaged, was changed, is too large, or comes from a version this one cannot read.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _require_moderate(archive)
            manifest = json.loads(archive.read(MANIFEST))
            _require_readable(manifest)
            parts = {name: archive.read(f"{name}.parquet") for name in TABLES}
            choices = archive.read(CHOICES).decode("utf-8")
            mapping = from_json(archive.read(MAPPING)) if MAPPING in archive.namelist() else None
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError) as error:
        raise _unreadable("it is damaged or not a study file") from error
    changed = [name for name, part in parts.items() if hashlib.sha256(part).hexdigest() != manifest["sha256"][name]]
    if changed:
        raise _unreadable(f"the table {', '.join(changed)} is not the one that was saved")
    written = "" if mapping is None else to_json(mapping)
    return StudyFile(cohort=_cohort(manifest, parts, written), choices=choices, mapping=mapping)


def _without_mapping(provenance: Provenance) -> dict[str, Any]:
    return {name: part for name, part in asdict(provenance).items() if name != "mapping"}


def _parquet(frame: pd.DataFrame) -> bytes:
    packed = io.BytesIO()
    frame.to_parquet(packed, index=False)
    return packed.getvalue()


def _cohort(manifest: dict[str, Any], parts: dict[str, bytes], mapping: str) -> Cohort:
    content = {name: pd.read_parquet(io.BytesIO(part)) for name, part in parts.items()}
    origin = manifest["provenance"]
    problems = tuple(Problem(**item) for item in origin["problems"])
    changed = {"problems": problems, "conversions": tuple(origin["conversions"]), "mapping": mapping}
    provenance = Provenance(**{**origin, **changed})
    return Cohort(name=manifest["name"], **content, provenance=provenance, token=content_token(content))


def _require_moderate(archive: zipfile.ZipFile) -> None:
    size = sum(item.file_size for item in archive.infolist())
    if size > UNPACKED_LIMIT:
        raise _unreadable(f"it would unpack to {size:,} bytes; the limit is {UNPACKED_LIMIT:,}")


def _require_readable(manifest: dict[str, Any]) -> None:
    if manifest.get("format") != FORMAT:
        raise _unreadable("it does not call itself a study file")
    version = manifest.get("version")
    if version == VERSION:
        return
    if isinstance(version, int) and version > VERSION:
        raise _unreadable(f"it has version {version}; this program reads {VERSION}. Use a newer NephroCompare")
    raise _unreadable(f"it has version {version}; {VERSION} is the first, so there is nothing to migrate from")


def _unreadable(found: str) -> CohortError:
    return CohortError(
        "A study file must be one that NephroCompare saved, unchanged.",
        f"This one cannot be opened: {found}.",
        "Save it again from the program, or open the original data file.",
    )
