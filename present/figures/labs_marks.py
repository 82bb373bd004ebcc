"""How are the patients and the groups drawn: faint lines, ribbons or bars, bold lines and points?"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from analysis.cohort.dictionary import Variable
from analysis.labs import TrajectoryResult
from present.figures.sketch import Trace, scatter
from present.figures.theme import GroupStyle, Sizes, plain_label, with_alpha
from present.tables.format import format_count, format_measured, format_months
from present.tables.labs import value_text

MOST_RIBBONS = 2  # more ribbons than this hide each other: error bars instead
RIBBON_OPACITY = 0.2


def patient_trace(lines: pd.DataFrame, entry: Variable, style: GroupStyle, size: Sizes, *, opacity: float) -> Trace:
    """Draw the patients of one group as one trace, with a gap between patients; open where only a limit is known."""
    patient = lines["patient_id"].to_numpy(dtype=object)
    last = np.append(patient[1:] != patient[:-1], [True])[: len(patient)]
    gaps = np.flatnonzero(last) + 1
    limited = (lines["qualifier"] != "").to_numpy()
    symbols = np.where(limited, f"{style.symbol}-open", style.symbol).astype(object)
    symbol = np.insert(symbols, gaps, style.symbol).tolist() if limited.any() else style.symbol
    return scatter(
        x=np.insert(lines["x"].to_numpy(dtype=float), gaps, np.nan),
        y=np.insert(lines["shown_value"].to_numpy(dtype=float), gaps, np.nan),
        mode="lines+markers",
        line={"color": with_alpha(style.color, opacity), "width": size.thin_line},
        marker={"color": with_alpha(style.color, 2 * opacity), "size": 3 * size.thin_line, "symbol": symbol},
        hovertext=np.insert(np.array(_value_words(lines, entry), dtype=object), gaps, ""),
        customdata=np.insert(patient, gaps, ""),
        hoverinfo="text",
        name="patients",
        meta="patients",
    )


def summary_traces(
    result: TrajectoryResult, summary: pd.DataFrame, entry: Variable, styles: dict[str, GroupStyle], size: Sizes
) -> list[Trace]:
    """Draw the ribbons of all groups, then over them each line, dotted where a visit is thin, and its points."""
    bars = has_bars(result)
    parts = {group: part for group in result.groups if len(part := summary[summary["group"] == group])}
    traces = [] if bars else [_ribbon(part, styles[group]) for group, part in parts.items()]
    for group, part in parts.items():
        shift = dodge(result, result.groups.index(group))
        traces += [_line(part, styles[group], size, shift=shift, thin=thin) for thin in (False, True)]
        traces.append(
            _points(part[part["estimate"].notna()], entry, styles[group], size, shift=shift if bars else None)
        )
    return traces


def dodge(result: TrajectoryResult, place: int) -> float:
    """Shift a group sideways, in months, so that error bars do not lie on each other."""
    if not has_bars(result):
        return 0.0
    step = min(np.diff(sorted(result.schedule)), default=3.0)
    return (place - (len(result.groups) - 1) / 2) * min(0.09 * step, 0.5 * step / len(result.groups))


def has_bars(result: TrajectoryResult) -> bool:
    """Say whether limits are bars: ribbons of more than two groups hide each other, and an interval is no band."""
    return len(result.groups) > MOST_RIBBONS or not set(result.summary["kind"]) <= {"median"}


def _value_words(lines: pd.DataFrame, entry: Variable) -> list[str]:
    names = {patient: plain_label(patient) for patient in lines["patient_id"].unique()}
    columns = ("patient_id", "day", "shown_month", "value", "qualifier")
    return [
        f"{names[patient]}, {f'month {format_months(month)}' if math.isnan(day) else f'day {format_count(day)}'}: "
        f"{plain_label(format_measured(value, qualifier, decimals=entry.decimals))}"
        for patient, day, month, value, qualifier in zip(*(lines[column] for column in columns), strict=True)
    ]


def _ribbon(part: pd.DataFrame, style: GroupStyle) -> Trace:
    """Shade between the limits; a visit without values leaves a gap."""
    month, high, low = (part[name].to_numpy(dtype=float) for name in ("x", "conf_high", "conf_low"))
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


def _line(summary: pd.DataFrame, style: GroupStyle, size: Sizes, *, shift: float, thin: bool) -> Trace:
    """Join neighbouring visits that both have a value; a stretch is thin if one of its ends is."""
    month, estimate = summary["x"].to_numpy(dtype=float) + shift, summary["estimate"].to_numpy(dtype=float)
    few = summary["thin"].to_numpy(dtype=bool)
    drawn = np.isfinite(estimate[:-1] + estimate[1:]) & ((few[:-1] | few[1:]) == thin)
    return scatter(
        x=_stretches(month, drawn),
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


def _points(known: pd.DataFrame, entry: Variable, style: GroupStyle, size: Sizes, *, shift: float | None) -> Trace:
    """Draw the summaries; ``shift`` moves points with bars sideways, None draws none."""
    texts = [
        f"<b>{plain_label(str(row.group))}</b><br>month {format_months(row.month)}: "
        f"{plain_label(value_text(row, decimals=entry.decimals))}"
        f"<br>{format_count(row.n_measured)} measured of {format_count(row.n_followed)} followed"
        for row in known.itertuples()
    ]
    columns = ("x", "estimate", "conf_low", "conf_high")
    month, estimate, low, high = (known[name].to_numpy(dtype=float) for name in columns)
    bar = {"array": (high - estimate).tolist(), "arrayminus": (estimate - low).tolist(), "visible": shift is not None}
    return scatter(
        x=(month + (shift or 0.0)).tolist(),
        y=estimate.tolist(),
        mode="markers",
        marker={
            "color": style.color,
            "size": size.marker,
            "symbol": [style.symbol + ("-open" if few else "") for few in known["thin"]],
            "line": {"width": size.thin_line, "color": style.color},
        },
        error_y={**bar, "color": style.color, "thickness": size.thin_line},
        hovertext=texts,
        hoverinfo="text",
        name=plain_label("".join(known["group"].iloc[:1])),
        meta="points",
    )
