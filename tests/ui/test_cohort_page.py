"""The cohort page through the frame: the flow of the paper, the switch, overlap, and files that say little."""

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
    assert not test.exception
    return cohort_page(test)


def cohort_page(app: AppTest) -> AppTest:
    app.switch_page("../pages/cohort.py").run()
    assert not app.exception, [item.value for item in app.exception]
    return app


def upload(app: AppTest, *rows: str, name: str = "x.csv") -> AppTest:
    app.switch_page("../pages/study.py").run()
    app.file_uploader[0].upload(name, "\n".join(rows).encode(), "text/csv").run()
    return cohort_page(app)


def tables(app: AppTest) -> str:
    text = re.sub(r"<[^>]+>", " ", " ".join(item.proto.body for item in app.get("html")))
    return re.sub(r"\s+", " ", text)


def box(app: AppTest, name: str) -> str:
    layout = json.loads(app.get("plotly_chart")[0].proto.spec)["layout"]
    return next(note["text"] for note in layout["annotations"] if note.get("name") == name)


def said(app: AppTest) -> str:
    return " ".join(item.value for item in app.markdown)


def test_the_flow_of_the_paper(app: AppTest) -> None:
    assert [item.value for item in app.title] == ["Who is in the comparison, and who left?"]
    assert [box(app, f"analysed {group}") for group in ("RTX+TAC", "RTX")] == [
        "<b>Analysed: 34</b>",
        "<b>Analysed: 57</b>",
    ]
    text = tables(app)
    assert "Screened 107" in text
    assert "Included 98 38 60" in text
    assert "4/38 (11 % [3 to 25]) 3/60 (5 % [1 to 14])" in text
    assert "P = 0.43" in text
    assert "13.5 (13.0–16.0)" in text
    assert "7 patients who left after treatment began are excluded" in said(app)


def test_the_switch_analyses_the_withdrawn_and_takes_the_caution_away(app: AppTest) -> None:
    app.sidebar.toggle(key="withdrawn").set_value(True).run()
    assert box(app, "analysed RTX") == "<b>Analysed: 60</b><br>3 of them left early"
    assert "analysed until they left" in box(app, "withdrawn RTX")
    assert "are excluded" not in said(app)
    assert "Analysed 98 38 60" in tables(app)


def test_a_filter_adds_its_step(app: AppTest) -> None:
    assert "What each filter leaves" not in tables(app)
    app.sidebar.selectbox(key="new_filter").set_value("sex").run()
    app.sidebar.pills(key="filter_sex").set_value(["male"]).run()
    assert "What each filter leaves" in tables(app)
    assert "Sex: Male, missing kept 9 25 14 43" in tables(app)  # men per group: domain.md 5.1


def test_one_group(app: AppTest) -> None:
    app.sidebar.selectbox(key="group_column").set_value(None).run()
    assert box(app, "analysed All patients") == "<b>Analysed: 91</b>"
    assert "Fisher" not in tables(app)


def test_the_fsgs_sample_says_what_its_file_does_not(app: AppTest) -> None:
    app.switch_page("../pages/study.py").run()
    app.button(key="open_fsgs").click().run()
    cohort_page(app)
    assert box(app, "screened") == "<b>In the file: 14</b>"
    assert "does not say who was screened" in said(app)
    assert "5.0 (3.0–13.0)" in tables(app)  # median follow-up 5 months: domain.md 4.5, F10


def test_overlap_is_a_banner_with_the_choice(app: AppTest) -> None:
    assert [item.value for item in app.warning] == []
    people = ["patient_id,regimen_group,age_years", "A,RTX,40", "B,RTX,50", "C,RTX+TAC,60"]
    app.switch_page("../pages/study.py").run()
    doses = "patient_id,drug,start_day\nA,RTX,0\nA,TAC,200\nB,RTX,0\nC,TAC,60\n"
    app.file_uploader[0].upload("patients.csv", "\n".join(people).encode(), "text/csv")
    app.file_uploader[0].upload("doses.csv", doses.encode(), "text/csv").run()
    cohort_page(app)
    (warning,) = app.warning
    assert "1 of 2 patients of RTX also had tacrolimus" in warning.value
    assert "count once" in warning.value


def test_three_patients_without_visits(app: AppTest) -> None:
    upload(app, "patient_id,regimen_group,age_years", "A,RTX,40", "B,RTX,", "C,TAC,60")
    assert box(app, "analysed TAC") == "<b>Analysed: 1</b>"
    assert any("no laboratory values" in item.value for item in app.info)
    assert "not estimable: follow-up is not recorded" in tables(app)
    assert "1 / 2 (1 missing)" in tables(app)


def test_the_wide_figures_scroll_on_a_narrow_screen(app: AppTest) -> None:
    styles = [item.proto.body for item in app.get("html") if "<style>" in item.proto.body]
    assert [re.findall(r"min-width:(\d+)px", style) for style in styles] == [["680"], ["760"]]
    assert all("overflow-x:auto" in style for style in styles)
