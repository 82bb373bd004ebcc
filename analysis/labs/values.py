"""Which laboratory values are there, which of them counts for which visit, and as what number?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.cohort.dictionary import Variable, data_dictionary, variable
from analysis.cohort.visits import DAYS_PER_MONTH, assign_visits
from analysis.estimators.contrasts import Scale
from analysis.labs.thresholds import lowest_threshold
from analysis.study import StudySpec, View

BASELINE_COLUMNS = ["baseline", "baseline_analysed", "baseline_limited", "baseline_lifted"]


def available_labs(view: View) -> tuple[str, ...]:
    """Name the laboratory variables with at least one value among the members, in dictionary order."""
    visits = view.cohort.visits
    members = visits["patient_id"].isin(view.members["patient_id"])
    seen = set(visits.loc[members & visits["value"].notna(), "variable"].unique())
    known = [name for name, entry in data_dictionary().items() if name in seen and entry.kind == "continuous"]
    return (*known, *sorted(seen.difference(data_dictionary())))


def scale_of(entry: Variable) -> Scale:
    """Say whether changes and contrasts of a variable are ratios ("log") or differences ("linear")."""
    return "log" if entry.log_scale else "linear"


def visit_on_view(spec: StudySpec) -> float:
    """Give the month of the visit looked at by itself: the chosen one, else the last by the horizon."""
    later = sorted(month for month in spec.schedule if month > 0)
    if spec.labs.visit_month in later or not later:
        return spec.labs.visit_month
    return max((month for month in later if month <= spec.horizon_months), default=later[0])


def planned_visits(spec: StudySpec) -> str:
    """Say which visits were planned, for the method footer."""
    return f"Planned visits: months {', '.join(f'{month:g}' for month in sorted(spec.schedule))}."


def lab_lines(view: View, variables: tuple[str, ...]) -> pd.DataFrame:
    """Lay out every known value of the members, texts as categories, by variable, patient and time.

    ``analysed`` is half the limit below detection; ``shown_value`` lifts zero (then ``lifted``) to half
    the smallest positive value where the axis is logarithmic, or to half the lowest threshold, so that
    no zero crosses one; ``month`` is the visit a value counts for, else NaN.
    """
    lines = _known_values(view, variables)
    kept = assign_visits(lines, view.spec.schedule)
    analysed = lines["value"].where(lines["qualifier"] != "lt", lines["value"] / 2)  # domain.md 1.5: limit/2
    shown_month = (lines["day"] / DAYS_PER_MONTH).fillna(lines["month"])
    shown = _above_zero(lines["variable"], analysed)
    columns = {
        **{name: lines[name] for name in ("patient_id", "group", "variable", "day", "value", "qualifier")},
        "month": kept["nominal_month"].reindex(lines.index),
        "limited": lines["qualifier"] != "",
        "analysed": analysed,
        "shown_value": shown,
        "lifted": analysed != shown,
        "shown_month": shown_month,
    }
    order = np.lexsort([shown_month, lines["patient_id"].cat.codes, lines["variable"].cat.codes])
    return pd.DataFrame({name: column.values[order] for name, column in columns.items()}, copy=False)


def with_baseline(lines: pd.DataFrame) -> pd.DataFrame:
    """Put beside each value of one variable or more the patient's own at baseline, where there is one.

    Adds ``model_value`` (the value a model uses: ``shown_value``, or the bare value where none is
    positive), ``baseline`` (the same at baseline), ``baseline_analysed`` (there, with zero as zero),
    ``baseline_limited`` and ``baseline_lifted``.
    """
    lines = lines.assign(model_value=lines["shown_value"].fillna(lines["analysed"]))
    first = lines.loc[lines["month"] == 0, ["variable", "patient_id", "model_value", "analysed", "limited", "lifted"]]
    first = first.set_axis(["variable", "patient_id", *BASELINE_COLUMNS], axis=1)
    return lines.merge(first, on=["variable", "patient_id"], how="left")


def zero_places(lines: pd.DataFrame) -> str:
    """Say at which value zeros stand on logarithms, variable by variable."""
    places = lines.loc[lines["lifted"] & lines["shown_value"].notna()].drop_duplicates("variable")
    named = [f"{row.shown_value:.3g} ({variable(str(row.variable)).label})" for row in places.itertuples()]
    return ", ".join(named) or "no place, as no value is above 0"


def _known_values(view: View, variables: tuple[str, ...]) -> pd.DataFrame:
    """Take the values of the members; texts as categories, so that none is compared a million times."""
    visits, names = view.cohort.visits, sorted(set(variables))
    name = pd.Index(names, dtype=object).get_indexer(visits["variable"])
    wanted = np.flatnonzero((name >= 0) & visits["value"].notna().to_numpy())
    members = view.members.sort_values("patient_id")
    patient = pd.Index(members["patient_id"]).get_indexer(visits["patient_id"].to_numpy()[wanted])
    wanted, patient = wanted[patient >= 0], patient[patient >= 0]
    columns = {
        "patient_id": pd.Categorical.from_codes(patient, categories=members["patient_id"]),
        "group": members["group"].array.take(patient),
        "variable": pd.Categorical.from_codes(name[wanted], categories=names),
        "qualifier": pd.Categorical(visits["qualifier"].to_numpy()[wanted]),
        **{kept: visits[kept].to_numpy()[wanted] for kept in ("day", "month", "unscheduled", "value")},
    }
    return pd.DataFrame(columns, copy=False)


def _above_zero(names: pd.Series, values: pd.Series) -> pd.Series:
    """Lift values of zero where the axis is logarithmic, on their side of every threshold."""
    half = values.where(values > 0).groupby(names, observed=True).transform("min") / 2
    lowest = names.astype(object).map({name: lowest_threshold(name) for name in names.cat.categories}).astype(float)
    floor = half.mask(half >= lowest, lowest / 2)
    on_log = names.isin([name for name in names.cat.categories if variable(name).log_scale])
    return values.mask(on_log & (values <= 0), floor)
