"""Why is this visit not evaluable, or partial remission by a clause that needs saying? In words."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.outcomes.intervals import TOLERANCE, Flags, bounds_of, less
from analysis.outcomes.rules import RemissionRule

BELOW_RANGE = "below_PR_range"
RANGE_BEFORE = "urine protein in the range already before treatment, without the fall (R-BASE)"
NO_LIMIT = "the laboratory's limit of creatinine, which was not entered"
SEVERAL = np.array([False, False, False, True, False, True, True, True])  # sets of NR, PR, CR with more than one

Codes = npt.NDArray[np.int64]
Reason = tuple[str, Flags]


def decisive(table: Codes, sets: tuple[Codes, Codes, Codes]) -> tuple[Flags, Flags, Flags]:
    """Tell whether the status hangs on what is unknown of protein, of albumin and of kidney function.

    Parameters
    ----------
    table
        Possible statuses (bits) of every set of protein, albumin and function zones.
    sets
        Those sets of each visit. One of the three matters where, the other two being known, it
        still leaves more than one status.
    """
    n_zones = [size.bit_length() - 1 for size in table.shape]
    found = []
    for which in range(3):
        first, second = (place for place in range(3) if place != which)
        matters = np.zeros(len(sets[0]), dtype=bool)
        for zones in np.ndindex(n_zones[first], n_zones[second]):
            at, inside = list(sets), np.ones(len(matters), dtype=bool)
            for place, zone in zip((first, second), zones, strict=True):
                inside &= (sets[place] >> zone & 1).astype(bool)
                at[place] = np.full(len(matters), 1 << zone)
            matters |= inside & SEVERAL[table[at[0], at[1], at[2]]]
        found.append(matters)
    return found[0], found[1], found[2]


def unknown_words(visits: pd.DataFrame, rule: RemissionRule, criteria: pd.DataFrame, matters: list[Flags]) -> pd.Series:
    """Name what was missing at visits that are not evaluable: only that on which the status hangs.

    Parameters
    ----------
    visits, criteria
        The visits in question, as ``classify`` takes them, and what it made of their criteria.
    matters
        From ``decisive``: protein, albumin, kidney function.
    """
    protein, albumin, kidney = matters
    reasons = [
        *((words, protein & where) for words, where in _protein(visits, rule, criteria)),
        *((words, albumin & where) for words, where in _albumin(visits)),
        *((words, kidney & where) for words, where in _function(visits, rule, criteria)),
    ]
    found = pd.Series("", index=visits.index, dtype=object)
    for words, applies in reasons:
        new = applies & ~found.str.contains(words, regex=False).to_numpy()
        found = found.mask(new, found.where(found == "", found + ", ") + words)
    return found


def partial_words(visits: pd.DataFrame, rule: RemissionRule, result: pd.DataFrame) -> pd.Series:
    """Say of a partial remission that the gap rule made it, or that the range was met before treatment (R-BASE)."""
    partial, words = result["status"] == "PR", pd.Series("", index=visits.index, dtype=object)
    if rule.pr_low is not None and rule.below_range_is_pr:
        below = visits["prot"] < rule.pr_low - TOLERANCE
        words = words.mask(partial & (result["prot"] == 1) & below, BELOW_RANGE)
    if rule.pr_logic == "and":
        return words
    before = less(bounds_of(visits, "base_prot"), rule.pr_high, inclusive=rule.pr_high_inclusive) == 1
    flagged = partial & (result["range"] == 1) & (result["drop"] == 0) & before
    return words.mask(flagged, words.where(words == "", words + ", ") + RANGE_BEFORE)


def _protein(visits: pd.DataFrame, rule: RemissionRule, criteria: pd.DataFrame) -> list[Reason]:
    name = "base_prot" if rule.pr_drop_from == "baseline" else "peak_prot"
    words = "the highest urine protein so far" if rule.pr_drop_from == "running_peak" else "baseline urine protein"
    base, measured, limit = visits[name], visits["prot"].notna().to_numpy(), _limit(visits, "prot")
    needed = measured & (criteria["drop"] == -1).to_numpy()
    here = ((criteria[["prot", "range"]] == -1).any(axis=1) | (criteria["drop"] == -1) & base.gt(0)).to_numpy()
    return [
        ("urine protein", ~measured),
        ("urine protein only known as a limit", limit & here),
        (words, needed & base.isna().to_numpy()),
        (f"{words} is 0, so no fall can be told", needed & (base == 0).to_numpy()),
        (f"{words} only known as a limit", needed & ~limit & _limit(visits, name)),
    ]


def _albumin(visits: pd.DataFrame) -> list[Reason]:
    missing, limit = visits["alb"].isna().to_numpy(), _limit(visits, "alb")
    base = ~missing & ~limit
    return [
        ("albumin", missing),
        ("albumin only known as a limit", limit),
        ("baseline albumin", base & visits["base_alb"].isna().to_numpy()),
        ("baseline albumin only known as a limit", base & _limit(visits, "base_alb")),
    ]


def _function(visits: pd.DataFrame, rule: RemissionRule, criteria: pd.DataFrame) -> list[Reason]:
    """Name the value of kidney function that is missing, by the way the rule judges it."""
    has = {name: visits[name].notna().to_numpy() for name in ("scr", "egfr", "base_scr", "base_egfr")}
    seen, before = has["scr"] | has["egfr"], has["base_scr"] | has["base_egfr"]
    stable, normal = ((criteria[name] == -1).to_numpy() for name in ("stable", "normal"))
    normal &= rule.cr_function == "normal"
    stable &= rule.cr_function != "none" or rule.pr_function != "none"
    judged = "egfr" if rule.normal_function == "egfr" else "scr"
    label = {"scr": "creatinine", "egfr": "eGFR"}
    by_scr = has["scr"] & has["base_scr"] if rule.egfr_stands_in else np.ones(len(visits), dtype=bool)
    by_scr = by_scr & (rule.stable_by == "creatinine")
    reasons = [
        ("kidney function", ~seen & (stable | normal)),
        ("baseline kidney function", stable & seen & ~before),
        (label[judged], normal & seen & ~has[judged]),
        (f"{label[judged]} only known as a limit", normal & has[judged] & _limit(visits, judged)),
    ]
    if judged == "scr":
        sex = visits.get("sex", pd.Series("", index=visits.index, dtype=object))
        by_sex = rule.scr_upper_limit_women is not None
        given = sex.eq("female").to_numpy() & by_sex
        unknown = by_sex & ~sex.isin(["female", "male"]).to_numpy()
        reasons.append(("sex, by which the limit of creatinine goes", normal & has["scr"] & unknown))
        if rule.scr_upper_limit is None:
            reasons.append((NO_LIMIT, normal & has["scr"] & ~given & ~unknown))
    for name, way in (("scr", by_scr), ("egfr", ~by_scr)):
        asked = stable & way & seen & before
        reasons += [
            (label[name], asked & ~has[name]),
            (f"baseline {label[name]}", asked & ~has[f"base_{name}"]),
            (f"{label[name]} only known as a limit", asked & _limit(visits, name)),
            (f"baseline {label[name]} only known as a limit", asked & _limit(visits, f"base_{name}")),
        ]
    return reasons


def _limit(visits: pd.DataFrame, name: str) -> Flags:
    marks = visits.get(f"{name}_qualifier", pd.Series("", index=visits.index)).fillna("")
    return (marks.ne("") & visits[name].notna()).to_numpy()
