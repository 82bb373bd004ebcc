"""Does every patient have one lane with everything that happened on it, in the order that was asked for?"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import plotly.graph_objects as go
import pytest

from analysis.outcomes.derive import derive_outcomes
from analysis.outcomes.rules import PRESETS
from analysis.remission.swimmer import LanesResult, describe_lanes, order_lanes
from analysis.study import StudySpec, select_view
from present.figures.swimmer import MOST_LANES, swimmer_alt, swimmer_figure
from present.figures.theme import DARK, LIGHT, PRINT, SCREEN_SIZES, mark_figure
from tests.cohorts import labs, make_cohort

MONTH = 30.4375


def lanes_result() -> LanesResult:
    """Four patients: A1 in complete remission at day 91, A2 lost, B1 in partial remission at day 183, B2 dead."""
    cohort = make_cohort(
        {
            "A1": {"arm": "A", "followup_months": 18.0},
            "A2": {"arm": "A", "withdrawal_reason": "moved_away"},
            "B1": {"arm": "B"},
            "B2": {"arm": "B"},
        },
        [
            *[(patient, 0, labs(8.0, albumin=20.0)) for patient in ("A1", "A2", "B1", "B2")],
            ("A1", 91, labs(0.2)),
            ("A2", 91, labs(7.0, albumin=20.0)),
            ("B1", 91, labs(7.0, albumin=20.0)),
            ("B1", 183, labs(2.0, albumin=34.0)),
        ],
        events=[("A2", "lost", 100.0), ("B2", "death", 60.0), ("B1", "relapse", 300.0)],
    )
    doses = [["A1", "RTX", 0.0, 0.0, 1000.0, ""], ["B1", "RTX", 0.0, 0.0, None, ""], ["A1", "TAC", 61.0, None, 2.0, ""]]
    adverse = [["B1", 45.0, "Pneumonia", "infection", 3, "yes", ""], ["A1", None, "Rash", "skin", 1, "no", ""]]
    cohort = replace(
        cohort,
        doses=pd.DataFrame(doses, columns=cohort.doses.columns),
        adverse_events=pd.DataFrame(adverse, columns=cohort.adverse_events.columns),
    )
    spec = StudySpec(group_column="arm", group_levels=("A", "B"), reference_group="B")
    outcomes = derive_outcomes(cohort, PRESETS["P1_2023"], schedule=spec.schedule, time_axis="nominal")
    return describe_lanes(select_view(cohort, spec), outcomes)


def of(figure, meta: str):
    return [trace for trace in figure.data if trace.meta == meta]


def test_lanes_end_where_the_patient_was_last_known_and_say_why() -> None:
    lanes = lanes_result().lanes.set_index("patient_id")
    assert lanes["end"].to_dict() == pytest.approx({"A1": 18.0, "A2": 100 / MONTH, "B1": 300 / MONTH, "B2": 60 / MONTH})
    assert lanes["end_reason"].to_dict() == {"A1": "", "A2": "lost to follow-up", "B1": "", "B2": "death"}
    assert lanes["best"].to_dict() == {"A1": "CR", "A2": "NR", "B1": "PR", "B2": "NE"}
    assert lanes["first_remission"].dropna().to_dict() == pytest.approx({"A1": 91 / MONTH, "B1": 183 / MONTH})


def test_drugs_events_and_what_has_no_day() -> None:
    result = lanes_result()
    assert result.spans[["patient_id", "drug", "open_end"]].to_numpy().tolist() == [["A1", "TAC", True]]
    assert result.spans[["start", "stop"]].iloc[0].tolist() == pytest.approx([61 / MONTH, 18.0])
    marks = result.marks[["patient_id", "kind", "label"]].to_numpy().tolist()
    assert marks == [
        ["A1", "infusion", "RTX 1000 mg"],
        ["A2", "lost", "lost"],
        ["B1", "infusion", "RTX"],
        ["B1", "serious", "Pneumonia"],
        ["B1", "relapse", "relapse"],
        ["B2", "death", "death"],
    ]
    assert [note.text for note in result.notes] == ["Not drawn, because the file gives no day: 1 adverse event."]


@pytest.mark.parametrize(
    ("order", "ids"),
    [
        ("duration", ["A1", "B1", "A2", "B2"]),
        ("first_remission", ["A1", "B1", "A2", "B2"]),
        ("group", ["A1", "A2", "B1", "B2"]),
        ("best_response", ["A1", "B1", "A2", "B2"]),
    ],
)
def test_lanes_sort(order, ids) -> None:
    result = lanes_result()
    assert order_lanes(result.lanes[::-1], order)["patient_id"].tolist() == ids
    figure = swimmer_figure(result, order=order, theme=LIGHT)
    place = {text.strip(): y for trace in of(figure, "patient") for text, y in zip(trace.text, trace.y, strict=True)}
    assert sorted(place, key=place.get) == ids


def test_why_a_patient_left_is_written_behind_the_lane_inside_the_axis() -> None:
    result = lanes_result()
    figure = swimmer_figure(result, theme=LIGHT)
    (reasons,) = of(figure, "reason")
    ends = result.lanes.set_index("patient_id")["end"]
    assert [text.strip() for text in reasons.text] == ["lost to follow-up", "death"]
    assert list(reasons.x) == pytest.approx([ends["A2"], ends["B2"]])
    long = result.lanes.assign(end=18.0, end_reason="moved to another country <b>far</b> away")
    (reasons,) = of(wide := swimmer_figure(replace(result, lanes=long), theme=LIGHT), "reason")
    assert {text.strip() for text in reasons.text} == {"moved to another country &lt;b…"}
    assert wide.layout.xaxis.range[1] > 1.3 * 18 > 1.12 * 18 == pytest.approx(figure.layout.xaxis.range[1])


@pytest.mark.parametrize("theme", [LIGHT, DARK, PRINT], ids=lambda theme: theme.name)
def test_the_legend_names_every_symbol(theme) -> None:
    figure = swimmer_figure(lanes_result(), theme=theme)
    named = [trace.name for trace in figure.data if trace.showlegend]
    assert named[:-2] == [
        "Followed", "Last contact", "Left, and why", "Tacrolimus taken", "Complete remission", "Partial remission",
        "No remission", "Not evaluable", "Infusion", "Serious event", "Relapse", "Death",
    ]  # fmt: skip
    assert [name.rsplit(" ", 1)[1] for name in named[-2:]] == ["A", "B"]
    drawn = {trace.marker.symbol for trace in figure.data if trace.mode == "markers" and trace.meta != "group key"}
    keyed = {trace.marker.symbol for trace in figure.data if trace.mode == "markers" and trace.showlegend}
    assert drawn <= keyed


def test_a_mark_tells_its_patient_and_month() -> None:
    figure = swimmer_figure(lanes_result(), theme=LIGHT)
    assert list(of(figure, "Complete remission")[0].hovertext) == ["<b>A1</b>, month 3: complete remission"]
    assert list(of(figure, "Left, and why")[0].hovertext) == [
        "<b>A2</b>, ended at month 3.3: lost to follow-up",
        "<b>B2</b>, ended at month 2: death",
    ]


def test_many_lanes_grow_and_are_cut_with_words() -> None:
    result = lanes_result()
    lanes = pd.concat([result.lanes.assign(patient_id=f"P{n}") for n in range(300)], ignore_index=True)
    lanes = lanes.assign(patient_id=[f"P{n}" for n in range(len(lanes))])
    many = replace(result, lanes=lanes)
    figure = swimmer_figure(many, theme=LIGHT)
    assert figure.layout.yaxis.range[0] == MOST_LANES + 0.5
    assert figure.layout.height > 10 * swimmer_figure(result, theme=LIGHT).layout.height
    assert "The first 1,000 of 1,200 patients." in [note.text for note in figure.layout.annotations]


def test_nobody_is_a_figure_that_says_so() -> None:
    result = lanes_result()
    empty = {name: getattr(result, name).iloc[:0] for name in ("lanes", "spans", "marks", "visits")}
    figure = swimmer_figure(replace(result, **empty), theme=LIGHT)
    assert [note.text for note in figure.layout.annotations] == ["No patient is left to follow."]


def test_lanes_in_words() -> None:
    assert swimmer_alt(lanes_result()) == (
        "One lane per patient, sorted by: group. "
        "A: 2 patients followed up to 18 months, 1 in remission at a visit; left: lost to follow-up 1. "
        "B: 2 patients followed up to 9.9 months, 1 in remission at a visit; left: death 1."
    )


def test_the_badge_stands_above_a_time_axis_on_top_and_at_the_edge_of_other_figures() -> None:
    lanes, plain = swimmer_figure(lanes_result(), theme=LIGHT), go.Figure()
    for figure in (lanes, plain):
        mark_figure(figure, LIGHT, "SYNTHETIC")
    assert [figure.layout.annotations[-1].text for figure in (lanes, plain)] == ["SYNTHETIC"] * 2
    assert lanes.layout.annotations[-1].yshift >= SCREEN_SIZES.axis
    assert plain.layout.annotations[-1].yshift == 0


def test_hover_and_legend_hold_words_and_no_codes() -> None:
    cohort = make_cohort(
        {"A1": {}, "A2": {}},
        [
            *[(patient, 0, labs(8.0, albumin=20.0)) for patient in ("A1", "A2")],
            ("A1", 91, labs(0.2, albumin=33.0)),  # below the partial range, albumin too low for complete
            ("A2", 91, labs(None)),
        ],
    )
    doses = [["A1", "RTX", 0.0, 0.0, 375.0, ""], ["A1", "CSA", 0.0, 60.0, None, ""], ["A2", "Obi", 0.0, 0.0, None, ""]]
    cohort = replace(cohort, doses=pd.DataFrame(doses, columns=cohort.doses.columns))
    outcomes = derive_outcomes(
        cohort,
        replace(PRESETS["P1_2023"], pr_low=0.3, below_range_is_pr=True),
        schedule=StudySpec().schedule,
        time_axis="actual",
    )
    figure = swimmer_figure(describe_lanes(select_view(cohort, StudySpec()), outcomes), theme=LIGHT)
    (low,) = of(figure, "Partial remission")
    assert low.hovertext[0].endswith("below the partial range, counts as in range")
    assert (
        of(figure, "Not evaluable")[0]
        .hovertext[0]
        .startswith("<b>A2</b>, month 3: not evaluable<br>missing: urine protein")
    )
    assert list(of(figure, "Infusion")[0].hovertext) == [
        "<b>A1</b>, month 0: Rituximab 375 mg", "<b>A2</b>, month 0: Obi"
    ]  # fmt: skip
    assert [trace.name for trace in of(figure, "course")] == ["Ciclosporin taken"]
    assert "_" not in " ".join(text for trace in figure.data for text in trace.hovertext or ())
