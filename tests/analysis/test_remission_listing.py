"""Does the list behind the curves hold every member once, and agree with the risk table?"""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.remission import behind_point, list_patients
from analysis.remission.curves import ticks
from tests.analysis.test_remission_questions import described, sample, small


@pytest.mark.parametrize("choices", [{}, {"endpoint": "first_remission"}, {"time_axis": "actual"}])
def test_every_member_is_listed_once_and_the_counts_are_those_of_the_risk_table(choices) -> None:
    view, outcomes = sample(**choices)
    result = described(view, outcomes)
    listed = list_patients(view, result)
    assert sorted(listed["patient_id"]) == sorted(view.members["patient_id"])
    ends = result.risk_table[result.risk_table["label"] == "end"].set_index("group")
    found = listed.groupby(["group", "what"]).size()
    for group in view.groups:
        assert found[group].get("event", 0) == ends.loc[group, "n_event_before"]
        assert found[group].get("censored", 0) == ends.loc[group, "n_censor_before"]


def test_events_by_visit_are_those_of_the_published_design() -> None:
    view, outcomes = sample()
    listed = list_patients(view, described(view, outcomes))
    events = listed[listed["what"] == "event"].groupby(["group", "visit"]).size()
    assert events["RTX+TAC"].to_dict() == {6.0: 4, 9.0: 3, 12.0: 5}  # domain.md 5.1
    assert events["RTX"].to_dict() == {6.0: 4, 9.0: 3, 12.0: 7}


def test_a_click_gives_the_patients_of_its_step_and_nothing_else() -> None:
    view, result = small({"a": [(3, "event"), (6, "event"), (6, "competing")], "b": [(6, "event"), (12, "censored")]})
    listed = list_patients(view, result)
    groups = view.groups
    assert behind_point(listed, groups, [0, 6.0, "event"])["patient_id"].tolist() == ["a1"]
    assert behind_point(listed, groups, [0, 6.0, "competing"])["patient_id"].tolist() == ["a2"]
    assert behind_point(listed, groups, (1, 12.0, "censored"))["patient_id"].tolist() == ["b1"]
    for nothing in (None, ["P-1"], [9, 6.0, "event"], [0, 5.0, "event"]):
        assert behind_point(listed, groups, nothing).empty


def test_a_patient_outside_the_curves_is_listed_with_the_reason() -> None:
    view, outcomes = sample("fsgs", endpoint="relapse")
    listed = list_patients(view, described(view, outcomes))
    outside = listed[listed["what"] == "outside"]
    assert outside["patient_id"].tolist() == ["SYN-F14"]  # domain.md 5.5: the one without remission
    assert outside["reason"].tolist() == ["no remission to relapse from"]
    assert outside[["time", "visit"]].isna().to_numpy().all()


def test_times_fall_to_the_visit_by_which_they_happened() -> None:
    view, result = small({"a": [(0, "event"), (2.5, "event"), (3, "event"), (3.1, "event"), (12, "censored")]})
    visits = pd.Series(list_patients(view, result)["visit"])
    assert visits.tolist() == [3.0, 3.0, 3.0, 6.0, 12.0]
    assert set(visits) <= set(ticks(view))
