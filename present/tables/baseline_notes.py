"""What must stand under the baseline table: how each column was made, row by row where rows differ?"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.baseline import FEWEST_COMPARED, RANGE_BELOW, SHIFT_UP_TO, BaselineResult
from analysis.cohort.dictionary import variable
from present.tables.format import format_count, format_number, format_p

LOG_MARK, LEVELS_MARK = "†", "‡"
NOT_ESTIMABLE = "n.e."
POINTS = " pp"  # behind a difference of proportions
_LETTERS = "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿ"
P_OFF = "No test was made."
_KINDS = {
    "mean": "difference of means",
    "shift": "Hodges-Lehmann shift (median of all pairwise differences)",
    "proportion": "for n (%) in percentage points, pp (Newcombe)",
}


@dataclass(frozen=True, kw_only=True)
class TestMarks:
    """The raised letter of each test used in a table, in order of appearance."""

    letters: dict[str, str]
    __test__ = False  # not for pytest

    @classmethod
    def of(cls, tests: pd.DataFrame) -> TestMarks:
        """Give each test used its letter."""
        used = list(dict.fromkeys(tests.loc[tests["p_value"].notna(), "method"]))
        return cls(letters={method: _LETTERS[place % len(_LETTERS)] for place, method in enumerate(used)})

    def mark(self, row: Any) -> str:
        """Give the letter of the test of one row, nothing where none was made."""
        return "" if math.isnan(row.p_value) else self.letters[row.method]

    def footnotes(self) -> list[str]:
        """Spell the letters out."""
        return [f"{letter} {_capital(method)}." for method, letter in self.letters.items()]


def footnotes(result: BaselineResult, marks: TestMarks) -> tuple[str, ...]:
    """Write the footnotes of the table."""
    notes = [f"Quartiles of type {result.quantile_type}; percentages of the patients with a value; nothing imputed."]
    notes += _missing_notes(result)
    if (result.rows["kind"].eq("range") & result.rows["n"].between(1, RANGE_BELOW - 1)).any():
        notes.append(f"a [b to c]: median, minimum and maximum, where a group has fewer than {RANGE_BELOW} values.")
    notes += _summary_notes(result)
    notes += _hidden_notes(result)
    notes += _limit_notes(result)
    if len(result.contrasts):
        notes += _smd_notes(result)
    if len(result.largest):
        notes += _largest_notes(result)
    if len(result.tests):
        notes += _test_notes(result, marks)
    elif result.reference_group:
        notes.append(P_OFF)
    return tuple(notes)


def _several(result: BaselineResult) -> bool:
    return len(result.groups) > (2 if result.overall else 1)


def _missing_notes(result: BaselineResult) -> list[str]:
    together, where = (", all groups together", "a group has some") if _several(result) else ("", "there are any")
    texts = {
        "column": f"Missing: patients without a value{together}; k/n or n where {where}.",
        "row": "Missing: patients without a value, a row of its own where there are any; k/n or n beside them.",
        "denominators": "k/n and n: patients with a value.",
    }
    default = f"Missing values are not counted here; k/n or n where {where}."
    notes = [texts.get(result.options.missing, default)]
    if result.options.look != "plain":
        notes.append("IQR: first to third quartile." if (result.rows["kind"] == "median").any() else "")
    return [note for note in notes if note]


def _summary_notes(result: BaselineResult) -> list[str]:
    """Say which rows the values themselves turned into medians or means."""
    decided = result.rows[result.rows["summary_reason"] != ""].drop_duplicates("variable")
    return [
        f"{_capital(reason)}: {', '.join(rows['label'])}."
        for reason, rows in decided.groupby("summary_reason", sort=False)
    ]


def _hidden_notes(result: BaselineResult) -> list[str]:
    """Count the patients whose level of a category was not chosen to be shown."""
    levels = result.rows[(result.rows["kind"] == "categorical") & (result.rows["group"] != result.overall)]
    notes = []
    for label, rows in levels.groupby("label", sort=False):
        hidden = rows.groupby("group")["n"].first().sum() - rows["count"].sum()
        if hidden:
            who = "1 patient has" if hidden == 1 else f"{format_count(hidden)} patients have"
            notes.append(f"{label}: {who} a level that was not chosen and is not shown.")
    return notes


def _limit_notes(result: BaselineResult) -> list[str]:
    limited = result.rows[result.rows["n_limit"] > 0]
    if result.overall:
        limited = limited[limited["group"] == result.overall]
    notes = []
    for label, rows in limited.groupby("label", sort=False):
        above = int(rows["n_above"].sum())
        below = int(rows["n_limit"].sum()) - above
        parts = [f"{format_count(below)} below detection, at half the limit"] if below else []
        parts += [f"{format_count(above)} above detection, at the limit"] if above else []
        notes.append(f"{label}: {'; '.join(parts)}.")
    open_sided = limited["kind"].isin(["median", "range"]) & limited["beyond"].map(bool)
    return [*notes, "<, >: a quantile that falls beyond detection, with its bound."] if open_sided.any() else notes


def _smd_notes(result: BaselineResult) -> list[str]:
    contrasts = result.contrasts
    notes = [
        f"SMD: standardised mean difference, group minus {result.reference_group}, over the root mean square of "
        "both SDs (proportions: of both binomial SDs).",
        *(_chance_note(result, group) for group in contrasts["group"].unique()),
    ]
    return [*notes, *_scale_notes(contrasts)]


def _largest_notes(result: BaselineResult) -> list[str]:
    widest, pairs = result.largest["null_high"].max(), int(result.largest["n_pairs"].max())
    more = f"; the largest of {pairs} pairs exceeds that more often" if pairs > 1 else ""
    chance = "" if math.isnan(widest) else (
        f" A single pair of groups drawn from one population stays within up to ±{format_number(widest, decimals=2)} "
        f"in 95 % of cases{more}."
    )  # fmt: skip
    return [
        "Largest SMD: standardised mean difference of the two groups furthest apart, without sign, over the root mean "
        f"square of both SDs (proportions: of both binomial SDs).{chance}",
        *_left_out_of_largest(result),
        *_scale_notes(result.largest),
    ]


def _left_out_of_largest(result: BaselineResult) -> Iterable[str]:
    if (result.largest["n_left_out"] > 0).any():
        sizes = {group: n for group, n in result.group_sizes.items() if group != result.overall}
        small = [f"{group} with {format_count(n)}" for group, n in sizes.items() if n < FEWEST_COMPARED]
        named = f" ({', '.join(small)})" if small else ""
        yield f"Left out of the largest: pairs in which a group has fewer than {FEWEST_COMPARED} values{named}."


def _scale_notes(contrasts: pd.DataFrame) -> Iterable[str]:
    if (contrasts["scale"] == "log").any():
        yield f"{LOG_MARK} on log values."
    if (contrasts["scale"] == "levels").any():
        yield f"{LEVELS_MARK} Yang and Dalton's distance over all levels, without sign."
    undone = contrasts[contrasts["smd"].isna()]
    if len(undone):
        reasons = (
            f"{reason} ({', '.join(variable(name).label for name in rows['variable'].unique())})"
            for reason, rows in undone.groupby("reason", sort=False)
        )
        yield f"{NOT_ESTIMABLE}: not estimable: {'; '.join(reasons)}."


def _chance_note(result: BaselineResult, group: str) -> str:
    bound = result.contrasts.loc[result.contrasts["group"] == group, "null_high"].min()
    if math.isnan(bound):
        return f"{group} or {result.reference_group} has no values to compare."
    sizes = _sizes(result, (group, str(result.reference_group)))
    return (
        f"{group} v {result.reference_group} ({sizes} patients): without any true difference, 95 % of SMDs lie within "
        f"±{format_number(bound, decimals=2)}, wider where values are missing; the usual line is 0.1."
    )


def _sizes(result: BaselineResult, groups: tuple[str, ...]) -> str:
    return " and ".join(format_count(result.group_sizes[name]) for name in groups)


def _test_notes(result: BaselineResult, marks: TestMarks) -> list[str]:
    tests = result.tests
    kinds = [words for kind, words in _KINDS.items() if (tests["estimate_kind"] == kind).any()]
    notes = [f"Difference: group minus {result.reference_group}; {', '.join(kinds)}."] if kinds else []
    notes += ["P: two-sided, not adjusted; one overall test per characteristic.", *marks.footnotes()]
    unshifted = tests[(tests["estimate_kind"] == "shift") & tests["estimate"].isna() & tests["p_value"].notna()]
    if len(unshifted):
        names = ", ".join(variable(name).label for name in unshifted["variable"])
        notes.append(f"No Hodges-Lehmann shift above {format_count(SHIFT_UP_TO)} values: {names}.")
    spread = tests[tests["spread_p"].notna()]
    if len(spread):
        texts = (f"{variable(row.variable).label} {format_p(row.spread_p)}" for row in spread.itertuples())
        notes.append(f"Equality of variances, Levene's test (mean-centred), P: {', '.join(texts)}.")
    undone = tests[tests["p_value"].isna()]
    for reason, rows in undone.groupby("reason", sort=False):
        notes.append(f"{_capital(str(reason))}: {', '.join(variable(name).label for name in rows['variable'])}.")
    return notes


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
