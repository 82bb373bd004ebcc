"""Does the remission page count everyone once and keep the published numbers of the sample design?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.choices import propose_spec
from analysis.cohort.model import (
    ADVERSE_EVENT_COLUMNS,
    DOSE_COLUMNS,
    EVENT_COLUMNS,
    VISIT_COLUMNS,
    Cohort,
    Provenance,
)
from analysis.cohort.samples import load_sample
from analysis.outcomes.derive import derive_outcomes
from analysis.outcomes.endpoints import RECORD_COLUMNS, best_response, time_to_event
from analysis.remission import RemissionResult, describe_remission
from analysis.results import CohortError
from analysis.study import StudySpec, View, select_view

NO_RESPONSES = pd.DataFrame({"patient_id": [], "status": [], "before": []}, dtype=object)
ORACLES = Path(__file__).parents[1] / "oracles"
TWO = {"group_column": "regimen_group", "group_levels": ("RTX+TAC", "RTX")}


def a_cohort(patients: pd.DataFrame, doses: pd.DataFrame | None = None) -> Cohort:
    visits = pd.DataFrame(columns=VISIT_COLUMNS).astype({"day": float, "month": float, "value": float})
    return Cohort(
        name="made for a test",
        patients=patients,
        visits=visits,
        doses=pd.DataFrame(columns=DOSE_COLUMNS) if doses is None else doses,
        adverse_events=pd.DataFrame(columns=ADVERSE_EVENT_COLUMNS),
        events=pd.DataFrame(columns=EVENT_COLUMNS),
        provenance=Provenance(source="test", sha256=""),
    )


def records_of(ids: list[str], time: list[float], event: list[bool], **columns: list) -> pd.DataFrame:
    frame = pd.DataFrame({"patient_id": ids, "time": time, "event": event})
    frame = frame.assign(competing_event=False, at_risk=True, interval_low=0.0, interval_high=np.inf, reason="")
    return frame.assign(**columns)[RECORD_COLUMNS]


@pytest.fixture(scope="module")
def skeleton() -> pd.DataFrame:
    return pd.read_csv(ORACLES / "imn_skeleton.csv")


def imn_view(skeleton: pd.DataFrame, **choices: object) -> View:
    patients = pd.DataFrame({"patient_id": skeleton["id"], "regimen_group": skeleton["arm"]})
    return select_view(a_cohort(patients), StudySpec(**{**TWO, **choices}))


def imn(skeleton: pd.DataFrame, endpoint: str = "complete_remission", **choices: object) -> RemissionResult:
    reached = skeleton["t_cr" if endpoint == "complete_remission" else "t_first"]
    records = records_of(skeleton["id"], reached.fillna(skeleton["last_eval"]), reached.notna())
    best = skeleton.rename(columns={"id": "patient_id", "best": "status"})[["patient_id", "status"]].assign(before="NR")
    return describe_remission(imn_view(skeleton, endpoint=endpoint, **choices), records, best)


def codes(result: RemissionResult) -> list[str]:
    return [note.code for note in result.notes]


# ---------------------------------------------------------------- the published sample design, domain.md 5.1


@pytest.mark.parametrize(
    ("endpoint", "rates", "limits", "p"),
    [
        ("complete_remission", (37.13, 26.39), ((22.97, 56.20), (16.54, 40.50)), 0.274),
        ("first_remission", (87.06, 65.87), ((73.17, 95.83), (53.52, 77.88)), 0.040),
    ],
)
def test_published_rates_at_12_months(skeleton, endpoint, rates, limits, p):
    result = imn(skeleton, endpoint)
    at_12 = result.landmarks[result.landmarks["time"] == 12]
    assert at_12["group"].tolist() == ["RTX+TAC", "RTX"]
    assert tuple((100 * at_12["estimate"]).round(2)) == rates
    assert tuple(zip((100 * at_12["conf_low"]).round(2), (100 * at_12["conf_high"]).round(2), strict=True)) == limits
    assert round(result.test.p_value, 3) == p


def test_difference_at_12_months_is_that_of_the_oracle(skeleton):
    oracle = pd.read_csv(ORACLES / "survival_differences.csv").query("dataset == 'imn_e2'")
    found = imn(skeleton, "first_remission").differences
    assert found["reference_group"].unique().tolist() == ["RTX"]
    assert found["time"].tolist() == [3, 6, 9, 12]
    columns = ["estimate", "conf_low", "conf_high"]
    np.testing.assert_allclose(found.loc[found["time"] >= 6, columns], oracle[columns], rtol=1e-8)


@pytest.mark.parametrize(
    ("quantile_type", "expected"),
    # type 6: published 9 (6, 12) and 10.5 (6, 12); type 7 of the same 12 and 14 times by hand:
    # 6 6 6 6 9 9 9 12 12 12 12 12 -> Q1 at 3.75 = 6; 6x4 9x3 12x7 -> Q1 at 4.25 = 6 + 0.25 * 3
    [(6, [[12, 9, 6, 12], [14, 10.5, 6, 12]]), (7, [[12, 9, 6, 12], [14, 10.5, 6.75, 12]])],
)
def test_quartiles_among_those_who_remitted(skeleton, quantile_type, expected):
    columns = ["attainers_n", "attainers_median", "attainers_q1", "attainers_q3"]
    assert imn(skeleton, quantile_type=quantile_type).medians[columns].to_numpy().tolist() == expected


def test_median_of_all_patients_stands_apart(skeleton):
    complete, first = imn(skeleton).medians, imn(skeleton, "first_remission").medians
    assert complete["estimate"].isna().all()
    assert complete["reason"].tolist() == ["not reached", "not reached"]
    assert first[["estimate", "conf_low", "conf_high"]].to_numpy().tolist() == [[6, 3, 9], [9, 6, 12]]


def test_risk_table_of_complete_remission(skeleton):
    table = imn(skeleton).risk_table
    assert table["label"].tolist() == ["0", "3", "6", "9", "12", "end"] * 2
    shown = table[["n_risk", "n_event_before", "n_competing_before", "n_censor_before"]]
    by_group = {group: shown[table["group"] == group].to_numpy().tolist() for group in ("RTX+TAC", "RTX")}
    assert by_group["RTX+TAC"] == [
        [34, 0, 0, 0], [34, 0, 0, 0], [34, 0, 0, 0], [30, 4, 0, 0], [24, 7, 0, 3], [0, 12, 0, 22],
    ]  # fmt: skip
    assert by_group["RTX"] == [
        [57, 0, 0, 0], [57, 0, 0, 0], [56, 0, 0, 1], [49, 4, 0, 4], [45, 7, 0, 5], [0, 14, 0, 43],
    ]  # fmt: skip


def test_best_response_counts_every_member_with_ids(skeleton):
    rows = imn(skeleton).best_response
    assert rows["n"].tolist() == [12, 17, 5, 0, 14, 23, 20, 0]
    assert rows["n_total"].tolist() == [34] * 4 + [57] * 4
    assert rows.loc[2, "patient_ids"] == ("T30", "T31", "T32", "T33", "T34")


def test_notes_and_method_of_the_sample(skeleton):
    result = imn(skeleton)
    assert codes(result) == ["W-13"]
    for words in (
        "Kaplan–Meier",
        "log–log",
        "log-rank",
        "to the nominal visit",
        "last visit evaluable",
        "group minus RTX",
    ):
        assert words in result.method.sentence


def test_thin_end_of_a_curve_is_said():
    result = small([3] * 4 + [12] * 8 + [12] * 12, [True] * 24, per_group=12)
    notes = [note.text for note in result.notes if note.code == "W-04"]
    assert notes == ["a: only 8 of 12 are still at risk at month 6; read the curve from there with care."]


def test_a_group_small_from_the_start_has_one_caution_not_two():
    result = small([12.0] * 12, [True] * 12)
    assert codes(result) == ["W-01", "W-01", "W-13"]
    assert result.notes[0].text.startswith("a: very small numbers, 6 of 6 reached it. At month 12 the 95 % interval of")


# ---------------------------------------------------------------- who is in the curves


def small(time, event, *, groups=("a", "b"), per_group=6, **columns) -> RemissionResult:
    ids = [f"P{number:02d}" for number in range(len(time))]
    patients = pd.DataFrame({"patient_id": ids, "regimen_group": np.repeat(groups, per_group)[: len(ids)]})
    spec = StudySpec(group_column="regimen_group", group_levels=tuple(groups))
    best = pd.DataFrame({"patient_id": ids, "status": np.where(event, "CR", "NR"), "before": "NR"})
    return describe_remission(select_view(a_cohort(patients), spec), records_of(ids, time, event, **columns), best)


def test_patients_in_remission_before_treatment_are_counted_but_not_at_risk():
    at_risk = [False, False] + [True] * 10
    reason = ["already in this remission before treatment"] * 2 + [""] * 10
    result = small([3, 6, 9, 12, 12, 12] * 2, [True] * 12, at_risk=at_risk, reason=reason)
    assert result.risk_table.loc[result.risk_table["label"] == "0", "n_risk"].tolist() == [4, 6]
    row = result.not_at_risk.iloc[0]
    assert (row["group"], row["n"], row["patient_ids"]) == ("a", 2, ("P00", "P01"))
    note = next(note for note in result.notes if note.code == "W-10")
    assert note.patient_ids == ("P00", "P01")
    assert result.best_response.query("group == 'a'")["n"].tolist() == [6, 0, 0, 0]


def test_competing_events_turn_the_curve_into_aalen_johansen():
    # six patients: events at 3 and 12, competing at 6; 1/6 + (4/6) * (1/4) = 1/3
    competing = [False, True, False, False, False, False] * 2
    result = small([3, 6, 9, 12, 12, 12] * 2, [True, False, False, True, False, False] * 2, competing_event=competing)
    at_12 = result.landmarks.query("time == 12")["estimate"]
    np.testing.assert_allclose(at_12, [1 / 6 + (4 / 6) * (1 / 3)] * 2)
    assert result.risk_table.query("label == '12'")["n_competing_before"].tolist() == [1, 1]
    assert "Aalen–Johansen" in result.method.sentence
    assert "cause-specific" in result.method.sentence


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ([True] * 6 + [True, True] + [False] * 4, "not tested: fewer than 5 patients or 3 events in b"),
        ([False] * 12, "not tested: fewer than 5 patients or 3 events in a, b"),
    ],
)
def test_few_events_give_no_test(event, reason):
    result = small([3, 6, 9, 12, 12, 12] * 2, event)
    assert np.isnan(result.test.p_value)
    assert result.test.reason == reason


def test_no_events_keep_an_upper_bound_and_say_so():
    result = small([12.0] * 12, [False] * 12)
    at_12 = result.landmarks.query("time == 12")
    assert at_12["estimate"].tolist() == [0, 0]
    np.testing.assert_allclose(at_12["conf_high"], 1 - 0.025 ** (1 / 6))
    difference = result.differences.query("time == 12").iloc[0]
    assert difference["estimate"] == 0
    np.testing.assert_allclose([-difference["conf_low"], difference["conf_high"]], 1 - 0.025 ** (1 / 6))
    assert codes(result).count("W-14") == 2
    assert result.medians["attainers_n"].tolist() == [0, 0]
    assert result.medians["attainers_median"].isna().all()


def test_short_follow_up_is_not_estimable_with_the_group_named():
    result = small([3, 6, 9, 9, 9, 9] + [12] * 6, [True] * 3 + [False] * 3 + [True] * 6)
    row = result.differences.query("time == 12").iloc[0]
    assert np.isnan(row["estimate"])
    assert row["reason"] == "not estimable: follow-up in a ends at month 9"
    assert result.landmarks.query("time == 9 and group == 'a'")["reason"].tolist() == [""]


def test_one_group_compares_nothing(skeleton):
    result = imn(skeleton, group_column=None, group_levels=())
    assert result.groups == ("All patients",)
    assert result.differences.empty
    assert np.isnan(result.test.p_value)
    assert result.test.reason == "one group: nothing is compared"
    assert "log-rank" not in result.method.sentence
    assert "W-13" not in codes(result)
    assert result.risk_table["n_risk"].iloc[0] == 91


def test_empty_group_gives_rows_with_reasons(skeleton):
    result = imn(skeleton, group_levels=("OBI", "RTX+TAC", "RTX"))
    empty = result.landmarks[result.landmarks["group"] == "OBI"]
    assert empty["estimate"].isna().all()
    assert empty["reason"].unique().tolist() == ["not estimable: no patients"]
    assert result.risk_table.query("group == 'OBI'")["n_risk"].tolist() == [0] * 6
    assert result.differences.query("group == 'OBI'")["reason"].iloc[0] == "not estimable: no patients in OBI"
    assert result.test.reason.endswith("in OBI")
    assert result.best_response.query("group == 'OBI'")["n"].tolist() == [0, 0, 0, 0]


def test_nobody_left_gives_rows_not_an_exception(skeleton):
    view = imn_view(skeleton.iloc[:0])
    result = describe_remission(
        view, records_of([], [], []), pd.DataFrame({"patient_id": [], "status": [], "before": []}, dtype=object)
    )
    assert result.landmarks["estimate"].isna().all()
    assert result.risk_table["n_risk"].sum() == 0
    assert result.records.empty


def test_member_without_record_or_status_is_counted(skeleton):
    view = imn_view(skeleton.iloc[:3])
    records = records_of(["T01"], [6.0], [True])
    result = describe_remission(
        view, records, pd.DataFrame({"patient_id": ["T01"], "status": ["CR"], "before": ["NR"]})
    )
    assert result.not_at_risk[["reason", "n"]].to_numpy().tolist() == [["no outcome record", 2]]
    assert result.best_response.query("group == 'RTX+TAC'")["n"].tolist() == [1, 0, 0, 2]
    assert "W-10" not in codes(result)
    assert "W-08" in codes(result)


def test_late_start_and_exclusion_after_treatment_are_said():
    ids = [f"P{number:02d}" for number in range(12)]
    left = ["none"] * 10 + ["esrd", "lost"]
    patients = pd.DataFrame(
        {"patient_id": ids, "regimen_group": ["RTX+TAC"] * 6 + ["RTX"] * 6, "withdrawal_reason": left}
    )
    doses = pd.DataFrame({"patient_id": ids[:6], "drug": "TAC", "start_day": 61.0})
    view = select_view(a_cohort(patients, doses), StudySpec(**TWO, withdrawn="excluded"))
    best = pd.DataFrame({"patient_id": ids, "status": "CR", "before": "NR"})
    result = describe_remission(view, records_of(ids, [6.0] * 12, [True] * 12), best)
    by_code = {note.code: note for note in result.notes}
    assert by_code["W-05"].patient_ids == ("P10", "P11")
    assert by_code["W-06"].text.startswith("RTX+TAC: TAC starts in month 2")


# ---------------------------------------------------------------- laws

ways = st.sampled_from(["event", "competing", "censored", "before"])
months = st.sampled_from([0.0, 1.5, 3.0, 6.0, 9.0, 12.0])


@settings(max_examples=40, derandomize=True, deadline=None, database=None)
@given(st.lists(st.tuples(months, ways, st.sampled_from("ab")), min_size=1, max_size=30))
def test_every_member_is_counted_once_at_every_tick(rows):
    time, how, group = (list(column) for column in zip(*rows, strict=True))
    ids = [f"P{number:02d}" for number in range(len(rows))]
    patients = pd.DataFrame({"patient_id": ids, "regimen_group": group})
    view = select_view(a_cohort(patients), StudySpec(group_column="regimen_group", group_levels=("a", "b")))
    flags = {"competing_event": [way == "competing" for way in how], "at_risk": [way != "before" for way in how]}
    records = records_of(ids, time, [way == "event" for way in how], **flags)
    result = describe_remission(view, records, pd.DataFrame({"patient_id": ids, "status": "NR", "before": "NR"}))
    outside = result.not_at_risk.groupby("group")["n"].sum()
    for name, table in result.risk_table.groupby("group"):
        accounted = table[["n_risk", "n_event_before", "n_competing_before", "n_censor_before"]].sum(axis=1)
        assert (accounted + outside.get(name, 0) == group.count(name)).all()
        assert table["n_risk"].iloc[-1] == 0
    assert result.best_response["n"].sum() == len(rows)


def test_fsgs_sample_on_actual_days_agrees_with_r() -> None:
    """tests/oracles/fsgs_aalen_johansen.R: survfit on the sample's own days, censored at day 183 at the latest."""
    oracle = pd.read_csv(ORACLES / "fsgs_aalen_johansen.csv").set_index("endpoint")
    cohort = load_sample("fsgs")
    for endpoint, row in oracle.iterrows():
        spec = replace(propose_spec(cohort), endpoint=endpoint)
        outcomes = derive_outcomes(cohort, spec.rule, schedule=spec.schedule, time_axis="actual")
        records = time_to_event(outcomes, cohort, endpoint=endpoint, schedule=spec.schedule, horizon_months=6.0)
        result = describe_remission(select_view(cohort, spec), records, best_response(outcomes))
        at_6 = result.landmarks.set_index("time").loc[6.0]
        assert at_6["estimate"] == pytest.approx(row["estimate"], rel=1e-10)
    assert result.best_response.set_index("status")[["n", "n_before"]].loc["CR"].tolist() == [9, 3]


def test_actual_days_give_no_month_12_where_most_were_last_seen_shortly_before() -> None:
    cohort = load_sample("imn")
    spec = replace(propose_spec(cohort), withdrawn="excluded", time_axis="actual")
    outcomes = derive_outcomes(cohort, spec.rule, schedule=spec.schedule, time_axis="actual")
    records = time_to_event(
        outcomes, cohort, endpoint="complete_remission", schedule=spec.schedule, horizon_months=12.0
    )
    result = describe_remission(select_view(cohort, spec), records, best_response(outcomes))
    at_12 = result.landmarks[result.landmarks["time"] == 12].set_index("group")
    assert np.isnan(at_12.loc["RTX", "estimate"])
    assert "most were last seen shortly before; use planned visits" in at_12.loc["RTX", "reason"]
    assert result.differences.set_index("time").loc[12.0, "reason"].startswith("not estimable on actual days")


@pytest.mark.parametrize("wrong", [-1.0, float("nan")])
def test_a_negative_or_missing_time_names_the_patients(wrong: float) -> None:
    patients = pd.DataFrame({"patient_id": ["P1", "P2", "P3"], "regimen_group": ["RTX+TAC", "RTX", "RTX"]})
    view = select_view(a_cohort(patients), StudySpec(**TWO))
    records = records_of(["P1", "P2", "P3"], [3.0, wrong, 6.0], [True, False, False])
    with pytest.raises(CohortError) as found:
        describe_remission(view, records, NO_RESPONSES)
    assert found.value.found == "1 of 3 have a negative or missing time (P2)."
    outside = records.assign(at_risk=[True, False, True])  # who is not at risk needs no time
    assert describe_remission(view, outside, NO_RESPONSES).risk_table["n_risk"].max() == 1
