"""Does the remission figure draw exactly what was estimated, with counts that add up, and never cut a label?"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.outcomes.endpoints import ENDPOINT_LABELS
from analysis.results import Estimate
from present.figures.labels import spread_labels, wrapped_label
from present.figures.remission import figure_alt, remission_figure
from present.figures.remission_overlays import NAIVE, Overlay, endpoint_overlay, naive_overlay, turnbull_overlay
from present.figures.theme import DARK, LIGHT, Theme, group_styles, presented
from present.tables.remission import best_response_table, landmark_table, median_table
from tests.present.results import medians_of, remission_result


def typed(times: str, events: str) -> tuple[list[float], list[int]]:
    return [float(time) for time in times.split()], [int(event) for event in events.split()]


# domain.md 5.1: complete remission, events at 6, 9, 12 and censored in between, then everyone else at 12.
IMN = {
    "RTX+TAC": ([6.0] * 4 + [9.0] * 3 + [12.0] * 5 + [9.0] * 3 + [12.0] * 19, [1] * 12 + [0] * 22),
    "RTX": ([6.0] * 4 + [9.0] * 3 + [12.0] * 7 + [3.0] + [6.0] * 3 + [9.0] + [12.0] * 38, [1] * 14 + [0] * 43),
}


def drawn(figure: go.Figure, meta: str) -> list[go.Scatter]:
    return [trace for trace in figure.data if trace.meta == meta]


def rows_of(figure: go.Figure, name: str) -> dict[str, list[str]]:
    """Read the counts of the table beneath the curves, by group."""
    found = {}
    for trace in figure.data:
        group, _, what = (trace.name or "").rpartition(": ")
        if trace.meta == "risk table" and what == name:
            found[group] = list(trace.text)
    return found


def test_curves_carry_the_published_estimates() -> None:
    figure = remission_figure(remission_result(IMN), theme=LIGHT)
    ends = {trace.name: trace.y[-1] for trace in drawn(figure, "curve")}
    assert ends["RTX+TAC"] == pytest.approx(37.13, abs=0.005)  # domain.md 5.1
    assert ends["RTX"] == pytest.approx(26.39, abs=0.005)  # domain.md 5.1
    whisker = drawn(figure, "last estimate")[0]
    low, high = whisker.y[0] - whisker.error_y.arrayminus[0], whisker.y[0] + whisker.error_y.array[0]
    assert (low, high) == pytest.approx((22.97, 56.20), abs=0.005)  # domain.md 5.1


def test_curves_start_at_zero_and_step() -> None:
    for trace in drawn(remission_figure(remission_result(IMN), theme=LIGHT), "curve"):
        assert (trace.x[0], trace.y[0], trace.line.shape) == (0.0, 0.0, "hv")
        assert (np.diff(trace.y) >= 0).all()


def test_the_table_beneath_is_on_the_same_axis_and_adds_up() -> None:
    figure = remission_figure(remission_result(IMN), theme=LIGHT)
    at_risk, events, censored = (rows_of(figure, name) for name in ("At risk", "Events", "Censored"))
    assert at_risk == {"RTX+TAC": ["34", "34", "34", "30", "24", "0"], "RTX": ["57", "57", "56", "49", "45", "0"]}
    assert events == {"RTX+TAC": ["0", "0", "0", "4", "7", "12"], "RTX": ["0", "0", "0", "4", "7", "14"]}
    parts = {group: zip(at_risk[group], events[group], censored[group], strict=True) for group in IMN}
    sums = {group: {sum(map(int, counts)) for counts in columns} for group, columns in parts.items()}
    assert sums == {"RTX+TAC": {34}, "RTX": {57}}
    table = [trace for trace in drawn(figure, "risk table") if trace.name]
    assert {trace.xaxis or "x" for trace in table} == {"x"}
    assert [list(trace.x[:5]) for trace in table] == [list(figure.layout.xaxis.tickvals)] * 6


def test_axes_name_their_zero_and_run_to_100() -> None:
    figure = remission_figure(remission_result(IMN), theme=LIGHT)
    assert figure.layout.xaxis.title.text == "Months since first rituximab"
    assert figure.layout.yaxis.title.text == "Complete remission"
    assert list(figure.layout.yaxis.range) == [-1, 101]
    assert figure.layout.yaxis.ticktext[-1] == "100 %"
    assert list(figure.layout.xaxis.tickvals) == [0.0, 3.0, 6.0, 9.0, 12.0]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_a_group_has_one_colour_and_dash_everywhere(theme) -> None:
    figure = remission_figure(remission_result(IMN), theme=theme)
    styles = group_styles(tuple(IMN), theme=theme)
    assert {t.name: (t.line.color, t.line.dash) for t in drawn(figure, "curve")} == {
        group: (style.color, style.dash) for group, style in styles.items()
    }
    labels = {note.text: note.font.color for note in figure.layout.annotations}
    assert labels["<b>RTX+TAC</b><br>12 of 34"] == styles["RTX+TAC"].color
    assert labels["<b>RTX</b><br>14 of 57"] == styles["RTX"].color


def test_competing_events_get_their_own_row_and_the_sum_still_holds() -> None:
    result = remission_result({"A": typed("3 6 9 12 12 12", "1 0 1 0 0 0")}, {"A": [0, 1, 0, 0, 0, 0]})
    figure = remission_figure(result, theme=LIGHT)
    names = ("At risk", "Events", "Competing", "Censored")
    assert [rows_of(figure, name)["A"] for name in names] == [
        ["6", "6", "5", "4", "3", "0"],
        ["0", "0", "1", "1", "2", "2"],
        ["0", "0", "0", "1", "1", "1"],
        ["0", "0", "0", "0", "0", "3"],
    ]
    assert rows_of(remission_figure(remission_result(IMN), theme=LIGHT), "Competing") == {}


def test_the_line_turns_thin_where_fewer_than_five_are_at_risk() -> None:
    figure = remission_figure(remission_result({"A": typed("3 3 6 6 9 12 12 12", "1 0 1 1 1 0 0 0")}), theme=LIGHT)
    (thick,), (thin,) = drawn(figure, "curve"), drawn(figure, "thin curve")
    assert list(thick.x) == [0.0, 3.0, 6.0]  # 8, 8 and 6 at risk
    assert list(thin.x) == [6.0, 9.0, 12.0]  # 4 and 3 at risk
    assert thin.line.width < thick.line.width


def test_those_last_seen_early_are_ticked() -> None:
    figure = remission_figure(remission_result(IMN), theme=LIGHT)
    ticks = {trace.name: list(trace.x) for trace in drawn(figure, "last seen")}
    assert ticks == {"RTX+TAC": [9.0], "RTX": [3.0, 6.0, 9.0]}


@pytest.mark.parametrize(
    ("groups", "curves", "bands"),
    [
        ({"A": typed("12 12 6 12 12 12", "0 0 0 0 0 0")}, 1, 0),
        ({"A": typed("6", "1")}, 0, 0),
        ({"A": typed("3 6 12 12 12 12", "1 1 0 0 0 0"), "B": ([], [])}, 1, 1),
        ({"A": ([], [])}, 0, 0),
    ],
    ids=["no events", "one patient", "an empty group", "nobody"],
)
def test_degenerate_groups_still_give_a_figure(groups, curves: int, bands: int) -> None:
    figure = remission_figure(remission_result(groups), theme=LIGHT)
    assert (len(drawn(figure, "curve")), len(drawn(figure, "band"))) == (curves, bands)
    assert set(rows_of(figure, "At risk")) == set(groups)
    nobody = not any(len(times) for times, _ in groups.values())
    assert [trace.text[0] for trace in drawn(figure, "empty")] == ["No patient is left to follow."][: int(nobody)]


def test_a_tiny_group_shows_each_remission_as_a_dot() -> None:
    figure = remission_figure(remission_result({"A": typed("6 9 12", "1 1 0")}), theme=LIGHT)
    (dots,) = drawn(figure, "in remission")
    assert list(dots.x) == [6.0, 9.0]
    assert dots.marker.symbol == group_styles(("A",))["A"].symbol


def test_a_group_under_five_has_dots_and_no_curve_band_or_percentage() -> None:
    groups = {"A": typed("3 3 12 12", "1 1 0 0"), "B": typed("3 6 6 9 12 12", "1 1 1 0 0 0")}
    result = remission_result(groups)
    figure = remission_figure(result, theme=LIGHT)
    for meta in ("curve", "thin curve", "band", "last estimate", "step", "landmark"):
        assert "A" not in {trace.name for trace in drawn(figure, meta)}, meta
    (dots,) = drawn(figure, "in remission")
    assert (dots.name, list(dots.x), len(set(dots.y))) == ("A", [3.0, 3.0], 2)  # one dot per patient, none hidden
    assert "%" not in " ".join(dots.hovertext)
    assert "<b>A</b><br>2 of 4" in {note.text for note in figure.layout.annotations}
    none_read = result.landmarks.assign(estimate=result.landmarks["estimate"].mask(result.landmarks["group"] == "A"))
    result.landmarks = none_read
    assert "A: 2 of 4 patients reached it; fewer than 5 patients, so no percentage." in figure_alt(result)


def test_a_curve_ends_where_it_is_no_longer_read_and_still_counts_everyone() -> None:
    result = remission_result(IMN)
    result.curves["is_read"] = result.curves["time"] <= 9
    figure = remission_figure(result, theme=LIGHT)
    for meta in ("curve", "thin curve", "step", "last estimate"):
        assert max((max(trace.x) for trace in drawn(figure, meta)), default=0) < 10, meta
    assert "<b>RTX+TAC</b><br>12 of 34" in {note.text for note in figure.layout.annotations}


def test_fewer_than_three_remissions_are_dots_on_their_step() -> None:
    figure = remission_figure(remission_result({"A": typed("6 6 12 12 12 12 12 12", "1 1 0 0 0 0 0 0")}), theme=LIGHT)
    (dots,) = drawn(figure, "in remission")
    assert (list(dots.x), list(dots.y)) == ([6.0, 6.0], pytest.approx([12.5, 25.0]))  # 1/8 and 2/8
    assert dots.hovertext[0] == "A: P-1 in remission at month 6"
    assert drawn(remission_figure(remission_result(IMN), theme=LIGHT), "in remission") == []


def test_no_band_before_the_first_event() -> None:
    for band in drawn(remission_figure(remission_result(IMN), theme=LIGHT), "band"):
        assert min(band.x) == 6.0
        assert min(band.y) > 0


def test_a_censor_tick_tells_its_reason_and_patients() -> None:
    figure = remission_figure(remission_result({"A": typed("3 6 6 9 12 12", "0 1 1 1 0 0")}), theme=LIGHT)
    (tick,) = drawn(figure, "last seen")
    assert tick.hovertext[0] == "A: 1 last seen<br>last seen at month 3: P-1"
    assert list(tick.customdata[0]) == [0, 3.0, "censored"]


def test_a_step_can_be_clicked_and_says_what_it_stands_for() -> None:
    figure = remission_figure(remission_result(IMN), theme=LIGHT)
    steps = {trace.name: [list(point) for point in trace.customdata] for trace in drawn(figure, "step")}
    assert steps["RTX+TAC"] == [[0, 6.0, "event"], [0, 9.0, "event"], [0, 12.0, "event"]]
    assert steps["RTX"][-1] == [1, 12.0, "event"]
    (trace,) = (trace for trace in drawn(figure, "step") if trace.name == "RTX")
    assert "4 reached it, 56 at risk just before" in trace.hovertext[0]


def test_landmarks_are_marked_on_the_curve() -> None:
    figure = remission_figure(remission_result(IMN), theme=LIGHT)
    points = {trace.name: (list(trace.x), trace.y[2]) for trace in drawn(figure, "landmark")}
    assert points["RTX"][0] == [3.0, 6.0, 9.0]
    assert points["RTX"][1] == pytest.approx(100 * (1 - 52 / 56 * 46 / 49))  # from the risk table


def test_the_naive_curve_lies_above_where_events_compete() -> None:
    result = remission_result({"A": typed("3 6 9 12 12 12", "1 0 1 0 0 1")}, {"A": [0, 1, 0, 0, 1, 0]})
    result.naive = pd.DataFrame({"group": "A", "time": [0.0, 3.0, 9.0, 12.0], "estimate": [0, 1 / 6, 0.375, 0.6]})
    overlays = naive_overlay(result)
    figure = remission_figure(result, theme=LIGHT, overlays=overlays)
    (line,) = drawn(figure, "overlay")
    assert (line.line.dash, list(line.y)) == ("dash", pytest.approx([0, 100 / 6, 37.5, 60.0]))
    assert f"– – – {NAIVE}" in [note.text.replace("<br>", " ") for note in figure.layout.annotations]
    assert figure.layout.height > remission_figure(result, theme=LIGHT).layout.height
    assert naive_overlay(remission_result(IMN)) == ()


def test_turnbull_starts_at_zero_and_has_its_band() -> None:
    values = pd.DataFrame(
        {
            "group": "RTX",
            "time": [3.0, 6.0, 12.0],
            "estimate": [0.0, 0.1, 0.3],
            "conf_low": [0.0, 0.02, 0.2],
            "conf_high": [0.1, 0.2, 0.4],
        }
    )
    overlays = turnbull_overlay(SimpleNamespace(groups=("RTX+TAC", "RTX"), values=values))
    figure = remission_figure(remission_result(IMN), theme=LIGHT, overlays=overlays)
    (line,), (band,) = drawn(figure, "overlay"), drawn(figure, "overlay band")
    assert (list(line.x), list(line.y)) == ([0.0, 3.0, 6.0, 12.0], [0.0, 0.0, 10.0, 30.0])
    assert (min(band.x), max(band.x), max(band.y[:3])) == (6.0, 12.0, 40.0)


def test_the_second_endpoint_is_named() -> None:
    second = remission_result({"A": typed("3 3 3 6 12 12", "1 1 1 1 0 0")})
    second.endpoint = "first_remission"
    first = remission_result({"A": typed("6 6 6 12 12 12", "1 1 1 0 0 0")})
    figure = remission_figure(first, theme=LIGHT, overlays=endpoint_overlay(second))
    assert drawn(figure, "overlay")[0].y[-1] == pytest.approx(400 / 6)
    assert any(note.text.endswith(ENDPOINT_LABELS["first_remission"]) for note in figure.layout.annotations)


def test_the_box_has_four_lines_and_none_for_a_tiny_group() -> None:
    lines = ("one", "two <b>", "three", "four", "five")
    boxes = [n for n in remission_figure(remission_result(IMN), theme=LIGHT, box=lines).layout.annotations if n.name]
    assert [note.text for note in boxes] == ["one<br>two &lt;b&gt;<br>three<br>four"]
    tiny = remission_result({**IMN, "B": typed("6 9 12", "1 1 0")})
    assert [n for n in remission_figure(tiny, theme=LIGHT, box=lines).layout.annotations if n.name] == []


@pytest.mark.parametrize("theme", [LIGHT, presented(LIGHT)], ids=["desk", "room"])
def test_box_and_names_of_overlays_stand_above_the_curves_and_not_on_each_other(theme: Theme) -> None:
    result = remission_result({"A": typed("3 3 3 6 12 12", "1 1 1 1 0 0"), "B": IMN["RTX"]})
    lines = ("Log-rank test: P = 0.27", "HR (Cox) 1.53 (0.71–3.31), reference RTX", "three", "four")
    overlays = (Overlay(label=NAIVE, rows=result.curves, dash="dash"),)
    plain = remission_figure(result, theme=theme).layout
    layout = remission_figure(result, theme=theme, overlays=overlays, box=lines).layout
    name, box = sorted((note for note in layout.annotations if note.name), key=lambda note: note.yshift)
    assert (box.name, name.name) == ("box", "overlay")
    assert {(note.y, note.yref, note.yanchor) for note in (box, name)} == {(1, "paper", "bottom")}  # above it
    tall = [1.3 * note.font.size * (1 + note.text.count("<br>")) for note in (name, box)]
    assert name.yshift >= plain.margin.t  # what is marked in the corner keeps its place
    assert box.yshift >= name.yshift + tall[0]
    assert layout.margin.t >= box.yshift + tall[1]
    assert layout.height - plain.height == layout.margin.t - plain.margin.t  # the curves keep their size
    assert max(len(line) for note in (box, name) for line in note.text.split("<br>")) <= 52


def test_a_box_that_would_wrap_beyond_four_lines_leaves_out_whole_lines() -> None:
    lines = ("a word " * 12, "two", "three", "four")
    (box,) = [n for n in remission_figure(remission_result(IMN), theme=LIGHT, box=lines).layout.annotations if n.name]
    assert box.text.split("<br>")[2:] == ["two", "three"]


def test_outside_names_are_never_markup() -> None:
    name = '<a href="http://x">$go$</a>'
    figure = remission_figure(remission_result({name: IMN["RTX"]}), theme=LIGHT)
    assert "<a" not in str(figure.to_dict())
    assert "$" not in str(figure.to_dict())


def test_labels_stay_apart_for_eight_long_names() -> None:
    groups = {f"A regimen with a long name {place}": IMN["RTX"] for place in range(8)}
    figure = remission_figure(remission_result(groups), theme=presented(LIGHT))
    pixels = (figure.layout.height - figure.layout.margin.t - figure.layout.margin.b) * (
        figure.layout.yaxis.domain[1] - figure.layout.yaxis.domain[0]
    )
    labels = [note for note in figure.layout.annotations if note.text.endswith("of 57")]
    heights = np.sort([note.y for note in labels]) * pixels / 102
    lines = {note.text.count("<br>") + 1 for note in labels}
    assert len(labels) == 8
    assert np.diff(heights).min() >= 1.25 * labels[0].font.size * max(lines)
    assert heights.min() > 0
    assert heights.max() < pixels


@given(
    st.lists(st.floats(0, 100), min_size=1, max_size=8),
    st.floats(1, 12),
)
def test_spread_keeps_the_order_the_distance_and_the_edges(heights: list[float], gap: float) -> None:
    placed = spread_labels(np.array(heights), gap=gap, high=100.0)
    assert (np.diff(np.sort(placed)) >= gap - 1e-9).all()
    assert (np.argsort(placed, kind="stable") == np.argsort(heights, kind="stable")).all()
    assert placed.min() >= gap / 2 - 1e-9
    assert placed.max() <= 100 - gap / 2 + 1e-9


def test_long_labels_break_and_are_not_cut() -> None:
    assert wrapped_label("Cyclophosphamide & steroid", width=20) == "Cyclophosphamide &amp;<br>steroid"


def test_alternative_text_tells_counts_and_estimates() -> None:
    assert figure_alt(remission_result(IMN)) == (
        "Complete remission: cumulative incidence from first rituximab, on an axis from 0 to 100 percent. "
        "RTX+TAC: 12 of 34 patients reached it, estimated 37.13 % (22.97 to 56.20) by month 12. "
        "RTX: 14 of 57 patients reached it, estimated 26.39 % (16.54 to 40.50) by month 12."
    )
    assert figure_alt(remission_result({"A": ([], [])})).endswith("A: 0 of 0 patients reached it, not estimable.")


def test_landmarks_have_two_decimals_and_reasons() -> None:
    result = remission_result(IMN)
    rows = [["RTX+TAC", "RTX", month, 0.1074, -0.0847, 0.31, ""] for month in (3.0, 6.0, 9.0, 12.0)]
    result.differences = pd.DataFrame(rows, columns=result.differences.columns)
    table = landmark_table(result)
    assert table.labels() == ("Month", "RTX+TAC\n(N = 34)", "RTX\n(N = 57)", "RTX+TAC − RTX\npoints (95 % CI)")
    assert table.rows[-1].cells == (
        "12",
        "37.13 % (22.97 to 56.20)",  # domain.md 5.1
        "26.39 % (16.54 to 40.50)",  # domain.md 5.1
        "+10.74 (−8.47 to +31.00)",
    )
    assert "Log-rank test of the whole curves: χ² = 1.195, 1 df, P = 0.27." in table.footnotes


def test_a_landmark_beyond_follow_up_says_so() -> None:
    table = landmark_table(remission_result({"A": typed("3 6 6 6 6", "1 0 0 0 0")}))
    assert [row.cells[1] for row in table.rows][-2:] == ["not estimable: beyond follow-up"] * 2
    assert len(table.footnotes) == 1


def test_a_group_under_five_has_counts_instead_of_percentages() -> None:
    table = landmark_table(remission_result({"A": typed("3 6 6", "1 0 0")}))
    assert [row.cells[1] for row in table.rows] == ["1/3"] * len(table.rows)


def test_a_missing_test_gives_its_reason() -> None:
    result = remission_result(IMN)
    result.test = Estimate(method="log-rank test", reason="not tested: fewer than 3 events in RTX")
    assert (
        landmark_table(result).footnotes[-1]
        == "Log-rank test of the whole curves: not tested: fewer than 3 events in RTX."
    )


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        (medians_of(estimate=6.0, conf_low=3.0, conf_high=9.0, attainers_n=29, attainers_median=9.0,
                    attainers_q1=6.0, attainers_q3=12.0), ("A", "6 (3 to 9)", "29", "9 (6, 12)")),
        (medians_of(conf_low=12.0, reason="not reached", attainers_n=14, attainers_median=10.5,
                    attainers_q1=6.0, attainers_q3=12.0),
         ("A", "not reached (12 to not reached)", "14", "10.5 (6, 12)")),
        (medians_of(reason="not reached"), ("A", "not reached", "0", "nobody reached it")),
    ],
)  # fmt: skip
def test_the_two_medians_stand_apart(row: pd.DataFrame, cells: tuple[str, ...]) -> None:
    result = remission_result(IMN)
    result.medians = row
    table = median_table(result)
    assert table.rows[0].cells == cells
    assert [column.label for column in table.columns[1:]] == [
        "Median of all patients, months (95 % CI)",
        "Reached it, n",
        "Median among those who reached it, months (Q1, Q3)",
    ]


def test_best_response_counts_everyone() -> None:
    counts = {"CR": (12, 14), "PR": (17, 23), "NR": (5, 20), "NE": (0, 0)}  # domain.md 5.1
    rows = [[g, status, n[i], (34, 57)[i]] for i, g in enumerate(IMN) for status, n in counts.items()]
    result = remission_result(IMN)
    result.best_response = pd.DataFrame(rows, columns=["group", "status", "n", "n_total"]).assign(n_before=0)
    assert [row.cells for row in best_response_table(result).rows] == [
        ("Complete remission", "12/34 (35 %)", "14/57 (25 %)"),
        ("Partial remission", "17/34 (50 %)", "23/57 (40 %)"),
        ("No remission", "5/34 (15 %)", "20/57 (35 %)"),
        ("Not evaluable", "0/34 (0 %)", "0/57 (0 %)"),
    ]


def test_every_endpoint_has_its_words() -> None:
    result = remission_result(IMN)
    result.endpoint = "first_remission"
    assert remission_figure(result, theme=LIGHT).layout.yaxis.title.text == wrapped_label(
        ENDPOINT_LABELS["first_remission"], width=36
    )
    assert median_table(result).title == "Months to first remission (complete or partial)"
