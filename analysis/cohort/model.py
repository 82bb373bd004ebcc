"""What is a cohort, and where did each of its values come from?"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

Severity = Literal["error", "warning", "info"]

VISIT_COLUMNS = ["patient_id", "day", "month", "unscheduled", "variable", "value", "qualifier"]
DOSE_COLUMNS = ["patient_id", "drug", "start_day", "stop_day", "dose_mg", "dose_protocol"]
ADVERSE_EVENT_COLUMNS = ["patient_id", "day", "term", "category", "grade", "serious", "related"]
EVENT_COLUMNS = ["patient_id", "event_type", "day"]
PROBLEM_COLUMNS = ["severity", "file", "sheet", "row", "column", "value", "message", "remedy"]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing found wrong or unusual in a file, with the place and the remedy.

    ``row`` is the row as a spreadsheet shows it (header = row 1), None for a whole column or file.
    """

    severity: Severity
    file: str
    message: str
    remedy: str
    sheet: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where a cohort came from and everything that was changed on the way in.

    ``mapping`` is the mapping the file was read with, as JSON; "" for a file in our layout.
    """

    source: str
    sha256: str
    synthetic: bool = False
    conversions: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    mapping: str = ""

    @property
    def mapping_hash(self) -> str:
        """Fingerprint the mapping: 12 hexadecimal digits of SHA-256; "" where there is none."""
        return hashlib.sha256(self.mapping.encode()).hexdigest()[:12] if self.mapping else ""

    def problem_table(self) -> pd.DataFrame:
        """List the problems, one per row, in the columns of ``PROBLEM_COLUMNS``."""
        rows = [[getattr(problem, name) for name in PROBLEM_COLUMNS] for problem in self.problems]
        return pd.DataFrame(rows, columns=PROBLEM_COLUMNS)


@dataclass(frozen=True, kw_only=True, eq=False)
class Cohort:
    """Five canonical tables and their provenance; never altered after loading.

    patients
        One row per patient: ``patient_id`` (unique string) and patient-level variables.
    visits
        Long: one row per patient, visit and variable (``VISIT_COLUMNS``). ``day`` counts from
        time zero (first rituximab = day 0), ``month`` is the visit the file itself names (NaN if
        it names none), ``unscheduled`` rows are never assigned to a nominal visit, ``qualifier``
        is "" for a measured value, "lt" or "gt" where ``value`` is a limit of detection.
    doses, adverse_events, events
        One row per administration, adverse event, and hard event
        (``event_type``: kidney_failure, death, rescue, withdrawal, lost, relapse, last_contact).
    """

    name: str
    patients: pd.DataFrame
    visits: pd.DataFrame
    doses: pd.DataFrame
    adverse_events: pd.DataFrame
    events: pd.DataFrame
    provenance: Provenance
    token: str = field(default="")
