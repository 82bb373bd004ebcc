"""Which choices belong to one page? One frozen set per question, every field a plain value with a default."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, get_type_hints

LabTime = Literal["planned", "actual"]


@dataclass(frozen=True)
class Within:
    """The least and the greatest value of a number, as its widget has them; a link that asks for another is refused."""

    low: float
    high: float


def bounds_of(kind: type, field: str) -> Within | None:
    """Give the bounds of a field of an option set; None where it has none."""
    extras = getattr(get_type_hints(kind, include_extras=True)[field], "__metadata__", ())
    return next((extra for extra in extras if isinstance(extra, Within)), None)


@dataclass(frozen=True, kw_only=True)
class BaselineOptions:
    """Choices of the baseline table.

    ``summary``: mean or median by the data dictionary, by how the values look ("auto"), or one for all;
    ``summaries`` holds exceptions, "row:mean", "row:median" or "row:range". ``rows`` lists the rows in
    their order, empty for all; ``levels`` "row:level" for rows whose levels were chosen. Rows and levels
    of the file itself go by short hashes (``analysis.baseline.row_token``), so that a link carries no word
    of the file. ``smd`` "auto" gives each compared group a column, with more than four groups only the
    largest difference. Tests are made where ``p_values`` is on; ``equal_variances`` makes them Student's
    t-test and one-way ANOVA.
    """

    summary: Literal["dictionary", "auto", "mean", "median"] = "dictionary"
    summaries: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    overall: bool = True
    smd: Literal["auto", "reference", "largest", "hidden"] = "auto"
    missing: Literal["column", "row", "denominators", "hidden"] = "column"
    p_values: bool = False
    equal_variances: bool = False
    categorical_test: Literal["default", "pearson", "yates", "fisher", "mid_p", "boschloo"] = "default"
    look: Literal["plain", "jama", "lancet", "nejm", "annals"] = "plain"


@dataclass(frozen=True, kw_only=True)
class LabsOptions:
    """Choices of the laboratory page.

    ``shown``: the variables by canonical name, a column of the file's own by its short hash; empty for
    the usual ones. ``time``: where figures place a value, at its planned visit or its actual day.
    ``visit_month``: the visit looked at by itself, 0 for the last by the horizon. ``kinds``: means or
    medians as the dictionary says, as the shape of the values says, or medians always; ``variances``:
    Welch's tests or, as SPSS's first line, equal variances. ``together``: all courses as panels of one
    figure. ``published``: lay what the paper printed beside the sample study that follows it.
    """

    shown: tuple[str, ...] = ()
    time: LabTime = "planned"
    visit_month: Annotated[float, Within(0, 600)] = 0.0
    kinds: Literal["dictionary", "shape", "medians"] = "dictionary"
    variances: Literal["default", "equal_variances"] = "default"
    together: bool = False
    published: bool = False


@dataclass(frozen=True, kw_only=True)
class RemissionOptions:
    """Choices of the remission page.

    ``interval``: scale of the confidence limits of the curves. ``test``: the test of the whole curves
    (``rho`` and ``gamma`` for Fleming-Harrington), within the levels of the baseline variable
    ``strata`` where one is named; "fixed-time" compares at the horizon. ``rescue``: rescue therapy
    competes, ends the observation, or is followed through. ``landmark_month``: where the landmark
    analysis starts. ``naive``: also draw 1 - Kaplan-Meier that takes competing events as censoring.
    ``second``: also draw the curves of the other remission (complete over first, first over complete).
    ``lane_order``: how the courses of the patients are sorted. ``time_zero``: where the clock starts, on
    actual days (``analysis.clock``). ``censoring``: until when a patient without the event is followed.
    ``pla2r_positive_from``: anti-PLA2R in RU/mL from which a patient is at risk of immunologic remission.
    ``class_test``: whether response by class of the disease is tested, and how.
    """

    interval: Literal["log-log", "log", "plain"] = "log-log"
    test: Literal[
        "log-rank", "wilcoxon", "tarone-ware", "peto-peto", "fleming-harrington", "permutation", "gray", "fixed-time"
    ] = "log-rank"
    rho: Annotated[float, Within(0, 5)] = 0.0
    gamma: Annotated[float, Within(0, 5)] = 1.0
    strata: str = ""
    rescue: Literal["competing", "censored", "ignored"] = "competing"
    landmark_month: Annotated[float, Within(0.5, 600)] = 3.0
    naive: bool = False
    second: bool = False
    lane_order: Literal["duration", "first_remission", "group", "best_response"] = "group"
    time_zero: Literal["rituximab", "tac_start", "biopsy"] = "rituximab"
    censoring: Literal["last_evaluable", "last_contact"] = "last_evaluable"
    pla2r_positive_from: Annotated[float, Within(0, 10_000)] = 20.0
    class_test: Literal["none", "fisher"] = "none"


@dataclass(frozen=True, kw_only=True)
class SafetyOptions:
    """Choices of the adverse-events page.

    ``empty_table``: what a table of adverse events without a row says: nothing ("unknown"), or that
    events were looked for and none occurred ("none"). ``blank``: what an empty cell of a yes/no column
    says. An event counts from ``least_grade`` on, between ``first_day`` and ``last_day`` from the first
    rituximab, and with ``on_drug`` only until ``on_board_days`` after a dose of it. ``recoded`` holds
    "term:category" for terms moved to another category, and ``focus`` the category whose first and
    repeated events are shown, both as short hashes (``analysis.safety.terms.term_token``).
    """

    empty_table: Literal["unknown", "none"] = "unknown"
    blank: Literal["unknown", "no"] = "unknown"
    least_grade: Annotated[int, Within(1, 5)] = 1
    only_serious: bool = False
    only_related: bool = False
    only_stopped: bool = False
    first_day: Annotated[int, Within(-365, 36500)] = 0
    last_day: Annotated[int, Within(1, 36500)] = 36500
    on_drug: str = ""
    on_board_days: Annotated[int, Within(0, 730)] = 30
    shown: Literal["terms", "categories"] = "terms"
    sort: Literal["total", "difference", "name"] = "total"
    interval: Literal["newcombe", "miettinen_nurminen", "agresti_caffo"] = "newcombe"
    test: Literal["none", "fisher", "mid_p", "boschloo"] = "none"
    recoded: tuple[str, ...] = ()
    focus: str = ""


@dataclass(frozen=True, kw_only=True)
class FactorsOptions:
    """Choices of the page of factors.

    ``own_choice``: take ``variables`` instead of as many of the usual ones as the events allow.
    ``model``: Cox with Efron ties, or grouped proportional hazards for events seen at visits.
    ``penalty``: when Firth's penalty is used in the Cox model.
    """

    own_choice: bool = False
    variables: tuple[str, ...] = ()
    model: Literal["cox", "grouped"] = "cox"
    penalty: Literal["when separated", "always", "never"] = "when separated"


OPTION_SETS: dict[str, type] = {
    "baseline": BaselineOptions,
    "labs": LabsOptions,
    "remission": RemissionOptions,
    "safety": SafetyOptions,
    "factors": FactorsOptions,
}
