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

from analysis.outcomes.rules import RemissionRule

RISEN_TO_G_L = 30.0  # domain.md A11
TOLERANCE = 1e-9  # domain.md 2: no other tolerance

COMPLETE, PARTIAL, NONE, NOT_EVALUABLE = "CR", "PR", "NR", "NE"
STATUS_WORDS = {
    COMPLETE: "complete remission",
    PARTIAL: "partial remission",
    NONE: "no remission",
    NOT_EVALUABLE: "not evaluable",
}

MEASURED = ["prot", "alb", "scr", "egfr"]
BASELINE = ["base_prot", "peak_prot", "base_alb", "base_scr", "base_egfr"]

Trits = npt.NDArray[np.int8]  # 1 true, 0 false, -1 unknown
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Bounds = tuple[Floats, Floats, Flags, Flags]  # low, high, low is open, high is open


def classify(visits: pd.DataFrame, rule: RemissionRule) -> pd.DataFrame:
    """Classify visits by a remission rule with three-valued logic.

    Parameters
    ----------
    visits
        One row per visit. ``prot`` (g/24 h or g/g, the rule's measure), ``alb`` (g/L), ``scr``
        (µmol/L), ``egfr`` (mL/min/1.73 m²) and the patient's ``base_prot``, ``peak_prot``,
        ``base_alb``, ``base_scr``, ``base_egfr``; NaN where missing. Optional
        ``prot_qualifier`` and ``alb_qualifier``: "lt" or "gt" where the value is a limit.
    rule
        The definition; see ``analysis.outcomes.rules``.

    Returns
    -------
    DataFrame
        Same index: ``status`` (CR, PR, NR, NE), ``at_least`` ("PR" where NE but certainly partial
        or better, else ""), the criteria ``prot``, ``range``, ``drop``, ``albumin_cr``,
        ``albumin_pr``, ``function_cr``, ``function_pr`` (1 true, 0 false, -1 unknown) and
        ``reason`` (what was missing, or ``below_PR_range``).

    Notes
    -----
    Comparisons use raw values with a tolerance of 1e-9. A drop is unknown where the baseline is
    missing or zero. Source: domain.md 2.1-2.4.
    """
    prot, alb = _bounds(visits, "prot"), _bounds(visits, "alb")
    zone_drop = _protein_zones(visits, rule, prot)
    albumin_cr, albumin_pr = _albumin_criteria(visits, rule, alb)
    function_cr, function_pr = _function_criteria(visits, rule)
    table = _status_table(rule)
    possible = table[zone_drop, _three_zones(albumin_cr, albumin_pr), _three_zones(function_cr, function_pr)]
    status = _STATUS_OF_POSSIBLE[possible]
    result = pd.DataFrame(
        {
            "status": status,
            "at_least": np.where(possible == _CR_BIT | _PR_BIT, PARTIAL, ""),
            **_protein_criteria(rule, zone_drop),
            "albumin_cr": albumin_cr,
            "albumin_pr": albumin_pr,
            "function_cr": function_cr,
            "function_pr": function_pr,
        },
        index=visits.index,
    )
    return result.assign(reason=_reasons(visits, rule, result))


# ---------------------------------------------------------------- intervals

_NR_BIT, _PR_BIT, _CR_BIT = 1, 2, 4
_STATUS_OF_POSSIBLE = np.full(8, NOT_EVALUABLE, dtype=object)
_STATUS_OF_POSSIBLE[[_NR_BIT, _PR_BIT, _CR_BIT]] = [NONE, PARTIAL, COMPLETE]
_PROTEIN_ZONES = 3  # below the complete-remission limit, in the partial range, above it


def _bounds(visits: pd.DataFrame, name: str) -> Bounds:
    """Give (low, high, low is open, high is open) of each value; a missing value is (-inf, inf)."""
    value = visits[name].to_numpy(dtype=float)
    qualifier = visits.get(f"{name}_qualifier", pd.Series("", index=visits.index)).to_numpy()
    missing, below, above = np.isnan(value), qualifier == "lt", qualifier == "gt"
    low = np.where(missing | below, -np.inf, value)
    high = np.where(missing | above, np.inf, value)
    return low, high, above & ~missing, below & ~missing


def _point(values: float | Floats) -> Bounds:
    """Give the bounds of limits that are known; NaN is unknown."""
    edge = np.atleast_1d(np.asarray(values, dtype=float))
    closed = np.zeros(edge.shape, dtype=bool)
    return np.where(np.isnan(edge), -np.inf, edge), np.where(np.isnan(edge), np.inf, edge), closed, closed


def _scaled(bounds: Bounds, factor: float) -> Bounds:
    low, high, low_open, high_open = bounds
    return factor * low, factor * high, low_open, high_open


def _less(value: Bounds, limit: Bounds | float, *, inclusive: bool) -> Trits:
    """Tell value < limit (or ≤ limit); unknown where value or limit is an interval that leaves it open."""
    low, high, low_open, high_open = value
    edge_low, edge_high, edge_low_open, edge_high_open = limit if isinstance(limit, tuple) else _point(limit)
    if inclusive:
        certain = high <= edge_low + TOLERANCE
        open_end = low_open | edge_high_open
        excluded = (low > edge_high + TOLERANCE) | (open_end & (low >= edge_high - TOLERANCE))
    else:
        open_end = high_open | edge_low_open
        certain = (high < edge_low - TOLERANCE) | (open_end & (high <= edge_low + TOLERANCE))
        excluded = low >= edge_high - TOLERANCE
    return np.where(certain, 1, np.where(excluded, 0, -1)).astype(np.int8)


def _negate(trits: Trits) -> Trits:
    return np.where(trits == -1, -1, 1 - trits).astype(np.int8)


def _both(first: Trits, second: Trits) -> Trits:
    return np.where((first == 0) | (second == 0), 0, np.where((first == 1) & (second == 1), 1, -1)).astype(np.int8)


def _either(first: Trits, second: Trits) -> Trits:
    return _negate(_both(_negate(first), _negate(second)))


# ---------------------------------------------------------------- criteria


def _protein_zones(visits: pd.DataFrame, rule: RemissionRule, prot: Bounds) -> npt.NDArray[np.int64]:
    """Encode which (zone, drop) pairs each visit's proteinuria may lie in, as a 6-bit set.

    Bit 2*zone + dropped. The axis is cut at the complete-remission limit, at the upper limit of
    the partial range, and at the drop limit of the patient's own baseline or peak.
    """
    name = "base_prot" if rule.pr_drop_from == "baseline" else "peak_prot"
    low, high, _, _ = _bounds(visits, name)
    no_drop = visits[name].to_numpy(dtype=float) == 0  # a baseline of zero: the fall is unknown (A12)
    fall_from = [np.where(no_drop, end, (1 - rule.pr_drop) * base) for end, base in ((-np.inf, low), (np.inf, high))]
    at_least, at_most = (_less_split(limit, inclusive=rule.pr_drop_inclusive) for limit in fall_from)
    below_cr = _less_split(rule.cr_prot, inclusive=rule.cr_prot_inclusive)
    below_high = _less_split(rule.pr_high, inclusive=rule.pr_high_inclusive)
    nowhere, everywhere = np.asarray(-np.inf), np.asarray(np.inf)
    zones = [(nowhere, below_cr), (below_cr, below_high), (below_high, everywhere)]
    encoded = np.zeros(len(visits), dtype=np.int64)
    for zone, (start, end) in enumerate(zones):
        with_drop = _meets(prot, start, np.fmin(end, at_most))
        without = _meets(prot, np.fmax(start, at_least), end)
        encoded |= (with_drop.astype(np.int64) << (2 * zone + 1)) | (without.astype(np.int64) << (2 * zone))
    return encoded


def _less_split(limit: float | Floats, *, inclusive: bool) -> Floats:
    """Place a cut so that "below" means < limit (or ≤ limit) for every double beyond the tolerance."""
    return np.asarray(limit, dtype=float) + (TOLERANCE if inclusive else -TOLERANCE)


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
        "prot": [zone == 0 for zone, _ in pairs],
        "range": [zone == 1 or (zone == 0 and rule.open_range) for zone, _ in pairs],
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
    complete = every if rule.cr_alb is None else _negate(_less(alb, rule.cr_alb, inclusive=not rule.cr_alb_inclusive))
    partial = every if rule.pr_alb is None else _negate(_less(alb, rule.pr_alb, inclusive=not rule.pr_alb_inclusive))
    if rule.pr_alb_increase:
        base, ten = _bounds(visits, "base_alb"), rule.pr_alb_increase == "ten_percent"
        risen = _negate(_less(alb, _scaled(base, 1.1) if ten else base, inclusive=not ten))
        if rule.pr_alb_increase == "to_30":
            risen = _both(risen, _negate(_less(alb, RISEN_TO_G_L, inclusive=False)))
        partial = _either(partial, risen)
    if rule.albumin_missing == "protein_only":
        missing = visits["alb"].isna().to_numpy()
        complete, partial = (np.where(missing, 1, trits).astype(np.int8) for trits in (complete, partial))
    return complete, _either(partial, complete) if rule.pr_alb is not None else partial


def _function_criteria(visits: pd.DataFrame, rule: RemissionRule) -> tuple[Trits, Trits]:
    stable, every = _stable(visits, rule), np.ones(len(visits), dtype=np.int8)
    if rule.normal_function == "egfr":
        normal = _negate(_less(_bounds(visits, "egfr"), rule.normal_egfr, inclusive=False))
    else:
        limit = np.nan if rule.scr_upper_limit is None else rule.scr_upper_limit
        normal = _less(_bounds(visits, "scr"), limit, inclusive=True)
    criteria = {"none": every, "stable": stable, "normal": _both(stable, normal)}
    complete, partial = criteria[rule.cr_function], criteria[rule.pr_function]
    if rule.function_missing == "assume_met":
        complete, partial = (np.where(trits == -1, 1, trits).astype(np.int8) for trits in (complete, partial))
    return complete, partial


def _stable(visits: pd.DataFrame, rule: RemissionRule) -> Trits:
    scr, egfr, base_scr, base_egfr = (_bounds(visits, name) for name in ("scr", "egfr", "base_scr", "base_egfr"))
    if rule.stable_by == "egfr":
        return _negate(_less(egfr, _scaled(base_egfr, 1 - rule.stable_rise), inclusive=True))
    by_scr = _less(scr, _scaled(base_scr, 1 + rule.stable_rise), inclusive=False)
    if not rule.egfr_stands_in:
        return by_scr
    by_egfr = _negate(_less(egfr, _scaled(base_egfr, rule.stable_egfr_ratio), inclusive=False))
    measured = visits["scr"].notna() & visits["base_scr"].notna()
    return np.where(measured, by_scr, by_egfr).astype(np.int8)


# ---------------------------------------------------------------- status


def _three_zones(complete: Trits, partial: Trits) -> npt.NDArray[np.int64]:
    """Encode which of {neither, partial only, complete} a criterion may be in, as a 3-bit set.

    A value good enough for complete remission is good enough for partial remission.
    """
    neither = (partial != 1) & (complete != 1)
    only_partial = (partial != 0) & (complete != 1)
    return (neither * 1 + only_partial * 2 + (complete != 0) * 4).astype(np.int64)


def _status_table(rule: RemissionRule) -> npt.NDArray[np.int64]:
    """Tabulate, for every set of possible zones, the set of possible statuses (bits NR, PR, CR)."""
    table = np.zeros((64, 8, 8), dtype=np.int64)
    pairs, sets = np.arange(64)[:, None, None], np.arange(8)
    for pair, albumin, function in np.ndindex(6, 3, 3):
        possible = (pairs >> pair & 1) * (sets[:, None] >> albumin & 1) * (sets >> function & 1)
        table |= possible * _status_bit(rule, pair // 2, bool(pair % 2), albumin, function)
    return table


def _status_bit(rule: RemissionRule, zone: int, dropped: bool, albumin: int, function: int) -> int:
    """Decide one fully known visit: complete first, then partial, else none."""
    if zone == 0 and albumin == 2 and function == 2:
        return _CR_BIT
    in_range = zone == 1 or (zone == 0 and rule.open_range)
    supported = albumin >= 1 and function >= 1
    if rule.pr_logic == "and":
        return _PR_BIT if in_range and dropped and supported else _NR_BIT
    if rule.pr_range_alone:
        return _PR_BIT if in_range or (dropped and supported) else _NR_BIT
    return _PR_BIT if (in_range or dropped) and supported else _NR_BIT


def _reasons(visits: pd.DataFrame, rule: RemissionRule, result: pd.DataFrame) -> pd.Series:
    """Say what was missing for a visit that is not evaluable, and name the gap rule where it decided."""
    words = pd.Series("", index=visits.index)
    undecided = result["status"] == NOT_EVALUABLE
    kidney_unknown = (result["function_cr"] == -1) | (result["function_pr"] == -1)
    limit = visits.get("prot_qualifier", pd.Series("", index=visits.index)) != ""
    seen = visits["scr"].notna() | visits["egfr"].notna()
    missing = {
        "urine protein": visits["prot"].isna(),
        "urine protein only known as a limit": limit & visits["prot"].notna(),
        "albumin": visits["alb"].isna(),
        "kidney function": kidney_unknown & ~seen,
        "baseline kidney function, or a limit that leaves it open": kidney_unknown & seen,
        "baseline urine protein": (result["drop"] == -1) & visits["prot"].notna() & ~limit,
        "baseline albumin": (result["albumin_pr"] == -1) & visits["alb"].notna(),
    }
    for what, absent in missing.items():
        applies = undecided & absent
        words = words.mask(applies, words.where(words == "", words + ", ") + what)
    gap = (result["status"] == PARTIAL) & (result["prot"] == 1) & rule.below_range_is_pr & (rule.pr_low is not None)
    return words.mask(gap, "below_PR_range")
