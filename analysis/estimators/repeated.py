"""How far apart are groups at each visit, over all visits and given where each patient started?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.estimators.contrasts import (
    CONTRAST_COLUMNS,
    Scale,
    contrast_row,
    known_rows,
    on_scale,
    order_groups,
    read_contrast,
)
from analysis.estimators.visit_model import Cell, VisitModel, fit_visit_model, refuse_visit_model
from analysis.results import Estimate

NOT_MEASURED = "not estimable: fewer than two values in a group at this visit"
NO_REFERENCE = "not estimable: the reference group is not among the groups"
NOBODY_ELSE = "not estimable: no group to compare has enough patients and visits"

FEWEST_PATIENTS, FEWEST_VISITS = 10, 2  # domain.md 3.3: of each group, visits after baseline

VISIT_COLUMNS = [*CONTRAST_COLUMNS[:2], "month", *CONTRAST_COLUMNS[2:]]


@dataclass(frozen=True, kw_only=True, eq=False)
class VisitContrasts:
    """Differences between groups at each visit, the test of whether they change, and how they were had.

    ``contrasts`` has one row per compared group and visit: ``group``, ``reference_group``, ``month``
    and the fields of ``Estimate``. ``reason`` says why the mixed model was not used, or why there is
    no model at all (then every estimate is NaN).
    """

    contrasts: pd.DataFrame
    interaction: Estimate
    method: str
    reason: str
    n_patients: int
    n_values: int


def fit_visit_contrasts(
    data: pd.DataFrame, *, reference: str, scale: Scale, conf_level: float = 0.95
) -> VisitContrasts:
    """Compare groups at every visit in one model of all visits: group x visit, adjusted for baseline.

    Parameters
    ----------
    data
        One row per patient and visit after baseline: ``patient_id``, ``group``, ``month`` (nominal),
        ``value``, ``baseline``. Rows with a missing one are left out (missing at random is assumed).
    reference
        The reference group.
    scale
        "linear": differences of adjusted means, group minus reference. "log": ratios of geometric
        means, group over reference; values must be above 0 (below detection: limit/2).
    conf_level
        Two-sided confidence level between 0 and 1.

    Returns
    -------
    VisitContrasts
        A group with fewer than 10 patients or 2 visits is left out with its reason; ``n`` counts the
        values of both groups at the visit, ``std_error`` is on the scale of the model.

    Notes
    -----
    Visit is a factor; random intercept; REML. Intervals use t with as many degrees of freedom as
    patients less groups less 1, the between-patient rule of R ``nlme::lme``, with which estimates,
    standard errors and P values agree (visit releveled). ``interaction`` is the likelihood-ratio test
    of group x visit by maximum likelihood, as ``anova`` of two ``lme`` fits. Where no spread between
    patients is found the fit falls back to estimating equations (``analysis.estimators.gee``) and the
    interaction to a Wald F test. A visit with a single value in a group, which says nothing of a
    contrast, is not modelled for that group.
    """
    known = known_rows(data, ["patient_id", "month", "value", "baseline"])
    known, no_logarithm = on_scale(known, ["value", "baseline"], scale)
    excluded = why_excluded(known, order_groups(data["group"]), visit="month")
    used, cells = _modelled(known, excluded)
    reason = no_logarithm or why_no_groups(excluded, reference)
    model = refuse_visit_model(reason, n=used["patient_id"].nunique()) if reason else fit_visit_model(used, cells)
    counts = known.groupby(["group", "month"], observed=True).size()
    rows = []
    for name in (name for name in excluded if name != reference):
        for month in sorted(known["month"].unique()):
            pair = ((name, month), (reference, month))
            blank = Estimate(n=int(sum(counts.get(cell, 0) for cell in pair)), conf_level=conf_level)
            result = _contrast_at(model, pair, replace(blank, method=model.method), excluded[name], scale)
            rows.append(contrast_row(name, reference, result, month=month))
    return VisitContrasts(
        contrasts=pd.DataFrame(rows, columns=VISIT_COLUMNS), interaction=model.interaction, method=model.method,
        reason=model.reason, n_patients=used["patient_id"].nunique(), n_values=len(used),
    )  # fmt: skip


def why_excluded(
    known: pd.DataFrame, names: Sequence[str], *, visit: str, fewest: int = FEWEST_VISITS
) -> dict[str, str]:
    """Say for each group why it has too few patients or distinct visits for a model; empty where it has enough."""
    table = known.groupby("group", observed=True).agg(patients=("patient_id", "nunique"), visits=(visit, "nunique"))
    table = table.reindex(names, fill_value=0)
    why = {}
    for name, patients, visits in zip(names, table["patients"], table["visits"], strict=True):
        few = {_counted(patients, "patient"): (patients, FEWEST_PATIENTS), _counted(visits, "visit"): (visits, fewest)}
        short = [f"{words} in the group, fewer than {least}" for words, (count, least) in few.items() if count < least]
        why[name] = f"not modelled: {short[0]}" if short else ""
    return why


def why_no_groups(excluded: dict[str, str], reference: str) -> str:
    """Say why no two groups, one of them the reference, can be modelled, or nothing."""
    if reference not in excluded:
        return NO_REFERENCE
    if excluded[reference]:
        return excluded[reference].replace("the group", "the reference group")
    return "" if sum(not why for why in excluded.values()) > 1 else NOBODY_ELSE


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _modelled(known: pd.DataFrame, excluded: dict[str, str]) -> tuple[pd.DataFrame, list[Cell]]:
    """Keep the values of groups that are modelled, at visits where the group has at least two."""
    size = known.groupby(["group", "month"], observed=True)["value"].transform("size")
    fit_to_use = known["group"].astype(object).map(excluded).eq("") & (size >= 2)
    used = known[fit_to_use].sort_values(["patient_id", "month"]).reset_index(drop=True)
    cells = used[["group", "month"]].drop_duplicates().sort_values(["group", "month"])
    return used, list(zip(cells["group"].astype(object), cells["month"], strict=True))


def _contrast_at(model: VisitModel, pair: tuple[Cell, Cell], blank: Estimate, why: str, scale: Scale) -> Estimate:
    """Read the difference of two cells from the model, or say why it has none."""
    if model.fit is None or why:
        return replace(blank, reason=why or model.reason)
    if not set(pair) <= set(model.cells):
        return replace(blank, reason=NOT_MEASURED)
    weights = np.array([float(cell == pair[0]) - float(cell == pair[1]) for cell in model.cells] + [0.0])
    return read_contrast(model.fit, weights, blank, df=model.df, scale=scale)
