"""How is a difference between groups read from a fitted linear mean?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.estimators.means import with_t_interval
from analysis.estimators.mixed import MeanFit
from analysis.estimators.paired import on_ratio_scale, why_no_logarithm
from analysis.results import Estimate

Scale = Literal["linear", "log"]

CONTRAST_COLUMNS = ["group", "reference_group", *Estimate.__dataclass_fields__]
PERFECT_FIT = "not estimable: the values do not vary"

_NOTHING = 1e-12  # standard error, relative to the values, below which a fit counts as perfect


def known_rows(data: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Keep the rows in which group and all these columns are known."""
    return data.dropna(subset=["group", *columns]).reset_index(drop=True)


def on_scale(data: pd.DataFrame, columns: Sequence[str], scale: Scale) -> tuple[pd.DataFrame, str]:
    """Take logarithms if the scale asks for it; else, or if a value has none, the data and the reason."""
    reason = why_no_logarithm(data[list(columns)]) if scale == "log" else ""
    if scale == "linear" or reason:
        return data, reason
    return data.assign(**{column: np.log(data[column]) for column in columns}), ""


def order_groups(group: pd.Series) -> list[str]:
    """List the groups in display order, empty ones too if the column is categorical."""
    if isinstance(group.dtype, pd.CategoricalDtype):
        return list(group.cat.categories)
    return sorted(group.dropna().unique())


def indicators(labels: pd.Series, wanted: Sequence[object]) -> npt.NDArray[np.float64]:
    """Give one 0/1 column for each wanted label."""
    return np.column_stack([(labels == label).to_numpy(dtype=float) for label in wanted])


def read_contrast(
    fit: MeanFit, weights: npt.NDArray[np.float64], blank: Estimate, *, df: float, scale: Scale = "linear"
) -> Estimate:
    """Estimate a weighted sum of coefficients with its t interval; on the log scale as a ratio."""
    value = float(weights @ fit.coefficients)
    std_error = math.sqrt(max(0.0, float(weights @ fit.covariance @ weights)))
    if std_error <= _NOTHING * float(np.abs(fit.coefficients).max()):
        return replace(blank, reason=PERFECT_FIT)
    result = with_t_interval(blank, value, std_error, df)
    return on_ratio_scale(result) if scale == "log" else result


def contrast_row(group: str, reference: str, result: Estimate, **more: object) -> dict[str, object]:
    """Lay an estimate out as one row of a table of contrasts."""
    return {"group": group, "reference_group": reference, **more, **asdict(result)}
