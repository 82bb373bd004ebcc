"""How many of each class of the disease responded, and who was off steroids at month 6?"""

from __future__ import annotations

import math

import pandas as pd

from analysis.cohort.dictionary import variable
from analysis.estimators.contingency import choose_categorical_test
from analysis.estimators.proportions import clopper_pearson_interval
from analysis.outcomes.immunology import STEROID, steroid_free
from analysis.remission.answers import ClassesResult
from analysis.remission.records import TEST_PATIENTS
from analysis.results import Method, Note
from analysis.study import View

CLASSES = ("steroid_class", "fsgs_variant")  # domain.md 3.9
STEROID_MONTH = 6.0  # domain.md 2.5, E9
NOT_RECORDED = "Not recorded"
REMISSIONS = {"complete": ("CR",), "remission": ("CR", "PR")}
RESPONSE_COLUMNS = ["variable", "label", "level", "kind", "n", "k", "n_before", "conf_low", "conf_high", "patient_ids"]
TEST_COLUMNS = ["variable", "label", "kind", "n", "p_value", "method", "reason"]
STEROID_COLUMNS = ["group", "n", "n_visit", "n_known", "n_free", "conf_low", "conf_high", "patient_ids", "reason"]


def describe_classes(view: View, best: pd.DataFrame) -> ClassesResult:
    """Count the best response by class of the disease, and who took no steroid at month 6.

    Parameters
    ----------
    view
        The selected patients.
    best
        One row per patient: ``patient_id``, ``status`` and ``before``, from ``best_response``.

    Returns
    -------
    ClassesResult
        Counts of all members with exact limits; a test only on request. A file without a class of the disease, or
        without steroid doses, has no row of that kind.

    Notes
    -----
    Clopper-Pearson limits. Off steroids (E9): prednisone equivalent 0 among those with a dose recorded at
    the month-6 visit, not among all. Source: domain.md 2.5, 3.9.
    """
    patients = view.patients().merge(best, on="patient_id", how="left")
    patients = patients.assign(status=patients["status"].fillna("NE"), before=patients["before"].fillna("NE"))
    rows = [row for name in CLASSES if name in patients for row in _responses(patients, name)]
    steroids, responses = _steroids(view), pd.DataFrame(rows, columns=RESPONSE_COLUMNS)
    asked = view.spec.remission.class_test == "fisher"
    return ClassesResult(
        responses=responses,
        tests=_tests(responses if asked else responses.head(0)),
        steroids=pd.DataFrame(steroids, columns=STEROID_COLUMNS),
        month=STEROID_MONTH,
        groups=view.groups,
        method=_method(view),
        notes=_notes(rows),
    )


def _responses(patients: pd.DataFrame, name: str) -> list[list[object]]:
    """Give each level of one class a row for complete and one for any remission."""
    known = variable(name)
    values = patients[name].astype(object)
    levels = [level for level in known.levels if values.eq(level).any()]
    levels += sorted({str(level) for level in values.dropna()} - set(levels))
    rows: list[list[object]] = []
    for level in [*levels, *([None] if values.isna().any() else [])]:
        own = patients[values.isna() if level is None else values.eq(level)]
        label = NOT_RECORDED if level is None else known.level_label(level)
        for kind, statuses in REMISSIONS.items():
            reached = own["status"].isin(statuses)
            before = int((reached & own["before"].isin(statuses)).sum())
            k, n = int(reached.sum()), len(own)
            low, high = (float(limit) for limit in clopper_pearson_interval(k, n))
            ids = tuple(own.loc[reached, "patient_id"])
            rows.append([name, known.label, label, kind, n, k, before, low, high, ids])
    return rows


def _tests(responses: pd.DataFrame) -> pd.DataFrame:
    """Compare the response between the recorded levels of each class by Fisher's exact test."""
    rows = []
    for (name, label, kind), part in responses.groupby(["variable", "label", "kind"], sort=False):
        known = part[part["level"] != NOT_RECORDED]
        found = choose_categorical_test([known["k"], known["n"] - known["k"]], option="fisher")
        rows.append([name, label, kind, int(known["n"].sum()), found.p_value, found.method, found.reason])
    return pd.DataFrame(rows, columns=TEST_COLUMNS)


def _steroids(view: View) -> list[list[object]]:
    recorded = view.cohort.visits["variable"].eq(STEROID).any()
    if not recorded or STEROID_MONTH not in view.spec.schedule:
        return []
    table = view.members.merge(steroid_free(view.cohort, schedule=view.spec.schedule, month=STEROID_MONTH))
    rows: list[list[object]] = []
    for group in view.groups:
        own = table[table["group"] == group]
        known, free = int(own["evaluable"].sum()), own["steroid_free"]
        low, high = (float(x) for x in clopper_pearson_interval(int(free.sum()), known)) if known else (math.nan,) * 2
        why = "" if known else f"not estimable: no steroid dose at month {STEROID_MONTH:g}"
        ids = tuple(own.loc[free, "patient_id"])
        rows.append([group, len(own), int(own["visit"].sum()), known, int(free.sum()), low, high, ids, why])
    return rows


def _method(view: View) -> Method:
    tested = view.spec.remission.class_test == "fisher"
    test = (
        "Fisher's exact test (Freeman-Halton beyond 2 x 2) between the recorded classes, on request; with groups of "
        "this size a large P value says nothing"
        if tested
        else "no test: with groups of this size it would answer nothing"
    )
    sentence = (
        f"Best response over the whole follow-up by {view.spec.rule.label}, counted by class of the disease; off "
        "steroids: prednisone equivalent of 0 among those with a dose recorded at the visit. Shares with exact 95 % "
        f"limits (Clopper–Pearson); {test}."
    )
    references = ("Clopper and Pearson, Biometrika 1934;26:404-13",)
    return Method(name="Response by class, and steroids", sentence=sentence, references=references)


def _notes(rows: list[list[object]]) -> tuple[Note, ...]:
    small = sum(int(str(row[4])) < TEST_PATIENTS for row in rows if row[3] == "complete")
    if not small:
        return ()
    text = f"{small} classes have fewer than {TEST_PATIENTS} patients: read the counts and limits, not a percentage."
    return (Note(code="W-01", text=text),)
