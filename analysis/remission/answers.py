"""What does each question about remission give back? Frozen results made of tidy frames."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.results import Estimate, Method, Note


@dataclass(frozen=True, kw_only=True, eq=False)
class EffectResult:
    """How large the difference between the groups is, in the measures a reader may ask for.

    hazard_ratios
        One row per model ("cox", "grouped") and compared group: ``model``, ``group``,
        ``reference_group``, ``hazard_ratio``, ``conf_low``, ``conf_high``, ``p_value``, ``penalised``,
        ``n``, ``n_event``, ``reason``. Above 1: the group reaches the endpoint sooner.
    proportional
        Score test that the Cox hazard ratio stays the same along the follow-up.
    restricted_means
        One row per group: ``group``, ``n``, ``estimate`` (mean months without the event to the
        horizon), ``conf_low``, ``conf_high``, ``reason``.
    mean_differences
        One row per compared group: ``group``, ``reference_group``, ``estimate`` (months, group minus
        reference), ``conf_low``, ``conf_high``, ``p_value``, ``reason``.
    needed
        One row per compared group and visit: ``group``, ``reference_group``, ``time``, ``difference``,
        ``conf_low``, ``conf_high`` (of the difference), ``needed`` (patients, signed: above 0 for one
        more event in the group, below 0 for one fewer), ``needed_low``, ``needed_high`` (limits
        1/difference limits; they enclose infinity where ``through_infinity``), ``reason``.
    """

    hazard_ratios: pd.DataFrame
    proportional: Estimate
    restricted_means: pd.DataFrame
    mean_differences: pd.DataFrame
    needed: pd.DataFrame
    horizon: float
    endpoint: str
    groups: tuple[str, ...]
    reference_group: str | None
    method: Method
    notes: tuple[Note, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class ComparisonResult:
    """Whether the groups differ, by every test that can be asked for.

    tests
        One row per test: ``test`` (id), ``chosen``, ``method`` (printable name), ``statistic``, ``df``,
        ``p_value``, ``n``, ``reason``.
    pairs
        One row per pair of groups where there are more than two: ``group``, ``reference_group``, ``n``,
        ``statistic``, ``df``, ``p_value``, ``p_adjusted`` (Holm), ``method``, ``reason``.
    trend
        Test of a rate that rises or falls along the groups in the order shown; NaN and a reason with
        fewer than three groups.
    """

    tests: pd.DataFrame
    pairs: pd.DataFrame
    trend: Estimate
    endpoint: str
    groups: tuple[str, ...]
    reference_group: str | None
    method: Method
    notes: tuple[Note, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class LandmarkResult:
    """The curves of those still without the event and in care at a landmark, the clock restarted there.

    losses
        One row per group: ``group``, ``n`` (at risk at time 0), ``n_event``, ``n_competing``,
        ``n_censor`` (left at or before the landmark), ``n_left`` (under observation at the landmark),
        ``n_late`` (under observation only after it), ``patient_ids`` (those lost).
    curves
        ``group`` and the columns of ``estimate_curve``; ``time`` in months after the landmark.
    values
        One row per group and visit after the landmark: ``group``, ``month`` (since time 0), ``time``
        (since the landmark), ``n_risk``, ``estimate``, ``conf_low``, ``conf_high``, ``reason``.
    differences
        One row per compared group and visit: ``group``, ``reference_group``, ``month``, ``time``,
        ``estimate``, ``conf_low``, ``conf_high``, ``reason``.
    """

    month: float
    losses: pd.DataFrame
    curves: pd.DataFrame
    values: pd.DataFrame
    differences: pd.DataFrame
    test: Estimate
    endpoint: str
    groups: tuple[str, ...]
    reference_group: str | None
    method: Method
    notes: tuple[Note, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class ExposureResult:
    """The ratio after against before the beginning of a treatment that starts during follow-up.

    groups_begun
        One row per group: ``group``, ``n`` (at risk at time 0), ``n_begun`` (with a month in which it
        began), ``n_in_time`` (of them, before their own last time), ``first_month``, ``last_month``.
    ratio
        Hazard ratio, exposed over not yet exposed. ``known``: any patient has a month in which it began.
    """

    groups_begun: pd.DataFrame
    ratio: Estimate
    known: bool
    endpoint: str
    groups: tuple[str, ...]
    method: Method
    notes: tuple[Note, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class IntervalResult:
    """The incidence when an event is only known to lie between two visits (Turnbull).

    cells
        One row per group and cell of time that can hold an event: ``group``, ``low``, ``high`` (months,
        the event lies in (low, high]; ``high`` infinite for mass never seen to be an event), ``mass``,
        ``estimate`` (incidence 0-1 at ``high``), ``n``, ``reason``.
    values
        One row per group and visit: ``group``, ``time``, ``estimate``, ``conf_low``, ``conf_high``
        (percentile bootstrap), ``step_estimate`` (the step-at-visit curve), ``reason``.
    """

    cells: pd.DataFrame
    values: pd.DataFrame
    n_replicates: int
    endpoint: str
    groups: tuple[str, ...]
    method: Method
    notes: tuple[Note, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class StatesResult:
    """In which state the patients were at each planned visit, and how many months they spent there.

    shares
        One row per group, month and status (CR, PR, NR, NE, gone): ``group``, ``month``, ``status``,
        ``n``, ``n_total`` (all members of the group), ``patient_ids``.
    reasons
        One row per group, month, status (NE, gone) and reason: ``group``, ``month``, ``status``,
        ``reason``, ``n``, ``patient_ids``.
    occupancy
        One row per group, visit (0 included) and state (CR, PR, NR, ended): ``group``, ``time``,
        ``state``, ``estimate`` (0-1; the states of one visit add up to 1), ``n_observed``,
        ``n_followed``, ``reason``. A state lasts from its visit to the next: draw steps.
    months
        One row per group and kind ("remission": CR or PR, "complete": CR): ``kind``, ``group``, ``n``,
        ``estimate`` (mean months to the horizon), ``conf_low``, ``conf_high``, ``reason``.
    months_differences
        One row per kind and compared group: ``kind``, ``group``, ``reference_group``, ``estimate``
        (months), ``conf_low``, ``conf_high`` (bootstrap), ``reason``.
    """

    shares: pd.DataFrame
    reasons: pd.DataFrame
    occupancy: pd.DataFrame
    months: pd.DataFrame
    months_differences: pd.DataFrame
    horizon: float
    groups: tuple[str, ...]
    reference_group: str | None
    method: Method
    notes: tuple[Note, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class RelapseResult:
    """How often patients relapsed, and what their B cells did.

    rates
        One row per group and denominator ("remission": years in remission, "followup": years since the
        first infusion): ``group``, ``denominator``, ``n``, ``n_remitted``, ``n_relapsed``,
        ``n_relapses``, ``patient_years``, ``estimate`` (per patient-year), ``conf_low``, ``conf_high``
        (exact), ``patient_ids``, ``reason``.
    bcells
        One row per group and event ("depletion", "reconstitution"): ``group``, ``event``, ``n`` (seen),
        ``n_dated``, ``n_total`` (at risk), ``n_unknown`` (of
        them without a count after treatment), ``median_days``, ``q1_days``, ``q3_days`` (days from the
        first infusion), ``patient_ids``, ``reason``.
    depletion
        One row per group, B-cell state and relapse: ``group``, ``bcells``, ``relapse``, ``reason`` (why
        in no cell), ``n``, ``patient_ids``.
    """

    rates: pd.DataFrame
    bcells: pd.DataFrame
    depletion: pd.DataFrame
    groups: tuple[str, ...]
    method: Method
    notes: tuple[Note, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class ClassesResult:
    """Who responded by class of the disease, and who was off steroids.

    responses
        One row per class variable, level and kind ("complete": CR, "remission": CR or PR): ``variable``,
        ``label``, ``level``, ``kind``, ``n``, ``k``, ``n_before`` (of the k already there before
        treatment), ``conf_low``, ``conf_high`` (exact, 0-1), ``patient_ids`` of the k.
    tests
        One row per class variable and kind where the test is asked for: ``variable``, ``label``, ``kind``,
        ``n`` (with a recorded class), ``p_value``, ``method``, ``reason``.
    steroids
        One row per group: ``group``, ``n``, ``n_visit`` (any value at the visit at ``month``), ``n_known``
        (a dose there), ``n_free``, ``conf_low``, ``conf_high``, ``patient_ids`` of those free, ``reason``.
    """

    responses: pd.DataFrame
    tests: pd.DataFrame
    steroids: pd.DataFrame
    month: float
    groups: tuple[str, ...]
    method: Method
    notes: tuple[Note, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class PartialResult:
    """Partial remission without complete remission (E3), never 1 - KM with complete remission censored.

    differences
        One row per group and visit: ``group``, ``time``, ``first`` (incidence of first remission),
        ``complete``, ``estimate`` (their difference), ``reason``: a difference of two curves.
    incidence
        One row per group, response (CR, PR) and visit: ``group``, ``response``, ``time``, ``n_risk``,
        ``estimate``, ``conf_low``, ``conf_high``, ``reason``: incidence of the best response by the
        horizon; it conditions on what comes later.
    curves
        ``group``, ``response`` and the columns of ``estimate_curve`` behind ``incidence``.
    """

    differences: pd.DataFrame
    incidence: pd.DataFrame
    curves: pd.DataFrame
    groups: tuple[str, ...]
    method: Method
    notes: tuple[Note, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class SensitivityResult:
    """The difference at the horizon under other definitions and conventions, one row each.

    rows
        One row per setting and compared group, the study's own first: ``setting`` (id), ``topic``
        ("as chosen", "definition", "attainment", "withdrawn", "rescue", "censoring", "landmark"), ``label``,
        ``group``, ``reference_group``, ``n``, ``group_estimate`` with ``group_low`` and ``group_high``,
        ``reference_estimate``, ``estimate`` (difference), ``conf_low``, ``conf_high``, ``reason``.
    in_use
        The study's own choices in words.
    """

    in_use: str
    rows: pd.DataFrame
    horizon: float
    endpoint: str
    groups: tuple[str, ...]
    reference_group: str | None
    method: Method
    notes: tuple[Note, ...]
