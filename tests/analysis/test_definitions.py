"""What another rule would say: counts on the sample, rules that do not fit the file, who could never be complete."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.choices import propose_spec
from analysis.cohort.samples import load_sample
from analysis.definitions import describe_definitions
from analysis.outcomes.rules import PRESETS
from analysis.results import CohortError
from analysis.study import select_view
from tests.cohorts import labs, make_cohort


@pytest.fixture(scope="module")
def imn():
    cohort = load_sample("imn")
    return cohort, replace(propose_spec(cohort), withdrawn="excluded")


def test_chosen_rule_repeats_the_golden_incidence(imn) -> None:
    result = describe_definitions(select_view(*imn))
    chosen = result.comparison[result.comparison["chosen"]].set_index("group")
    assert chosen["estimate"].to_dict() == pytest.approx({"RTX+TAC": 0.371324, "RTX": 0.263881}, abs=5e-7)
    assert chosen["n_changed"].tolist() == [0, 0]


def test_kdigo_2021_changes_the_month_12_counts_and_says_so(imn) -> None:
    result = describe_definitions(select_view(*imn))
    table = result.comparison.set_index(["rule", "group"])
    for group in ("RTX+TAC", "RTX"):
        ours, other = table.loc[("P1_2023", group)], table.loc[("KDIGO2021_ADULT", group)]
        assert ours["PR"] > other["PR"]
        assert ours[["CR", "PR", "NR", "NE"]].sum() == other[["CR", "PR", "NR", "NE"]].sum() == ours["n"]
        assert other["n_changed"] == len(other["changed_ids"]) > 0
    assert any(note.code == "W-11" and "KDIGO 2021, adult" in note.text for note in result.notes)


def test_rules_whose_measure_is_absent_get_a_reason_and_no_number(imn) -> None:
    table = describe_definitions(select_view(*imn)).comparison
    absent = table[table["rule"].isin(["P2_2023", "ZONOZI"])]
    assert absent["reason"].str.contains("Urine protein/creatinine").all()
    assert absent["estimate"].isna().all()
    cohort, spec = imn
    with pytest.raises(CohortError, match="reads Urine protein/creatinine"):
        describe_definitions(select_view(cohort, replace(spec, rule=PRESETS["P2_2023"])))


def test_not_evaluable_visits_name_what_is_missing(imn) -> None:
    found = describe_definitions(select_view(*imn)).not_evaluable
    assert found.set_index("month")["n"].to_dict() == {6.0: 1, 9.0: 4, 12.0: 8}
    assert set(found["reason"]) == {"urine protein"}
    assert found["n"].tolist() == [len(ids) for ids in found["patient_ids"]]


def test_who_could_never_be_complete_and_rounding_cases() -> None:
    ratios = [{"upcr_g_g": value, "albumin_g_l": 40.0} for value in (3.1, 0.28, 0.26, 3.5)]
    visits = [("A", 0, labs(8.0, egfr=59.9)), ("B", 0, labs(8.0, egfr=60.0))]
    visits += [("B", 90 * place, values) for place, values in enumerate(ratios, start=1)]
    cohort = make_cohort({"A": {}, "B": {}}, visits)
    result = describe_definitions(select_view(cohort, propose_spec(cohort)))
    assert result.rule.name == "P2_2023"
    assert result.rounding["n_visits"].tolist() == [1, 1]
    spec = replace(propose_spec(cohort), rule=PRESETS["P1_2023"])
    assert describe_definitions(select_view(cohort, spec)).never_complete == ("A",)


def test_a_changed_rule_stands_beside_its_own_preset(imn) -> None:
    cohort, spec = imn
    changed = replace(PRESETS["P1_2023"], confirmed="next_visit")
    result = describe_definitions(select_view(cohort, replace(spec, rule=changed)))
    table = result.comparison.set_index(["rule", "group"])
    assert table.loc[("P1_2023, modified", "RTX"), "chosen"]
    preset = table.loc[("P1_2023", "RTX+TAC")]
    assert not preset["chosen"]
    assert preset["estimate"] == pytest.approx(0.371324, abs=5e-7)
    difference = result.differences.set_index("rule").loc["P1_2023"]
    assert difference["estimate"] == pytest.approx(0.371324 - 0.263881, abs=1e-6)
