"""The definitions page through the frame: an answer changes the words, the counts and the name of the rule."""

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
    test.switch_page("../pages/definitions.py").run()
    assert not test.exception, [item.value for item in test.exception]
    return test


def text_of(app: AppTest) -> str:
    text = re.sub(r"<[^>]+>", " ", " ".join(item.proto.body for item in app.get("html")))
    return re.sub(r"\s+", " ", text + " ".join(item.value for item in app.markdown)).replace("\\", "")


def test_status_at_the_last_visit_instead_of_the_first_remission(app: AppTest) -> None:
    before = text_of(app)
    assert "RTX+TAC (N = 34) 12 15 4 3 0 – 37.13 % of 34" in before
    assert "only at the last planned visit" not in before
    app.selectbox(key="switch_attainment").set_value("at_horizon").run()
    assert not app.exception, [item.value for item in app.exception]
    after = text_of(app)
    assert "A remission counts only at the last planned visit" in after
    assert "Chen 2023 (membranous nephropathy), modified (chosen)" in after
    assert "RTX+TAC (N = 34) 12 15 4 3 0 – 38.71 % of 34, 31 evaluable" in after  # 12 of 31
    assert "RTX+TAC (N = 34) 12 15 4 3 0 0 37.13 % of 34" in after


def test_the_other_reading_of_range_and_fall_is_counted(app: AppTest) -> None:
    found = text_of(app)
    assert "range and fall both needed for partial, 11 of 91 patients are in another class" in found
    app.selectbox(key="switch_pr_logic").set_value("and").run()
    assert "Under Chen 2023 (membranous nephropathy), 11 of 91 patients are in another class" in text_of(app)


def test_albumin_left_out_is_marked_on_the_remission_page(app: AppTest) -> None:
    """domain.md A9: watermarked, in the figure and beside it."""
    app.selectbox(key="switch_albumin_missing").set_value("protein_only").run()
    assert "Urine protein alone decides where albumin was not measured" in text_of(app)
    app.switch_page("../pages/remission.py").run()
    assert not app.exception, [item.value for item in app.exception]
    assert "Urine protein alone decides where albumin was not measured" in text_of(app)
    figures = [json.loads(item.proto.spec)["layout"]["annotations"][-1]["text"] for item in app.get("plotly_chart")]
    assert set(figures) == {"SYNTHETIC · PROTEIN ONLY"}


def test_a_limit_that_was_not_entered_is_asked_for(app: AppTest) -> None:
    app.selectbox(key="switch_normal_function").set_value("scr_upper_limit").run()
    found = text_of(app)
    assert "limit of creatinine was not entered" in found
    assert "0.00 % of" not in found
    app.switch_page("../pages/remission.py").run()
    assert not app.exception, [item.value for item in app.exception]
    assert any("upper limit of creatinine" in item.value for item in app.error)


def test_the_limit_of_women_changes_who_is_complete(app: AppTest) -> None:
    app.selectbox(key="switch_normal_function").set_value("scr_upper_limit").run()
    app.number_input(key="scr_upper_limit").set_value(110.0).run()
    assert "creatinine ≤ 110 µmol/L, creatinine" in text_of(app)
    assert "RTX+TAC (N = 34) 12 15" in text_of(app)
    app.number_input(key="scr_upper_limit_women").set_value(40.0).run()
    assert not app.exception, [item.value for item in app.exception]
    assert "creatinine ≤ 110 µmol/L (women 40)" in text_of(app)
    chosen = re.search(r"modified \(chosen\) RTX\+TAC \(N = 34\) (\d+) (\d+)", text_of(app))
    assert chosen is not None
    assert int(chosen.group(1)) < 12
    assert int(chosen.group(1)) + int(chosen.group(2)) == 27
