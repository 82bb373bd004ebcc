"""What share of patients is in which state at any time, and how many months are spent in remission? As ribbons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from present.figures.labels import spread_labels, wrapped_label
from present.figures.legends import LINE, legend_lines, set_legends
from present.figures.sketch import Sketch, Trace, scatter
from present.figures.states import hatching
from present.figures.theme import (
    Sizes,
    StatusStyle,
    Theme,
    axis_style,
    base_layout,
    group_styles,
    plain_label,
    status_styles,
)
from present.tables.format import (
    SMALLEST_N_FOR_PERCENT,
    format_count,
    format_interval,
    format_months,
    format_percent,
    format_signed,
)

if TYPE_CHECKING:
    from analysis.remission.answers import StatesResult

X_TITLE = "Months since first rituximab"
STATES = {
    "CR": "Complete remission",
    "PR": "Partial remission",
    "NR": "No remission",
    "ended": "Kidney failure or death",
}
_HEAD_LINES = 3  # above each ribbon: the group, its months in remission, the difference; one more where it ends early
_CHARACTERS = 50  # of a line above a ribbon, on a narrow screen


def occupancy_figure(result: StatesResult, *, theme: Theme) -> go.Figure:
    """Draw one ribbon per group, the states on top of each other, steps from visit to visit."""
    size = theme.sizes
    sketch = Sketch(layout=base_layout(theme))
    colors = group_styles(result.groups, theme=theme)
    fills = {state: status_styles(theme)["gone" if state == "ended" else state] for state in STATES}
    for place, group in enumerate(result.groups):
        rows = result.occupancy[result.occupancy["group"].astype(str) == group]
        for line, text in enumerate(reversed(head := _head(result, group))):
            ink = colors[group].color if line == len(head) - 1 else theme.ink
            _add_head(sketch, text, line, place, color=ink, size=size)
        for state, fill in fills.items():
            sketch.add_traces(_ribbon(rows[rows["state"] == state], state, result.horizon, (place, fill)))
        sketch.add_traces(_ends(rows, result, place, theme, size))
        _add_unknown(sketch, rows, (result.horizon, place), theme, size)
    _set_axes(sketch, result, axis_style(theme), size)
    return sketch.figure()


def occupancy_alt(result: StatesResult) -> str:
    """Tell the ribbons in words: the months each group spent in remission, and the difference."""
    sentences = []
    for group in result.groups:
        name, *facts = (text.replace("<b>", "").replace("</b>", "") for text in _head(result, group))
        sentences.append(f"{name}: {', '.join(fact.replace('<br>', ' ') for fact in facts)}.")
    return " ".join(["State of the patients from visit to visit.", *sentences])


def _set_axes(sketch: Sketch, result: StatesResult, look: dict[str, Any], size: Sizes) -> None:
    """Put the ribbons below each other on one time axis."""
    lines = max([_HEAD_LINES, *(len(_head(result, group)) for group in result.groups)])
    ribbon, head = 10 * size.axis, int(lines * 1.45 * size.small + 1.8 * size.axis)
    n, below = max(len(result.groups), 1), int(4.2 * size.axis)
    inside, legend = n * (ribbon + head), int(LINE * legend_lines(len(STATES)) * size.small)
    times = sorted({0.0, result.horizon, *(float(t) for t in result.occupancy["time"] if t <= result.horizon)})
    sides = {"l": int(4.2 * size.axis), "r": 4 * size.axis, "autoexpand": False}
    sketch.set_layout(
        height=inside + below + legend + 2 * size.small,
        margin={"t": 2 * size.small, "b": below + legend, **sides},
        xaxis={
            "range": [0, result.horizon],
            "tickvals": times,
            "ticktext": [format_months(time) for time in times],
            "title": {"text": X_TITLE},
            "anchor": f"y{n if n > 1 else ''}",
            "automargin": False,
            "fixedrange": True,
        },
        **_share_axes(n, look, each=1 / n, ribbon=ribbon / inside),
    )
    set_legends(sketch, y=-below / inside, yanchor="top", letters=size.small)


def _share_axes(n: int, look: dict[str, Any], *, each: float, ribbon: float) -> dict[str, Any]:
    """Give each ribbon its axis; the heights are shares of the figure inside its margins."""
    shared = {"range": [0, 100], "tickvals": [0, 50, 100], "ticktext": ["0 %", "50 %", "100 %"]}
    return {
        f"yaxis{place + 1 if place else ''}": {
            **look,
            **shared,
            "domain": [max(1 - (place + 1) * each, 0.0), 1 - (place + 1) * each + ribbon],
            "automargin": False,
            "fixedrange": True,
        }
        for place in range(n)
    }


def _head(result: StatesResult, group: str) -> list[str]:
    """Write what stands above a ribbon: the group, its months in remission, the difference, where it ends early."""
    months = result.months[result.months["group"].astype(str) == group].set_index("kind")
    n = int(months["n"].max()) if len(months) else 0
    lines = [f"<b>{wrapped_label(f'{group} ({format_count(n)})', width=_CHARACTERS)}</b>"]
    if "remission" in months.index:
        lines.append(_months_words(months.loc["remission"], result.horizon))
    changes = result.months_differences
    chosen = changes[(changes["kind"] == "remission") & (changes["group"].astype(str) == group)]
    return [*lines, *(_difference_words(row) for row in chosen.itertuples()), *_end_words(result, group)]


def _end_words(result: StatesResult, group: str) -> list[str]:
    """Say of which month the last shares are, where those of the horizon are not known."""
    rows = result.occupancy[result.occupancy["group"].astype(str) == group]
    rows = rows[rows["time"] <= result.horizon]
    lost, known = (rows.loc[rows["estimate"].isna() == gone, "time"] for gone in (True, False))
    if not len(lost) or not len(known):
        return []
    return [f"shares of month {format_months(known.max())}; not estimable from month {format_months(lost.min())}"]


def _months_words(row: pd.Series, horizon: float) -> str:
    if not np.isfinite(row["estimate"]):
        return f"months in remission: {plain_label(str(row['reason']))}"
    months = format_signed(row["estimate"]).lstrip("+")
    if np.isnan(row["conf_low"]):
        return f"{months} of {format_months(horizon)} months in remission; {plain_label(str(row['reason']))}"
    interval = format_interval(row["conf_low"], row["conf_high"], join="to")
    return f"{months} of {format_months(horizon)} months in remission (95 % CI {interval})"


def _difference_words(row: Any) -> str:
    reference = plain_label(str(row.reference_group))
    if not np.isfinite(row.estimate):
        return f"minus {reference}: {plain_label(str(row.reason))}"
    if np.isnan(row.conf_low):
        return f"minus {reference}: {format_signed(row.estimate)} months; {plain_label(str(row.reason))}"
    interval = format_interval(row.conf_low, row.conf_high, join="to")
    return f"minus {reference}: {format_signed(row.estimate)} months (95 % CI {interval})"


def _add_head(sketch: Sketch, text: str, line: int, place: int, *, color: str, size: Sizes) -> None:
    """Write one line above a ribbon, counted from the lowest."""
    shift = 0.3 * size.axis + line * 1.45 * size.small
    sketch.add_text(
        text=text,
        x=0,
        xref="paper",
        xanchor="left",
        y=1,
        yref=f"y{place + 1 if place else ''} domain",
        yanchor="bottom",
        yshift=shift,
        align="left",
        font={"size": size.small, "color": color},
    )


def _ribbon(rows: pd.DataFrame, state: str, horizon: float, drawn: tuple[int, StatusStyle]) -> Trace:
    """Fill one state; it lasts from its visit to the next, and nothing is filled where it is not known."""
    place, style = drawn
    rows = rows[rows["time"] <= horizon].sort_values("time")
    known = rows[rows["estimate"].notna()]
    until = _known_until(rows, horizon)
    x = [*known["time"], *([until] if len(known) else [])]
    y = [*(100 * known["estimate"]), *(100 * known["estimate"].tail(1))]
    return scatter(
        x=x,
        y=y,
        yaxis=f"y{place + 1 if place else ''}",
        mode="lines",
        line={"shape": "hv", "width": 0.5, "color": style.color},
        stackgroup=f"ribbon {place}",
        fillcolor=style.color,
        fillpattern=hatching(style),
        name=STATES[state],
        legendgroup=state,
        showlegend=place == 0,
        hovertext=_hover(known, state) + ["end"] * bool(len(known)),
        hoverinfo="text",
        meta="ribbon",
    )


def _known_until(rows: pd.DataFrame, horizon: float) -> float:
    """Give until when the states are drawn: the horizon, or the first visit from which on no share is known.

    The states of the visit before last until then, as they do in the months counted.
    """
    lost = rows.loc[(rows["time"] <= horizon) & rows["estimate"].isna(), "time"]
    return float(lost.min()) if len(lost) else horizon


def _add_unknown(sketch: Sketch, rows: pd.DataFrame, where: tuple[float, int], theme: Theme, size: Sizes) -> None:
    """Say in the empty end of a ribbon why nothing is drawn there."""
    horizon, place = where
    until = _known_until(rows, horizon)
    lost = rows[(rows["time"] >= until) & (rows["time"] <= horizon) & rows["estimate"].isna()]
    if lost.empty or until >= horizon:
        return
    text = f"from month {format_months(lost['time'].min())}: {lost['reason'].iloc[0]}"
    sketch.add_text(
        text=wrapped_label(text, width=max(int(_CHARACTERS * 0.6 * (1 - until / horizon)), 12)),
        x=horizon,
        xref="x",
        xanchor="right",
        y=0.5,
        yref=f"y{place + 1 if place else ''} domain",
        yanchor="middle",
        font={"size": size.small, "color": theme.ink},
    )


def _hover(known: pd.DataFrame, state: str) -> list[str]:
    return [
        f"<b>{plain_label(str(row.group))}</b>, from month {format_months(row.time)}<br>"
        f"{STATES[state]}: {format_percent(row.estimate)}, {format_count(row.n_observed)} seen in it<br>"
        f"{format_count(row.n_followed)} seen at this visit and the one before"
        for row in known.itertuples()
    ]


def _ends(rows: pd.DataFrame, result: StatesResult, place: int, theme: Theme, size: Sizes) -> Trace:
    """Write the share of each state at the last known visit right of its ribbon."""
    known = rows[rows["estimate"].notna() & (rows["time"] <= result.horizon)]
    last = known[known["time"] == known["time"].max()].set_index("state")["estimate"].reindex(list(STATES)).fillna(0.0)
    followed = rows.loc[rows["time"] == 0, "n_observed"].sum()
    shown = last[last > 0] if followed >= SMALLEST_N_FOR_PERCENT else last[:0]
    middle = 100 * (last.cumsum() - last / 2).reindex(shown.index).to_numpy()
    x = _known_until(rows, result.horizon)
    return scatter(
        x=[x] * len(shown),
        y=spread_labels(middle, gap=100 * 1.2 / 10, high=100.0),
        yaxis=f"y{place + 1 if place else ''}",
        text=[f" {format_percent(share)}" for share in shown],
        mode="text",
        textposition="middle right",
        textfont={"size": size.small, "color": theme.ink},
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
        meta="last share",
    )
