"""Which factors go with reaching the event sooner (Cox model)?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.estimators.coding import Coded, Covariate, code_covariates
from analysis.estimators.concordance import estimate_concordance
from analysis.estimators.factor_fit import (
    NO_SPREAD,
    FactorFit,
    blank_terms,
    fill_terms,
    judge_events,
    name_separated,
    note_separation,
    ratio_test,
    wald_numbers,
    without_absurd,
)
from analysis.estimators.firth import maximise_penalised
from analysis.estimators.incidence import Flags, Floats, check_times
from analysis.estimators.partial_likelihood import RiskSets, arrange, evaluate, information, maximise
from analysis.estimators.proportional import check_proportional_hazards
from analysis.estimators.separation import find_separation
from analysis.results import Method, Note

Penalty = Literal["when separated", "always", "never"]

COX = Method(
    name="Cox regression",
    sentence="Cox proportional hazards regression, Efron handling of ties, Wald intervals.",
    references=("Cox, J R Stat Soc B 1972;34:187-220", "Efron, J Am Stat Assoc 1977;72:557-65"),
)
FIRTH = Method(
    name="Penalised Cox regression",
    sentence="Cox proportional hazards regression with Firth's penalty, Efron handling of ties, "
    "profile penalised likelihood intervals and tests.",
    references=("Heinze and Schemper, Biometrics 2001;57:114-9",),
)
UNSEEN = "not estimable: does not vary among the patients at risk at the events"

_FLAT = 1e-9  # share of its own information below which a column is determined by those before


def fit_cox(
    table: pd.DataFrame,
    covariates: Sequence[Covariate],
    *,
    products: Sequence[tuple[str, str]] = (),
    penalty: Penalty = "when separated",
    conf_level: float = 0.95,
) -> FactorFit:
    """Fit a Cox model of the hazard of the event.

    Parameters
    ----------
    table
        One row per patient: ``time`` (months), ``event`` and a column per covariate.
    covariates
        Factors and their units; patients with a missing value are left out and counted.
    products
        Pairs of covariate names whose interaction is added.
    penalty
        Firth's penalty where events are separated ("when separated"), for every fit, or not at all.
    conf_level
        Two-sided confidence level.

    Returns
    -------
    FactorFit
        Terms, likelihood-ratio test, concordance and tests of proportional hazards. NaN and a reason
        where nothing can be fitted: no events, fewer than 5 events per coefficient (unless
        ``penalty="always"``), one level, separation without penalty.

    Raises
    ------
    CohortError
        If a time is negative or missing, or a covariate is not a usable column.

    Notes
    -----
    Hazard ratio below 1: the event comes later or more rarely. Newton's method to a relative change of
    1e-12. Agrees with R survival 3.5-3 ``coxph(ties = "efron")`` to 1e-8 and with lifelines to its own
    tolerance. Separation is looked for before the fit. With tied events it also counts when the events of
    each visit are separated from those without: the plain ratio is then finite by the ties alone.
    """
    times, event, _ = check_times(table["time"], table["event"], None)
    coded = code_covariates(table, covariates, event=event, products=products)
    times, event = times[coded.kept], event[coded.kept]
    coded, sets = _arranged(coded, times, event)
    blank = _blank(coded, event, conf_level)
    reason, notes = judge_events(blank.n_event, int(coded.usable().sum()))
    if blank.n_event and not _any_spread(times, event):
        return replace(blank, terms=blank_terms(coded, NO_SPREAD), reason=NO_SPREAD)
    if sets is None or (reason and penalty != "always"):
        return replace(blank, terms=blank_terms(coded, reason), reason=reason)
    if reason:
        notes = (Note(code="EPV", text=f"{reason.removeprefix('not fitted: ')}; the penalised fit is a guide only."),)
    separated, by_ties_only = _separated(coded, times, event)
    if by_ties_only and penalty == "never":
        notes, separated = (*notes, _note_ties(separated, "do not read its size")), ()
    if separated and penalty == "never":
        reason = f"not estimable: events are separated by {', '.join(separated)}"
        return replace(blank, terms=blank_terms(coded, reason), reason=reason, separated=separated)
    if separated:
        shown = "Firth's penalised fit is shown"
        notes = (*notes, _note_ties(separated, shown) if by_ties_only else note_separation(separated, shown))
    if separated or penalty == "always":
        return replace(_penalised(blank, coded, sets, times), separated=separated, notes=notes)
    return replace(_plain(blank, coded, sets, times), notes=notes)


def _any_spread(times: Floats, event: Flags) -> bool:
    """Say whether at any event someone at risk stayed without it: ties alone tell nothing of the factors."""
    return bool((~event & (times >= times[event].min())).any()) or np.unique(times[event]).size > 1


def _separated(coded: Coded, times: Floats, event: Flags) -> tuple[tuple[str, ...], bool]:
    """Name what separates events; True where only events tied with each other keep the effect finite."""
    design = coded.design[:, coded.usable()]
    found = name_separated(coded, find_separation(times, event, design, ties_compete=True))
    if found or np.unique(times[event]).size == event.sum():
        return found, False
    found = name_separated(coded, find_separation(times, event, design, ties_compete=False))
    return found, bool(found)


def _note_ties(separated: tuple[str, ...], cure: str) -> Note:
    """Say that the visits alone would give no finite effect."""
    text = (
        f"At each visit the events are separated from the others by: {', '.join(separated)}. A plain ratio is finite "
        f"only because events of one visit are compared with each other; {cure}."
    )
    return Note(code="SEPARATION", text=text)


def _blank(coded: Coded, event: Flags, conf_level: float) -> FactorFit:
    missing = int((~coded.kept).sum())
    n, n_event = int(event.size), int(event.sum())
    # every way out of the fit puts its own terms in place of these
    return FactorFit(terms=coded.terms, method=COX, conf_level=conf_level, n=n, n_event=n_event, n_missing=missing)


def _arranged(coded: Coded, times: Floats, event: Flags) -> tuple[Coded, RiskSets | None]:
    """Arrange the risk sets; give a reason to columns about which none of them says anything."""
    usable = np.flatnonzero(coded.usable())
    if not usable.size or not event.any():
        return coded, None
    sets = arrange(times, event, coded.design[:, usable])
    inside = information(sets, evaluate(sets, np.zeros(usable.size)))
    kept: list[int] = []
    for place in range(usable.size):
        across = inside[np.ix_(kept, [place])][:, 0]
        left = inside[place, place] - across @ np.linalg.solve(inside[np.ix_(kept, kept)], across)
        if left > _FLAT * event.sum():
            kept.append(place)
    unseen = coded.terms.index.isin(np.delete(usable, kept))
    coded = replace(coded, terms=coded.terms.assign(reason=coded.terms["reason"].mask(unseen, UNSEEN)))
    return coded, replace(sets, design=sets.design[:, kept], scale=sets.scale[kept]) if kept else None


def _plain(blank: FactorFit, coded: Coded, sets: RiskSets, times: Floats) -> FactorFit:
    found = maximise(sets)
    spread = np.sqrt(np.diag(np.linalg.inv(found.information)))
    numbers = wald_numbers(found.beta / sets.scale, spread / sets.scale, blank.conf_level)
    return replace(
        _describe(blank, coded, sets, found.beta, times),
        terms=without_absurd(fill_terms(coded, numbers), coded, found.beta, "the effect"),
        log_likelihood=found.value,
        overall=ratio_test(found.value, found.null_value, found.beta.size, blank.n),
    )


def _penalised(blank: FactorFit, coded: Coded, sets: RiskSets, times: Floats) -> FactorFit:
    found = maximise_penalised(sets, conf_level=blank.conf_level)
    spread = np.sqrt(np.diag(np.linalg.inv(found.information)))
    numbers = wald_numbers(found.beta / sets.scale, spread / sets.scale, blank.conf_level)
    limits = {"conf_low": np.exp(found.conf_low / sets.scale), "conf_high": np.exp(found.conf_high / sets.scale)}
    numbers = numbers.assign(statistic=found.statistic, p_value=found.p_value, **limits)
    terms = without_absurd(fill_terms(coded, numbers), coded, found.beta, "even the penalised effect")
    return replace(
        _describe(blank, coded, sets, found.beta, times),
        terms=terms,
        method=FIRTH,
        penalised=True,
        log_likelihood=found.value + float(np.log(sets.scale).sum()),  # on the covariates' own scale
        overall=ratio_test(found.value, found.null_value, found.beta.size, blank.n),
    )


def _describe(blank: FactorFit, coded: Coded, sets: RiskSets, beta: Floats, times: Floats) -> FactorFit:
    """Add concordance and the tests of proportional hazards."""
    names: npt.NDArray[np.object_] = coded.terms.loc[coded.usable(), "variable"].to_numpy(dtype=object)
    score, event = np.empty(times.size), np.empty(times.size, dtype=bool)
    score[sets.order], event[sets.order] = sets.design @ beta, sets.event
    return replace(
        blank,
        df=int(beta.size),
        concordance=estimate_concordance(times, event, score, conf_level=blank.conf_level),
        checks=check_proportional_hazards(sets, beta, times, names),
    )
