"""Can this file answer this rule at all, and what must be said of its answers?"""

from __future__ import annotations

from analysis.cohort.dictionary import variable
from analysis.cohort.model import Cohort
from analysis.outcomes.rules import RemissionRule
from analysis.results import CohortError, Note


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


PROTEIN_ONLY = "A9"


def rule_cautions(rule: RemissionRule) -> tuple[Note, ...]:
    """Warn where urine protein alone decides visits without albumin (domain.md A9: watermarked)."""
    if rule.albumin_missing != "protein_only" or (rule.cr_alb is None and rule.pr_alb is None):
        return ()
    text = (
        "Urine protein alone decides where albumin was not measured, although the rule asks for albumin: such a "
        "remission is not one by the published definition."
    )
    return (Note(code=PROTEIN_ONLY, text=text),)


def undecidable(rule: RemissionRule, endpoint: str) -> str:
    """Say why no visit at all can show an endpoint under a rule; "" where one can.

    Complete remission that needs creatinine up to a limit of the laboratory is open at every visit until the
    limit is entered: its incidence is unknown, not zero.
    """
    open_limit = rule.cr_function == "normal" and rule.normal_function == "scr_upper_limit"
    if endpoint == "complete_remission" and open_limit and rule.scr_upper_limit is None:
        return "not estimable: the laboratory's limit of creatinine was not entered"
    return ""


def require_decidable(rule: RemissionRule, endpoint: str) -> None:
    """Refuse curves of an endpoint that no visit can show: they would stay at zero and look like an answer.

    Raises
    ------
    CohortError
        Naming what to enter.
    """
    if undecidable(rule, endpoint):
        raise CohortError(
            "Complete remission under this rule needs your laboratory's upper limit of creatinine.",
            "It was not entered, so no visit can be called complete or not.",
            "Enter it on the Definitions page, or let eGFR decide there.",
        )
