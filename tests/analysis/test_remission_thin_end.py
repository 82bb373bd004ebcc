"""On actual days no value is read where few are left because most were last seen shortly before: every reader."""

from __future__ import annotations

import ast
import math
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.cohort.visits import nominal_day
from analysis.estimators.survival import estimate_curve
from analysis.remission import (
    compare_groups,
    compare_settings,
    describe_landmark,
    describe_partial,
    estimate_effects,
    estimate_intervals,
)
from analysis.remission.curves import median_read, values_at_visits
from analysis.remission.thin_end import WITHHELD, last_read
from present.tables.remission import median_table
from present.tables.remission_comparison import losses_table
from present.tables.remission_effects import box_lines, effects_table
from tests.analysis.test_remission_questions import described, sample, small

ROOM = Path(__file__).resolve().parents[2] / "analysis" / "remission"
CAUSE = "4 of 34 still at risk, most were last seen shortly before; use planned visits"


@pytest.fixture(scope="module")
def imn():
    view, outcomes = sample(time_axis="actual", endpoint="complete_remission")
    return view, outcomes, described(view, outcomes)


def test_the_value_the_difference_and_the_number_needed_are_withheld(imn) -> None:
    view, _, result = imn
    at_12 = result.landmarks.query("time == 12").set_index("group")
    assert at_12["estimate"].isna().all()
    assert at_12.loc["RTX+TAC", "reason"] == f"{WITHHELD}: {CAUSE}"
    for rows in (result.differences, estimate_effects(view, result).needed):
        last = rows.query("time == 12").iloc[0]
        assert last["reason"].startswith(WITHHELD)
        assert math.isnan(last["conf_low"])
    assert result.landmarks.query("time == 9")["estimate"].notna().all()
    assert result.curves.groupby("group")["is_read"].agg(lambda read: bool(read.iloc[-1])).tolist() == [False, False]
    codes = [note.code for note in result.notes]
    assert codes.count("ACTUAL-DAYS") == 1


def test_the_median_is_not_read_off_a_thin_end(imn) -> None:
    medians = imn[2].medians.set_index("group")
    assert medians[["estimate", "conf_low", "conf_high"]].isna().all().all()
    assert medians.loc["RTX+TAC", "reason"] == f"{WITHHELD}: {CAUSE}"


def test_the_fixed_time_test_is_refused(imn) -> None:
    fixed = compare_groups(*imn[::2]).tests.set_index("test").loc["fixed-time"]
    assert math.isnan(fixed["p_value"])
    assert fixed["reason"] == f"{WITHHELD}: {CAUSE} (RTX+TAC)"


def test_landmark_partial_turnbull_and_sensitivity_are_withheld(imn) -> None:
    view, outcomes, result = imn
    landmark, partial = describe_landmark(view, result), describe_partial(view, outcomes)
    between = estimate_intervals(view, result, replicates=5)
    ends = {
        "landmark": landmark.values.query("month == 12")["estimate"],
        "landmark difference": landmark.differences.query("month == 12")["estimate"],
        "best response": partial.incidence.query("time == 12")["estimate"],
        "first minus complete": partial.differences.query("time == 12")["estimate"],
        "turnbull": between.values.query("time == 12")["estimate"],
        "step": between.values.query("time == 12")["step_estimate"],
    }
    assert {name for name, values in ends.items() if len(values) and values.isna().all()} == set(ends)
    for found in (landmark, partial, between):
        assert "ACTUAL-DAYS" in {note.code for note in found.notes}
    own = compare_settings(view).rows.query("setting == 'own'").iloc[0]
    assert own[["group_estimate", "reference_estimate", "estimate"]].isna().all()


def test_planned_visits_are_read_to_the_end() -> None:
    view, outcomes = sample(endpoint="complete_remission")
    result = described(view, outcomes)
    at_12 = result.landmarks.query("time == 12").set_index("group")["estimate"]
    assert at_12.round(4).tolist() == [0.3713, 0.2639]  # domain.md 5.1
    assert result.curves["is_read"].all()
    assert "ACTUAL-DAYS" not in {note.code for note in result.notes}


@pytest.mark.parametrize(
    ("shape", "read"),
    [
        ([(11.0, False)] * 16 + [(11.5, True)] * 4, False),  # 4 left, 16 last seen shortly before
        ([(11.0, False)] * 15 + [(11.5, True)] * 5, True),  # 5 left
        ([(6.0, True)] * 12 + [(11.0, False)] * 4 + [(11.5, True)] * 4, False),  # 4 left, as many last seen
        ([(2.0, False)] * 16 + [(11.5, True)] * 4, True),  # 4 left, the others last seen long before
        ([(6.0, True)] * 16 + [(11.5, True)] * 4, True),  # 4 left, the others have reached it
        ([(11.0, False)] * 60 + [(11.5, True)] * 6, False),  # fewer than 10 % left
    ],
)
def test_a_thin_end_needs_few_left_and_more_last_seen_shortly_before(shape, read: bool) -> None:
    view = replace_axis(small({"a": [(3, "event")] * 5})[0])
    curve = estimate_curve([time for time, _ in shape], [event for _, event in shape])
    assert math.isinf(last_read(view, curve)) is read
    assert values_at_visits(view, curve, [12.0])["estimate"].notna().tolist() == [read]
    assert math.isinf(last_read(replace_axis(view, "nominal"), curve))


def replace_axis(view, axis: str = "actual"):
    return replace(view, spec=replace(view.spec, time_axis=axis))


def test_nothing_but_the_reader_reads_a_curve() -> None:
    """A value read with ``value_at`` elsewhere would miss the guard; ``compare_at`` is guarded in one place."""
    readers = {"value_at", "difference_at", "differences_over", "median_time"}
    found = {
        path.name
        for path in ROOM.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and readers & {name.name for name in node.names}
    }
    assert found == {"curves.py"}


def test_a_group_under_five_has_no_median() -> None:
    view, result = small({"a": [(3, "event"), (3, "event"), (12, "censored"), (12, "censored")]})
    assert result.medians["reason"].tolist() == ["not shown: fewer than 5 patients"]
    assert result.medians[["estimate", "conf_low", "conf_high"]].isna().all().all()
    assert result.landmarks["estimate"].isna().all()
    assert median_table(result).rows[0].cells[1] == "not shown: fewer than 5 patients"
    assert median_read(view, estimate_curve([3, 3, 12, 12, 12], [1, 1, 1, 0, 0])).estimate == 12.0


# ---------------------------------------------------------------- the month that was used, the landmark


@pytest.mark.parametrize("horizon", [24.0, 600.0])
def test_the_month_used_is_named_not_the_horizon(horizon: float) -> None:
    view, outcomes = sample(endpoint="first_remission", horizon_months=horizon)
    result = described(view, outcomes)
    effects = estimate_effects(view, result)
    assert effects.horizon == 12.0
    labels = {row.cells[0] for row in effects_table(effects).rows}
    assert "Mean months without it (RMST), to month 12" in labels
    assert any("RMST difference to month 12:" in line for line in box_lines(result, effects))
    tests = compare_groups(view, result).tests.set_index("test")
    assert tests.loc["fixed-time", "method"] == "complementary log-log comparison at month 12"
    assert "best response by month 12," in describe_partial(view, outcomes).method.sentence


def test_who_enters_after_the_landmark_does_not_start_there() -> None:
    view, outcomes = sample(time_axis="actual", remission={"time_zero": "biopsy", "landmark_month": 3.0})
    result = described(view, outcomes)
    landmark = describe_landmark(view, result)
    own, start = result.records[result.records["at_risk"]], nominal_day(3.0) / 30.4375
    staying = own[own["time"] > start]
    losses = landmark.losses
    assert losses["n_left"].sum() == (staying["entry"] <= start).sum()
    assert losses["n_late"].sum() == (staying["entry"] > start).sum() > 0
    assert losses[["n_event", "n_competing", "n_censor", "n_left", "n_late"]].sum(axis=1).equals(losses["n"])
    table = losses_table(landmark)
    assert [column.label for column in table.columns][1] == "Patients"
    assert table.columns[-1].label == "Enter later"


def test_a_landmark_with_few_patients_says_so() -> None:
    view, result = small({"a": [(2, "event")] * 4 + [(6, "event"), (12, "censored"), (12, "censored")] * 2})
    notes = {note.code: note.text for note in describe_landmark(view, result).notes}
    assert notes["W-01"].startswith("a from month 3 on: very small numbers, 2 of 6 reached it.")


def test_one_patient_is_not_patients_and_an_ended_curve_is_a_sentence() -> None:
    rows = [(3, "event")] * 3 + [(3, "competing")] + [(3, "censored")] * 6
    view, result = small({"a": rows})
    (note,) = [note for note in estimate_intervals(view, result, replicates=5).notes if note.code == "COMPETING"]
    assert note.text.startswith("1 patient had a competing event; it ends")
    assert [note.text for note in result.notes if note.code == "W-04"] == [
        "a: none of 10 is still at risk at month 6, so the curve ends before it."
    ]
    assert "log–log intervals of the share without the event" in result.method.sentence
