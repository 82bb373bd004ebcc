"""What does every model of factors give back, and when are there too few events to fit one?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import chdtrc, ndtr, ndtri

from analysis.estimators.coding import TERM_COLUMNS, Coded
from analysis.estimators.incidence import Floats
from analysis.results import Estimate, Method, Note

NUMBER_COLUMNS = ["estimate", "std_error", "hazard_ratio", "conf_low", "conf_high", "statistic", "p_value"]
FIT_COLUMNS = [*TERM_COLUMNS[:-1], *NUMBER_COLUMNS, "reason"]
NO_SPREAD = "not estimable: at no visit did some patients have the event and others not"
BEYOND_WORDS = "not estimable: it sorts the events so well"
SORTS = BEYOND_WORDS + " that {effect} has no useful size"
BEYOND = np.log(1_000)  # log hazard ratio per standard deviation beyond which an effect is not shown
TOO_FEW, FEW = 5, 10  # domain.md 3.4: events per variable below 5 blocked, 5 to 10 with a warning


@dataclass(frozen=True, kw_only=True, eq=False)
class FactorFit:
    """A model of factors associated with reaching the event.

    ``terms`` has one row per column of the model: ``variable``, ``level``, ``reference_level``,
    ``scale``, ``per`` (units of one step), ``n``, ``n_event``, ``estimate`` (log hazard ratio),
    ``std_error``, ``hazard_ratio`` with ``conf_low`` and ``conf_high``, ``statistic`` (chi-square),
    ``p_value``, ``reason``. ``checks`` holds the tests of proportional hazards, ``overall`` the
    likelihood-ratio test against no factor; ``reason`` says why there is no model, ``separated`` names
    the factors no plain model could fit.
    """

    terms: pd.DataFrame
    method: Method
    n: int
    n_event: int
    n_missing: int
    conf_level: float = 0.95
    log_likelihood: float = math.nan
    df: int = 0
    penalised: bool = False
    separated: tuple[str, ...] = ()
    overall: Estimate = field(default_factory=Estimate)
    concordance: Estimate = field(default_factory=Estimate)
    checks: pd.DataFrame = field(default_factory=pd.DataFrame)
    reason: str = ""
    notes: tuple[Note, ...] = ()


def judge_events(n_event: int, n_terms: int) -> tuple[str, tuple[Note, ...]]:
    """Give the reason not to fit, if any, and the caution that goes with few events per variable."""
    if not n_terms:
        return "not estimable: no factor that can be used", ()
    if n_event == 0:
        return "not estimable: no events", ()
    share = n_event / n_terms
    counts = f"{n_event} events for {n_terms} {'coefficient' if n_terms == 1 else 'coefficients'}"
    if share < TOO_FEW:
        return f"not fitted: {counts}; at least {TOO_FEW} events per coefficient are needed", ()
    if share < FEW:
        text = f"{counts}, fewer than {FEW} each: effects may be exaggerated and intervals too narrow."
        return "", (Note(code="EPV", text=text),)
    return "", ()


def name_separated(coded: Coded, marked: npt.NDArray[np.bool_]) -> tuple[str, ...]:
    """Name the columns among the usable ones that separate events from non-events, and how."""
    found = coded.terms[coded.usable()].loc[marked]
    names = []
    for row in found.itertuples():
        label = f"{row.variable} {row.level}".strip()
        names.append(f"{label} (no events)" if row.scale == "levels" and row.n_event == 0 else label)
    return tuple(names)


def note_separation(separated: Sequence[str], cure: str) -> Note:
    """Say that no finite effect exists and what was done."""
    text = f"Events and non-events are separated by: {', '.join(separated)}. No plain effect is finite; {cure}."
    return Note(code="SEPARATION", text=text)


def blank_terms(coded: Coded, reason: str) -> pd.DataFrame:
    """Give every term NaN and a reason: its own, or that of the model."""
    why = coded.terms["reason"].where(~coded.usable(), reason)
    return coded.terms.assign(**dict.fromkeys(NUMBER_COLUMNS, math.nan), reason=why)[FIT_COLUMNS]


def fill_terms(coded: Coded, numbers: pd.DataFrame) -> pd.DataFrame:
    """Give the usable terms their numbers, in order, and the others NaN and their reason."""
    terms, usable = blank_terms(coded, ""), coded.usable()
    columns = {name: np.full(len(terms), math.nan) for name in NUMBER_COLUMNS}
    for name, column in columns.items():
        column[usable] = numbers[name].to_numpy(dtype=float)
    return terms.assign(**columns)


def without_absurd(terms: pd.DataFrame, coded: Coded, per_deviation: Floats, effect: str) -> pd.DataFrame:
    """Put a reason in place of effects too large to be read, given as log hazard ratios per standard deviation."""
    absurd = np.zeros(len(terms), dtype=bool)
    absurd[coded.usable()] = np.abs(per_deviation) > BEYOND
    terms.loc[absurd, NUMBER_COLUMNS], terms.loc[absurd, "reason"] = np.nan, SORTS.format(effect=effect)
    return terms


def wald_numbers(estimate: Floats, std_error: Floats, conf_level: float) -> pd.DataFrame:
    """Give hazard ratios with Wald intervals and tests."""
    width, z = ndtri((1 + conf_level) / 2) * std_error, estimate / std_error
    return pd.DataFrame(
        {
            "estimate": estimate,
            "std_error": std_error,
            "hazard_ratio": np.exp(estimate),
            "conf_low": np.exp(estimate - width),
            "conf_high": np.exp(estimate + width),
            "statistic": z**2,
            "p_value": 2 * ndtr(-np.abs(z)),
        }
    )


def compare_nested(full: FactorFit, reduced: FactorFit) -> Estimate:
    """Compare two models of the same patients, one inside the other, by their likelihood ratio.

    Parameters
    ----------
    full, reduced
        Fits of the same kind to the same patients, the second with some of the terms of the first.

    Returns
    -------
    Estimate
        ``statistic`` (chi-square), ``df``, ``p_value``; NaN and a reason where a model is missing,
        penalised, or made of other patients.
    """
    reason = full.reason or reduced.reason
    if not reason and (full.penalised or reduced.penalised):
        reason = "not computable: a penalised model has no plain likelihood"
    if not reason and (full.n, full.n_event) != (reduced.n, reduced.n_event):
        reason = "not computable: the models are made of different patients"
    if not reason and full.df <= reduced.df:
        reason = "not computable: the larger model adds nothing that can be estimated"
    blank = Estimate(n=full.n, method="likelihood-ratio test", reason=reason)
    return blank if reason else ratio_test(full.log_likelihood, reduced.log_likelihood, full.df - reduced.df, full.n)


def ratio_test(log_likelihood: float, null_value: float, df: int, n: int) -> Estimate:
    """Test a log-likelihood against that of the smaller model."""
    statistic = max(2 * (log_likelihood - null_value), 0.0)
    return Estimate(
        n=n, method="likelihood-ratio test", statistic=statistic, df=df, p_value=float(chdtrc(df, statistic))
    )
