"""Do Cox, penalised and grouped models agree with R, refuse what they cannot fit, and never print nonsense?"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.estimators.coding import Covariate, code_covariates
from analysis.estimators.concordance import estimate_concordance
from analysis.estimators.cox import fit_cox
from analysis.estimators.factor_fit import compare_nested
from analysis.estimators.grouped import compare_interaction, fit_grouped
from analysis.results import CohortError

ORACLES = Path(__file__).parents[2] / "oracles"
SURVIVAL = pd.read_csv(ORACLES / "survival_input.csv")
FACTORS = pd.read_csv(ORACLES / "factors_input.csv")
TERMS, FITS, CHECKS = (pd.read_csv(ORACLES / f"factors_{part}.csv") for part in ("terms", "fits", "checks"))
NUMBERS = ["estimate", "std_error", "conf_low", "conf_high", "p_value"]
VISITS = (3, 6, 9, 12)

GROUP, KIND = (Covariate(name=name, scale="levels") for name in ("group", "kind"))
REGIMEN = Covariate(name="group", scale="levels", reference="RTX")
X1, X1_TENS, X3 = Covariate(name="x1"), Covariate(name="x1", per=10), Covariate(name="x3")
X2_DOUBLING = Covariate(name="x2", scale="doubling")
MODELS = {
    "veteran": [GROUP, KIND, X1_TENS, X2_DOUBLING, X3],
    "visits": [GROUP, KIND, X1, X2_DOUBLING, X3],
    "continuous": [GROUP, X1, X3],
    "imn_e1": [REGIMEN],
    "imn_e2": [REGIMEN],
}
PENALISED = {"separated": [GROUP, KIND], "imn_e1": [REGIMEN], "continuous": [GROUP, X1]}


def patients(dataset: str) -> pd.DataFrame:
    frame = FACTORS if dataset in set(FACTORS["dataset"]) else SURVIVAL
    return frame[frame["dataset"] == dataset].reset_index(drop=True)


def oracle(dataset: str, model: str) -> tuple[np.ndarray, pd.Series]:
    fit = FITS[(FITS["dataset"] == dataset) & (FITS["model"] == model)]
    assert len(fit) == 1
    terms = TERMS[(TERMS["dataset"] == dataset) & (TERMS["model"] == model)]
    return terms[NUMBERS].to_numpy(), fit.iloc[0]


# ---------------------------------------------------------------- against R


@pytest.mark.parametrize("dataset", list(MODELS))
def test_cox_agrees_with_r(dataset: str):
    found = fit_cox(patients(dataset), MODELS[dataset])
    terms, fit = oracle(dataset, "cox")
    np.testing.assert_allclose(found.terms[NUMBERS].to_numpy(dtype=float), terms, rtol=1e-8)
    np.testing.assert_allclose(np.log(found.terms["hazard_ratio"]), found.terms["estimate"], rtol=1e-12)
    assert found.log_likelihood == pytest.approx(fit["log_likelihood"], rel=1e-10)
    assert found.overall.statistic == pytest.approx(2 * (fit["log_likelihood"] - fit["null_value"]), rel=1e-8)
    np.testing.assert_allclose(
        [found.concordance.estimate, found.concordance.std_error],
        [fit["concordance"], fit["concordance_se"]],
        rtol=1e-8,
    )


@pytest.mark.parametrize("dataset", list(MODELS))
def test_proportional_hazards_test_agrees_with_r(dataset: str):
    checks = fit_cox(patients(dataset), MODELS[dataset]).checks
    wanted = CHECKS[CHECKS["dataset"] == dataset]
    assert checks["variable"].tolist()[:-1] == [covariate.name for covariate in MODELS[dataset]]
    columns = ["statistic", "df", "p_value"]
    np.testing.assert_allclose(checks[columns].to_numpy(dtype=float), wanted[columns].to_numpy(), rtol=1e-8)


@pytest.mark.parametrize("dataset", ["visits", "imn_e1", "imn_e2"])
def test_grouped_model_agrees_with_r(dataset: str):
    found = fit_grouped(patients(dataset), MODELS[dataset], visits=VISITS)
    terms, fit = oracle(dataset, "grouped")
    np.testing.assert_allclose(found.terms[NUMBERS].to_numpy(dtype=float), terms, rtol=1e-8)
    assert found.log_likelihood == pytest.approx(fit["log_likelihood"], rel=1e-10)
    assert found.overall.statistic == pytest.approx(2 * (fit["log_likelihood"] - fit["null_value"]), rel=1e-8)


def test_interaction_agrees_with_r():
    found = compare_interaction(patients("visits"), MODELS["visits"], visits=VISITS, product=("group", "kind"))
    _, fit = oracle("visits", "grouped group:kind")
    assert found.statistic == pytest.approx(2 * (fit["log_likelihood"] - fit["null_value"]), rel=1e-8)
    assert found.df == 2


@pytest.mark.parametrize("dataset", list(PENALISED))
def test_firth_agrees_with_the_maximised_likelihood_in_r(dataset: str):
    found = fit_cox(patients(dataset), PENALISED[dataset], penalty="always")
    terms, fit = oracle(dataset, "firth")
    np.testing.assert_allclose(found.terms[NUMBERS].to_numpy(dtype=float), terms, rtol=1e-6)  # optim stops there
    assert found.log_likelihood == pytest.approx(fit["log_likelihood"], rel=1e-9)
    assert found.penalised
    assert found.method.name == "Penalised Cox regression"


# ---------------------------------------------------------------- the published sample design, domain.md 5.1


@pytest.mark.parametrize(
    ("dataset", "cox", "grouped", "p_value"),
    [("imn_e1", [1.531, 0.708, 3.311], [1.537, 0.710, 3.327], 0.276),
     ("imn_e2", [1.681, 1.031, 2.740], [1.703, 1.043, 2.781], 0.033)],
)  # fmt: skip
def test_published_hazard_ratios(dataset: str, cox: list[float], grouped: list[float], p_value: float):
    columns = ["hazard_ratio", "conf_low", "conf_high"]
    found = fit_cox(patients(dataset), [REGIMEN]).terms[columns].iloc[0].tolist()
    assert [round(value, 3) for value in found] == cox
    term = fit_grouped(patients(dataset), [REGIMEN], visits=VISITS).terms.iloc[0]
    assert [round(value, 3) for value in term[columns]] == grouped  # domain.md prints 2.782: R has 2.78149
    assert round(term["p_value"], 3) == p_value


# ---------------------------------------------------------------- lifelines: where it agrees and where not


def test_lifelines_cox_agrees_but_its_proportional_hazards_test_does_not():
    part = patients("veteran")
    design = part.assign(group=(part["group"] == "b").astype(float), x1=part["x1"] / 10)[
        ["time", "event", "group", "x1", "x3"]
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifelines import CoxPHFitter
        from lifelines.statistics import proportional_hazard_test

        theirs = CoxPHFitter().fit(design, "time", "event", fit_options={"precision": 1e-10})
        old = proportional_hazard_test(theirs, design, time_transform="km").summary["p"]
    ours = fit_cox(part, [GROUP, X1_TENS, X3])
    np.testing.assert_allclose(ours.terms["estimate"].astype(float), theirs.params_, rtol=1e-5, atol=1e-6)
    checks = ours.checks.set_index("variable")["p_value"]
    assert max(abs(old[name] - checks[name]) for name in ("group", "x1", "x3")) > 0.005


def test_lifelines_aalen_johansen_jitters_ties():
    from analysis.estimators.survival import estimate_curve, value_at

    part = SURVIVAL.query("dataset == 'competing_ties' and group == 'b'")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifelines import AalenJohansenFitter

        fits = [
            AalenJohansenFitter(seed=seed).fit(part["time"], part["event"] + 2 * part["competing"], event_of_interest=1)
            for seed in (0, 1)
        ]
    wanted = pd.read_csv(ORACLES / "survival_curves.csv").query("dataset == 'competing_ties' and group == 'b'")
    ours = value_at(estimate_curve(part["time"], part["event"], part["competing"]), wanted["time"])["estimate"]
    np.testing.assert_allclose(ours, wanted["cmprsk"], rtol=1e-8)
    theirs = [[float(fit.cumulative_density_.loc[: t + 0.5].iloc[-1, 0]) for t in wanted["time"]] for fit in fits]
    assert np.abs(np.array(theirs) - wanted["cmprsk"].to_numpy()).max() > 0.05
    assert theirs[0] != theirs[1]


# ---------------------------------------------------------------- separation


def test_level_without_events_is_found_before_the_fit_and_penalised():
    found = fit_cox(patients("separated"), [GROUP, KIND])
    assert found.separated == ("kind c (no events)",)
    assert found.penalised
    assert {note.code for note in found.notes} == {"EPV", "SEPARATION"}
    ratio = found.terms.loc[found.terms["level"] == "c", "hazard_ratio"].iloc[0]
    assert ratio == pytest.approx(np.exp(-3.7807572119882), rel=1e-6)  # R, factors_terms.csv


def test_separation_without_penalty_gives_no_number():
    for fit in (
        fit_cox(patients("separated"), [GROUP, KIND], penalty="never"),
        fit_grouped(patients("separated"), [GROUP, KIND], visits=VISITS),
    ):
        assert fit.terms[NUMBERS].isna().all(axis=None)
        assert fit.reason == "not estimable: events are separated by kind c (no events)"
        assert (fit.terms["reason"] == fit.reason).all()


def test_separation_by_the_reference_level_names_the_factor():
    turned = Covariate(name="kind", scale="levels", reference="c")
    found = fit_cox(patients("separated"), [GROUP, turned])
    assert found.separated == ("kind a", "kind b")
    assert found.terms["hazard_ratio"].between(1e-3, 1e3).all()


def test_a_value_that_sorts_the_events_has_no_hazard_ratio():
    found = fit_cox(patients("monotone"), [X1, X3])
    assert found.separated == ("x1",)
    row = found.terms.set_index("variable").loc["x1"]
    assert np.isnan(row["hazard_ratio"])
    assert row["reason"].startswith("not estimable: it sorts the events so well")


def test_ordinary_data_are_not_called_separated():
    for dataset in MODELS:
        assert fit_cox(patients(dataset), MODELS[dataset]).separated == ()


# ---------------------------------------------------------------- events per variable and odd input


def few(n_event: int, n: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {"time": rng.permutation(n) + 1.0, "event": np.arange(n) < n_event, "x1": rng.normal(size=n), "x3": 1.0}
    )


def test_events_per_variable():
    blocked = fit_cox(few(4), [X1])
    assert blocked.reason == "not fitted: 4 events for 1 coefficient; at least 5 events per coefficient are needed"
    assert blocked.terms["hazard_ratio"].isna().all()
    assert fit_grouped(few(4), [X1], visits=[10, 20, 30, 40]).reason.startswith("not fitted: ")
    warned = fit_cox(few(9), [X1])
    assert [note.code for note in warned.notes] == ["EPV"]
    assert warned.terms["hazard_ratio"].notna().all()
    assert fit_cox(few(20), [X1]).notes == ()
    offered = fit_cox(few(4), [X1], penalty="always")
    assert offered.terms["hazard_ratio"].between(0.05, 20).all()
    assert [note.code for note in offered.notes] == ["EPV"]


@pytest.mark.parametrize("fit", [fit_cox, lambda table, covariates: fit_grouped(table, covariates, visits=VISITS)])
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"event": False}, "not estimable: no events"),
        ({"kind": "a"}, "not estimable: one level only"),
        ({"kind": np.nan}, "not estimable: no patients with all values known"),
    ],
)
def test_what_cannot_be_fitted_has_a_reason(fit, change: dict, reason: str):
    found = fit(patients("visits").assign(**change), [KIND])
    assert found.terms[NUMBERS].isna().all(axis=None)
    assert found.reason != ""
    assert reason in set(found.terms["reason"])


@pytest.mark.parametrize("fit", [fit_cox, lambda table, covariates: fit_grouped(table, covariates, visits=VISITS)])
def test_nobody_and_one_patient(fit):
    for size in (0, 1):
        found = fit(patients("visits").head(size), [X1])
        assert found.n == size
        assert found.terms[NUMBERS].isna().all(axis=None)
        assert found.reason != ""


def test_everyone_with_the_event_at_one_visit():
    table = patients("visits").assign(time=6.0, event=1)
    assert fit_grouped(table, [X1], visits=VISITS).reason.startswith("not estimable: at no visit")
    found = fit_cox(table, [X1])
    assert found.separated == ()
    assert found.reason.startswith("not estimable: at no visit")  # Efron's ties alone would read 1.00 with an interval
    assert found.terms[NUMBERS].isna().all(axis=None)
    assert fit_cox(table, [X1], penalty="always").reason == found.reason
    assert fit_cox(table.assign(event=table.index != table.index[0]), [X1]).reason == ""


def test_factors_that_say_nearly_the_same_are_not_fitted_together():
    table = patients("visits")
    noise = np.random.default_rng(1).normal(size=len(table)) * table["x1"].std()
    for share, kept in ((0.02, False), (0.3, True)):
        near = table.assign(near=table["x1"] + share * noise)
        for found in (
            fit_cox(near, [X1, Covariate(name="near")]),
            fit_grouped(near, [X1, Covariate(name="near")], visits=VISITS),
        ):
            assert (found.terms["reason"] == "").tolist() == [True, kept]
            assert found.terms["hazard_ratio"].notna().tolist() == [True, kept]
    alone = fit_cox(table, [X1]).terms["estimate"].iloc[0]
    near = fit_cox(table.assign(near=table["x1"] + 0.02 * noise), [X1, Covariate(name="near")]).terms
    assert near["estimate"].iloc[0] == pytest.approx(alone, rel=1e-10)
    assert near["reason"].iloc[1] == "not estimable beside the factors before it: they all but determine it"


def test_an_effect_that_all_but_sorts_the_events_has_no_number():
    time = np.arange(1.0, 41)
    sorter = -time + np.where(np.arange(40) % 20 == 10, 1.5, 0)  # two patients out of order
    found = fit_cox(pd.DataFrame({"time": time, "event": True, "sorter": sorter}), [Covariate(name="sorter")])
    assert found.separated == ()
    assert found.terms[NUMBERS].isna().all(axis=None)
    assert (
        found.terms["reason"].iloc[0] == "not estimable: it sorts the events so well that the effect has no useful size"
    )


def test_factor_that_does_not_vary_is_left_out_and_the_rest_fitted():
    table = patients("visits").assign(same=4.0, double=lambda part: 2 * part["x1"])
    found = fit_cox(table, [X1, Covariate(name="same"), Covariate(name="double")])
    assert found.terms["reason"].tolist() == [
        "", "not estimable: the same value in every patient", "not estimable: the factors before it determine it",
    ]  # fmt: skip
    alone = fit_cox(table, [X1])
    assert found.terms["estimate"].iloc[0] == pytest.approx(alone.terms["estimate"].iloc[0], rel=1e-10)


def test_missing_values_are_counted_and_left_out():
    table = patients("visits")
    table.loc[:9, "x1"] = np.nan
    found = fit_cox(table, [X1])
    assert (found.n, found.n_missing) == (110, 10)
    rest = fit_cox(table.iloc[10:], [X1])
    assert found.terms["estimate"].iloc[0] == pytest.approx(rest.terms["estimate"].iloc[0], rel=1e-10)


def test_units_scale_the_effect():
    table = patients("veteran")
    one, ten = (fit_cox(table, [covariate]).terms.iloc[0] for covariate in (X1, X1_TENS))
    assert ten["estimate"] == pytest.approx(10 * one["estimate"], rel=1e-10)
    assert ten["p_value"] == pytest.approx(one["p_value"], rel=1e-8)
    coded = code_covariates(pd.DataFrame({"x2": [1.0, 2, 8, 0]}), [X2_DOUBLING], event=[1, 1, 0, 0])
    assert coded.design.ravel().tolist() == [0, 1, 3]
    assert coded.kept.tolist() == [True, True, True, False]


def test_row_order_and_group_names_do_not_matter():
    table = patients("veteran")
    found = fit_cox(table, MODELS["veteran"])
    turned = fit_cox(table.iloc[::-1].reset_index(drop=True), MODELS["veteran"])
    np.testing.assert_allclose(
        found.terms[NUMBERS].to_numpy(dtype=float), turned.terms[NUMBERS].to_numpy(dtype=float), rtol=1e-7
    )


def test_two_models_of_different_patients_are_not_compared():
    table = patients("visits")
    full, part = fit_cox(table, [X1, X3]), fit_cox(table.head(90), [X1])
    assert compare_nested(full, part).reason == "not computable: the models are made of different patients"
    assert compare_nested(full, full).reason.startswith("not computable: the larger model adds nothing")
    assert compare_nested(full, fit_cox(table, [X1])).df == 1


def test_concordance_of_no_pairs_and_of_perfect_order():
    time, event = np.array([1.0, 2, 3]), np.array([True, True, False])
    assert estimate_concordance(time, event, np.array([3.0, 2, 1])).estimate == 1
    assert estimate_concordance(time, event, np.array([1.0, 2, 3])).estimate == 0
    assert estimate_concordance(time, event, np.zeros(3)).estimate == 0.5
    none = estimate_concordance(time, np.zeros(3, dtype=bool), np.zeros(3))
    assert none.reason == "not estimable: no two patients can be compared"


def test_what_the_reader_can_fix_is_said():
    table = patients("visits")
    with pytest.raises(CohortError, match="1 are negative and 0 missing"):
        fit_cox(table.assign(time=[-1.0, *table["time"].iloc[1:]]), [X1])
    with pytest.raises(CohortError, match="no such column"):
        fit_cox(table, [Covariate(name="albumin")])
    with pytest.raises(CohortError, match="It holds text"):
        fit_cox(table, [Covariate(name="kind")])


def test_events_of_one_visit_sorted_from_the_others_are_penalised_and_named():
    table = pd.DataFrame({"time": [6.0] * 8 + [12.0] * 8, "event": [1] * 8 + [0] * 8, "marker": range(16)})
    marker = [Covariate(name="marker")]
    found = fit_cox(table, marker)
    assert found.separated == ("marker",)
    assert found.penalised
    plain = fit_cox(table, marker, penalty="never")  # R coxph gives a finite ratio here, by the ties alone
    assert plain.separated == ()
    assert np.isfinite(plain.terms["hazard_ratio"]).all()
    assert any("finite only because" in note.text for note in plain.notes)
    assert abs(found.terms["estimate"].iloc[0]) < abs(plain.terms["estimate"].iloc[0])
    spread = fit_cox(table.assign(time=range(1, 17)), marker, penalty="never")
    assert "separated by marker" in spread.reason
