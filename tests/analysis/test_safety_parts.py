"""Are blanks never a zero, do filters say what they cannot know, and does the public trial come out?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.cohort.model import ADVERSE_EVENT_COLUMNS, VISIT_COLUMNS, Cohort
from analysis.options import SafetyOptions
from analysis.safety import (
    cell_token,
    compare_adverse_events,
    compare_ratios,
    count_grades,
    describe_cell,
    describe_timing,
    find_laboratory_events,
    flags_given,
    list_events,
    term_token,
)
from analysis.safety.precision import power_of_difference
from analysis.study import StudySpec, View, select_view
from tests.analysis.test_safety import FOUR, TWO, a_cohort

DATA, ORACLES = Path(__file__).parents[1] / "data", Path(__file__).parents[1] / "oracles"


def view_of(cohort: Cohort, **options: object) -> View:
    return select_view(cohort, StudySpec(**TWO, safety=SafetyOptions(**options)))


def with_events(patients: pd.DataFrame, rows: list[dict]) -> Cohort:
    events = pd.DataFrame(rows).reindex(columns=[*ADVERSE_EVENT_COLUMNS, "led_to_stop"])
    return replace(a_cohort(patients, []), adverse_events=events)


def cell(result, column: str, *, category: str = "", group: str = "RTX+TAC"):
    rows = result.rows
    return rows[(rows["category"] == category) & (rows["group"] == group) & (rows["level"] != "term")][column].iloc[0]


def test_the_cdisc_pilot_comes_out() -> None:
    table = pd.read_csv(DATA / "adae_events_per_patient.csv")
    each = table.loc[table.index.repeat(table["n_patients"])].reset_index(drop=True)
    patients = pd.DataFrame({"patient_id": [f"S{n:03d}" for n in each.index], "regimen_group": each["arm"]})
    ids = patients["patient_id"].repeat(each["n_events"])
    cohort = with_events(patients, [{"patient_id": patient, "category": "other", "day": 1.0} for patient in ids])
    spec = StudySpec(group_column="regimen_group", group_levels=("L", "H", "P"), safety=SafetyOptions(test="fisher"))
    result = compare_adverse_events(select_view(cohort, spec))
    total = result.rows[result.rows["level"] == "total"].set_index("group")
    assert total.loc[["P", "L", "H"], "n_patients"].tolist() == [65, 77, 76]  # issue 7
    assert total.loc[["P", "L", "H"], "n_events"].tolist() == [281, 412, 433]
    assert [round(100 * share, 1) for share in total.loc[["P", "L", "H"], "proportion"]] == [75.6, 91.7, 90.5]
    tests = result.contrasts[result.contrasts["level"] == "total"].set_index("group")["p_value"]
    assert (round(tests["L"], 3), round(tests["H"], 3)) == (0.007, 0.014)


def test_a_blank_yes_no_cell_is_unknown_until_it_is_said_to_be_no() -> None:
    patients = FOUR.assign(ae_tremor=["yes", None, "no", None], ae_infection_uri=[0.0, 0.0, 1.0, np.nan])
    result = compare_adverse_events(view_of(a_cohort(patients, [])))
    assert cell(result, "n_total", category="tremor") == 1
    assert cell(result, "patient_ids_unknown", category="tremor") == ("b",)
    assert cell(result, "n_total", category="infection", group="RTX") == 1
    assert cell(result, "n_patients") == 1
    assert cell(result, "n_total") == 1  # b may have had a tremor
    assert "S-10" in [note.code for note in result.notes]
    said = compare_adverse_events(view_of(a_cohort(patients, []), blank="no"))
    assert (cell(said, "n_total", category="tremor"), cell(said, "n_unknown", category="tremor")) == (2, 0)


def test_no_event_at_all_answers_the_single_columns_and_a_contradiction_is_listed() -> None:
    patients = FOUR.assign(ae_any=["no", "no", "yes", "no"], ae_tremor=[None, None, "yes", "yes"])
    result = compare_adverse_events(view_of(a_cohort(patients, [])))
    assert (cell(result, "n_patients", category="tremor"), cell(result, "n_total", category="tremor")) == (0, 2)
    wrong = next(note for note in result.notes if note.code == "S-08")
    assert wrong.patient_ids == ("d",)


def test_a_yes_for_a_parent_without_its_part_is_listed_and_counts_above_the_parts() -> None:
    patients = FOUR.assign(
        ae_any=["yes", "yes", "no", None], ae_infection=["yes", None, "no", "no"],
        ae_infection_uri=["no", "no", "no", "no"], ae_tremor=["no", "no", "no", "no"],
    )  # fmt: skip
    result = compare_adverse_events(view_of(a_cohort(patients, [])))
    alone = {note.text.split(" ")[0]: note.patient_ids for note in result.notes if note.code == "S-14"}
    assert alone == {"ae_infection": ("a",), "ae_any": ("b",)}
    assert cell(result, "patient_ids", category="infection") == ("a",)
    assert cell(result, "patient_ids", category="infection_uri") == ()
    assert cell(result, "patient_ids") == ("a", "b")
    assert cell(result, "n_unknown", group="RTX") == 1  # d: nobody answered whether there was any event


def test_a_kind_that_is_only_unknown_has_no_row_of_its_own() -> None:
    patients = FOUR.assign(ae_any=["no", None, "no", "no"])
    result = compare_adverse_events(view_of(a_cohort(patients, [])))
    assert result.rows["label"].unique().tolist() == ["Any adverse event"]
    assert cell(result, "patient_ids_unknown") == ("b",)


def test_the_patients_behind_a_count_come_with_grade_and_day() -> None:
    view = view_of(with_events(FOUR, [*EVENTS, {"patient_id": "a", "term": "nausea", "day": 4.0}]))
    result = compare_adverse_events(view)
    found = describe_cell(view, result, cell_token("category", "gastrointestinal", "", "RTX+TAC"))
    assert (found.label, found.n_patients, found.n_total, found.gives) == (
        "Gastrointestinal", 1, 2, ("serious", "related", "led_to_stop"),
    )  # fmt: skip
    assert found.events[["patient_id", "day"]].to_numpy().tolist() == [["a", 4.0], ["a", 10.0]]
    assert describe_cell(view, result, "00000000") is None


def test_the_values_behind_a_laboratory_count_are_listed() -> None:
    rows = [("a", 0.0, 80.0), ("a", 90.0, 130.0), ("a", 120.0, 90.0), ("c", 0.0, 80.0), ("c", 30.0, 85.0)]
    visits = pd.DataFrame(rows, columns=["patient_id", "day", "value"]).assign(
        month=np.nan, unscheduled=False, qualifier="", variable="scr_umol_l"
    )
    view = view_of(replace(a_cohort(FOUR, []), visits=visits[VISIT_COLUMNS]))
    found = describe_cell(
        view, find_laboratory_events(view), cell_token("category", "lab_creatinine_50", "", "RTX+TAC")
    )  # fmt: skip
    assert found.events[["patient_id", "day", "value"]].to_numpy().tolist() == [["a", 90.0, 130.0]]
    assert found.unknown == ("b",)
    assert found.measure == "Serum creatinine (µmol/L)"


def test_only_what_the_file_says_can_be_asked_for() -> None:
    assert flags_given(with_events(FOUR, EVENTS)) == ("serious", "related", "led_to_stop")
    assert flags_given(a_cohort(FOUR, [("a", "Rash", "")])) == ()


def test_unknown_answers_leave_the_denominator_of_the_grades() -> None:
    patients = FOUR.assign(ae_tremor=["yes", None, "no", "no"])
    found = count_grades(view_of(a_cohort(patients, []))).rows
    mine = found[(found["category"] == "tremor") & (found["group"] == "RTX+TAC")]
    assert mine["n_total"].unique().tolist() == [1]


def test_an_empty_table_can_mean_none() -> None:
    result = compare_adverse_events(view_of(a_cohort(FOUR, []), empty_table="none"))
    assert (cell(result, "n_patients"), cell(result, "n_total"), result.reason) == (0, 2, "")
    assert cell(result, "conf_high") == pytest.approx(1 - 0.025**0.5)


EVENTS = [
    {"patient_id": "a", "day": 10.0, "term": "Nausea", "grade": 3.0, "serious": "yes", "related": "possible"},
    {"patient_id": "b", "day": 200.0, "term": "flu-like cold", "grade": np.nan, "serious": "", "related": "unrelated"},
    {"patient_id": "c", "day": -5.0, "term": "Tremor", "grade": 1.0, "serious": "no", "led_to_stop": "yes"},
    {"patient_id": "zz", "day": 3.0, "term": "Rash", "grade": 1.0, "serious": "no"},
]


def test_free_text_finds_its_category_and_can_be_moved() -> None:
    cohort = with_events(FOUR, EVENTS)
    result = compare_adverse_events(view_of(cohort))
    assert cell(result, "patient_ids", category="gastrointestinal") == ("a",)
    assert cell(result, "patient_ids", category="infection_uri") == ("b",)
    moved = view_of(cohort, recoded=(f"{term_token('nausea')}:{term_token('other')}",))
    assert cell(compare_adverse_events(moved), "patient_ids", category="other") == ("a",)


def test_strays_early_and_incomplete_events_are_listed() -> None:
    result = compare_adverse_events(view_of(with_events(FOUR, EVENTS)))
    notes = {note.code: note.text for note in result.notes}
    assert notes["S-01"].startswith("1 event of patients who are not in the cohort: not counted")
    assert "(c)" in notes["S-02"]
    assert "(b)" in notes["S-04"]
    assert cell(result, "n_patients", group="RTX") == 0  # before the first rituximab
    wider = compare_adverse_events(view_of(with_events(FOUR, EVENTS), first_day=-30))
    assert cell(wider, "n_patients", group="RTX") == 1


@pytest.mark.parametrize(
    ("options", "had", "unknown"),
    [
        ({"least_grade": 3}, ("a",), ("b",)),
        ({"only_serious": True}, ("a",), ("b",)),
        ({"only_related": True}, ("a",), ()),
        ({"last_day": 90}, ("a",), ()),
        ({"first_day": 100}, ("b",), ()),
    ],
)
def test_filters_leave_what_they_cannot_know_unknown(options: dict, had: tuple, unknown: tuple) -> None:
    result = compare_adverse_events(view_of(with_events(FOUR.assign(followup_months=12.0), EVENTS), **options))
    assert cell(result, "patient_ids") == had
    assert cell(result, "patient_ids_unknown") == unknown


def test_a_drug_on_board_limits_events_and_their_time() -> None:
    doses = pd.DataFrame(
        {"patient_id": ["a", "a", "b"], "drug": "RTX", "start_day": [0.0, 14.0, 0.0], "stop_day": np.nan}
    )
    patients = FOUR.assign(followup_months=12.0)
    cohort = replace(with_events(patients, EVENTS), doses=doses.assign(dose_mg=500.0, dose_protocol=""))
    view = view_of(cohort, on_drug="RTX", on_board_days=30)
    assert cell(compare_adverse_events(view), "patient_ids") == ("a",)
    rates = compare_ratios(view).rates
    total = rates[(rates["level"] == "total") & (rates["group"] == "RTX+TAC")].iloc[0]
    assert total["patient_years"] == pytest.approx((44 + 30) / 365.25)
    assert total["n_events"] == 1


def test_worst_grade_counts_each_patient_once() -> None:
    rows = [{"patient_id": "a", "category": "tremor", "grade": grade, "day": 1.0} for grade in (1.0, 3.0)]
    rows.append({"patient_id": "b", "category": "tremor", "day": 1.0})
    found = count_grades(view_of(with_events(FOUR, rows))).rows
    mine = found[(found["level"] == "total") & (found["group"] == "RTX+TAC")].set_index("grade")["patient_ids"]
    assert mine.to_dict() == {0: ("b",), 1: (), 2: (), 3: ("a",), 4: (), 5: ()}


def test_first_event_with_death_competing() -> None:
    hard = pd.DataFrame({"patient_id": ["b"], "event_type": ["death"], "day": [60.875]})
    cohort = replace(with_events(FOUR.assign(followup_months=12.0), EVENTS[:1]), events=hard)
    result = describe_timing(view_of(cohort))
    tac = result.curves[result.curves["group"] == "RTX+TAC"]
    assert tac["estimate"].iloc[-1] == pytest.approx(0.5)
    assert tac["n_competing"].sum() == 1
    assert result.onsets["day"].tolist() == [10.0]


def test_laboratory_events_need_a_baseline_and_leave_out_who_had_it_before() -> None:
    rows = [
        ("a", 0.0, "scr_umol_l", 80.0), ("a", 90.0, "scr_umol_l", 120.0), ("b", 90.0, "scr_umol_l", 300.0),
        ("c", 0.0, "igg_g_l", 3.0), ("c", 90.0, "igg_g_l", 2.0),
        ("d", 0.0, "igg_g_l", 9.0), ("d", 90.0, "igg_g_l", 4.0),
    ]  # fmt: skip
    visits = pd.DataFrame(rows, columns=["patient_id", "day", "variable", "value"])
    visits = visits.assign(month=np.nan, unscheduled=False, qualifier="")[VISIT_COLUMNS]
    result = find_laboratory_events(view_of(replace(a_cohort(FOUR, []), visits=visits)))
    assert cell(result, "patient_ids", category="lab_creatinine_50") == ("a",)  # exactly 1.5 counts
    assert cell(result, "patient_ids_unknown", category="lab_creatinine_50") == ("b",)
    assert cell(result, "n_total", category="lab_igg_4", group="RTX") == 1
    assert cell(result, "n_patients", category="lab_igg_4", group="RTX") == 0  # 4.0 is not below 4


def test_order_precision_and_listing() -> None:
    cohort = with_events(FOUR, [*EVENTS[:2], {"patient_id": "c", "category": "tremor", "day": 3.0}])
    by_name = compare_adverse_events(view_of(cohort, sort="name", shown="categories")).rows
    assert list(dict.fromkeys(by_name["label"])) == [
        "Any adverse event", "Gastrointestinal", "Infection", "Upper respiratory infection", "Tremor",
    ]  # fmt: skip
    by_difference = compare_adverse_events(view_of(cohort, sort="difference", shown="categories")).contrasts
    assert by_difference["category"].tolist()[-1] == "tremor"
    assert list_events(view_of(cohort)).rows["day"].tolist() == [10.0, 200.0, 3.0]


def test_precision_sentence_of_the_first_paper() -> None:
    ids = [f"P{n:02d}" for n in range(91)]
    patients = pd.DataFrame({"patient_id": ids, "regimen_group": ["RTX+TAC"] * 34 + ["RTX"] * 57})
    rows = [{"patient_id": patient, "category": "other", "day": 1.0} for patient in (*ids[:6], *ids[34:45])]
    sentence = compare_adverse_events(view_of(with_events(patients, rows))).precision
    assert "has 4 % power" in sentence  # domain.md 3.5
    assert "about 47 % instead of 19 %" in sentence


@pytest.mark.parametrize(
    ("tac", "rtx", "words"),
    [
        (
            8,
            9,
            "found no difference (100 % and 100 %); it has no power for more events than in RTX, where everyone had",
        ),
        (0, 9, "has more than 99 % power to detect the difference seen (0 % and 100 %)"),
        (8, 7, "and less than 80 % power even if everyone in RTX+TAC had an event. A difference"),
    ],
)
def test_precision_at_the_edge(tac: int, rtx: int, words: str) -> None:
    patients = pd.DataFrame(
        {"patient_id": [f"P{n:02d}" for n in range(17)], "regimen_group": ["RTX+TAC"] * 8 + ["RTX"] * 9}
    )
    ids = [f"P{n:02d}" for n in (*range(tac), *range(8, 8 + rtx))]
    rows = [{"patient_id": patient, "category": "other", "day": 1.0} for patient in ids]
    assert words in compare_adverse_events(view_of(with_events(patients, rows))).precision


def seen_in(sizes: dict[str, int], had: dict[str, int], **options):
    """Compare groups of which some patients had an event; the reference is the last."""
    names = {group: [f"{group}{n:02d}" for n in range(size)] for group, size in sizes.items()}
    patients = pd.DataFrame(
        {
            "patient_id": [name for some in names.values() for name in some],
            "regimen_group": [g for g, n in sizes.items() for _ in range(n)],
        }
    )
    rows = [{"patient_id": name, "category": "other", "day": 1.0} for g, n in had.items() for name in names[g][:n]]
    spec = StudySpec(
        group_column="regimen_group", group_levels=tuple(sizes), reference_group=list(sizes)[-1],
        safety=SafetyOptions(**options),
    )  # fmt: skip
    return select_view(with_events(patients, rows), spec)


def test_precision_names_the_groups_and_speaks_of_each_comparison() -> None:
    view = seen_in({"A": 10, "B": 12, "C": 3, "R": 20}, {"A": 10, "B": 2, "R": 4})
    of_a, of_b, of_c = compare_adverse_events(view).precision.split("Any adverse event, ")[1:]
    assert of_a.startswith("A (n = 10) against R (n = 20): this comparison has ")
    assert "not equal safety" not in of_a  # 100 % and 20 %: the interval excludes zero
    assert of_b.startswith("B (n = 12) against R (n = 20)")
    assert of_b.strip().endswith("A difference that was not found is not equal safety.")
    assert of_c == "C (n = 3) against R (n = 20): this comparison can neither find a difference nor rule one out."


def test_several_comparisons_say_by_which_the_rows_are_ordered() -> None:
    several = seen_in({"A": 10, "B": 12, "R": 20}, {"A": 1, "B": 2, "R": 4}, sort="difference")
    words = "The rows are in the order of the difference between A and R."
    assert compare_adverse_events(several).order == words
    assert compare_ratios(several).method.sentence.endswith(words)
    one = seen_in({"A": 10, "R": 20}, {"A": 1, "R": 4}, sort="difference")
    assert compare_adverse_events(one).order == ""


def test_a_rate_against_none_keeps_its_lower_limit() -> None:
    cohort = with_events(FOUR.assign(followup_months=12.0), [{"patient_id": "a", "category": "tremor", "day": 3.0}])
    total = compare_ratios(view_of(cohort)).ratios.query("level == 'total'").iloc[0]
    assert np.isinf([total["rate_ratio"], total["rate_ratio_high"]]).all()
    assert total["rate_ratio_low"] == pytest.approx(1 / 39)  # R poisson.test(c(1, 0), c(2, 2))
    assert total["rate_ratio_reason"] == ""
    assert np.isnan(total["risk_ratio"])


def test_one_group_says_what_it_cannot_rule_out() -> None:
    patients = pd.DataFrame({"patient_id": [f"P{n:02d}" for n in range(14)]})
    spec = StudySpec(safety=SafetyOptions(empty_table="none"))
    sentence = compare_adverse_events(select_view(a_cohort(patients, []), spec)).precision
    assert "up to 19 % (one-sided 95 % limit)" in sentence  # domain.md 3.5: 0 of 14
    assert sentence.endswith("the limits in the table are two-sided and therefore higher.")


def test_power_agrees_with_r() -> None:
    expected = pd.read_csv(ORACLES / "safety_power.csv")
    found = [power_of_difference(row.p1, row.n, row.p0, row.n) for row in expected.itertuples()]
    assert found == pytest.approx(expected["power"].tolist(), abs=1e-8)


def test_precision_of_tiny_groups_is_said_in_words() -> None:
    sentence = compare_adverse_events(view_of(with_events(FOUR, EVENTS))).precision
    assert sentence == (
        "Any adverse event, RTX+TAC (n = 2) against RTX (n = 2): this comparison can neither find a difference nor "
        "rule one out."
    )


def test_boschloo_is_not_made_for_hundreds_of_rows_of_hundreds_of_patients() -> None:
    names = [f"P{n:03d}" for n in range(501)]
    patients = pd.DataFrame({"patient_id": names, "regimen_group": ["RTX+TAC"] * 250 + ["RTX"] * 251})
    rows = [{"patient_id": name, "category": "other", "day": 1.0} for name in names[200:300]]
    found = compare_adverse_events(view_of(with_events(patients, rows), test="boschloo")).contrasts
    assert found["p_value"].isna().all()
    assert found["p_reason"].unique().tolist() == [
        "no P: Boschloo's test is made up to 500 patients, Fisher's for more"
    ]
    smaller = with_events(patients.iloc[1:], rows)
    assert compare_adverse_events(view_of(smaller, test="boschloo")).contrasts["p_value"].notna().all()
