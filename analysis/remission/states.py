"""In which state was each patient at each visit, and how many months were spent in remission?"""

from __future__ import annotations

import pandas as pd

from analysis.clock import RITUXIMAB, start_in_use, start_words
from analysis.estimators.occupancy import (
    StateTable,
    compare_mean_months,
    estimate_occupancy,
    mean_months,
    tabulate_states,
)
from analysis.outcomes.classify import NOT_EVALUABLE
from analysis.outcomes.derive import Outcomes
from analysis.outcomes.visit_states import GONE, VISIT_STATUSES, states_at_visit
from analysis.remission.answers import StatesResult
from analysis.remission.curves import ticks
from analysis.remission.records import TEST_PATIENTS
from analysis.results import Estimate, Method, Note
from analysis.study import View

ENDED = "ended"
STATES = ("CR", "PR", "NR", ENDED)
KINDS = {"remission": ("CR", "PR"), "complete": ("CR",)}
FINAL = ("kidney failure", "death")
UNCLASSIFIED_SHARE = 0.10  # domain.md W-08
REPLICATES = 1_000
MONTH_COLUMNS = ["kind", "group", "n", "estimate", "conf_low", "conf_high", "reason"]
CONTRAST_COLUMNS = ["kind", "group", "reference_group", "estimate", "conf_low", "conf_high", "reason"]


def describe_states(
    view: View, outcomes: Outcomes, visits: pd.DataFrame | None = None, *, replicates: int = REPLICATES
) -> StatesResult:
    """Count the states at each planned visit and estimate the time spent in them.

    Parameters
    ----------
    view, outcomes
        The selected patients, and the classified visits (derived again on planned visits if they are
        on actual days).
    visits
        From ``states_at_visit`` of the same outcomes, where it is at hand.
    replicates
        Bootstrap samples of each group; seed 20230712.

    Returns
    -------
    StatesResult
        Shares are counts of all members. Occupancy and months use the visits at which a status is known;
        kidney failure and death are a state of their own ("ended").

    Notes
    -----
    Months: a state lasts from the visit that shows it until the next visit, up to the last visit by the
    horizon. Source: domain.md 2.5 (E4), 3.4.
    """
    months = ticks(view)
    table = states_at_visit(outcomes, view.cohort, schedule=view.spec.schedule) if visits is None else visits
    table = view.members.merge(table[table["month"].isin(months)], on="patient_id", how="inner")
    tables = {group: _state_table(view, outcomes, table, group, months) for group in view.groups}
    reasons = _reasons(table)
    occupancy = pd.concat(
        [estimate_occupancy(one).assign(group=group) for group, one in tables.items()], ignore_index=True
    )
    return StatesResult(
        shares=_shares(view, table),
        reasons=reasons,
        occupancy=occupancy,
        months=_months(view, tables, months[-1], replicates),
        months_differences=_differences(view, tables, months[-1], replicates),
        horizon=months[-1],
        groups=view.groups,
        reference_group=view.reference_group,
        method=_method(outcomes, months[-1], replicates),
        notes=(*_notes(view, reasons), *_limits_of_visits(view, occupancy)),
    )


def _shares(view: View, table: pd.DataFrame) -> pd.DataFrame:
    """Count every member of each group at each visit, with a row for each status."""
    ids = table.groupby([table["group"].astype(object), "month", "status"])["patient_id"].agg(tuple).to_dict()
    rows = [
        [group, month, status, len(found := ids.get((group, month, status), ())), size, found]
        for group, size in view.group_sizes().items()
        for month in sorted(month for month in ticks(view) if month > 0)
        for status in VISIT_STATUSES
    ]
    return pd.DataFrame(rows, columns=["group", "month", "status", "n", "n_total", "patient_ids"])


def _reasons(table: pd.DataFrame) -> pd.DataFrame:
    open_rows = table[table["status"].isin([NOT_EVALUABLE, GONE])]
    keys = [open_rows["group"].astype(object), "month", "status", "reason"]
    found = open_rows.groupby(keys)["patient_id"].agg(tuple).reset_index(name="patient_ids")
    return found.assign(n=found["patient_ids"].map(len).astype(int))


def _state_table(view: View, outcomes: Outcomes, table: pd.DataFrame, group: str, months: list[float]) -> StateTable:
    """Lay out the states of one group by visit, the status before treatment at month 0."""
    own = table[table["group"] == group]
    final = own["reason"].isin(FINAL) & own["status"].eq(GONE)
    later = own.assign(state=own["status"].mask(final, ENDED), time=own["month"])
    before = outcomes.baseline[outcomes.baseline["patient_id"].isin(own["patient_id"])]
    start = before[["patient_id"]].assign(time=0.0, state=before["status"])
    rows = pd.concat([part for part in (start, later[["patient_id", "time", "state"]]) if len(part)] or [start])
    return tabulate_states(rows, states=STATES, times=months)


def _months(view: View, tables: dict[str, StateTable], horizon: float, replicates: int) -> pd.DataFrame:
    rows = []
    for kind, states in KINDS.items():
        for group in view.groups:
            found = _mean(tables[group], states, horizon, replicates)
            rows.append([kind, group, found.n, found.estimate, found.conf_low, found.conf_high, found.reason])
    return pd.DataFrame(rows, columns=MONTH_COLUMNS)


def _mean(table: StateTable, states: tuple[str, ...], horizon: float, replicates: int) -> Estimate:
    if 0 < (n := len(table.codes)) < TEST_PATIENTS:
        return Estimate(n=n, reason=f"fewer than {TEST_PATIENTS} patients: no mean")
    return mean_months(table, states, horizon, replicates=replicates)


def _differences(view: View, tables: dict[str, StateTable], horizon: float, replicates: int) -> pd.DataFrame:
    rows: list[list[object]] = []
    reference = view.reference_group or ""
    for kind, states in KINDS.items():
        for group in view.compared_groups() if len(view.groups) > 1 else ():
            small = [name for name in (group, reference) if len(tables[name].codes) < TEST_PATIENTS]
            if small:
                why = f"no difference: fewer than {TEST_PATIENTS} patients in {', '.join(small)}"
                rows.append([kind, group, reference, *[float("nan")] * 3, why])
                continue
            found = compare_mean_months(tables[group], tables[reference], states, horizon, replicates=replicates)
            rows.append([kind, group, reference, found.estimate, found.conf_low, found.conf_high, found.reason])
    return pd.DataFrame(rows, columns=CONTRAST_COLUMNS)


def _method(outcomes: Outcomes, horizon: float, replicates: int) -> Method:
    sentence = (
        f"Status of every patient at each planned visit by {outcomes.rule.label}; nothing is carried forward, and who "
        "is gone is counted as gone. Probability of each state: Aalen–Johansen from visit to visit among those seen "
        f"at both. Months in remission to month {horizon:g}: a state lasts from the visit that shows it until the "
        f"next; percentile limits of {replicates:,} samples of patients (seed 20230712)."
    )
    references = ("Datta and Satten, Stat Probab Lett 2001;55:403-11",)
    return Method(name="States at the visits", sentence=sentence, references=references)


def _notes(view: View, reasons: pd.DataFrame) -> tuple[Note, ...]:
    """Warn of visits at which more than a tenth have no status, by group and with what is missing (W-08).

    Counted as on the Definitions page: whoever is not evaluable, and whoever is gone.
    """
    notes = []
    for month, rows in reasons.groupby("month"):
        k = int(rows["n"].sum())
        if k <= UNCLASSIFIED_SHARE * view.n:
            continue
        parts = [
            f" {words}: {'; '.join(f'{why} ({n})' for why, n in counts.items())}."
            for status, words in ((NOT_EVALUABLE, "Not evaluable"), (GONE, "No longer followed"))
            if len(counts := rows[rows["status"] == status].groupby("reason", sort=False)["n"].sum())
        ]
        by_group = rows.groupby("group")["n"].sum()
        apart = ", ".join(f"{group} {int(by_group.get(group, 0))} of {n}" for group, n in view.group_sizes().items())
        groups = f" ({apart})" if len(view.groups) > 1 else ""
        text = f"{k} of {view.n} patients cannot be classified at month {month:g}{groups}.{''.join(parts)}"
        ids = tuple(patient for some in rows["patient_ids"] for patient in some)
        notes.append(Note(code="W-08", text=text, patient_ids=ids))
    return tuple(notes)


def _limits_of_visits(view: View, occupancy: pd.DataFrame) -> tuple[Note, ...]:
    """Say from which visit on shares are not estimable, and what counting at planned visits leaves out."""
    notes = []
    for group in view.groups:
        rows = occupancy[occupancy["group"] == group]
        lost, known = rows[rows["estimate"].isna()], rows[rows["estimate"].notna()]
        if len(lost) and len(known):
            last, first = known["time"].max(), lost["time"].min()
            text = (
                f"{group}: shares from month {first:g} on are {lost['reason'].iloc[0]}. Months in remission, where "
                f"given, take the states of month {last:g} as lasting until month {first:g}."
            )
            notes.append(Note(code="OCCUPANCY", text=text))
    if start_in_use(view) != RITUXIMAB:
        text = f"Months count from the first rituximab here, although the curves count from the {start_words(view)}."
        notes.append(Note(code="CLOCK", text=text))
    if view.spec.time_axis == "actual":
        text = (
            "States are counted at the planned visits, although the curves run on actual days: a remission first seen "
            "between two visits counts from the later one, so the months in remission are too few rather than too many."
        )
        notes.append(Note(code="PLANNED", text=text))
    return tuple(notes)
