"""Does the page handle a real competing event as R does: death in pbc, transplantation competing?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.cohort.visits import DAYS_PER_MONTH
from analysis.options import RemissionOptions
from analysis.outcomes.records import RECORD_COLUMNS
from analysis.remission import RemissionResult, compare_groups, describe_remission, estimate_effects
from analysis.study import StudySpec, View, select_view
from tests.cohorts import make_cohort

ORACLES = Path(__file__).parents[1] / "oracles"
GROUPS = ("D-penicillamine", "Placebo")
MONTHS = [24.0, 48.0, 72.0, 96.0, 120.0]


@pytest.fixture(scope="module")
def oracle() -> pd.DataFrame:
    return pd.read_csv(ORACLES / "pbc.csv", keep_default_na=False).astype({"value": float})


@pytest.fixture(scope="module")
def pbc() -> tuple[View, RemissionResult]:
    rows = pd.read_csv(ORACLES / "pbc_input.csv")
    patients = {row.patient_id: {"regimen_group": row.group} for row in rows.itertuples()}
    cohort = make_cohort(patients, [("P001", 0, {"egfr": 90.0})])
    spec = StudySpec(
        group_column="regimen_group", group_levels=GROUPS, schedule=(0.0, *MONTHS), horizon_months=120.0,
        remission=RemissionOptions(naive=True),
    )  # fmt: skip
    time, event = rows["day"] / DAYS_PER_MONTH, rows["status"] == 2
    records = pd.DataFrame(
        {"patient_id": rows["patient_id"], "time": time, "event": event, "competing_event": rows["status"] == 1,
         "at_risk": True, "interval_low": 0.0, "interval_high": time.where(event, np.inf), "reason": ""}
    )[RECORD_COLUMNS]  # fmt: skip
    best = pd.DataFrame({"patient_id": rows["patient_id"], "status": "NR", "before": "NR"})
    view = select_view(cohort, spec)
    return view, describe_remission(view, records, best)


def of(oracle: pd.DataFrame, what: str, group: str = "") -> np.ndarray:
    found = oracle[(oracle["what"] == what) & (oracle["group"] == group)]["value"].to_numpy()
    assert found.size
    return found


@pytest.mark.parametrize("group", GROUPS)
def test_incidence_of_death_is_that_of_survfit_and_cmprsk(pbc, oracle, group) -> None:
    landmarks = pbc[1].landmarks.query("group == @group")
    np.testing.assert_allclose(landmarks["estimate"], of(oracle, "incidence", group), rtol=1e-9)
    np.testing.assert_allclose(landmarks["estimate"], of(oracle, "cmprsk", group), rtol=1e-9)
    curve = pbc[1].curves.query("group == @group")
    read = curve.iloc[np.searchsorted(curve["time"], MONTHS, side="right") - 1]
    np.testing.assert_allclose(read["std_error"], of(oracle, "std_error", group), rtol=1e-8)


@pytest.mark.parametrize("group", GROUPS)
def test_transplanted_patients_leave_the_risk_set_and_the_naive_curve_lies_above(pbc, oracle, group) -> None:
    rows = pbc[1].risk_table.query("group == @group and time > 0")
    assert rows["n_risk"].tolist() == of(oracle, "at_risk", group).astype(int).tolist()
    assert rows["n_competing_before"].tolist() == of(oracle, "transplants_before", group).astype(int).tolist()
    naive = pbc[1].naive.query("group == @group")
    read = naive["estimate"].to_numpy()[np.searchsorted(naive["time"], MONTHS, side="right") - 1]
    np.testing.assert_allclose(read, of(oracle, "naive", group), rtol=1e-9)
    assert (read[1:] > pbc[1].landmarks.query("group == @group")["estimate"].to_numpy()[1:]).all()


def test_tests_and_ratio_are_those_of_r(pbc, oracle) -> None:
    tests = compare_groups(*pbc).tests.set_index("test")
    for name, what in (("gray", "gray"), ("log-rank", "log_rank"), ("peto-peto", "peto_peto")):
        assert tests.loc[name, "statistic"] == pytest.approx(of(oracle, what)[0], rel=1e-8)
    assert tests.loc["gray", "p_value"] == pytest.approx(of(oracle, "gray_p")[0], rel=1e-7)
    effects = estimate_effects(*pbc)
    cox = effects.hazard_ratios.set_index("model").loc["cox"]
    for name in ("hazard_ratio", "conf_low", "conf_high"):
        assert cox[name] == pytest.approx(of(oracle, name)[0], rel=1e-7)
    assert effects.proportional.statistic == pytest.approx(of(oracle, "proportional")[0], rel=1e-6)


@pytest.mark.parametrize("group", GROUPS)
def test_mean_months_without_the_event_hold_the_transplanted(pbc, oracle, group) -> None:
    means = estimate_effects(*pbc).restricted_means.set_index("group").loc[group]
    assert means["estimate"] == pytest.approx(of(oracle, "months_without", group)[0], rel=1e-9)
    width = (means["conf_high"] - means["conf_low"]) / 2 / 1.959963984540054
    assert width == pytest.approx(of(oracle, "months_std_error", group)[0], rel=1e-7)
