"""How does a remission rule read in plain words? Our words, never a quotation of its source."""

from __future__ import annotations

from analysis.outcomes.classify import RISEN_TO_G_L
from analysis.outcomes.rules import RemissionRule

MEASURE_WORDS = {
    "proteinuria_g_24h": ("24-h urine protein", "g/24 h"),
    "upcr_g_g": ("urine protein/creatinine", "g/g"),
    "proteinuria_else_upcr": ("24-h urine protein (else protein/creatinine)", "g"),
}
_PEAK_WORDS = {
    "baseline": "baseline",
    "peak": "the peak before treatment",
    "running_peak": "the highest value so far",
}
_COUNTED_WORDS: dict[str, dict[str, str]] = {
    "albumin_missing": {"protein_only": "Where albumin was not measured, urine protein decides without it."},
    "function_missing": {"assume_met": "Kidney function that was not measured is taken as good enough."},
    "confirmed": {
        "next_visit": "A remission counts when the next evaluable visit confirms it.",
        "seven_days": "A remission counts when another visit at least 7 days later confirms it.",
    },
    "attainment": {
        "sustained": "A remission counts from the visit after which every later evaluable visit has it too.",
        "at_horizon": "A remission counts only at the last planned visit by the end of the curves.",
    },
    "baseline_remission": {
        "count_at_first_visit": "In remission before treatment: counted at the first visit after it.",
        "event_at_time_0": "In remission before treatment: counted as reached at time 0.",
    },
}


def rule_sentences(rule: RemissionRule) -> tuple[str, ...]:
    """Put a rule in plain words: complete and partial remission, what counts as such, relapse, the kidney endpoint."""
    counted = [words.get(getattr(rule, field), "") for field, words in _COUNTED_WORDS.items()]
    if rule.attainment == "at_horizon" and rule.baseline_remission != "exclude":
        counted[-1] = "In remission before treatment: at risk, and that visit decides."
    sentences = [
        _complete(rule),
        _partial(rule),
        *_unmeasured(rule),
        *counted,
        _relapse(rule),
        _ratio_words(rule),
        _kidney(rule),
    ]
    return tuple(sentence for sentence in sentences if sentence)


def _unmeasured(rule: RemissionRule) -> list[str]:
    """Say what is not done where kidney function was not measured, and that a rise of albumin adds nothing."""
    stable = rule.cr_function != "none" or rule.pr_function == "stable"
    sentences = []
    if stable and rule.stable_by == "creatinine" and not rule.egfr_stands_in:
        sentences.append("Where creatinine was not measured, eGFR does not stand in: not evaluable if it matters.")
    if stable and rule.function_missing == "not_evaluable":
        sentences.append("Kidney function that was not measured at a visit is not taken from another day.")
    if rule.pr_alb is not None and rule.pr_alb_increase == "to_30" and rise_adds_nothing(rule):
        sentences.append("Albumin that rose to 30 g/L is good enough without the rise, so the rise changes nothing.")
    return sentences


def stable_words(rule: RemissionRule) -> str:
    """Say what stable kidney function means under a rule."""
    if rule.stable_by == "egfr":
        return f"an eGFR fall of less than {_percent(rule.stable_rise)}"
    return f"creatinine < {1 + rule.stable_rise:.2f} × baseline"


def _percent(share: float) -> str:
    return f"{100 * share:g} %"


def _normal_words(rule: RemissionRule) -> str:
    if rule.normal_function == "scr_upper_limit":
        limit = "(limit not given)" if rule.scr_upper_limit is None else f"{rule.scr_upper_limit:g}"
        women = "" if rule.scr_upper_limit_women is None else f" (women {rule.scr_upper_limit_women:g})"
        return f"creatinine ≤ {limit} µmol/L{women}"
    return f"eGFR ≥ {rule.normal_egfr:g}"


def _complete(rule: RemissionRule) -> str:
    words, unit = MEASURE_WORDS[rule.measure]
    parts = [f"{words} {'≤' if rule.cr_prot_inclusive else '<'} {rule.cr_prot:g} {unit}"]
    if rule.cr_alb is not None:
        parts.append(f"albumin {'≥' if rule.cr_alb_inclusive else '>'} {rule.cr_alb:g} g/L")
    if rule.cr_function == "normal":
        parts.append(_normal_words(rule))
    if rule.cr_function != "none":
        parts.append(stable_words(rule))
    return "Complete remission: " + ", ".join(parts) + "."


def _partial(rule: RemissionRule) -> str:
    words, unit = MEASURE_WORDS[rule.measure]
    high = f"{'≤' if rule.pr_high_inclusive else '<'} {rule.pr_high:g} {unit}"
    span = f"{words} {high}" if rule.open_range else f"{words} ≥ {rule.pr_low:g} and {high}"
    drop = f"a fall of {'≥' if rule.pr_drop_inclusive else '>'} {_percent(rule.pr_drop)} from "
    drop += _from_words(rule)
    support = [*_partial_albumin(rule), *([stable_words(rule)] if rule.pr_function == "stable" else [])]
    if rule.pr_logic == "or" and rule.pr_range_alone:
        return f"Partial remission: not complete, and {span}, or {', with '.join([drop, ' and '.join(support)])}."
    return "Partial remission: not complete, and " + ", ".join([f"{span} {rule.pr_logic} {drop}", *support]) + "."


def _from_words(rule: RemissionRule) -> str:
    """Say what a fall is measured from; a file gives a peak of protein/creatinine alone."""
    words = _PEAK_WORDS[rule.pr_drop_from]
    if rule.pr_drop_from != "peak" or rule.measure == "upcr_g_g":
        return words
    own = "" if rule.measure == "proteinuria_g_24h" else " of protein/creatinine"
    which = "which here is the baseline, as a file has" if not own else "else from the baseline, as a file has"
    return f"{words}{own} ({which} no peak of 24-h urine protein)"


def _partial_albumin(rule: RemissionRule) -> list[str]:
    if rule.pr_alb is None:
        return []
    return [f"{partial_albumin_words(rule)} g/L"]


def partial_albumin_words(rule: RemissionRule) -> str:
    """Say what albumin partial remission asks for, without the unit; a rise that can add nothing is not asked for."""
    level = 0.0 if rule.pr_alb is None else rule.pr_alb
    sign = "≥" if rule.pr_alb_inclusive else ">"
    above = {
        "": "",
        "any": "above baseline or ",
        "ten_percent": "≥ 10 % above baseline or ",
        "to_30": "risen to ≥ 30 or ",
    }[rule.pr_alb_increase]
    if rule.pr_alb_increase == "to_30" and rise_adds_nothing(rule):
        above = ""
    return f"albumin {above}{sign} {level:g}"


def rise_adds_nothing(rule: RemissionRule) -> bool:
    """Tell whether every albumin risen to 30 g/L is good enough without the rise."""
    return rule.pr_alb is not None and (
        rule.pr_alb < RISEN_TO_G_L or (rule.pr_alb == RISEN_TO_G_L and rule.pr_alb_inclusive)
    )


def _relapse(rule: RemissionRule) -> str:
    sign = "≥" if rule.relapse_inclusive else ">"
    after = "complete remission" if rule.relapse_rise_in_pr is not None else "remission"
    words = f"Relapse: urine protein {sign} {rule.relapse_prot:g} g after {after}"
    if rule.relapse_rise_in_pr is not None:
        words += f", or a rise of more than {_percent(rule.relapse_rise_in_pr)} in partial remission"
    return words + (", with falling albumin." if rule.relapse_needs_albumin_fall else ".")


def _ratio_words(rule: RemissionRule) -> str:
    if rule.upcr_limits == "exact" or rule.measure == "proteinuria_g_24h":
        return ""
    return "Protein/creatinine: the limits are those of the guidelines in mg/mmol, 30 for 0.3 g/g and 350 for 3.5 g/g."


def _kidney(rule: RemissionRule) -> str:
    """Say what else counts for the kidney endpoint; nothing where its usual definition is in use."""
    parts = []
    if rule.worsening_egfr_fall:
        parts.append("an eGFR fall of 40 % or more counts as well")
    if rule.worsening_confirmed:
        parts.append("worsening is seen again at least 28 days later")
    if rule.failure_by_egfr:
        parts.append("eGFR below 15 twice, at least 28 days apart, is kidney failure")
    return f"Kidney endpoint: {'; '.join(parts)}." if parts else ""
