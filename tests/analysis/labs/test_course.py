"""Do the trajectories keep every value, summarise only what belongs to a visit, and count who was followed?"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.cohort.model import (
    ADVERSE_EVENT_COLUMNS,
    DOSE_COLUMNS,
    EVENT_COLUMNS,
    VISIT_COLUMNS,
    Cohort,
    Provenance,
)
from analysis.cohort.samples import load_sample
from analysis.labs import TrajectoryResult, available_labs, describe_trajectories
from analysis.study import StudySpec, View, select_view

ORACLES = Path(__file__).parents[2] / "oracles"
TWO = {"group_column": "regimen_group", "group_levels": ("RTX+TAC", "RTX")}
NAN = math.nan


def a_view(values: list[tuple], *, doses: list[tuple] = (), events: list[tuple] = (), **choices: object) -> View:
    """Build a view; ``values`` holds (patient, day, variable, value[, qualifier, month, unscheduled]).

    Patients whose name starts with T are in RTX+TAC, the others in RTX.
    """
    rows = []
    for who, day, name, value, *more in values:
        qualifier, month, unscheduled = (*more, *("", NAN, False)[len(more) :])
        rows.append((who, day, month, unscheduled, name, value, qualifier))
    visits = pd.DataFrame(rows, columns=VISIT_COLUMNS).astype({"day": float, "month": float, "value": float})
    ids = list(dict.fromkeys(visits["patient_id"])) or ["R1"]
    patients = pd.DataFrame({"patient_id": ids, "regimen_group": ["RTX+TAC" if i[0] == "T" else "RTX" for i in ids]})
    cohort = Cohort(
        name="made for a test",
        patients=choices.pop("patients", patients),
        visits=visits,
        doses=pd.DataFrame(doses, columns=["patient_id", "drug", "start_day"]).reindex(columns=DOSE_COLUMNS),
        adverse_events=pd.DataFrame(columns=ADVERSE_EVENT_COLUMNS),
        events=pd.DataFrame(events, columns=EVENT_COLUMNS).astype({"day": float}),
        provenance=Provenance(source="test", sha256=""),
    )
    return select_view(cohort, StudySpec(**{**TWO, **choices}))


def at(result: TrajectoryResult, group: str, month: float, variable: str = "albumin_g_l") -> pd.Series:
    rows = result.summary
    rows = rows[(rows["group"] == group) & (rows["month"] == month) & (rows["variable"] == variable)]
    assert len(rows) == 1
    return rows.iloc[0]


def albumin(view: View) -> TrajectoryResult:
    return describe_trajectories(view, ("albumin_g_l",))


@pytest.fixture(scope="module")
def sample() -> TrajectoryResult:
    view = select_view(load_sample("imn"), StudySpec(**TWO, withdrawn="excluded"))
    return describe_trajectories(view, ("proteinuria_g_24h", "albumin_g_l"))


def test_the_sample_follows_table_2_at_month_12(sample):
    combined, alone = (at(sample, group, 12, "proteinuria_g_24h") for group in ("RTX+TAC", "RTX"))
    assert (combined["n_measured"], combined["n_followed"]) == (31, 34)
    assert (alone["n_measured"], alone["n_followed"]) == (52, 57)
    assert list(combined[["estimate", "conf_low", "conf_high"]]) == pytest.approx([1.45, 0.18, 3.62])
    assert list(alone[["estimate", "conf_low", "conf_high"]]) == pytest.approx([3.36, 0.58, 4.61], rel=0.01)
    assert at(sample, "RTX+TAC", 12)["n_measured"] == 34


def test_treatment_marks_of_the_sample_are_its_protocol(sample):
    marks = sample.marks.set_index(["group", "drug", "cycle"])
    assert marks.loc[("RTX+TAC", "RTX", 2), "n"] == 23  # domain.md 5.1, repeat RTX at month 6
    assert marks.loc[("RTX", "RTX", 2), "n"] == 44
    assert marks.loc[("RTX+TAC", "TAC", 1), "n"] == 34
    assert ("RTX", "TAC", 1) not in marks.index
    assert marks.loc[("RTX", "RTX", 1), "day"] == 0


def test_available_labs_come_in_dictionary_order_and_have_values():
    view = a_view([("R1", 0, "egfr", 90), ("R1", 0, "proteinuria_g_24h", 5), ("R1", 0, "igg_g_l", NAN)])
    assert available_labs(view) == ("proteinuria_g_24h", "egfr")


def test_early_unscheduled_and_second_best_values_are_drawn_but_not_summarised():
    values = [
        ("R1", 0, "albumin_g_l", 20),
        ("R1", 20, "albumin_g_l", 21),  # early
        ("R1", 90, "albumin_g_l", 30),
        ("R1", 120, "albumin_g_l", 99),  # farther from day 91
        ("R1", 183, "albumin_g_l", 98, "", NAN, True),  # unscheduled
    ]
    result = albumin(a_view(values))
    months = result.lines.set_index("value")["month"]
    assert months[30] == 3
    assert months[[21, 99, 98]].isna().all()
    assert len(result.lines) == 5
    assert at(result, "RTX", 3)["estimate"] == 30
    assert at(result, "RTX", 6)["reason"] == "no value in RTX at month 6"
    assert math.isnan(at(result, "RTX", 6)["estimate"])


def test_the_visit_named_by_the_file_counts_where_no_day_is_known():
    result = albumin(a_view([("R1", NAN, "albumin_g_l", 33, "", 6.0)]))
    assert at(result, "RTX", 6)["estimate"] == 33
    assert result.lines["shown_month"].tolist() == [6.0]


def test_values_below_detection_count_half_their_limit():
    values = [("R1", 0, "pla2r_ru_ml", 2, "lt"), ("R2", 0, "pla2r_ru_ml", 2, "lt"), ("R3", 0, "pla2r_ru_ml", 50)]
    result = describe_trajectories(a_view(values), ("pla2r_ru_ml",))
    row = at(result, "RTX", 0, "pla2r_ru_ml")
    assert (row["estimate"], row["n_limit"], row["n_measured"]) == (1.0, 2, 3)
    assert result.lines["value"].tolist() == [2, 2, 50]
    assert result.lines["shown_value"].tolist() == [1, 1, 50]
    assert [note.patient_ids for note in result.notes if note.code == "R-LIMIT"] == [("R1", "R2")]


def test_zero_stands_on_a_log_axis_at_half_the_smallest_positive_value_but_keeps_its_median():
    values = [
        ("R1", 0, "upcr_g_g", 0),
        ("R2", 0, "upcr_g_g", 0),
        ("R3", 0, "upcr_g_g", 0.4),
        ("R4", 0, "albumin_g_l", 0),
    ]
    result = describe_trajectories(a_view(values), ("upcr_g_g", "albumin_g_l"))
    shown = result.lines.set_index("patient_id")["shown_value"]
    assert shown.to_dict() == {"R1": 0.2, "R2": 0.2, "R3": 0.4, "R4": 0.0}
    assert at(result, "RTX", 0, "upcr_g_g")["estimate"] == 0
    assert [note.patient_ids for note in result.notes if note.code == "R-ZERO"] == [("R1", "R2")]


def test_followed_is_counted_from_the_last_contact_of_any_kind():
    values = [(who, 0, "albumin_g_l", 25) for who in ("R1", "R2", "R3", "R4")]
    values += [("R1", 228, "egfr", 90)]  # last day of the month-6 window
    patients = pd.DataFrame(
        {"patient_id": ["R1", "R2", "R3", "R4"], "regimen_group": "RTX", "followup_months": [NAN, NAN, 12.0, NAN]}
    )
    result = albumin(a_view(values, events=[("R2", "death", 229.0)], patients=patients))
    assert [at(result, "RTX", month)["n_followed"] for month in (0, 3, 6, 9, 12)] == [4, 3, 3, 2, 1]
    assert [at(result, "RTX", month)["n_measured"] for month in (0, 3, 6, 9, 12)] == [4, 0, 0, 0, 0]
    assert at(result, "RTX+TAC", 0)["n_followed"] == 0


@pytest.mark.parametrize("quantile_type", [6, 7])
def test_medians_and_quartiles_agree_with_r(quantile_type):
    values = pd.read_csv(ORACLES / "quantiles_input.csv").query("dataset == 'fsgs_scr'")["value"]
    oracle = pd.read_csv(ORACLES / "quantiles.csv").query("dataset == 'fsgs_scr' and type == @quantile_type")
    oracle = oracle.set_index("probability")["value"]
    view = a_view([(f"R{n}", 0, "scr_umol_l", value) for n, value in enumerate(values)], quantile_type=quantile_type)
    row = at(describe_trajectories(view, ("scr_umol_l",)), "RTX", 0, "scr_umol_l")
    assert row["kind"] == "median"
    assert list(row[["conf_low", "estimate", "conf_high"]]) == pytest.approx(list(oracle[[0.25, 0.5, 0.75]]), rel=1e-8)


@pytest.mark.parametrize(("variable", "kind"), [("scr_umol_l", "mean"), ("upcr_g_g", "geometric_mean")])
def test_means_and_their_intervals_agree_with_r(variable, kind):
    values = pd.read_csv(ORACLES / "quantiles_input.csv").query("dataset == 'fsgs_scr'")["value"].to_numpy()
    means = pd.read_csv(ORACLES / "quantiles_means.csv").query("dataset == 'fsgs_scr' and conf_level == 0.95").iloc[0]
    expected = np.array([values.mean(), means["conf_low"], means["conf_high"]])
    given = values if kind == "mean" else np.exp(values / 100)  # a geometric mean is the mean of the logs
    expected = expected if kind == "mean" else np.exp(expected / 100)
    view = a_view([(f"R{n}", 0, variable, value) for n, value in enumerate(given)], lab_summary="mean_ci")
    row = at(describe_trajectories(view, (variable,)), "RTX", 0, variable)
    assert row["kind"] == kind
    assert list(row[["estimate", "conf_low", "conf_high"]]) == pytest.approx(list(expected), rel=1e-8)


@pytest.mark.parametrize(("n", "kind"), [(1, "range"), (7, "range"), (8, "mean")])
def test_fewer_than_eight_values_have_no_interval_of_a_mean(n, kind):
    values = [20.0 + who**2 for who in range(n)]
    row = at(albumin(a_view([(f"R{who}", 0, "albumin_g_l", value) for who, value in enumerate(values)],
                            lab_summary="mean_ci")), "RTX", 0)  # fmt: skip
    assert row["kind"] == kind
    if kind == "range":
        found = (row["conf_low"], row["estimate"], row["conf_high"])
        assert found == (min(values), sorted(values)[n // 2], max(values))
    else:
        assert row["estimate"] == pytest.approx(sum(values) / n, rel=1e-12)


@pytest.mark.parametrize(("measured", "of", "thin"), [(4, 4, True), (5, 5, False), (5, 17, True), (6, 20, False)])
def test_a_visit_is_thin_below_five_values_or_thirty_percent_of_the_group(measured, of, thin):
    values = [(f"R{n}", 0, "albumin_g_l", 25) for n in range(of)]
    values += [(f"R{n}", 91, "albumin_g_l", 30) for n in range(measured)]
    assert bool(at(albumin(a_view(values)), "RTX", 3)["thin"]) is thin


def test_an_infusion_more_than_sixty_days_later_opens_a_new_cycle():
    doses = [("R1", "RTX", 0), ("R1", "RTX", 14), ("R1", "RTX", 74), ("R1", "RTX", 180), ("R2", "RTX", 2)]
    doses += [("R1", "TAC", 60), ("R1", "TAC", 200)]
    marks = albumin(a_view([(who, 0, "albumin_g_l", 25) for who in ("R1", "R2")], doses=doses)).marks
    found = [(row.drug, row.cycle, row.day, row.n) for row in marks.itertuples()]
    assert found == [("RTX", 1, 1.0, 2), ("RTX", 2, 180.0, 1), ("TAC", 1, 60.0, 1)]
    assert marks["label"].tolist() == ["RTX start", "RTX repeat 1", "TAC start"]


def test_thresholds_are_those_of_the_variables_asked_for():
    view = a_view([("R1", 0, "albumin_g_l", 25)])
    result = describe_trajectories(view, ("albumin_g_l", "pla2r_ru_ml", "igg_g_l"))
    assert list(zip(result.thresholds["variable"], result.thresholds["value"], strict=True)) == [
        ("albumin_g_l", 30),
        ("albumin_g_l", 35),
        ("pla2r_ru_ml", 14),
        ("pla2r_ru_ml", 20),
    ]


def test_values_outside_every_window_are_kept_and_named():
    result = albumin(a_view([("R1", 0, "albumin_g_l", 25), ("R1", 700, "albumin_g_l", 40)]))
    assert len(result.lines) == 2
    assert [note.text for note in result.notes if note.code == "R-RANGE"] == [
        "1 value more than 30 days before time zero or after month 13.5: in no table or figure "
        "of this page; only the eGFR slope uses the later ones."
    ]


def test_a_variable_nobody_has_and_an_empty_group_give_rows_with_reasons():
    result = describe_trajectories(a_view([("R1", 0, "albumin_g_l", 25)]), ("igg_g_l",))
    assert len(result.summary) == 10
    assert set(result.summary["n_measured"]) == {0}
    assert result.summary["estimate"].isna().all()
    assert at(result, "RTX+TAC", 9, "igg_g_l")["reason"] == "no value in RTX+TAC at month 9"
    assert result.lines.empty


def test_a_cohort_without_visits_gives_only_reasons():
    patients = pd.DataFrame({"patient_id": ["R1"], "regimen_group": ["RTX"]})
    view = a_view([], patients=patients)
    assert available_labs(view) == ()
    assert albumin(view).summary["estimate"].isna().all()


def test_only_members_are_drawn():
    patients = pd.DataFrame({"patient_id": ["R1", "X1"], "regimen_group": ["RTX", "another"]})
    view = a_view([("R1", 0, "albumin_g_l", 25), ("X1", 0, "albumin_g_l", 50)], patients=patients)
    assert albumin(view).lines["patient_id"].tolist() == ["R1"]
