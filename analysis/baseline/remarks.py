"""What should a reader look at twice in this baseline table?"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.baseline.comparison import SMALLEST_GROUP
from analysis.baseline.contrasts import contrast_scale, logarithm
from analysis.baseline.shape import FAR_OUT, find_far_out, has_two_humps
from analysis.baseline.summaries import RANGE_BELOW, Members
from analysis.cautions import cautions_about
from analysis.cohort.baseline_columns import MOST_LEVELS, BaselineColumn
from analysis.cohort.dictionary import variable
from analysis.estimators.comparisons import SMALLEST_TESTED
from analysis.estimators.summaries import smd_null_range
from analysis.results import Note
from analysis.study import View

LEFT_OUT = {
    "R-COLUMNS": f"Not summarised, more than {MOST_LEVELS} different texts",
    "R-EMPTY": "Not summarised, no patient has a value",
    "R-ASIDE": "Not in the table, the treatment itself or known only after it began",
}
WIDE = 0.5  # SD over mean; Altman DG, Bland JM. Detecting skewness from summary information. BMJ 1996;313:1200
MUCH_MISSING = 0.20  # display.md, baseline table: remark above this share of missing values
SMALL = 10  # domain.md 3.10, W-01
_SEED = 20230712  # domain.md 3: the seed of every random procedure
_FEWEST_KNOWN = 5  # columns that must agree before two patients look like one


def comparison_notes(view: View, reference: str | None, tests: pd.DataFrame) -> tuple[Note, ...]:
    """Say what a difference at baseline does and does not mean (T-BASE), and how the groups were made."""
    sizes = view.group_sizes()
    pairs = ((sizes[group], sizes[reference]) for group in view.groups if reference and group != reference)
    ranges = [(smd_null_range(*pair)[1], pair) for pair in pairs if min(pair) > 0]
    chance, widest = max(ranges, default=(0.0, ()))
    notes = [*cautions_about(view)]
    if widest:
        text = (
            "Judge a difference at baseline by its size (SMD), not by a test: a P value above 0.05 does not show that "
            "groups are comparable, and between randomised groups one below 0.05 is chance. With "
            f"{widest[0]} and {widest[1]} patients, chance alone gives an SMD of up to {chance:.2f} in either "
            "direction 95 times in 100."
        )
        notes.append(Note(code="T-BASE", text=text))
    return (*notes, *_test_notes(tests, sizes), *_tiny_notes(tests, sizes))


def remark_on(
    patients: pd.DataFrame,
    columns: Sequence[BaselineColumn],
    members: Members,
    by_means: Collection[str],
    left_out: Mapping[str, Sequence[str]],
) -> tuple[Note, ...]:
    """Point at variables often missing, constant, far out, two-humped, repeated or left out, and at twins."""
    groups = list(members.values())
    everyone = groups[0]
    numbers = [column for column in columns if column.kind == "continuous"]
    much = [c for c in columns if everyone.any() and (everyone & ~c.present).sum() / everyone.sum() > MUCH_MISSING]
    constant = [column for column in columns if _is_constant(column, everyone)]
    found = [
        ("R-MISSING", f"Missing in more than {100 * MUCH_MISSING:.0f} % of patients", _labels(much)),
        ("R-CONSTANT", "The same value in every patient", _labels(constant)),
        *((code, LEFT_OUT[code], [variable(name).label for name in names]) for code, names in left_out.items()),
        ("R-DUPLICATE", "Identical counts in every group; check that no column was copied",
         _same_counts(columns, groups[1:]) if len(groups) > 2 else []),
        ("R-COPIED", "Identical values in every patient; check that no column was copied", _same_values(numbers)),
        ("R-HUMPS", "Two humps rather than one; look at the distribution, a single summary hides them",
         [column.variable.label for column in numbers if has_two_humps(_scaled(column)[everyone])]),
        ("R-SKEW", "The SD is more than half the mean of values that cannot be negative: skewed, better as a median",
         _skewed([column for column in numbers if column.variable.name in by_means], groups)),
    ]  # fmt: skip
    notes = [Note(code=code, text=f"{text}: {', '.join(names)}.") for code, text, names in found if names]
    return (*notes, *_far_out(numbers, everyone), *_twins(patients, columns))


def _test_notes(tests: pd.DataFrame, sizes: dict[str, int]) -> list[Note]:
    made = int(tests["p_value"].notna().sum())
    if not made:
        return []
    notes = []
    if made > 1:
        more = ["Levene's tests"] * int(tests["spread_p"].notna().any()) + ["the pairs of an opened row"] * (
            len(sizes) > 2
        )
        besides = f" Not counted: {' and '.join(more)}." if more else ""
        text = f"{made} tests in this table; about {0.05 * made:.1f} would fall below 0.05 by chance.{besides}"
        notes.append(Note(code="W-02", text=text))
    small = [f"{group} ({n})" for group, n in sizes.items() if n < SMALL]
    if small:
        text = f"Very small groups: {', '.join(small)}. Only a very large difference could show in a test."
        notes.append(Note(code="W-01", text=text))
    return notes


def _tiny_notes(tests: pd.DataFrame, sizes: dict[str, int]) -> list[Note]:
    """Name the groups so small that no row, or no row of numbers, has a test of all groups, and what to do."""
    tiny = {group: n for group, n in sizes.items() if n < SMALLEST_TESTED}
    if not len(tests) or not tiny or len(sizes) < 3:
        return []
    names = ", ".join(f"{group} has {n} patient{'s' * (n != 1)}" for group, n in tiny.items())
    rows = "any row" if min(tiny.values()) < SMALLEST_GROUP else "a row of numbers"
    least = f"{SMALLEST_TESTED} values in every group, of a category {SMALLEST_GROUP}"
    leave = "leave it out of Groups to test the others" if len(tiny) == 1 else "leave these out to test the others"
    others = leave if len(sizes) - len(tiny) > 1 else "too few groups are left to test"
    return [Note(code="W-01", text=f"{names}: no test of all groups in {rows}, which needs {least}; {others}.")]


def _is_constant(column: BaselineColumn, everyone: np.ndarray) -> bool:
    """Tell whether all of at least two known values are the same number or level."""
    known = everyone & column.present
    if np.count_nonzero(known) < 2:
        return False
    if column.kind == "continuous":
        values = column.values[known]
        return bool(values.min() == values.max())
    return bool(np.count_nonzero(column.counts(everyone)) == 1)


def _labels(columns: Sequence[BaselineColumn]) -> list[str]:
    return [column.variable.label for column in columns]


def _skewed(columns: Sequence[BaselineColumn], groups: Sequence[np.ndarray]) -> list[str]:
    """Name the variables without a negative value whose SD is wide beside the mean in any column of the table."""
    parts = [(column, column.values[inside & column.present]) for column in columns for inside in groups]
    return list(dict.fromkeys(column.variable.label for column, values in parts if _is_wide(values)))


def _is_wide(values: np.ndarray) -> bool:
    n = len(values)
    if n < RANGE_BELOW or values.min() < 0:
        return False
    mean = values.sum() / n
    return bool(values @ values - n * mean**2 > (n - 1) * (WIDE * mean) ** 2)


def _same_counts(columns: Sequence[BaselineColumn], groups: Sequence[np.ndarray]) -> list[str]:
    """Name levels of different variables whose counts agree in each of at least two groups."""
    alike: dict[tuple, list[tuple[str, str]]] = {}
    for column in (column for column in columns if column.kind != "continuous"):
        counts = np.array([column.counts(inside) for inside in groups])
        sizes = counts.sum(axis=1)
        for level in column.levels():
            if level not in column.seen:
                continue
            own = counts[:, column.seen.index(level)]
            if (own > 0).all() and (own < sizes).all():
                label = column.variable.label
                name = label if level == "yes" else f"{label} ({column.variable.level_label(level)})"
                alike.setdefault((*own, *sizes), []).append((column.variable.name, name))
    return [" = ".join(name for _, name in same) for same in alike.values() if len({name for name, _ in same}) > 1]


def _same_values(numbers: Sequence[BaselineColumn]) -> list[str]:
    alike: dict[bytes, list[str]] = {}
    for column in numbers:
        known = column.values[column.present]
        if len(known) > 1 and known.min() < known.max():
            alike.setdefault(column.values.astype(float).tobytes(), []).append(column.variable.label)
    return [" = ".join(names) for names in alike.values() if len(names) > 1]


def _scaled(column: BaselineColumn) -> np.ndarray:
    return logarithm(column.values) if contrast_scale(column) == "log" else column.values


def _far_out(numbers: Sequence[BaselineColumn], everyone: np.ndarray) -> list[Note]:
    names, ids = [], []
    for column in numbers:
        far = find_far_out(np.where(everyone, _scaled(column), np.nan))
        if far.any():
            names.append(f"{column.variable.label} ({int(far.sum())})")
            ids += column.patient_ids[far].tolist()
    text = (
        f"Values more than {FAR_OUT:.0f} quartile distances beyond the quartiles; check unit and entry: "
        f"{', '.join(names)}."
    )
    return [Note(code="R-FAR", text=text, patient_ids=tuple(dict.fromkeys(ids)))] if names else []


def _twins(patients: pd.DataFrame, columns: Sequence[BaselineColumn]) -> list[Note]:
    """Point at patients who agree in every baseline value, as when a row was entered twice."""
    if len(columns) < _FEWEST_KNOWN or len(patients) < 2:
        return []
    table = np.column_stack([c.values if c.places is None else c.places for c in columns]).astype(float)
    known = np.sum([column.present for column in columns], axis=0) >= _FEWEST_KNOWN
    doubled = _doubled_rows(table) & known
    ids = tuple(patients["patient_id"].to_numpy()[doubled])
    shown = ", ".join(map(str, ids[:6])) + (" …" if len(ids) > 6 else "")
    text = f"{len(ids)} patients share every baseline value with another; check for a row entered twice: {shown}."
    return [Note(code="R-TWINS", text=text, patient_ids=ids)] if ids else []


def _doubled_rows(table: np.ndarray) -> np.ndarray:
    """Mark the rows that some other row repeats, NaN being like NaN."""
    bits = np.where(np.isnan(table), np.nan, table + 0.0).view(np.int64)  # one pattern for NaN, none for minus zero
    chosen = np.random.default_rng(_SEED).integers(1, 2**62, bits.shape[1], dtype=np.int64) | 1
    with np.errstate(over="ignore"):
        mixed = (bits ^ (bits >> 29)) @ chosen
    order = np.argsort(mixed, kind="stable")
    alike = np.append(False, mixed[order[1:]] == mixed[order[:-1]])
    suspects = order[alike | np.append(alike[1:], False)]
    doubled = np.zeros(len(table), dtype=bool)
    doubled[suspects] = pd.DataFrame(bits[suspects]).duplicated(keep=False).to_numpy()
    return doubled
