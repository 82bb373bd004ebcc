"""Every status can be traced to the values and criteria that made it."""

from __future__ import annotations

from dataclasses import replace

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


def test_the_clause_that_made_a_partial_remission_is_said() -> None:
    assert "in the range and fell by enough" in explained(labs(2.0, albumin=33)).sentence
    assert "fell by enough, which decides alone; it is above the range" in explained(labs(3.9, albumin=33)).sentence
    flagged = explained(labs(2.43, albumin=33), base=labs(1.79, albumin=24)).sentence
    assert "in the range, which decides alone; it did not fall by enough" in flagged
    assert "already before treatment (1.79, now 2.43 g/24 h): no response is shown (R-BASE)" in flagged
    assert "R-BASE" not in explained(labs(3.4, albumin=33), base=labs(6.0, albumin=24)).sentence


def test_two_measures_that_disagree_are_both_shown_and_nothing_is_called_unknown() -> None:
    both = {**labs(2.0), "upcr_g_g": 4.5}
    found = explained(both, rule="KDIGO2021_ADULT", base={**labs(8.0, albumin=24), "upcr_g_g": 8.0})
    assert found.status == "NE"
    assert found.sentence == (
        "Not evaluable: both urine measures are known and disagree, by 24-h urine protein partial remission and by "
        "urine protein/creatinine no remission."
    )
    rows = found.criteria[found.criteria["unit"] == "g"]
    assert rows["value"].tolist() == [2.0] * 3 + [4.5] * 3
    assert rows["truth"].tolist() == [0, 1, 1, 0, 0, 0]
    assert rows["criterion"].iloc[3].startswith("urine protein/creatinine <")


def test_a_limit_of_detection_against_no_remission_is_a_disagreement_too() -> None:
    """24-h protein below 0.5 is partial or better; the ratio of 9 is no remission."""
    base = {**labs(8.0, albumin=24), "upcr_g_g": 8.0}
    cohort = make_cohort({"A": {}}, [("A", 0, base), ("A", 91, {**labs(0.5), "upcr_g_g": 9.0})])
    limit = cohort.visits["variable"].eq("proteinuria_g_24h") & cohort.visits["day"].gt(0)
    cohort = replace(cohort, visits=cohort.visits.assign(qualifier=cohort.visits["qualifier"].mask(limit, "lt")))
    outcomes = derive_outcomes(cohort, PRESETS["KDIGO2021_ADULT"], schedule=SCHEDULE, time_axis="nominal")
    found = explain_visit(outcomes, "A", 3.0)
    assert (found.status, found.at_least) == ("NE", "")
    assert "by 24-h urine protein partial remission or better and by" in found.sentence
    assert found.criteria["value"].iloc[0] == 0.5
