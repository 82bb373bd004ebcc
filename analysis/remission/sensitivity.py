"""Does the difference at the horizon depend on how remission, leaving or rescue are counted?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import pandas as pd

from analysis.clock import CENSORING_LABELS, censoring_in_use, enters_late
from analysis.outcomes.applicability import missing_measure
from analysis.outcomes.derive import Outcomes, derive_outcomes
from analysis.outcomes.endpoints import ALL_ENDPOINT_LABELS
from analysis.outcomes.rules import PRESETS, RemissionRule, rule_in_use
from analysis.remission.answers import SensitivityResult
from analysis.remission.curves import group_curves, hide_tiny, ticks, times_of, values_at_visits
from analysis.remission.landmark import differences_after, landmark_table, on_study_time
from analysis.remission.records import member_records, study_records
from analysis.results import Method, Note
from analysis.study import StudySpec, View, select_view

Values = dict[str, dict[str, Any]]

ROW_COLUMNS = [
    "setting", "topic", "label", "group", "reference_group", "n", "group_estimate", "group_low", "group_high",
    "reference_estimate", "estimate", "conf_low", "conf_high", "reason",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One way to count: what differs from the study's own choices."""

    name: str
    topic: str
    label: str
    rule: RemissionRule | None = None
    withdrawn_fail: bool = False
    rescue: str = ""
    censoring: str = ""
    landmark: float = math.nan


def compare_settings(view: View) -> SensitivityResult:
    """Estimate the difference at the last visit by the horizon under one changed choice at a time.

    Parameters
    ----------
    view
        The selected patients with the study's own choices.

    Returns
    -------
    SensitivityResult
        The study's own choices first, named. A rule whose urine measure the file does not have keeps a row that
        says so. With one group the rows hold its incidence alone.

    Notes
    -----
    "Withdrawn count as failures" puts patients who left after treatment began back in and follows them
    without the event to the horizon. Source: domain.md 3.4, sensitivity box.
    """
    settings = tuple(settings_of(view))
    outcomes = _outcomes_by_rule(view, settings)
    rows = [row for setting in settings for row in _rows(view, setting, outcomes)]
    return SensitivityResult(
        rows=pd.DataFrame(rows, columns=ROW_COLUMNS),
        in_use=_in_use(view),
        horizon=ticks(view)[-1],
        endpoint=view.spec.endpoint,
        groups=view.groups,
        reference_group=view.reference_group,
        method=_method(view),
        notes=(*_fewer(view, rows), *(note for setting in settings for note in _unconfirmed(view, setting, outcomes))),
    )


def adopted_spec(view: View, name: str) -> StudySpec | None:
    """Give the choices of the study with one setting of ``settings_of`` taken over.

    None where no choice of the study counts that way (patients who left as failures, the landmark) or the file
    lacks what the rule needs.
    """
    setting = next((one for one in settings_of(view) if one.name == name), None)
    if setting is None or _obstacle(view, setting):
        return None
    spec = _changed(view, setting).spec
    return spec if spec != view.spec else None


def settings_of(view: View) -> Iterator[Setting]:
    """List what is changed, one choice at a time."""
    spec, rule = view.spec, view.spec.rule
    yield Setting(name="own", topic="as chosen", label="As chosen")
    for preset in PRESETS.values():
        if preset != rule:
            yield Setting(name=preset.name, topic="definition", label=preset.label, rule=preset)
    other: Literal["or", "and"] = "and" if rule.pr_logic == "or" else "or"
    words = {"and": "range and fall both needed", "or": "range or fall is enough"}
    yield Setting(name="logic", topic="definition", label=f"Partial remission: {words[other]}",
                  rule=replace(rule, pr_logic=other))  # fmt: skip
    if rule.confirmed == "off":
        confirmed = replace(rule, confirmed="next_visit")
        yield Setting(name="confirmed", topic="attainment", label="Confirmed at the next visit", rule=confirmed)
    if rule.attainment == "first":
        lasting = replace(rule, attainment="sustained")
        yield Setting(name="sustained", topic="attainment", label="Sustained at every later visit", rule=lasting)
    yield Setting(name="withdrawn", topic="withdrawn", label="Withdrawn count as failures", withdrawn_fail=True)
    recorded = view.cohort.events["event_type"].eq("rescue").any()
    for handling, label in RESCUE_LABELS.items():
        if handling != spec.remission.rescue:
            words_here = label if recorded else f"{label} (none is recorded)"
            yield Setting(name=f"rescue_{handling}", topic="rescue", label=words_here, rescue=handling)
    if spec.endpoint != "relapse":
        until = "last_evaluable" if censoring_in_use(view) == "last_contact" else "last_contact"
        words_here = f"Censored at: {CENSORING_LABELS[until][0].lower()}{CENSORING_LABELS[until][1:]}"
        yield Setting(name=until, topic="censoring", label=words_here, censoring=until)
    month = spec.remission.landmark_month
    yield Setting(name="landmark", topic="landmark", label=f"Landmark at month {month:g}", landmark=month)


RESCUE_LABELS = {
    "competing": "Rescue therapy as a competing event",
    "censored": "Rescue therapy ends the observation",
    "ignored": "Followed through rescue therapy",
}


def _outcomes_by_rule(view: View, settings: tuple[Setting, ...]) -> dict[RemissionRule, Outcomes]:
    """Classify the visits once by each rule the settings need; a rule that waits for confirmation also without it."""
    spec = view.spec
    used = [_changed(view, setting).spec.rule for setting in settings if not _obstacle(view, setting)]
    rules = dict.fromkeys([*used, *(replace(rule, confirmed="off") for rule in used)])
    return {
        rule: derive_outcomes(view.cohort, rule, schedule=spec.schedule, time_axis=spec.time_axis) for rule in rules
    }


def _rows(view: View, setting: Setting, outcomes: dict[RemissionRule, Outcomes]) -> list[list[object]]:
    """Estimate each compared group's difference under one setting; with one group its incidence."""
    why = _obstacle(view, setting)
    if why:
        return [_row(view, setting, group, why) for group in _shown(view)]
    chosen = _with_withdrawn(view) if setting.withdrawn_fail else view
    table, months = _table(chosen, setting, outcomes), ticks(chosen)[-1:]
    start = _start(chosen, setting)
    curves = group_curves(chosen, landmark_table(table, start) if start else table)
    values = {
        name: hide_tiny(values_at_visits(chosen, curve, months), int(curve["n_risk"].iloc[0])).iloc[0].to_dict()
        for name, curve in on_study_time(curves, start).items()
    }
    n = int(sum(curve["n_risk"].iloc[0] for curve in curves.values()))
    differences = differences_after(chosen, curves, months, start).set_index("group").to_dict("index")
    values = {name: value | {"n": n, "difference": differences.get(name, {})} for name, value in values.items()}
    return [_row(view, setting, group, "", values) for group in _shown(view)]


def _obstacle(view: View, setting: Setting) -> str:
    missing = missing_measure(view.cohort, setting.rule) if setting.rule else ""
    if missing:
        return f"not applicable: the file has no {missing}"
    if setting.withdrawn_fail and enters_late(view):
        return "not applicable: time runs from the biopsy, and the end of a failure's wait is not known there"
    if _start(view, setting) >= times_of(view, ticks(view)[-1:])[0]:
        return "not applicable: the landmark is not before the last visit shown"
    return ""


def _start(view: View, setting: Setting) -> float:
    return 0.0 if math.isnan(setting.landmark) else times_of(view, [setting.landmark])[0]


def _shown(view: View) -> tuple[str, ...]:
    return view.compared_groups() if len(view.groups) > 1 else view.groups


def _row(view: View, setting: Setting, group: str, why: str, values: Values | None = None) -> list[object]:
    """Put the numbers of one group into a row; without numbers it says why."""
    reference = view.reference_group or "" if len(view.groups) > 1 else ""
    value, other = (values or {}).get(group, {}), (values or {}).get(reference, {})
    found = value.get("difference", {})
    own = [value.get(name, math.nan) for name in ("estimate", "conf_low", "conf_high")]
    numbers = [*own, *(source.get("estimate", math.nan) for source in (other, found))]
    limits = [found.get(name, math.nan) for name in ("conf_low", "conf_high")]
    reason = why or found.get("reason", "") or ("" if reference else value.get("reason", ""))
    return [
        setting.name, setting.topic, setting.label, group, reference, value.get("n", 0), *numbers, *limits, reason,
    ]  # fmt: skip


def _with_withdrawn(view: View) -> View:
    """Take the patients who left after treatment began back in."""
    return select_view(view.cohort, replace(view.spec, withdrawn="analysed"))


def _changed(view: View, setting: Setting) -> View:
    """Give the view with the choices of a setting that are choices of the study."""
    options: Any = {name: getattr(setting, name) for name in ("rescue", "censoring") if getattr(setting, name)}
    remission = replace(view.spec.remission, **options)
    return replace(view, spec=replace(view.spec, rule=setting.rule or view.spec.rule, remission=remission))


def _in_use(view: View) -> str:
    """Name the choices the rows change: the rule, rescue therapy, the end of the wait."""
    spec = view.spec
    rescue, until = RESCUE_LABELS[spec.remission.rescue], CENSORING_LABELS[censoring_in_use(view)]
    ends = "" if spec.endpoint == "relapse" else f"; censored at the {until[0].lower()}{until[1:]}"
    return f"{rule_in_use(spec.rule)}; {rescue[0].lower()}{rescue[1:]}{ends}"


def _table(view: View, setting: Setting, outcomes: dict[RemissionRule, Outcomes]) -> pd.DataFrame:
    """Build the records of one setting; a patient who left counts as without the event to the horizon."""
    view = _changed(view, setting)
    table = member_records(view, study_records(view, outcomes[view.spec.rule]))
    if not setting.withdrawn_fail:
        return table
    left = table["patient_id"].isin(_left(view)) & ~table["event"]
    horizon = times_of(view, ticks(view)[-1:])[0]
    return table.assign(time=table["time"].mask(left, horizon), competing_event=table["competing_event"] & ~left)


def _unconfirmed(view: View, setting: Setting, outcomes: dict[RemissionRule, Outcomes]) -> tuple[Note, ...]:
    """Say how many reach the endpoint too late for a later visit by the horizon to confirm it."""
    rule, months = setting.rule or view.spec.rule, ticks(view)
    if rule.confirmed == "off" or setting.name not in ("own", "confirmed", *PRESETS) or _obstacle(view, setting):
        return ()
    kept = _table(view, setting, outcomes).set_index("patient_id")
    unasked = replace(setting, rule=replace(rule, confirmed="off"))
    seen = _table(view, unasked, outcomes).set_index("patient_id")
    too_late = seen["event"] & (seen["time"] > times_of(view, months[-2:])[0]) & ~kept["event"].reindex(seen.index)
    if not too_late.any():
        return ()
    counts = ", ".join(f"{group} {int(too_late[seen['group'] == group].sum())}" for group in view.groups)
    text = (
        f"{setting.label}: patients in whom it is first seen after month {months[-2]:g} have no later visit by month "
        f"{months[-1]:g} to confirm it and do not count there ({counts}); the row reads as of month {months[-2]:g}."
    )
    return (Note(code="CONFIRMED", text=text, patient_ids=tuple(seen.index[too_late])),)


def _fewer(view: View, rows: list[list[object]]) -> tuple[Note, ...]:
    """Say which definitions have other patients at risk than the study's own, and why that can be."""
    table = pd.DataFrame(rows, columns=ROW_COLUMNS)
    own = int(table.loc[table["setting"] == "own", "n"].max())
    changed = table[table["topic"].isin(["definition", "attainment"]) & (table["n"] > 0) & (table["n"] != own)]
    parts = changed.drop_duplicates("label").groupby("n", sort=False)["label"].agg("; ".join)
    why = (
        "only who was in remission by the definition is at risk of relapse"
        if view.spec.endpoint == "relapse"
        else "some definitions leave out who was in the remission before treatment, others count them"
    )
    return tuple(
        Note(code="AT-RISK", text=f"{n} patients instead of {own} under: {labels}; {why}.")
        for n, labels in parts.items()
    )


def _left(view: View) -> set[str]:
    """Name who left after treatment began: withdrawn or lost, in the events or by the stated reason."""
    events, patients = view.cohort.events, view.cohort.patients
    gone = events.loc[events["event_type"].isin(["withdrawal", "lost"]), "patient_id"]
    given = patients.get("withdrawal_reason", pd.Series(pd.NA, index=patients.index, dtype=object))
    stated = patients.loc[given.notna() & given.ne("none"), "patient_id"]
    return {*gone, *stated}


def _method(view: View) -> Method:
    sentence = (
        f"{ALL_ENDPOINT_LABELS[view.spec.endpoint]} at month {ticks(view)[-1]:g}: difference group minus reference "
        "under one changed choice at a time, same estimators and intervals as the curves. Withdrawn as failures: "
        "patients who left after treatment began are put back and followed without the event to the horizon."
    )
    return Method(name="Sensitivity of the difference", sentence=sentence, references=())
