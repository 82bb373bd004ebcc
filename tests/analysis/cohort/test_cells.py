from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.cohort.cells import AMBIGUOUS_COMMA, ASK_SEX, NO_CODE, NO_LIMIT, NO_NUMBER, read_codes, read_numbers
from analysis.cohort.dictionary import Variable, variable


def numbers(*cells):
    reading = read_numbers(pd.Series(list(cells), dtype=object))
    return list(reading.value), list(reading.qualifier), list(reading.complaint)


@pytest.mark.parametrize(
    ("cell", "value", "qualifier"),
    [
        ("3.5", 3.5, ""),
        (" 12 ", 12, ""),
        ("1e3", 1000, ""),
        ("-7", -7, ""),
        ("\u22127", -7, ""),
        ("<0.15", 0.15, "lt"),
        ("< 2", 2, "lt"),
        ("＜0.1", 0.1, "lt"),
        ("≤0.1", 0.1, "lt"),
        ("<= 0.1", 0.1, "lt"),
        (">1500", 1500, "gt"),
        ("３８．５", 38.5, ""),
        ("3,5", 3.5, ""),
        ("0", 0, ""),
    ],
)
def test_one_cell_is_read_as_a_number(cell, value, qualifier):
    assert numbers(cell) == ([value], [qualifier], [""])


@pytest.mark.parametrize(
    "cell", ["", "NA", "n/a", ".", "-", "--", "/", "nd", "unk", "缺失", "未测", "不详", "s/d", "no disponible"]
)
def test_missing_words_are_missing_without_complaint(cell):
    value, qualifier, complaint = numbers(cell)
    assert np.isnan(value[0])
    assert (qualifier, complaint) == ([""], [""])


@pytest.mark.parametrize("cell", ["38 g/L", "abc", "=1+1", "5²", "1.2.3", "inf", "0x10", "1_000", "#DIV/0!"])
def test_other_text_is_no_number(cell):
    value, _, complaint = numbers(cell)
    assert np.isnan(value[0])
    assert complaint == [NO_NUMBER]


def test_below_detection_words_take_the_only_limit_of_the_column():
    assert numbers("<2", "neg", "ND", "阴性", "14") == ([2, 2, 2, 2, 14], ["lt"] * 4 + [""], [""] * 5)


def test_below_detection_words_without_one_limit_are_asked_for():
    assert numbers("neg", "14")[2] == [NO_LIMIT, ""]
    assert numbers("<2", "<5", "neg")[2] == ["", "", NO_LIMIT]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["3,5", "12,25", "7"], [3.5, 12.25, 7]),
        (["1,234.5", "2,000", "7"], [1234.5, 2000, 7]),
        (["1,234,567", "2,000"], [1234567, 2000]),
        (["1.234,5", "2,5"], [1234.5, 2.5]),
        (["0,150", "1,234"], [0.15, 1.234]),
    ],
)
def test_the_column_decides_what_a_comma_means(cells, expected):
    assert numbers(*cells) == (expected, [""] * len(cells), [""] * len(cells))


@pytest.mark.parametrize(
    ("cells", "complaints"),
    [
        (["7,250", "1,200"], [AMBIGUOUS_COMMA] * 2),
        (["3.5", "4,2", "1,234"], ["", "", AMBIGUOUS_COMMA]),
        (["1,234.5", "3,5"], [AMBIGUOUS_COMMA] * 2),
    ],
)
def test_a_comma_with_two_readings_is_not_guessed(cells, complaints):
    assert numbers(*cells)[2] == complaints


def codes(name_or_variable, *cells):
    known = variable(name_or_variable) if isinstance(name_or_variable, str) else name_or_variable
    reading = read_codes(pd.Series(list(cells), dtype=object), known)
    return [None if pd.isna(value) else value for value in reading.value], list(reading.complaint)


@pytest.mark.parametrize(
    ("name", "cell", "level"),
    [
        ("hypertension", "1", "yes"),
        ("hypertension", "Sí", "yes"),
        ("hypertension", "无", "no"),
        ("hypertension", "FALSE", "no"),
        ("sex", "男", "male"),
        ("sex", "mujer", "female"),
        ("sex", "M", "male"),
        ("fsgs_variant", "portal", "perihilar"),
        ("fsgs_variant", "顶端型", "tip"),
        ("fsgs_variant", "non-special", "NOS"),
        ("steroid_class", "steroid persistent", "SRNS"),
        ("steroid_class", "New onset", "new_onset"),
        ("regimen_group", "RTX + TAC", "RTX+TAC"),
        ("regimen_group", "单药组", "RTX"),
        ("mn_stage", "2", "II"),
        ("event_type", "last contact", "last_contact"),
        ("exclusion_reason", "n/a", None),
    ],
)
def test_codes_and_their_synonyms(name, cell, level):
    assert codes(name, cell) == ([level], [""])


def test_a_minus_means_no_only_beside_a_plus():
    assert codes("diabetes", "+", "-") == (["yes", "no"], ["", ""])
    assert codes("diabetes", "yes", "-") == (["yes", None], ["", ""])


def test_m_beside_h_is_mujer():
    assert codes("sex", "H", "M", "")[0] == ["male", "female", None]


@pytest.mark.parametrize("cells", [("0", "1"), ("1", "2"), ("1", "1")])
def test_numeric_sex_codes_are_never_guessed(cells):
    assert codes("sex", *cells) == ([None, None], [ASK_SEX, ASK_SEX])


def test_unknown_codes_stay_in_categories_and_are_blanked_in_yes_no_and_stages():
    assert codes("fsgs_variant", "mixed") == (["mixed"], [NO_CODE])
    assert codes("hypertension", "maybe") == ([None], [NO_CODE])
    assert codes("mn_stage", "V") == ([None], [NO_CODE])
    assert codes("regimen_group", "OBI") == (["OBI"], [""])
    assert codes(Variable(name="x", label="x", table="patients", kind="text"), " Madrid ") == (["Madrid"], [""])
