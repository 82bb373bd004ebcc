"""Which synthetic patient gets which outcome, so that a better prognosis remits sooner?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sample_data.generator.designs import sample_targets
from sample_data.generator.margins import Numbers, mean_of, sd_of

C_INDEX = 0.65  # specification of the sample, section 5.4
_C_INDEX_WITHIN = 0.02
_PART_AT_LEAST = 0.55  # each part alone points the same way
_NOISE = 0.55  # of the group size, in ranks
_TRIES = 4000
_CR_EGFR = 66.0  # above the 60 that complete remission needs, with room to change


def assign_outcomes(rng: np.random.Generator, baseline: dict[str, Numbers], rows: pd.DataFrame) -> dict[str, Numbers]:
    """Reorder the baseline of one group so that patient k gets skeleton row k.

    Tries random orders that follow the prognostic score loosely, until the concordance between
    score and time to first remission is near ``C_INDEX`` and each outcome is possible for its patient.
    """
    parts = prognostic_parts(baseline)
    score = prognostic_score(baseline)
    ranks, best_first = _ranks(score), np.argsort(_outcome_badness(rows), kind="stable")
    n = len(rows)
    for _ in range(_TRIES):
        order = np.empty(n, dtype=int)
        order[best_first] = np.argsort(ranks + rng.normal(0, _NOISE * n, n), kind="stable")
        close = abs(concordance(score[order], rows) - C_INDEX) <= _C_INDEX_WITHIN
        signs = close and all(concordance(part[order], rows) >= _PART_AT_LEAST for part in parts)
        if signs and _possible({name: values[order] for name, values in baseline.items()}, rows):
            return {name: values[order] for name, values in baseline.items()}
    raise AssertionError("no order of patients fits the outcomes; change the seed or the noise")


def prognostic_score(baseline: dict[str, Numbers]) -> Numbers:
    """Score the expected delay of remission, the standardised parts in equal weight."""
    parts = prognostic_parts(baseline)
    return np.round(sum((part - mean_of(part)) / sd_of(part) for part in parts), 6)


def prognostic_parts(baseline: dict[str, Numbers]) -> list[Numbers]:
    """Give what delays remission: log proteinuria, log antibody (unknown as negative), low albumin."""
    antibody = np.log(np.nan_to_num(baseline["pla2r_ru_ml"], nan=5.0) + 1)
    return [np.log(baseline["proteinuria_g_24h"]), antibody, -baseline["albumin_g_l"]]


def concordance(score: Numbers, rows: pd.DataFrame) -> float:
    """Give Harrell's c between the score and time to first remission (higher score, later remission)."""
    happened = rows["t_first"].notna().to_numpy()
    time = rows["t_first"].fillna(rows["last_eval"]).to_numpy(dtype=float)
    earlier = (time[:, None] < time[None, :]) | ((time[:, None] == time[None, :]) & ~happened[None, :])
    usable = happened[:, None] & earlier & ~np.eye(len(rows), dtype=bool)
    lower = np.where(score[:, None] < score[None, :], 1.0, np.where(score[:, None] == score[None, :], 0.5, 0.0))
    return float(lower[usable].sum() / usable.sum())


def drop_remitters(baseline: dict[str, Numbers], rows: pd.DataFrame) -> np.ndarray:
    """Pick the patients in partial remission at month 12 by a fall alone: those who started highest."""
    values = sample_targets()["proteinuria_12"][rows["group"].iloc[0]]["partial_by_drop"]
    candidates = ((rows["best"] == "PR") & (rows["last_eval"] == 12)).to_numpy()
    start = np.where(candidates, baseline["proteinuria_g_24h"], -1.0)
    return np.sort(np.argsort(-start, kind="stable")[: len(values)])


def _outcome_badness(rows: pd.DataFrame) -> Numbers:
    return rows["t_first"].fillna(20.0).to_numpy() + 0.7 * rows["t_cr"].fillna(20.0).to_numpy()


def _ranks(values: Numbers) -> Numbers:
    return np.argsort(np.argsort(values, kind="stable"), kind="stable").astype(float)


def _possible(baseline: dict[str, Numbers], rows: pd.DataFrame) -> bool:
    """Check that complete remitters have the kidneys for it and drop remitters the proteinuria to fall from."""
    complete = (rows["best"] == "CR").to_numpy()
    values = sorted(sample_targets()["proteinuria_12"][rows["group"].iloc[0]]["partial_by_drop"])
    start = np.sort(baseline["proteinuria_g_24h"][drop_remitters(baseline, rows)])
    enough = bool(np.all(start >= 2.1 * np.array(values)))
    return enough and bool(np.all(baseline["egfr"][complete] >= _CR_EGFR))
