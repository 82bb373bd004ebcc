from __future__ import annotations

import datetime
import io
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest
import xlsxwriter

from analysis.cohort import isolated
from analysis.cohort.readers import read_tables
from analysis.results import CohortError

DATA = Path(__file__).resolve().parents[2] / "data"


def example(*names):
    return read_tables([(Path(name).name, (DATA / name).read_bytes()) for name in names])


def written(write, frame, path, **options):
    write(frame, str(path), **options)
    return path.read_bytes()


FRAME = pd.DataFrame(
    {
        "id": ["A", "B", "C", "D"],
        "albumin": [31.5, -99.0, 28.0, -98.0],
        "sex": [1.0, 2.0, float("nan"), 1.0],
        "seen": [datetime.date(2021, 3, 4)] * 4,
    }
)
LABELS = ["Patient", "Serum albumin", "Sex", "Date seen"]
CODES = {"sex": {1: "male", 2: "female"}, "albumin": {-99: "not measured"}}


def spss(tmp_path, **options):
    missing = {"albumin": [{"lo": -99, "hi": -98}]}
    return written(
        pyreadstat.write_sav, FRAME, tmp_path / "a.sav", column_labels=LABELS, variable_value_labels=CODES,
        missing_ranges=missing, **options,
    )  # fmt: skip


@pytest.mark.parametrize("compress", [False, True])
def test_spss_keeps_codes_with_labels_beside_and_blanks_declared_missings(tmp_path, compress):
    raw = read_tables([("a.sav", spss(tmp_path, compress=compress))])
    (table,) = raw.tables
    assert table.format == "spss"
    assert table.cells.to_dict("list") == {
        "id": ["A", "B", "C", "D"],
        "albumin": ["31.5", "", "28", ""],
        "sex": ["1", "2", "", "1"],
        "seen": ["2021-03-04"] * 4,
    }
    assert list(table.cells.index) == [2, 3, 4, 5]
    assert table.labels["albumin"] == "Serum albumin"
    assert table.value_labels == {"sex": {"1": "male", "2": "female"}, "albumin": {"-99": "not measured"}}
    assert [(p.column, p.message) for p in raw.problems] == [
        (
            "albumin",
            "2 cells hold a value that the file declares missing; they are blank here. -99 (not measured): 1, -98: 1.",
        )
    ]


def test_spss_called_csv_is_read_as_spss(tmp_path):
    raw = read_tables([("a.csv", spss(tmp_path))])
    assert raw.tables[0].format == "spss"
    assert "“a.csv” is an SPSS file and was read as that" in raw.problems[0].message


def test_stata_with_labels_and_letters_for_missing(tmp_path):
    frame = FRAME[["id", "sex"]].assign(albumin=[31.5, "a", 28.0, "b"])
    content = written(
        pyreadstat.write_dta, frame, tmp_path / "a.dta", missing_user_values={"albumin": ["a", "b"]},
        variable_value_labels={"sex": CODES["sex"]},
    )  # fmt: skip
    raw = read_tables([("a.dta", content)])
    assert raw.tables[0].format == "stata"
    assert raw.tables[0].cells["albumin"].tolist() == ["31.5", "", "28", ""]
    assert raw.tables[0].value_labels["sex"] == {"1": "male", "2": "female"}
    assert raw.problems[0].message.startswith("2 cells hold a value that the file declares missing")


@pytest.mark.parametrize("version", [5, 8])
def test_sas_transport_of_both_versions(tmp_path, version):
    options = {"table_name": "ONE", "file_format_version": version, "column_labels": LABELS[:3]}
    content = written(pyreadstat.write_xport, FRAME[["id", "albumin", "sex"]], tmp_path / "a.xpt", **options)
    table = read_tables([("a.xpt", content)]).tables[0]
    assert (table.format, table.sheet, table.labels["sex"]) == ("xpt", "ONE", "Sex")
    assert table.cells["albumin"].tolist() == ["31.5", "-99", "28", "-98"]


def test_every_data_set_of_a_transport_file_is_read(tmp_path):
    one = written(pyreadstat.write_xport, FRAME[["id"]], tmp_path / "1.xpt", table_name="ONE", file_format_version=5)
    two = written(pyreadstat.write_xport, FRAME[["sex"]], tmp_path / "2.xpt", table_name="TWO", file_format_version=5)
    tables = read_tables([("a.xpt", one + two[240:])]).tables
    assert [(t.sheet, list(t.cells.columns), len(t.cells)) for t in tables] == [("ONE", ["id"], 4), ("TWO", ["sex"], 4)]


def test_a_truncated_spss_file_is_refused(tmp_path):
    with pytest.raises(CohortError, match="damaged"):
        read_tables([("a.sav", spss(tmp_path)[:-40])])


def test_a_reader_that_stops_does_not_stop_the_program(monkeypatch):
    monkeypatch.setattr(isolated, "_ROOT", DATA)  # the child finds no program there and ends
    with pytest.raises(CohortError, match="its reader stopped with code 1"):
        example("labelled.sav")


def test_a_reader_that_hangs_is_stopped(monkeypatch):
    monkeypatch.setattr(isolated, "TIME_LIMIT", 0.01)
    with pytest.raises(CohortError, match="could not be read within"):
        example("labelled.sav")


def parquet(table):
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return buffer.getvalue()


def test_parquet_becomes_text_and_lists_what_has_none():
    table = pa.table(
        {
            "id": ["A", None, "C"],
            "n": pa.array([1, None, 3], pa.int32()),
            "x": [0.1, float("nan"), 63.0],
            "day": pa.array([datetime.date(2021, 3, 4)] * 3),
            "at": pa.array([datetime.datetime(2021, 3, 4), None, datetime.datetime(2021, 3, 4, 5, 6)]),
            "yes": [True, False, None],
            "kind": pa.array(["u", "v", "u"]).dictionary_encode(),
            "many": [[1], [2], [3]],
        }
    )
    raw = read_tables([("a.parquet", parquet(table))])
    assert raw.tables[0].format == "parquet"
    assert raw.tables[0].cells.to_dict("list") == {
        "id": ["A", "", "C"],
        "n": ["1", "", "3"],
        "x": ["0.1", "", "63"],
        "day": ["2021-03-04"] * 3,
        "at": ["2021-03-04", "", "2021-03-04T05:06:00"],
        "yes": ["true", "false", ""],
        "kind": ["u", "v", "u"],
    }
    assert [p.message.rpartition(": ")[2] for p in raw.problems] == ["many."]


def test_a_parquet_file_that_unpacks_to_gigabytes_is_refused():
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 31_000_000, pa.int8()), pa.array(["x"]))
    with pytest.raises(CohortError, match="row 31000000"):
        read_tables([("a.parquet", parquet(pa.table({"a": column, "b": column})))])


def test_an_old_workbook_with_two_sheets_and_a_title():
    raw = example("two_sheets.xls")
    patients, visits = raw.tables
    assert (patients.sheet, visits.sheet, patients.remarks) == ("patients", "visits", ("Invented patients",))
    assert patients.cells.to_numpy().tolist() == [
        ["A", "31.5", "2021-03-04", "RTX"],
        ["B", "28", "2021-05-06", "RTX+TAC"],
    ]
    assert list(patients.cells.columns) == ["patient_id", "albumin_g_l", "first_infusion", "组别"]
    assert visits.cells["month"].tolist() == ["0", "3"]


def workbook(fill):
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        fill(book.add_worksheet("data"))
    return buffer.getvalue()


def test_merged_cells_are_undone_and_counted():
    def fill(sheet):
        sheet.write_row(0, 0, ["patient_id", "month", "alb"])
        sheet.merge_range("A2:A4", "P1")
        for i in range(3):
            sheet.write_row(1 + i, 1, [i, 30 + i])
        sheet.write_row(4, 0, ["P2", 0, 25])

    raw = read_tables([("a.xlsx", workbook(fill))])
    assert raw.tables[0].cells["patient_id"].tolist() == ["P1", "P1", "P1", "P2"]
    assert [p.message for p in raw.problems] == [
        "1 merged ranges were undone: their value was written into 2 more cells."
    ]


def test_formulas_give_their_stored_value_and_without_one_are_counted():
    def fill(sheet):
        sheet.write_row(0, 0, ["patient_id", "alb", "twice"])
        sheet.write_row(1, 0, ["A", 30])
        sheet.write_formula("C2", "=B2*2", None, 60)
        sheet.write_row(2, 0, ["B", 31])
        sheet.write_formula("C3", "=B3*2", None, "")

    raw = read_tables([("a.xlsx", workbook(fill))])
    assert raw.tables[0].cells["twice"].tolist() == ["60", ""]
    assert [p.message for p in raw.problems] == [
        "1 cell holds a formula without a stored value; counted as missing (C3)."
    ]


def test_the_messy_blood_pressure_sheet():
    raw = example("messy_bp.xlsx")
    (table,) = raw.tables
    assert table.cells.shape == (20, 13)
    assert list(table.cells.columns[-2:]) == ["Visit 3 · BP", "Visit 3 · HR"]
    assert table.cells.loc[5, "Visit 1 · BP"] == "167/92"
    assert table.remarks == ("STOP Blood Pressure Study",)


def test_redcap_arms_events_and_labels():
    raw = example(*(f"redcap_longitudinal/{name}.csv" for name in ("data", "dictionary", "event", "arm")))
    patients, visits = raw.tables
    assert (patients.dataset, visits.dataset) == ("redcap_records", "redcap_events")
    assert dict(zip(patients.cells["study_id"], patients.cells["redcap_arm"], strict=True)) == {
        "100": "1", "220": "1", "304": "2",
    }  # fmt: skip
    assert patients.value_labels["redcap_arm"] == {"1": "Drug A", "2": "Drug B"}
    assert patients.value_labels["sex"] == {"0": "Female", "1": "Male"}
    assert patients.cells["sex"].tolist() == ["1", "0", "0"]
    assert patients.labels["gym___1"] == "Gym (Weight Training) · Tuesday"
    assert patients.value_labels["gym___1"] == {"0": "Unchecked", "1": "Checked"}
    assert {"first_name", "email", "dob"} <= patients.identifiers
    assert visits.value_labels["redcap_event_name"]["deadline_to_opt_ou_arm_2"] == "Deadline to opt out of study"
    assert visits.cells.loc[4, ["redcap_event_name", "vld1"]].tolist() == ["visit_1_arm_1", "5.6"]
    assert sum("REDCap data dictionary (95 rows)" in p.message for p in raw.problems) == 1


def test_redcap_repeats_become_a_table_of_their_own():
    patients, repeats = example("redcap_repeating/data.csv", "redcap_repeating/dictionary.csv").tables
    assert patients.cells["record_id"].tolist() == ["1", "2"]
    assert "bp_systolic" not in patients.cells
    assert (repeats.sheet, list(repeats.cells.index)) == ("bp", [3, 4, 5, 7])
    assert repeats.cells["bp_systolic"].tolist() == ["110", "111", "112", "114"]


def test_redcap_with_labels_names_the_arm_in_the_event():
    content = (
        b"record_id,Event Name,alb\n1,Baseline (Arm 1: RTX),30\n1,Month 6 (Arm 1: RTX),35\n2,Baseline (Arm 2: TAC),28\n"
    )
    patients, visits = read_tables([("a.csv", content)]).tables
    assert patients.cells["redcap_arm"].tolist() == ["1", "2"]
    assert patients.value_labels["redcap_arm"] == {"1": "RTX", "2": "TAC"}
    assert visits.value_labels["redcap_event_name"]["Month 6 (Arm 1: RTX)"] == "Month 6"
    assert visits.cells["alb"].tolist() == ["30", "35", "28"]


def test_redcap_decimal_commas_stay():
    (table,) = example("redcap_decimal_comma.csv").tables
    assert table.cells["height"].tolist() == ["1,54", "1,84", "1,95", "1,61"]
    assert table.value_labels["demographics_complete"]["2"] == "Complete"


def test_cdisc_data_sets_are_recognised_and_cnsr_is_explained():
    raw = example("adsl_excerpt.xpt", "adae_excerpt.xpt", "adtte_excerpt.xpt")
    assert [(t.dataset, len(t.cells)) for t in raw.tables] == [("adsl", 12), ("adae", 20), ("adtte", 20)]
    assert raw.tables[2].value_labels["CNSR"] == {"0": "event", "1": "censored"}
    assert raw.tables[0].labels["TRT01P"] == "Planned Treatment for Period 01"
    message = next(p.message for p in raw.problems if p.column == "CNSR")
    assert "CNSR = 0 is the event (12 rows) and any other value is censoring (8 rows)" in message


def test_adlb_becomes_a_row_per_visit_without_derived_records():
    lines = [
        "USUBJID,TRTA,PARAMCD,PARAM,AVAL,AVALC,AVISITN,AVISIT,ADY,DTYPE,CHG",
        "S1,RTX,ALB,Albumin (g/L),31,31,0,Baseline,1,,",
        "S1,RTX,PROT,Protein (g/24h),,<0.1,0,Baseline,1,,",
        "S1,RTX,ALB,Albumin (g/L),35,35,12,Week 12,85,,4",
        "S1,RTX,ALB,Albumin (g/L),36,36,12,Week 12,85,,5",
        "S1,RTX,ALB,Albumin (g/L),35,35,24,Week 24,169,LOCF,4",
        "S2,TAC,ALB,Albumin (g/L),28,28,0,Baseline,1,,",
    ]
    raw = read_tables([("adlb.csv", "\n".join(lines).encode())])
    (table,) = raw.tables
    assert table.dataset == "adlb"
    assert list(table.cells.columns) == ["USUBJID", "AVISITN", "AVISIT", "ADY", "TRTA", "ALB", "PROT"]
    assert table.cells["ALB"].tolist() == ["31", "35", "36", "28"]
    assert table.cells["PROT"].tolist() == ["<0.1", "", "", ""]
    assert list(table.cells.index) == [2, 4, 5, 7]
    assert table.units == {"ALB": "g/L", "PROT": "g/24h"}
    messages = [p.message for p in raw.problems]
    assert messages[0].startswith("1 records are derived (DTYPE is filled")
    assert messages[1].startswith("5 laboratory records of 2 parameters became 4 visit rows.")
