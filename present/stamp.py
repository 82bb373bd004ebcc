"""What does a download say about itself: who is in it, by which definitions, made how, from which data?"""

from __future__ import annotations

from dataclasses import dataclass

from analysis.clock import censoring_in_use, start_words
from analysis.cohort.dictionary import variable
from analysis.outcomes.applicability import PROTEIN_ONLY
from analysis.outcomes.endpoints import ALL_ENDPOINT_LABELS
from analysis.outcomes.rules import rule_in_use
from analysis.outcomes.wording import rule_sentences
from analysis.results import Method, Note
from analysis.study import Filter, View
from present.tables.format import format_count, format_limit, format_months

SYNTHETIC = "SYNTHETIC demonstration data. Not patients. Do not cite."  # W-12, domain.md 3.10
PROTEIN_ALONE = "PROTEIN ONLY: remission was decided without albumin where it was not measured."  # domain.md A9
HASH_LENGTH = 12


@dataclass(frozen=True, kw_only=True)
class Stamp:
    """The words that travel with every picture and table; plain text, escaped by each writer."""

    title: str
    study: str
    groups: tuple[str, ...]
    left_out: str
    filters: tuple[str, ...]
    definition: tuple[str, ...]
    method: str
    cautions: tuple[str, ...]
    data_hash: str
    version: str
    ribbon: str = ""
    mapping_hash: str = ""

    def header_lines(self) -> tuple[str, ...]:
        """Give what stands above a picture or table, below its title."""
        filters = "; ".join(self.filters) if self.filters else "none"
        return (
            f"Study: {self.study}",
            f"Groups: {' · '.join((*self.groups, self.left_out))}",
            f"Filters: {filters}",
            *self.definition,
        )

    def footer_lines(self) -> tuple[str, ...]:
        """Give what stands below: how it was made, what to be careful about, from which data."""
        cautions = tuple(f"Caution: {text}" for text in self.cautions)
        mapping = f" · mapping {self.mapping_hash}" if self.mapping_hash else ""
        origin = f"Data {self.data_hash}{mapping} · NephroCompare {self.version}"
        return (f"Method: {self.method}", *cautions, origin)


def make_stamp(view: View, *, title: str, method: Method, notes: tuple[Note, ...], version: str) -> Stamp:
    """Collect everything a download must say from the view and the result it shows."""
    provenance = view.cohort.provenance
    return Stamp(
        title=title,
        study=f"{view.cohort.name} ({provenance.source})",
        groups=_group_words(view),
        left_out=_left_out_words(view),
        filters=tuple(filter_words(chosen) for chosen in view.spec.filters),
        definition=_definition_words(view),
        method=method.sentence,
        cautions=tuple(dict.fromkeys(note.text for note in notes)),
        data_hash=provenance.sha256[:HASH_LENGTH],
        version=version,
        mapping_hash=provenance.mapping_hash,
        ribbon=" ".join(sentence for sentence, _ in _marks(view, notes)),
    )


def mark_words(view: View, notes: tuple[Note, ...]) -> str:
    """Give the few words that stand in a figure itself, so that a copied picture still says them; "" for none."""
    return " · ".join(short for _, short in _marks(view, notes))


def filter_words(chosen: Filter) -> str:
    """Put one filter in words: ``Serum albumin 25 to 30 g/L, missing kept``."""
    known = variable(chosen.variable)
    if chosen.levels is not None:
        words = f"{known.label}: {', '.join(known.level_label(level) for level in chosen.levels) or 'none'}"
    else:
        words = f"{known.label} {_limits(chosen)} {known.unit}".strip()
    return f"{words}, missing kept" if chosen.keep_missing else words


def attrition_words(kind: str, reason: str) -> str:
    """Put the reason for which patients were left out in words, with labels instead of column names."""
    if kind == "screening":
        return variable("exclusion_reason").level_label(reason)
    if kind == "withdrawal":
        return f"withdrawn: {variable('withdrawal_reason').level_label(reason)}"
    for suffix in (" outside the filter", " missing"):
        if kind == "filter" and reason.endswith(suffix):
            return variable(reason.removesuffix(suffix)).label + suffix
    return reason


def _marks(view: View, notes: tuple[Note, ...]) -> list[tuple[str, str]]:
    """List what is written across everything that leaves the page: a sentence, and its few words."""
    found = [(SYNTHETIC, "SYNTHETIC")] if view.cohort.provenance.synthetic else []
    return found + ([(PROTEIN_ALONE, "PROTEIN ONLY")] if any(note.code == PROTEIN_ONLY for note in notes) else [])


def _limits(chosen: Filter) -> str:
    low, high = chosen.low, chosen.high
    if low is not None and high is not None:
        return f"{format_limit(low)} to {format_limit(high)}"
    if low is not None:
        return f"≥ {format_limit(low)}"
    return f"≤ {format_limit(high)}" if high is not None else "any"


def _group_words(view: View) -> tuple[str, ...]:
    return tuple(f"{group} {format_count(n)}" for group, n in view.group_sizes().items())


def _left_out_words(view: View) -> str:
    if not view.left_out():
        return "left out 0"
    steps = zip(view.attrition["kind"], view.attrition["reason"], strict=True)
    words = [attrition_words(kind, reason) for kind, reason in steps]
    counts = view.attrition.assign(words=words).groupby("words", sort=False)["n"].sum()
    reasons = ", ".join(f"{why}: {format_count(n)}" for why, n in counts.items())
    return f"left out {format_count(view.left_out())} ({reasons})"


def _definition_words(view: View) -> tuple[str, ...]:
    spec = view.spec
    reference = f" Contrasts: group minus {view.reference_group}." if view.compared_groups() else ""
    axis = {"nominal": "planned visits", "actual": "actual days"}[spec.time_axis]
    start = {"remission": "the remission"}.get(start_words(view), start_words(view))
    followed = ", without the event to the last contact" if censoring_in_use(view) == "last_contact" else ""
    level = f"{spec.remission.pla2r_positive_from:g}"
    positive = f", at risk from anti-PLA2R {level} RU/mL" if "immunologic" in spec.endpoint else ""
    withdrawn = {"analysed": "analysed until they left", "excluded": "excluded"}[spec.withdrawn]
    left = f"patients withdrawn after treatment began are {withdrawn}"
    return (
        f"Definition: {rule_in_use(spec.rule)}. {' '.join(rule_sentences(spec.rule))}",
        f"Endpoint: {ALL_ENDPOINT_LABELS[spec.endpoint]}, to month {format_months(spec.horizon_months)} after "
        f"{start}, timed by {axis}{followed}{positive}; {left}.{reference}",
        f"Planned visits: months {', '.join(format_months(month) for month in sorted(spec.schedule))}.",
    )
