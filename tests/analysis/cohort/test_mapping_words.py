"""Are dates, words, units, headers and people recognised, each by its own rules?"""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.cohort.dates import holds_dates, order_is_open, proven_order, read_dates
from analysis.cohort.dictionary import data_dictionary
from analysis.cohort.identity import content_identifies, header_identifies
from analysis.cohort.meanings import read_meaning, read_visit_word
from analysis.cohort.units import convert_text, header_unit, known_unit, other_measure, unit_factor
from analysis.cohort.value_words import read_regimen


def cells(*texts: str) -> pd.Series:
    return pd.Series(texts, dtype=object)


@pytest.mark.parametrize(
    ("text", "order", "date", "partial"),
    [
        ("2020-03-12", "", "2020-03-12", False),
        ("2020-03-12 08:30:00", "", "2020-03-12", False),
        ("2020年3月12日", "", "2020-03-12", False),
        ("2020年3月", "", "2020-03-15", True),
        ("03/2020", "", "2020-03-15", True),
        ("43902", "", "2020-03-12", False),  # spreadsheet serial: 1899-12-30 + 43902 days
        ("12/03/2020", "DMY", "2020-03-12", False),
        ("12/03/2020", "MDY", "2020-12-03", False),
        ("31.12.19", "", "2019-12-31", False),
        ("12-Mar-2020", "", "2020-03-12", False),
        ("12 ene 2020", "", "2020-01-12", False),
        ("15 de marzo de 2020", "", "2020-03-15", False),
        ("01APR2014", "", "2014-04-01", False),
    ],
)
def test_a_date_in_many_forms(text, order, date, partial):
    reading = read_dates(cells(text), order)
    assert reading.date.iloc[0] == pd.Timestamp(date)
    assert reading.partial.iloc[0] == partial


@pytest.mark.parametrize("text", ["2020-02-30", "13/13/2020", "soon", "1/2/2020"])
def test_what_is_no_date_or_open_stays_blank_and_is_told(text):
    reading = read_dates(cells(text))
    assert reading.date.isna().all()
    assert reading.unreadable.all()


def test_the_order_is_settled_by_the_whole_column():
    assert proven_order(cells("01/02/2020", "13/02/2020")) == "DMY"
    assert proven_order(cells("01/02/2020", "02/13/2020")) == "MDY"
    assert order_is_open(cells("01/02/2020", "03/04/2020"))
    assert order_is_open(cells("13/02/2020", "02/13/2020"))  # contradicts itself
    assert not order_is_open(cells("2020-01-02"))


def test_numbers_are_no_dates():
    assert not holds_dates(cells("1.5", "2.25", "12"))
    assert not holds_dates(cells("43902", "400"))
    assert holds_dates(cells("01.02.2020", "", "NA"))


@pytest.mark.parametrize(
    ("word", "regimen"),
    [
        ("Rituximab ", "RTX"),
        ("美罗华", "RTX"),
        ("单药组", "RTX"),
        ("联合组", "RTX+TAC"),
        ("TAC/RTX", "RTX+TAC"),
        ("Rituximab + FK506", "RTX+TAC"),
        ("RTX and TAC", "RTX+TAC"),
        ("美罗华联合他克莫司", "RTX+TAC"),
        ("ciclofosfamida y esteroides", "CTX+GC"),
        ("Drug A", ""),
        ("1", ""),
    ],
)
def test_spellings_of_a_regimen(word, regimen):
    assert read_regimen(word) == regimen


@pytest.mark.parametrize(
    ("header", "name", "month"),
    [
        ("24小时尿蛋白_12(g/24h)", "proteinuria_g_24h", 12),
        ("Albúmina 3 meses (g/dL)", "albumin_g_l", 3),
        ("Albumina basal", "albumin_g_l", 0),
        ("治疗前白蛋白", "albumin_g_l", 0),
        ("白蛋白3个月", "albumin_g_l", 3),
        ("m3 albumin", "albumin_g_l", 3),
        ("ALB_m0", "albumin_g_l", 0),
        ("albumin (baseline) (g/L)", "albumin_g_l", 0),
        ("ALB 1y", "albumin_g_l", 12),
        ("CD19", "bcell_count_ul", None),
        ("PLA2R+", "pla2r_positive", None),
        ("激素+环磷酰胺", "prior_gc_ctx", None),
    ],
)
def test_a_header_names_a_quantity_and_a_visit(header, name, month):
    meaning = read_meaning(header)
    assert (meaning.name, meaning.month) == (name, month)
    assert meaning.how in ("exact", "normalised", "synonym")


def test_a_similar_header_is_a_guess_and_a_strange_one_is_nothing():
    assert read_meaning("Creatinin_6").how == "guess"
    assert read_meaning("platelet") is None


@pytest.mark.parametrize(
    ("word", "visit"),
    [("Month 3", 3), ("M3", 3), ("基线", 0), ("6个月", 6), ("3 meses", 3), ("1年", 12), ("Week 12", 2.8), ("V1", None)],
)
def test_visit_words(word, visit):
    assert read_visit_word(word)[1] == visit


@pytest.mark.parametrize(
    ("header", "name", "unit"),
    [
        ("血红蛋白_3(mmol/l)", "hemoglobin_g_l", "mmol/L"),
        ("albumin g/dL", "albumin_g_l", "g/dL"),
        ("Creatinina (μmol/L)", "scr_umol_l", "µmol/L"),
        ("WBC (×10^9/L)", "wbc_10e9_l", "10⁹/L"),
        ("Proteinuria 24 h basal (g)", "proteinuria_g_24h", "g/24 h"),
        ("PCR (mg/L)", "upcr_g_g", "mg/L"),
        ("albumin", "albumin_g_l", ""),
    ],
)
def test_units_in_headers(header, name, unit):
    assert header_unit(header, data_dictionary()[name]) == unit


def test_proteinuria_per_creatinine_is_the_other_measure():
    assert other_measure(data_dictionary()["proteinuria_g_24h"], "mg/mmol") == "upcr_g_g"
    assert known_unit(data_dictionary()["pla2r_ru_ml"], "IU/mL") == ""


@pytest.mark.parametrize(
    ("name", "unit", "factor"),  # domain.md 1.5
    [("scr_umol_l", "mg/dL", 88.403), ("hemoglobin_g_l", "mmol/L", 16.114), ("upcr_g_g", "mg/mmol", 0.0088403)],
)
def test_exact_factors(name, unit, factor):
    assert unit_factor(data_dictionary()[name], unit) == factor


def test_conversion_keeps_signs_words_and_digits():
    assert convert_text(cells("2.83", "<0.15", "see note", ""), 10).tolist() == ["28.3", "<1.5", "see note", ""]
    assert convert_text(cells("1,234", "2,500"), 1, ",").tolist() == ["1.234", "2.5"]


@pytest.mark.parametrize(
    ("texts", "evidence"),
    [
        (("王小明", "李雷", "赵四"), "names"),
        (("John Smith", "Ana de la Cruz", "Li Wei"), "names"),
        (("13812345678", "13912345678"), "phone numbers"),
        (("a@b.com", "c@d.org"), "e-mail addresses"),
        (("12345678Z", "X1234567L"), "identity card numbers"),
        (("12 Main Street", "Calle Mayor 4"), "addresses"),
        (("Control", "Drug A"), ""),
        (("400", "4500", "12.5"), ""),
        (("SYN-1", "SYN-2", "SYN-3"), ""),
    ],
)
def test_people_are_recognised_by_content(texts, evidence):
    assert content_identifies(cells(*texts)) == evidence


@pytest.mark.parametrize("header", ["姓名", "住院号", "NHC", "Nombre", "telephone_1", "first_name", "联系人"])
def test_people_are_recognised_by_header(header):
    assert header_identifies(header)


@pytest.mark.parametrize("header", ["albumin", "drug name", "白蛋白", "grupo"])
def test_other_headers_name_nobody(header):
    assert not header_identifies(header)
