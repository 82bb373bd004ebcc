"""The laboratory page: each tab opens, each control changes a named number, choices travel in the link."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.test_pages import go, upload

ROOT = Path(__file__).resolve().parents[2]
TABS = ("Course", "Change from baseline", "Baseline and visit", "Each patient", "At one visit", "Comparisons")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:streamlit.*")


@pytest.fixture
def app() -> AppTest:
    test = AppTest.from_file(str(ROOT / "ui" / "frame.py"), default_timeout=60).run()
    return test.switch_page("../pages/labs.py").run()


def open_tab(app: AppTest, name: str) -> AppTest:
    app.session_state["labs_tab"] = name
    app.run()
    assert not app.exception, [item.value for item in app.exception]
    assert not app.error, [item.value for item in app.error]
    return app


def tables(app: AppTest) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", " ".join(item.proto.body for item in app.get("html"))))


def charts(app: AppTest) -> list[dict]:
    return [json.loads(item.proto.spec) for item in app.get("plotly_chart")]


EXPECTED = {
    "Course": ("1.45 (0.18, 3.62)", 4),
    "Change from baseline": ("0.24 (0.17–0.33)", 4),
    "Baseline and visit": ("", 4),
    "Each patient": ("", 1),
    "At one visit": ("38.6 ± 7.9 34.0 ± 8.9 +4.6 (+1.0 to +8.2) 0.012ᵃ", 0),
    "Comparisons": ("4 labs × 4 visits = 16 tests; about 0.8 would be below 0.05 by chance.", 0),
}


@pytest.mark.parametrize("name", TABS)
def test_each_tab_draws_its_own_and_nothing_else(app: AppTest, name: str) -> None:
    text, n_charts = EXPECTED[name]
    open_tab(app, name)
    assert text in tables(app)
    assert len(charts(app)) == n_charts


@pytest.mark.parametrize("name", TABS)
def test_a_single_arm_of_fourteen_opens_everywhere(app: AppTest, name: str) -> None:
    app.switch_page("../pages/study.py").run()
    app.button(key="open_fsgs").click().run()
    app.switch_page("../pages/labs.py").run()
    open_tab(app, name)
    assert "P, Holm" not in tables(app)
    assert "Difference (95 % CI)" not in tables(app)


@pytest.mark.parametrize("name", TABS)
def test_five_groups_open_everywhere(app: AppTest, name: str) -> None:
    app.switch_page("../pages/study.py").run()
    app.button(key="open_fsgs").click().run()
    app.sidebar.selectbox(key="group_column").set_value("fsgs_variant").run()
    app.switch_page("../pages/labs.py").run()
    open_tab(app, name)
    assert len(app.sidebar.multiselect(key="group_levels").value) >= 3


def test_summary_time_and_labs_change_what_is_drawn_and_travel_in_the_link(app: AppTest) -> None:
    app.segmented_control(key="lab_summary").set_value("mean_ci").run()
    assert "38.6 (35.8–41.3)" in tables(app)
    app.segmented_control(key="labs_time").set_value("actual").run()
    app.multiselect(key="labs_shown").set_value(["albumin_g_l"]).run()
    assert len(charts(app)) == 1
    assert "labs.time" in str(app.query_params["options"])
    again = AppTest.from_file(str(ROOT / "ui" / "frame.py"), default_timeout=60)
    for key, value in app.query_params.items():
        again.query_params[key] = value
    again.run().switch_page("../pages/labs.py").run()
    assert again.multiselect(key="labs_shown").value == ["albumin_g_l"]
    assert tables(again) == tables(app)


def test_the_visit_and_the_tests_can_be_chosen(app: AppTest) -> None:
    open_tab(app, "At one visit")
    app.segmented_control(key="labs_visit").set_value(3.0).run()
    assert "Values at month 3" in tables(app)
    app.segmented_control(key="labs_kinds").set_value("medians").run()
    assert "Welch t-test" not in tables(app)


def test_the_model_is_fitted_only_when_asked_for(app: AppTest) -> None:
    open_tab(app, "Comparisons")
    assert "Model of all visits: " not in tables(app)
    app.toggle(key="labs_fit").set_value(True).run()
    assert "RTX+TAC over RTX Month 12 83 0.63 (0.42–0.96) 0.030" in tables(app)
    assert len(charts(app)) == 1


def test_all_panels_stand_in_one_figure_and_published_values_beside_the_sample(app: AppTest) -> None:
    app.toggle(key="labs_published").set_value(True).run()
    diamonds = [trace for chart in charts(app) for trace in chart["data"] if trace["meta"] == "published"]
    assert len(diamonds) == 2 * 4  # both groups of four values
    app.toggle(key="labs_together").set_value(True).run()
    (whole,) = charts(app)
    assert sum(trace["meta"] == "published" for trace in whole["data"]) == 8
    assert {"labs.together", "labs.published"} <= set(re.findall(r"labs\.\w+", str(app.query_params["options"])))


def test_a_study_of_its_own_has_no_published_values(app: AppTest) -> None:
    app.switch_page("../pages/study.py").run()
    app.button(key="open_fsgs").click().run()
    app.switch_page("../pages/labs.py").run()
    assert "labs_published" not in {toggle.key for toggle in app.toggle}


def test_the_patients_behind_a_number_are_listed_and_lead_to_their_page(app: AppTest) -> None:
    app.session_state["labs_behind"] = True
    app.run()
    app.selectbox(key="labs_behind_visit").set_value(12.0).run()
    assert "24-h urine protein, RTX+TAC, month 12, with a value: n = 31" in tables(app)
    app.selectbox(key="labs_behind_which").set_value(False).run()
    assert "24-h urine protein, RTX+TAC, month 12, without a value: n = 3" in tables(app)
    who = app.selectbox(key="labs_behind_patient").value
    app.button(key="labs_behind_open").click().run()
    assert app.title[0].value == "Why does this patient have this status?"
    assert app.selectbox(key="patient").value == who


def test_who_stopped_being_measured_is_drawn_or_said(app: AppTest) -> None:
    app.session_state["labs_dropout"] = True
    app.run()
    names = {trace["name"] for trace in charts(app)[-1]["data"] if trace["meta"] == "points"}
    assert "RTX: no value at month 12" in names
    app.selectbox(key="labs_dropout_value").set_value("albumin_g_l").run()
    assert any("All 91 patients have this value at month 12." in item.value for item in app.info)


def test_a_single_group_offers_no_choice_of_tests(app: AppTest) -> None:
    app.switch_page("../pages/study.py").run()
    app.button(key="open_fsgs").click().run()
    app.switch_page("../pages/labs.py").run()
    open_tab(app, "At one visit")
    keys = {control.key for control in app.get("button_group")}
    assert "labs_kinds" in keys
    assert "labs_variances" not in keys


def test_values_after_the_last_planned_visit_are_warned_about_above_everything() -> None:
    patients = b"patient_id,regimen_group\n" + b"".join(b"P%d,RTX\n" % n for n in range(12))
    rows = [b"P%d,%d,%d,3.%d\n" % (n, month, month * 30, n % 9) for n in range(12) for month in (0, 3, 6, 24 + 7 * n)]
    files = [("patients.csv", patients), ("visits.csv", b"patient_id,month,day,proteinuria_g_24h\n" + b"".join(rows))]
    app = AppTest.from_file(str(ROOT / "ui" / "frame.py"), default_timeout=60).run()
    upload(app, *files)
    go(app, "labs")
    assert any("12 values more than 30 days before" in item.value for item in app.warning)
    assert any("months 0, 3, 6, 9, 12." in item.value for item in app.warning)


def test_every_course_scrolls_in_its_own_box_on_a_narrow_screen(app: AppTest) -> None:
    rules = re.findall(r"st-key-(scroll_\w+)>\*\{min-width:770px\}", " ".join(i.proto.body for i in app.get("html")))
    assert len(rules) == len(charts(app)) == 4
    assert all(rule.isascii() for rule in rules)


def test_the_months_of_the_file_become_the_planned_visits_and_the_usual_ones_come_back(app: AppTest) -> None:
    patients = [f"P{who:02d}" for who in range(12)]
    visits = [
        f"{patient},{round(month * 30.4375)},{30 + month}" for patient in patients for month in (0, 1, 2, 4, 8, 18)
    ]
    app.switch_page("../pages/study.py").run()
    upload(
        app,
        ("patients.csv", "\n".join(["patient_id,age_years", *(f"{patient},50" for patient in patients)]).encode()),
        ("visits.csv", "\n".join(["patient_id,day,albumin_g_l", *visits]).encode()),
    )
    app.switch_page("../pages/labs.py").run()
    (warning,) = (item.value for item in app.warning if "planned visit" in item.value)
    assert "of 72 values count for no planned visit (months 0, 3, 6, 9, 12)" in warning
    assert "Months 2, 4, 9, 18 serve the file's visits; with these, 12 would be left out" in warning
    assert "12 of them from days 1 to 45, which belong to no visit" in warning
    assert "Month 18" not in tables(app)
    app.button(key="labs_file_months").click().run()
    assert "Month 18" in tables(app)
    assert not [item for item in app.warning if "planned visit" in item.value]
    captions = " ".join(item.value for item in app.caption)
    assert "Planned visits: months 0, 2, 4, 9, 18, not the usual 0, 3, 6, 9, 12." in captions
    app.button(key="labs_usual_months").click().run()
    assert "Month 18" not in tables(app)
    assert [button.key for button in app.button if button.key == "labs_file_months"] == ["labs_file_months"]


def test_every_figure_of_baseline_and_visit_scrolls_in_its_own_box_on_a_narrow_screen(app: AppTest) -> None:
    open_tab(app, "Baseline and visit")
    rules = [item.proto.body for item in app.get("html") if "min-width:360px" in item.proto.body]
    assert len(rules) == len(charts(app)) == 4


def test_values_left_out_without_a_proposal_say_why_there_is_none(app: AppTest) -> None:
    assert not [item for item in app.warning if "Planned visits" in item.value]
    app.switch_page("../pages/study.py").run()
    app.button(key="open_fsgs").click().run()
    app.switch_page("../pages/labs.py").run()
    plain = [item.value.replace("\\", "") for item in app.warning]
    warnings = [text for text in plain if text.startswith("Planned visits: months 0, 3, 6.")]
    assert len(warnings) == 1
    assert "No other planned visits are proposed: months to which a fifth of the patients still seen" in warnings[0]
    assert "fewer than 5 % more of the 397 values" in warnings[0]
