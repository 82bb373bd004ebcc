"""Does a mapping read a clinician's file as the canonical layout would, with everything counted?"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.cohort.apply_mapping import apply_mapping
from analysis.cohort.canonical import load_cohort
from analysis.cohort.mapping import ColumnMapping, Correction, Mapping, TableMapping, from_json, to_json
from analysis.cohort.proposals import propose_mapping
from analysis.cohort.questions import accept_proposals, answer_question, open_questions
from analysis.cohort.readers import read_tables
from analysis.cohort.replay import replay
from analysis.cohort.samples import load_sample
from analysis.outcomes.derive import derive_outcomes
from analysis.outcomes.endpoints import best_response, time_to_event
from analysis.remission import describe_remission
from analysis.results import CohortError
from analysis.study import StudySpec, select_view

MESSY = Path(__file__).parents[3] / "sample_data" / "SYN-IMN-91-messy.csv"


def messy_files(name: str = "export.csv") -> list[tuple[str, bytes]]:
    return [(name, MESSY.read_bytes())]


def sheet(text: str, name: str = "sheet.csv") -> list[tuple[str, bytes]]:
    return [(name, text.encode())]


def mapped(files, **answers):
    """Propose, accept what is proposed, and answer the rest by the kind of question."""
    raw = read_tables(files)
    mapping = accept_proposals(propose_mapping(raw), raw)
    for question in open_questions(mapping, raw):
        if question.kind in answers:
            mapping = answer_question(mapping, question, answers[question.kind](question))
    return raw, mapping


def role(mapping: Mapping, column: str) -> tuple:
    item = next(item for item in mapping.columns if item.column == column)
    return item.role, item.variable, item.month


@pytest.fixture(scope="module")
def messy():
    answers = {
        "exchanged_dates": lambda question: "exchange",
        "unit": lambda question: "g/L",
        "other_unit": lambda question: question.choices[0][0],
    }
    raw, mapping = mapped(messy_files(), **answers)
    return raw, mapping, load_cohort(messy_files(), name="messy", mapping=mapping)


@pytest.fixture(scope="module")
def clean():
    return load_sample("imn")


# ---------------------------------------------------------------- the messy sample against the clean one


def test_what_is_asked_about_the_messy_sheet():
    raw = read_tables(messy_files())
    asked = {question.kind: question for question in open_questions(propose_mapping(raw), raw)}
    assert set(asked) == {"time_zero", "unit", "other_unit"}
    assert asked["unit"].text == "Haemoglobin: header says mmol/L, values look like g/L. Confirm before use."  # W-09
    assert asked["unit"].proposal == ""
    assert len(asked["unit"].columns) == 5


def test_the_messy_sheet_gives_the_patients_of_the_clean_files(messy, clean):
    loaded, wanted = (cohort.patients.set_index("patient_id") for cohort in (messy[2], clean))
    assert len(loaded) == 91
    wanted = wanted.loc[loaded.index]
    same = ["regimen_group", "age_years", "sex", "weight_kg", "height_cm", "year_of_treatment", "mn_stage", "stroke"]
    for name in [*same, "hypertension", "diabetes", "coronary_heart_disease", "prior_gc_ctx", "prior_gc_csa"]:
        assert loaded[name].tolist() == wanted[name].tolist(), name
    months = (loaded["biopsy_to_rtx_months"] - wanted["biopsy_to_rtx_months"]).abs()
    assert months.max() < 0.5 / 30.4375 + 1e-3  # whole days, written with four decimals


def test_the_messy_sheet_gives_the_laboratory_values_of_the_clean_files(messy, clean):
    both = messy[2].visits.merge(clean.visits, on=["patient_id", "month", "variable"], suffixes=("", "_clean"))
    assert len(both) == len(messy[2].visits) == 4990
    limited = both["qualifier"].eq("lt")
    assert limited.sum() == 1  # the planted <0.15
    assert (both["value"] == both["value_clean"])[~limited].all()


@pytest.mark.parametrize(
    ("endpoint", "rates"),  # domain.md 5.1, RTX+TAC and RTX at month 12
    [("complete_remission", (37.13, 26.39)), ("first_remission", (87.06, 65.87))],
)
def test_the_messy_sheet_gives_the_outcomes_of_the_clean_files(messy, endpoint, rates):
    cohort = messy[2]
    levels = {"group_column": "regimen_group", "group_levels": ("RTX+TAC", "RTX"), "reference_group": "RTX"}
    spec = StudySpec(**levels, endpoint=endpoint)
    nominal, actual = (
        derive_outcomes(cohort, spec.rule, schedule=spec.schedule, time_axis=axis) for axis in ("nominal", "actual")
    )
    records = time_to_event(
        nominal, cohort, endpoint=endpoint, schedule=spec.schedule, horizon_months=spec.horizon_months
    )
    result = describe_remission(select_view(cohort, spec), records, best_response(actual))
    at_12 = result.landmarks[result.landmarks["time"] == 12].set_index("group")["estimate"]
    assert tuple((100 * at_12[["RTX+TAC", "RTX"]]).round(2)) == rates


def test_the_duplicate_is_listed_and_every_change_is_told(messy):
    provenance = messy[2].provenance
    errors = [problem for problem in provenance.problems if problem.severity == "error"]
    assert [(problem.row, problem.value) for problem in errors] == [(94, "SYN-R31")]
    told = " ".join(provenance.conversions)
    assert "联合组 → RTX+TAC (34)" in told
    assert "“7250” (1) read in mg/24 h" in told
    assert "“1.68” (1) read in m" in told
    assert not any("2020-" in str(value) for value in messy[2].patients.astype(str).to_numpy().ravel())


def test_without_answers_nothing_is_guessed():
    raw = read_tables(messy_files())
    cohort = load_cohort(messy_files(), name="messy", mapping=propose_mapping(raw))
    assert "hemoglobin_g_l" not in set(cohort.visits["variable"])
    unread = [p.column for p in cohort.provenance.problems if "needs an answer first" in p.message]
    assert len([name for name in unread if name.startswith("血红蛋白")]) == 5
    places = {(p.column, p.value) for p in cohort.provenance.problems if p.severity == "error" and p.value}
    assert {("24小时尿蛋白_0(g/24h)", "7250"), ("身高(cm)", "1.68")} <= places


# ---------------------------------------------------------------- JSON and next month's export


def test_a_mapping_replays_from_its_json_under_another_file_name(messy):
    again = from_json(to_json(messy[1]))
    assert again == messy[1]
    raw = read_tables(messy_files("next month.csv"))
    replayed, changes = replay(again, raw)
    assert [change.kind for change in changes] == ["renamed table"]
    assert open_questions(replayed, raw) == ()
    cohort = load_cohort(messy_files("next month.csv"), name="again", mapping=replayed)
    assert cohort.token == messy[2].token


def test_replay_says_what_changed(messy):
    text = MESSY.read_text(encoding="utf-8")
    text = text.replace("脑卒中", "脑卒中史").replace(",synthetic", ",new column").replace("联合组", "联合组2", 1)
    _, changes = replay(messy[1], read_tables(sheet(text, "export.csv")))
    said = {(change.kind, change.column) for change in changes}
    assert said == {
        ("renamed column", "脑卒中史"),
        ("new column", "new column"),
        ("missing column", "synthetic"),
        ("new words", "组别"),
    }


TEXT = st.text(max_size=6)
COLUMNS = st.builds(
    ColumnMapping,
    table=TEXT,
    column=TEXT,
    role=st.sampled_from(["variable", "keep", "date"]),
    month=st.none() | st.floats(0, 60, allow_nan=False),
    value_map=st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple),
    other_units=st.lists(st.tuples(TEXT, TEXT), max_size=2).map(tuple),
    confirmed=st.booleans(),
)
CORRECTIONS = st.builds(Correction, table=TEXT, column=TEXT, patient=TEXT, found=TEXT, replacement=TEXT)
MAPPINGS = st.builds(
    Mapping,
    tables=st.lists(st.builds(TableMapping, table=TEXT, role=st.sampled_from(["patients", "visits"])), max_size=2).map(
        tuple
    ),
    columns=st.lists(COLUMNS, max_size=4).map(tuple),
    time_zero=st.none() | st.tuples(TEXT, TEXT),
    corrections=st.lists(CORRECTIONS, max_size=2).map(tuple),
    answers=st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple),
    pseudonyms=st.booleans(),
)


@given(MAPPINGS)
def test_json_round_trip(mapping):
    assert from_json(to_json(mapping)) == mapping


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "nephrocompare mapping", "version": 99}', "x" * 40])
def test_what_is_no_mapping_is_refused(text):
    with pytest.raises(CohortError, match="mapping"):
        from_json(text)


# ---------------------------------------------------------------- laws


@given(st.lists(st.integers(15, 55), min_size=5, max_size=12))
def test_a_change_of_unit_changes_nothing_after_conversion(albumin):
    rows = {"g/L": [f"{value:.1f}" for value in albumin], "g/dL": [f"{value / 10:.2f}" for value in albumin]}
    loaded = {}
    for unit, cells in rows.items():
        lines = [f"P{place},A,{cell}" for place, cell in enumerate(cells)]
        files = sheet("\n".join(["id,arm,albumin_0 (" + unit + ")", *lines]))
        raw, mapping = mapped(files)
        assert open_questions(mapping, raw) == ()
        loaded[unit] = load_cohort(files, name="x", mapping=mapping)
    assert loaded["g/L"].token == loaded["g/dL"].token


def test_a_canonical_file_needs_no_question_and_gives_the_same_cohort(clean):
    from analysis.cohort.samples import sample_files

    files = sample_files("imn")
    raw = read_tables(files)
    mapping = propose_mapping(raw)
    assert open_questions(mapping, raw) == ()
    cohort = load_cohort(files, name="mapped", mapping=mapping)
    for table in ("visits", "doses", "adverse_events", "events"):
        assert getattr(cohort, table).equals(getattr(clean, table)), table
    assert set(cohort.patients["patient_id"]) == set(clean.patients["patient_id"])


# ---------------------------------------------------------------- de-identification


def test_persons_are_dropped_and_record_numbers_become_pseudonyms():
    files = sheet(
        "住院号,姓名,手机,出生日期,首次利妥昔单抗日期,组别\n880123,王小明,13812345678,1980-01-01,2020-01-01,RTX\n880124,李雷,13912345678,1990-07-01,2021-01-01,RTX\n"
    )
    raw, mapping = mapped(files)
    assert mapping.pseudonyms
    applied = apply_mapping(raw, mapping)
    assert applied.key.to_numpy().tolist() == [["P001", "880123"], ["P002", "880124"]]
    cohort = load_cohort(files, name="x", mapping=mapping)
    assert cohort.patients["patient_id"].tolist() == ["P001", "P002"]
    assert cohort.patients["age_years"].tolist() == [40.0, 30.5]
    assert cohort.patients["year_of_treatment"].tolist() == [2020, 2021]
    said = str(cohort.patients.to_dict()) + to_json(mapping) + str(cohort.provenance)
    assert not [secret for secret in ("880123", "王小明", "13812345678", "1980-01-01") if secret in said]


def test_pseudonyms_stay_when_the_key_is_given_back():
    first = "NHC,grupo\n77,RTX\n78,RTX\n"
    raw, mapping = mapped(sheet(first))
    key = apply_mapping(raw, mapping).key
    later = read_tables(sheet("NHC,grupo\n79,RTX\n78,RTX\n77,RTX\n"))
    again = apply_mapping(later, mapping, key=key).raw.tables[0].cells
    assert again["patient_id"].tolist() == ["P003", "P002", "P001"]
