"""Every page through the frame: it opens, each control changes a named number, empty states say why."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from analysis.cohort.samples import sample_files
from analysis.cohort.template import template_workbook

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    "definitions": "What counts as remission?",
    "patients": "Why does this patient have this status?",
    "baseline": "Who was treated?",
    "labs": "How did the laboratory values run?",
    "remission": "Who went into remission, and when?",
    "safety": "Which adverse events occurred?",
}

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:streamlit.*")


@pytest.fixture
def app() -> AppTest:
    test = AppTest.from_file(str(ROOT / "ui" / "frame.py"), default_timeout=60).run()
    assert not test.exception
    return test


def go(app: AppTest, page: str) -> AppTest:
    app.switch_page(f"../pages/{page}.py").run()
    assert not app.exception, [item.value for item in app.exception]
    return app


def tables(app: AppTest) -> str:
    """All tables of the page as text, tags removed."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", " ".join(item.proto.body for item in app.get("html"))))


def chart(app: AppTest, number: int = 0) -> dict:
    return json.loads(app.get("plotly_chart")[number].proto.spec)


def sidebar_text(app: AppTest) -> str:
    return " ".join(item.value for item in app.sidebar.markdown)


@pytest.mark.parametrize("page", PAGES)
def test_each_page_opens_with_the_sample(app: AppTest, page: str) -> None:
    go(app, page)
    assert [item.value for item in app.title] == [PAGES[page]]
    text = " ".join(item.value for item in app.markdown)
    assert "**RTX\\+TAC** 34 · **RTX** 57" in text
    assert "SYNTHETIC" in text
    assert tables(app)


def test_golden_values_are_on_the_screen(app: AppTest) -> None:
    text = tables(go(app, "remission"))
    for value in ("37.13 % (22.97 to 56.20)", "26.39 % (16.54 to 40.50)", "P = 0.27.", "9 (6, 12)", "10.5 (6, 12)"):
        assert value in text
    app.selectbox(key="endpoint").set_value("first_remission").run()
    text = tables(app)
    for value in ("87.06 % (73.17 to 95.83)", "65.87 % (53.52 to 77.88)", "P = 0.040"):
        assert value in text


def test_fsgs_sample_shows_nine_and_four(app: AppTest) -> None:
    app.button(key="open_fsgs").click().run()
    text = tables(go(app, "remission"))
    assert re.search(r"Complete remission\s+9/14", text)
    assert re.search(r"Partial remission\s+4/14", text)
    assert app.query_params["study"] == ["fsgs"] or app.query_params["study"] == "fsgs"


def test_rule_changes_the_curve(app: AppTest) -> None:
    go(app, "remission")
    before = tables(app)
    app.selectbox(key="rule").set_value("KDIGO2021_ADULT").run()
    assert "37.13 %" in before
    assert tables(app) != before


def test_group_column_and_reference(app: AppTest) -> None:
    app.sidebar.selectbox(key="reference_group").set_value("RTX+TAC").run()
    assert "RTX − RTX+TAC" in tables(go(app, "remission"))
    app.sidebar.selectbox(key="group_column").set_value("mn_stage").run()
    assert app.sidebar.multiselect(key="group_levels").value == ["III", "II", "I"]
    assert "(N = 66)" in tables(app)
    app.sidebar.selectbox(key="group_column").set_value(None).run()
    assert "(N = 91)" in tables(app)


def test_filter_counts_agree_on_every_page_and_survive_page_changes(app: AppTest) -> None:
    app.sidebar.selectbox(key="new_filter").set_value("age_years").run()
    assert "91 now / 91 in total" in sidebar_text(app)
    app.sidebar.slider(key="filter_age_years").set_value((30.0, 50.0)).run()
    now = int(re.search(r"(\d+) now / 91 in total", sidebar_text(app)).group(1))
    assert 0 < now < 91
    for page in PAGES:
        go(app, page)
        line = next(item.value for item in app.main.markdown if "RTX\\+TAC" in item.value)
        assert sum(int(n) for n in re.findall(r"\*\* (\d+)", line)) == now
        assert f"{now} now / 91 in total" in sidebar_text(app)
    app.sidebar.button(key="remove_age_years").click().run()
    assert "91 now / 91 in total" in sidebar_text(app)


def test_each_new_selection_is_counted_and_called_post_hoc(app: AppTest) -> None:
    def said() -> list[str]:
        return [item.value for item in app.sidebar.caption if "Post hoc view" in item.value]

    app.sidebar.selectbox(key="new_filter").set_value("age_years").run()
    assert said() == []  # a filter that keeps everyone has selected nobody
    app.sidebar.slider(key="filter_age_years").set_value((30.0, 60.0)).run()
    assert "so far: 1" in said()[0]
    app.sidebar.slider(key="filter_age_years").set_value((30.0, 55.0)).run()
    assert "so far: 2; by chance alone about 0.1 of 2 comparisons" in said()[0]
    app.sidebar.slider(key="filter_age_years").set_value((30.0, 60.0)).run()
    assert "so far: 2" in said()[0]  # seen before


def test_withdrawn_patients_can_be_analysed(app: AppTest) -> None:
    go(app, "remission")
    app.sidebar.toggle(key="withdrawn").set_value(True).run()
    assert "98 now / 98 in total" in sidebar_text(app)
    assert not app.exception


def test_a_link_restores_groups_filters_and_endpoint(app: AppTest) -> None:
    app.sidebar.selectbox(key="new_filter").set_value("sex").run()
    app.sidebar.pills(key="filter_sex").set_value(["male"]).run()
    go(app, "remission")
    app.selectbox(key="endpoint").set_value("first_remission").run()
    again = AppTest.from_file(str(ROOT / "ui" / "frame.py"), default_timeout=60)
    for name, value in app.query_params.items():
        again.query_params[name] = value
    again.run()
    go(again, "remission")
    assert "68 now / 91 in total" in sidebar_text(again)
    assert again.selectbox(key="endpoint").value == "first_remission"
    assert tables(again) == tables(app)


@pytest.mark.parametrize("page", PAGES)
def test_a_filter_that_leaves_nobody_says_so(app: AppTest, page: str) -> None:
    app.sidebar.selectbox(key="new_filter").set_value("sex").run()
    app.sidebar.pills(key="filter_sex").set_value([]).run()
    go(app, page)
    assert "No patient is left" in app.warning[0].value
    assert "Sex" in app.warning[0].value


def test_an_unknown_study_in_a_link_is_said() -> None:
    app = AppTest.from_file(str(ROOT / "ui" / "frame.py"), default_timeout=60)
    app.query_params["study"] = "nonsense"
    app.run()
    assert "names a study this program does not have" in app.info[0].value


def test_a_link_to_an_uploaded_file_asks_for_the_file() -> None:
    app = AppTest.from_file(str(ROOT / "ui" / "frame.py"), default_timeout=60)
    app.query_params["study"] = "file"
    app.query_params["endpoint"] = "first_remission"
    app.run()
    go(app, "remission")
    assert "not in memory" in app.warning[0].value
    go(app, "study")
    upload(app, *(("x.csv", content) for name, content in sample_files("imn") if name == "patients.csv"))
    assert app.query_params["endpoint"] in ("first_remission", ["first_remission"])


def upload(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    for name, content in files:
        app.file_uploader[0].upload(name, content, "application/octet-stream")
    app.run()
    assert not app.exception, [item.value for item in app.exception]
    return app


def test_upload_replaces_the_sample(app: AppTest) -> None:
    upload(app, ("template.xlsx", template_workbook()))
    assert app.query_params["study"] in ("file", ["file"])
    assert "template.xlsx" in sidebar_text(app)
    for page in PAGES:
        go(app, page)


BAD_FILES = {
    "nothing.csv": b"",
    "notes.xlsx": b"%PDF-1.7 nothing to see",
    "header.csv": b"patient_id,regimen_group,age_years\n",
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_gets_a_sentence_and_the_open_study_stays(app: AppTest, name: str) -> None:
    upload(app, (name, BAD_FILES[name]))
    assert len(app.error) == 1
    assert len(app.error[0].value) > 40
    assert "Traceback" not in app.error[0].value
    assert "91 now / 91 in total" in sidebar_text(app)


def csv(rows: list[str]) -> bytes:
    return "\n".join(rows).encode()


SMALL = {
    "no group column": ["patient_id,age_years,sex", "A,40,male", "B,50,female"],
    "a group of one": ["patient_id,regimen_group,age_years", "A,RTX,40", "B,RTX,50", "C,TAC,60"],
    "one patient": ["patient_id,regimen_group,age_years", "A,RTX,40"],
    "no events": [
        "patient_id,regimen_group,proteinuria_g_24h_0,proteinuria_g_24h_6,albumin_g_l_0,albumin_g_l_6",
        "A,RTX,8,8,20,20",
        "B,RTX,8,8,20,20",
        "C,RTX+TAC,8,8,20,20",
    ],
    "all missing": ["patient_id,regimen_group,albumin_g_l_0", "A,RTX,NA", "B,RTX+TAC,NA"],
    "markup in names": [
        "patient_id,regimen_group,age_years",
        "A,<b>*RTX*</b> [x](http://a.b) $1$,40",
        "B,=1+1 :red[y] ![](http://c.d),50",
    ],
}


@pytest.mark.parametrize("name", SMALL)
def test_degenerate_files_open_and_every_page_draws(app: AppTest, name: str) -> None:
    upload(app, ("small.csv", csv(SMALL[name])))
    assert not app.error, [item.value for item in app.error]
    needs_urine = {"remission", "definitions"} if name != "no events" else set()
    for page in PAGES:
        go(app, page)
        said = [item.value for item in app.error]
        assert [re.search("reads 24\\\\-h urine protein", text) is not None for text in said] == [True] * (
            page in needs_urine
        )


def test_duplicated_ids_are_listed_not_counted_twice(app: AppTest) -> None:
    upload(app, ("dup.csv", csv(["patient_id,regimen_group,age_years", "A,RTX,40", "A,RTX,41", "B,TAC,50"])))
    assert "2 now / 2 in total" in sidebar_text(app)
    problems = app.dataframe[0].value
    assert problems["message"].str.contains("A").any()


def test_definitions_page_switches_the_rule_and_says_what_changes(app: AppTest) -> None:
    go(app, "definitions")
    assert "In another class" in tables(app)
    assert any("KDIGO 2021, adult" in item.value for item in app.markdown)
    app.selectbox(key="switch_pr_logic").set_value("and").run()
    assert not app.exception
    assert "modified" in tables(app)
    assert app.query_params["switches"] in ("pr_logic-1", ["pr_logic-1"])
    text = tables(go(app, "remission"))
    assert "37.13 %" in text


def test_patient_page_explains_each_status(app: AppTest) -> None:
    go(app, "patients")
    app.selectbox(key="patient").set_value("SYN-R57").run()
    assert not app.exception
    text = tables(app)
    assert "SYN-R57, group RTX" in text
    assert "urine protein &lt; 0.3" in text or "urine protein < 0.3" in text


def test_a_rule_without_its_measure_is_refused_with_a_sentence(app: AppTest) -> None:
    go(app, "remission")
    app.selectbox(key="rule").set_value("P2_2023").run()
    assert not app.exception
    assert "reads Urine protein/creatinine" in app.error[0].value


def test_the_problem_list_can_be_downloaded_and_is_disarmed() -> None:
    from ui.show import problems_csv

    problems = pd.DataFrame({"value": ["=1+1", "plain"], "row": [2, 3]})
    text = problems_csv(problems).decode("utf-8-sig")
    assert "'=1+1" in text
    assert "plain" in text
