"""Does the endpoint come sooner once tacrolimus has begun, its wait not credited to it (immortal time)?"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from analysis.clock import RITUXIMAB, start_in_use, tacrolimus_begin
from analysis.estimators.exposure import fit_exposure
from analysis.outcomes.endpoints import ALL_ENDPOINT_LABELS
from analysis.remission.answers import ExposureResult
from analysis.remission.records import of_group
from analysis.results import Estimate, Method
from analysis.study import View

if TYPE_CHECKING:
    from analysis.remission.description import RemissionResult

GROUP_COLUMNS = ["group", "n", "n_begun", "n_in_time", "first_month", "last_month"]
FROM_REMISSION = "not estimated: the clock of this endpoint starts at the remission, that of tacrolimus at treatment"


def describe_exposure(view: View, result: RemissionResult) -> ExposureResult:
    """Estimate the hazard ratio after against before the beginning of tacrolimus.

    Parameters
    ----------
    view
        The selected patients.
    result
        From ``describe_remission``: its records are used.

    Returns
    -------
    ExposureResult
        A patient counts as without tacrolimus until the day it began; where it began after the event it
        never counts. Competing events count as censoring. ``known`` is False where no beginning is, and where
        the clock starts elsewhere than at the first rituximab.

    Notes
    -----
    The beginning is the first dose of tacrolimus with a day, else ``tac_start_month``. Estimator and the
    software that agrees: ``analysis.estimators.exposure``. Source: domain.md 3.4 (time-varying exposure).
    """
    table = result.records.assign(begin=result.records["patient_id"].map(tacrolimus_begin(view.cohort)).astype(float))
    rows = table[table["at_risk"]]
    if result.start != "remission":
        ratio = fit_exposure(rows["time"], rows["event"], rows["begin"])
    else:
        ratio = Estimate(n=len(rows), reason=FROM_REMISSION)
    if not rows["begin"].notna().any():
        ratio = replace(Estimate(n=len(rows)), reason="not estimated: no patient at risk has a day on which it began")
    return ExposureResult(
        groups_begun=pd.DataFrame([_begun(table, group) for group in view.groups], columns=GROUP_COLUMNS),
        ratio=ratio,
        known=start_in_use(view) == RITUXIMAB and bool(table["begin"].notna().any()),
        endpoint=view.spec.endpoint,
        groups=view.groups,
        method=_method(view),
        notes=(),
    )


def _begun(table: pd.DataFrame, group: str) -> list[object]:
    own = of_group(table, group)
    begin = own["begin"].dropna()
    in_time = int((own["begin"] < own["time"]).sum())
    first, last = (float(begin.min()), float(begin.max())) if len(begin) else (math.nan, math.nan)
    return [group, len(own), len(begin), in_time, first, last]


def _method(view: View) -> Method:
    sentence = (
        f"{ALL_ENDPOINT_LABELS[view.spec.endpoint]}: Cox model with tacrolimus as an exposure that changes during "
        "follow-up (Efron ties, Wald interval). Each patient counts as not yet exposed until the day it began and as "
        "exposed from then on, whatever group the patient is in and whether or not it was stopped; competing events "
        "count as censoring. Who is given tacrolimus is the physician's choice: the ratio is not adjusted for it."
    )
    references = ("Suissa, Am J Epidemiol 2008;167:492-9",)
    return Method(name="Tacrolimus as a time-varying exposure", sentence=sentence, references=references)
