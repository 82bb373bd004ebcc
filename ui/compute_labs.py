"""What can be asked of the laboratory values? Each question by its name, answered through the doors of ``compute``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui import compute
from ui.state import OpenStudy

if TYPE_CHECKING:
    from analysis.labs import (
        AdjustedResult,
        ChangeResult,
        CourseModel,
        DropoutResult,
        OneVisit,
        PatientPanels,
        ShiftResult,
        SlopesOfGroups,
        VisitTests,
    )


def changes(study: OpenStudy, variables: tuple[str, ...]) -> ChangeResult:
    """Describe the changes from baseline."""
    return compute.lab_answer(study, "describe_changes", variables)


def shift(study: OpenStudy, variables: tuple[str, ...]) -> ShiftResult:
    """Pair baseline with one visit."""
    return compute.lab_answer(study, "describe_shift", variables)


def one_visit(study: OpenStudy, variables: tuple[str, ...]) -> OneVisit:
    """Describe and compare the groups at one visit."""
    return compute.lab_answer(study, "describe_visit", variables)


def adjusted(study: OpenStudy, variables: tuple[str, ...]) -> AdjustedResult:
    """Compare the groups at one visit, adjusted for baseline."""
    return compute.lab_answer(study, "compare_adjusted", variables)


def dropout(study: OpenStudy, variable: str) -> DropoutResult:
    """Split the patients by whether the visit looked at has a value."""
    return compute.lab_answer(study, "describe_dropout", variable)


def tests(study: OpenStudy, variables: tuple[str, ...]) -> VisitTests:
    """Test the groups at each visit."""
    return compute.lab_answer(study, "compare_visits", variables)


def model(study: OpenStudy, variable: str) -> CourseModel:
    """Model all visits of one variable."""
    return compute.lab_answer(study, "fit_course", variable)


def slopes(study: OpenStudy) -> SlopesOfGroups:
    """Estimate the change of eGFR per year."""
    return compute.lab_answer(study, "fit_slopes")


def patients(study: OpenStudy, variable: str, group: str | None) -> PatientPanels:
    """Sort the patients of one group, or all, by best response."""
    from analysis.labs import order_patients

    return order_patients(compute.view(study), variable, compute.outcomes(study), group=group)
