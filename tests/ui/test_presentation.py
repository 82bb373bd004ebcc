"""The presentation view: the same study without controls, larger, from page to page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:streamlit.*")


def opened(**params: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "ui" / "frame.py"), default_timeout=60)
    for name, value in params.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def button(app: AppTest, label: str):
    return next(item for item in app.button if item.label == label)


def letters(app: AppTest) -> int:
    return json.loads(app.get("plotly_chart")[0].proto.spec)["layout"]["font"]["size"]


def test_a_room_gets_larger_letters_and_no_sidebar() -> None:
    app = opened()
    app.switch_page("../pages/remission.py").run()
    desk = letters(app)
    button(app, "Presentation view").click().run()
    assert letters(app) > desk
    assert not app.sidebar.multiselect
    assert app.query_params["present"] == "1"
    assert "4 of 6" in [item.value for item in app.markdown]
    button(app, "Leave").click().run()
    assert letters(app) == desk
    assert "present" not in app.query_params


def test_the_pages_are_walked_in_order_and_end() -> None:
    app = opened(present="1")
    assert button(app, "Back").disabled  # the Study page is before the first
    seen = []
    for _ in range(6):
        button(app, "Next").click().run()
        assert not app.exception
        seen.append(app.title[0].value)
    assert seen[0] == "Who is in the comparison, and who left?"
    assert seen[-1] == "Which adverse events occurred?"
    assert len(set(seen)) == 6
    assert button(app, "Next").disabled


def test_a_selection_stays_said_where_the_filters_are_hidden() -> None:
    everyone = opened(present="1")
    assert "Filters\\: none" in [item.value for item in everyone.caption]
    some = opened(present="1", filter="age_years~60:~")
    text = " ".join(item.value for item in some.caption)
    assert "≥ 60 years · 17 of 91" in text
    assert "Post hoc view" in text
