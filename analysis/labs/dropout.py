"""Did the patients whose values stop run differently before they stopped?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.labs.course import MARK_COLUMNS, TrajectoryResult, describe_trajectories, with_texts
from analysis.labs.values import lab_lines, visit_on_view
from analysis.labs.visit_cells import summarise_visits
from analysis.results import Method, Note
from analysis.study import View

MOST_SPLIT = 2  # groups; with more, all patients together are split in two


@dataclass(frozen=True, kw_only=True, eq=False)
class DropoutResult:
    """The course of one variable, split by whether the last visit has a value; ``describe_dropout`` documents it."""

    course: TrajectoryResult
    month: float
    n_without: int
    n_total: int
    method: Method
    notes: tuple[Note, ...]


def describe_dropout(view: View, name: str) -> DropoutResult:
    """Split the patients by whether the visit looked at has a value of this variable, and summarise each part.

    Parameters
    ----------
    view
        The selected patients.
    name
        The laboratory variable by canonical name.

    Returns
    -------
    DropoutResult
        ``course``: as ``describe_trajectories`` of this variable alone, its groups the parts that have
        patients: each group with and without a value at ``month``, with more than two groups everybody
        with and without. ``n_without`` of ``n_total`` patients have none. Described, not tested.
    """
    month, lines = visit_on_view(view.spec), lab_lines(view, (name,))
    has_value = view.members["patient_id"].isin(lines.loc[lines["month"] == month, "patient_id"].astype(object))
    parts = _parts(view, has_value.to_numpy(), month)
    members = view.members.assign(group=parts)
    own = pd.Index(members["patient_id"]).get_indexer(lines["patient_id"].astype(object))
    lines = lines.assign(group=parts.take(own))
    sizes = members["group"].value_counts(sort=False)
    whole = describe_trajectories(view, (name,))
    course = replace(
        whole,
        lines=with_texts(lines),
        summary=summarise_visits(view, (name,), lines, members=members),
        marks=pd.DataFrame(columns=MARK_COLUMNS),
        published=whole.published.iloc[:0],
        groups=tuple(parts.categories),
        part_of=tuple(_whole_of(str(part), view.groups) for part in parts.categories),
        whole_groups=view.groups,
        group_sizes={str(group): int(n) for group, n in sizes.items()},
    )
    n_without = int((~has_value).sum())
    return DropoutResult(
        course=course, month=month, n_without=n_without, n_total=view.n, method=_METHOD, notes=whole.notes
    )


def _parts(view: View, has_value: np.ndarray, month: float) -> pd.Categorical:
    """Name the part of each member; only parts that have somebody."""
    words = {True: f"value at month {month:g}", False: f"no value at month {month:g}"}
    groups = view.members["group"].astype(object).to_numpy()
    split = 1 < len(view.groups) <= MOST_SPLIT
    heads = view.groups if split else ("",)
    names = [f"{head}: {words[has]}" if split else words[has].capitalize() for head in heads for has in (True, False)]
    whole = [f"{group}: {words[bool(has)]}" if split else words[bool(has)].capitalize()
             for group, has in zip(groups, has_value, strict=True)]  # fmt: skip
    return pd.Categorical(whole, categories=[name for name in names if name in set(whole)], ordered=True)


def _whole_of(part: str, groups: tuple[str, ...]) -> str:
    """Name the group a part belongs to, "" for a part of everybody."""
    return next((group for group in groups if part.startswith(f"{group}: ")), "")


_METHOD = Method(
    name="Who stopped being measured",
    sentence=(
        "Patients with a value at the visit looked at beside those without one, each summarised at every visit as in "
        "the course. Where the two part before the visit, the values that are missing are unlike those that are "
        "known, and a comparison at the visit speaks for those measured only. Described, not tested."
    ),
)
