"""Is a number written as each journal wants it, and does the baseline table follow every choice of its page?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.baseline import describe_baseline, describe_row
from analysis.cohort.samples import load_sample
from analysis.options import BaselineOptions
from analysis.study import Filter, StudySpec, select_view
from benchmarks.baseline import table_view
from present.figures.baseline import WHISKERS, figure_alt, row_figure, spread_sideways
from present.figures.theme import LIGHT
from present.tables.baseline import baseline_table
from present.tables.baseline_row import pairs_table, patients_table
from present.tables.document import TableDocument
from present.tables.looks import LOOKS

SPEC = StudySpec(group_column="regimen_group", group_levels=("RTX+TAC", "RTX"), withdrawn="excluded")


def view_with(**options: object):
    return select_view(load_sample("imn"), replace(SPEC, baseline=BaselineOptions(**options)))


def table_with(**options: object) -> TableDocument:
    return baseline_table(describe_baseline(view_with(**options)))


def row_of(table: TableDocument, key: str) -> tuple[str, ...]:
    (cells,) = [row.cells for row in table.rows if row.key == key]
    return cells


@pytest.mark.parametrize(
    ("p_value", "plain", "jama", "lancet", "nejm", "annals"),
    [
        (0.5934, "0.59", ".59", "0·59", "0.59", "0.59"),
        (0.1409, "0.14", ".14", "0·14", "0.14", "0.141"),
        (0.0462, "0.046", ".046", "0·046", "0.05", "0.046"),
        (0.0133, "0.013", ".01", "0·013", "0.01", "0.013"),
        (0.0030, "0.0030", ".003", "0·0030", "0.003", "0.003"),
        (0.00052, "<0.001", "<.001", "0·0005", "<0.001", "<0.001"),
        (0.00002, "<0.001", "<.001", "<0·0001", "<0.001", "<0.001"),
        (0.997, ">0.99", ">.99", ">0·99", ">0.99", ">0.99"),
        (float("nan"), "–", "–", "–", "–", "–"),
    ],
)
def test_p_values_follow_each_journal(p_value, plain, jama, lancet, nejm, annals):
    found = [LOOKS[name].p_value(p_value) for name in ("plain", "jama", "lancet", "nejm", "annals")]
    assert found == [plain, jama, lancet, nejm, annals]


@pytest.mark.parametrize(
    ("look", "header", "albumin", "proteinuria", "male"),
    [
        ("plain", "RTX, N = 57", "23.4 ± 8.1", "8.06 (4.27, 11.35)", "43 (75 %)"),
        ("jama", "RTX (n = 57)", "23.4 (8.1)", "8.06 (4.27–11.35)", "43 (75)"),
        ("lancet", "RTX (n=57)", "23·4 (8·1)", "8·06 (4·27–11·35)", "43 (75%)"),
        ("nejm", "RTX (N=57)", "23.4±8.1", "8.06 (4.27–11.35)", "43 (75)"),
        ("annals", "RTX (n = 57)", "23.4 (8.1)", "8.06 (4.27–11.35)", "43 (75)"),
    ],
)
def test_the_table_follows_the_look(look, header, albumin, proteinuria, male):
    table = table_with(look=look)
    assert table.labels()[3] == header
    cells = [row_of(table, key)[3] for key in ("albumin_g_l", "proteinuria_g_24h", "sex")]
    assert cells == [albumin, proteinuria, male]


def test_missing_values_can_be_a_column_a_row_in_the_denominators_or_hidden():
    column, row, denominators, hidden = (
        table_with(missing=mode) for mode in ("column", "row", "denominators", "hidden")
    )
    assert [table.labels()[-1] for table in (column, row, denominators, hidden)] == ["Missing", "SMD", "SMD", "SMD"]
    assert row_of(column, "pla2r_positive")[-1] == "2"
    assert row_of(row, "pla2r_positive=missing") == ("Missing", "2", "1", "1", "")
    assert not [cells for cells in row.rows if cells.key == "sex=missing"]
    assert row_of(denominators, "sex")[3] == "43/57 (75 %)"
    assert row_of(denominators, "albumin_g_l")[3] == "23.4 ± 8.1; n = 57"
    assert row_of(hidden, "sex")[3] == "43 (75 %)"
    assert row_of(hidden, "pla2r_positive")[3] == "37/56 (66 %)"


def test_each_p_value_carries_the_letter_of_its_test_and_stands_after_the_interval():
    table = table_with(p_values=True)
    assert table.labels()[-4:] == ("SMD", "Difference (95 % CI)", "P", "Missing")
    # domain.md 4.1: Welch P of the printed means and SDs is 0.028 for cholesterol
    assert row_of(table, "cholesterol_mmol_l")[-3:] == ("−0.47 (−0.89 to −0.05)", "0.028ᵇ", "0")
    assert row_of(table, "coronary_heart_disease")[-2] == ">0.99ᵈ"
    assert "ᵇ Welch t-test." in table.footnotes
    assert "ᵈ Fisher's exact test." in table.footnotes
    assert not [note for note in table.footnotes if note == "No test was made."]


def test_above_five_thousand_values_the_table_says_that_no_shift_was_estimated():
    table = baseline_table(describe_baseline(table_view(5200)))
    (note,) = [note for note in table.footnotes if note.startswith("No Hodges-Lehmann shift")]
    assert note == "No Hodges-Lehmann shift above 5,000 values: " + ", ".join(f"skewed {i}" for i in range(5)) + "."
    few = baseline_table(describe_baseline(table_view(91)))
    assert not [note for note in few.footnotes if note.startswith("No Hodges-Lehmann")]


def test_the_overall_column_and_the_differences_can_be_left_out():
    assert table_with(overall=False, smd="hidden").labels() == (
        "Characteristic", "RTX+TAC, N = 34", "RTX, N = 57", "Missing",
    )  # fmt: skip
    largest = table_with(smd="largest")
    assert largest.labels()[-2] == "Largest SMD"
    assert row_of(largest, "age_years")[-2] == "0.24"


def test_a_number_is_drawn_as_strip_and_box_by_group():
    row = describe_row(view_with(), "proteinuria_g_24h")
    figure = row_figure(row, theme=LIGHT)
    boxes = [trace for trace in figure.data if trace.meta == "box"]
    strips = [trace for trace in figure.data if trace.meta == "strip"]
    assert [box.median[0] for box in boxes] == pytest.approx([7.25, 8.06], abs=0.006)
    assert [len(strip.y) for strip in strips] == [34, 57]
    assert figure.layout.yaxis.type == "log"
    assert figure.layout.yaxis.ticktext == ("1", "2", "5", "10", "20", "50", "100", "200", "500")
    assert "RTX: n = 57, median and quartiles 8.06 (4.27, 11.35)." in figure_alt(row)
    assert figure.layout.xaxis.title.text == WHISKERS
    assert "lines reach the smallest and the largest value" in WHISKERS
    few = select_view(load_sample("imn"), SPEC.with_filter(Filter(variable="age_years", high=25)))
    assert row_figure(describe_row(few, "proteinuria_g_24h"), theme=LIGHT).layout.xaxis.title.text is None  # no box


def test_a_category_is_drawn_as_bars_with_their_counts():
    figure = row_figure(describe_row(view_with(), "mn_stage"), theme=LIGHT)
    assert [list(bar.text) for bar in figure.data] == [
        ["25/34 (74 %)", "6/34 (18 %)", "3/34 (9 %)"],
        ["41/57 (72 %)", "10/57 (18 %)", "6/57 (11 %)"],
    ]
    assert figure.data[1].x[0] == pytest.approx(100 * 41 / 57)


def test_points_are_spread_without_chance_within_their_strip():
    values = load_sample("imn").patients["age_years"].to_numpy(dtype=float)
    first, again = spread_sideways(values, half=0.2), spread_sideways(values, half=0.2)
    assert (first == again).all()
    assert abs(first).max() <= 0.2
    assert first.std() == pytest.approx(0.2 / 3**0.5, rel=0.05)  # even over the strip


def test_the_patients_behind_a_cell_are_listed():
    row = describe_row(view_with(), "pla2r_positive")
    assert len(patients_table(row, "RTX", "yes").rows) == 37
    assert len(patients_table(row, "RTX", "").rows) == 1
    number = describe_row(view_with(), "age_years")
    assert patients_table(number, "RTX+TAC", "all").title.endswith("with a value: n = 34")


def test_pairs_name_both_groups_and_their_test():
    spec = StudySpec(group_column="mn_stage", group_levels=("III", "II", "I"), baseline=BaselineOptions(p_values=True))
    table = pairs_table(describe_row(select_view(load_sample("imn"), spec), "age_years"))
    assert [row.cells[0] for row in table.rows] == ["Stage II − Stage III", "Stage I − Stage III", "Stage I − Stage II"]
    assert {row.cells[4] for row in table.rows} == {"Welch t-test"}
    assert table.footnotes[0].startswith("3 of 3 pairs tested; Holm's correction over these, not over other rows;")
