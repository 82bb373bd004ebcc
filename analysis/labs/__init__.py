"""How did the laboratory values run, how far did they move, and do the groups differ?"""

from analysis.labs.behind import patients_behind
from analysis.labs.changes import ChangeResult, describe_changes
from analysis.labs.course import TrajectoryResult, describe_trajectories
from analysis.labs.dropout import DropoutResult, describe_dropout
from analysis.labs.models import (
    AdjustedResult,
    CourseModel,
    SlopesOfGroups,
    compare_adjusted,
    fit_course,
    fit_slopes,
)
from analysis.labs.one_visit import OneVisit, describe_visit, label_at
from analysis.labs.patient_order import MOST_PATIENTS, PatientPanels, order_patients
from analysis.labs.published import has_published
from analysis.labs.shift import ShiftResult, describe_shift
from analysis.labs.values import available_labs, visit_on_view
from analysis.labs.visit_cells import THIN_BELOW_N, THIN_BELOW_SHARE, VisitSummary, summaries_of
from analysis.labs.visit_tests import VisitTests, compare_visits

__all__ = [
    "MOST_PATIENTS",
    "THIN_BELOW_N",
    "THIN_BELOW_SHARE",
    "AdjustedResult",
    "ChangeResult",
    "CourseModel",
    "DropoutResult",
    "OneVisit",
    "PatientPanels",
    "ShiftResult",
    "SlopesOfGroups",
    "TrajectoryResult",
    "VisitSummary",
    "VisitTests",
    "available_labs",
    "compare_adjusted",
    "compare_visits",
    "describe_changes",
    "describe_dropout",
    "describe_shift",
    "describe_trajectories",
    "describe_visit",
    "fit_course",
    "fit_slopes",
    "has_published",
    "label_at",
    "order_patients",
    "patients_behind",
    "summaries_of",
    "visit_on_view",
]
