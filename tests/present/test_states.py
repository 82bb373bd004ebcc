"""Do the bars hold every patient once, the ribbons the estimated shares, and do both say their numbers?"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from present.figures.occupancy import occupancy_alt, occupancy_figure
from present.figures.states import states_alt, states_figure
from present.figures.theme import DARK, LIGHT, PRINT, status_styles
from tests.present.states_results import occupancy_of, states_result

COUNTS = {
    ("A", 6.0): (2, 5, 10, 2, 1),
    ("B", 6.0): (0, 10, 30, 0, 0),
    ("A", 12.0): (8, 6, 2, 1, 3),
    ("B", 12.0): (10, 15, 10, 1, 4),
}


def of(figure, meta: str):
    return [trace for trace in figure.data if trace.meta == meta]


@pytest.mark.parametrize("theme", [LIGHT, DARK, PRINT], ids=lambda theme: theme.name)
def test_every_bar_is_full(theme) -> None:
    bars = of(states_figure(states_result(COUNTS), theme=theme), "state")
    assert [bar.name for bar in bars] == [style.label for style in status_styles(theme).values()]
    width = np.sum([bar.x for bar in bars], axis=0)
    assert width == pytest.approx([100.0] * 4)
    assert [bar.marker.pattern.shape for bar in bars] == ["", "/", "", ".", "x"]


def test_counts_stand_in_the_bars() -> None:
    complete, partial, *_, gone = of(states_figure(states_result(COUNTS), theme=LIGHT), "state")
    assert list(complete.text) == ["2", "", "8/20", "10/40"]
    assert list(partial.text) == ["5/20", "10/40", "6/20", "15/40"]
    assert gone.hovertext[2].startswith("<b>A</b>, month 12<br>No longer followed: 3/20 (15 %)<br>gone-0, gone-1")
    assert list(gone.customdata[2]) == ["gone-0", "gone-1", "gone-2"]


def test_groups_stand_beside_each_other_at_each_visit() -> None:
    figure = states_figure(states_result(COUNTS), theme=LIGHT)
    places = of(figure, "state")[0].y
    assert places[1] - places[0] == 1
    assert places[2] - places[1] > 2
    texts = [note.text for note in figure.layout.annotations]
    assert texts == ["<b>Month 6</b>", "A (20)", "B (40)", "<b>Month 12</b>", "A (20)", "B (40)"]


def test_states_in_words() -> None:
    assert states_alt(states_result({("A", 6.0): (1, 0, 3, 0, 0), ("B", 6.0): (0, 0, 0, 0, 0)})) == (
        "State of all patients at each visit. Month 6, A, 4 patients: complete remission 1, no remission 3. "
        "Month 6, B, 0 patients: nobody."
    )


def test_nobody_says_so() -> None:
    figure = states_figure(states_result({("A", 6.0): (0, 0, 0, 0, 0)}), theme=LIGHT)
    assert [trace.text[0] for trace in of(figure, "empty")] == ["No patient is left to follow."]
    assert {len(bar.x) for bar in of(figure, "state")} == {0}


def occupancy_result():
    result = states_result(COUNTS, months={"A": (4.5, 3.0, 6.0), "B": (3.0, 2.0, 4.0)})
    result.occupancy = occupancy_of(
        {
            "A": [(0, 0, 1, 0), (0.25, 0.25, 0.5, 0), (0.5, 0.25, 0.2, 0.05)],
            "B": [(0, 0, 1, 0), (0, 0.5, 0.5, 0), (np.nan,) * 4],
        }
    )
    row = ["remission", "A", "B", 1.5, -0.2, 3.2, ""]
    result.months_differences = pd.DataFrame([row], columns=result.months_differences.columns)
    return result


def test_ribbons_step_from_visit_to_visit_and_stop_where_nothing_is_known() -> None:
    figure = occupancy_figure(occupancy_result(), theme=LIGHT)
    ribbons = of(figure, "ribbon")
    assert [list(ribbon.x) for ribbon in (ribbons[0], ribbons[4])] == [[0, 6, 12, 12], [0, 6, 12]]
    assert list(ribbons[0].y) == [0, 25, 50, 50]
    assert {ribbon.line.shape for ribbon in ribbons} == {"hv"}
    assert np.sum([ribbon.y for ribbon in ribbons[:4]], axis=0) == pytest.approx([100] * 4)
    assert [list(trace.text) for trace in of(figure, "last share")] == [
        [" 50 %", " 25 %", " 20 %", " 5 %"],
        [" 50 %", " 50 %"],
    ]
    assert [set(trace.x) for trace in of(figure, "last share")] == [{12}, {12}]
    ends = [note.text for note in figure.layout.annotations if note.text.startswith("shares of month")]
    assert ends == ["shares of month 6; not estimable from month 12"]
    assert not [note for note in figure.layout.annotations if "nobody seen" in note.text]


def test_ribbons_end_before_the_horizon_where_a_whole_stretch_is_not_known_and_say_why() -> None:
    result = occupancy_result()
    result.occupancy = result.occupancy.assign(
        estimate=result.occupancy["estimate"].mask(result.occupancy["time"] > 0),
        reason=result.occupancy["reason"].mask(result.occupancy["time"] > 0, "nobody seen"),
    )
    figure = occupancy_figure(result, theme=LIGHT)
    assert [list(ribbon.x) for ribbon in of(figure, "ribbon")[:4]] == [[0, 6]] * 4
    said = [note for note in figure.layout.annotations if "nobody seen" in note.text]
    assert [(note.x, note.xanchor, note.text.replace("<br>", " ")) for note in said] == [
        (12, "right", "from month 6: nobody seen")
    ] * 2


def test_months_in_remission_stand_above_their_ribbon() -> None:
    assert occupancy_alt(occupancy_result()) == (
        "State of the patients from visit to visit. "
        "A (20): 4.5 of 12 months in remission (95 % CI 3.0 to 6.0), minus B: +1.5 months (95 % CI −0.2 to 3.2). "
        "B (40): 3.0 of 12 months in remission (95 % CI 2.0 to 4.0), shares of month 6; not estimable from month 12."
    )


def test_no_percentage_below_five_patients() -> None:
    result = states_result({("A", 6.0): (1, 1, 1, 0, 0)})
    result.occupancy = occupancy_of({"A": [(0, 0, 1, 0), (0.5, 0, 0.5, 0), (1, 0, 0, 0)]}, n=3)
    assert [len(trace.x) for trace in of(occupancy_figure(result, theme=LIGHT), "last share")] == [0]
    assert "A (3): months in remission: no patients" in occupancy_alt(result)
