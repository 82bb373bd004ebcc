"""Does the table of a public trial come out, by body system and term, as R counts it?"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from analysis.cohort.model import Cohort
from analysis.options import SafetyOptions
from analysis.safety import SafetyResult, cell_token, compare_adverse_events, describe_cell
from analysis.study import StudySpec, View, select_view
from present.tables.safety import safety_table
from tests.analysis.test_safety_parts import with_events

DATA, ORACLES = Path(__file__).parents[1] / "data", Path(__file__).parents[1] / "oracles"


def pilot() -> Cohort:
    subjects, terms, events = (pd.read_csv(DATA / f"pilot_{name}.csv") for name in ("subjects", "terms", "events"))
    listed = events.merge(terms, on="code")
    patients = pd.DataFrame({"patient_id": subjects["subject"].astype(str), "regimen_group": subjects["arm"]})
    rows = pd.DataFrame(
        {"patient_id": listed["subject"].astype(str), "category": listed["body_system"], "term": listed["term"]}
    )
    return with_events(patients, rows.to_dict("records"))


@cache
def view() -> View:
    spec = StudySpec(
        group_column="regimen_group", group_levels=("L", "H", "P"), safety=SafetyOptions(test="fisher")
    )  # fmt: skip
    return select_view(pilot(), spec)


@cache
def result() -> SafetyResult:
    return compare_adverse_events(view())


def oracle() -> pd.DataFrame:
    return pd.read_csv(ORACLES / "pilot_events.csv", keep_default_na=False, na_values=["NA"])


def test_the_published_totals_are_in_the_table() -> None:
    table = safety_table(result())
    cells = table.rows[0].cells
    assert cells[:4] == (
        "Any adverse event",
        "77/84 (92 %) [412]",
        "76/84 (90 %) [433]",
        "65/86 (76 %) [281]",
    )  # issue 7
    assert [cells[place].split(" ")[0] for place in (5, 7)] == ["0.0065", "0.014"]  # issue 7: 0.007 and 0.014


def test_every_body_system_and_frequent_term_agrees_with_r() -> None:
    expected = oracle()
    found = result().rows.assign(term=result().rows["term"].str.upper())
    keys = {"level": "level", "category": "body_system", "term": "term", "group": "arm"}
    both = expected.merge(found.rename(columns=keys), on=list(keys.values()), suffixes=("_r", ""))
    assert len(both) == len(expected)
    for name in ("n_patients", "n_events", "n_total"):
        assert both[name].tolist() == both[f"{name}_r"].tolist()
    assert both["conf_low"].tolist() == pytest.approx(both["low"].tolist(), abs=1e-8)
    assert both["conf_high"].tolist() == pytest.approx(both["high"].tolist(), abs=1e-8)


def test_fisher_and_newcombe_agree_with_r() -> None:
    tests = result().contrasts.assign(term=result().contrasts["term"].str.upper())
    keys = {"level": "level", "category": "body_system", "term": "term", "group": "arm"}
    both = oracle().dropna(subset="fisher").merge(tests.rename(columns=keys), on=list(keys.values()))
    for side in ("low", "high"):
        assert both[f"conf_{side}"].tolist() == pytest.approx(both[f"newcombe_{side}"].tolist(), abs=1e-8)
    made = both[both["p_reason"] == ""]
    assert len(made) > 60
    assert made["p_value"].tolist() == pytest.approx(made["fisher"].tolist(), rel=1e-8)


def test_the_patients_behind_a_term_have_it() -> None:
    body_system, term = "GASTROINTESTINAL DISORDERS", "diarrhoea"
    cell = describe_cell(view(), result(), cell_token("term", body_system, term, "P"))
    expected = oracle().query("term == 'DIARRHOEA' and arm == 'P'").iloc[0]
    assert cell is not None
    assert (cell.n_patients, len(cell.events)) == (expected["n_patients"], expected["n_events"])
    assert cell.events["patient_id"].nunique() == expected["n_patients"]
    assert cell.events["term"].unique().tolist() == ["DIARRHOEA"]
