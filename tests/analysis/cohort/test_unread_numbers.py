"""A measured column that is mostly words loses no number, and every word is listed."""

from __future__ import annotations

from analysis.cohort.canonical import cohort_of_tables, load_cohort
from analysis.cohort.model import Cohort
from analysis.cohort.proposals import propose_mapping
from analysis.cohort.questions import accept_proposals
from analysis.cohort.readers import read_tables


def read(header: str, cells: list[str]) -> Cohort:
    lines = [f"patient_id,regimen_group,{header}", *(f'P{place},A,"{cell}"' for place, cell in enumerate(cells))]
    raw = read_tables([("a.csv", "\n".join(lines).encode())])
    return cohort_of_tables(raw, name="a", source="a", mapping=accept_proposals(propose_mapping(raw), raw))


def listed(cohort: Cohort) -> list[str]:
    return [item.value for item in cohort.provenance.problems if item.severity == "error"]


def test_eight_numbers_among_twelve_words_are_read():
    cohort = read("albumin_g_l_0", [f"{30 + n}" if n < 8 else f"pend {n}" for n in range(20)])
    assert cohort.visits["value"].tolist() == [float(30 + n) for n in range(8)]
    assert listed(cohort) == [f"pend {n}" for n in range(8, 20)]


def test_cells_of_every_kind_are_read_or_listed():
    cohort = read("albumin_g_l_0", ["25", "veinticinco", "27,5", "2020-01-03", "TRUE"])
    assert cohort.visits["value"].tolist() == [25.0, 27.5]
    assert listed(cohort) == ["veinticinco", "2020-01-03", "TRUE"]


def test_a_synonym_keeps_its_numbers_too():
    cohort = read("白蛋白_0(g/L)", ["30", "未查", "未查过", "没查"])
    assert cohort.visits["value"].tolist() == [30.0]
    assert len(listed(cohort)) == 3


def test_words_alone_are_kept_and_said():
    cohort = read("albumin_g_l_0", ["low", "normal", "low"])
    assert cohort.patients["albumin_g_l_0 (in the file)"].tolist() == ["low", "normal", "low"]
    warnings = [item.message for item in cohort.provenance.problems if item.severity == "warning"]
    expected = (
        "Serum albumin (g/L) needs numbers; none of the 3 cells of “albumin_g_l_0” is one. They were kept as words."
    )
    assert expected in warnings


def test_without_a_mapping_the_same_is_read():
    table = b"patient_id,regimen_group,albumin_g_l_0\nP1,A,25\nP2,A,pend\nP3,A,pend\n"
    assert load_cohort([("patients.csv", table)], name="a").visits["value"].tolist() == [25.0]
