"""Which B-cell counts are used, and who is flagged, where CD19 and CD20 were both measured?"""

from __future__ import annotations

import pytest

from analysis.cohort.baseline_values import baseline_values
from analysis.cohort.canonical import load_cohort
from analysis.cohort.model import Cohort
from analysis.labs import available_labs
from analysis.outcomes.immunology import depletion_records, reconstitution_records
from analysis.outcomes.markers import marker_notes, markers_of_counts, mixed_patients, with_preferred_counts
from analysis.remission import describe_relapse
from analysis.study import StudySpec, select_view
from tests.analysis.test_clock import outcomes_of

SCHEDULE = (0.0, 3.0, 6.0, 9.0, 12.0)
SPAN = {"schedule": SCHEDULE, "horizon_months": 12.0}
ROWS = (  # A: CD20 says depleted at month 3 where CD19 says not; B: CD19 alone
    "A,0,200,CD20", "A,91,3,CD20", "A,91,9,CD19+", "A,183,2,CD19", "B,0,100,CD19", "B,91,2,CD19",
)  # fmt: skip


def cohort_of(*rows: str, patients: str = "A\nB") -> Cohort:
    visits = "\n".join(["patient_id,day,bcell_count_ul,bcell_marker", *rows])
    ids = [("patients.csv", f"patient_id\n{patients}\n".encode())]
    return load_cohort([*ids, ("visits.csv", visits.encode())], name="made for a test")


def test_the_marker_of_a_visit_is_kept() -> None:
    cohort = cohort_of(*ROWS)
    stated = cohort.visits[cohort.visits["variable"] == "bcell_marker"]
    assert stated["value"].tolist() == [1, 1, 0, 0, 0, 0]
    assert not [item for item in cohort.provenance.problems if item.column == "bcell_marker"]
    assert markers_of_counts(cohort.visits).tolist() == ["CD20", "CD20", "CD19", "CD19", "CD19", "CD19"]


def test_a_wide_table_gives_markers_too() -> None:
    wide = b"patient_id,bcell_count_ul_0,bcell_marker_0,bcell_count_ul_6,bcell_marker_6\nA,200,CD20,3,CD19\n"
    cohort = load_cohort([("patients.csv", wide)], name="made for a test")
    assert mixed_patients(cohort) == ("A",)


@pytest.mark.parametrize(("axis", "time"), [("nominal", 6.0), ("actual", 183 / 30.4375)])
def test_cd19_decides_where_a_visit_has_both(axis: str, time: float) -> None:
    found = depletion_records(cohort_of(*ROWS), time_axis=axis, **SPAN).set_index("patient_id")
    assert found.loc["A", "time"] == pytest.approx(time)
    alone = cohort_of(*(row for row in ROWS if "CD19+" not in row))
    early = depletion_records(alone, time_axis=axis, **SPAN).set_index("patient_id")
    assert early.loc["A", "time"] == pytest.approx(3.0, abs=0.02)


def test_cd20_before_treatment_stays() -> None:
    cohort = cohort_of("A,0,3,CD20", "A,0,80,CD19", "A,91,2,CD19")
    kept = with_preferred_counts(cohort, schedule=SCHEDULE, time_axis="nominal")
    assert kept is cohort


def test_mixed_markers_are_said_in_the_reason_of_depletion_and_reconstitution() -> None:
    cohort = cohort_of(*ROWS, "A,300,8,CD19")
    depletion = depletion_records(cohort, time_axis="nominal", **SPAN)
    assert depletion["reason"].tolist() == [
        "reached by month 6; B cells counted by CD19 and CD20", "reached by month 3"
    ]  # fmt: skip
    back = reconstitution_records(cohort, time_axis="nominal", **SPAN)
    assert back["reason"].str.endswith("by CD19 and CD20").tolist() == [True, False]


def test_the_page_of_relapse_warns_of_them() -> None:
    cohort = cohort_of(*ROWS)
    view = select_view(cohort, StudySpec())
    note = next(note for note in describe_relapse(view, outcomes_of(view)).notes if note.code == "MARKER")
    assert note.patient_ids == ("A",)
    assert note.text.startswith("1 of 2 patients had their B cells counted by CD19 and by CD20.")
    assert marker_notes(cohort, view.members["patient_id"].iloc[1:]) == ()


@pytest.mark.parametrize(
    ("rows", "markers"),
    [
        (("A,91,3,CD20", "A,91,9,"), ["CD20", "CD20"]),  # one marker stated for the day
        (("A,91,3,CD20", "A,91,,CD19", "A,91,9,", "A,91,7,"), ["", "", ""]),  # it cannot be told which is which
        (("A,91,3,unknown",), [""]),
        (("A,91,3,",), [""]),
    ],
)
def test_markers_that_do_not_match_the_counts(rows: tuple[str, ...], markers: list[str]) -> None:
    assert markers_of_counts(cohort_of(*rows).visits).tolist() == markers


def test_a_marker_is_no_laboratory_value() -> None:
    cohort = cohort_of(*ROWS)
    assert "bcell_marker" not in baseline_values(cohort, SCHEDULE)
    assert available_labs(select_view(cohort, StudySpec())) == ("bcell_count_ul",)
