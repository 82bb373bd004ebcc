"""How did the laboratory values of each group move over time, and how many patients stand behind each point?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.cautions import cautions_about
from analysis.cohort.visits import DAYS_PER_MONTH, visit_windows
from analysis.labs.published import published_values
from analysis.labs.thresholds import thresholds_of
from analysis.labs.values import lab_lines, planned_visits, zero_places
from analysis.labs.visit_cells import summarise_visits
from analysis.options import LabTime
from analysis.results import Method, Note
from analysis.study import View

NEW_CYCLE_AFTER_DAYS = 60.0  # domain.md 1.6: a later infusion opens a new rituximab cycle

LINE_COLUMNS = ["patient_id", "group", "variable", "day", "month", "value", "qualifier", "shown_value", "shown_month"]
MARK_COLUMNS = ["group", "drug", "cycle", "day", "n", "label"]


@dataclass(frozen=True, kw_only=True, eq=False)
class TrajectoryResult:
    """Laboratory values over time as data; ``describe_trajectories`` documents the frames."""

    lines: pd.DataFrame
    summary: pd.DataFrame
    thresholds: pd.DataFrame
    marks: pd.DataFrame
    published: pd.DataFrame
    groups: tuple[str, ...]
    group_sizes: dict[str, int]
    time: LabTime
    schedule: tuple[float, ...]
    span_months: tuple[float, float]
    method: Method
    notes: tuple[Note, ...]
    part_of: tuple[str, ...] = ()
    whole_groups: tuple[str, ...] = ()


def describe_trajectories(view: View, variables: tuple[str, ...]) -> TrajectoryResult:
    """Lay out every value of each patient and summarise each group at each nominal visit.

    Parameters
    ----------
    view
        The selected patients; ``lab_summary`` and ``quantile_type`` of its spec choose the summary.
    variables
        Laboratory variables by canonical name; one without values gives rows with a reason.

    Returns
    -------
    TrajectoryResult
        ``lines``: one row per value of every patient, however many they are, ordered by name of the
        variable, patient and time. ``day`` from time zero; ``month`` the nominal visit it counts for,
        NaN if early, unscheduled, outside every window or second best in its window;
        ``shown_value`` is half the limit below detection, and on a log axis, for zero, half the
        smallest positive value, or half the lowest threshold where that would be at or above it; ``shown_month`` is
        day / 30.4375, the stated visit where no day is known.
        ``summary``: one row per variable, group and nominal month. ``n_measured`` values are behind
        ``estimate``; ``n_followed`` members had a last contact (any value, event or follow-up time)
        on or after the first day of the visit's window, at the first visit all of them; ``n_limit``
        values were below or above detection, ``n_zero`` zero or below on a log axis; ``limit`` is
        the lower limit where all values below detection share one, else NaN. ``kind`` is "median"
        (``conf_low`` and ``conf_high`` are Q1 and Q3), "range" (the median of fewer than 8 values,
        smallest and largest, whatever the summary), "mean" or, on a log scale, "geometric_mean" (95 % t interval).
        ``actual_month`` is the median time of these values, ``thin`` fewer than 5 values or than 30 %
        of the group. Nothing is carried forward. ``time``: whether figures place values at the
        planned visits or at their actual days.
        ``marks``: one row per group, drug and cycle: ``day`` is the median day of its start among
        the ``n`` patients who had it. ``published``: what the paper printed, where that was asked for
        and there is a paper (``published_values``). ``span_months``: first and last day of the windows.
        ``part_of``: where the groups are parts of others, the group of each among ``whole_groups``.

    Notes
    -----
    Windows of domain.md 1.2. Quantile type 6 agrees with SPSS, 7 with R; mean interval as R t.test.
    """
    lines = lab_lines(view, variables)
    summary = summarise_visits(view, variables, lines)
    windows = visit_windows(view.spec.schedule)
    return TrajectoryResult(
        lines=with_texts(lines),
        summary=summary,
        thresholds=thresholds_of(variables),
        marks=treatment_marks(view),
        published=published_values(view, variables if view.spec.labs.published else ()),
        groups=view.groups,
        group_sizes=view.group_sizes(),
        time=view.spec.labs.time,
        schedule=view.spec.schedule,
        span_months=(windows["first_day"].min() / DAYS_PER_MONTH, windows["last_day"].max() / DAYS_PER_MONTH),
        method=_method(view),
        notes=_notes(view, lines, windows),
    )


def with_texts(lines: pd.DataFrame) -> pd.DataFrame:
    """Turn the categories back into texts; ``group`` keeps its order."""
    texts = {name: lines[name].astype(object) for name in ("patient_id", "variable", "qualifier")}
    return pd.DataFrame({name: texts.get(name, lines[name]) for name in LINE_COLUMNS}, copy=False)


def treatment_marks(view: View) -> pd.DataFrame:
    """Find when each drug, and each further rituximab cycle, began in each group."""
    starts = _cycle_starts(view)
    places = starts.groupby(["group", "drug", "cycle"], observed=True).indices
    rows = []
    for group, drug, cycle in sorted(places, key=lambda key: (view.groups.index(key[0]), *key[1:])):
        days = starts["start_day"].to_numpy(dtype=float)[places[group, drug, cycle]]
        label = f"{drug} start" if cycle == 1 else f"{drug} repeat {cycle - 1}"
        rows.append((group, drug, cycle, float(np.median(days)), len(days), label))
    return pd.DataFrame(rows, columns=MARK_COLUMNS)


def _cycle_starts(view: View) -> pd.DataFrame:
    """List the first dose of each cycle of each member: ``group``, ``drug``, ``cycle`` from 1, ``start_day``."""
    doses = view.cohort.doses
    patient = pd.Index(view.members["patient_id"]).get_indexer(doses["patient_id"])
    drug, drugs = pd.factorize(doses["drug"], sort=True)
    day = doses["start_day"].to_numpy(dtype=float)
    order = np.lexsort([day, drug, patient])
    order = order[((patient >= 0) & (drug >= 0) & ~np.isnan(day))[order]]
    course = (patient * max(len(drugs), 1) + drug)[order]
    first = np.append(True, course[1:] != course[:-1])[: len(order)]
    is_rtx = np.array([name == "RTX" for name in drugs] or [False])[drug[order]]
    later = np.append(False, np.diff(day[order]) > NEW_CYCLE_AFTER_DAYS)[: len(order)] & is_rtx
    opens = first | later
    counted = opens.cumsum()
    cycle = counted - np.maximum.accumulate(np.where(first, counted, 0)) + 1
    kept = order[opens]
    return pd.DataFrame(
        {
            "group": view.members["group"].array.take(patient[kept]),
            "drug": np.append(drugs, [None])[drug[kept]],
            "cycle": cycle[opens],
            "start_day": day[kept],
        }
    )


def _method(view: View) -> Method:
    kinds: dict[str, str] = {
        "median_iqr": f"Median and quartiles (type {view.spec.quantile_type})",
        "mean_ci": "Mean with 95 % t interval (geometric mean where the axis is logarithmic; of fewer than 8 values "
        "median and range)",
    }
    return Method(
        name="Laboratory values over time",
        sentence=(
            f"{kinds[view.spec.lab_summary]} of the values of each nominal visit, one per patient, the nearest in its "
            "window; nothing carried forward; values below detection at half their limit. Followed: last contact on "
            f"or after the first day of the window. {planned_visits(view.spec)}"
        ),
    )


def _notes(view: View, lines: pd.DataFrame, windows: pd.DataFrame) -> tuple[Note, ...]:
    first_day, high = windows["first_day"].min(), windows["last_day"].max() / DAYS_PER_MONTH
    limited = lines[lines["limited"]]
    lifted = lines[lines["lifted"]]
    outside = lines[~lines["shown_month"].between(first_day / DAYS_PER_MONTH, high)]
    notes = [
        ("R-LIMIT", limited, "below or above detection: drawn and summarised at half the lower limit or at the upper"),
        ("R-ZERO", lifted, f"of zero or below, on logarithms at {zero_places(lines)}"),
        (
            "R-RANGE",
            outside,
            f"more than {-first_day:.0f} days before time zero or after month {high:.1f}: in no table or figure "
            "of this page; only the eGFR slope uses the later ones",
        ),
    ]
    return (
        *cautions_about(view),
        *(_value_note(code, found, text) for code, found, text in notes if len(found)),
    )


def _value_note(code: str, found: pd.DataFrame, text: str) -> Note:
    noun = "value" if len(found) == 1 else "values"
    return Note(code=code, text=f"{len(found)} {noun} {text}.", patient_ids=tuple(dict.fromkeys(found["patient_id"])))
