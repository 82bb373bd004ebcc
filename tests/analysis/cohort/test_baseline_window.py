"""Is a value from long before treatment no baseline, and is every such value said?"""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.cohort.baseline_values import baseline_values
from analysis.cohort.canonical import load_cohort

PATIENTS = b"patient_id,regimen_group\nA,RTX\nB,RTX\nC,TAC\nD,TAC\n"
DAYS = {"A": -400, "B": -20, "C": -60, "D": -90}


def loaded(stated: str):
    header = "patient_id,day,albumin_g_l" + (",month" if stated else "")
    rows = [f"{name},{day},{20 + i}" + (f",{stated}" if stated else "") for i, (name, day) in enumerate(DAYS.items())]
    visits = "\n".join([header, *rows, "B,90,35" + (",3" if stated else "")]).encode()
    return load_cohort([("patients.csv", PATIENTS), ("visits.csv", visits)], name="x")


def albumin(cohort) -> dict[str, float]:
    return baseline_values(cohort, (0.0, 3.0)).set_index("patient_id")["albumin_g_l"].dropna().to_dict()


def test_days_alone_keep_to_thirty_days_and_the_lost_baselines_are_counted():
    cohort = loaded("")
    assert albumin(cohort) == {"B": 21}
    (said,) = [item for item in cohort.provenance.problems if "serve for no visit" in item.message]
    assert said.severity == "warning"
    assert "3 values are earlier" in said.message
    assert "3 patients have no later one before treatment (A, C, D)" in said.message


def test_a_month_0_that_the_file_states_reaches_back_to_ninety_days_and_no_further():
    cohort = loaded("0")
    assert albumin(cohort) == {"B": 21, "C": 22, "D": 23}
    (said,) = [item for item in cohort.provenance.problems if "at most 90 days" in item.message]
    assert (said.severity, said.row, said.column) == ("warning", 2, "day")
    assert "A has day -400 for month 0" in said.message
    early = cohort.visits[cohort.visits["patient_id"].eq("A")]
    assert early["value"].tolist() == [20]  # kept, as of no visit
    assert early["month"].isna().all()


@pytest.mark.parametrize("length", [201, 5_000_000])
def test_a_word_as_long_as_a_book_is_shown_cut_with_its_length(length):
    names = ["X" * length, "X" * (length - 1) + "Y", "TAC", "TAC"]
    table = pd.DataFrame({"patient_id": list("ABCD"), "regimen_group": names})
    cohort = load_cohort([("patients.csv", table.to_csv(index=False).encode())], name="x")
    groups = cohort.patients["regimen_group"].tolist()
    size = "201 characters" if length == 201 else "32,767 or more characters"
    assert groups[0] == f"{'X' * 60}… ({size})"
    assert groups[2:] == ["TAC", "TAC"]
    assert len(set(groups)) == (3 if length == 201 else 2)  # a longer word is the same up to where it was cut
    assert max(len(item.message + item.value) for item in cohort.provenance.problems) < 800
    assert any("shown cut, with their length" in item.message for item in cohort.provenance.problems)
