"""The definitions page through the frame: an answer changes the words, the counts and the name of the rule."""

from __future__ import annotations

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
    assert "RTX+TAC (N = 34) 12 15 4 3 – 37.13 % of 34" in before
    assert "only at the last planned visit" not in before
    app.selectbox(key="switch_attainment").set_value("at_horizon").run()
    assert not app.exception, [item.value for item in app.exception]
    after = text_of(app)
    assert "A remission counts only at the last planned visit" in after
    assert "Chen 2023 (membranous nephropathy), modified (chosen)" in after
    assert "RTX+TAC (N = 34) 12 15 4 3 – 38.71 % of 34" in after  # 12 of the 31 evaluable
    assert "RTX+TAC (N = 34) 12 15 4 3 0 37.13 % of 34" in after


def test_the_other_reading_of_range_and_fall_is_counted(app: AppTest) -> None:
    found = text_of(app)
    assert "range and fall both needed for partial, 11 of 91 patients are in another class" in found
    app.selectbox(key="switch_pr_logic").set_value("and").run()
    assert "Under Chen 2023 (membranous nephropathy), 11 of 91 patients are in another class" in text_of(app)
