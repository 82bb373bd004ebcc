"""Does the adverse-events page keep its zeros, its denominators and the published differences?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.cohort.model import (
    ADVERSE_EVENT_COLUMNS,
    DOSE_COLUMNS,
    EVENT_COLUMNS,
    VISIT_COLUMNS,
    Cohort,
    Provenance,
)
from analysis.safety import SafetyResult, category_label, compare_adverse_events
from analysis.study import Filter, StudySpec, select_view

ORACLES = Path(__file__).parents[1] / "oracles"
TWO = {"group_column": "regimen_group", "group_levels": ("RTX+TAC", "RTX")}
# One event per patient, domain.md 5.1; "other infection" as the paper counts it.
PUBLISHED = {
    "RTX+TAC": ["infusion_reaction"] * 2 + ["infection_uri", "palpitations", "headache", "gastrointestinal"],
    "RTX": ["infusion_reaction"] * 4
    + ["infection_pneumonia", "infection_other", "palpitations", "palpitations", "headache", "myalgia", "leukopenia"],
}


def a_cohort(patients: pd.DataFrame, events: list[tuple], hard: pd.DataFrame | None = None) -> Cohort:
    visits = pd.DataFrame(columns=VISIT_COLUMNS).astype({"day": float, "month": float, "value": float})
    adverse = pd.DataFrame(events, columns=["patient_id", "term", "category"]).reindex(columns=ADVERSE_EVENT_COLUMNS)
    return Cohort(
        name="made for a test",
        patients=patients,
        visits=visits,
        doses=pd.DataFrame(columns=DOSE_COLUMNS),
        adverse_events=adverse,
        events=pd.DataFrame(columns=EVENT_COLUMNS) if hard is None else hard,
        provenance=Provenance(source="test", sha256=""),
    )


def compare(patients: pd.DataFrame, events: list[tuple], **choices: object) -> SafetyResult:
    hard = choices.pop("hard", None)
    return compare_adverse_events(select_view(a_cohort(patients, events, hard), StudySpec(**{**TWO, **choices})))


@pytest.fixture(scope="module")
def published() -> SafetyResult:
    ids = {"RTX+TAC": [f"T{n:02d}" for n in range(34)], "RTX": [f"R{n:02d}" for n in range(57)]}
    patients = pd.DataFrame(
        [(patient, arm) for arm in ids for patient in ids[arm]], columns=["patient_id", "regimen_group"]
    )
    events = [
        (patient, category_label(category), category)
        for arm in ids
        for patient, category in zip(ids[arm], PUBLISHED[arm], strict=False)
    ]
    return compare(patients, events)


def row(result: SafetyResult, category: str, group: str) -> pd.Series:
    level = "category" if category else "total"
    rows = result.rows
    return rows[(rows["level"] == level) & (rows["category"] == category) & (rows["group"] == group)].iloc[0]


# ---------------------------------------------------------------- published counts, domain.md 3.5


@pytest.mark.parametrize(
    ("category", "counts", "expected"),
    [  # risk difference and limits in percentage points
        ("", (6, 11), (-1.65, -16.87, 16.19)),
        ("infusion_reaction", (2, 4), (-1.14, -11.71, 12.74)),
        ("infection", (1, 2), (-0.57, -9.32, 11.67)),
        ("infection_pneumonia", (0, 1), (-1.75, -9.29, 8.50)),
        ("infection_other", (0, 1), (-1.75, -9.29, 8.50)),
        ("infection_uri", (1, 0), (2.94, -3.82, 14.92)),
        ("headache", (1, 1), (1.19, -6.73, 13.25)),
    ],
)
def test_published_differences(published, category, counts, expected):
    assert tuple(row(published, category, group)["n_patients"] for group in published.groups) == counts
    found = published.contrasts.query("level != 'term' and category == @category").iloc[0]
    assert (found["group"], found["reference_group"]) == ("RTX+TAC", "RTX")
    shown = tuple(round(100 * found[name], 2) for name in ("risk_difference", "conf_low", "conf_high"))
    assert shown == expected


def test_zero_keeps_its_exact_upper_bound(published):
    found = row(published, "infection_pneumonia", "RTX+TAC")
    assert (found["n_patients"], found["proportion"], found["conf_low"]) == (0, 0, 0)
    oracle = pd.read_csv(ORACLES / "proportions.csv").query("k == 0 and n == 34 and conf_level == 0.95")
    assert found["conf_high"] == pytest.approx(oracle["exact_high"].iloc[0], rel=1e-8)


def test_rows_run_from_total_to_frequent_families(published):
    rows = published.rows[published.rows["group"] == "RTX"]
    assert rows["category"].tolist() == [
        "", "infusion_reaction", "infection", "infection_other", "infection_pneumonia", "infection_uri",
        "palpitations", "headache", "gastrointestinal", "leukopenia", "myalgia",
    ]  # fmt: skip
    assert rows["parent"].eq("infection").sum() == 3
    assert rows["label"].tolist()[:6] == [
        "Any adverse event", "Infusion reaction", "Infection", "Other infection", "Pneumonia",
        "Upper respiratory infection",
    ]  # fmt: skip


def test_ids_travel_with_the_counts(published):
    assert row(published, "infusion_reaction", "RTX+TAC")["patient_ids"] == ("T00", "T01")


def test_notes_of_the_published_counts(published):
    assert [note.code for note in published.notes] == ["W-14", "W-14", "S-03", "S-04", "W-13"]
    assert published.notes[0].text.endswith("with 0 of 34 the upper limit of the two-sided 95 % interval is 10 %.")
    assert "Clopper–Pearson" in published.method.sentence
    assert "group minus RTX" in published.method.sentence


# ---------------------------------------------------------------- counting

FOUR = pd.DataFrame({"patient_id": ["a", "b", "c", "d"], "regimen_group": ["RTX+TAC", "RTX+TAC", "RTX", "RTX"]})


def test_patients_and_events_are_two_numbers():
    events = [
        ("a", "Cold", "infection_uri"),
        ("a", "cold ", "infection_uri"),
        ("a", "Pneumonia", "infection_pneumonia"),
    ]
    result = compare(FOUR, events)
    assert row(result, "", "RTX+TAC")[["n_patients", "n_events"]].tolist() == [1, 3]
    assert row(result, "infection", "RTX+TAC")[["n_patients", "n_events"]].tolist() == [1, 3]
    assert row(result, "infection_uri", "RTX+TAC")[["n_patients", "n_events"]].tolist() == [1, 2]
    terms = result.rows.query("level == 'term'")
    assert terms["label"].unique().tolist() == ["Cold"]
    assert terms["n_events"].tolist() == [2, 0]


def test_category_seen_outside_the_selection_keeps_its_row():
    patients = FOUR.assign(sex=["male", "male", "male", "female"])
    result = compare(patients, [("d", "", "tremor")], filters=(Filter(variable="sex", levels=("male",)),))
    assert result.rows.query("category == 'tremor'")["n_patients"].tolist() == [0, 0]
    assert result.rows.query("category == 'tremor'")["n_total"].tolist() == [2, 1]
    assert result.contrasts.query("category == 'tremor'")["risk_difference"].tolist() == [0]
    assert result.contrasts.query("category == 'tremor'")["conf_low"].iloc[0] < -0.5


def test_event_of_an_unknown_patient_is_not_counted():
    result = compare(FOUR, [("zz", "", "tremor"), ("a", "", "tremor")])
    assert row(result, "tremor", "RTX+TAC")["n_patients"] == 1
    assert row(result, "", "RTX")["n_events"] == 0


def test_missing_category_is_kept_under_a_name_of_its_own():
    result = compare(FOUR, [("a", "Rash", None), ("c", None, "own_code")])
    assert row(result, "uncategorised", "RTX+TAC")["label"] == "Not categorised"
    assert row(result, "own_code", "RTX")["label"] == "Own code"
    assert result.rows.query("level == 'term'")["label"].unique().tolist() == ["Rash"]


def test_nothing_recorded_is_not_zero():
    result = compare(FOUR, [])
    assert result.rows.empty
    assert result.contrasts.empty
    assert result.reason == "No adverse event is recorded in this file. That does not mean that none happened."
    assert result.denominators["n"].tolist() == [2, 2]


def test_one_group_has_no_contrasts():
    result = compare(FOUR, [("a", "", "tremor")], group_column=None, group_levels=())
    assert result.contrasts.empty
    assert result.rows["group"].unique().tolist() == ["All patients"]
    assert row(result, "tremor", "All patients")["proportion"] == 0.25
    assert "minus" not in result.method.sentence


def test_empty_group_has_a_reason():
    result = compare(FOUR, [("a", "", "tremor")], group_levels=("OBI", "RTX"))
    found = row(result, "tremor", "OBI")
    assert (found["n_total"], found["reason"]) == (0, "not estimable: no patients")
    assert np.isnan([found["proportion"], found["conf_low"], found["conf_high"]]).all()
    assert result.contrasts["reason"].unique().tolist() == ["not estimable: no patients"]
    assert result.denominators.query("group == 'OBI'")["n_followup"].tolist() == [0]


def test_nobody_left():
    result = compare(FOUR.iloc[:0], [("a", "", "tremor")])
    assert result.rows["n_total"].unique().tolist() == [0]
    assert result.rows["reason"].unique().tolist() == ["not estimable: no patients"]


# ---------------------------------------------------------------- follow-up


def test_patient_years_and_median_follow_up():
    patients = FOUR.assign(followup_months=[12.0, 18.0, 24.0, np.nan])
    result = compare(patients, [("a", "", "tremor")])
    columns = ["n", "n_followup", "patient_years", "median_followup_months"]
    # two values: reverse Kaplan-Meier is one half between 12 and 18, so the midpoint
    assert result.denominators[columns].to_numpy().tolist() == [[2, 2, 2.5, 15], [2, 1, 2, 24]]


def test_death_censors_the_follow_up():
    patients = FOUR.assign(followup_months=[2.0, 18.0, 24.0, 24.0])
    deaths = pd.DataFrame({"patient_id": ["a"], "event_type": ["death"], "day": [61.0]})
    result = compare(patients, [("a", "", "tremor")], hard=deaths)
    assert result.denominators["median_followup_months"].tolist() == [18, 24]


def test_follow_up_not_given_is_nan():
    result = compare(FOUR, [("a", "", "tremor")])
    assert result.denominators[["patient_years", "median_followup_months"]].isna().all(axis=None)


# ---------------------------------------------------------------- laws

kinds = st.sampled_from(["infection_uri", "infection_pneumonia", "infection_other", "tremor", "headache"])


@settings(max_examples=40, derandomize=True, deadline=None, database=None)
@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(["", "x", "y"]), kinds), min_size=1, max_size=25))
def test_a_parent_lies_between_its_largest_child_and_their_sum(events):
    rows = compare(FOUR, events).rows
    for _, group in rows.groupby("group"):
        categories = group[group["level"] == "category"].set_index("category")
        children = categories[categories["parent"] == "infection"]
        if len(children):
            parent = categories.loc["infection"]
            assert children["n_patients"].max() <= parent["n_patients"] <= children["n_patients"].sum()
            assert parent["n_events"] == children["n_events"].sum()
        total = group[group["level"] == "total"].iloc[0]
        assert categories["n_patients"].max() <= total["n_patients"] <= total["n_total"]
        assert categories.drop("infection", errors="ignore")["n_events"].sum() == total["n_events"]
    assert rows.query("level == 'total'")["n_events"].sum() == len(events)
    assert (rows["n_patients"] == rows["patient_ids"].map(lambda ids: len(set(ids)))).all()
