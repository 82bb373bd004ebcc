"""Who is still at risk at each visit? Rows of counts beneath a curve, in its figure and on its time axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from present.figures.labels import wrapped_label
from present.figures.sketch import Sketch, Trace, scatter
from present.figures.theme import GroupStyle, Sizes, Theme, plain_label
from present.tables.format import format_count

CONVENTION = (
    "At risk: just before each visit.",
    "The other rows: before that visit; “end”: after the last.",
    "The rows of a group add up to its N.",
)
LABEL_CHARACTERS = 20
_ROWS = {
    "n_waiting": "To enter",
    "n_risk": "At risk",
    "n_event_before": "Events",
    "n_competing_before": "Competing",
    "n_censor_before": "Censored",
}
_BOLD = 0.68  # width of a bold letter as a share of its size
_MANY = 1000  # counts of four digits need a wider last column


@dataclass(frozen=True, kw_only=True)
class CurveLayout:
    """The measures of a curve figure in pixels, from top to bottom; heights are fixed, so nothing overlaps."""

    size: Sizes
    groups: tuple[str, ...]
    rows: tuple[str, ...]
    ticks: tuple[float, ...]
    horizon: float
    label_lines: int
    label_width: int
    end_at: float

    @property
    def curve(self) -> int:
        """Give the height of the curves: room for the label of every group."""
        return max(330, 18 * self.size.label, int(1.4 * self.label_block * len(self.groups)))

    @property
    def label_block(self) -> int:
        """Give the height of one label: its name, and events of N."""
        return self.size.label * (1 + self.label_lines)

    @property
    def table_rows(self) -> int:
        """Count the lines of the table: the header, and for each group its name and its rows."""
        return 1 + len(self.groups) * (1 + len(self.rows))

    @property
    def inside(self) -> int:
        """Give the height between the margins: curves, axis labels, table."""
        return self.curve + int(4.6 * self.size.axis) + self.table

    @property
    def table(self) -> int:
        """Give the height of the table."""
        return self.size.row * self.table_rows

    @property
    def margin(self) -> dict[str, Any]:
        """Give the margins; names left of the axis, curve labels right of it, the convention below."""
        return {
            "l": int(6.6 * self.size.axis),
            "r": self.label_width,
            "t": self.size.row,
            "b": int((1 + 1.3 * len(CONVENTION)) * self.size.small),
            "autoexpand": False,
        }

    @property
    def height(self) -> int:
        """Give the height of the whole figure."""
        return self.margin["t"] + self.inside + self.margin["b"]


def most_at_start(table: pd.DataFrame) -> int:
    """Give the N of the largest group of an at-risk table: at risk at the first tick, or not yet under observation."""
    return int(table.filter(["n_risk", "n_waiting"]).sum(axis=1).max()) if len(table) else 0


def measure_layout(table: pd.DataFrame, groups: tuple[str, ...], *, size: Sizes, last_time: float) -> CurveLayout:
    """Measure the figure from its at-risk table (``RemissionResult.risk_table``) and the last time of any curve."""
    ticks = tuple(float(time) for time in np.sort(table["time"].dropna().unique())) or (0.0,)
    names = [wrapped_label(group, width=LABEL_CHARACTERS).split("<br>") for group in groups]
    most = most_at_start(table)
    total = format_count(most)
    longest = max(
        [min(len(line), LABEL_CHARACTERS) for lines in names for line in lines] + [len(f"{total} of {total}")]
    )
    competing = table["n_competing_before"].sum() > 0
    many = most >= _MANY
    return CurveLayout(
        size=size,
        groups=groups,
        rows=tuple(name for name in _ROWS if name in table and (competing or name != "n_competing_before")),
        ticks=ticks,
        horizon=float(np.nanmax([ticks[-1], last_time, 1.0])),
        label_lines=max([len(lines) for lines in names], default=1),
        label_width=int(longest * size.label * _BOLD),
        end_at=1.18 if many else 1.13,
    )


def add_risk_table(
    sketch: Sketch, table: pd.DataFrame, *, styles: dict[str, GroupStyle], layout: CurveLayout, theme: Theme
) -> None:
    """Write the counts at the ticks of the time axis, the names left of it and the convention below."""
    sketch.set_layout(
        yaxis2={
            "domain": [0, layout.table / layout.inside],
            "range": [layout.table_rows - 0.5, -0.5],
            "visible": False,
            "fixedrange": True,
            "anchor": "x",
        }
    )
    x_end = layout.horizon * layout.end_at
    sketch.add_traces(_texts([x_end], 0, ["end"], theme.muted, layout))
    for place, group in enumerate(layout.groups):
        rows = table[table["group"].astype(str) == group]
        first = 1 + place * (1 + len(layout.rows))
        _add_name(sketch, first, f"<b>{plain_label(group)}</b>", styles[group].color, layout)
        for line, name in enumerate(layout.rows, start=first + 1):
            texts = [format_count(value) for value in rows[name]]
            trace = _texts(rows["time"].fillna(x_end), line, texts, styles[group].color, layout)
            sketch.add_traces({**trace, "name": f"{plain_label(group)}: {_ROWS[name]}"})
            _add_name(sketch, line, _ROWS[name], theme.muted, layout)
    _add_convention(sketch, layout, theme)


def _texts(x: Any, row: int, texts: list[str], color: str, layout: CurveLayout) -> Trace:
    return scatter(
        x=x,
        y=[row] * len(texts),
        text=texts,
        mode="text",
        yaxis="y2",
        textfont={"size": layout.size.axis, "color": color},
        hoverinfo="skip",
        cliponaxis=False,
        meta="risk table",
    )


def _add_name(sketch: Sketch, row: int, text: str, color: str, layout: CurveLayout) -> None:
    sketch.add_text(
        text=text,
        x=0,
        xref="paper",
        xanchor="left",
        xshift=10 - layout.margin["l"],
        y=row,
        yref="y2",
        yanchor="middle",
        align="left",
        font={"size": layout.size.axis, "color": color},
    )


def _add_convention(sketch: Sketch, layout: CurveLayout, theme: Theme) -> None:
    sketch.add_text(
        text="<br>".join(CONVENTION),
        x=0,
        xref="paper",
        xanchor="left",
        xshift=10 - layout.margin["l"],
        y=0,
        yref="paper",
        yanchor="top",
        yshift=-4,
        align="left",
        font={"size": layout.size.small, "color": theme.muted},
    )
