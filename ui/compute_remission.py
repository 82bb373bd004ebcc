"""What can be asked about remission? Each question by its name, answered once through the door of ``compute``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui import compute
from ui.state import OpenStudy

if TYPE_CHECKING:
    import pandas as pd

    from analysis.factors import FactorsResult
    from analysis.remission import (
        ClassesResult,
        ComparisonResult,
        EffectResult,
        ExposureResult,
        IntervalResult,
        LandmarkResult,
        LanesResult,
        PartialResult,
        RelapseResult,
        SensitivityResult,
        StatesResult,
    )


def effects(study: OpenStudy) -> EffectResult:
    """Estimate the effect measures."""
    from analysis.remission import estimate_effects

    return compute.remission_answer(
        study, "effects", lambda: estimate_effects(compute.view(study), compute.remission(study))
    )


def listing(study: OpenStudy) -> pd.DataFrame:
    """List the patients behind the curves."""
    from analysis.remission import list_patients

    return compute.remission_answer(
        study, "listing", lambda: list_patients(compute.view(study), compute.remission(study))
    )


def comparison(study: OpenStudy) -> ComparisonResult:
    """Compare the curves by every test."""
    from analysis.remission import compare_groups

    return compute.remission_answer(
        study, "comparison", lambda: compare_groups(compute.view(study), compute.remission(study))
    )


def landmark(study: OpenStudy) -> LandmarkResult:
    """Start the clock at the landmark."""
    from analysis.remission import describe_landmark

    return compute.remission_answer(
        study, "landmark", lambda: describe_landmark(compute.view(study), compute.remission(study))
    )


def exposure(study: OpenStudy) -> ExposureResult:
    """Take tacrolimus as an exposure that begins during follow-up."""
    from analysis.remission import describe_exposure

    return compute.remission_answer(
        study, "exposure", lambda: describe_exposure(compute.view(study), compute.remission(study))
    )


def intervals(study: OpenStudy) -> IntervalResult:
    """Estimate the incidence from the intervals between visits."""
    from analysis.remission import estimate_intervals

    return compute.remission_answer(
        study, "intervals", lambda: estimate_intervals(compute.view(study), compute.remission(study))
    )


def states(study: OpenStudy) -> StatesResult:
    """Count the states at each visit."""
    from analysis.outcomes.visit_states import states_at_visit
    from analysis.remission import describe_states

    view, outcomes = compute.view(study), compute.outcomes(study)
    visits = compute.cohort_answer(
        study, "states", lambda: states_at_visit(outcomes, study.cohort, schedule=study.spec.schedule)
    )
    return compute.remission_answer(study, "states", lambda: describe_states(view, outcomes, visits))


def partial(study: OpenStudy) -> PartialResult:
    """Estimate partial remission without complete remission."""
    from analysis.remission import describe_partial, partial_records

    view, outcomes = compute.view(study), compute.outcomes(study)
    records = compute.cohort_answer(study, "partial records", lambda: partial_records(view, outcomes))
    return compute.remission_answer(study, "partial", lambda: describe_partial(view, outcomes, records))


def lanes(study: OpenStudy) -> LanesResult:
    """Lay out the course of every patient."""
    from analysis.remission import describe_lanes

    return compute.remission_answer(
        study, "lanes", lambda: describe_lanes(compute.view(study), compute.outcomes_by_day(study))
    )


def relapse(study: OpenStudy) -> RelapseResult:
    """Count relapses and follow the B cells."""
    from analysis.remission import describe_relapse, follow_bcells

    view, outcomes = compute.view(study), compute.outcomes(study)
    courses = compute.cohort_answer(study, "B cells", lambda: follow_bcells(view, outcomes))
    return compute.remission_answer(study, "relapse", lambda: describe_relapse(view, outcomes, courses))


def classes(study: OpenStudy) -> ClassesResult:
    """Count the response by class of the disease, and who was off steroids."""
    from analysis.outcomes.endpoints import best_response
    from analysis.remission import describe_classes

    by_day = compute.outcomes_by_day(study)
    return compute.remission_answer(
        study, "classes", lambda: describe_classes(compute.view(study), best_response(by_day))
    )


def sensitivity(study: OpenStudy) -> SensitivityResult:
    """Change one choice at a time."""
    from analysis.remission import compare_settings

    return compute.remission_answer(study, "sensitivity", lambda: compare_settings(compute.view(study)))


def factors(study: OpenStudy) -> FactorsResult:
    """Fit the factors alone and together."""
    from analysis.factors import describe_factors

    return compute.remission_answer(
        study, "factors", lambda: describe_factors(compute.view(study), compute.remission(study).records)
    )


def factors_on_offer(study: OpenStudy) -> tuple[str, ...]:
    """List the baseline variables a model could hold."""
    from analysis.factors import factors_on_offer

    return compute.remission_answer(study, "factors on offer", lambda: factors_on_offer(compute.view(study)))
