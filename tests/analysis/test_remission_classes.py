"""Response by class of the disease and steroids at month 6: the FSGS sample (domain.md 3.8, 3.9, 5.5), and gaps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.outcomes.derive import derive_outcomes
from analysis.outcomes.endpoints import best_response
from analysis.remission import ClassesResult, describe_classes
from analysis.study import View
from present.tables.remission_classes import classes_table, steroids_table
from tests.analysis.test_remission_questions import sample

ORACLES = Path(__file__).parents[1] / "oracles"


def classes_of(view: View) -> ClassesResult:
    spec = view.spec
    by_day = derive_outcomes(view.cohort, spec.rule, schedule=spec.schedule, time_axis="actual")
    return describe_classes(view, best_response(by_day))


@pytest.fixture(scope="module")
def fsgs() -> View:
    return sample("fsgs")[0]


def test_steroids_are_counted_among_those_seen_with_a_dose(fsgs: View) -> None:
    row = classes_of(fsgs).steroids.iloc[0]
    assert [row[name] for name in ("n", "n_visit", "n_known", "n_free")] == [14, 6, 6, 5]  # domain.md 5.5
    assert (round(row["conf_low"], 4), round(row["conf_high"], 4)) == (0.3588, 0.9958)  # R binom.test(5, 6)
    assert steroids_table(classes_of(fsgs)).rows[0].cells[-1] == "5/6 (36 to 100 %)"


def test_the_classes_are_tested_only_on_request_and_as_r_does(fsgs: View) -> None:
    assert classes_of(fsgs).tests.empty
    assert "no test" in classes_of(fsgs).method.sentence
    asked = classes_of(sample("fsgs", remission={"class_test": "fisher"})[0])
    oracle = pd.read_csv(ORACLES / "fsgs_classes.csv").set_index(["variable", "kind"])["p_value"]
    found = asked.tests.set_index(["variable", "kind"])
    assert found["p_value"].to_dict() == pytest.approx(oracle.to_dict(), rel=1e-10)
    assert found["n"].tolist() == [14] * 4
    said = [line for line in classes_table(asked).footnotes if "recorded class" in line]
    assert said[0] == (
        "Steroid response class, complete remission, 14 patients with a recorded class: Fisher-Freeman-Halton exact "
        "test, P = 0.094."
    )


def test_each_class_adds_up_and_keeps_the_ones_already_in_remission_apart(fsgs: View) -> None:
    responses = classes_of(fsgs).responses
    for name in ("steroid_class", "fsgs_variant"):
        complete = responses[(responses["variable"] == name) & (responses["kind"] == "complete")]
        assert (complete["n"].sum(), complete["k"].sum(), complete["n_before"].sum()) == (14, 9, 3)  # domain.md 5.5
        both = responses[(responses["variable"] == name) & (responses["kind"] == "remission")]
        assert (both["n"].sum(), both["k"].sum()) == (14, 13)
    variants = responses[responses["kind"] == "remission"].set_index("level")["n"]
    assert (variants["Not otherwise specified"], variants["Tip"]) == (8, 5)
    cells = {row.cells[0]: row.cells[1:] for row in classes_table(classes_of(fsgs)).rows}
    assert "already before treatment" in " ".join(cell for row in cells.values() for cell in row)


def test_a_patient_without_a_class_has_a_row_of_their_own(fsgs: View) -> None:
    patients = fsgs.cohort.patients
    blank = patients["fsgs_variant"].where(patients["patient_id"] != "SYN-F01", np.nan)
    view = replace(fsgs, cohort=replace(fsgs.cohort, patients=patients.assign(fsgs_variant=blank)))
    responses = classes_of(view).responses
    row = responses[(responses["variable"] == "fsgs_variant") & (responses["level"] == "Not recorded")]
    assert row["n"].tolist() == [1, 1]


def test_a_file_without_classes_and_doses_has_no_rows() -> None:
    view, _ = sample()
    found = classes_of(view)
    assert found.responses.empty
    assert found.steroids.empty


def test_nobody_with_a_dose_says_so(fsgs: View) -> None:
    visits = fsgs.cohort.visits
    early = visits[~((visits["variable"] == "prednisone_eq_mg_d") & (visits["day"] > 100))]
    view = replace(fsgs, cohort=replace(fsgs.cohort, visits=early))
    row = classes_of(view).steroids.iloc[0]
    assert row["reason"] == "not estimable: no steroid dose at month 6"
    assert np.isnan(row["conf_low"])
