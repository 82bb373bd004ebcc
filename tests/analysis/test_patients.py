"""One patient down to the laboratory rows: which record decided which visit, and what came from another day."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.choices import propose_spec
from analysis.outcomes.derive import derive_outcomes
from analysis.outcomes.rules import PRESETS
from analysis.patients import NEARER, describe_patient
from analysis.study import select_view
from present.tables.patients import record_table, visit_table
from tests.cohorts import labs, make_cohort

URINE = {"proteinuria_g_24h": 0.2, "albumin_g_l": 40.0}
KIDNEY = {"scr_umol_l": 80.0, "egfr": 95.0}


def described(visits, *, time_axis="nominal"):
    cohort = make_cohort({"A": {}}, visits)
    spec = replace(propose_spec(cohort), rule=PRESETS["P1_2023"], time_axis=time_axis)
    outcomes = derive_outcomes(cohort, spec.rule, schedule=spec.schedule, time_axis=time_axis)
    return describe_patient(select_view(cohort, spec), outcomes, "A")


def used(result) -> dict[tuple[float, str], str]:
    return {(row.day, row.variable): row.used for row in result.records.itertuples()}


@pytest.mark.parametrize("time_axis", ["nominal", "actual"])
def test_kidney_function_of_another_day_is_marked(time_axis) -> None:
    result = described([("A", 0, labs(8.0)), ("A", 183, URINE), ("A", 200, KIDNEY)], time_axis=time_axis)
    remarks = [row.cells[-1] for row in visit_table(result).rows]
    assert remarks[0] == ""
    assert "creatinine and eGFR from day 200" in remarks[1]
    assert "183" not in remarks[1]


def test_kidney_function_from_outside_the_window_is_lent() -> None:
    result = described([("A", 0, labs(8.0)), ("A", 91, URINE), ("A", 131, KIDNEY), ("A", 183, labs(0.2))])
    assert [row.cells[-1] for row in visit_table(result).rows][1] == "creatinine and eGFR from day 131"


def test_every_record_says_which_visit_it_decided_or_why_none() -> None:
    early, first, second = labs(5.0), labs(4.0), labs(3.0)
    result = described([("A", 0, labs(8.0)), ("A", 20, early), ("A", 170, first), ("A", 190, second)])
    found = used(result)
    assert found[(0.0, "proteinuria_g_24h")] == "baseline"
    assert found[(20.0, "proteinuria_g_24h")] == "not used: outside the window of every planned visit"
    assert found[(170.0, "proteinuria_g_24h")] == NEARER
    assert found[(190.0, "proteinuria_g_24h")] == "month 6"
    assert len(result.records) == 16
    cells = [row.cells for row in record_table(result).rows]
    assert ("20", "24-h urine protein (g/24 h)", "5.00", "Not used: outside the window of every planned visit") in cells


def test_on_actual_days_every_record_after_treatment_decides_its_day() -> None:
    found = used(described([("A", 0, labs(8.0)), ("A", 20, labs(5.0)), ("A", 190, URINE)], time_axis="actual"))
    assert found[(0.0, "albumin_g_l")] == "baseline"
    assert found[(20.0, "proteinuria_g_24h")] == found[(190.0, "albumin_g_l")] == "the visit of that day"


def test_a_study_without_groups_names_none() -> None:
    assert visit_table(described([("A", 0, labs(8.0))])).title == "A"
