"""Do curves, medians, differences and the log-rank test agree with R and keep their laws?"""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.estimators.logrank import compare_logrank
from analysis.estimators.survival import (
    CURVE_COLUMNS,
    difference_at,
    estimate_curve,
    median_time,
    value_at,
)
from analysis.results import CohortError

ORACLES = Path(__file__).parents[2] / "oracles"
INPUT = pd.read_csv(ORACLES / "survival_input.csv")
CURVES = pd.read_csv(ORACLES / "survival_curves.csv")
PARTS = list(CURVES[["dataset", "group"]].drop_duplicates().itertuples(index=False, name=None))
SETTINGS = settings(max_examples=60, derandomize=True, deadline=None, database=None)
NUMBERS = ["estimate", "std_error", "conf_low", "conf_high"]


def patients(dataset: str, group: str | None = None) -> pd.DataFrame:
    rows = INPUT[INPUT["dataset"] == dataset]
    return rows if group is None else rows[rows["group"] == group]


def curve_of(dataset: str, group: str, **options: float) -> pd.DataFrame:
    rows = patients(dataset, group)
    return estimate_curve(rows["time"], rows["event"], rows["competing"], **options)


# ---------------------------------------------------------------- against R


@pytest.mark.parametrize(("dataset", "group"), PARTS)
def test_curve_agrees_with_r(dataset: str, group: str):
    oracle = CURVES.query("dataset == @dataset and group == @group").reset_index(drop=True)
    found = curve_of(dataset, group)
    assert found["time"].iloc[0] == 0
    found = found[found["time"].isin(oracle["time"])].reset_index(drop=True)
    counts = ["time", "n_risk", "n_event", "n_competing", "n_censor"]
    pd.testing.assert_frame_equal(found[counts], oracle[counts], check_dtype=False)
    np.testing.assert_allclose(found["estimate"], oracle["estimate"], rtol=1e-8)
    inside = oracle["estimate"].between(0, 1, inclusive="neither")
    np.testing.assert_allclose(found.loc[inside, NUMBERS], oracle.loc[inside, NUMBERS], rtol=1e-8)
    assert (found["reason"].eq("") == inside).all()
    assert oracle.loc[~inside, ["conf_low", "conf_high"]].isna().all(axis=None)


@pytest.mark.parametrize(("dataset", "group"), [part for part in PARTS if part[0].startswith("competing")])
def test_aalen_johansen_agrees_with_cmprsk(dataset: str, group: str):
    oracle = CURVES.query("dataset == @dataset and group == @group")
    found = value_at(curve_of(dataset, group), oracle["time"])
    np.testing.assert_allclose(found["estimate"], oracle["cmprsk"], rtol=1e-8)
    # cmprsk has another variance estimator (Aalen's): near ours while more than a handful are at risk
    several = found["n_risk"].to_numpy() >= 4
    np.testing.assert_allclose(found["std_error"][several], oracle["cmprsk_se"][several], rtol=0.1)


def test_medians_agree_with_r():
    oracle = pd.read_csv(ORACLES / "survival_medians.csv")
    assert len(oracle) == 15
    for row in oracle.itertuples():
        found = median_time(curve_of(row.dataset, row.group))
        expected = [row.estimate, row.conf_low, row.conf_high]
        np.testing.assert_allclose([found.estimate, found.conf_low, found.conf_high], expected, rtol=1e-8)
        assert (found.reason == "not reached") == np.isnan(row.estimate)


def test_differences_agree_with_their_formula_in_r():
    oracle = pd.read_csv(ORACLES / "survival_differences.csv")
    assert len(oracle) == 9
    for row in oracle.itertuples():
        curves = curve_of(row.dataset, row.group), curve_of(row.dataset, row.reference_group)
        found = difference_at(*curves, row.time)
        expected = [row.estimate, row.conf_low, row.conf_high]
        np.testing.assert_allclose([found.estimate, found.conf_low, found.conf_high], expected, rtol=1e-8)


def test_logrank_agrees_with_r():
    oracle = pd.read_csv(ORACLES / "logrank.csv")
    assert set(oracle["df"]) == {1, 2}
    for row in oracle.itertuples():
        rows = patients(row.dataset)
        found = compare_logrank(rows["time"], rows["event"], rows["group"])
        np.testing.assert_allclose(
            [found.statistic, found.df, found.p_value], [row.statistic, row.df, row.p_value], rtol=1e-8
        )
        assert found.n == len(rows)


# ---------------------------------------------------------------- the published sample design, domain.md 5.1


@pytest.mark.parametrize(
    ("dataset", "group", "expected"),
    [  # incidence at 3, 6, 9, 12 months in percent, limits at 12
        ("imn_e1", "RTX+TAC", [0, 11.76, 20.59, 37.13, 22.97, 56.20]),
        ("imn_e1", "RTX", [0, 7.14, 12.83, 26.39, 16.54, 40.50]),
        ("imn_e2", "RTX+TAC", [38.24, 55.88, 67.65, 87.06, 73.17, 95.83]),
        ("imn_e2", "RTX", [24.56, 40.73, 55.10, 65.87, 53.52, 77.88]),
    ],
)
def test_published_remission_rates(dataset: str, group: str, expected: list[float]):
    values = value_at(curve_of(dataset, group), [3, 6, 9, 12])
    found = [*values["estimate"], values["conf_low"].iloc[-1], values["conf_high"].iloc[-1]]
    assert [round(100 * value, 2) for value in found] == expected


@pytest.mark.parametrize(("group", "at_risk"), [("RTX+TAC", [34, 34, 30, 24]), ("RTX", [57, 56, 49, 45])])
def test_published_risk_sets(group: str, at_risk: list[int]):
    assert value_at(curve_of("imn_e1", group), [3, 6, 9, 12])["n_risk"].tolist() == at_risk


def test_lifelines_prints_those_left_after_a_visit_as_at_risk_and_r_those_just_before():
    rows = patients("imn_e1", "RTX")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import matplotlib

        matplotlib.use("Agg")
        from lifelines import KaplanMeierFitter
        from lifelines.plotting import add_at_risk_counts
        from matplotlib import pyplot

        axes = KaplanMeierFitter().fit(rows["time"], rows["event"]).plot_survival_function()
        below = add_at_risk_counts(KaplanMeierFitter().fit(rows["time"], rows["event"]), ax=axes, xticks=[3, 6, 9])
        pyplot.gcf().canvas.draw()
        printed = [
            re.findall(r"\d+", label.get_text())[0] for axis in below.figure.axes for label in axis.get_xticklabels()
        ]
        pyplot.close("all")
    wanted = CURVES.query("dataset == 'imn_e1' and group == 'RTX' and time in [3, 6, 9]")["n_risk"].tolist()
    assert value_at(curve_of("imn_e1", "RTX"), [3, 6, 9])["n_risk"].tolist() == wanted == [57, 56, 49]
    assert [int(n) for n in printed[-3:]] == [56, 49, 45]


@pytest.mark.parametrize(("dataset", "chi2", "p"), [("imn_e1", 1.195, 0.274), ("imn_e2", 4.235, 0.040)])
def test_published_logrank(dataset: str, chi2: float, p: float):
    rows = patients(dataset)
    found = compare_logrank(rows["time"], rows["event"], rows["group"])
    assert (round(found.statistic, 3), round(found.p_value, 3)) == (chi2, p)


@pytest.mark.parametrize(
    ("dataset", "group", "median"), [("imn_e2", "RTX+TAC", 6), ("imn_e2", "RTX", 9), ("imn_e1", "RTX", np.nan)]
)
def test_published_median_times(dataset: str, group: str, median: float):
    np.testing.assert_equal(median_time(curve_of(dataset, group)).estimate, median)


# ---------------------------------------------------------------- conventions with no counterpart in R


def test_curve_at_zero_has_an_exact_upper_bound():
    row = curve_of("imn_e1", "RTX+TAC").iloc[0]
    assert row["estimate"] == 0
    assert row["conf_low"] == 0
    assert row["conf_high"] == pytest.approx(1 - 0.025 ** (1 / 34), rel=1e-12)
    assert row["reason"] == "no event yet: exact binomial bound"


def test_bound_before_the_first_event_does_not_jump_where_competing_events_come():
    time, competing = [9.0] * 6 + [12.0] * 6, [True] * 6 + [False] * 6
    curve = estimate_curve(time, [False] * 12, competing)
    assert curve["conf_high"].tolist() == pytest.approx([1 - 0.025 ** (1 / 12)] * 3)  # 26.46 % of 0 of 12 throughout
    censored = estimate_curve(time, [False] * 12)
    assert censored["conf_high"].iloc[-1] == pytest.approx(1 - 0.025 ** (1 / 6))


def test_curve_at_one_has_an_exact_lower_bound():
    row = curve_of("all_events", "a").iloc[-1]
    assert row["estimate"] == 1
    before = curve_of("all_events", "a").iloc[-2]
    assert row["conf_low"] == before["conf_low"] < 1
    assert row["conf_high"] == 1
    assert row["reason"] == "nobody is left: lower limit from before the last step"


def test_curve_that_reaches_one_in_a_single_step_has_the_binomial_bound():
    row = estimate_curve([3.0] * 5, [True] * 5).iloc[-1]
    assert (row["estimate"], row["conf_high"]) == (1, 1)
    assert row["conf_low"] == pytest.approx(0.025 ** (1 / 5), rel=1e-12)


def test_a_late_lone_event_cannot_make_one_hundred_percent_certain():
    """30 patients: 20 events by month 6, 9 lost at month 7, one late event: 100 %, but the interval stays wide."""
    time, event = [6.0] * 20 + [7.0] * 9 + [12.0], [True] * 20 + [False] * 9 + [True]
    last = estimate_curve(time, event).iloc[-1]
    assert last["estimate"] == 1
    assert last["conf_low"] < 20 / 30


def test_beyond_follow_up_is_not_estimable_but_the_last_visit_is():
    found = value_at(curve_of("late_first", "a"), [9, 9.5])
    assert found["estimate"].round(3).tolist()[0] == 0.625
    assert np.isnan(found["estimate"].iloc[1])
    assert found["reason"].tolist() == ["", "not estimable: follow-up ends at month 9"]
    assert found["n_risk"].tolist() == [1, 0]


def test_curve_stays_where_everyone_has_had_an_event():
    found = value_at(curve_of("all_events", "a"), [100]).iloc[0]
    assert (found["estimate"], found["n_risk"]) == (1, 0)
    ended = estimate_curve([2, 5], [True, False], [False, True])
    assert value_at(ended, [12])["estimate"].tolist() == [0.5]


def test_difference_beyond_follow_up_names_the_group():
    curves = curve_of("imn_e1", "RTX+TAC"), curve_of("late_first", "a")
    found = difference_at(*curves, 12, names=("RTX+TAC", "RTX"))
    assert np.isnan(found.estimate)
    assert found.reason == "not estimable: follow-up in RTX ends at month 9"
    empty = difference_at(estimate_curve([], []), curves[0], 6, names=("OBI", "RTX+TAC"))
    assert empty.reason == "not estimable: no patients in OBI"


def test_event_comes_before_censoring_at_the_same_time():
    # two at risk at month 3, one event and one censored there: 1 of 2, not 1 of 1
    assert estimate_curve([3, 3], [True, False])["estimate"].tolist() == [0, 0.5]


def test_events_at_time_zero_count():
    found = estimate_curve([0, 4], [True, False])
    assert found["time"].tolist() == [0, 4]
    assert found["n_risk"].tolist() == [2, 1]
    assert found["estimate"].tolist() == [0.5, 0.5]


def test_no_patients_gives_one_row_with_a_reason():
    found = estimate_curve([], [])
    assert found.columns.tolist() == CURVE_COLUMNS
    assert found["reason"].tolist() == ["not estimable: no patients"]
    assert found[["n_risk", "n_event", "n_competing", "n_censor"]].to_numpy().tolist() == [[0, 0, 0, 0]]
    assert found[NUMBERS].isna().all(axis=None)
    assert value_at(found, [6])["estimate"].isna().all()
    assert median_time(found).reason == "not estimable: no patients"


def test_wrong_times_are_refused_with_their_number():
    with pytest.raises(CohortError, match="Of 5 times 1 are negative and 2 missing"):
        estimate_curve([1, -0.5, np.nan, np.nan, 3], [True] * 5)
    with pytest.raises(CohortError, match="Of 2 times 1 are negative and 0 missing"):
        compare_logrank([1, -1], [True, True], ["a", "b"])


@pytest.mark.parametrize(
    ("time", "event", "group", "reason"),
    [
        ([1, 2], [True, True], ["a", "a"], "not computable: fewer than two groups with patients"),
        ([], [], [], "not computable: fewer than two groups with patients"),
        ([1, 2], [False, False], ["a", "b"], "not computable: no events"),
        ([1, 2, 3], [False, True, True], ["a", "b", "b"],
         "not computable: the groups were never at risk together at an event"),
    ],
)  # fmt: skip
def test_logrank_that_cannot_be_computed(time: list, event: list, group: list, reason: str):
    found = compare_logrank(time, event, group)
    assert np.isnan([found.statistic, found.df, found.p_value]).all()
    assert found.reason == reason


def test_group_gone_before_the_first_event_does_not_count():
    rows = patients("ties")
    early = compare_logrank([*rows["time"], 1, 2], [*rows["event"], False, False], [*rows["group"], "c", "c"])
    alone = compare_logrank(rows["time"], rows["event"], rows["group"])
    assert early.df == 1
    assert early.statistic == pytest.approx(alone.statistic, rel=1e-10)


# ---------------------------------------------------------------- laws

months = st.sampled_from([1.0, 3.0, 6.0, 9.0, 12.0])
follow_up = st.lists(st.tuples(months, st.sampled_from(["event", "competing", "censored"])), min_size=1, max_size=40)


def columns_of(rows: list[tuple[float, str]]) -> tuple[list[float], list[bool], list[bool]]:
    return [t for t, _ in rows], [how == "event" for _, how in rows], [how == "competing" for _, how in rows]


@SETTINGS
@given(follow_up)
def test_curve_starts_at_zero_never_falls_and_counts_everyone(rows: list[tuple[float, str]]):
    curve = estimate_curve(*columns_of(rows))
    assert curve["estimate"].iloc[0] == 0
    assert (curve["estimate"].diff().iloc[1:] >= -1e-12).all()
    assert curve["estimate"].between(0, 1 + 1e-12).all()
    assert (curve["conf_low"] <= curve["estimate"] + 1e-12).all()
    assert (curve["estimate"] <= curve["conf_high"] + 1e-12).all()
    leaving = curve["n_event"] + curve["n_competing"] + curve["n_censor"]
    assert leaving.sum() == len(rows)
    assert (curve["n_risk"] == len(rows) - leaving.cumsum() + leaving).all()


@SETTINGS
@given(follow_up)
def test_causes_and_the_event_free_add_up_to_everyone(rows: list[tuple[float, str]]):
    time, event, competing = columns_of(rows)
    either = [a or b for a, b in zip(event, competing, strict=True)]
    total = estimate_curve(time, event, competing)["estimate"] + estimate_curve(time, competing, event)["estimate"]
    np.testing.assert_allclose(total, estimate_curve(time, either)["estimate"], rtol=0, atol=1e-12)


@SETTINGS
@given(follow_up)
def test_without_censoring_the_curve_is_the_plain_proportion(rows: list[tuple[float, str]]):
    kept = [row for row in rows if row[1] != "censored"] or [(3.0, "event")]
    curve = estimate_curve(*columns_of(kept))
    share = curve["n_event"].cumsum() / len(kept)
    np.testing.assert_allclose(curve["estimate"], share, rtol=0, atol=1e-12)
    binomial = np.sqrt(share * (1 - share) / len(kept))
    np.testing.assert_allclose(curve["std_error"], binomial, rtol=0, atol=1e-7)


@SETTINGS
@given(follow_up, st.randoms(use_true_random=False))
def test_row_order_does_not_matter(rows: list[tuple[float, str]], random: object):
    shuffled = list(rows)
    random.shuffle(shuffled)
    pd.testing.assert_frame_equal(estimate_curve(*columns_of(rows)), estimate_curve(*columns_of(shuffled)))


@SETTINGS
@given(st.lists(st.tuples(months, st.booleans(), st.sampled_from("abc")), min_size=2, max_size=40))
def test_group_names_and_row_order_do_not_matter(rows: list[tuple[float, bool, str]]):
    time, event, group = (list(column) for column in zip(*rows, strict=True))
    renamed = [{"a": "z", "b": "m", "c": "k"}[name] for name in reversed(group)]
    found, other = compare_logrank(time, event, group), compare_logrank(time[::-1], event[::-1], renamed)
    assert found.reason == other.reason
    np.testing.assert_allclose([found.statistic, found.df], [other.statistic, other.df], rtol=1e-7, atol=1e-9)
