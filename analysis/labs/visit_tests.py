"""Do the groups differ at each visit, and how many tests is that?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.cautions import cautions_about
from analysis.cohort.dictionary import variable
from analysis.estimators.comparisons import choose_continuous_test
from analysis.estimators.multiplicity import adjust_holm
from analysis.estimators.normality import SummaryKind, choose_summary
from analysis.labs.values import lab_lines, planned_visits
from analysis.results import Estimate, Method, Note
from analysis.study import View

EXACT_SHIFT_UP_TO = 5000  # values of both groups up to which the shift is estimated
LEVEL = 0.05  # domain.md 3.10, W-02
TEST_COLUMNS = [
    "variable", "month", "kind", "group", "reference_group", *Estimate.__dataclass_fields__, "p_holm",
]  # fmt: skip

Cells = dict[str, npt.NDArray[np.float64]]


@dataclass(frozen=True, kw_only=True, eq=False)
class VisitTests:
    """The tests between groups; ``compare_visits`` documents ``rows``."""

    rows: pd.DataFrame
    n_tests: int
    method: Method
    notes: tuple[Note, ...]


def compare_visits(view: View, variables: tuple[str, ...]) -> VisitTests:
    """Test each laboratory variable between all groups at each visit after baseline.

    Parameters
    ----------
    view
        The selected patients; ``labs.kinds`` and ``labs.variances`` of its spec choose the tests.
    variables
        Laboratory variables by canonical name.

    Returns
    -------
    VisitTests
        ``rows``: one per variable and visit, in the unit of the variable. With two groups ``estimate``
        is the difference of means or the Hodges-Lehmann shift, ``group`` minus ``reference_group``;
        with more, both are empty and only the test is given. ``p_holm`` adjusts over the visits of
        the variable. NaN and a reason where a group has fewer than 8 values or nothing varies.
        ``n_tests`` P values are shown.
    """
    lines = lab_lines(view, variables)
    cells = lines[lines["month"] > 0]
    places = cells.groupby(["variable", "group", "month"], observed=True).indices
    values = cells["analysed"].to_numpy(dtype=float)
    rows = []
    later = [month for month in view.spec.schedule if month > 0]
    for name in variables:
        by_visit = [{group: values[places.get((name, group, month), [])] for group in view.groups} for month in later]
        kind = summary_kind(view, name, [cell for at_visit in by_visit for cell in at_visit.values()])
        rows += [compare_row(view, name, month, kind, at) for month, at in zip(later, by_visit, strict=True)]
    table = pd.DataFrame(rows, columns=TEST_COLUMNS[:-1])
    table["p_holm"] = table.groupby("variable", sort=False)["p_value"].transform(adjust_holm)
    n_tests = int(table["p_value"].notna().sum())
    return VisitTests(rows=table, n_tests=n_tests, method=_method(view), notes=_notes(view, table, n_tests))


def summary_kind(view: View, name: str, groups: Sequence[npt.ArrayLike]) -> SummaryKind:
    """Choose mean or median for a variable: by the dictionary, by the shape of the values, or medians always."""
    if view.spec.labs.kinds == "medians":
        return "median"
    if view.spec.labs.kinds == "shape":
        return choose_summary(groups).kind
    return variable(name).summary


def compare_row(view: View, name: str, month: float, kind: SummaryKind, cells: Cells) -> dict[str, object]:
    """Test one variable at one visit between all groups, the reference last."""
    pair = (view.compared_groups()[0], view.reference_group) if len(view.groups) == 2 else ("", "")
    ordered = list(cells.values()) if pair == ("", "") else [cells[str(group)] for group in pair]
    result = choose_continuous_test(
        ordered,
        kind=kind,
        option=view.spec.labs.variances,
        shift=sum(map(len, ordered)) <= EXACT_SHIFT_UP_TO,
    )
    absent = [group for group, values in cells.items() if not len(values)]
    if not math.isfinite(result.p_value) and len(view.groups) < 2:
        result = replace(result, reason="a single group: nothing to compare")
    elif absent:
        where = "" if len(absent) == len(cells) else f" in {', '.join(absent)}"
        result = replace(result, reason=f"not measured at this visit{where}")
    start = {"variable": name, "month": month, "kind": kind, "group": pair[0], "reference_group": pair[1]}
    return {**start, **asdict(result)}


def multiplicity_notes(n_tests: int, *factors: tuple[int, str]) -> tuple[Note, ...]:
    """State how many tests are shown and how many would fall below 0.05 by chance (W-02); nothing of one test.

    ``factors`` are counts with their nouns, whose product is the number of tests there could be.
    """
    if n_tests < 2:
        return ()
    words = " × ".join(f"{n} {noun}" if n == 1 else f"{n} {noun}s" for n, noun in factors)
    whole = math.prod(n for n, _ in factors)
    could = "" if n_tests == whole else f", of which {n_tests} could be made"
    text = f"{words} = {whole} tests{could}; about {n_tests * LEVEL:.1f} would be below {LEVEL:g} by chance."
    return (Note(code="W-02", text=text),)


def _notes(view: View, table: pd.DataFrame, n_tests: int) -> tuple[Note, ...]:
    sizes = ((table["variable"].nunique(), "lab"), (table["month"].nunique(), "visit"))
    return (*cautions_about(view), *multiplicity_notes(n_tests, *sizes))


def _method(view: View) -> Method:
    equal = view.spec.labs.variances == "equal_variances"
    means = ("Student's t-test", "one-way analysis of variance") if equal else ("Welch's t-test", "Welch's analysis")
    return Method(
        name="Tests between groups at each visit",
        sentence=(
            f"At each visit after baseline {means[0]} or, for skewed variables, the Mann–Whitney test with the "
            f"Hodges–Lehmann shift; with more than two groups {means[1]} or Kruskal–Wallis; no test where a group has "
            "fewer than 8 values. P as computed, and adjusted by Holm over the visits of the variable. Values below "
            f"detection at half their limit; nothing carried forward. {planned_visits(view.spec)}"
        ),
        references=("Holm, Scand J Stat 1979;6:65-70",),
    )
