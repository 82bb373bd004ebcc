"""How many patients reach remission by when, and does it differ between groups?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.clock import clock_sentence, enters_late
from analysis.estimators.summaries import quantiles
from analysis.estimators.survival import estimate_curve
from analysis.outcomes.endpoints import ALL_ENDPOINT_LABELS
from analysis.remission.comparison import run_test
from analysis.remission.curves import (
    differences_at,
    group_curves,
    landmark_values,
    mark_read,
    median_read,
    stacked,
    ticks,
    times_of,
    values_at_visits,
)
from analysis.remission.notes import remission_notes
from analysis.remission.records import member_records, of_group, start_of_clock
from analysis.results import Estimate, Method, Note
from analysis.study import View

STATUSES = ("CR", "PR", "NR", "NE")
END = "end"
TEST_WORDS = {
    "log-rank": "log-rank test",
    "wilcoxon": "Gehan–Wilcoxon test",
    "tarone-ware": "Tarone–Ware test",
    "peto-peto": "Peto–Peto test",
    "fleming-harrington": "Fleming–Harrington test",
    "permutation": "permutation log-rank test",
    "gray": "Gray's test",
    "fixed-time": "comparison at the horizon (cloglog)",
}
INTERVALS = {"log-log": "log–log", "log": "log", "plain": "plain (linear)"}


@dataclass(frozen=True, kw_only=True, eq=False)
class RemissionResult:
    """The remission page as data; ``describe_remission`` documents the frames."""

    curves: pd.DataFrame
    naive: pd.DataFrame
    risk_table: pd.DataFrame
    landmarks: pd.DataFrame
    differences: pd.DataFrame
    test: Estimate
    medians: pd.DataFrame
    best_response: pd.DataFrame
    not_at_risk: pd.DataFrame
    records: pd.DataFrame
    groups: tuple[str, ...]
    reference_group: str | None
    endpoint: str
    start: str
    interval: str
    by_day: bool
    competing: bool
    method: Method
    notes: tuple[Note, ...]


def describe_remission(view: View, records: pd.DataFrame, best_response: pd.DataFrame) -> RemissionResult:
    """Estimate the time to remission in each group and compare the groups.

    Parameters
    ----------
    view
        The selected patients, their groups, the schedule, the horizon and the reference group.
    records
        One row per patient, from ``analysis.remission.records.study_records``.
    best_response
        One row per patient: ``patient_id``, ``status`` and ``before`` (CR, PR, NR, NE), from the same
        module.

    Returns
    -------
    RemissionResult
        ``curves``: one row per group and time, columns of ``estimate_curve``, limits on the chosen
        scale, and ``is_read``: whether a value is read there (``curves.values_at_visits``).
        ``naive``: 1 - Kaplan-Meier with competing events as censoring (``group``, ``time``,
        ``estimate``), only where asked for and some compete. ``risk_table``: one row
        per group and tick (0, the visits up to the horizon, "end"): ``n_risk`` just before the tick
        and how many had the event, a competing event or were censored before it; the four add up
        to the patients at risk at time 0, with ``n_waiting``, not yet under observation, where
        some come late. ``landmarks``: incidence per group at each visit after 0.
        ``differences``: group minus reference at the same visits, empty with one group. ``test``:
        the chosen one, NaN and a reason with one group or where a group has fewer than 5 patients or 3
        events. ``medians``: Kaplan-Meier median, and apart from it the quartiles of the months
        among those who reached the endpoint (quantile type of the study). ``best_response``: one
        row per group and status of all members, ``n_before`` of them at least as good before
        treatment. ``not_at_risk``: members outside the curves, by
        group and reason. ``records``: one row per member. ``start`` names month 0, ``by_day``
        says whether times are actual days, ``competing`` whether any competing event was seen.

    Raises
    ------
    CohortError
        If a patient at risk has a negative or missing time.

    Notes
    -----
    Conventions and the software that agrees: ``analysis.estimators.survival``. Source: domain.md
    2.5, 2.9, 3.4.
    """
    table = member_records(view, records)
    curves = group_curves(view, table)
    responses = _best_response(view, best_response)
    values = {group: values_at_visits(view, curve) for group, curve in curves.items()}
    return RemissionResult(
        curves=stacked({group: mark_read(view, curve) for group, curve in curves.items()}),
        naive=_naive(view, table),
        risk_table=stacked({group: _risk_rows(view, of_group(table, group)) for group in curves}),
        landmarks=landmark_values(values),
        differences=differences_at(view, curves, values=values),
        test=run_test(view, table, curves),
        medians=_medians(view, table, curves),
        best_response=responses,
        not_at_risk=_not_at_risk(table),
        records=table,
        groups=view.groups,
        reference_group=view.reference_group,
        endpoint=view.spec.endpoint,
        start=start_of_clock(view),
        interval=view.spec.remission.interval,
        by_day=view.spec.time_axis == "actual",
        competing=_competing(table),
        method=_method(view, table),
        notes=remission_notes(view, table, responses, {group: (curves[group], values[group]) for group in view.groups}),
    )


def _competing(table: pd.DataFrame) -> bool:
    return bool((table["at_risk"] & table["competing_event"]).any())


def _naive(view: View, table: pd.DataFrame) -> pd.DataFrame:
    """Estimate what 1 - Kaplan-Meier would say if a competing event were a patient lost from view."""
    if not view.spec.remission.naive or not _competing(table):
        return pd.DataFrame({"group": [], "time": [], "estimate": []})
    rows = {group: of_group(table, group) for group in view.groups}
    curves = {group: estimate_curve(own["time"], own["event"], entry=own.get("entry")) for group, own in rows.items()}
    marked = stacked({group: mark_read(view, curve) for group, curve in curves.items()})
    return marked.loc[marked["is_read"], ["group", "time", "estimate"]].reset_index(drop=True)


def _risk_rows(view: View, rows: pd.DataFrame) -> pd.DataFrame:
    """Count who is at risk at each tick, how the others left before it, and who is still to come."""
    months, event = ticks(view), rows["event"].to_numpy(dtype=bool)
    wanted = [*times_of(view, months), np.inf]
    competing = rows["competing_event"].to_numpy(dtype=bool) & ~event
    how = {"n_event": event, "n_competing": competing, "n_censor": ~event & ~competing}
    times = rows["time"].to_numpy(dtype=float)
    before = {f"{name}_before": np.searchsorted(np.sort(times[left]), wanted) for name, left in how.items()}
    n_risk = len(rows) - sum(before.values())
    if "entry" in rows:
        entries = np.sort(rows["entry"].to_numpy(dtype=float))
        waiting = len(rows) - np.maximum(np.searchsorted(entries, wanted, side="left"), (entries == 0).sum())
        before, n_risk = before | {"n_waiting": waiting}, n_risk - waiting
    labels = [*(f"{tick:g}" for tick in months), END]
    return pd.DataFrame({"time": [*months, np.nan], "label": labels, "n_risk": n_risk, **before})


def _medians(view: View, table: pd.DataFrame, curves: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Set the median of all patients beside the quartiles of those who reached the endpoint."""
    rows = []
    for group, curve in curves.items():
        found, chosen = median_read(view, curve), of_group(table, group)
        attained = chosen.loc[chosen["event"], "time"]
        q1, middle, q3 = quantiles(attained, (0.25, 0.5, 0.75), quantile_type=view.spec.quantile_type)
        limits = [found.estimate, found.conf_low, found.conf_high, found.reason]
        rows.append([group, *limits, len(attained), middle, q1, q3])
    attainers = ["attainers_n", "attainers_median", "attainers_q1", "attainers_q3"]
    return pd.DataFrame(rows, columns=["group", "estimate", "conf_low", "conf_high", "reason", *attainers])


def _best_response(view: View, best_response: pd.DataFrame) -> pd.DataFrame:
    """Count all members of each group by best status; no classified visit means not evaluable."""
    known = view.members.merge(best_response, on="patient_id", how="left").fillna({"status": "NE", "before": "NE"})
    as_good = known["before"].isin(["CR", "PR"]) & ((known["before"] == "CR") | (known["status"] == "PR"))
    by = [known["group"].astype(object), known["status"]]
    ids = known["patient_id"].groupby(by).agg(tuple).to_dict()
    before = (as_good & known["status"].isin(["CR", "PR"])).groupby(by).sum().to_dict()
    rows = [
        [group, name, len(found := ids.get((group, name), ())), int(before.get((group, name), 0)), size, found]
        for group, size in view.group_sizes().items()
        for name in STATUSES
    ]
    return pd.DataFrame(rows, columns=["group", "status", "n", "n_before", "n_total", "patient_ids"])


def _not_at_risk(table: pd.DataFrame) -> pd.DataFrame:
    outside = table[~table["at_risk"]]
    ids = outside.groupby([outside["group"].astype(object), "reason"])["patient_id"].agg(tuple)
    rows = [[group, reason, len(patients), patients] for (group, reason), patients in ids.items()]
    return pd.DataFrame(rows, columns=["group", "reason", "n", "patient_ids"])


def _method(view: View, table: pd.DataFrame) -> Method:
    """Say in one paragraph how the curves, intervals and the test were made."""
    competing, spec = _competing(table), view.spec
    estimator = (
        "the Aalen–Johansen estimator (kidney failure, death and rescue therapy compete)"
        if competing
        else "1 − the Kaplan–Meier estimator"
    )
    sentence = (
        f"{ALL_ENDPOINT_LABELS[spec.endpoint]}: cumulative incidence by {estimator}, 95 % "
        f"{INTERVALS[spec.remission.interval]} intervals{_scale_words(view, table)}."
        + (_compared_words(view, table) if len(view.groups) > 1 else "")
        + _time_words(view)
        + f" Quantiles of type {spec.quantile_type}."
    )
    references = (
        "Kaplan and Meier, J Am Stat Assoc 1958;53:457-81",
        "Aalen and Johansen, Scand J Stat 1978;5:141-50",
        "Zou and Donner, Stat Med 2008;27:1693-702",
    )
    return Method(name="Cumulative incidence of remission", sentence=sentence, references=references)


def _scale_words(view: View, table: pd.DataFrame) -> str:
    """Say on which share the log-log limits of the Aalen-Johansen estimator are taken, as software differs."""
    if not _competing(table) or view.spec.remission.interval != "log-log":
        return ""
    return " of the share without the event (R survfit takes them of the incidence, so its limits differ somewhat)"


def _compared_words(view: View, table: pd.DataFrame) -> str:
    chosen = view.spec.remission.test
    name = TEST_WORDS.get(chosen, chosen)
    cause = _competing(table) and chosen not in ("gray", "fixed-time")
    test = f"{name}, competing events as censoring (cause-specific)" if cause else name
    if enters_late(view) and chosen != "fixed-time":
        test = "no test of the whole curves, as patients enter late"
    return f" Groups: {test}; differences are group minus {view.reference_group} with MOVER intervals."


def _time_words(view: View) -> str:
    axis = "nominal visit" if view.spec.time_axis == "nominal" else "actual visit day"
    words = {"first rituximab": "first rituximab infusion", "remission": "visit of remission"}
    start = words.get(start_of_clock(view), start_of_clock(view))
    rescue = {
        "competing": "",
        "censored": " Rescue therapy ends the observation (as if it did not exist).",
        "ignored": " Patients are followed through rescue therapy.",
    }[view.spec.remission.rescue]
    return (
        f" Time runs in months from the {start} to the {axis}; whoever leaves at a time is at risk"
        f" just before it, and events precede censoring.{clock_sentence(view)}{rescue}{_antibody_words(view)}"
    )


def _antibody_words(view: View) -> str:
    """Say from which level on a patient is at risk of immunologic remission."""
    if "immunologic" not in view.spec.endpoint:
        return ""
    level = f"{view.spec.remission.pla2r_positive_from:g} RU/mL"
    return f" At risk: anti-PLA2R of {level} or more before treatment, or called positive by the file."
