"""In which unit are the values of a column, and how do they become canonical?

Heuristics work on whole columns and only ever ask; single cells that lie outside the hard limits
and would fit in another unit are asked about too. Nothing is converted that nobody confirmed,
unless the header states the unit and the values agree with it (domain.md 1.3 and 1.5).
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from analysis.cohort.cells import AMBIGUOUS_COMMA, has_decimal_comma, points_may_group, read_numbers
from analysis.cohort.dictionary import Variable, data_dictionary
from analysis.cohort.meanings import bracketed, read_visit_word, word_lists

GUIDELINE_MG_MMOL = 0.01  # guidelines equate 300 mg/g with 30 mg/mmol; exact is 1/113.118 (domain.md 1.5)
MG_MMOL_GREY_ZONES = ((30.0, 33.9), (350.0, 395.9))  # mg/mmol where the two factors disagree (domain.md 1.5)
CLEAR_GAP = 2.0  # how many times a value the next one is, where two units meet
SIGNIFICANT_DIGITS = 12  # of a converted value, so that 2.83 g/dL becomes 28.3 and not 28.299999999999997


@dataclass(frozen=True, kw_only=True)
class UnitEvidence:
    """What the values of a variable say about their unit; ``plausible`` is empty if they say nothing."""

    n: int
    median: float
    plausible: tuple[str, ...]
    certain: bool


# Medians in [low, high) that speak for one or more units; more than one means "ask" (domain.md 1.5).
_MEDIANS: dict[str, tuple[tuple[float, float, tuple[str, ...]], ...]] = {
    "albumin_g_l": ((0, 10, ("g/dL",)), (10, math.inf, ("g/L",))),
    "scr_umol_l": ((0, 15, ("mg/dL",)), (15, 20, ("mg/dL", "µmol/L")), (20, math.inf, ("µmol/L",))),
    "hemoglobin_g_l": (
        (0, 5, ("mmol/L",)),
        (5, 12, ("g/dL", "mmol/L")),
        (12, 20, ("g/dL",)),
        (20, 30, ("g/dL", "g/L")),
        (30, math.inf, ("g/L",)),
    ),
    "cholesterol_mmol_l": (
        (0, 20, ("mmol/L",)),
        (20, 25, ("mmol/L", "mg/dL")),
        (25, math.inf, ("mg/dL",)),
    ),
    "triglycerides_mmol_l": ((0, 8, ("mmol/L",)), (8, 30, ("mmol/L", "mg/dL")), (30, math.inf, ("mg/dL",))),
    "uric_acid_umol_l": ((0, 20, ("mg/dL",)), (20, 30, ("mg/dL", "µmol/L")), (30, math.inf, ("µmol/L",))),
    "proteinuria_g_24h": ((0, 50, ("g/24 h",)), (50, math.inf, ("mg/24 h",))),
    "upcr_g_g": ((0, 30, ("g/g",)), (30, 300, ("mg/mmol", "mg/g")), (300, math.inf, ("mg/g", "mg/mmol"))),
    "upcr_peak_g_g": ((0, 30, ("g/g",)), (30, 300, ("mg/mmol", "mg/g")), (300, math.inf, ("mg/g", "mg/mmol"))),
    "height_cm": ((0, 3, ("m",)), (3, 100, ("in",)), (100, math.inf, ("cm",))),
    "dose_mg": ((0, 20, ("g",)), (20, math.inf, ("mg",))),
}
_CERTAIN_WITHOUT_HEADER = frozenset({"height_cm"})  # canonical values of these need no question: cm is never < 3
_RELATED = {"proteinuria_g_24h": "upcr_g_g"}  # a header unit per creatinine is the other urine measure


def units_of(variable: Variable) -> tuple[str, ...]:
    """List the units a variable can be given in, the canonical one first."""
    return tuple(dict.fromkeys((variable.unit, *(unit for unit, _ in variable.alternatives)))) if variable.unit else ()


def unit_factor(variable: Variable, unit: str, *, upcr_rounding: str = "exact") -> float:
    """Give the factor that turns a value in ``unit`` into the canonical unit; 1 for the canonical one.

    With ``upcr_rounding="guideline"`` mg/mmol counts as in the guidelines (30 mg/mmol = 0.3 g/g).
    """
    if unit == "mg/mmol" and upcr_rounding == "guideline":
        return GUIDELINE_MG_MMOL
    return dict(variable.alternatives).get(unit, 1.0)


def known_unit(variable: Variable, text: str) -> str:
    """Recognise a unit as one of the variable's; "" if it is not."""
    folded = fold_unit(text)
    return next((unit for unit in units_of(variable) if folded in _spellings(unit)), "")


def header_unit(header: str, variable: Variable, stated: str = "") -> str:
    """Find the unit a header states, canonical if it is one of the variable's, else as it stands; "" if none."""
    texts = [text for text in (stated, *bracketed(header), _tail(header)) if text]
    known = next((unit for text in texts if (unit := known_unit(variable, text))), "")
    if known or not variable.unit:
        return known
    return next((text for text in texts if looks_like_a_unit(text)), "")


def looks_like_a_unit(text: str) -> bool:
    """Tell whether a text is written like a unit of measurement."""
    return bool(_UNIT_LIKE.fullmatch(fold_unit(text))) or fold_unit(text) in _all_spellings()


def fold_unit(text: str) -> str:
    """Fold a unit for comparison: NFKC, case, spaces, dots in the middle and powers do not matter."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("μ", "u").replace("µ", "u")
    return re.sub(r"^[x×]|[\s·^*_]+", "", plain.strip()).replace("litre", "l").replace("liter", "l")


def other_measure(variable: Variable, unit: str) -> str:
    """Name the variable whose unit this is, where one is often headed like the other; "" if none."""
    related = _RELATED.get(variable.name, "")
    return related if related and known_unit(data_dictionary()[related], unit) else ""


def read_evidence(variable: Variable, values: pd.Series) -> UnitEvidence:
    """Say which units the values of all columns of a variable speak for.

    Parameters
    ----------
    variable
        A continuous variable.
    values
        Numbers as given, of all visits and patients.
    """
    present = values.dropna()
    if present.empty:
        return UnitEvidence(n=0, median=math.nan, plausible=(), certain=False)
    median = float(present.median())
    plausible = next((units for low, high, units in _MEDIANS.get(variable.name, ()) if low <= median < high), ())
    if variable.name == "glomerulosclerosis_pct":
        plausible = ("fraction",) if present.max() <= 1 else ("%",)
    possible = [unit for unit in plausible if _within_hard(variable, median * unit_factor(variable, unit))]
    return UnitEvidence(
        n=len(present), median=median, plausible=plausible, certain=len(plausible) == len(possible) == 1
    )


def contradicts(variable: Variable, unit: str, evidence: UnitEvidence) -> bool:
    """Tell whether the unit of a header goes against the values (W-09)."""
    if not evidence.n or not unit:
        return False
    asked_about = {name for _, _, units in _MEDIANS.get(variable.name, ()) for name in units}
    same_as = {name for name in asked_about if unit_factor(variable, name) == unit_factor(variable, unit)}
    if same_as:
        return not same_as & set(evidence.plausible)
    median = evidence.median * unit_factor(variable, unit)
    return not variable.hard[0] <= median <= variable.hard[1]


def needs_no_question(variable: Variable, evidence: UnitEvidence) -> bool:
    """Tell whether values without a unit can only be canonical: no other unit is known, or it is plain."""
    if not variable.alternatives or not evidence.n:
        return True
    plain = variable.name in _CERTAIN_WITHOUT_HEADER or variable.name not in _MEDIANS
    return plain and evidence.plausible in ((), (variable.unit,)) and _within(variable, evidence.median)


def _within_hard(variable: Variable, value: float) -> bool:
    return variable.hard[0] <= value <= variable.hard[1]


def _within(variable: Variable, value: float) -> bool:
    return variable.soft[0] <= value <= variable.soft[1]


def fitting_elsewhere(variable: Variable, values: pd.Series, unit: str) -> dict[str, pd.Series]:
    """Find values outside the hard limits that would be usual in another unit, by that unit.

    ``values`` are as given, in ``unit``; the index is kept. A value appears under the first unit
    that makes it usual. Values that lie beside them, before the widest gap to the others, belong to
    them: 3.0 and 3.4 to an albumin of 2.9 among values of 20 and more.
    """
    given = values * unit_factor(variable, unit)
    left = values[given.notna() & ~given.between(*variable.hard)]
    found: dict[str, pd.Series] = {}
    for other in units_of(variable):
        converted = left * unit_factor(variable, other)
        fits = left[converted.between(*variable.soft)] if other != unit else left[:0]
        left = left.drop(fits.index)
        beside = _beside(values, fits)
        usual = (beside * unit_factor(variable, other)).between(*variable.soft).all()
        found |= {other: pd.concat([fits, beside]) if usual else fits} if len(fits) else {}
    return found


def _beside(values: pd.Series, fits: pd.Series) -> pd.Series:
    """Take the values between some outside the limits and the widest gap to the bulk, where there is one."""
    rest = values.drop(fits.index).dropna()
    rest = rest[rest > 0]
    if fits.empty or rest.empty:
        return rest[:0]
    edge, bulk = (float(fits.max()), float(rest.median()))
    if bulk < edge:
        edge = float(fits.min())
    between = rest[(rest > min(edge, bulk)) & (rest < max(edge, bulk))]
    ordered = np.sort(np.abs(np.log(np.array([edge, *between.unique(), bulk])) - math.log(edge)))
    at = int(np.diff(ordered).argmax())
    if ordered[at + 1] - ordered[at] < math.log(CLEAR_GAP):
        return rest[:0]
    return between[np.abs(np.log(between) - math.log(edge)) <= ordered[at]]


def convert_text(text: pd.Series, factor: float | pd.Series, decimal: str = "") -> pd.Series:
    """Multiply the numbers in a column of text, keeping ``<`` and ``>`` signs and unreadable cells as they are.

    ``decimal`` says what a comma is ("" lets the column tell). Full precision up to
    ``SIGNIFICANT_DIGITS`` digits.
    """
    plain = settle_commas(text, decimal)
    reading = read_numbers(plain)
    numbers = (reading.value * factor).to_numpy(dtype=float)
    readable = reading.value.notna().to_numpy()
    sign = reading.qualifier.map({"lt": "<", "gt": ">"}).fillna("").to_numpy(dtype=object)
    codes, unique = pd.factorize(np.where(readable, numbers, np.nan))
    shown = np.array([*(f"{number:.{SIGNIFICANT_DIGITS}g}" for number in unique), ""], dtype=object)
    return pd.Series(np.where(readable, sign + shown[codes], plain.to_numpy(dtype=object)), index=text.index)


def settle_commas(text: pd.Series, decimal: str) -> pd.Series:
    """Write numbers with a decimal point once it is settled what a comma means in this column."""
    if decimal == ",":
        return text.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
    return text.str.replace(",", "", regex=False) if decimal == "." else text


def commas_are_ambiguous(text: pd.Series) -> bool:
    """Tell whether some cells could hold a decimal comma or a thousands separator."""
    return bool((read_numbers(text).complaint == AMBIGUOUS_COMMA).any())


def points_are_ambiguous(text: pd.Series, cells: pd.DataFrame) -> bool:
    """Tell whether points could separate thousands: they group by three, and the table has decimal commas elsewhere."""
    return points_may_group(text) and any(has_decimal_comma(cells[name]) for name in cells)


def in_grey_zone(values: pd.Series) -> int:
    """Count mg/mmol values whose class depends on the rounding used by the guidelines."""
    return int(sum(values.between(low, high).sum() for low, high in MG_MMOL_GREY_ZONES))


_UNIT_LIKE = re.compile(r"[a-z0-9µ%.³²⁹⁶]+/[a-z0-9.³²]+(/[a-z0-9.²]+)?")
_TAIL = re.compile(r"[\s,_]([^\s,_()\[\]]+/[^\s()\[\]]+|mmhg|mg|kg|cm|%)$", re.IGNORECASE)


def _tail(header: str) -> str:
    """Take a unit without brackets off the end of a header, or from before the visit at its end (``Hb g/dL 0``)."""
    plain = unicodedata.normalize("NFKC", header).strip()
    for text in (plain, _without_visit(plain)):
        match = _TAIL.search(text)
        if match and fold_unit(match[1]) in _all_spellings():
            return match[1]
    return ""


def _without_visit(header: str) -> str:
    """Take the words of a visit off the end of a header: as many of the last three as name one together."""
    parts = re.split(r"([\s,_]+)", header)
    visits = [n for n in (1, 2, 3) if 2 * n < len(parts) and read_visit_word(" ".join(parts[-2 * n + 1 :: 2]))[0]]
    return "".join(parts[: -2 * max(visits)]) if visits else header


@cache
def _spellings(unit: str) -> frozenset[str]:
    return frozenset(map(fold_unit, (unit, *word_lists("units").get(unit, ()))))


@cache
def _all_spellings() -> frozenset[str]:
    dictionary = {unit for variable in data_dictionary().values() for unit in units_of(variable)}
    return frozenset().union(*(_spellings(unit) for unit in dictionary | set(word_lists("units"))))
