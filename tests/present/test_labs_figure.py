"""Does the trajectory figure draw the numbers of the result, escaped and with its counts under the visits?"""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import pandas as pd
import plotly.graph_objects as go
import pytest

from analysis.cohort.model import (
    ADVERSE_EVENT_COLUMNS,
    DOSE_COLUMNS,
    EVENT_COLUMNS,
    VISIT_COLUMNS,
    Cohort,
    Provenance,
)
from analysis.cohort.samples import load_sample
from analysis.labs import (
    TrajectoryResult,
    describe_changes,
    describe_dropout,
    describe_shift,
    describe_trajectories,
    fit_course,
    order_patients,
)
from analysis.options import LabsOptions
from analysis.outcomes.derive import derive_outcomes
from analysis.study import StudySpec, select_view
from present.figures.labs import change_figure, figure_alt, trajectory_figure
from present.figures.labs_contrasts import contrast_figure
from present.figures.labs_drawn import shows_individuals
from present.figures.labs_patients import patients_figure
from present.figures.labs_shift import shift_figure
from present.figures.theme import DARK, LIGHT, group_styles, presented

TWO = {"group_column": "regimen_group", "group_levels": ("RTX+TAC", "RTX"), "withdrawn": "excluded"}


def a_result(sizes: dict[str, int], variable: str, **choices: object) -> TrajectoryResult:
    """Build a result: patient k of a group has k + 1 on day 0 and k + 92 on day 91."""
    patients = [(f"{group}-{k:03d}", group) for group, n in sizes.items() for k in range(n)]
    rows = [
        (who, day, math.nan, False, variable, float(who[-3:]) + 1 + day, "") for who, _ in patients for day in (0, 91)
    ]
    cohort = Cohort(
        name="made for a test",
        patients=pd.DataFrame(patients, columns=["patient_id", "regimen_group"]),
        visits=pd.DataFrame(rows, columns=VISIT_COLUMNS).astype({"day": float}),
        doses=pd.DataFrame(columns=DOSE_COLUMNS),
        adverse_events=pd.DataFrame(columns=ADVERSE_EVENT_COLUMNS),
        events=pd.DataFrame(columns=EVENT_COLUMNS),
        provenance=Provenance(source="test", sha256=""),
    )
    spec = StudySpec(group_column="regimen_group", group_levels=tuple(sizes), **choices)
    return describe_trajectories(select_view(cohort, spec), (variable,))


def traces(figure: go.Figure, meta: str) -> list[go.Scatter]:
    return [trace for trace in figure.data if trace.meta == meta]


def texts(figure: go.Figure) -> list[str]:
    return [note.text.replace("<br>", " ") for note in figure.layout.annotations]


@pytest.fixture(scope="module")
def sample() -> TrajectoryResult:
    view = select_view(load_sample("imn"), StudySpec(**TWO))
    return describe_trajectories(view, ("proteinuria_g_24h", "albumin_g_l"))


@pytest.fixture(scope="module")
def proteinuria(sample) -> go.Figure:
    return trajectory_figure(sample, "proteinuria_g_24h", theme=LIGHT)


def test_points_are_the_medians_at_the_visits(sample, proteinuria):
    combined = traces(proteinuria, "points")[0]
    assert [month for _, month in combined.customdata] == [0, 3, 6, 9, 12]
    assert list(combined.x) == pytest.approx([month + combined.x[0] for month in (0, 3, 6, 9, 12)])
    assert combined.y[4] == pytest.approx(1.45)
    expected = sample.summary.query("variable == 'proteinuria_g_24h' and group == 'RTX+TAC'")["estimate"]
    assert list(combined.y) == list(expected)
    assert "31 measured of 34 followed" in combined.hovertext[4]


def test_counts_stand_under_the_visits_on_the_same_time_axis(proteinuria):
    combined, alone = traces(proteinuria, "counts")
    assert list(combined.x) == [0, 3, 6, 9, 12]
    assert combined.text[4] == "31/34"
    assert alone.text[4] == "52/57"
    assert (combined.xaxis, combined.yaxis) == (None, "y2")
    assert proteinuria.layout.yaxis2.domain[1] < proteinuria.layout.yaxis.domain[0]
    assert proteinuria.layout.margin.autoexpand is False


def test_every_patient_has_a_line_that_leads_back_to_them(proteinuria):
    combined, alone = traces(proteinuria, "patients")
    assert len(set(combined.customdata) - {""}) == 34
    assert len(set(alone.customdata) - {""}) == 57
    gaps = [value == "" for value in combined.customdata]
    assert sum(gaps) == 34
    assert all(math.isnan(y) for y, gap in zip(combined.y, gaps, strict=True) if gap)


def test_the_axis_is_logarithmic_with_readable_ticks_and_holds_every_value(proteinuria, sample):
    axis = proteinuria.layout.yaxis
    assert axis.type == "log"
    assert {"0.1", "1", "10"} <= set(axis.ticktext)
    shown = sample.lines.query("variable == 'proteinuria_g_24h'")["shown_value"]
    assert axis.range[0] < math.log10(shown.min())
    assert math.log10(shown.max()) < axis.range[1]
    assert proteinuria.layout.xaxis.title.text == "Months since first rituximab"
    assert axis.title.text == "24-h urine protein (g/24 h)"


def test_thresholds_are_drawn_and_named(proteinuria):
    lines = [shape.y0 for shape in proteinuria.layout.shapes if shape.xref == "paper"]
    assert lines == [0.3, 3.5]
    assert {"0.3 CR", "3.5 nephrotic"} <= set(texts(proteinuria))


def test_treatment_is_ticked_per_group(proteinuria):
    ticks = traces(proteinuria, "treatment")
    assert len(ticks) == 5  # two cycles of rituximab in each group, tacrolimus in one
    assert {"RTX cycles", "TAC start"} <= set(texts(proteinuria))
    assert "RTX+TAC: TAC start, median month 2 (34 patients)" in {tick.hovertext for tick in ticks}


def test_colour_dash_and_marker_are_those_of_the_group(proteinuria):
    styles = group_styles(("RTX+TAC", "RTX"), theme=LIGHT)
    for trace, style in zip(traces(proteinuria, "summary"), styles.values(), strict=True):
        assert (trace.line.color, trace.line.dash) == (style.color, style.dash)
    assert traces(proteinuria, "points")[1].marker.symbol[0] == styles["RTX"].symbol


def test_two_groups_have_ribbons_and_three_have_error_bars(proteinuria):
    assert len(traces(proteinuria, "ribbon")) == 2
    three = trajectory_figure(a_result({"A": 5, "B": 5, "C": 5}, "albumin_g_l"), "albumin_g_l", theme=DARK)
    assert traces(three, "ribbon") == []
    points = traces(three, "points")
    assert all(trace.error_y.visible for trace in points)
    assert points[0].x[0] < points[1].x[0] < points[2].x[0]
    assert three.layout.xaxis.range[0] < points[0].x[0]


def test_a_mean_has_bars_and_says_so(sample):
    view = select_view(load_sample("imn"), StudySpec(**TWO, lab_summary="mean_ci"))
    figure = trajectory_figure(describe_trajectories(view, ("albumin_g_l",)), "albumin_g_l", theme=LIGHT)
    assert traces(figure, "ribbon") == []
    assert "Bold: mean; bars: 95 % interval. Faint: each patient." in texts(figure)
    last = traces(figure, "points")[0]
    assert last.y[4] + last.error_y.array[4] == pytest.approx(41.3, abs=0.05)


def test_thin_visits_are_open_and_dotted():
    figure = trajectory_figure(a_result({"A": 4, "B": 6}, "albumin_g_l"), "albumin_g_l", theme=LIGHT)
    few, enough = traces(figure, "points")
    assert set(few.marker.symbol) == {"circle-open"}
    assert set(enough.marker.symbol) == {"square"}
    thin = traces(figure, "summary, thin")
    assert (len(thin[0].x), len(thin[1].x)) == (3, 0)
    assert thin[0].line.dash == "dot"
    assert any("fewer than 5 values or 30 % of the group" in text for text in texts(figure))


def test_patients_are_left_out_of_a_large_study_unless_a_group_is_small():
    assert shows_individuals(a_result({"A": 15, "B": 85}, "albumin_g_l"))
    assert not shows_individuals(a_result({"A": 15, "B": 86}, "albumin_g_l"))
    assert shows_individuals(a_result({"A": 14, "B": 90}, "albumin_g_l"))
    assert not shows_individuals(a_result({"A": 14, "B": 400}, "albumin_g_l"))
    large = trajectory_figure(a_result({"A": 15, "B": 86}, "albumin_g_l"), "albumin_g_l", theme=LIGHT)
    assert traces(large, "patients") == []


def test_no_line_above_the_curves_is_wider_than_a_telephone(sample):
    view = select_view(load_sample("imn"), StudySpec(**TWO, lab_summary="mean_ci", labs=LabsOptions(time="actual")))
    figure = trajectory_figure(describe_trajectories(view, ("pla2r_ru_ml",)), "pla2r_ru_ml", theme=LIGHT)
    reading = next(note for note in figure.layout.annotations if note.text.startswith("Bold:"))
    lines = reading.text.split("<br>")
    assert max(map(len, lines)) <= 56
    assert reading.xshift == 10 - figure.layout.margin.l  # from the left edge of the figure
    assert figure.layout.margin.t >= len(lines) * 1.2 * reading.font.size + reading.yshift


def test_outside_text_is_escaped():
    figure = trajectory_figure(a_result({"<b>A</b> & $x$": 5}, "albumin_g_l"), "albumin_g_l", theme=LIGHT)
    drawn = " ".join([*texts(figure), *traces(figure, "patients")[0].hovertext, traces(figure, "counts")[0].name])
    assert "&lt;b&gt;A&lt;/b&gt; &amp; &#36;x&#36;" in drawn
    assert "<b>A</b>" not in drawn
    assert "$x$" not in drawn


def test_names_beside_the_curves_do_not_overlap():
    sizes = {"A": 6, "B": 6, "A very long name of a regimen that needs several lines": 6, "D": 6}
    figure = trajectory_figure(a_result(sizes, "albumin_g_l"), "albumin_g_l", theme=LIGHT)
    low, high = figure.layout.yaxis.range
    inside = figure.layout.height - figure.layout.margin.t - figure.layout.margin.b
    pixels = inside * (figure.layout.yaxis.domain[1] - figure.layout.yaxis.domain[0])
    names = sorted((n for n in figure.layout.annotations if n.xshift == 8), key=lambda note: note.y)
    assert len(names) == 4
    for below, above in itertools.pairwise(names):
        tall = sum(15 * 1.2 * (note.text.count("<br>") + 1) for note in (below, above)) / 2
        assert (above.y - below.y) / (high - low) * pixels >= tall


@pytest.mark.parametrize("constant", [30.0, 0.0])
def test_names_stay_on_the_axis_where_all_curves_end_at_one_of_its_ends(constant):
    result = a_result({"A": 6, "B": 6, "C": 6, "D": 6}, "albumin_g_l")
    flat = dict.fromkeys(("estimate", "conf_low", "conf_high"), constant)
    result = replace(
        result,
        lines=result.lines.assign(shown_value=constant),
        summary=result.summary.assign(**flat).query("n_measured > 0"),
    )
    figure = trajectory_figure(result, "albumin_g_l", theme=LIGHT)
    low, high = figure.layout.yaxis.range
    names = [note for note in figure.layout.annotations if note.xshift == 8]
    assert len(names) == 4
    assert all(low < note.y < high for note in names)  # plotly leaves out what lies beyond


def test_a_variable_without_values_says_so():
    result = a_result({"A": 3, "B": 0}, "albumin_g_l")
    nothing = describe_trajectories(select_view(load_sample("imn"), StudySpec(**TWO)), ("csa_trough_ng_ml",))
    assert "No value at a visit in any group." in texts(trajectory_figure(nothing, "csa_trough_ng_ml", theme=LIGHT))
    figure = trajectory_figure(result, "albumin_g_l", theme=LIGHT)
    assert list(traces(figure, "counts")[1].text) == ["0/0"] * 5
    assert len(traces(figure, "points")[1].x) == 0


def test_the_alternative_text_tells_the_numbers(sample):
    words = figure_alt(sample, "proteinuria_g_24h")
    assert words.startswith("24-h urine protein (g/24 h) by visit, median (Q1, Q3). RTX+TAC: month 0 ")
    assert "month 12 1.45 (0.18, 3.62), 31 measured of 34 followed" in words


def test_presentation_enlarges_letters_and_lines(sample, proteinuria):
    large = trajectory_figure(sample, "proteinuria_g_24h", theme=presented(LIGHT))
    assert large.layout.font.size > proteinuria.layout.font.size
    assert traces(large, "summary")[0].line.width > traces(proteinuria, "summary")[0].line.width


def test_many_visits_leave_room_between_their_names():
    months = tuple(float(month) for month in range(37))
    figure = trajectory_figure(a_result({"A": 5}, "albumin_g_l", schedule=months), "albumin_g_l", theme=LIGHT)
    assert list(figure.layout.xaxis.tickvals) == [float(month) for month in range(0, 37, 3)]
    counts = traces(figure, "counts")[0]
    assert len(counts.x) < 37
    assert counts.x[0] == 0


def test_panels_of_a_result_share_one_time_axis(sample, proteinuria):
    albumin = trajectory_figure(sample, "albumin_g_l", theme=LIGHT)
    assert albumin.layout.xaxis.range == proteinuria.layout.xaxis.range
    assert albumin.layout.margin == proteinuria.layout.margin


def test_actual_days_move_values_off_the_planned_visits(sample, proteinuria):
    spec = StudySpec(**TWO, labs=LabsOptions(time="actual"))
    actual = describe_trajectories(select_view(load_sample("imn"), spec), ("proteinuria_g_24h",))
    figure = trajectory_figure(actual, "proteinuria_g_24h", theme=LIGHT)
    planned = {float(x) for x in traces(proteinuria, "patients")[0].x if not math.isnan(x)}
    assert planned == {0, 3, 6, 9, 12}
    lines = actual.lines.query("group == 'RTX+TAC'")
    drawn = sorted(float(x) for x in traces(figure, "patients")[0].x if not math.isnan(x))
    assert drawn == pytest.approx(sorted(lines["shown_month"]))
    assert traces(figure, "points")[0].x[4] == pytest.approx(lines.query("month == 12")["shown_month"].median())


def test_changes_are_drawn_as_ratios_from_the_first_visit_after_baseline(sample):
    view = select_view(load_sample("imn"), StudySpec(**TWO))
    course = describe_changes(view, ("proteinuria_g_24h", "albumin_g_l")).course
    figure = change_figure(course, "proteinuria_g_24h", theme=LIGHT)
    assert figure.layout.yaxis.title.text == "24-h urine protein, ratio to baseline"
    assert figure.layout.yaxis.type == "log"
    assert [month for _, month in traces(figure, "points")[0].customdata] == [3, 6, 9, 12]
    assert list(traces(figure, "counts")[0].x) == [3, 6, 9, 12]
    assert [shape.y0 for shape in figure.layout.shapes if shape.xref == "paper"] == [1.0]
    assert change_figure(course, "albumin_g_l", theme=LIGHT).layout.yaxis.type == "linear"
    assert "month 3 1.06 (0.68, 1.26), 34 measured of 34 followed" in figure_alt(
        course, "proteinuria_g_24h", change=True
    )


def test_nothing_above_zero_is_said_instead_of_drawn():
    zeros = a_result({"A": 5}, "upcr_g_g")
    zeros = replace(zeros, lines=zeros.lines.assign(shown_value=math.nan), summary=zeros.summary.assign(estimate=0.0))
    figure = trajectory_figure(zeros, "upcr_g_g", theme=LIGHT)
    assert "No value above 0: a logarithmic axis cannot show it." in texts(figure)
    assert len(traces(figure, "points")[0].x) == 0


def test_shift_view_has_a_point_per_pair_and_both_kinds_of_lines():
    view = select_view(load_sample("imn"), StudySpec(**TWO))
    figure = shift_figure(describe_shift(view, ("proteinuria_g_24h",)), "proteinuria_g_24h", theme=LIGHT)
    combined, alone = traces(figure, "shift")
    assert (combined.name, len(combined.x)) == ("RTX+TAC, 31 of 34", 31)
    assert (alone.name, len(alone.x)) == ("RTX, 52 of 57", 52)
    assert figure.layout.xaxis.range == figure.layout.yaxis.range
    identity, *limits = figure.layout.shapes
    assert (identity.x0, identity.x1) == (identity.y0, identity.y1)
    assert sorted({shape.y0 for shape in limits if shape.xref == "paper"}) == [0.3, 3.5]
    assert sorted({shape.x0 for shape in limits if shape.yref == "paper"}) == [0.3, 3.5]


def test_each_patient_has_a_panel_named_with_the_response():
    view = select_view(load_sample("imn"), StudySpec(**TWO))
    spec = view.spec
    outcomes = derive_outcomes(view.cohort, spec.rule, schedule=spec.schedule, time_axis="nominal")
    result = order_patients(view, "proteinuria_g_24h", outcomes, group="RTX+TAC")
    figure = patients_figure(result, theme=LIGHT)
    panels = traces(figure, "panel")
    assert len(panels) == 34
    assert {set(panel.customdata).pop() for panel in panels} == set(result.order["patient_id"])
    assert sum(" CR " in text for text in texts(figure)) == 12
    ranges = {tuple(figure.layout[f"yaxis{n}"].range) for n in range(2, 35)}
    assert ranges == {tuple(figure.layout.yaxis.range)}


def test_modelled_contrasts_are_drawn_against_one_for_a_ratio():
    view = select_view(load_sample("imn"), StudySpec(**TWO))
    model = fit_course(view, "proteinuria_g_24h")
    figure = contrast_figure(model, theme=LIGHT)
    points = traces(figure, "contrasts")[0]
    assert list(points.y) == model.contrasts["estimate"].tolist()
    assert (list(points.x), figure.layout.shapes[0].y0, points.name) == ([3, 6, 9, 12], 1.0, "RTX+TAC against RTX")
    alone = contrast_figure(fit_course(select_view(load_sample("fsgs"), StudySpec()), "egfr"), theme=LIGHT)
    assert any("single group" in text for text in texts(alone))


def test_summaries_stand_beneath_of_one_or_two_groups_and_keep_off_their_names(proteinuria):
    tac, rtx = traces(proteinuria, "values")
    assert dict(zip(tac.x, tac.text, strict=True))[12] == "1.45<br>(0.18, 3.62)"
    assert rtx.text[0] == "8.06<br>(4.27, 11.35)"
    assert "Median (Q1, Q3)" in texts(proteinuria)
    heights = {round(trace.y[0]) for trace in (tac, rtx)}
    named = {round(note.y) for note in proteinuria.layout.annotations if note.yref == "y2"}
    assert not heights & named
    four = trajectory_figure(a_result(dict.fromkeys("ABCD", 9), "albumin_g_l"), "albumin_g_l", theme=LIGHT)
    assert [trace.text[0] for trace in traces(four, "values")] == ["5.0<br>(2.5, 7.5)"] * 4
    five = trajectory_figure(a_result(dict.fromkeys("ABCDE", 9), "albumin_g_l"), "albumin_g_l", theme=LIGHT)
    assert traces(five, "values") == []


def test_parts_of_a_group_keep_its_colour_and_are_told_apart_by_dash_and_marker():
    view = select_view(load_sample("imn"), StudySpec(**TWO))
    course = describe_dropout(view, "proteinuria_g_24h").course
    figure = trajectory_figure(course, "proteinuria_g_24h", theme=LIGHT)
    colours = [trace.marker.color for trace in traces(figure, "points")]
    own = [style.color for style in group_styles(view.groups, theme=LIGHT).values()]
    assert colours == [own[0], own[0], own[1], own[1]]
    assert len({(trace.line.color, trace.line.dash) for trace in traces(figure, "summary")}) == 4
    stages = select_view(load_sample("imn"), StudySpec(group_column="mn_stage", group_levels=("I", "II", "III")))
    whole = trajectory_figure(describe_dropout(stages, "proteinuria_g_24h").course, "proteinuria_g_24h", theme=LIGHT)
    assert {trace.marker.color for trace in traces(whole, "points")} == {LIGHT.ink}


def test_two_groups_stand_beside_each_other_at_a_visit_but_on_their_real_days(proteinuria, sample):
    first, second = traces(proteinuria, "summary")[0], traces(proteinuria, "summary")[-1]
    assert first.x[0] < 0 < second.x[0]
    assert first.x[0] == -second.x[0]
    days = trajectory_figure(replace(sample, time="actual"), "proteinuria_g_24h", theme=LIGHT)
    own = sample.summary[sample.summary["variable"] == "proteinuria_g_24h"]["actual_month"].dropna()
    assert {month for trace in traces(days, "summary") for month in trace.x if month is not None} <= set(own)


def test_leaders_to_the_names_are_grey(proteinuria, sample):
    colours = {style.color for style in group_styles(sample.groups, theme=LIGHT).values()}
    leaders = [line for line in proteinuria.layout.shapes if abs(line.x0 - 12) < 0.5 and line.x1 > 12.2]
    assert len(leaders) == 2
    assert len({line.line.color for line in leaders}) == 1
    assert not colours & {line.line.color for line in leaders}


def test_zeros_are_open_beneath_every_threshold_and_counted():
    values = [("Z", 0.0), ("Z", 0.0), *(("Z", 0.69 + n) for n in range(9))]
    rows = [(f"Z{n}", 91, math.nan, False, "proteinuria_g_24h", value, "") for n, (_, value) in enumerate(values)]
    cohort = load_sample("imn")
    patients = pd.DataFrame({"patient_id": [row[0] for row in rows], "regimen_group": "Z"})
    frame = pd.DataFrame(rows, columns=VISIT_COLUMNS).astype({"day": float, "month": float})
    none = {name: getattr(cohort, name).iloc[:0] for name in ("doses", "events", "adverse_events")}
    made = replace(cohort, patients=patients, visits=frame, **none)
    view = select_view(made, StudySpec(group_column="regimen_group", group_levels=("Z",)))
    figure = trajectory_figure(describe_trajectories(view, ("proteinuria_g_24h",)), "proteinuria_g_24h", theme=LIGHT)
    (patient,) = traces(figure, "patients")
    drawn = [(y, symbol) for y, symbol in zip(patient.y, patient.marker.symbol, strict=True) if y < 0.3]
    assert drawn == [(0.15, "circle-open")] * 2
    assert any("2 values are zero (small and open, at the foot of the axis)." in text for text in texts(figure))


def test_both_kinds_of_threshold_lines_are_named_in_the_shift_view():
    view = select_view(load_sample("imn"), StudySpec(**TWO))
    figure = shift_figure(describe_shift(view, ("proteinuria_g_24h",)), "proteinuria_g_24h", theme=LIGHT)
    assert {"0.3", "0.3 CR", "3.5", "3.5 nephrotic"} <= set(texts(figure))
    assert figure.layout.xaxis.tickangle == 0
    assert list(figure.layout.xaxis.ticktext) == ["0.1", "1", "10"]


def test_changes_carry_their_sign_where_they_are_differences_and_ratios_none():
    view = select_view(load_sample("imn"), StudySpec(**TWO))
    result = describe_changes(view, ("proteinuria_g_24h", "albumin_g_l"))
    row = result.course.summary.query("variable == 'albumin_g_l' and group == 'RTX' and month == 12").iloc[0]
    assert 0 < row["conf_low"] < row["conf_high"]
    written = traces(change_figure(result.course, "albumin_g_l", theme=LIGHT), "values")
    assert written[1].text[-1] == f"+{row['estimate']:.1f}<br>(+{row['conf_low']:.1f}, +{row['conf_high']:.1f})"
    assert all("+" not in text for trace in traces(
        change_figure(result.course, "proteinuria_g_24h", theme=LIGHT), "values") for text in trace.text)  # fmt: skip


def test_a_figure_of_means_says_where_too_few_values_have_none():
    few = trajectory_figure(
        a_result({"A": 9, "B": 5}, "albumin_g_l", lab_summary="mean_ci"), "albumin_g_l", theme=LIGHT
    )
    assert "Mean (95 % CI); a [b to c]: median and range of fewer than 8" in texts(few)
    assert traces(few, "values")[1].text[0] == "3.0<br>[1.0 to 5.0]"
    small = "Fewer than 8 values: median, smallest to largest."
    assert small in " ".join(texts(few))
    logs = trajectory_figure(a_result({"A": 9, "B": 5}, "upcr_g_g", lab_summary="mean_ci"), "upcr_g_g", theme=LIGHT)
    assert small in " ".join(texts(logs))
    many = trajectory_figure(
        a_result({"A": 9, "B": 8}, "albumin_g_l", lab_summary="mean_ci"), "albumin_g_l", theme=LIGHT
    )
    assert "Mean (95 % CI)" in texts(many)
    assert small not in " ".join(texts(many))


def test_no_line_joins_a_median_to_a_mean():
    whole = a_result({"A": 9, "B": 8}, "albumin_g_l", lab_summary="mean_ci")
    lines = [trace for trace in trajectory_figure(whole, "albumin_g_l", theme=LIGHT).data if trace.meta == "summary"]
    assert all(len(trace.x) for trace in lines)
    later = whole.summary.assign(kind=whole.summary["kind"].mask(whole.summary["month"] == 3, "range"))
    mixed = trajectory_figure(replace(whole, summary=later), "albumin_g_l", theme=LIGHT)
    assert [len(trace.x) for trace in mixed.data if str(trace.meta).startswith("summary")] == [0, 0, 0, 0]
