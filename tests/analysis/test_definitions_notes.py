"""What the definitions page says beside its counts: who is gone, what cannot be told, what another rule changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.choices import propose_spec
from analysis.cohort.samples import load_sample
from analysis.definitions import describe_definitions
from analysis.outcomes.applicability import require_decidable
from analysis.outcomes.derive import derive_outcomes
from analysis.outcomes.rules import PRESETS
from analysis.outcomes.switches import answer
from analysis.remission import read_at_horizon
from analysis.remission.states import describe_states
from analysis.results import CohortError
from analysis.study import select_view
from tests.cohorts import labs, make_cohort


def of_sample(name, *, rule=None, **choices):
    cohort = load_sample(name)
    spec = replace(propose_spec(cohort), **choices)
    view = select_view(cohort, replace(spec, rule=rule or spec.rule))
    return view, describe_definitions(view, read_at_horizon)


def of_note(result, code: str, words: str = "") -> list[str]:
    return [note.text for note in result.notes if note.code == code and words in note.text]


@pytest.mark.parametrize(("name", "withdrawn"), [("imn", "analysed"), ("imn", "excluded"), ("fsgs", "analysed")])
def test_counts_are_those_of_the_states_and_the_reasons_add_up_to_them(name, withdrawn) -> None:
    view, result = of_sample(name, withdrawn=withdrawn)
    outcomes = derive_outcomes(view.cohort, view.spec.rule, schedule=view.spec.schedule, time_axis="nominal")
    shares = describe_states(view, outcomes, replicates=2).shares
    expected = shares[shares["month"] == result.month].groupby("status")["n"].sum()
    ours = result.comparison[result.comparison["chosen"]]
    why = result.not_evaluable[result.not_evaluable["month"] == result.month].groupby("status")["n"].sum()
    for status in ("CR", "PR", "NR", "NE", "gone"):
        assert ours[status].sum() == expected[status]
        if status in ("NE", "gone"):
            assert why.get(status, 0) == expected[status]


def test_gone_and_not_evaluable_of_the_fsgs_sample() -> None:
    _, result = of_sample("fsgs")
    assert result.comparison.loc[0, ["CR", "PR", "NR", "NE", "gone"]].tolist() == [3, 3, 0, 3, 5]
    at_six = result.not_evaluable[result.not_evaluable["month"] == 6]
    assert at_six["reason"].tolist() == ["no visit in this window", "kidney failure", "no later contact"]
    assert at_six["n"].tolist() == [3, 1, 4]


def test_many_without_a_status_are_warned_of_with_those_who_left() -> None:
    """15 of 98 at month 12 with the withdrawn in: more than a tenth."""
    _, result = of_sample("imn", withdrawn="analysed")
    assert of_note(result, "W-08", "month 12") == [
        "15 of 98 patients are without a status at month 12. Not evaluable 8: urine protein (8). "
        "Gone 7: kidney failure (2); lost to follow-up (3); withdrawn (2)."
    ]
    assert not of_note(of_sample("imn", withdrawn="excluded")[1], "W-08")


def test_partial_remissions_by_a_range_met_before_treatment_are_listed() -> None:
    _, result = of_sample("imn", withdrawn="excluded")
    assert (len(result.range_only), result.range_only["patient_id"].nunique()) == (12, 9)
    assert ("SYN-T21", 6.0) in set(result.range_only.itertuples(index=False, name=None))
    assert of_sample("imn", rule=PRESETS["MENTOR"])[1].range_only.empty


def test_what_no_visit_can_show_is_not_estimable_instead_of_zero() -> None:
    rule = answer(PRESETS["P1_2023"], "normal_function", "scr_upper_limit")
    _, result = of_sample("imn", rule=rule, withdrawn="excluded")
    chosen = result.comparison[result.comparison["chosen"]]
    assert chosen["estimate"].isna().all()
    assert chosen["estimate_reason"].str.contains("limit of creatinine was not entered").all()
    assert result.differences.loc[result.differences["rule"] == chosen["rule"].iloc[0], "estimate"].isna().all()
    assert of_note(result, "W-11", "Under MENTOR")[0].endswith("is +10.7 instead of not estimable.")
    known = of_sample("imn", rule=replace(rule, scr_upper_limit=110.0), withdrawn="excluded")[1]
    assert known.comparison.loc[0, "estimate"] > 0.2
    first = of_sample("imn", rule=rule, withdrawn="excluded", endpoint="first_remission")[1]
    assert first.comparison.loc[0, "estimate"] == pytest.approx(0.870588, abs=5e-7)


def mixed_study(n_ratio: int):
    """Seven patients with 24-h protein; the first ``n_ratio`` also have protein/creatinine, complete at month 12."""
    visits = []
    for number in range(7):
        own = {"upcr_g_g": 8.0} if number < n_ratio else {}
        later = {"upcr_g_g": 0.1} if number < n_ratio else {}
        visits += [(f"P{number}", 0, {**labs(8.0, albumin=24), **own}), (f"P{number}", 365, {**labs(9.0), **later})]
    cohort = make_cohort({f"P{number}": {} for number in range(7)}, visits)
    return select_view(cohort, replace(propose_spec(cohort), rule=PRESETS["P1_2023"]))


@pytest.mark.parametrize(("n_ratio", "estimate"), [(1, np.nan), (4, np.nan), (5, 1.0), (7, 1.0)])
def test_incidence_needs_five_patients_the_rule_could_classify(n_ratio, estimate) -> None:
    result = describe_definitions(mixed_study(n_ratio), read_at_horizon)
    row = result.comparison.set_index("rule").loc["ZONOZI"]
    assert (row["n_risk"], row["n_evaluable"]) == (7, n_ratio)
    assert row["estimate"] == pytest.approx(estimate, nan_ok=True)
    if n_ratio < 5:
        assert row["estimate_reason"] == f"not estimable: {n_ratio} of 7 evaluable"
        assert "incidence is not estimable instead of 0.00 % of 7" in of_note(result, "W-11", "Zonozi")[0]


def test_a_rule_that_asks_for_confirmation_says_so() -> None:
    result = of_sample("imn", withdrawn="excluded")[1]
    counting = result.comparison.drop_duplicates("rule").set_index("rule")["counting"]
    assert "only where another at least 7 days later confirms it" in counting["KDIGO2012_MN"]
    assert counting["P1_2023"] == counting["MENTOR"] == ""
    changed = of_sample("imn", rule=answer(PRESETS["P1_2023"], "confirmed", "next_visit"))[1]
    assert "next evaluable visit confirms it" in changed.comparison.loc[0, "counting"]


def test_one_group_is_told_how_its_incidence_changes() -> None:
    result = of_sample("fsgs")[1]
    assert of_note(result, "W-11", "KDIGO 2021, adult") == [
        "Under KDIGO 2021, adult FSGS and minimal change disease, 0 of 14 patients are in another class; "
        "incidence is 56.82 % of 11 instead of 66.07 % of 14."
    ]
    assert "1 of 14 patients is in another class; incidence is 36.36 % of 11" in of_note(result, "W-11", "2012")[0]


def test_the_endpoint_is_named_and_rounding_cases_name_patient_and_day() -> None:
    result = of_sample("fsgs", endpoint="first_remission")[1]
    assert result.endpoint == "First remission (complete or partial)"
    assert "first remission (complete or partial)" in result.method.sentence
    low, high = result.rounding.itertuples()
    assert next(zip(low.patient_ids, low.visits, strict=True)) == ("SYN-F02", "day 14")
    assert (high.n_visits, high.patient_ids, high.visits) == (1, ("SYN-F13",), ("day 214",))


def test_an_unknown_limit_is_refused_where_the_curves_would_stay_at_zero() -> None:
    rule = answer(PRESETS["P1_2023"], "normal_function", "scr_upper_limit")
    require_decidable(rule, "first_remission")
    require_decidable(replace(rule, scr_upper_limit=110.0), "complete_remission")
    with pytest.raises(CohortError, match="upper limit of creatinine"):
        require_decidable(rule, "complete_remission")
