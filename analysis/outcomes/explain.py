"""Why does this visit have this status? The values used, each criterion, and what was missing."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.outcomes.classify import STATUS_WORDS, creatinine_limits
from analysis.outcomes.derive import DISAGREE, OTHERS, Outcomes
from analysis.outcomes.reasons import BELOW_RANGE, RANGE_BEFORE
from analysis.outcomes.rules import RemissionRule, limits_of, rule_in_use
from analysis.outcomes.wording import MEASURE_WORDS, partial_albumin_words, stable_words

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
    protein = [row for measured in _by_measure(visit) for row in _protein_rows(measured, rule)]
    rows = [*protein, *_albumin_rows(visit, rule), *_function_rows(visit, rule)]
    return pd.DataFrame(rows, columns=CRITERIA_COLUMNS)


def _by_measure(visit: pd.Series) -> list[pd.Series]:
    """Give the visit once or, where two urine measures disagree, once by each."""
    if visit["reason"] != DISAGREE:
        return [visit]
    other = visit.copy()
    for name in OTHERS:
        other[name] = visit[f"{name}_other"]
    return [visit, other]


def _protein_rows(visit: pd.Series, rule: RemissionRule) -> list[list[object]]:
    rule = limits_of(rule, visit["measure"])
    name = MEASURE_WORDS[visit["measure"]][0] if visit["reason"] == DISAGREE else "urine protein"
    value = [visit["prot"], visit["prot_qualifier"]]
    below = "≤" if rule.cr_prot_inclusive else "<"
    high = f"{'≤' if rule.pr_high_inclusive else '<'} {rule.pr_high:.4g}"
    span = high if rule.open_range else f"{rule.pr_low:.4g} to {high.replace('≤ ', '')}"
    drop = f"a fall of {'≥' if rule.pr_drop_inclusive else '>'} {100 * rule.pr_drop:g} %"
    base = visit["base_prot"] if rule.pr_drop_from == "baseline" else visit["peak_prot"]
    return [
        ["complete", f"{name} {below} {rule.cr_prot:.4g}", *value, float("nan"), "g", visit["prot_below_cr"]],
        ["partial", f"{name} {span}", *value, float("nan"), "g", visit["range"]],
        ["partial", f"{name}: {drop}", *value, base, "g", visit["drop"]],
    ]


def _albumin_rows(visit: pd.Series, rule: RemissionRule) -> list[list[object]]:
    value = [visit["alb"], visit["alb_qualifier"]]
    rows: list[list[object]] = []
    if rule.cr_alb is not None:
        words = f"albumin {'≥' if rule.cr_alb_inclusive else '>'} {rule.cr_alb:g}"
        rows.append(["complete", words, *value, float("nan"), "g/L", visit["albumin_cr"]])
    if rule.pr_alb is not None:
        words = partial_albumin_words(rule)
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
        normal = f"eGFR ≥ {rule.normal_egfr:g}" if rule.normal_function == "egfr" else _limit_words(visit, rule)
        value, qualifier, _, unit = egfr if rule.normal_function == "egfr" else scr
        rows.append(["complete", normal, value, qualifier, float("nan"), unit, visit["normal"]])
    if rule.cr_function != "none":
        rows.append(["complete", *stable_row])
    if rule.pr_function == "stable":
        rows.append(["partial", *stable_row])
    return rows


def _limit_words(visit: pd.Series, rule: RemissionRule) -> str:
    limit = float(creatinine_limits(visit.to_frame().T, rule)[0])
    return f"creatinine ≤ {'the limit of the laboratory, not given' if pd.isna(limit) else f'{limit:g}'}"


def _sentence(visit: pd.Series, criteria: pd.DataFrame, rule: RemissionRule) -> str:
    status = STATUS_WORDS[visit["status"]].capitalize()
    if visit["status"] == "CR":
        return f"{status}: every criterion of complete remission is met{_assumed(visit)}."
    lacking = {truth: _named(criteria, "complete", truth) for truth in (0, -1)}
    if visit["reason"] == DISAGREE:
        return _disagreement(visit)
    if visit["status"] == "NE":
        known = ", but certainly partial remission or better" if visit["at_least"] == "PR" else ""
        return f"{_DEPENDS.capitalize()} ({visit['reason']}){known}."
    why = f"Not complete, because not met: {lacking[0]}." if lacking[0] else "Not complete."
    if visit["status"] == "PR":
        return f"{status}: {_clause(visit, rule)}. {why}{_remarks(visit, rule)}"
    return f"{status}. {why} Not partial, because not met: {_blocking(visit, criteria, rule)}."


def _disagreement(visit: pd.Series) -> str:
    """Say what each of two urine measures makes of the visit."""
    parts = []
    for end in ("_here", "_other"):
        partial = visit[f"at_least{end}"] == "PR"
        says = f"{STATUS_WORDS['PR']} or better" if partial else STATUS_WORDS[visit[f"status{end}"]]
        measure = visit["measure_other"] if end == "_other" else visit["measure"]
        parts.append(f"by {MEASURE_WORDS[measure][0]} {says}")
    return f"Not evaluable: both urine measures are known and disagree, {' and '.join(parts)}."


def _clause(visit: pd.Series, rule: RemissionRule) -> str:
    """Say whether the range, the fall or both made a partial remission."""
    if visit["range"] == 1 and visit["drop"] == 1:
        return "urine protein is in the range and fell by enough"
    if visit["range"] == 1:
        fall = "it is not known whether it fell by enough" if visit["drop"] == -1 else "it did not fall by enough"
        return f"urine protein is in the range, which decides alone; {fall}"
    if visit["drop"] == 1:
        return "urine protein fell by enough, which decides alone; it is above the range"
    return "urine protein is in the range or fell by enough, whichever holds is enough"


def _remarks(visit: pd.Series, rule: RemissionRule) -> str:
    words = " Below the partial range, which counts as in range." if BELOW_RANGE in visit["reason"] else ""
    if RANGE_BEFORE in visit["reason"]:
        unit = MEASURE_WORDS[visit["measure"]][1]
        words += (
            f" It was in the range already before treatment ({visit['base_prot']:g}, now {visit['prot']:g} {unit}): "
            "no response is shown (R-BASE)."
        )
    return words


def _assumed(visit: pd.Series) -> str:
    """Say what was taken as met although it was not measured."""
    missing = [name for name, value in (("albumin", visit["alb"]), ("kidney function", visit["scr"])) if pd.isna(value)]
    missing = [name for name in missing if name == "albumin" or pd.isna(visit["egfr"])]
    return f"; not measured and taken as met, or not needed: {', '.join(missing)}" if missing else ""


def _blocking(visit: pd.Series, criteria: pd.DataFrame, rule: RemissionRule) -> str:
    """Name what keeps a visit from partial remission: of range or fall only where neither is met."""
    partial = criteria[(criteria["needed_for"] == "partial") & (criteria["truth"] == 0)]
    if rule.pr_logic == "or" and (visit["range"] == 1 or visit["drop"] == 1):
        partial = partial[partial["unit"] != "g"]
    return "; ".join(partial["criterion"]) or "the combination"


def _named(criteria: pd.DataFrame, needed_for: str, truth: int) -> str:
    rows = criteria[(criteria["needed_for"] == needed_for) & (criteria["truth"] == truth)]
    return "; ".join(rows["criterion"])
