from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.cohort.derived import body_surface_area, derive_patient_values, estimated_gfr, pla2r_positive
from analysis.cohort.model import EVENT_COLUMNS, VISIT_COLUMNS

ORACLE = pd.read_csv(Path(__file__).parents[2] / "oracles" / "egfr.csv")


@pytest.mark.parametrize(("formula", "column"), [("CKD-EPI-2009", "ckd_epi_2009"), ("CKD-EPI-2021", "ckd_epi_2021")])
def test_egfr_agrees_with_the_published_tables(formula, column):
    ours = estimated_gfr(ORACLE["scr_umol_l"], ORACLE["age_years"], ORACLE["female"] == 1, formula=formula)
    # The 2009 table prints 144 for women where the one-line form has 141 x 1.018 = 143.54.
    np.testing.assert_allclose(ours, ORACLE[column], rtol=4e-3 if formula == "CKD-EPI-2009" else 1e-5)


def test_egfr_of_men_in_2009_has_no_rounding_between_the_two_forms():
    men = ORACLE[ORACLE["female"] == 0]
    ours = estimated_gfr(men["scr_umol_l"], men["age_years"], men["female"] == 1, formula="CKD-EPI-2009")
    np.testing.assert_allclose(ours, men["ckd_epi_2009"], rtol=1e-5)


def test_mosteller():
    assert float(body_surface_area(80, 180)) == 2.0  # sqrt(180 * 80 / 3600) = sqrt(4)


def test_pla2r_status_at_the_limit_and_beyond_detection():
    level = pd.Series([20, 19.99, 2, 20, 25, 10, 30, np.nan])
    qualifier = pd.Series(["", "", "lt", "lt", "lt", "gt", "gt", ""])
    status = pla2r_positive(level, qualifier)
    assert [None if pd.isna(item) else item for item in status] == ["yes", "no", "no", "no", None, None, "yes", None]


def frames():
    patients = pd.DataFrame(
        {
            "patient_id": ["A", "B", "C"],
            "weight_kg": [80, 60, np.nan],
            "height_cm": [180, 150, 170],
            "bmi_kg_m2": [np.nan, 27.0, np.nan],
            "prior_gc_ctx": ["yes", "yes", np.nan],
            "prior_gc_csa": ["yes", np.nan, "no"],
        }
    )
    visits = pd.DataFrame(
        [
            ["A", -3.0, 0.0, False, "pla2r_ru_ml", 85.0, ""],
            ["A", 90.0, 3.0, False, "pla2r_ru_ml", 2.0, "lt"],
            ["B", -3.0, 0.0, False, "pla2r_ru_ml", 2.0, "lt"],
        ],
        columns=VISIT_COLUMNS,
    )
    events = pd.DataFrame([["A", "last_contact", 365.25], ["B", "death", 10.0]], columns=EVENT_COLUMNS)
    return patients, visits, events


def test_derived_values_fill_gaps_and_never_overwrite():
    derived, sentences = derive_patient_values(*frames())
    assert derived["bmi_kg_m2"].round(3).tolist()[:2] == [24.691, 27.0]  # 80 / 1.8²
    assert np.isnan(derived["bmi_kg_m2"][2])
    assert derived["bsa_m2"].round(3).tolist()[:2] == [2.0, 1.581]  # sqrt(150 * 60 / 3600)
    assert derived["prior_gc_ctx_and_gc_csa"].fillna("?").tolist() == ["yes", "?", "no"]
    assert derived["pla2r_positive"].fillna("?").tolist() == ["yes", "no", "?"]
    assert derived["followup_months"].fillna(-1).tolist() == [12.0, -1, -1]
    assert sentences[0] == "Body mass index: 1 values derived from weight and height."


def test_the_given_frame_is_not_altered():
    patients, visits, events = frames()
    before = patients.copy()
    derive_patient_values(patients, visits, events)
    pd.testing.assert_frame_equal(patients, before)


def test_nothing_to_derive_adds_no_column():
    patients = pd.DataFrame({"patient_id": ["A"]})
    derived, sentences = derive_patient_values(patients, frames()[1].iloc[:0], pd.DataFrame(columns=EVENT_COLUMNS))
    assert list(derived.columns) == ["patient_id"]
    assert sentences == ()
