"""Does SYN-FSGS-14 hit every margin that was printed, on the actual days?"""

from __future__ import annotations

import numpy as np
import pytest

from analysis.outcomes.rules import PRESETS
from sample_data.generator.designs import fsgs_skeleton
from sample_data.generator.kidney import egfr_2009
from sample_data.generator.reproduction import classify_visits, outcomes_by_day

P2 = PRESETS["P2_2023"]


@pytest.fixture(scope="module")
def outcomes(fsgs):
    return outcomes_by_day(fsgs, P2)


@pytest.fixture(scope="module")
def classified(fsgs):
    return classify_visits(fsgs, P2)


def quartiles(values) -> list[float]:
    return np.quantile(values.dropna(), [0.25, 0.5, 0.75], method="weibull").tolist()


def test_visits_reproduce_the_skeleton_for_all_14(outcomes):
    wanted = fsgs_skeleton().set_index("patient_id").reindex(outcomes.index)
    same_day = (outcomes["t_first"] == wanted["rem_day"]) | (outcomes["t_first"].isna() & wanted["rem_day"].isna())
    assert ((outcomes["best"] == wanted["best"]) & same_day).sum() == 14
    assert outcomes["best"].value_counts().to_dict() == {"CR": 9, "PR": 4, "NR": 1}
    assert quartiles(outcomes["t_first"]) == [15, 20, 150]


def test_baseline_remission_and_the_first_visit_after_treatment(classified, outcomes):
    baseline = classified[classified["month"] == 0].set_index("patient_id")["status"]
    assert baseline[baseline != "NR"].to_dict() == {"SYN-F01": "CR", "SYN-F02": "CR", "SYN-F03": "CR"}
    assert outcomes.loc[["SYN-F01", "SYN-F02", "SYN-F03"], "t_first"].tolist() == [15, 14, 15]


def test_baseline_labs(fsgs, classified):
    before = fsgs.visits[fsgs.visits["month"] == 0].set_index("patient_id")
    proteinuric = before.drop(["SYN-F01", "SYN-F02", "SYN-F03"])
    assert quartiles(proteinuric["upcr_g_g"]) == pytest.approx([3.9, 4.68, 6.1])
    assert quartiles(before["scr_umol_l"]) == pytest.approx([72.25, 83, 138])
    assert (before["scr_umol_l"].idxmax(), before["scr_umol_l"].max()) == ("SYN-F14", 354)


def test_patient_characteristics(fsgs):
    table = fsgs.patients
    assert (table["sex"] == "male").sum() == 12
    assert (table["age_years"].min(), table["age_years"].median(), table["age_years"].max()) == (18, 30.5, 73)
    assert table["steroid_class"].value_counts().to_dict() == {"SDNS": 6, "FRNS": 3, "new_onset": 3, "SRNS": 2}
    assert table["fsgs_variant"].value_counts().to_dict() == {"NOS": 8, "tip": 5, "perihilar": 1}
    dependent = table[table["steroid_class"].isin(["SDNS", "FRNS"])]
    assert (dependent["prior_tac"] == "yes").sum() == 8
    assert (dependent["prior_csa"] == "yes").sum() == 1
    assert (table["glomerulosclerosis_pct"].min(), table["glomerulosclerosis_pct"].max()) == (0.2, 52.0)
    assert table.loc[table["atn_on_biopsy"] == "yes", "patient_id"].tolist() == ["SYN-F14"]


def test_follow_up(fsgs, outcomes):
    months = fsgs.patients.set_index("patient_id")["followup_months"]
    assert quartiles(months) == [3, 5, 13]
    assert months.sum() == 113
    assert months[outcomes["best"] == "CR"].sum() == 71


def test_doses(fsgs):
    total = fsgs.doses[fsgs.doses["drug"] == "RTX"].groupby("patient_id")["dose_mg"].sum(min_count=1)
    assert total.value_counts().to_dict() == {2000.0: 10, 1000.0: 2}
    assert total[total.isna()].index.tolist() == ["SYN-F13", "SYN-F14"]


def test_b_cells(fsgs):
    table = fsgs.patients
    assert (table["bcell_depleted"] == "yes").sum() == 13
    assert quartiles(table["bcell_depletion_day"]) == [14.5, 17.5, 20]
    assert table["bcell_depletion_day"].notna().sum() == 12
    assert (table["bcell_reconstituted"] == "yes").sum() == 5
    assert sorted(table["bcell_reconstitution_day"].dropna()) == [70, 90, 105, 285]
    assert quartiles(table["bcell_reconstitution_day"]) == [75, 97.5, 240]


def test_b_cell_counts_agree_with_the_days(fsgs):
    counts = fsgs.visits[fsgs.visits["day"] > 0].dropna(subset="bcell_count_ul")
    depletion = counts[counts["bcell_count_ul"] < 5].groupby("patient_id")["day"].min()
    known = fsgs.patients.set_index("patient_id")
    days = known["bcell_depletion_day"].dropna()
    assert depletion[days.index].tolist() == days.tolist()
    assert 60 < depletion["SYN-F13"] <= 137
    since = counts["patient_id"].map(depletion)
    back = counts[(counts["bcell_count_ul"] >= 5) & (counts["day"] > since)].groupby("patient_id")["day"].min()
    returned = known["bcell_reconstitution_day"].dropna()
    assert back.drop("SYN-F01").to_dict() == returned.to_dict()
    assert 183 < back["SYN-F01"] < 365


def test_visits_and_their_months(fsgs):
    visits = fsgs.visits
    assert visits.groupby("month").size().to_dict() == {0: 14, 3: 12, 6: 6}
    assert (visits["month"].isna() == (visits["unscheduled"] == "yes")).all()
    windows = {0: (-30, 0), 3: (46, 137), 6: (138, 228)}
    for month, (first, last) in windows.items():
        assert visits.loc[visits["month"] == month, "day"].between(first, last).all()
    last_contact = fsgs.events[fsgs.events["event_type"] == "last_contact"].set_index("patient_id")["day"]
    assert (visits["day"] <= visits["patient_id"].map(last_contact)).all()
    assert not visits.duplicated(["patient_id", "day"]).any()


def test_one_relapse_and_one_kidney_failure(fsgs, classified):
    hard = fsgs.events[fsgs.events["event_type"] != "last_contact"]
    assert hard[["patient_id", "event_type", "day"]].to_numpy().tolist() == [
        ["SYN-F09", "relapse", 140],
        ["SYN-F14", "kidney_failure", 122],
    ]
    remitted = classified["status"].isin(["CR", "PR"])
    since = classified["patient_id"].map(
        classified[remitted & (classified["day"] > 0)].groupby("patient_id")["day"].min()
    )
    above = classified[(classified["day"] > since) & (classified["prot"] >= 3.5)]
    assert above[["patient_id", "day"]].to_numpy().tolist() == [["SYN-F09", 140]]


def test_remission_by_the_fall_alone_comes_below_the_threshold_at_month_6(classified):
    course = classified[(classified["patient_id"] == "SYN-F13") & (classified["day"] > 100)]
    assert course["status"].tolist() == ["PR", "PR", "PR"]
    assert course["prot"].tolist()[:2] == [3.6, 3.2]
    assert course["month"].tolist()[1] == 6


def test_steroids_igg_and_kidney(fsgs):
    at_6 = fsgs.visits[fsgs.visits["month"] == 6].set_index("patient_id")["prednisone_eq_mg_d"]
    assert at_6[at_6 > 0].index.tolist() == ["SYN-F13"]
    igg = fsgs.visits[fsgs.visits["month"].notna()].pivot(index="patient_id", columns="month", values="igg_g_l")
    assert (igg[3] / igg[0]).mean() == pytest.approx(0.80, abs=0.03)
    scr = fsgs.visits[fsgs.visits["patient_id"] == "SYN-F14"].set_index("day")["scr_umol_l"]
    assert (scr.iloc[0], scr.iloc[1]) == (354, 620)
    people = fsgs.patients.set_index("patient_id").loc[fsgs.visits["patient_id"]]
    female = (people["sex"] == "female").to_numpy()
    expected = egfr_2009(fsgs.visits["scr_umol_l"], people["age_years"].to_numpy(), female)
    np.testing.assert_allclose(fsgs.visits["egfr"], expected, atol=0.051)


def test_values_of_each_state(classified):
    labs = classified.set_index("patient_id")
    complete = labs[labs["status"] == "CR"]
    assert complete["prot"].between(0.05, 0.28).all()
    assert complete["alb"].between(36, 46).all()
    partial = labs[labs["status"] == "PR"]
    by_range = partial[partial["prot"] != 3.6]
    assert by_range["prot"].between(0.6, 3.2).all()
    assert (partial["alb"] > partial.index.map(labs.loc[labs["month"] == 0, "alb"])).all()
    assert sorted(partial.index.unique()) == ["SYN-F09", "SYN-F11", "SYN-F12", "SYN-F13"]


def test_no_adverse_event_is_recorded(fsgs):
    columns = ["patient_id", "day", "term", "category", "grade", "serious", "related", "synthetic"]
    assert fsgs.adverse_events.columns.tolist() == columns
    assert len(fsgs.adverse_events) == 0
