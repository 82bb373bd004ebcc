"""Do the panels of one figure keep their values, stand under each other, and share the time axis?"""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from analysis.cohort.samples import load_sample
from analysis.labs import describe_trajectories, patients_behind
from analysis.options import LabsOptions
from analysis.study import StudySpec, select_view
from present.figures.labs import trajectory_figure
from present.figures.labs_stack import stacked_figure
from present.figures.theme import LIGHT
from present.tables.labs_behind import behind_table

NAMES = ("proteinuria_g_24h", "albumin_g_l", "pla2r_ru_ml")
SPEC = StudySpec(
    group_column="regimen_group",
    group_levels=("RTX+TAC", "RTX"),
    withdrawn="excluded",
    labs=LabsOptions(published=True),
)


@pytest.fixture(scope="module")
def view():
    return select_view(load_sample("imn"), SPEC)


@pytest.fixture(scope="module")
def result(view):
    return describe_trajectories(view, NAMES)


def test_panels_stand_under_each_other_without_overlap(result):
    layout = stacked_figure(result, NAMES, theme=LIGHT).layout
    domains = [layout[axis].domain for axis in ("yaxis", "yaxis2", "yaxis3", "yaxis4", "yaxis5", "yaxis6")]
    for above, below in itertools.pairwise(domains):
        assert below[1] < above[0]
    assert 0 <= domains[-1][0] < domains[0][1] <= 1
    assert (layout.xaxis2.matches, layout.xaxis3.matches) == ("x", "x")
    assert layout.xaxis3.anchor == "y5"


def test_each_panel_keeps_its_traces_texts_and_lines(result):
    whole = stacked_figure(result, NAMES, theme=LIGHT)
    panels = zip(NAMES, ("first", "middle", "last"), strict=True)
    single = [trajectory_figure(result, name, theme=LIGHT, panel=panel) for name, panel in panels]
    assert len(whole.data) == sum(len(figure.data) for figure in single)
    assert len(whole.layout.annotations) == sum(len(figure.layout.annotations) for figure in single)
    assert len(whole.layout.shapes) == sum(len(figure.layout.shapes) for figure in single)
    assert whole.layout.height == sum(figure.layout.height for figure in single) + whole.layout.margin.t
    assert whole.layout.margin.t >= 24  # room for the mark of synthetic data
    albumin = [trace for trace in whole.data if trace.meta == "points" and trace.yaxis == "y3"]
    assert [list(trace.y) for trace in albumin] == [list(trace.y) for trace in single[1].data if trace.meta == "points"]
    thirty = next(note for note in whole.layout.annotations if note.text == "30")
    assert (thirty.yref, thirty.y) == ("y3", 30)


def test_panels_share_one_time_axis_one_row_of_ticks_and_one_reading(result):
    layout = stacked_figure(result, NAMES, theme=LIGHT).layout
    axes = (layout.xaxis, layout.xaxis2, layout.xaxis3)
    assert [axis.showticklabels for axis in axes] == [False, False, True]
    assert [axis.title.text for axis in axes] == ["", "", "Months since first rituximab"]
    written = [note.text for note in layout.annotations]
    assert sum(text.startswith("Bold:") for text in written) == 1
    assert written.count("RTX cycles") == 1
    assert written.count("Measured / followed") == len(NAMES)


def test_published_values_are_open_diamonds_named_as_such(result):
    figure = trajectory_figure(result, "proteinuria_g_24h", theme=LIGHT)
    combined, alone = (trace for trace in figure.data if trace.meta == "published")
    assert list(combined.y) == [7.25, 1.45]
    points = next(trace for trace in figure.data if trace.meta == "points")
    assert list(combined.x) == [points.x[0], points.x[-1]]  # with the points of its group
    assert combined.marker.symbol == "diamond-open"
    assert alone.hovertext[1] == "published (n = 57): median 3.36"
    assert any("Open diamonds: published median (n = 34 and 57)." in note.text for note in figure.layout.annotations)


def test_the_list_behind_a_point_says_where_it_ends(view, result):
    listed = patients_behind(view, result, "pla2r_ru_ml", group="RTX", month=0)
    table = behind_table(listed, "pla2r_ru_ml", group="RTX", month=0, measured=True)
    assert table.title == "Anti-PLA2R (ELISA), RTX, month 0, with a value: n = 56"
    assert len(table.rows) == 56
    long = listed.iloc[[0] * 501]
    cut = behind_table(long, "pla2r_ru_ml", group="RTX", month=0, measured=True)
    assert (len(cut.rows), cut.footnotes) == (500, ("The first 500 of 501.",))
    nobody = patients_behind(view, result, "pla2r_ru_ml", group="RTX", month=0, measured=False)
    without = behind_table(nobody, "pla2r_ru_ml", group="RTX", month=0, measured=False)
    assert [row.cells[1:] for row in without.rows] == [("–", "–")]


def test_each_panel_names_its_own_summary_where_it_differs_from_the_first(view):
    means = describe_trajectories(select_view(view.cohort, replace(view.spec, lab_summary="mean_ci")), NAMES)
    texts = [note.text.split(";")[0] for note in stacked_figure(means, NAMES, theme=LIGHT).layout.annotations]
    assert [text for text in texts if text.startswith("Bold")] == ["Bold: geometric mean", "Bold: mean"]
