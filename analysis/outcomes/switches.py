"""Which questions do the papers leave open, and which answers can be chosen? (domain.md 2.3)"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from analysis.outcomes.rules import RemissionRule

Choice = str | bool | float | None


@dataclass(frozen=True, kw_only=True)
class Switch:
    """One open question of a remission rule: the field it sets and the answers in plain words."""

    field: str
    letter: str
    question: str
    answers: tuple[tuple[Choice, str], ...]


SWITCHES: tuple[Switch, ...] = (
    Switch(
        field="pr_logic",
        letter="A3",
        question="Partial remission needs the range, the fall, or both?",
        answers=(("or", "range or fall"), ("and", "range and fall")),
    ),
    Switch(
        field="pr_range_alone",
        letter="A1",
        question="Does the range alone make a partial remission?",
        answers=((False, "no: albumin and kidney function as well"), (True, "yes: only the fall needs them")),
    ),
    Switch(
        field="pr_high_inclusive",
        letter="A2",
        question="Is the upper limit of the range still partial?",
        answers=((True, "yes (≤)"), (False, "no (<)")),
    ),
    Switch(
        field="below_range_is_pr",
        letter="2.4",
        question="Urine protein below the range, but not complete?",
        answers=((True, "counts as in range"), (False, "as written: out of range")),
    ),
    Switch(
        field="normal_function",
        letter="A4",
        question="Normal kidney function is judged by",
        answers=(("egfr", "eGFR"), ("scr_upper_limit", "creatinine, limit of the laboratory")),
    ),
    Switch(
        field="normal_egfr",
        letter="A4",
        question="Normal eGFR from",
        answers=((60.0, "60 mL/min/1.73 m²"), (90.0, "90 mL/min/1.73 m²")),
    ),
    Switch(
        field="cr_function",
        letter="A4",
        question="Complete remission needs kidney function",
        answers=(("normal", "normal and stable"), ("stable", "stable"), ("none", "of any kind")),
    ),
    Switch(
        field="stable_by",
        letter="A5",
        question="Stable kidney function is judged by",
        answers=(("creatinine", "the rise of creatinine"), ("egfr", "the fall of eGFR")),
    ),
    Switch(
        field="stable_rise",
        letter="A5, A6",
        question="That rise or fall stays below",
        answers=((0.15, "15 %"), (0.25, "25 %"), (0.3, "30 %"), (0.5, "50 %")),
    ),
    Switch(
        field="egfr_stands_in",
        letter="A7",
        question="Creatinine not measured, but eGFR?",
        answers=((True, "eGFR stands in"), (False, "not evaluable")),
    ),
    Switch(
        field="function_missing",
        letter="A8",
        question="Kidney function not measured at the visit?",
        answers=(
            ("nearest_45_days", "nearest within 45 days"),
            ("not_evaluable", "not evaluable"),
            ("assume_met", "assume it is fine"),
        ),
    ),
    Switch(
        field="albumin_missing",
        letter="A9",
        question="Albumin not measured?",
        answers=(("not_evaluable", "not evaluable"), ("protein_only", "urine protein alone decides")),
    ),
    Switch(
        field="pr_drop_from",
        letter="A10",
        question="The fall is measured from",
        answers=(
            ("baseline", "baseline"),
            ("peak", "the peak before treatment"),
            ("running_peak", "the highest value so far"),
        ),
    ),
    Switch(
        field="pr_alb_increase",
        letter="A11",
        question="Does rising albumin count for partial remission?",
        answers=(
            ("", "no"),
            ("any", "any rise above baseline"),
            ("ten_percent", "a rise of 10 % or more"),
            ("to_30", "a rise to 30 g/L or more"),
        ),
    ),
    Switch(
        field="confirmed",
        letter="A14",
        question="Must a remission be confirmed?",
        answers=(("off", "no"), ("next_visit", "at the next visit"), ("seven_days", "at least 7 days later")),
    ),
    Switch(
        field="attainment",
        letter="A15",
        question="Which remission counts?",
        answers=(
            ("first", "the first"),
            ("sustained", "one kept to the last visit"),
            ("at_horizon", "one present at the last planned visit"),
        ),
    ),
    Switch(
        field="baseline_remission",
        letter="A16",
        question="In remission before treatment?",
        answers=(
            ("exclude", "not at risk"),
            ("count_at_first_visit", "counted at the first visit"),
            ("event_at_time_0", "counted as reached at time 0"),
        ),
    ),
    Switch(
        field="baseline_range",
        letter="A17",
        question="In partial remission by the range alone before treatment?",
        answers=(("exclude", "as any remission before treatment"), ("require_drop", "at risk, only a fall counts")),
    ),
    Switch(
        field="upcr_limits",
        letter="1.5",
        question="Limits of protein/creatinine",
        answers=(("exact", "0.3 and 3.5 g/g exactly"), ("guideline", "30 and 350 mg/mmol, as guidelines round")),
    ),
    Switch(
        field="worsening_egfr_fall",
        letter="A19",
        question="Worsened kidney function: also by eGFR?",
        answers=((False, "creatinine alone"), (True, "also an eGFR fall of 40 % or more")),
    ),
    Switch(
        field="worsening_confirmed",
        letter="A19",
        question="Worsened kidney function must be seen again?",
        answers=((False, "no"), (True, "at least 28 days later")),
    ),
    Switch(
        field="failure_by_egfr",
        letter="A19",
        question="Kidney failure: also by eGFR?",
        answers=((False, "as recorded alone"), (True, "also eGFR below 15 twice, 28 days apart")),
    ),
)

# What stands in for creatinine when only eGFR was measured: (1 + rise) ** -1.2, CKD-EPI slope; 0.730 and
# 0.615 as domain.md A7 rounds them.
_EGFR_RATIO = {0.15: 0.846, 0.25: 0.765, 0.3: 0.730, 0.5: 0.615}


def open_switches(rule: RemissionRule) -> tuple[Switch, ...]:
    """List the switches that can change anything under this rule."""
    closed = {
        "pr_range_alone": rule.pr_logic == "and" or rule.pr_alb is None,
        "below_range_is_pr": rule.pr_low is None,
        "normal_function": rule.cr_function != "normal",
        "normal_egfr": rule.cr_function != "normal" or rule.normal_function != "egfr",
        "pr_alb_increase": rule.pr_alb is None,
        "albumin_missing": rule.cr_alb is None and rule.pr_alb is None,
        "stable_by": not _uses_stable(rule),
        "stable_rise": not _uses_stable(rule),
        "egfr_stands_in": not _uses_stable(rule) or rule.stable_by == "egfr",
        "function_missing": not _uses_stable(rule) and rule.cr_function != "normal",
        "upcr_limits": rule.measure == "proteinuria_g_24h",
        "baseline_range": rule.pr_logic == "and",
    }
    return tuple(switch for switch in SWITCHES if not closed.get(switch.field, False))


def answer(rule: RemissionRule, field: str, choice: Choice) -> RemissionRule:
    """Set one switch; the eGFR that stands in for creatinine follows the share."""
    fields: dict[str, Any] = {field: choice}
    changed = replace(rule, **fields)
    if field == "stable_rise" and isinstance(choice, float):
        changed = replace(changed, stable_egfr_ratio=_EGFR_RATIO[choice])
    return changed


def _uses_stable(rule: RemissionRule) -> bool:
    return rule.cr_function != "none" or rule.pr_function == "stable"
