"""Factors: the group always in the model, units with every row, what came after treatment refused, few events said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.choices import propose_spec
from analysis.cohort.samples import load_sample
from analysis.estimators.coding import Covariate
from analysis.estimators.cox import fit_cox
from analysis.factors import FactorsResult, describe_factors, factors_on_offer
from analysis.factors.columns import as_covariate
from analysis.factors.notes import separated_alone
from analysis.options import FactorsOptions
from analysis.outcomes.derive import derive_outcomes
from analysis.remission import study_records
from analysis.results import CohortError
from analysis.study import StudySpec, View, select_view
from present.tables.factors import factors_table, fit_words, refused_words
from tests.cohorts import make_cohort


def sample(name: str = "imn", endpoint: str = "first_remission", **options: object) -> tuple[View, FactorsResult]:
    cohort = load_sample(name)
    spec = replace(propose_spec(cohort), withdrawn="excluded", endpoint=endpoint, factors=FactorsOptions(**options))
    outcomes = derive_outcomes(cohort, spec.rule, schedule=spec.schedule, time_axis=spec.time_axis)
    view = select_view(cohort, spec)
    return view, describe_factors(view, study_records(view, outcomes))


def small(event: list[bool], marker: list[object], **options: object) -> FactorsResult:
    """Make 2 groups of patients with a marker of their own, months 1, 2, 3 ..."""
    n = len(event)
    ids = [f"P{i:02d}" for i in range(n)]
    patients = {
        i: {"regimen_group": "ab"[number % 2], "marker": value}
        for number, (i, value) in enumerate(zip(ids, marker, strict=True))
    }
    cohort = make_cohort(patients, [(ids[0], 0, {"egfr": 90.0})])
    chosen = FactorsOptions(own_choice=True, variables=("marker",), **options)
    spec = StudySpec(group_column="regimen_group", group_levels=("a", "b"), factors=chosen)
    records = pd.DataFrame({"patient_id": ids, "time": np.arange(1.0, n + 1), "event": event, "at_risk": True})
    return describe_factors(select_view(cohort, spec), records)


def rows_of(result: FactorsResult, model: str = "multivariable") -> pd.DataFrame:
    return result.rows[result.rows["model"] == model].set_index("variable")


def test_group_alone_has_the_golden_ratio_of_the_sample() -> None:
    _, result = sample()
    row = rows_of(result, "univariable").loc["group"]
    assert row[["hazard_ratio", "conf_low", "conf_high"]].astype(float).round(3).tolist() == [1.681, 1.031, 2.740]
    _, grouped = sample(model="grouped")
    row = rows_of(grouped, "univariable").loc["group"]
    assert row[["hazard_ratio", "conf_low", "p_value"]].astype(float).round(3).tolist() == [1.703, 1.043, 0.033]
    assert grouped.checks.empty


def test_group_comes_first_in_the_model_whatever_is_chosen() -> None:
    for options in ({}, {"own_choice": True, "variables": ("age_years",)}, {"own_choice": True, "variables": ()}):
        _, result = sample(**options)
        first = result.rows[result.rows["model"] == "multivariable"].iloc[0]
        assert (first["variable"], first["level"], first["reference_level"]) == ("group", "RTX+TAC", "RTX")
        assert bool(first["is_group"])


def test_units_are_printed_and_are_those_of_the_estimate() -> None:
    view, result = sample(own_choice=True, variables=("age_years", "proteinuria_g_24h"))
    rows = rows_of(result, "univariable")
    assert rows.loc["age_years", "label"] == "Age at first rituximab, per 10 years"
    assert rows.loc["proteinuria_g_24h", "label"] == "24-h urine protein, per doubling"
    outcomes = derive_outcomes(view.cohort, view.spec.rule, schedule=view.spec.schedule, time_axis="nominal")
    table = view.patients().merge(study_records(view, outcomes), on="patient_id")
    per_year = fit_cox(table, [Covariate(name="age_years")]).terms["hazard_ratio"].iloc[0]
    assert rows.loc["age_years", "hazard_ratio"] == pytest.approx(per_year**10)


def test_usual_factors_stop_where_five_events_per_coefficient_do() -> None:
    _, complete = sample(endpoint="complete_remission")  # 26 events: 5 coefficients, one of them the group
    assert complete.variables == ("age_years", "sex", "proteinuria_g_24h", "albumin_g_l")
    assert complete.n_terms == 5
    assert complete.reason == ""
    assert next(note for note in complete.notes if note.code == "EPV").text.startswith("26 events for 5 coefficients")
    _, first = sample()  # 66 events are enough for all the usual ones
    assert first.variables[-1] == "pla2r_ru_ml"
    assert first.n_missing == 2  # domain.md 5.1: known in 33 of 34 and 56 of 57


def test_too_many_factors_are_blocked_unless_penalised() -> None:
    many = ("age_years", "sex", "proteinuria_g_24h", "albumin_g_l", "egfr", "hypertension")
    _, blocked = sample(endpoint="complete_remission", own_choice=True, variables=many)
    assert blocked.reason == "not fitted: 26 events for 7 coefficients; at least 5 events per coefficient are needed"
    assert rows_of(blocked)["hazard_ratio"].isna().all()
    assert rows_of(blocked, "univariable")["hazard_ratio"].notna().all()
    _, shown = sample(endpoint="complete_remission", own_choice=True, variables=many, penalty="always")
    assert shown.penalised
    assert rows_of(shown)["hazard_ratio"].notna().all()


def test_what_came_after_treatment_began_is_refused() -> None:
    view, result = sample(own_choice=True, variables=("age_years", "rtx_repeat_m6"))
    assert "rtx_repeat_m6" not in set(result.rows["variable"])
    asked = result.refused[result.refused["chosen"]]
    assert asked["variable"].tolist() == ["rtx_repeat_m6"]
    assert [note.code for note in result.notes].count("W-07") == 1
    offered = factors_on_offer(view)
    assert offered[:2] == ("age_years", "sex")
    assert not {"rtx_repeat_m6", "followup_months", "tac_start_month", "regimen_group", "patient_id"} & set(offered)


def test_words_for_proportional_hazards_come_from_the_score_test() -> None:
    _, result = sample()
    assert result.checks["variable"].iloc[-1] == "whole model"
    assert result.checks["label"].iloc[0] == "Treatment group"
    assert result.checks["p_value"].between(0, 1).all()
    assert 0.5 < result.concordance.estimate < 1


def test_separation_is_found_and_gives_a_finite_penalised_ratio() -> None:
    event = [True] * 12 + [False] * 12
    result = small(event, ["x"] * 12 + ["y"] * 12)
    row = rows_of(result).loc["marker"]
    assert result.penalised
    assert result.separated
    assert 1e-3 < row["hazard_ratio"] < 1
    assert "SEPARATION" in [note.code for note in result.notes]


def test_a_factor_penalised_alone_is_marked_and_its_separation_said() -> None:
    event = [True] * 12 + [False] * 12
    table = pd.DataFrame({"time": np.arange(1.0, 25), "event": event, "marker": ["x"] * 12 + ["y"] * 12})
    alone = fit_cox(table, [Covariate(name="marker", scale="levels")])
    joint = fit_cox(table.assign(other=np.tile([1.0, 2.0, 4.0], 8)), [Covariate(name="other")])
    assert [note.text[:7] for note in separated_alone([alone], joint)] == ["Alone: "]
    assert separated_alone([alone], alone) == []
    result = small(event, ["x"] * 12 + ["y"] * 12)
    document = factors_table(result)
    row = next(row for row in document.rows if row.key.startswith("marker"))
    assert row.cells[2].endswith(") *")
    group = next(row for row in document.rows if row.key.startswith("group"))
    assert not group.cells[2].endswith("*")
    assert any(line.startswith("* Firth") for line in document.footnotes)
    assert not any(line.startswith("* Firth") for line in factors_table(sample()[1]).footnotes)


def test_step_of_a_ratio_lies_within_the_values() -> None:
    def covariate(name: str, *values: float) -> tuple[str, float]:
        found = as_covariate(pd.DataFrame({name: values}), name)
        return found.scale, found.per

    assert covariate("proteinuria_g_24h", 1.0, 2.0)[0] == "doubling"
    assert covariate("proteinuria_g_24h", 8.0, 9.1) == ("linear", 1.0)
    assert covariate("proteinuria_g_24h", 8.0, 8.5) == ("linear", 0.2)
    assert covariate("age_years", 30.0, 40.0) == ("linear", 10.0)
    assert covariate("age_years", 30.0, 38.0) == ("linear", 2.0)
    assert covariate("age_years", 30.0, 30.0) == ("linear", 10.0)
    assert covariate("marker", 0.0, 0.03) == ("linear", 0.01)


def test_factors_that_are_the_same_in_everyone_are_said() -> None:
    patients = {f"P{i}": {"sex": "male", "albumin_g_l": 24.0, "age_years": 30.0 + i} for i in range(12)}
    cohort = make_cohort(patients, [("P0", 0, {"egfr": 90.0})])
    view = select_view(cohort, StudySpec())
    assert "age_years" in factors_on_offer(view)
    assert not {"sex", "albumin_g_l"} & set(factors_on_offer(view))
    records = pd.DataFrame({"patient_id": list(patients), "time": 6.0, "event": [True, False] * 6, "at_risk": True})
    said = refused_words(describe_factors(view, records))
    assert "because only one value occurs: " in said
    assert "Sex (Male)" in said
    assert "(24 g/L)" in said


@pytest.mark.parametrize(
    ("event", "marker", "reason"),
    [
        ([False] * 24, ["x", "y"] * 12, "not estimable: no events"),
        ([True, True, False, False] * 6, ["x"] * 24, "not estimable: one level only"),
        ([True, True, False, False] * 6, [7.0] * 24, "not estimable: the same value in every patient"),
        ([True, True, False, False] * 6, [None] * 24, "not estimable"),
    ],
)
def test_degenerate_factors_keep_their_row_with_a_reason(event, marker, reason) -> None:
    result = small(event, marker)
    row = rows_of(result, "univariable").loc["marker"]
    assert np.isnan(row["hazard_ratio"])
    assert row["reason"].startswith(reason)


def test_small_group_has_no_ratio_of_its_own() -> None:
    result = small([True] * 5 + [False] * 2, [3.0, 1.0, 4.0, 1.5, 5.0, 9.0, 2.0])
    group = rows_of(result, "univariable").loc["group"]
    assert np.isnan(group["hazard_ratio"])
    assert "fewer than 5 patients or 3 events" in group["reason"]


def test_single_arm_has_factors_and_no_group() -> None:
    _, result = sample("fsgs", "complete_remission")
    assert not result.rows["is_group"].any()
    assert result.variables == ("age_years",)  # 9 events: one coefficient


def test_patients_in_remission_before_treatment_are_in_no_model_and_are_said() -> None:
    view, result = sample("fsgs", "complete_remission")
    assert (result.n, result.n_event) == (11, 6)
    row = rows_of(result).loc["age_years"]
    assert (row["n"], row["n_event"]) == (11, 6)
    (note,) = [note for note in result.notes if note.code == "W-10"]
    assert note.text.startswith("3 of 14 patients were in complete remission before treatment.")
    assert note.patient_ids == ("SYN-F01", "SYN-F02", "SYN-F03")
    outcomes = derive_outcomes(view.cohort, view.spec.rule, schedule=view.spec.schedule, time_axis="actual")
    table = view.patients().merge(study_records(view, outcomes), on="patient_id")
    others = table[~table["patient_id"].isin(note.patient_ids)]
    alone = fit_cox(others, [Covariate(name="age_years", per=10.0)]).terms["hazard_ratio"].iloc[0]
    assert row["hazard_ratio"] == pytest.approx(alone)
    assert "W-10" not in [note.code for note in sample()[1].notes]
    assert sample("fsgs", "relapse")[1].n == 13  # a remission before treatment is at risk of relapse


def test_p_values_are_counted_as_they_are_shown() -> None:
    _, result = sample()
    shown = int(np.isfinite(result.rows["p_value"].astype(float)).sum())
    (note,) = [note for note in result.notes if note.code == "W-02"]
    doubtful = max(int((result.checks["p_value"].astype(float) < 0.05).sum()), 1)
    assert note.text.startswith(f"{shown + 1 + doubtful} P values on this page ({shown // 2} of factors alone, ")


def test_few_events_are_said_of_factors_alone_too() -> None:
    _, result = sample("fsgs", "complete_remission", own_choice=True, variables=("age_years", "albumin_g_l"))
    assert result.reason.startswith("not fitted: 6 events for 2 coefficients")
    (note,) = [note for note in result.notes if note.code == "EPV"]
    assert note.text.startswith("Alone (Age at first rituximab, Serum albumin): 6 events for 1 coefficient, fewer than")
    many = sample()[1]  # 66 events: enough for each factor alone, not for all together
    assert [note.text[:5] for note in many.notes if note.code == "EPV"] != ["Alone"]


def test_coefficients_counted_are_those_the_model_could_use() -> None:
    result = small([True, True, False] * 12, ["x"] * 36)
    assert result.n_terms == 1  # the group; a marker with one value is no coefficient
    assert result.n_terms == len(result.rows.query("model == 'multivariable' and reason == ''"))
    many = ("age_years", "sex", "proteinuria_g_24h", "albumin_g_l", "egfr", "hypertension")
    _, blocked = sample(endpoint="complete_remission", own_choice=True, variables=many)
    assert f"for {blocked.n_terms} coefficients" in blocked.reason


def test_proportional_hazards_are_said_in_the_words_of_the_comparison() -> None:
    def said(result: FactorsResult) -> str:
        return next(line for line in fit_words(result) if line.startswith("Proportional hazards"))

    _, few = sample(endpoint="complete_remission")
    assert said(few).startswith("Proportional hazards: no sign against it (score tests, smallest P = ")
    assert said(few).endswith("; weak test, 26 events).")
    assert "weak" not in said(replace(few, n_event=50))
    low = said(replace(few, checks=few.checks.assign(p_value=0.01)))
    assert low.startswith("Proportional hazards: doubtful, one ratio does not describe the whole follow-up (Treatment")


def test_a_model_without_a_ratio_shows_no_test_and_no_concordance() -> None:
    result = small([True] * 40, [float(100 - place) for place in range(40)])  # the higher, the sooner
    assert rows_of(result).loc["marker", "reason"].startswith("not estimable: it sorts the events so well")
    assert np.isnan(result.overall.p_value)
    assert np.isnan(result.concordance.estimate)
    said = " ".join(fit_words(result))
    assert "All factors against none, and concordance: not shown: a factor sorts the events so well" in said
    assert "P <" not in said
    tiny = small([True] * 5 + [False] * 2, [7.0] * 7)  # the group is too small for a ratio, and nothing else is left
    assert rows_of(tiny)["hazard_ratio"].isna().all()
    assert np.isnan(tiny.overall.p_value)


def test_a_column_the_file_does_not_have_is_named() -> None:
    with pytest.raises(CohortError, match="has no such column"):
        sample("fsgs", own_choice=True, variables=("mn_stage",))
