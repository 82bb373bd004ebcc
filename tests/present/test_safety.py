"""Does the adverse-events figure keep every row, and do figure and table show the golden values?"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from analysis.safety import (
    cell_token,
    compare_adverse_events,
    compare_ratios,
    count_grades,
    describe_cell,
    describe_timing,
    list_events,
    term_token,
)
from analysis.study import StudySpec, select_view
from present.figures.safety import figure_alt, safety_figure
from present.figures.safety_grades import grade_figure
from present.figures.safety_timing import first_event_figure, onset_figure
from present.figures.theme import DARK, LIGHT, contrast, group_styles
from present.tables.safety import safety_table
from present.tables.safety_parts import cell_table, first_event_table, listing_table, rate_table, repeated_table
from present.tables.safety_words import sentence_case
from tests.analysis.test_safety_parts import view_of, with_events
from tests.present.safety_results import IMN_ROWS, IMN_SIZES, safety_result

NOTHING = "No adverse event is recorded in this file."


def drawn(figure: go.Figure, meta: str) -> list[go.Scatter]:
    return [trace for trace in figure.data if trace.meta == meta]


def written(figure: go.Figure, name: str) -> list[str]:
    texts = [note.text.replace("&nbsp;", "") for note in figure.layout.annotations if note.name == name]
    return [re.sub(r"<[^>]+>", "", text) for text in texts]


def only_first_group():
    return safety_result({key: counts[:1] for key, counts in IMN_ROWS.items()}, {"All patients": 34})


def test_shares_and_counts_are_drawn_with_zero_rows() -> None:
    figure = safety_figure(safety_result(IMN_ROWS, IMN_SIZES), theme=LIGHT)
    tac, rtx = drawn(figure, "share")
    assert list(tac.x)[:3] == pytest.approx([6 / 34, 2 / 34, 1 / 34])
    assert list(rtx.x)[3] == 0.0
    assert [len(trace.y) for trace in (tac, rtx)] == [len(IMN_ROWS)] * 2
    assert written(figure, "counts")[:5] == [
        "6/34 11/57", "2/34 4/57", "1/34 2/57", "1/34 0/57", "0/34 1/57",
    ]  # fmt: skip
    assert rtx.x[3] + rtx.error_x.array[3] == pytest.approx(0.0627, abs=5e-5)  # 1 - 0.025 ** (1 / 57)


def test_differences_carry_the_newcombe_golden_values() -> None:
    (trace,) = drawn(safety_figure(safety_result(IMN_ROWS, IMN_SIZES), theme=LIGHT), "difference")
    low = np.subtract(trace.x, trace.error_x.arrayminus)
    high = np.add(trace.x, trace.error_x.array)
    assert trace.x[0] == pytest.approx(-1.65, abs=0.005)  # domain.md 3.5
    assert (low[0], high[0]) == pytest.approx((-16.87, 16.19), abs=0.005)  # domain.md 3.5
    assert (trace.x[1], low[1], high[1]) == pytest.approx((-1.14, -11.71, 12.74), abs=0.005)  # domain.md 3.5
    assert (trace.x[4], low[4], high[4]) == pytest.approx((-1.75, -9.29, 8.50), abs=0.005)  # domain.md 3.5


def test_arrows_name_who_has_more_and_zero_is_drawn() -> None:
    figure = safety_figure(safety_result(IMN_ROWS, IMN_SIZES), theme=LIGHT)
    words = [note.text.replace("<br>", " ") for note in figure.layout.annotations]
    assert words[:2] == ["← more in RTX", "more in RTX+TAC →"]
    assert [(shape.x0, shape.x1, shape.xref) for shape in figure.layout.shapes] == [(0, 0, "x2")]


def test_one_group_has_no_difference_panel() -> None:
    figure = safety_figure(only_first_group(), theme=LIGHT)
    assert drawn(figure, "difference") == []
    assert "xaxis2" not in figure.layout.to_plotly_json()
    assert len(drawn(figure, "share")) == 1


def test_rows_have_room_and_markers_of_a_row_stay_apart() -> None:
    few = safety_figure(safety_result(dict(list(IMN_ROWS.items())[:3]), IMN_SIZES), theme=LIGHT)
    many = safety_figure(safety_result(IMN_ROWS, IMN_SIZES), theme=LIGHT)
    assert many.layout.height - few.layout.height == 8 * (18 + 30)
    tac, rtx = drawn(many, "share")
    assert np.subtract(rtx.y, tac.y).min() > 0.2


@pytest.mark.parametrize(
    ("counts", "end", "note"),
    [((0, 1), 0.2, True), ((20, 30), 0.8, True), ((34, 57), 1.0, False)],
)
def test_a_share_axis_that_ends_early_says_so(counts: tuple[int, int], end: float, note: bool) -> None:
    key = ("total", "", "", "", "Any adverse event")
    axis = safety_figure(safety_result({key: counts}, IMN_SIZES), theme=LIGHT).layout.xaxis
    assert axis.tickvals[-1] == pytest.approx(end)
    assert ("axis ends" in axis.title.text) is note


def test_nothing_recorded_says_so() -> None:
    empty = safety_result({}, IMN_SIZES, reason=NOTHING)
    assert drawn(safety_figure(empty, theme=LIGHT), "empty")[0].text[0] == NOTHING
    assert safety_table(empty).rows[0].cells == (NOTHING,)
    assert figure_alt(empty) == NOTHING


def test_outside_terms_are_never_markup() -> None:
    key = ("term", "x", "y", "", '<a href="http://x">go</a>')
    figure = safety_figure(safety_result({key: (1, 1)}, {"<i>A</i>": 5, "B": 5}), theme=LIGHT)
    text = str(figure.to_dict())
    assert "<a" not in text
    assert "<i>" not in text


def test_five_groups_keep_their_colours() -> None:
    sizes = dict.fromkeys("ABCDE", 10)
    figure = safety_figure(safety_result({("total", "", "", "", "Any"): (1, 2, 3, 4, 5)}, sizes), theme=LIGHT)
    styles = group_styles(tuple("ABCDE"))
    assert {trace.name: trace.marker.color for trace in drawn(figure, "share")} == {
        group: style.color for group, style in styles.items()
    }
    assert [trace.name for trace in drawn(figure, "difference")] == list("ABCD")
    assert written(figure, "counts") == ["1/10 2/10 3/10 4/10 5/10"]


def test_patients_travel_with_their_point() -> None:
    tac = drawn(safety_figure(safety_result(IMN_ROWS, IMN_SIZES), theme=LIGHT), "share")[0]
    assert tac.customdata[1] == term_token("category|infusion_reaction||RTX+TAC")
    assert tac.hovertext[1].endswith("2 events<br>P0, P1")


def test_alternative_text_gives_the_counts() -> None:
    assert figure_alt(safety_result(IMN_ROWS, IMN_SIZES)).startswith(
        "Patients with at least one adverse event. Any adverse event: RTX+TAC 6/34 (18 %), RTX 11/57 (19 %). "
    )


def test_the_table_shows_counts_events_and_differences() -> None:
    table = safety_table(safety_result(IMN_ROWS, IMN_SIZES))
    assert table.labels() == (
        "Adverse event", "RTX+TAC\n(N = 34)", "RTX\n(N = 57)", "RTX+TAC − RTX\npoints (95 % CI)",
    )  # fmt: skip
    assert table.rows[1].cells == (
        "Infusion reaction", "2/34 (6 %) [2]", "4/57 (7 %) [4]", "−1.1 (−11.7 to +12.7)",
    )  # fmt: skip
    assert table.rows[4].cells[1] == "0/34: up to 10 %"
    assert [row.indent for row in table.rows[2:6]] == [0, 1, 1, 1]
    assert table.footnotes[0] == (
        "RTX+TAC 34 treated, 51.0 patient-years, median follow-up 13.0 months; "
        "RTX 57 treated, 85.5 patient-years, median follow-up 13.0 months."
    )


def test_a_tiny_group_gets_no_percentage() -> None:
    table = safety_table(safety_result({("total", "", "", "", "Any"): (0, 2)}, {"A": 3, "B": 4}))
    assert table.rows[0].cells[1:3] == ("0/3", "2/4 [2]")


def test_one_group_has_no_difference_column() -> None:
    assert safety_table(only_first_group()).labels() == ("Adverse event", "All patients\n(N = 34)")


TEN = pd.DataFrame({"patient_id": list("abefgcdhij"), "regimen_group": ["RTX+TAC"] * 5 + ["RTX"] * 5})


def timed_view():
    rows = [
        {"patient_id": "a", "category": "tremor", "grade": 3.0, "day": 30.4375},
        {"patient_id": "c", "category": "headache", "grade": 1.0, "day": 91.3125},
    ]
    return view_of(with_events(TEN.assign(followup_months=12.0), rows))


def test_onsets_first_events_and_grades_are_drawn() -> None:
    timing, grades = describe_timing(timed_view()), count_grades(timed_view())
    tac, rtx = drawn(onset_figure(timing, theme=LIGHT), "onset")
    assert (list(tac.x), list(rtx.x)) == ([1.0], [3.0])
    assert [trace.y[-1] for trace in drawn(first_event_figure(timing, theme=LIGHT), "first event")] == pytest.approx(
        [0.2, 0.2]
    )
    bars = drawn(grade_figure(grades, theme=LIGHT), "grade")
    assert min(min(bar.x) for bar in bars) == -0.2  # the reference to the left
    assert max(max(bar.x) for bar in bars) == 0.2


def test_rates_first_events_and_listing_are_written() -> None:
    table = rate_table(compare_ratios(timed_view()))
    assert table.rows[0].cells[1:4] == ("20.0 (0.5–111.4) [1/5.0]", "20.0 (0.5–111.4) [1/5.0]", "1.00 (0.01–78.50)")
    assert listing_table(list_events(timed_view())).rows[0].cells[:6] == ("a", "RTX+TAC", "30", "Tremor", "–", "3")
    cells = first_event_table(describe_timing(timed_view())).rows[1].cells
    assert cells[:2] == ("RTX (n = 5)", "20 % (3 to 80), 5 at risk")
    repeated = repeated_table(describe_timing(timed_view()))
    assert [row.cells[2:5] for row in repeated.rows] == [("1 / 5", "1 / 5", "0")] * 2
    assert repeated.rows[0].cells[5] == "not estimated: fewer than 3 patients with an event in a group"


def test_a_curve_of_fewer_than_five_patients_is_not_drawn() -> None:
    rows = [{"patient_id": "a", "category": "tremor", "day": 30.0}]
    timing = describe_timing(view_of(with_events(TEN.iloc[3:].assign(followup_months=12.0), rows)))
    lines = {trace.name: len(trace.x) for trace in drawn(first_event_figure(timing, theme=LIGHT), "first event")}
    assert lines["RTX+TAC, n = 2"] == 0
    assert lines["RTX, n = 5"] > 0
    assert first_event_table(timing).rows[0].cells[1] == "fewer than 5 patients"


def test_more_than_two_groups_have_their_grades_beneath_each_other() -> None:
    patients = TEN.assign(regimen_group=list("AABBCCDDEE"))
    rows = [{"patient_id": "a", "category": "tremor", "grade": 2.0}, {"patient_id": "c", "category": "tremor"}]
    spec = StudySpec(group_column="regimen_group", group_levels=tuple("ABCDE"))
    grades = count_grades(select_view(with_events(patients, rows), spec))
    figure = grade_figure(grades, theme=LIGHT)
    bars = [trace for trace in drawn(figure, "grade") if max(trace.x) > 0]
    assert {(max(bar.x), bar.y[0]) for bar in bars} == {(0.5, 0), (0.5, 2)}  # A and C, two patients each
    assert [trace.name for trace in drawn(figure, "group")] == [f"{group}, n = 2" for group in "ABCDE"]
    assert min(min(bar.x) for bar in drawn(figure, "grade")) == 0


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_worse_grades_are_stronger_in_colour_and_their_counts_readable(theme) -> None:
    rows = [
        {"patient_id": patient, "category": "tremor", "grade": grade}
        for patient, grade in zip("abef", (1.0, 2, 3, 4), strict=True)
    ]
    figure = grade_figure(count_grades(view_of(with_events(TEN, rows))), theme=theme)
    bars = [bar for bar in drawn(figure, "grade") if max(bar.x) > 0]
    strength = [contrast(bar.marker.color, theme.surface) for bar in bars]
    assert strength == sorted(strength)
    assert all(contrast(bar.textfont.color, bar.marker.color) >= 4 for bar in bars)
    assert [trace.name for trace in drawn(figure, "key")] == ["grade 1", "grade 2", "grade 3", "grade 4"]
    assert "RTX, n = 5 · RTX+TAC, n = 5" in figure.layout.xaxis.title.text


def test_a_long_term_makes_only_its_own_row_higher() -> None:
    long = ("term", "other", "x", "", "a very long term " * 12)
    plain, tall = (safety_figure(safety_result(rows, IMN_SIZES), theme=LIGHT)
                   for rows in (IMN_ROWS, {**IMN_ROWS, long: (1, 0)}))  # fmt: skip
    labels = [[note.y for note in figure.layout.annotations if note.name == "label"] for figure in (plain, tall)]
    assert labels[0] == labels[1][:-1]
    assert np.diff(labels[0]).max() == 48


def test_axes_of_many_rows_are_named_above_the_first() -> None:
    many = {("category", f"c{n}", "", "", f"Category {n}"): (1, 2) for n in range(14)}
    figure = safety_figure(safety_result(many, IMN_SIZES), theme=LIGHT)
    head = [note for note in figure.layout.annotations if note.name == "head"]
    assert {"Difference,<br>percentage points", "0", "0 %"} <= {note.text for note in head}
    assert all(note.y <= 0 for note in head)
    few = safety_figure(safety_result(IMN_ROWS, IMN_SIZES), theme=LIGHT)
    assert not [note for note in few.layout.annotations if note.name == "head"]


def test_nobody_at_risk_is_no_zero_in_figure_and_table() -> None:
    result = safety_result({("total", "", "", "", "Any"): (0, 3)}, {"A": 0, "B": 10})
    result.rows.loc[0, "reason"] = "not estimable: not on TAC"
    assert written(safety_figure(result, theme=LIGHT), "counts") == ["– 3/10"]
    assert safety_table(result).rows[0].cells[1] == "not estimable: not on TAC"


def test_events_of_one_day_are_counted_beside_their_marker() -> None:
    rows = [{"patient_id": patient, "category": "infusion_reaction", "day": 0.0} for patient in "abe"]
    view = view_of(with_events(TEN.assign(followup_months=12.0), [*rows, {"patient_id": "c", "term": "x", "day": 9.0}]))
    tac, rtx = drawn(onset_figure(describe_timing(view), theme=LIGHT), "onset")
    assert (list(tac.text), list(rtx.text)) == (["3×", "", ""], [""])


def test_follow_up_known_of_some_says_of_how_many() -> None:
    patients = TEN.assign(followup_months=[12.0] + [np.nan] * 9)
    rows = [{"patient_id": "a", "category": "tremor", "day": 9.0}]
    table = safety_table(compare_adverse_events(view_of(with_events(patients, rows))))
    assert table.footnotes[0] == (
        "RTX+TAC 5 treated, 1.0 patient-years (follow-up known of 1), median follow-up 12.0 months; "
        "RTX 5 treated, follow-up unknown."
    )
    rates = rate_table(compare_ratios(view_of(with_events(patients, rows))))
    assert rates.rows[0].cells[2] == "not estimable: follow-up is not recorded"


def test_a_difference_of_tiny_groups_is_withheld() -> None:
    table = safety_table(safety_result({("total", "", "", "", "Any"): (2, 0)}, {"A": 2, "B": 3}))
    assert table.rows[0].cells[3] == "fewer than 5 patients"


def test_several_events_of_a_patient_are_a_caution_of_the_rates() -> None:
    rows = [{"patient_id": patient, "category": "tremor", "day": day} for patient in "ac" for day in (1.0, 2.0)]
    view = view_of(with_events(TEN.assign(followup_months=12.0), rows))
    assert next(note for note in compare_ratios(view).notes if note.code == "S-20").text.startswith("2 patients had")
    assert "S-20" not in [note.code for note in compare_ratios(timed_view()).notes]


def test_counts_of_eight_groups_break_into_lines() -> None:
    sizes = {f"group {letter}": 10 for letter in "ABCDEFGH"}
    figure = safety_figure(safety_result({("total", "", "", "", "Any"): (1, 2, 3, 4, 5, 6, 7, 8)}, sizes), theme=LIGHT)
    (note,) = [note for note in figure.layout.annotations if note.name == "counts"]
    assert [line.count("/10") for line in note.text.split("<br>")] == [5, 3]


def test_the_patients_behind_a_count_are_listed() -> None:
    view = timed_view()
    result = compare_adverse_events(view)
    table = cell_table(describe_cell(view, result, cell_token("category", "tremor", "", "RTX+TAC")))
    assert table.title == "Tremor, RTX+TAC: 1 of 5 patients"
    assert [row.cells for row in table.rows] == [("a", "30", "Tremor", "–", "3")]
    empty = cell_table(describe_cell(view, result, cell_token("category", "tremor", "", "RTX")))
    assert (empty.title, empty.rows[0].cells) == ("Tremor, RTX: 0 of 5 patients", ("No patient.",))


def test_the_table_says_why_a_row_has_no_p() -> None:
    table = safety_table(
        compare_adverse_events(view_of(with_events(TEN, [{"patient_id": "a", "term": "Rash"}]), test="fisher"))
    )
    assert "P: Fisher's exact test; adjusted" in " ".join(table.footnotes)
    assert "No P: fewer than 5 patients with the event." in " ".join(table.footnotes)


def test_the_listing_shows_only_columns_the_file_fills() -> None:
    rows = [{"patient_id": "a", "term": "Rash", "led_to_stop": "yes"}]
    table = listing_table(list_events(view_of(with_events(TEN, rows))))
    assert table.labels()[-2:] == ("Grade", "Led to stop")
    assert table.rows[0].cells[-1] == "yes"


def test_the_figure_withholds_shares_and_differences_of_tiny_groups_and_says_so() -> None:
    result = safety_result({("total", "", "", "", "Any"): (2, 1, 3)}, {"A": 2, "B": 10, "C": 12})
    figure = safety_figure(result, theme=LIGHT)
    assert [bool(np.isnan(trace.x[0])) for trace in drawn(figure, "share")] == [True, False, False]
    assert [bool(np.isnan(trace.x[0])) for trace in drawn(figure, "difference")] == [True, False]
    assert written(figure, "counts") == ["2/2 1/10 3/12"]
    assert written(figure, "remarks")[0].startswith("Groups of fewer than 5 patients: counts only")
    assert written(safety_figure(safety_result(IMN_ROWS, IMN_SIZES), theme=LIGHT), "remarks") == []
    reference = safety_figure(safety_result({("total", "", "", "", "Any"): (2, 1)}, {"A": 12, "B": 4}), theme=LIGHT)
    assert np.isnan(drawn(reference, "difference")[0].x[0])


def test_counts_carry_the_colour_of_their_group() -> None:
    figure = safety_figure(safety_result(IMN_ROWS, IMN_SIZES), theme=LIGHT)
    text = next(note.text for note in figure.layout.annotations if note.name == "counts")
    styles = group_styles(("RTX+TAC", "RTX"), theme=LIGHT)
    assert re.findall(r"color:([^\"]+)", text) == [styles[group].color for group in ("RTX+TAC", "RTX")]


def test_one_event_is_not_one_events() -> None:
    trace = drawn(safety_figure(safety_result(IMN_ROWS, IMN_SIZES), theme=LIGHT), "share")[0]
    assert "<br>1 event<br>" in trace.hovertext[2]


@pytest.mark.parametrize(
    ("recorded", "shown"),
    [
        ("NASOPHARYNGITIS", "Nasopharyngitis"), ("COVID-19 PNEUMONIA", "COVID-19 pneumonia"), ("UTI", "UTI"),
        ("CMV INFECTION", "CMV infection"), ("Tremor of hands", "Tremor of hands"), ("肺炎", "肺炎"), ("", ""),
        ("ÖDEM DER BEINE", "Ödem der beine"), ("HYPERTENSION", "Hypertension"),
    ],
)  # fmt: skip
def test_terms_in_capitals_are_written_in_sentence_case(recorded: str, shown: str) -> None:
    assert sentence_case(recorded) == shown


def test_figure_tables_and_listing_write_terms_in_sentence_case() -> None:
    rows = [{"patient_id": "a", "term": "NASAL SEPTUM DEVIATION", "day": 1.0}]
    view = view_of(with_events(TEN.assign(followup_months=12.0), rows))
    result = compare_adverse_events(view)
    figure = safety_figure(result, theme=LIGHT)
    assert "Nasal septum deviation" in " ".join(written(figure, "label")).replace("<br>", " ")
    tables = (safety_table(result), rate_table(compare_ratios(view)), listing_table(list_events(view)))
    for table in tables:
        text = str(table.rows)
        assert "Nasal septum deviation" in text
        assert "NASAL" not in text
    assert "NASAL" not in figure_alt(result)


def test_a_rate_over_none_shows_its_open_limit() -> None:
    rows = [{"patient_id": "a", "category": "tremor", "day": 30.0}]
    table = rate_table(compare_ratios(view_of(with_events(TEN.assign(followup_months=12.0), rows))))
    assert table.rows[0].cells[3:5] == ("∞ (0.03 to ∞)", "not estimable")


def test_boschloo_names_its_convention_and_several_comparisons_their_order() -> None:
    view = view_of(with_events(TEN, [{"patient_id": "a", "term": "Rash"}]), test="boschloo")
    notes = " ".join(safety_table(compare_adverse_events(view)).footnotes)
    assert "Boschloo's exact test (two-sided, the tables ordered by the two-sided P of Fisher's test)" in notes
    ordered = replace(safety_result(IMN_ROWS, IMN_SIZES), order="The rows are in order.")
    assert "The rows are in order." in safety_table(ordered).footnotes
