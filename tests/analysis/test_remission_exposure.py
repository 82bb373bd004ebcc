"""Tacrolimus as an exposure that begins during follow-up: the sample, and files that do not say when it began."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.remission import describe_exposure, describe_remission
from analysis.study import select_view
from present.tables.remission_effects import exposure_table
from tests.analysis.test_remission_questions import described, sample, small


@pytest.mark.parametrize(("endpoint", "ratio"), [("complete_remission", 1.531), ("first_remission", 1.681)])
def test_where_all_began_before_the_first_event_it_is_the_ratio_of_the_group(endpoint: str, ratio: float) -> None:
    view, outcomes = sample(endpoint=endpoint)
    found = describe_exposure(view, described(view, outcomes))
    assert found.known
    assert round(found.ratio.estimate, 3) == ratio  # domain.md 5.1: nobody remits before month 3
    assert found.groups_begun["n_begun"].tolist() == [34, 0]
    assert found.groups_begun["last_month"].iloc[0] < 3


def test_who_begins_after_the_event_never_counts_as_exposed() -> None:
    view, outcomes = sample()
    result = described(view, outcomes)
    doses = view.cohort.doses
    late = view.cohort.doses.assign(start_day=doses["start_day"].mask(doses["drug"].eq("TAC"), 4000.0))
    found = describe_exposure(replace(view, cohort=replace(view.cohort, doses=late)), result)
    assert "never at risk together" in found.ratio.reason
    assert found.groups_begun["n_in_time"].tolist() == [0, 0]
    cells = [row.cells for row in exposure_table(found).rows]
    assert "34 of them too late to count" in cells[1][1]


def test_the_month_of_the_patient_table_stands_in_for_a_dose_without_a_day() -> None:
    view, result = small(
        {"a": [(6, "event")] * 6 + [(12, "censored")] * 4, "b": [(6, "event")] * 2 + [(12, "censored")] * 8}
    )
    assert not describe_exposure(view, result).known
    patients = view.cohort.patients
    stated = patients.assign(tac_start_month=np.where(patients["regimen_group"] == "a", 2.0, np.nan))
    cohort = replace(view.cohort, patients=stated)
    found = describe_exposure(select_view(cohort, view.spec), result)
    assert found.known
    assert found.ratio.estimate > 1
    assert found.ratio.n == 20


def test_relapse_has_another_clock() -> None:
    view, outcomes = sample(endpoint="relapse")
    found = describe_exposure(view, described(view, outcomes))
    assert "clock of this endpoint" in found.ratio.reason
    assert np.isnan(found.ratio.estimate)


def test_nobody_selected_gives_rows_with_reasons() -> None:
    view, result = small({"a": [(6, "event")]})
    empty = replace(view, members=view.members.iloc[:0])
    none = describe_remission(empty, result.records.iloc[:0], pd.DataFrame(columns=["patient_id", "status", "before"]))
    found = describe_exposure(empty, none)
    assert "no patient at risk" in found.ratio.reason
    assert len(exposure_table(found).rows) == 2
