"""How did the patients of the file become the patients analysed, and did the groups lose patients alike?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.cautions import cautions_about
from analysis.cohort.dictionary import variable
from analysis.cohort.overlap import overlapping_regimens
from analysis.estimators.fisher import compare_fisher
from analysis.estimators.proportions import EMPTY_GROUP, clopper_pearson_interval
from analysis.results import Estimate, Method, Note
from analysis.study import Filter, View, select_view

OUTCOME_REASONS = ("esrd", "creatinine_50", "death")  # domain.md 3.1: leaving these out is exclusion on the outcome
NO_WITHDRAWALS = "not computable: the file does not say who left after treatment began"

COUNT_COLUMNS = ["stage", "reason", "group", "n", "patient_ids"]
ATTRITION_COLUMNS = ["step", "kind", "variable", "group", "n_left_out", "n_missing", "n_remaining", "patient_ids"]
DIFFERENTIAL_COLUMNS = ["group", "n_withdrawn", "n_total", "proportion", "conf_low", "conf_high", "reason"]


@dataclass(frozen=True, kw_only=True, eq=False)
class FlowResult:
    """The way from the file to the analysis; ``describe_flow`` documents the frames."""

    counts: pd.DataFrame
    attrition: pd.DataFrame
    differential: pd.DataFrame
    test: Estimate
    groups: tuple[str, ...]
    filters: tuple[Filter, ...]
    withdrawn_analysed: bool
    screening_known: bool
    withdrawal_known: bool
    overlap: tuple[Note, ...]
    method: Method
    notes: tuple[Note, ...]


def describe_flow(view: View) -> FlowResult:
    """Count the patients from screening to analysis, with the reason for which each was left out.

    Parameters
    ----------
    view
        The selected patients, their groups and filters.

    Returns
    -------
    FlowResult
        ``counts``: one row per stage, reason and group with ``n`` and ``patient_ids``. Stages in
        order: "screened", "excluded" and "outside" (group not chosen or not recorded) before groups
        exist (``group`` is ""), then per group "entered", "withdrawn", "filtered", "analysed" and
        "left_early" (those of the analysed who withdrew). Every reason of the dictionary has its row,
        also with ``n`` 0; a stage the file says nothing about has no rows. The withdrawn are counted
        whether ``spec.withdrawn`` analyses them or not.
        ``attrition``: one row per step and group from "entered" over "withdrawal" (if excluded) and
        each filter: ``n_left_out`` of whom ``n_missing`` for a missing value, ``n_remaining`` after it.
        ``differential``: one row per group: ``n_withdrawn`` of ``n_total`` who entered, before
        filters, with the 95 % Clopper-Pearson interval of the ``proportion`` (0-1).
        ``test``: Fisher's exact test of the two proportions; a reason unless there are two groups.
        ``overlap``: one note per group whose patients had a drug of another group's regimen.

    Notes
    -----
    Source: domain.md 3.1. Intervals agree with R ``binom.test``, the test with ``fisher.test``.
    """
    entered = select_view(view.cohort, replace(view.spec, filters=(), withdrawn="analysed"))
    withdrawn = _withdrawn(entered)
    differential = _differential(entered, withdrawn)
    return FlowResult(
        counts=_counts(view, entered, withdrawn),
        attrition=_attrition(view, entered, withdrawn),
        differential=differential,
        test=_test(differential),
        groups=view.groups,
        filters=view.spec.filters,
        withdrawn_analysed=view.spec.withdrawn == "analysed",
        screening_known="eligible" in view.cohort.patients,
        withdrawal_known="withdrawal_reason" in view.cohort.patients,
        overlap=overlapping_regimens(view),
        method=_METHOD,
        notes=_notes(view, withdrawn),
    )


_METHOD = Method(
    name="Flow of patients",
    sentence=(
        "Counts from the file; each patient leaves once, in the order screening, group, withdrawal, filters. Left "
        "after treatment began: share of those who entered the group, before filters, with 95 % Clopper–Pearson "
        "interval; two groups are compared by Fisher's exact test, two-sided."
    ),
    references=("Clopper and Pearson, Biometrika 1934;26:404-13",),
)


# ---------------------------------------------------------------- who left where


def _withdrawn(entered: View) -> pd.DataFrame:
    """Find who left after treatment began: patient_id, group, reason."""
    members = entered.members.assign(group=entered.members["group"].astype(object))
    if "withdrawal_reason" not in entered.cohort.patients:
        return members.iloc[:0].assign(reason="")
    left = members.merge(entered.cohort.patients[["patient_id", "withdrawal_reason"]], on="patient_id")
    left = left.rename(columns={"withdrawal_reason": "reason"})
    return left[left["reason"].notna() & (left["reason"] != "none")]


def _left(view: View, kind: str) -> pd.DataFrame:
    """Give one row per patient whom a kind of step left out: patient_id, group, reason."""
    rows = view.attrition.loc[view.attrition["kind"] == kind, ["reason", "group", "patient_ids"]]
    return rows.explode("patient_ids").rename(columns={"patient_ids": "patient_id"})


# ---------------------------------------------------------------- frames


def _counts(view: View, entered: View, withdrawn: pd.DataFrame) -> pd.DataFrame:
    """Lay the rows every stage must have, and count the patients into them."""
    excluded, outside, filtered = _left(entered, "screening"), _left(entered, "group"), _left(view, "filter")
    early = view.members[view.members["patient_id"].isin(withdrawn["patient_id"])]
    patients, groups = view.cohort.patients, view.groups
    why_excluded = _reasons(patients, "eligible", "exclusion_reason", excluded)
    why_withdrawn = _reasons(patients, "withdrawal_reason", "withdrawal_reason", withdrawn)
    stages = [
        _stage("screened", patients, reasons=("",)),
        _stage("excluded", excluded, reasons=why_excluded),
        _stage("outside", outside, reasons=tuple(dict.fromkeys(outside["reason"]))),
        _stage("entered", entered.members, reasons=("",), groups=groups),
        _stage("withdrawn", withdrawn, reasons=why_withdrawn, groups=groups),
        _stage("filtered", filtered, reasons=tuple(dict.fromkeys(filtered["reason"])), groups=groups),
        _stage("analysed", view.members, reasons=("",), groups=groups),
        _stage("left_early", early, reasons=("",), groups=groups),
    ]
    return pd.concat(stages, ignore_index=True)[COUNT_COLUMNS]


def _reasons(patients: pd.DataFrame, needed: str, column: str, left: pd.DataFrame) -> tuple[str, ...]:
    """Name every reason that can be given, with 0 patients too; none where the file does not speak of it."""
    if needed not in patients:
        return ()
    known = tuple(level for level in variable(column).levels if level != "none")
    return (*known, *sorted(set(left["reason"]) - set(known)))


Names = tuple[str, ...]


def _stage(stage: str, who: pd.DataFrame, *, reasons: Names, groups: Names = ("",)) -> pd.DataFrame:
    """Count one stage: a row for each reason and group, 0 included."""
    who = who[["patient_id", *who.columns.intersection(["reason", "group"])]]
    who = who.assign(reason=who.get("reason", ""), group="" if groups == ("",) else who["group"].astype(object))
    found = {cell: tuple(ids) for cell, ids in who.groupby(["reason", "group"])["patient_id"]}
    rows = [[stage, reason, group, found.get((reason, group), ())] for group in groups for reason in reasons]
    frame = pd.DataFrame(rows, columns=["stage", "reason", "group", "patient_ids"])
    return frame.assign(n=frame["patient_ids"].map(len).astype(int))


def _attrition(view: View, entered: View, withdrawn: pd.DataFrame) -> pd.DataFrame:
    """Stack the steps from the group to the analysis."""
    filtered = _left(view, "filter")
    steps = [("entered", "", filtered.iloc[:0])]
    if view.spec.withdrawn == "excluded" and len(withdrawn):
        steps.append(("withdrawal", "", withdrawn))
    for name in dict.fromkeys(chosen.variable for chosen in view.spec.filters):
        mine = filtered["reason"].isin([f"{name} outside the filter", f"{name} missing"])
        steps.append(("filter", name, filtered[mine]))
    sizes, rows = entered.group_sizes(), []
    for group in view.groups:
        remaining = sizes[group]
        for number, (kind, name, who) in enumerate(steps):
            leaving = who[who["group"] == group]
            remaining -= len(leaving)
            n_missing = int((leaving["reason"] == f"{name} missing").sum())
            rows.append([number, kind, name, group, len(leaving), n_missing, remaining, tuple(leaving["patient_id"])])
    return pd.DataFrame(rows, columns=ATTRITION_COLUMNS)


def _differential(entered: View, withdrawn: pd.DataFrame) -> pd.DataFrame:
    known = "withdrawal_reason" in entered.cohort.patients
    total = pd.Series(entered.group_sizes(), dtype=int)
    left = withdrawn["group"].value_counts().reindex(total.index, fill_value=0).to_numpy(dtype=int)
    low, high = clopper_pearson_interval(left, total.to_numpy())
    frame = pd.DataFrame({"group": total.index, "n_withdrawn": left, "n_total": total.to_numpy()})
    frame = frame.assign(
        proportion=frame["n_withdrawn"] / frame["n_total"].where(frame["n_total"] > 0),
        conf_low=low,
        conf_high=high,
        reason=np.where(frame["n_total"] > 0, "" if known else NO_WITHDRAWALS, EMPTY_GROUP),
    )
    if not known:
        frame = frame.assign(proportion=np.nan, conf_low=np.nan, conf_high=np.nan)
    return frame[DIFFERENTIAL_COLUMNS]


def _test(differential: pd.DataFrame) -> Estimate:
    if len(differential) != 2:
        return Estimate(method="Fisher's exact test", reason="not computed: only for two groups")
    if differential["reason"].eq(NO_WITHDRAWALS).any():
        return Estimate(method="Fisher's exact test", reason=NO_WITHDRAWALS)
    group, reference = (row for row in differential.itertuples())
    return compare_fisher(group.n_withdrawn, group.n_total, reference.n_withdrawn, reference.n_total)


# ---------------------------------------------------------------- cautions


def _notes(view: View, withdrawn: pd.DataFrame) -> tuple[Note, ...]:
    """Say which stages the file is silent about, and when an outcome is a reason to leave patients out."""
    patients, notes = view.cohort.patients, []
    if "eligible" not in patients:
        text = "The file does not say who was screened and not eligible: the flow starts with the patients in it."
        notes.append(Note(code="R-SCREEN", text=text))
    if "withdrawal_reason" not in patients:
        text = "The file does not say who left after treatment began; that is not the same as nobody leaving."
        notes.append(Note(code="R-WITHDRAWAL", text=text))
    outcome = withdrawn[withdrawn["reason"].isin(OUTCOME_REASONS)]
    if view.spec.withdrawn == "excluded" and len(outcome):
        reasons = [variable("withdrawal_reason").level_label(reason).lower() for reason in outcome["reason"].unique()]
        text = (
            f"{len(outcome)} of the {len(withdrawn)} who left did so because of {' or '.join(reasons)}: leaving them "
            "out excludes on the outcome itself."
        )
        notes.append(Note(code="W-05", text=text, patient_ids=tuple(outcome["patient_id"])))
    return (*notes, *cautions_about(view))
