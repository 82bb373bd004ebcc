"""How is an open study kept and opened again? One .zip of tables, mapping, choices and where they came from."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any, get_args

import pandas as pd

from analysis.cohort.canonical import TABLES, content_token
from analysis.cohort.kept_choices import fitted_choices
from analysis.cohort.kept_fields import UnfitError
from analysis.cohort.mapping import Mapping, from_json, to_json
from analysis.cohort.model import (
    ADVERSE_EVENT_COLUMNS,
    DOSE_COLUMNS,
    EVENT_COLUMNS,
    VISIT_COLUMNS,
    Cohort,
    Problem,
    Provenance,
    Severity,
)
from analysis.cohort.raw import UNPACKED_LIMIT, some
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
            _require_parts(archive)
            manifest = json.loads(archive.read(MANIFEST))
            _require_readable(manifest)
            parts = {name: archive.read(f"{name}.parquet") for name in TABLES}
            kept = archive.read(CHOICES).decode("utf-8")
            mapping = from_json(archive.read(MAPPING)) if MAPPING in archive.namelist() else None
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, RecursionError, RuntimeError, OSError) as error:
        raise _unreadable("it is damaged or not a study file") from error  # RuntimeError: encrypted, unknown packing
    try:
        choices, migrated = fitted_choices(kept)
    except UnfitError as error:
        raise _unreadable(f"its choices are not as this program writes them: {error}") from error
    digests = manifest["sha256"]
    changed = [name for name, part in parts.items() if hashlib.sha256(part).hexdigest() != digests.get(name)]
    if changed:
        raise _unreadable(f"the table {', '.join(changed)} is not the one that was saved")
    written = "" if mapping is None else to_json(mapping)
    return StudyFile(cohort=_cohort(manifest, parts, written, migrated), choices=choices, mapping=mapping)


def _without_mapping(provenance: Provenance) -> dict[str, Any]:
    return {name: part for name, part in asdict(provenance).items() if name != "mapping"}


def _parquet(frame: pd.DataFrame) -> bytes:
    packed = io.BytesIO()
    frame.to_parquet(packed, index=False)
    return packed.getvalue()


def _cohort(manifest: dict[str, Any], parts: dict[str, bytes], mapping: str, migrated: tuple[str, ...]) -> Cohort:
    content = {name: _table(name, part) for name, part in parts.items()}
    said = [*(f"{name} is unknown" for name in manifest if name not in _MANIFEST), *migrated]
    origin = _plain(manifest["provenance"], Provenance, "provenance", said)
    problems = [_problem(item, said) for item in manifest["provenance"].get("problems", [])]
    problems += [_other_version(tuple(dict.fromkeys(said)))] if said else []
    origin |= {"problems": tuple(problems), "conversions": tuple(origin.get("conversions", ())), "mapping": mapping}
    provenance = Provenance(**origin)
    return Cohort(name=manifest["name"], **content, provenance=provenance, token=content_token(content))


def _table(name: str, part: bytes) -> pd.DataFrame:
    """Read one table, and refuse it where a column is missing that every cohort has."""
    import pyarrow as pa

    try:
        table = pd.read_parquet(io.BytesIO(part))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _unreadable(f"the table {name} is no Parquet file") from error
    missing = [column for column in _COLUMNS[name] if column not in table]
    if missing:
        raise _unreadable(f"the table {name} has no column {', '.join(missing)}")
    return table


def _problem(item: Any, said: list[str]) -> Problem:
    fitted = _plain(item, Problem, "a problem", said)
    if fitted.get("severity") not in get_args(Severity):
        raise _unreadable("the severity of a problem is none of error, warning and info")
    return Problem(**fitted)


def _plain(value: Any, kind: type, name: str, said: list[str]) -> dict[str, Any]:
    """Take the fields of a part that this version knows; note those it does not, refuse those of another type."""
    if not isinstance(value, dict):
        raise _unreadable(f"its {name} is not a list of named values")
    known = {item.name: item for item in fields(kind)}
    said += [f"{str(key)[:40]} of {name} is unknown" for key in value if key not in known]
    found = {key: part for key, part in value.items() if key in known}
    wrong = [key for key, part in found.items() if not _PART_FITS[key](part)]
    wrong += [key for key, item in known.items() if item.default is MISSING and key not in found]
    if wrong:
        raise _unreadable(f"{name} has no usable {', '.join(wrong)}")
    return found


def _is_text(part: Any) -> bool:
    return isinstance(part, str)


_MANIFEST = frozenset({"format", "version", "app_version", "name", "token", "provenance", "sha256"})
_COLUMNS = {
    "patients": ["patient_id"], "visits": VISIT_COLUMNS, "doses": DOSE_COLUMNS,
    "adverse_events": ADVERSE_EVENT_COLUMNS, "events": EVENT_COLUMNS,
}  # fmt: skip
_PART_FITS: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys((item.name for kind in (Provenance, Problem) for item in fields(kind)), _is_text),
    "synthetic": lambda part: isinstance(part, bool),
    "row": lambda part: part is None or (isinstance(part, int) and not isinstance(part, bool)),
    "conversions": lambda part: isinstance(part, list) and all(map(_is_text, part)),
    "problems": lambda part: isinstance(part, list),
}


def _other_version(said: tuple[str, ...]) -> Problem:
    return Problem(
        severity="warning",
        file=MANIFEST,
        message=f"A study file should be of this version; in this one {some(said)}. "
        "What is unknown was left out, what is missing has its default.",
        remedy="Check the choices on the pages before you compare numbers.",
    )


def _require_parts(archive: zipfile.ZipFile) -> None:
    held = set(archive.namelist())
    missing = [name for name in (MANIFEST, CHOICES, *(f"{table}.parquet" for table in TABLES)) if name not in held]
    if missing:
        raise _unreadable(f"it holds no {', '.join(missing)}")


def _require_moderate(archive: zipfile.ZipFile) -> None:
    size = sum(item.file_size for item in archive.infolist())
    if size > UNPACKED_LIMIT:
        raise _unreadable(f"it would unpack to {size:,} bytes; the limit is {UNPACKED_LIMIT:,}")


def _require_readable(manifest: Any) -> None:
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise _unreadable("it does not call itself a study file")
    version = manifest.get("version")
    if version == VERSION:
        kinds = {"sha256": dict, "name": str, "provenance": dict}
        if not all(isinstance(manifest.get(name), kind) for name, kind in kinds.items()):
            raise _unreadable("name, provenance or digests are missing from study.json")
        return
    if isinstance(version, int) and version > VERSION:
        raise _unreadable(f"it has version {version}; this program reads {VERSION}. Use a newer NephroCompare")
    found = f"it has version {str(version)[:20]}"
    raise _unreadable(f"{found}; {VERSION} is the first, so there is nothing to migrate from")


def _unreadable(found: str) -> CohortError:
    return CohortError(
        "A study file must be one that NephroCompare saved, unchanged.",
        f"This one cannot be opened: {found}.",
        "Save it again from the program, or open the original data file.",
    )
