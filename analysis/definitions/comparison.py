"""What does the chosen definition of remission do to these patients, and what would another do?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import pandas as pd

from analysis.definitions.notes import changed_notes, unclassified_notes
from analysis.definitions.standing import never_complete, range_only, rounding_cases, without_status
from analysis.outcomes.applicability import missing_measure, require_measure, rule_cautions
from analysis.outcomes.attainment import last_planned_month
from analysis.outcomes.derive import Outcomes, derive_outcomes
from analysis.outcomes.endpoints import ALL_ENDPOINT_LABELS, ENDPOINT_LABELS
from analysis.outcomes.rules import PRESETS, RemissionRule, rule_in_use
from analysis.outcomes.visit_states import VISIT_STATUSES, states_at_visit
from analysis.results import Method, Note
from analysis.study import View

STATUSES = VISIT_STATUSES
_LOGIC_WORDS = {"and": "range and fall both needed for partial", "or": "range or fall enough for partial"}


@dataclass(frozen=True, kw_only=True, eq=False)
class DefinitionsResult:
    """The definitions page as data.

    comparison
        One row per rule (the chosen one first) and group: ``rule`` (its key: a changed preset has its
        own), ``label``, ``chosen``,
        ``group``, ``n``, the number of patients per status at the last planned visit up to the
        horizon (``CR``, ``PR``, ``NR``, ``NE``, ``gone``, as on the Remission page), ``n_changed``
        and ``changed_ids`` (status differs from the chosen rule), ``n_risk`` (at risk of the chosen
        endpoint at time 0), ``n_evaluable`` (of those, whoever this rule could classify at least once),
        ``estimate`` (its cumulative incidence at the last planned visit, or ``estimate_reason``) and
        ``counting`` (in words, where the incidence counts otherwise than the classes).
        The chosen rule with the other reading of range and fall (A3) follows it. A rule whose urine
        measure the file does not have keeps one row per group with ``reason`` and no numbers.
    differences
        One row per rule and compared group: ``rule``, ``group``, ``estimate``, ``conf_low``,
        ``conf_high``, ``reason``: group minus reference at the last planned visit.
    not_evaluable
        One row per planned visit up to the horizon, status (NE, gone) and reason: ``month``, ``status``,
        ``reason``, ``n``, ``n_total``, ``patient_ids``.
    never_complete
        Patients whose kidney function before treatment already rules complete remission out (A4).
    range_only
        One row per visit in partial remission by a range met before treatment (R-BASE): ``patient_id``, ``month``.
    rounding
        One row per guideline limit: ``limit_mg_mmol``, ``limit_g_g``, ``n_visits``, ``patient_ids``, ``visits``:
        protein/creatinine values whose class depends on rounding 113.118 mg/mmol to 100.
    endpoint
        The chosen endpoint in words.
    """

    rule: RemissionRule
    month: float
    comparison: pd.DataFrame
    differences: pd.DataFrame
    not_evaluable: pd.DataFrame
    never_complete: tuple[str, ...]
    range_only: pd.DataFrame
    rounding: pd.DataFrame
    endpoint: str
    groups: tuple[str, ...]
    method: Method
    notes: tuple[Note, ...]


class AtHorizon(Protocol):
    """Incidence by group (``values``) and ``differences`` at the last planned visit."""

    @property
    def values(self) -> pd.DataFrame:
        """Give ``n_risk``, ``n_evaluable``, ``estimate`` and ``reason``, indexed by group."""

    @property
    def differences(self) -> pd.DataFrame:
        """Give ``group``, ``estimate``, ``conf_low``, ``conf_high`` and ``reason``."""


def describe_definitions(view: View, read: Callable[[View, Outcomes], AtHorizon]) -> DefinitionsResult:
    """Classify the selected patients by the chosen rule and by every preset, and compare.

    ``read`` gives incidence and differences under one classification: that of the Remission page is
    ``analysis.remission.read_at_horizon``.

    The status compared is that at the last planned visit up to the horizon, on the nominal schedule
    whatever the time axis of the curves. Incidence and difference are those of the Remission page.
    Source: domain.md 2.2, 2.3, 3.4, W-08, W-11, A4.
    """
    spec = view.spec
    require_measure(view.cohort, spec.rule)
    month = last_planned_month(spec.schedule, spec.horizon_months)
    others = _other_rules(spec.rule)
    rules = [spec.rule, *(preset for preset in others if not missing_measure(view.cohort, preset))]
    planned = [_outcomes(view, rule) for rule in rules]
    states = [states_at_visit(own, view.cohort, schedule=spec.schedule) for own in planned]
    by_day = [_outcomes(view, rule, "actual") for rule in rules] if spec.time_axis == "actual" else planned
    curves = [read(view, own) for own in by_day]
    at_visit = [_of_members(view, table[table["month"] == month]) for table in states]
    compared = zip(rules, at_visit, curves, strict=True)
    comparison = pd.concat(
        [_compared(view, rule, own, at_visit[0], read_off) for rule, own, read_off in compared], ignore_index=True
    )
    named = zip(rules, curves, strict=True)
    differences = pd.concat(
        [own.differences.assign(rule=_key(rule, spec.rule)) for rule, own in named], ignore_index=True
    )
    without = without_status(view, states[0])
    return DefinitionsResult(
        rule=spec.rule,
        month=month,
        comparison=pd.concat([comparison, *_not_applicable(view, others)], ignore_index=True),
        differences=differences,
        not_evaluable=without,
        never_complete=never_complete(view),
        range_only=range_only(view, planned[0]),
        rounding=rounding_cases(view),
        endpoint=ALL_ENDPOINT_LABELS[spec.endpoint],
        groups=view.groups,
        method=_method(view, month),
        notes=(
            *rule_cautions(spec.rule),
            *unclassified_notes(without),
            *changed_notes(view, comparison, differences),
        ),
    )


def _other_rules(chosen: RemissionRule) -> list[RemissionRule]:
    """List the other readings of the chosen rule, then every other preset."""
    presets = [preset for preset in PRESETS.values() if preset != chosen]
    return [*(other for other in _read_otherwise(chosen) if other not in presets), *presets]


def _outcomes(view: View, rule: RemissionRule, time_axis: str = "nominal") -> Outcomes:
    return derive_outcomes(view.cohort, rule, schedule=view.spec.schedule, time_axis=time_axis)  # type: ignore[arg-type]


def _of_members(view: View, states: pd.DataFrame) -> pd.Series:
    return view.members["patient_id"].map(states.set_index("patient_id")["status"]).astype(object)


def _counting(rule: RemissionRule, endpoint: str) -> str:
    """Say what makes the incidence of a remission another count than the classes at the visit."""
    if endpoint not in ENDPOINT_LABELS:
        return ""
    words = {
        "next_visit": "only where the next evaluable visit confirms it, so none first seen at the last visit",
        "seven_days": "only where another at least 7 days later confirms it, so none first seen at the last visit",
        "sustained": "only where every later visit keeps it",
    }
    asked = [words[name] for name in (rule.confirmed, rule.attainment) if name in words]
    return " and ".join(asked)


def _read_otherwise(rule: RemissionRule) -> list[RemissionRule]:
    """Turn range and fall into range or fall, or the reverse (A3)."""
    return [replace(rule, pr_logic="and" if rule.pr_logic == "or" else "or")]


def _compared(view: View, rule: RemissionRule, own: pd.Series, chosen: pd.Series, curves: AtHorizon) -> pd.DataFrame:
    rows = []
    for group in view.groups:
        value = curves.values.loc[group]
        here = (view.members["group"] == group).to_numpy()
        changed = here & (own != chosen).to_numpy()
        rows.append(
            {
                "rule": _key(rule, view.spec.rule),
                "label": _label(rule, view.spec.rule),
                "chosen": rule == view.spec.rule,
                "group": group,
                "n": int(here.sum()),
                **{status: int((here & (own == status).to_numpy()).sum()) for status in STATUSES},
                "n_changed": int(changed.sum()),
                "changed_ids": tuple(view.members.loc[changed, "patient_id"]),
                "n_risk": int(value["n_risk"]),
                "n_evaluable": int(value["n_evaluable"]),
                "estimate": value["estimate"],
                "estimate_reason": value["reason"],
                "counting": _counting(rule, view.spec.endpoint),
                "reason": "",
            }
        )
    return pd.DataFrame(rows)


def _not_applicable(view: View, presets: list[RemissionRule]) -> list[pd.DataFrame]:
    found = {preset: missing_measure(view.cohort, preset) for preset in presets if preset.name != view.spec.rule.name}
    return [
        pd.DataFrame(
            {
                "rule": preset.name,
                "label": preset.label,
                "chosen": False,
                "group": list(view.groups),
                "n_changed": 0,
                "changed_ids": [()] * len(view.groups),
                "reason": f"not applicable: the file has no {missing}",
            }
        )
        for preset, missing in found.items()
        if missing
    ]


def _key(rule: RemissionRule, chosen: RemissionRule) -> str:
    """Tell a rule with changed switches from the preset it began as, and from its other reading."""
    if rule == PRESETS.get(rule.name):
        return rule.name
    return f"{rule.name}, modified" if rule == chosen else f"{rule.name}, {rule.pr_logic}"


def _label(rule: RemissionRule, chosen: RemissionRule) -> str:
    if rule in (chosen, PRESETS.get(rule.name)):
        return rule_in_use(rule)
    return f"{rule_in_use(chosen)}: {_LOGIC_WORDS[rule.pr_logic]}"


def _method(view: View, month: float) -> Method:
    sentence = (
        f"Each patient's status at planned month {month:g} under every rule; changed means another status than under "
        f"the chosen rule. Incidence and difference at month {month:g} of the chosen endpoint, "
        f"{_in_sentence(ALL_ENDPOINT_LABELS[view.spec.endpoint])}, as on the Remission page."
    )
    return Method(name="Comparison of definitions", sentence=sentence, references=(view.spec.rule.reference,))


def _in_sentence(label: str) -> str:
    return label if label.startswith("B-") else label[:1].lower() + label[1:]
