"""What would another estimate of the same curves look like? Lines laid over the figure on request, each named."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.outcomes.endpoints import ALL_ENDPOINT_LABELS
from present.figures.labels import wrapped_label
from present.figures.risk_table import CurveLayout
from present.figures.sketch import Sketch, Trace, scatter
from present.figures.theme import GroupStyle, Theme, plain_label, with_alpha
from present.tables.format import format_months, format_percent_estimate

if TYPE_CHECKING:
    from analysis.remission import RemissionResult
    from analysis.remission.answers import IntervalResult

NAIVE = "1 − Kaplan–Meier, competing events as censoring: too high"
TURNBULL = "Turnbull, the event somewhere between two visits"
_BOX_LINES = 4  # display.md
_CHARACTERS = 52  # of a line above the curves, so that a narrow screen holds it
_BOX_LETTERS, _LINE = 0.9, 1.3  # letters as a share of the small ones; height of a line in letter heights
_BAND_OPACITY = 0.10


@dataclass(frozen=True, kw_only=True, eq=False)
class Overlay:
    """One more estimate; ``rows``: ``group``, ``time``, ``estimate`` and, if known, ``conf_low`` and ``conf_high``."""

    label: str
    rows: pd.DataFrame
    dash: str


def naive_overlay(result: RemissionResult) -> tuple[Overlay, ...]:
    """Lay 1 - KM over the curves; nothing where no event competes, as the two are the same."""
    return (Overlay(label=NAIVE, rows=result.naive, dash="dash"),) if len(result.naive) else ()


def turnbull_overlay(result: IntervalResult) -> tuple[Overlay, ...]:
    """Lay the interval-censored estimate over the curves, with its bootstrap band."""
    starts = [{"group": group, "time": 0.0, "estimate": 0.0} for group in result.groups]
    rows = pd.concat([part for part in (pd.DataFrame(starts), result.values) if len(part)], ignore_index=True)
    known = rows[rows["estimate"].notna()]
    measured = set(result.values.loc[result.values["estimate"].notna(), "group"].astype(str))
    known = known[known["group"].astype(str).isin(measured)]
    return (Overlay(label=TURNBULL, rows=known, dash="dot"),) if len(known) else ()


def endpoint_overlay(second: RemissionResult) -> tuple[Overlay, ...]:
    """Lay the curves of another endpoint over these."""
    label = ALL_ENDPOINT_LABELS[second.endpoint]
    return (Overlay(label=label, rows=second.curves[second.curves["is_read"]], dash="longdashdot"),)


def add_overlays(
    sketch: Sketch, overlays: tuple[Overlay, ...], *, styles: dict[str, GroupStyle], layout: CurveLayout, theme: Theme
) -> None:
    """Draw each overlay in the colours of the groups, and say above the curves what its dashes mean."""
    for overlay in overlays:
        for group in layout.groups:
            rows = overlay.rows[overlay.rows["group"].astype(str) == group]
            rows = rows[rows["estimate"].notna() & (rows["time"] <= layout.horizon)].sort_values("time", kind="stable")
            if len(rows):
                sketch.add_traces(
                    *_band(rows, group, styles[group]), _line(rows, group, overlay, (styles[group], layout))
                )
        _name(sketch, overlay, layout, theme)


_DASH_WORDS = {"dash": "– – –", "dot": "· · · ·", "longdashdot": "— · —"}


def add_box(sketch: Sketch, lines: tuple[str, ...], *, layout: CurveLayout, theme: Theme) -> None:
    """Write the comparison above the curves, where no curve can run; whole lines, at most four."""
    kept: list[str] = []
    for line in lines:
        parts = wrapped_label(_kept_together(line), width=_CHARACTERS).split("<br>")
        if len(kept) + len(parts) <= _BOX_LINES:
            kept += parts
    if kept:
        _add_above(sketch, kept, layout, {"size": _BOX_LETTERS * layout.size.small, "color": theme.ink}, name="box")


def _kept_together(line: str) -> str:
    """Put no-break spaces where a line must not break: within a bracket, before it, and around an equals sign."""
    return re.sub(r"\S+ \([^()]{1,20}\)|P [=<>] \S+", lambda found: found.group().replace(" ", "\u00a0"), line)


def _add_above(sketch: Sketch, lines: list[str], layout: CurveLayout, font: dict[str, Any], *, name: str) -> None:
    """Write lines on top of what already stands above the curves; the figure grows by them."""
    old = sketch.layout
    below, height = old["margin"]["t"], int(_LINE * font["size"] * len(lines) + 0.5 * layout.size.small)
    sketch.add_text(
        text="<br>".join(lines),
        x=0,
        xref="paper",
        xanchor="left",
        xshift=10 - layout.margin["l"],
        y=1,
        yref="paper",
        yanchor="bottom",
        yshift=below,
        align="left",
        font=font,
        name=name,
    )
    sketch.set_layout(height=old["height"] + height, margin={"t": below + height})


def _band(rows: pd.DataFrame, group: str, style: GroupStyle) -> list[Trace]:
    """Shade the interval of an overlay from its first event on; only an overlay with an interval of its own has one."""
    if not {"conf_low", "conf_high"} <= set(rows) or "n_risk" in rows:
        return []
    known = rows[rows["conf_low"].notna() & rows["conf_high"].notna()]
    known = known[known["estimate"] > 0]
    x = np.repeat(known["time"].to_numpy(dtype=float), 2)[1:]
    low, high = (100 * np.repeat(known[name].to_numpy(dtype=float), 2)[:-1] for name in ("conf_low", "conf_high"))
    return [
        scatter(
            x=np.concatenate([x, x[::-1]]),
            y=np.concatenate([high, low[::-1]]),
            mode="lines",
            line={"width": 0},
            fill="toself",
            fillcolor=with_alpha(style.color, _BAND_OPACITY),
            hoverinfo="skip",
            name=plain_label(group),
            meta="overlay band",
        )
    ]


def _line(rows: pd.DataFrame, group: str, overlay: Overlay, drawn: tuple[GroupStyle, CurveLayout]) -> Trace:
    style, layout = drawn
    limits = rows.reindex(columns=["conf_low", "conf_high"]).astype(float)
    return scatter(
        x=rows["time"],
        y=100 * rows["estimate"],
        mode="lines",
        name=plain_label(group),
        line={"shape": "hv", "color": style.color, "width": 1.5 * layout.size.thin_line, "dash": overlay.dash},
        hovertext=[
            f"<b>{plain_label(group)}</b>, month {format_months(time)}<br>{overlay.label}<br>"
            f"{format_percent_estimate(estimate, low, high)}"
            for time, estimate, low, high in zip(
                rows["time"], rows["estimate"], limits["conf_low"], limits["conf_high"], strict=True
            )
        ],
        hoverinfo="text",
        meta="overlay",
    )


def _name(sketch: Sketch, overlay: Overlay, layout: CurveLayout, theme: Theme) -> None:
    """Say above the curves what a dashed line is."""
    lines = wrapped_label(f"{_DASH_WORDS[overlay.dash]}  {overlay.label}", width=_CHARACTERS).split("<br>")
    _add_above(sketch, lines, layout, {"size": _BOX_LETTERS * layout.size.small, "color": theme.ink}, name="overlay")
