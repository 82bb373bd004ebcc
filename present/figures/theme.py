"""Which colours, lines and letters do all figures share? The only file with colours."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

FONT = '"Source Sans 3", "Source Sans Pro", "Segoe UI", "Helvetica Neue", Arial, "DejaVu Sans", sans-serif'
CLEAR = "rgba(0,0,0,0)"


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Letter and line sizes in pixels; ``scale`` times any other measure made for the desk."""

    axis: int
    title: int
    label: int
    small: int
    line: float
    thin_line: float
    marker: int
    row: int
    scale: float


SCREEN_SIZES = Sizes(axis=14, title=15, label=15, small=13, line=2.6, thin_line=1.2, marker=10, row=22, scale=1.0)
PRESENTATION_SIZES = Sizes(
    axis=22, title=23, label=22, small=20, line=4.5, thin_line=2.0, marker=16, row=34, scale=1.5
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Theme:
    """The colours of one surface - the light screen, the dark screen, or paper - and the sizes on it.

    ``paper`` is what lies behind the figure (clear on screen, so the page shows through);
    ``surface`` is the colour a reader then sees, for masks and for contrast.
    """

    name: str
    ink: str
    muted: str
    grid: str
    axis: str
    paper: str
    plot: str
    surface: str
    caution: str
    ribbon: str
    ribbon_ink: str
    groups: tuple[str, ...]
    sizes: Sizes = SCREEN_SIZES


@dataclass(frozen=True, kw_only=True)
class GroupStyle:
    """How one patient group is drawn everywhere: a colour, a dash and a marker, never colour alone."""

    color: str
    dash: str
    symbol: str


@dataclass(frozen=True, kw_only=True)
class StatusStyle:
    """How one remission status is filled: colour, the ink readable on it, hatching, and its words."""

    color: str
    ink: str
    pattern: str
    label: str


@dataclass(frozen=True, kw_only=True)
class ShareStyle:
    """How one stretch of shares is filled: from ``least`` (0-1) up, with the ink readable on it, and its words."""

    least: float
    color: str
    ink: str
    label: str


# Okabe & Ito 2008 hues (blue, vermillion, green, purple, orange, sky, black, yellow), darkened or
# lightened until each reaches 3:1 on its surface.
_ON_LIGHT = ("#0072B2", "#C85200", "#008A63", "#B4578D", "#A87400", "#2E8BC0", "#262626", "#857A00")
_ON_DARK = ("#4AA8E0", "#F5843C", "#2CC295", "#E096C0", "#E6A10A", "#9AD4F7", "#E6E6E6", "#F0E442")
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "9px,3px,3px,3px,3px,3px", "14px,4px")
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "star", "triangle-down", "hexagon")

LIGHT = Theme(
    name="light",
    ink="#1F2430",
    muted="#5A6270",
    grid="rgba(90,98,112,0.16)",
    axis="#8A919E",
    paper=CLEAR,
    plot=CLEAR,
    surface="#FFFFFF",
    caution="#8A4B00",
    ribbon="#FFF1C2",
    ribbon_ink="#5C3B00",
    groups=_ON_LIGHT,
)
DARK = Theme(
    name="dark",
    ink="#EDEFF3",
    muted="#A9B1BF",
    grid="rgba(169,177,191,0.18)",
    axis="#7C8595",
    paper=CLEAR,
    plot=CLEAR,
    surface="#10181D",
    caution="#FFC069",
    ribbon="#4A3800",
    ribbon_ink="#FFE7A3",
    groups=_ON_DARK,
)
PRINT = Theme(
    name="print",
    ink="#111111",
    muted="#4A4F59",
    grid="rgba(74,79,89,0.18)",
    axis="#7A808A",
    paper="#FFFFFF",
    plot="#FFFFFF",
    surface="#FFFFFF",
    caution="#8A4B00",
    ribbon="#FFF1C2",
    ribbon_ink="#5C3B00",
    groups=_ON_LIGHT,
)


# For st.plotly_chart(config=...) and for HTML files: no buttons that offer what our own downloads do better,
# and none that would send data elsewhere.
CONFIG: dict[str, Any] = {"displaylogo": False, "displayModeBar": False, "responsive": True}


def presented(theme: Theme) -> Theme:
    """Give the same colours with the letters and lines that are read from the back of a room."""
    return replace(theme, sizes=PRESENTATION_SIZES)


def group_styles(groups: tuple[str, ...], *, theme: Theme = LIGHT) -> dict[str, GroupStyle]:
    """Give each group its colour, dash and marker by its place; a ninth group reuses a colour, not the pair."""
    return {
        group: GroupStyle(
            color=theme.groups[place % len(theme.groups)],
            dash=_DASHES[(place + place // len(_DASHES)) % len(_DASHES)],
            symbol=_SYMBOLS[(place + place // len(_SYMBOLS)) % len(_SYMBOLS)],
        )
        for place, group in enumerate(groups)
    }


def status_styles(theme: Theme) -> dict[str, StatusStyle]:
    """Give each remission status its fill: blues for remission, orange for none, grey for unknown."""
    unknown, gone = ("#4B5361", "#2A303A") if theme.name == "dark" else ("#C9CED6", "#EEF0F3")
    unknown_ink = "#FFFFFF" if theme.name == "dark" else "#1F2430"
    return {
        "CR": StatusStyle(color="#00639C", ink="#FFFFFF", pattern="", label="Complete remission"),
        "PR": StatusStyle(color="#7CC3EE", ink="#10222F", pattern="/", label="Partial remission"),
        "NR": StatusStyle(color="#E59A2B", ink="#241500", pattern="", label="No remission"),
        "NE": StatusStyle(color=unknown, ink=unknown_ink, pattern=".", label="Not evaluable"),
        "gone": StatusStyle(color=gone, ink=unknown_ink, pattern="x", label="No longer followed"),
    }


def share_styles(theme: Theme) -> tuple[ShareStyle, ...]:
    """Give the fills of a completeness map, nobody followed first: orange where values lack, blue where all are there.

    Blue against orange is told apart with every common colour blindness; lightness falls with the gaps.
    """
    dark = theme.name == "dark"
    labels = ("nobody followed", "none", "below 50 %", "50 to 79 %", "80 to 99 %", "all measured")
    limits = (-1.0, 0.0, 1e-9, 0.5, 0.8, 1.0)
    fills = ("#232834", "#FFD08A", "#CF8218", "#6E4A17", "#2C6387", "#17384F") if dark else _SHARES_ON_LIGHT
    inks = ("#A9B1BF", "#241500", "#170D00", "#FFFFFF", "#FFFFFF", "#EDEFF3") if dark else _SHARE_INKS_ON_LIGHT
    return tuple(
        ShareStyle(least=least, color=color, ink=ink, label=label)
        for least, color, ink, label in zip(limits, fills, inks, labels, strict=True)
    )


_SHARES_ON_LIGHT = ("#EEF0F3", "#8A4B00", "#E08E1B", "#F6D59A", "#A9D3EF", "#DCECF8")
_SHARE_INKS_ON_LIGHT = ("#5A6270", "#FFFFFF", "#241500", "#241500", "#10222F", "#10222F")


def base_layout(theme: Theme) -> dict[str, Any]:
    """Give the layout every figure starts from, for ``Sketch(layout=base_layout(theme))``."""
    size = theme.sizes
    axis = axis_style(theme)
    return {
        "font": {"family": FONT, "size": size.axis, "color": theme.ink},
        "paper_bgcolor": theme.paper,
        "plot_bgcolor": theme.plot,
        "colorway": list(theme.groups),
        "hoverlabel": {"font": {"family": FONT, "size": size.axis}, "align": "left"},
        "modebar": {"bgcolor": CLEAR, "color": theme.muted, "activecolor": theme.ink},
        "margin": {"l": 70, "r": 24, "t": 24, "b": 60},
        "showlegend": False,
        "dragmode": False,
        "template": "none",  # None would bring plotly's own, larger than the figure
        "xaxis": axis,
        "yaxis": axis,
    }


def axis_style(theme: Theme) -> dict[str, Any]:
    """Give the look of one axis; panels beyond the first need it too."""
    size = theme.sizes
    return {
        "gridcolor": theme.grid,
        "gridwidth": 1,
        "linecolor": theme.axis,
        "showline": True,
        "ticks": "outside",
        "ticklen": 5,
        "tickcolor": theme.axis,
        "tickfont": {"size": size.axis, "color": theme.ink},
        "title": {"font": {"size": size.title, "color": theme.ink}, "standoff": 10},
        "zeroline": False,
        "automargin": True,
    }


def mark_figure(figure: Any, theme: Theme, words: str) -> None:
    """Write a few words (SYNTHETIC) into the corner of a figure on screen, so that a copied picture still says them."""
    on_top = "xaxis2" in figure.layout and figure.layout.xaxis2.side == "top"  # the badge is not put over its ticks
    figure.add_annotation(
        text=words, xref="paper", yref="paper", x=1, y=1, xanchor="right", yanchor="bottom", showarrow=False,
        yshift=2 * theme.sizes.axis if on_top else 0,
        font={"size": theme.sizes.small, "color": theme.ribbon_ink}, bgcolor=theme.ribbon, borderpad=3,
    )  # fmt: skip


def with_alpha(color: str, alpha: float) -> str:
    """Make a ``#RRGGBB`` colour see-through."""
    red, green, blue = (int(color[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"


def blended(color: str, surface: str, alpha: float) -> str:
    """Give the ``#RRGGBB`` colour that ``color`` shows at this opacity over a surface."""
    parts = [[int(some[place : place + 2], 16) for place in (1, 3, 5)] for some in (color, surface)]
    mixed = [int(alpha * over + (1 - alpha) * under + 0.5) for over, under in zip(*parts, strict=True)]
    return "#" + "".join(f"{part:02X}" for part in mixed)


def plain_label(text: str) -> str:
    """Make outside text safe for plotly, which reads a subset of HTML, $...$ and %{...} in its labels."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"\s+", " ", escaped).replace("$", "&#36;").replace("{", "&#123;").strip()


def contrast(color: str, surface: str) -> float:
    """Give the WCAG 2 contrast ratio of two ``#RRGGBB`` colours."""
    high, low = sorted((_luminance(color), _luminance(surface)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(color: str) -> float:
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
