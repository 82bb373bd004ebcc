"""Which adverse events do the laboratory values show, whether or not anyone reported them?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.cautions import cautions_about
from analysis.cohort.followup import describe_follow_up
from analysis.estimators.proportions import EMPTY_GROUP, clopper_pearson_interval
from analysis.options import SafetyOptions
from analysis.outcomes.courses import baseline_of, is_below, lab_course
from analysis.outcomes.intervals import TOLERANCE
from analysis.results import Method, Note
from analysis.safety.counts import ROW_COLUMNS
from analysis.safety.differences import INTERVALS, compare_rows
from analysis.safety.rows import RowPlan
from analysis.safety.summary import DENOMINATOR_COLUMNS, SafetyResult
from analysis.study import View

NO_VALUES = "The file has no laboratory value after treatment began that one of the rules could read."
NOBODY_AT_RISK = "not estimable: nobody could be judged"


@dataclass(frozen=True, kw_only=True)
class LaboratoryRule:
    """What a value must do after treatment began: pass ``limit`` times baseline, or ``limit`` itself.

    "at least" and "at most" include the limit, "below" does not.
    """

    name: str
    label: str
    variable: str
    side: Literal["at least", "at most", "below"]
    limit: float
    of_baseline: bool


RULES = (  # issue 7; creatinine: domain.md 2.7 (exactly 1.5 counts); white cells: CTCAE 5.0, below 4.0 x 10^9/L
    LaboratoryRule(name="lab_creatinine_50", label="Creatinine at least 1.5 × baseline", variable="scr_umol_l",
                   side="at least", limit=1.5, of_baseline=True),
    LaboratoryRule(name="lab_egfr_30", label="eGFR at least 30 % below baseline", variable="egfr",
                   side="at most", limit=0.7, of_baseline=True),
    LaboratoryRule(name="lab_egfr_40", label="eGFR at least 40 % below baseline", variable="egfr",
                   side="at most", limit=0.6, of_baseline=True),
    LaboratoryRule(name="lab_leukopenia", label="Leukopenia: white cells below 4.0 × 10⁹/L", variable="wbc_10e9_l",
                   side="below", limit=4.0, of_baseline=False),
    LaboratoryRule(name="lab_igg_4", label="IgG below 4 g/L", variable="igg_g_l",
                   side="below", limit=4.0, of_baseline=False),
    LaboratoryRule(name="lab_glucose_11", label="Glucose at least 11.1 mmol/L", variable="glucose_mmol_l",
                   side="at least", limit=11.1, of_baseline=False),
)  # fmt: skip


def find_laboratory_events(view: View, plan: RowPlan | None = None) -> SafetyResult:
    """Count the patients whose laboratory values crossed a limit after treatment began.

    ``plan`` is taken so that every part of the page can be asked alike; reported events play no part.

    Returns
    -------
    SafetyResult
        As ``compare_adverse_events``, one row per rule whose variable the file has: ``n_events``
        measurements that meet the rule, ``n_total`` patients who could be judged: one later value that
        decides, and a baseline value where the rule compares with it. Who met a fixed limit before
        treatment is not at risk. Patients who could not be judged are ``n_unknown``.
    """
    found = [_rule_rows(view, rule) for rule in RULES if view.cohort.visits["variable"].eq(rule.variable).any()]
    rows = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=ROW_COLUMNS)
    contrasts = compare_rows(view, rows)
    interval, reference = INTERVALS.get(view.spec.safety.interval, INTERVALS["newcombe"])
    return SafetyResult(
        rows=rows,
        contrasts=contrasts,
        denominators=describe_follow_up(view).rows[DENOMINATOR_COLUMNS],
        groups=view.groups,
        reference_group=view.reference_group,
        reason="" if found else NO_VALUES,
        method=_method(interval, reference),
        notes=(*_unfiltered(view), *_notes(view, rows), *cautions_about(view)),
        interval=interval.split(" ")[0],
        unit="measurements",
    )


def values_behind(view: View, rule: LaboratoryRule) -> pd.DataFrame:
    """List the values of members that meet a rule: ``patient_id``, ``group``, ``day``, ``value``, in that order."""
    course = lab_course(view.cohort, rule.variable, schedule=view.spec.schedule, time_axis="actual")
    met = course.loc[_met(course, rule) == 1, ["patient_id", "day", "value"]]
    found = view.members.assign(group=view.members["group"].astype(object)).merge(met, on="patient_id")
    return found[["patient_id", "group", "day", "value"]].sort_values(["patient_id", "day"], ignore_index=True)


def _rule_rows(view: View, rule: LaboratoryRule) -> pd.DataFrame:
    """Judge every member by one rule and count per group."""
    course = lab_course(view.cohort, rule.variable, schedule=view.spec.schedule, time_axis="actual")
    met = _met(course, rule)
    judged = pd.DataFrame({"patient_id": course["patient_id"], "met": met == 1, "known": met >= 0})
    judged = judged.groupby("patient_id").agg(n_events=("met", "sum"), known=("known", "any"))
    members = view.members.assign(group=view.members["group"].astype(object)).join(judged, on="patient_id")
    members["n_events"] = members["n_events"].fillna(0).astype(int)
    members["known"] = members["known"].eq(True) & ~members["patient_id"].isin(_already(view, rule))
    rows = [_group_row(rule, group, members[members["group"] == group]) for group in view.groups]
    frame = pd.DataFrame(rows)
    frame["conf_low"], frame["conf_high"] = clopper_pearson_interval(frame["n_patients"], frame["n_total"])
    frame["proportion"] = frame["n_patients"] / frame["n_total"].where(frame["n_total"] > 0)
    return frame[ROW_COLUMNS]


def _met(course: pd.DataFrame, rule: LaboratoryRule) -> npt.NDArray[np.int8]:
    """Tell of each value whether it meets the rule: 1, 0, or -1 where that is open."""
    limit = pd.Series(rule.limit, index=course.index)
    if rule.of_baseline:
        sound = (course["base"] > 0) & course["base_qualifier"].eq("")
        limit = (rule.limit * course["base"]).where(sound)
    return _passes(course["value"], course["qualifier"], limit, rule.side)


def _passes(value: pd.Series, qualifier: pd.Series, limit: pd.Series, side: str) -> npt.NDArray[np.int8]:
    if side == "at most":
        return is_below(value, qualifier, limit + 2 * TOLERANCE)
    below = is_below(value, qualifier, limit)
    return below if side == "below" else np.where(below == -1, -1, 1 - below).astype(np.int8)


def _already(view: View, rule: LaboratoryRule) -> pd.Index:
    """Find who met a fixed limit before treatment: it cannot be an effect of it."""
    if rule.of_baseline:
        return pd.Index([])
    base = baseline_of(view.cohort, rule.variable, schedule=view.spec.schedule)
    limit = pd.Series(rule.limit, index=base.index)
    return base.index[_passes(base["value"], base["qualifier"], limit, rule.side) == 1]


def _group_row(rule: LaboratoryRule, group: str, members: pd.DataFrame) -> dict[str, object]:
    known = members[members["known"]]
    had = known[known["n_events"] > 0]
    return {
        "level": "category", "category": rule.name, "term": "", "parent": "", "label": rule.label, "group": group,
        "n_patients": len(had), "n_events": int(had["n_events"].sum()), "n_total": len(known),
        "patient_ids": tuple(sorted(had["patient_id"])),
        "reason": "" if len(known) else NOBODY_AT_RISK if len(members) else EMPTY_GROUP,
        "n_unknown": len(members) - len(known),
        "patient_ids_unknown": tuple(sorted(members.loc[~members["known"], "patient_id"])),
    }  # fmt: skip


def _notes(view: View, rows: pd.DataFrame) -> list[Note]:
    """Say rule by rule who is not in the denominator of which group, and why."""
    notes = []
    for name, part in rows.groupby("category", sort=False):
        before = set(_already(view, next(rule for rule in RULES if rule.name == name)))
        parts = []
        for row in part[part["n_unknown"] > 0].itertuples():
            n = len(before & set(row.patient_ids_unknown))
            words = [f"{n} met the limit before treatment"] if n else []
            words += [f"{row.n_unknown - n} without a value that decides"] if row.n_unknown > n else []
            parts.append(f"{row.group} {' and '.join(words)}")
        ids = tuple(patient for some in part["patient_ids_unknown"] for patient in some)
        text = f"{part['label'].iloc[0]}, not in the denominator: {'; '.join(parts)}."
        notes += [Note(code="S-13", text=text, patient_ids=ids)] if ids else []
    return notes


def _unfiltered(view: View) -> list[Note]:
    """Say that the filters of reported events play no part, where one is set."""
    options, plain = view.spec.safety, SafetyOptions()
    names = ("least_grade", "only_serious", "only_related", "only_stopped", "first_day", "last_day", "on_drug")
    if all(getattr(options, name) == getattr(plain, name) for name in names):
        return []
    text = "Grade, seriousness, relation, time window and drug on board filter reported events only, not this table."
    return [Note(code="S-21", text=text)]


def _method(interval: str, reference: str) -> Method:
    sentence = (
        "Laboratory-defined events: any value after first rituximab, scheduled or not, that meets the rule in the "
        "row's name; patients with one over patients who could be judged, 95 % Clopper–Pearson interval; risk "
        f"difference: {interval}. One value is enough; who met a fixed limit before treatment is not at risk."
    )
    return Method(
        name="Laboratory-defined events",
        sentence=sentence,
        references=("Clopper and Pearson, Biometrika 1934;26:404-13", reference),
    )
