"""Does each value find its nominal visit, and does one value per patient, visit and variable remain?"""

from __future__ import annotations

import math

import pandas as pd
import pytest

from analysis.cohort.model import VISIT_COLUMNS
from analysis.cohort.visits import assign_visits, planned_day, visit_windows

SCHEDULE = (0.0, 3.0, 6.0, 9.0, 12.0)
NAN = math.nan


def kept(rows: list[tuple], index: list[int] | None = None) -> pd.DataFrame:
    """Assign values; a row holds (patient, day, value[, month, unscheduled])."""
    full = [
        (who, day, *(*more, *(NAN, False)[len(more) :]), "albumin_g_l", value, "") for who, day, value, *more in rows
    ]
    visits = pd.DataFrame(full, columns=VISIT_COLUMNS, index=index).astype({"day": float, "month": float})
    return assign_visits(visits, SCHEDULE)


def test_the_planned_day_is_that_of_the_visit_a_value_belongs_to() -> None:
    rows = [
        ("A", -3.0, NAN),
        ("A", 30.0, NAN),
        ("A", 100.0, NAN),
        ("A", 100.0, 6.0),
        ("A", 700.0, NAN),
        ("A", NAN, 12.0),
    ]
    columns = ["patient_id", "day", "month"]
    visits = pd.DataFrame(rows, columns=columns).assign(
        unscheduled=False, variable="albumin_g_l", value=1.0, qualifier=""
    )
    days = planned_day(visits, SCHEDULE)
    assert [None if math.isnan(day) else day for day in days] == [0, None, 91, 183, None, 365]


def test_windows_are_the_days_of_the_protocol() -> None:  # domain.md 1.2
    windows = visit_windows(SCHEDULE)
    assert windows["nominal_day"].tolist() == [0, 91, 183, 274, 365]
    assert windows["first_day"].tolist() == [-30, 46, 138, 229, 320]
    assert windows["last_day"].tolist() == [0, 137, 228, 319, 410]


@pytest.mark.parametrize(
    ("days", "best"),
    [([90, 120], 90), ([60, 100], 100), ([90, 92], 92), ([92, 90], 92), ([46, 80, 137], 80), ([91, NAN], 91)],
    ids=["nearer before", "nearer after", "tie, later second", "tie, later first", "three", "a day beats none"],
)
def test_of_several_records_the_nearest_is_kept_and_on_a_tie_the_later(days: list[float], best: float) -> None:
    found = kept([("P1", day, place, 3.0 if math.isnan(day) else NAN) for place, day in enumerate(days)])
    assert found["day"].tolist() == [best]
    assert found["nominal_month"].tolist() == [3.0]


def test_other_patients_visits_and_variables_are_no_rivals() -> None:
    rows = [("P2", 91, 1), ("P1", 91, 2), ("P1", 183, 3), ("P1", 100, 4), ("P2", 365, 5)]
    found = kept(rows)
    assert found["value"].tolist() == [1, 2, 3, 5]
    assert found["nominal_month"].tolist() == [3, 3, 6, 12]
    assert found.columns.tolist() == [*VISIT_COLUMNS, "nominal_month"]


def test_early_unscheduled_and_outside_values_have_no_visit() -> None:
    found = kept([("P1", 20, 1), ("P1", 183, 2, NAN, True), ("P1", 411, 3), ("P1", -31, 4), ("P1", -30, 5)])
    assert found["value"].tolist() == [5]


def test_the_visit_the_file_names_counts_before_the_day() -> None:
    found = kept([("P1", 120, 1, 6.0), ("P1", 183, 2, 2.0)])
    assert found["nominal_month"].tolist() == [6.0]
    assert found["day"].tolist() == [183]  # both count for month 6, the second is on its day


def test_rows_keep_their_order_and_their_index() -> None:
    found = kept([("P2", 91, 1), ("P1", 92, 2), ("P1", 91, 3), ("P1", 0, 4)], index=[7, 3, 3, 5])
    assert found.index.tolist() == [7, 3, 5]
    assert found["value"].tolist() == [1, 3, 4]


def test_nothing_in_gives_nothing_out() -> None:
    assert kept([]).columns.tolist() == [*VISIT_COLUMNS, "nominal_month"]
    assert kept([("P1", NAN, 1)]).empty
