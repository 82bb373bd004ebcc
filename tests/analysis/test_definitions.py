"""What another rule would say: counts on the sample, rules that do not fit the file, who could never be complete."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis import definitions
from analysis.choices import propose_spec
from analysis.cohort.samples import load_sample
from analysis.outcomes.derive import derive_outcomes
from analysis.outcomes.endpoints import best_response
from analysis.outcomes.rules import PRESETS
from analysis.remission import describe_remission, read_at_horizon, study_records
from analysis.results import CohortError
from analysis.study import select_view
from tests.cohorts import labs, make_cohort


def describe_definitions(view):
    return definitions.describe_definitions(view, read_at_horizon)


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
        every = ["CR", "PR", "NR", "NE", "gone"]
        assert ours[every].sum() == other[every].sum() == ours["n"]
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


def test_the_other_reading_of_range_and_fall_stands_beside_the_chosen_rule(imn) -> None:
    """domain.md A3: the comparison shows both."""
    table = describe_definitions(select_view(*imn)).comparison.set_index(["rule", "group"])
    assert table.index.get_level_values("rule").unique().tolist()[:2] == ["P1_2023", "P1_2023, and"]
    assert table.loc[("P1_2023, and", "RTX"), "label"].endswith("range and fall both needed for partial")
    assert table.loc[("P1_2023", "RTX"), "PR"] > table.loc[("P1_2023, and", "RTX"), "PR"]
    cohort, spec = imn
    other = describe_definitions(select_view(cohort, replace(spec, rule=replace(spec.rule, pr_logic="and"))))
    keys = other.comparison["rule"].tolist()
    assert len(keys) == len(other.comparison.drop_duplicates(["rule", "group"]))
    assert keys[:4] == ["P1_2023, modified"] * 2 + ["P1_2023"] * 2


def test_changed_patients_are_counted_one_by_one(imn) -> None:
    """W-11 against statuses read off the classified visits."""
    view = select_view(*imn)
    result = describe_definitions(view)
    statuses = {}
    for name in ("P1_2023", "KDIGO2021_MN", "MENTOR"):
        outcomes = derive_outcomes(view.cohort, PRESETS[name], schedule=view.spec.schedule, time_axis="nominal")
        at_12 = {row.patient_id: row.status for row in outcomes.visits.itertuples() if row.month == 12}
        statuses[name] = {patient: at_12.get(patient, "NE") for patient in view.members["patient_id"]}
    for name in ("KDIGO2021_MN", "MENTOR"):
        expected = {patient for patient, own in statuses["P1_2023"].items() if statuses[name][patient] != own}
        rows = result.comparison[result.comparison["rule"] == name]
        assert set().union(*rows["changed_ids"]) == expected
        assert rows["n_changed"].sum() == len(expected) > 0


@pytest.mark.parametrize("time_axis", ["nominal", "actual"])
def test_incidence_and_difference_are_those_of_the_remission_page(imn, time_axis) -> None:
    cohort, spec = imn
    spec = replace(spec, time_axis=time_axis, endpoint="first_remission")
    view = select_view(cohort, spec)
    outcomes, every = (
        derive_outcomes(cohort, spec.rule, schedule=spec.schedule, time_axis=axis) for axis in (time_axis, "actual")
    )
    page = describe_remission(view, study_records(view, outcomes), best_response(every))
    result = describe_definitions(view)
    chosen = result.comparison[result.comparison["chosen"]].set_index("group")["estimate"]
    shown = page.landmarks[page.landmarks["time"] == 12.0].set_index("group")["estimate"]
    assert chosen.to_dict() == pytest.approx(shown.to_dict(), nan_ok=True)
