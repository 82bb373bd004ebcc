"""Is this visit complete remission, partial remission, neither, or not evaluable?

A measured value is a point, a value beyond detection an interval, a missing value the whole axis.
Each criterion cuts its axis into zones; a visit is the set of zones its values may lie in, and its
status is decided when every zone it may lie in gives the same answer. So a visit is not evaluable
exactly when the answer depends on what is unknown.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.outcomes.intervals import (
    TOLERANCE,
    Bounds,
    Flags,
    Floats,
    Trits,
    both,
    bounds_of,
    either,
    less,
    negate,
    point,
    scaled,
)
from analysis.outcomes.reasons import decisive, partial_words, unknown_words
from analysis.outcomes.rules import RemissionRule

RISEN_TO_G_L = 30.0  # domain.md A11

COMPLETE, PARTIAL, NONE, NOT_EVALUABLE = "CR", "PR", "NR", "NE"
STATUS_WORDS = {
    COMPLETE: "complete remission",
    PARTIAL: "partial remission",
    NONE: "no remission",
    NOT_EVALUABLE: "not evaluable",
}

MEASURED = ["prot", "alb", "scr", "egfr"]
BASELINE = ["base_prot", "peak_prot", "base_alb", "base_scr", "base_egfr"]


def classify(visits: pd.DataFrame, rule: RemissionRule) -> pd.DataFrame:
    """Classify visits by a remission rule with three-valued logic.

    Parameters
    ----------
    visits
        One row per visit. ``prot`` (g/24 h or g/g, the rule's measure), ``alb`` (g/L), ``scr``
        (µmol/L), ``egfr`` (mL/min/1.73 m²) and the patient's ``base_prot``, ``peak_prot``,
        ``base_alb``, ``base_scr``, ``base_egfr``; NaN where missing. Optional
        ``prot_qualifier`` and so on: "lt" or "gt" where the value is a limit; ``sex`` (female, male) for
        limits of creatinine that differ.
    rule
        The definition; see ``analysis.outcomes.rules``.

    Returns
    -------
    DataFrame
        Same index: ``status`` (CR, PR, NR, NE), ``at_least`` ("PR" where NE but certainly partial
        or better, else ""), the criteria ``prot``, ``range``, ``drop``, ``albumin_cr``,
        ``albumin_pr``, ``function_cr``, ``function_pr``, and of those ``stable`` and ``normal`` kidney
        function (1 true, 0 false, -1 unknown), and ``reason``: what was missing, and of that only what the
        status hangs on; of partial remissions ``below_PR_range`` and ``reasons.RANGE_BEFORE`` (R-BASE: by the range
        alone, which urine protein met before treatment).

    Notes
    -----
    Comparisons use raw values with a tolerance of 1e-9. A drop is unknown where the baseline is
    missing or zero. Source: domain.md 2.1-2.4.
    """
    prot, alb = bounds_of(visits, "prot"), bounds_of(visits, "alb")
    zone_drop = _protein_zones(visits, rule, prot)
    albumin_cr, albumin_pr = _albumin_criteria(visits, rule, alb)
    kidney = _function_criteria(visits, rule)
    table = _status_table(rule)
    apart = rule.cr_function == "none" and rule.pr_function != "none"
    function = _zones(kidney["function_cr"], kidney["function_pr"], apart=apart)
    sets = (zone_drop, _zones(albumin_cr, albumin_pr, apart=False), function)
    possible = table[sets]
    status = _STATUS_OF_POSSIBLE[possible]
    result = pd.DataFrame(
        {
            "status": status,
            "at_least": np.where(possible == _CR_BIT | _PR_BIT, PARTIAL, ""),
            **_protein_criteria(rule, zone_drop),
            "albumin_cr": albumin_cr,
            "albumin_pr": albumin_pr,
            **kidney,
        },
        index=visits.index,
    )
    words = partial_words(visits, rule, result)
    unknown = (result["status"] == NOT_EVALUABLE).to_numpy()
    if unknown.any():
        matters = decisive(table, (sets[0][unknown], sets[1][unknown], sets[2][unknown]))
        words[unknown] = unknown_words(visits[unknown], rule, result[unknown], list(matters))
    return result.assign(reason=words)


_NR_BIT, _PR_BIT, _CR_BIT = 1, 2, 4
_STATUS_OF_POSSIBLE = np.full(8, NOT_EVALUABLE, dtype=object)
_STATUS_OF_POSSIBLE[[_NR_BIT, _PR_BIT, _CR_BIT]] = [NONE, PARTIAL, COMPLETE]
_PROTEIN_ZONES = 4  # below the range and complete, in the range and complete (MENTOR's 0.3), in the range, above it


# ---------------------------------------------------------------- criteria


def _protein_zones(visits: pd.DataFrame, rule: RemissionRule, prot: Bounds) -> npt.NDArray[np.int64]:
    """Encode which (zone, drop) pairs each visit's proteinuria may lie in, as an 8-bit set.

    Bit 2*zone + dropped. The axis is cut at the lower limit of the partial range, at the limit of
    complete remission, at the upper limit of the range, and at the drop limit of the patient's own baseline or peak.
    """
    name = "base_prot" if rule.pr_drop_from == "baseline" else "peak_prot"
    low, high, low_open, high_open = bounds_of(visits, name)
    no_drop = visits[name].to_numpy(dtype=float) == 0  # a baseline of zero: the fall is unknown (A12)
    fall_from = [np.where(no_drop, end, (1 - rule.pr_drop) * base) for end, base in ((-np.inf, low), (np.inf, high))]
    at_least = _less_split(fall_from[0], inclusive=rule.pr_drop_inclusive | low_open)
    at_most = _less_split(fall_from[1], inclusive=rule.pr_drop_inclusive & ~high_open)
    below_cr = _less_split(rule.cr_prot, inclusive=rule.cr_prot_inclusive)
    below_high = _less_split(rule.pr_high, inclusive=rule.pr_high_inclusive)
    nowhere, everywhere = np.asarray(-np.inf), np.asarray(np.inf)
    below_low = below_cr if rule.pr_low is None else np.fmin(below_cr, _less_split(rule.pr_low, inclusive=False))
    zones = [(nowhere, below_low), (below_low, below_cr), (below_cr, below_high), (below_high, everywhere)]
    encoded = np.zeros(len(visits), dtype=np.int64)
    for zone, (start, end) in enumerate(zones):
        with_drop = _meets(prot, start, np.fmin(end, at_most))
        without = _meets(prot, np.fmax(start, at_least), end)
        encoded |= (with_drop.astype(np.int64) << (2 * zone + 1)) | (without.astype(np.int64) << (2 * zone))
    return encoded


def _less_split(limit: float | Floats, *, inclusive: bool | Flags) -> Floats:
    """Place a cut so that "below" means < limit (or ≤ limit) for every double beyond the tolerance."""
    return np.asarray(limit, dtype=float) + np.where(inclusive, TOLERANCE, -TOLERANCE)


def _meets(value: Bounds, start: Floats, end: Floats) -> Flags:
    """Tell whether the value's interval and [start, end) have a point in common."""
    low, high, _, _ = value
    left, right = np.maximum(low, start), np.minimum(high, end)
    wide = right - left > 2 * TOLERANCE
    touch = (low == high) & (low >= start) & (low < end)
    with np.errstate(invalid="ignore"):
        return np.where(low == high, touch, wide | (np.isinf(left) & np.isinf(right) & (left < right)))


def _protein_criteria(rule: RemissionRule, zone_drop: npt.NDArray[np.int64]) -> dict[str, Trits]:
    """Read the proteinuria criteria off the set of possible (zone, drop) pairs."""
    pairs = [(zone, dropped) for zone in range(_PROTEIN_ZONES) for dropped in (0, 1)]
    in_zone = {
        "prot": [zone <= 1 for zone, _ in pairs],
        "range": [_in_range(rule, zone) for zone, _ in pairs],
        "drop": [dropped == 1 for _, dropped in pairs],
    }
    criteria = {}
    for name, holds in in_zone.items():
        mask = sum(1 << bit for bit, true in enumerate(holds) if true)
        some, all_of = (zone_drop & mask) != 0, (zone_drop & ~mask) == 0
        criteria[name] = np.where(all_of, 1, np.where(some, -1, 0)).astype(np.int8)
    return criteria


def _albumin_criteria(visits: pd.DataFrame, rule: RemissionRule, alb: Bounds) -> tuple[Trits, Trits]:
    every = np.ones(len(visits), dtype=np.int8)
    complete = every if rule.cr_alb is None else negate(less(alb, rule.cr_alb, inclusive=not rule.cr_alb_inclusive))
    partial = every if rule.pr_alb is None else negate(less(alb, rule.pr_alb, inclusive=not rule.pr_alb_inclusive))
    if rule.pr_alb_increase:
        base, ten = bounds_of(visits, "base_alb"), rule.pr_alb_increase == "ten_percent"
        risen = negate(less(alb, scaled(base, 1.1) if ten else base, inclusive=not ten))
        if rule.pr_alb_increase == "to_30":
            risen = both(risen, negate(less(alb, RISEN_TO_G_L, inclusive=False)))
        partial = either(partial, risen)
    if rule.albumin_missing == "protein_only":
        missing = visits["alb"].isna().to_numpy()
        complete, partial = (np.where(missing, 1, trits).astype(np.int8) for trits in (complete, partial))
    return complete, either(partial, complete) if rule.pr_alb is not None else partial


def _function_criteria(visits: pd.DataFrame, rule: RemissionRule) -> dict[str, Trits]:
    """Tell stable and normal kidney function, and what of it complete and partial remission need."""
    stable, every = _stable(visits, rule), np.ones(len(visits), dtype=np.int8)
    if rule.normal_function == "egfr":
        normal = negate(less(bounds_of(visits, "egfr"), rule.normal_egfr, inclusive=False))
    else:
        normal = less(bounds_of(visits, "scr"), point(creatinine_limits(visits, rule)), inclusive=True)
    if rule.function_missing == "assume_met":
        unmeasured = (visits["scr"].isna() & visits["egfr"].isna()).to_numpy()
        stable, normal = (np.where(unmeasured & (trits == -1), 1, trits).astype(np.int8) for trits in (stable, normal))
    criteria = {"none": every, "stable": stable, "normal": both(stable, normal)}
    needed = {"function_cr": criteria[rule.cr_function], "function_pr": criteria[rule.pr_function]}
    return {**needed, "stable": stable, "normal": normal}


def creatinine_limits(visits: pd.DataFrame, rule: RemissionRule) -> Floats:
    """Give the limit of creatinine of each visit in µmol/L; NaN where it, or the sex it goes by, is not known."""
    limit = np.full(len(visits), np.nan if rule.scr_upper_limit is None else rule.scr_upper_limit)
    if rule.scr_upper_limit_women is None:
        return limit
    sex = visits["sex"].to_numpy(dtype=object) if "sex" in visits else np.full(len(visits), "", dtype=object)
    return np.where(sex == "female", rule.scr_upper_limit_women, np.where(sex == "male", limit, np.nan))


def _stable(visits: pd.DataFrame, rule: RemissionRule) -> Trits:
    scr, egfr, base_scr, base_egfr = (bounds_of(visits, name) for name in ("scr", "egfr", "base_scr", "base_egfr"))
    if rule.stable_by == "egfr":
        return negate(less(egfr, scaled(base_egfr, 1 - rule.stable_rise), inclusive=True))
    by_scr = less(scr, scaled(base_scr, 1 + rule.stable_rise), inclusive=False)
    if not rule.egfr_stands_in:
        return by_scr
    by_egfr = negate(less(egfr, scaled(base_egfr, rule.stable_egfr_ratio), inclusive=False))
    measured = visits["scr"].notna() & visits["base_scr"].notna()
    return np.where(measured, by_scr, by_egfr).astype(np.int8)


# ---------------------------------------------------------------- status


_FOR_PARTIAL, _FOR_COMPLETE = (1, 2), (2, 3)


def _zones(complete: Trits, partial: Trits, *, apart: bool) -> npt.NDArray[np.int64]:
    """Encode which of {neither, partial only, both, complete only} a criterion may be in, as a 4-bit set.

    What is good enough for complete remission is good enough for partial remission, unless ``apart``.
    """
    neither = (partial != 1) & (complete != 1)
    only_partial = (partial != 0) & (complete != 1)
    either_way = (complete != 0) & (partial != 0)
    only_complete = (complete != 0) & (partial != 1) & apart
    return (neither * 1 + only_partial * 2 + either_way * 4 + only_complete * 8).astype(np.int64)


def _status_table(rule: RemissionRule) -> npt.NDArray[np.int64]:
    """Tabulate, for every set of possible zones, the set of possible statuses (bits NR, PR, CR)."""
    table = np.zeros((4**_PROTEIN_ZONES, 16, 16), dtype=np.int64)
    pairs, sets = np.arange(len(table))[:, None, None], np.arange(16)
    for pair, albumin, function in np.ndindex(2 * _PROTEIN_ZONES, 4, 4):
        possible = (pairs >> pair & 1) * (sets[:, None] >> albumin & 1) * (sets >> function & 1)
        table |= possible * _status_bit(rule, pair // 2, bool(pair % 2), albumin, function)
    return table


def _in_range(rule: RemissionRule, zone: int) -> bool:
    return zone in (1, 2) or (zone == 0 and rule.open_range)


def _status_bit(rule: RemissionRule, zone: int, dropped: bool, albumin: int, function: int) -> int:
    """Decide one fully known visit: complete first, then partial, else none."""
    if zone <= 1 and albumin in _FOR_COMPLETE and function in _FOR_COMPLETE:
        return _CR_BIT
    in_range = _in_range(rule, zone)
    supported = albumin in _FOR_PARTIAL and function in _FOR_PARTIAL
    if rule.pr_logic == "and":
        return _PR_BIT if in_range and dropped and supported else _NR_BIT
    if rule.pr_range_alone:
        return _PR_BIT if in_range or (dropped and supported) else _NR_BIT
    return _PR_BIT if (in_range or dropped) and supported else _NR_BIT
