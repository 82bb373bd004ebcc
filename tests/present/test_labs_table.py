"""Does the table of laboratory values give n and the named summary of each visit and group?"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest

from analysis.cohort.model import VISIT_COLUMNS
from analysis.cohort.samples import load_sample
from analysis.labs import (
    compare_adjusted,
    compare_visits,
    describe_changes,
    describe_trajectories,
    describe_visit,
    fit_course,
    fit_slopes,
)
from analysis.study import StudySpec, select_view
from present.tables.document import TableDocument
from present.tables.labs import trajectory_table
from present.tables.labs_comparisons import course_model_table, slopes_table, visit_tests_table, within_table
from present.tables.labs_visit import adjusted_table, pairs_table, visit_table
from present.tables.labs_words import contrast_text, median_text

TWO = {"group_column": "regimen_group", "group_levels": ("RTX+TAC", "RTX"), "withdrawn": "excluded"}


def table_of(*variables: str, **choices: object) -> TableDocument:
    view = select_view(load_sample("imn"), StudySpec(**{**TWO, **choices}))
    return trajectory_table(describe_trajectories(view, variables))


@pytest.fixture(scope="module")
def medians() -> TableDocument:
    return table_of("proteinuria_g_24h", "tac_trough_ng_ml")


def test_month_12_reads_as_table_2(medians):
    row = next(row for row in medians.rows if row.key == "proteinuria_g_24h=12")
    assert row.cells[:4] == ("Month 12", "31 / 34", "1.45 (0.18, 3.62)", "52 / 57")
    assert row.cells[4].startswith("3.36 (")


def test_columns_and_blocks(medians):
    assert medians.labels() == (
        "Visit",
        "RTX+TAC: measured / followed",
        "RTX+TAC, N = 34",
        "RTX: measured / followed",
        "RTX, N = 57",
    )
    sections = [row.cells[0] for row in medians.rows if row.kind == "section"]
    assert sections == ["24-h urine protein (g/24 h), median (Q1, Q3)", "Tacrolimus trough (ng/mL), median (Q1, Q3)"]
    assert len(medians.rows) == 12


def test_a_visit_without_values_says_so(medians):
    row = next(row for row in medians.rows if row.key == "tac_trough_ng_ml=0")
    assert row.cells == ("Baseline", "0 / 34", "no value", "0 / 57", "no value")


def test_means_name_themselves_and_skewed_variables_become_geometric():
    table = table_of("albumin_g_l", "proteinuria_g_24h", lab_summary="mean_ci")
    sections = [row.cells[0] for row in table.rows if row.kind == "section"]
    assert sections == [
        "Serum albumin (g/L), mean (95 % CI)",
        "24-h urine protein (g/24 h), geometric mean (95 % CI)",
    ]
    albumin = next(row for row in table.rows if row.key == "albumin_g_l=12")
    assert albumin.cells[2] == "38.6 (35.8–41.3)"  # paper 1, Table 2: 38.57, SD 7.86, n 34


@pytest.fixture(scope="module")
def view():
    return select_view(load_sample("imn"), StudySpec(**TWO))


def row_of(table: TableDocument, key: str) -> tuple[str, ...]:
    return next(row.cells for row in table.rows if row.key == key)


def test_one_visit_reads_as_table_2_with_differences(view):
    table = visit_table(describe_visit(view, ("proteinuria_g_24h", "albumin_g_l", "pla2r_ru_ml")))
    assert table.labels() == ("Variable", "RTX+TAC, N = 34", "RTX, N = 57", "Difference (95 % CI)", "P")
    assert row_of(table, "albumin_g_l")[1:] == ("38.6 ± 7.9", "34.0 ± 8.9", "+4.6 (+1.0 to +8.2)", "0.012ᵃ")
    assert row_of(table, "proteinuria_g_24h")[1] == "1.45 (0.18, 3.62); n = 31"
    assert row_of(table, "pla2r_positive")[1:3] == ("6/34 (18 %)", "13/57 (23 %)")
    assert table.footnotes[0] == "ᵃ Welch t-test"


def test_adjusted_changes_tests_and_slopes_read_as_sentences(view):
    adjusted = adjusted_table(compare_adjusted(view, ("proteinuria_g_24h", "egfr")))
    assert row_of(adjusted, "proteinuria_g_24h=RTX+TAC")[1:4] == (
        "RTX+TAC over RTX", "ratio of geometric means", "0.63 (0.35–1.14)",
    )  # fmt: skip
    within = within_table(describe_changes(view, ("proteinuria_g_24h",)))
    assert row_of(within, "proteinuria_g_24h=RTX=12")[2:4] == ("52", "0.24 (0.17–0.33)")
    assert "no evidence for either" in within.footnotes[0]
    tests = visit_tests_table(compare_visits(view, ("albumin_g_l",)))
    assert row_of(tests, "albumin_g_l=12")[2:5] == ("+4.6 (+1.0 to +8.2)", "0.012", "0.049")
    assert tests.footnotes[0].startswith("1 lab × 4 visits = 4 tests; about 0.2")
    model = course_model_table(fit_course(view, "proteinuria_g_24h"))
    assert row_of(model, "RTX+TAC=12")[3] == "0.63 (0.42–0.96)"
    slopes = slopes_table(fit_slopes(view))
    assert slopes.rows[2].cells[0] == "RTX+TAC − RTX"
    assert "haemodynamically" in slopes.footnotes[0]


def test_a_single_group_has_no_columns_of_comparison():
    result = describe_visit(select_view(load_sample("fsgs"), StudySpec(schedule=(0.0, 3.0, 6.0))), ("upcr_g_g",))
    table = visit_table(result)
    assert table.labels() == ("Variable", "All patients, N = 14")
    assert "[" in row_of(table, "upcr_g_g")[1]
    assert row_of(table, "upcr_g_g")[1].endswith("; n = 6")
    assert pairs_table(result).rows == ()


@pytest.mark.parametrize(
    ("numbers", "choices", "text"),
    [
        ((1.0, 1.0, 5.25), {"limit": 2.0}, "<2 (<2, 5.25)"),
        ((4.0, 2.5, 5.25), {"limit": 2.0}, "4.00 (2.50, 5.25)"),
        ((4.0, 1.0, 9.0), {"limit": 2.0, "by_range": True}, "4.00 [<2 to 9.00]"),
        ((4.0, 4.0, 4.0), {"n": 1, "by_range": True}, "4.00"),
    ],
)
def test_a_median_below_detection_is_written_as_such(numbers, choices, text):
    assert median_text(*numbers, **{"n": 9, "by_range": False, "decimals": 2, "limit": math.nan, **choices}) == text


def test_contrasts_carry_their_sign_and_no_ratio_rounds_to_nothing():
    assert contrast_text(0.39, 0.0004, 205.36, by_ratio=True) == "0.39 (<0.01–205.36)"
    assert contrast_text(1.05, 0.41, 1.69, by_ratio=False) == "+1.05 (+0.41 to +1.69)"
    assert contrast_text(math.nan, math.nan, math.nan, by_ratio=False, reason="too few") == "too few"


def made_view(sizes: dict[str, int], value: Callable[[int, int], tuple], name: str = "pla2r_ru_ml"):
    """Give each patient of each group ``value(number, month)`` at baseline and at month 12."""
    ids = [(f"{group}{n}", group, n) for group, size in sizes.items() for n in range(size)]
    visits = [(who, math.nan, month, False, name, *value(n, month)) for who, _, n in ids for month in (0, 12)]
    cohort = load_sample("imn")
    patients = pd.DataFrame({"patient_id": [i[0] for i in ids], "regimen_group": [i[1] for i in ids]})
    frame = pd.DataFrame(visits, columns=VISIT_COLUMNS).astype({"day": float, "month": float, "value": float})
    none = {"doses": cohort.doses.iloc[:0], "adverse_events": cohort.adverse_events.iloc[:0]}
    made = replace(cohort, patients=patients, visits=frame, events=cohort.events.iloc[:0], **none)
    return select_view(made, StudySpec(group_column="regimen_group", group_levels=tuple(sizes)))


def test_values_all_below_detection_are_written_as_below_it():
    view = made_view({"A": 9, "B": 9}, lambda n, month: (2, "lt") if month else (50 + n, ""))
    row = row_of(visit_table(describe_visit(view, ("pla2r_ru_ml",))), "pla2r_ru_ml")
    assert row[1:3] == ("all <2", "all <2")
    assert row_of(trajectory_table(describe_trajectories(view, ("pla2r_ru_ml",))), "pla2r_ru_ml=12")[2] == "all <2"
    footnotes = adjusted_table(compare_adjusted(view, ("pla2r_ru_ml",))).footnotes
    assert footnotes[0].startswith("Anti-PLA2R (ELISA): 18 of 36 values below or above detection")


def test_few_values_are_written_with_smallest_and_largest_in_both_tables():
    view = made_view({"A": 5, "B": 9}, lambda n, month: (20 + n + month, ""), name="upcr_g_g")
    table = trajectory_table(describe_trajectories(view, ("upcr_g_g",)))
    assert row_of(table, "upcr_g_g=12")[2] == "34.00 [32.00 to 36.00]"
    assert table.rows[0].cells[0].endswith("median (Q1, Q3)")
    assert table.footnotes[0] == "a [b to c]: median, smallest and largest, of fewer than 8 values."
    within = within_table(describe_changes(view, ("upcr_g_g",)))
    assert row_of(within, "upcr_g_g=A=12")[2:] == (
        "5", "–", "+12.00 [+12.00 to +12.00]", "no test: 5 pairs, fewer than 8",
    )  # fmt: skip


def test_of_many_pairs_only_those_tested_have_rows():
    view = made_view({"A": 9, "B": 9, "C": 3}, lambda n, month: (20 + n + month, ""), name="albumin_g_l")
    result = describe_visit(view, ("albumin_g_l",))
    table = pairs_table(result)
    assert [row.cells[1] for row in table.rows] == ["B − A"]
    assert table.footnotes[0] == ("2 of 3 pairs have no test (a group has fewer than 8 values): Serum albumin.")
    assert row_of(adjusted_table(compare_adjusted(view, ("albumin_g_l",))), "albumin_g_l=A")[4].endswith(" / 3")


def test_a_small_group_shows_its_range_beside_the_summary_of_the_others():
    view = made_view({"A": 9, "B": 9, "C": 3}, lambda n, month: (20 + n + month, ""), name="albumin_g_l")
    table = visit_table(describe_visit(view, ("albumin_g_l",)))
    row = row_of(table, "albumin_g_l")
    assert row[0].endswith("mean ± SD")
    assert "±" in row[1]
    assert "[" in row[3]
    assert "a [b to c]: median, smallest and largest, where a group has fewer than 8 values." in table.footnotes


def test_the_cumulative_dose_is_named_up_to_the_visit_everywhere():
    view = made_view({"A": 9, "B": 9, "C": 3}, lambda n, month: (20 + n + month, ""), name="albumin_g_l")
    result = describe_visit(view, ("albumin_g_l",))
    dose = replace(result, month=6.0, pairs=result.pairs.assign(variable="rtx_cumulative_dose_g"))
    table = pairs_table(dose)
    assert table.rows[0].cells[0] == "Rituximab by month 6 (g)"
    assert table.footnotes[0].endswith(": Rituximab by month 6.")


def test_a_single_group_has_no_p_within_and_no_word_of_tests():
    view = made_view({"A": 9}, lambda n, month: (20 + n + month * n, ""), name="albumin_g_l")
    within = within_table(describe_changes(view, ("albumin_g_l",)))
    assert "P within group" not in within.labels()
    assert not any("and P of" in text or "tests" in text for text in within.footnotes)
    assert "Tests:" not in describe_visit(view, ("albumin_g_l",)).method.sentence
