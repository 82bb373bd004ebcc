"""Who is behind a point, who stopped being measured, and what did the paper print?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.cohort.samples import load_sample
from analysis.labs import describe_dropout, describe_trajectories, has_published, patients_behind, summaries_of
from analysis.options import LabsOptions
from analysis.study import StudySpec, View, select_view
from tests.cohorts import make_cohort

TWO = {"group_column": "regimen_group", "group_levels": ("RTX+TAC", "RTX"), "withdrawn": "excluded"}


@pytest.fixture(scope="module")
def view() -> View:
    return select_view(load_sample("imn"), StudySpec(**TWO, labs=LabsOptions(published=True)))


def test_the_patients_behind_a_point_are_those_of_its_summary(view: View) -> None:
    result = describe_trajectories(view, ("proteinuria_g_24h",))
    for visit in summaries_of(result.summary, "proteinuria_g_24h"):
        asked = {"group": visit.group, "month": visit.month}
        found = patients_behind(view, result, "proteinuria_g_24h", **asked)
        without = patients_behind(view, result, "proteinuria_g_24h", **asked, measured=False)
        assert sorted(found["patient_id"]) == sorted(visit.patient_ids)
        assert found["value"].is_monotonic_increasing
        assert len(found) + len(without) == visit.n_total
        assert without["value"].isna().all()
        assert not set(found["patient_id"]) & set(without["patient_id"])


def test_patients_are_split_by_whether_the_last_visit_has_a_value(view: View) -> None:
    result = describe_dropout(view, "proteinuria_g_24h")
    assert result.course.group_sizes == {
        "RTX+TAC: value at month 12": 31,
        "RTX+TAC: no value at month 12": 3,
        "RTX: value at month 12": 52,
        "RTX: no value at month 12": 5,
    }
    assert (result.n_without, result.n_total, result.month) == (8, 91, 12)
    assert result.course.part_of == ("RTX+TAC", "RTX+TAC", "RTX", "RTX")
    whole = describe_trajectories(view, ("proteinuria_g_24h",))
    counts = result.course.summary.groupby("month")["n_measured"].sum()
    assert counts.tolist() == whole.summary.groupby("month")["n_measured"].sum().tolist()
    last = [row for row in summaries_of(result.course.summary, "proteinuria_g_24h") if row.month == 12]
    assert [row.n_measured for row in last] == [31, 0, 52, 0]


def test_more_than_two_groups_are_split_together_and_nobody_lost_is_said() -> None:
    stages = StudySpec(group_column="mn_stage", group_levels=("I", "II", "III"))
    result = describe_dropout(select_view(load_sample("imn"), stages), "proteinuria_g_24h")
    assert result.course.groups == ("Value at month 12", "No value at month 12")
    assert result.course.part_of == ("", "")
    complete = describe_dropout(select_view(load_sample("imn"), StudySpec(**TWO)), "albumin_g_l")
    assert complete.n_without == 0
    assert complete.course.groups == ("RTX+TAC: value at month 12", "RTX: value at month 12")


def test_published_values_stand_beside_their_own_sample_only(view: View) -> None:
    result = describe_trajectories(view, ("proteinuria_g_24h", "albumin_g_l"))
    last = result.published.query("month == 12 and variable == 'proteinuria_g_24h'").set_index("group")
    assert last["value"].to_dict() == {"RTX+TAC": 1.45, "RTX": 3.36}  # published_imn.json, Table 2
    assert last["n"].to_dict() == {"RTX+TAC": 34, "RTX": 57}
    assert set(last["kind"]) == {"median"}
    off = describe_trajectories(replace(view, spec=StudySpec(**TWO)), ("proteinuria_g_24h",))
    assert off.published.empty
    other = make_cohort({"P1": {"regimen_group": "RTX"}}, [("P1", 0, {"albumin_g_l": 30.0})])
    assert not has_published(select_view(other, StudySpec(**TWO)))
    by_stage = StudySpec(group_column="mn_stage", group_levels=("I", "II"))
    assert not has_published(select_view(load_sample("imn"), by_stage))
