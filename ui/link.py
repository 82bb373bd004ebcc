"""How do the choices travel in a link? Only what differs from the study's starting choices, without free text.

Names and categories of the file itself are written as short hashes: a link can be forwarded without
carrying a word of the file, and means nothing without it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from typing import Any, Literal, get_args, get_origin, get_type_hints

from analysis.baseline.choices import known_choices
from analysis.choices import group_candidates
from analysis.cohort.baseline_values import baseline_values
from analysis.cohort.dictionary import data_dictionary, is_post_baseline
from analysis.cohort.model import Cohort
from analysis.options import OPTION_SETS, bounds_of
from analysis.outcomes.rules import PRESETS, RemissionRule
from analysis.outcomes.switches import SWITCHES, answer
from analysis.study import Endpoint, Filter, StudySpec

Params = dict[str, Any]

# Link name -> (field of StudySpec, allowed values).
SIMPLE_CHOICES: dict[str, tuple[str, tuple[str, ...]]] = {
    "endpoint": ("endpoint", get_args(Endpoint)),
    "axis": ("time_axis", ("nominal", "actual")),
    "withdrawn": ("withdrawn", ("analysed", "excluded")),
    "summary": ("lab_summary", ("median_iqr", "mean_ci")),
}


def to_params(spec: StudySpec, start: StudySpec) -> Params:
    """Write the choices that differ from ``start`` as query parameters."""
    params: Params = {
        name: getattr(spec, field)
        for name, (field, _) in SIMPLE_CHOICES.items()
        if getattr(spec, field) != getattr(start, field)
    }
    if (spec.group_column, spec.group_levels, spec.reference_group) != (
        start.group_column, start.group_levels, start.reference_group,
    ):  # fmt: skip
        params["group"] = _column_token(spec.group_column) if spec.group_column else "none"
        params["levels"] = ".".join(text_token(level) for level in spec.group_levels)
        params["reference"] = text_token(spec.reference_group or "")
    if spec.rule.name != start.rule.name:
        params["rule"] = spec.rule.name
    switched = _switches_text(spec.rule)
    if switched:
        params["switches"] = switched
    options = _options_text(spec, start)
    if options:
        params["options"] = options
    if spec.horizon_months != start.horizon_months:
        params["horizon"] = f"{spec.horizon_months:g}"
    if spec.schedule != start.schedule:
        params["visits"] = "_".join(f"{month:g}" for month in spec.schedule)
    if spec.quantile_type != start.quantile_type:
        params["quantiles"] = str(spec.quantile_type)
    if spec.filters:
        params["filter"] = [_filter_text(chosen) for chosen in spec.filters]
    return params


def from_params(params: Params, cohort: Cohort, start: StudySpec) -> tuple[StudySpec, tuple[str, ...]]:
    """Read the choices back; what this cohort does not offer is left as it was and named."""
    ignored: list[str] = []
    changes: Params = {}
    for name, (field, allowed) in SIMPLE_CHOICES.items():
        if name in params:
            _keep_if(params[name] in allowed, changes, field, params[name], name, ignored)
    if "rule" in params:
        _keep_if(params["rule"] in PRESETS, changes, "rule", PRESETS.get(params["rule"]), "rule", ignored)
    if "switches" in params:
        rule = _switched(changes.get("rule", start.rule), str(params["switches"]))
        _keep_if(rule is not None, changes, "rule", rule, "switches", ignored)
    if "options" in params:
        sets = _options_from(str(params["options"]), start)
        changes.update(sets or {})
        ignored.extend([] if sets else ["options"])
    if "visits" in params:
        schedule = _schedule_from(str(params["visits"]))
        _keep_if(schedule is not None, changes, "schedule", schedule, "visits", ignored)
    _keep_known_rows(changes, cohort, start, ignored)
    _keep_known_strata(changes, cohort, start, ignored)
    if "horizon" in params:
        horizon = _number(params["horizon"])
        first_visit = min(month for month in changes.get("schedule", start.schedule) if month > 0)
        fits = horizon is not None and first_visit <= horizon <= 600
        _keep_if(fits, changes, "horizon_months", horizon, "horizon", ignored)
    if "quantiles" in params:
        type_ok = params["quantiles"] in ("6", "7")
        _keep_if(type_ok, changes, "quantile_type", int(params["quantiles"]) if type_ok else 6, "quantiles", ignored)
    if "group" in params:
        groups = _groups_from(params, cohort)
        changes.update(groups)
        ignored.extend([] if groups else ["group"])
    filters = [_filter_from(text, cohort, start) for text in _as_list(params.get("filter"))]
    changes["filters"] = tuple(chosen for chosen in filters if chosen)
    ignored.extend("filter" for chosen in filters if chosen is None)
    return replace(start, **changes), tuple(ignored)


def _schedule_from(text: str) -> tuple[float, ...] | None:
    """Read the planned visits: baseline and at least one later month up to 600, ascending; None for anything else."""
    months = [_number(part) for part in text.split("_")]
    known = tuple(month for month in months if month is not None)
    rising = len(known) == len(months) > 1 and known[0] == 0 and all(a < b for a, b in pairwise(known))
    return known if rising and known[-1] <= 600 else None


def _switches_text(rule: RemissionRule) -> str:
    """Write the switches that differ from the preset as field-place pairs; the laboratory's limit as a number."""
    preset = PRESETS.get(rule.name, rule)
    parts = [
        f"{switch.field}-{[choice for choice, _ in switch.answers].index(getattr(rule, switch.field))}"
        for switch in SWITCHES
        if getattr(rule, switch.field) != getattr(preset, switch.field)
    ]
    if rule.scr_upper_limit is not None:
        parts.append(f"scr_upper_limit-{rule.scr_upper_limit:g}")
    return "~".join(parts)


def _switched(rule: RemissionRule, text: str) -> RemissionRule | None:
    """Apply what ``_switches_text`` wrote; None where a switch or answer is unknown."""
    answers = {switch.field: [choice for choice, _ in switch.answers] for switch in SWITCHES}
    for part in text.split("~"):
        field, _, place = part.partition("-")
        number = _number(place)
        if field == "scr_upper_limit" and number is not None:
            rule = replace(rule, scr_upper_limit=number)
        elif field in answers and place.isdigit() and int(place) < len(answers[field]):
            rule = answer(rule, field, answers[field][int(place)])
        else:
            return None
    return rule


def _options_text(spec: StudySpec, start: StudySpec) -> str:
    """Write the page options that differ as ``page.field-value``, JSON values, joined by ~."""
    return "~".join(
        f"{page}.{option.name}-{json.dumps(getattr(getattr(spec, page), option.name), separators=(',', ':'))}"
        for page, kind in OPTION_SETS.items()
        for option in dataclasses.fields(kind)
        if getattr(getattr(spec, page), option.name) != getattr(getattr(start, page), option.name)
    )


def _options_from(text: str, start: StudySpec) -> Params | None:
    """Read what ``_options_text`` wrote; None where a page, field or kind of value is unknown."""
    sets: Params = {}
    for part in text.split("~"):
        name, _, value = part.partition("-")
        page, _, field = name.partition(".")
        current = sets.get(page, getattr(start, page, None)) if page in OPTION_SETS else None
        try:
            parsed = json.loads(value)
        except ValueError:
            return None
        parsed = tuple(parsed) if isinstance(parsed, list) else parsed
        if current is None or field not in {option.name for option in dataclasses.fields(current)}:
            return None
        if not isinstance(parsed, type(getattr(current, field))) or not _allowed(type(current), field, parsed):
            return None
        sets[page] = replace(current, **{field: parsed})
    return sets


def _allowed(kind: type, field: str, value: object) -> bool:
    """Tell whether a choice is one its field names or within its bounds, and each part of a list of the type named."""
    wanted, bounds = get_type_hints(kind)[field], bounds_of(kind, field)
    if bounds and isinstance(value, (int, float)):
        return not isinstance(value, bool) and bounds.low <= value <= bounds.high
    if isinstance(value, tuple) and get_origin(wanted) is tuple:
        return all(isinstance(part, get_args(wanted)[0]) for part in value)
    return get_origin(wanted) is not Literal or value in get_args(wanted)


def _keep_known_rows(changes: Params, cohort: Cohort, start: StudySpec, ignored: list[str]) -> None:
    """Leave out the rows, levels and summaries of the baseline table that this file does not have, and name them."""
    asked = changes.get("baseline")
    if asked is None:
        return
    known = known_choices(asked, baseline_values(cohort, changes.get("schedule", start.schedule)))
    changes["baseline"] = known
    for field in ("rows", "levels", "summaries"):
        ignored.extend([f"{field} of the baseline table"] if getattr(known, field) != getattr(asked, field) else [])


def _keep_known_strata(changes: Params, cohort: Cohort, start: StudySpec, ignored: list[str]) -> None:
    """Leave out strata by a column that cannot be one in this file, and name them."""
    asked = changes.get("remission")
    if asked is not None and asked.strata and asked.strata not in group_candidates(cohort):
        changes["remission"] = replace(asked, strata=start.remission.strata)
        ignored.append("strata")


def text_token(text: str) -> str:
    """Shorten a text of the file to eight hexadecimal digits."""
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def _column_token(column: str) -> str:
    return column if column in data_dictionary() else text_token(column)


def _column_from(token: str, columns: Iterable[str]) -> str | None:
    return next((column for column in columns if token in (column, text_token(column))), None)


def _keep_if(valid: bool, changes: Params, field: str, value: object, name: str, ignored: list[str]) -> None:
    if valid:
        changes[field] = value
    else:
        ignored.append(name)


def _groups_from(params: Params, cohort: Cohort) -> Params:
    if params["group"] == "none":
        return {"group_column": None, "group_levels": (), "reference_group": None}
    candidates = group_candidates(cohort)
    column = _column_from(params["group"], candidates)
    if column is None:
        return {}
    known = {text_token(level): level for level in candidates[column]}
    levels = tuple(known[token] for token in str(params.get("levels", "")).split(".") if token in known)
    if not levels:
        return {}
    reference = known.get(str(params.get("reference", "")))
    return {"group_column": column, "group_levels": levels, "reference_group": reference}


def _filter_text(chosen: Filter) -> str:
    missing = "m" if chosen.keep_missing else ""
    name = _column_token(chosen.variable)
    if chosen.levels is not None:
        return f"{name}~{'.'.join(text_token(level) for level in chosen.levels)}~{missing}"
    return f"{name}~{_bound_text(chosen.low)}:{_bound_text(chosen.high)}~{missing}"


def _filter_from(text: str, cohort: Cohort, start: StudySpec) -> Filter | None:
    parts = text.split("~")
    table = baseline_values(cohort, start.schedule)
    column = _column_from(parts[0], table.columns) if len(parts) == 3 else None
    if column is None:
        return None
    keep_missing = parts[2] == "m"
    if is_post_baseline(column):
        return None
    if ":" in parts[1]:
        low, high = (_number(bound) for bound in parts[1].split(":", 1))
        if low is None and high is None:
            return None
        return Filter(variable=column, low=low, high=high, keep_missing=keep_missing)
    known = {text_token(str(level)): str(level) for level in table[column].dropna().unique()}
    levels = tuple(known[token] for token in parts[1].split(".") if token in known)
    return Filter(variable=column, levels=levels, keep_missing=keep_missing)


def _bound_text(bound: float | None) -> str:
    return "" if bound is None else f"{bound:.10g}"


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _as_list(value: object) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)  # type: ignore[call-overload]
