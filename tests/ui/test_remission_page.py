"""The remission and factors pages through the frame: each tab alone, each control one number."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from analysis.outcomes.endpoints import ALL_ENDPOINT_LABELS, ENDPOINT_LABELS

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
    text = re.sub(r"<[^>]+>", " ", " ".join(item.proto.body for item in app.get("html")))
    return re.sub(r"\s+", " ", text)


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
    assert "+10.74 (−9.25 to +32.20)" in text
    assert "Withdrawn count as failures" in text


def test_one_click_takes_a_row_of_the_sensitivity_table_over(app: AppTest) -> None:
    on_tab(app, "Sensitivity")
    app.toggle(key="sensitivity_on").set_value(True).run()
    row = re.search(r"Censored at: last contact \(not recommended\) (91 \S+ % \S+ % \S+ \(\S+ to \S+\))", tables(app))
    assert row is not None
    assert "censored at the last evaluable visit" in tables(app)
    assert not {"Withdrawn count as failures", "Zonozi 2021"} & set(app.pills(key="sensitivity_setting").options)
    app.pills(key="sensitivity_setting").set_value("last_contact").run()
    assert not app.exception, [item.value for item in app.exception]
    assert f"As chosen {row[1]}" in tables(app)
    assert "censored at the last contact" in tables(app)
    assert app.pills(key="sensitivity_setting").value is None
    assert "Censored at: last evaluable visit" in app.pills(key="sensitivity_setting").options
    app.pills(key="sensitivity_setting").set_value("MENTOR").run()
    assert "As chosen: MENTOR trial 2019" in tables(app)


@pytest.mark.parametrize("endpoint", list(ALL_ENDPOINT_LABELS))
def test_every_endpoint_can_be_chosen_and_travels_in_the_link(app: AppTest, endpoint: str) -> None:
    app.selectbox(key="endpoint").set_value(endpoint).run()
    assert not app.exception
    assert ALL_ENDPOINT_LABELS[endpoint].split(" (")[0] in tables(app)
    assert ("Best response over the whole follow-up" in tables(app)) == (endpoint in ENDPOINT_LABELS)
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
    assert "P = 0.27." in tables(go(test, "remission"))


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
    text = on_tab(app, "Comparison")
    assert text.count("one group: nothing is compared") == 2  # proportional hazards and the landmark, not every test
    assert "Number needed to treat" not in text
    said = " ".join(str(item.proto) for item in app.main)
    assert "without them 6 of 11" in said  # in remission before treatment, and counted by the rule: on every tab
    go(app, "factors")
    assert "Age at first rituximab, per 10 years" in tables(app)


def test_the_patients_behind_the_curves_open_their_own_page(app: AppTest) -> None:
    app.session_state["remission_behind"] = True
    app.run()
    app.selectbox(key="behind_group").set_value("RTX").run()
    app.selectbox(key="behind_visit").set_value(9.0).run()
    rows = app.dataframe[0].value
    assert rows["Month"].tolist() == ["9"] * 3  # domain.md 5.1: three complete remissions at month 9
    assert set(rows["Group"]) == {"RTX"}
    app.selectbox(key="behind_patient").set_value(rows["Patient"].iloc[1]).run()
    app.button(key="behind_open").click().run()
    assert not app.exception
    assert app.selectbox(key="patient").value == rows["Patient"].iloc[1]
    assert rows["Patient"].iloc[1] in tables(app)


@pytest.mark.parametrize(
    ("tab", "key", "count"),
    [("States", "states", "RTX, month 9: complete remission"), ("Relapse and B cells", "relapse", "RTX: B-cell depl")],
)
def test_the_patients_behind_a_count_open_their_own_page(app: AppTest, tab: str, key: str, count: str) -> None:
    app.session_state[f"remission_{key}"] = True
    on_tab(app, tab)
    choice = app.selectbox(key=f"remission_{key}_count")
    words = next(option for option in choice.options if option.startswith(count))
    choice.set_value(words).run()
    patients = app.selectbox(key=f"remission_{key}_patient")
    assert f"({len(patients.options)})" in words
    wanted = patients.options[-1]
    patients.set_value(wanted).run()
    app.button(key=f"remission_{key}_open").click().run()
    assert not app.exception
    assert app.selectbox(key="patient").value == wanted


def test_second_endpoint_and_order_of_the_lanes_travel_in_the_link(app: AppTest) -> None:
    def names() -> set[str]:
        figure = json.loads(app.get("plotly_chart")[0].proto.spec)
        return {note["text"] for note in figure["layout"]["annotations"]}

    assert not any("First remission" in text for text in names())
    app.toggle(key="remission_second").set_value(True).run()
    assert any("First remission" in text for text in names())
    on_tab(app, "Patients' courses")
    app.button_group(key="remission_lane_order").set_value("best_response").run()
    assert not app.exception
    options = app.query_params["options"]
    options = options if isinstance(options, str) else options[0]
    assert "remission.second-true" in options
    assert 'remission.lane_order-"best_response"' in options
    again = AppTest.from_file(str(ROOT / "ui" / "frame.py"), default_timeout=60)
    again.query_params["study"], again.query_params["options"] = "imn", options
    go(again.run(), "remission")
    assert again.toggle(key="remission_second").value is True


def test_a_negative_time_is_a_sentence_on_the_page_and_no_curve(app: AppTest, monkeypatch) -> None:
    import analysis.remission as remission

    honest = remission.study_records

    def with_a_wrong_day(view, outcomes):
        records = honest(view, outcomes)
        return records.assign(time=records["time"].mask(records["patient_id"] == "SYN-T02", -1.0))

    monkeypatch.setattr(remission, "study_records", with_a_wrong_day)
    app.selectbox(key="remission_rescue").set_value("ignored").run()  # no other test asks for it: nothing is kept
    assert not app.exception
    (sentence,) = (item.value for item in app.error)
    assert "1 of 91 have a negative or missing time" in sentence
    assert "T02" in sentence
    assert not app.get("plotly_chart")
