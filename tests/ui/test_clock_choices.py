"""The clock of the remission page through the frame: each choice changes the curves and the words."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.test_remission_page import ROOT, go, on_tab, tables

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:streamlit.*")


@pytest.fixture
def app() -> AppTest:
    return go(AppTest.from_file(str(ROOT / "ui" / "frame.py"), default_timeout=60).run(), "remission")


def picked(app: AppTest, key: str, value: object) -> AppTest:
    app.selectbox(key=key).set_value(value).run()
    assert not app.exception, [item.value for item in app.exception]
    return app


def said(app: AppTest) -> str:
    words = [item.value for kind in (app.markdown, app.caption, app.warning, app.info, app.error) for item in kind]
    return " ".join(words).replace("\\", "")


def axis_title(app: AppTest) -> str:
    return json.loads(app.get("plotly_chart")[0].proto.spec)["layout"]["xaxis"]["title"]["text"]


def test_on_planned_visits_only_rituximab_is_offered_and_the_page_says_why(app: AppTest) -> None:
    assert app.selectbox(key="remission_time_zero").options == ["First rituximab"]
    assert "Start of tacrolimus: planned visits are counted from the first rituximab; choose actual days" in said(app)


def test_from_tacrolimus_and_from_the_biopsy_on_actual_days(app: AppTest) -> None:
    app.segmented_control(key="time_axis").set_value("actual").run()
    assert app.selectbox(key="remission_time_zero").options == [
        "First rituximab", "Start of tacrolimus", "Kidney biopsy"
    ]  # fmt: skip
    picked(app, "remission_time_zero", "tac_start")
    assert axis_title(app) == "Months since start of tacrolimus"
    assert "57 patients are not at risk: tacrolimus never begun" in said(app)
    picked(app, "remission_time_zero", "biopsy")
    assert axis_title(app) == "Months since kidney biopsy"
    assert "came under observation at month" in said(app)
    assert "patients come under observation after month 0" in on_tab(app, "Comparison")
    on_tab(app, "Between visits")
    assert "The estimate between visits needs patients who are followed from month 0 on." in said(app)


def test_last_contact_changes_the_incidence_and_is_cautioned(app: AppTest) -> None:
    before = tables(app)
    picked(app, "remission_censoring", "last_contact")
    assert tables(app) != before
    assert "although nobody looked" in said(app)


def test_the_antibody_level_appears_with_its_endpoint_and_both_cut_offs_are_drawn(app: AppTest) -> None:
    assert "remission_pla2r_positive_from" not in [box.key for box in app.selectbox]
    app.selectbox(key="endpoint").set_value("immunologic_remission").run()
    assert not app.exception, [item.value for item in app.exception]
    assert "Complete immunologic remission" in app.get("plotly_chart")[0].proto.spec
    assert "At risk: anti-PLA2R of 20 RU/mL or more before treatment" in said(app)
    picked(app, "remission_pla2r_positive_from", 7.45)
    assert "At risk: anti-PLA2R of 7.45 RU/mL or more before treatment" in said(app)
