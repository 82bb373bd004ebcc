"""Do the baseline and the laboratory page hold five and eight groups of an uploaded study?"""

from __future__ import annotations

import json
import re

import pytest
from streamlit.testing.v1 import AppTest

from tests.cohorts import variant_files
from tests.ui.test_pages import ROOT, go, tables, upload

VARIANTS = ("Not otherwise specified", "Perihilar", "Tip", "Cellular", "Collapsing")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:streamlit.*")


def opened(n_groups: int) -> AppTest:
    app = AppTest.from_file(str(ROOT / "ui" / "frame.py"), default_timeout=60).run()
    upload(app, *variant_files(n_groups))
    if n_groups == 5:
        app.sidebar.selectbox(key="group_column").set_value("fsgs_variant").run()
    assert not app.exception
    return app


def heads(app: AppTest, place: int = 0) -> list[str]:
    return [
        re.sub(r"\s+", " ", cell)
        for cell in re.findall(r'scope="col"[^>]*>([^<]*)<', app.get("html")[place].proto.body)
    ]


def test_five_variants_stand_beside_each_other_at_baseline() -> None:
    app = go(opened(5), "baseline")
    app.toggle(key="baseline_p_values").set_value(True).run()
    assert heads(app) == [
        "Characteristic", "Overall, N = 46", "Collapsing, N = 5", "Cellular, N = 7", "Tip, N = 9", "Perihilar, N = 11",
        "Not otherwise specified, N = 14", "Largest SMD", "P", "Missing",
    ]  # fmt: skip
    assert "No test: a group has 5 known values, fewer than 8: Age at first rituximab" in tables(app)
    app.selectbox(key="baseline_row").set_value("sex").run()
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert len([trace for trace in figure["data"] if trace["meta"] == "bars"]) == 5


def test_five_variants_run_side_by_side_at_the_visits() -> None:
    app = go(opened(5), "labs")
    assert heads(app)[1:] == [
        "Collapsing, N = 5", "Cellular, N = 7", "Tip, N = 9", "Perihilar, N = 11", "Not otherwise specified, N = 14",
    ]  # fmt: skip
    assert "After the semicolon: measured / followed." in tables(app)
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    meta = [trace["meta"] for trace in figure["data"]]
    assert meta.count("ribbon") == 0
    points = [trace for trace in figure["data"] if trace["meta"] == "points"]
    first = [trace["x"][0] for trace in points]
    assert len(points) == 5
    assert first == sorted(first)
    assert len(set(first)) == 5
    assert all(len(trace["customdata"]) == len(trace["y"]) for trace in points)


def test_eight_arms_with_one_patient_in_the_last_still_open() -> None:
    app = go(opened(8), "baseline")
    assert len(heads(app)) == 1 + 1 + 8 + 1 + 1
    age = tables(app).split("Age at first rituximab (years), mean ± SD ")[1]
    assert age.startswith("43.4 ± 17.4 41.0 median 61.0 [41.0 to 62.0] ")  # one patient has no range
    app = go(app, "labs")
    assert len(heads(app)) == 9
    names = [note["text"] for note in json.loads(app.get("plotly_chart")[0].proto.spec)["layout"]["annotations"]]
    assert sum("Obinutuzumab" in text for text in names) == 2  # beside the curve and beside its counts
