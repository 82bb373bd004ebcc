"""Are B cells counted by CD19 and by CD20 told apart by their headers, and never merged?"""

from __future__ import annotations

import pytest

from analysis.cohort.baseline_values import baseline_values
from analysis.cohort.bcell_columns import marker_of
from analysis.cohort.canonical import load_cohort
from analysis.cohort.mapping import ColumnMapping
from analysis.cohort.proposals import propose_mapping
from analysis.cohort.questions import accept_proposals
from analysis.cohort.readers import read_tables
from analysis.cohort.replay import replay
from analysis.outcomes.markers import markers_of_counts

WIDE = (
    "id,group,CD19_0,CD20_0,CD19_3,CD20_3\nA1,RTX,200,210,1,\nA2,RTX,150,160,2,4\nA3,TAC,180,,,5\nA4,TAC,170,165,3,6\n"
)
LONG = "id,month,CD19,CD20\nA1,0,200,210\nA1,3,1,\nA2,3,,4\n"


def loaded(text: str):
    files = [("sheet.csv", text.encode())]
    raw = read_tables(files)
    return load_cohort(files, name="x", mapping=accept_proposals(propose_mapping(raw), raw))


def counts(cohort) -> dict[tuple[str, float, str], float]:
    marker = markers_of_counts(cohort.visits)
    rows = cohort.visits.loc[marker.index]
    return {(row.patient_id, row.month, marker[row.Index]): row.value for row in rows.itertuples()}


@pytest.mark.parametrize(
    ("header", "marker"),
    [("CD19_0", "CD19"), ("cd 20+ count M3", "CD20"), ("CD20+B细胞", "CD20"), ("CD19/CD20 cells", ""), ("B cells", "")],
)
def test_the_marker_is_read_from_the_header(header, marker):
    assert marker_of(ColumnMapping(table="t", column=header, role="variable", variable="bcell_count_ul")) == marker


def test_wide_columns_of_two_markers_are_kept_apart():
    cohort = loaded(WIDE)
    assert counts(cohort) == {
        ("A1", 0, "CD19"): 200, ("A1", 0, "CD20"): 210, ("A1", 3, "CD19"): 1,
        ("A2", 0, "CD19"): 150, ("A2", 0, "CD20"): 160, ("A2", 3, "CD19"): 2, ("A2", 3, "CD20"): 4,
        ("A3", 0, "CD19"): 180, ("A3", 3, "CD20"): 5,
        ("A4", 0, "CD19"): 170, ("A4", 0, "CD20"): 165, ("A4", 3, "CD19"): 3, ("A4", 3, "CD20"): 6,
    }  # fmt: skip
    assert {"CD19_0", "CD20_0", "CD19_3", "CD20_3"}.isdisjoint(cohort.patients)
    said = [item for item in cohort.provenance.problems if "by CD19 (CD19_0, CD19_3)" in item.message]
    assert [item.severity for item in said] == ["warning"]
    assert "by CD20 (CD20_0, CD20_3)" in said[0].message
    assert not [item for item in cohort.provenance.problems if "second one" in item.message]


def test_cd19_is_the_baseline_where_both_were_counted():
    first = baseline_values(loaded(WIDE), (0.0, 3.0)).set_index("patient_id")["bcell_count_ul"]
    assert first.to_dict() == {"A1": 200, "A2": 150, "A3": 180, "A4": 170}


def test_visits_with_a_column_per_marker_keep_both():
    cohort = loaded(LONG)
    assert counts(cohort) == {
        ("A1", 0, "CD19"): 200, ("A1", 0, "CD20"): 210, ("A1", 3, "CD19"): 1, ("A2", 3, "CD20"): 4,
    }  # fmt: skip


def test_a_marker_column_beside_one_column_of_counts_still_counts():
    cohort = loaded("id,month,CD19,bcell_marker\nA1,0,200,CD19\nA1,3,1,CD20\n")
    assert counts(cohort) == {("A1", 0, "CD19"): 200, ("A1", 3, "CD20"): 1}


def test_a_second_row_of_a_patient_brings_no_second_count():
    cohort = loaded("id,group,CD19_0\nA1,RTX,200\nA2,RTX,150\nA1,RTX,90\n")
    assert counts(cohort) == {("A1", 0, "CD19"): 200, ("A2", 0, "CD19"): 150}


def test_two_counts_by_one_marker_on_one_day_are_listed():
    text = "id,month,bcell_count_ul,bcell_marker\nA1,3,4,{0}\nA1,3,5,{1}\n"
    second = {}
    for markers in (("CD19", "CD19"), ("CD19", "CD20")):
        problems = loaded(text.format(*markers)).provenance.problems
        second[markers] = sum("second one" in item.message for item in problems)
    assert second == {("CD19", "CD19"): 1, ("CD19", "CD20"): 0}


def test_next_month_counts_by_the_other_marker_are_not_taken_for_the_old_column():
    before = read_tables([("sheet.csv", b"id,group,CD19_0,CD19 count month 3\nA1,RTX,200,1\nA2,RTX,150,2\n")])
    mapping = accept_proposals(propose_mapping(before), before)
    after = read_tables([("sheet.csv", b"id,group,CD19_0,CD20 count month 3\nA1,RTX,200,1\nA2,RTX,150,2\n")])
    changes = {(item.kind, item.column) for item in replay(mapping, after)[1]}
    assert changes == {("missing column", "CD19 count month 3"), ("new column", "CD20 count month 3")}
