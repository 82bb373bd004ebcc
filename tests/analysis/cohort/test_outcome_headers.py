"""Are outcomes kept out of the baseline, listed, and kept only where somebody says so?"""

from __future__ import annotations

import pytest

from analysis.cohort.canonical import load_cohort
from analysis.cohort.outcome_headers import names_outcome
from analysis.cohort.proposals import propose_mapping
from analysis.cohort.questions import accept_proposals, answer_question, open_questions
from analysis.cohort.readers import read_tables

OUTCOMES = ("death(0/1)", "death_months", "eskd(0/1)", "eskd_months", "censor")
ROWS = [
    f"P{n},{('RTX', 'CTX')[n % 2]},{20 + n},{n % 2},{10 + n},0,{12 + n},{n % 2},{30 + n},7.{n}" for n in range(1, 7)
]
FILES = [("end.csv", "\n".join([f"id,arm,FU (mo),{','.join(OUTCOMES)},age,bilirubin", *ROWS]).encode())]


@pytest.mark.parametrize(
    "header",
    [
        *OUTCOMES,
        "CNSR",
        "dead",
        "time_dead",
        "death_month",
        "lost",
        "lost to follow-up",
        "AVAL",
        "status",
        "time",
        "失访",
    ],
)
def test_headers_of_outcomes(header):
    assert names_outcome(header)


@pytest.mark.parametrize(
    "header",
    [
        "bilirubin",
        "family history of death",
        "previous ESRD",
        "smoking status",
        "time to biopsy",
        "weight lost",
        "stage",
    ],
)
def test_other_headers_name_no_outcome(header):
    assert not names_outcome(header)


def test_outcomes_are_left_out_with_a_warning_each():
    raw = read_tables(FILES)
    cohort = load_cohort(FILES, name="end", mapping=accept_proposals(propose_mapping(raw), raw))
    assert not set(OUTCOMES) & set(cohort.patients)
    assert cohort.patients["bilirubin"].notna().all()
    warned = [item.column for item in cohort.provenance.problems if item.severity == "warning"]
    assert [name for name in warned if name in OUTCOMES] == list(OUTCOMES)


def test_follow_up_in_months_is_read():
    raw = read_tables(FILES)
    cohort = load_cohort(FILES, name="end", mapping=accept_proposals(propose_mapping(raw), raw))
    assert cohort.patients["followup_months"].tolist() == [20 + n for n in range(1, 7)]


def test_an_outcome_is_kept_where_somebody_says_it_was_known_at_the_start():
    raw = read_tables(FILES)
    mapping = propose_mapping(raw)
    asked = next(item for item in open_questions(mapping, raw) if set(OUTCOMES) <= set(item.columns))
    kept = accept_proposals(answer_question(mapping, asked, "keep"), raw)
    assert set(OUTCOMES) <= set(load_cohort(FILES, name="end", mapping=kept).patients)


def test_a_status_beside_a_time_is_still_read_as_an_event():
    rows = [f"P{n},{('RTX', 'CTX')[n % 2]},{('dead', 'alive')[n % 2]},{n}" for n in range(1, 7)]
    raw = read_tables([("pair.csv", "\n".join(["id,arm,status,time", *rows]).encode())])
    assert [item.role for item in propose_mapping(raw).columns][2:] == ["event_status", "event_time"]
