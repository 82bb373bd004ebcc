"""Do adjusted P values agree with R?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.estimators.multiplicity import adjust_benjamini_hochberg, adjust_holm

ORACLE = pd.read_csv(Path(__file__).parents[2] / "oracles" / "multiplicity.csv")


@pytest.mark.parametrize("family", ORACLE["family"].unique())
def test_adjusted_p_values_agree_with_r(family: str) -> None:
    rows = ORACLE[ORACLE["family"] == family]
    np.testing.assert_allclose(adjust_holm(rows["p_value"]), rows["holm"], rtol=1e-12)
    np.testing.assert_allclose(adjust_benjamini_hochberg(rows["p_value"]), rows["bh"], rtol=1e-12)


@pytest.mark.parametrize("adjust", [adjust_holm, adjust_benjamini_hochberg])
def test_nothing_known_stays_unknown(adjust) -> None:
    assert adjust([]).size == 0
    np.testing.assert_array_equal(adjust([np.nan, np.nan]), [np.nan, np.nan])


def test_order_does_not_matter() -> None:
    p = np.array([0.01, 0.5, np.nan, 0.02])
    np.testing.assert_allclose(adjust_holm(p[::-1])[::-1], adjust_holm(p), rtol=1e-15)
