"""What was chosen, and whom does the choice select?

``StudySpec`` holds every choice that can change a number; ``View`` is the cohort seen through it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd

from analysis.cohort.baseline_values import baseline_values
from analysis.cohort.dictionary import is_post_baseline, variable
from analysis.cohort.model import Cohort
from analysis.options import OPTION_SETS, BaselineOptions, FactorsOptions, LabsOptions, RemissionOptions, SafetyOptions
from analysis.outcomes.rules import PRESETS, RemissionRule
from analysis.results import CohortError

Endpoint = Literal[
    "complete_remission", "first_remission", "relapse", "immunologic_remission", "complete_immunologic_remission",
    "bcell_depletion", "bcell_reconstitution", "kidney_failure",
]  # fmt: skip
TimeAxis = Literal["nominal", "actual"]
Withdrawn = Literal["analysed", "excluded"]
LabSummary = Literal["median_iqr", "mean_ci"]

EVERYONE = "All patients"
NOT_RECORDED = "not recorded"


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Keep patients whose baseline ``variable`` lies in [low, high] or among ``levels``.

    A patient whose value is missing is left out, and counted, unless ``keep_missing``.
    """

    variable: str
    low: float | None = None
    high: float | None = None
    levels: tuple[str, ...] | None = None
    keep_missing: bool = False


@dataclass(frozen=True, kw_only=True)
class StudySpec:
    """Every choice behind a number; frozen, and the same again after a trip through JSON.

    ``group_levels`` are compared in this order; contrasts are group minus ``reference_group``.
    Without ``group_column`` all patients form one group and nothing is compared.
    ``schedule`` holds the nominal visits in months, ``horizon_months`` the end of the curves.
    """

    group_column: str | None = None
    group_levels: tuple[str, ...] = ()
    reference_group: str | None = None
    filters: tuple[Filter, ...] = ()
    rule: RemissionRule = field(default_factory=lambda: PRESETS["P1_2023"])
    endpoint: Endpoint = "complete_remission"
    time_axis: TimeAxis = "nominal"
    schedule: tuple[float, ...] = (0.0, 3.0, 6.0, 9.0, 12.0)
    horizon_months: float = 12.0
    withdrawn: Withdrawn = "analysed"
    quantile_type: Literal[6, 7] = 6
    lab_summary: LabSummary = "median_iqr"
    baseline: BaselineOptions = field(default_factory=BaselineOptions)
    labs: LabsOptions = field(default_factory=LabsOptions)
    remission: RemissionOptions = field(default_factory=RemissionOptions)
    safety: SafetyOptions = field(default_factory=SafetyOptions)
    factors: FactorsOptions = field(default_factory=FactorsOptions)

    def __post_init__(self) -> None:
        """Keep the reference among the groups; the last group is the reference unless one is named."""
        if self.group_levels and self.reference_group not in self.group_levels:
            object.__setattr__(self, "reference_group", self.group_levels[-1])

    def groups(self) -> tuple[str, ...]:
        """Name the groups in display order; a single group when no column is chosen."""
        return self.group_levels if self.group_column else (EVERYONE,)

    def compared_groups(self) -> tuple[str, ...]:
        """Name the groups that are contrasted with the reference."""
        return tuple(level for level in self.group_levels if level != self.reference_group)

    def with_filter(self, chosen: Filter) -> StudySpec:
        """Add a filter, or replace the one on the same variable."""
        others = tuple(item for item in self.filters if item.variable != chosen.variable)
        return replace(self, filters=(*others, chosen))

    def without_filter(self, variable: str) -> StudySpec:
        """Drop the filter on ``variable``."""
        return replace(self, filters=tuple(item for item in self.filters if item.variable != variable))

    def to_json(self) -> str:
        """Write the choices as canonical JSON: sorted keys, no spaces, the cache key of every result."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> StudySpec:
        """Read back what ``to_json`` wrote."""
        fields = json.loads(text)
        fields["filters"] = tuple(
            Filter(**{**item, "levels": None if item["levels"] is None else tuple(item["levels"])})
            for item in fields["filters"]
        )
        fields["rule"] = RemissionRule(**fields["rule"])
        fields["group_levels"] = tuple(fields["group_levels"])
        fields["schedule"] = tuple(fields["schedule"])
        for name, kind in OPTION_SETS.items():
            values = {key: tuple(value) if isinstance(value, list) else value for key, value in fields[name].items()}
            fields[name] = kind(**values)
        return cls(**fields)


@dataclass(frozen=True, kw_only=True, eq=False)
class View:
    """The patients a ``StudySpec`` selects from a ``Cohort``, and how everyone else left.

    Groups go by the name a reader knows: "Stage III" for the code III, "Hypertension: yes" for yes.

    members
        One row per selected patient: ``patient_id``, ``group`` (ordered category in display order).
    attrition
        One row per step, reason and group: ``step``, ``kind`` (screening, withdrawal, group,
        filter), ``reason``, ``group``, ``n``, ``patient_ids`` (tuple). Steps apply in order, so
        each patient is left out once.
    """

    cohort: Cohort
    spec: StudySpec
    members: pd.DataFrame
    attrition: pd.DataFrame

    @property
    def groups(self) -> tuple[str, ...]:
        """Name the groups in display order, empty ones included."""
        return tuple(group_name(self.spec.group_column, level) for level in self.spec.groups())

    @property
    def reference_group(self) -> str | None:
        """Name the group the others are contrasted with; None where nothing is compared."""
        if self.spec.group_column is None or self.spec.reference_group is None:
            return None
        return group_name(self.spec.group_column, self.spec.reference_group)

    def compared_groups(self) -> tuple[str, ...]:
        """Name the groups that are contrasted with the reference."""
        return tuple(group for group in self.groups if group != self.reference_group) if self.reference_group else ()

    @property
    def n(self) -> int:
        """Count the selected patients."""
        return len(self.members)

    def group_sizes(self) -> dict[str, int]:
        """Count the selected patients of each group, zero for an empty group."""
        codes = self.members["group"].cat.codes.to_numpy()
        counts = np.bincount(codes[codes >= 0], minlength=len(self.groups))
        return dict(zip(self.groups, counts.tolist(), strict=True))

    def patients(self) -> pd.DataFrame:
        """Give one row per selected patient with ``group`` and every patient-level and baseline value."""
        everyone = baseline_values(self.cohort, self.spec.schedule)
        place = pd.Index(everyone["patient_id"]).get_indexer(self.members["patient_id"])
        rest = everyone.drop(columns="patient_id").take(place).reset_index(drop=True)
        return pd.concat([self.members.reset_index(drop=True), rest], axis=1)

    def left_out(self) -> int:
        """Count everyone in the file who is not among the members."""
        return int(self.attrition["n"].sum())


def group_name(column: str | None, level: str) -> str:
    """Name one group as a reader knows it; a yes or no carries the name of its variable."""
    if column is None:
        return level
    known = variable(column)
    label = known.level_label(level)
    return f"{known.label}: {label.lower()}" if known.kind == "binary" and level in ("yes", "no") else label


ATTRITION_COLUMNS = ["step", "kind", "reason", "group", "n", "patient_ids"]


def select_view(cohort: Cohort, spec: StudySpec) -> View:
    """Apply screening, withdrawal, groups and filters in that order.

    Raises
    ------
    CohortError
        If the group column or a filtered variable is not in the file.
    """
    everyone = baseline_values(cohort, spec.schedule)
    _require_columns(everyone, spec)
    everyone = everyone.assign(group=_group_of(everyone, spec))
    steps = [
        *_screening_step(everyone),
        *_withdrawal_step(everyone, spec),
        *_group_steps(everyone, spec),
        *(_filter_step(everyone, chosen) for chosen in spec.filters),
    ]
    remaining, attrition = _apply_steps(everyone, steps)
    names = [group_name(spec.group_column, level) for level in spec.groups()]
    members = remaining[["patient_id"]].assign(group=pd.Categorical(remaining["group"], categories=names, ordered=True))
    members = members.sort_values(["group", "patient_id"], kind="stable", ignore_index=True)
    return View(cohort=cohort, spec=spec, members=members, attrition=attrition)


# One step: (kind, reason per patient where it applies, else "").
Step = tuple[str, pd.Series]


def _require_columns(everyone: pd.DataFrame, spec: StudySpec) -> None:
    wanted = [name for name in (spec.group_column, *(chosen.variable for chosen in spec.filters)) if name]
    absent = [variable(name).label for name in wanted if name not in everyone]
    if absent:
        raise CohortError(
            f"The groups and filters need the column {', '.join(absent)}.",
            "It is not in this file.",
            "Choose another grouping or remove the filter.",
        )
    later = [variable(name).label for name in wanted if is_post_baseline(name)]
    if later:
        raise CohortError(
            "Groups and filters need what was known before treatment.",
            f"{', '.join(later)} was produced after treatment began, and choosing by it biases every comparison.",
            "Choose a baseline variable.",
        )


def _group_of(everyone: pd.DataFrame, spec: StudySpec) -> pd.Series:
    if not spec.group_column:
        return pd.Series(EVERYONE, index=everyone.index)
    level = everyone[spec.group_column].astype("string").fillna(NOT_RECORDED).astype(object)
    return level.map({code: group_name(spec.group_column, code) for code in level.unique()})


def _screening_step(everyone: pd.DataFrame) -> list[Step]:
    if "eligible" not in everyone:
        return []
    reason = _reason_text(everyone, "exclusion_reason", "reason not recorded")
    return [("screening", reason.where(everyone["eligible"] == "no", ""))]


def _withdrawal_step(everyone: pd.DataFrame, spec: StudySpec) -> list[Step]:
    if spec.withdrawn == "analysed" or "withdrawal_reason" not in everyone:
        return []
    left = everyone["withdrawal_reason"].notna() & (everyone["withdrawal_reason"] != "none")
    return [("withdrawal", _reason_text(everyone, "withdrawal_reason", "").where(left, ""))]


def _group_steps(everyone: pd.DataFrame, spec: StudySpec) -> list[Step]:
    if not spec.group_column:
        return []
    unknown = everyone[spec.group_column].isna()
    outside = (
        ~everyone[spec.group_column].astype("string").isin(spec.group_levels).fillna(False).astype(bool) & ~unknown
    )
    reason = pd.Series("", index=everyone.index).mask(outside, "group not chosen").mask(unknown, "group not recorded")
    return [("group", reason)]


def _filter_step(everyone: pd.DataFrame, chosen: Filter) -> Step:
    value = everyone[chosen.variable]
    missing = value.isna()
    if chosen.levels is not None:
        kept = value.astype("string").isin(chosen.levels).fillna(False).astype(bool)
    else:
        low = -float("inf") if chosen.low is None else chosen.low
        high = float("inf") if chosen.high is None else chosen.high
        kept = pd.to_numeric(value, errors="coerce").between(low, high)
    reason = pd.Series("", index=everyone.index).mask(~kept & ~missing, f"{chosen.variable} outside the filter")
    if not chosen.keep_missing:
        reason = reason.mask(missing, f"{chosen.variable} missing")
    return ("filter", reason)


def _reason_text(everyone: pd.DataFrame, column: str, unknown: str) -> pd.Series:
    if column not in everyone:
        return pd.Series(unknown, index=everyone.index)
    return everyone[column].astype("string").fillna(unknown).astype(object)


def _apply_steps(everyone: pd.DataFrame, steps: list[Step]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Leave patients out step by step and count them; each patient leaves once."""
    remaining = everyone
    rows: list[list[object]] = []
    for number, (kind, reason) in enumerate(steps, start=1):
        reason_here = reason.reindex(remaining.index)
        leaving = remaining[reason_here != ""].assign(reason=reason_here)
        for (why, group), leavers in leaving.groupby(["reason", "group"], sort=True):
            rows.append([number, kind, why, group, len(leavers), tuple(leavers["patient_id"])])
        remaining = remaining[reason_here == ""]
    return remaining, pd.DataFrame(rows, columns=ATTRITION_COLUMNS)
