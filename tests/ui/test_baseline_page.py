"""Does each control of the baseline page change the number it should? A single arm has no comparison at all."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:streamlit.*")


@pytest.fixture
def app() -> AppTest:
    test = AppTest.from_file(str(ROOT / "ui" / "frame.py"), default_timeout=60).run()
    test.switch_page("../pages/baseline.py").run()
    assert not test.exception
    return test


def tables(app: AppTest) -> str:
    assert not app.exception
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", " ".join(item.proto.body for item in app.get("html"))))


def captions(app: AppTest) -> str:
    return " ".join(item.value for item in app.main.caption)


def test_p_values_are_off_with_the_reason_and_one_click_on(app: AppTest) -> None:
    assert "No test was made." in tables(app)
    assert "P values are off" in captions(app)
    app.toggle(key="baseline_p_values").set_value(True).run()
    assert "0.028ᵇ" in tables(app)
    assert "P values are off" not in captions(app)
    app.toggle(key="baseline_equal_variances").set_value(True).run()
    assert "Student t-test (equal variances)" in tables(app)
    app.selectbox(key="baseline_categorical_test").set_value("boschloo").run()
    assert "Boschloo" in tables(app)
    assert "boschloo" in str(app.query_params["options"])


def test_look_missing_summaries_rows_and_overall(app: AppTest) -> None:
    app.selectbox(key="baseline_look").set_value("lancet").run()
    assert "23·4 (8·1)" in tables(app)
    app.selectbox(key="baseline_look").set_value("plain").run()
    app.selectbox(key="baseline_missing").set_value("denominators").run()
    assert "43/57 (75 %)" in tables(app)
    app.selectbox(key="baseline_summary").set_value("median").run()
    assert "Serum albumin (g/L), median (Q1, Q3)" in tables(app)
    app.toggle(key="baseline_overall").set_value(False).run()
    assert "Overall, N" not in tables(app)
    app.multiselect(key="baseline_rows").set_value(["sex", "age_years"]).run()
    text = tables(app)
    assert text.index("Male") < text.index("Age at first rituximab")
    assert "Serum albumin" not in text


def test_one_row_opens_with_its_picture_its_patients_and_its_own_summary(app: AppTest) -> None:
    app.selectbox(key="baseline_row").set_value("age_years").run()
    spec = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert [trace["meta"] for trace in spec["data"]] == ["box", "strip", "box", "strip"]
    assert "Age at first rituximab, RTX+TAC, with a value: n = 34" in tables(app)
    text = tables(app)
    assert text.index("RTX+TAC, with a value: n = 34") < text.index("Baseline characteristics by group")  # not below it
    app.segmented_control(key="row_summary_age_years").set_value("median").run()
    assert "Age at first rituximab (years), median (Q1, Q3)" in tables(app)
    app.selectbox(key="baseline_row").set_value("mn_stage").run()
    app.multiselect(key="row_levels_mn_stage").set_value(["III"]).run()
    assert "Stage III 9 (10 %)" in re.sub(r"\s+", " ", tables(app))
    assert "Stage II " not in tables(app).split("Quartiles of type")[0]


def test_a_patient_behind_a_cell_leads_to_their_page(app: AppTest) -> None:
    app.selectbox(key="baseline_row").set_value("age_years").run()
    app.selectbox(key="baseline_cell_patient").set_value("SYN-T09").run()
    app.button(key="baseline_cell_open").click().run()
    assert app.title[0].value == "Why does this patient have this status?"
    assert app.selectbox(key="patient").value == "SYN-T09"


def test_a_single_arm_has_no_comparison_at_all(app: AppTest) -> None:
    app.switch_page("../pages/study.py").run()
    app.button(key="open_fsgs").click().run()
    app.switch_page("../pages/baseline.py").run()
    text = tables(app) + captions(app)
    assert "SMD" not in text
    assert "tandardised mean difference" not in text
    assert "P values" not in text
    assert [item.key for item in app.toggle if item.key == "baseline_p_values"] == []
