"""Where did each patient stand at baseline, and where at a later visit?"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from analysis.cautions import cautions_about
from analysis.labs.changes import within_caution
from analysis.labs.thresholds import thresholds_of
from analysis.labs.values import lab_lines, visit_on_view, with_baseline
from analysis.results import Method, Note
from analysis.study import View

COUNT_COLUMNS = ["variable", "group", "n_pairs", "n_total", "n_only_before", "n_lower", "n_same", "n_higher"]


@dataclass(frozen=True, kw_only=True, eq=False)
class ShiftResult:
    """Baseline against one later visit; ``describe_shift`` documents the frames."""

    points: pd.DataFrame
    counts: pd.DataFrame
    thresholds: pd.DataFrame
    month: float
    groups: tuple[str, ...]
    method: Method
    notes: tuple[Note, ...]


def describe_shift(view: View, variables: tuple[str, ...]) -> ShiftResult:
    """Pair each patient's baseline value with the one at the visit looked at.

    Returns
    -------
    ShiftResult
        ``points``: one row per patient and variable with both values: ``patient_id``, ``group``,
        ``variable``, ``before``, ``after`` (limits halved; zero on a log scale as in the
        trajectories), ``limited`` (either is a limit, or zero on a log scale).
        ``counts``: one row per variable and group: pairs, members,
        members with a baseline value only, and how many pairs are lower, the same or higher later.
        ``thresholds``: the lines of the trajectories.
    """
    month = visit_on_view(view.spec)
    lines = with_baseline(lab_lines(view, variables))
    later = lines[(lines["month"] == month) & lines["baseline"].notna()]
    points = pd.DataFrame(
        {
            **{name: later[name].astype(object) for name in ("patient_id", "group", "variable")},
            "before": later["baseline"],
            "after": later["model_value"],
            "limited": _marked(later),
        }
    ).reset_index(drop=True)
    first = lines.loc[lines["month"] == 0].groupby(["variable", "group"], observed=True).size().to_dict()
    rows = [
        [name, group, *_counts(points, name, group, view.group_sizes()[group], first.get((name, group), 0))]
        for name, group in product(variables, view.groups)
    ]
    return ShiftResult(
        points=points,
        counts=pd.DataFrame(rows, columns=COUNT_COLUMNS),
        thresholds=thresholds_of(variables),
        month=month,
        groups=view.groups,
        method=_METHOD,
        notes=(*cautions_about(view), within_caution(view)),
    )


def _marked(pairs: pd.DataFrame) -> pd.Series:
    columns = ["limited", "lifted", "baseline_limited", "baseline_lifted"]
    return pairs[columns].astype(bool).any(axis=1)


def _counts(points: pd.DataFrame, name: str, group: str, size: int, n_before: int) -> list[int]:
    both = points[(points["variable"] == name) & (points["group"] == group)]
    sign = np.sign(both["after"].to_numpy(dtype=float) - both["before"].to_numpy(dtype=float))
    return [len(both), size, n_before - len(both), *(int((sign == way).sum()) for way in (-1, 0, 1))]


_METHOD = Method(
    name="Baseline against a visit",
    sentence=(
        "One point per patient with both values: below the identity line the value is lower at the visit than at "
        "baseline, above it higher. Thin lines are the thresholds of the trajectories. Patients without either value "
        "are counted, not drawn; nothing is carried forward; values below detection at half their limit."
    ),
)
