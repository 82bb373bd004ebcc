"""Is every oracle script named where one looks for it, and does each name the software it was made with?"""

from __future__ import annotations

from pathlib import Path

ORACLES = Path(__file__).parent / "oracles"
SCRIPTS = sorted(ORACLES.glob("*.R"))


def test_every_script_is_in_the_list_that_makes_them_again() -> None:
    listed = {
        line.split("/")[-1]
        for line in (ORACLES / "README.md").read_text(encoding="utf-8").splitlines()
        if line.strip().startswith("Rscript ")
    }
    assert listed == {path.name for path in SCRIPTS}


def test_every_script_says_which_software_made_its_numbers() -> None:
    heads = {path.name: "\n".join(path.read_text(encoding="utf-8").splitlines()[:8]) for path in SCRIPTS}
    assert [name for name, head in heads.items() if "R 4." not in head] == []
