"""Which adverse events happened to how many patients, and do the groups differ?"""

from analysis.safety.counts import ROW_COLUMNS
from analysis.safety.differences import CONTRAST_COLUMNS
from analysis.safety.grades import GradeResult, count_grades
from analysis.safety.laboratory import find_laboratory_events
from analysis.safety.listing import ListingResult, list_events
from analysis.safety.rates import RatioResult, compare_ratios
from analysis.safety.summary import SafetyResult, compare_adverse_events
from analysis.safety.terms import category_label, term_token
from analysis.safety.timing import TimingResult, describe_timing

PARTS = {
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
    "GradeResult",
    "ListingResult",
    "RatioResult",
    "SafetyResult",
    "TimingResult",
    "category_label",
    "compare_adverse_events",
    "compare_ratios",
    "count_grades",
    "describe_timing",
    "find_laboratory_events",
    "list_events",
    "term_token",
]
