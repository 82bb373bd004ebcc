from __future__ import annotations

import math

import pytest

from analysis.cohort.dictionary import data_dictionary, variable
from analysis.cohort.vocabulary import _document, fold_header, points_to_a_person, unit_hints, words

KNOWN = data_dictionary().values()


@pytest.mark.parametrize(
    ("name", "unit", "value", "expected", "relative"),
    [  # domain.md 8, item 5
        ("scr_umol_l", "mg/dL", 1, 88.40, 1e-4),
        ("upcr_g_g", "mg/mmol", 113.118, 1, 1e-4),
        ("upcr_peak_g_g", "mg/mmol", 113.118, 1, 1e-4),
        ("albumin_g_l", "g/dL", 3.5, 35, 1e-12),
        ("cholesterol_mmol_l", "mg/dL", 100, 2.586, 2e-4),
        ("triglycerides_mmol_l", "mg/dL", 100, 1.129, 4e-4),
        ("uric_acid_umol_l", "mg/dL", 5, 297.4, 1e-4),
        ("hemoglobin_g_l", "g/dL", 13, 130, 1e-12),
        ("hemoglobin_g_l", "mmol/L", 8.07, 130, 5e-4),
    ],
)
def test_unit_factors_give_the_stated_conversions(name, unit, value, expected, relative):
    factor = dict(variable(name).alternatives)[unit]
    assert factor * value == pytest.approx(expected, rel=relative)


@pytest.mark.parametrize(
    ("name", "unit", "molar_mass", "scale"),
    [  # factor = scale / molar mass (g/mol), or its inverse; masses of domain.md 1.5
        ("scr_umol_l", "mg/dL", 113.118, 1e4),
        ("uric_acid_umol_l", "mg/dL", 168.110, 1e4),
        ("cholesterol_mmol_l", "mg/dL", 386.65, 10),
        ("triglycerides_mmol_l", "mg/dL", 885.43, 10),
    ],
)
def test_unit_factors_follow_from_molar_masses(name, unit, molar_mass, scale):
    assert dict(variable(name).alternatives)[unit] == pytest.approx(scale / molar_mass, rel=5e-5)


def test_names_are_unique_in_the_file():
    text = [entry.name for entry in KNOWN]
    assert len(_document()["variable"]) == len(set(text)) == len(data_dictionary())


@pytest.mark.parametrize("language", ["synonyms_en", "synonyms_zh", "synonyms_es"])
def test_no_header_means_two_variables_within_a_language(language):
    entries = [*_document()["variable"], *_document()["column"]]
    owners: dict[str, set[str]] = {}
    for entry in entries:
        for synonym in entry.get(language, []):
            owners.setdefault(fold_header(synonym), set()).add(entry["name"])
    assert {word: names for word, names in owners.items() if len(names) > 1} == {}


def test_limits_are_ordered_and_soft_lies_within_hard():
    wrong = [
        item.name
        for item in KNOWN
        if not item.hard[0] < item.hard[1]
        or not item.soft[0] < item.soft[1]
        or (not math.isinf(item.soft[0]) and item.soft[0] < item.hard[0])
        or (not math.isinf(item.soft[1]) and item.soft[1] > item.hard[1])
    ]
    assert wrong == []


def test_every_level_has_a_label_and_every_value_synonym_a_level():
    wrong = [item.name for item in KNOWN if len(item.levels) != len(item.level_labels)]
    strangers = [
        (item.name, level)
        for item in KNOWN
        if item.levels
        for level, _ in item.value_synonyms
        if level not in item.levels
    ]
    assert wrong == []
    assert strangers == []


def test_skewed_variables_are_summarised_by_medians():
    median = {item.name for item in KNOWN if item.summary == "median"}
    assert {"proteinuria_g_24h", "upcr_g_g", "pla2r_ru_ml", "upcr_peak_g_g", "followup_months"} <= median
    assert {"disease_duration_months", "biopsy_to_rtx_months"} <= median
    assert "albumin_g_l" not in median
    assert {item.name for item in KNOWN if item.log_scale} == {
        "proteinuria_g_24h",
        "upcr_g_g",
        "upcr_peak_g_g",
        "pla2r_ru_ml",
    }


def test_what_exists_only_after_treatment_is_marked():
    marked = {item.name for item in KNOWN if item.post_baseline}
    assert {"rtx_cumulative_dose_g", "rtx_repeat_m6", "tac_trough_ng_ml", "tac_months", "category"} <= marked
    assert {"bcell_depletion_day", "bcell_reconstitution_day"} <= marked
    assert not {"albumin_g_l", "age_years", "regimen_group", "pla2r_positive"} & marked


def test_labels_carry_real_unit_signs():
    assert variable("scr_umol_l").label_with_unit() == "Serum creatinine (µmol/L)"
    assert variable("proteinuria_g_24h").label_with_unit() == "24-h urine protein (g/24 h)"
    assert variable("wbc_10e9_l").label_with_unit() == "Leukocytes (10⁹/L)"
    assert variable("fsgs_variant").level_label("NOS") == "Not otherwise specified"


def test_unit_hints_name_columns_of_the_dictionary():
    assert {hint.name for hint in unit_hints()} - set(data_dictionary()) == {"rituximab_mg"}


def test_identifying_headers():
    persons = [
        "Name",
        "First name",
        "patient name",
        "MRN",
        "Phone",
        "姓名",
        "身份证号",
        "住院号",
        "电话",
        "Nombre",
        "DNI",
        "NHC",
    ]
    assert [header for header in persons if not points_to_a_person(header)] == []
    assert [name for name in data_dictionary() if points_to_a_person(name)] == []
    assert [header for header in ("phosphate", "centre", "telmisartan") if points_to_a_person(header)] == []


def test_missing_words_do_not_include_zero():
    assert "0" not in words().missing
    assert {"", "na", "n/a", ".", "-", "--", "/", "nd", "缺失", "s/d"} <= words().missing
