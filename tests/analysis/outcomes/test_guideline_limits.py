"""Do the limits of protein/creatinine follow the guideline's mg/mmol where that is chosen, and nothing else?"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from analysis.cohort.samples import load_sample
from analysis.outcomes.derive import derive_outcomes
from analysis.outcomes.explain import explain_visit
from analysis.outcomes.rules import PRESETS, limits_of
from analysis.outcomes.states import derive_states
from analysis.outcomes.switches import answer, open_switches
from analysis.outcomes.wording import rule_sentences
from tests.cohorts import make_cohort

EXACT = PRESETS["P2_2023"]
GUIDELINE = answer(EXACT, "upcr_limits", "guideline")
SCHEDULE = (0.0, 3.0, 6.0)
MG_MMOL = 1 / 113.118  # one mg/mmol in g/g


def states_of(rule, *ratios: float, provenance=None) -> pd.DataFrame:
    values = {"albumin_g_l": 40.0, "scr_umol_l": 80.0, "egfr": 100.0}
    visits = [("A", day, values | {"upcr_g_g": ratio}) for day, ratio in zip((91, 183), ratios, strict=False)]
    start = ("A", 0, values | {"upcr_g_g": 4.0, "albumin_g_l": 24.0})
    cohort = make_cohort({"A": {}}, [start, *visits])
    cohort = cohort if provenance is None else replace(cohort, provenance=replace(cohort.provenance, **provenance))
    return derive_outcomes(cohort, rule, schedule=SCHEDULE, time_axis="nominal")


@pytest.mark.parametrize(
    ("mg_mmol", "exact", "guideline"),
    [(29.9, "CR", "CR"), (30.0, "CR", "PR"), (33.9, "CR", "PR"), (34.0, "PR", "PR"), (349.9, "PR", "PR"),
     (380.0, "PR", "NR"), (396.0, "NR", "NR")],
)  # fmt: skip
def test_values_between_the_two_limits_change_class(mg_mmol: float, exact: str, guideline: str) -> None:
    ratio = mg_mmol * MG_MMOL
    for rule, status in ((EXACT, exact), (GUIDELINE, guideline)):
        assert states_of(rule, ratio).visits["status"].tolist() == [status]


def test_relapse_follows_the_same_limit() -> None:
    seen = (20 * MG_MMOL, 380 * MG_MMOL)
    exact, guideline = (derive_states(states_of(rule, *seen)) for rule in (EXACT, GUIDELINE))
    assert not exact["transition"].eq("relapse").any()
    assert guideline["transition"].eq("relapse").any()


def test_protein_of_24_hours_keeps_its_limits() -> None:
    rule = replace(PRESETS["KDIGO2021_ADULT"], upcr_limits="guideline")
    assert limits_of(rule, "proteinuria_g_24h") is rule
    assert limits_of(rule, "upcr_g_g").pr_high == pytest.approx(350 * MG_MMOL)
    cohort = load_sample("imn")
    for preset in (PRESETS["P1_2023"], PRESETS["KDIGO2021_ADULT"]):
        usual, other = (
            derive_outcomes(cohort, one, schedule=(0.0, 3.0, 6.0, 9.0, 12.0), time_axis="nominal").visits
            for one in (preset, replace(preset, upcr_limits="guideline"))
        )
        pd.testing.assert_frame_equal(usual, other)


def test_a_file_converted_by_the_guideline_is_not_moved_twice() -> None:
    mapped = {"mapping": '{"upcr_rounding": "guideline"}'}
    assert states_of(GUIDELINE, 0.29, provenance=mapped).visits["status"].tolist() == ["CR"]
    assert states_of(GUIDELINE, 0.29).visits["status"].tolist() == ["PR"]


def test_the_switch_is_offered_said_and_explained_where_a_ratio_decides() -> None:
    assert "upcr_limits" in {switch.field for switch in open_switches(EXACT)}
    assert "upcr_limits" not in {switch.field for switch in open_switches(PRESETS["P1_2023"])}
    said = "Protein/creatinine: the limits are those of the guidelines in mg/mmol, 30 for 0.3 g/g and 350 for 3.5 g/g."
    assert said in rule_sentences(GUIDELINE)
    assert said not in rule_sentences(EXACT)
    criteria = explain_visit(states_of(GUIDELINE, 0.28), "A", 3.0).criteria
    assert "urine protein < 0.2652" in " ".join(criteria["criterion"])
