"""What does the chosen definition of remission do to these patients, and what would another do?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import pandas as pd

from analysis.outcomes.applicability import missing_measure, require_measure
from analysis.outcomes.attainment import last_planned_month
from analysis.outcomes.derive import Outcomes, derive_outcomes
from analysis.outcomes.rules import PRESETS, RemissionRule, rule_in_use
from analysis.results import Method, Note
from analysis.study import View

MG_PER_MMOL = 113.118  # 1 g/g creatinine in mg/mmol (domain.md 1.5)
GUIDELINE_EDGES = ((30.0, 0.3), (350.0, 3.5))  # mg/mmol as guidelines round 0.3 and 3.5 g/g (domain.md 1.5)
SHOWN_STEP = 0.0005  # half a tenth of a percentage point, the last digit printed
UNCLASSIFIED_SHARE = 0.10  # domain.md W-08
STATUSES = ("CR", "PR", "NR", "NE")
_LOGIC_WORDS = {"and": "range and fall both needed for partial", "or": "range or fall enough for partial"}


@dataclass(frozen=True, kw_only=True, eq=False)
class DefinitionsResult:
    """The definitions page as data.

    comparison
        One row per rule (the chosen one first) and group: ``rule`` (its key: a changed preset has its
        own), ``label``, ``chosen``,
        ``group``, ``n``, the number of patients per status at the last planned visit up to the
        horizon (``CR``, ``PR``, ``NR``, ``NE``; a patient without that visit is NE), ``n_changed``
        and ``changed_ids`` (status differs from the chosen rule), ``n_risk`` (at risk of the chosen
        endpoint at time 0) and ``estimate`` (its cumulative incidence at the last planned visit).
        The chosen rule with the other reading of range and fall (A3) follows it. A rule whose urine
        measure the file does not have keeps one row per group with ``reason`` and no numbers.
    differences
        One row per rule and compared group: ``rule``, ``group``, ``estimate``, ``conf_low``,
        ``conf_high``, ``reason``: group minus reference at the last planned visit.
    not_evaluable
        One row per planned visit and reason: ``month``, ``reason``, ``n``, ``n_total``, ``patient_ids``.
    never_complete
        Patients whose kidney function before treatment already rules complete remission out (A4).
    rounding
        One row per guideline limit: ``limit_mg_mmol``, ``limit_g_g``, ``n_visits``: protein/creatinine
        values whose class depends on rounding 113.118 mg/mmol to 100.
    """

    rule: RemissionRule
    month: float
    comparison: pd.DataFrame
    differences: pd.DataFrame
    not_evaluable: pd.DataFrame
    never_complete: tuple[str, ...]
    rounding: pd.DataFrame
    groups: tuple[str, ...]
    method: Method
    notes: tuple[Note, ...]


class AtHorizon(Protocol):
    """Incidence by group (``values``) and ``differences`` at the last planned visit."""

    @property
    def values(self) -> pd.DataFrame:
        """Give ``n_risk``, ``estimate`` and ``reason``, indexed by group."""

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
    presets = [preset for preset in PRESETS.values() if preset != spec.rule]
    others = [*(other for other in _read_otherwise(spec.rule) if other not in presets), *presets]
    rules = [spec.rule, *(preset for preset in others if not missing_measure(view.cohort, preset))]
    states = [_status_at(view, rule, month) for rule in rules]
    curves = [read(view, _outcomes(view, rule, spec.time_axis)) for rule in rules]
    comparison = pd.concat(
        [
            _compared(view, rule, own, states[0], own_curves)
            for rule, own, own_curves in zip(rules, states, curves, strict=True)
        ],
        ignore_index=True,
    )
    differences = pd.concat(
        [own.differences.assign(rule=_key(rule, spec.rule)) for rule, own in zip(rules, curves, strict=True)],
        ignore_index=True,
    )
    unclassified = _not_evaluable(view)
    comparison = pd.concat([comparison, *_not_applicable(view, others)], ignore_index=True)
    return DefinitionsResult(
        rule=spec.rule,
        month=month,
        comparison=comparison,
        differences=differences,
        not_evaluable=unclassified,
        never_complete=_never_complete(view),
        rounding=_rounding(view),
        groups=view.groups,
        method=_method(view, month),
        notes=_notes(view, comparison, differences, unclassified),
    )


def _outcomes(view: View, rule: RemissionRule, time_axis: str = "nominal") -> Outcomes:
    return derive_outcomes(view.cohort, rule, schedule=view.spec.schedule, time_axis=time_axis)  # type: ignore[arg-type]


def _read_otherwise(rule: RemissionRule) -> list[RemissionRule]:
    """Turn range and fall into range or fall, or the reverse (A3)."""
    return [replace(rule, pr_logic="and" if rule.pr_logic == "or" else "or")]


def _status_at(view: View, rule: RemissionRule, month: float) -> pd.Series:
    """Give each member's status at one planned visit; without that visit not evaluable."""
    visits = _outcomes(view, rule).visits
    at_visit = visits[visits["month"] == month].set_index("patient_id")["status"]
    return view.members["patient_id"].map(at_visit).fillna("NE")


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
                "estimate": value["estimate"],
                "estimate_reason": value["reason"],
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


def _not_evaluable(view: View) -> pd.DataFrame:
    """Count the visits that took place but cannot be classified, by what was missing."""
    visits = _outcomes(view, view.spec.rule).visits
    visits = visits[visits["patient_id"].isin(view.members["patient_id"])]
    totals = visits.groupby("month").size()
    open_visits = visits[visits["status"] == "NE"]
    found = open_visits.groupby(["month", "reason"])["patient_id"].agg(tuple).reset_index(name="patient_ids")
    return found.assign(n=found["patient_ids"].map(len).astype(int), n_total=found["month"].map(totals))


def _never_complete(view: View) -> tuple[str, ...]:
    rule = view.spec.rule
    if rule.cr_function != "normal" or rule.normal_function != "egfr":
        return ()
    patients = view.patients()
    if "egfr" not in patients:
        return ()
    return tuple(patients.loc[patients["egfr"] < rule.normal_egfr, "patient_id"])


def _rounding(view: View) -> pd.DataFrame:
    visits = view.cohort.visits
    own = visits[visits["patient_id"].isin(view.members["patient_id"]) & (visits["variable"] == "upcr_g_g")]
    ratio = own["value"].to_numpy(dtype=float)
    rows = [
        [limit, edge, int(((ratio >= limit / MG_PER_MMOL) & (ratio < edge)).sum())] for limit, edge in GUIDELINE_EDGES
    ]
    return pd.DataFrame(rows, columns=["limit_mg_mmol", "limit_g_g", "n_visits"])


def _method(view: View, month: float) -> Method:
    sentence = (
        f"Each patient's status at planned month {month:g} under every rule; changed means another status than under "
        f"the chosen rule. Incidence and difference at month {month:g} for the chosen endpoint, as on the Remission "
        "page."
    )
    return Method(name="Comparison of definitions", sentence=sentence, references=(view.spec.rule.reference,))


def _notes(
    view: View, comparison: pd.DataFrame, differences: pd.DataFrame, unclassified: pd.DataFrame
) -> tuple[Note, ...]:
    notes = []
    for (month,), rows in unclassified.groupby(["month"]):
        k, n = int(rows["n"].sum()), int(rows["n_total"].iloc[0])
        if k > UNCLASSIFIED_SHARE * n:
            what = "; ".join(
                f"{reason} ({len(ids)})" for reason, ids in zip(rows["reason"], rows["patient_ids"], strict=True)
            )
            ids = tuple(patient for some in rows["patient_ids"] for patient in some)
            text = f"{k} of {n} patients seen at month {month:g} cannot be classified; missing: {what}."
            notes.append(Note(code="W-08", text=text, patient_ids=ids))
    return (*notes, *_changed_notes(view, comparison, differences))


def _changed_notes(view: View, comparison: pd.DataFrame, differences: pd.DataFrame) -> list[Note]:
    """Say for each other rule how the answer would change (W-11)."""
    notes = []
    chosen = differences[differences["rule"] == _key(view.spec.rule, view.spec.rule)]
    for (name, label), rows in comparison[~comparison["chosen"]].groupby(["rule", "label"], sort=False):
        ids = tuple(patient for some in rows["changed_ids"] for patient in some)
        other = differences[differences["rule"] == name]
        if not ids and not _moved(chosen, other):
            continue
        text = f"Under {label}, {len(ids)} of {int(rows['n'].sum())} patients are in another class"
        text += "".join(
            _difference_words(here, there, view.reference_group)
            for here, there in zip(chosen.itertuples(), other.itertuples(), strict=False)
        )
        notes.append(Note(code="W-11", text=text + ".", patient_ids=ids))
    return notes


def _moved(chosen: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Tell whether a difference changes by half a tenth of a point or more."""
    apart = np.abs(chosen["estimate"].to_numpy() - other["estimate"].to_numpy()[: len(chosen)]) if len(other) else []
    return bool((np.asarray(apart) >= SHOWN_STEP).any())


def _difference_words(here: Any, there: Any, reference: str | None) -> str:
    """Say what the other rule does to one difference, in percentage points."""
    if not np.isfinite([here.estimate, there.estimate]).all():
        return ""
    ours, theirs = (f"{100 * value.estimate:+.1f}".replace("-", "−") for value in (here, there))
    change = f"is {theirs} instead of {ours}" if ours != theirs else f"stays {ours}"
    return f"; the difference {here.group} minus {reference} {change} points"
