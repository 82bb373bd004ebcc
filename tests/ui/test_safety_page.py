"""Does each control of the adverse-events page change a named number?"""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.test_pages import ROOT, csv, go, tables, upload

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:streamlit.*")


@pytest.fixture
def app() -> AppTest:
    test = AppTest.from_file(str(ROOT / "ui" / "frame.py"), default_timeout=60).run()
    return go(test, "safety")


def test_only_filters_the_file_can_answer_are_offered(app: AppTest) -> None:
    assert app.pills(key="safety_flags").options == ["Serious", "Related"]  # the sample has no column led_to_stop


def test_controls_change_the_table(app: AppTest) -> None:
    assert "−1.7 (−16.9 to +16.2)" in tables(app)
    assert "4 % power" in tables(app)
    app.selectbox(key="safety_interval").set_value("miettinen_nurminen").run()
    assert "−1.7 (−17.4 to +16.5)" in tables(app)
    app.selectbox(key="safety_test").set_value("fisher").run()
    assert "&gt;0.99 (&gt;0.99)" in tables(app)
    app.segmented_control(key="safety_sort").set_value("name").run()
    text = tables(app)
    assert text.index("Gastrointestinal") < text.index("Headache") < text.index("Palpitations")
    app.toggle(key="safety_terms").set_value(False).run()
    assert "Herpes zoster" not in tables(app)
    app.number_input(key="first_day").set_value(400).run()
    assert "0/17: up to 20 %" in tables(app)  # of 34, who were followed until day 400
    assert "0/34" not in tables(app)
    assert not app.exception


def test_the_fsgs_sample_says_zero_with_its_upper_bound(app: AppTest) -> None:
    go(app, "study")
    app.button(key="open_fsgs").click().run()
    assert "0/14: up to 23 %" in tables(go(app, "safety"))
    app.segmented_control(key="empty_table").set_value("unknown").run()
    assert "0/14" not in tables(app)
    assert "not the same as no events" in app.info[0].value


def test_the_dictionarys_capitals_are_not_shouted_in_lists(app: AppTest) -> None:
    patients = ["patient_id,regimen_group", *(f"{arm}{n},{arm}" for arm in ("RTX", "TAC") for n in range(8))]
    events = ["patient_id,term,day", "RTX1,UPPER ABDOMINAL PAIN,10"]
    go(app, "study")
    upload(app, ("patients.csv", csv(patients)), ("adverse_events.csv", csv(events)))
    app.session_state["behind_summary"] = True
    go(app, "safety")
    listed = [option.strip() for option in app.selectbox(key="safety_row_summary").options]
    assert "Upper abdominal pain" in listed
    assert not [option for option in listed if option.isupper()]


def test_blank_cells_are_asked_about(app: AppTest) -> None:
    rows = ["patient_id,regimen_group,ae_tremor", *(f"A{n},RTX,{'yes' if n < 2 else ''}" for n in range(8))]
    rows += [f"B{n},TAC,no" for n in range(8)]
    go(app, "study")
    upload(app, ("wide.csv", csv(rows)))
    go(app, "safety")
    assert "2/2" in tables(app)
    app.segmented_control(key="blank").set_value("no").run()
    assert "2/8 (25 %) [2]" in tables(app)
    assert not app.segmented_control(key="blank").disabled
    assert [item.key for item in app.segmented_control if item.key == "empty_table"] == []  # the columns answer it


def test_the_patients_behind_a_number_are_listed(app: AppTest) -> None:
    app.session_state["behind_summary"] = True
    app.run()
    assert "Any adverse event, RTX+TAC: 6 of 34 patients" in tables(app)
    row = app.selectbox(key="safety_row_summary")
    row.set_value(("category", "infusion_reaction", "")).run()
    app.selectbox(key="safety_group_summary").set_value("RTX").run()
    text = tables(app)
    assert "Infusion reaction, RTX: 4 of 57 patients" in text
    assert text.count("SYN-R") == 4


def test_each_tab_shows_its_own_table_with_denominators(app: AppTest) -> None:
    app.session_state["safety_tabs"] = "Over time"
    app.run()
    text = tables(app)
    assert "RTX+TAC (n = 34)" in text
    assert "not estimable: no patient had more than one event" in text
    assert "Adverse events: patients with at least one" not in text  # only the open tab is made
    app.session_state["safety_tabs"] = "Rates and ratios"
    app.run()
    assert "[6/42.5]" in tables(app)
