"""Every status can be traced to the values and criteria that made it."""

from __future__ import annotations

import pytest

from analysis.cohort.samples import load_sample
from analysis.outcomes.derive import derive_outcomes
from analysis.outcomes.explain import explain_visit
from analysis.outcomes.rules import PRESETS
from tests.cohorts import labs, make_cohort

SCHEDULE = (0.0, 3.0, 6.0, 9.0, 12.0)


def explained(values, *, rule="P1_2023", base=None):
    cohort = make_cohort({"A": {}}, [("A", 0, base or labs(8.0, albumin=24)), ("A", 91, values)])
    outcomes = derive_outcomes(cohort, PRESETS[rule], schedule=SCHEDULE, time_axis="nominal")
    return explain_visit(outcomes, "A", 3.0)


def test_partial_says_what_keeps_it_from_complete() -> None:
    found = explained(labs(2.0, albumin=33))
    assert found.status == "PR"
    assert "urine protein < 0.3; albumin ≥ 35" in found.sentence
    truth = found.criteria.set_index(["needed_for", "criterion"])["truth"]
    assert truth[("partial", "urine protein 0.3 to 3.5")] == 1
    assert truth[("complete", "albumin ≥ 35")] == 0
    row = found.criteria[found.criteria["criterion"].str.contains("fall of")].iloc[0]
    assert (row["value"], row["baseline"], row["truth"]) == (2.0, 8.0, 1)


def test_not_evaluable_names_what_is_missing() -> None:
    found = explained({"proteinuria_g_24h": 2.0, "scr_umol_l": 80.0, "egfr": 100.0})
    assert (found.status, found.missing) == ("NE", "albumin")
    assert "albumin" in found.sentence


def test_gap_rule_is_said() -> None:
    found = explained(labs(0.2, albumin=30), rule="KDIGO2021_ADULT")
    assert found.status == "PR"
    assert "counts as in range" in found.sentence


def test_egfr_stands_in_where_creatinine_is_missing() -> None:
    base = {"proteinuria_g_24h": 8.0, "albumin_g_l": 24.0, "egfr": 100.0}
    found = explained({"proteinuria_g_24h": 0.1, "albumin_g_l": 40.0, "egfr": 80.0}, base=base)
    assert found.status == "CR"
    assert found.criteria["criterion"].str.contains("eGFR ≥ 0.615 × baseline").any()


def test_unknown_visit_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        explained(labs(2.0)) and explain_visit(
            derive_outcomes(load_sample("imn"), PRESETS["P1_2023"], schedule=SCHEDULE, time_axis="nominal"), "X", 3.0
        )


@pytest.mark.parametrize("rule", sorted(PRESETS))
def test_every_visit_of_both_samples_can_be_explained(rule: str) -> None:
    for name in ("imn", "fsgs"):
        outcomes = derive_outcomes(load_sample(name), PRESETS[rule], schedule=SCHEDULE, time_axis="nominal")
        visits = outcomes.visits[::25]
        for visit in visits.itertuples():
            found = explain_visit(outcomes, visit.patient_id, visit.time)
            assert found.status == visit.status
            assert found.sentence.endswith(".")
            assert set(found.criteria["truth"]) <= {-1, 0, 1}
