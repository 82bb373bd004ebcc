"""Follow-up is the time under observation with death as censoring, and a visit is reached by contact."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.choices import propose_spec
from analysis.cohort.followup import describe_follow_up, reached_visits
from analysis.cohort.samples import load_sample
from analysis.safety import compare_adverse_events
from analysis.study import StudySpec, select_view
from tests.cohorts import make_cohort

ORACLES = Path(__file__).parents[2] / "oracles"
SPEC = StudySpec(schedule=(0.0, 6.0, 12.0))


def view_of(months: list[float | None], died: tuple[int, ...] = ()):
    patients = {f"P{place}": {"followup_months": value, "sex": "male"} for place, value in enumerate(months)}
    return select_view(make_cohort(patients, [], events=[(f"P{place}", "death", 1.0) for place in died]), SPEC)


def test_reverse_kaplan_meier_agrees_with_r() -> None:
    """The end of observation is the event: the oracle's curves with event and censoring exchanged."""
    data = pd.read_csv(ORACLES / "followup.csv")
    for name, part in data.groupby("set"):
        view = view_of(part["months"].tolist(), tuple(np.flatnonzero(part["died"])))
        row = describe_follow_up(view).rows.iloc[0]
        expected = part[["median", "low", "high"]].iloc[0].to_numpy(dtype=float)
        found = row[["median_followup_months", "conf_low", "conf_high"]].to_numpy(dtype=float)
        assert found == pytest.approx(expected, rel=1e-8, nan_ok=True), name
        assert row["n_deaths"] == part["died"].sum()


def test_death_is_censoring_so_the_median_is_not_that_of_the_times() -> None:
    row = describe_follow_up(view_of([1, 2, 3, 24, 30], died=(0, 1, 2))).rows.iloc[0]
    assert row["median_followup_months"] == 27.0  # half of those alive end at 24: midpoint to the next end, 30
    assert (row["minimum"], row["maximum"], row["patient_years"]) == (1, 30, 5.0)


def test_unknown_follow_up_is_counted_with_ids() -> None:
    row = describe_follow_up(view_of([12, None, 24])).rows.iloc[0]
    assert (row["n"], row["n_followup"], row["patient_ids_missing"]) == (3, 2, ("P1",))
    assert row["patient_years"] == 3.0


@pytest.mark.parametrize(
    ("view", "reason"),
    [
        (view_of([None, None]), "not estimable: follow-up is not recorded"),
        (view_of([5.0], died=(0,)), "not reached"),
        (
            select_view(
                make_cohort({"A": {"sex": "male"}}, []), StudySpec(group_column="sex", group_levels=("female",))
            ),
            "not estimable: no patients",
        ),
    ],
)
def test_no_median_has_a_reason(view, reason) -> None:
    row = describe_follow_up(view).rows.iloc[0]
    assert np.isnan(row["median_followup_months"])
    assert row["reason"] == reason


def test_safety_and_cohort_page_say_the_same() -> None:
    cohort = load_sample("imn")
    view = select_view(cohort, propose_spec(cohort))
    ours, theirs = describe_follow_up(view).rows, compare_adverse_events(view).denominators
    pd.testing.assert_frame_equal(ours[theirs.columns], theirs)
    assert ours["n"].tolist() == [38, 60]


def test_a_visit_is_reached_by_a_contact_on_or_after_the_first_day_of_its_window() -> None:
    cohort = make_cohort(
        {name: {"sex": "male"} for name in "ABCDEF"} | {"E": {"sex": "male", "followup_months": 12.0}},
        [("A", 0, {"albumin_g_l": 30.0}), ("B", 274, {"albumin_g_l": 30.0}), ("C", 275, {"albumin_g_l": 30.0})],
        events=[("D", "last_contact", 92.0), ("F", "lost", 91.0)],
    )
    reached = reached_visits(select_view(cohort, SPEC))
    assert reached.columns.tolist() == [0.0, 6.0, 12.0]  # windows from day -30, 92 and 275
    assert reached.to_numpy().tolist() == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
        [True, True, False],
        [True, True, True],
        [True, False, False],
    ]
