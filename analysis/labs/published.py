"""Which laboratory values did the paper print that a sample study follows?"""

from __future__ import annotations

from functools import lru_cache

import pandas as pd

from analysis.cohort.samples import SAMPLE_STUDIES, published_margins
from analysis.study import View

PUBLISHED_COLUMNS = ["variable", "group", "month", "n", "kind", "value"]


def published_values(view: View, variables: tuple[str, ...]) -> pd.DataFrame:
    """Give the published summaries beside the membranous sample, none beside any other study.

    Returns
    -------
    DataFrame
        One row per variable, group and visit: ``n`` the group as printed in the head of the table, ``kind``
        "mean" or "median", ``value`` in the canonical unit. Empty unless the cohort is the sample that
        follows Chen et al., Balkan Med J 2023;40:287-93, and the groups are its two regimens.
    """
    if not has_published(view):
        return pd.DataFrame(columns=PUBLISHED_COLUMNS)
    margins = _laboratory_margins()
    return margins[margins["variable"].isin(variables) & margins["group"].isin(view.groups)].reset_index(drop=True)


def has_published(view: View) -> bool:
    """Tell whether there are published values to lay beside these groups."""
    cohort, spec = view.cohort, view.spec
    sample = cohort.provenance.synthetic and cohort.name == SAMPLE_STUDIES["imn"].title
    return sample and spec.group_column == "regimen_group"


@lru_cache(maxsize=1)
def _laboratory_margins() -> pd.DataFrame:
    margins = published_margins("imn")
    kinds = {"mean_sd": "mean", "median_iqr": "median"}
    margins = margins[margins["stat"].isin(kinds) & margins["month"].notna()]
    kind = margins["stat"].map(kinds)
    value = margins["mean"].where(kind == "mean", margins["median"])
    return margins.assign(kind=kind, value=value, n=margins["n"].astype(int))[PUBLISHED_COLUMNS].reset_index(drop=True)
