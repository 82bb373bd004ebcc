"""How far apart are groups at one visit, given where each patient started (analysis of covariance)?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.estimators.contrasts import (
    CONTRAST_COLUMNS,
    Scale,
    contrast_row,
    indicators,
    known_rows,
    on_scale,
    order_groups,
    read_contrast,
)
from analysis.estimators.mixed import MeanFit
from analysis.results import Estimate

NO_REFERENCE = "not estimable: fewer than two values in the reference group"
TOO_FEW = "not estimable: fewer than two values in the group"
SAME_START = "not estimable: the baseline values do not vary within groups"
NO_FREEDOM = "not estimable: too few values for this model"


def fit_ancova(data: pd.DataFrame, *, reference: str, scale: Scale, conf_level: float = 0.95) -> pd.DataFrame:
    """Compare groups at one visit, adjusted for the value at baseline.

    Parameters
    ----------
    data
        One row per patient: ``group``, ``baseline``, ``value``. Rows with a missing one are left out.
    reference
        The reference group.
    scale
        "linear": difference of adjusted means in the unit of the values. "log": logarithms of both
        values, so the estimate is a ratio of geometric means, group over reference; values must be
        above 0 (below detection: limit/2).
    conf_level
        Two-sided confidence level between 0 and 1.

    Returns
    -------
    DataFrame
        One row per compared group: ``group``, ``reference_group`` and the fields of ``Estimate``
        (``n`` counts group and reference, ``df`` the residual degrees of freedom, ``std_error`` on
        the scale of the model). NaN and a reason where a group has fewer than two values, the
        baseline does not vary, or a logarithm does not exist.

    Notes
    -----
    One model for all groups, a common slope, equal variances. Agrees with R
    ``lm(value ~ group + baseline)`` and ``confint``.
    """
    known = known_rows(data, ["baseline", "value"])
    known, reason = on_scale(known, ["baseline", "value"], scale)
    names = order_groups(data["group"])
    sizes = known["group"].value_counts().reindex(names, fill_value=0)
    used = [name for name in names if sizes[name] >= 2]
    fit, df, why = _fit_least_squares(known[known["group"].isin(used)], used)
    words = "analysis of covariance" + (" of logarithms" if scale == "log" else "") + ", adjusted for baseline"
    rows = []
    for name in (name for name in names if name != reference):
        pair = int(sizes[name] + sizes.get(reference, 0))
        blank = Estimate(n=pair, conf_level=conf_level, method=words)
        problem = reason or (NO_REFERENCE if reference not in used else TOO_FEW if name not in used else why)
        if problem or fit is None:
            rows.append(contrast_row(name, reference, replace(blank, reason=problem)))
            continue
        weights = np.array([float(group == name) - float(group == reference) for group in used] + [0.0])
        rows.append(contrast_row(name, reference, read_contrast(fit, weights, blank, df=df, scale=scale)))
    return pd.DataFrame(rows, columns=CONTRAST_COLUMNS)


def _fit_least_squares(known: pd.DataFrame, used: list[str]) -> tuple[MeanFit | None, int, str]:
    """Fit one mean per group and one slope on baseline; else say why not."""
    df = len(known) - len(used) - 1
    if len(used) < 2 or df < 1:
        return None, df, NO_FREEDOM
    design = np.column_stack([indicators(known["group"], used), known["baseline"] - known["baseline"].mean()])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        return None, df, SAME_START
    y = known["value"].to_numpy(dtype=float)
    coefficients = np.linalg.lstsq(design, y, rcond=None)[0]
    variance = float(((y - design @ coefficients) ** 2).sum()) / df
    return MeanFit(coefficients=coefficients, covariance=variance * np.linalg.inv(design.T @ design)), df, ""
