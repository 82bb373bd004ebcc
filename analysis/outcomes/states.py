"""In which state of the disease was each patient at each visit, and what changed there (domain.md 2.6)?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.outcomes.attainment import RANK, confirmed_ranks, status_rank
from analysis.outcomes.classify import COMPLETE, NOT_EVALUABLE, PARTIAL
from analysis.outcomes.derive import DISAGREE, Outcomes
from analysis.outcomes.intervals import TOLERANCE
from analysis.outcomes.rules import RemissionRule, limits_of
from analysis.outcomes.state_machine import REASONS, STATES, TRANSITIONS, Course, Memory, State, advance

STATE_COLUMNS = [
    "patient_id", "month", "day", "time", "status", "state", "transition", "remission", "relapse_known", "reason",
]  # fmt: skip


def derive_states(outcomes: Outcomes) -> pd.DataFrame:
    """Run the state machine of remission and relapse through every patient's visits.

    Parameters
    ----------
    outcomes
        Classified visits; the rule gives the relapse threshold and its guards.

    Returns
    -------
    DataFrame
        One row per patient and evaluable visit after baseline, by patient and time: ``patient_id``,
        ``month``, ``day``, ``time`` (months on the axis), ``status`` of the visit, ``state`` after it
        (active, partial_remission, complete_remission, relapse), ``transition`` there ("",
        first_remission, second_remission, further_remission, complete_remission, cr_lost, relapse,
        resistance, remission_after_resistance), ``remission`` (number of the remission, 0 before the
        first), ``relapse_known`` (whether the visit could show a relapse) and ``reason`` in words. A
        visit in remission with
        measured urine protein has a row although its status is not evaluable.

    Notes
    -----
    A relapse is urine protein at the rule's threshold after remission, with these guards. G1: the last
    visit that met a remission was below the threshold; otherwise, in remission by the fall alone or at
    the very threshold, a rise of more than 50 % above the lowest value of this remission is needed as
    well. G2: where the rule asks for it, albumin must be lower than when last measured, and a course
    that never had urine protein below 2 nor albumin of 35 g/L is resistance. G3: leaving complete
    remission below the threshold is ``cr_lost``. With ``relapse_rise_in_pr`` the threshold counts once
    complete remission was reached, the rise in partial remission. Remission lasts until relapse or
    resistance. After a relapse the next one is the second (A18); after resistance it is
    ``remission_after_resistance``, as no relapse lies between. It counts again when what made the
    relapse no longer holds. A remission present at baseline is the first one unless the rule counts
    it at the first visit. Values of two urine measures are never compared with each other. Source:
    domain.md 2.6 and A14-A18.
    """
    visits, number = _in_order(outcomes)
    patients = visits["patient_id"].drop_duplicates().reset_index(drop=True)
    course = _course(visits, outcomes)
    memory = _memory_at_baseline(outcomes, patients, course)
    columns = {name: np.zeros(len(visits), dtype=np.int8) for name in ("state", "transition", "remission", "reason")}
    flags = {name: np.zeros(len(visits), dtype=bool) for name in ("relapse_known", "kept")}
    for step in range(int(number.max(initial=-1)) + 1):
        at = np.flatnonzero(number == step)
        for name, values in advance(memory, course, at).items():
            (columns if name in columns else flags)[name][at] = values
    table = visits[["patient_id", "month", "day", "time", "status"]].assign(
        state=STATES[columns["state"]],
        transition=TRANSITIONS[columns["transition"]],
        remission=columns["remission"].astype(np.int64),
        relapse_known=flags["relapse_known"],
        reason=REASONS[columns["reason"]],
    )
    return table.loc[flags["kept"], STATE_COLUMNS].reset_index(drop=True)


def in_remission_before(outcomes: Outcomes) -> pd.Series:
    """Give the status (CR, PR) of patients whose remission counts from before treatment, indexed by patient."""
    before = outcomes.baseline
    rank = status_rank(before)
    if outcomes.rule.baseline_remission == "count_at_first_visit":
        rank = np.zeros_like(rank)
    rank = np.where(before["patient_id"].isin(partial_by_range_before(outcomes)), 0, rank)
    names = {RANK[PARTIAL]: PARTIAL, RANK[COMPLETE]: COMPLETE}
    status = pd.Series(rank, index=pd.Index(before["patient_id"])).map(names)
    return status.dropna().astype(object)


def partial_by_range_before(outcomes: Outcomes) -> pd.Series:
    """Name whose baseline was partial remission by the range alone, where the rule then asks for the fall (A17)."""
    before = outcomes.baseline
    if outcomes.rule.baseline_range != "require_drop":
        return before.loc[[], "patient_id"]
    partial = (status_rank(before) == RANK[PARTIAL]) & before["drop"].ne(1).to_numpy()
    return before.loc[partial, "patient_id"]


def _in_order(outcomes: Outcomes) -> tuple[pd.DataFrame, npt.NDArray[np.int64]]:
    """Put the visits that say anything in order of patient and time; count them within each patient."""
    visits = outcomes.visits
    visits = visits[(status_rank(visits) > 0) | visits["prot"].notna().to_numpy()]
    code = pd.factorize(visits["patient_id"], sort=True)[0]
    order = np.lexsort((visits["time"].to_numpy(), code))
    code = code[order]
    return visits.iloc[order].reset_index(drop=True), np.arange(len(code)) - np.searchsorted(code, code, side="left")


def _course(visits: pd.DataFrame, outcomes: Outcomes) -> Course:
    """Read the arrays of the machine off the ordered visits."""
    rule, rank = outcomes.rule, status_rank(visits)
    prot = visits["prot"].mask(visits["reason"] == DISAGREE).to_numpy(dtype=float)
    qualifier = visits["prot_qualifier"].to_numpy()
    under, over = qualifier == "lt", qualifier == "gt"
    from_here = _relapse_limit(visits, rule)
    edge = from_here + (-TOLERANCE if rule.relapse_inclusive else TOLERANCE)
    high = ~under & ((prot >= edge) | (over & (prot >= from_here - TOLERANCE)))
    by_range = visits["patient_id"].isin(partial_by_range_before(outcomes)).to_numpy()
    entering = np.where(by_range & (rank == RANK[PARTIAL]) & visits["drop"].ne(1).to_numpy(), RANK["NR"], rank)
    return Course(
        rule=rule,
        patient=pd.factorize(visits["patient_id"])[0],
        measure=visits["measure"].eq("upcr_g_g").to_numpy().astype(np.int8),
        prot_at_most=np.where(over, np.nan, prot),
        prot_at_least=np.where(under, np.nan, prot),
        albumin=visits["alb"].to_numpy(dtype=float),
        rank=rank,
        entering=confirmed_ranks(visits, entering, rule),
        decided=visits["status"].ne(NOT_EVALUABLE).to_numpy(),
        high=high,
        protein_known=~np.isnan(prot) & (high | (qualifier == "") | (under & (prot <= edge))),
    )


def _memory_at_baseline(outcomes: Outcomes, patients: pd.Series, course: Course) -> Memory:
    """Begin with everyone active but those in remission before treatment."""
    status = patients.map(in_remission_before(outcomes))
    state = status.map({PARTIAL: State.PARTIAL, COMPLETE: State.COMPLETE}).fillna(State.ACTIVE).to_numpy(dtype=np.int8)
    base = outcomes.baseline.drop_duplicates("patient_id").set_index("patient_id").reindex(patients)
    prot, albumin = base["prot"].to_numpy(dtype=float), base["alb"].to_numpy(dtype=float)
    memory = Memory.of(state, prot, albumin)
    upcr = base["measure"].eq("upcr_g_g").to_numpy().astype(np.int8)
    memory.lowest[upcr, np.arange(len(patients))] = np.where(state == State.PARTIAL, prot, np.nan)
    memory.crossable = prot < _relapse_limit(base, course.rule)
    return memory


def _relapse_limit(visits: pd.DataFrame, rule: RemissionRule) -> npt.NDArray[np.float64]:
    """Give the urine protein from which each visit is a relapse, by the measure it comes from."""
    ratio, day = (limits_of(rule, name).relapse_prot for name in ("upcr_g_g", "proteinuria_g_24h"))
    return np.where(visits["measure"].eq("upcr_g_g"), ratio, day)
