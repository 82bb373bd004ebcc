"""Can every group be told apart, on light and on dark, without colour?"""

from __future__ import annotations

import plotly.graph_objects as go
import pytest

from present.figures.theme import (
    DARK,
    LIGHT,
    PRINT,
    Theme,
    base_layout,
    contrast,
    group_styles,
    plain_label,
    presented,
    status_styles,
    with_alpha,
)

GROUPS = tuple("ABCDEFGH")


@pytest.mark.parametrize("theme", [LIGHT, DARK, PRINT], ids=lambda theme: theme.name)
def test_group_colours_and_letters_reach_their_contrast(theme: Theme) -> None:
    assert min(contrast(color, theme.surface) for color in theme.groups) >= 3.0  # WCAG 2.1, 1.4.11
    assert min(contrast(color, theme.surface) for color in (theme.ink, theme.muted, theme.caution)) >= 4.5
    assert contrast(theme.ribbon_ink, theme.ribbon) >= 4.5


def test_contrast_of_black_on_white_is_21() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_eight_groups_differ_in_colour_dash_and_symbol(theme: Theme) -> None:
    styles = group_styles(GROUPS, theme=theme).values()
    assert [len({getattr(style, name) for style in styles}) for name in ("color", "dash", "symbol")] == [8, 8, 8]


def test_a_ninth_group_is_still_told_apart() -> None:
    styles = group_styles((*GROUPS, "I"))
    assert styles["I"].color == styles["A"].color
    assert (styles["I"].dash, styles["I"].symbol) != (styles["A"].dash, styles["A"].symbol)


def test_a_style_depends_on_the_place_not_on_the_name() -> None:
    assert group_styles(("x", "y"))["y"] == group_styles(("a", "b"))["b"]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_status_words_read_on_their_fill(theme: Theme) -> None:
    styles = status_styles(theme)
    assert list(styles) == ["CR", "PR", "NR", "NE", "gone"]
    assert min(contrast(style.ink, style.color) for style in styles.values()) >= 4.5
    assert len({(style.color, style.pattern) for style in styles.values()}) == 5


@pytest.mark.parametrize(("theme", "letters"), [(LIGHT, 14), (presented(LIGHT), 22)])
def test_axis_letters_survive_a_projector(theme: Theme, letters: int) -> None:
    figure = go.Figure(layout=base_layout(theme))
    assert figure.layout.xaxis.tickfont.size == letters
    assert figure.layout.paper_bgcolor == "rgba(0,0,0,0)"


def test_alpha() -> None:
    assert with_alpha("#0072B2", 0.2) == "rgba(0,114,178,0.2)"


@pytest.mark.parametrize(
    ("outside", "expected"),
    [
        ("<b>x</b>", "&lt;b&gt;x&lt;/b&gt;"),
        ('<a href="http://x">go</a>', '&lt;a href="http://x"&gt;go&lt;/a&gt;'),
        ("A & B", "A &amp; B"),
        ("$x$", "&#36;x&#36;"),
        ("%{customdata}", "%&#123;customdata}"),
        ("a\n\tb ", "a b"),
    ],
)
def test_outside_text_is_only_text(outside: str, expected: str) -> None:
    assert plain_label(outside) == expected
