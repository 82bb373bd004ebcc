"""Which single patients stand on a curve: who was last seen when and why, and who remitted in a tiny group?"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from present.figures.risk_table import CurveLayout
from present.figures.sketch import Trace, scatter
from present.figures.theme import GroupStyle, plain_label
from present.tables.format import format_count, format_months, format_percent_estimate

TINY_PATIENTS, TINY_EVENTS = 5, 3  # display.md: fewer of either and every remission is a dot
_IDS_ON_HOVER = 8
_DOT_STEP = 0.03  # of the height, between patients of one month in a group without a curve
_MOST_STEPS = 400  # of one curve that can be clicked; more would make the page heavy

Drawn = tuple[GroupStyle, CurveLayout]


def is_tiny(curve: pd.DataFrame) -> bool:
    """Tell whether a group is too small for anything but its single patients."""
    if curve.empty:
        return True
    return bool(curve["n_risk"].iloc[0] < TINY_PATIENTS or curve["n_event"].sum() < TINY_EVENTS)


def is_lone(curve: pd.DataFrame) -> bool:
    """Tell whether a group has patients but too few for a curve."""
    return bool(len(curve) and 0 < curve["n_risk"].iloc[0] < TINY_PATIENTS)


def censor_ticks(curve: pd.DataFrame, group: str, records: pd.DataFrame, drawn: Drawn) -> list[Trace]:
    """Tick those last seen before the end of the curve, with the reason on hover."""
    style, layout = drawn
    rows = curve[(curve["n_censor"] > 0) & (curve["time"] < layout.horizon)]
    own = _of_group(records, group)
    own = own[~own["event"] & ~own["competing_event"]]
    found = [own[np.isclose(own["time"].astype(float), time)] for time in rows["time"]]
    hover = [
        f"{plain_label(group)}: {format_count(n)} last seen{_reasons(who)}"
        for n, who in zip(rows["n_censor"], found, strict=True)
    ]
    trace = _markers(rows["time"], 100 * rows["estimate"], ("line-ns", style.color), layout, "last seen")
    behind = _behind(layout, group, rows["time"], ["censored"] * len(rows))
    return [{**trace, "name": plain_label(group), "hovertext": hover, "customdata": behind}] if len(rows) else []


def step_targets(curve: pd.DataFrame, group: str, drawn: Drawn) -> list[Trace]:
    """Mark each step, so that a click on it can ask for the patients behind it."""
    style, layout = drawn
    rows = curve[(curve["n_event"] > 0) | (curve["n_competing"] > 0)]
    if rows.empty or len(rows) > _MOST_STEPS:
        return []
    what = np.where(rows["n_event"] > 0, "event", "competing").tolist()
    counts = np.where(rows["n_event"] > 0, rows["n_event"], rows["n_competing"])
    words = {"event": "reached it", "competing": "had a competing event"}
    hover = [
        f"<b>{plain_label(group)}</b>, month {format_months(row.time)}<br>"
        f"{format_percent_estimate(row.estimate, row.conf_low, row.conf_high)}<br>"
        f"{format_count(n)} {words[kind]}, {format_count(row.n_risk)} at risk just before<br>Click: who"
        for row, n, kind in zip(rows.itertuples(), counts, what, strict=True)
    ]
    trace = _markers(rows["time"], 100 * rows["estimate"], (style.symbol, style.color), layout, "step")
    marker = {**trace["marker"], "size": 0.55 * layout.size.marker, "line": {"width": 0}}
    behind = _behind(layout, group, rows["time"], what)
    return [{**trace, "name": plain_label(group), "marker": marker, "hovertext": hover, "customdata": behind}]


def patient_dots(curve: pd.DataFrame, group: str, records: pd.DataFrame, drawn: Drawn) -> list[Trace]:
    """In a tiny group draw one dot per remission, spread over the step it makes."""
    style, layout = drawn
    rows = curve[curve["n_event"] > 0]
    if not is_tiny(curve) or rows.empty:
        return []
    before = curve["estimate"].shift(fill_value=0.0).loc[rows.index]
    counts = rows["n_event"].astype(int).to_numpy()
    number = np.concatenate([np.arange(1, n + 1) for n in counts])
    rise = np.repeat((rows["estimate"] - before).to_numpy(), counts)
    height = np.repeat(before.to_numpy(), counts) + rise * number / np.repeat(counts, counts)
    time = np.repeat(rows["time"].to_numpy(), counts)
    own = _of_group(records, group)
    who = own[own["event"]].sort_values("time", kind="stable")["patient_id"].tolist()
    who = who if len(who) == len(time) else [""] * len(time)
    trace = _markers(time, 100 * height, (style.symbol, style.color), layout, "in remission")
    hover = [
        f"{plain_label(group)}: {plain_label(str(patient)) or '1'} in remission at month {format_months(month)}"
        for patient, month in zip(who, time, strict=True)
    ]
    behind = _behind(layout, group, time, ["event"] * len(time))
    return [{**trace, "name": plain_label(group), "hovertext": hover, "customdata": behind}]


def lone_dots(curve: pd.DataFrame, group: str, records: pd.DataFrame, drawn: Drawn) -> list[Trace]:
    """Draw a group of fewer than 5 patients as single patients: a dot per remission, a tick per patient last seen.

    ``curve`` has one height in every row; dots of one month stand above each other.
    """
    style, layout = drawn
    own = _of_group(records, group)
    own = own[own["event"]].sort_values("time", kind="stable")
    ticks = censor_ticks(curve, group, records, drawn)
    if own.empty:
        return ticks
    height = curve["estimate"].iloc[0] + _DOT_STEP * own.groupby("time").cumcount()
    trace = _markers(own["time"], 100 * height, (style.symbol, style.color), layout, "in remission")
    hover = [
        f"{plain_label(group)}: {plain_label(str(patient))} in remission at month {format_months(month)}"
        for patient, month in zip(own["patient_id"], own["time"], strict=True)
    ]
    behind = _behind(layout, group, own["time"], ["event"] * len(own))
    return [*ticks, {**trace, "name": plain_label(group), "hovertext": hover, "customdata": behind}]


def landmark_points(landmarks: pd.DataFrame, group: str, last: float, drawn: Drawn) -> list[Trace]:
    """Mark the curve at every landmark that can be estimated; estimate, interval and number at risk on hover."""
    style, layout = drawn
    rows = landmarks[(landmarks["group"].astype(str) == group) & landmarks["estimate"].notna()]
    rows = rows[rows["time"] <= min(last, layout.horizon - 1e-9)]
    if rows.empty:
        return []
    hover = [
        f"<b>{plain_label(group)}</b>, landmark at month {format_months(row.time)}<br>"
        f"{format_percent_estimate(row.estimate, row.conf_low, row.conf_high)}<br>"
        f"{format_count(row.n_risk)} at risk just before"
        for row in rows.itertuples()
    ]
    trace = _markers(rows["time"], 100 * rows["estimate"], (style.symbol, style.color), layout, "landmark")
    marker = {**trace["marker"], "size": 0.55 * layout.size.marker, "line": {"width": 0}}
    return [{**trace, "name": plain_label(group), "marker": marker, "hovertext": hover}]


def _behind(layout: CurveLayout, group: str, times: Iterable[float], what: list[str]) -> list[list[object]]:
    """Say of each point which group, month and what it stands for; no text of the file goes into the figure."""
    place = layout.groups.index(group)
    return [[place, float(time), kind] for time, kind in zip(times, what, strict=True)]


def _of_group(records: pd.DataFrame, group: str) -> pd.DataFrame:
    return records[records["at_risk"] & (records["group"].astype(str) == group)]


def _reasons(who: pd.DataFrame) -> str:
    """List why, with the count and the first patients of each reason."""
    parts = []
    for reason, rows in who.groupby("reason", sort=False):
        ids = [plain_label(str(patient)) for patient in rows["patient_id"][:_IDS_ON_HOVER]]
        more = ", …" if len(rows) > _IDS_ON_HOVER else ""
        parts.append(f"<br>{plain_label(str(reason))}: {', '.join(ids)}{more}")
    return "".join(parts)


def _markers(x: object, y: object, look: tuple[str, str], layout: CurveLayout, meta: str) -> Trace:
    symbol, color = look
    return scatter(
        x=x,
        y=y,
        mode="markers",
        marker={
            "symbol": symbol,
            "size": layout.size.marker,
            "color": color,
            "line": {"width": layout.size.line * 0.7, "color": color},
        },
        hoverinfo="text",
        cliponaxis=False,
        meta=meta,
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},  # a click asks who; it does not fade the others
    )
