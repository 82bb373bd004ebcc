"""How do antibodies, B cells, IgG and tacrolimus levels run, and who is treated again at month 6?"""

from __future__ import annotations

import numpy as np

from sample_data.generator.designs import COMBINED, LATER_MONTHS, count, published_margins
from sample_data.generator.imn_course import Group
from sample_data.generator.margins import Numbers, Target, draw_normal

POSITIVE = 20.0  # RU/mL, EUROIMMUN ELISA
DEPLETED = 5.0  # cells/µL
NOT_REPEATED_REASONS = ("b_cells_still_depleted", "patient_declined", "infection")
_WAY = {3: 0.45, 6: 0.7, 9: 0.87, 12: 1.0}
_WAY_REMITTED = {3: 0.6, 6: 0.82, 9: 0.94, 12: 1.0}  # shorter half-life in those who remit
_TROUGH = Target(mean=4.5, sd=0.8, decimals=1)  # ng/mL, target of the protocol 4-5


def draw_antibodies(group: Group) -> dict[int, Numbers]:
    """Let anti-PLA2R fall exponentially to month 12, with exactly the printed number still positive."""
    start = np.nan_to_num(group.baseline["pla2r_ru_ml"], nan=6.0)
    at_12 = _antibodies_at_12(group, start)
    remitted = np.isfinite(group.rows["t_first"].to_numpy())
    course = {}
    for month in LATER_MONTHS:
        way = np.where(remitted, _WAY_REMITTED[month], _WAY[month])
        path = start * (at_12 / start) ** way * np.exp(group.rng.normal(0, 0.05, len(start)))
        capped = np.where(start < POSITIVE, np.minimum(path, start), path)
        course[month] = np.round(capped if month < 12 else at_12, 2)
    return course


def choose_repeats(group: Group) -> dict[str, np.ndarray]:
    """Choose who receives rituximab again: the printed number, never someone already in complete remission.

    Returns ``repeat`` (bool) and ``reason`` (why an eligible patient was not treated again, else "").
    """
    eligible = np.flatnonzero(group.states(6) != "CR")
    table = published_margins()
    printed = table[(table["variable"] == "rtx_repeated_month6") & (table["group"] == group.name)]
    order = group.rng.permutation(eligible)
    repeat = np.isin(np.arange(len(group.rows)), order[: int(printed["count"].iloc[0])])
    reason = np.full(len(repeat), "", dtype=object)
    left = np.setdiff1d(eligible, np.flatnonzero(repeat))
    reason[left] = group.rng.choice(NOT_REPEATED_REASONS, size=len(left))
    return {"repeat": repeat, "reason": reason}


def draw_b_cells(group: Group, repeats: dict[str, np.ndarray]) -> dict[int, Numbers]:
    """Draw B cells: gone at month 3, back in some at 6 and 12, gone again at 9 after a repeat."""
    rng, n = group.rng, len(group.rows)
    back_at_6 = _some(group, ~(repeats["reason"] == NOT_REPEATED_REASONS[0]), share=0.30)
    back_at_9 = back_at_6 & ~repeats["repeat"]
    back_at_12 = back_at_9 | _some(group, ~back_at_9, share=0.36)
    course = {}
    for month, back in {3: np.zeros(n, dtype=bool), 6: back_at_6, 9: back_at_9, 12: back_at_12}.items():
        values = np.where(back, rng.uniform(5.5, 20 + 6 * month, n), rng.uniform(0, 4.4, n))
        course[month] = np.round(values, 1)
    return course


def draw_igg(group: Group, albumin: dict[int, Numbers]) -> dict[int, Numbers]:
    """Draw IgG, lost in the urine with albumin and a little lower under rituximab."""
    personal = group.rng.normal(0, 0.6, len(group.rows))
    loss = {0: 0.0, 3: 0.4, 6: 0.7, 9: 0.9, 12: 0.9}
    return {
        month: np.round(np.clip(1.6 + 0.18 * values + personal - loss[month], 2.2, 14.0), 2)
        for month, values in albumin.items()
    }


def draw_troughs(group: Group) -> dict[int, Numbers]:
    """Draw tacrolimus troughs at months 3 and 6 in the combined group; nobody else has one."""
    n = len(group.rows)
    if group.name != COMBINED:
        return {}
    return {month: draw_normal(group.rng, n, _TROUGH, (2.4, 7.2)) for month in (3, 6)}


def _antibodies_at_12(group: Group, start: Numbers) -> Numbers:
    """Keep antibodies in those who never remitted or did so late, highest start first."""
    late = np.nan_to_num(group.rows["t_first"].to_numpy(dtype=float), nan=20.0)
    order = np.lexsort((-start, -late, start < 30))
    still = order[: count("pla2r_positive", group.name, month=12)]
    kept = np.maximum(21.0 + group.rng.uniform(0, 6, len(start)), start * group.rng.uniform(0.25, 0.6, len(start)))
    gone = np.minimum(start * group.rng.uniform(0.3, 0.9, len(start)), group.rng.uniform(2.5, 13.5, len(start)))
    return np.round(np.where(np.isin(np.arange(len(start)), still), kept, gone), 2)


def _some(group: Group, among: np.ndarray, *, share: float) -> np.ndarray:
    """Mark a share of all patients, taken from ``among``."""
    chosen = group.rng.permutation(np.flatnonzero(among))[: round(share * len(among))]
    return np.isin(np.arange(len(among)), chosen)
