"""How were the numbers of the baseline table made, in words a paper can print?"""

from __future__ import annotations

from typing import Literal

from analysis.options import BaselineOptions
from analysis.results import Method

_SUMMARIES = {
    "dictionary": "Mean and SD, or median and quartiles for variables known to be skewed",
    "auto": (
        "Mean and SD, or median and quartiles where in any group the Shapiro-Wilk P is below 0.05 or the skewness "
        "beyond 1"
    ),
    "mean": "Mean and SD for every variable",
    "median": "Median and quartiles for every variable",
}
_CATEGORIES = {
    "pearson": "Pearson's chi-square test without continuity correction",
    "yates": "for 2 x 2 tables the chi-square test with Yates' correction, for larger ones the default",
    "fisher": "Fisher's exact test, for larger tables Fisher-Freeman-Halton",
    "mid_p": "for 2 x 2 tables Fisher's exact test with mid-P, for larger ones the default",
    "boschloo": "for 2 x 2 tables Boschloo's exact test, for larger ones the default",
}
_DEFAULT_CATEGORIES = (
    "Pearson's chi-square test without continuity correction, or Fisher's exact test (larger tables: "
    "Fisher-Freeman-Halton) where expected counts are small"
)
_YANG = "Yang D, Dalton JE. A unified approach to measuring the effect size. SAS Global Forum 2012: 335."
_AUSTIN = "Austin PC. Balance diagnostics for comparing baseline covariates. Stat Med 2009;28:3083-107."


def describe_method(quantile_type: Literal[6, 7], options: BaselineOptions, *, groups: int) -> Method:
    """Say how the table was made; nothing of differences or tests where a single group is described."""
    summary = _SUMMARIES.get(options.summary, _SUMMARIES["dictionary"])
    chosen = " or as chosen for the row" if options.summaries else ""
    sentences = [
        f"{summary}{chosen} (quartiles of type {quantile_type}); k/n and percent of patients with a value; "
        "no imputation."
    ]
    several = groups > 1
    if several and options.smd != "hidden":
        sentences.append(
            "Standardised mean difference: group minus reference over the root mean square of the two SDs, on log "
            "values for skewed laboratory variables; Yang and Dalton's distance for more than two levels."
        )
    if several:
        sentences.append(_tests(options, groups) if options.p_values else "No test was made.")
    references = (_YANG, _AUSTIN) if several and options.smd != "hidden" else ()
    return Method(name="Baseline characteristics", sentence=" ".join(sentences), references=references)


def _tests(options: BaselineOptions, groups: int) -> str:
    equal = options.equal_variances
    means = ("Student's t-test" if equal else "Welch's t-test") if groups == 2 else (
        "one-way analysis of variance" if equal else "Welch's analysis of variance"
    )  # fmt: skip
    ranks = (
        "the Mann-Whitney test (exact up to 20 untied values per group) with the Hodges-Lehmann shift"
        if groups == 2
        else "the Kruskal-Wallis test"
    )
    categories = _CATEGORIES.get(options.categorical_test, _DEFAULT_CATEGORIES)
    return (
        f"Tests, two-sided and unadjusted: means by {means}, medians by {ranks}, categories by {categories}; none "
        "where a group has fewer than 8 values (categories: 5)."
    )
