"""Do the flow diagram, the map and the tables show every count, apart from each other and readable?"""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from itertools import combinations

import pytest

from analysis.choices import propose_spec
from analysis.cohort.completeness import describe_completeness
from analysis.cohort.flow import describe_flow
from analysis.cohort.followup import describe_follow_up
from analysis.cohort.samples import load_sample
from analysis.study import StudySpec, View, select_view
from present.figures.cohort import flow_alt, flow_figure
from present.figures.cohort_boxes import Box, place_boxes
from present.figures.completeness import completeness_alt, completeness_figure
from present.figures.theme import DARK, LIGHT, PRINT, SCREEN_SIZES, contrast, share_styles
from present.tables.cohort import attrition_table, completeness_table, flow_table, follow_up_table
from tests.analysis.cohort.flows import AGE, TWO, mixed_cohort, patient
from tests.cohorts import make_cohort

LONG = "a reason written by hand that nobody foresaw and that does not end"


@pytest.fixture(scope="module")
def completers() -> View:
    cohort = load_sample("imn")
    return select_view(cohort, replace(propose_spec(cohort), withdrawn="excluded"))


def many_groups(n: int) -> View:
    names = [f"Regimen {place} with a long name" for place in range(n)]
    people = {f"P{place}": patient(name, withdrawal_reason=LONG) for place, name in enumerate(names)}
    people |= {"X": patient(None, eligible="no", exclusion_reason=LONG)}
    levels = tuple(names)
    cohort = make_cohort(people, [("P0", 0, {"albumin_g_l": 30.0}), ("P1", 183, {"albumin_g_l": 30.0})])
    return select_view(cohort, replace(TWO.with_filter(AGE), group_levels=levels, reference_group=levels[-1]))


def boxes(view: View) -> tuple[Box, ...]:
    return place_boxes(describe_flow(view), SCREEN_SIZES, LIGHT, width=680).boxes()


def text_of(figure, name: str) -> str:
    return next(note.text for note in figure.layout.annotations if note.name == name)


# ---------------------------------------------------------------- flow diagram


def test_the_boxes_tell_the_flow_of_the_paper(completers) -> None:
    figure = flow_figure(describe_flow(completers), theme=LIGHT)
    assert text_of(figure, "screened") == "<b>Screened: 107</b>"
    assert text_of(figure, "excluded").split("<br>")[:2] == [
        "<b>Excluded: 9</b>",
        "4  Secondary membranous nephropathy",
    ]
    assert text_of(figure, "included") == "<b>Included: 98</b>"
    assert text_of(figure, "entered RTX+TAC") == "<b>RTX+TAC: 38</b>"
    assert text_of(figure, "withdrawn RTX").split("<br>")[:2] == [
        "<b>Left after treatment began: 3</b>",
        "not analysed",
    ]
    assert text_of(figure, "analysed RTX+TAC") == "<b>Analysed: 34</b>"
    assert text_of(figure, "analysed RTX") == "<b>Analysed: 57</b>"


def test_reasons_without_patients_are_written_more_quietly(completers) -> None:
    words = text_of(flow_figure(describe_flow(completers), theme=LIGHT), "withdrawn RTX").split("<br>")
    assert f'<span style="color:{LIGHT.muted}">0  Death</span>' in words
    assert "1  Kidney failure" in words


def test_the_withdrawn_are_said_to_be_analysed(completers) -> None:
    view = select_view(completers.cohort, replace(completers.spec, withdrawn="analysed"))
    figure = flow_figure(describe_flow(view), theme=LIGHT)
    assert text_of(figure, "withdrawn RTX").split("<br>")[1] == "analysed until they left"
    assert text_of(figure, "analysed RTX") == "<b>Analysed: 60</b><br>3 of them left early"


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 8])
def test_boxes_stay_apart_and_inside_and_hold_their_lines(n) -> None:
    placed = boxes(many_groups(n))
    for one, other in combinations(placed, 2):
        beside = one.right <= other.left or other.right <= one.left
        assert beside or one.bottom < other.top or other.bottom < one.top, (one.lines, other.lines)
    assert min(box.left for box in placed) >= 0
    assert max(box.right for box in placed) <= 1
    letter = SCREEN_SIZES.small if n > 3 else SCREEN_SIZES.axis
    for box in placed:
        assert box.height >= len(box.lines) * 1.3 * letter
        longest = max(len(unescape(re.sub(r"<[^>]+>", "", line))) for line in box.lines)
        assert longest * 0.5 * letter <= (box.right - box.left) * 680, box.lines


def test_nothing_crosses_a_box_when_groups_stand_in_two_rows() -> None:
    result = describe_flow(many_groups(8))
    placed = place_boxes(result, SCREEN_SIZES, LIGHT, width=680)
    assert [len(bank) for bank in placed.banks] == [4, 4]
    assert all(not column.left < 0.5 < column.right for bank in placed.banks for boxes in bank for column in boxes)


def test_every_box_carries_its_patients(completers) -> None:
    (trace,) = flow_figure(describe_flow(completers), theme=LIGHT).data
    found = dict(zip(trace.text, trace.customdata, strict=True))
    assert found["withdrawn RTX"] == ["SYN-W05", "SYN-W06", "SYN-W07"]
    assert len(found["analysed RTX+TAC"]) == 34
    assert trace.hovertext[list(trace.text).index("screened")].endswith("and 95 more")


def test_a_file_without_screening_starts_in_the_file() -> None:
    view = select_view(make_cohort({"A": {"sex": "male"}}, []), StudySpec())
    figure = flow_figure(describe_flow(view), theme=DARK)
    assert [box.stage for box in boxes(view)] == ["screened", "entered", "analysed"]
    assert text_of(figure, "screened") == "<b>In the file: 1</b>"
    assert flow_alt(describe_flow(view)) == "1 patient in the file. All patients: 1. Analysed: 1."


def test_the_alternative_text_gives_every_reason(completers) -> None:
    words = flow_alt(describe_flow(completers))
    assert words.startswith("107 patients screened. Excluded: 9 (4 Secondary membranous nephropathy, 1 Pregnancy, ")
    assert (
        "RTX+TAC: 38. Left after treatment began: 4 (1 Incomplete data, 2 Lost to follow-up, 1 Kidney failure)."
        in words
    )
    assert words.endswith("Analysed: 57.")


def test_markup_from_outside_stays_text() -> None:
    cohort = make_cohort({"A": patient("<b>$x$</b>"), "B": patient("y")}, [("A", 0, {"albumin_g_l": 30.0})])
    view = select_view(cohort, replace(TWO, group_levels=("<b>$x$</b>", "y")))
    figure = flow_figure(describe_flow(view), theme=LIGHT)
    assert text_of(figure, "entered <b>$x$</b>") == "<b>&lt;b&gt;&#36;x&#36;&lt;/b&gt;: 1</b>"
    head = completeness_figure(describe_completeness(view), theme=LIGHT).layout.annotations[0].text
    assert head == "<b>&lt;b&gt;&#36;x&#36;&lt;/b&gt;, N = 1</b>"


# ---------------------------------------------------------------- completeness map


def test_cells_hold_measured_of_followed(completers) -> None:
    figure = completeness_figure(describe_completeness(completers), theme=LIGHT)
    numbers = [trace for trace in figure.data if trace.meta == "numbers"]
    assert [trace.name for trace in numbers] == ["RTX+TAC", "RTX"]
    assert list(numbers[0].text)[:5] == ["34/34", "34/34", "34/34", "34/34", "31/34"]
    cells = [trace for trace in figure.data if trace.meta == "cells"]
    assert cells[0].z.tolist()[0] == [5, 5, 5, 5, 4]  # all measured; 80 to 99 %
    assert figure.layout.yaxis.ticktext[0].strip() == "24-h urine protein"
    assert list(figure.layout.xaxis.ticktext) == ["0", "3", "6", "9", "12"]


@pytest.mark.parametrize("theme", [LIGHT, DARK, PRINT], ids=lambda theme: theme.name)
def test_numbers_read_on_every_fill(theme) -> None:
    styles = share_styles(theme)
    assert [style.label for style in styles][-1] == "all measured"
    assert min(contrast(style.ink, style.color) for style in styles) >= 4.5  # WCAG 2.2, 1.4.3
    assert len({style.color for style in styles}) == len(styles)


@pytest.mark.parametrize("n", [1, 2, 5, 8])
def test_panels_of_many_groups_stay_apart(n) -> None:
    view = many_groups(n) if n > 1 else select_view(mixed_cohort(), replace(TWO, group_levels=("RTX+TAC",)))
    layout = completeness_figure(describe_completeness(view), theme=LIGHT).layout
    places = [
        (layout[f"xaxis{number or ''}"].domain, layout[f"yaxis{number or ''}"].domain)
        for number in [0, *range(2, n + 1)]
    ]
    for (x1, y1), (x2, y2) in combinations(places, 2):
        assert x1[1] < x2[0] or x2[1] < x1[0] or y1[1] < y2[0] or y2[1] < y1[0]


def test_nobody_followed_is_a_dash_not_a_zero() -> None:
    result = describe_completeness(select_view(mixed_cohort(), TWO))
    figure = completeness_figure(result, theme=LIGHT)
    numbers = next(trace for trace in figure.data if trace.meta == "numbers")
    assert list(numbers.text) == ["1/3", "–", "–"]
    assert completeness_alt(result).startswith(
        "Values measured of patients followed. RTX+TAC, Serum albumin: month 0 1 of 3."
    )


# ---------------------------------------------------------------- tables


def test_the_flow_table_ends_with_the_differential_attrition(completers) -> None:
    table = flow_table(describe_flow(completers))
    cells = {row.key: row.cells for row in table.rows}
    assert cells["screened"] == ("Screened", "107", "", "")
    assert cells["excluded|other"] == ("Other", "0", "", "")
    assert cells["entered"] == ("Included", "98", "38", "60")
    assert cells["withdrawn|esrd"] == ("Kidney failure", "2", "1", "1")
    assert cells["analysed"] == ("Analysed", "91", "34", "57")
    assert cells["differential"][2:] == ("4/38 (11 % [3 to 25])", "3/60 (5 % [1 to 14])")
    assert table.footnotes[-1] == "Fisher's exact test, two-sided: P = 0.43."


def test_the_attrition_table_names_who_left() -> None:
    table = attrition_table(describe_flow(select_view(mixed_cohort(), TWO.with_filter(AGE))))
    assert [row.cells for row in table.rows] == [
        ("In the group", "", "3", "", "4", "–"),
        ("Age at first rituximab ≥ 50 years", "1", "2", "2 (1 missing)", "2", "A3, B2, B3"),
    ]


def test_the_follow_up_table(completers) -> None:
    table = follow_up_table(describe_follow_up(completers))
    assert table.rows[1].cells == ("RTX", "57", "13.0 (12.0–15.0)", "12.0 to 30.0", "73.2", "0")
    nothing = follow_up_table(describe_follow_up(select_view(mixed_cohort(), TWO)))
    assert nothing.rows[0].cells == (
        "RTX+TAC", "3 (0 known)", "not estimable: follow-up is not recorded", "–", "–", "0",
    )  # fmt: skip
    assert nothing.footnotes[0].startswith("Follow-up is unknown for 7")
    assert table.footnotes == ()


def test_the_completeness_table_has_visits_and_patients() -> None:
    table = completeness_table(describe_completeness(select_view(mixed_cohort(), TWO)))
    rows = {row.key: row.cells for row in table.rows if row.key}
    assert rows["albumin_g_l=0"] == ("Baseline", "1 / 3 (2 missing)", "0 / 4 (4 missing)")
    assert rows["albumin_g_l=12"] == ("Month 12", "nobody followed", "nobody followed")
    assert rows["age_years"][1:] == ("3 / 3", "3 / 4 (1 missing)")
    assert table.footnotes[-1] == "No cell of the file was left blank on the way in."


def test_a_long_label_of_the_map_loses_its_bracket_first() -> None:
    visits = [("P0", 0, {"prednisone_eq_mg_d": 30.0}), ("P0", 91, {"prednisone_eq_mg_d": 5.0})]
    cohort = make_cohort({"P0": patient("RTX+TAC"), "P1": patient("RTX")}, visits)
    figure = completeness_figure(describe_completeness(select_view(cohort, TWO)), theme=LIGHT)
    assert "Steroid dose " in figure.layout.yaxis.ticktext
    assert not [label for label in figure.layout.yaxis.ticktext if "…" in label]
