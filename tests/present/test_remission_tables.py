"""Tables of the remission and factors pages: what a reader sees, cell by cell."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.choices import propose_spec
from analysis.cohort.samples import load_sample
from analysis.factors import describe_factors
from analysis.outcomes.derive import derive_outcomes
from analysis.outcomes.endpoints import best_response
from analysis.remission import (
    compare_groups,
    compare_settings,
    describe_landmark,
    describe_partial,
    describe_relapse,
    describe_remission,
    describe_states,
    estimate_effects,
    estimate_intervals,
    study_records,
)
from analysis.results import Estimate
from analysis.study import select_view
from present.figures.remission_overlays import _kept_together
from present.tables.document import TableDocument
from present.tables.factors import factors_table, refused_words
from present.tables.remission import landmark_table, median_table
from present.tables.remission_comparison import (
    curve_tests_table,
    intervals_table,
    landmark_values_table,
    losses_table,
    pairs_table,
)
from present.tables.remission_effects import box_lines, effects_table, needed_table, proportional_words
from present.tables.remission_relapse import bcells_table, depletion_table, rates_table
from present.tables.remission_sensitivity import sensitivity_table
from present.tables.remission_states import months_table, partial_table, shares_table


class Study:
    """Everything the tables need of one sample."""

    def __init__(self, name: str, **choices: object) -> None:
        cohort = load_sample(name)
        spec = replace(propose_spec(cohort), withdrawn="excluded", **choices)
        self.outcomes = derive_outcomes(cohort, spec.rule, schedule=spec.schedule, time_axis=spec.time_axis)
        self.view = select_view(cohort, spec)
        self.records = study_records(self.view, self.outcomes)
        self.result = describe_remission(self.view, self.records, best_response(self.outcomes))
        self.effects = estimate_effects(self.view, self.result)


@pytest.fixture(scope="module")
def imn() -> Study:
    return Study("imn", endpoint="first_remission")


@pytest.fixture(scope="module")
def fsgs() -> Study:
    return Study("fsgs")


def cells(document: TableDocument, key: str) -> tuple[str, ...]:
    return next(row.cells for row in document.rows if row.key == key)


def test_box_has_four_lines_estimate_named_and_no_verdict(imn: Study) -> None:
    assert box_lines(imn.result, imn.effects) == (
        "Log-rank test: P = 0.040",
        "HR (Cox) 1.68 (1.03–2.74), reference RTX",
        "Proportional hazards: no sign against, P = 0.72",
        "RMST difference to month 12: −1.2 (−2.9 to +0.4)",
    )


def test_a_line_of_the_box_stays_one_line_where_there_is_no_number_or_a_long_name(imn: Study) -> None:
    ratios = imn.effects.hazard_ratios.assign(reason="not estimable: " + "events and non-events are separated, " * 3)
    means = imn.effects.mean_differences.assign(reason="not estimable: follow-up in RTX+TAC ends at month 9")
    unknown = replace(imn.effects, hazard_ratios=ratios, mean_differences=means, proportional=Estimate(reason="no"))
    assert box_lines(imn.result, unknown)[1:] == (
        "HR (Cox): none, see Comparison",
        "Proportional hazards: none, see Comparison",
        "RMST difference to month 12: none, see Comparison",
    )
    doubtful = replace(imn.effects, proportional=Estimate(p_value=0.01))
    assert box_lines(imn.result, doubtful)[2] == "Proportional hazards: doubtful, P = 0.010"
    few = replace(imn.effects, hazard_ratios=imn.effects.hazard_ratios.assign(n_event=26))
    assert box_lines(imn.result, few)[2] == "Proportional hazards: P = 0.72, weak with 26 events"
    named = replace(imn.result, reference_group="Rituximab alone, four weekly doses of 375 mg/m²")
    assert max(map(len, box_lines(named, few))) <= 58


def test_box_of_one_group_is_empty_and_of_small_groups_says_why(fsgs: Study, imn: Study) -> None:
    assert box_lines(fsgs.result, fsgs.effects) == ()
    refused = replace(imn.result, test=Estimate(method="log-rank test", reason="not tested: fewer than 5 patients"))
    assert box_lines(refused, imn.effects) == ("Log-rank test: not tested: fewer than 5 patients",)


def test_doubtful_proportional_hazards_are_said_in_words(imn: Study) -> None:
    doubtful = replace(imn.effects, proportional=Estimate(p_value=0.01))
    assert proportional_words(doubtful) == (
        "Proportional hazards: doubtful, one ratio does not describe the whole follow-up (P = 0.010)"
    )


def test_with_few_events_no_sign_is_called_a_weak_test(imn: Study) -> None:
    assert "weak" not in proportional_words(imn.effects)  # 66 events
    few = replace(imn.effects, hazard_ratios=imn.effects.hazard_ratios.assign(n_event=26))
    assert proportional_words(few) == "Proportional hazards: no sign against it (P = 0.72; weak test, 26 events)"
    table = median_table(replace(imn.result, medians=imn.result.medians.assign(attainers_n=1)))
    assert table.rows[0].cells[3].endswith("(one patient)")


def test_a_line_of_the_box_does_not_break_within_a_number() -> None:
    kept = _kept_together("Log-rank test: P = 0.040 and 1.2 (0.7–3.3) of it")
    assert kept == "Log-rank test: P\u00a0=\u00a00.040 and 1.2\u00a0(0.7–3.3) of it"
    assert _kept_together("mean (−2.9 to +0.4)") == "mean\u00a0(−2.9\u00a0to\u00a0+0.4)"


def test_medians_on_actual_days_are_given_in_days_too(fsgs: Study, imn: Study) -> None:
    assert [row.cells[0] for row in median_table(imn.result).rows] == ["RTX+TAC", "RTX"]  # planned visits have no days
    months, days = (row.cells for row in median_table(fsgs.result).rows)
    table = fsgs.records[fsgs.records["at_risk"] & fsgs.records["event"]]
    attained = (table["time"] * 30.4375).round().to_numpy()
    low, half, high = np.quantile(attained, (0.25, 0.5, 0.75), method="weibull")  # type 6
    assert days == ("in days", "24 (15 to not reached)", "", f"{half:g} ({low:g}, {high:g})")
    assert months[1] == "0.8 (0.5 to not reached)"


def test_effect_measures(imn: Study) -> None:
    table = effects_table(imn.effects)
    assert cells(table, "cox RTX+TAC")[2:] == ("1.68 (1.03–2.74)", "0.037")
    assert cells(table, "grouped RTX+TAC")[2:] == ("1.70 (1.04–2.78)", "0.033")
    assert cells(table, "mean RTX")[2] == "8.4 (7.4–9.4)"


@pytest.mark.parametrize(
    ("needed", "low", "high", "through", "expected"),
    [
        (4.72, 2.75, 35.32, False, "4.7 (2.8 to 35.3)"),
        (-4.72, -35.32, -2.75, False, "4.7 (harm) (2.8 to 35.3)"),
        (7.97, 3.15, -12.55, True, "8.0 (benefit 3.1 to ∞ to harm 12.6)"),
        (np.nan, 9.7, -15.9, True, "the difference is zero"),
    ],
)
def test_number_needed_is_written_with_its_way_through_infinity(imn, needed, low, high, through, expected) -> None:
    row = {
        "group": "RTX+TAC", "reference_group": "RTX", "time": 12.0, "difference": 0.1,
        "conf_low": 0.0, "conf_high": 0.2,
        "needed": needed, "needed_low": low, "needed_high": high, "through_infinity": through,
        "reason": "the difference is zero" if np.isnan(needed) else "",
    }  # fmt: skip
    table = needed_table(replace(imn.effects, needed=pd.DataFrame([row])))
    assert table.rows[1].cells[2] == expected


def test_tests_pairs_and_landmark(imn: Study) -> None:
    tests = curve_tests_table(compare_groups(imn.view, imn.result))
    assert cells(tests, "log-rank") == ("Log-rank test · chosen", "4.235", "1", "0.040")
    assert cells(tests, "fixed-time")[3] == "0.023"
    pairs = pairs_table(compare_groups(imn.view, imn.result))
    assert pairs.rows[0].cells == ("Two groups make one pair.",)
    landmark = describe_landmark(imn.view, imn.result)
    assert cells(losses_table(landmark), "RTX+TAC") == ("RTX+TAC", "34", "13", "0", "0", "21")
    assert cells(landmark_values_table(landmark), "12")[1] == "79.05 % (59.36 to 93.36)"


def test_states_months_and_partial(imn: Study) -> None:
    states = describe_states(imn.view, imn.outcomes, replicates=100)
    assert cells(shares_table(states), "RTX+TAC CR")[1:] == ("0/34 (0 %)", "4/34 (12 %)", "7/34 (21 %)", "12/34 (35 %)")
    assert cells(months_table(states), "remission")[1].startswith("4.9 (")
    partial = partial_table(describe_partial(imn.view, imn.outcomes))
    assert cells(partial, "RTX 12")[1:] == ("39.48 %", "25.07 % (15.69 to 38.62)", "40.90 % (29.37 to 54.87)")


def test_intervals_stand_beside_the_steps(imn: Study) -> None:
    table = intervals_table(estimate_intervals(imn.view, imn.result, replicates=100))
    assert cells(table, "RTX+TAC 12.0")[2] == "87.06 %"
    assert cells(table, "RTX+TAC 12.0")[1].startswith("87.06 % (")


def test_relapse_and_b_cells_of_fsgs(fsgs: Study) -> None:
    result = describe_relapse(fsgs.view, fsgs.outcomes)
    assert cells(rates_table(result), "All patients followup")[1:] == ("13/14", "1", "1", "9.4", "0.11 (0.00–0.59)")
    assert cells(bcells_table(result), "All patients depletion")[1:] == (
        "13/14 (93 %); 1 without a count", "12", "17.5 (14.5, 20.0)",
    )  # fmt: skip
    assert cells(depletion_table(result), "All patients reconstituted")[1:] == ("1", "4")


def test_sensitivity_rows(imn: Study, fsgs: Study) -> None:
    table = sensitivity_table(compare_settings(imn.view))
    assert cells(table, "own RTX+TAC") == ("As chosen", "91", "87.06 %", "65.87 %", "+21.19 (+2.83 to +36.34)")
    assert [column.label for column in table.columns[2:4]] == ["RTX+TAC", "RTX (reference)"]
    assert cells(table, "ZONOZI RTX+TAC")[4].startswith("not applicable")
    one = sensitivity_table(compare_settings(fsgs.view))
    assert [column.label for column in one.columns] == ["Setting", "n", "All patients, % (95 % CI)"]
    assert cells(one, "own All patients")[2] == "66.07 % (41.50 to 88.68)"
    assert cells(one, "MENTOR All patients")[2] == "not applicable: the file has no 24-h urine protein"


def test_one_difference_has_the_same_digits_in_every_table(imn: Study) -> None:
    words = "+21.19 (+2.83 to +36.34)"
    landmark = describe_landmark(imn.view, imn.result)
    assert cells(landmark_table(imn.result), "12")[3] == words
    assert cells(needed_table(imn.effects), "RTX+TAC 12.0")[1] == words
    assert cells(sensitivity_table(compare_settings(imn.view)), "own RTX+TAC")[4] == words
    after = cells(landmark_values_table(landmark), "12")[3]
    assert re.fullmatch(r"[+−]\d+\.\d\d \([+−]\d+\.\d\d to [+−]\d+\.\d\d\)", after)


def test_factors_in_cells(imn: Study) -> None:
    result = describe_factors(imn.view, imn.records)
    table = factors_table(result)
    assert cells(table, "group RTX+TAC")[:4] == (
        "Regimen: RTX+TAC (reference RTX)", "29/34", "1.68 (1.03–2.74)", "0.037",
    )  # fmt: skip
    assert any(line.startswith("Concordance 0.") for line in table.footnotes)
    assert "2 patients left out for a missing value" in table.footnotes[1]
    assert "Rituximab repeated at month 6" in refused_words(result)
