"""How many patients of each group had each adverse event, and how often?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.estimators.proportions import EMPTY_GROUP, clopper_pearson_interval
from analysis.safety.selection import Selected, select_events
from analysis.safety.sources import Recorded, recorded_events
from analysis.safety.terms import INFECTION, category_label
from analysis.study import View

TOTAL_LABEL = "Any adverse event"
ALL_UNKNOWN = "not estimable: not recorded for any patient"

KEYS = ["level", "category", "term"]
ROW_COLUMNS = [
    *KEYS, "parent", "label", "group", "n_patients", "n_events", "n_total",
    "proportion", "conf_low", "conf_high", "patient_ids", "reason", "n_unknown", "patient_ids_unknown",
]  # fmt: skip
_LEVELS = ("total", "category", "term")


@dataclass(frozen=True, kw_only=True, eq=False)
class Counts:
    """Who had what: the one table behind every number of the page.

    keys
        One row per row of the table: ``KEYS``, ``parent``, ``label``; most frequent family first.
    had
        One row per key and member with at least one event: ``key`` (place in ``keys``),
        ``patient_id``, ``group``, ``n_events``.
    unknown
        One row per key and member of whom it is not known: ``key``, ``patient_id``, ``group``.
    """

    keys: pd.DataFrame
    had: pd.DataFrame
    unknown: pd.DataFrame
    recorded: Recorded
    selected: Selected


def count_events(view: View) -> Counts:
    """Let every event that counts stand in each row it belongs to: total, parent, category, term.

    Every category and term of the file has its row whatever the filters and whoever is selected. A
    patient of whom it is not known and who had no other such event is ``unknown``, not without event.
    """
    recorded = recorded_events(view.cohort, view.spec.safety)
    selected = select_events(view, recorded)
    asked = pd.DataFrame({"category": recorded.asked, "term": "", "patient_id": None})
    everything = _spread(pd.concat([recorded.events[["patient_id", "category", "term"]], asked], ignore_index=True))
    keys = _row_keys(everything, recorded)
    if view.spec.safety.shown == "categories":
        keys = keys[keys["level"] != "term"].reset_index(drop=True)
    members = view.members.assign(group=view.members["group"].astype(object)).set_index("patient_id")["group"]
    had = _placed(_spread(selected.events), keys, members)
    had = had.groupby(["key", "patient_id", "group"], as_index=False, sort=True).size()
    had = had.rename(columns={"size": "n_events"})
    unknown = _placed(_spread(selected.unknown), keys, members).drop_duplicates(["key", "patient_id"])
    both = unknown.merge(had[["key", "patient_id"]], on=["key", "patient_id"], how="left", indicator=True)
    unknown = both.loc[both["_merge"] == "left_only", ["key", "patient_id", "group"]].reset_index(drop=True)
    return Counts(keys=keys, had=had, unknown=unknown, recorded=recorded, selected=selected)


def count_rows(view: View, counts: Counts) -> pd.DataFrame:
    """Count each row in each group, zero where nobody had the event; columns ``ROW_COLUMNS``."""
    groups, n_keys = list(view.groups), len(counts.keys)
    sizes = view.group_sizes()
    rows = counts.keys.loc[counts.keys.index.repeat(len(groups))].reset_index(drop=True)
    rows["group"] = groups * n_keys
    place = _places(counts.had, groups)
    rows["patient_ids"] = _ids(counts.had, place, len(rows))
    rows["n_patients"] = np.bincount(place, minlength=len(rows))
    rows["n_events"] = np.bincount(place, weights=counts.had["n_events"], minlength=len(rows)).astype(int)
    open_place = _places(counts.unknown, groups)
    rows["patient_ids_unknown"] = _ids(counts.unknown, open_place, len(rows))
    rows["n_unknown"] = np.bincount(open_place, minlength=len(rows))
    everyone = np.tile([sizes[group] for group in groups], n_keys)
    rows["n_total"] = everyone - rows["n_unknown"]
    rows["proportion"] = rows["n_patients"] / rows["n_total"].where(rows["n_total"] > 0)
    rows["conf_low"], rows["conf_high"] = clopper_pearson_interval(rows["n_patients"], rows["n_total"])
    nobody = np.where(everyone > 0, ALL_UNKNOWN, EMPTY_GROUP)
    rows["reason"] = np.where(rows["n_total"] > 0, "", nobody)
    return rows[ROW_COLUMNS]


def _spread(events: pd.DataFrame) -> pd.DataFrame:
    """Give one row per event and row of the table; ``term`` folded, ``wording`` as written."""
    pairs, place = _distinct(events)
    pairs = pairs.assign(pair=np.arange(len(pairs)))
    repeats = np.array([_repeats(*pair) for pair in zip(pairs["term"], pairs["category"], strict=True)], dtype=bool)
    kind = np.array([code.startswith(f"{INFECTION}_") for code in pairs["category"]], dtype=bool)
    rows = pairs.assign(wording="", term="")
    terms = pairs.assign(wording=pairs["term"], term=[word.casefold() for word in pairs["term"]])
    parts = [
        rows.assign(level="total", category=""),
        rows[kind].assign(level="category", category=INFECTION),
        rows.assign(level="category"),
        terms[~repeats].assign(level="term"),
    ]
    where = pd.concat(parts, ignore_index=True)
    patients = pd.DataFrame({"pair": place, "patient_id": events["patient_id"].to_numpy()})
    return patients.merge(where, on="pair").drop(columns="pair")


def _repeats(term: str, category: str) -> bool:
    """Tell whether a term says no more than its category."""
    word, code = (text.casefold().replace("_", " ") for text in (term, category))
    return word in ("", code, category_label(category).casefold())


def _distinct(events: pd.DataFrame) -> tuple[pd.DataFrame, npt.NDArray[np.intp]]:
    """Find the distinct pairs of category and term, and which of them each event is."""
    category, categories = pd.factorize(events["category"].astype(object))
    term, terms = pd.factorize(events["term"].astype(object))
    joint, place = np.unique(category * max(len(terms), 1) + term, return_inverse=True)
    width = max(len(terms), 1)
    columns = {"category": np.asarray(categories)[joint // width], "term": np.asarray(terms)[joint % width]}
    return pd.DataFrame(columns, dtype=object), place


def _row_keys(spread: pd.DataFrame, recorded: Recorded) -> pd.DataFrame:
    """List the rows of the table in order: parents before children, frequent before rare."""
    if spread.empty:
        total = pd.DataFrame([["total", "", "", "", TOTAL_LABEL]], columns=[*KEYS, "parent", "label"])
        return total if recorded.looked_for else total.iloc[:0]
    once = spread.drop_duplicates([*KEYS, "patient_id"])
    keys = once.groupby(KEYS, as_index=False).agg(patients=("patient_id", "count"), wording=("wording", "first"))
    kind = keys["category"].str.startswith(f"{INFECTION}_")
    keys["parent"] = np.where(kind, INFECTION, "")
    keys["label"] = keys["wording"].where(keys["level"] == "term", keys["category"].map(category_label))
    keys["label"] = keys["label"].mask(keys["level"] == "total", TOTAL_LABEL)
    keys["family"] = keys["category"].mask(kind, INFECTION)
    own = keys[keys["level"] != "term"].set_index("category")["patients"].to_dict()
    depth = keys["level"].map({level: number for number, level in enumerate(_LEVELS)})
    order = keys.assign(
        top=depth > 0, family_size=-keys["family"].map(own), child=keys["family"] != keys["category"],
        own_size=-keys["category"].map(own), depth=depth, few=-keys["patients"],
    )  # fmt: skip
    by = ["top", "family_size", "family", "child", "own_size", "category", "depth", "few", "label"]
    return order.sort_values(by, ignore_index=True)[[*KEYS, "parent", "label"]]


def _placed(spread: pd.DataFrame, keys: pd.DataFrame, members: pd.Series) -> pd.DataFrame:
    """Keep the rows of members, and number their keys."""
    inside = spread[spread["patient_id"].isin(members.index)]
    numbered = keys[KEYS].assign(key=np.arange(len(keys)))
    placed = inside[["patient_id", *KEYS]].merge(numbered, on=KEYS)
    return placed.assign(group=placed["patient_id"].map(members))[["key", "patient_id", "group"]]


def _places(found: pd.DataFrame, groups: list[str]) -> npt.NDArray[np.intp]:
    number = found["group"].map({group: place for place, group in enumerate(groups)})
    return (found["key"].to_numpy(dtype=np.intp) * len(groups) + number.to_numpy(dtype=np.intp)).astype(np.intp)


def _ids(found: pd.DataFrame, place: npt.NDArray[np.intp], n: int) -> list[tuple[str, ...]]:
    """Collect the patients of each row, in order of their ids."""
    order = np.lexsort((found["patient_id"].to_numpy(dtype=str), place))
    ids, ends = found["patient_id"].to_numpy()[order], np.bincount(place, minlength=n).cumsum()
    return [tuple(ids[start:end]) for start, end in zip([0, *ends[:-1]], ends, strict=True)] if n else []
