"""How are the patients and the groups drawn: faint lines, ribbons or bars, bold lines and points?"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from analysis.cohort.dictionary import Variable
from analysis.labs import TrajectoryResult
from present.figures.labs_drawn import DrawnCourse, DrawnValues, Published, dodge, has_bars
from present.figures.sketch import Trace, scatter
from present.figures.theme import GroupStyle, Sizes, Theme, group_styles, plain_label, with_alpha
from present.tables.format import format_count, format_measured, format_months, format_number
from present.tables.labs import value_text
from present.tables.labs_words import is_change

RIBBON_OPACITY = 0.2
MEDIANS = ("median", "range")  # kinds whose middle is a median
UNDIMMED = {"marker": {"opacity": 1}}  # a click on one point leaves the others as they were


def course_styles(result: TrajectoryResult, theme: Theme) -> dict[str, GroupStyle]:
    """Give each group its style; a part of a group keeps the colour of the whole, a part of everybody none."""
    own = group_styles(result.groups, theme=theme)
    if not result.part_of:
        return own
    styles = {**group_styles(result.whole_groups, theme=theme), "": replace(own[result.groups[0]], color=theme.ink)}
    first = {of: part for part, of in reversed(list(zip(result.groups, result.part_of, strict=True)))}
    return {
        part: styles[of] if first[of] == part else replace(own[part], color=styles[of].color)
        for part, of in zip(result.groups, result.part_of, strict=True)
    }


def patient_trace(values: DrawnValues, entry: Variable, style: GroupStyle, size: Sizes, *, opacity: float) -> Trace:
    """Draw the patients of one group as one trace, with a gap between patients; open where only a limit is known."""
    patient = values.patient
    last = np.append(patient[1:] != patient[:-1], [True])[: len(patient)]
    gaps = np.flatnonzero(last) + 1
    limited = (values.qualifier != "").astype(bool) | (entry.log_scale & (values.value <= 0))  # zero has no logarithm
    symbols = np.where(limited, f"{style.symbol}-open", style.symbol).astype(object)
    symbol = np.insert(symbols, gaps, style.symbol).tolist() if limited.any() else style.symbol
    return scatter(
        x=np.insert(values.x, gaps, np.nan),
        y=np.insert(values.y, gaps, np.nan),
        mode="lines+markers",
        line={"color": with_alpha(style.color, opacity), "width": size.thin_line},
        marker={"color": with_alpha(style.color, 2 * opacity), "size": 3 * size.thin_line, "symbol": symbol},
        hovertext=np.insert(np.array(_value_words(values, entry), dtype=object), gaps, ""),
        customdata=np.insert(patient, gaps, ""),
        hoverinfo="text",
        name="patients",
        meta="patients",
        unselected=UNDIMMED,
    )


def summary_traces(
    result: TrajectoryResult,
    courses: tuple[DrawnCourse, ...],
    entry: Variable,
    styles: dict[str, GroupStyle],
    size: Sizes,
) -> list[Trace]:
    """Draw the ribbons of all groups, then over them each line, dotted where a visit is thin, and its points."""
    bars = has_bars(result)
    shifts = {course.group: dodge(result, result.groups.index(course.group)) for course in courses}
    ribbons = () if bars else courses
    traces = [_ribbon(course, styles[course.group], shift=shifts[course.group]) for course in ribbons]
    for course in courses:
        place, style = result.groups.index(course.group), styles[course.group]
        shift = shifts[course.group]
        traces += [_line(course, style, size, shift=shift, thin=thin) for thin in (False, True)]
        traces.append(_points(course.known(), entry, style, size, at=(place, shift), bars=bars))
    return traces


def published_traces(
    result: TrajectoryResult, printed: list[Published], entry: Variable, styles: dict[str, GroupStyle], size: Sizes
) -> list[Trace]:
    """Draw what the paper printed as open diamonds in the colour of the group."""
    traces = []
    for place in sorted({one.place for one in printed}):
        own = [one for one in printed if one.place == place]
        style = styles[result.groups[place]]
        line = {"width": 2 * size.thin_line, "color": style.color}
        traces.append(
            scatter(
                x=[one.month + dodge(result, place) for one in own],
                y=[one.value for one in own],
                mode="markers",
                marker={"symbol": "diamond-open", "size": 1.7 * size.marker, "color": style.color, "line": line},
                hovertext=[
                    f"published (n = {format_count(one.n)}): {one.kind} "
                    f"{format_number(one.value, decimals=entry.decimals)}"
                    for one in own
                ],
                hoverinfo="text",
                meta="published",
                unselected=UNDIMMED,
            )
        )
    return traces


def _value_words(values: DrawnValues, entry: Variable) -> list[str]:
    names = {patient: plain_label(patient) for patient in dict.fromkeys(values.patient.tolist())}
    columns = (values.patient, values.day, values.month, values.value, values.qualifier)
    return [
        f"{names[patient]}, {f'month {format_months(month)}' if math.isnan(day) else f'day {format_count(day)}'}: "
        f"{plain_label(format_measured(value, qualifier, decimals=entry.decimals))}"
        for patient, day, month, value, qualifier in zip(*(column.tolist() for column in columns), strict=True)
    ]


def _ribbon(course: DrawnCourse, style: GroupStyle, *, shift: float) -> Trace:
    """Shade between the limits; a visit without values leaves a gap."""
    month, high, low = course.x + shift, course.high, course.low
    known = ~np.isnan(high + low)
    runs = [run[known[run]] for run in np.split(np.arange(len(known)), np.flatnonzero(~known))]
    there_and_back = [(run, run[::-1]) for run in runs if len(run)]
    return scatter(
        x=[value for run, back in there_and_back for value in (*month[run], *month[back], None)],
        y=[value for run, back in there_and_back for value in (*high[run], *low[back], None)],
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillcolor=with_alpha(style.color, RIBBON_OPACITY),
        hoverinfo="skip",
        meta="ribbon",
    )


def _line(course: DrawnCourse, style: GroupStyle, size: Sizes, *, shift: float, thin: bool) -> Trace:
    """Join neighbouring visits that both have a value of one kind; a stretch is thin if one of its ends is."""
    estimate, few = course.estimate, course.thin
    middle = np.array([visit.kind in MEDIANS for visit in course.visits], dtype=bool)  # no line from median to mean
    alike = middle[:-1] == middle[1:]
    drawn = np.isfinite(estimate[:-1] + estimate[1:]) & alike & ((few[:-1] | few[1:]) == thin)
    return scatter(
        x=_stretches(course.x + shift, drawn),
        y=_stretches(estimate, drawn),
        mode="lines",
        line={
            "color": style.color,
            "width": size.thin_line if thin else size.line,
            "dash": "dot" if thin else style.dash,
        },
        hoverinfo="skip",
        meta="summary, thin" if thin else "summary",
    )


def _stretches(values: np.ndarray, drawn: np.ndarray) -> list[float | None]:
    """Give both ends of each drawn stretch, then a gap."""
    return [value for ends in zip(values[:-1][drawn], values[1:][drawn], strict=True) for value in (*ends, None)]


def _points(
    known: DrawnCourse, entry: Variable, style: GroupStyle, size: Sizes, *, at: tuple[int, float], bars: bool
) -> Trace:
    """Draw the summaries, with their limits as bars where no ribbon shows them.

    ``at`` is the place of the group and its shift sideways in months. A point carries the place and its
    month, for the patients behind it.
    """
    place, shift = at
    texts = [
        f"<b>{plain_label(visit.group)}</b><br>month {format_months(visit.month)}: "
        f"{plain_label(value_text(visit, decimals=entry.decimals, signed=is_change(entry)))}"
        f"<br>{format_count(visit.n_measured)} measured of {format_count(visit.n_followed)} followed"
        for visit in known.visits
    ]
    bar = {
        "array": (known.high - known.estimate).tolist(),
        "arrayminus": (known.estimate - known.low).tolist(),
        "visible": bars,
    }
    return scatter(
        x=(known.x + shift).tolist(),
        y=known.estimate.tolist(),
        mode="markers",
        marker={
            "color": style.color,
            "size": size.marker,
            "symbol": [style.symbol + ("-open" if few else "") for few in known.thin.tolist()],
            "line": {"width": size.thin_line, "color": style.color},
        },
        error_y={**bar, "color": style.color, "thickness": size.thin_line},
        hovertext=texts,
        hoverinfo="text",
        customdata=[[place, visit.month] for visit in known.visits],
        name=plain_label(known.group) if known.visits else "",
        meta="points",
        unselected=UNDIMMED,
    )
