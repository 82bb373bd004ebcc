"""Which columns of numbers do the chosen factors make, and which of them can a model use?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.results import CohortError

TERM_COLUMNS = ["variable", "level", "reference_level", "scale", "per", "n", "n_event", "reason"]

_CONSTANT = 1e-12  # spread, relative to size, below which a column counts as one value
_DETERMINED = 1e-11  # share of its variance left by the columns before it, below which they determine a column
_COLLINEAR = 0.01  # same, below which a factor is left out: its variance inflation is above 100


@dataclass(frozen=True, kw_only=True)
class Covariate:
    """A factor of a model: a column and the unit of its effect.

    ``linear`` counts steps of ``per`` units, ``doubling`` counts doublings (values of 0 or below are
    missing), ``levels`` compares each level with ``reference`` (the first level unless named).
    """

    name: str
    scale: Literal["linear", "doubling", "levels"] = "linear"
    per: float = 1.0
    reference: object = None
    levels: tuple[object, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Coded:
    """Covariates as numbers: ``design`` has a row per kept patient and a column per row of ``terms``.

    ``terms`` names each column and says in ``reason`` why it cannot be used; ``kept`` marks the
    patients without a missing value, ``owner`` the covariate each column came from.
    """

    design: npt.NDArray[np.float64]
    terms: pd.DataFrame
    kept: npt.NDArray[np.bool_]
    owner: npt.NDArray[np.intp]

    def usable(self) -> npt.NDArray[np.bool_]:
        """Mark the columns that have no reason against them."""
        return self.terms["reason"].eq("").to_numpy()


def code_covariates(
    table: pd.DataFrame,
    covariates: Sequence[Covariate],
    *,
    event: npt.ArrayLike,
    products: Sequence[tuple[str, str]] = (),
) -> Coded:
    """Turn covariates into a design matrix of complete cases.

    Parameters
    ----------
    table
        One row per patient with a column per covariate.
    covariates
        The factors, in order.
    event
        Whether each patient has the event, to count them by level.
    products
        Pairs of covariate names whose interaction is added: one column per pair of their columns.

    Returns
    -------
    Coded
        Design, terms and the patients kept. A level without patients, a factor with one level and a
        column that the others determine keep their row with a reason.

    Raises
    ------
    CohortError
        If a covariate is not a column, or a linear one holds text.
    """
    blocks = [_code_one(table, covariate) for covariate in covariates]
    index = {covariate.name: place for place, covariate in enumerate(covariates)}
    blocks += [_multiply(blocks[index[one]], blocks[index[other]]) for one, other in products]
    owner = np.repeat(np.arange(len(blocks)), [len(terms) for _, terms in blocks])
    whole = np.column_stack([values for values, _ in blocks]) if blocks else np.zeros((len(table), 0))
    kept = np.asarray(np.isfinite(whole).all(axis=1))
    design, happened = whole[kept], np.asarray(event, dtype=bool)[kept]
    terms = pd.concat([terms for _, terms in blocks], ignore_index=True) if blocks else pd.DataFrame()
    terms = terms.reindex(columns=TERM_COLUMNS).assign(**_count_members(design, happened, terms))
    return Coded(design=design, terms=terms.assign(reason=_reasons(design, terms)), kept=kept, owner=owner)


def _code_one(table: pd.DataFrame, covariate: Covariate) -> tuple[npt.NDArray, pd.DataFrame]:
    if covariate.name not in table:
        raise CohortError(
            f"The model needs the column {covariate.name}.", "The table has no such column.", "Choose another factor."
        )
    values = table[covariate.name]
    if covariate.scale == "levels":
        return _code_levels(values, covariate)
    try:
        numbers = values.to_numpy(dtype=float, na_value=math.nan)
    except (TypeError, ValueError) as error:
        raise CohortError(
            f"{covariate.name} must be a number to have an effect per unit.",
            "It holds text.",
            "Compare its levels instead.",
        ) from error
    if covariate.scale == "doubling":
        numbers = np.log2(np.where(numbers > 0, numbers, math.nan))
    term = {"variable": covariate.name, "level": "", "reference_level": "", "scale": covariate.scale}
    per = 2.0 if covariate.scale == "doubling" else covariate.per
    step = 1.0 if covariate.scale == "doubling" else covariate.per
    return (numbers / step)[:, None], pd.DataFrame([term | {"per": per}])


def _code_levels(values: pd.Series, covariate: Covariate) -> tuple[npt.NDArray, pd.DataFrame]:
    categorical = isinstance(values.dtype, pd.CategoricalDtype)
    levels = list(covariate.levels or (values.cat.categories if categorical else sorted(values.dropna().unique())))
    reference = covariate.reference if covariate.reference is not None else (levels[0] if levels else "")
    others = [level for level in levels if level != reference]
    member = values.astype(object).to_numpy()
    known = pd.Series(member).isin(levels).to_numpy()
    columns = [np.where(known, (member == level).astype(float), math.nan) for level in others]
    rows = [
        {"variable": covariate.name, "level": str(level), "reference_level": str(reference), "scale": "levels"}
        for level in others
    ]
    if not others:  # one level: keep a row that can say so
        columns = [np.where(known, 0.0, math.nan)]
        rows = [{"variable": covariate.name, "level": "", "reference_level": str(reference), "scale": "levels"}]
    return np.column_stack(columns), pd.DataFrame(rows).assign(per=1.0)


def _multiply(
    one: tuple[npt.NDArray, pd.DataFrame], other: tuple[npt.NDArray, pd.DataFrame]
) -> tuple[npt.NDArray, pd.DataFrame]:
    columns, rows = [], []
    for i, first in one[1].iterrows():
        for j, second in other[1].iterrows():
            columns.append(one[0][:, i] * other[0][:, j])
            names = {name: f"{first[name]} × {second[name]}" for name in ("variable", "level", "reference_level")}
            rows.append(names | {"scale": "product", "per": float(first["per"] * second["per"])})
    return np.column_stack(columns), pd.DataFrame(rows)


def _count_members(design: npt.NDArray, happened: npt.NDArray, terms: pd.DataFrame) -> dict[str, npt.NDArray]:
    """Count patients and events: of the level for levels, of everyone otherwise."""
    inside = (design != 0) | (terms["scale"].to_numpy() != "levels" if len(terms) else np.zeros(0, dtype=bool))
    return {"n": inside.sum(axis=0), "n_event": (inside & happened[:, None]).sum(axis=0)}


def _reasons(design: npt.NDArray, terms: pd.DataFrame) -> list[str]:
    """Say which columns cannot be used: no patients, one value, or determined (almost) by those before."""
    if not len(design):
        return ["not estimable: no patients with all values known"] * design.shape[1]
    size = np.abs(design).max(axis=0)
    constant = np.ptp(design, axis=0) <= _CONSTANT * size
    centred = np.where(constant, 0.0, design - design.mean(axis=0))
    whole = ~terms["variable"].duplicated(keep=False).to_numpy() & terms["scale"].ne("product").to_numpy()
    spare = find_redundant(centred)
    near = find_redundant(centred, np.where(whole, _COLLINEAR, _DETERMINED))
    return [
        _one_value(terms.iloc[number], size[number]) if constant[number]
        else "not estimable: the factors before it determine it" if spare[number]
        else "not estimable beside the factors before it: they all but determine it" if near[number]
        else ""
        for number in range(design.shape[1])
    ]  # fmt: skip


def find_redundant(centred: npt.NDArray[np.float64], limit: npt.ArrayLike = _DETERMINED) -> npt.NDArray[np.bool_]:
    """Mark the columns that are 0 or a mixture of the columns before them, up to a share of their variance."""
    least = np.broadcast_to(np.asarray(limit, dtype=float), centred.shape[1:])
    length = np.sqrt((centred**2).sum(axis=0))
    scaled = centred / np.where(length > 0, length, 1.0)
    products, kept = scaled.T @ scaled, np.zeros(0, dtype=np.intp)
    for place in range(centred.shape[1]):
        across = products[kept, place]
        left = products[place, place] - across @ np.linalg.solve(products[np.ix_(kept, kept)], across)
        if left > least[place]:
            kept = np.append(kept, place)
    return ~np.isin(np.arange(centred.shape[1]), kept)


def _one_value(term: pd.Series, size: float) -> str:
    if term["scale"] != "levels":
        return "not estimable: the same value in every patient"
    if not term["level"]:
        return "not estimable: one level only"
    return f"not estimable: {'no patients at this level' if size == 0 else 'one level only'}"
