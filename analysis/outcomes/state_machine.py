"""How does one visit move every patient from state to state? The arrays and steps behind ``derive_states``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from analysis.outcomes.attainment import RANK
from analysis.outcomes.intervals import TOLERANCE
from analysis.outcomes.rules import RemissionRule

FALL_ALONE_RISE = 0.5  # domain.md G1: in remission by the fall alone, a relapse is also a rise of more than 50 %
RESISTANT_FROM, NORMAL_ALBUMIN = 2.0, 35.0  # domain.md G2: g/24 h or g/g, and g/L

Ints = npt.NDArray[np.int8]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class State(IntEnum):
    """Codes of ``STATES``."""

    ACTIVE, PARTIAL, COMPLETE, RELAPSE = range(4)


class Step(IntEnum):
    """Codes of ``TRANSITIONS``."""

    NONE, FIRST, SECOND, FURTHER, COMPLETED, LOST, RELAPSED, RESISTANT, RESPONDED = range(9)


class Why(IntEnum):
    """Codes of ``REASONS``."""

    NONE, CROSSED, BY_DROP, ROSE, RESISTS, FALL_HOLDS, ALBUMIN_HOLDS, NOT_HELD, UNCONFIRMED, LASTING, BEFORE, NE = (
        range(12)
    )


STATES = np.array(["active", "partial_remission", "complete_remission", "relapse"], dtype=object)
TRANSITIONS = np.array(
    [
        "", "first_remission", "second_remission", "further_remission", "complete_remission", "cr_lost", "relapse",
        "resistance", "remission_after_resistance",
    ],
    dtype=object,
)  # fmt: skip
REASONS = np.array(
    [
        "",
        "urine protein rose to the relapse threshold",
        "pr_by_drop: remission by the fall alone, urine protein rose by more than 50 %",
        "urine protein rose by more than the rule allows in partial remission",
        "urine protein never below 2 and albumin never 35 g/L or more",
        "no relapse: remission by the fall alone, urine protein did not rise by more than 50 %",
        "no relapse: albumin did not fall, or is not known",
        "criteria of remission not met, no relapse",
        "remission not counted: not confirmed, or only by the range as before treatment",
        "no new remission while the relapse lasts",
        "in remission since before treatment",
        "status not evaluable",
    ],
    dtype=object,
)


@dataclass(kw_only=True, eq=False)
class Course:
    """The visits as arrays, one element per visit; urine protein as what it is at most and at least."""

    rule: RemissionRule
    patient: npt.NDArray[np.int64]
    measure: Ints
    prot_at_most: Floats
    prot_at_least: Floats
    albumin: Floats
    rank: Ints  # what the visit met
    entering: Ints  # what it counts for as a new remission, once confirmation is asked for
    decided: Flags
    high: Flags  # certainly at the relapse threshold
    protein_known: Flags  # urine protein known well enough to tell a relapse


@dataclass(kw_only=True, eq=False)
class Memory:
    """What the machine remembers of each patient, one element per patient; altered by ``advance``."""

    state: Ints
    remission: Ints
    since_before: Flags
    had_complete: Flags  # in the present remission
    crossable: Flags  # the last visit that met a remission was below the relapse threshold
    lowest: Floats  # urine protein in the present partial remission, one row per measure
    protein_min: Floats  # of the whole course
    albumin_max: Floats
    albumin_last: Floats
    ended_by: Ints  # which reason ended the last remission

    @classmethod
    def of(cls, state: Ints, protein: Floats, albumin: Floats) -> Memory:
        """Begin in the given states with the values at baseline."""
        n, remitted = len(state), state != State.ACTIVE
        return cls(
            state=state,
            remission=remitted.astype(np.int8),
            since_before=remitted,
            had_complete=state == State.COMPLETE,
            crossable=np.zeros(n, dtype=bool),
            lowest=np.full((2, n), np.nan),
            protein_min=protein.copy(),
            albumin_max=albumin.copy(),
            albumin_last=albumin.copy(),
            ended_by=np.zeros(n, dtype=np.int8),
        )


@dataclass(kw_only=True, eq=False)
class _Move:
    """What one visit does, one element per row."""

    state: Ints
    step: Ints
    why: Ints
    cause: Ints  # which reason ends a remission here, else 0
    remission: Ints


def advance(memory: Memory, course: Course, at: npt.NDArray[np.intp]) -> dict[str, npt.NDArray[np.generic]]:
    """Take one visit (the rows ``at``, at most one per patient) into the memory.

    Returns one element per row of ``at``: codes ``state``, ``transition``, ``reason``, the number of
    the ``remission``, whether a relapse could be told (``relapse_known``), and whether the visit
    says anything (``kept``).
    """
    who, nothing = course.patient[at], np.zeros(len(at), dtype=np.int8)
    before = memory.state[who]
    move = _Move(
        state=before.copy(), step=nothing.copy(), why=nothing.copy(), cause=nothing, remission=memory.remission[who]
    )
    remitted = (before == State.PARTIAL) | (before == State.COMPLETE)
    relapse_known = _end_remissions(memory, course, at, move, remitted)
    _keep_remissions(course, at, move, remitted & (move.cause == 0))
    _begin_remissions(memory, course, at, move, ~remitted)
    move.why[(move.why == 0) & remitted & memory.since_before[who] & (move.remission == 1)] = Why.BEFORE
    _remember(memory, course, at, move, before)
    return {
        "state": move.state,
        "transition": move.step,
        "reason": move.why,
        "remission": move.remission,
        "relapse_known": relapse_known,
        "kept": (course.rank[at] > 0) | (remitted & relapse_known),
    }


def _end_remissions(memory: Memory, course: Course, at: npt.NDArray[np.intp], move: _Move, remitted: Flags) -> Flags:
    """Find relapses and resistance (G1, G2); tell where a relapse could be told."""
    who, known = course.patient[at], course.protein_known[at].copy()
    found = np.where(remitted, _relapse_signs(memory, course, at), Why.NONE).astype(np.int8)
    ends = (found != Why.NONE) & (found != Why.FALL_HOLDS)
    resists = np.zeros(len(at), dtype=bool)
    why = found
    if course.rule.relapse_needs_albumin_fall:
        albumin, last = course.albumin[at], memory.albumin_last[who]
        resists = ends & _resistant(memory, course, at)
        held = ends & ~resists & ~(albumin < last - TOLERANCE)
        known &= ~(held & (np.isnan(albumin) | np.isnan(last)))
        why = np.where(held, Why.ALBUMIN_HOLDS, np.where(resists, Why.RESISTS, found)).astype(np.int8)
        ends &= ~held
    move.why[:] = why
    move.cause = np.where(ends, found, Why.NONE).astype(np.int8)
    move.state[ends], move.step[ends] = State.RELAPSE, Step.RELAPSED
    move.state[resists], move.step[resists] = State.ACTIVE, Step.RESISTANT
    return known


def _relapse_signs(memory: Memory, course: Course, at: npt.NDArray[np.intp]) -> Ints:
    """Read the relapse rule off urine protein alone (G1)."""
    who, high, rise = course.patient[at], course.high[at], course.rule.relapse_rise_in_pr
    if rise is not None:
        rose = (memory.state[who] == State.PARTIAL) & _rises(memory, course, at, rise)
        crossed = high & memory.had_complete[who]
        return np.select([crossed, rose], [Why.CROSSED, Why.ROSE], Why.NONE).astype(np.int8)
    crossed = high & memory.crossable[who]
    rose = high & _rises(memory, course, at, FALL_ALONE_RISE)
    return np.select([crossed, rose, high], [Why.CROSSED, Why.BY_DROP, Why.FALL_HOLDS], Why.NONE).astype(np.int8)


def _rises(memory: Memory, course: Course, at: npt.NDArray[np.intp], share: float) -> Flags:
    """Tell a rise by more than a share above the lowest value of this partial remission, same measure."""
    lowest = memory.lowest[course.measure[at], course.patient[at]]
    return course.prot_at_least[at] > (1 + share) * lowest + TOLERANCE


def _resistant(memory: Memory, course: Course, at: npt.NDArray[np.intp]) -> Flags:
    """Tell a course whose urine protein never came below 2 and whose albumin never became normal (G2)."""
    who = course.patient[at]
    came_down = np.fmin(memory.protein_min[who], course.prot_at_most[at]) < RESISTANT_FROM - TOLERANCE
    normal = np.fmax(memory.albumin_max[who], course.albumin[at]) >= NORMAL_ALBUMIN - TOLERANCE
    return ~came_down & ~normal


def _keep_remissions(course: Course, at: npt.NDArray[np.intp], move: _Move, staying: Flags) -> None:
    """Move between partial and complete remission (G3), and say why a remission lasts that is not met."""
    rank, quiet = course.rank[at], move.why == Why.NONE
    lost = staying & (move.state == State.COMPLETE) & course.decided[at] & (rank < RANK["CR"])
    completed = staying & (move.state == State.PARTIAL) & (course.entering[at] == RANK["CR"])
    move.state[lost], move.step[lost] = State.PARTIAL, Step.LOST
    move.state[completed], move.step[completed] = State.COMPLETE, Step.COMPLETED
    move.why[staying & quiet & (rank == RANK["NR"])] = Why.NOT_HELD
    move.why[staying & quiet & (rank == RANK["NE"])] = Why.NE


def _begin_remissions(memory: Memory, course: Course, at: npt.NDArray[np.intp], move: _Move, outside: Flags) -> None:
    """Let patients outside remission enter one, after a relapse only once its cause is gone."""
    entering = course.entering[at]
    ready = outside & (entering >= RANK["PR"])
    blocked = ready & (entering < RANK["CR"]) & _relapse_lasts(memory, course, at)
    enters = ready & ~blocked
    move.remission = (move.remission + enters).astype(np.int8)
    state = np.where(entering == RANK["CR"], State.COMPLETE, State.PARTIAL)
    step = np.array([Step.NONE, Step.FIRST, Step.SECOND, Step.FURTHER])[np.minimum(move.remission, 3)]
    resisted = (memory.state[course.patient[at]] == State.ACTIVE) & (move.remission > 1)
    step = np.where(resisted, Step.RESPONDED, step)
    move.state[enters], move.step[enters] = state[enters], step[enters]
    move.why[blocked] = Why.LASTING
    move.why[outside & (course.rank[at] >= RANK["PR"]) & (entering < RANK["PR"])] = Why.UNCONFIRMED


def _relapse_lasts(memory: Memory, course: Course, at: npt.NDArray[np.intp]) -> Flags:
    """Tell where what ended the last remission still holds."""
    cause, high = memory.ended_by[course.patient[at]], course.high[at]
    fall_alone = high & _rises(memory, course, at, FALL_ALONE_RISE)
    rose = _rises(memory, course, at, course.rule.relapse_rise_in_pr or 0.0)
    return np.select([cause == Why.CROSSED, cause == Why.BY_DROP, cause == Why.ROSE], [high, fall_alone, rose], False)


def _remember(memory: Memory, course: Course, at: npt.NDArray[np.intp], move: _Move, before: Ints) -> None:
    """Write the visit into the memory."""
    who, measure, state = course.patient[at], course.measure[at], move.state
    entered = move.remission > memory.remission[who]
    memory.state[who], memory.remission[who] = state, move.remission
    partial, complete = state == State.PARTIAL, state == State.COMPLETE
    memory.lowest[:, who[partial & (before != State.PARTIAL)]] = np.nan
    lowest = memory.lowest[measure, who]
    memory.lowest[measure, who] = np.where(partial, np.fmin(lowest, course.prot_at_most[at]), lowest)
    memory.had_complete[who] = complete | (memory.had_complete[who] & ~entered)
    met = (partial | complete) & (course.rank[at] >= RANK["PR"]) & course.protein_known[at]
    memory.crossable[who] = np.where(met, ~course.high[at], memory.crossable[who])
    memory.protein_min[who] = np.fmin(memory.protein_min[who], course.prot_at_most[at])
    memory.albumin_max[who] = np.fmax(memory.albumin_max[who], course.albumin[at])
    measured = ~np.isnan(course.albumin[at])
    memory.albumin_last[who] = np.where(measured, course.albumin[at], memory.albumin_last[who])
    memory.ended_by[who] = np.where(move.cause != Why.NONE, move.cause, memory.ended_by[who])
