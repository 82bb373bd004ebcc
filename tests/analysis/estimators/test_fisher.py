"""Fisher's exact test agrees with R on the attrition of the IMN study and on tables at the edge."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.estimators.fisher import compare_fisher
from analysis.estimators.proportions import clopper_pearson_interval

ORACLE = pd.read_csv(Path(__file__).parents[2] / "oracles" / "fisher.csv")


@pytest.mark.parametrize("row", list(ORACLE.itertuples()), ids=lambda row: f"{row.k1}/{row.n1} v {row.k0}/{row.n0}")
def test_agrees_with_r(row) -> None:
    assert compare_fisher(row.k1, row.n1, row.k0, row.n0).p_value == pytest.approx(row.p_value, rel=1e-8)
    swapped = compare_fisher(row.k0, row.n0, row.k1, row.n1)
    assert swapped.p_value == pytest.approx(row.p_value, rel=1e-8)
    low, high = clopper_pearson_interval([row.k1, row.k0], [row.n1, row.n0])
    assert np.array([*low, *high]) == pytest.approx([row.low1, row.low0, row.high1, row.high0], rel=1e-8)


def test_the_published_attrition() -> None:
    assert compare_fisher(4, 38, 3, 60).p_value == pytest.approx(0.43, abs=0.005)  # domain.md 3.1


def test_an_empty_group_gives_a_reason() -> None:
    found = compare_fisher(0, 0, 3, 60)
    assert np.isnan(found.p_value)
    assert found.reason == "not estimable: no patients"
