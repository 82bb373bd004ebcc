"""How many were measured and followed at each visit, and when did treatment begin? The rows under the axis."""

from __future__ import annotations

import math
import re

from analysis.cohort.dictionary import Variable
from analysis.labs import VisitSummary
from present.figures.labs_axes import VALUE_LINES, TrajectoryLayout
from present.figures.labs_drawn import DrawnCourse, Mark
from present.figures.sketch import Sketch, scatter
from present.figures.theme import GroupStyle, Theme, plain_label
from present.tables.format import MISSING, format_count, format_months
from present.tables.labs import KIND_WORDS, leading_kind, value_text
from present.tables.labs_words import is_change

ROWS_TITLE = "Measured / followed"
VALUE_HEIGHT = 1.4  # rows below its name at which a summary of two lines stands
_ABOUT_FEW = "; a [b to c]: median and range of fewer than 8"
_BEGINNINGS = {"RTX": "cycles"}  # every cycle has a tick; other drugs only their start
_CHARACTER = 0.5  # em, average of digits, commas and brackets
_NARROW_SCREEN = 560  # pixels of time axis for which the texts must not touch


def add_rows_beneath(
    sketch: Sketch,
    layout: TrajectoryLayout,
    courses: tuple[DrawnCourse, ...],
    entry: Variable,
    *,
    styles: dict[str, GroupStyle],
    theme: Theme,
) -> None:
    """Write measured and followed per group under the visits, and of few groups the summary, on the same time axis."""
    visits = {course.group: course.visits for course in courses}
    counts = {group: _counts(visits.get(group, ())) for group in layout.groups}
    first = len(layout.drugs)
    _add_block(sketch, layout, first, (ROWS_TITLE, theme.muted), counts, styles, meta="counts")
    if layout.n_blocks > 1:
        values = {group: _values(visits.get(group, ()), entry) for group in layout.groups}
        shown = [visit for own in visits.values() for visit in own]
        words = KIND_WORDS[leading_kind(shown)] + _ABOUT_FEW * (len({v.kind for v in shown if v.n_measured}) > 1)
        first += 1 + layout.lines_per_group * len(layout.groups)
        _add_block(
            sketch, layout, first, (f"{words[0].upper()}{words[1:]}", theme.muted), values, styles, meta="values"
        )


def _add_block(
    sketch: Sketch,
    layout: TrajectoryLayout,
    first: int,
    heading: tuple[str, str],
    texts: dict[str, dict[float, str]],
    styles: dict[str, GroupStyle],
    *,
    meta: str,
) -> None:
    """Write a heading, then of each group its name and a text per visit."""
    _row_name(sketch, layout, first, *heading)
    counts = meta == "counts"
    size, lines = (layout.size.axis, layout.lines_per_group) if counts else (layout.size.small, VALUE_LINES)
    for place, (group, own) in enumerate(texts.items()):
        row, color = first + 1 + lines * place, styles[group].color
        _row_name(sketch, layout, row, f"<b>{plain_label(group)}</b>", color)
        kept = _not_crowded(own, layout, size)
        sketch.add_traces(
            scatter(
                x=list(kept),
                y=[row + (lines - 1 if counts else VALUE_HEIGHT)] * len(kept),
                text=list(kept.values()),
                mode="text",
                yaxis="y2",
                textfont={"size": size, "color": color},
                hoverinfo="skip",
                cliponaxis=False,
                name=plain_label(group),
                meta=meta,
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


def _values(visits: tuple[VisitSummary, ...], entry: Variable) -> dict[float, str]:
    """Write the summary of one group by month, limits under the middle; a dash where nobody was measured."""
    signed = is_change(entry)
    texts = {visit.month: plain_label(value_text(visit, decimals=entry.decimals, signed=signed)) for visit in visits}
    return {
        visit.month: re.sub(r" (?=[(\[])", "<br>", texts[visit.month], count=1) if visit.n_measured else MISSING
        for visit in visits
    }


def _not_crowded(counts: dict[float, str], layout: TrajectoryLayout, letters: int) -> dict[float, str]:
    """Keep as many visits as fit side by side on a narrow screen, the first always."""
    lengths = (len(line) for text in counts.values() for line in text.split("<br>"))
    width = max(lengths, default=1) * letters * _CHARACTER
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
