"""How many patients reach remission by when, and does it differ between groups?"""

from analysis.remission.answers import (
    ClassesResult,
    ComparisonResult,
    EffectResult,
    ExposureResult,
    IntervalResult,
    LandmarkResult,
    PartialResult,
    RelapseResult,
    SensitivityResult,
    StatesResult,
)
from analysis.remission.at_horizon import read_at_horizon
from analysis.remission.between_visits import estimate_intervals
from analysis.remission.classes import describe_classes
from analysis.remission.comparison import TEST_LABELS, compare_groups, strata_on_offer
from analysis.remission.description import INTERVALS, RemissionResult, describe_remission
from analysis.remission.effects import estimate_effects
from analysis.remission.exposure import describe_exposure
from analysis.remission.landmark import describe_landmark
from analysis.remission.listing import WHAT_LABELS, behind_point, list_patients
from analysis.remission.partial import describe_partial, partial_records
from analysis.remission.records import study_records
from analysis.remission.relapse import describe_relapse, follow_bcells
from analysis.remission.sensitivity import RESCUE_LABELS, adopted_spec, compare_settings
from analysis.remission.states import describe_states
from analysis.remission.swimmer import LanesResult, describe_lanes

__all__ = [
    "INTERVALS",
    "RESCUE_LABELS",
    "TEST_LABELS",
    "WHAT_LABELS",
    "ClassesResult",
    "ComparisonResult",
    "EffectResult",
    "ExposureResult",
    "IntervalResult",
    "LandmarkResult",
    "LanesResult",
    "PartialResult",
    "RelapseResult",
    "RemissionResult",
    "SensitivityResult",
    "StatesResult",
    "adopted_spec",
    "behind_point",
    "compare_groups",
    "compare_settings",
    "describe_classes",
    "describe_exposure",
    "describe_landmark",
    "describe_lanes",
    "describe_partial",
    "describe_relapse",
    "describe_remission",
    "describe_states",
    "estimate_effects",
    "estimate_intervals",
    "follow_bcells",
    "list_patients",
    "partial_records",
    "read_at_horizon",
    "strata_on_offer",
    "study_records",
]  # fmt: skip
