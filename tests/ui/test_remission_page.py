"""The remission and factors pages through the frame: each tab alone, each control one number."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from analysis.outcomes.endpoints import ALL_ENDPOINT_LABELS

ROOT = Path(__file__).resolve().parents[2]
TABS = {
    "Comparison": "1.53 (0.71–3.31)",
    "States": "State at each planned visit",
    "Between visits": "Turnbull",
    "Relapse and B cells": "Relapses per patient-year",
}

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:streamlit.*")


@pytest.fixture
def app() -> AppTest:
    test = AppTest.from_file(str(ROOT / "ui" / "frame.py"), default_timeout=60).run()
    return go(test, "remission")


def go(app: AppTest, page: str) -> AppTest:
    app.switch_page(f"../pages/{page}.py").run()
    assert not app.exception, [item.value for item in app.exception]
    return app


def on_tab(app: AppTest, name: str) -> str:
    app.session_state["remission_tab"] = name
    app.run()
    assert not app.exception, [item.value for item in app.exception]
    return tables(app)


def tables(app: AppTest) -> str:
    return re.sub(r"<[^>]+>", " ", " ".join(item.proto.body for item in app.get("html")))


@pytest.mark.parametrize("tab", list(TABS))
def test_each_tab_shows_its_own_numbers_and_nothing_else(app: AppTest, tab: str) -> None:
    assert TABS[tab] not in tables(app)
    text = on_tab(app, tab)
    assert TABS[tab] in text
    assert "Best response over the whole follow-up" not in text


def test_courses_are_drawn(app: AppTest) -> None:
    on_tab(app, "Patients' courses")
    assert len(app.get("plotly_chart")) == 1


def test_sensitivity_computes_only_on_click(app: AppTest) -> None:
    assert "when one choice changes" not in on_tab(app, "Sensitivity")
    app.toggle(key="sensitivity_on").set_value(True).run()
    text = tables(app)
    assert "when one choice changes" in text
    assert "+10.7 (−9.2 to 32.2)" in text
    assert "Withdrawn count as failures" in text


@pytest.mark.parametrize("endpoint", list(ALL_ENDPOINT_LABELS))
def test_every_endpoint_can_be_chosen_and_travels_in_the_link(app: AppTest, endpoint: str) -> None:
    app.selectbox(key="endpoint").set_value(endpoint).run()
    assert not app.exception
    assert ALL_ENDPOINT_LABELS[endpoint].split(" (")[0] in tables(app)
    if endpoint != "complete_remission":
        assert app.query_params["endpoint"] in (endpoint, [endpoint])


def test_interval_scale_changes_the_limits(app: AppTest) -> None:
    app.selectbox(key="remission_interval").set_value("plain").run()
    assert "37.13 % (20.33 to 53.93)" in tables(app)  # domain.md 3.4
    app.selectbox(key="remission_interval").set_value("log").run()
    assert "37.13 % (17.87 to 51.88)" in tables(app)


def test_test_and_landmark_change_one_number(app: AppTest) -> None:
    text = on_tab(app, "Comparison")
    assert "Log-rank test · chosen" in text
    app.selectbox(key="remission_test").set_value("fixed-time").run()
    assert "month 12 · chosen" in tables(app)
    app.number_input(key="remission_landmark").set_value(6.0).run()
    assert "Who is left out by the landmark at month 6" in tables(app)


def test_a_link_with_an_unknown_test_is_left_out() -> None:
    test = AppTest.from_file(str(ROOT / "ui" / "frame.py"), default_timeout=60)
    test.query_params["study"] = "imn"
    test.query_params["options"] = 'remission.test-"magic"'
    test.run()
    assert not test.exception
    assert any("does not offer" in item.value for item in test.info)
    assert "P = 0.274" in tables(go(test, "remission"))


def test_factors_page(app: AppTest) -> None:
    go(app, "factors")
    text = tables(app)
    assert "Regimen: RTX+TAC (reference RTX)" in text
    assert "per doubling" in text
    assert any("Rituximab repeated at month 6" in item.value for item in app.caption)
    app.multiselect(key="factors_variables").set_value(["age_years"]).run()
    assert not app.exception
    assert "Sex" not in tables(app)
    app.selectbox(key="factors_model").set_value("grouped").run()
    assert "1.54 (0.71–3.33)" in tables(app)
    app.button(key="factors_usual").click().run()
    assert "Sex: Female (reference Male)" in tables(app)


def test_single_arm_pages_compare_nothing(app: AppTest) -> None:
    app.switch_page("../pages/study.py").run()
    app.button(key="open_fsgs").click().run()
    go(app, "remission")
    assert "17.5 (14.5, 20.0)" in on_tab(app, "Relapse and B cells")
    assert "one group: nothing is compared" in on_tab(app, "Comparison")
    go(app, "factors")
    assert "Age at first rituximab, per 10 years" in tables(app)
