"""How many were measured and followed at each visit, and when did treatment begin? The rows under the axis."""

from __future__ import annotations

import math

from analysis.labs import VisitSummary
from present.figures.labs_axes import TrajectoryLayout
from present.figures.labs_drawn import DrawnCourse, Mark
from present.figures.sketch import Sketch, scatter
from present.figures.theme import GroupStyle, Theme, plain_label
from present.tables.format import format_count, format_months

ROWS_TITLE = "Measured / followed"
_BEGINNINGS = {"RTX": "cycles"}  # every cycle has a tick; other drugs only their start
_CHARACTER = 0.58  # em, average of the font stack
_NARROW_SCREEN = 600  # pixels of time axis for which the counts must not touch


def add_rows_beneath(
    sketch: Sketch,
    layout: TrajectoryLayout,
    courses: tuple[DrawnCourse, ...],
    *,
    styles: dict[str, GroupStyle],
    theme: Theme,
) -> None:
    """Write measured and followed per group under the visits, on the same time axis as the curves."""
    heading = len(layout.drugs)
    _row_name(sketch, layout, heading, ROWS_TITLE, theme.muted)
    visits = {course.group: course.visits for course in courses}
    for place, group in enumerate(layout.groups):
        row, color = heading + 1 + layout.lines_per_group * place, styles[group].color
        _row_name(sketch, layout, row, f"<b>{plain_label(group)}</b>", color)
        counts = _not_crowded(_counts(visits.get(group, ())), layout)
        sketch.add_traces(
            scatter(
                x=list(counts),
                y=[row + layout.lines_per_group - 1] * len(counts),
                text=list(counts.values()),
                mode="text",
                yaxis="y2",
                textfont={"size": layout.size.axis, "color": color},
                hoverinfo="skip",
                cliponaxis=False,
                name=plain_label(group),
                meta="counts",
            )
        )


def add_treatment_rows(
    sketch: Sketch, layout: TrajectoryLayout, marks: list[Mark], styles: dict[str, GroupStyle], theme: Theme
) -> None:
    """Tick where each drug began, one row per drug, one part of the tick per group in its colour."""
    part = 0.8 / max(len(layout.groups), 1)
    for row, drug in enumerate(layout.drugs):
        _row_name(sketch, layout, row, f"{plain_label(drug)} {_BEGINNINGS.get(drug, 'start')}", theme.muted)
        for mark in (start for start in marks if start.drug == drug):
            top = row - 0.4 + part * layout.groups.index(mark.group)
            color = styles[mark.group].color
            sketch.add_traces(
                scatter(
                    x=[mark.month, mark.month],
                    y=[top, top + 0.85 * part],
                    mode="lines",
                    yaxis="y2",
                    line={"color": color, "width": 2 * layout.size.line},
                    hovertext=f"{plain_label(mark.group)}: {plain_label(mark.label)}, median month "
                    f"{format_months(mark.month)} ({format_count(mark.n)} patients)",
                    hoverinfo="text",
                    cliponaxis=False,
                    meta="treatment",
                )
            )


def _counts(visits: tuple[VisitSummary, ...]) -> dict[float, str]:
    """Write measured and followed of one group by month."""
    return {visit.month: f"{format_count(visit.n_measured)}/{format_count(visit.n_followed)}" for visit in visits}


def _not_crowded(counts: dict[float, str], layout: TrajectoryLayout) -> dict[float, str]:
    """Keep as many visits as fit side by side on a narrow screen, the first always."""
    width = max(map(len, counts.values()), default=1) * layout.size.axis * _CHARACTER
    needed = width / _NARROW_SCREEN * (layout.end - layout.first_month)
    kept: dict[float, str] = {}
    last = -math.inf
    for month, text in counts.items():
        if month - last >= needed:
            kept[month], last = text, month
    return kept


def _row_name(sketch: Sketch, layout: TrajectoryLayout, row: int, text: str, color: str) -> None:
    sketch.add_text(
        x=0,
        xref="paper",
        xshift=10 - layout.left,
        y=row,
        yref="y2",
        text=text,
        xanchor="left",
        yanchor="middle",
        font={"size": layout.size.axis, "color": color},
    )
