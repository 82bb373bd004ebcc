"""Time what the laboratory page asks for: the course of the values, and the model of all visits."""

from __future__ import annotations

from collections.abc import Callable

N_PATIENTS, VARIABLE = 91, "scr_umol_l"


def labs_work() -> dict[str, Callable[[], object]]:
    """Name each piece of work on 91 invented patients in two groups with five visits of five values."""
    from analysis.choices import propose_spec
    from analysis.labs import available_labs, compare_adjusted, describe_changes, describe_trajectories, fit_course
    from analysis.study import select_view
    from benchmarks.cohorts import large_cohort

    cohort = large_cohort(N_PATIENTS)
    view = select_view(cohort, propose_spec(cohort))
    labs = available_labs(view)
    return {
        f"course of {len(labs)} values": lambda: describe_trajectories(view, labs),
        f"changes of {len(labs)} values": lambda: describe_changes(view, labs),
        f"{len(labs)} values adjusted for baseline": lambda: compare_adjusted(view, labs),
        "mixed model of one value": lambda: fit_course(view, VARIABLE),
    }
