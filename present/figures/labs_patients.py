"""How did one laboratory value run in each patient, one small panel each, the best outcome first?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from analysis.cohort.dictionary import Variable, variable
from analysis.labs import PatientPanels
from present.figures.labs_axes import axis_title, value_scale
from present.figures.labs_drawn import DrawnValues, lines_of, placed_values
from present.figures.sketch import Sketch, Trace, scatter
from present.figures.theme import GroupStyle, Sizes, Theme, axis_style, base_layout, group_styles, plain_label
from present.tables.format import format_count, format_measured, format_months

COLUMNS = 6
ROW_LETTERS = 10  # height of a row of panels in letters of the axis
_WIDE, _TALL = 0.9, 0.68  # share of its cell a panel fills
_HEAD = 2  # letters between the line that says how to read and the first panels
_EDGE = 0.6  # months left free on both sides


@dataclass(frozen=True, kw_only=True)
class _Grid:
    """What all panels share: how many there are, the two scales, and the look of an axis."""

    n: int
    months: tuple[float, float]
    span: tuple[float, float]
    scale: dict[str, Any]
    look: dict[str, Any]

    @property
    def n_rows(self) -> int:
        return max(math.ceil(self.n / COLUMNS), 1)

    def axes(self, place: int) -> dict[str, Any]:
        """Lay out the two axes of one panel; numbers stand only at the left and at the bottom of a column."""
        row, column = divmod(place, COLUMNS)
        head = 1 - _HEAD / (ROW_LETTERS * self.n_rows + _HEAD)  # the line above the panels has no panel beside it
        left, top, tall = column / COLUMNS, head * (1 - row / self.n_rows), head * _TALL / self.n_rows
        months, bottom = list(self.months), place + COLUMNS >= self.n
        ticks = {"tickvals": months, "ticktext": [format_months(month) for month in months]}
        across = {"range": list(self.span), "domain": [left, left + _WIDE / COLUMNS], "showticklabels": bottom}
        up = {"domain": [top - tall, top], "showticklabels": column == 0}
        return {
            f"xaxis{_number(place)}": {**self.look, **across, **ticks, "anchor": f"y{_number(place)}"},
            f"yaxis{_number(place)}": {**self.look, **self.scale, **up, "anchor": f"x{_number(place)}"},
        }


def patients_figure(result: PatientPanels, *, theme: Theme) -> go.Figure:
    """Draw a small panel for each patient on common axes, with the thresholds of the variable."""
    size, entry, course = theme.sizes, variable(result.variable), result.course
    lines = lines_of(course, result.variable)
    values = placed_values(course, lines[lines["patient_id"].isin(result.order["patient_id"])])
    limits = course.thresholds.loc[course.thresholds["variable"] == result.variable, "value"].tolist()
    grid = _grid(result, values, np.append(values.y, limits), theme)
    sketch = Sketch(layout=base_layout(theme))
    sketch.set_layout(
        height=int((ROW_LETTERS * grid.n_rows + 6) * size.axis),
        margin={"l": int(4 * size.axis), "r": size.axis, "t": int(2.4 * size.axis), "b": int(2.4 * size.axis)},
        hovermode="closest",
        **{name: axis for place in range(grid.n) for name, axis in grid.axes(place).items()},
    )
    styles = group_styles(course.groups, theme=theme)
    for place, row in enumerate(result.order.itertuples()):
        style = styles[str(row.group)]
        sketch.add_traces(_panel(values.of_patient(row.patient_id), place, style, size, entry))
        _name_panel(sketch, row, place, style, size)
        _add_limits(sketch, limits, place, theme)
    _say_how_to_read(sketch, entry, size, theme)
    return sketch.figure()


def patients_alt(result: PatientPanels) -> str:
    """Describe the panels in words, from the data."""
    counts = result.order["status"].value_counts()
    words = ", ".join(f"{status} {format_count(n)}" for status, n in counts.items())
    n = format_count(len(result.order))
    return f"{variable(result.variable).label_with_unit()} of {n} patients, a panel each, best response first: {words}."


def _number(place: int) -> str:
    return "" if place == 0 else str(place + 1)


def _grid(result: PatientPanels, drawn: DrawnValues, heights: np.ndarray, theme: Theme) -> _Grid:
    first, last = min(result.course.schedule), max(result.course.schedule)
    months = drawn.x if drawn.x.size else np.array([first, last])
    look = axis_style(theme)
    small = theme.sizes.small
    return _Grid(
        n=len(result.order),
        months=(first, last),
        span=(min(first, float(months.min())) - _EDGE, max(last, float(months.max())) + _EDGE),
        scale=_few_ticks(value_scale(heights.astype(float), log_scale=variable(result.variable).log_scale)),
        look={**look, "tickfont": {**look["tickfont"], "size": small}, "automargin": False, "ticklen": 3},
    )


def _few_ticks(scale: dict[str, Any]) -> dict[str, Any]:
    """Keep the powers of ten on a logarithmic axis, three or four numbers on another: the panels are small."""
    if scale.get("type") != "log":
        return {**scale, "nticks": 4}
    ticks = [tick for tick in scale["tickvals"] if math.isclose(math.log10(tick) % 1, 0, abs_tol=1e-9)]
    return {**scale, "tickvals": ticks, "ticktext": [f"{tick:,.10g}" for tick in ticks]} if ticks else scale


def _panel(values: DrawnValues, place: int, style: GroupStyle, size: Sizes, entry: Variable) -> Trace:
    columns = (values.patient, values.month, values.value, values.qualifier)
    texts = [
        f"{plain_label(patient)}, month {format_months(month)}: "
        f"{plain_label(format_measured(value, qualifier, decimals=entry.decimals))}"
        for patient, month, value, qualifier in zip(*(column.tolist() for column in columns), strict=True)
    ]
    return scatter(
        x=values.x.tolist(),
        y=values.y.tolist(),
        mode="lines+markers",
        xaxis=f"x{_number(place)}",
        yaxis=f"y{_number(place)}",
        line={"color": style.color, "width": 1.5 * size.thin_line},
        marker={"color": style.color, "size": 4 * size.thin_line, "symbol": style.symbol},
        hovertext=texts,
        hoverinfo="text",
        customdata=values.patient.tolist(),
        meta="panel",
    )


def _name_panel(sketch: Sketch, row: Any, place: int, style: GroupStyle, size: Sizes) -> None:
    """Write patient, best response and its month over the panel; say where nothing was measured."""
    when = f" {format_months(row.time)}" if row.status in ("CR", "PR") and math.isfinite(row.time) else ""
    sketch.add_text(
        text=f"<b>{plain_label(str(row.patient_id))}</b> {row.status}{when}", x=0, y=1,
        xref=f"x{_number(place)} domain", yref=f"y{_number(place)} domain", xanchor="left", yanchor="bottom",
        font={"size": size.small, "color": style.color},
    )  # fmt: skip


def _add_limits(sketch: Sketch, limits: list[float], place: int, theme: Theme) -> None:
    for value in limits:
        sketch.add_line(
            xref=f"x{_number(place)} domain", yref=f"y{_number(place)}", x0=0, x1=1, y0=value, y1=value,
            line={"color": theme.muted, "width": 1, "dash": "dot"},
        )  # fmt: skip


def _say_how_to_read(sketch: Sketch, entry: Variable, size: Sizes, theme: Theme) -> None:
    sketch.add_text(
        text=f"{axis_title(entry)} by month. CR, PR, NR, NE: best response and the month it was first seen.",
        x=0, xref="paper", y=1, yref="paper", yshift=4, xanchor="left", yanchor="bottom",
        font={"size": size.small, "color": theme.muted},
    )  # fmt: skip
