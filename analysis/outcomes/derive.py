"""Which remission status did each patient have at each visit?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from analysis.cohort.model import Cohort
from analysis.cohort.visits import DAYS_PER_MONTH, assign_visits
from analysis.outcomes.classify import NONE, NOT_EVALUABLE, PARTIAL, classify
from analysis.outcomes.rules import RemissionRule, limits_of

FUNCTION_WINDOW_DAYS = 45.0  # domain.md A8
DISAGREE = "24-h protein and protein/creatinine disagree"

VALUES = ("prot", "alb", "scr", "egfr")
OTHERS = (
    "status", "at_least", "measure", "prot", "prot_qualifier", "base_prot", "peak_prot", "prot_below_cr", "range",
    "drop",
)  # fmt: skip
LAB_NAMES = {"albumin_g_l": "alb", "scr_umol_l": "scr", "egfr": "egfr"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcomes:
    """Remission status of every patient of the cohort.

    visits
        One row per patient and visit after baseline: ``patient_id``, ``month`` (nominal, NaN on the
        actual-day axis), ``day``, ``time`` (months on the chosen axis), the values used (``prot``,
        ``prot_qualifier``, ``alb``, ``scr``, ``egfr``, each with the ``_day`` it was measured on, their
        ``base_`` values and ``peak_prot``), the ``measure`` the urine protein comes from, and the columns
        of ``classify``. Where two measures disagree, the columns are those of 24-h protein and
        ``_other`` ones (status, at_least, prot, its base and peak, its criteria) those of the ratio.
    baseline
        One row per patient with a baseline visit: the same columns at month 0.
    """

    rule: RemissionRule
    time_axis: str
    visits: pd.DataFrame
    baseline: pd.DataFrame


def derive_outcomes(
    cohort: Cohort,
    rule: RemissionRule,
    *,
    schedule: tuple[float, ...],
    time_axis: Literal["nominal", "actual"],
) -> Outcomes:
    """Classify every visit of a cohort by one remission rule.

    On the nominal axis a visit is a nominal month of ``schedule`` (windows of domain.md 1.2); on the
    actual axis every day with a urine protein or albumin. Kidney function missing at a visit is
    taken from the nearest record after treatment began within 45 days (A8); nothing else is ever
    taken from another visit. A rule that accepts either urine measure classifies both series of a
    patient who has both, and calls the visit not evaluable where they disagree.

    The peak a fall is measured from is ``upcr_peak_g_g`` where the file gives it, else the baseline
    value, and never a value after treatment began (A10). Only a rule with "running_peak" raises it
    by the measured values up to each visit; it stays unknown where baseline is unknown.
    """
    if '"upcr_rounding":"guideline"' in cohort.provenance.mapping.replace(" ", ""):
        rule = replace(rule, upcr_limits="exact")  # the values were converted that way; once is enough
    read = cohort.visits["variable"].isin([*measures_of(rule), *LAB_NAMES])
    assigned = assign_visits(cohort.visits[read], schedule)
    series = [
        _classified(cohort, assigned, rule, measure=measure, time_axis=time_axis) for measure in measures_of(rule)
    ]
    everything = series[0] if len(series) == 1 else _agreed(series[0], series[1])
    at_baseline = everything["time"] <= 0
    return Outcomes(
        rule=rule,
        time_axis=time_axis,
        visits=everything[~at_baseline].reset_index(drop=True),
        baseline=everything[at_baseline].reset_index(drop=True),
    )


def measures_of(rule: RemissionRule) -> tuple[str, ...]:
    """Name the urine measures a rule reads."""
    if rule.measure == "proteinuria_else_upcr":
        return ("proteinuria_g_24h", "upcr_g_g")
    return (rule.measure,)


def _classified(
    cohort: Cohort, assigned: pd.DataFrame, rule: RemissionRule, *, measure: str, time_axis: str
) -> pd.DataFrame:
    """Lay the values of one urine measure side by side, one row per visit, and classify them."""
    before = _side_by_side(assigned[assigned["nominal_month"] == 0], measure, visit_key="nominal_month")
    first = _seen(before)
    if time_axis == "nominal":
        later = _seen(_side_by_side(assigned[assigned["nominal_month"] > 0], measure, visit_key="nominal_month"))
    else:
        after = (cohort.visits["day"] > 0) & (cohort.visits["month"] != 0)
        later = _seen(_side_by_side(cohort.visits[after], measure, visit_key="day"))
    if rule.function_missing != "not_evaluable":
        later = _with_nearest_function(later, cohort.visits)
    visits = pd.concat([first, later], ignore_index=True)
    visits = visits.merge(_baseline_columns(before, cohort.patients, measure), on="patient_id", how="left")
    visits["time"] = visits["month"] if time_axis == "nominal" else visits["day"] / DAYS_PER_MONTH
    visits["time"] = visits["time"].mask(visits["month"] == 0, 0.0)
    visits = visits.assign(measure=measure).sort_values(["patient_id", "time"], kind="stable", ignore_index=True)
    marks = [name for name in visits if name.endswith("_qualifier")]
    visits[marks] = visits[marks].fillna("")
    if rule.pr_drop_from == "running_peak":
        visits = visits.assign(peak_prot=_running_peak(visits), peak_prot_qualifier="")
    return pd.concat(
        [visits, classify(visits, limits_of(rule, measure)).rename(columns={"prot": "prot_below_cr"})], axis=1
    )


def _side_by_side(records: pd.DataFrame, measure: str, *, visit_key: str) -> pd.DataFrame:
    """Turn long values into one row per patient and visit.

    The day of a visit is that of its urine protein, else of its albumin, else of another value.
    """
    names = {measure: "prot", **LAB_NAMES}
    wanted = records[records["variable"].isin(names)]
    patient, patients = pd.factorize(wanted["patient_id"])
    visit, visits = pd.factorize(wanted[visit_key], sort=True)
    keys, row = np.unique(patient * np.int64(max(len(visits), 1)) + visit, return_inverse=True)
    table = pd.DataFrame({"patient_id": patients[keys // max(len(visits), 1)]}, index=range(len(keys)))
    table["month"] = np.nan if visit_key == "day" else visits[keys % max(len(visits), 1)].astype(float)
    table["day"] = np.nan
    for name, column in reversed(names.items()):
        here = (wanted["variable"] == name).to_numpy()
        table[column], table[f"{column}_qualifier"], table[f"{column}_day"] = np.nan, "", np.nan
        places = row[here]
        table.loc[places, [column, "day"]] = wanted.loc[here, ["value", "day"]].to_numpy(dtype=float)
        table.loc[places, f"{column}_day"] = wanted.loc[here, "day"].to_numpy(dtype=float)
        table.loc[places, f"{column}_qualifier"] = wanted.loc[here, "qualifier"].to_numpy()
    ends = ("", "_qualifier", "_day")
    columns = ["patient_id", "month", "day", *(f"{name}{end}" for name in VALUES for end in ends)]
    return table[columns]


def _seen(visits: pd.DataFrame) -> pd.DataFrame:
    """Keep the visits with urine protein or albumin; kidney function alone makes no visit."""
    return visits[visits["prot"].notna() | visits["alb"].notna()].reset_index(drop=True)


def _baseline_columns(before: pd.DataFrame, patients: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Give everyone's values before treatment, alone ones too, and the peak a fall is measured from."""
    names = [f"{name}{end}" for name in VALUES for end in ("", "_qualifier")]
    base = before.set_index("patient_id")[names].add_prefix("base_")
    base = base.reindex(pd.Index(patients["patient_id"], name="patient_id")).reset_index()
    if "sex" in patients:
        base = base.assign(sex=base["patient_id"].map(patients.set_index("patient_id")["sex"]).astype(object))
    peak, limit = base["base_prot"], base["base_prot_qualifier"]
    if measure == "upcr_g_g" and "upcr_peak_g_g" in patients:
        given = pd.to_numeric(
            base["patient_id"].map(patients.set_index("patient_id")["upcr_peak_g_g"]), errors="coerce"
        )
        peak, limit = given.fillna(peak), limit.mask(given.notna(), "")
    return base.assign(peak_prot=peak, peak_prot_qualifier=limit)


def _running_peak(visits: pd.DataFrame) -> pd.Series:
    """Give the highest urine protein up to each visit, the peak before treatment included.

    A limit of detection leaves the peak unknown while the true value could lie above it.
    """
    patient, qualifier = visits["patient_id"], visits["prot_qualifier"]
    before = visits["peak_prot"].where(visits["peak_prot_qualifier"] == "")
    measured = visits["prot"].where(qualifier == "")
    peak = np.fmax(before, measured.groupby(patient).cummax().groupby(patient).ffill())
    limit = visits["prot"].where(qualifier == "lt").groupby(patient).cummax().groupby(patient).ffill()
    above = (qualifier == "gt").groupby(patient).cummax()
    return peak.mask(before.isna() | (limit > peak) | above)


def _with_nearest_function(visits: pd.DataFrame, records: pd.DataFrame) -> pd.DataFrame:
    """Fill creatinine (where no kidney function was measured) and eGFR from the nearest record within 45 days."""
    unmeasured = visits["scr"].isna() & visits["egfr"].isna()
    filled = visits.copy()
    for column, name, asked in (("scr", "scr_umol_l", unmeasured), ("egfr", "egfr", visits["egfr"].isna())):
        found = _nearest(visits[asked], records, name)
        filled.loc[asked, column] = found["value"]
        filled.loc[asked, f"{column}_qualifier"] = found["qualifier"].fillna("")
        filled.loc[asked, f"{column}_day"] = found["record_day"]
    return filled


def _nearest(visits: pd.DataFrame, records: pd.DataFrame, variable: str) -> pd.DataFrame:
    asked = visits[["patient_id", "day"]].dropna().sort_values("day", kind="stable")
    known = records[(records["variable"] == variable) & (records["day"] > 0)]
    known = known.loc[known["patient_id"].isin(asked["patient_id"]), ["patient_id", "day", "value", "qualifier"]]
    known = known.assign(record_day=known["day"]).dropna().sort_values("day", kind="stable")
    found = pd.merge_asof(
        asked.reset_index(), known, on="day", by="patient_id", direction="nearest", tolerance=FUNCTION_WINDOW_DAYS
    )
    return found.set_index("index")[["value", "qualifier", "record_day"]].reindex(visits.index)


def _agreed(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Join the classifications by two urine measures: the evaluable one, or neither if they disagree."""
    keys = ["patient_id", "time"]
    first_decided, second_decided = (table["status"] != NOT_EVALUABLE for table in (first, second))
    both = first.merge(second, on=keys, suffixes=("", "_other"))
    decided_both = both["status"].ne(NOT_EVALUABLE) & both["status_other"].ne(NOT_EVALUABLE)
    partial_against_none = both["at_least"].eq(PARTIAL) & both["status_other"].eq(NONE)
    none_against_partial = both["status"].eq(NONE) & both["at_least_other"].eq(PARTIAL)
    differ = decided_both & both["status"].ne(both["status_other"])
    clash = both[differ | partial_against_none | none_against_partial]
    tables = ((first, first_decided), (second, second_decided))
    decided = [table[known] for table, known in tables]
    measured = [table[~known & table["prot"].notna()] for table, known in tables]
    rest = [table[~known & table["prot"].isna()] for table, known in tables]
    preferred = pd.concat([*decided, *measured, *rest])
    says = {"status_here": clash["status"], "at_least_here": clash["at_least"]}
    clash = clash.assign(**says, status=NOT_EVALUABLE, at_least="", reason=DISAGREE)
    others = [f"{name}_other" for name in OTHERS]
    clash = clash[[*first.columns, *says, *others]]
    agreed = pd.concat([clash, preferred]) if len(clash) else preferred.reindex(columns=clash.columns)
    return agreed.drop_duplicates(keys).sort_values(keys, kind="stable", ignore_index=True)
