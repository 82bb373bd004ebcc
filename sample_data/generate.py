"""Rewrite the synthetic sample studies: ``python -m sample_data.generate`` (``--check`` only compares)."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import pandas as pd

from analysis.outcomes.rules import PRESETS
from sample_data.generator.designs import fsgs_skeleton, imn_skeleton
from sample_data.generator.fsgs import generate_fsgs
from sample_data.generator.imn import generate_imn
from sample_data.generator.messy import messy_sheet
from sample_data.generator.reproduction import outcomes_by_day, outcomes_by_month
from sample_data.generator.tables import TABLE_NAMES, StudyTables, write_study, write_table

HERE = Path(__file__).resolve().parent
IMN_FOLDER, FSGS_FOLDER, MESSY_FILE = "SYN-IMN-91", "SYN-FSGS-14", "SYN-IMN-91-messy.csv"


def write_samples(folder: Path) -> list[Path]:
    """Generate both studies, check that they reproduce their designs, and write every file into ``folder``."""
    imn, fsgs = generate_imn(), generate_fsgs()
    check_imn(imn)
    check_fsgs(fsgs)
    write_study(imn, folder / IMN_FOLDER)
    write_study(fsgs, folder / FSGS_FOLDER)
    write_table(messy_sheet(imn), folder / MESSY_FILE)
    return sample_files(folder)


def sample_files(folder: Path) -> list[Path]:
    """List the files of the samples below ``folder``."""
    tables = [folder / study / f"{name}.csv" for study in (IMN_FOLDER, FSGS_FOLDER) for name in TABLE_NAMES]
    return [*tables, folder / MESSY_FILE]


def differing_files() -> list[str]:
    """Generate into a temporary folder and name the files that differ from the committed ones."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = write_samples(Path(folder))
        pairs = zip(fresh, sample_files(HERE), strict=True)
        return [kept.name for new, kept in pairs if not kept.exists() or new.read_bytes() != kept.read_bytes()]


def check_imn(study: StudyTables) -> None:
    """Stop unless the remission rule finds all 91 designed outcomes."""
    found, wanted = outcomes_by_month(study, PRESETS["P1_2023"]), imn_skeleton().set_index("patient_id")
    columns = ["best", "t_first", "t_cr", "last_eval"]
    wrong = _unequal(found[columns], wanted.reindex(found.index)[columns])
    if wrong:
        raise AssertionError(f"the visits do not give the designed outcome of {', '.join(wrong)}")


def check_fsgs(study: StudyTables) -> None:
    """Stop unless the remission rule finds all 14 designed outcomes on their days."""
    found = outcomes_by_day(study, PRESETS["P2_2023"])
    wanted = fsgs_skeleton().set_index("patient_id").rename(columns={"rem_day": "t_first"}).reindex(found.index)
    wrong = _unequal(found[["best", "t_first"]], wanted[["best", "t_first"]])
    if wrong:
        raise AssertionError(f"the visits do not give the designed outcome of {', '.join(wrong)}")


def _unequal(found: pd.DataFrame, wanted: pd.DataFrame) -> list[str]:
    """Name the patients of whom any column differs; missing equals missing."""
    same = (found == wanted) | (found.isna() & wanted.isna())
    return list(found.index[~same.all(axis=1)])


def main() -> int:
    """Write the samples, or with ``--check`` say whether they are up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    if not parser.parse_args().check:
        sys.stdout.write("".join(f"{path.relative_to(HERE)}\n" for path in write_samples(HERE)))
        return 0
    wrong = differing_files()
    sys.stdout.write(f"differs: {', '.join(wrong)}\n" if wrong else "all sample files are up to date\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
