"""Are the committed sample files exactly what the generator writes, and plainly marked as synthetic?"""

from __future__ import annotations

import pandas as pd
import pytest

from sample_data.generate import HERE as FOLDER
from sample_data.generate import MESSY_FILE, sample_files, write_samples
from sample_data.generator.messy import LAB_HEADERS, lab_header
from sample_data.generator.tables import StudyTables

COMMITTED = sample_files(FOLDER)
BANNER = b"# SYNTHETIC demonstration data. Not patients. Do not cite.\n"


def test_regeneration_is_byte_identical(tmp_path):
    fresh = write_samples(tmp_path)
    assert [path.relative_to(tmp_path) for path in fresh] == [path.relative_to(FOLDER) for path in COMMITTED]
    assert [path.read_bytes() for path in fresh] == [path.read_bytes() for path in COMMITTED]


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_file_is_marked_synthetic(path):
    content = path.read_bytes()
    assert content.startswith(BANNER)
    assert b"\r" not in content
    table = pd.read_csv(path, comment="#", dtype=str)
    assert table.columns[-1] == "synthetic"
    assert set(table["synthetic"]) <= {"true"}


def test_patient_ids_say_synthetic(imn, fsgs):
    ids = pd.concat([imn.patients["patient_id"], fsgs.patients["patient_id"]])
    assert ids.str.match(r"SYN-[TRWXF]\d\d$").all()
    assert ids.is_unique


def test_no_value_is_outside_the_hard_limits(imn, fsgs):
    limits = pd.read_csv(FOLDER.parent / "tests" / "sample_data" / "hard_limits.csv").set_index("variable")
    checked = 0
    for table in (imn.patients, imn.visits, fsgs.patients, fsgs.visits):
        for name in table.columns.intersection(limits.index):
            known = table[name].dropna()
            checked += len(known)
            assert known.between(limits.loc[name, "low"], limits.loc[name, "high"]).all(), name
    assert checked > 6000


def test_messy_sheet_has_only_the_documented_defects(imn, analysed):
    sheet = pd.read_csv(FOLDER / MESSY_FILE, comment="#", dtype=str)
    assert len(sheet) == 92
    assert sheet["编号"][sheet["编号"].duplicated()].tolist() == ["SYN-R31"]
    sheet = sheet.drop_duplicates("编号").set_index("编号")
    assert (pd.to_datetime(sheet["活检日期"]) > pd.to_datetime(sheet["首次利妥昔单抗日期"])).sum() == 1
    heights = sheet["身高(cm)"].astype(float)
    assert heights[heights < 3].index.tolist() == ["SYN-R20"]
    assert (sheet["24小时尿蛋白_0(g/24h)"] == "7250").sum() == 1
    assert (sheet == "<0.15").sum().sum() == 1
    assert "血红蛋白_0(mmol/l)" in sheet
    clean = analysed.set_index("patient_id").reindex(sheet.index)
    assert (heights != clean["height_cm"]).sum() == 1
    spoiled = {header for header, values in lab_differences(sheet, imn).items() if values}
    assert spoiled == {"24小时尿蛋白_0(g/24h)", "24小时尿蛋白_12(g/24h)"}


def lab_differences(sheet: pd.DataFrame, imn: StudyTables) -> dict[str, int]:
    """Count the patients whose value differs from the clean visits, for every lab column of the sheet."""
    clean = imn.visits.pivot(index="patient_id", columns="month", values=list(LAB_HEADERS)).reindex(sheet.index)
    return {
        lab_header(name, month): int((~same_values(sheet[lab_header(name, month)], clean[name, month])).sum())
        for name in LAB_HEADERS
        for month in (0, 3, 6, 9, 12)
    }


def same_values(text: pd.Series, values: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(text, errors="coerce")
    return (numbers == values) | (text.isna() & values.isna())
