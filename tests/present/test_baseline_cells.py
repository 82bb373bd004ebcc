"""Does each cell of the baseline table lead to the patients it counts, and to nobody else?"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from analysis.baseline import describe_baseline, describe_row
from analysis.choices import propose_spec
from analysis.cohort.samples import load_sample
from analysis.options import BaselineOptions
from analysis.study import View, select_view
from present.tables.baseline import baseline_table
from present.tables.baseline_cells import cell_at
from present.tables.baseline_row import patients_table
from present.tables.html import table_html


def sample(name: str = "imn", **options: Any) -> View:
    cohort = load_sample(name)
    spec = replace(propose_spec(cohort), withdrawn="excluded", baseline=BaselineOptions(**options))
    return select_view(cohort, spec)


def behind(view: View, key: str, place: int) -> list[str]:
    cell = cell_at(describe_baseline(view), key, place)
    assert cell is not None
    assert cell.group is not None
    assert cell.level is not None
    return [row.key for row in patients_table(describe_row(view, cell.variable), cell.group, cell.level).rows]


@pytest.mark.parametrize("name", ["imn", "fsgs"])
@pytest.mark.parametrize("missing", ["column", "row"])
def test_every_number_of_patients_opens_as_many(name: str, missing: str) -> None:
    view = sample(name, missing=missing)
    result = describe_baseline(view)
    table = baseline_table(result)
    checked = 0
    for row in table.rows:
        for place, column in enumerate(table.columns):
            if row.kind == "section" or not row.cells[place] or not (column.group or column.id == "missing"):
                continue
            counted = re.match(r"([\d,]+)(?:/\d+)?(?: \(|$)", row.cells[place])
            if "n (%)" not in row.cells[0] and not row.indent and column.id != "missing":
                continue
            assert counted, row.cells
            assert len(behind(view, row.key, place)) == int(counted[1].replace(",", "")), (row.cells, column.id)
            checked += 1
    assert checked >= 10


def test_a_number_of_a_continuous_row_opens_those_with_a_value() -> None:
    view = sample()
    rows = describe_baseline(view).rows
    for place, group in enumerate(("Overall", "RTX+TAC", "RTX"), start=1):
        own = rows[(rows["variable"] == "pla2r_ru_ml") & (rows["group"] == group)]
        assert sorted(behind(view, "pla2r_ru_ml", place)) == sorted(own["patient_ids"].iloc[0])


def test_the_name_of_a_row_opens_no_group_and_an_unknown_row_nothing() -> None:
    result = describe_baseline(sample())
    heading = cell_at(result, "mn_stage", 0)
    assert heading is not None
    assert (heading.variable, heading.group, heading.level) == ("mn_stage", None, None)
    assert cell_at(result, "mn_stage=IX", 1) is None
    assert cell_at(result, "mn_stage", 99) is None


def test_only_a_table_that_is_listened_to_has_buttons_and_keys_are_escaped() -> None:
    table = baseline_table(describe_baseline(sample()))
    assert 'role="button"' not in table_html(table)
    assert table_html(table, opens=True).count('role="button"') == sum(bool(row.key) for row in table.rows)
    rows = tuple(replace(row, key='"><script>') if row.key else row for row in table.rows)
    assert "<script>" not in table_html(replace(table, rows=rows), opens=True)
