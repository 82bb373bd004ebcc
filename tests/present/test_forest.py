"""Does the forest draw the hazard ratios on a log axis, and say why one is missing?"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from present.figures.forest import forest_alt, forest_figure
from present.figures.theme import DARK, LIGHT, PRINT

COLUMNS = [
    "model", "variable", "label", "level", "reference_level", "n", "n_event", "hazard_ratio", "conf_low", "conf_high",
    "p_value", "penalised", "reason",
]  # fmt: skip
NONE = (np.nan,) * 4


def result(*rows):
    return SimpleNamespace(rows=pd.DataFrame(list(rows), columns=COLUMNS))


AGE = ["univariable", "age_years", "Age, per 10 years", "", "", 98, 26, 0.82, 0.6, 1.1, 0.2, False, ""]
GROUP = ["multivariable", "group", "Regimen", "RTX+TAC", "RTX", 98, 26, 1.53, 0.71, 3.31, 0.28, False, ""]
LONE = ["univariable", "mn_stage", "Stage", "III", "I", 98, 26, *NONE, False, "not estimable: no events in III"]
WIDE = ["univariable", "stroke", "Stroke", "yes", "no", 98, 26, 0.2, 0.001, 180.0, 0.4, True, ""]


def of(figure, meta: str):
    return [trace for trace in figure.data if trace.meta == meta]


@pytest.mark.parametrize("theme", [LIGHT, DARK, PRINT], ids=lambda theme: theme.name)
def test_ratios_and_limits_are_where_they_belong(theme) -> None:
    figure = forest_figure(result(AGE, GROUP), theme=theme)
    (point,) = of(figure, "multivariable")
    ends = (point.x[0] - point.error_x.arrayminus[0], point.x[0], point.x[0] + point.error_x.array[0])
    assert ends == pytest.approx((0.71, 1.53, 3.31))
    assert (figure.layout.xaxis.type, list(figure.layout.xaxis.tickvals)) == ("log", [0.5, 1, 2, 5])
    assert of(figure, "univariable")[0].marker.symbol != point.marker.symbol
    assert "Age, per 10 years" in [note.text for note in figure.layout.annotations]
    assert "Regimen:<br>RTX+TAC v RTX" in [
        note.text.replace("\N{NO-BREAK SPACE}", " ") for note in figure.layout.annotations
    ]


def test_what_is_not_estimable_keeps_its_row_and_reason() -> None:
    figure = forest_figure(result(AGE, LONE), theme=LIGHT)
    assert list(of(figure, "ratio")[0].text) == ["0.82 (0.60–1.10)", "not estimable (a)"]
    assert "(a) not estimable: no events in III" in [note.text for note in figure.layout.annotations]


def test_a_wide_interval_ends_in_arrows_and_never_reads_as_zero() -> None:
    figure = forest_figure(result(WIDE), theme=LIGHT)
    assert [(trace.marker.symbol, trace.x[0]) for trace in of(figure, "beyond")] == [
        ("triangle-left", 0.02),
        ("triangle-right", 50.0),
    ]
    assert list(of(figure, "ratio")[0].text) == ["0.20 (<0.01 to >100) *"]
    assert any("penalised" in note.text for note in figure.layout.annotations)


def test_forest_in_words() -> None:
    assert forest_alt(result(AGE, LONE, GROUP)).replace("\N{NO-BREAK SPACE}", " ") == (
        "Hazard ratios with 95 % intervals; above 1 remission comes sooner. On its own: Age, per 10 years "
        "0.82 (0.60–1.10); Stage: III v I not estimable: no events in III. With the others: Regimen: RTX+TAC v RTX "
        "1.53 (0.71–3.31)."
    )
    assert forest_alt(result()).endswith("No factor is chosen.")


def test_no_factor_is_a_figure_that_says_so() -> None:
    figure = forest_figure(result(), theme=LIGHT)
    assert "No factor is chosen." in [note.text for note in figure.layout.annotations]
