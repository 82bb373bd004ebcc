"""By which published rule is remission decided? Rules are data (domain.md 2.1-2.3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

GUIDELINE_SHARE = 100 / 113.118  # guidelines take 1 g/g for 100 mg/mmol; exactly it is 113.118 (domain.md 1.5)
Measure = Literal["proteinuria_g_24h", "upcr_g_g", "proteinuria_else_upcr"]


@dataclass(frozen=True, kw_only=True)
class RemissionRule:
    """One definition of complete and partial remission and of relapse, thresholds in canonical units.

    Proteinuria in g/24 h or g/g, albumin in g/L, eGFR in mL/min/1.73 m². None switches a criterion
    off. The letter after each switch is its question in domain.md 2.3.

    Attributes
    ----------
    cr_function
        "normal" is ``normal_function`` and stable; "stable" is ``stable_by`` alone. (A4)
    normal_function
        "egfr": eGFR of ``normal_egfr`` or more; "scr_upper_limit": creatinine up to the laboratory's
        ``scr_upper_limit`` (of women ``scr_upper_limit_women``, where it is another), unknown until it is
        given. (A4)
    stable_by, stable_rise
        "creatinine": below (1 + ``stable_rise``) times baseline; "egfr": a fall of less than
        ``stable_rise``. (A5, A6)
    egfr_stands_in, stable_egfr_ratio
        Whether eGFR decides where creatinine was not measured, and from which share of baseline:
        (1 + rise) to the power -1.2, the CKD-EPI slope, as domain.md A7 rounds it. (A7)
    pr_logic, pr_range_alone
        Range or fall, range and fall; ``pr_range_alone``: the range needs no albumin and no kidney
        function, only the fall does. (A1, A3)
    pr_drop_from
        "baseline"; "peak": the highest value before treatment; "running_peak": also later values up
        to the visit. (A10)
    pr_alb_increase
        A rise of albumin counts as well: "any", "ten_percent" (10 % or more), "to_30" (30 g/L or more
        and above baseline), or "" for not. (A11)
    below_range_is_pr
        Urine protein below the partial range without complete remission counts as in range. (domain.md 2.4)
    confirmed
        Remission counts when the next evaluable visit, or another at least 7 days later, has it too. (A14)
    attainment
        "first": the first visit in remission; "sustained": the first from which every later evaluable
        visit is in remission too; "at_horizon": only the last planned visit by the horizon decides. (A15)
    baseline_remission
        In remission before treatment: "exclude" from the endpoint; "count_at_first_visit" after
        treatment; "event_at_time_0": that remission is an event at time 0. (A16)
    baseline_range
        In partial remission by the range alone before treatment: "exclude" is as ``baseline_remission``
        says; "require_drop" at risk, and only the fall counts. (A17)
    upcr_limits
        Limits of protein/creatinine: "exact" in g/g; "guideline" as guidelines round mg/mmol (30 for 0.3 g/g,
        350 for 3.5 g/g), so 100/113.118 of them. (domain.md 1.5)
    worsening_egfr_fall, worsening_confirmed, failure_by_egfr
        The kidney endpoint: also a fall of eGFR by 40 % or more; worsening must be seen again 28 days
        later or more; also eGFR below 15 twice, so far apart. (A19, domain.md 2.7)
    relapse_prot, relapse_inclusive, relapse_rise_in_pr, relapse_needs_albumin_fall
        Urine protein from which a relapse is counted; a relative rise that counts in partial
        remission; whether albumin must fall as well. (domain.md 2.6)
    """

    name: str
    label: str
    reference: str
    measure: Measure
    wording_checked: bool = False
    cr_prot: float = 0.3
    cr_prot_inclusive: bool = False
    cr_alb: float | None = 35.0
    cr_alb_inclusive: bool = True
    cr_function: Literal["none", "stable", "normal"] = "stable"
    normal_function: Literal["egfr", "scr_upper_limit"] = "egfr"
    normal_egfr: float = 60.0
    scr_upper_limit: float | None = None
    scr_upper_limit_women: float | None = None
    stable_by: Literal["creatinine", "egfr"] = "creatinine"
    stable_rise: float = 0.3
    egfr_stands_in: bool = True
    stable_egfr_ratio: float = 0.730
    pr_logic: Literal["or", "and"] = "and"
    pr_range_alone: bool = False
    pr_low: float | None = 0.3
    pr_high: float = 3.5
    pr_high_inclusive: bool = True
    pr_drop: float = 0.5
    pr_drop_inclusive: bool = False
    pr_drop_from: Literal["baseline", "peak", "running_peak"] = "baseline"
    pr_alb: float | None = None
    pr_alb_inclusive: bool = True
    pr_alb_increase: Literal["", "any", "ten_percent", "to_30"] = ""
    pr_function: Literal["none", "stable"] = "none"
    below_range_is_pr: bool = False
    function_missing: Literal["nearest_45_days", "not_evaluable", "assume_met"] = "nearest_45_days"
    albumin_missing: Literal["not_evaluable", "protein_only"] = "not_evaluable"
    confirmed: Literal["off", "next_visit", "seven_days"] = "off"
    attainment: Literal["first", "sustained", "at_horizon"] = "first"
    baseline_remission: Literal["exclude", "count_at_first_visit", "event_at_time_0"] = "exclude"
    baseline_range: Literal["exclude", "require_drop"] = "require_drop"
    upcr_limits: Literal["exact", "guideline"] = "exact"
    relapse_prot: float = 3.5
    relapse_inclusive: bool = True
    relapse_rise_in_pr: float | None = None
    relapse_needs_albumin_fall: bool = False
    worsening_egfr_fall: bool = False
    worsening_confirmed: bool = False
    failure_by_egfr: bool = False

    @property
    def open_range(self) -> bool:
        """Tell whether the partial range reaches down to zero."""
        return self.pr_low is None or self.below_range_is_pr


_KDIGO_2012_MN = RemissionRule(
    name="KDIGO2012_MN",
    label="KDIGO 2012, membranous nephropathy",
    reference="KDIGO 2012 glomerulonephritis guideline, chapter 7",
    measure="proteinuria_else_upcr",
    cr_function="normal",
    pr_low=None,
    pr_high_inclusive=False,
    pr_drop_inclusive=True,
    pr_drop_from="peak",
    pr_alb=35.0,
    pr_alb_increase="any",
    pr_function="stable",
    confirmed="seven_days",
)

PRESETS: dict[str, RemissionRule] = {
    rule.name: rule
    for rule in (
        RemissionRule(
            name="P1_2023",
            label="Chen 2023 (membranous nephropathy)",
            reference="Chen X et al. Balkan Med J 2023;40:287-93",
            measure="proteinuria_g_24h",
            wording_checked=True,
            cr_function="normal",
            pr_logic="or",
            pr_drop_inclusive=True,
            pr_alb=30.0,
            pr_function="stable",
            stable_rise=0.5,
            stable_egfr_ratio=0.615,
        ),
        RemissionRule(
            name="P2_2023",
            label="Rituximab in FSGS 2023",
            reference="Sci Rep 2023;13:6740",
            measure="upcr_g_g",
            wording_checked=True,
            cr_alb_inclusive=False,
            pr_logic="or",
            pr_low=None,
            pr_high_inclusive=False,
            pr_drop_from="peak",
            pr_alb=35.0,
            pr_alb_inclusive=False,
            pr_alb_increase="any",
            pr_function="stable",
            baseline_remission="count_at_first_visit",
            baseline_range="exclude",
        ),
        _KDIGO_2012_MN,
        RemissionRule(
            name="KDIGO2021_ADULT",
            label="KDIGO 2021, adult FSGS and minimal change disease",
            reference="KDIGO 2021 glomerular diseases guideline, chapters 5 and 6",
            measure="proteinuria_else_upcr",
            cr_alb_inclusive=False,
            below_range_is_pr=True,
            relapse_inclusive=False,
            relapse_rise_in_pr=0.5,
        ),
        replace(
            _KDIGO_2012_MN,
            name="KDIGO2021_MN",
            label="KDIGO 2021, membranous nephropathy",
            reference="KDIGO 2021 glomerular diseases guideline, chapter 3 (thresholds of 2012)",
            confirmed="off",
            relapse_needs_albumin_fall=True,
        ),
        RemissionRule(
            name="MENTOR",
            label="MENTOR trial 2019",
            reference="Fervenza FC et al. N Engl J Med 2019;381:36-46",
            measure="proteinuria_g_24h",
            cr_prot_inclusive=True,
            cr_function="none",
            pr_drop_inclusive=True,
            below_range_is_pr=True,
        ),
        RemissionRule(
            name="ZONOZI",
            label="Zonozi 2021",
            reference="Zonozi R et al. Am J Kidney Dis 2021;78:793-803",
            measure="upcr_g_g",
            cr_alb=None,
            cr_function="none",
            pr_low=None,
            pr_high=3.0,
            pr_high_inclusive=False,
            pr_drop_inclusive=True,
        ),
    )
}


def limits_of(rule: RemissionRule, measure: str) -> RemissionRule:
    """Give a rule with the limits of urine protein that hold for one measure."""
    if rule.upcr_limits == "exact" or measure != "upcr_g_g":
        return rule
    low = None if rule.pr_low is None else rule.pr_low * GUIDELINE_SHARE
    limits = {name: getattr(rule, name) * GUIDELINE_SHARE for name in ("cr_prot", "pr_high", "relapse_prot")}
    return replace(rule, pr_low=low, **limits)


def rule_in_use(rule: RemissionRule) -> str:
    """Name a rule, saying so when a switch differs from its preset."""
    preset = PRESETS.get(rule.name)
    return rule.label if preset == rule else f"{rule.label}, modified"
