"""Which adverse events happened to how many patients, and do the groups differ?"""

from analysis.safety.cells import CellResult, cell_token, describe_cell
from analysis.safety.counts import ROW_COLUMNS
from analysis.safety.differences import CONTRAST_COLUMNS
from analysis.safety.grades import GradeResult, count_grades
from analysis.safety.laboratory import find_laboratory_events
from analysis.safety.listing import ListingResult, list_events
from analysis.safety.rates import RatioResult, compare_ratios
from analysis.safety.rows import RowPlan, plan_rows
from analysis.safety.selection import flags_given
from analysis.safety.sources import wide_columns
from analysis.safety.summary import SafetyResult, compare_adverse_events
from analysis.safety.terms import category_label, term_token
from analysis.safety.timing import TimingResult, describe_timing

PARTS = {
    "summary": compare_adverse_events,
    "ratios": compare_ratios,
    "grades": count_grades,
    "timing": describe_timing,
    "laboratory": find_laboratory_events,
    "listing": list_events,
}

__all__ = [
    "CONTRAST_COLUMNS",
    "PARTS",
    "ROW_COLUMNS",
    "CellResult",
    "GradeResult",
    "ListingResult",
    "RatioResult",
    "RowPlan",
    "SafetyResult",
    "TimingResult",
    "category_label",
    "cell_token",
    "compare_adverse_events",
    "compare_ratios",
    "count_grades",
    "describe_cell",
    "describe_timing",
    "find_laboratory_events",
    "flags_given",
    "list_events",
    "plan_rows",
    "term_token",
    "wide_columns",
]
