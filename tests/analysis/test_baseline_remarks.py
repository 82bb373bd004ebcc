"""Is what the baseline table leaves out named, and are few values looked at as closely as many?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analysis.baseline import BaselineResult, describe_baseline
from analysis.baseline.shape import find_far_out
from analysis.cautions import cautions_about
from analysis.choices import propose_spec
from analysis.cohort.baseline_columns import in_order
from analysis.cohort.canonical import load_cohort
from analysis.cohort.model import Cohort
from analysis.cohort.proposals import propose_mapping
from analysis.cohort.questions import accept_proposals
from analysis.cohort.readers import read_tables
from analysis.cohort.samples import load_sample
from analysis.estimators.exact_tables import compare_mid_p
from analysis.options import BaselineOptions
from analysis.study import StudySpec, select_view
from tests.cohorts import make_cohort

DATA = Path(__file__).parents[1] / "data"
PILOT = ("Placebo", "Xanomeline Low Dose", "Xanomeline High Dose")


def opened(name: str, content: bytes) -> Cohort:
    sheets = [(name, content)]
    raw = read_tables(sheets)
    return load_cohort(sheets, name="a file", mapping=accept_proposals(propose_mapping(raw), raw))


def remarks(result: BaselineResult) -> dict[str, str]:
    return {note.code: note.text for note in result.notes}


def one_arm(**columns: list) -> BaselineResult:
    """Describe the values of one group, in their order."""
    rows = zip(*columns.values(), strict=True)
    patients = {str(place): dict(zip(columns, row, strict=True)) for place, row in enumerate(rows)}
    cohort = make_cohort(patients, [("0", 0, {"albumin_g_l": 20.0})])
    return describe_baseline(select_view(cohort, StudySpec()), tuple(columns))


def test_columns_without_a_single_value_are_named_in_the_problems_and_beside_the_table() -> None:
    lines = ["patient_id,regimen_group,age_years,height_cm,prior scheme", "A,RTX,40,,", "B,RTX,50, ,", "C,RTX,60,,"]
    cohort = opened("patients.csv", "\n".join(lines).encode())
    (problem,) = [item for item in cohort.provenance.problems if item.message.startswith("No patient has a value in")]
    assert problem.message == "No patient has a value in height_cm, prior scheme; left out."
    assert problem.severity == "info"
    result = describe_baseline(select_view(cohort, propose_spec(cohort)))
    assert remarks(result)["R-EMPTY"] == "Not summarised, no patient has a value: Height, prior scheme."
    assert list(result.on_offer) == ["age_years"]


def test_a_sample_has_no_empty_column_and_no_wide_mean() -> None:
    cohort = load_sample("imn")
    codes = set(remarks(describe_baseline(select_view(cohort, propose_spec(cohort)))))
    assert not codes & {"R-EMPTY", "R-ASIDE", "R-SKEW", "R-FAR"}
    assert "R-DUPLICATE" in codes


@pytest.fixture(scope="module")
def pilot() -> Cohort:
    return opened("adsl.parquet", (DATA / "cdisc_pilot" / "adsl.parquet").read_bytes())


def test_treatment_and_later_populations_of_cdisc_are_no_baseline_rows(pilot: Cohort) -> None:
    assert {"ARM", "TRT01A", "EFFFL", "SITEID"} <= set(pilot.patients)  # they may still form groups
    result = describe_baseline(select_view(pilot, StudySpec(group_column="regimen_group", group_levels=PILOT)))
    assert [name for name in result.on_offer if name.isupper()] == ["RACE"]
    assert remarks(result)["R-ASIDE"].endswith("known only after it began: ARM, TRT01A, EFFFL.")
    assert remarks(result)["R-COLUMNS"].endswith("different texts: SITEID.")  # numbers that are names: no mean


def test_reference_dates_and_units_of_age_are_left_out_of_a_cdisc_file() -> None:
    lines = ["USUBJID,TRT01P,SEX,AGE,AGEU,RFSTDTC,SITEID,AGEGR1"]
    ages = [("A", 60, "<65"), ("B", 70, "65-80"), ("C", 85, ">80"), ("D", 71, "65-80")]
    lines += [f"{who},RTX,M,{age},YEARS,2020-01-0{place + 1},{701 + place % 2},{group}"
              for place, (who, age, group) in enumerate(ages)]  # fmt: skip
    cohort = opened("adsl.csv", "\n".join(lines).encode())
    result = describe_baseline(select_view(cohort, StudySpec()))
    rows = result.rows.set_index("variable")
    assert not {"RFSTDTC", "AGEU"} & set(rows.index)
    assert rows.loc["AGEGR1", "level"].tolist() == ["<65", "65-80", ">80"]
    assert rows.loc["SITEID", "level"].tolist() == ["701", "702"]
    assert rows.loc["SITEID", "count"].tolist() == [2, 2]


@pytest.mark.parametrize(
    ("levels", "sorted_levels"),
    [
        ({">80", "65-80", "<65"}, ["<65", "65-80", ">80"]),
        ({">=30", "<25", "25-<30"}, ["<25", "25-<30", ">=30"]),
        ({"10", "9", "100"}, ["9", "10", "100"]),
        ({"≥ 2.5", "≤ 2.5"}, ["≤ 2.5", "≥ 2.5"]),
        ({"2b", "10", "1"}, ["1", "10", "2b"]),  # not all numbers: by their letters
        ({"White", "Asian"}, ["Asian", "White"]),
    ],
)
def test_ranges_of_numbers_are_sorted_by_size(levels: set[str], sorted_levels: list[str]) -> None:
    assert in_order(levels) == sorted_levels


def test_far_values_are_seen_from_eight_values_on() -> None:
    assert find_far_out(np.array([*range(7), 100.0])).tolist() == [False] * 7 + [True]
    assert not find_far_out(np.array([*range(6), 100.0])).any()
    cohort = load_sample("fsgs")
    result = describe_baseline(select_view(cohort, propose_spec(cohort)))
    assert "Serum creatinine (1)" in remarks(result)["R-FAR"]  # 354 µmol/L among 14
    assert "Serum creatinine" in remarks(result)["R-SKEW"]  # 113 ± 77


def test_a_wide_mean_is_pointed_out_where_values_cannot_be_negative() -> None:
    skewed, narrow = [1.0, 1, 1, 2, 2, 3, 4, 20], [20.0, 21, 22, 23, 24, 25, 26, 27]
    assert remarks(one_arm(weight_kg=skewed, age_years=narrow))["R-SKEW"].endswith("better as a median: Body weight.")
    assert "R-SKEW" not in remarks(one_arm(weight_kg=skewed[:7]))  # no mean is shown
    assert "R-SKEW" not in remarks(one_arm(score=[-5.0, -3, -1, 0, 1, 2, 3, 9]))
    assert "R-SKEW" not in remarks(one_arm(upcr_peak_g_g=skewed))  # a median by the dictionary


def test_a_category_of_one_level_is_constant_as_a_number_of_one_value_is() -> None:
    found = remarks(one_arm(weight_kg=[70.0, 70], diabetes=["no", "no"], site=["A", "A"], sex=["male", "female"]))
    assert found["R-CONSTANT"] == "The same value in every patient: Body weight, Diabetes, site."


def test_tests_are_counted_with_what_is_not_among_them() -> None:
    cohort = load_sample("imn")
    spec = StudySpec(group_column="mn_stage", group_levels=("I", "II", "III"), baseline=BaselineOptions(p_values=True))
    result = describe_baseline(select_view(cohort, spec), ("age_years", "weight_kg", "sex"))
    assert result.tests["p_value"].notna().sum() == 3
    assert remarks(result)["W-02"] == (
        "3 tests in this table; about 0.2 would fall below 0.05 by chance. Not counted: Levene's tests and the pairs "
        "of an opened row."
    )


def test_nobody_is_said_not_to_be_randomised(pilot: Cohort) -> None:
    view = select_view(pilot, StudySpec(group_column="regimen_group", group_levels=PILOT))
    texts = {note.code: note.text for note in cautions_about(view)}
    assert texts["W-13"].startswith("Observational comparison unless treatment was assigned at random: the physician")
    assert "nobody was randomised" not in " ".join(remarks(describe_baseline(view)).values())
    left = cautions_about(select_view(load_sample("imn"), StudySpec(withdrawn="excluded")))
    assert "that may favour the treatment" in next(note.text for note in left if note.code == "W-05")


def test_mid_p_takes_half_of_the_observed_table_alone() -> None:
    """The other convention, half of every table as likely as the observed, gives 0.421 (docs/methods.md)."""
    assert compare_mid_p(5, 11, 3, 11).p_value == pytest.approx(0.540, abs=0.0005)
