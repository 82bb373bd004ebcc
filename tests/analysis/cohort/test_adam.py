"""Does a CDISC ADaM submission, read as it comes, give the numbers of its own published tables?"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.choices import propose_spec
from analysis.cohort.canonical import load_cohort
from analysis.cohort.model import Cohort
from analysis.cohort.proposals import propose_mapping
from analysis.cohort.questions import accept_proposals, answer_question, open_questions
from analysis.cohort.readers import read_tables
from analysis.cohort.visits import assign_visits
from analysis.options import SafetyOptions
from analysis.safety import compare_adverse_events
from analysis.study import StudySpec, select_view

DATA = Path(__file__).parents[2] / "data"
ARMS = ("Placebo", "Xanomeline Low Dose", "Xanomeline High Dose")

ADLB = """USUBJID,TRTP,PARAMCD,PARAM,AVISITN,AVISIT,ADY,AVAL,BASE,ABLFL
{0},Placebo,ALB,Albumin (g/L),0,Baseline,1,25,25,Y
{0},Placebo,CREAT,Creatinine (umol/L),0,Baseline,1,80,80,Y
{0},Placebo,ALB,Albumin (g/L),12,Week 12,85,31,25,
{0},Placebo,ALB,Albumin (g/L),26,Week 26,-9,33,25,
{1},Placebo,ALB,Albumin (g/L),0,Baseline,,28,28,Y
"""


def opened(sheets: list[tuple[str, bytes]], codes: dict[str, str]) -> Cohort:
    raw = read_tables(sheets)
    mapping = accept_proposals(propose_mapping(raw), raw)
    for question in open_questions(mapping, raw):
        mapping = answer_question(mapping, question, {item.word: codes[item.word] for item in question.words})
    assert open_questions(mapping, raw) == ()
    return load_cohort(sheets, name="pilot", mapping=mapping)


@pytest.fixture(scope="module")
def pilot() -> Cohort:
    names = [f"{name}.parquet" for name in ("adsl", "adae", "adtte")]
    sheets = [(name, (DATA / "cdisc_pilot" / name).read_bytes()) for name in names]
    return opened(sheets, {"event": "other", "censored": "censored"})


def said(cohort: Cohort, word: str) -> list[str]:
    return [problem.message for problem in cohort.provenance.problems if word in problem.message]


def test_the_denominators_are_the_randomised_by_planned_treatment(pilot: Cohort) -> None:
    assert pilot.patients["regimen_group"].value_counts()[list(ARMS)].tolist() == [86, 84, 84]
    assert pilot.patients["eligible"].eq("yes").all()  # ITTFL
    view = select_view(pilot, StudySpec(group_column="regimen_group", group_levels=ARMS))
    assert view.group_sizes() == dict(zip(ARMS, (86, 84, 84), strict=True))


def test_the_treatment_emergent_events_are_those_of_the_published_table(pilot: Cohort) -> None:
    spec = StudySpec(group_column="regimen_group", group_levels=ARMS, safety=SafetyOptions())
    rows = compare_adverse_events(select_view(pilot, spec)).rows
    total = rows[rows["level"] == "total"].set_index("group").loc[list(ARMS)]
    assert total["n_patients"].tolist() == [65, 77, 76]
    assert total["n_events"].tolist() == [281, 412, 433]
    assert total["n_total"].tolist() == [86, 84, 84]
    assert said(pilot, "not treatment-emergent") == [
        "65 of 1191 adverse events are not treatment-emergent (TRTEMFL is not Y) and were left out."
    ]


def test_every_event_keeps_its_class_severity_seriousness_and_causality(pilot: Cohort) -> None:
    source = pd.read_parquet(DATA / "cdisc_pilot" / "adae.parquet").query("TRTEMFL == 'Y'").reset_index(drop=True)
    events = pilot.adverse_events
    assert events["patient_id"].tolist() == source["USUBJID"].tolist()
    assert events["term"].tolist() == source["AEDECOD"].tolist()
    classes = source["AEBODSYS"].replace("INFECTIONS AND INFESTATIONS", "infection")
    assert events["category"].tolist() == classes.tolist()
    assert events["grade"].value_counts().to_dict() == {1.0: 731, 2.0: 354, 3.0: 41}  # mild, moderate, severe
    assert (
        events["serious"].value_counts().to_dict()
        == source["AESER"].map({"Y": "yes", "N": "no"}).value_counts().to_dict()
    )
    causes = {"NONE": "unrelated", "REMOTE": "unlikely", "POSSIBLE": "possible", "PROBABLE": "probable"}
    assert events["related"].fillna("").tolist() == source["AEREL"].map(causes).fillna("").tolist()
    assert (events["day"] - source["ASTDY"].where(source["ASTDY"] < 1, source["ASTDY"] - 1)).dropna().eq(0).all()
    assert len(said(pilot, "in categories of the file's own")) == 1


def test_cnsr_0_is_the_event_and_its_day_counts_from_0(pilot: Cohort) -> None:
    source = pd.read_parquet(DATA / "cdisc_pilot" / "adtte.parquet")
    happened = source[source["CNSR"] == 0].set_index("USUBJID")
    events = pilot.events[pilot.events["event_type"] == "other"].set_index("patient_id")["day"]
    assert len(events) == 152
    assert events.sort_index().tolist() == (happened["AVAL"].sort_index() - 1).tolist()
    contact = pilot.events[pilot.events["event_type"] == "last_contact"].set_index("patient_id")["day"]
    assert len(contact) == 254
    assert (contact.reindex(events.index) >= events).all()


def test_the_event_is_asked_by_its_name() -> None:
    raw = read_tables([("adtte.parquet", (DATA / "cdisc_pilot" / "adtte.parquet").read_bytes())])
    (question,) = [item for item in open_questions(propose_mapping(raw), raw) if "CNSR" in item.columns]
    assert question.found == "Time to First Dermatologic Event: event (152), censored (102)"
    assert [item.proposal for item in question.words] == ["", "censored"]


def test_what_came_after_treatment_began_is_no_baseline_column(pilot: Cohort) -> None:
    columns = set(pilot.patients.columns)
    assert not columns & {"CUMDOSE", "DSRAEFL", "DTHFL", "DCDECOD", "TRTEMFL", "EVNTDESC", "PARAM", "AVAL", "RACEN"}
    assert {"RACE", "EFFFL", "height_cm", "weight_kg", "age_years", "sex", "SITEID"} <= columns
    assert "CUMDOSE" in said(pilot, "columns were left out, as the mapping says")[0]
    assert propose_spec(pilot).group_column == "regimen_group"


def test_all_four_data_sets_come_together() -> None:
    names = ["adsl_excerpt.xpt", "adae_excerpt.xpt", "adtte_excerpt.xpt"]
    sheets = [(name, (DATA / name).read_bytes()) for name in names]
    ids = read_tables(sheets[:1]).tables[0].cells["USUBJID"].tolist()[:2]
    cohort = opened([*sheets, ("adlb.csv", ADLB.format(*ids).encode())], {"event": "other", "censored": "censored"})
    found = cohort.visits[["patient_id", "day", "variable", "value"]].to_numpy().tolist()
    first, second = ids
    assert found == [
        [first, -9.0, "albumin_g_l", 33.0],  # CDISC has no day 0: days before treatment stay
        [first, 0.0, "albumin_g_l", 25.0],  # day 1 of CDISC is the day of first treatment
        [first, 0.0, "scr_umol_l", 80.0],
        [first, 84.0, "albumin_g_l", 31.0],
        [second, 0.0, "albumin_g_l", 28.0],
    ]
    placed = assign_visits(cohort.visits, (0.0, 3.0, 6.0, 12.0))
    albumin = placed[(placed["patient_id"] == first) & (placed["variable"] == "albumin_g_l")]
    assert 31.0 in albumin.loc[albumin["nominal_month"] == 3, "value"].tolist()  # week 12 is no month 12
    assert (cohort.adverse_events["term"].ne("")).all()


def test_a_visit_number_is_asked_about_and_never_taken_for_a_month() -> None:
    text = "USUBJID,PARAMCD,PARAM,AVISITN,AVAL\nA,ALB,Albumin (g/L),0,25\nA,ALB,Albumin (g/L),12,31\n"
    raw = read_tables([("adlb.csv", text.encode()), ("adsl.csv", b"USUBJID,TRT01P,SEX\nA,RTX,M\nB,TAC,F\n")])
    mapping = accept_proposals(propose_mapping(raw), raw)
    (question,) = open_questions(mapping, raw)
    assert {item.word: item.proposal for item in question.words} == {"0": "", "12": ""}


def test_who_is_not_in_the_safety_population_is_said() -> None:
    raw = read_tables([("adsl.csv", b"USUBJID,TRT01P,SEX,ITTFL,SAFFL\nA,RTX,M,Y,Y\nB,TAC,F,Y,N\nC,TAC,F,N,N\n")])
    (problem,) = [item for item in raw.problems if item.column == "SAFFL"]
    assert problem.message.startswith("1 subjects are not in the safety population")
    cohort = load_cohort(
        [("adsl.csv", b"USUBJID,TRT01P,SEX,ITTFL,SAFFL\nA,RTX,M,Y,Y\nB,TAC,F,Y,N\nC,TAC,F,N,N\n")],
        name="s",
        mapping=accept_proposals(propose_mapping(raw), raw),
    )
    assert cohort.patients["eligible"].tolist() == ["yes", "yes", "no"]
    assert cohort.patients["SAFFL"].tolist() == ["Y", "N", "N"]


def test_adverse_events_alone_have_no_denominator_and_it_is_said() -> None:
    sheets = [("adae.parquet", (DATA / "cdisc_pilot" / "adae.parquet").read_bytes())]
    raw = read_tables(sheets)
    alone = load_cohort(sheets, name="alone", mapping=accept_proposals(propose_mapping(raw), raw))
    assert len(alone.patients) == 218  # 65 + 77 + 76: everybody here has an event
    assert len(said(alone, "Every proportion of patients with an event is too high.")) == 1


def test_a_table_of_patients_gives_the_denominator(pilot: Cohort) -> None:
    assert said(pilot, "Every proportion of patients with an event is too high.") == []
