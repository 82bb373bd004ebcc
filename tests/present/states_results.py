"""Results of the states page and of the lanes by contract, from a few typed numbers."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

STATUSES = ("CR", "PR", "NR", "NE", "gone")


def states_result(
    counts: dict[tuple[str, float], tuple[int, ...]], *, months: dict[str, tuple[float, ...]] | None = None
):
    """Build a states result from CR, PR, NR, NE, gone per (group, month); ``months``: estimate, low, high per group."""
    groups = tuple(dict.fromkeys(group for group, _ in counts))
    shares = [
        [group, month, status, n, sum(row), tuple(f"{status}-{i}" for i in range(n))]
        for (group, month), row in counts.items()
        for status, n in zip(STATUSES, row, strict=True)
    ]
    known = months or {}
    rows = [
        [
            "remission",
            group,
            sum(counts[group, month]),
            *known.get(group, (np.nan,) * 3),
            "" if group in known else "no patients",
        ]
        for group, month in dict(counts.keys()).items()
    ]
    return SimpleNamespace(
        shares=pd.DataFrame(shares, columns=["group", "month", "status", "n", "n_total", "patient_ids"]),
        occupancy=occupancy_of({}),
        months=pd.DataFrame(rows, columns=["kind", "group", "n", "estimate", "conf_low", "conf_high", "reason"]),
        months_differences=pd.DataFrame(
            columns=["kind", "group", "reference_group", "estimate", "conf_low", "conf_high", "reason"]
        ),
        horizon=12.0,
        groups=groups,
        reference_group=groups[-1],
    )


def occupancy_of(shares: dict[str, list[tuple[float, ...]]], n: int = 20) -> pd.DataFrame:
    """Build the occupancy frame from CR, PR, NR, ended at months 0, 6, 12 of each group."""
    rows = [
        [
            group,
            time,
            state,
            share,
            n * share if np.isfinite(share) else 0,
            n,
            "" if np.isfinite(share) else "nobody seen",
        ]
        for group, courses in shares.items()
        for time, course in zip((0.0, 6.0, 12.0), courses, strict=True)
        for state, share in zip(("CR", "PR", "NR", "ended"), course, strict=True)
    ]
    return pd.DataFrame(rows, columns=["group", "time", "state", "estimate", "n_observed", "n_followed", "reason"])
