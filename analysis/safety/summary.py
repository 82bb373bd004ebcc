"""Which adverse events happened to how many patients, and do the groups differ? The page in one result."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.cautions import cautions_about
from analysis.cohort.followup import describe_follow_up
from analysis.results import Method, Note
from analysis.safety.counts import Counts, count_events, count_rows
from analysis.safety.differences import INTERVALS, TESTS, compare_rows
from analysis.safety.precision import precision_sentence
from analysis.safety.rows import KEYS, RowPlan
from analysis.study import View

NOT_RECORDED = "No adverse event is recorded in this file. That does not mean that none happened."
SMALL_PATIENTS, SMALL_EVENTS = 10, 5  # domain.md W-01
DENOMINATOR_COLUMNS = ["group", "n", "n_followup", "patient_years", "median_followup_months"]


@dataclass(frozen=True, kw_only=True, eq=False)
class SafetyResult:
    """The adverse-events page as data; ``compare_adverse_events`` documents the frames."""

    rows: pd.DataFrame
    contrasts: pd.DataFrame
    denominators: pd.DataFrame
    groups: tuple[str, ...]
    reference_group: str | None
    reason: str
    method: Method
    notes: tuple[Note, ...]
    precision: str = ""
    interval: str = "Newcombe"
    test: str = ""
    unit: str = "events"
    order: str = ""


def compare_adverse_events(view: View, plan: RowPlan | None = None) -> SafetyResult:
    """Count patients with adverse events and events per group, and contrast the groups.

    Parameters
    ----------
    view
        The selected patients, their groups and the reference group; ``view.spec.safety`` holds the
        filters and the choices of interval, test and order.

    Returns
    -------
    SafetyResult
        ``rows``: one per row of the table (``level`` "total", "category" or "term") and group:
        ``n_patients`` with at least one event, ``n_events``, ``n_total`` patients of whom it is known,
        ``proportion`` (0-1) with its Clopper-Pearson interval, ``patient_ids``; ``n_unknown`` and
        ``patient_ids_unknown`` of whom it is not known. Every category and term seen in any patient
        of the file has its row, also with zero events. ``parent`` is "infection" for the kinds of
        infection and their terms, whose union is the category ``infection``. A term that only repeats
        its category has no row of its own.
        ``contrasts``: one per row and compared group: ``risk_difference``, group minus reference, with
        the chosen interval; ``p_value`` and ``p_adjusted`` (Benjamini-Hochberg) where a test is chosen.
        ``denominators``: one per group: ``n``, ``n_followup`` with known follow-up,
        ``patient_years``, ``median_followup_months`` (reverse Kaplan-Meier: death is censoring).
        ``unit``: what ``n_events`` counts. ``order``: by which of several comparisons the rows are ordered.
        ``precision``: what groups of this size could have missed. Without any recorded event ``rows``
        is empty and ``reason`` says that this is not a zero, unless the options say that events were
        looked for and none occurred.

    Notes
    -----
    Intervals and the software that agrees: ``analysis.estimators.proportions`` and ``differences``.
    Source: domain.md 1.7, 3.5.
    """
    counts = count_events(view, plan)
    rows = count_rows(view, counts)
    contrasts = compare_rows(view, rows)
    rows, contrasts = sort_rows(rows, contrasts, view.spec.safety.sort)
    return SafetyResult(
        rows=rows,
        contrasts=contrasts,
        denominators=describe_follow_up(view).rows[DENOMINATOR_COLUMNS],
        groups=view.groups,
        reference_group=view.reference_group,
        reason="" if len(counts.plan.keys) else " ".join([NOT_RECORDED, *_unread(counts)]),
        method=_method(view, counts),
        notes=_notes(view, rows, contrasts, counts),
        precision=precision_sentence(view, rows, contrasts),
        interval=INTERVALS.get(view.spec.safety.interval, INTERVALS["newcombe"])[0].split(" ")[0],
        test=TESTS.get(view.spec.safety.test, ("",))[0],
        order=order_words(view) if len(rows) else "",
    )


def order_words(view: View) -> str:
    """Say which comparison orders the rows, where there are several to order them by."""
    compared = view.compared_groups() if view.spec.group_column else ()
    if view.spec.safety.sort != "difference" or len(compared) < 2:
        return ""
    first = next(group for group in view.groups if group in compared)
    return f"The rows are in the order of the difference between {first} and {view.reference_group}."


def _unread(counts: Counts) -> list[str]:
    """Name the columns of adverse events whose words were not understood."""
    return [note.text for note in counts.plan.recorded.notes if note.code == "S-17"]


def sort_rows(rows: pd.DataFrame, contrasts: pd.DataFrame, by: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Order families, their categories and their terms by "difference" (largest first) or "name"; "total" as is."""
    if by not in ("difference", "name") or rows.empty:
        return rows, contrasts
    keys = rows.drop_duplicates(KEYS)[[*KEYS, "parent", "label"]].reset_index(drop=True)
    if by == "name" or contrasts.empty:
        own = keys["label"].str.casefold().rank(method="first")
    else:
        first = contrasts[contrasts["group"] == contrasts["group"].iloc[0]]
        own = -keys.merge(first, on=KEYS, how="left")["risk_difference"].fillna(-2.0)
    family = keys["parent"].where(keys["parent"] != "", keys["category"])
    category = keys[keys["level"] != "term"].assign(own=own).set_index("category")["own"]
    order = pd.DataFrame({
        "top": keys["level"] != "total", "family": family.map(category), "name": family,
        "child": family != keys["category"], "category": keys["category"].map(category), "code": keys["category"],
        "term": keys["level"] == "term", "own": own,
    })  # fmt: skip
    ranked = keys.loc[order.sort_values(list(order), kind="stable").index, KEYS].assign(place=np.arange(len(keys)))
    return tuple(
        frame.merge(ranked, on=KEYS).sort_values("place", kind="stable").drop(columns="place").reset_index(drop=True)
        for frame in (rows, contrasts)
    )


def _method(view: View, counts: Counts) -> Method:
    options = view.spec.safety
    interval, reference = INTERVALS.get(options.interval, INTERVALS["newcombe"])
    compared = f" Risk difference: group minus {view.reference_group}, {interval}." if len(view.groups) > 1 else ""
    test = TESTS.get(options.test, ("",))[0]
    tested = (
        f" P: {test} where at least 5 patients had the event, beside it adjusted for the number of rows by Benjamini "
        "and Hochberg;"
        if test
        else " No test;"
    )
    filters = f" Only events that are {counts.selected.words}." if counts.selected.words else ""
    sentence = (
        "Adverse events: patients with at least one event over all patients of the group of whom it is known, 95 % "
        f"Clopper–Pearson interval; a patient counts once in each row.{filters}{compared}{tested} "
        "a difference not seen in groups of this size is not equal safety."
    )
    references = ["Clopper and Pearson, Biometrika 1934;26:404-13", reference]
    if test:
        references.append("Benjamini and Hochberg, J R Stat Soc B 1995;57:289-300")
    return Method(name="Adverse events", sentence=sentence, references=tuple(references))


def _notes(view: View, rows: pd.DataFrame, contrasts: pd.DataFrame, counts: Counts) -> tuple[Note, ...]:
    """Warn of small numbers, of what zero events do not mean, and of what the file does not say."""
    members = set(view.members["patient_id"])
    known = [
        replace(note, patient_ids=tuple(item for item in note.patient_ids if item in members))
        for note in (*counts.plan.recorded.notes, *counts.selected.notes)
    ]
    notes = [*_small(rows), *_zero(rows), *_unknown(rows), *known]
    tests = int(contrasts["p_value"].notna().sum())
    if tests > 1:
        text = f"{tests} tests on this page; about {_one_decimal(tests * 0.05)} would fall below 0.05 by chance."
        notes.append(Note(code="W-02", text=text))
    return (*notes, *cautions_about(view))


def _one_decimal(number: float) -> str:
    return f"{number:.1f}"


def _small(rows: pd.DataFrame) -> list[Note]:
    total = rows[(rows["level"] == "total") & (rows["n_total"] > 0)]
    notes = []
    for row in total.itertuples():
        limits = f"{100 * row.conf_low:.0f}–{100 * row.conf_high:.0f} %"
        if row.n_total < SMALL_PATIENTS or row.n_patients < SMALL_EVENTS:
            text = f"{row.group}: very small numbers, {row.n_patients} of {row.n_total}. The 95 % interval of {limits}"
            notes.append(Note(code="W-01", text=text + " is the result, not the point estimate alone."))
    return notes


def _zero(rows: pd.DataFrame) -> list[Note]:
    zero = rows[(rows["n_patients"] == 0) & (rows["n_total"] > 0)].drop_duplicates("group")
    words = (
        "{group}: a row without events does not mean no risk; with 0 of {n} the upper limit of the "
        "two-sided 95 % interval is {limit:.0f} %."
    )
    return [
        Note(code="W-14", text=words.format(group=row.group, n=row.n_total, limit=100 * row.conf_high))
        for row in zero.itertuples()
    ]


def _unknown(rows: pd.DataFrame) -> list[Note]:
    """Say where patients are left out of a denominator because the file does not say what happened."""
    open_rows = rows[rows["n_unknown"] > 0]
    if open_rows.empty:
        return []
    ids = tuple(sorted({patient for some in open_rows["patient_ids_unknown"] for patient in some}))
    text = (
        f"Of {len(ids)} patients the file does not say for every row whether the event happened; they are left out of "
        "the denominator of those rows and are not counted as free of it."
    )
    return [Note(code="S-10", text=text, patient_ids=ids)]
