"""Who was in each group before treatment, and how far apart were the groups?"""

from analysis.baseline.choices import level_token, row_token
from analysis.baseline.comparison import SHIFT_UP_TO
from analysis.baseline.contrasts import FEWEST_COMPARED
from analysis.baseline.description import BaselineResult, describe_baseline, overall_name
from analysis.baseline.one_row import RowResult, describe_row
from analysis.baseline.summaries import RANGE_BELOW

__all__ = [
    "FEWEST_COMPARED",
    "RANGE_BELOW",
    "SHIFT_UP_TO",
    "BaselineResult",
    "RowResult",
    "describe_baseline",
    "describe_row",
    "level_token",
    "overall_name",
    "row_token",
]
