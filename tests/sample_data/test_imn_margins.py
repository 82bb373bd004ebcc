"""Does SYN-IMN-91 have the printed means, SDs and quartiles, and variables that hang together?"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from lifelines.utils import concordance_index
from scipy.stats import spearmanr

from analysis.outcomes.rules import PRESETS
from sample_data.generator.designs import GROUPS, deviates, margin, sample_targets
from sample_data.generator.kidney import creatinine_for, egfr_2009
from sample_data.generator.reproduction import outcomes_by_month

P1 = PRESETS["P1_2023"]
MEAN_SD = [
    (variable, month, group)
    for month, names in {
        0: [
            "age_years", "weight_kg", "height_cm", "sbp_mmhg", "dbp_mmhg", "albumin_g_l", "egfr", "cholesterol_mmol_l",
            "triglycerides_mmol_l", "uric_acid_umol_l", "hemoglobin_g_l", "bcell_count_ul",
        ],
        12: [
            "sbp_mmhg", "dbp_mmhg", "albumin_g_l", "egfr", "cholesterol_mmol_l", "triglycerides_mmol_l",
            "uric_acid_umol_l", "hemoglobin_g_l",
        ],
    }.items()
    for variable in names
    for group in GROUPS
]  # fmt: skip


@pytest.fixture(scope="module")
def outcomes(imn):
    return outcomes_by_month(imn, P1).join(imn.patients.set_index("patient_id")["regimen_group"])


def of_group(table: pd.DataFrame, group: str) -> pd.DataFrame:
    return table[table["regimen_group"] == group]


@pytest.mark.parametrize(("variable", "month", "group"), MEAN_SD)
def test_mean_and_sd(analysed, month_12, variable, month, group):
    values = of_group(analysed if month == 0 else month_12, group)[variable]
    wanted = margin(variable, month, group)
    assert len(values.dropna()) == {"RTX+TAC": 34, "RTX": 57}[group]
    assert abs(values.mean() - wanted.mean) <= max(0.02 * wanted.mean, 0.05 * wanted.sd)
    assert abs(values.std(ddof=1) / wanted.sd - 1) <= 0.05


def test_deviations_are_few_and_on_record(month_12):
    changed = {(row["variable"], row["month"], row["group"]) for row in sample_targets()["deviation"]}
    assert changed == {
        ("height_cm", 0, "RTX+TAC"), ("height_cm", 0, "RTX"), ("triglycerides_mmol_l", 0, "RTX+TAC"),
        ("triglycerides_mmol_l", 12, "RTX+TAC"), ("egfr", 12, "RTX+TAC"), ("egfr", 12, "RTX"),
    }  # fmt: skip
    assert all(26 <= of_group(month_12, group)["egfr"].std(ddof=1) <= 30 for group in GROUPS)
    assert deviates("age_years", 0, "RTX") is None


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize(
    ("variable", "month", "n"),
    [("proteinuria_g_24h", 0, (34, 57)), ("proteinuria_g_24h", 12, (31, 52)), ("pla2r_ru_ml", 0, (23, 37))],
)
def test_median_and_quartiles(analysed, month_12, group, variable, month, n):
    values = of_group(analysed if month == 0 else month_12, group)[variable].dropna()
    values = values[values >= 20] if variable == "pla2r_ru_ml" else values
    wanted = margin(variable, month, group)
    q1, median, q3 = np.quantile(values, [0.25, 0.5, 0.75], method="weibull")
    assert len(values) == n[GROUPS.index(group)]
    assert median == pytest.approx(wanted.median, rel=0.03)
    assert q1 == pytest.approx(wanted.q1, rel=0.06)
    assert q3 == pytest.approx(wanted.q3, rel=0.06)


@pytest.mark.parametrize(("group", "mean", "sd"), [("RTX+TAC", 2.49, 0.36), ("RTX", 2.54, 0.31)])
def test_rituximab_dose_follows_the_protocol(imn, analysed, group, mean, sd):
    infusions = imn.doses[imn.doses["drug"] == "RTX"]
    total = infusions.groupby("patient_id")["dose_mg"].sum().reindex(of_group(analysed, group)["patient_id"]) / 1000
    assert total.mean() == pytest.approx(mean, abs=0.02)
    assert total.std(ddof=1) == pytest.approx(sd, abs=0.03)


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("month", [3, 6, 9])
def test_visits_between_follow_the_invented_targets(imn, analysed, group, month):
    visits = imn.visits[imn.visits["month"] == month].merge(of_group(analysed, group)[["patient_id"]])
    wanted = sample_targets()["interim"][group]
    k = (3, 6, 9).index(month)
    assert visits["albumin_g_l"].mean() == pytest.approx(wanted["albumin_mean"][k], rel=0.02)
    assert visits["proteinuria_g_24h"].median() == pytest.approx(wanted["proteinuria_median"][k], rel=0.06)


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize(
    ("first", "second", "rho"),
    [
        ("albumin_g_l", "proteinuria_g_24h", -0.45),
        ("albumin_g_l", "cholesterol_mmol_l", -0.40),
        ("egfr", "age_years", -0.40),
        ("egfr", "uric_acid_umol_l", -0.30),
        ("weight_kg", "height_cm", 0.50),
        ("sbp_mmhg", "dbp_mmhg", 0.55),
        ("sbp_mmhg", "age_years", 0.25),
        ("bmi", "triglycerides_mmol_l", 0.25),
        ("proteinuria_g_24h", "pla2r_ru_ml", 0.35),
    ],
)
def test_correlations_at_baseline(analysed, group, first, second, rho):
    table = of_group(analysed, group)
    table = table.assign(bmi=table["weight_kg"] / (table["height_cm"] / 100) ** 2)
    table = table[table["pla2r_ru_ml"] >= 20] if second == "pla2r_ru_ml" else table
    assert spearmanr(table[first], table[second]).statistic == pytest.approx(rho, abs=0.12)


@pytest.mark.parametrize("group", GROUPS)
def test_men_have_more_haemoglobin_and_uric_acid(analysed, group):
    by_sex = of_group(analysed, group).groupby("sex")[["hemoglobin_g_l", "uric_acid_umol_l"]].mean()
    assert by_sex.loc["male"].sub(by_sex.loc["female"]).tolist() == pytest.approx([12, 45], abs=6)


@pytest.mark.parametrize("group", GROUPS)
def test_worse_prognosis_remits_later(outcomes, analysed, group):
    table = of_group(analysed, group).set_index("patient_id")
    reached = outcomes.loc[table.index]
    time, happened = reached["t_first"].fillna(reached["last_eval"]), reached["t_first"].notna()
    better = {
        "protein": -np.log(table["proteinuria_g_24h"]),
        "antibody": -np.log(table["pla2r_ru_ml"].fillna(5.0) + 1),
        "albumin": table["albumin_g_l"],
    }
    # Lower score, earlier remission: the c-index counts pairs in which the better score remits first.
    alone = {name: concordance_index(time, -part, happened) for name, part in better.items()}
    assert min(alone.values()) > 0.54
    score = sum((part - part.mean()) / part.std() for part in better.values())
    assert concordance_index(time, -score, happened) == pytest.approx(0.65, abs=0.025)


def test_egfr_belongs_to_creatinine(imn):
    people = imn.patients.set_index("patient_id").loc[imn.visits["patient_id"]]
    female = (people["sex"] == "female").to_numpy()
    expected = egfr_2009(imn.visits["scr_umol_l"], people["age_years"].to_numpy(), female)
    np.testing.assert_allclose(imn.visits["egfr"], expected, atol=0.051)
    assert imn.visits["egfr"].notna().all()


def test_egfr_formula_at_its_knot():
    """At 0.9 mg/dL a man of 50 has 141 x 0.993^50; at 0.7 mg/dL a woman has 1.018 times that."""
    at_knot = 141 * 0.993**50
    found = egfr_2009([0.9 * 88.4, 0.7 * 88.4, 1.8 * 88.4], [50, 50, 50], [False, True, False])
    np.testing.assert_allclose(found, [at_knot, 1.018 * at_knot, at_knot * 2**-1.209], rtol=1e-12)
    np.testing.assert_allclose(creatinine_for(found, [50, 50, 50], [False, True, False]), [79.56, 61.88, 159.12])


@pytest.mark.parametrize("group", GROUPS)
def test_cholesterol_falls_as_albumin_rises(analysed, month_12, group):
    before, after = (of_group(table, group).set_index("patient_id") for table in (analysed, month_12))
    change = after[["cholesterol_mmol_l", "albumin_g_l"]] - before[["cholesterol_mmol_l", "albumin_g_l"]]
    found = spearmanr(change["cholesterol_mmol_l"], change["albumin_g_l"]).statistic
    assert found == pytest.approx(-0.4, abs=0.12)
