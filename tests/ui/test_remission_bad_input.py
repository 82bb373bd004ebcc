"""Uploads that carry little or nothing: every tab of the remission page, and the factors, answer or say why not."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.test_pages import ROOT, go, tables, upload
from tests.ui.test_remission_page import on_tab
from ui.words import REMISSION_TABS

ILL, WELL = "8.0,24", "0.1,42"
Course = list[tuple[str, str]]  # day and values of each visit
STAYS: Course = [("0", ILL), ("91", ILL), ("183", ILL), ("365", ILL)]
REMITS: Course = [("0", ILL), ("91", ILL), ("183", WELL), ("365", WELL)]
LEAVES: Course = [("0", ILL), ("91", ILL)]


def cohort(first: list[Course], second: list[Course]) -> dict[str, list[Course]]:
    return {"A": first, "B": second}


COHORTS = {
    "no events": cohort([STAYS] * 8, [STAYS] * 9),
    "events in one group only": cohort([REMITS] * 8, [STAYS] * 9),
    "everyone has it at one visit": cohort([REMITS] * 8, [REMITS] * 9),
    "everyone censored": cohort([LEAVES] * 8, [LEAVES] * 9),
    "all at one visit, before treatment": cohort([STAYS[:1]] * 8, [STAYS[:1]] * 9),
    "one patient": cohort([REMITS], []),
    "one patient in each group": cohort([REMITS], [STAYS]),
    "a day that is missing": cohort([REMITS] * 4 + [STAYS] * 4, [[("0", ILL), ("", WELL)]] * 3 + [STAYS] * 6),
    "a day before treatment": cohort([REMITS] * 4 + [STAYS] * 4, [[("0", ILL), ("-91", WELL)]] * 3 + [STAYS] * 6),
}


def files(groups: dict[str, list[Course]]) -> list[tuple[str, bytes]]:
    """Write an upload; sex has one level, age varies."""
    patients, visits = ["patient_id,regimen_group,age_years,sex"], ["patient_id,day,proteinuria_g_24h,albumin_g_l"]
    doses = ["patient_id,drug,start_day"]
    for group, courses in groups.items():
        for number, course in enumerate(courses):
            who = f"{group}{number:02d}"
            patients.append(f"{who},{group},{30 + 3 * number},male")
            doses.append(f"{who},RTX,0")
            visits += [f"{who},{day},{values},80,100" for day, values in course]
    visits[0] += ",scr_umol_l,egfr"
    named = {"patients.csv": patients, "visits.csv": visits, "doses.csv": doses}
    return [(name, "\n".join(rows).encode()) for name, rows in named.items()]


def said(app: AppTest) -> str:
    words = [item.value for kind in (app.markdown, app.caption, app.warning, app.info, app.error) for item in kind]
    return f"{tables(app)} {' '.join(words)}"


@pytest.mark.parametrize(
    ("name", "axis"), [*((name, "nominal") for name in COHORTS), *((name, "actual") for name in list(COHORTS)[-3:])]
)
def test_every_tab_answers_or_says_why(name: str, axis: str) -> None:
    app = AppTest.from_file(str(ROOT / "ui" / "frame.py"), default_timeout=120).run()
    upload(app, *files(COHORTS[name]))
    go(app, "remission")
    app.segmented_control(key="time_axis").set_value(axis).run()
    seen = {}
    for tab in REMISSION_TABS:
        on_tab(app, tab)
        if tab == "Sensitivity":
            app.toggle(key="sensitivity_on").set_value(True).run()
        assert not app.exception, (tab, [item.value for item in app.exception])
        seen[tab] = said(app)
    seen["factors"] = said(go(app, "factors"))
    for tab, text in seen.items():
        assert not re.search(r"\bnan\b|\binf\b|\bNone\b|\d[eE][-+]\d", text), (tab, text)
        if tab in ("Comparison", "factors"):
            assert "0.00 (0.00–" not in text, tab  # a hazard ratio of nothing
    ratios = re.findall(r"Hazard ratio, Cox \(Efron ties\)(.{60})", seen["Comparison"])
    if len(COHORTS[name]["A"]) > 4 and name.startswith(("no events", "everyone", "all", "events")):
        assert ratios, seen["Comparison"]
        assert "no ratio: fewer than 5 patients or 3 events" in ratios[0] or "not estimable" in ratios[0]
    constant = seen["factors"].replace("\\", "").partition("because only one value occurs: ")[2]
    assert "Sex" in constant.partition(".")[0]
