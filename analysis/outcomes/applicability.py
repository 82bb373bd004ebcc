"""Can this file answer this rule at all?"""

from __future__ import annotations

from analysis.cohort.dictionary import variable
from analysis.cohort.model import Cohort
from analysis.outcomes.rules import RemissionRule
from analysis.results import CohortError


def missing_measure(cohort: Cohort, rule: RemissionRule) -> str:
    """Name the urine measure a rule reads and the file does not have; "" where it has it."""
    either = rule.measure == "proteinuria_else_upcr"
    wanted = ("proteinuria_g_24h", "upcr_g_g") if either else (rule.measure,)
    if cohort.visits["variable"].isin(wanted).any():
        return ""
    return " or ".join(variable(name).label for name in wanted)


def require_measure(cohort: Cohort, rule: RemissionRule) -> None:
    """Refuse a rule whose urine measure the file does not have: albumin alone would decide against everyone.

    Raises
    ------
    CohortError
        Naming the measure.
    """
    missing = missing_measure(cohort, rule)
    if missing:
        raise CohortError(
            f"The rule “{rule.label}” reads {missing}.",
            "The file has no such value.",
            "Choose a rule that reads what the file has, or add the column.",
        )
