"""Why does this visit have this status? The values used, each criterion, and what was missing."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.outcomes.classify import STATUS_WORDS
from analysis.outcomes.derive import Outcomes
from analysis.outcomes.rules import RemissionRule, limits_of, rule_in_use
from analysis.outcomes.wording import stable_words

TRUTH_WORDS = {1: "met", 0: "not met", -1: "unknown"}
CRITERIA_COLUMNS = ["needed_for", "criterion", "value", "qualifier", "baseline", "unit", "truth"]
_DEPENDS = "not evaluable: the answer depends on what is unknown"


@dataclass(frozen=True, kw_only=True, eq=False)
class Explanation:
    """Why one visit has its status.

    criteria
        One row per criterion: ``needed_for`` (complete, partial), ``criterion`` in words, ``value``
        used with its ``qualifier`` ("", "lt", "gt"), ``baseline`` it was compared with (NaN where
        none), ``unit``, ``truth`` (1 met, 0 not met, -1 unknown).
    """

    patient_id: str
    time: float
    status: str
    at_least: str
    sentence: str
    rule_name: str
    missing: str
    criteria: pd.DataFrame


def explain_visit(outcomes: Outcomes, patient_id: str, time: float) -> Explanation:
    """Explain one classified visit, named by patient and time in months on the axis of ``outcomes``.

    Raises
    ------
    KeyError
        If there is no such visit.
    """
    visits = pd.concat([outcomes.baseline, outcomes.visits], ignore_index=True)
    found = visits[(visits["patient_id"] == patient_id) & ((visits["time"] - time).abs() < 1e-9)]
    if found.empty:
        raise KeyError((patient_id, time))
    visit = found.iloc[0]
    criteria = _criteria(visit, outcomes.rule)
    return Explanation(
        patient_id=patient_id,
        time=time,
        status=visit["status"],
        at_least=visit["at_least"],
        sentence=_sentence(visit, criteria, outcomes.rule),
        rule_name=rule_in_use(outcomes.rule),
        missing=visit["reason"] if visit["status"] == "NE" else "",
        criteria=criteria,
    )


def _criteria(visit: pd.Series, rule: RemissionRule) -> pd.DataFrame:
    rows = [*_protein_rows(visit, rule), *_albumin_rows(visit, rule), *_function_rows(visit, rule)]
    return pd.DataFrame(rows, columns=CRITERIA_COLUMNS)


def _protein_rows(visit: pd.Series, rule: RemissionRule) -> list[list[object]]:
    rule = limits_of(rule, visit["measure"])
    value = [visit["prot"], visit["prot_qualifier"]]
    below = "≤" if rule.cr_prot_inclusive else "<"
    high = f"{'≤' if rule.pr_high_inclusive else '<'} {rule.pr_high:.4g}"
    span = high if rule.open_range else f"{rule.pr_low:.4g} to {high.replace('≤ ', '')}"
    drop = f"a fall of {'≥' if rule.pr_drop_inclusive else '>'} {100 * rule.pr_drop:g} %"
    base = visit["base_prot"] if rule.pr_drop_from == "baseline" else visit["peak_prot"]
    return [
        ["complete", f"urine protein {below} {rule.cr_prot:.4g}", *value, float("nan"), "g", visit["prot_below_cr"]],
        ["partial", f"urine protein {span}", *value, float("nan"), "g", visit["range"]],
        ["partial", f"urine protein: {drop}", *value, base, "g", visit["drop"]],
    ]


def _albumin_rows(visit: pd.Series, rule: RemissionRule) -> list[list[object]]:
    value = [visit["alb"], visit["alb_qualifier"]]
    rows: list[list[object]] = []
    if rule.cr_alb is not None:
        words = f"albumin {'≥' if rule.cr_alb_inclusive else '>'} {rule.cr_alb:g}"
        rows.append(["complete", words, *value, float("nan"), "g/L", visit["albumin_cr"]])
    if rule.pr_alb is not None:
        rise = {
            "": "",
            "any": "above baseline or ",
            "ten_percent": "≥ 10 % above baseline or ",
            "to_30": "risen to ≥ 30 g/L or ",
        }[rule.pr_alb_increase]
        words = f"albumin {rise}{'≥' if rule.pr_alb_inclusive else '>'} {rule.pr_alb:g}"
        base = visit["base_alb"] if rule.pr_alb_increase else float("nan")
        rows.append(["partial", words, *value, base, "g/L", visit["albumin_pr"]])
    return rows


def _function_rows(visit: pd.Series, rule: RemissionRule) -> list[list[object]]:
    by_scr = rule.stable_by == "creatinine" and pd.notna(visit["scr"]) and pd.notna(visit["base_scr"])
    scr = [visit["scr"], visit["scr_qualifier"], visit["base_scr"], "µmol/L"]
    egfr = [visit["egfr"], visit["egfr_qualifier"], visit["base_egfr"], "mL/min/1.73 m²"]
    stand_in = f"eGFR ≥ {rule.stable_egfr_ratio} × baseline" if not by_scr and rule.egfr_stands_in else ""
    stable = stand_in if rule.stable_by == "creatinine" and stand_in else stable_words(rule)
    stable_row = [stable, *(scr if by_scr else egfr), visit["stable"]]
    rows: list[list[object]] = []
    if rule.cr_function == "normal":
        normal = f"eGFR ≥ {rule.normal_egfr:g}" if rule.normal_function == "egfr" else _limit_words(rule)
        value, qualifier, _, unit = egfr if rule.normal_function == "egfr" else scr
        rows.append(["complete", normal, value, qualifier, float("nan"), unit, visit["normal"]])
    if rule.cr_function != "none":
        rows.append(["complete", *stable_row])
    if rule.pr_function == "stable":
        rows.append(["partial", *stable_row])
    return rows


def _limit_words(rule: RemissionRule) -> str:
    limit = "the limit of the laboratory, not given" if rule.scr_upper_limit is None else f"{rule.scr_upper_limit:g}"
    return f"creatinine ≤ {limit}"


def _sentence(visit: pd.Series, criteria: pd.DataFrame, rule: RemissionRule) -> str:
    status = STATUS_WORDS[visit["status"]].capitalize()
    if visit["status"] == "CR":
        return f"{status}: every criterion of complete remission is met{_assumed(visit)}."
    lacking = {truth: _named(criteria, "complete", truth) for truth in (0, -1)}
    if visit["status"] == "NE":
        known = ", but certainly partial remission or better" if visit["at_least"] == "PR" else ""
        return f"{_DEPENDS.capitalize()} ({visit['reason']}){known}."
    why = f"Not complete, because not met: {lacking[0]}." if lacking[0] else "Not complete."
    if visit["status"] == "PR":
        gap = " Below the partial range, which counts as in range." if visit["reason"] == "below_PR_range" else ""
        return f"{status}: the criteria of partial remission are met. {why}{gap}"
    return f"{status}. {why} Not partial, because not met: {_blocking(visit, criteria, rule)}."


def _assumed(visit: pd.Series) -> str:
    """Say what was taken as met although it was not measured."""
    missing = [name for name, value in (("albumin", visit["alb"]), ("kidney function", visit["scr"])) if pd.isna(value)]
    missing = [name for name in missing if name == "albumin" or pd.isna(visit["egfr"])]
    return f"; not measured and taken as met, or not needed: {', '.join(missing)}" if missing else ""


def _blocking(visit: pd.Series, criteria: pd.DataFrame, rule: RemissionRule) -> str:
    """Name what keeps a visit from partial remission: of range or fall only where neither is met."""
    partial = criteria[(criteria["needed_for"] == "partial") & (criteria["truth"] == 0)]
    if rule.pr_logic == "or" and (visit["range"] == 1 or visit["drop"] == 1):
        partial = partial[~partial["criterion"].str.startswith("urine protein")]
    return "; ".join(partial["criterion"]) or "the combination"


def _named(criteria: pd.DataFrame, needed_for: str, truth: int) -> str:
    rows = criteria[(criteria["needed_for"] == needed_for) & (criteria["truth"] == truth)]
    return "; ".join(rows["criterion"])
