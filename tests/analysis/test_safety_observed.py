"""Is nobody a zero who was not observed, not exposed, not asked, or whose words were not understood?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.cohort.canonical import load_cohort
from analysis.cohort.model import VISIT_COLUMNS
from analysis.cohort.proposals import propose_mapping
from analysis.cohort.readers import read_tables
from analysis.safety import compare_adverse_events, compare_ratios, describe_timing, find_laboratory_events, list_events
from analysis.safety.terms import RELAPSE, place_terms
from tests.analysis.test_safety import FOUR, a_cohort
from tests.analysis.test_safety_parts import cell, view_of, with_events
from tests.present.test_safety import TEN


def dosed(patients: pd.DataFrame, rows: list[dict], drugs: dict[str, str]):
    doses = pd.DataFrame({"patient_id": list(drugs), "drug": list(drugs.values()), "start_day": 0.0})
    doses = doses.assign(stop_day=np.nan, dose_mg=1.0, dose_protocol="")
    return replace(with_events(patients, rows), doses=doses)


# ---------------------------------------------------------------- time window and drug on board


def test_who_never_had_the_drug_is_not_in_the_denominator() -> None:
    rows = [{"patient_id": "a", "category": "tremor", "day": 3.0}]
    cohort = dosed(FOUR.assign(followup_months=12.0), rows, {"a": "TAC", "b": "TAC", "c": "RTX"})
    view = view_of(cohort, on_drug="TAC")
    result = compare_adverse_events(view)
    assert (cell(result, "n_patients"), cell(result, "n_total")) == (1, 2)
    assert (cell(result, "n_total", group="RTX"), cell(result, "reason", group="RTX")) == (
        0,
        "not estimable: not on TAC",
    )
    assert result.contrasts["risk_difference"].isna().all()
    notes = [note.text for note in result.notes if note.code == "S-15"]
    assert notes == [
        "RTX: 1 of 2 patients were not on TAC and are not in the denominator (c).",
        "RTX: 1 of 2 patients were of unknown follow-up or doses and are not in the denominator (d).",
    ]
    rates = compare_ratios(view).rates.query("group == 'RTX'")
    assert rates["reason"].unique().tolist() == ["not estimable: not on TAC"]
    timing = describe_timing(view)
    assert timing.landmarks["estimate"].isna().all()
    assert timing.n_curve == {"RTX+TAC": 2, "RTX": 0}


def test_a_late_window_counts_only_who_was_followed_until_it_opened() -> None:
    patients = TEN.assign(followup_months=[6.0, 6.0, 24.0, 24.0, np.nan, 24.0, 24.0, 24.0, 24.0, 6.0])
    rows = [{"patient_id": "e", "category": "tremor", "day": 500.0}, {"patient_id": "g", "term": "Rash", "day": 450.0}]
    view = view_of(with_events(patients, rows), first_day=400)
    result = compare_adverse_events(view)
    assert (cell(result, "patient_ids"), cell(result, "n_total")) == (("e",), 2)  # g: follow-up unknown
    assert cell(result, "n_total", group="RTX") == 4
    timing = describe_timing(view)
    marks = timing.landmarks.query("group == 'RTX+TAC'")
    assert marks["estimate"].isna().all()
    assert marks["reason"].unique().tolist() == ["not estimable: the window opens later"]
    assert timing.curves["time"].min() == pytest.approx(400 / 30.4375)
    assert [row.day for row in list_events(view).rows.itertuples()] == [500.0]


def test_a_window_after_the_last_contact_of_all_has_nobody() -> None:
    cohort = with_events(FOUR.assign(followup_months=6.0), [{"patient_id": "a", "category": "tremor", "day": 3.0}])
    view = view_of(cohort, first_day=400)
    assert compare_adverse_events(view).rows["reason"].unique().tolist() == ["not estimable: not observed then"]
    assert compare_ratios(view).rates["reason"].unique().tolist() == ["not estimable: not observed then"]


def test_an_event_after_the_last_contact_extends_the_time() -> None:
    rows = [{"patient_id": "a", "category": "tremor", "day": 730.5}]
    view = view_of(with_events(FOUR.assign(followup_months=12.0), rows))
    rates = compare_ratios(view).rates.query("level == 'total' and group == 'RTX+TAC'")
    assert rates[["n_events", "patient_years"]].to_numpy().tolist() == [[1, 3.0]]
    assert "S-16" in [note.code for note in compare_adverse_events(view).notes]


def test_events_before_treatment_have_no_time_and_no_rate() -> None:
    rows = [{"patient_id": "a", "category": "tremor", "day": day} for day in (-10.0, 10.0)]
    view = view_of(with_events(FOUR.assign(followup_months=12.0), rows), first_day=-30)
    assert cell(compare_adverse_events(view), "n_events") == 2
    rates = compare_ratios(view).rates.query("level == 'total' and group == 'RTX+TAC'")
    assert rates["n_events"].tolist() == [1]


# ---------------------------------------------------------------- follow-up


def test_without_follow_up_an_event_does_not_stay_while_the_others_go() -> None:
    names = {group: [f"{group}{n:02d}" for n in range(14)] for group in ("RTX+TAC", "RTX")}
    patients = pd.DataFrame([(name, group) for group in names for name in names[group]],
                            columns=["patient_id", "regimen_group"])  # fmt: skip
    known = patients["regimen_group"].eq("RTX") | patients["patient_id"].eq("RTX+TAC13")
    rows = [{"patient_id": names[group][n], "category": "tremor", "day": 30.0 * (n + 1)} for group in names
            for n in range(6)]  # fmt: skip
    timing = describe_timing(view_of(with_events(patients.assign(followup_months=np.where(known, 12.0, np.nan)), rows)))
    assert timing.n_curve == {"RTX+TAC": 1, "RTX": 14}
    at_twelve = timing.landmarks.query("group == 'RTX' and time == 12")["estimate"].iloc[0]
    assert at_twelve == pytest.approx(6 / 14)
    left = next(note for note in timing.notes if note.code == "S-12")
    assert len(left.patient_ids) == 13


def test_a_year_of_365_days_reaches_month_twelve() -> None:
    cohort = with_events(TEN.assign(followup_months=365 / 30.4375), [{"patient_id": "a", "term": "x", "day": 9.0}])
    found = describe_timing(view_of(cohort)).landmarks.query("time == 12 and group == 'RTX+TAC'").iloc[0]
    assert (found["estimate"], found["reason"]) == (pytest.approx(0.2), "")


# ---------------------------------------------------------------- yes/no columns


def test_a_column_without_any_answer_has_its_row() -> None:
    cohort = a_cohort(FOUR.assign(ae_leukopenia=[None] * 4, ae_tremor=["yes", "no", "no", "no"]), [])
    said = compare_adverse_events(view_of(cohort, blank="no"))
    assert (cell(said, "n_patients", category="leukopenia"), cell(said, "n_total", category="leukopenia")) == (0, 2)
    asked = compare_adverse_events(view_of(cohort))
    assert cell(asked, "reason", category="leukopenia") == "not estimable: not recorded for any patient"


def test_a_column_that_says_more_than_yes_and_no_is_named() -> None:
    cohort = a_cohort(FOUR.assign(ae_infection_uri=[0, 1, 2, 0], ae_tremor=["mild", "moderate", "no", None]), [])
    result = compare_adverse_events(view_of(cohort))
    notes = [note.text for note in result.notes if note.code == "S-17"]
    assert notes[0].startswith("The column ae_infection_uri is not read")
    assert "it says mild, moderate, no, not yes and no" in notes[1]
    assert "The column ae_tremor is not read" in result.reason


FILE = [("s.csv", b"""patient_id,regimen_group,ae_leukopenia,ae_infection_uri,ae_tremor
A,RTX+TAC,,0,yes
B,RTX+TAC,,1,no
C,RTX,,2,no
D,RTX,,0,no
""")]  # fmt: skip


def test_a_file_read_with_open_questions_says_what_is_missing() -> None:
    mapping = propose_mapping(read_tables(FILE))
    cohort = load_cohort(FILE, name="s", mapping=mapping)
    result = compare_adverse_events(view_of(cohort, blank="no"))
    notes = [note.text for note in result.notes if note.code == "S-17"]
    assert len(notes) == 1
    assert notes[0].startswith("The column ae_infection_uri is not read")
    assert (cell(result, "n_patients", category="leukopenia"), cell(result, "n_total", category="leukopenia")) == (0, 2)
    ours = compare_adverse_events(view_of(load_cohort(FILE, name="s")))
    assert [note.text.split(" ")[2] for note in ours.notes if note.code == "S-17"] == ["ae_infection_uri"]
    assert cell(ours, "n_unknown", category="leukopenia") == 2


def test_an_event_told_twice_counts_once() -> None:
    cohort = with_events(
        FOUR.assign(ae_infection_pneumonia=["yes", "yes", "no", "no"]),
        [{"patient_id": "a", "term": "Pneumonia", "day": 5.0}],
    )
    result = compare_adverse_events(view_of(cohort))
    assert (cell(result, "n_patients"), cell(result, "n_events")) == (2, 2)
    assert next(note for note in result.notes if note.code == "S-19").patient_ids == ("a",)


# ---------------------------------------------------------------- laboratory


def test_the_laboratory_table_says_who_is_left_out_and_that_filters_do_not_apply() -> None:
    rows = [("a", 0.0, 3.0), ("a", 90.0, 2.0), ("b", 90.0, 9.0), ("c", 0.0, 9.0), ("c", 90.0, 3.0)]
    visits = pd.DataFrame(rows, columns=["patient_id", "day", "value"])
    visits = visits.assign(month=np.nan, unscheduled=False, qualifier="", variable="igg_g_l")[VISIT_COLUMNS]
    cohort = replace(a_cohort(FOUR, []), visits=visits)
    notes = {note.code: note.text for note in find_laboratory_events(view_of(cohort, first_day=30)).notes}
    assert notes["S-13"] == (
        "IgG below 4 g/L, not in the denominator: RTX+TAC 1 met the limit before treatment; "
        "RTX 1 without a value that decides."
    )
    assert "not this table" in notes["S-21"]
    plain = find_laboratory_events(view_of(cohort))
    assert ("S-21" in [note.code for note in plain.notes], plain.unit) == (False, "measurements")


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("term", "category"),
    [
        ("Blood glucose decreased", "metabolic"), ("Blood glucose increased", "hyperglycaemia"),
        ("Renal cell carcinoma", "malignancy"), ("Stomach cancer", "malignancy"), ("Renal failure", "nephrotoxicity"),
        ("Cephalosporin allergy", "uncategorised"), ("Headache", "headache"), ("Cephalalgia", "headache"),
        ("Heartburn", "gastrointestinal"), ("Heart failure", "cardiac"), ("Cold hands", "uncategorised"),
        ("Cold", "infection_uri"), ("flu-like cold", "infection_uri"), ("肺炎", "infection_pneumonia"),
        ("细菌性肺炎", "infection_pneumonia"), ("neumonía", "infection_pneumonia"), ("上呼吸道感染", "infection_uri"),
        ("尿路感染", "infection_other"), ("Disease relapse", RELAPSE), ("Relapsing fever", "uncategorised"),
        ("Cold sore", "infection_other"), ("Number of cells low", "uncategorised"),
        ("Tumour lysis syndrome", "metabolic"), ("Vaccination against HBV", "uncategorised"),
    ],
)  # fmt: skip
def test_the_dictionary_reads_whole_words(term: str, category: str) -> None:
    assert place_terms(np.array([""], dtype=object), np.array([term], dtype=object), ()).tolist() == [category]


def test_a_relapse_is_an_outcome_and_named_as_one() -> None:
    rows = [{"patient_id": "a", "term": "Disease relapse", "day": 90.0}, {"patient_id": "b", "term": "Rash"}]
    result = compare_adverse_events(view_of(with_events(FOUR, rows)))
    assert cell(result, "patient_ids") == ("b",)
    assert next(note for note in result.notes if note.code == "S-18").patient_ids == ("a",)


def test_an_infection_without_its_kind_leaves_the_kinds_open() -> None:
    rows = [
        {"patient_id": "a", "category": "infection", "day": 3.0},
        {"patient_id": "b", "category": "infection", "term": "NASOPHARYNGITIS", "day": 3.0},
        {"patient_id": "c", "category": "infection_pneumonia", "day": 3.0},
    ]
    result = compare_adverse_events(view_of(with_events(FOUR, rows)))
    assert cell(result, "patient_ids", category="infection") == ("a", "b")
    assert cell(result, "patient_ids_unknown", category="infection_pneumonia") == ("a",)
    assert cell(result, "patient_ids", category="infection_uri") == ("b",)
    assert cell(result, "n_unknown") == 0
